"""All that is said of variants of one service side by side: quality, differences, break-even, fronts, winners."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lca.errors import DifferentUnits, InvalidData, UsageError
from lca.quantities.documents import problem
from lca.study.comparison.breakeven import break_evens
from lca.study.comparison.limits import Limits, limited
from lca.study.comparison.minimum_quality import Floor, stated_floors
from lca.study.comparison.selection import Front, Tally, pairs, pareto, winners
from lca.study.comparison.variants import Variant, per_correct, variants
from lca.study.study import SCHEMA, Study


@dataclass(frozen=True, slots=True)
class Comparison:
    """Scenarios of one functional unit, compared."""

    baseline: str
    floors: tuple[Floor, ...]
    """Asked for, and stated by the functional unit."""
    not_enforced: str
    """The functional unit's quality, where it is no floor that could be read; else empty."""
    variants: tuple[Variant, ...]
    verdicts: pd.DataFrame
    """`Study.compare`."""
    break_even: pd.DataFrame
    """`break_evens`."""
    per_correct: pd.DataFrame
    fronts: tuple[Front, ...]
    """One per category."""
    winners: pd.DataFrame
    limits: Limits
    candidates: tuple[Variant, ...]
    """The variants, those that do not keep the limits excluded too."""
    selection: pd.DataFrame | None
    """`select`; None: there are no limits."""

    def to_json(self) -> dict[str, Any]:
        """The object that `lca compare --json` prints; what is not known, not asked for or has no end is null."""
        return {
            "schema": SCHEMA,
            "comparisons": _rows(self.verdicts),
            "baseline": self.baseline or None,
            "floors": [floor.to_json() for floor in self.floors],
            "quality_not_enforced": self.not_enforced or None,
            "variants": [variant.to_json() for variant in self.variants],
            "per_correct": _rows(self.per_correct),
            "break_even": _rows(self.break_even),
            "pareto": [front.to_json() for front in self.fronts],
            "winners": {"categories": _rows(self.winners), **Tally.of(self.winners).to_json()},
            "selection": None
            if self.selection is None
            else {
                **self.limits.to_json(),
                "candidates": [
                    {"scenario": v.scenario, "excluded": v.excluded, "reason": "; ".join(v.reasons) or None}
                    for v in self.candidates
                ],
                "categories": _rows(self.selection),
                **Tally.of(self.selection).to_json(),
            },
        }


def comparison(
    study: Study, baseline: str = "", floors: Iterable[Floor] = (), limits: Limits | None = None
) -> Comparison:
    """Compare the scenarios of a study with the baseline (default the first) and with each other.

    Raises UsageError where there is no such baseline, InvalidData where the functional units differ.
    """
    if baseline and baseline not in study.names:
        raise UsageError(f"no scenario is named {baseline!r}; there are: {', '.join(map(repr, study.names))}")
    first = baseline or study.names[0]
    other = [name for name in study.names if study.functional_unit(name) != study.functional_unit(first)]
    if other:
        raise InvalidData(
            [problem(name, 0, ("functional_unit",), DifferentUnits(f"not that of {first!r}")) for name in other]
        )
    asked, wanted = tuple(floors), limits or Limits()
    found, proven = variants(study, asked), pairs(study)
    candidates = limited(found, wanted)
    stated, text = next((stated_floors(s) for s in study.scenarios), ((), ""))
    return Comparison(
        first,
        (*asked, *stated),
        text,
        found,
        study.compare(first),
        break_evens(study, first),
        per_correct(study, found),
        tuple(pareto(study, found, category, proven=proven) for category in study.categories),
        winners(study, found, proven),
        wanted,
        candidates,
        winners(study, candidates, proven) if wanted else None,
    )


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    """What JSON can write: a number that is not finite is not known."""
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
