"""Tables written as text: cells with their lines, and what is no table."""

from __future__ import annotations

import pytest

from lca.errors import InvalidData
from lca.quantities.tables import read_cells, repeated


def test_cells_come_with_the_line_on_which_they_end() -> None:
    assert list(read_cells("t", 'a,b\n\n1,"2\n3"\r\n4, 5\n')) == [(1, ["a", "b"]), (4, ["1", "2\n3"]), (5, ["4", " 5"])]
    assert list(read_cells("t", 'a|"b\n', delimiter="|", quotes=False)) == [(1, ["a", '"b'])]


@pytest.mark.parametrize("text", ['a,"b', 'a\n"b"c\n'])
def test_text_that_is_no_table_is_refused_by_line(text: str) -> None:
    with pytest.raises(InvalidData) as error:
        list(read_cells("t.csv", text))
    assert [(problem.file, problem.line) for problem in error.value.problems] == [("t.csv", text.count("\n") or 1)]


def test_columns_that_occur_twice() -> None:
    assert repeated(["a", "b", "a", "c", "c"]) == ["a", "c"] and repeated(["a", "b"]) == []
