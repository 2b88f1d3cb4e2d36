"""Which parts of a score a gap marks: those whose exchanges reach it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lca.study.study import Study
from lca.system.parts import ProductSystem
from lca.vocabulary import PHASE_ORDER, Mark, Stage


class PartOfLife(NamedTuple):
    """A phase and a stage of the life cycle."""

    phase: str
    stage: str


def parts_of_life(systems: Iterable[ProductSystem]) -> list[PartOfLife]:
    """Phases and stages that any system has, in the order of a life."""
    present = {PartOfLife(e.phase, e.stage) for system in systems for e in system.exchanges}
    return [part for phase in PHASE_ORDER for stage in Stage if (part := PartOfLife(phase, stage)) in present]


def marks_of_parts(study: Study, system: ProductSystem, category: str) -> dict[PartOfLife, Mark]:
    """Every part of a system, with the mark of its share of the score.

    A gap of the score counts to a part whose exchanges reach it, as in `lca.study.coverage`; one of the foreground
    itself to every stage of its phase.
    """
    cover, activities, background = study.coverage[system.name, category], study.activities, study.background
    gaps = {item.name for item in cover.items}
    marks: dict[PartOfLife, Mark] = {}
    for part in dict.fromkeys(PartOfLife(e.phase, e.stage) for e in system.exchanges):
        own = [e for e in system.exchanges if PartOfLife(e.phase, e.stage) == part and category not in e.negligible]
        reached = background.upstream([e.input for e in own], background.cut(category))
        amounts = [*(e.amount for e in own), *(i.amount for id in reached for i in activities[id].inputs)]
        marks[part] = Mark.NONE
        if not gaps.isdisjoint(reached) or any(gap.phase == part.phase for gap in system.gaps):
            sign_known = cover.sign_known and all(amount >= 0 for amount in amounts)
            marks[part] = Mark.AT_LEAST if sign_known else Mark.SIGN_UNKNOWN
    return marks


def worst(marks: Iterable[str]) -> Mark:
    """The mark of what is made of parts with these."""
    return max(map(Mark, marks), key=list(Mark).index, default=Mark.NONE)


class UpstreamGaps:
    """Marks of exchanges of the foreground: whether a gap of the score lies upstream of their inputs."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self._reached: dict[tuple[str, str], frozenset[str]] = {}

    def mark(self, scenario: str, category: str, input: str) -> Mark:
        """The mark of an exchange's share of a score."""
        cover, background = self.study.coverage[scenario, category], self.study.background
        if (category, input) not in self._reached:
            self._reached[category, input] = background.upstream([input], background.cut(category))
        gaps = self._reached[category, input].intersection(item.name for item in cover.items)
        return Mark(cover.mark) if gaps else Mark.NONE
