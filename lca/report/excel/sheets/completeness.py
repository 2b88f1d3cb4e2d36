"""The sheet Completeness: how much of every score is known, and every gap by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lca.languages import gettext, gettexts, named
from lca.methods.categories import CATEGORIES
from lca.report.excel.cells import Cell
from lca.report.excel.sheet import Book
from lca.report.excel.sheets.readme import state_style
from lca.report.view import Score, View, documented, rows
from lca.report.words import DOCUMENTED, coverage_of, gaps, joined
from lca.vocabulary import Completeness, FlowState, Mark


def completeness(book: Book, view: View) -> None:
    """Completeness: category × scenario, then the list of gaps."""
    sheet = book.sheet(
        "Completeness",
        gettext("Completeness"),
        gettext(
            "complete: nothing in the product system is known to be left out. partial: some of it is, by the gaps "
            "listed below. missing: nothing is known. A gap is an activity whose own flows are incomplete, with the "
            "amount of it that one functional unit takes, or something that the scenario leaves open."
        ),
    )
    sheet.section(gettext("State of every score"))
    sheet.head((gettext("impact category"), *view.labels.values()))
    for id in view.study.categories:
        scores = [view.scores[name, id] for name in view.study.names]
        states = [Cell(_words(score), style=state_style(score.completeness)) for score in scores]
        sheet.rows([[CATEGORIES[id].title, *states]])
    name, shares = documented(view.study)
    if name:
        sheet.row += 1
        sheet.section(gettext(DOCUMENTED, name=name))
        sheet.head((gettext("impact category"), *view.labels.values()))
        for id in view.study.categories:
            parts = [Cell(shares[scenario, id], shape="share") for scenario in view.study.names]
            sheet.rows([[CATEGORIES[id].title, *parts]])
    for method in view.study.methods:
        sheet.note(coverage_of(method) + ".")
    sheet.row += 1
    sheet.section(gettext("Gaps"))
    gaps = list(_gaps(view))
    if gaps:
        columns = gettexts(
            "scenario", "gap", "state", "amount", "unit", "what is not known", "categories", "impact categories"
        )
        sheet.table(columns, gaps)
    else:
        sheet.note(gettext("None."))
    sheet.finish({1: 36, 2: 24, 5: 36, 7: 60})


def _gaps(view: View) -> Iterator[list[Cell | str | float]]:
    """Gaps of the same amount and reason in several categories, and in several scenarios, as one row."""
    titles: dict[tuple[Any, ...], list[str]] = {}
    for gap in rows(view.study.gaps()):
        why = gettext("left open by the scenario") if gap.reasons == gap.gap else gap.reasons
        key = (gap.scenario, gap.gap, gap.state, gap.amount, gap.unit, why)
        titles.setdefault(key, []).append(CATEGORIES[gap.category].title)
    scenarios: dict[tuple[Any, ...], list[str]] = {}
    for (scenario, *gap), categories in titles.items():
        scenarios.setdefault((*gap, tuple(categories)), []).append(view.labels[scenario])
    for (name, state, amount, unit, reasons, categories), labels in scenarios.items():
        shaded = Cell(named(FlowState(state)), style=state_style(state))
        count = Cell(float(len(categories)), shape="count")
        listed = gettext("all") if len(categories) == len(view.study.categories) else joined(categories)
        where = gettext("all") if len(labels) == len(view.study.names) > 1 else joined(labels)
        yield [where, name, shaded, float(amount), unit, reasons, count, listed]


def _words(score: Score) -> str:
    if score.completeness == Completeness.COMPLETE:
        return named(Completeness.COMPLETE)
    mark = f" ({named(Mark(score.mark))})" if score.mark else ""
    return f"{named(Completeness(score.completeness))}{mark}, {gaps(score.gaps)}"
