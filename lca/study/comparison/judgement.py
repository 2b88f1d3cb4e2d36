"""Verdicts with their ground, and how sure they are: from draws of all ranges, and from what holds for any gap."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lca.study.energy_chain import is_electricity
from lca.study.study import Study
from lca.study.uncertainty import Samples
from lca.vocabulary import Verdict

SURE, LIKELY = 0.95, 0.80
"""Probability from which a difference is called lower or higher, and from which probably so."""
WITH_ONE_WORLD_FACTOR = ("water-use",)
"""Categories whose factors are the same for every place, though what is lacking there is not."""


class Ground(StrEnum):
    """What a verdict rests on."""

    RANGES = "ranges"
    """On the draws alone: no gap differs between the two."""
    GAPS = "gaps"
    """On the draws, and on gaps that can only widen the difference."""
    OPEN = "open"
    """There is none: gaps remain that may turn it."""
    NEGLIGIBLE = "negligible"
    """There is none: the difference is within what counts as negligible."""
    MISSING = "missing"
    """There is none: a score is missing."""
    PLACE = "place"
    """There is none: the places differ, and the category has one factor for the whole world."""
    UNIT = "unit"
    """There is none: they deliver different functional units."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One scenario against another in one category."""

    scenario: str
    baseline: str
    category: str
    verdict: Verdict
    ground: Ground
    probability: float
    """Share of the draws in which the known score is lower."""
    gaps: int
    """Gaps that differ between the two."""

    @property
    def sure(self) -> bool:
        """Whether the verdict is more than a probable one."""
        return max(self.probability, 1 - self.probability) >= SURE

    def to_json(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario,
            "baseline": self.baseline,
            "category": self.category,
            "verdict": str(self.verdict),
            "sure": self.sure,
            "ground": str(self.ground),
            "probability_lower": self.probability,
            "gaps": self.gaps,
        }


def judged(study: Study, samples: Samples, baseline: str | None = None) -> tuple[Judgement, ...]:
    """A judgement for every scenario and category, against the baseline (default the first scenario).

    The rest of a difference has the sign of its known part where all differing gaps have it: then the draws of the
    known part tell it. Of open gaps they tell nothing.
    """
    base = study.baseline(baseline)
    places = {name: _places(study, name) for name in study.names}
    judgements = []
    for row in study.compare(base).to_dict("records"):
        name, category = row["scenario"], row["category"]
        less = samples.scores[name] - samples.scores[base]
        column = less[:, samples.categories.index(category)]
        lower = float((column < 0).mean() + (column == 0).mean() / 2)
        apart = category in WITH_ONE_WORLD_FACTOR and places[name] != places[base]
        verdict, ground = _verdict(row, lower, apart)
        judgements.append(Judgement(name, base, category, verdict, ground, lower, len(row["gaps"])))
    return tuple(judgements)


def _verdict(row: dict[Any, Any], lower: float, other_place: bool) -> tuple[Verdict, Ground]:
    if row["verdict"] == Verdict.NOT_COMPARABLE:
        return Verdict.NOT_COMPARABLE, Ground.UNIT
    if row["difference"] != row["difference"]:
        return Verdict.INDETERMINATE, Ground.MISSING
    if other_place:
        return Verdict.INDETERMINATE, Ground.PLACE
    if row["verdict"] == Verdict.EQUAL:
        return Verdict.EQUAL, Ground.RANGES
    known = bool(row["direction"]) or row["verdict"] in (Verdict.LOWER, Verdict.HIGHER)
    if not known and row["gaps"]:
        return Verdict.INDETERMINATE, Ground.OPEN
    likely = max(lower, 1 - lower)
    if likely < LIKELY:
        return Verdict.NOT_TOLD_APART, Ground.RANGES
    if not known:
        return Verdict.INDETERMINATE, Ground.NEGLIGIBLE
    return Verdict.LOWER if lower > 0.5 else Verdict.HIGHER, Ground.GAPS if row["gaps"] else Ground.RANGES


def _places(study: Study, name: str) -> frozenset[str]:
    """Where the electricity of a scenario comes from."""
    exchanges = study.system_by_name[name].exchanges
    return frozenset(study.activities[e.input].location for e in exchanges if is_electricity(e))
