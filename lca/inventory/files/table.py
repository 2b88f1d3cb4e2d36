"""A CSV table beside the TOML file that names it: a path that stays in the folder, columns and units that are known."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lca.builtin import named
from lca.errors import Fault, InvalidData, MissingKey, NoUnit, PathEscapes, Problem, UnknownKey, WrongType
from lca.languages import gettext
from lca.quantities import units
from lca.quantities.documents import Document, problem, read_text
from lca.quantities.tables import read_cells, repeated

_COLUMN = re.compile(r"(.*?)(?: \[(.*)\])?", re.DOTALL)
TEXT = ""
"""In place of a column's unit: its cells are words."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table, with its line for messages."""

    shown: str
    line: int
    cells: Mapping[str, str]
    """By column, without its unit."""
    written: Mapping[str, str | None]
    """Column → the unit that its heading states."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def file(self) -> str:
        """Where the row stands, as an activity names its file."""
        return f"{named(self.shown)}:{self.line}"

    def refuse(self, column: str, fault: Fault) -> None:
        self.problems.append(problem(self.shown, self.line, (column,), fault))

    def number(self, column: str, unit: str) -> float | None:
        """The cell in `unit`; None where it is empty, or refused as no number."""
        text = self.cells[column]
        try:
            return units.convert(units.parse(f"{text} {self.written[column]}"), unit).number if text else None
        except Fault as fault:
            self.refuse(column, fault)
            return None


def read_table(document: Document, key: str, name: str, columns: Mapping[str, str] | None = None) -> list[TableRow]:
    """The rows of the table that `key` of the document names; `columns`: each with a unit of its dimension, or TEXT.

    Without `columns`, any may be there, with any unit or none.

    Raises InvalidData if the file is not beside the document or not such a table.
    """
    try:
        path = document.path.with_name(name)
        beside = os.path.dirname(os.path.realpath(path)) == os.path.dirname(os.path.realpath(document.path))
    except ValueError:  # a path with folders, or a null character
        beside = False
    if not beside:
        raise InvalidData(
            [document.problem((key,), PathEscapes(gettext("{name!r} is no file beside this one", name=name)))]
        )
    shown = str(Path(document.shown).with_name(name))
    lines = read_cells(shown, read_text(path, shown))
    _, headings = next(lines)
    split = [match.groups() for heading in headings if (match := _COLUMN.fullmatch(heading.strip()))]
    names = [column for column, _ in split]
    wrong = _unlike(shown, names, names if columns is None else columns)
    written = {column: unit for column, unit in split if columns is None or column in columns}
    for column, wanted in (columns or {}).items():
        if column in written and (fault := _wrong_unit(written[column], wanted)):
            wrong.append(problem(shown, 1, (column,), fault))
    rows = []
    for line, cells in lines if not wrong else ():
        if len(cells) != len(names):
            wrong.append(_wrong_length(shown, line, cells, names))
            break
        rows.append(TableRow(shown, line, dict(zip(names, (cell.strip() for cell in cells), strict=True)), written))
    if wrong:
        raise InvalidData(wrong)
    return rows


def _unlike(shown: str, names: list[str], columns: Collection[str]) -> list[Problem]:
    return [
        *(problem(shown, 1, (name,), UnknownKey(gettext("the column occurs twice"))) for name in repeated(names)),
        *(problem(shown, 1, (name,), UnknownKey(gettext("unknown column"))) for name in names if name not in columns),
        *(
            problem(shown, 1, (name,), MissingKey(gettext("required column is absent")))
            for name in columns
            if name not in names
        ),
    ]


def _wrong_unit(unit: str | None, wanted: str) -> Fault | None:
    """What is wrong with the unit in a heading."""
    if wanted == TEXT:
        return WrongType(gettext("the column holds text, and has no unit {unit!r}", unit=unit)) if unit else None
    if not unit:
        shown = "%" if wanted == "1" else units.written(wanted)
        return NoUnit(gettext("the heading has no unit in brackets, such as [{shown}]", shown=shown))
    try:
        units.factor(unit, wanted)
    except Fault as fault:
        return fault
    return None


def _wrong_length(shown: str, line: int, cells: list[str], names: list[str]) -> Problem:
    counts = {"count": len(cells), "wanted": len(names)}
    if len(cells) < len(names):
        return problem(
            shown,
            line,
            (names[len(cells)],),
            MissingKey(gettext("{count} cells, not {wanted}: this one is absent", **counts)),
        )
    return problem(shown, line, (), UnknownKey(gettext("{count} cells, not {wanted}", **counts)))
