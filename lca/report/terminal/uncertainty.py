"""What draws of all stated ranges say, on the terminal."""

from __future__ import annotations

from lca.report.terminal.tables import number, table
from lca.study.uncertainty import Samples

_RIGHT = ("median", "low", "high", "P(lower)")


def intervals(samples: Samples) -> None:
    """The interval of every score, and how sure each difference is."""
    rows = [
        [row["category"], row["scenario"], row["unit"], *(number(x) for x in (row["median"], row["low"], row["high"]))]
        for row in samples.table().to_dict("records")
    ]
    title = f"Known scores, 95 % interval of {samples.draws:,} draws of all stated ranges (seed {samples.seed})"
    print()
    table(["category", "scenario", "unit", "median", "low", "high"], rows, title, right=_RIGHT)
    differences = [
        [
            row["category"],
            f"{row['scenario']} − {row['baseline']}",
            row["unit"],
            *(number(x) for x in (row["median"], row["low"], row["high"])),
            f"{row['lower']:.3f}",
        ]
        for row in samples.differences().to_dict("records")
    ]
    if differences:
        print()
        columns = ["category", "difference", "unit", "median", "low", "high", "P(lower)"]
        table(columns, differences, "Differences of known scores, draw by draw", right=_RIGHT)
    print("\nGaps are in none of these numbers: they hold the ranges of what is known.")
