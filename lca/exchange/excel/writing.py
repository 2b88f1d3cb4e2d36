"""A workbook of scenarios to fill in: a column each, the manual of every key as a comment, lists of what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lca.exchange.excel.book import manual_of, new_book, offer, put
from lca.exchange.excel.layout import FIRST, KEY, KNOWN, MOST_SCENARIOS, SCENARIO, SHEET, named, rows, sheet_of
from lca.exchange.keys import Key, at, flat, keys
from lca.inventory.catalogue import Catalogue
from lca.languages import gettext, gettext_noop
from lca.quantities.documents import dotted
from lca.quantities.positions import Loc
from lca.system.scenario import Scenario

_EMPTY_COLUMNS = 6
"""Columns of a template, the example among them, that have lists and colours."""
EXAMPLE: Mapping[str, Any] = {
    "name": "My first scenario",
    "functional_unit": {"amount": "1e6 inference", "service": "question answered", "period": "1 year"},
    "electricity": "electricity-fr",
    "facility": "facility-colocation",
    "inference": {
        "it_energy": {"value": "100 kWh", "source": "assumption"},
        "device_time": {"value": "200 h", "source": "assumption"},
        "serves": "1e6 inference",
        "server": "server-1x-a100",
        "utilisation": {"value": 0.4, "source": "assumption"},
    },
    "sources": {"assumption": {"title": "My assumption, to be replaced", "year": 2026, "confidence": "assumption"}},
}
"""A scenario of few numbers that can be assessed: an example in a template, and what a form begins with."""
_HOW = (
    gettext_noop(
        "One column is one scenario; the name above it is that of its file. Fill in blue cells; leave empty what does "
        "not apply: at least a functional unit, an electricity and one phase."
    ),
    gettext_noop(
        "A number alone is in the unit of column B; text may have another of its dimension, such as 3 day. Hold the "
        "mouse over a key for its manual. Rows under + are further tables, and say more of a number: its range, what "
        "it counts."
    ),
    gettext_noop(
        "Every number names a source of the sheet Sources. Read it back: lca exchange excel import FILE.xlsx -o FOLDER"
    ),
)


def template(path: str | Path, catalogue: Catalogue) -> Path:
    """Write a workbook with an example to overwrite, and empty columns beside it."""
    return _write(Path(path), {"my-first-scenario": EXAMPLE}, catalogue, _EMPTY_COLUMNS)


def export(scenarios: Sequence[Scenario], path: str | Path, catalogue: Catalogue) -> Path:
    """Write scenarios as a workbook that `read_workbook` reads as the same ones.

    A column is named after the scenario's file. Raises ValueError for more than MOST_SCENARIOS.
    """
    if len(scenarios) > MOST_SCENARIOS:
        raise ValueError(f"{len(scenarios)} scenarios: a workbook holds at most {MOST_SCENARIOS}")
    contents: dict[str, Mapping[str, Any]] = {}
    for scenario in scenarios:
        id = scenario.document.path.stem if scenario.document else scenario.name
        while id in contents:
            id += "-2"
        contents[id] = (
            scenario.document.content
            if scenario.document
            else scenario.file.model_dump(mode="json", by_alias=True, exclude_unset=True)
        )
    return _write(Path(path), contents, catalogue, len(contents))


def _write(path: Path, contents: Mapping[str, Mapping[str, Any]], catalogue: Catalogue, columns: int) -> Path:
    with new_book(path) as book:
        sheet = book.page(SHEET)
        tables = [(key, book.page(sheet_of(str(key.loc[0])))) for key in named()]
        lists = book.lists(choices(catalogue))
        _scenarios(sheet, book.styles, contents, lists, columns)
        for key, page in tables:
            _named(page, book.styles, key, contents)
    return path


def choices(catalogue: Catalogue) -> dict[str, list[str]]:
    """Last part of a key that holds an id → the ids of the catalogue that fit it."""
    supplied = [a.id for a in catalogue.activities.values() if a.unit == "kWh" and a.modelling and not a.stands_in]
    facilities = [a.id for a in catalogue.of_kind("facilities") if a.properties.PUE or a.properties.occupancy]
    servers = [a.id for a in catalogue.of_kind("hardware") if a.properties.lifetime]
    return {
        "electricity": sorted([*supplied, *catalogue.regions]),
        "facility": facilities,
        "building": facilities,
        "server": servers,
    }


def _scenarios(
    sheet: Any,
    styles: Mapping[str, Any],
    contents: Mapping[str, Mapping[str, Any]],
    lists: Mapping[str, str],
    columns: int,
) -> None:
    values = [flat(content, KNOWN) for content in contents.values()]
    sheet.write_string(0, 0, "Scenarios", styles["title"])
    for number, text in enumerate(_HOW, 1):
        sheet.write_string(number, 0, gettext(text), styles["note"])
    head = len(_HOW) + 2
    for column, text in enumerate((KEY, "unit")):
        sheet.write_string(head, column, text, styles["head"])
    for column in range(columns):
        sheet.write_string(head, FIRST + column, next(iter(list(contents)[column : column + 1]), ""), styles["head"])
    used = {loc[0] for value in values for loc in value} | {"functional_unit", "electricity", "facility"}
    row, table = head, ""
    for loc, key in rows(place for value in values for place in value):
        row += 1
        if loc[0] != table and len(loc) > 1 and (loc[0],) not in KNOWN:
            sheet.write_string(row, 0, str(loc[0]), styles["table"])
            row += 1
        table = str(loc[0])
        given = [value.get(loc) for value in values]
        level = (table not in used) + (_folded(loc, key) and not any(value is not None for value in given))
        sheet.set_row(row, None, None, {"level": level, "hidden": level > 0})
        _row(sheet, styles, row, loc, key, given, columns, lists)
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, 1, 10)
    sheet.set_column(FIRST, FIRST + columns - 1, 30)
    sheet.freeze_panes(head + 1, FIRST)
    sheet.outline_settings(True, False, True, False)


def _folded(loc: Loc, key: Key) -> bool:
    """Whether few need the row: it says more of a quantity, or is a table in place of the id above it."""
    instead = any((k := at(loc[:n], KNOWN)) and k.kind != "quantity" for n in range(1, len(loc)))
    return instead or (key.detail and not key.cites)


def _row(
    sheet: Any,
    styles: Mapping[str, Any],
    row: int,
    loc: Loc,
    key: Key,
    given: Sequence[Any],
    columns: int,
    lists: Mapping[str, str],
) -> None:
    sheet.write_string(row, 0, dotted(loc), styles["detail" if key.detail else "key"])
    sheet.write_string(row, 1, key.unit, styles["key"])
    if manual := manual_of(key):
        sheet.write_comment(row, 0, manual, {"x_scale": 2.5, "y_scale": 1 + len(manual) / 160})
    for column in range(columns):
        put(sheet, row, FIRST + column, given[column] if column < len(given) else None, styles["input"])
    wanted = lists.get(str(loc[-1])) or (list(key.choices) if key.kind == "choice" else None)
    if key.kind == "truth":
        wanted = ["TRUE", "FALSE"]
    if wanted:  # a warning only: an inventory of one's own has further ids
        offer(sheet, (row, FIRST, row, FIRST + columns - 1), wanted)


def _named(page: Any, styles: Mapping[str, Any], key: Key, contents: Mapping[str, Mapping[str, Any]]) -> None:
    """A sheet of tables by name: a row each, with the scenarios that have it as it is."""
    assert key.record
    inner = {k.loc: k for k in keys(key.record)}
    columns = [loc for loc, k in inner.items() if k.kind != "named"]
    tables: list[tuple[str, dict[Loc, Any], list[str]]] = []
    for id, content in contents.items():
        for name, table in (content.get(str(key.loc[0])) or {}).items():
            values = flat(table, inner)
            same = next((row for row in tables if row[:2] == (name, values)), None)
            if same:
                same[2].append(id)
            else:
                tables.append((name, values, [id]))
    page.write_string(0, 0, sheet_of(str(key.loc[0])), styles["title"])
    page.write_string(
        1, 0, gettext("A row each. scenarios: the columns that have it, joined by commas; empty: all."), styles["note"]
    )
    for column, text in enumerate(["id", SCENARIO, *map(dotted, columns)]):
        page.write_string(3, column, text, styles["head"])
        if column > 1 and (manual := manual_of(inner[columns[column - 2]])):
            page.write_comment(3, column, manual, {"x_scale": 2.5})
        if column > 1 and inner[columns[column - 2]].choices:
            offer(page, (4, column, 4 + max(len(tables), 50), column), list(inner[columns[column - 2]].choices))
    for row, (name, values, ids) in enumerate(tables, 4):
        put(page, row, 0, name, styles["input"])
        put(page, row, 1, "" if len(ids) == len(contents) else ", ".join(ids), styles["input"])
        for column, loc in enumerate(columns, 2):
            put(page, row, column, values.get(loc), styles["input"])
    page.set_column(0, 1, 22)
    page.set_column(2, 1 + len(columns), 26)
    page.freeze_panes(4, 1)
