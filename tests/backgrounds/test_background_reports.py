"""What a background documents, wherever a study is read: the terminal, the workbook and the page."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from test_mapping import STEEL, catalogue, installed, mapped

from lca import report
from lca.report.terminal.background import origins
from lca.report.view import documented
from lca.study.assess import score
from lca.study.documented import under_background
from lca.study.study import Study

TITLE = "Of the known score as theirs 1 documents, the rest from our inventories"


@pytest.fixture
def study(data: Path) -> Study:
    installed(data)
    mapped(data, STEEL)
    joined = under_background((), catalogue(), "theirs")
    return score("case", 1.0, joined, ["climate-change", "land-use"])


def test_every_score_has_its_part_also_where_that_is_nothing(study: Study) -> None:
    name, shares = documented(study)
    assert name == "theirs 1"
    assert shares == {("case", "climate-change"): 1.0, ("case", "land-use"): 0.0}
    assert documented(score("case", 1.0, catalogue(), ["climate-change"])) == ("", {})


def test_the_terminal_the_workbook_and_the_page_say_it(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    origins(study)
    printed = capsys.readouterr().out
    assert "as theirs 1 documents" in " ".join(printed.split()) and "100.0 %" in printed
    report.workbook(study, tmp_path / "study.xlsx", full=True)
    sheet = openpyxl.load_workbook(tmp_path / "study.xlsx", read_only=True)["Completeness"]
    cells = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    at = cells.index([TITLE])
    assert cells[at + 2] == ["climate change", 1.0]
    report.page(study, tmp_path / "study.html")
    page = (tmp_path / "study.html").read_text(encoding="utf-8")
    assert TITLE in page and "<td>100.0 %</td>" in page
