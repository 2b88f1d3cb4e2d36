"""The sheet Summary: the answer on one page, in sentences, a chart, and a table of all categories."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from lca.languages import gettext, gettexts
from lca.methods.categories import CATEGORIES
from lca.report import words
from lca.report.excel.cells import ABSENT, Cell
from lca.report.excel.charts import Point, ranges
from lca.report.excel.sheet import Book, Sheet
from lca.report.palette import OKABE_ITO
from lca.report.view import View, apart
from lca.study.comparison.judgement import Judgement
from lca.vocabulary import Verdict

MOST_BESIDE = 3
"""Scenarios that stand beside each other with their intervals; of more, the sheet Uncertainty has them."""
SENTENCE = 110
"""Letters of a line of the answer, which no column wraps."""
MOST_DRAWN = 4
"""Scenarios whose dots stand side by side in every category; of more, the chart has the first category alone."""
MOST_NAMED = 3
"""Hotspots, and things to find out next, that are named."""
_ARROWS = {Verdict.LOWER: "▼", Verdict.HIGHER: "▲", Verdict.EQUAL: "=", Verdict.NOT_TOLD_APART: "≈"}


def summary(book: Book, view: View) -> None:
    """Summary: sentences, then category × scenario with verdicts, then dots and ranges relative to the baseline."""
    layers = view.study.layers
    if layers is None:
        return
    names = view.study.names
    labels = apart(names)
    sheet = book.sheet("Summary", gettext("Summary"))
    sheet.row -= 1
    for sentence in words.answers(view):
        for line in textwrap.wrap(sentence, SENTENCE):
            sheet.section(line)
    sheet.note(*words.services(view.study), gettext(words.LAYERS_EXCEL))
    sheet.row += 1
    beside = len(names) <= MOST_BESIDE
    columns = [*gettexts("impact category", "unit")]
    for name in names:
        columns += [labels[name], *gettexts("low", "high", "known")] if beside else [labels[name]]
        if name != names[0] and beside:
            columns += gettexts("against the first", "P")
    sheet.table(columns, (list(_row(view, id, beside)) for id in view.study.categories))
    sheet.row += 1
    _sentences(sheet, gettext("What makes it"), of_each(words.hotspots(layers, labels), len(names)))
    _sentences(
        sheet,
        gettext("What to find out next"),
        words.to_find_out(view.study, layers, compared=len(names) > 1)[:MOST_NAMED],
    )
    last = _chart(book, sheet, view)
    sheet.finish({0: 34})
    sheet.one_page(last)
    if not beside:  # sentences, table and chart stand below each other
        sheet.page.set_portrait()


def of_each(sentences: Sequence[str], names: int) -> Sequence[str]:
    """All sentences of a few scenarios; of many the first of each."""
    return sentences if names <= MOST_BESIDE else sentences[:: max(len(sentences) // names, 1)]


def _row(view: View, id: str, beside: bool) -> Iterator[Cell | str | float]:
    names = view.study.names
    yield from (CATEGORIES[id].title, CATEGORIES[id].unit)
    for name in names:
        row = view.probable[name, id]
        judgement = view.judgements.get((name, id))
        digits = words.significant(row["median"], row["low"], row["high"])
        mark = "≥" if row["open"] else ""
        if not beside and name != names[0]:
            mark = f"{_arrow(judgement)} {mark}".strip()
        yield Cell(row["median"], mark=mark, digits=digits)
        if beside:
            yield Cell(row["low"], digits=digits)
            yield Cell(row["high"], digits=digits)
            yield words.known_part(row)
        if name == names[0] or not beside:
            continue
        if judgement is None:
            yield from (ABSENT, ABSENT)
        else:
            yield f"{_arrow(judgement)} {words.judgement(judgement)}"
            yield words.probability(judgement)


def _arrow(judgement: Judgement | None) -> str:
    """The mark of a verdict against the first; in brackets one that is probable only."""
    if judgement is None:
        return "–"
    arrow = _ARROWS.get(judgement.verdict, "○")
    return arrow if judgement.sure or judgement.verdict not in (Verdict.LOWER, Verdict.HIGHER) else f"({arrow})"


def _sentences(sheet: Sheet, title: str, sentences: Sequence[str]) -> None:
    if sentences:
        sheet.section(title)
        sheet.note(*sentences)
        sheet.row += 1


def _chart(book: Book, sheet: Sheet, view: View) -> int:
    """Dots with their ranges, each over the baseline's score of its category, only where that is above zero; the last
    row of what is printed.
    """
    names = view.study.names[: len(OKABE_ITO)]
    labels = apart(names)
    points = []
    if len(view.study.names) > MOST_DRAWN:
        return _first_category(book, sheet, view)
    for id in view.study.categories:
        base = view.probable[names[0], id]["median"]
        if base > 0:
            rows = [view.probable[name, id] for name in names]
            points.append(
                Point(CATEGORIES[id].title, [(r["median"] / base, r["low"] / base, r["high"] / base) for r in rows])
            )
    if not points:
        return sheet.row
    title = gettext("Scores with their 95 % intervals relative to {name}, logarithmic", name=labels[names[0]])
    return ranges(book.file, sheet, title, [labels[name] for name in names], points)


def _first_category(book: Book, sheet: Sheet, view: View) -> int:
    """Dots with their ranges of many scenarios, in the first category alone."""
    names, id = view.study.names, view.study.categories[0]
    labels = apart(names)
    rows = {name: view.probable[name, id] for name in names}
    base = rows[names[0]]["median"]
    if not base > 0:
        return sheet.row
    points = [
        Point(labels[name], [(row["median"] / base, row["low"] / base, row["high"] / base)])
        for name, row in rows.items()
    ]
    title = gettext(
        "{category} with 95 % intervals relative to {name}, logarithmic",
        category=CATEGORIES[id].title.capitalize(),
        name=labels[names[0]],
    )
    return ranges(book.file, sheet, title, [CATEGORIES[id].title], points)
