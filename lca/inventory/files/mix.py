"""Electricity mixes as tables: a TOML file with tags and sources, a CSV file with one mix per row."""

from __future__ import annotations

import re
from typing import Literal, cast, get_args

from pydantic import Field

from lca.equations import Electricity, generated_electricity
from lca.errors import Fault, InconsistentRange, InvalidData, OutOfRange, Problem, SharesNotOne, Uncited
from lca.inventory.activity import Activity, Input, Modelling
from lca.inventory.files.table import TEXT, TableRow, read_table
from lca.quantities.documents import Document
from lca.quantities.locations import location
from lca.quantities.records import Distribution, Record
from lca.quantities.sources import Source
from lca.quantities.values import Range
from lca.vocabulary import MIX, Stage

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
    network: str = ""
    """Id of the activity that stands for lines and transformers, per kWh delivered; absent: there are none beyond those
    that the inputs bring, as where a mix of a grid and of a roof is used behind one meter."""
    sources: dict[str, Source] = Field(default_factory=dict)


def read_mixes(document: Document, kind: str) -> tuple[list[Activity], list[Problem]]:
    """The mixes of a table as activities of 1 kWh delivered, and everything that is wrong in it."""
    header, problems = document.validate(MixTableFile)
    if header is None:
        return [], problems
    try:
        columns = dict.fromkeys(sorted(_TEXT), TEXT) | dict.fromkeys((*_LOSS, *header.inputs), "1")
        rows = read_table(document, "table", header.table, columns)
    except InvalidData as error:
        return [], [*problems, *error.problems]
    activities = [_mix(row, header, document, kind) for row in rows]
    return activities, [*problems, *(wrong for row in rows for wrong in row.problems)]


def _sources(cell: str) -> tuple[str, ...]:
    """Ids of a cell, several apart by semicolons: shares may come from one source and what they are of from another."""
    return tuple(id for id in (part.strip() for part in cell.split(";")) if id)


def _share(row: TableRow, column: str) -> float | None:
    """The cell as a fraction of 1, or None where it is empty."""
    share = row.number(column, "1")
    if share is not None and not 0 <= share <= 1:
        row.refuse(column, OutOfRange(f"{row.cells[column]} {row.written[column]} is outside 0 to 100 %"))
        return None
    return share


def _mix(row: TableRow, header: MixTableFile, document: Document, kind: str) -> Activity:
    cited_in = {column: _sources(row.cells[column]) for column in ("source", "loss source")}
    cited = (*cited_in["source"], *cited_in["loss source"])
    sources = document.with_shared(header.sources, cited)
    for column, ids in cited_in.items():
        for unknown in (id for id in ids if id not in sources):
            row.refuse(column, document.unknown_source(unknown, header.sources, "the table's TOML file"))
    if not cited_in["source"]:
        row.refuse("source", Uncited("the shares cite no source"))
    place = row.cells["location"]
    try:
        place = location(place)
    except Fault as fault:
        row.refuse("location", fault)
    shares = {column: _share(row, column) for column in header.inputs}
    total = sum(share for share in shares.values() if share is not None)
    if not row.problems and abs(total - 1) > _TOLERANCE:
        row.refuse("id", SharesNotOne(f"the shares sum to {total:.4f}"))
    loss, low, high = (_share(row, column) for column in _LOSS)
    if loss is not None and (loss >= 1 or (high or 0) >= 1):
        row.refuse("loss", OutOfRange("a loss of 100 % delivers nothing"))
        loss = None
    if loss is not None and not cited_in["loss source"]:
        row.refuse("loss source", Uncited("the loss cites no source"))
    per_kWh = _generated(loss or 0.0)
    spread = None
    if row.cells["loss low"] or row.cells["loss high"] or row.cells["loss distribution"]:
        spread = _spread(row, loss, low, high)
    inputs = []
    for column, share in shares.items():
        if share:
            part = share / total
            span = Range(part * spread[0], part * spread[1], cast(Distribution, spread[2])) if spread else None
            note = f"{100 * part:.4g} % of generation" + (f", loss {100 * loss:.3g} %" if loss is not None else "")
            inputs.append(Input(header.inputs[column], part * per_kWh, Stage.USE, span, cited, note))
    if header.network:
        inputs.append(Input(header.network, 1.0, Stage.USE, None, cited, "network per kWh delivered"))
    return Activity(
        id=row.cells["id"],
        kind=kind,
        name=row.cells["name"],
        product="electricity, delivered",
        unit="kWh",
        location=place,
        file=row.file,
        technology=MIX,
        comment=row.cells["note"],
        inputs=tuple(inputs),
        sources=sources,
        modelling=Modelling(header.modelling.approach, header.modelling.accounting, header.modelling.perimeter),
        gaps=() if loss is not None else ("losses between plant and user are not known",),
        network=header.network,
        loss=loss,
        year=int(row.cells["year"]) if re.fullmatch("[0-9]{4}", row.cells["year"]) else None,
    )


def _spread(
    row: TableRow, loss: float | None, low: float | None, high: float | None
) -> tuple[float, float, str] | None:
    """Generated per delivered kWh at both ends of the loss's range, and its distribution."""
    shape = row.cells["loss distribution"]
    if loss is None or low is None or high is None or shape not in get_args(Distribution):
        if not row.problems:
            row.refuse("loss", InconsistentRange("loss, low, high and a known distribution go together"))
        return None
    if not low <= loss <= high or low == high:
        row.refuse("loss", InconsistentRange(f"low {low:g}, loss {loss:g}, high {high:g} are not in order"))
        return None
    return _generated(low), _generated(high), shape


def _generated(loss: float) -> float:
    return generated_electricity(Electricity(1.0), loss)
