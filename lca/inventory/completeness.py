"""Which flows make a category complete, and the state of one activity's own direct flows in it.

How states add up over a product system is in `lca.study`; here is what one activity knows of itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ConfigDict, Field, model_validator

from lca.errors import Fault, Problem, UnknownCategory, UnknownFlow, WrongType
from lca.inventory.activity import Activity, Documented, State
from lca.inventory.published import value_of
from lca.languages import Deferred, gettext
from lca.methods.categories import CATEGORIES
from lca.methods.library import Library
from lca.quantities.documents import Document
from lca.quantities.records import Record
from lca.quantities.sources import Source
from lca.vocabulary import WITHOUT_DIRECT_FLOWS, FlowState

_UNLISTED = Deferred("which flows must be present is not stated")
_NO_DATA = Deferred("no data")
_UNPUBLISHED = Deferred("no published value")
_OUT_OF_PROPORTION = Deferred("{flow}: out of all proportion")
_WITHOUT_FLOW = Deferred("{background} has no flow of this category here")


class Requirement(Record):
    """The direct flows of a technology that a category needs."""

    flows: tuple[str, ...] = ()
    """`name | top compartment`; any subcompartment of it will do."""
    none: bool = False
    """No direct flow of this technology reaches the category, by construction."""
    at_most: str | None = None
    """Largest absolute contribution, per unit of product and in the category's unit, of the flows that are not on the
    list; without a list, of all direct flows."""
    gate_to_gate: bool = False
    """Published values of this technology are of direct flows alone, so that `none` holds for them too."""
    source: str | tuple[str, ...]
    note: str | None = None

    @model_validator(mode="after")
    def _one_of(self) -> Requirement:
        if self.none == bool(self.flows or self.at_most):
            raise WrongType(gettext("a requirement names flows, at_most, or none = true"))
        if any(flow.count(" | ") != 1 for flow in self.flows):
            raise WrongType(gettext("write a flow as `name | compartment`"))
        return self


class RequiredFlowsFile(Record):
    """inventories/required-flows.toml: a table per technology, in it a requirement per category."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, dict[str, Requirement]]
    sources: dict[str, Source] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RequiredFlows:
    """Technology group → category id → the flows that must be present."""

    lists: Mapping[str, Mapping[str, Requirement]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Document, library: Library) -> tuple[RequiredFlows, list[Problem]]:
        """The lists of one file, and everything that is wrong in it."""
        record, problems = document.validate(RequiredFlowsFile)
        lists = record.__pydantic_extra__ if record else {}
        names = {f"{flow.name} | {flow.compartment.split('/')[0]}" for flow in library.flows.values()}
        for technology, requirements in lists.items():
            for category, requirement in requirements.items():
                if category not in CATEGORIES:
                    fault: Fault = UnknownCategory(gettext("no impact category {id!r}", id=category))
                    problems.append(document.problem((technology, category), fault))
                if requirement.at_most and category in CATEGORIES:
                    try:
                        value_of(requirement.at_most, CATEGORIES[category].unit)
                    except Fault as wrong:
                        problems.append(document.problem((technology, category, "at_most"), wrong))
                for flow in requirement.flows:
                    if flow not in names:
                        fault = UnknownFlow(gettext("no elementary flow {flow!r}", flow=flow))
                        problems.append(document.problem((technology, category, "flows"), fault))
        return cls(lists), problems

    def merged(self, other: RequiredFlows) -> RequiredFlows:
        """The lists of both; a technology of `other` replaces one of the same name."""
        return RequiredFlows({**self.lists, **other.lists})


def own_state(activity: Activity, category: str, required: RequiredFlows, library: Library) -> State:
    """The state of the activity's own direct flows in a category."""
    state = _own_state(activity, category, required, library)
    if activity.gaps:
        return State(FlowState.PARTIAL if state.known else FlowState.MISSING, (*state.gaps, *activity.gaps))
    return state


def _own_state(activity: Activity, category: str, required: RequiredFlows, library: Library) -> State:
    if activity.documented:
        return _documented(activity, activity.documented, library.factors[category])
    requirement = required.lists.get(activity.technology or "", {}).get(category)
    if activity.results and not (requirement and requirement.none and requirement.gate_to_gate):
        return _published(activity, category)
    if category in activity.negligible:
        return State(FlowState.NEGLIGIBLE, bound=activity.negligible[category])
    if activity.technology in WITHOUT_DIRECT_FLOWS:  # but a mix may emit, in its country, what stations do for it
        emits = any(emission.flow.code in library.factors[category] for emission in activity.emissions)
        return State(FlowState.INVENTORY if emits else FlowState.NONE)
    if requirement is None:
        known = any(emission.flow.code in library.factors[category] for emission in activity.emissions)
        gap = _UNLISTED() if known else _NO_DATA()
        return State(FlowState.PARTIAL if known else FlowState.MISSING, (gap,))
    if requirement.none:
        return State(FlowState.NONE)
    bound = abs(value_of(requirement.at_most, CATEGORIES[category].unit).number) if requirement.at_most else 0.0
    if not requirement.flows:
        return State(FlowState.NEGLIGIBLE, bound=bound)
    present = {
        (emission.flow.name, emission.flow.compartment.split("/")[0])
        for emission in activity.emissions
        if not emission.calibrated
    }
    absent = tuple(flow for flow in requirement.flows if tuple(flow.split(" | ")) not in present)
    if not absent:
        return State(FlowState.INVENTORY, bound=bound)
    known = any(emission.flow.code in library.factors[category] for emission in activity.emissions)
    return State(FlowState.PARTIAL if known else FlowState.MISSING, absent)


def _published(activity: Activity, category: str) -> State:
    for result in activity.results:
        if result.category == category:
            return State(FlowState.MISSING, (result.refused,)) if result.refused else State(FlowState.PUBLISHED)
    return State(FlowState.MISSING, (_UNPUBLISHED(),))


def _documented(activity: Activity, documented: Documented, factors: Mapping[str, float]) -> State:
    """Whole, as the other database has it; but what it has no flow of at all it does not speak of."""
    known = any(emission.flow.code in factors for emission in activity.emissions)
    refused = tuple(_OUT_OF_PROPORTION(flow=flow.name) for flow in documented.refused if flow.code in factors)
    if refused:
        return State(FlowState.PARTIAL if known else FlowState.MISSING, refused)
    if not known:
        return State(FlowState.MISSING, (_WITHOUT_FLOW(background=documented.background),))
    return State(FlowState.DOCUMENTED)
