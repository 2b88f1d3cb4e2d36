"""A workbook of activities to fill in: a row each, the manual of every key as a comment, lists of what there is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from lca.errors import InvalidData, UsageError
from lca.exchange.excel.book import BlankBook, manual_of, new_book, offer, put
from lca.exchange.excel.layout import MOST_ROWS
from lca.exchange.inventories.layout import (
    ACTIVITIES,
    ACTIVITY,
    CITED_BY,
    ID,
    KIND,
    MANUAL,
    NUMBER,
    SOURCES,
    UNIT,
    InventoryLayout,
    InventorySheet,
    head_of,
    table_of,
)
from lca.exchange.keys import Key, flat
from lca.inventory.definitions import Definitions
from lca.inventory.files.readers import Written
from lca.inventory.files.skeleton import KINDS
from lca.languages import gettext, gettext_noop, gettexts
from lca.methods.categories import CATEGORIES
from lca.quantities import units
from lca.quantities.documents import dotted
from lca.quantities.positions import Loc
from lca.quantities.records import near

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "hardware": ("gpu-h100-sxm5-80gb", "server-1x-a100", "laptop-professional-published"),
    "materials": ("abs", "copper-published"),
    "electricity": ("electricity-wind-onshore",),
    "facilities": ("facility-edge",),
    "network": ("network-fixed-2020",),
    "transport": ("freight-truck",),
    "end-of-life": ("server-end-of-life",),
}
"""Kind → activities of the catalogue that stand in its template, to be overwritten."""
_USUAL = frozenset((name,) for name in ("name", "product", "unit", "location", "technology", "comment"))
"""Columns of `Activities` that are there without a value; of an other sheet all but those that say more of a number."""
_TO_FILL = ("Exchanges", "Impacts", SOURCES)
"""Sheets that are there without a row."""
_IN_A_UNIT = Key(("amount",), "amount")
_EMPTY_ROWS = 200
"""Rows below what is written that have lists to choose from."""
_WRITTEN = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s+(\S.*)")
_WIDTHS = {
    "id": 30,
    "activity": 30,
    "comment": 50,
    "note": 50,
    "name": 40,
    "title": 50,
    "input": 34,
    "flow": 34,
    "compartment": 26,
    "reason": 50,
}
_HEIGHT = 28
"""Points of a row, however long the text in it."""
_HEADING = 4
"""Row of the heads, from 0."""
_ABOUT = {
    ACTIVITIES: (
        gettext_noop(
            "A row is one file of an inventory, <kind>/<id>.toml. Empty means not known, never zero. Any key of the "
            "sheet Manual may be a column of its own."
        ),
        gettext_noop(
            "A number alone is in the unit of its head, which you may change: [W], [kW]. Text may have another of its "
            "dimension: 700 W. Several sources or names: joined by commas, or a line each."
        ),
        gettext_noop(
            "An activity has exchanges, or published impacts, or a template with parameters. Read it back: "
            "lca exchange inventory import FILE.xlsx -o FOLDER"
        ),
    ),
    SOURCES: (
        gettext_noop("A row each: where numbers were read."),
        gettext_noop("Sources of the catalogue's folder `sources` may be cited without a row here."),
    ),
}
_ABOUT_MANUAL = gettext_noop(
    "Every key that a column may be named after, with the unit of its numbers in brackets where it has one."
)
_FIXED = {
    ID: gettext_noop("Name of the file, or of the source: lower-case letters and digits, joined by hyphens."),
    KIND: gettext_noop(
        "Folder of the file: hardware, materials, electricity, facilities, network, transport, end-of-life."
    ),
    CITED_BY: gettext_noop(
        "Activities in whose files the source stands, joined by commas; empty: of all that cite it."
    ),
    ACTIVITY: gettext_noop("The row of Activities whose entry it is."),
    NUMBER: gettext_noop("Any number by which rows of other sheets name this one; may stay empty."),
    UNIT: gettext_noop("Of the numbers of the row that have none: kg, or that of the category, as kg CO2-Eq."),
    "exchange": gettext_noop("The number of the row of Exchanges that it belongs to."),
}
"""Head of a column that is no key → its manual."""
_ABOUT_ENTRIES = (
    gettext_noop(
        "A row is one entry of the activity that it names. A number alone is in the unit of its row, or else of its "
        "head."
    ),
)


def template(path: str | Path, kind: str = "hardware", template: str = "", folders: Iterable[str | Path] = ()) -> Path:
    """Write a workbook for activities of a kind, with examples of the catalogue to overwrite.

    `template`: id of a parametric activity; its parameters are columns, and the example is one of its activities.
    Raises UsageError for an unknown kind or template.
    """
    if kind not in KINDS:
        raise UsageError(
            gettext(
                "no kind {kind!r}{hint}; there are: {kinds}", kind=kind, hint=near(kind, KINDS), kinds=", ".join(KINDS)
            )
        )
    definitions = _definitions(folders)
    if template and template not in definitions.templates:
        raise UsageError(
            gettext(
                "no template {template!r}{hint}; there are: {templates}",
                template=template,
                hint=near(template, definitions.templates),
                templates=", ".join(sorted(definitions.templates)),
            )
        )
    written = _written(definitions)
    examples = [written[id] for id in EXAMPLES[kind] if id in written]
    if template:
        using = [each for each in written.values() if each.record and each.record.template == template]
        examples = sorted(using, key=lambda each: (each.kind != kind, -len(each.document.content), each.id))[:1]
    asked: list[Loc] = []
    for id in dict.fromkeys([template, *(each.record.template or "" for each in examples if each.record)]):
        if id:
            asked += [("choices", name) for name in definitions.templates[id].choices]
            for name in definitions.templates[id].parameters:
                asked += [("parameters", name), ("parameters", name, "source")]
    return _write(Path(path), examples, definitions, asked)


def export(names: Sequence[str], path: str | Path, folders: Iterable[str | Path] = ()) -> tuple[Path, int]:
    """Write activities as a workbook that `read_inventory` reads as the same ones; its path, and how many.

    `names`: ids of activities, or kinds, which are all of one; none: all of the last of `folders`.
    Raises UsageError for what no file or row of a table states as an activity.
    """
    folders = list(folders)
    definitions = _definitions(folders)
    written = _written(definitions)
    kinds = {each.kind for each in written.values()}
    chosen = {id: each for id, each in written.items() if id in names or each.kind in names}
    if not names and folders:
        last = Path(folders[-1]).absolute()
        chosen = {id: each for id, each in written.items() if each.document.path.absolute().is_relative_to(last)}
    for name in names:
        if name not in written and name not in kinds:
            what = gettext("no activity or kind {name!r}{hint}", name=name, hint=near(name, [*kinds, *written]))
            if name in definitions.mixes:
                what = gettext("{name!r} is a mix of a table, which no workbook holds", name=name)
            raise UsageError(what)
    if not chosen:
        raise UsageError(gettext("name activities or kinds to write; see `lca list kinds`"))
    return _write(Path(path), list(chosen.values()), definitions, ()), len(chosen)


def _definitions(folders: Iterable[str | Path]) -> Definitions:
    definitions = Definitions.of(*folders)
    if definitions.problems:
        raise InvalidData(definitions.problems)
    return definitions


def _written(definitions: Definitions) -> dict[str, Written]:
    """Every activity that has a file or a row of a table, by id."""
    return {
        id: Written(id, document, record, kind) for id, (document, record, kind) in sorted(definitions.files.items())
    }


@dataclass(slots=True)
class _SheetRows:
    """The rows of one sheet: what identifies each, and its values by place."""

    fixed: list[tuple[Any, ...]] = field(default_factory=list)
    values: list[dict[Loc, Any]] = field(default_factory=list)


def _write(path: Path, activities: Sequence[Written], definitions: Definitions, asked: Sequence[Loc]) -> Path:
    layout = InventoryLayout.of(definitions.templates)
    filled = {sheet.name: _SheetRows() for sheet in layout.sheets}
    for each in activities:
        _fill(filled, layout, each)
    _fill_sources(filled[SOURCES], activities)
    for name, rows in filled.items():
        if len(rows.values) > MOST_ROWS - _HEADING - 1:
            raise UsageError(
                gettext(
                    "{count:,} rows of {name}; a workbook holds {most:,}",
                    count=len(rows.values),
                    name=name,
                    most=MOST_ROWS,
                )
            )
    choices = _choices(layout, definitions)
    with new_book(path, fits=False) as book:
        shown = [sheet for sheet in layout.sheets if filled[sheet.name].values or sheet.name in _TO_FILL]
        pages = [book.page(sheet.name) for sheet in shown]
        _manual(book.page(MANUAL), book, layout)
        lists = _OfferedLists(choices, book.lists(choices))
        last = {name: _HEADING + 1 + len(rows.values) + _EMPTY_ROWS for name, rows in filled.items()}
        for sheet, page in zip(shown, pages, strict=True):
            columns = _columns(sheet, filled[sheet.name], asked if sheet.name == ACTIVITIES else ())
            _page(page, book, sheet, filled[sheet.name], columns)
            _offer(page, sheet, columns, last[sheet.name], lists, last)
    return path


class _OfferedLists(NamedTuple):
    choices: Mapping[str, Sequence[str]]
    places: Mapping[str, str]
    """Where each stands in the workbook."""


def _fill(filled: Mapping[str, _SheetRows], layout: InventoryLayout, each: Written) -> None:
    """Spread what a file holds over the rows of the sheets."""
    sheet_of = {sheet.table: sheet for sheet in layout.sheets}
    rows: dict[Loc, dict[Loc, Any]] = {(): {}}
    for loc, value in flat(each.document.content, layout.known).items():
        table = table_of(loc)
        if value == [] or loc[0] == "sources":
            continue
        rows.setdefault(table, {})[loc[len(table) :]] = value
    for table, values in rows.items():
        sheet = sheet_of[tuple(0 if isinstance(part, int) else part for part in table)]
        places = [part + 1 for part in table if isinstance(part, int)]
        if sheet.name == ACTIVITIES:
            fixed: tuple[Any, ...] = (each.id, each.kind)
        else:
            fixed = (each.id, *(places[:1] if sheet.of or sheet.numbered else ()))
        filled[sheet.name].fixed.append(fixed)
        filled[sheet.name].values.append(values)


def _fill_sources(rows: _SheetRows, activities: Sequence[Written]) -> None:
    """The sources that files define, the same ones once, with whose they are."""
    defined: dict[tuple[str, tuple[tuple[str, Any], ...]], list[str]] = {}
    for each in activities:
        for name, source in (each.document.content.get("sources") or {}).items():
            defined.setdefault((name, tuple(source.items())), []).append(each.id)
    for (name, values), ids in defined.items():
        rows.fixed.append((name, ", ".join(ids)))
        rows.values.append({(key,): value for key, value in values})


def _choices(layout: InventoryLayout, definitions: Definitions) -> dict[str, list[str]]:
    """Name of a list → what it offers: the last part of the keys that it is for."""
    flows = definitions.library.flows.values()
    lists = {
        KIND: list(KINDS),
        UNIT: list(units.WHITELIST),
        "technology": sorted(definitions.technologies),
        "estimate_class": sorted(definitions.ratios.classes),
        "sector": sorted(definitions.ratios.sectors),
        "template": sorted(definitions.templates),
        "input": sorted({*definitions.files, *definitions.mixes}),
        "material": sorted(definitions.recycling),
        "flow": sorted({flow.name for flow in flows}),
        "compartment": sorted({flow.compartment for flow in flows}),
        "category": list(CATEGORIES),
        "truth": ["TRUE", "FALSE"],
    }
    for sheet in layout.sheets:
        for key in sheet.keys.values():
            if key.choices:
                lists.setdefault(_list_of(key, lists), list(key.choices))
    return lists


def _list_of(key: Key, lists: Mapping[str, Sequence[str]]) -> str:
    """The name of the list for a key; empty: it has none."""
    last = str(key.loc[-1])
    if key.choices:
        return last if list(lists.get(last, key.choices)) == list(key.choices) else key.name
    if key.kind == "truth":
        return "truth"
    if last in ("treatment", "otherwise"):
        return "input"
    return last if last in lists and key.kind == "text" and not key.detail else ""


class _WrittenColumn(NamedTuple):
    head: str
    key: Key | None = None
    """Of a column that says what a row is of, or in which unit, none."""
    unit: str = ""
    """Of the numbers in it; of a key whose numbers are in the unit of their row, none."""


def _columns(sheet: InventorySheet, rows: _SheetRows, asked: Collection[Loc]) -> list[_WrittenColumn]:
    used = {loc for values in rows.values for loc in values} | set(asked)
    columns = [_WrittenColumn(head) for head in sheet.fixed]
    for loc, key in sheet.keys.items():
        usual = loc in _USUAL if sheet.name == ACTIVITIES else not key.detail or key.cites
        if loc not in used and not usual:
            continue
        if loc in sheet.by_row:
            columns.append(_WrittenColumn(dotted(loc), key))
            columns += [_WrittenColumn(UNIT)] if loc == sheet.by_row[0] else []
        else:
            unit = _unit_of([values[loc] for values in rows.values if loc in values], key)
            columns.append(_WrittenColumn(head_of(loc, unit), key, unit))
    return columns


def _unit_of(values: Sequence[Any], key: Key) -> str:
    """The unit that most numbers of a column have, or else the key's."""
    if key.kind not in ("quantity", "amount"):
        return ""
    stated = Counter(match[2] for value in values if isinstance(value, str) and (match := _WRITTEN.fullmatch(value)))
    return stated.most_common(1)[0][0] if stated else key.unit


def _page(
    page: Any, book: BlankBook, sheet: InventorySheet, rows: _SheetRows, columns: Sequence[_WrittenColumn]
) -> None:
    page.write_string(0, 0, sheet.name, book.styles["title"])
    for number, text in enumerate(_ABOUT.get(sheet.name, _ABOUT_ENTRIES), 1):
        page.write_string(number, 0, gettext(text), book.styles["note"])
    for place, column in enumerate(columns):
        page.write_string(_HEADING, place, column.head, book.styles["head"])
        manual = manual_of(column.key) if column.key else gettext(_FIXED[column.head])
        page.write_comment(_HEADING, place, manual, {"x_scale": 2.5, "y_scale": 1 + len(manual) / 160})
        page.set_column(place, place, _WIDTHS.get(column.head, 16))
    for number, (fixed, values) in enumerate(zip(rows.fixed, rows.values, strict=True), _HEADING + 1):
        page.set_row(number, _HEIGHT)
        row_unit = _unit_of([values[loc] for loc in sheet.by_row if loc in values], _IN_A_UNIT)
        for place, column in enumerate(columns):
            value: Any = row_unit
            if column.key:
                unit = row_unit if column.key.loc in sheet.by_row else column.unit
                value = _in_cell(values.get(column.key.loc), unit, column.key, sheet)
            elif place < len(sheet.fixed):
                value = fixed[place]
            put(page, number, place, value, book.styles["input"])
    page.freeze_panes(_HEADING + 1, 1)
    page.repeat_columns(0)


def _in_cell(value: Any, unit: str, key: Key, sheet: InventorySheet) -> Any:
    """A number alone where it is in the unit, and is read back as the same; else what a file would have."""
    if key.kind not in ("quantity", "amount") and key.loc not in sheet.by_row:
        return f"{value[0]}," if isinstance(value, list) and len(value) == 1 and key.cites else value
    if isinstance(value, int | float):
        return value if unit in ("", "1") else f"{value!r} 1"
    match = _WRITTEN.fullmatch(value) if value else None
    if match and match[2] == unit and float(f"{float(match[1]):.16G}") == float(match[1]):
        return float(match[1])
    return value


def _offer(
    page: Any,
    sheet: InventorySheet,
    columns: Sequence[_WrittenColumn],
    last: int,
    lists: _OfferedLists,
    rows: Mapping[str, int],
) -> None:
    """Lists to choose from, in every column that has one."""
    for place, column in enumerate(columns):
        cells = (_HEADING + 1, place, last, place)
        if column.head in (KIND, UNIT) and (column.head == UNIT) == bool(sheet.by_row):
            offer(page, cells, lists.places[column.head], warns=False)
        elif column.head == ACTIVITY:
            offer(page, cells, _ids_of(ACTIVITIES, rows), warns=False)
        elif column.key and column.key.cites:
            offer(page, cells, _ids_of(SOURCES, rows), warns=False)
        elif column.key and (name := _list_of(column.key, lists.choices)) in lists.places:
            offer(page, cells, lists.places[name])


def _ids_of(sheet: str, rows: Mapping[str, int]) -> str:
    return f"={sheet}!$A${_HEADING + 2}:$A${rows[sheet]}"


def _manual(page: Any, book: BlankBook, layout: InventoryLayout) -> None:
    """Every key of every sheet."""
    page.write_string(0, 0, MANUAL, book.styles["title"])
    page.write_string(1, 0, gettext(_ABOUT_MANUAL), book.styles["note"])
    for column, head in enumerate(gettexts("sheet", "key", "unit", "what it holds")):
        page.write_string(_HEADING, column, head, book.styles["head"])
    number = _HEADING
    for sheet in layout.sheets:
        fixed = [(head, "", gettext(_FIXED[head])) for head in sheet.fixed]
        fixed += [(UNIT, "", gettext(_FIXED[UNIT]))] if sheet.by_row else []
        for name, unit, text in (*fixed, *((key.name, key.unit, manual_of(key)) for key in sheet.keys.values())):
            number += 1
            for column, cell in enumerate((sheet.name, name, unit, text)):
                put(page, number, column, cell, book.styles["key"])
    for column, width in enumerate((24, 40, 12, 120)):
        page.set_column(column, column, width)
    page.freeze_panes(_HEADING + 1, 2)
    page.autofilter(_HEADING, 0, number, 3)
