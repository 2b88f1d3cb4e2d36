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
        for found in case.comparisons:
            ours = f"{found.ours:.4g}" if found.ours == found.ours else ""
            published = f"{found.published:.4g}" if found.published == found.published else ""
            deviation = f"{100 * found.deviation:+.2f} %" if found.deviation == found.deviation else ""
            numbers = (ours, found.completeness, published, found.unit, deviation)
            rows.append((found.name, *numbers, found.tolerance, found.verdict))
        table(_COLUMNS, rows, f"{case.id}: {case.name}", right=("ours", "published", "deviation"))
        for reason in dict.fromkeys(found.explanation for found in case.comparisons if found.verdict == "explained"):
            print(f"  explained: {reason}")
        print()
        verdicts += [found.verdict for found in case.comparisons]
    print(", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in ("within", "explained", "missing", "failed")))
