"""The chart of variants on the page: quality against score, with the front marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from lca.languages import gettext, localised, named
from lca.methods.categories import CATEGORIES
from lca.report.compressed.ranks import Ranking
from lca.report.compressed.variants import Service, has_variants, services
from lca.report.html.charts import Chart, isolating, safe
from lca.report.palette import GREY, OKABE_ITO
from lca.report.view import View
from lca.report.words import missing, number
from lca.study.comparison.variants import Variant
from lca.vocabulary import Completeness


class _Kind(StrEnum):
    """How a variant stands to the front; the value is the name of its trace."""

    ON = "on the front"
    OPEN = "on the front, if gaps allow"
    BEHIND = "behind another"
    EXCLUDED = "excluded"


_MARKERS = {
    _Kind.ON: {"symbol": "circle", "color": OKABE_ITO[0]},
    _Kind.OPEN: {"symbol": "diamond", "color": OKABE_ITO[4]},
    _Kind.BEHIND: {"symbol": "circle-open", "color": GREY},
    _Kind.EXCLUDED: {"symbol": "x", "color": OKABE_ITO[3]},
}
_ROOM = 0.12
"""Beyond the least and the largest value of an axis, as a part of what lies between them."""


class _VariantPoint(NamedTuple):
    """A variant in one category."""

    number: int
    scenario: str
    quality: float
    score: float
    kind: _Kind


def described(view: View) -> list[tuple[str, Service]]:
    """Services with models to describe, and the ids of their charts; none where `has_variants` is not so."""
    if not has_variants(view.study):
        return []
    return [(f"variants-{n}", service) for n, service in enumerate(services(view.study))]


def compared(service: Service) -> bool:
    """Whether there is anything to compare, and so a chart."""
    return len(service.models) > 1


def variant_charts(view: View) -> dict[str, dict[str, Chart]]:
    """Chart → category → quality against score."""
    isolated, drawn = isolating(view), dict[str, dict[str, Chart]]()
    for id, service in described(view):
        if compared(service):
            ranking = Ranking.of(isolated, service)
            drawn[id] = {category: _chart(isolated, service, ranking, category) for category in view.study.categories}
    return drawn


def _chart(view: View, service: Service, ranking: Ranking, category: str) -> Chart:
    drawn, metric = CATEGORIES[category], service.metric
    if metric is None:
        return {"empty": gettext("No chart: no quality is known of which more is better.")}
    points = list(_points(view, service, ranking, category, metric))
    if not points:
        return {"empty": gettext("No chart: of no variant both {metric} and the score are known.", metric=metric)}
    winner, front = ranking.winner(category), ranking.front(category)
    complete = all(view.scores[point.scenario, category].completeness == Completeness.COMPLETE for point in points)
    known_parts = "" if complete else gettext(" Known parts of the scores.")
    return {
        "traces": [*_line(points), *_traces(view, ranking, points, category)],
        "layout": {
            "height": 400,
            "showlegend": True,
            "legend": {"orientation": "h", "y": -0.25},
            "margin": {"l": 8, "r": 24, "t": 24, "b": 48},
            "xaxis": {
                "title": {"text": safe(metric)},
                "range": _range([p.quality for p in points]),
                "automargin": True,
            },
            "yaxis": {
                "title": {"text": gettext("{unit} per functional unit", unit=safe(drawn.unit))},
                "range": _range([p.score for p in points]),
                "automargin": True,
            },
        },
        "alt": gettext(
            "Scatter plot: {metric} against {title} of {count} variants, in {unit} per functional unit. On "
            "the front: {front}. Lowest: {winner}. The table below has the numbers.",
            metric=metric,
            title=drawn.title,
            count=len(points),
            unit=drawn.unit,
            front=front,
            winner=winner,
        ),
        "note": gettext(
            "To the right and below is better; the points have the numbers of the table of "
            "models.{known_parts} Lowest score: {winner}. {tally}",
            known_parts=known_parts,
            winner=winner,
            tally=ranking.tally,
        ),
        "table": _table(view, service, ranking, category, metric),
    }


def _points(view: View, service: Service, ranking: Ranking, category: str, metric: str) -> Iterator[_VariantPoint]:
    """Every variant of which quality and score are known."""
    front = ranking.fronts[category]
    for n, variant in enumerate(service.variants, 1):
        reached, score = variant.reached(metric), view.scores[variant.scenario, category]
        if reached is None or score.missing:
            continue
        kind = _Kind.BEHIND
        if variant.excluded:
            kind = _Kind.EXCLUDED
        elif variant.scenario in front.members:
            kind = _Kind.OPEN if variant.scenario in front.undecided else _Kind.ON
        yield _VariantPoint(n, variant.scenario, reached, score.value, kind)


def _line(points: Sequence[_VariantPoint]) -> Iterator[dict[str, Any]]:
    """The least score for a quality, as steps, where nothing of the front is open."""
    front = sorted({(p.quality, p.score) for p in points if p.kind == _Kind.ON})
    if len(front) > 1 and not any(point.kind == _Kind.OPEN for point in points):
        yield {
            "type": "scatter",
            "mode": "lines",
            "name": gettext("front"),
            "x": [q for q, _ in front],
            "y": [s for _, s in front],
            "line": {"color": OKABE_ITO[0], "dash": "dot", "width": 1.5, "shape": "vh"},
            "hoverinfo": "skip",
        }


def _traces(view: View, ranking: Ranking, points: Sequence[_VariantPoint], category: str) -> Iterator[dict[str, Any]]:
    """A trace for each kind of point that there is."""
    unit = CATEGORIES[category].unit
    for kind, marker in _MARKERS.items():
        chosen = [point for point in points if point.kind == kind]
        if not chosen:
            continue
        texts = []
        for point in chosen:
            score = view.scores[point.scenario, category]
            lines = (
                f"{point.number} {view.labels[point.scenario]}",
                f"{number(score.value, score.mark)} {unit}",
                gettext("quality {quality:.4g}", quality=point.quality),
                ranking.standing(point.scenario, category),
            )
            texts.append("<br>".join(map(safe, lines)))
        yield {
            "type": "scatter",
            "mode": "markers+text",
            "name": named(kind),
            "x": [p.quality for p in chosen],
            "y": [p.score for p in chosen],
            "text": _labels(chosen),
            "textposition": "top right",
            "cliponaxis": False,
            "marker": {**marker, "size": 11, "line": {"width": 2}},
            "customdata": texts,
            "hovertemplate": "%{customdata}<extra></extra>",
        }


def _labels(points: Sequence[_VariantPoint]) -> list[str]:
    """The number of every point; those in one place share the label of the first of them."""
    places: dict[tuple[float, float], list[str]] = {}
    for point in points:
        places.setdefault((point.quality, point.score), []).append(str(point.number))
    return [", ".join(places.pop((point.quality, point.score), ())) for point in points]


def _range(values: Sequence[float]) -> list[float]:
    """Ends of an axis with room for marks at the ends of the values, also where all are equal."""
    low, high = min(values), max(values)
    room = _ROOM * ((high - low) or abs(high) or 1.0)
    return [low - room, high + room]


def _table(view: View, service: Service, ranking: Ranking, category: str, metric: str) -> list[list[str]]:
    unit = CATEGORIES[category].unit
    lines = [
        [
            gettext("variant"),
            metric,
            gettext("score, {unit}", unit=unit),
            gettext("per right result, {unit}", unit=unit),
            gettext("standing"),
        ]
    ]
    for n, variant in enumerate(service.variants, 1):
        score, right = view.scores[variant.scenario, category], ranking.right[variant.scenario, category]
        reached = variant.reached(metric)
        lines.append(
            [
                f"{n} {view.labels[variant.scenario]}",
                missing() if reached is None else _reached(reached, variant),
                number(score.value, score.mark),
                number(right["per_correct"], right["mark"]),
                ranking.standing(variant.scenario, category),
            ]
        )
    return lines


def _reached(quality: float, variant: Variant) -> str:
    text = localised(f"{quality:.4g}")
    return gettext("{quality} (stated)", quality=text) if variant.quality_of == "stated" else text
