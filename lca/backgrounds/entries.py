"""Entries of a matrix with their distributions, and draws of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Places = NDArray[np.int64]

UNCERTAINTY = ("uncertainty_type", "loc", "scale", "shape", "minimum", "maximum", "negative", "sign")
"""Columns of a distribution: the fields of stats_arrays, and the sign with which its draws enter the matrix."""


@dataclass(frozen=True, slots=True)
class UncertainEntries:
    """Entries of a matrix, with a column per field of their distribution."""

    rows: Places
    columns: Places
    amounts: Vector
    uncertainty: NDArray[np.float64]
    """Entries × UNCERTAINTY."""

    @classmethod
    def of(cls, entries: Sequence[tuple[int, int, float, tuple[float, ...]]]) -> UncertainEntries:
        """From (row, column, amount, distribution)."""
        rows, columns, amounts, uncertainty = zip(*entries, strict=True) if entries else ((), (), (), ())
        return cls(
            np.array(rows, dtype=np.int64),
            np.array(columns, dtype=np.int64),
            np.array(amounts, dtype=float),
            np.array(uncertainty, dtype=float).reshape(-1, len(UNCERTAINTY)),
        )

    @property
    def uncertain(self) -> Places:
        """The entries that have a distribution: 0 and 1 of stats_arrays mean none."""
        return np.flatnonzero(self.uncertainty[:, 0] > 1)

    def drawn(self, some: Places, key: Sequence[int]) -> Iterator[Vector]:
        """Amounts of some entries, draw after draw; the same for the same key, whoever asks."""
        if not len(some):
            return repeat(np.empty(0))
        from stats_arrays import MCRandomNumberGenerator

        state = np.random.SeedSequence(key).generate_state(1)[0]
        sign = self.uncertainty[some, UNCERTAINTY.index("sign")]
        return (numbers * sign for numbers in MCRandomNumberGenerator(self._parameters(some), seed=int(state)))

    def _parameters(self, some: Places) -> Any:
        from stats_arrays.utils import construct_params_array

        parameters = construct_params_array(len(some), True)
        for column, name in enumerate(UNCERTAINTY[:-1]):
            parameters[name] = self.uncertainty[some, column].astype(parameters.dtype[name])
        return parameters
