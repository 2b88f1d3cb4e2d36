"""Verdicts with their ground, and how sure they are: from draws of all ranges and estimates, and from what holds for
any gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.estimate.gap import UNIFORM, Basis, Estimate
from lca.study.coverage import differences
from lca.study.energy_chain import is_electricity
from lca.study.study import Study
from lca.study.uncertainty import Samples
from lca.vocabulary import Verdict

SURE, LIKELY = 0.95, 0.80
"""Probability from which a difference is called lower or higher, and from which probably so."""
WRONG = 10.0
"""Factor by which any one estimate may be wrong, either way, without turning a verdict that is sure."""
BY_PLACE = {"water-use": (0.1, 100.0)}
"""Categories in which a place decides, with the least and the most that any place's factor can be (AWARE's own bounds):
what is emitted in no known country counts by one factor for the whole world."""

Draws = NDArray[np.float64]


class Ground(StrEnum):
    """What a verdict rests on."""

    RANGES = "ranges"
    """On the draws of ranges alone: no gap differs between the two."""
    GAPS = "gaps"
    """On the draws, and on gaps that can only widen the difference."""
    ESTIMATES = "estimates"
    """On the draws of ranges and of what the gaps probably hold."""
    REPEATS = "repeats"
    """Repeated measurements do not tell the difference from none."""
    OPEN = "open"
    """There is none: gaps without an estimate remain that may turn it."""
    MISSING = "missing"
    """There is none: a score is missing."""
    PLACE = "place"
    """There is none: the places differ, and what counts by one factor for the whole world may turn it."""
    UNIT = "unit"
    """There is none: they deliver different functional units."""


class Turning(NamedTuple):
    """The estimate that turns a verdict most easily."""

    gap: str
    factor: float
    """By which it must be multiplied for the difference to be told no more."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One scenario against another in one category."""

    scenario: str
    baseline: str
    category: str
    verdict: Verdict
    ground: Ground
    probability: float
    """Share of the draws in which the score is lower, with what the gaps that have an estimate hold."""
    gaps: int
    """Gaps that differ between the two."""
    blocking: tuple[str, ...] = ()
    """Of these, those that have no estimate."""
    turning: Turning | None = None
    """None: no estimate that is wrong by a factor of WRONG turns it."""

    @property
    def sure(self) -> bool:
        """Whether the verdict is more than a probable one."""
        return max(self.probability, 1 - self.probability) >= SURE and not self.turning

    @property
    def drawn(self) -> bool:
        """Whether the draws decide the verdict."""
        return self.ground in (Ground.RANGES, Ground.GAPS, Ground.ESTIMATES) and self.verdict != Verdict.EQUAL

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
            "blocking": list(self.blocking),
            "turning": self.turning._asdict() if self.turning else None,
        }


def judged(
    study: Study,
    samples: Samples,
    baseline: str | None = None,
    estimates: Mapping[tuple[str, str], Estimate] | None = None,
) -> tuple[Judgement, ...]:
    """A judgement for every scenario and category, against the baseline (default the first scenario).

    The rest of a difference has the sign of its known part where all differing gaps have it: then the draws tell it
    whatever the gaps hold. Else they tell it where every gap that may lessen it has an estimate. `estimates`: those
    that the samples were drawn with, and bounds.
    """
    base = study.baseline(baseline)
    places = {name: _places(study, name) for name in study.names}
    known = estimates or {}

    def judgement(row: dict[Any, Any]) -> Judgement:
        name, category = row["scenario"], row["category"]
        column = samples.categories.index(category)
        less = samples.whole(name)[:, column] - samples.whole(base)[:, column]
        lower = float((less < 0).mean() + (less == 0).mean() / 2)
        sides = study.coverage[name, category], study.coverage[base, category]
        amounts = {gap: amount for (gap, _), amount in differences(*sides).items()}
        likely = {gap: known[gap, category] for gap in amounts if (gap, category) in known}
        parts = {gap: _held(samples, gap, name, base)[:, column] for gap in amounts if _has(samples, gap, name, base)}
        told = {gap: amount for gap, amount in amounts.items() if gap not in parts}
        blocking = _blocking(less, told, likely, all(side.sign_known for side in sides))
        apart = category in BY_PLACE and places[name] != places[base] and _turned_by_place(study, row, base)
        verdict, ground = _verdict(row, lower, apart, bool(blocking))
        turning = None
        if ground == Ground.ESTIMATES and max(lower, 1 - lower) >= SURE:
            drawn_gaps = [gap for gap, estimate in likely.items() if estimate.basis not in UNIFORM]
            parts |= {gap: amounts[gap] * samples.gap(gap, category, known[gap, category]) for gap in drawn_gaps}
            turning = min(_turning(less, parts), key=lambda turned: abs(np.log(turned.factor)), default=None)
        return Judgement(name, base, category, verdict, ground, lower, len(amounts), blocking, turning)

    return tuple(judgement(row) for row in study.differences(base))


def _has(samples: Samples, gap: str, *names: str) -> bool:
    return any((name, gap) in samples.held for name in names)


def _held(samples: Samples, gap: str, name: str, base: str) -> Draws:
    """Draws × categories of what a gap of the foreground makes of the difference."""
    nothing = np.zeros((samples.draws, len(samples.categories)))
    return samples.held.get((name, gap), nothing) - samples.held.get((base, gap), nothing)


def _blocking(
    less: Draws, amounts: Mapping[str, float], likely: Mapping[str, Estimate], sign_known: bool
) -> tuple[str, ...]:
    """The gaps that leave a comparison open, the largest first where a bound tells it.

    What nobody can estimate blocks where it may lessen the difference. What has no more than a bound blocks where the
    difference is not told with all bounds at their worse end.
    """
    sign = np.sign(np.median(less))
    unknown = [gap for gap, amount in amounts.items() if gap not in likely and (amount * sign <= 0 or not sign_known)]
    bounded = [gap for gap, estimate in likely.items() if estimate.basis == Basis.CLASS_BOUND]
    worse = {gap: end for gap in bounded if (end := amounts[gap] * likely[gap].high) * sign < 0}
    if (sign * (less + sum(worse.values())) > 0).mean() >= LIKELY:
        return tuple(unknown)
    return (*unknown, *sorted(worse, key=lambda gap: -abs(worse[gap])))


def _verdict(row: dict[Any, Any], lower: float, other_place: bool, blocked: bool) -> tuple[Verdict, Ground]:
    if row["verdict"] == Verdict.NOT_COMPARABLE:
        return Verdict.NOT_COMPARABLE, Ground.UNIT
    if row["difference"] != row["difference"] and blocked:
        return Verdict.INDETERMINATE, Ground.MISSING
    if other_place:
        return Verdict.INDETERMINATE, Ground.PLACE
    if row["verdict"] == Verdict.EQUAL:
        return Verdict.EQUAL, Ground.RANGES
    if not row["told"]:
        return Verdict.NOT_TOLD_APART, Ground.REPEATS
    ground = Ground.RANGES
    if row["gaps"]:
        ground = Ground.GAPS if row["direction"] else Ground.ESTIMATES
    if ground == Ground.ESTIMATES and blocked:
        return Verdict.INDETERMINATE, Ground.OPEN
    if max(lower, 1 - lower) < LIKELY:
        return Verdict.NOT_TOLD_APART, ground
    return Verdict.LOWER if lower > 0.5 else Verdict.HIGHER, ground


def _turning(less: Draws, parts: Mapping[str, Draws]) -> Iterator[Turning]:
    """The estimates that, wrong by at most WRONG, leave a difference that is not told."""
    sign = np.sign(np.median(less))

    def told(part: Draws, factor: float) -> bool:
        return bool((sign * (less + (factor - 1) * part) > 0).mean() >= LIKELY)

    for gap, part in parts.items():
        for most in (WRONG, 1 / WRONG):
            if not told(part, most):
                yield Turning(gap, _crossing(lambda factor, part=part: told(part, factor), most))


def _crossing(holds: Any, most: float) -> float:
    """The factor between one and `most` beyond which it holds no more, to a hundredth."""
    near, far = 0.0, float(np.log(most))
    while abs(far - near) > 0.01:
        middle = (near + far) / 2
        near, far = (middle, far) if holds(float(np.exp(middle))) else (near, middle)
    return float(np.exp(far))


def _turned_by_place(study: Study, row: dict[Any, Any], base: str) -> bool:
    """Whether the difference may turn with where its activities of no known country are; each is in one place."""
    factors, bounds = study.factors[row["category"]], BY_PLACE[row["category"]]
    ours, theirs = study.supply[row["scenario"]], study.supply[base]
    ends = [float(row["difference"])] * 2
    for id in {*ours, *theirs}:
        more = ours.get(id, 0.0) - theirs.get(id, 0.0)
        for emission in study.activities[id].emissions:
            world = factors.get(emission.flow.code)
            if world is not None and not emission.flow.location:
                turned = sorted(more * emission.amount * (factor - world) for factor in bounds)
                ends = [end + by for end, by in zip(ends, turned, strict=True)]
    return ends[0] <= 0 <= ends[1]


def _places(study: Study, name: str) -> frozenset[str]:
    """Where the electricity of a scenario comes from."""
    exchanges = study.system_by_name[name].exchanges
    return frozenset(study.activities[e.input].location for e in exchanges if is_electricity(e))
