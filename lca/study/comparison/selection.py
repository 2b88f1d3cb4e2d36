"""Which variants to choose: the front of quality against impact, and the lowest per category.

One variant counts as lower than another only where the difference of their scores proves it: by the verdict of
`Study.compare`, or by its direction where gaps remain. What is not proven is said, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lca.methods.categories import CATEGORIES
from lca.study.comparison.reasons import Reason, Without
from lca.study.comparison.variants import Variant, front_metric
from lca.study.rows import TableRows
from lca.study.study import Study
from lca.vocabulary import Completeness, Verdict

WINNERS = ("category", "unit", "winners", "verdict", "leader", "against", "score", "mark", "complete")
"""Columns of `winners`."""


class Winning(StrEnum):
    """Why a category has winners, or none."""

    LOWEST = "lowest"
    EQUAL = "equal"
    """Several, whose scores are equal."""
    ALONE = "the only one left"
    """Nothing was compared."""
    OPEN = "no verdict"
    """The lowest known score is not proven to be it."""
    NO_SCORE = "no score is known"
    NONE_LEFT = "none left"


_PROVEN = (Verdict.LOWER, Verdict.HIGHER, Verdict.EQUAL)
_TURNED: Mapping[str, str] = {Verdict.LOWER: Verdict.HIGHER, Verdict.HIGHER: Verdict.LOWER}

Pairs = Mapping[tuple[str, str, str], str]
"""(category, scenario, other) → `lower`, `higher` or `equal` as the scenario is proven to be; empty: it is not."""


def pairs(study: Study, names: Iterable[str] | None = None) -> Pairs:
    """Every scenario (of these names) against every other, once for both ways: quadratic in all."""
    chosen = tuple(study.names if names is None else names)
    verdicts: dict[tuple[str, str, str], str] = {}
    for number, base in enumerate(chosen):
        for row in study.differences(base, chosen[number + 1 :]):
            proven = row["verdict"] if row["verdict"] in _PROVEN else row["direction"]
            verdicts[row["category"], row["scenario"], base] = proven
            verdicts[row["category"], base, row["scenario"]] = _TURNED.get(proven, proven)
    return verdicts


@dataclass(frozen=True, slots=True)
class Front:
    """The variants of which none is better in quality and impact at once, in one category."""

    category: str
    metric: str | None
    """The quality, of which more is better; None: no floor names one, and no record has a share of right results."""
    members: tuple[str, ...]
    dominated: Mapping[str, str]
    """Variant → a member that has at least its quality and at most its impact, and is better in one of them."""
    undecided: Mapping[str, tuple[str, ...]]
    """Member → those of at least its quality whose impact is not proven to be higher, equal or lower than its own."""
    left_out: Mapping[str, Reason]
    """Variant → why it takes no part."""
    complete: bool
    """Whether the scores of all that take part are complete."""


def pareto(
    study: Study, variants: Sequence[Variant], category: str, metric: str | None = None, proven: Pairs | None = None
) -> Front:
    """The front of quality against impact: by default of the first floor's quality, else the share of right results.

    Ties stay. Two of which neither is proven lower do not dominate each other. Excluded variants, and those whose
    quality or score is missing, are left out with the reason.
    """
    metric = metric or front_metric(variants)
    quality, left_out = _taking_part(study, variants, category, metric)
    impacts = pairs(study, quality) if proven is None else proven

    def dominates(one: str, other: str) -> bool:
        impact = impacts[category, one, other]
        return quality[one] >= quality[other] and (
            impact == Verdict.LOWER or (impact == Verdict.EQUAL and quality[one] > quality[other])
        )

    by = {name: [other for other in quality if other != name and dominates(other, name)] for name in quality}
    members = tuple(name for name in quality if not by[name])
    rivals = {
        name: tuple(o for o in quality if o != name and quality[o] >= quality[name] and not impacts[category, o, name])
        for name in members
    }
    dominated = {
        name: min(others, key=lambda other: (other not in members, -quality[other], other))
        for name, others in by.items()
        if others
    }
    return Front(
        category,
        metric,
        members,
        dominated,
        {name: others for name, others in rivals.items() if others},
        left_out,
        bool(quality) and all(study.coverage[name, category].completeness == Completeness.COMPLETE for name in quality),
    )


def _taking_part(
    study: Study, variants: Sequence[Variant], category: str, metric: str | None
) -> tuple[dict[str, float], dict[str, Reason]]:
    """Variant → its quality; variant → why it is left out."""
    quality, left_out = dict[str, float](), dict[str, Reason]()
    for variant in variants:
        reached = variant.reached(metric) if metric else None
        if variant.excluded:
            left_out[variant.scenario] = Without.QUALIFICATION
        elif study.coverage[variant.scenario, category].completeness == Completeness.MISSING:
            left_out[variant.scenario] = Without.SCORE
        elif metric is None:
            left_out[variant.scenario] = Without.METRIC
        elif reached is None:
            left_out[variant.scenario] = variant.unknown(metric)
        else:
            quality[variant.scenario] = reached
    return quality, left_out


def winners(study: Study, variants: Sequence[Variant], proven: Pairs | None = None) -> TableRows:
    """The variants of the lowest score per category, excluded ones apart: the columns of WINNERS.

    Several win where their scores are equal. Nobody wins where the lowest is not proven to be it: then `leader` has the
    lowest known score, and `against` names those against which gaps or bounds leave it indeterminate.
    """
    names = tuple(variant.scenario for variant in variants if not variant.excluded)
    impacts = pairs(study, names) if proven is None else proven
    table = {(row["scenario"], row["category"]): row for row in study.score_rows}
    rows: list[tuple[object, ...]] = []
    for category in study.categories:
        scores = {name: table[name, category]["score"] for name in names}
        unproven = {name: _unproven(impacts, category, name, names) for name in names}
        best = tuple(name for name in names if not unproven[name])
        known = [name for name in best or names if scores[name] == scores[name]]
        leader = min(known, key=lambda name: (scores[name], name), default="")
        against = () if best or not leader else unproven[leader]
        row = table.get((leader, category), {})
        complete = bool(names) and all(table[name, category]["completeness"] == Completeness.COMPLETE for name in names)
        rows.append(
            (
                category,
                CATEGORIES[category].unit,
                best,
                _verdict(names, best, leader),
                leader,
                against,
                scores.get(leader, float("nan")),
                row.get("mark", ""),
                complete,
            )
        )
    return TableRows(WINNERS, rows)


def _unproven(proven: Pairs, category: str, name: str, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(o for o in names if o != name and proven[category, name, o] not in (Verdict.LOWER, Verdict.EQUAL))


def _verdict(names: Sequence[str], best: Sequence[str], leader: str) -> Winning:
    if not names:
        return Winning.NONE_LEFT
    if len(names) == 1:
        return Winning.ALONE
    if best:
        return Winning.LOWEST if len(best) == 1 else Winning.EQUAL
    return Winning.OPEN if leader else Winning.NO_SCORE


@dataclass(frozen=True, slots=True)
class Tally:
    """How far the categories agree on a winner; they are not averaged."""

    wins: Mapping[str, int]
    """Variant → categories in which no other is lower; ties count for each."""
    decided: int
    """Categories that have a winner."""
    categories: int
    alone: bool
    """Whether one variant is the only one left, so that nothing was compared."""

    @classmethod
    def of(cls, table: TableRows) -> Tally:
        """Of the rows of `winners`."""
        wins: dict[str, int] = {}
        for best in table.column("winners"):
            for name in best:
                wins[name] = wins.get(name, 0) + 1
        alone = Winning.ALONE in table.column("verdict")
        return cls(wins, sum(map(bool, table.column("winners"))), len(table), alone)

    @property
    def agree(self) -> bool | None:
        """Whether one variant wins every category that has a winner; None: none has, or nothing was compared."""
        return max(self.wins.values()) == self.decided if self.decided and not self.alone else None

    def to_json(self) -> dict[str, Any]:
        return {"wins": dict(self.wins), "decided": self.decided, "agree": self.agree}
