"""The scenarios of a workbook: the same as their files would be, with the same messages, by sheet and cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lca.builtin import shown
from lca.errors import DuplicateId, InvalidData, NotAWorkbook, Problem, RepeatedKey, TooLarge, UnknownKey, WrongType
from lca.exchange.excel.cells import LONGEST, CellDocument, WorkbookCells, as_written, cell_at
from lca.exchange.excel.layout import FIRST, KEY, KNOWN, MOST_SCENARIOS, SCENARIO, SHEET, named, sheet_of
from lca.exchange.keys import Key, anywhere, at, keys, nested, parsed
from lca.exchange.toml import toml
from lca.languages import gettext
from lca.quantities.documents import Document, dotted
from lca.quantities.positions import Loc
from lca.quantities.records import ID, near
from lca.system.scenario import Scenario

_WIDEST = FIRST + MOST_SCENARIOS


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


class _WorkbookReading(WorkbookCells):
    """The cells of a workbook on their way to scenarios; problems are gathered."""

    def __init__(self, path: Path, folder: Path) -> None:
        super().__init__(path, _WIDEST)
        self.folder = folder

    def columns(self) -> tuple[list[CellDocument], list[Problem]]:
        with self.opened() as book:
            if SHEET not in book.sheetnames:
                self.refuse(
                    "",
                    NotAWorkbook(gettext("it has no sheet {sheet!r}; see `lca exchange excel template`", sheet=SHEET)),
                )
                return [], self.problems
            ids, values, cells = self._scenarios(list(self.rows(book, SHEET)))
            contents = {id: nested(values[id], KNOWN) for id in ids}
            for key in named():
                if sheet_of(str(key.loc[0])) in book.sheetnames:
                    self._named(key, list(self.rows(book, sheet_of(str(key.loc[0])))), contents, cells)
        columns = [
            CellDocument(self.folder / f"{id}.toml", self.shown, "", contents[id], "toml", cells=cells[id])
            for id in ids
        ]
        return columns, self.problems

    def _scenarios(
        self, rows: Sequence[tuple[int, list[Any]]]
    ) -> tuple[list[str], dict[str, dict[Loc, Any]], dict[str, dict[Loc, str]]]:
        """The ids of the columns, what each holds by place, and the cell of every place."""
        head = next((n for n, (_, row) in enumerate(rows) if row and row[0] == KEY), None)
        if head is None:
            self.refuse(f"{SHEET}!A1", NotAWorkbook(gettext("no cell of the first column is {key!r}", key=KEY)))
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
                self.refuse(
                    f"{SHEET}!A{number}",
                    RepeatedKey(gettext("the key is already that of row {seen}", seen=seen[loc])),
                    loc,
                )
                continue
            seen[loc] = number
            for column, id in ids.items():
                cells[id][loc] = cell_at(SHEET, number, column)
                key = at(loc, KNOWN)
                if key and column < len(row) and row[column] is not None:
                    values[id][loc] = as_written(row[column], key)
        return [id for id in ids.values() if values[id]], values, cells

    def _ids(self, head: tuple[int, list[Any]], used: set[int]) -> dict[int, str]:
        """Column → id of the scenario in it; those without an id and without a value are none."""
        number, row = head
        ids: dict[int, str] = {}
        for column in range(FIRST, max(len(row), max(used, default=0) + 1)):
            id = row[column] if column < len(row) else None
            if id is None and column not in used:
                continue
            place = cell_at(SHEET, number, column)
            if column >= _WIDEST:
                self.refuse(
                    place, TooLarge(gettext("more than {most_scenarios} scenarios", most_scenarios=MOST_SCENARIOS))
                )
                break
            if not isinstance(id, str) or not re.fullmatch(ID, id):
                what = (
                    gettext(
                        "{id!r} is no name for a file: lower-case letters and digits, joined by hyphens",
                        id=str(id)[:LONGEST],
                    )
                    if id is not None
                    else gettext("the column has no name: lower-case letters and digits, joined by hyphens")
                )
                self.refuse(place, WrongType(what))
            elif id in ids.values():
                self.refuse(place, DuplicateId(gettext("the name {id!r} is already that of another column", id=id)))
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
            what = "values without a key" if written is None else f"a scenario has no key {str(written)[:LONGEST]!r}"
            self.refuse(place, UnknownKey(what + (near(str(written), known) if written is not None else "")))
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
                self.refuse(f"{sheet}!A1", NotAWorkbook(gettext("no cell of the first column is 'id'")))
            return
        columns = self._heads(sheet, rows[head], known)
        for number, row in rows[head + 1 :]:
            if all(value is None for value in row):
                continue
            if not isinstance(row[0], str):
                self.refuse(f"{sheet}!A{number}", WrongType(gettext("the row has no id")))
                continue
            values = {
                loc: as_written(row[column], known[loc])
                for column, loc in columns.items()
                if column < len(row) and row[column] is not None
            }
            for id in self._meant(sheet, number, row, contents):
                tables = contents[id].setdefault(name, {})
                if row[0] in tables:
                    fault = DuplicateId(gettext("{row!r} is in two rows for {id!r}", row=row[0][:LONGEST], id=id))
                    self.refuse(f"{sheet}!A{number}", fault)
                    continue
                tables[row[0]] = nested(values, known)
                cells[id][(name, row[0])] = f"{sheet}!A{number}"
                for column, loc in columns.items():
                    cells[id][(name, row[0], *loc)] = cell_at(sheet, number, column)

    def _heads(self, sheet: str, head: tuple[int, list[Any]], known: Mapping[Loc, Key]) -> dict[int, Loc]:
        number, row = head
        columns: dict[int, Loc] = {}
        for column, text in enumerate(row):
            if column and text is not None and text != SCENARIO:
                loc = parsed(str(text))
                if loc is None or anywhere(loc) not in known:
                    names = [dotted(place) for place in known]
                    fault = UnknownKey(
                        gettext("no key {text!r}{hint}", text=str(text)[:LONGEST], hint=near(str(text), names))
                    )
                    self.refuse(cell_at(sheet, number, column), fault)
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
                    gettext("no column {id!r} in {sheet}{hint}", id=id[:LONGEST], sheet=SHEET, hint=near(id, contents))
                )
                self.refuse(f"{sheet}!B{number}", fault)
        return [id for id in dict.fromkeys(ids) if id in contents]
