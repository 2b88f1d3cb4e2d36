"""Which ranges a score hangs on, on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lca.languages import gettext, localised
from lca.methods.categories import CATEGORIES
from lca.report.terminal.table import table
from lca.report.words import number

if TYPE_CHECKING:
    from lca.study.sobol import SobolIndices


def tornado(effects: pd.DataFrame, category: str, total: int, difference: str = "") -> None:
    """The widest swings of a score, or of a difference of two, with a bar."""
    widest = float(effects["swing"].max()) if len(effects) else 0.0
    rows = [
        [
            row["number"],
            *(number(row[key]) for key in ("value", "low", "high")),
            row["unit"],
            *(number(row[key]) for key in ("score_low", "score_high")),
            gettext("{percent:.1f} %", percent=100 * row["variance"]),
            localised(f"{row['elasticity']:.2f}"),
            "█" * round(12 * row["swing"] / widest) if widest else "",
            row["file"].rpartition("/")[2],
        ]
        for row in effects.to_dict("records")
    ]
    columns = [
        gettext("number"),
        gettext("value"),
        gettext("low"),
        gettext("high"),
        gettext("unit"),
        gettext("score at low"),
        gettext("score at high"),
        gettext("variance"),
        gettext("elasticity"),
        gettext("swing"),
        gettext("stated in"),
    ]
    of = f"{difference}, " if difference else ""
    title = gettext(
        "{of}{title} [{unit}]: the {count} widest swings of {total}",
        of=of,
        title=CATEGORIES[category].title,
        unit=CATEGORIES[category].unit,
        count=len(rows),
        total=total,
    )
    table(
        columns,
        rows,
        title,
        right=(
            gettext("value"),
            gettext("low"),
            gettext("high"),
            gettext("score at low"),
            gettext("score at high"),
            gettext("variance"),
            gettext("elasticity"),
        ),
    )
    print(
        "\n"
        + gettext(
            "One number at a time, all others as stated. Variance: share of it to first order; "
            "elasticity: percent of the score for one percent of the number. Gaps have no range yet."
        )
    )


def indices(shares: SobolIndices) -> None:
    """Sobol indices with their errors, and what they leave out."""
    keys = ("first", "first_error", "total", "total_error")
    rows = [[row["number"], *(localised(f"{row[key]:.3f}") for key in keys)] for row in shares.table.to_dict("records")]
    print()
    table(
        [gettext("number"), gettext("first order"), "±", gettext("total"), "±"],
        rows,
        gettext("Sobol indices"),
        right=(gettext("first order"), "±", gettext("total")),
    )
    if shares.left_out:
        print(
            gettext(
                "{count:,} more numbers stay as stated: {share:.1f} % of the variance, to first order",
                count=shares.left_out,
                share=100 * shares.variance,
            )
        )
