"""The quality gate: one small check per way in which a catalogue that loads can still be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from lca.errors import Contradiction, Fault, OutOfRange, Problem, Suspicious, TooLarge, Uncited, Unlocated, WrongType
from lca.inventory.activity import Activity, Emission, Input
from lca.inventory.files.sources import UNLOCATED
from lca.languages import gettext
from lca.methods.library import Library
from lca.quantities.documents import Document
from lca.quantities.positions import Loc
from lca.vocabulary import WITHOUT_DIRECT_FLOWS, Stage

Finding = tuple[Loc, Fault]
MOST_PARTS = 10_000  # that an assembly opens into; a server has a hundred
DEEPEST_ASSEMBLY = 20  # assemblies inside each other; ours are three deep
MASS_TOLERANCE = 0.1  # of the whole: screws, glue and cables are in no list of parts


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
    assemblies = [*assemblies_without_end(activities), *assemblies_out_of_balance(activities)]
    return problems + [documents[id].problem(("technology",), fault) for id, fault in assemblies]


def assemblies_out_of_balance(activities: Mapping[str, Activity]) -> Iterator[tuple[str, Fault]]:
    """Where the mass of an assembly and of all its parts is known, the two agree."""
    for id, activity in activities.items():
        whole = activity.properties.mass
        if not activity.is_assembly or whole is None:
            continue
        parts = [
            _mass(activities[part.activity], part.amount) for part in activity.inputs if part.stage == Stage.PRODUCTION
        ]
        total = sum(part for part in parts if part is not None)
        if parts and None not in parts and abs(total - whole.amount) > MASS_TOLERANCE * whole.amount:
            yield (
                id,
                Suspicious(
                    gettext("its parts weigh {total:.4g} kg, it weighs {whole:.4g} kg", total=total, whole=whole.amount)
                ),
            )


def _mass(part: Activity, amount: float) -> float | None:
    if part.unit == "kg":
        return amount
    return part.properties.mass.amount * amount if part.properties.mass and part.unit == "item" else None


def assemblies_without_end(activities: Mapping[str, Activity]) -> Iterator[tuple[str, Fault]]:
    """An assembly is opened into its parts, of which there is an end, and neither too many nor too deep a nesting."""
    inside = {
        id: [part.activity for part in activity.inputs if activities[part.activity].is_assembly]
        for id, activity in activities.items()
        if activity.is_assembly
    }
    opened: dict[str, tuple[int, int]] = {}  # number of parts and depth, from the innermost assemblies outwards
    while ready := [id for id, parts in inside.items() if id not in opened and all(part in opened for part in parts)]:
        for id in ready:
            within = [opened[part] for part in inside[id]]
            parts = len(activities[id].inputs) + sum(number for number, _ in within)
            depth = 1 + max((depth for _, depth in within), default=0)
            opened[id] = parts, depth
            if parts > MOST_PARTS and all(number <= MOST_PARTS for number, _ in within):
                yield (
                    id,
                    TooLarge(
                        gettext(
                            "the assembly opens into {parts:,} parts; at most {most:,} are opened",
                            parts=parts,
                            most=MOST_PARTS,
                        )
                    ),
                )
            if depth == DEEPEST_ASSEMBLY + 1:
                yield (
                    id,
                    TooLarge(
                        gettext("assemblies inside each other more than {deepest} deep", deepest=DEEPEST_ASSEMBLY)
                    ),
                )
    for id in inside.keys() - opened.keys():
        if id in _all_inside(id, inside):
            yield id, WrongType(gettext("the assembly is part of itself"))


def _all_inside(id: str, inside: Mapping[str, list[str]]) -> set[str]:
    parts, waiting = set[str](), [id]
    while waiting:
        new = set(inside[waiting.pop()]) - parts
        parts |= new
        waiting += new
    return parts


def assembly_has_no_flows(activity: Activity) -> Iterator[Finding]:
    """An assembly counts as complete without any."""
    if activity.technology in WITHOUT_DIRECT_FLOWS and any(not e.flow.location for e in activity.emissions):
        yield (
            ("technology",),
            WrongType(
                gettext("an activity of technology {technology!r} has no direct flows", technology=activity.technology)
            ),
        )


def numbers_have_a_spread(activity: Activity) -> Iterator[Finding]:
    """Every exchange has a range, or its activity a pedigree."""
    if activity.pedigree or activity.is_mix:
        return
    exchanges: tuple[Input | Emission, ...] = (*activity.inputs, *activity.emissions)
    if any(exchange.range is None for exchange in exchanges):
        yield ("exchanges",), Uncited(gettext("exchanges without a range, in an activity without a [pedigree]"))


def resources_and_emissions_are_positive(activity: Activity) -> Iterator[Finding]:
    """A negative emission is a credit in disguise; credits are inputs with a negative amount."""
    for emission in activity.emissions:
        if emission.amount < 0:
            yield (
                ("exchanges",),
                OutOfRange(
                    gettext(
                        "{flow!r} has the negative amount {amount:g}", flow=emission.flow.name, amount=emission.amount
                    )
                ),
            )


def anchors_are_of_what_has_no_score(activity: Activity) -> Iterator[Finding]:
    """Beside a climate score, or inputs that give one, nobody knows which of the two gaps are reckoned from."""
    published = any(result.category == "climate-change" and not result.refused for result in activity.results)
    if activity.anchor and (activity.inputs or published):
        yield (
            ("anchor",),
            Contradiction(gettext("the activity has a climate score of its own, or inputs that give it one")),
        )


def sources_can_be_found_again(activity: Activity) -> Iterator[Finding]:
    """What was read somewhere tells where, and its licence; `read_source` demands it of shared sources."""
    for id, source in activity.sources.items():
        if not source.located:
            yield ("sources", id), Unlocated(gettext(UNLOCATED))


_CHECKS: tuple[Callable[[Activity], Iterator[Finding]], ...] = (
    assembly_has_no_flows,
    numbers_have_a_spread,
    resources_and_emissions_are_positive,
    sources_can_be_found_again,
    anchors_are_of_what_has_no_score,
)
