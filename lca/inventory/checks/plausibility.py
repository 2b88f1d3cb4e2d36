"""What shows only once a catalogue is solved: loops without end, and scores out of all proportion.

Sources of this field hold dioxin at 1e15 kg and steel at a thousandth of its carbon. The gate solves by plain algebra,
apart from the engine, and holds each product against the impact of one person in one year and against the bands of
plausible.toml.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

from lca.errors import Fault, Problem, Suspicious
from lca.inventory.activity import Activity, State
from lca.inventory.link import value_of
from lca.methods.library import Library, category
from lca.quantities.documents import Document
from lca.quantities.positions import Loc
from lca.quantities.records import Record
from lca.quantities.sources import Source

MOST_PERSON_YEARS = {"kWh": 0.1, "MJ": 0.1, "t*km": 0.1, "kg": 1000.0, "L": 1000.0, "m3": 1000.0}
"""Largest normalised score in any category per unit of product; gold's ore alone is 800 per kg."""
LARGEST_LOOP = 10.0
Finding = tuple[str, Loc, Fault]


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
class Limits:
    """low and high of one product in one category."""

    activity: str
    category: str
    low: float
    high: float


def read_plausible(document: Document) -> tuple[list[Limits], list[Problem]]:
    """The bands of a file, and everything that is wrong in it."""
    record, problems = document.validate(PlausibleFile)
    limits = []
    for id, bands in (record.__pydantic_extra__ if record else {}).items():
        for name, band in bands.items():
            try:
                unit = category(name).unit
                limits.append(Limits(id, name, value_of(band.low, unit).number, value_of(band.high, unit).number))
            except Fault as fault:
                problems.append(document.problem((id, name), fault))
    return limits, problems


def findings(
    activities: Mapping[str, Activity],
    library: Library,
    normalisation: Mapping[str, float],
    limits: Iterable[Limits],
    state: Callable[[str, str], State],
) -> list[Finding]:
    """What is wrong with the solved catalogue: (activity id, place in its file, fault)."""
    ids = list(activities)
    try:
        supply = _supply(activities)
    except np.linalg.LinAlgError:
        fault = Suspicious("some activities need more of their own product than they make")
        return [(ids[0], (), fault)] if ids else []
    found: list[Finding] = []
    for place, id in enumerate(ids):
        if not 0 < supply[place, place] <= LARGEST_LOOP:
            times = f"{supply[place, place]:.3g} times"
            found.append((id, ("exchanges",), Suspicious(f"to deliver one unit it is run {times}: a loop too tight")))
    own = cache(lambda name: _own(activities, library, name))
    names = list(normalisation)
    scores = np.array([own(name) for name in names]).reshape(len(names), -1) @ supply
    allowed = np.array([MOST_PERSON_YEARS.get(activity.unit, np.inf) for activity in activities.values()])
    most = np.outer([normalisation[name] for name in names], allowed)
    for row, column in zip(*np.nonzero(np.abs(scores) > most), strict=True):
        unit, activity = category(names[row]).unit, activities[ids[column]]
        text = f"{scores[row, column]:.3g} {unit} of {names[row]} per {activity.unit}"
        found.append((ids[column], (), Suspicious(text)))
    return found + list(_beyond(activities, own, limits, supply, state))


def _beyond(
    activities: Mapping[str, Activity],
    own: Callable[[str], NDArray[Any]],
    limits: Iterable[Limits],
    supply: NDArray[Any],
    state: Callable[[str, str], State],
) -> Iterable[Finding]:
    place = {id: number for number, id in enumerate(activities)}
    for limit in limits:
        if limit.activity not in place:
            continue
        column = supply[:, place[limit.activity]]
        score = float(own(limit.category) @ column)
        reached = [id for id, amount in zip(activities, column, strict=True) if amount]
        whole = not any(state(id, limit.category).open for id in reached)
        if score > limit.high or (whole and score < limit.low):
            unit = category(limit.category).unit
            text = f"{score:.3g} {unit} of {limit.category}, outside the plausible {limit.low:g} to {limit.high:g}"
            yield limit.activity, (), Suspicious(text)


def _supply(activities: Mapping[str, Activity]) -> NDArray[Any]:
    """Amount of every activity (row) for one unit of every product (column). Raises LinAlgError."""
    place = {id: number for number, id in enumerate(activities)}
    technosphere = np.eye(len(place))
    for id, activity in activities.items():
        for input in activity.inputs:
            technosphere[place[input.activity], place[id]] -= input.amount
    return np.linalg.inv(technosphere)


def _own(activities: Mapping[str, Activity], library: Library, name: str) -> NDArray[Any]:
    """Score of every activity's own flows and published values."""
    factors = library.factors[name]
    own = np.zeros(len(activities))
    for place, activity in enumerate(activities.values()):
        for emission in activity.emissions:
            own[place] += factors.get(emission.flow.code, 0.0) * emission.amount
        for result in activity.results:
            if result.category == name and not result.refused:
                own[place] += result.value
    return own
