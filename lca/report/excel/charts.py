"""Native charts: one look, colours of Okabe and Ito, a title on every axis, and a text for who cannot see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10
from typing import Any

from lca.languages import gettext, gettexts
from lca.report.excel.cells import Cell, inert, place
from lca.report.excel.sheet import Sheet
from lca.report.palette import OKABE_ITO

PATTERNS = (
    "",
    "wide_upward_diagonal",
    "dotted_grid",
    "wide_downward_diagonal",
    "small_grid",
    "horizontal_brick",
    "light_vertical",
)
MOST_SERIES = len(OKABE_ITO)
WIDTH, ROW = 940, 20  # pixels
LETTER = 7
"""Pixels that a letter of a category takes along its name, which stands upright: else LibreOffice cuts it."""


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """One series: the cell of its name, and the column of its numbers."""

    name: tuple[int, int]
    column: int
    colour: str
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A bar chart of some rows of its sheet."""

    kind: str
    """`clustered`, `stacked`, or `overlapping`: to either side of zero."""
    title: str
    values: str
    """Title of the axis of values."""
    categories: str
    """Title of the axis of categories."""
    alt: str
    labels: int
    """Column of the category labels."""
    rows: tuple[int, int]
    series: Sequence[ChartSeries]
    number_format: str
    largest: float | None = None
    """End of the axis of values."""


def height(categories: int, beside: int, series: int) -> int:
    """Rows that a chart covers: room for its bars, `beside` each other in every category, and for its legend."""
    return (200 + 8 * series + categories * max(26, 14 * beside)) // ROW


def insert(file: Any, sheet: Sheet, chart: Chart, rows: int) -> None:
    """Put the chart on the next free rows of the sheet, and go below it."""
    stacked = {"subtype": "stacked"} if chart.kind == "stacked" else {}
    drawn = file.add_chart({"type": "bar", **stacked})
    first, last = chart.rows
    for series in chart.series:
        drawn.add_series(
            {
                "name": f"='{sheet.name}'!{place(*series.name, fixed=True)}",
                "categories": [sheet.name, first, chart.labels, last, chart.labels],
                "values": [sheet.name, first, series.column, last, series.column],
                "border": {"color": "#FFFFFF", "width": 0.5},
                "gap": 60,
                **({"overlap": 100} if chart.kind == "overlapping" else {}),
                **_fill(series),
            }
        )
    font = {"name": "Calibri", "size": 10}
    fonts = {"name_font": font, "num_font": font}
    gridlines = {"visible": True, "line": {"color": "#D9D9D9"}}
    values = {"name": _plain(chart.values), "num_format": chart.number_format, "max": chart.largest}
    drawn.set_x_axis({**fonts, **values, "major_gridlines": gridlines})
    drawn.set_y_axis(
        {**fonts, "name": _plain(chart.categories), "reverse": True, "crossing": "max", "label_position": "low"}
    )
    drawn.set_title({"name": _plain(chart.title), "name_font": {**font, "size": 12}, "overlay": False})
    drawn.set_legend({"position": "bottom", "font": font})
    drawn.set_size({"width": WIDTH, "height": rows * ROW})
    drawn.show_hidden_data()  # a filter of the table is no filter of the chart
    sheet.page.insert_chart(sheet.row, 0, drawn, {"description": inert(chart.alt), "object_position": 2})
    sheet.row += rows + 1


@dataclass(frozen=True, slots=True)
class Point:
    """A category of a chart of ranges: of every series its middle, low and high."""

    category: str
    numbers: Sequence[tuple[float, float, float]]


_MARKERS = ("circle", "diamond", "square", "triangle", "x", "plus", "star")


def ranges(file: Any, sheet: Sheet, title: str, names: Sequence[str], points: Sequence[Point]) -> int:
    """Dots with their ranges on a logarithmic axis, side by side in every category; the numbers stand below.

    The last row that the chart covers.

    Every series has rows of its own, empty where another has its dot: so no range hides another.
    """
    labels = max(200, LETTER * max(len(point.category) for point in points))
    top, drawing = 68, 211
    covered = (top + drawing + labels + ROW - 1) // ROW
    heading = sheet.row + covered + 1
    each = len(names) + 1
    last = heading + len(points) * each
    sheet.put(heading, 0, Cell(gettext("relative score"), style="head"))
    for number, name in enumerate(names):
        for column, text in zip(_columns(number), (name, *gettexts("below", "above")), strict=True):
            sheet.put(heading, column, Cell(text, style="head"))
    for n, point in enumerate(points):
        for number, (middle, low, high) in enumerate(point.numbers):
            row = heading + 1 + n * each + number
            if number == len(names) // 2:
                sheet.put(row, 0, point.category)
            for column, value in zip(_columns(number), (middle, middle - low, high - middle), strict=True):
                sheet.put(row, column, Cell(max(value, 0.0)))
    drawn = file.add_chart({"type": "line"})
    for number in range(len(names)):
        middle, below, above = _columns(number)
        colour = OKABE_ITO[number]

        def cells(column: int) -> str:
            first = place(heading + 1, column, fixed=True)
            return f"='{sheet.name}'!{first}:{place(last, column, fixed=True)}"

        drawn.add_series(
            {
                "name": [sheet.name, heading, middle],
                "categories": [sheet.name, heading + 1, 0, last, 0],
                "values": [sheet.name, heading + 1, middle, last, middle],
                "line": {"none": True},
                "marker": {
                    "type": _MARKERS[number % len(_MARKERS)],
                    "size": 7,
                    "fill": {"color": colour},
                    "border": {"color": colour},
                },
                "y_error_bars": {
                    "type": "custom",
                    "plus_values": cells(above),
                    "minus_values": cells(below),
                    "line": {"color": colour, "width": 1.5},
                },
            }
        )
    font = {"name": "Calibri", "size": 9}
    gridlines = {"visible": True, "line": {"color": "#D9D9D9"}}
    low = min(ends[1] for point in points for ends in point.numbers)
    high = max(ends[2] for point in points for ends in point.numbers)
    axis = {"min": 10.0 ** floor(log10(max(low, 1e-4))), "max": 10.0 ** ceil(log10(max(high, 1.0)))}
    drawn.set_y_axis({"log_base": 10, "num_font": font, "major_gridlines": gridlines, "crossing": axis["min"], **axis})
    drawn.set_x_axis({"num_font": {**font, "rotation": -90}, "label_position": "low", "major_tick_mark": "none"})
    drawn.set_title({"name": _plain(title), "name_font": {**font, "size": 12}, "overlay": False})
    drawn.set_legend({"position": "top", "font": font})
    drawn.set_size({"width": 1.3 * WIDTH, "height": covered * ROW})
    whole = covered * ROW
    drawn.set_plotarea({"layout": {"x": 0.05, "y": top / whole, "width": 0.94, "height": drawing / whole}})
    drawn.show_blanks_as("gap")
    described = gettext(
        "Dots with 95 % intervals: {title}, in {count} impact categories. The table below has the numbers.",
        title=title,
        count=len(points),
    )
    sheet.page.insert_chart(sheet.row, 0, drawn, {"description": inert(described), "object_position": 2})
    sheet.row = last + 1
    return heading - 1


def _columns(series: int) -> tuple[int, int, int]:
    """Of the middle, and of how far the range goes below and above it."""
    return 3 * series + 1, 3 * series + 2, 3 * series + 3


def _plain(text: str) -> str:
    """Text that xlsxwriter takes for no reference to a cell: `a!B1` would be one."""
    return inert(text).replace("!", "! ")


def _fill(series: ChartSeries) -> dict[str, Any]:
    if not series.pattern:
        return {"fill": {"color": series.colour}}
    return {"pattern": {"pattern": series.pattern, "fg_color": "#FFFFFF", "bg_color": series.colour}}
