"""The scenarios of a workbook: the same as their files would be, with the same messages, by sheet and cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl.utils import get_column_letter

from lca.builtin import shown
from lca.errors import (
    DuplicateId,
    Fault,
    FormulaGiven,
    InvalidData,
    NotAWorkbook,
    Problem,
    RepeatedKey,
    TooLarge,
    UnknownKey,
    WrongType,
)
from lca.exchange.excel.archive import opened
from lca.exchange.excel.layout import FIRST, KEY, KNOWN, MOST_ROWS, MOST_SCENARIOS, SCENARIO, SHEET, named, sheet_of
from lca.exchange.keys import Key, anywhere, at, keys, nested, parsed
from lca.exchange.toml import toml
from lca.languages import gettext
from lca.quantities.documents import Document, dotted, problem
from lca.quantities.positions import Loc
from lca.quantities.records import ID, near
from lca.system.scenario import Scenario

_WIDEST = FIRST + MOST_SCENARIOS
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class ScenarioColumn(Document):
    """One scenario of a workbook as a document; its problems are at cells."""

    cells: Mapping[Loc, str] = field(default_factory=dict, repr=False)

    def problem(self, loc: Loc, fault: Fault) -> Problem:
        place = next((cell for n in range(len(loc), 0, -1) if (cell := self._first(loc[:n]))), "")
        return problem(f"{self.shown}:{place}" if place else self.shown, 0, loc, fault)

    def _first(self, table: Loc) -> str:
        """The cell of a place, or of the first key of a table."""
        return next((cell for loc, cell in self.cells.items() if loc[: len(table)] == table), "")


def read_workbook(path: str | Path, folder: str | Path) -> list[Scenario]:
    """The scenarios of a workbook, as files of `folder`, beside which their records lie.

    Raises InvalidData with every problem of every column, by sheet and cell.
    """
    scenarios, problems = [], []
    columns, faults = _WorkbookReading(Path(path), Path(folder)).columns()
    problems += faults
    for column in columns:
        try:
            read = Scenario.of(column)
            text = Document.parse(toml(column.content), column.path, shown(column.path))
            scenarios.append(Scenario(read.file, read.measurements, text))
        except InvalidData as error:
            problems += error.problems
    if problems:
        raise InvalidData(problems)
    return scenarios


class _WorkbookReading:
    """The cells of a workbook on their way to scenarios; problems are gathered."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path, self.folder, self.shown = path, folder, shown(path)
        self.problems: list[Problem] = []

    def columns(self) -> tuple[list[ScenarioColumn], list[Problem]]:
        book = opened(self.path, self.shown)
        try:
            if SHEET not in book.sheetnames:
                self._refuse(
                    "",
                    NotAWorkbook(gettext("it has no sheet {sheet!r}; see `lca exchange excel template`", sheet=SHEET)),
                )
                return [], self.problems
            ids, values, cells = self._scenarios(list(self._rows(book, SHEET)))
            contents = {id: nested(values[id], KNOWN) for id in ids}
            for key in named():
                if sheet_of(str(key.loc[0])) in book.sheetnames:
                    self._named(key, list(self._rows(book, sheet_of(str(key.loc[0])))), contents, cells)
        except (ParseError, KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
            what = f"its cells cannot be read ({str(error)[:_LONGEST]})"
            raise InvalidData([problem(self.shown, 0, (), NotAWorkbook(what))]) from None
        finally:
            book.close()
        columns = [
            ScenarioColumn(self.folder / f"{id}.toml", self.shown, "", contents[id], "toml", cells=cells[id])
            for id in ids
        ]
        return columns, self.problems

    def _rows(self, book: Any, sheet: str) -> Iterator[tuple[int, list[Any]]]:
        """Number of a row, from 1, and its values; a formula or an error value is a problem and no value."""
        page = book[sheet]
        page.reset_dimensions()  # what a file says of its size is not believed
        for number, row in enumerate(page.iter_rows(max_col=_WIDEST + 1, max_row=MOST_ROWS + 1), 1):
            if number > MOST_ROWS:
                self._refuse(sheet, TooLarge(gettext("more than {most_rows:,} rows", most_rows=MOST_ROWS)))
                return
            yield number, [self._value(sheet, number, column, cell) for column, cell in enumerate(row)]

    def _value(self, sheet: str, row: int, column: int, cell: Any) -> Any:
        value = cell.value
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if cell.data_type == "f":
            self._refuse(
                _place(sheet, row, column), FormulaGiven(gettext("a formula ({value})", value=str(value)[:_LONGEST]))
            )
            return None
        if cell.data_type == "e" or not isinstance(value, str | int | float | bool):
            self._refuse(
                _place(sheet, row, column),
                WrongType(gettext("{value!r} is neither text nor a number", value=str(value)[:_LONGEST])),
            )
            return None
        return value

    def _refuse(self, place: str, fault: Fault, loc: Loc = ()) -> None:
        self.problems.append(problem(f"{self.shown}:{place}" if place else self.shown, 0, loc, fault))

    def _scenarios(
        self, rows: Sequence[tuple[int, list[Any]]]
    ) -> tuple[list[str], dict[str, dict[Loc, Any]], dict[str, dict[Loc, str]]]:
        """The ids of the columns, what each holds by place, and the cell of every place."""
        head = next((n for n, (_, row) in enumerate(rows) if row and row[0] == KEY), None)
        if head is None:
            self._refuse(f"{SHEET}!A1", NotAWorkbook(gettext("no cell of the first column is {key!r}", key=KEY)))
            return [], {}, {}
        used = {column for _, row in rows[head + 1 :] for column, value in enumerate(row) if value is not None}
        ids = self._ids(rows[head], used)
        values: dict[str, dict[Loc, Any]] = {id: {} for id in ids.values()}
        cells: dict[str, dict[Loc, str]] = {id: {} for id in ids.values()}
        seen: dict[Loc, int] = {}
        for number, row in rows[head + 1 :]:
            loc = self._key(number, row)
            if loc is None:
                continue
            if loc in seen:
                self._refuse(
                    f"{SHEET}!A{number}",
                    RepeatedKey(gettext("the key is already that of row {seen}", seen=seen[loc])),
                    loc,
                )
                continue
            seen[loc] = number
            for column, id in ids.items():
                cells[id][loc] = _place(SHEET, number, column)
                key = at(loc, KNOWN)
                if key and column < len(row) and row[column] is not None:
                    values[id][loc] = _as_written(row[column], key)
        return [id for id in ids.values() if values[id]], values, cells

    def _ids(self, head: tuple[int, list[Any]], used: set[int]) -> dict[int, str]:
        """Column → id of the scenario in it; those without an id and without a value are none."""
        number, row = head
        ids: dict[int, str] = {}
        for column in range(FIRST, max(len(row), max(used, default=0) + 1)):
            id = row[column] if column < len(row) else None
            if id is None and column not in used:
                continue
            place = _place(SHEET, number, column)
            if column >= _WIDEST:
                self._refuse(
                    place, TooLarge(gettext("more than {most_scenarios} scenarios", most_scenarios=MOST_SCENARIOS))
                )
                break
            if not isinstance(id, str) or not re.fullmatch(ID, id):
                what = (
                    gettext(
                        "{id!r} is no name for a file: lower-case letters and digits, joined by hyphens",
                        id=str(id)[:_LONGEST],
                    )
                    if id is not None
                    else gettext("the column has no name: lower-case letters and digits, joined by hyphens")
                )
                self._refuse(place, WrongType(what))
            elif id in ids.values():
                self._refuse(place, DuplicateId(gettext("the name {id!r} is already that of another column", id=id)))
            else:
                ids[column] = id
        return ids

    def _key(self, number: int, row: Sequence[Any]) -> Loc | None:
        """The place that a row is of; None: it is a heading, or refused."""
        written, given = row[0] if row else None, any(value is not None for value in row[FIRST:])
        loc = parsed(str(written)) if written is not None else None
        if loc is not None and (key := at(loc, KNOWN)) and key.kind != "named":
            return loc
        if given:
            place, known = f"{SHEET}!A{number}", [key.name for key in KNOWN.values() if key.kind != "named"]
            what = "values without a key" if written is None else f"a scenario has no key {str(written)[:_LONGEST]!r}"
            self._refuse(place, UnknownKey(what + (near(str(written), known) if written is not None else "")))
        return None

    def _named(
        self,
        key: Key,
        rows: Sequence[tuple[int, list[Any]]],
        contents: Mapping[str, dict[str, Any]],
        cells: Mapping[str, dict[Loc, str]],
    ) -> None:
        """Add tables by name to the scenarios that have them."""
        assert key.record
        name, sheet = str(key.loc[0]), sheet_of(str(key.loc[0]))
        known = {inner.loc: inner for inner in keys(key.record)}
        head = next((n for n, (_, row) in enumerate(rows) if row and row[0] == "id"), None)
        if head is None:
            if any(value is not None for _, row in rows for value in row):
                self._refuse(f"{sheet}!A1", NotAWorkbook(gettext("no cell of the first column is 'id'")))
            return
        columns = self._heads(sheet, rows[head], known)
        for number, row in rows[head + 1 :]:
            if all(value is None for value in row):
                continue
            if not isinstance(row[0], str):
                self._refuse(f"{sheet}!A{number}", WrongType(gettext("the row has no id")))
                continue
            values = {
                loc: _as_written(row[column], known[loc])
                for column, loc in columns.items()
                if column < len(row) and row[column] is not None
            }
            for id in self._meant(sheet, number, row, contents):
                tables = contents[id].setdefault(name, {})
                if row[0] in tables:
                    fault = DuplicateId(gettext("{row!r} is in two rows for {id!r}", row=row[0][:_LONGEST], id=id))
                    self._refuse(f"{sheet}!A{number}", fault)
                    continue
                tables[row[0]] = nested(values, known)
                cells[id][(name, row[0])] = f"{sheet}!A{number}"
                for column, loc in columns.items():
                    cells[id][(name, row[0], *loc)] = _place(sheet, number, column)

    def _heads(self, sheet: str, head: tuple[int, list[Any]], known: Mapping[Loc, Key]) -> dict[int, Loc]:
        number, row = head
        columns: dict[int, Loc] = {}
        for column, text in enumerate(row):
            if column and text is not None and text != SCENARIO:
                loc = parsed(str(text))
                if loc is None or anywhere(loc) not in known:
                    names = [dotted(place) for place in known]
                    fault = UnknownKey(
                        gettext("no key {text!r}{hint}", text=str(text)[:_LONGEST], hint=near(str(text), names))
                    )
                    self._refuse(_place(sheet, number, column), fault)
                else:
                    columns[column] = loc
        return columns

    def _meant(self, sheet: str, number: int, row: Sequence[Any], contents: Mapping[str, Any]) -> list[str]:
        """The scenarios that a row is for: those it names, or all."""
        if len(row) < 2 or row[1] is None:
            return list(contents)
        ids = [part.strip() for part in str(row[1]).split(",") if part.strip()]
        for id in ids:
            if id not in contents:
                fault = UnknownKey(
                    gettext("no column {id!r} in {sheet}{hint}", id=id[:_LONGEST], sheet=SHEET, hint=near(id, contents))
                )
                self._refuse(f"{sheet}!B{number}", fault)
        return [id for id in dict.fromkeys(ids) if id in contents]


def _place(sheet: str, row: int, column: int) -> str:
    return f"{sheet}!{get_column_letter(column + 1)}{row}"


def _as_written(value: Any, key: Key) -> Any:
    """What a file would have: a number alone is in the key's unit; several ids are a list."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if key.kind in ("quantity", "amount") and number and key.unit not in ("", "1"):
        return f"{value!r} {key.unit}"
    if key.kind in ("text", "choice") and number:
        return str(value)
    if key.kind == "truth" and isinstance(value, str) and value.upper() in ("TRUE", "FALSE"):
        return value.upper() == "TRUE"
    if key.kind == "ids" and isinstance(value, str):
        ids = [part.strip() for part in value.split(",") if part.strip()]
        return ids if len(ids) > 1 else value.strip()
    return value
