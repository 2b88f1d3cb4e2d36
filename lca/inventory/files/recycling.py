"""Recycled content and recovered materials, by one of three end-of-life formulas that hold for a whole study.

`cut-off`: recycled content comes without the burden of the virgin material, recovery earns nothing. `avoided-burden`:
material is counted as virgin, recovery avoids virgin material. `circular-footprint`: between the two, by a factor per
material. All three are the circular footprint formula, with the factor A = 1, 0, or the material's. A formula changes
production and end of life together, so that nothing is credited twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal, get_args

from pydantic import Field

from lca.builtin import named
from lca.equations import recycled_at_end, recycled_in_production, virgin_avoided, virgin_in_production
from lca.errors import Problem, UsageError
from lca.inventory.activity import Activity, Input
from lca.languages import Deferred, gettext
from lca.quantities.documents import Document
from lca.quantities.records import In, Quantity, Record, near
from lca.quantities.sources import Source, ids
from lca.vocabulary import MIX, Stage

Formula = Literal["cut-off", "circular-footprint", "avoided-burden"]
FORMULAS: tuple[Formula, ...] = get_args(Formula)
PUBLISHED = Deferred("a published result keeps the end-of-life formula that it was made with")()
UNKNOWN = Deferred("recycled content and recovery of this material are not known")()


def formula_named(name: str) -> Formula:
    """The end-of-life formula of this name. Raises UsageError with near names."""
    for known in FORMULAS:
        if known == name:
            return known
    raise UsageError(
        gettext(
            "no end-of-life formula {name!r}{hint}; there are: {known}",
            name=name,
            hint=near(name, FORMULAS),
            known=", ".join(FORMULAS),
        )
    )


class Recycling(Record):
    """A material with a virgin and a recycled route, per kg."""

    name: str
    virgin: str
    """Id of the virgin route."""
    recycled: str
    """Id of the recycled route."""
    recycled_content: Annotated[Quantity, In("1", low=0, high=1)]
    """R1: share of recycled material in what is bought."""
    allocation: Annotated[Quantity, In("1", low=0, high=1)]
    """A: share of the recycling that the user of recycled material carries."""
    quality: Annotated[Quantity, In("1", above=0, high=1)]
    """Quality of the recycled over that of the virgin material."""


class RecyclingFile(Record):
    """recycling.toml: a table per material."""

    materials: dict[str, Recycling]
    sources: dict[str, Source] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Routes:
    """A material's routes and factors, and the file they were read from."""

    material: Recycling
    file: str
    kind: str
    sources: Mapping[str, Source]


def market(id: str, routes: Routes, formula: Formula) -> Activity:
    """One kg of the material as bought, by a formula."""
    material = routes.material
    content, allocation, quality = (
        material.recycled_content.amount,
        _allocation(material, formula),
        material.quality.amount,
    )
    amounts = {
        material.virgin: virgin_in_production(content, allocation, quality),
        material.recycled: recycled_in_production(content, allocation),
    }
    note = f"{formula}: R1 = {content:g}, A = {allocation:g}, Q = {quality:g}"
    cited = tuple(dict.fromkeys((*ids(material.recycled_content.source or ()), *ids(material.allocation.source or ()))))
    inputs = tuple(
        Input(route, amount, Stage.PRODUCTION, None, cited, note) for route, amount in amounts.items() if amount
    )
    return Activity(
        id=id,
        kind=routes.kind,
        name=material.name,
        product=id,
        unit="kg",
        location="GLO",
        file=routes.file,
        technology=MIX,
        inputs=inputs,
        sources=routes.sources,
        comment=note,
    )


def by_formula(
    activities: Mapping[str, Activity], recycling: Mapping[str, Routes], formula: Formula
) -> dict[str, Activity]:
    """The activities under another formula than the cut-off they are written for: markets, recoveries and gaps."""
    routes = {route for each in recycling.values() for route in (each.material.virgin, each.material.recycled)}
    result: dict[str, Activity] = {}
    for id, activity in activities.items():
        if id in recycling:
            bought = market(id, recycling[id], formula)
            result[id] = replace(bought, estimate_class=activity.estimate_class, sector=activity.sector)
        elif formula == "cut-off":
            result[id] = activity
        else:
            gaps = [PUBLISHED] if activity.results else []
            gaps += [UNKNOWN] if activity.kind == "materials" and id not in routes else []
            inputs = (*activity.inputs, *_credits(activity, recycling, formula))
            result[id] = replace(activity, inputs=inputs, gaps=(*activity.gaps, *gaps))
    return result


def _credits(activity: Activity, recycling: Mapping[str, Routes], formula: Formula) -> list[Input]:
    credits = []
    for item in activity.recovers:
        material = recycling[item.material].material
        allocation = _allocation(material, formula)
        recycled = recycled_at_end(item.mass, allocation)
        avoided = virgin_avoided(item.mass, allocation, material.quality.amount)
        note = f"{formula}: {item.mass:.4g} kg of {item.material} recovered, A = {allocation:g}"
        credits.append(Input(material.recycled, recycled, Stage.END_OF_LIFE, None, item.sources, note))
        credits.append(Input(material.virgin, -avoided, Stage.END_OF_LIFE, None, item.sources, note))
    return credits


def _allocation(material: Recycling, formula: Formula) -> float:
    return {"cut-off": 1.0, "avoided-burden": 0.0}.get(formula, material.allocation.amount)


def read_recycling(document: Document, kind: str) -> tuple[dict[str, Routes], list[Problem]]:
    """The materials of a file, and everything that is wrong in it."""
    record, problems = document.validate(RecyclingFile)
    materials = record.materials if record else {}
    sources = record.sources if record else {}
    return {id: Routes(material, named(document.shown), kind, sources) for id, material in materials.items()}, problems
