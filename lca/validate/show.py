"""Validation cases on the terminal."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence

from lca.languages import gettext
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
            print(gettext("  explained: {reason}", reason=reason))
        for line in added_up(case.comparisons):
            print(f"  {line}")
        print()
        shown += case.comparisons
    for kind, words in _KINDS.items():
        of_kind = [comparison for comparison in shown if comparison.kind == kind]
        sizes = [abs(c.deviation) for c in of_kind if c.deviation == c.deviation and c.verdict != Agreement.MISSING]
        if of_kind:
            median = f"; median deviation, either way, {100 * statistics.median(sizes):.3g} %" if sizes else ""
            print(f"{words}: {_counted(of_kind)}{median}")
    print(gettext("all: {shown}", shown=_counted(shown)))


def added_up(comparisons: Sequence[CaseComparison]) -> list[str]:
    """Absolute deviations of the tests of our model by unit, where there are several, each part once: parts that are
    off either way add up here, which in a total they do not."""
    tested = [c for c in comparisons if c.kind == ComparisonKind.MODEL and c.deviation == c.deviation]
    lines = []
    for unit in dict.fromkeys(c.unit for c in tested):
        parts = [c for c in tested if c.unit == unit and not c.in_others]
        if len(parts) > 1:
            off, published = sum(abs(c.ours - c.published) for c in parts), sum(abs(c.published) for c in parts)
            each = ", ".join(f"{c.name} {abs(c.ours - c.published):.3g}" for c in parts)
            share = f"{100 * off / published:.0f} %"
            lines.append(f"absolute deviations: {each}; in all {off:.4g} of {published:.4g} {unit}, {share}")
    return lines


def _counted(comparisons: Sequence[CaseComparison]) -> str:
    verdicts = [comparison.verdict for comparison in comparisons]
    return ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in Agreement)
