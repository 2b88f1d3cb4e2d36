"""The sheet Scenarios: every parameter of every scenario file, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lca.languages import gettext, gettext_noop, gettexts, localised
from lca.quantities import units
from lca.quantities.records import Quantity, Record
from lca.quantities.units import Amount
from lca.report.excel.cells import ABSENT, Cell, Style, plain
from lca.report.excel.sheet import Book
from lca.report.view import View
from lca.system.scenario import ScenarioFile

NOT_STATED = gettext_noop("not stated")
_ELSEWHERE = ("sources", "report")  # the sheets Sources and Goal_Scope

Value = Amount | str


def scenarios(book: Book, view: View) -> None:
    """Scenarios: parameter × scenario; rows that differ are marked."""
    sheet = book.sheet(
        "Scenarios",
        gettext("Scenarios"),
        gettext(
            "The parameters of the scenario files. Shaded rows, marked `differs`, are not the same in all scenarios; "
            "`not stated`: the file leaves the key out."
        ),
    )
    files = [dict(_flat(scenario.file)) for scenario in view.study.scenarios]
    keys = list(dict.fromkeys(key for file in files for key in file))
    rows = [_row(key, [file.get(key) for file in files]) for key in _grouped(keys)]
    sheet.table((*gettexts("parameter", "unit", "differs"), *view.labels.values()), rows)
    sheet.finish()


def _flat(record: Record, path: str = "") -> Iterator[tuple[str, Value]]:
    """Path and value of everything that a record states, quantities opened into value, range and source."""
    for field in type(record).model_fields:
        value = getattr(record, field)
        if value is None or value == () or (isinstance(record, ScenarioFile) and field in _ELSEWHERE):
            continue
        name = path if field == "value" and isinstance(record, Quantity) else f"{path}.{field}" if path else field
        for key, part in _records(value).items():
            yield from _flat(part, f"{name}{key}")
        if _records(value) or value in ({}, ()):
            continue
        if isinstance(value, Amount):
            yield name, Amount(value.number, units.written(value.unit))
        elif isinstance(value, bool):
            yield name, gettext("yes") if value else gettext("no")
        else:
            yield name, ", ".join(value) if isinstance(value, tuple) else str(value)


def _records(value: object) -> Mapping[str, Record]:
    """The records in a value, by what is added to its path: `[1]` of several runs, `.paris` of sites."""
    if isinstance(value, Record):
        return {"": value}
    if isinstance(value, Mapping):
        return {f".{key}": part for key, part in value.items() if isinstance(part, Record)}
    if isinstance(value, tuple) and value and all(isinstance(part, Record) for part in value):
        return {f"[{n}]" if len(value) > 1 else "": part for n, part in enumerate(value)}
    return {}


def _grouped(keys: list[str]) -> list[str]:
    """Keys of one table together, in the order in which the tables appear."""
    tables = list(dict.fromkeys(key.split(".")[0] for key in keys))
    return sorted(keys, key=lambda key: tables.index(key.split(".")[0]))


def _row(key: str, values: list[Value | None]) -> list[Cell | str]:
    units_stated = {value.unit for value in values if isinstance(value, Amount)}
    unit = next(iter(units_stated)) if len(units_stated) == 1 else ""
    differs = len(set(values)) > 1
    style: Style = "differs" if differs else "input"
    cells: list[Cell | str] = [
        key,
        unit or (gettext("as given") if units_stated else ABSENT),
        gettext("differs") if differs else gettext("same"),
    ]
    for value in values:
        if isinstance(value, Amount):
            cells.append(
                Cell(value.number, style=style, shape="as written")
                if unit
                else Cell(f"{localised(plain(value.number))} {value.unit}", style=style)
            )
        else:
            cells.append(Cell(NOT_STATED if value is None else value, style=style if value is not None else "absent"))
    return cells
