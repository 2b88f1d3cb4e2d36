"""The chart of break-evens: the scores of variants and of their baseline as lines against the service delivered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lca.languages import gettext
from lca.methods.categories import CATEGORIES
from lca.report.html.charts import Chart, isolating, safe
from lca.report.html.text import completeness
from lca.report.palette import DASHES, OKABE_ITO
from lca.report.view import View
from lca.report.words import break_even, joined, number, rebound
from lca.study.comparison.breakeven import BreakEvenRow, baseline_of, break_even_rows
from lca.study.comparison.cost_lines import Lines

_BAND = 0.12  # opacity


def compressed(view: View) -> bool:
    """Whether a compressed variant can be held against another scenario that delivers the same, or that against it."""
    study = view.study
    if not any(scenario.file.compression for scenario in study.scenarios):
        return False
    base = baseline_of(study)
    return any(
        (variant.file.compression or base.file.compression)
        and study.functional_unit(variant.name) == study.functional_unit(base.name)
        and any(
            not view.scores[variant.name, id].missing and not view.scores[base.name, id].missing
            for id in study.categories
        )
        for variant in study.scenarios
        if variant is not base
    )


def break_even_charts(view: View) -> dict[str, Chart]:
    """Category → score against the amount of service, of the baseline and of every scenario that compares with it."""
    pairs = [row for row in break_even_rows(view.study) if row.extra == row.extra]
    lines = Lines(view.study)
    return {
        id: _chart(view, lines, id, [pair for pair in pairs if pair.category == id]) for id in view.study.categories
    }


def _chart(view: View, lines: Lines, category: str, pairs: Sequence[BreakEvenRow]) -> Chart:
    if not pairs:
        return {"empty": gettext("No chart: the scores to compare are missing.")}
    drawn, service = CATEGORIES[category], _service(view, pairs)
    end, names = _end(view, pairs), [pairs[0].baseline, *(pair.scenario for pair in pairs)]
    traces = []
    for n, name in enumerate(names):
        line = lines.of(name, category)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": safe(view.labels[name]),
                "x": [0.0, end],
                "y": [line.once, line.once + line.each * end],
                "line": {"color": OKABE_ITO[n % len(OKABE_ITO)], "dash": DASHES[n % len(DASHES)], "width": 2},
                "hovertemplate": "%{fullData.name}: %{y:.3g}<extra></extra>",
            }
        )
    bands = [band for n, pair in enumerate(pairs, 1) for band in _band(pair, OKABE_ITO[n % len(OKABE_ITO)], end)]
    note = gettext(
        "{title}, {unit}. Known parts of the scores. {completeness}.",
        title=drawn.title,
        unit=drawn.unit,
        completeness=completeness(isolating(view), category),
    )
    if bands:
        note += gettext(" Shaded: where the repeated measurements put the break-even (95 %).")
    verdicts = joined(
        gettext("{name}: {text}", name=view.labels[pair.scenario], text=break_even(pair)) for pair in pairs
    )
    return {
        "traces": traces,
        "layout": {
            "height": 340,
            "showlegend": True,
            "legend": {"orientation": "h", "y": -0.3},
            "shapes": bands,
            "xaxis": {"title": {"text": gettext("service delivered, in {unit}", unit=safe(service))}},
            "yaxis": {"title": {"text": safe(drawn.unit)}, "automargin": True},
        },
        "alt": gettext(
            "Lines: {title} against the service delivered. {verdicts}.", title=drawn.title, verdicts=verdicts
        ),
        "note": note,
        "table": _table(view, pairs, drawn.unit, service),
    }


def _service(view: View, pairs: Sequence[BreakEvenRow]) -> str:
    """The unit of the service; the same for all."""
    return view.study.scenario_by_name[pairs[0].baseline].file.functional_unit.amount.unit


def _end(view: View, pairs: Sequence[BreakEvenRow]) -> float:
    """Twice the farthest break-even within the service life; without one the service life, or the functional unit."""
    near = [2 * pair.amount for pair in pairs if pair.amount == pair.amount and not pair.amount > pair.reach]
    lives = [pair.reach for pair in pairs if pair.reach == pair.reach]
    delivered = view.study.scenario_by_name[pairs[0].baseline].file.functional_unit.amount
    return max(near or lives or [delivered.number])


def _band(pair: BreakEvenRow, colour: str, end: float) -> list[dict[str, Any]]:
    """The interval of a break-even as far as it is drawn."""
    if not pair.low < end:
        return []
    return [
        {
            "type": "rect",
            "yref": "paper",
            "x0": pair.low,
            "x1": min(pair.high, end),
            "y0": 0,
            "y1": 1,
            "fillcolor": colour,
            "opacity": _BAND,
            "line": {"width": 0},
            "layer": "below",
        }
    ]


def _table(view: View, pairs: Sequence[BreakEvenRow], unit: str, service: str) -> list[list[str]]:
    head = [
        gettext("variant"),
        gettext("against"),
        gettext("verdict"),
        gettext("once more, {unit}", unit=unit),
        gettext("saved per {service}, {unit}", service=service, unit=unit),
        gettext("95 % interval"),
        gettext("rebound"),
    ]
    return [head, *(_cells(view, pair) for pair in pairs)]


def _cells(view: View, pair: BreakEvenRow) -> list[str]:
    known = pair.saving_low == pair.saving_low
    interval = (
        gettext("{low} to {high}", low=number(pair.saving_low), high=number(pair.saving_high))
        if known
        else gettext("not known")
    )
    names = view.labels[pair.scenario], view.labels[pair.baseline]
    return [*names, break_even(pair), number(pair.extra), number(pair.saving), interval, rebound(pair) or "–"]
