"""Shared sources: what several files of an inventory cite, each in a file `sources/<id>.toml` of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from lca.errors import InvalidData, Problem, Unlocated, WrongType
from lca.languages import gettext, gettext_noop
from lca.quantities.documents import SHARED, Document, read_text
from lca.quantities.records import ID
from lca.quantities.sources import Source
from lca.quantities.tables import read_cells

UNLOCATED = gettext_noop("its licence, or where to find it, is not stated")


def read_shared(root: Path, read: Callable[[Path], Document]) -> tuple[dict[str, Source], list[Problem]]:
    """The shared sources of an inventory folder by id, and everything that is wrong with them."""
    shared: dict[str, Source] = {}
    problems: list[Problem] = []
    for path in sorted((root / SHARED).glob("*.toml")):
        # its id stands in for a source in error, so that no file that cites it is in error too
        shared[path.stem] = Source(title=path.stem, confidence="assumption")
        try:
            document = read(path)
        except InvalidData as error:
            problems += error.problems
            continue
        source, wrong = document.validate(Source, cited=False)
        if not re.fullmatch(ID, path.stem):
            fault = WrongType(
                gettext("{id!r} is no id: lower-case letters and digits, joined by hyphens", id=path.stem)
            )
            wrong.append(document.problem((), fault))
        if source and not source.located:
            wrong.append(document.problem((), Unlocated(gettext(UNLOCATED))))
        elif source:
            shared[path.stem] = source
        problems += wrong
    return shared, problems


def cited(document: Document) -> set[str]:
    """The ids of sources that a file cites, itself or in the tables beside it that it names.

    Raises InvalidData for a table that cannot be read.
    """
    return {*document.cited(), *_cited_in_tables(document)}


def _cited_in_tables(document: Document) -> Iterator[str]:
    for name in document.content.values():
        if isinstance(name, str) and name.endswith(".csv") and "/" not in name:
            path = document.path.with_name(name)
            lines = read_cells(str(path), read_text(path, str(path)))
            _, columns = next(lines)
            for _, cells in lines:
                for column, cell in zip(columns, cells, strict=False):
                    if column.endswith("source"):
                        yield from re.split(r"[;\s]+", cell)
