"""The first screen of the page: what stands in the table of scores, and dots with ranges as a picture of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import NamedTuple

from lca.languages import gettext, localised
from lca.methods.categories import CATEGORIES
from lca.report import words
from lca.report.palette import OKABE_ITO
from lca.report.view import View, apart

LINE, SPACE, TOP = 12, 8, 22
"""Units that a scenario takes, that part two categories, and above the first."""
RIGHT = 24
"""Units that are left free at the end of the axis."""
LEAST = 1e-4
"""Relative score below which nothing is drawn."""


class AxisLayout(NamedTuple):
    """Where the names of the categories stand: before their dots, or above them where a screen is narrow."""

    name: str
    width: int
    """Of the picture, in its units."""
    axis: int
    """Where the axis begins."""
    above: int
    """Units that a name takes above its dots; 0: it stands before them."""


LAYOUTS = (AxisLayout("wide", 740, 275, 0), AxisLayout("narrow", 336, 16, 14))


class Dot(NamedTuple):
    """A scenario in one category: dot and ends, in units of the picture."""

    y: float
    x: float
    low: float
    high: float
    colour: str
    text: str


class CategoryRow(NamedTuple):
    """A category; y: of the middle of its name."""

    title: str
    y: float
    marks: Sequence[Dot]


@dataclass(frozen=True, slots=True)
class Picture:
    """Dots and ranges on a logarithmic axis, relative to the baseline."""

    layout: AxisLayout
    rows: Sequence[CategoryRow]
    ticks: Sequence[tuple[float, str]]
    height: float
    alt: str
    key: Sequence[tuple[str, str]]
    """Label of a scenario, and its colour."""


def picture(view: View, layout: AxisLayout = LAYOUTS[0]) -> Picture | None:
    """Every category whose baseline is above zero; None: there is none, or nothing was drawn."""
    names = view.study.names[: len(OKABE_ITO)]
    labels = apart(names)
    chosen = [id for id in view.study.categories if view.probable and view.probable[names[0], id]["median"] > 0]
    if not chosen:
        return None
    relative = {
        (name, id): [
            view.probable[name, id][key] / view.probable[names[0], id]["median"] for key in ("median", "low", "high")
        ]
        for id in chosen
        for name in names
    }
    first = floor(log10(max(min(ends[1] for ends in relative.values()), LEAST)))
    last = max(ceil(log10(max(max(ends[2] for ends in relative.values()), 1.0))), first + 1)

    def place(value: float) -> float:
        share = (log10(max(value, 10.0**first)) - first) / (last - first)
        return round(layout.axis + share * (layout.width - layout.axis - RIGHT), 1)

    rows, y = [], float(TOP)
    for id in chosen:
        marks = []
        for number, name in enumerate(names):
            middle, low, high = relative[name, id]
            row = view.probable[name, id]
            score = f"{words.estimate(row)} ({words.interval(row)}) {CATEGORIES[id].unit}"
            what = f"{labels[name]}, {CATEGORIES[id].title}"
            text = gettext("{name}: {text}", name=what, text=score)
            marks.append(
                Dot(y + layout.above + number * LINE, place(middle), place(low), place(high), OKABE_ITO[number], text)
            )
        middle_of_name = y if layout.above else y + (len(names) - 1) * LINE / 2
        rows.append(CategoryRow(CATEGORIES[id].title, middle_of_name, marks))
        y += layout.above + len(names) * LINE + SPACE
    ticks = [(place(10.0**power), localised(f"{10.0**power:g}")) for power in range(first, last + 1)]
    return Picture(
        layout,
        rows,
        ticks,
        y + TOP,
        gettext(
            "Dots with 95 % intervals of {values} in {count} impact categories, relative to {baseline}, on a "
            "logarithmic axis. The table below has the numbers.",
            values=", ".join(labels.values()),
            count=len(rows),
            baseline=labels[names[0]],
        ),
        [(labels[name], OKABE_ITO[number]) for number, name in enumerate(names)],
    )
