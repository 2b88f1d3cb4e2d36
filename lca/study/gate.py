"""What shows only once a catalogue is solved: loops without end, and scores out of all proportion.

Sources of this field hold dioxin at 1e15 kg and steel at a thousandth of its carbon. Each product is held against the
impact of one person in one year, and against the bands of plausible.toml.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lca.engine.background import Background
from lca.errors import Problem, Suspicious
from lca.inventory.catalogue import Catalogue
from lca.inventory.checks.plausibility import MOST_PERSON_YEARS
from lca.methods.library import category
from lca.quantities.documents import problem


def gate(catalogue: Catalogue) -> list[Problem]:
    """What is wrong with the numbers of a catalogue: `lca check` runs it, loading does not."""
    names = tuple(dict.fromkeys((*catalogue.normalisation, *(limit.category for limit in catalogue.limits))))
    if not catalogue.activities:
        return []
    background = Background.of(catalogue, names)
    possible = [id for id in background.order if not background.impossible.keys() & background.upstream([id])]
    totals = {id: background.totals(id) for id in possible}
    return [
        *(background.too_tight(id) for id in background.impossible),
        *_out_of_proportion(catalogue, background, totals),
        *_outside_their_band(catalogue, background, totals),
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
        score = float(totals[limit.activity][background.categories.index(limit.category)])
        whole = not any(catalogue.state(id, limit.category).open for id in background.upstream([limit.activity]))
        if score > limit.high or (whole and score < limit.low):
            unit = category(limit.category).unit
            outside = f"{score:.3g} {unit} of {limit.category}, outside the plausible {limit.low:g} to {limit.high:g}"
            yield _problem(catalogue, limit.activity, outside)


def _problem(catalogue: Catalogue, id: str, what: str) -> Problem:
    file, _, line = catalogue.activities[id].file.partition(":")
    return problem(file, int(line or 1), (), Suspicious(what))
