"""Which stated numbers a score hangs on: one at a time over their ranges, by variance, and by elasticity.

A number of the foreground is varied through the equations. One of the background moves a score by its derivative: an
input by the amount of its consumer times the unit score of what it takes, an emission by that amount times its factor;
that is exact but for the loops that the number is part of. Amounts that one stated number moves are moved together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from lca.engine.background import Background
from lca.engine.sampling import key
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.inventory.pedigree import spread
from lca.languages import gettext_noop
from lca.quantities.formulas import Formulas
from lca.quantities.sources import Source
from lca.quantities.values import Range, Value
from lca.study.study import Study
from lca.system.parts import ProductSystem
from lca.system.product_system import product_system
from lca.system.scenario import Scenario

OF_WHAT_IS_STATED = gettext_noop("of what is stated")
"""Unit of an amount that is moved in parts of itself."""
COLUMNS = [
    "number",
    "field",
    "file",
    "source",
    "unit",
    "value",
    "low",
    "high",
    "score_low",
    "score_high",
    "swing",
    "variance",
    "elasticity",
]
_STEP = 1e-4
"""Part of a number by which it is moved to either side for its derivative."""


@dataclass(frozen=True, slots=True)
class _Effect:
    """What one stated number does to a score; effects of one number add up."""

    name: str
    field: str
    file: str
    source: str
    unit: str
    value: float
    spread: Range | None
    low: float
    """Score at the low end of the number, less that of the stated value."""
    high: float
    slope: float
    """Derivative of the score by the number, times the number."""
    size: float = 0.0
    """Of the amount that names it."""

    def __add__(self, other: _Effect) -> _Effect:
        """Of one number that moves several amounts: named after the one that it moves most."""
        first = self if self.size >= other.size else other
        return replace(first, low=self.low + other.low, high=self.high + other.high, slope=self.slope + other.slope)

    def named(self) -> _Effect:
        """Of an amount that another stated number moves: named after that, in parts of what is stated."""
        if self.spread is None or not self.spread.of:
            return self
        file, _, field = self.spread.of.rpartition("|")
        effect = replace(self, name=field if "/" in file else f"{file}: {field}", field=field, file=file)
        if not self.value:
            return effect
        ends = replace(self.spread, low=self.spread.low / self.value, high=self.spread.high / self.value)
        return replace(effect, value=1.0, unit=OF_WHAT_IS_STATED, spread=ends)


def one_at_a_time(
    scenario: Scenario, catalogue: Catalogue, category: str, baseline: Scenario | None = None
) -> pd.DataFrame:
    """COLUMNS, the widest swing first: the known score with each ranged number at either end, all others as stated.

    `variance` is the share of the score's variance, to first order: the squared swing over the sum of all;
    `elasticity` by how many percent the score rises for one percent of the number. With a baseline the score is its
    difference from the baseline's: what decides between the two. Raises InvalidData as `product_system` does.
    """
    return _swings(*_difference(scenario, baseline, catalogue, category))


def swings(study: Study, name: str, category: str, baseline: str = "") -> pd.DataFrame:
    """`one_at_a_time` of a scenario of a study, as the study holds it."""
    sides = [study.system_by_name[side] for side in (name, baseline) if side]
    return _swings(*_less([effects_of(system, study.background, category) for system in sides]))


def _swings(score: float, effects: Sequence[_Effect]) -> pd.DataFrame:
    rows = [_row(e, score, e.spread) for e in effects if e.spread]
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "variance"])
    table = table.sort_values("swing", ascending=False, kind="stable")
    squares = table["swing"] ** 2
    table["variance"] = squares / squares.sum() if squares.sum() else 0.0
    return table[COLUMNS].reset_index(drop=True)


def elasticities(scenario: Scenario, catalogue: Catalogue, category: str) -> pd.DataFrame:
    """number, field, file, source, unit, value, elasticity of every stated number, the strongest first.

    By how many percent the known score rises for one percent of the number. Raises as `one_at_a_time` does.
    """
    score, effects = _difference(scenario, None, catalogue, category)
    columns = [*COLUMNS[:6], "elasticity"]
    rows = [_row(e, score, Range(e.value, e.value, "uniform")) for e in effects]
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "variance"])[columns]
    return table.sort_values("elasticity", key=np.abs, ascending=False, kind="stable").reset_index(drop=True)


def _row(effect: _Effect, score: float, ends: Range) -> tuple[Any, ...]:
    return (
        effect.name,
        effect.field,
        effect.file,
        effect.source,
        effect.unit,
        effect.value,
        ends.low,
        ends.high,
        score + effect.low,
        score + effect.high,
        abs(effect.high - effect.low),
        effect.slope / score if score else float("nan"),
    )


def _difference(
    scenario: Scenario, baseline: Scenario | None, catalogue: Catalogue, category: str
) -> tuple[float, list[_Effect]]:
    """The score, and the effect of every stated number on it; less those of the baseline, number by number."""
    sides = []
    for side in (scenario, baseline):
        if side:
            system = product_system(side, catalogue)
            sides.append(effects_of(system, Background.of(catalogue, (category,), system.own), category))
    return _less(sides)


def _less(sides: Sequence[tuple[float, dict[str, _Effect]]]) -> tuple[float, list[_Effect]]:
    """The first side, less the second where there is one."""
    (score, effects), *others = sides
    effects = dict(effects)
    for other, less in others:
        score -= other
        for leaf, effect in less.items():
            negative = replace(effect, low=-effect.low, high=-effect.high, slope=-effect.slope)
            effects[leaf] = effects[leaf] + negative if leaf in effects else negative
    return score, [effect.named() for effect in effects.values()]


def effects_of(system: ProductSystem, background: Background, category: str) -> tuple[float, dict[str, _Effect]]:
    """The score, and by key what each stated number does to it; amounts that one number moves are together."""
    column = background.categories.index(category)
    units = {id: float(background.totals(id)[column]) for id in {e.input for e in system.exchanges}}
    score = sum(units[e.input] * e.amount for e in system.exchanges)
    effects: dict[str, _Effect] = {}
    for leaf, effect in [*_foreground(system, units, score), *_background(system, background, category)]:
        effects[leaf] = effects[leaf] + effect if leaf in effects else effect
    return score, effects


def leaves(system: ProductSystem) -> list[Value]:
    return list({key(leaf): leaf for e in system.exchanges for leaf in e.value.leaves() if leaf.field}.values())


def moved_by(leaf: Value) -> str:
    """Key of the stated number that moves a leaf."""
    return (leaf.range.of if leaf.range else "") or key(leaf)


def _foreground(system: ProductSystem, units: Mapping[str, float], score: float) -> Iterator[tuple[str, _Effect]]:
    """Four variants for each number: at its low end, at its high end, and a step to either side."""
    groups: dict[str, list[Value]] = {}
    for leaf in leaves(system):
        groups.setdefault(moved_by(leaf), []).append(leaf)
    columns = {leaf.field: np.full(4 * len(groups), float(leaf.number)) for group in groups.values() for leaf in group}
    for number, group in enumerate(groups.values()):
        for leaf in group:
            stated = float(leaf.number)
            low, high = (leaf.range.low, leaf.range.high) if leaf.range else (stated, stated)
            ends = (high, low) if leaf.range and leaf.range.falls else (low, high)
            columns[leaf.field][4 * number : 4 * number + 4] = (*ends, stated * (1 - _STEP), stated * (1 + _STEP))
    scores = np.zeros(4 * len(groups))
    formulas = Formulas(columns)
    places = [formulas.place(e.value) for e in system.exchanges]
    amounts = formulas.numbers(columns)
    for e, place in zip(system.exchanges, places, strict=True):
        scores += units[e.input] * amounts[place]
    for (of, group), (low, high, before, after) in zip(groups.items(), (scores - score).reshape(-1, 4), strict=True):
        leaf = max(group, key=lambda leaf: float(leaf.number))
        slope = float(after - before) / (2 * _STEP)
        effect = _Effect(
            leaf.name,
            leaf.field,
            leaf.file,
            _cited(leaf.sources),
            leaf.unit,
            float(leaf.number),
            leaf.range,
            float(low),
            float(high),
            slope,
            abs(float(high - low)),
        )
        yield of, effect


def _background(system: ProductSystem, background: Background, category: str) -> Iterator[tuple[str, _Effect]]:
    totals = dict(zip(background.order, background.every_total(category).tolist(), strict=True))
    demand: dict[str, float] = {}
    for exchange in system.exchanges:
        demand[exchange.input] = demand.get(exchange.input, 0.0) + exchange.amount
    supply = background.supply(demand)
    for place in np.flatnonzero(supply):
        activity, amount = background.activities[background.order[place]], float(supply[place])
        head = f"{activity.file}|{activity.id}"
        each = [totals[input.activity] * amount for input in activity.inputs]
        if activity.is_mix and any(input.range for input in activity.inputs):
            yield f"{head}.loss", _loss(activity, each)
        for number, (input, unit) in enumerate(zip(activity.inputs, each, strict=True)):
            if not (activity.is_mix and input.range):
                name = f"{input.activity} for {activity.id}"
                yield _ends(
                    f"{head}.inputs[{number}]", name, activity, input.amount, spread(activity, input), unit, input
                )
        for number, emission in enumerate(activity.emissions):
            factor = background.factors[category].get(emission.flow.code, 0.0)
            if factor:
                name, ends = f"{emission.flow.name} of {activity.id}", spread(activity, emission)
                leaf = f"{head}.emissions[{number}]"
                yield _ends(leaf, name, activity, emission.amount, ends, factor * amount, emission)
        for result in activity.results:
            if result.category == category and not result.refused:
                name, leaf = f"published value of {activity.id}", f"{head}.{category}"
                yield _ends(leaf, name, activity, result.value, result.range, amount, result)


def _ends(
    leaf: str, name: str, activity: Activity, value: float, ends: Range | None, each: float, stated: Any
) -> tuple[str, _Effect]:
    field = leaf.rpartition("|")[2]
    source = _cited({id: activity.sources[id] for id in stated.sources if id in activity.sources})
    low, high = ((ends.low - value) * each, (ends.high - value) * each) if ends else (0.0, 0.0)
    if ends and ends.falls:
        low, high = high, low
    effect = _Effect(name, field, activity.file, source, "", value, ends, low, high, value * each, abs(high - low))
    return (ends.of if ends else "") or leaf, effect


def _loss(activity: Activity, each: Sequence[float]) -> _Effect:
    """The loss of a mix moves all its inputs together."""
    ranges = [(input, input.range, unit) for input, unit in zip(activity.inputs, each, strict=True) if input.range]
    first, ends, _ = ranges[0]
    low = sum((ends.low - input.amount) * unit for input, ends, unit in ranges)
    high = sum((ends.high - input.amount) * unit for input, ends, unit in ranges)
    slope = sum(input.amount * unit for input, _, unit in ranges)
    generated = sum(input.amount for input, _, _ in ranges)
    span = Range(ends.low / first.amount * generated, ends.high / first.amount * generated, ends.distribution)
    source = _cited({id: activity.sources[id] for id in first.sources if id in activity.sources})
    name = f"losses of {activity.id}"
    return _Effect(name, activity.id, activity.file, source, "kWh/kWh", generated, span, low, high, slope)


def _cited(sources: Mapping[str, Source]) -> str:
    return "; ".join(source.title for source in sources.values())
