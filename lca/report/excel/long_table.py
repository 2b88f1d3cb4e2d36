"""Tables of tens of thousands of rows: written as the format of workbooks has them, once the rest of the file is there.

The writer of workbooks asks half a dozen questions of every cell; here each text is put into its form once. What is
written of such a table by the writer is one row below its header, a text and a number, from which the styles are taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from xlsxwriter.utility import xl_col_to_name

from lca.report.excel.cells import inert

_MODEL = re.compile(r'<row r="(\d+)"[^>]*><c r="A\d+" s="(\d+)".*?<c r="B\d+" s="(\d+)"')
_DIMENSION = re.compile(r'<dimension ref="[^"]*"/>')
_ESCAPED = re.compile("(_x[0-9a-fA-F]{4}_)")
_END = "</sheetData>"
_ROWS = 2_000
"""Rows that are put into the file at once."""


@dataclass(frozen=True, slots=True)
class LongTable:
    """The rows of a table."""

    columns: int
    count: int
    rows: Iterable[Sequence[str | float]]
    missing: str
    """In place of a number that is not known."""


def filled(source: Path, target: Path, tables: Mapping[int, LongTable]) -> None:
    """The workbook with its long tables, by the number of their sheet; every other part of it as it is."""
    parts = {f"xl/worksheets/sheet{number}.xml": table for number, table in tables.items()}
    with ZipFile(source) as old, ZipFile(target, "w", ZIP_DEFLATED) as new:
        for info in old.infolist():
            text, kept = old.read(info), ZipInfo(info.filename, info.date_time)
            kept.compress_type, kept.external_attr, kept.create_system = ZIP_DEFLATED, info.external_attr, 3
            with new.open(kept, "w") as part:
                if info.filename in parts:
                    _fill(part, text.decode("utf-8"), parts[info.filename])
                else:
                    part.write(text)


def _fill(part: IO[bytes], sheet: str, table: LongTable) -> None:
    end = sheet.index(_END)
    start = sheet.rindex("<row ", 0, end)
    model = _MODEL.match(sheet, start)
    assert model, "a long table has a row that shows its styles"
    first = int(model[1])
    corner = f'<dimension ref="A1:{xl_col_to_name(table.columns - 1)}{first + table.count - 1}"/>'
    part.write(_DIMENSION.sub(corner, sheet[:start]).encode())
    pending: list[str] = []
    for row in _rows(table, first, model[2], model[3]):
        pending.append(row)
        if len(pending) == _ROWS:
            part.write("".join(pending).encode())
            pending.clear()
    part.write(("".join(pending) + sheet[end:]).encode())


def _rows(table: LongTable, first: int, text_style: str, number_style: str) -> Iterator[str]:
    letters = [f'<c r="{xl_col_to_name(column)}' for column in range(table.columns)]
    of_number = f'" s="{number_style}"><v>'
    for number, cells in enumerate(table.rows, first):
        parts = [f'<row r="{number}">']
        for letter, value in zip(letters, cells, strict=True):
            if isinstance(value, str):
                parts.append(f"{letter}{number}{_text(value, text_style)}")
            elif value == value:
                parts.append(f"{letter}{number}{of_number}{value:.16g}</v></c>")
            else:
                parts.append(f"{letter}{number}{_text(table.missing, text_style)}")
        parts.append("</row>")
        yield "".join(parts)


@lru_cache(4096)  # most texts stand in many rows
def _text(text: str, style: str) -> str:
    text = inert(text)
    spaces = ' xml:space="preserve"' if text != text.strip() else ""
    escaped = escape(_ESCAPED.sub(r"_x005F\1", text))
    return f'" s="{style}" t="inlineStr"><is><t{spaces}>{escaped}</t></is></c>'
