"""Categories of the user's own in a catalogue: factors, factors by place, published values, and lists of flows.

A list of required flows is of a category of bw2io. It speaks of a category of the user's own where all flows of that
one count in the other too: then what a technology must have, or has none of, is the same for both, as far as the list
names flows of the file. Where no list speaks, a score is never complete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from lca.inventory.activity import Activity
from lca.inventory.completeness import RequiredFlows, Requirement
from lca.inventory.files.factors_by_place import FactorsByPlace
from lca.inventory.places import in_their_places
from lca.inventory.published import value_of
from lca.methods.categories import CATEGORIES, EF
from lca.methods.library import Library
from lca.methods.own import OwnMethod


def placed(activities: Mapping[str, Activity], methods: Sequence[OwnMethod], library: Library) -> dict[str, Activity]:
    """The activities, each emitting what has factors by place in the methods where it is."""
    places: dict[str, dict[str, float]] = {}
    for method in methods:
        for code, factors in method.places.items():
            places[code] = {**places.get(code, {}), **factors}
    result = dict(activities)
    for code, factors in places.items():  # one by one: each sees the copies that those before it made
        result = in_their_places(result, [FactorsByPlace("", library.flows[code], factors)])
    return result


def characterised(method: OwnMethod, library: Library) -> Library:
    """The library with the category."""
    factors: dict[str, float] = {}
    for id, times in method.of_categories.items():
        for code, factor in library.factors[id].items():
            factors[code] = factors.get(code, 0.0) + times * factor
    for code, factor in method.factors.items():
        factors[code] = factors.get(code, 0.0) + factor
    for code, by_place in method.places.items():
        for place, factor in by_place.items():
            of_categories = sum(
                times * library.factors[id].get(code, 0.0) for id, times in method.of_categories.items()
            )
            factors[library.flows[code].of(place).code] = of_categories + factor
    return library.with_category(method.id, factors)


def multiplied(activity: Activity, method: OwnMethod) -> Activity:
    """The activity with its published values and bounds in the category that the method is a multiple of."""
    if method.multiple is None:
        return activity
    id = method.id
    base, times = method.multiple
    results = [
        replace(
            r,
            category=id,
            value=r.value * times,
            low=min(r.low * times, r.high * times),
            high=max(r.low * times, r.high * times),
            whole=None,
        )
        for r in activity.results
        if r.category == base
    ]
    inputs = [replace(i, negligible=_bounds(i.negligible, base, id, times)) for i in activity.inputs]
    negligible = _bounds(activity.negligible, base, id, times)
    if not results and negligible == activity.negligible and tuple(inputs) == activity.inputs:
        return activity
    return replace(activity, results=(*activity.results, *results), inputs=tuple(inputs), negligible=negligible)


def _bounds(negligible: Mapping[str, float], base: str, id: str, times: float) -> Mapping[str, float]:
    return {**negligible, id: abs(negligible[base] * times)} if base in negligible else negligible


def required(method: OwnMethod, lists: RequiredFlows, library: Library) -> tuple[RequiredFlows, tuple[str, ...]]:
    """The lists with those that hold for the category, and the categories that they are of."""
    speaking = dict(_speaking(method, library))
    used: set[str] = set()
    added: dict[str, Mapping[str, Requirement]] = {}
    for technology, requirements in lists.lists.items():
        for id, weights in speaking.items():
            requirement = requirements.get(id)
            own = _restated(requirement, id, weights, method, library) if requirement else None
            if own:
                used.add(id)
                added[technology] = {**requirements, method.id: own}
                break
    return RequiredFlows({**lists.lists, **added}), tuple(id for id in speaking if id in used)


def _speaking(method: OwnMethod, library: Library) -> Iterator[tuple[str, Mapping[str, float]]]:
    """Categories in which all flows of the method count → by code, how often a flow counts here for once there."""
    if method.multiple:
        base, times = method.multiple
        yield base, dict.fromkeys(library.factors[base], times)
        return
    if method.of_categories:
        return
    own = {code: [factor] for code, factor in method.factors.items()}
    for code, by_place in method.places.items():
        own.setdefault(code, []).extend(by_place.values())
    for id in EF:
        known = library.factors[id]
        if all(known.get(code) for code in own):
            yield id, {code: max(map(abs, factors)) / abs(known[code]) for code, factors in own.items()}


def _restated(
    requirement: Requirement, id: str, weights: Mapping[str, float], method: OwnMethod, library: Library
) -> Requirement | None:
    """A requirement of a category as one of the method; None: it does not say enough."""
    if requirement.none:
        return requirement
    named = {
        code: f"{library.flows[code].name} | {library.flows[code].compartment.split('/')[0]}"
        for code in weights
        if code in library.flows
    }
    flows = tuple(flow for flow in requirement.flows if flow in named.values())
    heaviest = max(weights.values())
    bound = abs(value_of(requirement.at_most, CATEGORIES[id].unit).number) * heaviest if requirement.at_most else None
    listed = max((weights[code] for code, flow in named.items() if flow in flows), default=0.0)
    if bound is None and (not flows or heaviest > listed):
        return None  # what the list leaves out as small in its category need not be small in this one
    at_most = None if bound is None else f"{bound!r} {method.used.category.unit}"
    return requirement.model_copy(update={"flows": flows, "at_most": at_most})


def counted(method: OwnMethod, activities: Mapping[str, Activity], lists: tuple[str, ...]) -> OwnMethod:
    """The method, saying how the inventories cover it."""
    emitted = {e.flow.code.partition("@")[0] for a in activities.values() for e in a.emissions}
    flows = sum(not emitted.isdisjoint(codes) for codes in method.rows.values())
    return replace(method, used=replace(method.used, emitted=flows, lists=lists))
