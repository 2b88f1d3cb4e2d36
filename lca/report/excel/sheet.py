"""The workbook while it is written: its formats, and sheets that are filled from top to bottom."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from lca.errors import UsageError
from lca.languages import gettext, gettext_noop
from lca.report.excel.cells import ABSENT, MISSING, NONE, UNKNOWN, Cell, Style, inert, number_format, place
from lca.report.excel.contribution_rows import ContributionRows
from lca.report.excel.long_table import LongTable

WIDEST = 38
"""Characters; longer text is wrapped."""
WIDE = 180
"""Characters of a sheet that is printed on A3."""
MOST = 360
"""Characters of a sheet beyond which the print is not one page wide."""
A4, A3 = 9, 8
MOST_ROWS = 1_048_576
"""Of a sheet of Excel."""
LINE, TALLEST = 13.5, 409  # points
LETTERS, BOLD_LETTERS = 1.3, 1.0  # per unit of width, which is a digit: most letters are narrower

_TOO_LARGE = gettext_noop("the study is larger than an Excel sheet: assess fewer scenarios or categories at once")
_GRID = {"border": 1, "border_color": "#D9D9D9", "align": "left", "indent": 1}
_BODY = {"font_name": "Calibri", "font_size": 10, "valign": "top", "text_wrap": True}
_STYLES: dict[Style, dict[str, Any]] = {
    "text": _GRID,
    "input": {**_GRID, "font_color": "#0000FF"},
    "change": {**_GRID, "font_color": "#0000FF", "bg_color": "#DDEBFF", "bold": True},
    "link": {"font_color": "#00703C", "underline": 1, "text_wrap": False},
    "title": {"bold": True, "font_size": 16, "text_wrap": False},
    "note": {"font_color": "#595959", "text_wrap": False},
    "section": {"bold": True, "font_size": 12, "text_wrap": False},
    "group": {**_GRID, "bold": True, "bg_color": "#BFD7EA", "align": "center"},
    "head": {**_GRID, "bold": True, "bg_color": "#DCE9F3"},
    "absent": {**_GRID, "font_color": "#7F7F7F"},
    "total": {**_GRID, "bold": True},
    "plain": {"text_wrap": False},
    "complete": {**_GRID, "bg_color": "#D9F0E8"},
    "partial": {**_GRID, "bg_color": "#FCEFD0"},
    "missing": {**_GRID, "bg_color": "#F3DCD2"},
    "differs": {**_GRID, "font_color": "#0000FF", "bg_color": "#FCEFD0"},
}
"""Green, amber and brick are pale shades of Okabe and Ito's; every shaded cell also says its state in words."""


class Book:
    """Formats, and the sheets in their order."""

    def __init__(self, file: Any, contributions: ContributionRows | None = None) -> None:
        self.file, self.contributions = file, contributions
        self.long_tables: dict[int, LongTable] = {}
        """Number of a sheet → what is still to be written of it."""
        self._formats: dict[tuple[Style, str], Any] = {}

    def format(self, style: Style, numbers: str = "") -> Any:
        """The format of a style, with a number format."""
        key = (style, numbers)
        if key not in self._formats:
            aligned = {"num_format": numbers, "align": "right", "indent": 0, "text_wrap": False} if numbers else {}
            self._formats[key] = self.file.add_format({**_BODY, **_STYLES[style], **aligned})
        return self._formats[key]

    @property
    def full(self) -> bool:
        """Whether the workbook holds Data_Long, which the formulas of totals are sums of."""
        return self.contributions is not None

    def total(self, value: float, *key: str) -> Cell:
        """A score as the sum of its rows of Data_Long; as a number where that is not in the workbook."""
        return self.contributions.total(value, *key) if self.contributions else Cell(value)

    def rows(self, key: Sequence[str], **where: str) -> Cell:
        """The rows of Data_Long of a key that have these values in further columns."""
        return self.contributions.rows(key, **where) if self.contributions else ABSENT

    def sheet(self, name: str, title: str, *notes: str) -> Sheet:
        """A new sheet with its title, a way back, and notes above its tables."""
        return Sheet(self, name, title, notes)


class Sheet:
    """One sheet; `row` is the next free one."""

    def __init__(self, book: Book, name: str, title: str, notes: Sequence[str]) -> None:
        self.book, self.name = book, name
        self.page = book.file.add_worksheet(name)
        self._group: int | None = None
        self._widths: dict[int, float] = {}
        self._texts: list[tuple[int, int, int, str, float]] = []
        """Row, first and last column, and text of every cell that may need more than one line."""
        self.put(0, 0, Cell(title, style="title"))
        self.page.set_row(0, 2 * LINE)
        self.row = 1
        if name != "README":
            self.link(self.row, 0, "README", gettext("back to README"))
            self.row += 1
        self.note(*notes)
        self.row += 1

    def note(self, *notes: str) -> None:
        """Lines of grey text across the columns."""
        for note in notes:
            for line in textwrap.wrap(inert(note), 130):
                self.put(self.row, 0, Cell(line, style="note"))
                self.row += 1

    def section(self, title: str) -> None:
        """A heading inside the sheet."""
        self.put(self.row, 0, Cell(title, style="section"))
        self.row += 1

    def put(self, row: int, column: int, cell: Cell | str | float) -> None:
        """Write one cell; text is never read as a formula, a number or an address. What stands in place of an absent
        value is a message.
        """
        cell = cell if isinstance(cell, Cell) else Cell(cell)
        if cell.value != cell.value:
            cell = UNKNOWN
        value = gettext(cell.value) if cell.style == "absent" and isinstance(cell.value, str) else cell.value
        if isinstance(value, str):
            text, shown = inert(value), self.book.format(cell.style)
            if cell.formula:
                failed = self.page.write_formula(row, column, cell.formula, shown, text) == -1
            else:
                failed = self.page.write_string(row, column, text, shown) == -1
            self._fit(row, column, text, cell.style)
        else:
            numbers = self.book.format(cell.style, number_format(value, cell.shape, cell.mark, cell.digits))
            if cell.formula:
                failed = self.page.write_formula(row, column, cell.formula, numbers, value) == -1
            else:
                failed = self.page.write_number(row, column, value, numbers) == -1
            self._fit(row, column, "0" * (8 + 2 * len(cell.mark)), cell.style)
        if failed:
            raise UsageError(gettext(_TOO_LARGE))

    def link(self, row: int, column: int, sheet: str, text: str) -> None:
        """A link to another sheet of this workbook."""
        self.page.write_url(row, column, f"internal:'{sheet}'!A1", self.book.format("link"), text)
        self._fit(row, column, text, "text")

    def span(self, row: int, first: int, last: int, text: str) -> None:
        """A group heading over some columns."""
        if last > first:  # xlsxwriter guesses the type of what it merges: so merge blank, then write text
            self.page.merge_range(row, first, row, last, "", self.book.format("group"))
        self.page.write_string(row, first, inert(text), self.book.format("group"))
        self._texts.append((row, first, last, inert(text), LETTERS))
        self._group = row

    def head(self, columns: Sequence[str]) -> int:
        """The header row of a table."""
        for column, text in enumerate(columns):
            self.put(self.row, column, Cell(text, style="head"))
        self.row += 1
        return self.row - 1

    def rows(self, rows: Iterable[Sequence[Cell | str | float]]) -> tuple[int, int]:
        """Rows under each other; the first and the last of them."""
        first = self.row
        for cells in rows:
            for column, cell in enumerate(cells):
                self.put(self.row, column, cell)
            self.row += 1
        return first, self.row - 1

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Cell | str | float]]) -> tuple[int, int]:
        """A table with filters; the first and the last of its rows. One to a sheet."""
        header = self.head(columns)
        first, last = self.rows(rows)
        self.filters(header, last, len(columns))
        return first, last

    def long_table(
        self, columns: Sequence[str], rows: Iterable[Sequence[str | float]], count: int, widths: Mapping[int, float]
    ) -> None:
        """A table of tens of thousands of rows of plain text and numbers, below which nothing stands.

        Nothing is remembered of a row, neither for its height nor for the width of its columns; `rows` are asked for
        when the file is closed.
        """
        header = self.head(columns)
        if self.row + count > MOST_ROWS:
            raise UsageError(gettext(_TOO_LARGE))
        if count:
            self.page.write_string(self.row, 0, NONE, self.book.format("plain"))
            self.page.write_number(self.row, 1, 0, self.book.format("plain", "0.00E+00"))
            number = len(self.book.file.worksheets())
            self.book.long_tables[number] = LongTable(len(columns), count, rows, gettext(MISSING))
        self.row += count
        self.filters(header, self.row - 1, len(columns))
        self.finish(widths)

    def filters(self, header: int, last: int, columns: int) -> None:
        """Filters on a table, its name in formulas, and its header in sight."""
        last = max(last, header)
        self.page.autofilter(header, 0, last, columns - 1)
        corners = f"{place(header, 0, fixed=True)}:{place(last, columns - 1, fixed=True)}"
        self.book.file.define_name(f"{self.name}_table", f"='{self.name}'!{corners}")
        self.freeze(header)

    def freeze(self, header: int, columns: int = 1) -> None:
        """Keep the header in sight, and on every printed page."""
        self.page.freeze_panes(header + 1, columns)
        self.page.repeat_rows(header if self._group is None else self._group, header)

    def finish(self, widths: Mapping[int, float] = MappingProxyType({}), printed: int = 0) -> None:
        """Column widths, of what they hold or as given, and print set-up; `printed`: columns on paper, 0: all."""
        widths = {**self._widths, **widths}
        for column, width in widths.items():
            self.page.set_column(column, column, width)
        lines: dict[int, int] = {}
        for row, first, last, text, letters in self._texts:
            width = sum(widths[column] for column in range(first, last + 1))
            if not printed or first < printed:  # the rest is read on a screen, a cell at a time
                lines[row] = max(lines.get(row, 1), _lines(text, letters * width))
        for row, count in lines.items():
            if count > 1:  # not every program fits a row to its text when it opens the file
                self.page.set_row(row, min(LINE * count + 2, TALLEST))
        self.page.hide_gridlines(2)
        self.page.set_landscape()
        total = sum(width for column, width in widths.items() if not printed or column < printed)
        if printed:
            self.page.print_area(0, 0, self.row - 1, printed - 1)
        self.page.set_paper(A4 if total < WIDE else A3)
        self.page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        self.page.fit_to_pages(1 + int(total // MOST), 0)
        self.page.repeat_columns(0)
        self.page.set_footer("&L&F&C&A&R" + gettext("Page &P of &N"))

    def one_page(self, last: int | None = None) -> None:
        """Print on one page, down to a row."""
        self.page.fit_to_pages(1, 1)
        if last is not None:
            self.page.print_area(0, 0, last, max(self._widths, default=0))

    def _fit(self, row: int, column: int, text: str, style: Style) -> None:
        """Widen the column for the text, and remember it for the height of its row."""
        if style in ("title", "note", "section"):
            return
        self._texts.append((row, column, column, text, BOLD_LETTERS if style == "head" else LETTERS))
        longest = max((len(part) for part in (text.split() if style == "head" else text.split("\n"))), default=0)
        wanted = 0.95 * longest + (5 if style == "head" else 3)  # the buttons of a filter, an indent
        self._widths[column] = max(self._widths.get(column, 8), min(wanted, WIDEST))


def _lines(text: str, width: float) -> int:
    """Lines that a text takes in a column of `width` letters."""
    letters = max(int(width) - 3, 1)
    parts = text.split("\n")
    return sum(1 if len(part) <= letters else len(textwrap.wrap(part, letters)) for part in parts)
