"""What equipment and sites that do not state a number probably have: typical.toml, drawn for estimates alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from lca.builtin import named
from lca.errors import Problem
from lca.inventory.activity import Activity
from lca.inventory.files.activity import Properties
from lca.quantities.documents import Document
from lca.quantities.records import In, Quantity, Record
from lca.quantities.sources import Source


class TypicalBuilding(Record):
    """What a data centre is made of, per kW of IT power."""

    activity: str
    """Id of the activity."""


class PublishedEffort(Record):
    """A published figure of what goes before a model is served."""

    of: Literal["development", "research", "reach_production", "failed"]
    """`development`: effort over that of the final training, of a model that is served; `research`: of one whose
    finding is the aim; `reach_production`: part of the models that are ever served; `failed`: part of the effort."""
    what: str
    """Whose, and how it was counted."""
    value: Annotated[Quantity, In("1", low=0)]


class TypicalFile(Record):
    """inventories/estimates/typical.toml"""

    comment: str | None = None
    properties: Properties
    """Of equipment and of a site, each with its range."""
    idle_share: Annotated[Quantity, In("1", low=0, high=1)]
    """Power at the plug of a machine that is idle, over its rated power."""
    building: TypicalBuilding
    development: Annotated[Quantity, In("1", above=0)] | None = None
    """Effort from ideation to failed runs, over that of the final training."""
    anchors: tuple[PublishedEffort, ...] = ()
    """Published figures that it is put between."""
    sources: dict[str, Source] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Typical:
    """The numbers of one such file."""

    activity: Activity
    """In whose name they are stated; it is in no catalogue."""
    idle_share: Quantity
    building: str
    development: Quantity | None = None
    anchors: tuple[PublishedEffort, ...] = ()


def read_typical(document: Document) -> tuple[Typical | None, list[Problem]]:
    """The numbers, and everything that is wrong in the file."""
    record, problems = document.validate(TypicalFile)
    if record is None:
        return None, problems
    place = Activity(
        "typical",
        "estimates",
        "typical equipment",
        "equipment",
        "item",
        "GLO",
        named(document.shown),
        properties=record.properties,
        sources=record.sources,
    )
    return Typical(place, record.idle_share, record.building.activity, record.development, record.anchors), problems
