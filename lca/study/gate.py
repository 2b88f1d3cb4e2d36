"""What shows only once a catalogue is solved: loops without end, scores out of all proportion, and stale remainders.

Sources of this field hold dioxin at 1e15 kg and steel at a thousandth of its carbon. Each product is held against the
impact of one person in one year, and against the bands of plausible.toml.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from lca.engine.background import Background
from lca.errors import Problem, Suspicious
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.inventory.checks.plausibility import MOST_PERSON_YEARS
from lca.methods.library import category
from lca.quantities.documents import problem
from lca.vocabulary import Stage

REST_TOLERANCE = 0.005
"""Of a published total: by as much its modelled parts and its rest may add up to something else, rounding included."""


def gate(catalogue: Catalogue) -> list[Problem]:
    """What is wrong with the numbers of a catalogue: `lca check` runs it, loading does not."""
    limited = (limit.category for limit in catalogue.limits)
    rests = (
        result.category for activity in catalogue.activities.values() for result in activity.results if result.whole
    )
    names = tuple(dict.fromkeys((*catalogue.normalisation, *limited, *rests)))
    if not catalogue.activities:
        return []
    background = Background.of(catalogue, names)
    possible: Iterable[str] = background.order
    if tight := background.impossible.keys():
        possible = [id for id in possible if not tight & background.upstream([id])]
    totals = {id: background.totals(id) for id in possible}
    return [
        *(background.too_tight(id) for id in background.impossible),
        *_out_of_proportion(catalogue, background, totals),
        *_outside_their_band(catalogue, background, totals),
        *_stale_rests(catalogue, background, totals),
    ]


def _out_of_proportion(
    catalogue: Catalogue, background: Background, totals: dict[str, np.ndarray]
) -> Iterator[Problem]:
    normal = catalogue.normalisation
    for id, scores in totals.items():
        unit = catalogue.activities[id].unit
        most = MOST_PERSON_YEARS.get(unit, np.inf)
        for name, score in zip(background.categories, scores, strict=True):
            if name in normal and abs(score) > normal[name] * most:
                yield _problem(catalogue, id, f"{score:.3g} {category(name).unit} of {name} per {unit}")


def _outside_their_band(
    catalogue: Catalogue, background: Background, totals: dict[str, np.ndarray]
) -> Iterator[Problem]:
    """A score above its band is wrong in any case; one below only where nothing is missing from it."""
    for limit in catalogue.limits:
        if limit.activity not in totals:
            continue
        place, times = background.categories.index(limit.category), 1.0
        score, what = float(totals[limit.activity][place]), f"{category(limit.category).unit} of {limit.category}"
        if limit.of_delivery:
            score = _delivered(catalogue.activities[limit.activity], totals, place) / score
            times, what = 100.0, f"% of {limit.category} by its own delivery"
        counted = background.upstream([limit.activity], background.cut(limit.category))
        whole = not any(catalogue.state(id, limit.category).open for id in counted)
        if score > limit.high or (whole and score < limit.low):
            plausible = f"{times * limit.low:g} to {times * limit.high:g}"
            outside = f"{times * score:.3g} {what}, outside the plausible {plausible}"
            yield _problem(catalogue, limit.activity, outside)


def _delivered(activity: Activity, totals: dict[str, np.ndarray], place: int) -> float:
    """The part of a score that a product's own delivery makes."""
    return sum(
        input.amount * float(totals[input.activity][place])
        for input in activity.inputs
        if input.stage == Stage.DISTRIBUTION
    )


def _stale_rests(catalogue: Catalogue, background: Background, totals: dict[str, np.ndarray]) -> Iterator[Problem]:
    """What a published total has beyond its modelled parts is reckoned again whenever these move.

    Where folders of the user's own are read, theirs alone are held to it: what they override is no fault of ours.
    """
    own = [Path(root).resolve() for root in catalogue.folders]
    activities = {id: each for id, each in catalogue.activities.items() if not own or _lies_in(each, own)}
    for whole in activities.values():
        for part in (input for input in whole.inputs if input.activity in activities):
            for result in catalogue.activities[part.activity].results:
                if not result.whole or whole.id not in totals or result.refused:
                    continue
                score = float(totals[whole.id][background.categories.index(result.category)]) / part.amount
                if abs(score - result.whole) > REST_TOLERANCE * abs(result.whole):
                    unit, rest = category(result.category).unit, result.value + result.whole - score
                    stale = f"{result.value:.4g} {unit} of {result.category} is not the rest of {result.whole:.4g}:"
                    beside = f"{whole.id} has {score - result.value:.4g} beside it; write {rest:.4g} {unit}"
                    yield _problem(catalogue, part.activity, f"{stale} {beside}")


def _lies_in(activity: Activity, folders: Iterable[Path]) -> bool:
    file = Path(activity.file.partition(":")[0]).resolve()
    return any(file.is_relative_to(folder) for folder in folders)


def _problem(catalogue: Catalogue, id: str, what: str) -> Problem:
    file, _, line = catalogue.activities[id].file.partition(":")
    return problem(file, int(line or 1), (), Suspicious(what))
