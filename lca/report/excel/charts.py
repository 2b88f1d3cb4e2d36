"""Native charts: one look, colours of Okabe and Ito, a title on every axis, and a text for who cannot see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lca.report.excel.cells import inert, place
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
    """`clustered` or `stacked`."""
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
                **_fill(series),
            }
        )
    font = {"name": "Calibri", "size": 10}
    fonts = {"name_font": font, "num_font": font}
    gridlines = {"visible": True, "line": {"color": "#D9D9D9"}}
    values = {"name": chart.values, "num_format": chart.number_format, "max": chart.largest}
    drawn.set_x_axis({**fonts, **values, "major_gridlines": gridlines})
    drawn.set_y_axis({**fonts, "name": chart.categories, "reverse": True, "crossing": "max", "label_position": "low"})
    drawn.set_title({"name": inert(chart.title), "name_font": {**font, "size": 12}, "overlay": False})
    drawn.set_legend({"position": "bottom", "font": font})
    drawn.set_size({"width": WIDTH, "height": rows * ROW})
    drawn.show_hidden_data()  # a filter of the table is no filter of the chart
    sheet.page.insert_chart(sheet.row, 0, drawn, {"description": inert(chart.alt), "object_position": 2})
    sheet.row += rows + 1


def _fill(series: ChartSeries) -> dict[str, Any]:
    if not series.pattern:
        return {"fill": {"color": series.colour}}
    return {"pattern": {"pattern": series.pattern, "fg_color": "#FFFFFF", "bg_color": series.colour}}
