"""Activities and foregrounds as nodes and exchanges of Brightway databases: plain values, no class of this package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from lca.inventory.activity import Activity, Emission, Input, Result
from lca.methods.categories import CATEGORIES
from lca.quantities.locations import inert
from lca.quantities.sources import Source
from lca.report.brightway.uncertainty import fields
from lca.system.parts import ForegroundExchange, ProductSystem
from lca.system.scenario import Scenario

BIOSPHERE, PUBLISHED = "biosphere3", "ai-lca published values"
BACKGROUND, FOREGROUND = "ai-lca background", "ai-lca foreground"
METHODS = "ai-lca"
"""First part of the name of every method; the rest is bw2io's name of the category."""

Key = tuple[str, str]
Node = dict[str, Any]


class Open(Protocol):
    @property
    def name(self) -> str: ...


class Covered(Protocol):
    @property
    def completeness(self) -> str: ...
    @property
    def items(self) -> Sequence[Open]: ...


class Model(Protocol):
    """What is written: a `Study` is one."""

    @property
    def scenarios(self) -> tuple[Scenario, ...]: ...
    @property
    def systems(self) -> tuple[ProductSystem, ...]: ...
    @property
    def categories(self) -> tuple[str, ...]: ...
    @property
    def activities(self) -> Mapping[str, Activity]: ...
    @property
    def coverage(self) -> Mapping[tuple[str, str], Covered]: ...
    @property
    def provenance(self) -> Mapping[str, str]: ...


def plain(node: Any) -> Any:
    """A node of Python's own types alone: bw2data pickles it, and who opens the project has no class of ours."""
    match node:
        case dict():
            return {plain(key): plain(value) for key, value in node.items()}
        case tuple():
            return tuple(plain(value) for value in node)
        case list():
            return [plain(value) for value in node]
        case str():
            return str.__str__(node)
        case None | bool() | int() | float():
            return node
    raise TypeError(f"{type(node).__name__} cannot be written into a project")


def admitted(activity: Activity, categories: Sequence[str]) -> Iterator[Result]:
    """Its published values in these categories."""
    return (r for r in activity.results if r.category in categories and not r.refused)


def pseudo_flow(result: Result) -> Key:
    """The flow that carries published values of this method and category."""
    return PUBLISHED, f"{result.category}, {result.method}"


def published(result: Result) -> Node:
    """The biosphere flow that stands for published values of one method and category."""
    return {
        "name": f"published value: {CATEGORIES[result.category].title}, {result.method}",
        "categories": ("published value",),
        "unit": CATEGORIES[result.category].unit,
        "type": "emission",
        "comment": "Factor 1 in its own category and nowhere else: other methods know nothing of it.",
    }


def activity(activity: Activity, categories: Sequence[str]) -> Node:
    """An activity of the catalogue as a node with its exchanges."""
    key = (BACKGROUND, activity.id)
    exchanges = [_production(key), *map(_input, activity.inputs), *map(_emission, activity.emissions)]
    for result in admitted(activity, categories):
        shown = {"low": result.low, "high": result.high} if result.low != result.high else {}
        exchanges.append(
            {
                "input": pseudo_flow(result),
                "amount": result.value,
                "type": "biosphere",
                "sources": list(result.sources),
                "published_range": shown,  # no shape is stated for it, so it is not a distribution
            }
        )
    return {
        "name": activity.name,
        "reference product": activity.product,
        "unit": activity.unit,
        "location": inert(activity.location) or "GLO",
        "type": "processwithreferenceproduct",
        "comment": activity.comment,
        "kind": activity.kind,
        "technology": activity.technology or "",
        "file": activity.file,
        "properties": activity.properties.model_dump(mode="json", exclude_none=True),
        "pedigree": activity.pedigree.model_dump() if activity.pedigree else {},
        "modelling": str(activity.modelling or ""),
        "sources": _sources(activity.sources),
        "missing": list(activity.gaps),
        "exchanges": exchanges,
    }


def _sources(sources: Mapping[str, Source]) -> dict[str, dict[str, Any]]:
    return {id: source.model_dump(mode="json", exclude_none=True) for id, source in sources.items()}


def _production(key: Key) -> Node:
    return {"input": key, "amount": 1.0, "type": "production"}


def _input(input: Input) -> Node:
    return {"input": (BACKGROUND, input.activity), "type": "technosphere", **_exchange(input)}


def _emission(emission: Emission) -> Node:
    node = {"input": (BIOSPHERE, emission.flow.code), "type": "biosphere", **_exchange(emission)}
    return {**node, "calibrated": emission.calibrated}


def _exchange(exchange: Input | Emission) -> Node:
    return {
        "amount": exchange.amount,
        "stage": exchange.stage,
        "sources": list(exchange.sources),
        "comment": exchange.note,  # not `formula`: Brightway would evaluate that as one of its parameters
        **fields(exchange.amount, exchange.range),
    }


def functional_unit(system: ProductSystem, scenario: Scenario | None, study: Model) -> Node:
    """The activity of which one unit is the functional unit."""
    covered = {id: study.coverage[system.name, id] for id in study.categories}
    wanted = scenario.file.functional_unit.model_dump(mode="json", exclude_none=True) if scenario else {}
    return {
        "name": system.name,
        "reference product": wanted.get("service", "product of the activity"),
        "unit": "functional unit",
        "location": "GLO",
        "type": "processwithreferenceproduct",
        "comment": (scenario.file.comment if scenario else "") or "",
        "tag": "functional_unit",  # what bw2analyzer's traversals read
        "tags": ["functional_unit"],
        "functional_unit": wanted or {"amount": "1 functional unit"},
        "modelling": sorted(system.modelling),
        "notes": list(system.notes),
        "completeness": {id: cover.completeness for id, cover in covered.items()},
        "gaps": {id: [item.name for item in cover.items] for id, cover in covered.items()},
        "sources": _sources(scenario.file.sources) if scenario else {},
        "exchanges": [_production((FOREGROUND, system.name)), *map(_tagged, system.exchanges)],
    }


def _tagged(exchange: ForegroundExchange) -> Node:
    return {
        "input": (BACKGROUND, exchange.input),
        "amount": exchange.amount,
        "type": "technosphere",
        "phase": exchange.phase,
        "stage": exchange.stage,
        "role": exchange.role,
        "origin": exchange.origin,
        "sources": [cited.id for cited in exchange.citations],
        "comment": exchange.formula,
    }
