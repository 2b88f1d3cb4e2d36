"""The contribution tree of the page: a score, its phases and stages, and the explanation of each down to the source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lca.languages import gettext
from lca.methods.categories import CATEGORIES
from lca.quantities.sources import Source
from lca.report.excel.cells import inert
from lca.report.html.text import isolated, share, state
from lca.report.terminal.explanation import described, facts
from lca.report.view import View
from lca.report.words import missing, number, part_of_life
from lca.study.explanation import Step, StepKind, explain, largest
from lca.study.upstream import PartOfLife, marks_of_parts, parts_of_life

EXCHANGES, ACTIVITIES = 8, 5
"""Exchanges named of each part, and activities and flows of each exchange; the others are one row."""

Branch = dict[str, Any]
"""`t` text, `v` value, `p` share in words, `w` share of the score, `g` number of gaps, `f` facts, `s` numbers of
sources, `b` branches."""


def tree(view: View, scenario: str, category: str, numbers: Mapping[Source, int], rows: pd.DataFrame) -> Branch:
    """The branches of one score, of the rows of the study's table that sum to it; so does every level below."""
    score = view.scores[scenario, category]
    value = f"{number(score.value, score.mark)} {score.unit}"
    title = gettext(
        "{title} of {scenario}, {state}",
        title=CATEGORIES[category].title,
        scenario=isolated(view.labels[scenario]),
        state=state(score),
    )
    root: Branch = {"t": title, "v": missing() if score.missing else value, "g": score.gaps}
    if score.missing:
        return root
    explanation = explain(view.study, scenario, category, None, rows)
    system = view.study.system_by_name[scenario]
    marks = marks_of_parts(view.study, system, category)
    branches = []
    for part in (part for part in parts_of_life(view.study.systems) if part in marks):
        steps = [step for step in explanation.steps if PartOfLife(step.phase, step.stage) == part]
        total = sum(step.score for step in steps)
        value = missing() if not steps and marks[part] else number(total, marks[part])
        branch = {"t": part_of_life(part.phase, part.stage), "v": value, **_share(total, score.value)}
        below = [_branch(step, score.value, numbers, ACTIVITIES) for step in largest(steps, EXCHANGES)]
        branches.append((total, branch | {"b": below}))
    branches.sort(key=lambda item: -abs(item[0]))
    return root | {"b": [branch for _, branch in branches]}


def _branch(step: Step, score: float, numbers: Mapping[Source, int], most: int) -> Branch:
    name = step.name if step.kind == StepKind.EXCHANGE else described(step)  # its part says phase and stage already
    branch: Branch = {"t": inert(name), "v": number(step.score, step.mark), **_share(step.score, score)}
    lines = [[label, inert(value)] for label, value in facts(step)]
    cited = [numbers[source] for source in step.sources if source in numbers]
    below = [_branch(inner, score, numbers, most) for inner in largest(step.steps, most)]
    return branch | {key: value for key, value in (("f", lines), ("s", cited), ("b", below)) if value}


def _share(part: float, score: float) -> Branch:
    return {"p": share(part, score), "w": round(part / score, 4) if score else 0.0}
