"""Rows under columns, as the terminal shows any of them; apart from a study's, whose words take long to load."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "", right: Iterable[str] = ()) -> None:
    """Print rows under columns on stdout; text is printed as it is, markup in it is not obeyed."""
    shown = Table(title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        shown.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(str(cell)) for cell in row))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 200
    Console(file=sys.stdout, width=width, highlight=False, color_system=None).print(shown)
