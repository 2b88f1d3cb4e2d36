"""A comparison as the object that `lca compare --json` prints."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from lca.report.view import rows
from lca.report.words import break_even, verdict_on_winners
from lca.study.comparison.comparison import Comparison
from lca.study.comparison.selection import Tally
from lca.study.tables import PRINTED_SCHEMA


def to_json(compared: Comparison) -> dict[str, Any]:
    """The object that `lca compare --json` prints; what is not known, not asked for or has no end is null."""
    return {
        "schema": PRINTED_SCHEMA,
        "comparisons": _rows(compared.verdicts),
        "baseline": compared.baseline or None,
        "floors": [floor.to_json() for floor in compared.floors],
        "quality_not_enforced": compared.not_enforced or None,
        "variants": [variant.to_json() for variant in compared.variants],
        "per_correct": _rows(compared.per_correct),
        "break_even": [
            {**row, "verdict": break_even(said)}
            for row, said in zip(_rows(compared.break_even), rows(compared.break_even), strict=True)
        ],
        "pareto": [front.to_json() for front in compared.fronts],
        "winners": {"categories": _winners(compared.winners), **Tally.of(compared.winners).to_json()},
        "selection": None
        if compared.selection is None
        else {
            **compared.limits.to_json(),
            "candidates": [
                {"scenario": v.scenario, "excluded": v.excluded, "reason": "; ".join(v.reasons) or None}
                for v in compared.candidates
            ],
            "categories": _winners(compared.selection),
            **Tally.of(compared.selection).to_json(),
        },
    }


def _winners(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{**row, "verdict": verdict_on_winners(row)} for row in _rows(table)]


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    """What JSON can write: a number that is not finite is not known."""
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
