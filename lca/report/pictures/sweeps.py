"""Pictures of many variants: a heat map of a sweep over two fields, a tornado of the widest swings. PNG, SVG or PDF."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lca.errors import UsageError
from lca.languages import gettext, gettext_noop
from lca.methods.categories import CATEGORIES
from lca.optional import package
from lca.quantities.outputs import written_aside
from lca.report.pictures.figures import RESOLUTION, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = (".png", ".svg", ".pdf")
MOST_CELLS = 1_000_000


def check_picture(path: Path) -> None:
    """Raise UsageError for a file that is no picture."""
    if path.suffix not in KINDS:
        raise UsageError(gettext("{path}: name a picture that ends in {endings}", path=path, endings=", ".join(KINDS)))


def heat_map(table: pd.DataFrame, category: str, path: str | Path) -> Path:
    """Draw the scores of a sweep over two fields: rows as `lca.sweep` gives them; refused ones stay empty.

    Raises UsageError where not exactly two fields have more than one value, and MissingDependency.
    """
    fields = list(table.columns[: list(table.columns).index("refused")])
    varied = [name for name in fields if table[name].nunique() > 1]
    if len(varied) != 2:
        raise UsageError(
            gettext(
                "a heat map is of two varied fields; there are {count}: {fields}",
                count=len(varied),
                fields=", ".join(varied) or gettext("none"),
            )
        )
    up, across = varied
    cells = table.pivot_table(index=up, columns=across, values=category, dropna=False, sort=False)

    def draw(axes: Axes) -> None:
        drawn = axes.imshow(cells.to_numpy(float), origin="lower", aspect="auto", cmap="cividis")
        for axis, name, values in ((axes.xaxis, across, cells.columns), (axes.yaxis, up, cells.index)):
            places = np.unique(np.linspace(0, len(values) - 1, min(len(values), 8)).astype(int))
            shown = [f"{v:.3g}" if isinstance(v := values[place], float) else str(v) for place in places.tolist()]
            axis.set_ticks(places, labels=shown)
            axis.set_label_text(name)
        axes.set_title(CATEGORIES[category].title)
        axes.figure.colorbar(drawn, ax=axes, label=CATEGORIES[category].unit)

    return _saved(draw, Path(path), (7.0, 5.0))


def tornado(effects: pd.DataFrame, category: str, path: str | Path, title: str = "") -> Path:
    """Draw the swings of `one_at_a_time`, the widest at the top: from the score at the low end to that at the high.

    Raises UsageError where there are none, and MissingDependency.
    """
    if not len(effects):
        raise UsageError(gettext("no number has a range: there is nothing to draw"))
    rows = effects.iloc[::-1].to_dict("records")

    ends = (("low", gettext("low"), "#4477aa"), ("high", gettext("high"), "#cc6677"))
    heading = gettext("{category}, each number at its ends", category=CATEGORIES[category].title)

    def draw(axes: Axes) -> None:
        for place, row in enumerate(rows):
            for end, word, colour in ends:
                axes.plot([row["score_low"], row["score_high"]], [place, place], color="#bbbbbb", zorder=1)
                axes.scatter(row[f"score_{end}"], place, color=colour, zorder=2, label=word if not place else None)
        axes.set_yticks(range(len(rows)), labels=[str(row["number"]) for row in rows])
        axes.set_xlabel(CATEGORIES[category].unit)
        axes.set_title(gettext("{name}: {text}", name=title, text=heading) if title else heading)
        axes.legend(title=gettext("number at its"), loc="best")

    return _saved(draw, Path(path), (8.0, 1.0 + 0.3 * len(rows)))


def _saved(draw: Callable[[Axes], None], path: Path, size: tuple[float, float]) -> Path:
    check_picture(path)
    os.environ["MPLBACKEND"] = "agg"  # of the user's there may be none of this name, and files need no window
    matplotlib: Any = package("matplotlib", gettext_noop("the figures need"), "figures")
    made: Any = package("matplotlib.figure", gettext_noop("the figures need"), "figures")
    with matplotlib.rc_context(STYLE):
        figure = made.Figure(size, layout="constrained")
        draw(figure.subplots())
        with written_aside(path) as aside:
            metadata = {"Date": None} if path.suffix == ".svg" else {}
            figure.savefig(aside, format=path.suffix[1:], dpi=RESOLUTION, metadata=metadata)
    return path
