"""Scores against those of a baseline: the difference, what is open of it, and the verdict that is certain."""

from __future__ import annotations

from collections.abc import Sequence

from lca.methods.categories import CATEGORIES
from lca.study import coverage
from lca.study.comparison.cost_lines import Lines
from lca.study.coverage import NOISE, direction
from lca.study.results import Results
from lca.study.rows import TableRows
from lca.vocabulary import Verdict

DIFFERENCES = (
    "scenario",
    "baseline",
    "category",
    "unit",
    "score",
    "reference",
    "difference",
    "ratio",
    "verdict",
    "gaps",
    "direction",
    "told",
)
"""Columns of `Study.compare`."""


def differences(
    results: Results, lines: Lines, scores: TableRows, baseline: str | None = None, names: Sequence[str] | None = None
) -> TableRows:
    """DIFFERENCES of all names or these; `lines` and `scores`: of these results."""
    known = {(row["scenario"], row["category"]): row["score"] for row in scores}
    base = results.baseline(baseline)
    rows: list[tuple[object, ...]] = []
    for name in results.names if names is None else names:
        same_unit = results.functional_unit(name) == results.functional_unit(base)
        for id in results.categories if name != base else ():
            cover, covered = results.coverage[name, id], results.coverage[base, id]
            score, reference = known[name, id], known[base, id]
            difference = score - reference if same_unit else float("nan")
            left = coverage.differences(cover, covered)
            gaps = tuple(sorted({gap for gap, _ in left}))
            size = max(abs(score), abs(reference))
            verdict = _verdict(difference, cover.bound + covered.bound, gaps, size, same_unit)
            certain = direction(difference, size, cover, covered, left.values())
            told = not certain or _beyond_scatter(results, lines, (name, base), id, difference)
            if not told:
                verdict, certain = Verdict.INDETERMINATE, None
            rows.append(
                (
                    name,
                    base,
                    id,
                    CATEGORIES[id].unit,
                    score,
                    reference,
                    difference,
                    score / reference if same_unit and reference else float("nan"),
                    verdict,
                    gaps,
                    certain or "",
                    told,
                )
            )
    return TableRows(DIFFERENCES, rows)


def _beyond_scatter(results: Results, lines: Lines, pair: tuple[str, str], category: str, difference: float) -> bool:
    """Whether the repeats tell the difference from none; without repeats, yes."""
    if not results.repeated:
        return True
    delivered = results.scenario_by_name[pair[0]].file.functional_unit.amount.number
    return lines.tell(*pair, category, difference, delivered)


def _verdict(difference: float, bound: float, gaps: tuple[str, ...], size: float, same_unit: bool) -> Verdict:
    if not same_unit:
        return Verdict.NOT_COMPARABLE
    if gaps or difference != difference:
        return Verdict.INDETERMINATE
    if abs(difference) <= NOISE * size:
        return Verdict.EQUAL
    if abs(difference) <= bound:
        return Verdict.INDETERMINATE
    return Verdict.LOWER if difference < 0 else Verdict.HIGHER
