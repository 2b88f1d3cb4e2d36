"""The parts of the page that its script fills: what is chosen, keys that filter, charts, and the data of them all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lca.measurement.record import Measurement
from lca.methods.categories import CATEGORIES
from lca.report.html import charts, tables
from lca.report.html.breakeven import break_even_charts, compressed
from lca.report.html.markup import Html, element, joined
from lca.report.html.models import models
from lca.report.html.tree import tree
from lca.report.html.variants import compared, described, variant_charts
from lca.report.palette import hatch_number
from lca.report.view import View

MOST_SCENARIOS = 8
"""Scenarios with a tree and a Sankey diagram, and records with a chart; the tables and bars have all of them."""


def controls(view: View) -> Html:
    """What is chosen for all charts: an impact category and a scenario."""
    several = len({CATEGORIES[id].method for id in view.study.categories}) > 1
    first = _first(view)
    categories = [
        element("option", CATEGORIES[id].title + f", {CATEGORIES[id].method}" * several, value=id, selected=id == first)
        for id in view.study.categories
    ]
    shown = list(view.labels.values())[:MOST_SCENARIOS]
    scenarios = [element("option", label, value=str(n)) for n, label in enumerate(shown)]
    return joined(_select("category", "Impact category", categories), _select("scenario", "Scenario", scenarios))


def _first(view: View) -> str:
    known = [id for id in view.study.categories if not all(view.scores[n, id].missing for n in view.study.names)]
    return "climate-change" if "climate-change" in known else (known or view.study.categories)[0]


def _select(id: str, label: str, options: list[Html]) -> Html:
    return element("label", label, element("select", *options, id=id))


def legend(view: View) -> Html:
    """A key per phase and stage, in the order of the traces; pressing it takes the part out of the bars."""
    keys = []
    for n, part in enumerate(charts.parts(view.study)):
        swatch = f"swatch {part.stage} hatch-{hatch_number(part.phase, charts.phases(view.study))}"
        name = f"{part.phase}, {part.stage}"
        keys.append(_key("stages", n, name, swatch))
    return joined(*keys)


def _key(chart: str, trace: int, name: str, swatch: str) -> Html:
    drawn = element("span", class_=swatch, aria_hidden="true")
    return element("button", drawn, name, type="button", aria_pressed="true", data_chart=chart, data_trace=str(trace))


def chart(id: str, by: str, caption: Html | str, wide: bool = False) -> Html:
    """A chart that the script draws; `by` is what it depends on: `category`, `both` or nothing."""
    place = element("div", class_="chart wide" if wide else "chart", role="img")
    return element(
        "figure",
        element("figcaption", caption),
        element("div", place, class_="scroll", tabindex="0", role="region", aria_label=caption),
        element("p", class_="note"),
        element("details", element("summary", "The numbers"), element("div", class_="scroll table"), hidden=True),
        data_chart=id,
        data_by=by,
    )


def break_even(view: View) -> Html:
    """The section of compressed variants; empty where the study has none."""
    if not compressed(view):
        return Html()
    drawn = chart("break-even", "category", "Score against the service delivered")
    return _section("break-even", "Break-even", drawn)


def variants(view: View) -> Html:
    """The section of models and variants; empty where nothing was compressed and no record has a profile."""
    found, parts = described(view), list[Html]()
    for id, service in found:
        if len(found) > 1:
            parts.append(element("h3", service.text))
        if compared(service):
            parts.append(chart(id, "category", "Quality against score"))
        parts.append(models(view, service))
    return _section("variants", "Compressed models", *parts) if found else Html()


def power(view: View) -> Html:
    """The section of the runs whose records have a power series; empty where none has."""
    drawn = [chart(f"power-{n}", "", joined(tables.name(r.name), f" ({r.phase})")) for n, r in enumerate(runs(view))]
    return _section("power", "Power of the runs", *drawn) if drawn else Html()


def _section(id: str, heading: str, *content: Html) -> Html:
    return element("section", element("h2", heading), *content, id=id)


def runs(view: View) -> list[Measurement]:
    """The records with a power series, each once."""
    found: list[Measurement] = []
    for scenario in view.study.scenarios:
        found += [r for r in scenario.measurements.values() if r.power and r not in found]
    return found[:MOST_SCENARIOS]


def data(view: View) -> dict[str, Any]:
    """Every chart by its id and what it depends on, and the trees."""
    study = view.study
    known = charts.by_part(study)
    numbers = {source: n for n, source in enumerate(tables.cited(view), 1)}
    grouped = {key: rows for key, rows in study.table.groupby(["scenario", "category"], sort=False)}
    none = study.table.iloc[:0]
    each = [
        (f"{n} {id}", name, id, grouped.get((name, id), none))
        for n, name in enumerate(study.names[:MOST_SCENARIOS])
        for id in study.categories
    ]
    drawn: dict[str, dict[str, charts.Chart]] = {
        "stages": {id: charts.stages(view, id, known) for id in study.categories},
        "flows": {key: charts.flows(view, name, id, rows) for key, name, id, rows in each},
    }
    if compressed(view):
        drawn["break-even"] = break_even_charts(view)
    drawn |= variant_charts(view)
    drawn |= {f"power-{n}": {"": charts.power(record)} for n, record in enumerate(runs(view))}
    return {"charts": drawn, "trees": {key: tree(view, name, id, numbers, rows) for key, name, id, rows in each}}


def contents(view: View) -> Iterator[Html]:
    """A link to every section."""
    sections = [
        ("summary", "Summary"),
        ("relative", "Relative scores"),
        ("stages", "Phases and stages"),
        ("tree", "From score to source"),
        ("flows", "Where the score flows"),
    ]
    sections += [("variants", "Compressed models")] * bool(described(view))
    sections += [("break-even", "Break-even")] * compressed(view) + [("power", "Power of the runs")] * bool(runs(view))
    sections += [("completeness", "Completeness"), ("sources", "Sources"), ("about", "About this study")]
    for id, text in sections:
        yield element("li", element("a", text, href=f"#{id}"))
