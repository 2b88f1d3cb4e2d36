"""Scenario-difference files: flows of one Brightway project by scenario, as Activity Browser reads and writes them.

The first scenario's functional unit, in the project that `lca brightway export` writes, takes in each column what
another scenario takes. Thirteen columns name a flow, one column more is a scenario; an empty cell leaves the flow as it
is. A workbook of ours also holds the scenario files, from which a column that nobody edited comes back as it was.
"""

from __future__ import annotations

import ast
import csv
import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

import xlsxwriter

from lca.builtin import shown
from lca.errors import (
    Contradiction,
    DuplicateId,
    Fault,
    InvalidData,
    MissingKey,
    Problem,
    UnknownActivity,
    UsageError,
    WrongType,
)
from lca.exchange.excel.archive import opened
from lca.exchange.toml import toml
from lca.inventory.catalogue import Catalogue
from lca.languages import gettext
from lca.quantities.documents import Document, problem, read_text
from lca.quantities.locations import inert
from lca.quantities.outputs import write_text, written_aside
from lca.quantities.records import near
from lca.quantities.tables import read_cells, repeated
from lca.quantities.text import csv_cell
from lca.quantities.units import Amount
from lca.report.brightway.nodes import Names
from lca.study.study import Study
from lca.system.parts import ProductSystem
from lca.system.product_system import product_system
from lca.system.scenario import Scenario

FIELDS = ("activity name", "reference product", "location", "categories", "database", "key")
COLUMNS = (*(f"from {name}" for name in FIELDS), *(f"to {name}" for name in FIELDS), "flow type")
TECHNOSPHERE = "technosphere"
_INFORMATION, _DIFFERENCES, _SCENARIOS = "information", "scenario differences", "scenario files"
_SKIPPED = ("#", "*", "_")
"""With what a heading or a row begins that is no scenario and no flow."""
_LONGEST_CELL = 32_767
"""Characters that a cell of Excel holds."""
SAME = 1e-9
"""Two amounts that differ by less than this part are one."""


def taken(system: ProductSystem) -> dict[str, float]:
    """Input → amount that one functional unit takes, in the product's unit."""
    amounts: dict[str, float] = {}
    for exchange in system.exchanges:
        amounts[exchange.input] = amounts.get(exchange.input, 0.0) + exchange.amount
    return amounts


def export(study: Study, path: str | Path, names: Names = Names()) -> Path:  # noqa: B008
    """Write the scenarios of a study as a file of differences, .xlsx or .csv (with semicolons).

    `names`: of the databases of the project that it is for. Raises UsageError for another ending, and for a name of a
    scenario that readers of such files would pass over.
    """
    path = Path(path)
    if path.suffix not in (".xlsx", ".csv"):
        raise UsageError(gettext("{path}: name a file that ends in .xlsx or .csv", path=path))
    for name in study.names:
        if name.startswith(_SKIPPED) or "#" in name or name in COLUMNS:
            raise UsageError(gettext("{name!r}: in such a file no scenario may be called so", name=name))
    table: list[list[str | float]] = [[*COLUMNS, *study.names], *_rows(study, names)]
    if path.suffix == ".csv":
        written = io.StringIO()
        inert = [[csv_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in table]
        csv.writer(written, delimiter=";", lineterminator="\n").writerows(inert)
        write_text(path, written.getvalue())
        return path
    with written_aside(path) as aside:
        book = xlsxwriter.Workbook(str(aside), {"strings_to_formulas": False, "strings_to_urls": False})
        about, sheet = book.add_worksheet(_INFORMATION), book.add_worksheet(_DIFFERENCES)
        for number, line in enumerate(_about(study, names)):
            about.write_string(number, 0, line)
        for number, row in enumerate(table):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                else:
                    sheet.write_number(number, column, cell)
        files = book.add_worksheet(_SCENARIOS)
        files.write_row(0, 0, ["scenario", "file", "text", "amounts"])
        for number, (name, file, text) in enumerate(_files(study), 1):
            files.write_row(number, 0, [name, file, text])
        book.close()
    return path


def _rows(study: Study, names: Names) -> Iterator[list[str | float]]:
    amounts = {system.name: taken(system) for system in study.systems}
    unit = study.names[0]
    scenario = study.scenario_by_name.get(unit)
    product = scenario.file.functional_unit.service if scenario else "product of the activity"
    to = _node(unit, product, "GLO", names.foreground, unit)
    for id in dict.fromkeys(id for of_one in amounts.values() for id in of_one):
        activity = study.activities[id]
        place = inert(activity.location) or "GLO"
        flow = _node(activity.name, activity.product, place, names.background, id)
        yield [*flow, *to, TECHNOSPHERE, *(amounts[name].get(id, 0.0) for name in study.names)]


def _node(name: str, product: str, place: str, database: str, code: str) -> list[str]:
    """The six fields of an activity; in some readers a hash sign ends the line."""
    return [*(text.replace("#", "no. ") for text in (name, product, place)), "", database, repr((database, code))]


def _about(study: Study, names: Names) -> Iterator[str]:
    yield "Scenario differences, written by ai-lca: Activity Browser reads the second sheet"
    yield f"Project: what `lca brightway export` writes of the same scenarios; databases {', '.join(names.databases)}"
    yield f"Reference flow: 1 functional unit of {study.names[0]!r}; the columns are the scenarios in its place"
    yield "An empty cell leaves a flow as it is. Columns that begin with _ or #, and rows that do with #, are not read."


def _files(study: Study) -> Iterator[tuple[str, str, str]]:
    for scenario in study.scenarios:
        if scenario.document and len(scenario.document.text) <= _LONGEST_CELL:
            yield scenario.name, scenario.document.path.name, scenario.document.text


def import_scenarios(
    path: str | Path, catalogue: Catalogue, folder: str | Path, like: Scenario | None = None
) -> dict[Path, str]:
    """The scenario files that the columns of a file are, as paths below `folder` and texts.

    A column stands on the scenario file of its name that the workbook holds, else on `like`: what its functional unit
    takes more or less of an activity is added as a run that only uses it. A column without any difference is the file
    as it was. Records of runs must lie in `folder` as they do beside the scenario. Raises InvalidData with every
    problem by cell, and UsageError where a column stands on nothing.
    """
    path, folder = Path(path), Path(folder)
    reading = _DifferencesReading(path)
    table = reading.table()
    texts = reading.files()
    problems = list(reading.problems)
    written: dict[Path, str] = {}
    for name, column in table.items():
        file, text = texts.get(name, ("", ""))
        if not text and (like is None or like.document is None):
            raise UsageError(
                gettext(
                    "{path}: no scenario file of {name!r} is in it: name one that it differs from by --like",
                    path=path,
                    name=name,
                )
            )
        try:
            target = folder / (file or f"{_file_name(name)}.toml")
            base = Scenario.of(Document.parse(text, target, shown(target))) if text else like
            assert base and base.document
            system = product_system(base, catalogue)
            changed, wrong = _changed(column, taken(system), catalogue, system.own)
            problems += wrong
            if not changed and text:
                written[target] = text
            else:
                content = _with_uses(base, name, changed, path.name, catalogue)
                written[target] = toml(content)
        except InvalidData as error:
            problems += error.problems
    if problems:
        raise InvalidData(problems)
    return written


def _changed(
    column: Mapping[str, tuple[float, str]], amounts: Mapping[str, float], catalogue: Catalogue, own: Iterable[str]
) -> tuple[dict[str, float], list[Problem]]:
    """What a column takes more of each activity than the scenario that it stands on."""
    changed: dict[str, float] = {}
    problems = []
    for id, (amount, cell) in column.items():
        before = amounts.get(id, 0.0)
        if abs(amount - before) <= SAME * max(abs(amount), abs(before)):
            continue
        if id in catalogue.activities:
            changed[id] = amount - before
            continue
        fault: Fault = UnknownActivity(gettext("no activity {id!r}", id=id) + near(id, catalogue.activities))
        if id in own:
            fault = Contradiction(gettext("{id!r} is made by the scenario itself: change it in its file", id=id))
        problems.append(problem(cell, 0, (), fault))
    return changed, problems


def _with_uses(
    base: Scenario, name: str, changed: Mapping[str, float], file: str, catalogue: Catalogue
) -> dict[str, Any]:
    """The content of the scenario with one run more, which takes what is changed."""
    assert base.document
    content = {**base.document.content, "name": name}
    if not changed:
        return content
    source = "scenario-differences"
    content["sources"] = {
        **content.get("sources", {}),
        source: {"title": f"Scenario differences of {file}", "confidence": "assumption"},
    }
    content.setdefault("schema", 2)
    unit = base.file.functional_unit.amount
    run: dict[str, Any] = {"serves": str(unit)}
    stated = content.get("inference", [])
    runs = [dict(each) for each in (stated if isinstance(stated, list) else [stated])]
    for number, each in enumerate(runs, 1):
        each.setdefault("name", f"run {number}")
    if runs:
        run["name"] = f"differences of {file}"
    run["uses"] = [
        {"activity": id, "amount": {"value": str(Amount(amount, catalogue.activity(id).unit)), "source": source}}
        for id, amount in changed.items()
    ]
    content["inference"] = [*runs, run] if runs else run
    return content


def _file_name(name: str) -> str:
    words = "".join(letter if letter.isalnum() and letter.isascii() else " " for letter in name.lower()).split()
    return "-".join(words) or "scenario"


class _DifferencesReading:
    """The cells of a file on their way to amounts; problems are gathered."""

    def __init__(self, path: Path) -> None:
        self.path, self.shown = path, shown(path)
        self.problems: list[Problem] = []
        self._book = opened(path, self.shown) if path.suffix.lower() == ".xlsx" else None

    def table(self) -> dict[str, dict[str, tuple[float, str]]]:
        """Scenario → activity → amount, and where it stands."""
        rows = [(place, cells) for place, cells in self._rows() if not str(cells[0] or "").startswith(_SKIPPED)]
        header = next((n for n, (_, cells) in enumerate(rows[:10]) if COLUMNS[0] in cells), None)
        if header is None:
            missing = MissingKey(gettext("none of its first rows has the column {column!r}", column=COLUMNS[0]))
            raise InvalidData([problem(self.shown, 0, (), missing)])
        headings = [str(cell if cell is not None else "").strip() for cell in rows[header][1]]
        for name in repeated([name for name in headings if name]):
            self._refuse(rows[header][0], DuplicateId(gettext("the column {name!r} occurs twice", name=name)))
        for name in COLUMNS:
            if name not in headings:
                self._refuse(rows[header][0], MissingKey(gettext("the column {name!r} is absent", name=name)))
        names = [name for name in headings if name and name not in COLUMNS and not name.startswith(_SKIPPED)]
        if not names:
            self._refuse(rows[header][0], MissingKey(gettext("no column is a scenario")))
        if self.problems:
            raise InvalidData(self.problems)
        table: dict[str, dict[str, tuple[float, str]]] = {name: {} for name in names}
        units: dict[str, str] = {}
        for place, cells in rows[header + 1 :]:
            row = dict(zip_longest(headings, cells[: len(headings)]))  # empty cells at the end may be absent
            if any(cell not in (None, "") for cell in row.values()):
                self._row(place, row, table, units)
        return table

    def _row(
        self,
        place: str,
        row: Mapping[str, Any],
        table: Mapping[str, dict[str, tuple[float, str]]],
        units: dict[str, str],
    ) -> None:
        try:
            if row["flow type"] != TECHNOSPHERE:
                raise Contradiction(
                    gettext("a flow of the type {kind!r}: a scenario takes products alone", kind=str(row["flow type"]))
                )
            (_, id), (_, unit) = _key(row["from key"]), _key(row["to key"])
            if units.setdefault("unit", unit) != unit:
                raise Contradiction(
                    gettext("flows of {unit!r} and of {other!r}: one functional unit", unit=units["unit"], other=unit)
                )
            if any(id in column for column in table.values()):
                raise DuplicateId(gettext("the flow of {id!r} stands in a row before", id=id))
        except Fault as fault:
            self._refuse(place, fault)
            return
        for name, column in table.items():
            cell = row[name]
            if cell is None or cell == "":
                continue
            number = _number(cell)
            if number is None:
                wrong = WrongType(gettext("{cell!r} is not one number", cell=str(cell)[:80]))
                self.problems.append(problem(place, 0, (name,), wrong))
            else:
                column[id] = number, place

    def _rows(self) -> Iterator[tuple[str, Sequence[Any]]]:
        if self._book is None:
            text = read_text(self.path, self.shown)
            delimiter = ";" if ";" in text.partition("\n")[0] else ","
            for line, cells in read_cells(self.shown, text, delimiter=delimiter):
                yield f"{self.shown}:{line}", cells
            return
        sheets = self._book.sheetnames
        sheet = self._book[_DIFFERENCES if _DIFFERENCES in sheets else sheets[min(1, len(sheets) - 1)]]
        sheet.reset_dimensions()
        for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
            if cells:
                yield f"{self.shown}:{sheet.title}!{number}", cells

    def files(self) -> dict[str, tuple[str, str]]:
        """Scenario → name and text of its file, where the workbook holds them."""
        if self._book is None or _SCENARIOS not in self._book.sheetnames:
            return {}
        sheet = self._book[_SCENARIOS]
        sheet.reset_dimensions()
        rows = [row for row in sheet.iter_rows(min_row=2, max_col=3, values_only=True) if all(row)]
        return {str(name): (Path(str(file)).name, str(text)) for name, file, text in rows}

    def _refuse(self, place: str, fault: Fault) -> None:
        self.problems.append(problem(place, 0, (), fault))


def _key(cell: Any) -> tuple[str, str]:
    """Database and code. Raises WrongType."""
    try:
        database, code = ast.literal_eval(str(cell)[:1000])
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        raise WrongType(gettext("{cell!r} is no key ('database', 'code')", cell=str(cell)[:80])) from None
    return str(database), str(code)


def _number(cell: Any) -> float | None:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and not isinstance(cell, bool) else None
