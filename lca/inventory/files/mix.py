"""Electricity mixes: tables of a TOML file with tags and sources and a CSV file with one mix per row; stated ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Annotated, Literal, TypeAlias, cast, get_args

from pydantic import Field, field_validator, model_validator

from lca.equations import Electricity, generated_electricity
from lca.errors import Fault, InconsistentRange, InvalidData, OutOfRange, Problem, SharesNotOne, Uncited
from lca.inventory.activity import Activity, Input, Modelling
from lca.inventory.files.table import TEXT, TableRow, read_table
from lca.languages import Deferred, gettext
from lca.quantities.documents import THE_TABLES_FILE, Document
from lca.quantities.locations import location
from lca.quantities.records import Distribution, In, OneOrMore, Quantity, Record
from lca.quantities.sources import Source, ids
from lca.quantities.values import Range
from lca.vocabulary import MIX, Stage

_TEXT = {"id", "name", "location", "year", "source", "loss distribution", "loss source", "note"}
_UNKNOWN_LOSSES = Deferred("losses between plant and user are not known")
_LOSS = ("loss", "loss low", "loss high")
_Spread: TypeAlias = tuple[float, float, Distribution]
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


class MixPart(Record):
    """One electricity of a mix."""

    activity: str
    """Catalogue id: a grid's mix, or what generates on the spot."""
    share: Annotated[Quantity, In("1", above=0, high=1)]
    """Of all that the mix is made of; of what a storage gives, where it passes through one."""
    efficiency: Annotated[Quantity, In("1", above=0, high=1)] | None = None
    """Of that storage: energy out over energy in. What makes and wears it is not in it."""


class StatedMix(Record):
    """A mix of electricity by the shares of activities of the catalogue."""

    parts: Annotated[tuple[MixPart, ...], OneOrMore()]
    """Their shares sum to one."""
    loss: Annotated[Quantity, In("1", low=0, below=1)]
    """Part of them that does not reach the user, beside what is lost in the activities themselves and in storage."""
    network: str | None = None
    """Catalogue id of lines and transformers, per kWh delivered, beyond those that the parts bring."""
    location: str = ""
    """ISO 3166 code of the country."""
    modelling: ModellingTags

    @field_validator("location")
    @classmethod
    def _known(cls, written: str) -> str:
        return location(written) if written else ""

    @model_validator(mode="after")
    def _one(self) -> StatedMix:
        must_be_one(part.share.amount for part in self.parts)
        return self

    def activities(self, name: str, sources: Mapping[str, Source]) -> tuple[Activity, ...]:
        """The mix as an activity of 1 kWh delivered, and one before it for each storage in it.

        Ids hold a digest of all that is stated: two mixes of one name in two files are two activities.
        """
        digest = sha256(self.model_dump_json().encode()).hexdigest()[:8]
        modelling = Modelling(self.modelling.approach, self.modelling.accounting, self.modelling.perimeter)
        readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        stored: list[Activity] = []
        shares: list[tuple[str, float]] = []
        for number, part in enumerate(self.parts):
            taken = part.activity
            if part.efficiency:
                taken = f"electricity-{readable}-storage-{number}-{digest}"
                ends = _ends(part.efficiency)
                span = Range(1 / ends[1], 1 / ends[0], ends[2]) if ends else None
                note = f"1 / {part.efficiency.amount:.4g}, the efficiency of the storage"
                cited = ids(part.efficiency.source or ())
                inputs = (Input(part.activity, 1 / part.efficiency.amount, Stage.USE, span, cited, note),)
                title = f"{part.activity}, out of a storage of {name}"
                stored.append(_stated(taken, title, self.location, inputs, sources, modelling))
            shares.append((taken, part.share.amount))
        cited = tuple(
            dict.fromkeys(id for q in (*(p.share for p in self.parts), self.loss) for id in ids(q.source or ()))
        )
        lost = _ends(self.loss)
        spread = (_generated(lost[0]), _generated(lost[1]), lost[2]) if lost else None
        taken_in = _inputs(shares, self.loss.amount, spread, self.network or "", cited)
        title = f"electricity of {name}, as the scenario states it"
        mix = _stated(f"electricity-{readable}-{digest}", title, self.location, taken_in, sources, modelling)
        return (*stored, replace(mix, network=self.network or "", loss=self.loss.amount))


def must_be_one(shares: Iterable[float]) -> float:
    """The sum of the shares of a mix. Raises SharesNotOne."""
    total = sum(shares)
    if abs(total - 1) > _TOLERANCE:
        raise SharesNotOne(gettext("the shares sum to {total:.4f}", total=total))
    return total


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
        row.refuse(
            column,
            OutOfRange(
                gettext("{cell} {unit} is outside 0 to 100 %", cell=row.cells[column], unit=row.written[column])
            ),
        )
        return None
    return share


def _mix(row: TableRow, header: MixTableFile, document: Document, kind: str) -> Activity:
    cited_in = {column: _sources(row.cells[column]) for column in ("source", "loss source")}
    cited = (*cited_in["source"], *cited_in["loss source"])
    sources = document.with_shared(header.sources, cited)
    for column, named in cited_in.items():
        for unknown in (id for id in named if id not in sources):
            row.refuse(column, document.unknown_source(unknown, header.sources, THE_TABLES_FILE))
    if not cited_in["source"]:
        row.refuse("source", Uncited(gettext("the shares cite no source")))
    place = row.cells["location"]
    try:
        place = location(place)
    except Fault as fault:
        row.refuse("location", fault)
    shares = {column: _share(row, column) for column in header.inputs}
    if not row.problems:
        try:
            must_be_one(share for share in shares.values() if share is not None)
        except SharesNotOne as fault:
            row.refuse("id", fault)
    loss, low, high = (_share(row, column) for column in _LOSS)
    if loss is not None and (loss >= 1 or (high or 0) >= 1):
        row.refuse("loss", OutOfRange(gettext("a loss of 100 % delivers nothing")))
        loss = None
    if loss is not None and not cited_in["loss source"]:
        row.refuse("loss source", Uncited(gettext("the loss cites no source")))
    spread = None
    if row.cells["loss low"] or row.cells["loss high"] or row.cells["loss distribution"]:
        spread = _spread(row, loss, low, high)
    present = [(header.inputs[column], share) for column, share in shares.items() if share]
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
        inputs=_inputs(present, loss, spread, header.network, cited),
        sources=sources,
        modelling=Modelling(header.modelling.approach, header.modelling.accounting, header.modelling.perimeter),
        gaps=() if loss is not None else (_UNKNOWN_LOSSES(),),
        network=header.network,
        loss=loss,
        year=int(row.cells["year"]) if re.fullmatch("[0-9]{4}", row.cells["year"]) else None,
    )


def _inputs(
    shares: Sequence[tuple[str, float]],
    loss: float | None,
    spread: _Spread | None,
    network: str,
    cited: tuple[str, ...],
) -> tuple[Input, ...]:
    """What 1 kWh delivered takes of each activity, by the shares of a mix, and of a network."""
    total, per_kWh = sum(share for _, share in shares), _generated(loss or 0.0)
    inputs = []
    for activity, share in shares:
        part = share / total
        span = Range(part * spread[0], part * spread[1], spread[2]) if spread else None
        note = f"{100 * part:.4g} % of generation" + (f", loss {100 * loss:.3g} %" if loss is not None else "")
        inputs.append(Input(activity, part * per_kWh, Stage.USE, span, cited, note))
    if network:
        inputs.append(Input(network, 1.0, Stage.USE, None, cited, "network per kWh delivered"))
    return tuple(inputs)


def _stated(
    id: str, name: str, place: str, inputs: tuple[Input, ...], sources: Mapping[str, Source], modelling: Modelling
) -> Activity:
    cited = dict.fromkeys(id for each in inputs for id in each.sources)
    return Activity(
        id=id,
        kind="electricity",
        name=name,
        product="electricity, delivered",
        unit="kWh",
        location=place,
        file="",
        technology=MIX,
        inputs=inputs,
        sources={id: sources[id] for id in cited if id in sources},
        modelling=modelling,
    )


def _ends(quantity: Quantity) -> tuple[float, float, Distribution] | None:
    """Both ends of a stated range, and its distribution."""
    if quantity.low is None or quantity.high is None or quantity.distribution is None:
        return None
    return quantity.low.number, quantity.high.number, quantity.distribution


def _spread(row: TableRow, loss: float | None, low: float | None, high: float | None) -> _Spread | None:
    """Generated per delivered kWh at both ends of the loss's range, and its distribution."""
    shape = row.cells["loss distribution"]
    if loss is None or low is None or high is None or shape not in get_args(Distribution):
        if not row.problems:
            row.refuse("loss", InconsistentRange(gettext("loss, low, high and a known distribution go together")))
        return None
    if not low <= loss <= high or low == high:
        row.refuse(
            "loss",
            InconsistentRange(
                gettext("low {low:g}, loss {loss:g}, high {high:g} are not in order", low=low, loss=loss, high=high)
            ),
        )
        return None
    return _generated(low), _generated(high), cast(Distribution, shape)


def _generated(loss: float) -> float:
    return generated_electricity(Electricity(1.0), loss)
