"""Draws of a large background to first order.

What an exchange adds to a score is what it takes or emits beyond the stated amount, times the score of one unit of it,
times how often its activity runs; all of these add up. Exchanges on which the variance of no score hangs stay as
stated: of hundreds of thousands some thousand vary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.backgrounds.entries import UncertainEntries

if TYPE_CHECKING:
    from lca.backgrounds.compiled import Compiled

LEFT_OUT = 1e-3
"""Most of the variance of any score that stays as stated."""
_PILOT = 32
"""Draws that tell how far each amount strays."""


class _Varied(NamedTuple):
    """Entries of a matrix that vary."""

    entries: UncertainEntries
    some: NDArray[np.int64]
    """Which of them."""
    unit: NDArray[np.float64]
    """Categories × rows of the matrix: what one more in a row adds to a score, where its activity runs once."""

    @property
    def activities(self) -> NDArray[np.int64]:
        return self.entries.columns[self.some]

    def effects(self, category: int) -> NDArray[np.float64]:
        """Of one more in each entry on a score, where its activity runs once."""
        return np.asarray(self.unit[category, self.entries.rows[self.some]])

    def beyond(self, key: Sequence[int], size: int) -> NDArray[np.float64]:
        """Draws × entries: amounts less the stated ones."""
        return np.array(list(islice(self.entries.drawn(self.some, key), size))) - self.entries.amounts[self.some]

    def squares(self) -> NDArray[np.float64]:
        """Of each entry: the mean square of its amount less the stated one."""
        drawn = islice(self.entries.drawn(self.some, (0,)), _PILOT)
        total = np.zeros(len(self.some))
        for numbers in drawn:
            total += (numbers - self.entries.amounts[self.some]) ** 2
        return total / _PILOT


class FirstOrderDraws:
    """Scores of one unit of some products of a background, drawn."""

    def __init__(self, compiled: Compiled, products: Sequence[int], factors: Sequence[Mapping[str, float]]) -> None:
        known, self._supplies = compiled.characterised(factors), compiled.supplies(products)
        self._stated = np.asarray(known @ (compiled.emissions @ self._supplies)).T
        units = (-compiled.unit_scores(factors).T, known)
        given = zip((compiled.technosphere, compiled.biosphere), units, strict=True)
        self._varied = _most([_Varied(entries, entries.uncertain, unit) for entries, unit in given], self._supplies)

    def drawn(self, number: int, seed: int, size: int) -> NDArray[np.float64]:
        """Draws × products × categories."""
        from scipy.sparse import csr_matrix

        scores = np.repeat(self._stated[None], size, axis=0)
        for place, varied in enumerate(self._varied):
            beyond = varied.beyond((seed, number, place), size).T
            running, inverse = np.unique(varied.activities, return_inverse=True)
            for category in range(len(varied.unit)):
                entries = (varied.effects(category), (inverse, np.arange(len(inverse))))
                of_activities = csr_matrix(entries, shape=(len(running), len(inverse))) @ beyond
                scores[:, :, category] += of_activities.T @ self._supplies[running]
        return scores


def _most(varied: Sequence[_Varied], supplies: NDArray[np.float64]) -> list[_Varied]:
    """Of entries, those that hold all but LEFT_OUT of the variance of every score."""
    squares, runs = [each.squares() for each in varied], supplies**2

    def variance(kept: Sequence[NDArray[np.bool_]]) -> NDArray[np.float64]:
        """Categories × products."""
        of_activities = np.zeros((len(varied[0].unit), len(supplies)))
        for each, square, some in zip(varied, squares, kept, strict=True):
            for category, total in enumerate(of_activities):
                added = (square * each.effects(category) ** 2)[some]
                total += np.bincount(each.activities[some], added, len(supplies))
        return of_activities @ runs

    whole = variance([np.ones(len(each.some), dtype=bool) for each in varied])
    parts = np.zeros((len(whole), len(supplies)))  # most of any product's variance that one square of an activity is
    for product, run in enumerate(runs.T):
        with np.errstate(divide="ignore", invalid="ignore"):
            np.maximum(parts, np.where(whole[:, product, None] > 0, run / whole[:, product, None], 0.0), out=parts)
    shares = [np.zeros(len(square)) for square in squares]
    for each, square, share in zip(varied, squares, shares, strict=True):
        for category, part in enumerate(parts):
            np.maximum(share, square * each.effects(category) ** 2 * part[each.activities], out=share)
    least = LEFT_OUT
    while (variance([share <= least for share in shares]) > LEFT_OUT * whole).any():
        least /= 10
    return [each._replace(some=each.some[share > least]) for each, share in zip(varied, shares, strict=True)]
