"""Tables written as text: the cells of each row with the line it is on."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

from lca.errors import Fault, InvalidData, Syntax
from lca.quantities.documents import problem


def read_cells(
    shown: str, text: str, *, delimiter: str = ",", quotes: bool = True, fault: type[Fault] = Syntax
) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row that is not empty, the header too, as it is asked for.

    `shown`: the file as problems name it; `quotes`: cells may stand in double quotes. Raises InvalidData with a
    `fault` for text that is no such table.
    """
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True, quoting=quoting)
    try:
        for cells in reader:
            if cells:
                yield reader.line_num, cells
    except csv.Error as error:
        raise InvalidData([problem(shown, reader.line_num, (), fault(str(error)))]) from None


def repeated(columns: Sequence[str]) -> list[str]:
    """The columns that a header names more than once."""
    return [name for name, times in Counter(columns).items() if times > 1]
