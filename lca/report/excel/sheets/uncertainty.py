"""The sheets Uncertainty, Find_Out_Next and Gaps_Estimated: how sure, what would settle most, what gaps hold."""

from __future__ import annotations

from collections.abc import Iterator

from lca.estimate.gap import Basis
from lca.languages import gettext, gettexts, named, ngettext, translated
from lca.methods.categories import CATEGORIES
from lca.report import words
from lca.report.excel.cells import ABSENT, Cell, prefix
from lca.report.excel.sheet import Book
from lca.report.view import View
from lca.study.layers import GapState

_WORTH = 0.05
"""Share of a variance from which a gap has a row, where the workbook is not full."""


def uncertainty(book: Book, view: View) -> None:
    """Uncertainty: scores, then verdicts."""
    layers = view.study.layers
    if layers is None:
        return
    sheet = book.sheet(
        "Uncertainty",
        gettext("Uncertainty"),
        gettext(
            "{draws:,} draws (seed {seed}) of every stated range and of what every gap that has an estimate probably "
            "holds; a number or a gap is drawn once for all scenarios. low and high: ends of the 95 % interval. Known: "
            "what inventories and published results give alone. Person-years: the score over the world's impact of one "
            "person in one year, which tells the categories that matter most; it is no weighting. {convergence}",
            draws=layers.draws,
            seed=layers.seed,
            convergence=words.convergence(layers),
        ),
    )
    sheet.section(gettext("Scores"))
    columns = gettexts(
        "impact category", "scenario", "unit", "score", "low", "high", "known", "known part", "person-years", "note"
    )
    sheet.table(columns, _scores(view))
    sheet.row += 1
    if layers.judgements:
        sheet.section(gettext("Verdicts"))
        columns = gettexts("impact category", "scenario", "against", "verdict", "P", "gaps that differ", "ground")
        sheet.head(columns)
        sheet.rows(
            [
                CATEGORIES[j.category].title,
                view.labels[j.scenario],
                view.labels[j.baseline],
                words.judgement(j),
                words.probability(j),
                Cell(float(j.gaps), shape="count"),
                words.ground(j, view.study.gap_names),
            ]
            for j in layers.judgements
        )
        sheet.row += 1
    sheet.finish({9: 38})


def _scores(view: View) -> Iterator[list[Cell | str | float]]:
    for id in view.study.categories:
        for name in view.study.names:
            row = view.probable[name, id]
            digits = words.significant(row["median"], row["low"], row["high"])
            yield [
                CATEGORIES[id].title,
                view.labels[name],
                CATEGORIES[id].unit,
                Cell(row["median"], mark="≥" if row["open"] else "", digits=digits),
                Cell(row["low"], digits=digits),
                Cell(row["high"], digits=digits),
                Cell(row["known"], mark=prefix(view.scores[name, id].mark)),
                words.known_part(row),
                Cell(row["persons"], digits=digits),
                words.standing(row) or ABSENT,
            ]


def find_out_next(book: Book, view: View) -> None:
    """Find_Out_Next: the list in sentences, then every share of a variance."""
    layers = view.study.layers
    if layers is None:
        return
    sheet = book.sheet(
        "Find_Out_Next",
        gettext("What to find out next"),
        gettext(
            "A gap or a range that makes much of the variance of a score, or of the difference of two, is worth "
            "finding out; beyond 100 % where another offsets a part of it. A factor: by so much one estimate must be "
            "wrong for the difference to be told no more."
        ),
    )
    for compared in (True, False):
        sentences = words.to_find_out(view.study, layers, compared)
        if sentences:
            sheet.section(gettext("For the comparison") if compared else gettext("For the scores"))
            sheet.note(*sentences[:10])
            sheet.row += 1
    columns = gettexts(
        "impact category", "scenario", "against", "gap", "share of the variance", "factor that turns it", "settled by"
    )
    settled = {gap: words.settled(layers, gap) for gap in layers.next["gap"].unique()}
    rows = (
        [
            CATEGORIES[row["category"]].title,
            view.labels[row["scenario"]],
            view.labels.get(row["baseline"], ABSENT.value),
            words.gap_name(view.study, row["gap"]),
            Cell(row["share"], shape="share"),
            Cell(row["factor"]) if row["factor"] == row["factor"] else ABSENT,
            settled[row["gap"]],
        ]
        for row in layers.next.to_dict("records")
        if book.full or row["share"] >= _WORTH or row["factor"] == row["factor"]
    )
    sheet.table(columns, rows)
    sheet.finish({3: 38, 6: 60})


def estimated_gaps(book: Book, view: View) -> None:
    """Gaps_Estimated: a row for every gap of every score that is not bounded; the bounded ones as one sum."""
    layers = view.study.layers
    if layers is None:
        return
    sheet = book.sheet(
        "Gaps_Estimated",
        gettext("What the gaps probably hold"),
        gettext(
            "estimated: a distribution by the class or the sector of what is missing, never an inventory. open: no "
            "ratio holds, or nothing is known to take it of. bounded: at most a thousandth of the score, listed as one "
            "sum."
        ),
    )
    sheet.table(
        gettexts(
            "impact category",
            "scenario",
            "gap",
            "state",
            "median",
            "low",
            "high",
            "unit",
            "by",
            "class or sector",
            "sources",
        ),
        _gaps(view),
    )
    sheet.finish({2: 38, 10: 38})


def _gaps(view: View) -> Iterator[list[Cell | str | float]]:
    layers = view.study.layers
    if layers is None:
        return
    for (scenario, category), part in layers.gaps.groupby(["scenario", "category"], sort=False):
        head = [CATEGORIES[str(category)].title, view.labels[str(scenario)]]
        unit = CATEGORIES[str(category)].unit
        bounded = part[part["state"] == GapState.BOUNDED]
        others = part[part["state"] != GapState.BOUNDED].sort_values("high", ascending=False, na_position="last")
        for row in others.to_dict("records"):
            state = Cell(
                named(GapState(row["state"])), style="partial" if row["state"] == GapState.ESTIMATED else "missing"
            )
            digits = words.significant(row["median"], row["low"], row["high"])
            numbers = [Cell(row[key], digits=digits) for key in ("median", "low", "high")]
            yield [
                *head,
                translated(row["gap"]),
                state,
                *numbers,
                unit,
                named(Basis(row["basis"])) if row["basis"] else ABSENT,
                row["group"] or ABSENT,
                row["source"] or ABSENT,
            ]
        if len(bounded):
            sums = [Cell(float(bounded[key].sum())) for key in ("median", "low", "high")]
            state = Cell(named(GapState.BOUNDED), style="complete")
            yield [
                *head,
                ngettext("{count} small gap", "{count} small gaps", len(bounded)),
                state,
                *sums,
                unit,
                ABSENT,
                ABSENT,
                ABSENT,
            ]
