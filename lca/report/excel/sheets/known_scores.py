"""The sheets Known_Scores and LCIA_Results: what is known of every score, and the differences between scenarios."""

from __future__ import annotations

from collections.abc import Iterator

from lca.languages import gettext, gettexts, named
from lca.methods.categories import CATEGORIES
from lca.report import words
from lca.report.excel.cells import ABSENT, UNDEFINED, UNKNOWN, Cell, place
from lca.report.excel.charts import MOST_SERIES, Chart, ChartSeries, height, insert
from lca.report.excel.sheet import Book, Sheet
from lca.report.excel.sheets.readme import state_style
from lca.report.palette import OKABE_ITO
from lca.report.view import View
from lca.vocabulary import Completeness, Mark

_SHARED = 3
"""Columns before the scores."""


def known_scores(book: Book, view: View) -> None:
    """Known_Scores: category × scenario, then every other scenario against the first, then relative scores."""
    names = view.study.names
    sheet = book.sheet(
        "Known_Scores",
        gettext("Known scores"),
        *words.services(view.study),
        gettext(
            "Beside every score stands how complete it is: ≥ means that what is missing can only add. A difference is "
            "exact where the gaps of both scenarios cancel; ? marks one without a verdict (see README). Verdicts here "
            "are of the known numbers as stated: Summary weighs ranges and what the gaps probably hold."
        ),
        *words.unlike_scope(view.study),
    )
    columns, groups = [*gettexts("impact category", "method", "unit")], []
    for name in names:
        groups.append((len(columns), len(columns) + 1, view.labels[name]))
        columns += gettexts("score", "completeness")
    for name in names[1:]:
        against = gettext("{scenario} against {baseline}", scenario=view.labels[name], baseline=view.labels[names[0]])
        groups.append((len(columns), len(columns) + 2, against))
        columns += gettexts("difference", "difference, % of the known", "verdict")
    for first, last, text in groups:
        sheet.span(sheet.row, first, last, text)
    sheet.row += 1
    header = sheet.row
    first = header + 1
    ids = enumerate(view.study.categories)
    sheet.table(columns, (list(_row(book, view, category, first + n)) for n, category in ids))
    sheet.row += 1
    if len(names) > 1:
        _relative(book, sheet, view, header)
    sheet.finish()


def _row(book: Book, view: View, id: str, row: int) -> Iterator[Cell | str]:
    names, category = view.study.names, CATEGORIES[id]
    yield from (category.title, category.method, category.unit)
    for name in names:
        score = view.scores[name, id]
        yield book.total(score.value, name, id)
        yield Cell(score.word, style=state_style(score.completeness))
    reference = view.scores[names[0], id].value
    zero = place(row, _SHARED)
    for number, name in enumerate(names[1:], 1):
        comparison, here = view.comparisons[name, id], place(row, _SHARED + 2 * number)
        mark = "" if comparison.determinate else "?"
        if not comparison.same_unit:
            yield from (ABSENT, ABSENT)
        elif comparison.difference != comparison.difference:
            yield from (Cell(comparison.difference), Cell(comparison.difference))
        else:
            yield Cell(comparison.difference, f"={here}-{zero}", shape="signed", mark=mark)
            share = comparison.difference / abs(reference) if reference else 0.0
            formula = f"=({here}-{zero})/ABS({zero})"
            yield (Cell(share, formula, shape="signed share", mark=mark) if reference else UNDEFINED)
        yield words.difference(comparison)


def _relative(book: Book, sheet: Sheet, view: View, header: int) -> None:
    """The chart, and below it the relative scores it draws: only categories in which all scenarios compare."""
    names = view.study.names[:MOST_SERIES]
    chosen = [
        (header + 1 + number, id)
        for number, id in enumerate(view.study.categories)
        if view.comparable(id) and any(view.scores[name, id].value for name in names)
    ]
    sheet.section(gettext("Relative scores"))
    if not chosen:
        sheet.note(gettext("No chart: there is no category in which all scenarios can be compared."))
        return
    marked = any(view.scores[name, id].mark for _, id in chosen for name in names)
    counts = {"count": len(chosen), "categories": len(view.study.categories), "scenarios": len(names)}
    said = gettext(
        "Only the {count} of {categories} categories in which all scenarios compare; 100 % is the largest of "
        "{scenarios} scenarios.",
        **counts,
    )
    if len(names) < len(view.study.names):
        said = gettext(
            "Only the {count} of {categories} categories in which all scenarios compare; 100 % is the largest of the "
            "first {scenarios} scenarios.",
            **counts,
        )
    if marked:
        said = gettext("{said} A category marked ≥ or ? is relative to the known parts of its scores.", said=said)
    sheet.note(said)
    columns = [_SHARED + 2 * number for number in range(len(names))]
    rows = height(len(chosen), len(names), len(names))
    heading = sheet.row + rows + 1
    insert(book.file, sheet, _chart(view, names, chosen, columns, marked, heading), rows)
    sheet.put(heading, 0, Cell(gettext("relative score"), style="head"))
    for name, column in zip(names, columns, strict=True):
        sheet.put(heading, column, Cell(view.labels[name], style="group"))
    sheet.row += 1
    for source, id in chosen:
        _relative_row(sheet, view, names, columns, source, id)


def _relative_row(sheet: Sheet, view: View, names: tuple[str, ...], columns: list[int], source: int, id: str) -> None:
    """One category: its scores over the largest of them, with formulas on the row `source` of the table above."""
    values = [view.scores[name, id].value for name in names]
    largest = max(abs(value) for value in values)
    cells = ",".join(place(source, column) for column in columns)
    marks = {view.scores[name, id].mark for name in names} - {""}
    mark = "" if not marks else " (≥)" if marks == {Mark.AT_LEAST} else " (?)"
    sheet.put(sheet.row, 0, f"{CATEGORIES[id].title}{mark}")
    for value, column in zip(values, columns, strict=True):
        formula = f"={place(source, column)}/MAX(MAX({cells}),-MIN({cells}))"
        sheet.put(sheet.row, column, Cell(value / largest, formula, shape="share"))
    sheet.row += 1


def _chart(
    view: View, names: tuple[str, ...], chosen: list[tuple[int, str]], columns: list[int], marked: bool, heading: int
) -> Chart:
    shown = ", ".join(view.labels[name] for name in names)
    title = gettext("Scores relative to the largest scenario")
    if marked:
        title = gettext("Scores relative to the largest scenario (≥ or ?: of the known parts)")
    return Chart(
        kind="clustered",
        title=title,
        values=gettext("relative score, largest scenario = 100 %"),
        categories=gettext("impact category"),
        alt=gettext(
            "Clustered bars: the scores of {scenarios} in {count} impact categories, each relative to the largest of "
            "them. The table below the chart has the numbers.",
            scenarios=shown,
            count=len(chosen),
        ),
        labels=0,
        rows=(heading + 1, heading + len(chosen)),
        series=[
            ChartSeries((heading, column), column, colour) for column, colour in zip(columns, OKABE_ITO, strict=False)
        ],
        number_format="0%",
        largest=1.0,
    )


def lcia_results(book: Book, view: View) -> None:
    """LCIA_Results: every score in a row of its own."""
    sheet = book.sheet(
        "LCIA_Results",
        gettext("Life-cycle impact assessment"),
        gettext(
            "Scores per functional unit, solved by bw2calc. Published share: the part of the score that comes from "
            "results others published. Bound: the most that everything counted as negligible could add or take away."
        ),
    )
    columns = gettexts(
        "scenario",
        "impact category",
        "id",
        "indicator",
        "method",
        "score",
        "unit",
        "mark",
        "completeness",
        "gaps",
        "published share",
        "bound of the negligible, in the same unit",
        "rows of Data_Long",
    )
    rows: list[list[Cell | str | float]] = []
    for (name, id), score in view.scores.items():
        category = CATEGORIES[id]
        share: Cell | str = Cell(score.published_share, shape="share")
        if score.missing or not score.value:
            share = UNKNOWN if score.missing else UNDEFINED
        rows.append(
            [
                view.labels[name],
                category.title,
                id,
                category.name[2],
                category.method,
                book.total(score.value, name, id),
                score.unit,
                named(Mark(score.mark)) or ABSENT,
                Cell(named(Completeness(score.completeness)), style=state_style(score.completeness)),
                Cell(float(score.gaps), shape="count"),
                share,
                score.bound,
                book.rows((name, id)),
            ]
        )
    sheet.table(columns, rows)
    sheet.finish()
