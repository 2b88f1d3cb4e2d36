"""Long tables of plain text and numbers, written row by row to disk.

xlsxwriter keeps an object for every cell until its row is complete; for tens of thousands of rows that is most of the
time of a workbook. So the rows are written here as the XML that it would write, into the file of rows that it keeps
for a sheet in its `constant_memory` mode; texts go to its table of shared strings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from lca.errors import UsageError
from lca.report.excel.cells import MISSING, inert, number_format
from lca.report.excel.sheet import Book, Sheet

_MOST_ROWS = 1_048_576  # of an Excel sheet


def stream(
    sheet: Sheet, columns: Sequence[str], rows: Iterable[Sequence[str | float]], widths: Sequence[float]
) -> None:
    """A table with filters on a sheet made with `long`; the text of the first column is not shared among rows."""
    header = sheet.head(columns)
    page, text = sheet.page, _Text(sheet)
    page._write_single_row(header + 1)
    names = [xl_col_to_name(column) for column in range(len(columns))]
    number = header
    for number, row in enumerate(rows, header + 1):
        if number >= _MOST_ROWS:
            raise UsageError("the study is larger than an Excel sheet: assess fewer scenarios or categories at once")
        place = str(number + 1)
        cells = [text.own(names[0] + place, row[0])]
        cells += [text.cell(name + place, value) for name, value in zip(names[1:], row[1:], strict=True)]
        page.row_data_fh.write(f'<row r="{place}">{"".join(cells)}</row>')
    page.previous_row = number
    page._check_dimensions(number, len(columns) - 1)
    sheet.row = number + 1
    sheet.filters(header, number, len(columns))
    sheet.finish(dict(enumerate(widths)))


class _Text:
    """Cells as XML, with the numbers of the workbook's formats and shared strings."""

    def __init__(self, sheet: Sheet) -> None:
        self.page, self.book = sheet.page, sheet.book
        self._plain = _style(self.book)
        self._strings: dict[str, str] = {}
        self._formats: dict[str, str] = {}

    def cell(self, place: str, value: str | float) -> str:
        """One cell; NaN is the word `missing`."""
        if isinstance(value, str):
            ending = self._strings.get(value)
            if ending is None:
                index = self.page.str_table._get_shared_string_index(inert(value))
                ending = self._strings[value] = f'" s="{self._plain}" t="s"><v>{index}</v></c>'
            return f'<c r="{place}{ending}'
        if value != value:
            return self.cell(place, MISSING)
        shape = number_format(value)
        style = self._formats.get(shape)
        if style is None:
            style = self._formats[shape] = _style(self.book, shape)
        return f'<c r="{place}" s="{style}"><v>{value!r}</v></c>'

    def own(self, place: str, value: str | float) -> str:
        """The first cell of a row: where it is text like no other, it would only swell the table of strings."""
        if isinstance(value, str) and value.isascii() and value.isalnum():
            return f'<c r="{place}" s="{self._plain}" t="inlineStr"><is><t>{value}</t></is></c>'
        return self.cell(place, value)


def _style(book: Book, numbers: str = "") -> str:
    """The number of a format, as cells of the file name it."""
    format: Any = book.format("plain", numbers)
    return str(format._get_xf_index())
