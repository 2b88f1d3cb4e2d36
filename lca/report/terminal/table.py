"""Rows under columns, as the terminal shows any of them; apart from a study's, whose words take long to load."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence

GAP = 2
"""Blanks between columns."""


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "", right: Iterable[str] = ()) -> None:
    """Print rows under columns on stdout; text is printed as it is, markup in it is not obeyed."""
    written = [list(columns), *([str(cell) for cell in row] for row in rows)]
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 200
    numbers = set(right)
    aligned = [column in numbers for column in columns]
    if not _in_lines(written, title, aligned, width):
        _folded(written, title, aligned, width)


def _in_lines(written: Sequence[Sequence[str]], title: str, right: Sequence[bool], width: int) -> bool:
    """Print each row as one line and return True; where one has to be folded, print nothing.

    rich takes a millisecond for every three rows, and folds lines well.
    """
    if not all(map(_is_one_wide, set(title).union(*(cell for row in written for cell in row)))):
        return False
    widths = [max(map(len, column)) for column in zip(*written, strict=True)]
    whole = sum(widths) + GAP * (len(widths) - 1)
    if max(whole, len(title)) > width or len(title) > whole:
        return False
    lines = [title.ljust(whole)] if title else []
    for row in written:
        sides = zip(row, widths, right, strict=True)
        lines.append((" " * GAP).join(cell.rjust(wide) if on else cell.ljust(wide) for cell, wide, on in sides))
    print("\n".join(lines))
    return True


def _is_one_wide(character: str) -> bool:
    kind = unicodedata.category(character)
    if kind in ("Mn", "Me") or unicodedata.east_asian_width(character) in "WF":
        return False
    return kind == "Zs" or character.isprintable()


def _folded(written: Sequence[Sequence[str]], title: str, right: Sequence[bool], width: int) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False)
    for column, on in zip(written[0], right, strict=True):
        shown.add_column(Text(column), justify="right" if on else "left", overflow="fold")
    for row in written[1:]:
        shown.add_row(*map(Text, row))
    Console(file=sys.stdout, width=width, highlight=False, color_system=None).print(shown)


def grouped(rows: Iterable[Sequence[object]], columns: int = 1) -> list[list[object]]:
    """Rows with the first columns only where they change: a long name folds once."""
    before: list[object] = []
    shown = []
    for row in rows:
        same = list(row[:columns]) == before
        before = list(row[:columns])
        shown.append([*([""] * columns if same else before), *row[columns:]])
    return shown
