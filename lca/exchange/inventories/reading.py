"""The activities of a workbook: the same as their files would be, with the same messages, by sheet and cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from lca.errors import (
    DuplicateId,
    Fault,
    InvalidData,
    MissingKey,
    NotAWorkbook,
    RepeatedKey,
    TooLarge,
    UnknownActivity,
    UnknownKey,
    UsageError,
    WrongType,
)
from lca.exchange.excel.cells import LONGEST, CellDocument, WorkbookCells, as_written, cell_at
from lca.exchange.inventories.layout import (
    ACTIVITIES,
    ACTIVITY,
    CITED_BY,
    ID,
    KIND,
    MOST_COLUMNS,
    NUMBER,
    SOURCES,
    UNIT,
    InventoryLayout,
    InventorySheet,
    parts_of,
)
from lca.exchange.keys import Key, nested, parsed
from lca.exchange.toml import toml
from lca.inventory.definitions import Definitions
from lca.inventory.files.activity import ActivityFile
from lca.inventory.files.readers import Place, Written, states_activity
from lca.languages import gettext
from lca.quantities import units
from lca.quantities.documents import LARGEST_TOML
from lca.quantities.outputs import all_or_none, write_text
from lca.quantities.positions import Loc
from lca.quantities.records import ID as PATTERN
from lca.quantities.records import near

Row = tuple[int, list[Any]]


def import_inventory(
    workbook: str | Path, folder: str | Path, *folders: str | Path, overwrite: bool = False
) -> list[Path]:
    """Write a file into `folder` for every activity of a workbook: all of them, or none; their paths.

    They are checked as `lca check` does, together with the built-in inventories, those of `folders` and what `folder`
    holds. Raises InvalidData with every problem by sheet and cell, and UsageError where a file is there already.
    """
    root = Path(folder)
    files = read_inventory(workbook, root, *folders)
    if not files:
        raise UsageError(gettext("{workbook}: the sheet Activities has no row with an id", workbook=workbook))
    there = [path for path in files if path.exists()]
    if there and not overwrite:
        raise UsageError(
            gettext("{there} is there already: add --overwrite, or name another folder by --output", there=there[0])
        )
    with all_or_none():
        for path, text in files.items():
            write_text(path, text)
    return list(files)


def read_inventory(workbook: str | Path, folder: Path, *folders: str | Path) -> dict[Path, str]:
    """The path and the text of every activity of a workbook, as a file below `folder`. Raises InvalidData."""
    definitions = Definitions.of(*folders, *([folder] if folder.is_dir() else []))
    taken = {id: Path(file).absolute() for id, file in definitions.taken.items()} if folder.is_dir() else {}
    reading = _InventoryReading(Path(workbook), InventoryLayout.of(definitions.templates))
    written, problems = [], reading.problems
    for kind, document in reading.documents(folder, definitions):
        id = document.path.stem
        if not kind:
            written.append(Written(id, document, None, kind))
            continue
        if not states_activity(document, Place((kind, document.path.name))):
            file = f"{kind}/{document.path.name}"[:LONGEST]
            reserved = WrongType(gettext("{file} is no place for an activity", file=file))
            problems.append(document.problem((KIND,), reserved))
            continue
        if taken.get(id, document.path.absolute()) != document.path.absolute():
            fault = DuplicateId(gettext("the id {id!r} is already that of {file}", id=id, file=definitions.taken[id]))
            problems.append(document.problem((), fault))
        if (size := len(document.text.encode())) > LARGEST_TOML:
            large = TooLarge(gettext("{size:,} bytes; at most {limit:,} are read", size=size, limit=LARGEST_TOML))
            problems.append(document.problem((), large))
        record, wrong = document.validate(ActivityFile)
        problems += wrong
        written.append(Written(id, document, record, kind))
    definitions.add(written)
    problems += definitions.checked()[1]
    if problems:
        raise InvalidData(list(dict.fromkeys(problems)))
    return {each.document.path: each.document.text for each in written}


class _ReadColumn(NamedTuple):
    number: int
    key: Key
    unit: str


@dataclass(slots=True)
class _ActivityContent:
    """What the rows of one activity say, by place in its file, and in which cells."""

    values: dict[Loc, Any] = field(default_factory=dict)
    cells: dict[Loc, str] = field(default_factory=dict)
    kind: str = ""
    entries: dict[Loc, int] = field(default_factory=dict)
    """List → how many of its entries were read."""
    numbers: dict[tuple[Loc, str], int] = field(default_factory=dict)
    """(List, what a row says is its number) → its place."""


class _InventoryReading(WorkbookCells):
    """The cells of a workbook on their way to activities; problems are gathered."""

    def __init__(self, path: Path, layout: InventoryLayout) -> None:
        super().__init__(path, MOST_COLUMNS)
        self.layout = layout

    def documents(self, folder: Path, definitions: Definitions) -> list[tuple[str, CellDocument]]:
        """Every activity as the file that it would be below `folder`, with its kind; without one it is refused."""
        with self.opened() as book:
            if ACTIVITIES not in book.sheetnames:
                absent = gettext("it has no sheet {sheet!r}; see `lca exchange inventory template`", sheet=ACTIVITIES)
                self.refuse("", NotAWorkbook(absent))
                return []
            contents: dict[str, _ActivityContent] = {}
            for sheet in self.layout.sheets:
                if sheet.name in book.sheetnames and sheet.name != SOURCES:
                    self._sheet(sheet, list(self.rows(book, sheet.name)), contents)
            filled = {id: nested(content.values, self.layout.known) for id, content in contents.items()}
            if SOURCES in book.sheetnames:
                self._sources(self.layout.sheets[-1], list(self.rows(book, SOURCES)), contents, filled)
            for name in set(book.sheetnames) - {sheet.name for sheet in self.layout.sheets}:
                if hint := near(name, [sheet.name for sheet in self.layout.sheets]):
                    self.refuse(name, UnknownKey(gettext("no sheet {name!r} is read{hint}", name=name, hint=hint)))
        return [
            (
                content.kind,
                CellDocument(
                    folder / content.kind / f"{id}.toml",
                    self.shown,
                    toml(filled[id]),
                    filled[id],
                    "toml",
                    definitions.citable,
                    content.cells,
                ),
            )
            for id, content in contents.items()
        ]

    def _sheet(self, sheet: InventorySheet, rows: Sequence[Row], contents: dict[str, _ActivityContent]) -> None:
        columns, fixed = self._heads(sheet, rows)
        for number, row in self._filled(sheet, rows) if columns else ():
            at = {head: row[column] for head, column in fixed.items() if column < len(row)}
            content, place = self._entry(sheet, number, at, contents)
            if content is None:
                continue
            row_unit = str(at.get(UNIT) or "") if sheet.by_row else ""
            content.cells[place] = f"{sheet.name}!A{number}"
            for column in columns:
                loc = (*place, *column.key.loc)
                content.cells[loc] = cell_at(sheet.name, number, column.number)
                if column.number < len(row) and row[column.number] is not None:
                    unit = row_unit if column.key.loc in sheet.by_row else column.unit
                    content.values[loc] = as_written(row[column.number], column.key, unit)

    def _entry(
        self, sheet: InventorySheet, number: int, at: Mapping[str, Any], contents: dict[str, _ActivityContent]
    ) -> tuple[_ActivityContent | None, Loc]:
        """Whose row it is, and which place in the file; None: it is refused."""
        if sheet.name == ACTIVITIES:
            return self._activity(number, at, contents), ()
        id = at.get(ACTIVITY)
        if not isinstance(id, str) or id not in contents:
            text = gettext("the row names no activity")
            if id is not None:
                hint = near(str(id), contents)
                text = gettext("no row {id!r} in {sheet}{hint}", id=str(id)[:LONGEST], sheet=ACTIVITIES, hint=hint)
            self.refuse(f"{sheet.name}!A{number}", UnknownActivity(text))
            return None, ()
        content, table = contents[id], sheet.table[:-1]
        if sheet.of:
            parent = sheet.parent
            index = content.numbers.get((parent[:-1], _label(at.get(sheet.of))))
            if index is None:
                named = gettext(
                    "no row {number!r} of {activity!r} in the sheet that it belongs to",
                    number=_label(at.get(sheet.of))[:LONGEST],
                    activity=id,
                )
                self.refuse(cell_at(sheet.name, number, 1), UnknownKey(named))
                return None, ()
            table = (*parent[:-1], index, *table[len(parent) :])
        place = content.entries.setdefault(table, 0)
        content.entries[table] += 1
        if sheet.numbered and (label := _label(at.get(NUMBER))):
            if (table, label) in content.numbers:
                twice = RepeatedKey(gettext("the number {label!r} is already that of another row", label=label))
                self.refuse(cell_at(sheet.name, number, 1), twice)
            content.numbers[table, label] = place
        return content, (*table, place)

    def _activity(
        self, number: int, at: Mapping[str, Any], contents: dict[str, _ActivityContent]
    ) -> _ActivityContent | None:
        id, kind = at.get(ID), at.get(KIND)
        for column, name, text in ((0, ID, id), (1, KIND, kind)):
            if not isinstance(text, str) or not re.fullmatch(PATTERN, text):
                what = gettext("the row has no {name}", name=name)
                if text is not None:
                    what = gettext(
                        "{id!r} is no name for a file: lower-case letters and digits, joined by hyphens",
                        id=str(text)[:LONGEST],
                    )
                fault: Fault = MissingKey(what) if text is None else WrongType(what)
                self.refuse(cell_at(ACTIVITIES, number, column), fault)
        if not isinstance(id, str):
            return None
        if id in contents:
            self.refuse(
                f"{ACTIVITIES}!A{number}", DuplicateId(gettext("the id {id!r} is already that of another row", id=id))
            )
            return None
        usable = isinstance(kind, str) and re.fullmatch(PATTERN, id) and re.fullmatch(PATTERN, kind)
        contents[id] = _ActivityContent(kind=str(kind) if usable else "")
        contents[id].cells[KIND,] = f"{ACTIVITIES}!B{number}"
        return contents[id]

    def _heads(self, sheet: InventorySheet, rows: Sequence[Row]) -> tuple[list[_ReadColumn], dict[str, int]]:
        """The columns of the keys, and the place of every other head."""
        head = self._head(sheet, rows)
        if head is None:
            if any(value is not None for _, row in rows for value in row):
                first = sheet.fixed[0]
                self.refuse(
                    f"{sheet.name}!A1", NotAWorkbook(gettext("no cell of the first column is {key!r}", key=first))
                )
            return [], {}
        number, row = rows[head]
        columns: list[_ReadColumn] = []
        fixed: dict[str, int] = {}
        for column, text in enumerate(row):
            place, name = cell_at(sheet.name, number, column), str(text).strip()
            if text is None:
                continue
            if column >= self.widest:
                self.refuse(place, TooLarge(gettext("more than {count:,} columns", count=self.widest)))
                break
            if name in fixed or any(name == str(rows[head][1][other.number]).strip() for other in columns):
                self.refuse(place, RepeatedKey(gettext("the column occurs twice")))
            elif name in sheet.fixed or (name == UNIT and sheet.by_row):
                fixed[name] = column
            elif read := self._column(sheet, name, column, place):
                columns.append(read)
        for name in sheet.fixed[: 2 if sheet.name == ACTIVITIES or sheet.of else 1]:
            if name not in fixed:
                self.refuse(f"{sheet.name}!A{number}", MissingKey(gettext("no column {name!r}", name=name)))
        self._without_head(sheet, rows[head + 1 :], {*fixed.values(), *(column.number for column in columns)}, row)
        return columns, fixed

    def _without_head(self, sheet: InventorySheet, rows: Sequence[Row], headed: set[int], heads: list[Any]) -> None:
        """Refuse values in columns that say not what they are."""
        bare = set[int]()
        for number, row in rows:
            for column, value in enumerate(row):
                headless = column >= len(heads) or heads[column] is None
                if value is not None and headless and column not in headed | bare:
                    bare.add(column)
                    self.refuse(
                        cell_at(sheet.name, number, column), UnknownKey(gettext("a value in a column without a head"))
                    )

    def _column(self, sheet: InventorySheet, name: str, column: int, place: str) -> _ReadColumn | None:
        named, unit = parts_of(name)
        loc = parsed(named)
        key = sheet.keys.get(loc) if loc else None
        if key is None:
            known = [key.name for key in sheet.keys.values()]
            hint = near(named, known)
            self.refuse(place, UnknownKey(gettext("no key {text!r}{hint}", text=named[:LONGEST], hint=hint)))
            return None
        numeric = key.kind in ("quantity", "amount") and key.loc not in sheet.by_row
        try:
            if unit and not numeric:
                raise UnknownKey(gettext("the column has no unit {unit!r}", unit=unit[:LONGEST]))
            if unit and key.unit:
                units.factor(unit, key.unit)
            elif unit:
                units.must_be_known(unit)
        except Fault as fault:
            self.refuse(place, fault)
            return None
        return _ReadColumn(column, key, unit)

    def _head(self, sheet: InventorySheet, rows: Sequence[Row]) -> int | None:
        return next((n for n, (_, row) in enumerate(rows) if row and row[0] == sheet.fixed[0]), None)

    def _filled(self, sheet: InventorySheet, rows: Sequence[Row]) -> Iterator[Row]:
        """The rows below the heads in which something is written."""
        head = self._head(sheet, rows)
        return ((n, row) for n, row in rows[(head or 0) + 1 :] if any(value is not None for value in row))

    def _sources(
        self,
        sheet: InventorySheet,
        rows: Sequence[Row],
        contents: Mapping[str, _ActivityContent],
        filled: Mapping[str, dict[str, Any]],
    ) -> None:
        """Add sources to the activities that a row names, or else to those that cite it."""
        columns, fixed = self._heads(sheet, rows)
        known = {column.key.loc: column.key for column in columns}
        cited = {id: set(CellDocument(Path(id), "", "", content, "toml").cited()) for id, content in filled.items()}
        common = dict[str, tuple[dict[str, Any], dict[Loc, str]]]()
        for number, row in self._filled(sheet, rows) if columns else ():
            name = row[0]
            if not isinstance(name, str):
                self.refuse(f"{sheet.name}!A{number}", WrongType(gettext("the row has no id")))
                continue
            values = {
                column.key.loc: as_written(row[column.number], column.key)
                for column in columns
                if column.number < len(row) and row[column.number] is not None
            }
            cells = {
                (SOURCES.lower(), name): f"{sheet.name}!A{number}",
                **{
                    (SOURCES.lower(), name, *column.key.loc): cell_at(sheet.name, number, column.number)
                    for column in columns
                },
            }
            source = nested(values, known)
            ids = str(row[fixed[CITED_BY]] or "") if CITED_BY in fixed and fixed[CITED_BY] < len(row) else ""
            if not ids.strip():
                if name in common:
                    self.refuse(f"{sheet.name}!A{number}", DuplicateId(gettext("{row!r} is in two rows", row=name)))
                common[name] = source, cells
            for id in filter(None, map(str.strip, ids.split(","))):
                if id not in contents:
                    hint = near(id, contents)
                    text = gettext("no row {id!r} in {sheet}{hint}", id=id[:LONGEST], sheet=ACTIVITIES, hint=hint)
                    self.refuse(f"{sheet.name}!B{number}", UnknownActivity(text))
                elif name in filled[id].setdefault("sources", {}):
                    text = gettext("{row!r} is in two rows for {id!r}", row=name[:LONGEST], id=id)
                    self.refuse(f"{sheet.name}!A{number}", DuplicateId(text))
                else:
                    filled[id]["sources"][name] = source
                    contents[id].cells.update(cells)
        for name, (source, cells) in common.items():
            for id, content in filled.items():
                if name in cited[id] and name not in content.setdefault("sources", {}):
                    content["sources"][name] = source
                    contents[id].cells.update(cells)


def _label(value: Any) -> str:
    """A number of a row as text: 1 and 1.0 are the same."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()
