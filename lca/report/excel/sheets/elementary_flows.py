"""The sheets LCI_Elementary and Sankey_Edges: elementary flows of a functional unit, and the links of every score."""

from __future__ import annotations

from collections.abc import Iterator

from lca.languages import gettext, gettexts
from lca.methods.categories import CATEGORIES
from lca.report.excel.cells import NONE
from lca.report.excel.sheet import Book
from lca.report.sankey import edges
from lca.report.view import View, rows
from lca.report.words import stage_word


def lci_elementary(book: Book, view: View) -> None:
    """LCI_Elementary: flow × scenario."""
    sheet = book.sheet(
        "LCI_Elementary",
        gettext("Elementary flows"),
        gettext(
            "What one functional unit takes from and gives to the environment; published results have no flows. "
            "missing: not known, never 0."
        ),
    )
    amounts: dict[tuple[str, str, str, str], dict[str, float]] = {}
    for flow in rows(view.study.elementary()):
        amounts.setdefault((flow.name, flow.compartment, flow.unit, flow.flow), {})[flow.scenario] = float(flow.amount)
    names = view.study.names
    table = [(*key, *(of_scenario.get(name, NONE) for name in names)) for key, of_scenario in sorted(amounts.items())]
    columns = (*gettexts("elementary flow", "compartment", "unit", "code in bw2io"), *view.labels.values())
    sheet.long_table(columns, table, len(table), dict(enumerate((36, 44, 12, 38, *(22,) * len(names)))))


def sankey_edges(book: Book, view: View) -> None:
    """Sankey_Edges: the links of every score, from emitting activities to the score."""
    sheet = book.sheet(
        "Sankey_Edges",
        gettext("Links of the flow diagrams"),
        gettext(
            "From the activities that emit, by exchange of the foreground and by phase and stage, to the score. Links "
            "into each level sum to it; a credit is negative."
        ),
    )
    columns = gettexts("impact category", "scenario", "from", "source", "to", "target", "stage", "score", "unit")
    links = list(_links(view))
    sheet.long_table(columns, links, len(links), dict(enumerate((34, 48, 16, 52, 16, 52, 14, 14, 26))))


def _links(view: View) -> Iterator[tuple[str | float, ...]]:
    levels = gettexts("activity", "exchange", "phase and stage", "score")
    for id in view.study.categories:
        category = CATEGORIES[id]
        for name in view.study.names:
            for edge in edges(view.study, name, id):
                ends = (levels[edge.source.level], edge.source.label, levels[edge.target.level], edge.target.label)
                yield (category.title, view.labels[name], *ends, stage_word(edge.stage), edge.score, category.unit)
