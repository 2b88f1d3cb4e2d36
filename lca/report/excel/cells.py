"""What goes into one cell, and how Excel names it: inert text, numbers of three digits, formulas with their value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from lca.languages import gettext, gettext_noop
from lca.vocabulary import Mark

MISSING = gettext_noop("missing")
NONE = "–"

_LONGEST = 32_767  # UTF-16 units that Excel keeps of one cell
_CUT = gettext_noop("… [cut: the text is longer than an Excel cell]")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
"""What XML or Excel refuses, and what turns the direction of the text around it."""

Style = Literal[
    "text",
    "input",
    "change",
    "link",
    "title",
    "note",
    "section",
    "group",
    "head",
    "absent",
    "total",
    "complete",
    "partial",
    "missing",
    "differs",
    "plain",
]
Shape = Literal["number", "as written", "count", "signed", "share", "signed share"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; a NaN is written as the word `missing`."""

    value: str | float
    """Text, or a number; with a formula its value as the engine knows it."""
    formula: str = ""
    style: Style = "text"
    shape: Shape = "number"
    mark: str = ""
    """Printed before the number: `≥`, or `?` where the sign of what is missing is not known."""
    digits: int = 3
    """Significant digits that are shown."""


UNKNOWN = Cell(MISSING, style="absent")
"""Nothing is known; it is not zero."""
ABSENT = Cell(NONE, style="absent")
"""There is no such exchange or value in this scenario."""
UNDEFINED = Cell(gettext_noop("not defined"), style="absent")
"""A share of nothing."""
NOT_STATED = Cell(gettext_noop("not stated"), style="absent")
"""A file leaves it open."""


def inert(text: str) -> str:
    """Text that Excel keeps as it is: no characters it refuses or hides, no markup, not longer than a cell."""
    return _inert(text, gettext(_CUT))


@lru_cache(4096)  # most texts of a long table stand in many of its rows
def _inert(text: str, cut: str) -> str:
    text = _ILLEGAL.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    if text.startswith("<r>") and text.endswith("</r>"):
        text += " "  # xlsxwriter would copy it into the file as markup
    if len(text) > _LONGEST // 2 and len(text.encode("utf-16-le")) > 2 * _LONGEST:
        kept = text.encode("utf-16-le")[: 2 * (_LONGEST - len(cut))]
        text = kept.decode("utf-16-le", errors="ignore") + cut
    return text


def prefix(mark: str) -> str:
    """The mark of an incomplete score as it stands before a number."""
    return "?" if mark == Mark.SIGN_UNKNOWN else mark


def number_format(value: float, shape: Shape = "number", mark: str = "", significant: int = 3) -> str:
    """Excel's number format for a number of this size: so many significant digits, but counts and inputs whole."""
    before = f'"{mark} "' if mark else ""
    plus = "+" if shape.startswith("signed") else ""
    if shape in ("share", "signed share"):
        below = gettext("< 0.1 %")
        small = f'"{below}"' if value else "0%"
        return _sections(f"[>=0.0005]{before}{plus}0.0%", f"[<=-0.0005]{before}-0.0%", before + small)
    digits = _digits(value, significant)
    if shape == "count" or (shape == "as written" and value == int(value) and abs(value) < 1e12):
        digits = "#,##0"
    elif shape == "as written" and float(f"{value:.6g}") == value and 1e-4 <= abs(value) < 1e6:
        digits = "General"
    if not before and not plus:
        return _sections(digits)
    return _sections(f"{before}{plus}{digits}", f"{before}-{digits}", f"{before}0")


def _sections(*formats: str) -> str:
    """Formats of positive numbers, negative ones and zero, each with a space before the border of the cell."""
    return ";".join(f"{part}_ " for part in formats)


def _digits(value: float, significant: int) -> str:
    if value == 0:
        return "0"
    exponent = int(f"{value:.{significant - 1}e}".partition("e")[2])
    if not -3 <= exponent < (6 if significant > 2 else 3):  # no format rounds 819,577 to 820,000
        return f"0.{'0' * (significant - 1)}E+00"
    if exponent >= significant - 1:
        return "#,##0"
    return "0." + "0" * (significant - 1 - exponent)


def place(row: int, column: int, fixed: bool = False) -> str:
    """`B7`, or `$B$7`."""
    from xlsxwriter.utility import xl_rowcol_to_cell  # the terminal's numbers are written here too

    return str(xl_rowcol_to_cell(row, column, fixed, fixed))


def plain(number: float) -> str:
    """A number inside a text: `1,000,000`, `0.4`."""
    return f"{number:,.10g}"
