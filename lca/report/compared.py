"""A comparison as the object that `lca compare --json` prints."""

from __future__ import annotations

from typing import Any

from lca.report.words import break_even, reason, reasons, verdict_on_winners
from lca.study.comparison.breakeven import BreakEvenRow
from lca.study.comparison.comparison import Comparison
from lca.study.comparison.reasons import Reason
from lca.study.comparison.selection import Front, Tally
from lca.study.comparison.variants import Variant
from lca.study.rows import TableRows
from lca.study.tables import PRINTED_SCHEMA


def to_json(compared: Comparison) -> dict[str, Any]:
    """The object that `lca compare --json` prints; what is not known, not asked for or has no end is null."""
    break_even_rows = TableRows(BreakEvenRow._fields, compared.break_even).to_json()
    return {
        "schema": PRINTED_SCHEMA,
        "comparisons": compared.verdicts.to_json(),
        "baseline": compared.baseline or None,
        "converted": [each.to_json() for each in compared.converted],
        "floors": [floor.to_json() for floor in compared.floors],
        "quality_not_enforced": compared.not_enforced or None,
        "variants": [variant_json(variant) for variant in compared.variants],
        "per_correct": [{**row, "reason": _said(row["reason"])} for row in compared.per_correct.to_json()],
        "break_even": [
            {**row, "verdict": break_even(said)} for row, said in zip(break_even_rows, compared.break_even, strict=True)
        ],
        "pareto": [_front(front) for front in compared.fronts],
        "winners": {"categories": _winners(compared.winners), **Tally.of(compared.winners).to_json()},
        "selection": None
        if compared.selection is None
        else {
            **compared.limits.to_json(),
            "candidates": [
                {"scenario": v.scenario, "excluded": v.excluded, "reason": reasons(v) or None}
                for v in compared.candidates
            ],
            "categories": _winners(compared.selection),
            **Tally.of(compared.selection).to_json(),
        },
    }


def variant_json(variant: Variant) -> dict[str, Any]:
    """A variant; amounts come with their unit."""
    floors = [{**floor.to_json(), "reached": variant.reached(floor.name)} for floor in variant.failed]
    return {
        "scenario": variant.scenario,
        "quality": dict(variant.quality) or None,
        "quality_of": variant.quality_of,
        "floors_failed": floors,
        "excluded": variant.excluded,
        "reason": reasons(variant) or None,
        "parameters": variant.parameters,
        "nonzero": variant.nonzero,
        "stored": _amount(variant.stored, "byte"),
        "computation": _amount(variant.computation, "FLOP/inference"),
        "steps": None if variant.steps is None else list(variant.steps),
        "throughput": _amount(*variant.throughput) if variant.throughput else None,
        "latency_p50": _amount(variant.p50, "h"),
        "latency_p99": _amount(variant.p99, "h"),
        "peak_memory": _amount(variant.memory, "byte"),
        "peak_memory_of": variant.memory_of,
    }


def _amount(number: float | None, unit: str) -> dict[str, Any] | None:
    return None if number is None else {"amount": number, "unit": unit}


def _front(front: Front) -> dict[str, Any]:
    return {
        "category": front.category,
        "metric": front.metric,
        "complete": front.complete,
        "front": list(front.members),
        "dominated": [{"scenario": name, "by": by} for name, by in front.dominated.items()],
        "undecided": [{"scenario": name, "against": list(rivals)} for name, rivals in front.undecided.items()],
        "left_out": [{"scenario": name, "reason": reason(why)} for name, why in front.left_out.items()],
    }


def _said(why: Reason | None) -> str:
    return reason(why) if why else ""


def _winners(table: TableRows) -> list[dict[str, Any]]:
    return [{**row, "verdict": verdict_on_winners(row)} for row in table.to_json()]
