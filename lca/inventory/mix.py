"""Electricity mixes as tables: a TOML file with tags and sources, a CSV file with one mix per row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, cast, get_args

from pydantic import Field

from lca import units
from lca.equations import Electricity, generated_electricity
from lca.errors import (
    Fault,
    InvalidData,
    MissingKey,
    OutOfRange,
    PathEscapes,
    Problem,
    SharesNotOne,
    Uncited,
    UnknownKey,
    UnknownSource,
)
from lca.inventory.compiled import Activity, Input, Modelling, Range
from lca.records import Distribution, Document, Record, Source, problem, read_text

_TEXT = {"id", "name", "location", "year", "source", "loss distribution", "loss source", "note"}
_LOSS = ("loss", "loss low", "loss high")
_TOLERANCE = 0.001  # of 1: tables print shares to a tenth of a percent or finer


class ModellingTags(Record):
    """How the mixes of a table are modelled; a study uses one combination."""

    approach: Literal["average", "marginal"]
    accounting: Literal["location", "market"]
    perimeter: Literal["production", "consumption"]


class MixTableFile(Record):
    """inventories/electricity/<table>.toml"""

    table: str
    """Name of the CSV file beside this one."""
    comment: str | None = None
    modelling: ModellingTags
    inputs: dict[str, str]
    """Column of shares → id of the generating activity."""
    network: str
    """Id of the activity that stands for lines and transformers, per kWh delivered."""
    sources: dict[str, Source] = Field(default_factory=dict)


class _Row:
    """One row of the table, with its line for messages."""

    def __init__(self, shown: str, line: int, cells: dict[str, str]) -> None:
        self.shown, self.line, self.cells = shown, line, cells
        self.problems: list[Problem] = []

    def refuse(self, column: str, fault: Fault) -> None:
        self.problems.append(problem(self.shown, self.line, (column,), fault))

    def number(self, column: str, unit: str) -> float | None:
        """The cell as a fraction of 1, or None where it is empty."""
        text = self.cells[column]
        try:
            number = units.convert(units.parse(f"{text} {unit}"), "1").number if text else None
            if number is not None and not 0 <= number <= 1:
                raise OutOfRange(f"{text} {unit} is outside 0 to 100 %")
            return number
        except Fault as fault:
            self.refuse(column, fault)
            return None


def read_mixes(document: Document, kind: str) -> tuple[list[Activity], list[Problem]]:
    """The mixes of a table as activities of 1 kWh delivered, and everything that is wrong in it."""
    header, problems = document.validate(MixTableFile)
    if header is None:
        return [], problems
    path = document.path.with_name(header.table)
    if path.resolve().parent != document.path.resolve().parent:
        problems.append(document.problem(("table",), PathEscapes(f"{header.table!r} leaves the folder")))
        return [], problems
    shown = str(Path(document.shown).with_name(header.table))
    try:
        rows = list(_rows(shown, read_text(path, shown), header))
    except InvalidData as error:
        return [], [*problems, *error.problems]
    activities = [_mix(row, header, kind) for row in rows]
    return activities, [*problems, *(found for row in rows for found in row.problems)]


def _rows(shown: str, text: str, header: MixTableFile) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text))
    columns = next(reader)
    names = [column.split(" [")[0] for column in columns]
    wrong = [
        *(problem(shown, 1, (name,), UnknownKey("unknown column")) for name in names if name not in _known(header)),
        *(
            problem(shown, 1, (name,), MissingKey("required column is absent"))
            for name in _known(header)
            if name not in names
        ),
    ]
    if wrong:
        raise InvalidData(wrong)
    for cells in reader:
        row = _Row(shown, reader.line_num, dict(zip(names, (cell.strip() for cell in cells), strict=False)))
        if len(cells) != len(columns):
            raise InvalidData(
                [problem(shown, reader.line_num, (), UnknownKey(f"{len(cells)} cells, not {len(columns)}"))]
            )
        row.cells["unit"] = next((c.split("[")[1].rstrip("]") for c in columns if "[" in c), "%")
        yield row


def _known(header: MixTableFile) -> list[str]:
    return [*sorted(_TEXT), *_LOSS, *header.inputs]


def _mix(row: _Row, header: MixTableFile, kind: str) -> Activity:
    unit = row.cells["unit"]
    for column in ("source", "loss source"):
        if row.cells[column] and row.cells[column] not in header.sources:
            row.refuse(column, UnknownSource(f"no source {row.cells[column]!r} in the table's TOML file"))
    if not row.cells["source"]:
        row.refuse("source", Uncited("the shares cite no source"))
    shares = {column: row.number(column, unit) for column in header.inputs}
    total = sum(share for share in shares.values() if share is not None)
    if not row.problems and abs(total - 1) > _TOLERANCE:
        row.refuse("id", SharesNotOne(f"the shares sum to {total:.4f}"))
    loss, low, high = (row.number(column, unit) for column in _LOSS)
    if loss is not None and (loss >= 1 or (high or 0) >= 1):
        row.refuse("loss", OutOfRange("a loss of 100 % delivers nothing"))
        loss = None
    if loss is not None and not row.cells["loss source"]:
        row.refuse("loss source", Uncited("the loss cites no source"))
    per_kWh = _generated(loss or 0.0)
    spread = None
    if loss and low is not None and high is not None and row.cells["loss distribution"] in get_args(Distribution):
        spread = (_generated(low), _generated(high), row.cells["loss distribution"])
    sources = tuple(filter(None, (row.cells["source"], row.cells["loss source"])))
    inputs = []
    for column, share in shares.items():
        if share:
            part = share / total
            span = Range(part * spread[0], part * spread[1], cast(Distribution, spread[2])) if spread else None
            note = f"{100 * part:.4g} % of generation" + (f", loss {100 * loss:.3g} %" if loss is not None else "")
            inputs.append(Input(header.inputs[column], part * per_kWh, "use", span, sources, note))
    inputs.append(Input(header.network, 1.0, "use", None, sources, "network per kWh delivered"))
    return Activity(
        id=row.cells["id"], kind=kind, name=row.cells["name"], product="electricity, delivered", unit="kWh",
        location=row.cells["location"], file=f"{row.shown}:{row.line}", technology="mix", comment=row.cells["note"],
        inputs=tuple(inputs), sources=header.sources,
        modelling=Modelling(header.modelling.approach, header.modelling.accounting, header.modelling.perimeter),
        gaps=() if loss is not None else ("losses between plant and user are not known",),
    )  # fmt: skip


def _generated(loss: float) -> float:
    return generated_electricity(Electricity(1.0), loss)
