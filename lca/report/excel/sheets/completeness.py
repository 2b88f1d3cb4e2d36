"""The sheets Completeness and Gaps_By_Score: how much of every score is known, and what is not, by name and by id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lca.languages import gettext, gettexts, named, translated
from lca.methods.categories import CATEGORIES
from lca.report.excel.cells import Cell
from lca.report.excel.sheet import Book
from lca.report.excel.sheets.readme import state_style
from lca.report.view import Score, View, apart, documented, rows
from lca.report.words import DOCUMENTED, SET_ASIDE, coverage_of, gap_name, joined, number, set_aside_named, several
from lca.report.words import gaps as counted_gaps
from lca.vocabulary import Completeness, FlowState, Mark

_MOST_NAMES = 3
"""Names of which those that are in are always written."""


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
    labels = apart(view.study.names)
    sheet.section(gettext("State of every score"))
    sheet.head((gettext("impact category"), *labels.values()))
    for id in view.study.categories:
        scores = [view.scores[name, id] for name in view.study.names]
        states = [Cell(_words(score), style=state_style(score.completeness)) for score in scores]
        sheet.rows([[CATEGORIES[id].title, *states]])
    name, shares = documented(view.study)
    if name:
        sheet.row += 1
        sheet.section(gettext(DOCUMENTED, name=name))
        sheet.head((gettext("impact category"), *labels.values()))
        for id in view.study.categories:
            parts = [Cell(shares[scenario, id], shape="share") for scenario in view.study.names]
            sheet.rows([[CATEGORIES[id].title, *parts]])
    for method in view.study.methods:
        sheet.note(coverage_of(method) + ".")
    if aside := set_aside_named(view.study):
        sheet.row += 1
        sheet.section(gettext("Published, not counted: a hundredth of the score or more"))
        sheet.head(gettexts(*SET_ASIDE))
        sheet.rows(aside)
    sheet.row += 1
    sheet.section(gettext("Gaps"))
    listed = list(_gaps(view))
    if listed:
        columns = gettexts("gap", "state", "amount", "unit", "what is not known", "impact categories", "scenarios")
        sheet.table(columns, listed)
    else:
        sheet.note(gettext("None."))
    sheet.finish({0: 44, 1: 22, 2: 22, 4: 52, 5: 44, 6: 26})


def _gaps(view: View) -> Iterator[list[Cell | str | float]]:
    """A gap in a row, whatever its amounts and reasons are in the categories and the scenarios that it is one of."""
    study = view.study
    table = study.gaps()
    reasons = table["reasons"].map(translated)
    table["reasons"] = reasons.where(table["reasons"] != table["gap"], gettext("left open by the scenario"))
    for (gap, unit), part in table.groupby(["gap", "unit"], sort=False):
        states, categories, scenarios = (set(part[key].tolist()) for key in ("state", "category", "scenario"))
        worst = [state for state in FlowState if state in states]
        shaded = Cell(", ".join(map(named, worst)), style=state_style(worst[-1]))
        low, high = (number(float(part["amount"].agg(end)), short=True) for end in ("min", "max"))
        titles = [CATEGORIES[id].title for id in study.categories if id in categories]
        labels = [view.labels[name] for name in study.names if name in scenarios]
        yield [
            gap_name(study, str(gap)),
            shaded,
            low if low == high else gettext("{low} to {high}", low=low, high=high),
            str(unit),
            several(list(dict.fromkeys(part["reasons"]))),
            _which(titles, [CATEGORIES[id].title for id in study.categories]),
            _which(labels, list(view.labels.values())),
        ]


def _which(chosen: Sequence[str], every: Sequence[str]) -> str:
    """Names of some of many: those that are in, or where these are most those that are not."""
    if len(chosen) == len(every):
        return gettext("all")
    others = [name for name in every if name not in chosen]
    if len(others) < len(chosen) and len(every) > _MOST_NAMES:
        return gettext("all but {names}", names=several(others))
    return joined(chosen)


def gaps(book: Book, view: View) -> None:
    """Gaps_By_Score: every gap by its id, amount and reason."""
    sheet = book.sheet("Gaps_By_Score", gettext("Every gap"))
    columns = gettexts(
        "scenario", "gap", "name", "state", "amount", "unit", "what is not known", "categories", "impact categories"
    )
    sheet.table(columns, _every_gap(view))
    sheet.finish({1: 36, 2: 36, 6: 36, 8: 60})


def _every_gap(view: View) -> Iterator[list[Cell | str | float]]:
    """Gaps of the same amount and reason in several categories, and in several scenarios, as one row."""
    titles: dict[tuple[Any, ...], list[str]] = {}
    for gap in rows(view.study.gaps()):
        why = gettext("left open by the scenario") if gap.reasons == gap.gap else translated(gap.reasons)
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
        title = gap_name(view.study, name)
        yield [where, name, title, shaded, float(amount), unit, reasons, count, listed]


def _words(score: Score) -> str:
    if score.completeness == Completeness.COMPLETE:
        return named(Completeness.COMPLETE)
    mark = f" ({named(Mark(score.mark))})" if score.mark else ""
    return f"{named(Completeness(score.completeness))}{mark}, {counted_gaps(score.gaps)}"
