"""How the impact of a product per kg CO2-Eq is distributed within a class: fitted to makers and to sectors.

All numbers are log10 of a ratio. A class is the median of its makers, drawn towards those of its family where makers
are few; its scale is their median absolute deviation, drawn towards that of all classes. How many scales an interval of
95 % takes, above and below, is read from residuals of makers that were left out (split conformal prediction). Input-
output data are a second opinion: the median lies half-way, and how far the two disagree over all classes widens every
interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import ceil, hypot, sqrt
from statistics import median
from typing import NamedTuple

Z = 1.959964
"""Standard normal quantile of 97.5 %."""
MAD = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
PRIOR_MAKERS = 6
"""Makers that the scale of all classes counts for in that of one."""
USUAL_SPREAD = 0.3
"""Standard deviation where no two numbers tell it: a factor of two."""
LEAST_WITHIN = 0.01
"""Standard deviation within classes, at least: makers that all state one number are no reason to divide by zero."""
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


class MedianInterval(NamedTuple):
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
        return {group: {id: median(ratios) for id, ratios in of_maker.items()} for group, of_maker in values.items()}

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes that makers are known of."""
        return tuple(self._values)

    @cached_property
    def _medians(self) -> Mapping[str, float]:
        return {group: median(of_maker.values()) for group, of_maker in self._values.items()}

    def _of(self, group: str, without: str = "") -> list[float]:
        return [ratio for id, ratio in self._values.get(group, {}).items() if id != without]

    @cached_property
    def _scales(self) -> tuple[float, float]:
        """Standard deviation of makers within a class, and of classes."""
        within = [
            abs(ratio - self._medians[group])
            for group, of_maker in self._values.items()
            if len(of_maker) > 2
            for ratio in of_maker.values()
        ]
        usual = MAD * median(within) if within else USUAL_SPREAD
        return max(usual, LEAST_WITHIN), max(_spread(self._medians.values()), LEAST_SPREAD)

    def _prior(self, group: str, without: str) -> float:
        """Median of the family of a class; of all classes, where none of the family has data."""
        left = {name: len(self._values[name]) - (without in self._values[name]) for name in self.classes}
        of_family = [name for name, number in left.items() if number and self.family[name] == self.family[group]]
        if of_family:
            weights = [min(left[name], 10) for name in of_family]
            weighed = sum(w * self._median(name, without) for w, name in zip(weights, of_family, strict=True))
            return weighed / sum(weights)
        return median(self._median(name, without) for name, number in left.items() if number)

    def _median(self, group: str, without: str) -> float:
        return median(self._of(group, without)) if without in self._values[group] else self._medians[group]

    def predicted(self, group: str, without: str = "") -> tuple[float, float]:
        """Median of a class, and standard deviation of a further maker of it; a maker may be left out."""
        within, between = self._scales
        ratios = self._of(group, without)
        number = len(ratios)
        if not number:
            return self._prior(group, without), hypot(within, between)
        drawn = (within / between) ** 2
        middle = (number * median(ratios) + drawn * self._prior(group, without)) / (number + drawn)
        own = _spread(ratios) if number > 2 else within
        variance = (PRIOR_MAKERS * within**2 + number * own**2) / (PRIOR_MAKERS + number) * (1 + 1 / number)
        return middle, min(max(sqrt(variance), within / 1.5), 2 * within)

    @cached_property
    def residuals(self) -> Sequence[tuple[Maker, float]]:
        """Each maker, in scales from what the others say of its class."""
        residuals = []
        for maker in self.cells:
            middle, scale = self.predicted(maker.group, maker.id)
            residuals.append((maker, (maker.ratios[self.category] - middle) / scale))
        return residuals

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Scales above and below the median between which 95 % of makers lie that were left out."""
        return quantiles([residual for _, residual in self.residuals])

    def interval(self, group: str, ends: tuple[float, float] | None = None) -> MedianInterval:
        """95 % of further makers of a class."""
        middle, scale = self.predicted(group)
        up, down = ends or self.ends
        conversion = CONVERTED.get(self.category, 0.0)
        return MedianInterval(middle, hypot(up * scale, conversion), hypot(down * scale, conversion))

    def left_out(self, group: str) -> float | None:
        """Share of the makers of a class inside the interval, each left out of the fit in turn; None: no maker."""
        up, down = self.ends
        inside = [-down <= residual <= up for maker, residual in self.residuals if maker.group == group]
        return sum(inside) / len(inside) if inside else None


def quantiles(residuals: Sequence[float]) -> tuple[float, float]:
    """97.5 % quantile, and how far the 2.5 % quantile is below zero, with the correction for finite samples."""
    ordered = sorted(residuals)
    rank = min(ceil(0.975 * (len(ordered) + 1)), len(ordered)) - 1
    return max(ordered[rank], 0.0), max(-ordered[len(ordered) - 1 - rank], 0.0)


def _spread(values: Iterable[float]) -> float:
    """Standard deviation by the median absolute deviation, which few outliers do not move."""
    given = list(values)
    middle = median(given)
    return MAD * median(abs(value - middle) for value in given)


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
        return median(self._differences) if self.process.category in BIASED else 0.0

    @cached_property
    def disagreement(self) -> float:
        """Standard deviation of either source about the truth, were they alike and independent."""
        off = [abs(difference - self.bias) for difference in self._differences]
        return MAD * median(off) / sqrt(2) if off else USUAL_SPREAD

    def interval(self, group: str) -> tuple[MedianInterval, str]:
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
        alone = MedianInterval(io, median(i.up for i in usual), median(i.down for i in usual))
        return self.widened(alone, Z * sqrt(2) * self.disagreement), "input-output data"

    @staticmethod
    def widened(interval: MedianInterval, by: float) -> MedianInterval:
        """The interval of what it holds and of an independent error of this half width."""
        return MedianInterval(interval.median, hypot(interval.up, by), hypot(interval.down, by))
