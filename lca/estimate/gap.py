"""What the gap of one activity in one category probably holds: its climate score times the ratio of its kind.

An activity of which nothing but a climate score is known takes the ratio of its class, between whole products. One
whose inputs are modelled lacks its own flows alone: it takes the direct ratio of its sector, less the own flows that
are known. Where neither ratio holds there is no estimate, and the gap stays open.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import exp, hypot, log, sqrt

import numpy as np
from numpy.typing import NDArray

from lca.inventory.activity import Activity
from lca.inventory.ratios import Ratio, Ratios

CLIMATE = "climate-change"
Z = 1.959963984540054
"""Standard normal quantile of 97.5 %."""
SHARED = 0.5
"""Correlation of the estimates of one class in one category, where how far sources disagree is not known."""


class Basis(StrEnum):
    """What an estimate rests on."""

    STATED = "stated"
    """A climate score that the activity's file states, with its range."""
    CLASS = "class"
    """That of whole products of the class, per kg CO2-Eq."""
    SECTOR = "sector"
    """Direct flows of the sector, per kg CO2-Eq of the product."""
    TYPICAL = "typical"
    """What machines and sites that state it typically have, with its range."""
    CLASS_BOUND = "class bound"
    """From nothing to the upper end of a ratio too uncertain to draw from."""
    NEGLIGIBLE = "negligible"
    """No more than a sourced bound, either way."""


UNIFORM = (Basis.CLASS_BOUND, Basis.NEGLIGIBLE)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A distribution for what one unit of a product holds beyond what is known, in the category's unit."""

    median: float
    low: float
    """2.5 % quantile of the whole, before what is known is taken off."""
    high: float
    basis: Basis
    group: str = ""
    """Class or sector, whose estimates are wrong together."""
    known: float = 0.0
    """Part of the whole that is known already."""
    source: str = ""
    """Ids of sources of the ratio, apart by spaces."""

    @property
    def missing(self) -> float:
        """Median of what is missing."""
        return self._beyond(self.median)

    @property
    def ends(self) -> tuple[float, float]:
        """2.5 % and 97.5 % quantile of what is missing."""
        return self._beyond(self.low), self._beyond(self.high)

    def drawn(self, normal: NDArray[np.float64]) -> NDArray[np.float64]:
        """What is missing, for draws of the standard normal distribution."""
        if self.basis in UNIFORM:
            from scipy.special import ndtr

            return np.asarray(self.low + (self.high - self.low) * ndtr(normal))
        if self.median <= 0:
            return np.zeros_like(normal)
        up, down = log(self.high / self.median) / Z, log(self.median / self.low) / Z
        whole = self.median * np.exp(np.where(normal > 0, up, down) * normal)
        return np.maximum(whole - self.known, 0.0)

    def _beyond(self, whole: float) -> float:
        return whole if self.basis in UNIFORM else max(whole - self.known, 0.0)


def bound(most: float) -> Estimate:
    """What is at most so much, either way."""
    return Estimate(0.0, -most, most, Basis.NEGLIGIBLE)


def estimate(activity: Activity, category: str, ratios: Ratios, climate: float, known: float) -> Estimate | None:
    """What the gap of an activity in a category probably holds, per unit of its product; None: nobody can say.

    `climate`: the known climate score of a unit of the product, upstream included, in kg CO2-Eq. `known`: score of its
    own flows that are known, in the category's unit.
    """
    anchor = activity.anchor
    if category == CLIMATE and anchor:
        return Estimate(anchor.amount, anchor.low, anchor.high, Basis.STATED, activity.estimate_class)
    known = max(known, 0.0)
    if anchor:
        ends, known, by_class = (anchor.amount, anchor.low, anchor.high), 0.0, True
    elif climate > 0:
        ends, by_class = (climate, climate, climate), not activity.inputs
    else:
        return None
    basis, group = (Basis.CLASS, activity.estimate_class) if by_class else (Basis.SECTOR, activity.sector)
    ratio = (ratios.total if by_class else ratios.direct).get((group, category))
    return _times(ends, ratio, basis, group, known) if ratio else None


def _times(anchor: tuple[float, float, float], ratio: Ratio, basis: Basis, group: str, known: float) -> Estimate | None:
    """The product of two independent split lognormal numbers: half widths add as squares."""
    amount, low, high = anchor
    up = hypot(log(high / amount), log(ratio.high / ratio.median))
    down = hypot(log(amount / low), log(ratio.median / ratio.low))
    median = amount * ratio.median
    if ratio.usable:
        return Estimate(median, median / exp(down), median * exp(up), basis, group, known, ratio.source)
    if ratio.bounds:
        most = max(median * exp(up) - known, 0.0)
        return Estimate(most / 2, 0.0, most, Basis.CLASS_BOUND, group, source=ratio.source)
    return None


def correlated(shared: NDArray[np.float64], own: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard normal draws of one gap, of which SHARED is common to its group."""
    return np.asarray(sqrt(SHARED) * shared + sqrt(1 - SHARED) * own)
