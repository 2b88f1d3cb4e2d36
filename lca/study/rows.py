"""Tables as plain rows and columns, of which pandas makes DataFrames where a user asks for one.

To import pandas takes as long as a quarter of `lca assess`, which prints its tables and needs none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]
"""Column → cell."""


@dataclass(frozen=True, slots=True)
class TableRows:
    """A table, row by row."""

    columns: tuple[str, ...]
    cells: Sequence[tuple[Any, ...]] = ()

    @classmethod
    def of(cls, table: pd.DataFrame) -> TableRows:
        return cls(tuple(map(str, table)), list(table.itertuples(index=False, name=None)))

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[Row]:
        return (dict(zip(self.columns, row, strict=True)) for row in self.cells)

    def column(self, name: str) -> list[Any]:
        place = self.columns.index(name)
        return [row[place] for row in self.cells]

    def frame(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(self.cells, columns=list(self.columns))

    def to_json(self) -> list[Row]:
        """The rows as JSON has them: a number that is not finite is null."""
        return [{name: _plain(cell) for name, cell in row.items()} for row in self]


def _plain(cell: Any) -> Any:
    if isinstance(cell, tuple | list):
        return [_plain(part) for part in cell]
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


class Coded(NamedTuple):
    """A column of text: row n has the text `levels[codes[n]]`."""

    levels: Sequence[str]
    codes: NDArray[np.intp]

    def texts(self) -> list[str]:
        return [self.levels[code] for code in self.codes.tolist()]


@dataclass(frozen=True, slots=True)
class Columns:
    """A long table, column by column."""

    columns: Mapping[str, Coded | NDArray[Any]]

    @classmethod
    def of(cls, table: pd.DataFrame) -> Columns:
        import pandas as pd

        columns: dict[str, Coded | NDArray[Any]] = {}
        for name in table:
            if pd.api.types.is_string_dtype(table[name]):
                codes, levels = pd.factorize(table[name])
                columns[str(name)] = Coded([str(level) for level in levels], codes)
            else:
                columns[str(name)] = table[name].to_numpy()
        return cls(columns)

    def cells(self, name: str) -> list[Any]:
        column = self.columns[name]
        return column.texts() if isinstance(column, Coded) else column.tolist()

    def where(self, name: str, text: str) -> Columns:
        """The rows that have a text in a column."""
        chosen = np.flatnonzero([cell == text for cell in self.cells(name)])
        return Columns(
            {
                each: Coded(column.levels, column.codes[chosen]) if isinstance(column, Coded) else column[chosen]
                for each, column in self.columns.items()
            }
        )

    def frame(self) -> pd.DataFrame:
        import pandas as pd

        def series(column: Coded | NDArray[Any]) -> pd.Series[Any]:
            if not isinstance(column, Coded):
                return pd.Series(column)
            return pd.Series([*column.levels, ""], dtype="str").take(column.codes).reset_index(drop=True)

        return pd.DataFrame({name: series(column) for name, column in self.columns.items()})


def summed(keys: Iterable[tuple[Any, ...]], numbers: Iterable[float]) -> dict[tuple[Any, ...], float]:
    """Key → the sum of its numbers, in the order of first appearance; what rounding loses is carried along (Kahan)."""
    place: dict[tuple[Any, ...], int] = {}
    sums: list[float] = []
    lost: list[float] = []
    for key, number in zip(keys, numbers, strict=True):
        n = place.setdefault(key, len(sums))
        if n == len(sums):
            sums.append(number)
            lost.append(0.0)
        else:
            before, more = sums[n], number - lost[n]
            sums[n] = after = before + more
            lost[n] = after - before - more
    return dict(zip(place, sums, strict=True))
