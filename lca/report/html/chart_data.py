"""What the page's script draws: every chart and tree as plain data, by what is chosen on the page."""

from __future__ import annotations

from typing import Any

from lca.measurement.record import Measurement
from lca.report.html import charts, tables
from lca.report.html.breakeven import break_even_charts, compressed
from lca.report.html.tree import tree
from lca.report.html.variants import variant_charts
from lca.report.view import View

MOST_SCENARIOS = 8
"""Scenarios with a tree and a Sankey diagram, and records with a chart; the tables and bars have all of them."""


def first_category(view: View) -> str:
    """The category that the page opens with: climate change where it is known, else the first that is."""
    known = [id for id in view.study.categories if not all(view.scores[n, id].missing for n in view.study.names)]
    return "climate-change" if "climate-change" in known else (known or view.study.categories)[0]


def runs(view: View) -> list[Measurement]:
    """The records with a power series, each once."""
    records: list[Measurement] = []
    for scenario in view.study.scenarios:
        records += [r for r in scenario.measurements.values() if r.power and r not in records]
    return records[:MOST_SCENARIOS]


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
