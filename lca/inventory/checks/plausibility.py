"""plausible.toml: the bands in which scores of products are expected."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ConfigDict, Field

from lca.errors import Fault, Problem
from lca.inventory.link import value_of
from lca.methods.library import category
from lca.quantities.documents import Document
from lca.quantities.records import Record
from lca.quantities.sources import Source

MOST_PERSON_YEARS = {"kWh": 0.1, "MJ": 0.1, "t*km": 0.1, "kg": 1000.0, "L": 1000.0, "m3": 1000.0}
"""Largest normalised score in any category per unit of product; gold's ore alone is 800 per kg."""


class Band(Record):
    """The range in which a product's score lies in every serious study."""

    low: str
    high: str
    source: str | tuple[str, ...]
    note: str | None = None


class PlausibleFile(Record):
    """plausible.toml: a table per activity, in it a band per category."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, dict[str, Band]]
    sources: dict[str, Source] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlausibleBand:
    """low and high of one product in one category."""

    activity: str
    category: str
    low: float
    high: float


def read_plausible(document: Document) -> tuple[list[PlausibleBand], list[Problem]]:
    """The bands of a file, and everything that is wrong in it."""
    record, problems = document.validate(PlausibleFile)
    limits = []
    for id, bands in (record.__pydantic_extra__ if record else {}).items():
        for name, band in bands.items():
            try:
                unit = category(name).unit
                limits.append(
                    PlausibleBand(id, name, value_of(band.low, unit).number, value_of(band.high, unit).number)
                )
            except Fault as fault:
                problems.append(document.problem((id, name), fault))
    return limits, problems
