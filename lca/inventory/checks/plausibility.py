"""plausible.toml and limits.toml: the bands in which scores and stated numbers of products are expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import ConfigDict, Field

from lca.errors import Fault, OutOfRange, Problem, UnknownKey
from lca.inventory.activity import Activity
from lca.inventory.files.activity import Properties
from lca.inventory.published import value_of
from lca.languages import gettext, localised
from lca.methods.categories import EF
from lca.methods.library import category
from lca.quantities import units
from lca.quantities.documents import Document
from lca.quantities.records import Quantity, Record, Written, near
from lca.quantities.sources import Source, ids

MOST_PERSON_YEARS = {"kWh": 0.1, "MJ": 0.1, "t*km": 0.1, "kg": 1000.0, "L": 1000.0, "m3": 1000.0}
"""Largest normalised score in any category per unit of product; gold's ore alone is 800 per kg."""
DELIVERY = "delivery"
"""In place of a category: the part of climate change that a product's own delivery makes."""


class Band(Record):
    """The range in which a product's score lies in every serious study."""

    low: str
    high: str
    published: str | None = None
    """The figure that the band lies around, of a study that is no source of the product: a score that is called
    complete and is below a fifth of it is a defect (`lca.validate.benchmarks`)."""
    unspecified_air: bool = False
    """The figure counts what stacks emit by the factors of air without a subcompartment."""
    source: str | tuple[str, ...]
    note: str | None = None


class PlausibleFile(Record):
    """plausible.toml: a table per activity, in it a band per category, or of its `delivery`."""

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
    published: float | None = None
    unspecified_air: bool = False
    of_delivery: bool = False
    """Of the part of the score that the product's own delivery makes."""
    sources: tuple[str, ...] = ()


def read_plausible(document: Document) -> tuple[list[PlausibleBand], list[Problem]]:
    """The bands of a file, and everything that is wrong in it."""
    record, problems = document.validate(PlausibleFile)
    limits = []
    for id, bands in (record.__pydantic_extra__ if record else {}).items():
        for name, band in bands.items():
            try:
                limits.append(_limit(id, name, band))
            except Fault as fault:
                problems.append(document.problem((id, name), fault))
    return limits, problems


def _limit(id: str, name: str, band: Band) -> PlausibleBand:
    if name == DELIVERY:
        low, high = (units.convert(units.parse(text), "1").number for text in (band.low, band.high))
        return PlausibleBand(id, EF[0], low, high, of_delivery=True)
    unit = category(name).unit
    low, high = value_of(band.low, unit).number, value_of(band.high, unit).number
    published = value_of(band.published, unit).number if band.published else None
    return PlausibleBand(id, name, low, high, published, band.unspecified_air, sources=ids(band.source))


class Limit(Record):
    """What no product of a kind comes near: beyond it, a number is a slip of its unit or its decimal point."""

    high: Written
    """The most of it, above what has been made or announced."""
    source: str | tuple[str, ...]
    note: str | None = None


class LimitsFile(Record):
    """limits.toml: a table per kind of activity, in it a limit per property."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, dict[str, Limit]]
    sources: dict[str, Source] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PropertyLimit:
    """The most that a property of a kind of activity may be."""

    kind: str
    name: str
    limit: Limit


def read_limits(document: Document) -> tuple[list[PropertyLimit], list[Problem]]:
    """The limits of a file, and everything that is wrong in it."""
    record, problems = document.validate(LimitsFile)
    limits = []
    for kind, named in (record.__pydantic_extra__ if record else {}).items():
        for name, limit in named.items():
            if name in Properties.model_fields:
                limits.append(PropertyLimit(kind, name, limit))
            else:
                unknown = UnknownKey(gettext("no property {name!r}", name=name) + near(name, Properties.model_fields))
                problems.append(document.problem((kind, name), unknown))
    return limits, problems


def beyond_limits(
    activities: Iterable[Activity], documents: Mapping[str, Document], limits: Iterable[PropertyLimit]
) -> Iterator[Problem]:
    """Properties that no product of their kind has."""
    stated = [activity for activity in activities if not activity.stands_in]
    for each in limits:
        for activity in stated:
            quantity: Quantity | None = getattr(activity.properties, each.name)
            if activity.kind != each.kind or quantity is None:
                continue
            most = units.convert(each.limit.high, quantity.unit).number
            if quantity.amount > most:
                written = localised(f"{quantity.amount:g} {units.written(quantity.unit)}")
                fault = OutOfRange(
                    gettext(
                        "{written} is more than {most}, which none of its kind comes near",
                        written=written,
                        most=each.limit.high,
                    )
                )
                yield documents[activity.id].problem(("properties", each.name), fault)
