"""Tables on the terminal."""

import pytest

from lca.report.terminal import table as module
from lca.report.terminal.table import table

COLUMNS = ["id", "score", "", "[bold]unit[/bold]"]
ROWS = [["phase", "≥ 1.5e-06", "", "kg CO₂-Eq"], ["a longer\xa0one", "–", "", "[red]"], ["é", "2", "", "m³"]]


@pytest.mark.parametrize("title", ["", "Scores", "a title that is wider than all the columns of the table together"])
def test_rows_that_need_no_folding_are_printed_as_rich_prints_them(
    title: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    table(COLUMNS, ROWS, title, right=("score",))
    lines = capsys.readouterr().out
    monkeypatch.setattr(module, "_in_lines", lambda *_: False)
    table(COLUMNS, ROWS, title, right=("score",))
    assert lines == capsys.readouterr().out
    assert "[bold]unit[/bold]" in lines


@pytest.mark.parametrize("cell", ["two\nlines", "漢字", "x" * 300])
def test_what_has_to_be_folded_or_is_wider_than_its_letters_is_left_to_rich(
    cell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not module._in_lines([["name"], [cell]], "", [False], 200)
    assert capsys.readouterr().out == ""
