"""Progress of long work, on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[float, float, str], None]
"""Called with what is done, the total, and what is going on."""


@contextmanager
def progress(unit: str = "s") -> Iterator[Progress]:
    """A bar; where stderr is no terminal, a line per kind of work, which is the text up to its first comma."""
    if not sys.stderr.isatty():
        said: set[str] = set()

        def line(done: float, total: float, text: str) -> None:
            work = text.split(",")[0]
            if work not in said:
                said.add(work)
                print(f"{work}, {f'about {total:.0f}' if unit == 's' else f'{total:g}'} {unit}", file=sys.stderr)

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    with Bar(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task("")

        def show(done: float, total: float, text: str) -> None:
            bar.update(task, completed=done, total=total, description=text)

        yield show
