"""What docs/reading.md says of the workbook and of the page is there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl

from lca import report
from lca.inventory.catalogue import Catalogue
from lca.study.layers import layers
from lca.study.study import Study

TEXT = (Path(__file__).parents[2] / "docs" / "reading.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r'^\| ([^|]+\?) \| `(\w+)`: "([^"]+)" \| "([^"]+)" \|$', TEXT, flags=re.M)


def test_every_question_is_answered_where_it_is_said(
    complete: Study, small_catalogue: Catalogue, tmp_path: Path
) -> None:
    assert len(QUESTIONS) == 10
    made = layers(complete, small_catalogue, 50)
    unsure = tuple(replace(judged, probability=0.5) for judged in made.judgements)  # what is sure needs nothing more
    drawn = replace(complete, layers=replace(made, judgements=unsure))
    book: Any = openpyxl.load_workbook(report.workbook(drawn, tmp_path / "study.xlsx"))
    linked = {cell.hyperlink.location for row in book["README"].iter_rows() for cell in row if cell.hyperlink}
    page = report.page(drawn, tmp_path / "study.html").read_text(encoding="utf-8")
    headings = set(re.findall(r"<(?:h2|h3|summary)>([^<]+)<", page))
    for question, sheet, heading, on_page in QUESTIONS:
        assert f"'{sheet}'!A1" in linked, question
        assert heading in {cell.value for row in book[sheet].iter_rows() for cell in row}, question
        assert on_page in headings, question
    assert set(re.findall(r"`([A-Z]\w+)`", TEXT)) <= set(book.sheetnames)
