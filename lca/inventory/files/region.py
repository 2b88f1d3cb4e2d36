"""Regions of cloud providers as a table: where each is, and which electricity mix supplies it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import Field

from lca.errors import DuplicateId, Fault, InvalidData, MissingKey, Problem, Uncited, UnknownSource, WrongType
from lca.inventory.files.table import read_table
from lca.quantities.documents import Document, problem
from lca.quantities.records import ID, Record
from lca.quantities.sources import Source

_COLUMNS = ["provider", "region", "place", "country", "electricity", "source", "note"]


class RegionTableFile(Record):
    """inventories/electricity/<regions>.toml"""

    regions: str
    """Name of the CSV file beside this one."""
    comment: str | None = None
    sources: dict[str, Source] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Region:
    """A region of a provider, in a place."""

    provider: str
    region: str
    """As the provider writes it."""
    place: str
    country: str
    """ISO 3166-1 alpha-2."""
    electricity: str
    """Id of the mix that supplies the place."""
    cited: tuple[str, ...]
    """Which of `sources` tell the place, and what leads from it to the mix."""
    note: str
    file: str
    sources: Mapping[str, Source]

    @property
    def id(self) -> str:
        """What a scenario names it by."""
        return f"{self.provider}:{self.region}"


def read_regions(document: Document) -> tuple[dict[str, Region], list[Problem]]:
    """The regions of a table by id, and everything that is wrong in it."""
    header, problems = document.validate(RegionTableFile)
    if header is None:
        return {}, problems
    try:
        table = read_table(document, "regions", header.regions, _COLUMNS)
    except InvalidData as error:
        return {}, [*problems, *error.problems]
    regions: dict[str, Region] = {}
    for line, cells in table.rows:
        cited = tuple(cells["source"].split())
        found = Region(
            provider=cells["provider"],
            region=cells["region"],
            place=cells["place"],
            country=cells["country"],
            electricity=cells["electricity"],
            cited=cited,
            note=cells["note"],
            file=f"{table.shown}:{line}",
            sources=header.sources,
        )
        problems += (problem(table.shown, line, (column,), fault) for column, fault in _wrong(cells, found))
        if found.id in regions:
            fault = DuplicateId(f"the region {found.id!r} is already that of {regions[found.id].file}")
            problems.append(problem(table.shown, line, ("region",), fault))
        regions.setdefault(found.id, found)
    return regions, problems


def _wrong(cells: dict[str, str], region: Region) -> Iterator[tuple[str, Fault]]:
    for column in ("place", "electricity"):
        if not cells[column]:
            yield column, MissingKey("the cell is empty")
    if not re.fullmatch(ID, region.provider):
        yield "provider", WrongType(f"{region.provider!r} is no id: lower-case letters and digits, joined by hyphens")
    if not re.fullmatch(ID, region.region.lower()):
        yield "region", WrongType(f"{region.region!r} is no name: letters and digits, joined by hyphens")
    if not re.fullmatch("[A-Z]{2}", region.country):
        yield "country", WrongType(f"{region.country!r} is no country code of two capitals")
    if not region.cited:
        yield "source", Uncited("the place cites no source")
    for source in region.cited:
        if source not in region.sources:
            yield "source", UnknownSource(f"no source {source!r} in the table's TOML file")
