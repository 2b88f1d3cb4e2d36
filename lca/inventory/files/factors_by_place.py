"""Factors of one flow by country, as a table: a TOML file with category, flow and sources, a CSV file of places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field

from lca.errors import DuplicateId, Fault, InvalidData, Problem
from lca.inventory.files.table import TEXT, read_table
from lca.languages import gettext
from lca.methods.library import Flow, Library, category
from lca.quantities.documents import Document
from lca.quantities.locations import location
from lca.quantities.records import Record
from lca.quantities.sources import Source

KEY = "places"
_FACTOR = "factor"
_BESIDE = ("unspecified", "agricultural")
"""Columns of factors of other uses: read, and not used."""


class FactorTableFile(Record):
    """inventories/<table>.toml"""

    places: str
    """Name of the CSV file beside this one."""
    category: str
    """Id of the impact category."""
    flow: str
    compartment: str
    comment: str | None = None
    source: str
    sources: dict[str, Source] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FactorsByPlace:
    """Characterisation factors of one elementary flow by country."""

    category: str
    flow: Flow
    factors: Mapping[str, float] = field(repr=False)
    """ISO 3166-1 alpha-2 → factor, in the unit of the category per unit of the flow."""


def read_factors_by_place(document: Document, library: Library) -> tuple[FactorsByPlace | None, list[Problem]]:
    """The factors of a table, and everything that is wrong in it."""
    header, problems = document.validate(FactorTableFile)
    if header is None:
        return None, problems
    flow = None
    for loc, read in (("category", lambda: category(header.category)), ("flow", lambda: _flow(header, library))):
        try:
            located = read()
        except Fault as fault:
            problems.append(document.problem((loc,), fault))
        else:
            flow = located if isinstance(located, Flow) else flow
    columns = {"place": TEXT, **dict.fromkeys((_FACTOR, *_BESIDE), "m3/m3")}
    try:
        rows = read_table(document, KEY, header.places, columns)
    except InvalidData as error:
        return None, [*problems, *error.problems]
    factors: dict[str, float] = {}
    for row in rows:
        place, factor = row.cells["place"], row.number(_FACTOR, "m3/m3")
        try:
            if location(place) in factors:
                raise DuplicateId(gettext("the place {place!r} has a factor already", place=place))
        except Fault as fault:
            row.refuse("place", fault)
        if factor is not None:
            factors[place] = factor
        problems += row.problems
    return FactorsByPlace(header.category, flow, factors) if flow else None, problems


def _flow(header: FactorTableFile, library: Library) -> Flow:
    return library.flow(header.flow, header.compartment)
