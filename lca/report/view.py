"""What several sheets need of a study: short names, scores by scenario and category, comparisons with the first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lca.languages import gettext, named
from lca.report.excel.cells import inert
from lca.study import tables
from lca.study.comparison.judgement import Judgement
from lca.study.study import Study
from lca.vocabulary import Completeness, Mark, Verdict

if TYPE_CHECKING:
    import pandas as pd

LONGEST_LABEL = 48
"""Characters of a scenario's name in headers and charts; Scenarios has it whole."""


@dataclass(frozen=True, slots=True)
class Score:
    """One score with what a reader must know beside it."""

    value: float
    """NaN: missing."""
    unit: str
    mark: str
    completeness: str
    gaps: int
    bound: float
    published_share: float

    @property
    def word(self) -> str:
        """`complete`, `≥`, `incomplete, sign unknown` or `missing`, in the language of the context."""
        return named(Mark(self.mark)) or named(Completeness(self.completeness))

    @property
    def missing(self) -> bool:
        return self.completeness == Completeness.MISSING


@dataclass(frozen=True, slots=True)
class ComparedScore:
    """One scenario against the first, in one category."""

    difference: float
    verdict: Verdict
    gaps: int
    """How many gaps do not cancel."""
    same_unit: bool
    """Whether both deliver the same functional unit."""

    @property
    def determinate(self) -> bool:
        return self.same_unit and self.verdict != Verdict.INDETERMINATE


@dataclass(frozen=True, slots=True)
class View:
    """A study as the sheets see it."""

    study: Study
    labels: Mapping[str, str]
    """Scenario → its name in headers."""
    scores: Mapping[tuple[str, str], Score]
    """(scenario, category) → score."""
    comparisons: Mapping[tuple[str, str], ComparedScore]
    """(scenario, category) → against the first scenario."""
    probable: Mapping[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    """(scenario, category) → the row of `Layers.scores`; empty: the study says what is known alone."""
    judgements: Mapping[tuple[str, str], Judgement] = field(default_factory=dict)
    """(scenario, category) → against the baseline, by ranges and estimates."""

    @classmethod
    def of(cls, study: Study) -> View:
        scores = {
            (row["scenario"], row["category"]): Score(
                row["score"],
                row["unit"],
                row["mark"],
                row["completeness"],
                len(row["gaps"]),
                row["bound"],
                row["published_share"],
            )
            for row in study.score_rows
        }
        comparisons = {}
        for row in study.differences():
            same_unit = study.functional_unit(row["scenario"]) == study.functional_unit(row["baseline"])
            compared = ComparedScore(row["difference"], Verdict(row["verdict"]), len(row["gaps"]), same_unit)
            comparisons[row["scenario"], row["category"]] = compared
        layers = study.layers
        probable: dict[tuple[str, str], Any] = {}
        judgements: dict[tuple[str, str], Judgement] = {}
        if layers:
            probable = {(row["scenario"], row["category"]): row for row in layers.rows.scores}
            judgements = {(judgement.scenario, judgement.category): judgement for judgement in layers.judgements}
        return cls(study, _labels(study.names), scores, comparisons, probable, judgements)

    def comparable(self, category: str) -> bool:
        """Whether all scenarios are known, differ by nothing unknown, and deliver the same functional unit."""
        others = [self.comparisons[name, category] for name in self.study.names[1:]]
        known = all(not self.scores[name, category].missing for name in self.study.names)
        return known and all(other.determinate for other in others)


def documented(study: Study) -> tuple[str, Mapping[tuple[str, str], float]]:
    """Name and version of the database of the user's that activities of a study are taken from, and what of each known
    score it documents, by (scenario, category), 0 to 1; "" and nothing where there is none."""
    table = tables.documented(study)
    if not len(table):
        return "", {}
    [name] = set(table.column("background"))
    shares = {(row["scenario"], row["category"]): row["share"] for row in table}
    return name, {(n, id): shares.get((n, id), 0.0) for n in study.names for id in study.categories}


def rows(table: pd.DataFrame) -> Iterator[Any]:
    """The rows of a view of a study, a column an attribute."""
    return iter(table.itertuples(index=False))


def apart(names: Sequence[str]) -> dict[str, str]:
    """Names without the words that all of them begin with: `Digits, in France` and `Digits, in Poland` are `in
    France` and `in Poland`.
    """
    if len(names) < 2:
        return {name: name for name in names}
    parts = [name.split(" ") for name in names]
    same = 0
    while all(len(words) > same + 1 and words[same] == parts[0][same] for words in parts):
        same += 1
    return {name: " ".join(words[same:]) for name, words in zip(names, parts, strict=True)}


def _labels(names: Sequence[str]) -> dict[str, str]:
    """A long name is written without what all of them begin with, and cut where it is still too long."""
    labels: dict[str, str] = {}
    short = apart(names)
    for number, name in enumerate(names, 1):
        label = " ".join(inert(name).split()) or gettext("(no name)")
        if len(label) > LONGEST_LABEL:
            label = " ".join(inert(short[name]).split())
        if len(label) > LONGEST_LABEL or label in labels.values():
            ending = f"… [{number}]"
            label = label[: LONGEST_LABEL - len(ending)].rstrip() + ending
        labels[name] = label
    return labels
