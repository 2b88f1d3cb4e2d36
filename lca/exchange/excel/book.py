"""A workbook to fill in: no cell of it is a formula, whatever the text in it begins with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from lca.errors import UsageError
from lca.exchange.keys import Key
from lca.languages import MANUAL, gettext, pgettext
from lca.quantities.outputs import written_aside

LONGEST_TEXT = 32_767
"""Characters that a cell holds."""
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16},
    "note": {"font_color": "#595959"},
    "head": {
        "bold": True,
        "bg_color": "#DCE9F3",
        "border": 1,
        "border_color": "#D9D9D9",
        "text_wrap": True,
        "valign": "top",
    },
    "table": {"bold": True, "bg_color": "#EEF4F9", "border": 1, "border_color": "#D9D9D9"},
    "key": {"border": 1, "border_color": "#D9D9D9", "valign": "top"},
    "detail": {"border": 1, "border_color": "#D9D9D9", "font_color": "#595959", "indent": 1, "valign": "top"},
    "input": {"border": 1, "border_color": "#D9D9D9", "font_color": "#0000FF", "text_wrap": True, "valign": "top"},
}


@dataclass(frozen=True, slots=True)
class BlankBook:
    """A workbook that is being written."""

    file: Any
    styles: Mapping[str, Any]

    def page(self, name: str) -> Any:
        return self.file.add_worksheet(name)

    def lists(self, choices: Mapping[str, Sequence[str]]) -> dict[str, str]:
        """A sheet `Lists` of what may be chosen, a column each; where each list stands, of those that are not empty."""
        page = self.page("Lists")
        for column, (name, known) in enumerate(choices.items()):
            page.write_string(0, column, name)
            for number, choice in enumerate(known, 1):
                page.write_string(number, column, choice)
            page.set_column(column, column, 34)
        letters = {name: xl_col_to_name(number) for number, name in enumerate(choices)}
        return {
            name: f"=Lists!${letters[name]}$2:${letters[name]}${len(known) + 1}"
            for name, known in choices.items()
            if known
        }


@contextmanager
def new_book(path: Path, fits: bool = True) -> Iterator[BlankBook]:
    """A workbook that is there once the block has ended well; `fits`: a sheet is printed as wide as one page."""
    with written_aside(path) as aside:
        options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        file = xlsxwriter.Workbook(str(aside), options)
        styles = {name: file.add_format({"font_name": "Calibri", "font_size": 10, **s}) for name, s in _STYLES.items()}
        file.formats[0].set_font_size(10)
        yield BlankBook(file, styles)
        for page in file.worksheets():
            page.set_landscape()
            if fits:
                page.fit_to_pages(1, 0)
        file.close()


def put(page: Any, row: int, column: int, value: Any, style: Any) -> None:
    """Write a value as what it is; several texts are joined. Raises UsageError for a text that no cell holds."""
    if value is None or value == "":
        page.write_blank(row, column, None, style)
    elif isinstance(value, bool):
        page.write_boolean(row, column, value, style)
    elif isinstance(value, int | float):
        page.write_number(row, column, value, style)
    else:
        text = value if isinstance(value, str) else joined(value)
        if len(text) > LONGEST_TEXT:
            raise UsageError(
                gettext(
                    "{text!r}... has {count:,} characters; a cell holds {most:,}",
                    text=text[:40],
                    count=len(text),
                    most=LONGEST_TEXT,
                )
            )
        page.write_string(row, column, text, style)


def joined(texts: Sequence[str]) -> str:
    """By commas; a line each where one of them has a comma."""
    if any("," in text for text in texts):
        return "\n".join([*texts, ""])
    return ", ".join(texts)


def manual_of(key: Key) -> str:
    """What a person must know to fill in a key."""
    parts = [pgettext(MANUAL, key.manual) if key.manual else ""]
    if key.bounds and "inf" not in key.bounds.interval() and key.bounds.interval():
        parts.append(gettext("Bounds: {bounds}.", bounds=key.bounds.interval()))
    if key.choices:
        parts.append(gettext("One of: {choices}.", choices=", ".join(key.choices)))
    if key.required:
        parts.append(gettext("Required in its table.") if len(key.loc) > 1 else gettext("Required."))
    return " ".join(part for part in parts if part)


def offer(page: Any, cells: tuple[int, int, int, int], source: str | Sequence[str], warns: bool = True) -> None:
    """A list to choose from, in cells from row and column to row and column; what is not in it may be written."""
    rule = {"validate": "list", "source": source, "error_type": "warning", "error_message": gettext("Not in the list.")}
    page.data_validation(*cells, rule if warns else {**rule, "show_error": False})
