from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from small_study import CATEGORIES, HOSTILE, record, scenario

from lca import report
from lca.errors import UsageError
from lca.inventory.catalogue import Catalogue
from lca.quantities.sources import Source
from lca.report import words
from lca.report.excel.cells import inert, number_format
from lca.report.excel.charts import Point, ranges
from lca.report.excel.sheet import Book
from lca.report.excel.sheets.readme import NOT_STATED
from lca.report.html.charts import ESTIMATED, by_part, stages
from lca.report.view import View, apart
from lca.report.words import NOT_REVIEWED
from lca.study.assess import assess, score
from lca.study.coverage import Coverage, OpenItem
from lca.study.layers import layers
from lca.study.rows import Columns, TableRows
from lca.study.study import Study
from lca.system.parts import Gap, ProductSystem

ORDER = [
    "README",
    "Known_Scores",
    "Hotspots",
    "Sensitivity",
    "Scenarios",
    "Live",
    "Completeness",
    "Data_Quality",
    "Goal_Scope",
    "Sources",
    "LCIA_Results",
    "By_Stage",
    "By_Phase",
    "Contrib_Process",
    "Contrib_Flow",
    "Contrib_FirstTier",
    "Sankey_Edges",
    "LCI_Foreground",
    "LCI_Elementary",
    "Hardware_BOM",
    "Measurements",
    "Electricity_PUE",
    "Gaps_By_Score",
    "Disclosure_SCI",
    "Disclosure_SCI_AI",
    "Disclosure_GHG",
    "Disclosure_ADEME",
    "AI_Act_GPAI",
    "Disclosure_ML_Costs",
    "Live_Amounts",
    "Unit_Scores",
    "Data_Long",
    "Provenance",
]
"""Of a full workbook without draws."""
DEFAULT = [
    "README",
    "Summary",
    "Hotspots",
    "Uncertainty",
    "Sensitivity",
    "Find_Out_Next",
    "Scenarios",
    "Live",
    "Completeness",
    "Data_Quality",
    "Goal_Scope",
    "Sources",
]
OF_SCENARIOS = {
    "By_Phase",
    "Measurements",
    "Scenarios",
    "Sensitivity",
    "Electricity_PUE",
    "AI_Act_GPAI",
    "LCI_Elementary",
    "Hardware_BOM",
    "Live",
    "Live_Amounts",
    "Unit_Scores",
    *(name for name in ORDER if name.startswith("Disclosure")),
}
Row = dict[str, Any]


def written(study: Study, folder: Path, formulas: bool = False) -> Any:
    """The workbook of a study as openpyxl reads it: with formulas, or with their cached values."""
    path = report.workbook(study, folder / "study.xlsx", full=True)
    return openpyxl.load_workbook(path, data_only=not formulas)


def table(book: Any, sheet: str, first: str, width: int | None = None) -> list[Row]:
    """The rows under the header that begins with `first`, up to the first empty one; equal headers get a number."""
    cells = [[cell.value for cell in row] for row in book[sheet].iter_rows()]
    start = next(i for i, row in enumerate(cells) if row[0] == first)
    columns = [
        f"{name} {cells[start][:n].count(name) + 1}" if cells[start][:n].count(name) else str(name)
        for n, name in enumerate(cells[start])
    ][:width]
    rows = []
    for row in cells[start + 1 :]:
        if row[0] is None:
            break
        rows.append(dict(zip(columns, row, strict=False)))
    return rows


def near(value: float) -> Any:
    """As a cell has it."""
    return "missing" if math.isnan(value) else pytest.approx(value, rel=1e-12, abs=1e-300)


def test_sheets_stand_in_the_promised_order(study: Study, tmp_path: Path) -> None:
    book = written(study, tmp_path)
    assert book.sheetnames == ORDER
    assert [link.location for link in _links(book["README"])] == [f"'{name}'!A1" for name in ORDER[1:]]


def test_twelve_sheets_answer_in_the_order_a_reader_asks(layered: Study, tmp_path: Path) -> None:
    path = report.workbook(layered, tmp_path / "study.xlsx")
    book: Any = openpyxl.load_workbook(path)
    assert [sheet.title for sheet in book if sheet.sheet_state == "visible"] == DEFAULT
    assert [sheet.title for sheet in book if sheet.sheet_state == "hidden"] == ["Live_Amounts", "Unit_Scores"]
    assert [link.location for link in _links(book["README"])] == [f"'{name}'!A1" for name in DEFAULT[1:]]
    text = " ".join(text for sheet in book for text in _strings(sheet))
    assert not {
        name
        for name in {*ORDER, "Gaps_Estimated"} - set(book.sheetnames)
        if re.search(rf"\b{name}\b(?! \(`--full`\))", text)
    }
    formulas = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    assert not [text for text in formulas if "Data_Long" in text]


def test_a_sheet_without_content_is_left_out(complete: Study, small_catalogue: Catalogue, tmp_path: Path) -> None:
    absent = ("Measurements", "Disclosure_ML_Costs")
    assert written(complete, tmp_path).sheetnames == [name for name in ORDER if name not in absent]
    single = written(score("server", 2.0, small_catalogue, CATEGORIES), tmp_path)
    assert single.sheetnames == [name for name in ORDER if name not in OF_SCENARIOS]


def test_a_study_that_takes_nothing_is_written(tmp_path: Path) -> None:
    gap = OpenItem("equipment", "missing", 1.0, "h", ("equipment",))
    system = ProductSystem("France", (), (Gap("training", "equipment", 1.0, "h"),), (), {}, frozenset(), ())
    columns = ["scenario", "category", "phase", "stage", "role", "input", "activity", "score", "published"]
    cover = {("France", "climate-change"): Coverage("missing", (gap,), 0.0, True)}
    empty = pd.DataFrame(columns=columns).astype({"score": float, "published": bool})
    study = Study((scenario(),), (system,), ("climate-change",), Columns.of(empty), cover, {}, {})
    book = written(study, tmp_path)
    assert not {"LCI_Foreground", "By_Stage", "Contrib_Process"} & set(book.sheetnames)
    assert table(book, "Known_Scores", "impact category")[0]["score"] == "missing"


def test_scenarios_of_which_only_one_has_notes_are_written_together(study: Study, tmp_path: Path) -> None:
    silent, said = (replace(study.systems[n], notes=notes) for n, notes in ((0, ()), (1, ("Of the second.", "More."))))
    mixed = replace(study, systems=(silent, said, *study.systems[2:]))
    rows = [[cell.value for cell in row] for row in written(mixed, tmp_path)["Goal_Scope"].iter_rows()]
    notes = {(row[0], row[1]): row[2] for row in rows if str(row[0]).startswith("Note")}
    assert {text for (heading, _), text in notes.items() if heading == "Note 2 of the engine"} >= {"More.", "–"}


def test_differences_are_formulas_whose_cached_value_is_that_of_compare(complete: Study, tmp_path: Path) -> None:
    rows = table(written(complete, tmp_path), "Known_Scores", "impact category")
    formulas = table(written(complete, tmp_path, formulas=True), "Known_Scores", "impact category")
    compared: Any = complete.compare().set_index("category")
    known = 0
    for id, row, formula in zip(CATEGORIES, rows, formulas, strict=True):
        expected = compared.loc[id]
        if math.isnan(expected["difference"]):
            assert row["difference"] == row["difference, % of the known"] == "missing"
            continue
        known += 1
        assert re.fullmatch(r"=F(\d+)-D\1", formula["difference"])
        assert row["difference"] == near(expected["difference"])
        assert row["difference, % of the known"] == near(expected["difference"] / abs(expected["reference"]))
        assert expected["verdict"] in row["verdict"]
    assert known == 3


def test_relative_scores_are_drawn_only_where_the_scenarios_compare(complete: Study, tmp_path: Path) -> None:
    rows = table(written(complete, tmp_path), "Known_Scores", "relative score", 6)
    scores = complete.scores().set_index(["scenario", "category"])["score"]
    assert [row["relative score"] for row in rows] == ["climate change", "water use (≥)"]
    largest = scores["Poland", "climate-change"]
    assert rows[0]["Poland"] == 1.0
    assert rows[0]["France"] == near(scores["France", "climate-change"] / largest)


@pytest.mark.parametrize("sheet", ["By_Stage", "Contrib_Process"])
def test_rows_sum_to_the_score(study: Study, tmp_path: Path, sheet: str) -> None:
    scores = study.scores().set_index(["scenario", "category"])["score"]
    names = {row["impact category"]: row["id"] for row in table(written(study, tmp_path), "LCIA_Results", "scenario")}
    sums: dict[tuple[str, str], float] = {}
    for row in table(written(study, tmp_path), sheet, "impact category"):
        key = row["scenario"], names[row["impact category"]]
        if sheet == "By_Stage":
            parts = [value for name, value in row.items() if ", " in name and not name.endswith(" 2")]
            assert row["score"] == "missing" or row["score"] == near(scores[key])
        else:
            parts = [row["contribution"]]
        if row["score"] == "missing":
            assert set(parts) == {"missing"}
        else:
            sums[key] = sums.get(key, 0.0) + sum(part for part in parts if not isinstance(part, str))
    assert {key: near(value) for key, value in sums.items()} == scores.dropna().to_dict()


def test_shares_of_stages_and_contributions_sum_to_one(study: Study, tmp_path: Path) -> None:
    book = written(study, tmp_path)
    for row in table(book, "By_Stage", "impact category"):
        shares = [value for name, value in row.items() if name.endswith(" 2")]
        assert row["score"] == "missing" or sum(s for s in shares if not isinstance(s, str)) == near(1.0)
    found = table(book, "Contrib_Process", "impact category")
    climate = [r for r in found if r["impact category"] == "climate change" and r["scenario"] == "France"]
    assert sum(row["share of the score"] for row in climate) == near(1.0)
    assert [r["contribution"] for r in climate] == sorted((r["contribution"] for r in climate), reverse=True)


def test_what_is_not_named_stands_in_a_row_of_others(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lca.report.excel.sheets.contributions.MOST", 3)
    found = table(written(study, tmp_path), "Contrib_Process", "impact category")
    france = [row for row in found if row["scenario"] == "France" and row["impact category"] == "climate change"]
    assert [row["activity"] for row in france][3:] == ["all others"]
    assert france[3]["name"] == "5 smaller contributions"
    assert sum(row["contribution"] for row in france) == near(france[0]["score"])


def test_a_missing_score_is_the_word_and_never_a_number(study: Study, tmp_path: Path) -> None:
    book = written(study, tmp_path)
    row = next(r for r in table(book, "LCIA_Results", "scenario") if r["id"] == "land-use")
    assert row["score"] == row["published share"] == row["completeness"] == "missing"
    summary = next(r for r in table(book, "Known_Scores", "impact category") if r["impact category"] == "land use")
    assert summary["score"] == summary["completeness"] == "missing"
    for name in ("By_Stage", "Contrib_Process"):
        cells = [r for r in table(book, name, "impact category") if r["impact category"] == "land use"]
        assert {r["score"] for r in cells} == {"missing"}
        assert not [value for r in cells for value in r.values() if isinstance(value, int | float)]


def test_a_stage_of_which_nothing_is_known_is_missing_though_the_score_is_not(study: Study, tmp_path: Path) -> None:
    rows = table(written(study, tmp_path), "By_Stage", "impact category")
    water = next(row for row in rows if row["impact category"] == "water use")
    assert water["training, production"] == "missing"
    assert water["training, use"] > 0


def test_a_partial_score_is_marked_wherever_it_stands(study: Study, tmp_path: Path) -> None:
    book = written(study, tmp_path)
    assert {r["completeness"] for r in table(book, "Known_Scores", "impact category")} == {"≥", "missing"}
    assert {r["mark"] for r in table(book, "LCIA_Results", "scenario")} == {"≥", "–"}
    formats = {cell.value: cell.number_format for row in book["By_Stage"].iter_rows() for cell in row}
    rows = table(book, "By_Stage", "impact category")
    assert formats[rows[0]["inference, use"]].startswith('"≥ "')
    assert not formats[rows[0]["training, use"]].startswith('"')
    charts = "".join(_parts(tmp_path / "study.xlsx", "xl/charts/chart"))
    assert "of the known parts" in charts and "known parts only" in charts
    assert "Incomplete in the chart: France: ≥; Poland: ≥." in " ".join(_strings(book["By_Stage"]))


def test_an_indeterminate_difference_carries_its_question_mark(complete: Study, tmp_path: Path) -> None:
    book = written(complete, tmp_path)
    row = table(book, "Known_Scores", "impact category")[1]
    assert row["verdict"] == "indeterminate: 2 gaps left"
    cell = next(c for r in book["Known_Scores"].iter_rows() for c in r if c.value == row["difference"])
    assert cell.number_format.startswith('"? "+')


def test_scenarios_with_another_functional_unit_are_not_compared(small_catalogue: Catalogue, tmp_path: Path) -> None:
    base = scenario()
    other = base.vary(name="Half", functional_unit={"amount": "5e5 inference"})
    book = written(assess([base, other], small_catalogue, CATEGORIES), tmp_path)
    row = table(book, "Known_Scores", "impact category")[0]
    assert row["verdict"] == "not comparable: another functional unit"
    assert row["difference"] == "–"
    assert any("No chart" in text for text in _strings(book["Known_Scores"]))


def test_the_text_of_the_analyst_is_printed_or_said_to_be_absent(small_catalogue: Catalogue, tmp_path: Path) -> None:
    stated = scenario(report={"title": "A title", "goal": "To learn.", "public_comparison": True})
    book = written(assess([stated], small_catalogue, CATEGORIES), tmp_path)
    text = {row["heading"]: row["text"] for row in table(book, "Goal_Scope", "heading")}
    assert text["Goal"] == "To learn."
    assert text["Audience"] == NOT_STATED
    assert text["Electricity modelling"] == "average, location, production"
    assert "training, inference" in text["System boundary: inside"]
    assert "end-of-life" in text["System boundary: outside"]
    assert book["README"]["A1"].value == book.properties.title == "A title"
    assert any(text.startswith(NOT_REVIEWED) and "do not publish" in text for text in _strings(book["README"]))


def test_parameters_that_differ_are_marked(complete: Study, tmp_path: Path) -> None:
    rows = {row["parameter"]: row for row in table(written(complete, tmp_path), "Scenarios", "parameter")}
    assert rows["electricity"]["differs"] == "differs"
    assert rows["electricity"]["Poland"] == "electricity-pl"
    assert rows["training.device_time"] == {
        "parameter": "training.device_time",
        "unit": "h",
        "differs": "same",
        "France": 1.0,
        "Poland": 1.0,
    }
    assert "sources.a.title" not in rows


def test_every_energy_of_a_record_says_its_origin_and_every_gap_its_reason(study: Study, tmp_path: Path) -> None:
    cells = [[cell.value for cell in row] for row in written(study, tmp_path)["Measurements"].iter_rows()]
    assert ["cpu", 0.1, "kWh", 0.05, 0.2, "modelled", "CPU time × power"] in cells
    assert ["memory", "missing", "kWh", "–", "–", "not measured", "no counter"] in cells
    assert sum(row[0] == "component" for row in cells) == 1  # one record, though two scenarios use it


def test_hostile_text_is_inert_everywhere(small_catalogue: Catalogue, tmp_path: Path) -> None:
    study = _hostile(small_catalogue)
    path = report.workbook(study, tmp_path / "study.xlsx", full=True)
    book: Any = openpyxl.load_workbook(path)
    formulas = [c.value for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    named = re.compile(r'(Data_Long|Live_Amounts|Live|Unit_Scores)!|,"missing"')
    formulas = [named.sub("", text) for text in formulas]
    own = re.compile(r"=[-+*^A-Z0-9$:./(),]+")
    assert formulas and all(own.fullmatch(f) and not re.search("HYPER|CALC|CMD|HTTP", f.upper()) for f in formulas)
    strings = [(c.value, sheet.title, c.data_type) for sheet in book for row in sheet.iter_rows() for c in row]
    for text in map(inert, HOSTILE.values()):
        places = {(sheet, kind) for value, sheet, kind in strings if value == text}
        assert places >= {(name, "s") for name in ("Scenarios", "Goal_Scope", "Measurements")}
        assert {kind for _, kind in places} == {"s"}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                ElementTree.fromstring(archive.read(name))
            if name.endswith(".rels"):
                assert b"External" not in archive.read(name)
    assert not [link for sheet in book for link in _links(sheet) if link.target]


def _hostile(small_catalogue: Catalogue) -> Study:
    """Hostile text as names of scenarios, of runs, of activities and of sources, and as what the analyst wrote."""
    texts = list(HOSTILE.values())
    rotten = {
        id: replace(a, name=texts[n], location=texts[-n - 1], sources={"s": Source(title=texts[n], url=texts[n + 1])})
        for n, (id, a) in enumerate(small_catalogue.activities.items())
    }
    scenarios = [
        scenario(
            {
                "inference": record(
                    name=text,
                    task=text,
                    model=text,
                    software={text: text},
                    comment=text,
                    unmeasured=[{"component": "memory", "reason": text}],
                )
            },
            name=text,
            comment=text,
            report={"goal": text, "limitations": text, "title": text},
            functional_unit={"amount": "1e6 inference", "service": text, "quality": text, "period": text},
        )
        for text in texts
    ]
    return assess(scenarios, Catalogue(rotten, small_catalogue.required, small_catalogue.library), CATEGORIES)


def test_labels_of_long_or_equal_names_stay_short_and_apart(small_catalogue: Catalogue) -> None:
    first = scenario(name="a" * 300)
    others = [first.vary(name=name) for name in ("a" * 299, "b", " b")]
    study = assess([first, *others], small_catalogue, CATEGORIES[:1])
    labels = list(View.of(study).labels.values())
    assert len(set(labels)) == 4
    assert all(len(label) <= 48 for label in labels)


def test_the_same_study_gives_the_same_bytes(study: Study, tmp_path: Path) -> None:
    first = report.workbook(study, tmp_path / "a.xlsx").read_bytes()
    assert report.workbook(study, tmp_path / "b.xlsx").read_bytes() == first


def test_the_file_says_its_schema(study: Study, tmp_path: Path) -> None:
    book = written(study, tmp_path)
    assert {p.name: p.value for p in book.custom_doc_props.props}["ai-lca workbook schema"] == 6


def test_an_interrupted_call_leaves_the_old_file(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "study.xlsx"
    path.write_bytes(b"old")

    def interrupted(self: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("xlsxwriter.Workbook.close", interrupted)
    with pytest.raises(KeyboardInterrupt):
        report.workbook(study, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_more_scenarios_than_columns_are_refused(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlsxwriter.worksheet.Worksheet.write_string", lambda *_: -1)
    with pytest.raises(UsageError, match="larger than an Excel sheet"):
        report.workbook(study, tmp_path / "study.xlsx", full=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0_ "),
        (1e-9, "0.00E+00_ "),
        (0.00123, "0.00000_ "),
        (0.5, "0.000_ "),
        (1.0, "0.00_ "),
        (9.999, "0.0_ "),
        (99.9, "0.0_ "),
        (123.4, "#,##0_ "),
        (-56789.0, "#,##0_ "),
        (1e6, "0.00E+00_ "),
    ],
)
def test_three_significant_digits(value: float, expected: str) -> None:
    assert number_format(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(819_577.0, "0.0E+00_ "), (12.34, "#,##0_ "), (1.234, "0.0_ "), (0.00123, "0.0000_ ")]
)
def test_a_number_with_an_interval_shows_two_digits_and_keeps_its_value(value: float, expected: str) -> None:
    assert number_format(value, significant=2) == expected


def test_text_that_is_too_long_is_cut_visibly_and_characters_that_excel_refuses_are_replaced() -> None:
    cut = inert("😀" * 20_000)
    assert len(cut.encode("utf-16-le")) // 2 <= 32_767
    assert cut.endswith("longer than an Excel cell]")
    assert inert("x" * 32_767) == "x" * 32_767
    assert inert("a\x00\ud800\uffff\r\nb") == "a\ufffd\ufffd\ufffd\nb"


def test_the_package_loads_nothing_before_it_is_used() -> None:
    code = (
        "import sys, lca, lca.report; assert not {'xlsxwriter', 'pandas'} & set(sys.modules);"
        "import lca.report.excel.workbook; assert callable(lca.report.workbook)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.libreoffice
def test_libreoffice_recalculates_every_formula_to_its_cached_value(study: Study, tmp_path: Path) -> None:
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        if os.environ.get("LCA_REQUIRE_ALL") == "1":
            pytest.fail("LibreOffice is required here and is not installed")
        pytest.skip("LibreOffice is not installed")
    path = report.workbook(study, tmp_path / "study.xlsx", full=True)
    emptied = tmp_path / "emptied.xlsx"
    _without_cached_values(path, emptied)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "out"), str(emptied)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    formulas: Any = openpyxl.load_workbook(path)
    cached: Any = openpyxl.load_workbook(path, data_only=True)
    recalculated: Any = openpyxl.load_workbook(tmp_path / "out" / "emptied.xlsx", data_only=True)
    compared = 0
    for sheet in formulas:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    compared += 1
                    expected = cached[sheet.title][cell.coordinate].value
                    same = expected if isinstance(expected, str) else pytest.approx(expected, rel=1e-12)
                    assert recalculated[sheet.title][cell.coordinate].value == same
    assert compared > 50


def _without_cached_values(path: Path, emptied: Path) -> None:
    """A copy that has to be recalculated: LibreOffice would trust the values of a file that Excel could have made."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(emptied, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.startswith("xl/worksheets/sheet"):
                content = re.sub(rb"</f><v>[^<]*</v>", b"</f>", content)
            target.writestr(name, content)


def _parts(path: Path, prefix: str) -> Iterator[str]:
    with zipfile.ZipFile(path) as archive:
        yield from (archive.read(name).decode() for name in archive.namelist() if name.startswith(prefix))


def _links(sheet: Any) -> list[Any]:
    return [cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink]


def _strings(sheet: Any) -> Iterator[str]:
    return (cell.value for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str))


@pytest.mark.parametrize("sheet", ["Contrib_Flow", "Contrib_FirstTier", "By_Phase", "Sankey_Edges", "Data_Long"])
def test_rows_of_every_partition_sum_to_the_score(study: Study, tmp_path: Path, sheet: str) -> None:
    book = written(study, tmp_path)
    scores = {(r["scenario"], r["impact category"]): r for r in table(book, "LCIA_Results", "scenario")}
    ids = {row["id"]: row["impact category"] for row in scores.values()}
    sums: dict[tuple[str, str], float] = {}
    for row in table(book, sheet, "row" if sheet == "Data_Long" else "impact category"):
        category = ids[row["category"]] if sheet == "Data_Long" else row["impact category"]
        if sheet == "By_Phase":
            parts = [row["training"], row["inference"]]
        elif sheet == "Sankey_Edges":
            parts = [row["score"]] if row["to"] == "score" else []
        else:
            parts = [row["score" if sheet == "Data_Long" else "contribution"]]
        key = row["scenario"], category
        sums[key] = sums.get(key, 0.0) + sum(part for part in parts if not isinstance(part, str))
    known = {key: row["score"] for key, row in scores.items() if row["score"] != "missing"}
    assert {key: near(value) for key, value in sums.items() if key in known} == known


def test_a_score_is_the_sum_of_the_rows_it_names(study: Study, tmp_path: Path) -> None:
    rows = {row["row"]: row for row in table(written(study, tmp_path), "Data_Long", "row")}
    assert list(rows) == [f"L{number}" for number in range(1, len(study.table) + 1)]
    with_formulas = table(written(study, tmp_path, formulas=True), "LCIA_Results", "scenario")
    formulas = {(row["scenario"], row["id"]): row for row in with_formulas}
    for row in table(written(study, tmp_path), "LCIA_Results", "scenario"):
        if row["score"] != "missing":
            named = list(_named(row["rows of Data_Long"]))
            assert sum(rows[name]["score"] for name in named) == near(row["score"])
            assert {rows[name]["category"] for name in named} == {row["id"]}
            assert formulas[row["scenario"], row["id"]]["score"].startswith("=SUM(Data_Long!$I$")
    for row in table(written(study, tmp_path), "Contrib_Process", "impact category"):
        if row["rows of Data_Long"] != "–":
            assert sum(rows[name]["score"] for name in _named(row["rows of Data_Long"])) == near(row["contribution"])


def _named(text: str) -> Iterator[str]:
    """`L1–L3; L5` → L1, L2, L3, L5."""
    for part in text.split("; "):
        ends = [int(end[1:]) for end in part.split("–")]
        yield from (f"L{number}" for number in range(ends[0], ends[-1] + 1))


def test_every_table_has_a_name_that_covers_it(study: Study, tmp_path: Path) -> None:
    book = written(study, tmp_path)
    names = {name for name in book.defined_names if name.endswith("_table")}
    assert names >= {
        f"{sheet}_table"
        for sheet in ORDER
        if sheet not in ("README", "Live", "Measurements", "Completeness", "Hotspots")
    }
    assert book.defined_names["Data_Long_table"].attr_text == f"'Data_Long'!$A$5:$K${5 + len(study.table)}"
    assert all(sheet.auto_filter.ref for sheet in book if f"{sheet.title}_table" in names)


def test_the_chain_of_energies_by_hand(complete: Study, tmp_path: Path) -> None:
    book = written(complete, tmp_path)
    training, inference = table(book, "Electricity_PUE", "scenario")[:2]
    assert training["node, computing [kWh]"] == near(0.1 * 1.25 * 0.1)
    assert inference["IT energy [kWh]"] == near((0.1 * 1.25 + 0.1) * 10)
    assert inference["electricity at the building [kWh]"] == near((0.1 * 1.25 + 0.1) * 10 * 1.5)
    assert inference["water evaporated [m3]"] == near((0.1 * 1.25 + 0.1) * 10 * 0.5 / 1000)
    mix = table(book, "Electricity_PUE", "electricity")
    assert [row["share of generation"] for row in mix[:2]] == [near(0.9), near(0.1)]
    assert mix[0]["loss"] == near(0.1)


def test_a_gap_is_named_and_its_id_stands_where_every_score_has_its_own(study: Study, tmp_path: Path) -> None:
    book = written(study, tmp_path)
    names = {row["gap"] for row in table(book, "Completeness", "gap")}
    assert names == {study.gap_names.get(gap, gap) for gap in study.gaps()["gap"]}
    every = table(book, "Gaps_By_Score", "scenario")
    assert {row["gap"] for row in every} == set(study.gaps()["gap"]) and {row["name"] for row in every} == names
    assert any(row["gap"] != row["name"] for row in every)


def test_the_parts_of_a_server_are_those_that_its_file_names(complete: Study, tmp_path: Path) -> None:
    chassis, hall = table(written(complete, tmp_path), "Hardware_BOM", "scenario")[:2]
    assert (chassis["equipment"], chassis["part"]) == ("server", "chassis")
    assert chassis["in one unit of the equipment"] == 1.0
    assert chassis["per functional unit, with replacements"] == near(0.1 * (1 + 0.05 * 4) / (4 * 365.25 * 24 * 0.5))
    assert (hall["role"], hall["part"]) == ("facility", "hall")


def test_a_reviewer_is_named_on_the_first_sheets(small_catalogue: Catalogue, tmp_path: Path) -> None:
    book = written(assess([scenario(report={"review": "A panel, 2026"})], small_catalogue, CATEGORIES), tmp_path)
    assert {row["heading"]: row["text"] for row in table(book, "Goal_Scope", "heading")}["Review"] == "A panel, 2026"
    assert "Reviewed by: A panel, 2026. No ISO conformity claimed." in set(_strings(book["README"]))


def test_a_table_longer_than_a_sheet_is_refused(study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lca.report.excel.sheet.MOST_ROWS", 20)
    with pytest.raises(UsageError, match="larger than an Excel sheet"):
        report.workbook(study, tmp_path / "study.xlsx", full=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("formula", "said"),
    [("cut-off", "Cut-off: "), ("avoided-burden", "Avoided burden: "), ("circular-footprint", "Circular ")],
)
def test_the_goal_and_scope_names_the_formula_of_the_study(
    complete: Study, formula: str, said: str, tmp_path: Path
) -> None:
    study = replace(complete, provenance={**complete.provenance, "End-of-life formula": formula})
    sheet = openpyxl.load_workbook(report.workbook(study, tmp_path / "study.xlsx", full=True))["Goal_Scope"]
    texts = {row[0].value: row[2].value for row in sheet.iter_rows() if row[0].value}
    assert texts["Allocation: end of life"].startswith(said)


def test_the_style_of_a_cell_is_that_of_its_state_and_not_of_its_text(
    small_catalogue: Catalogue, tmp_path: Path
) -> None:
    study = assess([scenario().vary(name="missing")], small_catalogue, CATEGORIES)
    book = openpyxl.load_workbook(report.workbook(study, tmp_path / "study.xlsx", full=True))
    grey = "FF7F7F7F"
    named = [row[0] for row in book["LCI_Foreground"].iter_rows(min_row=5) if row[0].value == "missing"]
    assert named and not [cell for cell in named if cell.font.color and cell.font.color.rgb == grey]
    unknown = [cell for row in book["LCIA_Results"].iter_rows() for cell in row[5:6] if cell.value == "missing"]
    assert unknown and all(cell.font.color.rgb == grey for cell in unknown)


@pytest.fixture
def layered(complete: Study, small_catalogue: Catalogue) -> Study:
    return replace(complete, layers=layers(complete, small_catalogue, 200))


def test_what_another_offsets_is_at_most_the_whole_variance_in_a_sentence(layered: Study) -> None:
    assert layered.layers
    beyond = TableRows.of(layered.layers.next.assign(share=1.6))
    rows = layered.layers.rows._replace(next=beyond)
    sentences = words.to_find_out(layered, replace(layered.layers, rows=rows), False)
    assert sentences and all("up to 100 % of the variance" in sentence for sentence in sentences)


def test_the_summary_answers_first_and_its_numbers_are_those_of_the_layers(layered: Study, tmp_path: Path) -> None:
    book = written(layered, tmp_path)
    assert book.sheetnames[:4] == ["README", "Summary", "Known_Scores", "Hotspots"]
    assert layered.layers
    labels = apart(layered.names)
    sentence = words.answer(list(layered.layers.judgements), labels)
    head = [str(row[0].value) for row in book["Summary"].iter_rows(max_row=8)]
    assert sentence in " ".join(head)
    assert sentence in {cell.value for row in book["README"].iter_rows(max_row=8) for cell in row}
    rows = table(book, "Summary", "impact category")
    known = {(r["scenario"], r["category"]): r for r in layered.layers.scores.to_dict("records")}
    for row, id in zip(rows, layered.categories, strict=True):
        for number, name in enumerate(layered.names):
            score = known[name, id]
            low, high = (row["low"], row["high"]) if number == 0 else (row["low 2"], row["high 2"])
            assert [row[labels[name]], low, high] == [near(score[key]) for key in ("median", "low", "high")]
    assert {row["against the first"][0] for row in rows} <= set("▼▲≈=○")


def test_nothing_estimated_where_a_gap_is_open_is_missing_and_not_zero(layered: Study, tmp_path: Path) -> None:
    assert layered.layers
    for opened, expected in ((0, {0}), (2, {"missing"})):
        parts = TableRows.of(layered.layers.parts.assign(estimated=0.0))
        scores = TableRows.of(layered.layers.scores.assign(open=opened))
        changed = layered.layers.rows._replace(parts=parts, scores=scores)
        study = replace(layered, layers=replace(layered.layers, rows=changed))
        folder = tmp_path / str(opened)
        folder.mkdir()
        book = written(study, folder)
        rows = [row for row in book["Hotspots"].iter_rows(values_only=True) if row[3] in ("training", "inference")]
        assert len(rows) == len(parts) and {row[6] for row in rows} == expected
        table_ = stages(View.of(study), study.categories[0], by_part(study))["table"]
        [said] = [row for row in table_ if row[0] == ESTIMATED]
        assert set(said[1:]) == {str(each) for each in expected}


def test_a_chart_of_ranges_has_room_for_the_longest_name(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "charts.xlsx")) as file:
        book = Book(file)
        last = {
            length: ranges(file, book.sheet(f"of {length}", ""), "", ["a"], [Point("x" * length, [(1.0, 0.5, 2.0)])])
            for length in (10, 28, 60)
        }
    assert last[10] == last[28] < last[60]


def test_every_gap_that_is_not_bounded_is_listed_with_what_it_probably_holds(layered: Study, tmp_path: Path) -> None:
    book = written(layered, tmp_path)
    assert layered.layers
    gaps = layered.layers.gaps
    shown = [row for row in table(book, "Gaps_Estimated", "impact category") if row["state"] != "bounded"]
    assert len(shown) == (gaps["state"] != "bounded").sum()
    assert {row["median"] for row in shown if row["state"] == "open" and row["by"] == "–"} <= {"missing"}


def test_the_first_sheets_print_on_one_page_each(layered: Study, tmp_path: Path) -> None:
    book = written(layered, tmp_path)
    for name in ("README", "Summary"):
        setup = book[name].page_setup
        assert book[name].sheet_properties.pageSetUpPr.fitToPage
        assert {setup.fitToWidth, setup.fitToHeight} <= {None, 1}  # absent: one
    assert book["Summary"].print_area


def test_of_many_scenarios_the_summary_stays_narrow(small_catalogue: Catalogue, tmp_path: Path) -> None:
    scenarios = [scenario().vary(name=f"service {number}") for number in range(6)]
    study = assess(scenarios, small_catalogue, CATEGORIES)
    study = replace(study, layers=layers(study, small_catalogue, 20))
    [first, *_] = table(written(study, tmp_path), "Summary", "impact category")
    assert len([column for column in first if not column.startswith("None")]) == 2 + 6
