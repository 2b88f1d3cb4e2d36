"""Where a score flows: emitting activity → exchange of the foreground → phase and stage → score.

Every row of the study's table is one path, so what enters a node leaves it. A credit flows with its absolute size
in links of its own, marked as such: the score is the sum of the links into it, credits taken off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import pandas as pd

from lca.languages import gettext, named
from lca.report.excel.cells import inert
from lca.report.words import part_of_life
from lca.study.explanation import rows_of
from lca.study.study import Study
from lca.vocabulary import Completeness, Role

MOST = 8
"""Activities and exchanges told apart; the others are one node each."""


class Node(NamedTuple):
    """One node; `key` is empty for the others of its level."""

    level: int
    """0 activity, 1 exchange, 2 phase and stage, 3 score."""
    key: tuple[str, ...]
    label: str


@dataclass(frozen=True, slots=True)
class Edge:
    """One link."""

    source: Node
    target: Node
    score: float
    """Negative for a credit."""
    stage: str


def edges(study: Study, scenario: str, category: str, most: int = MOST, rows: pd.DataFrame | None = None) -> list[Edge]:
    """The links of one score; those into each level sum to the score. Empty where it is missing.

    `rows` are those of the study's table for this score, where the caller has them.
    """
    if study.coverage[scenario, category].completeness == Completeness.MISSING:
        return []
    rows = rows_of(study, scenario, category) if rows is None else rows
    columns = (rows[name] for name in ("activity", "role", "input", "phase", "stage", "score"))
    paths: dict[tuple[str, ...], float] = {}
    for activity, role, input, phase, stage, score in zip(*columns, strict=True):
        path: tuple[str, ...] = (activity, role, input, phase, stage, "-" if score < 0 else "")
        paths[path] = paths.get(path, 0.0) + float(score)
    activities = _largest({path: path[:1] for path in paths}, paths, most)
    exchanges = _largest({path: path[1:3] for path in paths}, paths, most)
    links: dict[tuple[Node, Node, str, str], float] = {}
    for path, score in paths.items():
        for source, target in pairwise(_nodes(study, path, activities, exchanges)):
            link = (source, target, path[4], path[5])
            links[link] = links.get(link, 0.0) + score
    flowing = [Edge(source, target, score, stage) for (source, target, stage, _), score in links.items() if score]
    return sorted(flowing, key=lambda edge: (edge.source.level, -abs(edge.score)))


def _largest(
    groups: Mapping[tuple[str, ...], tuple[str, ...]], paths: Mapping[tuple[str, ...], float], most: int
) -> set[tuple[str, ...]]:
    """The `most` groups through which most flows; one more where it would be alone among the others."""
    sizes: dict[tuple[str, ...], float] = {}
    for path, group in groups.items():
        sizes[group] = sizes.get(group, 0.0) + abs(paths[path])
    ordered = sorted(sizes, key=lambda group: -sizes[group])
    return set(ordered if len(ordered) == most + 1 else ordered[:most])


def _nodes(
    study: Study, path: tuple[str, ...], activities: set[tuple[str, ...]], exchanges: set[tuple[str, ...]]
) -> tuple[Node, ...]:
    activity, role, input, phase, stage, _ = path
    names = study.activities
    first = (activity,) if (activity,) in activities else ()
    second = (role, input) if (role, input) in exchanges else ()
    return (
        Node(0, first, inert(names[activity].name) if first else gettext("other activities")),
        Node(1, second, inert(f"{named(Role(role))}: {names[input].name}") if second else gettext("other exchanges")),
        Node(2, (phase, stage), part_of_life(phase, stage)),
        Node(3, ("score",), gettext("score")),
    )
