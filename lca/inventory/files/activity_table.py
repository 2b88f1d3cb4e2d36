"""Activities as a table: a TOML file with what all of them share, a CSV file with what differs, an activity per row.

The TOML file is an inventory file without name and location, and `activities` names the table beside it. A column is
named after the key it fills, with the unit of its cells: `properties.PUE.value [kWh/kWh]`, `sources.survey.year`. An
empty cell fills none; the `note` is added to the comment; several sources in a cell have spaces between them.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

from lca.errors import Fault, InvalidData, MissingKey, Problem, UnknownKey, WrongType
from lca.inventory.files.activity import ActivityFile
from lca.inventory.files.table import TableRow, read_table
from lca.languages import gettext
from lca.quantities.documents import Document, problem
from lca.quantities.positions import Loc

KEY = "activities"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDocument(Document):
    """A row as the inventory file that it stands for: what is wrong with it is in its cells, else in the TOML file."""

    header: Document
    row: TableRow
    columns: Collection[Loc]
    """The places that the columns of the table fill."""

    def problem(self, loc: Loc, fault: Fault) -> Problem:
        if any(loc[: len(column)] == column or column[: len(loc)] == loc for column in self.columns):
            return problem(self.row.shown, self.row.line, loc, fault)
        return self.header.problem(loc, fault)


class ActivityRow(NamedTuple):
    """The id of a row, and what it says, unless that is in error."""

    id: str
    document: RowDocument
    record: ActivityFile | None


def read_activities(document: Document) -> tuple[list[ActivityRow], list[Problem]]:
    """The activities of a table, and everything that is wrong in it."""
    name = document.content[KEY]
    if not isinstance(name, str):
        return [], [document.problem((KEY,), WrongType(gettext("the name of a CSV file beside this one")))]
    try:
        table = read_table(document, KEY, name)
    except InvalidData as error:
        return [], list(error.problems)
    rows, problems = [], list[Problem]()
    for row in table:
        if "id" not in row.cells:
            return [], [problem(row.shown, 1, ("id",), MissingKey(gettext("required column is absent")))]
        filled = _filled(document, row)
        record, wrong = filled.validate(ActivityFile)
        rows.append(ActivityRow(row.cells["id"], filled, record))
        problems += [*row.problems, *wrong]
    return rows, list(dict.fromkeys(problems))


def _filled(header: Document, row: TableRow) -> RowDocument:
    """The TOML file with the cells of a row in their places, and of its own sources those that the row then cites."""
    content: dict[str, Any] = copy.deepcopy({key: value for key, value in header.content.items() if key != KEY})
    columns = {column: _loc(column) for column in row.cells if column not in ("id", "note")}
    for column, loc in columns.items():
        if not row.cells[column]:
            continue
        try:
            _fill(content, loc, f"{row.cells[column]} {row.written[column] or ''}".strip())
        except (IndexError, KeyError, TypeError):
            row.refuse(column, UnknownKey(gettext("the TOML file has no table for the column to fill")))
    if row.cells.get("note"):
        content["comment"] = f"{content.get('comment', '')} {row.cells['note']}".strip()
    filled = RowDocument(
        header.path,
        row.file,
        header.text,
        content,
        header.language,
        header.shared,
        header=header,
        row=row,
        columns=tuple(columns.values()),
    )
    cited = set(filled.cited())
    if isinstance(sources := content.get("sources"), dict):
        content["sources"] = {id: source for id, source in sources.items() if id in cited}
    return filled


def _loc(column: str) -> Loc:
    """`impacts[0].low` → ("impacts", 0, "low")."""
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", column))


def _fill(content: Any, loc: Loc, cell: str) -> None:
    for part in loc[:-1]:
        content = content.setdefault(part, {}) if isinstance(content, dict) else content[part]
    several = cell.split() if loc[-1] == "source" else [cell]
    content[loc[-1]] = several if len(several) > 1 else cell
