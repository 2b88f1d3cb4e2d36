"""How the impact of a product per kg CO2-Eq is distributed within a class: fitted to makers and to sectors.

All numbers are log10 of a ratio. A class is the median of its makers, drawn towards those of its family where makers
are few; its scale is their median absolute deviation, drawn towards that of all classes. How many scales an interval of
95 % takes, above and below, is read from residuals of makers that were left out (split conformal prediction). Input-
output data are a second opinion: the median lies half-way, and how far the two disagree over all classes widens every
interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import hypot, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Z = 1.959964
"""Standard normal quantile of 97.5 %."""
MAD = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
PRIOR_MAKERS = 6
"""Makers that the scale of all classes counts for in that of one."""
LEAST_SPREAD = 0.15
"""Standard deviation of the medians of classes, at least: no class is drawn wholly to its family."""
BIASED = ("particulate-matter",)
"""Categories in which input-output data are off by one known factor, which is measured and taken out: flows to air
name no stack height, and the method gives them the factor of urban air near the ground."""
CONVERTED = {"human-toxicity-non-carcinogenic": 0.30, "ecotoxicity-freshwater": 0.55}
"""Half width of the conversion of process data from EF v3.0 to v3.1."""


class Maker(NamedTuple):
    """The median product of one maker in one class."""

    group: str
    """Class."""
    source: str
    """Set of data."""
    id: str
    products: int
    ratios: Mapping[str, float]
    """Category → log10 of the ratio."""


class Interval(NamedTuple):
    """Median, and half widths of 95 % above and below it."""

    median: float
    up: float
    down: float

    def holds(self, value: float) -> bool:
        return self.median - self.down <= value <= self.median + self.up


@dataclass(frozen=True)
class Process:
    """Process data in one category."""

    makers: Sequence[Maker]
    category: str
    family: Mapping[str, str]
    """Class → family."""

    @cached_property
    def cells(self) -> Sequence[Maker]:
        """The makers that the category is known of."""
        return [maker for maker in self.makers if self.category in maker.ratios]

    @cached_property
    def _values(self) -> Mapping[str, Mapping[str, float]]:
        """Class → maker → its ratio."""
        values: dict[str, dict[str, list[float]]] = {}
        for maker in self.cells:
            values.setdefault(maker.group, {}).setdefault(maker.id, []).append(maker.ratios[self.category])
        return {
            group: {id: float(np.median(ratios)) for id, ratios in of_maker.items()}
            for group, of_maker in values.items()
        }

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes that makers are known of."""
        return tuple(self._values)

    def _of(self, group: str, without: str = "") -> NDArray[np.float64]:
        return np.array([ratio for id, ratio in self._values.get(group, {}).items() if id != without])

    @cached_property
    def _scales(self) -> tuple[float, float]:
        """Standard deviation of makers within a class, and of classes."""
        within = [np.abs(x - np.median(x)) for x in map(self._of, self.classes) if len(x) > 2]
        between = np.array([np.median(self._of(group)) for group in self.classes])
        spread = MAD * float(np.median(np.concatenate(within))) if within else 0.3
        return spread, max(MAD * float(np.median(np.abs(between - np.median(between)))), LEAST_SPREAD)

    def _prior(self, group: str, without: str) -> float:
        """Median of the family of a class; of all classes, where none of the family has data."""
        left = {name: x for name in self.classes if len(x := self._of(name, without))}
        of_family = [x for name, x in left.items() if self.family[name] == self.family[group]]
        if of_family:
            weights = [min(len(x), 10) for x in of_family]
            return float(np.average([np.median(x) for x in of_family], weights=weights))
        return float(np.median([np.median(x) for x in left.values()]))

    def predicted(self, group: str, without: str = "") -> tuple[float, float]:
        """Median of a class, and standard deviation of a further maker of it; a maker may be left out."""
        within, between = self._scales
        values = self._of(group, without)
        number = len(values)
        if not number:
            return self._prior(group, without), hypot(within, between)
        drawn = (within / between) ** 2
        median = (number * float(np.median(values)) + drawn * self._prior(group, without)) / (number + drawn)
        own = MAD * float(np.median(np.abs(values - np.median(values)))) if number > 2 else within
        variance = (PRIOR_MAKERS * within**2 + number * own**2) / (PRIOR_MAKERS + number) * (1 + 1 / number)
        return median, float(np.clip(sqrt(variance), within / 1.5, 2 * within))

    @cached_property
    def residuals(self) -> Sequence[tuple[Maker, float]]:
        """Each maker, in scales from what the others say of its class."""
        residuals = []
        for maker in self.cells:
            median, scale = self.predicted(maker.group, maker.id)
            residuals.append((maker, (maker.ratios[self.category] - median) / scale))
        return residuals

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Scales above and below the median between which 95 % of makers lie that were left out."""
        return quantiles([residual for _, residual in self.residuals])

    def interval(self, group: str, ends: tuple[float, float] | None = None) -> Interval:
        """95 % of further makers of a class."""
        median, scale = self.predicted(group)
        up, down = ends or self.ends
        conversion = CONVERTED.get(self.category, 0.0)
        return Interval(median, hypot(up * scale, conversion), hypot(down * scale, conversion))

    def left_out(self, group: str) -> float | None:
        """Share of the makers of a class inside the interval, each left out of the fit in turn; None: no maker."""
        up, down = self.ends
        inside = [-down <= residual <= up for maker, residual in self.residuals if maker.group == group]
        return sum(inside) / len(inside) if inside else None


def quantiles(residuals: Sequence[float]) -> tuple[float, float]:
    """97.5 % quantile, and how far the 2.5 % quantile is below zero, with the correction for finite samples."""
    ordered = np.sort(np.asarray(residuals))
    rank = min(int(np.ceil(0.975 * (len(ordered) + 1))) - 1, len(ordered) - 1)
    return max(float(ordered[rank]), 0.0), max(-float(ordered[len(ordered) - 1 - rank]), 0.0)


@dataclass(frozen=True)
class Both:
    """Process data and input-output data in one category."""

    process: Process
    sectors: Mapping[str, float]
    """Class → median ratio of its sectors."""

    @cached_property
    def _differences(self) -> list[float]:
        return [
            self.sectors[group] - self.process.predicted(group)[0]
            for group in self.process.classes
            if group in self.sectors
        ]

    @cached_property
    def bias(self) -> float:
        """Ratio of input-output data over that of process data, where it has a known cause; else zero."""
        return float(np.median(self._differences)) if self.process.category in BIASED else 0.0

    @cached_property
    def disagreement(self) -> float:
        """Standard deviation of either source about the truth, were they alike and independent."""
        off = np.abs(np.array(self._differences) - self.bias)
        return MAD * float(np.median(off)) / sqrt(2) if len(off) else 0.3

    def interval(self, group: str) -> tuple[Interval, str]:
        """95 % of products of a class, and what says so."""
        known = group in self.process.classes
        process = self.process.interval(group)
        io = self.sectors[group] - self.bias if group in self.sectors else None
        if io is None:
            basis = "process data" if known else f"process data of its family ({self.process.family[group]})"
            return self.widened(process, Z * self.disagreement), basis
        if known:
            middle = process._replace(median=(process.median + io) / 2)
            return self.widened(middle, Z * self.disagreement), "process data and input-output data"
        usual = [self.process.interval(other) for other in self.process.classes]
        alone = Interval(io, float(np.median([i.up for i in usual])), float(np.median([i.down for i in usual])))
        return self.widened(alone, Z * sqrt(2) * self.disagreement), "input-output data"

    @staticmethod
    def widened(interval: Interval, by: float) -> Interval:
        """The interval of what it holds and of an independent error of this half width."""
        return Interval(interval.median, hypot(interval.up, by), hypot(interval.down, by))
