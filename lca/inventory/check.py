"""The quality gate: one small check per way in which a catalogue that loads can still be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from lca.errors import Fault, OutOfRange, Problem, Uncited, WrongType
from lca.inventory.compiled import Activity, Emission, Input
from lca.inventory.completeness import WITHOUT_DIRECT_FLOWS
from lca.methods.library import Library
from lca.records import Document, Loc

Finding = tuple[Loc, Fault]


def problems_of(
    activities: Mapping[str, Activity], documents: Mapping[str, Document], library: Library
) -> list[Problem]:
    """What is wrong with activities that are linked."""
    problems = [
        documents[id].problem(loc, fault)
        for id, activity in activities.items()
        for check in _CHECKS
        for loc, fault in check(activity)
    ]
    fault = WrongType("the assembly is part of itself")
    return problems + [documents[id].problem(("technology",), fault) for id in parts_of_themselves(activities)]


def parts_of_themselves(activities: Mapping[str, Activity]) -> Iterator[str]:
    """An assembly is opened into its parts: one that is part of itself would have no end."""
    assemblies = {id: a for id, a in activities.items() if a.technology == "assembly"}
    for id in assemblies:
        parts, waiting = set[str](), [id]
        while waiting:
            found = {part.activity for part in assemblies[waiting.pop()].inputs if part.activity in assemblies} - parts
            parts |= found
            waiting += found
        if id in parts:
            yield id


def assembly_has_parts_and_no_flows(activity: Activity) -> Iterator[Finding]:
    """An assembly without parts would be a complete zero."""
    if activity.technology in WITHOUT_DIRECT_FLOWS:
        if not activity.inputs:
            yield ("technology",), WrongType(f"an activity of technology {activity.technology!r} has inputs")
        if activity.emissions:
            yield ("technology",), WrongType(f"an activity of technology {activity.technology!r} has no direct flows")


def numbers_have_a_spread(activity: Activity) -> Iterator[Finding]:
    """Every exchange has a range, or its activity a pedigree."""
    if activity.pedigree or activity.technology == "mix":
        return
    exchanges: tuple[Input | Emission, ...] = (*activity.inputs, *activity.emissions)
    if any(exchange.range is None for exchange in exchanges):
        yield ("exchanges",), Uncited("exchanges without a range, in an activity without a [pedigree]")


def resources_and_emissions_are_positive(activity: Activity) -> Iterator[Finding]:
    """A negative emission is a credit in disguise; credits are inputs with a negative amount."""
    for emission in activity.emissions:
        if emission.amount < 0:
            yield ("exchanges",), OutOfRange(f"{emission.flow.name!r} has the negative amount {emission.amount:g}")


_CHECKS: tuple[Callable[[Activity], Iterator[Finding]], ...] = (
    assembly_has_parts_and_no_flows,
    numbers_have_a_spread,
    resources_and_emissions_are_positive,
)
