"""Regions of cloud providers as a table: where each is, and which electricity mix supplies it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from lca.errors import DuplicateId, InvalidData, MissingKey, Problem, Uncited, WrongType
from lca.inventory.files.table import TEXT, TableRow, read_table
from lca.languages import gettext
from lca.quantities.documents import THE_TABLES_FILE, Document
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
        rows = read_table(document, "regions", header.regions, dict.fromkeys(_COLUMNS, TEXT))
    except InvalidData as error:
        return {}, [*problems, *error.problems]
    regions: dict[str, Region] = {}
    for row in rows:
        region = _region(row, header, document)
        if region.id in regions:
            row.refuse(
                "region",
                DuplicateId(
                    gettext("the region {id!r} is already that of {file}", id=region.id, file=regions[region.id].file)
                ),
            )
        regions.setdefault(region.id, region)
        problems += row.problems
    return regions, problems


def _region(row: TableRow, header: RegionTableFile, document: Document) -> Region:
    cited = tuple(row.cells["source"].split())
    region = Region(
        provider=row.cells["provider"],
        region=row.cells["region"],
        place=row.cells["place"],
        country=row.cells["country"],
        electricity=row.cells["electricity"],
        cited=cited,
        note=row.cells["note"],
        file=row.file,
        sources=document.with_shared(header.sources, cited),
    )
    for column in ("place", "electricity"):
        if not row.cells[column]:
            row.refuse(column, MissingKey(gettext("the cell is empty")))
    if not re.fullmatch(ID, region.provider):
        what = gettext("{id!r} is no id: lower-case letters and digits, joined by hyphens", id=region.provider)
        row.refuse("provider", WrongType(what))
    if not re.fullmatch(ID, region.region.lower()):
        row.refuse(
            "region",
            WrongType(gettext("{region!r} is no name: letters and digits, joined by hyphens", region=region.region)),
        )
    if not re.fullmatch("[A-Z]{2}", region.country):
        row.refuse(
            "country", WrongType(gettext("{country!r} is no country code of two capitals", country=region.country))
        )
    if not region.cited:
        row.refuse("source", Uncited(gettext("the place cites no source")))
    for source in region.cited:
        if source not in region.sources:
            row.refuse("source", document.unknown_source(source, header.sources, THE_TABLES_FILE))
    return region
