"""The sheet Live: its formulas are the equations, and what is changed in it is what the engine says of it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from small_study import CATEGORIES

from lca import report
from lca.builtin import folder
from lca.equations import equipment_share
from lca.inventory.catalogue import Catalogue
from lca.quantities.values import Value, calculated, product, total
from lca.report.excel.sheets.live import formula
from lca.study.assess import assess
from lca.study.stored import load, save
from lca.study.study import Study
from lca.system.scenario import Scenario
from lca.vocabulary import Mark


def test_a_formula_is_the_equation_with_its_inputs_as_cells() -> None:
    life, used = Value(100.0, "h", field="a.lifetime"), Value(0.5, "1", field="inference.utilisation")
    share = calculated(equipment_share, allocated=Value(3.0, "h"), lifetime=life, utilisation=used)
    carried = total([product(share, Value(2.0, "1"), "1"), Value(1.0, "1")])
    cells = {"inference.utilisation": "B2", "a.lifetime": "B1"}
    text = formula(carried, cells)
    assert eval(text, {"B1": 100.0, "B2": 0.5}) == pytest.approx(carried.number)
    assert eval(text, {"B1": 50.0, "B2": 0.25}) == pytest.approx(2 * 3 / (50 * 0.25) + 1)
    assert formula(carried, {}) == repr(carried.number)


def test_a_saved_study_has_the_same_formulas(study: Study, tmp_path: Path) -> None:
    def formulas(study: Study, name: str) -> list[Any]:
        book: Any = openpyxl.load_workbook(report.workbook(study, tmp_path / name))
        return [cell.value for sheet in ("Live", "Live_Amounts") for row in book[sheet].iter_rows() for cell in row]

    save(study, tmp_path / "study.json")
    own = formulas(study, "own.xlsx")
    assert sum(str(value).startswith("=") for value in own) > 50
    assert formulas(load(tmp_path / "study.json"), "kept.xlsx") == own


def test_every_blue_cell_of_the_sheet_is_an_input_of_a_formula(study: Study, tmp_path: Path) -> None:
    book: Any = openpyxl.load_workbook(report.workbook(study, tmp_path / "study.xlsx"))
    formulas = " ".join(str(cell.value) for row in book["Live_Amounts"].iter_rows() for cell in row)
    blue = [c for row in book["Live"].iter_rows() for c in row if c.fill.fgColor.rgb == "FFDDEBFF"]
    assert len(blue) > 5
    for cell in blue:
        assert f"Live!${cell.column_letter}${cell.row}" in formulas
    assert {row[0].value for row in book["Unit_Scores"].iter_rows(min_row=7)} >= {
        exchange.input for system in study.systems for exchange in system.exchanges
    }
    now = [str(row[3].value) for row in book["Live"].iter_rows(min_row=blue[-1].row + 4, max_col=4)]
    assert len(now) == len(CATEGORIES) and now.count("missing") == 1  # land use, of which nothing is known
    assert all(value.startswith("=IFERROR(SUM(Live_Amounts!") for value in now if value != "missing")
    rows = [list(row) for row in book["Live"].iter_rows(min_row=blue[-1].row + 4, min_col=4)]
    marks = {study.coverage[name, id].mark for name in study.names for id in CATEGORIES}
    shown = {mark for row in rows for cell in row for mark in Mark if mark and f'"{mark} "' in cell.number_format}
    assert shown == marks - {Mark.NONE, Mark.SIGN_UNKNOWN} and Mark.AT_LEAST in shown


@pytest.mark.libreoffice
def test_what_is_changed_in_libreoffice_is_what_the_engine_says(built_in: Catalogue, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        if os.environ.get("LCA_REQUIRE_ALL") == "1":
            pytest.fail("LibreOffice is required here and is not installed")
        pytest.skip("LibreOffice is not installed")
    france, poland = (Scenario.load(folder("scenarios") / f"digits-{name}.toml") for name in ("france", "poland"))
    path = report.workbook(assess([france, poland], built_in), tmp_path / "study.xlsx")
    book: Any = openpyxl.load_workbook(path)
    rows = {str(row[1].value): row[0].row for row in book["Live"].iter_rows()}
    changed = {
        "functional_unit.amount": 5e6,
        "facility-colocation.PUE": 1.2,
        "training.utilisation": 0.7,
        "inference.utilisation": 0.9,
        "server-1x-a100.lifetime": 60_000,
        "training.serves": 4e7,
        "electricity": "electricity-pl",
    }
    for key, value in changed.items():
        book["Live"][f"D{rows[key]}"] = value
    book.save(tmp_path / "changed.xlsx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    out = ["--outdir", str(tmp_path / "out"), str(tmp_path / "changed.xlsx")]
    subprocess.run([office, profile, "--headless", "--convert-to", "xlsx", *out], check=True, timeout=180)
    live: Any = openpyxl.load_workbook(tmp_path / "out" / "changed.xlsx", data_only=True)["Live"]
    used = {"lifetime": {"value": "60000 h", "source": "assumption"}}
    engine = france.vary(
        name="changed",
        functional_unit={"amount": "5e6 inference"},
        electricity="electricity-pl",
        facility={"building": "facility-colocation", "PUE": {"value": "1.2 kWh/kWh", "source": "assumption"}},
        training={**used, "utilisation": {"value": 0.7, "source": "assumption"}, "serves": "4e7 inference"},
        inference={**used, "utilisation": {"value": 0.9, "source": "assumption"}},
    )
    expected = assess([engine], built_in).scores()["score"].tolist()
    header = next(row[0].row for row in live.iter_rows() if row[0].value == "impact category")
    got = [live.cell(header + 1 + n, 4).value for n in range(len(expected))]
    assert got == pytest.approx(expected, rel=1e-9)
    before = [live.cell(header + 1 + n, 6).value for n in range(len(expected))]
    assert all(now != was for now, was in zip(got, before, strict=True))
    poland_now = [live.cell(header + 1 + n, 5).value for n in range(len(expected))]
    assert poland_now == pytest.approx(assess([poland], built_in).scores()["score"].tolist(), rel=1e-9)
