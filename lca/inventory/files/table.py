"""A CSV table beside the TOML file that names it: a path that stays in the folder, and columns that are known."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lca.errors import InvalidData, MissingKey, PathEscapes, Problem, UnknownKey
from lca.quantities.documents import Document, problem, read_text
from lca.quantities.tables import read_cells, repeated


class Table(NamedTuple):
    """The cells of every row by column, and the line of each row for messages."""

    shown: str
    columns: list[str]
    """As written, with the unit in brackets; rows have them without."""
    rows: list[tuple[int, dict[str, str]]]


def read_table(document: Document, key: str, name: str, known: list[str]) -> Table:
    """The table that `key` of the document names.

    Raises InvalidData if the file is not beside the document or not such a table.
    """
    try:
        path = document.path.with_name(name)
        beside = path.resolve().parent == document.path.resolve().parent
    except ValueError:  # a path with folders, or a null character
        beside = False
    if not beside:
        raise InvalidData([document.problem((key,), PathEscapes(f"{name!r} is no file beside this one"))])
    shown = str(Path(document.shown).with_name(name))
    lines = read_cells(shown, read_text(path, shown))
    _, columns = next(lines)
    names = [column.split(" [")[0] for column in columns]
    wrong = _unlike(shown, names, known)
    rows = []
    for line, cells in lines if not wrong else ():
        if len(cells) != len(columns):
            wrong.append(problem(shown, line, (), UnknownKey(f"{len(cells)} cells, not {len(columns)}")))
            break
        rows.append((line, dict(zip(names, (cell.strip() for cell in cells), strict=True))))
    if wrong:
        raise InvalidData(wrong)
    return Table(shown, columns, rows)


def _unlike(shown: str, names: list[str], known: list[str]) -> list[Problem]:
    return [
        *(problem(shown, 1, (name,), UnknownKey("the column occurs twice")) for name in repeated(names)),
        *(problem(shown, 1, (name,), UnknownKey("unknown column")) for name in names if name not in known),
        *(problem(shown, 1, (name,), MissingKey("required column is absent")) for name in known if name not in names),
    ]
