"""From a score to its sources, as steps that sum to the score; explained by the factors that the study holds.

A score is the sum of foreground exchanges; an exchange that of the activities that emit for it; an activity that of its
own flows times their factors, or one published value. Every list is ordered by size, its smallest as one last step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import pandas as pd

from lca.errors import UsageError
from lca.inventory.activity import Activity
from lca.languages import gettext
from lca.methods.categories import CATEGORIES
from lca.quantities.sources import Source
from lca.study.coverage import OpenItem
from lca.study.study import Study
from lca.study.upstream import marks_of_parts, worst
from lca.system.parts import ForegroundExchange
from lca.vocabulary import Completeness

Key = tuple[str, str, str, str]
"""Phase, stage, role and input of an exchange."""
MOST = 10


class StepKind(StrEnum):
    """What a step of an explanation is."""

    EXCHANGE = "exchange"
    """Of the foreground."""
    ACTIVITY = "activity"
    FLOW = "flow"
    PUBLISHED = "published"
    OTHERS = "others"
    """The smaller ones of a list, as one."""


@dataclass(frozen=True, slots=True)
class Step:
    """One reason for a score, with the reasons behind it."""

    kind: StepKind
    name: str
    """Empty for a published value and for others."""
    score: float
    """In the unit of the category, per functional unit; the steps below sum to it."""
    mark: str = ""
    """Of an incomplete exchange or activity: `≥`, or `incomplete, sign unknown`."""
    phase: str = ""
    stage: str = ""
    amount: float | None = None
    """Of the product or flow per functional unit."""
    unit: str = ""
    formula: str = ""
    """How the amount came about, or how the score follows from it."""
    origin: str = ""
    """Origin of the energy behind an exchange."""
    id: str = ""
    """Id of the activity."""
    file: str = ""
    """Inventory file of the activity, or that states the amount; empty: the scenario does."""
    sources: tuple[Source, ...] = ()
    steps: tuple[Step, ...] = ()
    count: int = 0
    """Of the steps that stand together as others."""
    calibrated: bool = False
    """Whether the flow's amount was fitted to a published value."""
    method: str = ""
    """Of a published value."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A published value of one activity, for one functional unit, that is not counted."""

    activity: str
    value: float
    times: float
    """Of the score."""
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One score, what it is made of and what it leaves out."""

    scenario: str
    category: str
    unit: str
    score: float | None
    """None: missing."""
    mark: str
    completeness: Completeness
    steps: tuple[Step, ...]
    gaps: tuple[OpenItem, ...]
    aside: tuple[SetAside, ...] = ()
    """Published values that the score does not count."""


def explain(
    study: Study, scenario: str, category: str, most: int | None = MOST, rows: pd.DataFrame | None = None
) -> Explanation:
    """What the score of a scenario is made of: in every list the `most` largest steps, and all others as one.

    `rows` are those of the study's table for this score, where the caller has them. Raises UsageError for a scenario or
    category that the study does not have.
    """
    if (scenario, category) not in study.coverage:
        known = ", ".join(map(repr, study.names if scenario not in study.names else study.categories))
        raise UsageError(
            gettext(
                "the study has no score of {scenario!r} in {category!r}; there are: {known}",
                scenario=scenario,
                category=category,
                known=known,
            )
        )
    cover = study.coverage[scenario, category]
    rows = rows_of(study, scenario, category) if rows is None else rows
    steps, score = _Steps(study, scenario, category, most).exchanges(rows)
    missing = cover.completeness == Completeness.MISSING
    return Explanation(
        scenario,
        category,
        CATEGORIES[category].unit,
        None if missing else score,
        cover.mark,
        cover.completeness,
        () if missing else steps,
        cover.items,
        tuple(
            SetAside(row["activity"], row["value"], row["times"], row["reason"])
            for row in study.set_aside().to_dict("records")
            if (row["scenario"], row["category"]) == (scenario, category)
        ),
    )


def rows_of(study: Study, scenario: str, category: str) -> pd.DataFrame:
    """The rows of the study's table that sum to one score."""
    table = study.table
    return table[(table["scenario"] == scenario) & (table["category"] == category)]


class _Steps:
    """The steps of one score."""

    def __init__(self, study: Study, scenario: str, category: str, most: int | None) -> None:
        self.study, self.category, self.most = study, category, most
        self.system = study.system_by_name[scenario]
        self.cover = study.coverage[scenario, category]
        self.partial = {item.name for item in self.cover.items}
        self.unit = CATEGORIES[category].unit
        known = study.scenario_by_name.get(scenario)
        self.stated: Mapping[str, Source] = known.file.sources if known else {}
        self.own: dict[str, list[Step]] = {}
        """Activity → what one unit of it emits."""

    def exchanges(self, rows: pd.DataFrame) -> tuple[tuple[Step, ...], float]:
        """The exchanges of the foreground, and their sum."""
        emitted: dict[Key, dict[str, float]] = {}
        columns = (rows[name] for name in ("phase", "stage", "role", "input", "activity", "score"))
        for phase, stage, role, input, activity, score in zip(*columns, strict=True):
            emitters = emitted.setdefault((phase, stage, role, input), {})
            emitters[activity] = emitters.get(activity, 0.0) + float(score)
        alike: dict[Key, list[ForegroundExchange]] = {}
        for exchange in self.system.exchanges:
            key = (exchange.phase, exchange.stage, exchange.role, exchange.input)
            if key in emitted:
                alike.setdefault(key, []).append(exchange)
        steps = [self._exchange(exchanges, emitted[key]) for key, exchanges in alike.items()]
        return largest(steps, self.most), sum(step.score for step in steps)

    def _exchange(self, alike: Sequence[ForegroundExchange], emitted: Mapping[str, float]) -> Step:
        """Exchanges of the same phase, stage, role and input."""
        first = alike[0]
        alone = replace(self.system, exchanges=tuple(alike), gaps=())
        mark = next(iter(marks_of_parts(self.study, alone, self.category).values()), "")
        steps = [self._activity(self.study.activities[id], score) for id, score in emitted.items()]
        return Step(
            StepKind.EXCHANGE,
            f"{first.role}: {self.study.activities[first.input].name}",
            sum(emitted.values()),
            mark,
            first.phase,
            first.stage,
            sum(exchange.amount for exchange in alike),
            first.unit,
            " + ".join(dict.fromkeys(exchange.formula for exchange in alike)),
            first.origin,
            first.input,
            file=", ".join(first.files),
            sources=tuple(dict.fromkeys(cited.source for exchange in alike for cited in exchange.citations)),
            steps=largest(steps, self.most),
        )

    def _activity(self, activity: Activity, score: float) -> Step:
        """An emitting activity: the amount of it follows from what one unit of it emits."""
        if activity.id not in self.own:
            self.own[activity.id] = list(self._own(activity))
        own = self.own[activity.id]
        amount = score / sum(step.score for step in own)
        steps = [
            replace(step, score=step.score * amount, amount=step.amount * amount if step.amount is not None else None)
            for step in own
        ]
        mark = self.cover.mark if activity.id in self.partial else ""
        return Step(
            StepKind.ACTIVITY,
            activity.name,
            score,
            mark,
            amount=amount,
            unit=activity.unit,
            id=activity.id,
            file=activity.file,
            steps=largest(steps, self.most),
        )

    def _own(self, activity: Activity) -> Iterator[Step]:
        """What one unit of an activity emits in this category."""
        factors = self.study.factors[self.category]
        for emission in activity.emissions:
            factor = factors.get(emission.flow.code)
            if factor and emission.amount:
                flow = emission.flow
                per_unit = f"{emission.amount:.4g} {flow.unit}/{activity.unit}"
                formula = f"{per_unit} × {factor:.4g} {self.unit}/{flow.unit}"
                sources = self._sources(activity, emission.sources)
                yield Step(
                    StepKind.FLOW,
                    f"{flow.name} | {flow.compartment}",
                    emission.amount * factor,
                    "",
                    "",
                    "",
                    emission.amount,
                    flow.unit,
                    formula,
                    sources=sources,
                    calibrated=emission.calibrated,
                )
        for result in activity.results:
            if result.category == self.category and not result.refused and result.value:
                formula = f"{result.value:.4g} {self.unit}/{activity.unit}"
                sources, method = self._sources(activity, result.sources), result.method
                yield Step(StepKind.PUBLISHED, "", result.value, formula=formula, sources=sources, method=method)

    def _sources(self, activity: Activity, ids: Sequence[str]) -> tuple[Source, ...]:
        """The sources that a file defines; those of an activity that the scenario itself states are the scenario's."""
        defined = {**activity.sources} if activity.file else {**self.stated, **activity.sources}
        return tuple(defined[id] for id in ids if id in defined)


def largest(steps: Sequence[Step], most: int | None) -> tuple[Step, ...]:
    """The largest steps first; those beyond `most` as one, unless that one were alone."""
    ordered = sorted(steps, key=lambda step: -abs(step.score))
    if most is None or len(ordered) <= most + 1:
        return tuple(ordered)
    rest = ordered[most:]
    mark = worst(step.mark for step in rest)  # the sign of a sum is unknown where that of one part is
    others = Step(StepKind.OTHERS, "", sum(step.score for step in rest), mark, count=len(rest))
    return *ordered[:most], others
