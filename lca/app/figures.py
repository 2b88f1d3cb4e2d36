"""The chart of all categories: each scenario relative to the first, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lca.app.assessing import Scores
from lca.languages import gettext, spoken
from lca.methods.categories import CATEGORIES, EF
from lca.report.html.charts import safe
from lca.report.palette import GREY, OKABE_ITO
from lca.report.view import apart
from lca.report.words import number, significant

COLOURS = (*OKABE_ITO[:6], GREY)
"""Those that are seen on white and on black."""
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star", "hexagon", "pentagon")


def relative(scores: Scores) -> dict[str, Any]:
    """Dots with intervals, a row a category, on a logarithmic axis on which the first scenario is 1.

    A category whose score of the first is missing or not positive is not drawn; the table has it.
    """
    names = scores.names
    first = scores.median[names[0]]
    drawn = [n for n in range(len(EF)) if first[n] > 0]
    rows = {n: len(drawn) - place for place, n in enumerate(drawn)}
    traces = [_trace(scores, name, order, len(names), rows) for order, name in enumerate(names)]
    return {
        "data": traces,
        "layout": {
            "separators": spoken().decimal + spoken().group,
            "height": 110 + len(drawn) * max(38, 16 + 9 * len(names)),
            "margin": {"l": 8, "r": 16, "t": 8, "b": 36},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#767676"},
            "showlegend": len(names) > 1,
            "legend": {"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "xanchor": "left"},
            "dragmode": False,
            "hovermode": "closest",
            "uirevision": "kept",
            "xaxis": {
                "type": "log",
                "fixedrange": True,
                "gridcolor": "#9993",
                "tickformat": "~g",
                "dtick": "D2" if _wide(scores, names, drawn) < 1.5 else 1,
                "automargin": True,
            },
            "yaxis": {
                "tickvals": list(rows.values()),
                "ticktext": [_wrapped(CATEGORIES[EF[n]].title) for n in drawn],
                "range": [0.4, len(drawn) + 0.6],
                "fixedrange": True,
                "automargin": True,
                "gridcolor": "#9993",
                "zeroline": False,
            },
            "shapes": [
                {"type": "line", "x0": 1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1, "line": {"color": "#767676"}}
            ],
        },
    }


def _trace(scores: Scores, name: str, order: int, total: int, rows: dict[int, int]) -> dict[str, Any]:
    first = next(iter(scores.median.values()))
    shown = [n for n in rows if scores.median[name][n] > 0]
    value, low, high = (
        [float(part[name][n] / first[n]) for n in shown] for part in (scores.median, scores.low, scores.high)
    )
    spread = 0.7 * ((order + 0.5) / total - 0.5) if total > 1 else 0.0
    colour = COLOURS[order % len(COLOURS)]
    texts = []
    for n in shown:
        ends = scores.median[name][n], scores.low[name][n], scores.high[name][n]
        middle, least, most = (number(end, digits=significant(*ends)) for end in ends)
        texts.append(
            gettext(
                "{middle} ({least} to {most}) {unit}",
                middle=middle,
                least=least,
                most=most,
                unit=safe(CATEGORIES[EF[n]].unit),
            )
        )
    return {
        "type": "scatter",
        "mode": "markers",
        "name": safe(short(scores.names)[name]),
        "x": value,
        "y": [rows[n] - spread for n in shown],
        "customdata": texts,
        "hovertemplate": "%{fullData.name}: %{customdata}<extra></extra>",
        "marker": {
            "color": colour,
            "symbol": SYMBOLS[order % len(SYMBOLS)],
            "size": 9,
            "line": {"color": "#767676", "width": 0.5},
        },
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [max(h - v, 0.0) for v, h in zip(value, high, strict=True)],
            "arrayminus": [max(v - max(at, v / 1e3), 0.0) for v, at in zip(value, low, strict=True)],
            "color": colour,
            "thickness": 1.5,
            "width": 3,
        },
    }


def _wide(scores: Scores, names: tuple[str, ...], drawn: list[int]) -> float:
    """Powers of ten that the chart spans."""
    first = scores.median[names[0]]
    ends = [part[name][n] / first[n] for name in names for n in drawn for part in (scores.low, scores.high)]
    known = [end for end in ends if end > 0]
    return float(np.log10(max(known) / min(known))) if known else 0.0


def short(names: Sequence[str], most: int = 40) -> dict[str, str]:
    """Names as a chart and a table have them: without what all begin with, and not longer than `most`."""
    return {name: text if len(text) <= most else text[: most - 1].rstrip() + "…" for name, text in apart(names).items()}


def _wrapped(title: str) -> str:
    words, line, lines = title.split(), "", []
    for word in words:
        if line and len(line) + len(word) > 20:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "<br>".join([*lines, line])
