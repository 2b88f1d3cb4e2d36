"""The sheet Contrib_Process: which activities emit what a score is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lca.methods.categories import CATEGORIES
from lca.report.cells import MISSING, Cell, prefix
from lca.report.readme import state_style
from lca.report.sheet import Book, place
from lca.report.view import View, rows

MOST = 10
"""Contributions named for each score; the others are summed."""
_COLUMNS = ("impact category", "scenario", "rank", "phase", "stage", "activity", "name", "location", "contribution",
            "unit", "share of the score", "score", "completeness")  # fmt: skip
_CONTRIBUTION, _SCORE = _COLUMNS.index("contribution"), _COLUMNS.index("score")


def contrib_process(book: Book, view: View) -> None:
    """Contrib_Process: the largest contributions to every score, and the rest; rows sum to the score."""
    sheet = book.sheet(
        "Contrib_Process", "Contributions of activities", "An activity's own direct flows, by the phase and stage of "
        f"the exchange that demands it; the {MOST} largest of each score, and all others as one row. They sum to the "
        "score. With credits, shares go beyond 100 %. An activity of which nothing is known has no row: see "
        "Completeness. ≥ or ? before a contribution: it is incomplete itself.",
    )  # fmt: skip
    groups: dict[tuple[str, str], list[Any]] = {}
    for entry in rows(view.study.contributions()):
        groups.setdefault((entry.scenario, entry.category), []).append(entry)
    first, number, table = sheet.row + 1, 0, []
    for category in view.study.categories:
        for name in view.study.names:
            for cells in _rows(view, name, category, groups.get((name, category), []), first + number):
                table.append(cells)
                number += 1
    sheet.table(_COLUMNS, table)
    sheet.finish()


def _rows(view: View, name: str, id: str, found: list[Any], row: int) -> Iterator[list[Cell | str | float]]:
    score, category = view.scores[name, id], CATEGORIES[id]
    fixed: list[Cell | str | float] = [category.title, view.labels[name]]
    end: list[Cell | str | float] = [
        Cell(score.value, mark=prefix(score.mark)),
        Cell(score.word, style=state_style(score.completeness)),
    ]
    if score.missing or not found:
        what = MISSING if score.missing else "none"
        yield [*fixed, *(Cell("–", style="absent"),) * 6, Cell(what), category.unit, Cell("–", style="absent"), *end]
        return
    cover = view.study.coverage[name, id]
    partial = {item.name for item in cover.items}
    for rank, entry in enumerate(found[:MOST], 1):
        activity = view.study.activities[entry.activity]
        mark = prefix(cover.mark) if activity.id in partial else ""
        where = [entry.phase, entry.stage, activity.id, activity.name, activity.location or "not stated"]
        amount = Cell(float(entry.score), mark=mark)
        yield [
            *fixed,
            Cell(float(rank), shape="count"),
            *where,
            amount,
            category.unit,
            _share(amount, score.value, row + rank - 1),
            *end,
        ]
    others = found[MOST:]
    if others:
        rest = Cell(sum(float(entry.score) for entry in others), mark=prefix(cover.mark))
        names = [Cell("–", style="absent")] * 2 + ["all others", f"{len(others)} smaller contributions", "–"]
        share = _share(rest, score.value, row + MOST)
        yield [*fixed, Cell("–", style="absent"), *names, rest, category.unit, share, *end]


def _share(amount: Cell, score: float, row: int) -> Cell:
    if not score or isinstance(amount.value, str):
        return Cell("not defined", style="absent")
    formula = f"={place(row, _CONTRIBUTION)}/{place(row, _SCORE)}"
    return Cell(amount.value / score, formula, shape="share")
