"""The charts of the page as Plotly's traces and layouts: plain data, every text of a file inert in it."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from lca.languages import gettext, gettext_noop, named
from lca.measurement.record import Measurement
from lca.methods.categories import CATEGORIES
from lca.report import words
from lca.report.excel.cells import inert
from lca.report.html.tables import alike
from lca.report.html.text import completeness, isolated, state
from lca.report.palette import DASHES, GREY, OKABE_ITO, colour_of_stage, hatch_of_phase
from lca.report.sankey import Edge, Node, edges
from lca.report.view import View, rows
from lca.report.words import number
from lca.study.study import Study
from lca.study.upstream import PartOfLife, marks_of_parts, parts_of_life
from lca.vocabulary import Completeness, Component, Origin

Chart = dict[str, Any]
"""`traces`, `layout`, `alt`, `note` and `table` of one chart, or `empty`: why there is none."""
MOST_POINTS = 1000
"""Of one power series."""
_LINE, _WIDTH = 20, 18
_LEAST = 0.02  # of the flow through a node whose label has room


def phases(study: Study) -> tuple[str, ...]:
    """Phases that any scenario has, in the order of a life."""
    return tuple(dict.fromkeys(part.phase for part in parts_of_life(study.systems)))


def by_part(study: Study) -> dict[tuple[str, str, PartOfLife], float]:
    """(scenario, category, part) → score; absent where no activity of the part has a known flow."""
    summed = study.table.groupby(["scenario", "category", "phase", "stage"])["score"].sum().reset_index()
    return {(row.scenario, row.category, PartOfLife(row.phase, row.stage)): float(row.score) for row in rows(summed)}


def stages(view: View, category: str, known: dict[tuple[str, str, PartOfLife], float]) -> Chart:
    """Stacked bars: a bar per scenario; the colour is the stage, the hatch the phase."""
    names, drawn = view.study.names, CATEGORIES[category]
    if all(view.scores[name, category].missing for name in names):
        return {
            "empty": gettext(
                "No chart: every score is missing. {completeness}.",
                completeness=completeness(isolating(view), category),
            )
        }
    marks = {s.name: marks_of_parts(view.study, s, category) for s in view.study.systems}
    bars = [_bar(view, name, category) for name in names]
    traces, table = [], [[gettext("phase, stage"), *view.labels.values()]]
    for part in parts_of_life(view.study.systems):
        values = [None if view.scores[n, category].missing else known.get((n, category, part)) for n in names]
        texts = [_part(view, n, category, v, marks[n].get(part)) for n, v in zip(names, values, strict=True)]
        colour = colour_of_stage(part.stage)
        pattern = {
            "shape": hatch_of_phase(part.phase, phases(view.study)),
            "fillmode": "replace",
            "size": 7,
            "bgcolor": colour,
            "fgcolor": "#FFFFFF",
            "solidity": 0.25,
        }
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": words.part_of_life(part.phase, part.stage),
                "y": bars,
                "x": values,
                "customdata": [f"{text} {safe(drawn.unit)}" for text in texts],
                "hovertemplate": _HOVER,
                "marker": {"color": colour, "pattern": pattern, "line": {"color": "#FFFFFF", "width": 0.5}},
            }
        )
        table.append([words.part_of_life(part.phase, part.stage), *texts])
    guessed = _estimated(view, category)
    if guessed:
        texts = [
            number(*words.held(value, view.probable[name, category]))
            for name, value in zip(names, guessed, strict=True)
        ]
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": gettext(ESTIMATED),
                "y": bars,
                "x": guessed,
                "customdata": [f"{text} {safe(drawn.unit)}" for text in texts],
                "hovertemplate": _HOVER,
                "marker": {"color": GREY, "opacity": 0.5, "line": {"color": GREY, "width": 1}},
            }
        )
        table.append([gettext(ESTIMATED), *texts])
    scores = [view.scores[name, category] for name in names]
    table.append(
        [
            gettext("score") if not guessed else gettext("known score"),
            *(number(score.value, score.mark) for score in scores),
        ]
    )
    incomplete = any(score.completeness != Completeness.COMPLETE for score in scores)
    unlike = not all(alike(view, name, category) for name in names)
    states = completeness(isolating(view), category)
    note = f"{states}."
    if incomplete:
        shown = (
            gettext("{estimated}: what the gaps probably hold, in grey.", estimated=gettext(ESTIMATED))
            if guessed
            else gettext("What is missing has no bar.")
        )
        note = gettext("Colours are of known parts only. {shown} {note}", shown=shown, note=note)
    if unlike:
        note = gettext("The scenarios deliver different functional units: their bars do not compare. {note}", note=note)
    return {
        "traces": traces,
        "layout": {
            "barmode": "relative",
            "height": 110 + sum(34 + _LINE * bar.count("<br>") for bar in bars),
            "xaxis": {
                "title": {"text": gettext("{unit} per functional unit", unit=safe(drawn.unit))},
                "zeroline": True,
            },
            "yaxis": {"type": "category", "autorange": "reversed", "automargin": True, "ticks": ""},
        },
        "alt": gettext(
            "Stacked bars: {title} of {values} by phase and stage, in {unit} per functional unit. "
            "{states}. The table below has the numbers.",
            title=drawn.title,
            values=", ".join(view.labels.values()),
            unit=drawn.unit,
            states=states,
        ),
        "note": note,
        "table": table,
    }


ESTIMATED = gettext_noop("estimated, not known")
"""Name of what the gaps of all phases and stages probably hold."""


def _estimated(view: View, category: str) -> list[float]:
    """Of every scenario, the sum over phases and stages; empty where the study has no layers."""
    layers = view.study.layers
    if layers is None:
        return []
    parts = layers.parts[layers.parts["category"] == category]
    sums = parts.groupby("scenario")["estimated"].sum()
    return [float(sums.get(name, 0.0)) for name in view.study.names]


_HOVER = "%{y}<br>%{fullData.name}: %{customdata}<extra></extra>"


def _bar(view: View, name: str, category: str) -> str:
    score = view.scores[name, category]
    lines = [*textwrap.wrap(view.labels[name], _WIDTH), number(score.value, score.mark)]
    return "<br>".join(map(safe, lines)) + "&nbsp;"


def _part(view: View, name: str, category: str, value: float | None, mark: str | None) -> str:
    """The words of one part: a dash where the scenario has none, `missing` where nothing of it is known."""
    if mark is None:
        return "–"
    if view.scores[name, category].missing or (value is None and mark):
        return words.missing()
    return number(value or 0.0, mark)


def flows(view: View, scenario: str, category: str, rows: pd.DataFrame) -> Chart:
    """Sankey diagram of one score, of the rows of the study's table that sum to it."""
    drawn, score = CATEGORIES[category], view.scores[scenario, category]
    links = edges(view.study, scenario, category, rows=rows)
    if not links:
        return {"empty": gettext("No chart: the score is {value}.", value=number(score.value, score.mark))}
    nodes = list(dict.fromkeys(node for edge in links for node in (edge.source, edge.target)))
    place = {node: n for n, node in enumerate(nodes)}
    most = max(sum(node.level == level for node in nodes) for level in range(3))
    total = gettext("score {value}", value=number(score.value, score.mark))
    credits = ""
    if any(edge.score < 0 for edge in links):
        credits = gettext(" Credits flow with their absolute size; the score has them taken off.")
    link = {
        "source": [place[edge.source] for edge in links],
        "target": [place[edge.target] for edge in links],
        "value": [abs(edge.score) for edge in links],
        "color": [_translucent(colour_of_stage(edge.stage), 0.45) for edge in links],
        "customdata": [_flow(edge, drawn.unit) for edge in links],
        "hovertemplate": "%{source.label} → %{target.label}<br>%{customdata}<extra></extra>",
    }
    through = {n: sum(abs(e.score) for e in links if n == (e.target if n.level == 3 else e.source)) for n in nodes}
    least = _LEAST * max(through.values())
    node = {
        "label": [safe(total if n.level == 3 else _short(n.label)) if through[n] >= least else "" for n in nodes],
        "color": [_colour(n) for n in nodes],
        "customdata": [safe(n.label) for n in nodes],
        "hovertemplate": "%{customdata}<extra></extra>",
        "pad": 10,
        "thickness": 14,
        "line": {"width": 0},
    }
    first = [f"{edge.source.label} {number(edge.score)}" for edge in links if edge.source.level == 0][:3]
    return {
        "traces": [{"type": "sankey", "node": node, "link": link, "arrangement": "snap"}],
        "layout": {"height": 100 + 46 * most, "margin": {"l": 4, "r": 4, "t": 8, "b": 8}},
        "alt": gettext(
            "Sankey diagram: {title} of {scenario}, {total} {unit}, from emitting activities over what the "
            "service takes to phase and stage. Largest: {first}. The tree has all numbers.",
            title=drawn.title,
            scenario=view.labels[scenario],
            total=total,
            unit=drawn.unit,
            first=words.joined(first),
        ),
        "note": gettext(
            "{scenario}: {total} {unit} per functional unit, {state}. Only what is known flows.{credits}",
            scenario=isolated(view.labels[scenario]),
            total=total,
            unit=drawn.unit,
            state=state(score),
            credits=credits,
        ),
    }


def _flow(edge: Edge, unit: str) -> str:
    text = f"{number(edge.score)} {safe(unit)}"
    return gettext("{text} (credit)", text=text) if edge.score < 0 else text


def _colour(node: Node) -> str:
    return colour_of_stage(node.key[1]) if node.level == 2 else GREY if node.level < 2 else "#000000"


def _short(text: str, most: int = 32) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _translucent(colour: str, opacity: float) -> str:
    return f"rgba({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))}, {opacity})"


def power(record: Measurement) -> Chart:
    """Power of every component over one run, with the origin of the energy beside it."""
    origins: dict[str, str] = {entry.component: entry.origin for entry in record.energy}
    traces: list[dict[str, Any]] = []
    thinned = False
    for n, series in enumerate(record.power):
        times, powers = thin(series.times, series.powers)
        thinned = thinned or len(times) < len(series.times)
        origin = origins.get(series.component)
        component = named(Component(series.component))
        name = f"{component} ({named(Origin(origin))})" if origin else component
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "x": times,
                "y": powers,
                "name": name,
                "line": {"color": OKABE_ITO[n % len(OKABE_ITO)], "dash": DASHES[n % len(DASHES)], "width": 1.5},
                "hovertemplate": "%{x:.4g} s, %{y:.3g} W<extra></extra>",
            }
        )
    note = gettext("Power as the record has it; a component that is modelled, imported or stated was not measured.")
    if thinned:
        note += gettext(" Drawn: the least and the most of each of {count} spans.", count=MOST_POINTS // 2)
    peaks = [gettext("{name} up to {power} W", name=t["name"], power=number(max(t["y"]))) for t in traces if t["y"]]
    return {
        "traces": traces,
        "layout": {
            "height": 320,
            "showlegend": True,
            "legend": {"orientation": "h", "y": -0.35},
            "xaxis": {"title": {"text": gettext("time since the start of the run in s")}},
            "yaxis": {"title": {"text": gettext("power in W")}, "rangemode": "tozero", "automargin": True},
        },
        "alt": gettext(
            "Lines: power over the run {name}, which took {amount} s: {peaks}.",
            name=inert(record.name),
            amount=number(3600 * record.duration.amount),
            peaks=words.joined(peaks),
        ),
        "note": note,
    }


def thin(times: Sequence[float], powers: Sequence[float]) -> tuple[list[float], list[float]]:
    """At most MOST_POINTS of a series: the least and the most of equal spans, in their order."""
    if len(times) <= MOST_POINTS:
        return list(times), list(powers)
    kept: list[int] = []
    spans = MOST_POINTS // 2
    for n in range(spans):
        span = range(n * len(times) // spans, (n + 1) * len(times) // spans)
        kept += sorted({min(span, key=powers.__getitem__), max(span, key=powers.__getitem__)})
    return [times[n] for n in kept], [powers[n] for n in kept]


def isolating(view: View) -> View:
    """The same, with names that leave the direction of a sentence alone."""
    return replace(view, labels={name: isolated(label) for name, label in view.labels.items()})


def safe(text: str) -> str:
    """Text that Plotly prints as it is: it obeys some HTML in labels, links among it."""
    return html.escape(inert(text), quote=False)
