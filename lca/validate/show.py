"""Validation cases on the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from lca.report.terminal.tables import table
from lca.validate.run import Case

_COLUMNS = ("", "ours", "which is", "published", "unit", "deviation", "tolerance", "verdict")


def show(cases: Iterable[Case]) -> None:
    """A table per case, what explains deviations below it, and the count of verdicts last."""
    verdicts: list[str] = []
    for case in cases:
        rows = []
        for comparison in case.comparisons:
            ours = f"{comparison.ours:.4g}" if comparison.ours == comparison.ours else ""
            published = f"{comparison.published:.4g}" if comparison.published == comparison.published else ""
            deviation = f"{100 * comparison.deviation:+.2f} %" if comparison.deviation == comparison.deviation else ""
            numbers = (ours, comparison.completeness, published, comparison.unit, deviation)
            rows.append((comparison.name, *numbers, comparison.tolerance, comparison.verdict))
        table(_COLUMNS, rows, f"{case.id}: {case.name}", right=("ours", "published", "deviation"))
        for reason in dict.fromkeys(
            comparison.explanation for comparison in case.comparisons if comparison.verdict == "explained"
        ):
            print(f"  explained: {reason}")
        print()
        verdicts += [comparison.verdict for comparison in case.comparisons]
    print(", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in ("within", "explained", "missing", "failed")))
