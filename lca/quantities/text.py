"""Text without surprises, for records and for the files written from them."""

from __future__ import annotations

import re

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]+")


def plain(text: str, most: int = 200) -> str:
    """One line of printable text."""
    return _UNPRINTABLE.sub(" ", text).strip()[:most]


def csv_cell(text: str) -> str:
    """The text for a cell of a CSV: an apostrophe goes before `=`, `+`, `-` and `@`, which spreadsheets would obey."""
    text = plain(text, 2000)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def quoted(text: str) -> str:
    """The text as a YAML or JSON string in double quotes."""
    return '"' + plain(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
