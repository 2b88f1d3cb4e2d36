"""The table of contributions beside the workbook."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from lca import report
from lca.errors import UsageError
from lca.report.csv_lines import csv_text
from lca.study.study import Study


@pytest.mark.parametrize("name", ["long.csv", "long.parquet"])
def test_its_rows_sum_to_the_scores(study: Study, tmp_path: Path, name: str) -> None:
    path = report.data(study, tmp_path / name)
    table = pd.read_csv(path) if name.endswith("csv") else pd.read_parquet(path)
    assert list(table.columns[:3]) == ["row", "scenario", "category"]
    assert table["row"].iloc[-1] == f"L{len(study.table)}"
    summed = table.groupby(["scenario", "category"])["score"].sum()
    scores = study.scores().dropna(subset="score").set_index(["scenario", "category"])
    assert summed[scores.index].tolist() == pytest.approx(scores["score"].tolist())
    units = table.drop_duplicates("category").set_index("category")["unit"]
    assert units["climate-change"] == "kg CO2-Eq"
    report.data(study, path)  # its own file is written again


def test_the_file_of_a_stranger_stays(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text("person,salary\nme,1\n")
    with pytest.raises(UsageError, match="this command did not write it"):
        report.data(study, path)
    assert path.read_text() == "person,salary\nme,1\n"
    with pytest.raises(UsageError, match=r"ends in \.csv or \.parquet"):
        report.data(study, tmp_path / "long.xlsx")


def test_no_spreadsheet_obeys_a_name_in_it(study: Study, tmp_path: Path) -> None:
    named = {study.names[0]: "=HYPERLINK(0)"}
    table = study.table.astype({"scenario": object}).replace({"scenario": named})
    shown = pd.read_csv(StringIO(csv_text(table)))
    assert "'=HYPERLINK(0)" in set(shown["scenario"])
    texts = shown.select_dtypes(exclude="number")
    assert not texts.map(lambda cell: str(cell).startswith("=")).any(axis=None)
