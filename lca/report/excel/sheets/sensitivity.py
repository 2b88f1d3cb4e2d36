"""The sheet Sensitivity: which stated numbers decide, each moved to the ends of its range with all others as stated."""

from __future__ import annotations

from collections.abc import Iterator

from lca.languages import gettext
from lca.methods.categories import CATEGORIES
from lca.quantities import units
from lca.report import words
from lca.report.excel.cells import ABSENT, Cell
from lca.report.excel.charts import Chart, ChartSeries, height, insert
from lca.report.excel.sheet import Book, Sheet
from lca.report.palette import OKABE_ITO
from lca.report.view import View, apart
from lca.study.sensitivity import OF_WHAT_IS_STATED, swings

MOST, MOST_OF_OTHERS = 10, 3
"""Numbers that are named in the first category, and in each of the others."""
MANY = 3
"""Scenarios beyond which the first category alone is listed."""
_NUMBER, _LOW, _HIGH = 4, 9, 10
"""Columns of the chart: the number, and what it changes at either end."""


def sensitivity(book: Book, view: View) -> None:
    """Sensitivity: a tornado of the first pair in the first category, then a row for each number that decides."""
    names = view.study.names
    sheet = book.sheet(
        "Sensitivity",
        gettext("What decides"),
        gettext(
            "Each number with a range is moved to its low and its high end, all others as stated; the change is that "
            "of the known score, or of its difference from the first scenario. Share of the variance: to first order, "
            "of all numbers that have a range."
        ),
    )
    sides = [(name, names[0]) for name in names[1:]] or [(names[0], "")]
    categories = view.study.categories[:1] if len(names) > MANY else view.study.categories
    tables = [list(_rows(view, id, *pair)) for id in categories for pair in sides]
    if not any(tables):
        sheet.note(gettext("No number of the study has a range."))
        sheet.finish()
        return
    if tables[0]:
        _tornado(sheet, view, sides[0], len(tables[0]))
    columns = (
        gettext("impact category"),
        gettext("scenario"),
        gettext("against"),
        gettext("rank"),
        gettext("number"),
        gettext("unit"),
        gettext("stated"),
        gettext("low"),
        gettext("high"),
        gettext("change at its low end"),
        gettext("change at its high end"),
        gettext("unit of the change"),
        gettext("share of the variance"),
        gettext("stated in"),
        gettext("source"),
    )
    sheet.table(columns, (row for table in tables for row in table))
    sheet.finish({4: 38, 13: 38, 14: 38})


def _rows(view: View, id: str, name: str, baseline: str) -> Iterator[list[Cell | str | float]]:
    scores = [view.scores[side, id] for side in (name, baseline) if side]
    if any(score.missing for score in scores):
        return
    stated = scores[0].value - sum(score.value for score in scores[1:])
    labels = apart(view.study.names)
    table = swings(view.study, name, id, baseline)
    most = MOST if id == view.study.categories[0] else MOST_OF_OTHERS
    for rank, row in enumerate(table.head(most).to_dict("records"), 1):
        yield [
            CATEGORIES[id].title,
            labels[name],
            labels.get(baseline, ABSENT.value),
            Cell(float(rank), shape="count"),
            str(row["number"]),
            _unit(row["unit"]) or ABSENT,
            *(Cell(float(row[key])) for key in ("value", "low", "high")),
            *(Cell(float(row[key]) - stated, shape="signed") for key in ("score_low", "score_high")),
            CATEGORIES[id].unit,
            Cell(float(row["variance"]), shape="share"),
            words.file_or_scenario(str(row["file"])),
            str(row["source"]) or ABSENT,
        ]


def _unit(unit: str) -> str:
    if unit == OF_WHAT_IS_STATED:
        return gettext(unit)
    return units.written(unit) if unit else ""


def _tornado(sheet: Sheet, view: View, pair: tuple[str, str], count: int) -> None:
    """Bars to either side of what is stated, the widest first; the table below has the numbers."""
    category = CATEGORIES[view.study.categories[0]]
    labels = apart(view.study.names)
    name, baseline = (labels.get(side, "") for side in pair)
    title = gettext("What moves {category} of {name}", category=category.title, name=name)
    if baseline:
        title = gettext(
            "What moves the difference in {category} of {name} from {baseline}",
            category=category.title,
            name=name,
            baseline=baseline,
        )
    rows = height(count, 1, 2)
    header = sheet.row + rows + 1
    chart = Chart(
        kind="overlapping",
        title=title,
        values=gettext("change in {unit}", unit=category.unit),
        categories=gettext("number"),
        alt=gettext("Bars to both sides: {title}. The table below has the numbers.", title=title),
        labels=_NUMBER,
        rows=(header + 1, header + count),
        series=[ChartSeries((header, column), column, OKABE_ITO[n]) for n, column in enumerate((_LOW, _HIGH))],
        number_format="General",
    )
    insert(sheet.book.file, sheet, chart, rows)
