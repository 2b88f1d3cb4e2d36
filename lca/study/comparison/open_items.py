"""What stays open of the lines of two scenarios: their gaps and what counts as negligible, once and per service."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.engine.background import Cut
from lca.study.comparison.cost_lines import Difference, Line, Weight, weights, without_noise
from lca.study.coverage import NOISE
from lca.study.study import Study
from lca.system.parts import ProductSystem

Item = tuple[str, str]
"""An activity or a gap of the foreground, with its unit; or a negligible exchange, with its stage."""
_Key = tuple[str, Cut, frozenset[int]]
"""A scenario, and what is negligible: inputs of activities, and exchanges of its foreground by number."""


class Bounded(NamedTuple):
    """An amount in the extra and in the saving that scores at most `bound` per unit, with either sign."""

    amount: Difference
    bound: float


class _Needed(NamedTuple):
    """Of every activity in the order of the background, once and per service; and of every gap of the foreground."""

    supply: NDArray[np.float64]
    gaps: dict[Item, Line]


class _Differing(NamedTuple):
    """As `_Needed`, in the extra and in the saving; what is rounding beside an amount is no difference."""

    supply: NDArray[np.float64]
    gaps: dict[Item, Difference]


class Needs:
    """How much of every activity and gap a scenario needs, as lines like those of its score.

    The supply of a system is linear in its demand, so that it is solved once for the one-off part and once for the
    rest; and anew only for the categories in which other exchanges are negligible.
    """

    def __init__(self, study: Study) -> None:
        self._study = study
        self._weights = {name: weights(scenario) for name, scenario in study.scenario_by_name.items()}
        self._bounds: dict[str, dict[int, float]] = {}
        self._supplies: dict[_Key, _Needed] = {}
        self._differences: dict[tuple[_Key, _Key], _Differing] = {}

    def gaps(self, variant: str, base: str, category: str) -> dict[Item, Difference]:
        """Gap → its amount in the extra and in the saving, in its unit; one that cancels in both is none."""
        background = self._study.background
        open_items = {i.name for name in (variant, base) for i in self._study.coverage[name, category].items}
        less = self._less(variant, base, category)
        gaps = {item: difference for item, difference in less.gaps.items() if item[0] in open_items}
        for place, difference in _chosen(less, (background.place[id] for id in open_items if id in background.place)):
            gaps[background.order[place], background.at(place).unit] = difference
        return {item: gaps[item] for item in sorted(gaps)}

    def negligible(self, variant: str, base: str, category: str) -> list[Bounded]:
        """What counts as negligible and does not cancel.

        A negligible flow is the same per unit on both sides: what its bound applies to is the difference in amount.
        """
        if category not in self._bounds:
            place = self._study.background.place
            self._bounds[category] = {place[id]: bound for id, bound in _bounds(self._study, category)}
        least, less = self._bounds[category], self._less(variant, base, category)
        negligible = [Bounded(difference, least[place]) for place, difference in _chosen(less, least)]
        (amounts, bounds), (subtracted, others) = (self._exchanges(name, category) for name in (variant, base))
        for item, difference in _less(amounts, subtracted).items():
            negligible.append(Bounded(difference, max(bounds.get(item, 0.0), others.get(item, 0.0))))
        return negligible

    def _less(self, variant: str, base: str, category: str) -> _Differing:
        keys = self._key(variant, category), self._key(base, category)
        if keys not in self._differences:
            (supply, gaps), (other, others) = (self._of(key) for key in keys)
            less = np.stack([supply[0] - other[0], other[1] - supply[1]])
            less[np.abs(less) <= NOISE * np.maximum(np.abs(supply), np.abs(other))] = 0.0
            self._differences[keys] = _Differing(less, _less(gaps, others))
        return self._differences[keys]

    def _key(self, scenario: str, category: str) -> _Key:
        exchanges = enumerate(self._study.system_by_name[scenario].exchanges)
        return (
            scenario,
            self._study.background.cut(category),
            frozenset(n for n, e in exchanges if category in e.negligible),
        )

    def _of(self, key: _Key) -> _Needed:
        if key not in self._supplies:
            scenario, cut, left_out = key
            self._supplies[key] = self._solved(self._study.system_by_name[scenario], cut, left_out)
        return self._supplies[key]

    def _solved(self, system: ProductSystem, cut: Cut, left_out: Collection[int]) -> _Needed:
        weighing = self._weights[system.name]
        demanded = [(e.input, e.amount, weighing[e.phase]) for n, e in enumerate(system.exchanges) if n not in left_out]
        supplies = []
        for once in (True, False):
            demand: dict[str, float] = {}
            for input, amount, weight in demanded:
                if weight.once is once:
                    demand[input] = demand.get(input, 0.0) + amount * weight.factor
            supplies.append(self._study.background.supply(demand, cut))
        gaps: dict[Item, Line] = {}
        for gap in system.gaps:
            _add(gaps, (gap.name, gap.unit), gap.amount, weighing[gap.phase])
        return _Needed(np.stack(supplies), gaps)

    def _exchanges(self, scenario: str, category: str) -> tuple[dict[Item, Line], dict[Item, float]]:
        """The amounts of exchanges of the foreground that are negligible, and their bounds per unit."""
        amounts: dict[Item, Line] = {}
        bounds: dict[Item, float] = {}
        for exchange in self._study.system_by_name[scenario].exchanges:
            if category in exchange.negligible and exchange.amount:
                item = (f"negligible: {exchange.input}", exchange.stage)
                _add(amounts, item, exchange.amount, self._weights[scenario][exchange.phase])
                bound = exchange.negligible[category] / abs(exchange.amount)
                bounds[item] = max(bound, bounds.get(item, 0.0))
        return amounts, bounds


def _chosen(less: _Differing, places: Iterable[int]) -> Iterator[tuple[int, Difference]]:
    """Of these activities those that differ, by place."""
    listed = list(places)
    for place, extra, saving in zip(listed, *less.supply[:, listed].tolist(), strict=True):
        if extra or saving:
            yield place, Difference(extra, saving)


def _bounds(study: Study, category: str) -> Iterator[tuple[str, float]]:
    """Largest absolute contribution of what is negligible in activities, per unit of their products."""
    for id, activity in study.activities.items():
        own = 0.0 if activity.results else activity.negligible.get(category, 0.0)
        bound = own + sum(abs(input.negligible.get(category, 0.0)) for input in activity.inputs)
        if bound:
            yield id, bound


def _add(lines: dict[Item, Line], item: Item, amount: float, weight: Weight) -> None:
    line, weighed = lines.get(item, Line()), amount * weight.factor
    lines[item] = Line(line.once + weighed, line.each) if weight.once else Line(line.once, line.each + weighed)


def _less(variant: Mapping[Item, Line], base: Mapping[Item, Line]) -> dict[Item, Difference]:
    """The items in which two scenarios differ; what is rounding beside an amount is no difference."""
    differing = {}
    items: Iterable[Item] = {**variant, **base}
    for item in items:
        line, other = variant.get(item, Line()), base.get(item, Line())
        extra = without_noise(line.once - other.once, max(abs(line.once), abs(other.once)))
        saving = without_noise(other.each - line.each, max(abs(line.each), abs(other.each)))
        if extra or saving:
            differing[item] = Difference(extra, saving)
    return differing
