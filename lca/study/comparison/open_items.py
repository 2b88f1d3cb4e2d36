"""What stays open of the lines of two scenarios: their gaps and what counts as negligible, once and per service."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from lca.engine.background import Cut
from lca.study.comparison.cost_lines import Difference, Line, Weight, weights, without_noise
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


class Needs:
    """How much of every activity and gap a scenario needs, as lines like those of its score.

    The supply of a system is linear in its demand, so that it is solved once for the one-off part and once for the
    rest; and anew only for the categories in which other exchanges are negligible.
    """

    def __init__(self, study: Study) -> None:
        self._study = study
        self._weights = {name: weights(scenario) for name, scenario in study.scenario_by_name.items()}
        self._bounds: dict[str, dict[Item, float]] = {}
        self._supplies: dict[_Key, dict[Item, Line]] = {}
        self._differences: dict[tuple[_Key, _Key], dict[Item, Difference]] = {}

    def gaps(self, variant: str, base: str, category: str) -> dict[Item, Difference]:
        """Gap → its amount in the extra and in the saving, in its unit; one that cancels in both is none."""
        open_items = {i.name for name in (variant, base) for i in self._study.coverage[name, category].items}
        less = self._less(variant, base, category)
        return {item: less[item] for item in sorted(less) if item[0] in open_items}

    def negligible(self, variant: str, base: str, category: str) -> list[Bounded]:
        """What counts as negligible and does not cancel.

        A negligible flow is the same per unit on both sides: what its bound applies to is the difference in amount.
        """
        if category not in self._bounds:
            self._bounds[category] = dict(_bounds(self._study, category))
        least, less = self._bounds[category], self._less(variant, base, category)
        negligible = [Bounded(less[item], bound) for item, bound in least.items() if item in less]
        (amounts, bounds), (subtracted, others) = (self._exchanges(name, category) for name in (variant, base))
        for item, difference in _less(amounts, subtracted).items():
            negligible.append(Bounded(difference, max(bounds.get(item, 0.0), others.get(item, 0.0))))
        return negligible

    def _less(self, variant: str, base: str, category: str) -> dict[Item, Difference]:
        keys = self._key(variant, category), self._key(base, category)
        if keys not in self._differences:
            self._differences[keys] = _less(self._of(keys[0]), self._of(keys[1]))
        return self._differences[keys]

    def _key(self, scenario: str, category: str) -> _Key:
        exchanges = enumerate(self._study.system_by_name[scenario].exchanges)
        return (
            scenario,
            self._study.background.cut(category),
            frozenset(n for n, e in exchanges if category in e.negligible),
        )

    def _of(self, key: _Key) -> dict[Item, Line]:
        if key not in self._supplies:
            scenario, cut, left_out = key
            self._supplies[key] = self._solved(self._study.system_by_name[scenario], cut, left_out)
        return self._supplies[key]

    def _solved(self, system: ProductSystem, cut: Cut, left_out: Collection[int]) -> dict[Item, Line]:
        activities, weighing = self._study.activities, self._weights[system.name]
        background = self._study.background
        demanded = [(e.input, e.amount, weighing[e.phase]) for n, e in enumerate(system.exchanges) if n not in left_out]
        lines: dict[Item, Line] = {}
        for once in (True, False):
            demand: dict[str, float] = {}
            for input, amount, weight in demanded:
                if weight.once is once:
                    demand[input] = demand.get(input, 0.0) + amount * weight.factor
            supply = background.supply(demand, cut)
            for number in np.flatnonzero(background.reached(demand, cut)):
                id = background.order[number]
                _add(lines, (id, activities[id].unit), float(supply[number]), Weight(once, 1.0))
        for gap in system.gaps:
            _add(lines, (gap.name, gap.unit), gap.amount, weighing[gap.phase])
        return lines

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


def _bounds(study: Study, category: str) -> Iterator[tuple[Item, float]]:
    """Largest absolute contribution of what is negligible in activities, per unit of their products."""
    for id, activity in study.activities.items():
        own = 0.0 if activity.results else activity.negligible.get(category, 0.0)
        bound = own + sum(abs(input.negligible.get(category, 0.0)) for input in activity.inputs)
        if bound:
            yield (id, activity.unit), bound


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
