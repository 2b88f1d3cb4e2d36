"""Scenarios as lines against the service delivered: what a score takes once, and what it takes per unit of service.

One-off phases are taken whole, not by the share that a functional unit carries; what is left is paid per unit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.study.coverage import NOISE
from lca.study.repeats import LEVEL_OF_CONFIDENCE, Interval, interval
from lca.study.results import Results
from lca.system.scenario import TABLES, Scenario

ONE_OFF = ("compression", "training", "data")
"""Phase tables that are done once for all service; the development belongs to the training."""

_Vector = NDArray[np.float64]
Samples = Mapping[int, float]
"""Number of a repeat → its cost."""


class Line(NamedTuple):
    """An amount against the service delivered: `once + each × service`."""

    once: float = 0.0
    each: float = 0.0


class Difference(NamedTuple):
    """A variant less its base, over a service: `extra − saving × service`."""

    extra: float
    """Once, of the variant less of the base."""
    saving: float
    """Per unit of service, of the base less of the variant."""


class Weight(NamedTuple):
    """What turns an amount of a phase per functional unit into one of a line."""

    once: bool
    factor: float


def weights(scenario: Scenario) -> dict[str, Weight]:
    """The weight of every phase of a scenario: a one-off phase is paid whole, with all that it serves.

    One whose runs serve different amounts, as a pre-training beside a fine-tuning, is paid per unit, as it is shared.
    """
    delivered = scenario.file.functional_unit.amount.number
    by_phase = {}
    for phase, table in TABLES.items():
        served = _served(scenario, table)
        if served is not None:
            once = table in ONE_OFF and _same(scenario, table)
            by_phase[phase] = Weight(once, (served if once else 1.0) / delivered)
    return by_phase


def _served(scenario: Scenario, table: str) -> float | None:
    """What a phase is shared among, in the unit of the functional unit; None: the scenario has no such phase.

    The least, where its runs serve different amounts.
    """
    served = [amount.number for id in scenario.file.runs(*_with_experiments(table)) if (amount := scenario.served(id))]
    return min(served, default=None)


def _same(scenario: Scenario, table: str) -> bool:
    """Whether all runs of a phase serve the same amount."""
    return len({scenario.served(id) for id in scenario.file.runs(*_with_experiments(table))}) < 2


def _with_experiments(table: str) -> tuple[str, ...]:
    """What went before a training is one cost with it."""
    return ("experiments", table) if table == "training" else (table,)


def service_life(variant: Scenario, base: Scenario) -> float:
    """The service that the last one-off effort of either is for: compressing, else training, else data; NaN: none."""
    for table in ONE_OFF:
        served = [_served(scenario, table) for scenario in (variant, base)]
        if known := [amount for amount in served if amount is not None]:
            return min(known)
    return math.nan


def without_noise(difference: float, size: float) -> float:
    """The difference, or 0 where it is rounding beside the size of its terms."""
    return 0.0 if abs(difference) <= NOISE * size else difference


class _Cost(NamedTuple):
    """Of one phase table of a scenario, as its weight makes it."""

    value: float = 0.0
    size: float = 0.0
    """Sum of the absolute contributions."""


class Lines:
    """The lines of a study's scenarios by category, and what their repeats say of differences between them."""

    def __init__(self, results: Results) -> None:
        self._weights = {name: weights(scenario) for name, scenario in results.scenario_by_name.items()}
        self._costs: dict[tuple[str, str], dict[str, _Cost]] = {}
        self._samples: dict[tuple[str, str], dict[str, dict[int, float]]] = {}
        for name, weighing in self._weights.items():
            for phase, (scores, sizes, _) in results.sums[name].items():
                if weight := weighing.get(phase):
                    self._add(name, results.categories, TABLES[phase], scores * weight.factor, sizes * weight.factor)
        for name, phase, number, category, score in results.repeated.cells:
            if weight := self._weights.get(name, {}).get(phase):
                samples = self._samples.setdefault((name, category), {}).setdefault(TABLES[phase], {})
                samples[number] = samples.get(number, 0.0) + score * weight.factor

    def _add(self, name: str, categories: Sequence[str], table: str, scores: _Vector, sizes: _Vector) -> None:
        for category, score, size in zip(categories, scores.tolist(), sizes.tolist(), strict=True):
            if size:
                costs = self._costs.setdefault((name, category), {})
                before = costs.get(table, _Cost())
                costs[table] = _Cost(before.value + score, before.size + size)

    def of(self, scenario: str, category: str) -> Line:
        """The known part of a score as a line."""
        costs = self._costs.get((scenario, category), {})
        once = sum(cost.value for table, cost in costs.items() if table in ONE_OFF)
        return Line(once, sum(cost.value for table, cost in costs.items() if table not in ONE_OFF))

    def difference(self, variant: str, base: str, category: str) -> Difference:
        """Of the known parts of two scores; what is rounding is 0."""
        return Difference(
            self._sum(self._less(variant, base, category, once=True)),
            self._sum(self._less(base, variant, category, once=False)),
        )

    def ranges(
        self, variant: str, base: str, category: str, level: float = LEVEL_OF_CONFIDENCE
    ) -> tuple[Interval | None, Interval | None]:
        """Intervals of the mean extra and of the mean saving by the repeats; None: not known."""
        extra = self._differing(variant, base, category, self._less(variant, base, category, once=True))
        saving = self._differing(base, variant, category, self._less(base, variant, category, once=False))
        return interval(extra, level), interval(saving, level)

    def tell(self, variant: str, base: str, category: str, difference: float, delivered: float) -> bool:
        """Whether repeats tell the difference of two scores over so much service from none; without repeats, yes."""
        less = self._less(base, variant, category, once=False)
        saving = interval(self._differing(base, variant, category, less))
        if saving is None:
            return True
        known = self._sum(less)
        low, high = ((known - bound) * delivered for bound in (saving.high, saving.low))
        return not difference + low <= 0 <= difference + high

    def _less(self, first: str, second: str, category: str, once: bool) -> dict[str, _Cost]:
        """Table → the first less the second, with the size of the larger one."""
        costs, subtracted = (self._costs.get((name, category), {}) for name in (first, second))
        differences = {}
        for table in sorted({*costs, *subtracted}):
            if (table in ONE_OFF) is once:
                cost, other = costs.get(table, _Cost()), subtracted.get(table, _Cost())
                size = max(cost.size, other.size)
                differences[table] = _Cost(without_noise(cost.value - other.value, size), size)
        return differences

    @staticmethod
    def _sum(differences: Mapping[str, _Cost]) -> float:
        costs = differences.values()
        return without_noise(sum(cost.value for cost in costs), sum(cost.size for cost in costs))

    def _differing(self, first: str, second: str, category: str, differences: Mapping[str, _Cost]) -> list[list[float]]:
        """Samples of the first less the second: of every phase table in which the two differ."""
        samples: list[list[float]] = []
        for table, less in differences.items():
            if less.value:
                samples += _samples(*(self._side(name, category, table) for name in (first, second)))
        return samples

    def _side(self, name: str, category: str, table: str) -> Samples | None:
        """None: the scenario has no such phase, which costs nothing and has no uncertainty."""
        present = any(TABLES[phase] == table for phase in self._weights[name])
        return self._samples.get((name, category), {}).get(table, {}) if present else None


def _samples(minuend: Samples | None, subtrahend: Samples | None) -> Sequence[list[float]]:
    """The first less the second: differences of pairs where both have equally many repeats, else a sample each.

    As many repeats were measured in turns, so that a pair shares the drift of the machine. Repeats that are missing
    are left out; their pairs too.
    """
    if minuend is not None and subtrahend is not None and len(minuend) == len(subtrahend):
        pairs = zip((minuend[n] for n in sorted(minuend)), (subtrahend[n] for n in sorted(subtrahend)), strict=True)
        return [_known([one - other for one, other in pairs])]
    samples = []
    if minuend is not None:
        samples.append(_known(list(minuend.values())))
    if subtrahend is not None:
        samples.append(_known([-value for value in subtrahend.values()]))
    return samples


def _known(values: Sequence[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]
