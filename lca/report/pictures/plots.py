"""What each static figure shows, drawn with Matplotlib on a figure of its own: no window, no global state."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from lca.languages import gettext, localised, named, ngettext
from lca.methods.categories import CATEGORIES
from lca.report.excel.cells import MISSING, inert
from lca.report.html.charts import phases
from lca.report.html.tables import alike, largest_alike
from lca.report.palette import CIVIDIS, colour_of_phase, colour_of_stage, hatch_of_phase, ink, step
from lca.report.view import View, rows
from lca.report.words import number
from lca.vocabulary import Phase, Stage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_SCENARIOS = 8
"""Scenarios of one figure; its caption says when there are more."""
MOST_ACTIVITIES = 10
_ROW, _GREY = 0.21, "#D0D0D0"  # inches


def names(view: View) -> tuple[str, ...]:
    """The scenarios that a figure has room for."""
    return view.study.names[:MOST_SCENARIOS]


def tags(view: View) -> str:
    """`A: France; B: Poland`, for figures that have no room for names."""
    return "; ".join(f"{tag}: {view.labels[n]}" for tag, n in zip(ascii_uppercase, names(view), strict=False))


def summary(view: View) -> Figure:
    """Heat map: the colour is the share of the largest known score of the category, the number the score."""
    shown, categories = names(view), view.study.categories
    figure, axes = _axes(1.35 * len(shown), 0.3 * len(categories), gettext("Scores per functional unit"))
    for row, id in enumerate(categories):
        largest = largest_alike(view, id)
        for column, name in enumerate(shown):
            score = view.scores[name, id]
            comparable = largest and not score.missing and alike(view, name, id)
            colour = CIVIDIS[step(score.value / largest)] if comparable else "#FFFFFF"
            edge, hatch = (_GREY, "////") if score.missing else ("#FFFFFF", "")
            axes.bar(column, 1, 1, row - 0.5, color=colour, edgecolor=edge, hatch=hatch)
            box = {"facecolor": "#FFFFFF", "edgecolor": "none", "pad": 1.0} if score.missing else None
            text = number(score.value, score.mark)
            axes.text(column, row, text, ha="center", va="center", color=ink(colour), fontsize=8, bbox=box)
    axes.set_xlim(-0.5, len(shown) - 0.5)
    axes.set_ylim(len(categories) - 0.5, -0.5)
    axes.set_yticks(range(len(categories)), [f"{CATEGORIES[id].title} ({CATEGORIES[id].unit})" for id in categories])
    axes.set_xticks(range(len(shown)), ["\n".join(textwrap.wrap(view.labels[n], 17)) for n in shown])
    axes.xaxis.tick_top()
    return figure


def by_stage(view: View) -> Figure:
    """Shares of the stages of the life cycle in every known score."""
    title = gettext("Shares of every stage in the known scores")
    styles: dict[Phase | Stage, tuple[str, str]] = {stage: (colour_of_stage(stage), "") for stage in Stage}
    return _shares(view, "stage", title, tuple(Stage), styles)


def by_phase(view: View) -> Figure:
    """Shares of the phases in every known score."""
    present = phases(view.study)
    kinds = [phase for phase in Phase if phase in present]
    styles: dict[Phase | Stage, tuple[str, str]] = {
        phase: (colour_of_phase(phase), hatch_of_phase(phase, present) * 3) for phase in kinds
    }
    title = gettext("Shares of every phase in the known scores")
    return _shares(view, "phase", title, kinds, styles)


def _shares(
    view: View, field: str, title: str, kinds: Sequence[Phase | Stage], styles: Mapping[Phase | Stage, tuple[str, str]]
) -> Figure:
    """A bar for every category and scenario: parts over the sum of their absolute sizes, credits to the left."""
    shown, categories = names(view), view.study.categories
    columns = ["scenario", "category", field]
    summed = view.study.table.groupby(columns)["score"].sum().reset_index()
    known = {tuple(row[:3]): float(row[3]) for row in rows(summed)}
    height = len(categories) * (len(shown) + 0.6)
    figure, axes = _axes(4.6, _ROW * height, title)
    places, ticks, drawn = [], [], set[str]()
    for block, id in enumerate(categories):
        top = block * (len(shown) + 0.6)
        axes.text(
            -0.04,
            top - 0.5,
            CATEGORIES[id].title,
            ha="right",
            va="center",
            fontsize=8,
            fontweight="bold",
            transform=axes.get_yaxis_transform(),
        )
        for n, (tag, name) in enumerate(zip(ascii_uppercase, shown, strict=False)):
            places.append(top + n + 0.2)
            ticks.append(tag)
            score = view.scores[name, id]
            parts = {} if score.missing else {k: known[name, id, k] for k in kinds if (name, id, k) in known}
            drawn |= _stack(axes, places[-1], parts, styles)
            words = f"{number(score.value, score.mark)} {score.unit}" if not score.missing else gettext(MISSING)
            axes.text(1.02, places[-1], words, va="center", fontsize=7)
    axes.set_yticks(places, ticks)
    axes.set_ylim(height - 0.2, -1)
    axes.set_xlim(min(axes.get_xlim()[0], 0), 1)
    axes.xaxis.set_major_formatter(lambda share, _: localised(f"{share:.0%}"))
    axes.set_xlabel(gettext("share of the known score"))
    _legend(axes, {named(kind): styles[kind] for kind in kinds if kind in drawn})
    return figure


def _stack(axes: Axes, place: float, parts: Mapping[Any, float], styles: Mapping[Any, tuple[str, str]]) -> set[str]:
    whole = sum(abs(part) for part in parts.values())
    ends = [0.0, 0.0]  # of credits, of burdens
    for kind, part in parts.items() if whole else ():
        colour, hatch = styles[kind]
        side = part > 0
        axes.barh(place, part / whole, 0.85, ends[side], color=colour, hatch=hatch, edgecolor="#FFFFFF", linewidth=0.4)
        ends[side] += part / whole
    return {kind for kind, part in parts.items() if part}


def contributions(view: View, category: str) -> Figure:
    """The activities that contribute most, a panel for every scenario on one scale; the colour is the stage."""
    shown = [name for name in names(view) if not view.scores[name, category].missing]
    entries = list(rows(view.study.contributions(category, "activity", "stage")))
    figure, axes = _axes(4.6, 0.0, gettext("Largest contributions: {category}", category=CATEGORIES[category].title))
    place, places, ticks, drawn = 0.0, list[float](), list[str](), set[str]()
    for name in shown:
        score = view.scores[name, category]
        title = f"{view.labels[name]}: {number(score.value, score.mark)} {score.unit}"
        axes.text(0, place, title, va="center", fontsize=8, fontweight="bold")
        place += 1
        for label, parts in _largest(view, name, category, entries):
            ends = [0.0, 0.0]
            for stage, part in parts.items():
                colour, side = colour_of_stage(stage), part > 0
                axes.barh(place, part, 0.8, ends[side], color=colour, edgecolor="#FFFFFF", linewidth=0.4)
                ends[side] += part
                drawn.add(stage)
            places.append(place)
            ticks.append(label)
            place += 1
        place += 0.6
    axes.set_yticks(places, ticks)
    axes.set_ylim(place - 0.8, -0.8)
    axes.set_xlabel(gettext("{unit} per functional unit", unit=CATEGORIES[category].unit))
    _legend(axes, {named(s): (colour_of_stage(s), "") for s in tuple(Stage) if s in drawn})
    figure.set_size_inches(4.6, max(_ROW * place, 0.8))
    return figure


def _largest(view: View, name: str, category: str, entries: Sequence[Any]) -> Iterator[tuple[str, dict[str, float]]]:
    """Label, and stage → score, of the activities that contribute most, then of all others together."""
    by: dict[str, dict[str, float]] = {}
    for row in entries:
        if row.scenario == name:
            by.setdefault(row.activity, {})[row.stage] = float(row.score)
    order = sorted(by, key=lambda id: -abs(sum(by[id].values())))
    cover = view.study.coverage[name, category]
    partial = {item.name for item in cover.items}
    for id in order[:MOST_ACTIVITIES]:
        value = number(sum(by[id].values()), cover.mark if id in partial else "")
        yield f"{textwrap.shorten(inert(view.study.activities[id].name), 44, placeholder='…')}  {value}", by[id]
    others: dict[str, float] = {}
    for id in order[MOST_ACTIVITIES:]:
        for stage, part in by[id].items():
            others[stage] = others.get(stage, 0.0) + part
    if others:
        mark = cover.mark if partial.intersection(order[MOST_ACTIVITIES:]) else ""
        count = len(order) - MOST_ACTIVITIES
        said = ngettext("{count} other", "{count} others", count)
        yield f"{said}  {number(sum(others.values()), mark)}", others


def _axes(width: float, height: float, title: str) -> tuple[Figure, Axes]:
    """Axes that fill a figure of this size in inches; what stands around them is cut out with them."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, max(height, 0.5)))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=26)
    axes.tick_params(labelsize=8, length=0)
    axes.spines[:].set_visible(False)
    return figure, axes


def _legend(axes: Axes, styles: dict[str, tuple[str, str]]) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(facecolor=c, hatch=h, edgecolor="#FFFFFF", label=kind) for kind, (c, h) in styles.items()]
    if patches:
        axes.legend(handles=patches, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, frameon=False, fontsize=8)
