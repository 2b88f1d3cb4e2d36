"""Cells as people fill them in: each a value or a problem with its sheet and place, and what a file would have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl.utils import get_column_letter

from lca.builtin import shown
from lca.errors import Fault, FormulaGiven, InvalidData, NotAWorkbook, Problem, TooLarge, WrongType
from lca.exchange.excel.archive import opened
from lca.exchange.excel.layout import MOST_ROWS
from lca.exchange.keys import Key
from lca.languages import gettext
from lca.quantities.documents import Document, problem
from lca.quantities.positions import Loc

LONGEST = 80
"""Characters of a cell that a message repeats."""


@dataclass(frozen=True, slots=True)
class CellDocument(Document):
    """What would be one file, out of the cells of a workbook; its problems are at cells."""

    cells: Mapping[Loc, str] = field(default_factory=dict, repr=False)
    """Place in the file → sheet and cell; that of the whole file is ()."""

    def problem(self, loc: Loc, fault: Fault) -> Problem:
        place = next((cell for n in range(len(loc), 0, -1) if (cell := self._first(loc[:n]))), self.cells.get((), ""))
        return problem(f"{self.shown}:{place}" if place else self.shown, 0, loc, fault)

    def _first(self, table: Loc) -> str:
        """The cell of a place, or of the first key of a table."""
        return next((cell for loc, cell in self.cells.items() if loc[: len(table)] == table), "")


class WorkbookCells:
    """The cells of a workbook, row by row; what is wrong with them is gathered."""

    def __init__(self, path: Path, widest: int) -> None:
        self.path, self.shown, self.widest = path, shown(path), widest
        self.problems: list[Problem] = []

    @contextmanager
    def opened(self) -> Iterator[Any]:
        """The workbook, of openpyxl. Raises InvalidData, also for cells that cannot be read in the block."""
        book = opened(self.path, self.shown)
        try:
            yield book
        except (ParseError, KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
            what = gettext("its cells cannot be read ({error})", error=str(str(error)[:LONGEST]))
            raise InvalidData([problem(self.shown, 0, (), NotAWorkbook(what))]) from None
        finally:
            book.close()

    def rows(self, book: Any, sheet: str) -> Iterator[tuple[int, list[Any]]]:
        """Number of a row, from 1, and its values; a formula or an error value is a problem and no value."""
        page = book[sheet]
        page.reset_dimensions()  # what a file says of its size is not believed
        for number, row in enumerate(page.iter_rows(max_row=MOST_ROWS + 1), 1):
            if number > MOST_ROWS:
                self.refuse(sheet, TooLarge(gettext("more than {most_rows:,} rows", most_rows=MOST_ROWS)))
                return
            yield (
                number,
                [self._value(sheet, number, column, cell) for column, cell in enumerate(row[: self.widest + 1])],
            )

    def _value(self, sheet: str, row: int, column: int, cell: Any) -> Any:
        value = cell.value
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if cell.data_type == "f":
            self.refuse(
                cell_at(sheet, row, column), FormulaGiven(gettext("a formula ({value})", value=str(value)[:LONGEST]))
            )
            return None
        if cell.data_type == "e" or not isinstance(value, str | int | float | bool):
            self.refuse(
                cell_at(sheet, row, column),
                WrongType(gettext("{value!r} is neither text nor a number", value=str(value)[:LONGEST])),
            )
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and "%" in cell.number_format:
            return f"{100 * value:.15g} %"  # as the person sees it
        return value

    def refuse(self, place: str, fault: Fault, loc: Loc = ()) -> None:
        """Keep a problem of a sheet or cell; of the workbook where no place is given."""
        self.problems.append(problem(f"{self.shown}:{place}" if place else self.shown, 0, loc, fault))


def cell_at(sheet: str, row: int, column: int) -> str:
    """`Scenarios!C7` of row 7, from 1, and column 2, from 0."""
    return f"{sheet}!{get_column_letter(column + 1)}{row}"


def as_written(value: Any, key: Key, unit: str = "") -> Any:
    """What a file would have: a number alone is in the unit, or else the key's; several ids are a list."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    unit = unit or (key.unit if key.kind in ("quantity", "amount") else "")
    if number and unit not in ("", "1"):
        return f"{value!r} {unit}"
    if key.kind in ("text", "choice") and number:
        return str(value)
    if key.kind == "truth" and isinstance(value, str) and value.upper() in ("TRUE", "FALSE"):
        return value.upper() == "TRUE"
    if key.kind == "ids" and isinstance(value, str):
        ids = [part.strip() for part in re.split("\n" if "\n" in value else ",", value) if part.strip()]
        listed = len(ids) > 1 or not key.cites or value.endswith(",")
        return ids if listed else value.strip()
    return value
