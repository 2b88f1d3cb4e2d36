"""Validation cases on the terminal."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from lca.report.terminal.table import table
from lca.validate.run import Case, CaseComparison
from lca.vocabulary import Agreement, ComparisonKind

_COLUMNS = ("", "kind", "ours", "which is", "published", "unit", "deviation", "tolerance", "verdict")


_KINDS = {
    ComparisonKind.MODEL: "tests of our model",
    ComparisonKind.RECOMPUTATION: "recomputations of a publisher's formula",
    ComparisonKind.EDITIONS: "two editions compared",
}


def show(cases: Iterable[Case]) -> None:
    """A table per case, what explains deviations below it, and the count of verdicts last."""
    shown: list[CaseComparison] = []
    for case in cases:
        rows = []
        for comparison in case.comparisons:
            ours = f"{comparison.ours:.4g}" if comparison.ours == comparison.ours else ""
            published = f"{comparison.published:.4g}" if comparison.published == comparison.published else ""
            deviation = f"{100 * comparison.deviation:+.2f} %" if comparison.deviation == comparison.deviation else ""
            numbers = (ours, comparison.completeness, published, comparison.unit, deviation)
            rows.append((comparison.name, comparison.kind, *numbers, comparison.tolerance, comparison.verdict))
        table(_COLUMNS, rows, f"{case.id}: {case.name}", right=("ours", "published", "deviation"))
        for reason in dict.fromkeys(
            comparison.explanation for comparison in case.comparisons if comparison.verdict == Agreement.EXPLAINED
        ):
            print(f"  explained: {reason}")
        print()
        shown += case.comparisons
    for kind, words in _KINDS.items():
        of_kind = [comparison for comparison in shown if comparison.kind == kind]
        sizes = [abs(c.deviation) for c in of_kind if c.deviation == c.deviation and c.verdict != Agreement.MISSING]
        if of_kind:
            median = f"; median deviation, either way, {100 * statistics.median(sizes):.3g} %" if sizes else ""
            print(f"{words}: {_counted(of_kind)}{median}")
    print(f"all: {_counted(shown)}")


def _counted(comparisons: Sequence[CaseComparison]) -> str:
    verdicts = [comparison.verdict for comparison in comparisons]
    return ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in Agreement)
