"""Activities and foregrounds as nodes and exchanges of Brightway databases: plain values, no class of this package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lca.inventory.activity import Activity, Emission, Input, Result
from lca.inventory.pedigree import spread
from lca.methods.categories import CATEGORIES
from lca.methods.library import Flow
from lca.quantities.locations import inert
from lca.quantities.sources import Source
from lca.quantities.values import Range
from lca.report.brightway.parameters import NamedNumbers
from lca.report.brightway.uncertainty import calculated_range, fields
from lca.study.layers import GapState
from lca.study.study import Study
from lca.system.parts import ForegroundExchange, ProductSystem
from lca.system.scenario import Scenario

OURS = "ai-lca"

Key = tuple[str, str]
Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """Of the databases that are written, and of the one that holds the elementary flows."""

    prefix: str = OURS
    """Of every database, and first part of the name of every method; the rest is bw2io's name of the category."""
    biosphere: str = "biosphere3"
    estimates: bool = False
    """Whether what gaps probably hold is written too, in a database and in methods of its own."""
    parameters: bool = False
    """Whether the stated numbers of a functional unit are parameters, and its amounts formulas of them."""

    @property
    def estimated(self) -> str:
        return f"{self.prefix} estimates"

    @property
    def published(self) -> str:
        return f"{self.prefix} published values"

    @property
    def background(self) -> str:
        return f"{self.prefix} background"

    @property
    def foreground(self) -> str:
        return f"{self.prefix} foreground"

    @property
    def databases(self) -> tuple[str, ...]:
        apart = (self.estimated,) if self.estimates else ()
        return (*apart, self.published, self.background, self.foreground)

    def method(self, category: str) -> tuple[str, ...]:
        """Name of the method that a category becomes."""
        return (self.prefix, *CATEGORIES[category].name)

    def method_with_estimates(self, category: str) -> tuple[str, ...]:
        """Name of the method that counts what its gaps probably hold too."""
        return (*self.method(category), "with estimates")


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


def pseudo_flow(result: Result, names: Names) -> Key:
    """The flow that carries published values of this method and category."""
    return names.published, f"{result.category}, {result.method}"


def published(result: Result) -> Node:
    """The biosphere flow that stands for published values of one method and category."""
    return {
        "name": f"published value: {CATEGORIES[result.category].name[1]}, {result.method}",
        "categories": ("published value",),
        "unit": CATEGORIES[result.category].unit,
        "type": "emission",
        "comment": "Factor 1 in its own category and nowhere else: other methods know nothing of it.",
    }


def estimated(study: Study) -> Iterator[Mapping[str, Any]]:
    """The rows of `Layers.gaps` that say what a gap probably holds."""
    if study.layers:
        for row in study.layers.gaps.to_dict("records"):
            if row["state"] == GapState.ESTIMATED and row["median"] > 0:
                yield {str(key): cell for key, cell in row.items()}


def estimated_flow(row: Mapping[str, Any], names: Names) -> Key:
    """The flow that carries what a gap holds in a category."""
    return names.estimated, f"{row['category']}, {row['gap']}"


def estimate(row: Mapping[str, Any]) -> Node:
    """The biosphere flow that stands for what a gap probably holds in a category."""
    return {
        "name": f"estimate: {row['gap']}, {CATEGORIES[row['category']].name[1]}",
        "categories": ("estimate",),
        "unit": CATEGORIES[row["category"]].unit,
        "type": "emission",
        "comment": "No inventory: an estimate by the class or the sector of what is missing. Factor 1 in the method "
        "with estimates of its category and nowhere else.",
    }


def absent(flow: Flow) -> Node:
    """An elementary flow that a project's own biosphere does not have."""
    return {
        "name": f"{flow.name}, {flow.location}" if flow.location else flow.name,
        "categories": tuple(flow.compartment.split("/")),
        "unit": flow.unit,
        "type": "natural resource" if flow.compartment.startswith("natural resource") else "emission",
        "comment": f"Emitted in {flow.location}: counted by a factor of that country."
        if flow.location
        else "The elementary flows of this project have no such flow.",
    }


@dataclass(frozen=True, slots=True)
class Writer:
    """Makes nodes for one project: of a study's activities, under these names, with the flows that are there."""

    study: Study
    names: Names
    flows: Mapping[str, Key]
    """Code of an elementary flow → database and code in the project; others are written beside published values."""

    def flow(self, flow: Flow) -> Key:
        return self.flows.get(flow.code, (self.names.published, flow.code))

    def activity(self, activity: Activity) -> Node:
        """An activity of the catalogue as a node with its exchanges."""
        exchanges = [self._production((self.names.background, activity.id), activity.product)]
        exchanges += [
            self._input(activity, input) for input in activity.inputs if input.activity in self.study.activities
        ]
        exchanges += [self._emission(activity, emission) for emission in activity.emissions]
        for result in admitted(activity, self.study.categories):
            exchanges.append(
                {
                    "input": pseudo_flow(result, self.names),
                    "amount": result.value,
                    "type": "biosphere",
                    "sources": list(result.sources),
                    **fields(result.value, result.range),
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

    def functional_unit(self, system: ProductSystem, scenario: Scenario | None) -> Node:
        """The activity of which one unit is the functional unit."""
        named = NamedNumbers(system) if self.names.parameters else None
        covered = {id: self.study.coverage[system.name, id] for id in self.study.categories}
        wanted = scenario.file.functional_unit.model_dump(mode="json", exclude_none=True) if scenario else {}
        product = wanted.get("service", "product of the activity")
        return {
            "name": system.name,
            "reference product": product,
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
            "exchanges": [
                self._production((self.names.foreground, system.name), product),
                *(self._tagged(exchange, named) for exchange in system.exchanges),
                *self._estimates(system.name),
            ],
        }

    def _estimates(self, name: str) -> Iterator[Node]:
        """What the gaps of a functional unit probably hold, where it is written."""
        for row in estimated(self.study) if self.names.estimates else ():
            if row["scenario"] == name:
                middle, high = row["median"], max(row["high"], row["median"])
                low = row["low"] if row["low"] > 0 else middle * middle / high
                spread = Range(low, high, "lognormal") if low < high else None
                flow = {"input": estimated_flow(row, self.names), "type": "biosphere", "amount": middle}
                yield {
                    **flow,
                    "comment": f"estimated by {row['basis']} {row['group']}".strip(),
                    **fields(middle, spread),
                }

    def _production(self, key: Key, product: str) -> Node:
        return {"input": key, "amount": 1.0, "type": "production", "reference product": product}

    def _technosphere(self, id: str) -> Node:
        """`reference product`: readers of bw2io's Excel files tell products of one name apart by it."""
        product = self.study.activities[id].product
        return {"input": (self.names.background, id), "type": "technosphere", "reference product": product}

    def _input(self, activity: Activity, input: Input) -> Node:
        return {**self._technosphere(input.activity), **_exchange(activity, input)}

    def _emission(self, activity: Activity, emission: Emission) -> Node:
        node = {"input": self.flow(emission.flow), "type": "biosphere", **_exchange(activity, emission)}
        return {**node, "calibrated": emission.calibrated}

    def _tagged(self, exchange: ForegroundExchange, named: NamedNumbers | None) -> Node:
        return {
            **({"formula": named.formula(exchange.value)} if named else {}),
            **self._technosphere(exchange.input),
            "amount": exchange.amount,
            "phase": exchange.phase,
            "stage": exchange.stage,
            "role": exchange.role,
            "origin": exchange.origin,
            "sources": [cited.id for cited in exchange.citations],
            "comment": exchange.formula,
            **fields(exchange.amount, calculated_range(exchange.value)),
        }


def _sources(sources: Mapping[str, Source]) -> dict[str, dict[str, Any]]:
    return {id: source.model_dump(mode="json", exclude_none=True) for id, source in sources.items()}


def _exchange(activity: Activity, exchange: Input | Emission) -> Node:
    return {
        "amount": exchange.amount,
        "stage": exchange.stage,
        "sources": list(exchange.sources),
        "comment": exchange.note,  # not `formula`: Brightway would evaluate that as one of its parameters
        **fields(exchange.amount, spread(activity, exchange)),
    }
