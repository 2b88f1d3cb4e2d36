"""Stated ranges as distributions: low and high are their 2.5 % and 97.5 % quantiles."""

from __future__ import annotations

from functools import lru_cache
from math import log, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.quantities.values import Range

LOW, HIGH = 0.025, 0.975
LEAST = 1e-3
"""Part of its low or high end below which no draw of a number that has one sign falls."""
Z = 1.959963984540054
"""Standard normal quantile of HIGH."""

Vector = NDArray[np.float64]


class Triangle(NamedTuple):
    """Least value, mode and greatest value."""

    least: float
    mode: float
    most: float


def quantile(spread: Range, median: float, share: Vector) -> Vector:
    """The values below which these shares (0 to 1) of a number lie.

    Lognormal and triangular distributions keep the median where they can; a triangle cannot be as skewed as a range
    may be: then its ends are kept, and the median moves.
    """
    low, high = spread.low, spread.high
    match spread.distribution:
        case "lognormal":
            from scipy.special import ndtri

            scale = abs(log(high / low)) / (2 * Z)
            return np.asarray(median * np.exp(scale * ndtri(share)))
        case "normal":
            from scipy.special import ndtri

            return np.asarray((low + high) / 2 + (high - low) / (2 * Z) * ndtri(share))
        case "uniform":
            return uniform(low, high, share)
    return triangular(*triangle(low, median, high), share)


def uniform(low: float | Vector, high: float | Vector, share: Vector) -> Vector:
    """Quantiles of uniform distributions with these 2.5 % and 97.5 % quantiles."""
    beyond = (high - low) * LOW / (HIGH - LOW)
    return np.asarray(low - beyond + (high - low + 2 * beyond) * share)


def triangular(least: float | Vector, mode: float | Vector, most: float | Vector, share: Vector) -> Vector:
    """Quantiles of triangles."""
    base = most - least
    rising = share * base <= mode - least
    left = least + np.sqrt(share * base * (mode - least))
    return np.where(rising, left, most - np.sqrt((1 - share) * base * (most - mode)))


@lru_cache(maxsize=4096)
def triangle(low: float, median: float, high: float) -> Triangle:
    """The triangle with these 2.5 %, 50 % and 97.5 % quantiles.

    On a base of length one the mode decides the ratio of the two half-widths, and the ratio rises with it: bisection.
    """

    def unit_quantile(share: float, mode: float) -> float:
        """Of the triangle from 0 to 1; the inverse of its cumulative distribution, which is quadratic on each side."""
        return sqrt(share * mode) if share <= mode else 1 - sqrt((1 - share) * (1 - mode))

    wanted = (median - low) / (high - low)
    left, right = 0.0, 1.0
    for _ in range(60):
        mode = (left + right) / 2
        ends = unit_quantile(LOW, mode), unit_quantile(HIGH, mode)
        if (unit_quantile(0.5, mode) - ends[0]) / (ends[1] - ends[0]) < wanted:
            left = mode
        else:
            right = mode
    base = (high - low) / (ends[1] - ends[0])
    least = low - base * ends[0]
    return Triangle(least, least + base * mode, least + base)
