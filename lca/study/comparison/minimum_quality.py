"""Least qualities that a variant must reach: asked for, or stated by the functional unit itself."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lca.errors import Fault, InvalidData, OutOfRange, UsageError
from lca.languages import gettext
from lca.study.study import Study
from lca.system.scenario import Scenario
from lca.vocabulary import FloorOrigin

CORRECT = {
    "accuracy": "the result is right",
    "top1accuracy": "the first answer is right",
    "top5accuracy": "one of the first five answers is right",
}
"""Qualities that are a share of right results, their names in normal form → when a result is right.

Intersection over union, mean average precision, F1 and balanced accuracy are not such shares: no number of right
results follows from them.
"""

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?"
_ASKED = re.compile(rf"\s*([^\s=<>≥≤][^=<>≥≤]*?)\s*(?:>=|≥|=)\s*({_NUMBER})\s*")
_STATED = re.compile(rf"([^\s=<>≥≤]+(?: [^\s=<>≥≤]+){{0,2}})\s*(?:>=|≥)\s*({_NUMBER})")


@dataclass(frozen=True, slots=True)
class Floor:
    """The least quality of one name."""

    name: str
    least: float
    origin: FloorOrigin = FloorOrigin.ASKED_FOR

    def __post_init__(self) -> None:
        if not math.isfinite(self.least):
            raise OutOfRange(gettext("{value}: the least quality is finite", value=self))
        if counts_correct(self.name) and not 0 <= self.least <= 1:
            raise OutOfRange(gettext("{value}: it is a share of right results, from 0 to 1", value=self))

    def __str__(self) -> str:
        return f"{self.name} >= {self.least:.15g}"

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "least": self.least, "origin": self.origin}


def normal(name: str) -> str:
    """A quality's name as CORRECT writes it: without spaces, hyphens and capitals."""
    return re.sub(r"[\s_-]", "", name.casefold())


def counts_correct(name: str) -> bool:
    """Whether the quality of this name is a share of right results."""
    return normal(name) in CORRECT


def read_floors(texts: Iterable[str]) -> tuple[Floor, ...]:
    """`NAME=NUMBER` each (`accuracy=0.94`). Raises UsageError with everything that is wrong."""
    floors: dict[str, Floor] = {}
    problems = []
    for text in texts:
        match = _ASKED.fullmatch(text)
        if not match:
            problems.append(gettext("floor {text!r}: write NAME=NUMBER, such as accuracy=0.94", text=text[:80]))
        elif match[1] in floors:
            problems.append(
                gettext("floor {text!r}: {name} has a floor already; give each quality one", text=text, name=match[1])
            )
        else:
            try:
                floors[match[1]] = Floor(match[1], float(match[2]))
            except Fault as fault:
                problems.append(f"floor {text!r}: {fault}; {fault.remedy}")
    if problems:
        raise UsageError("\n".join(problems))
    return tuple(floors.values())


def stated_floors(scenario: Scenario) -> tuple[tuple[Floor, ...], str]:
    """The floors that the functional unit's `quality` states, and its text where it cannot be enforced.

    It is `NAME >= NUMBER`, several joined by "and" or a comma. Where one part of the text is anything else no part is
    enforced, for a part of a sentence is not what it says. Raises OutOfRange where a share is not from 0 to 1.
    """
    text = (scenario.file.functional_unit.quality or "").strip()
    parts = [_STATED.fullmatch(part.strip()) for part in re.split(r",|\sand\s", text)]
    matches = [part for part in parts if part]
    if not text or len(matches) < len(parts):
        return (), text
    return tuple(Floor(part[1], float(part[2]), FloorOrigin.FUNCTIONAL_UNIT) for part in matches), ""


def floors_of(study: Study, asked: Iterable[Floor] = ()) -> dict[str, tuple[Floor, ...]]:
    """Scenario → the floors asked for, then those of its functional unit. Raises InvalidData, all at once."""
    common, floors, problems = tuple(asked), dict[str, tuple[Floor, ...]](), []
    for scenario in study.scenarios:
        try:
            floors[scenario.name] = (*common, *stated_floors(scenario)[0])
        except Fault as fault:
            problems.append(scenario.problem(("functional_unit", "quality"), fault))
    if problems:
        raise InvalidData(problems)
    return floors
