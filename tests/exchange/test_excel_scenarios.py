"""Scenarios in a workbook: what is written is read back as the same, and what is wrong is named by sheet and cell."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from workplace import Done, Workplace

from lca.builtin import folder
from lca.errors import InvalidData
from lca.exchange.excel import archive
from lca.exchange.excel.book import manual_of
from lca.exchange.excel.layout import KNOWN
from lca.exchange.excel.reading import read_workbook
from lca.exchange.excel.writing import choices, export, template
from lca.inventory.catalogue import Catalogue
from lca.languages import language
from lca.study.assess import assess
from lca.system.scenario import Scenario

SHIPPED = sorted(folder("scenarios").glob("*.toml"))


def test_the_shipped_scenarios_come_back_the_same(built_in: Catalogue, tmp_path: Path) -> None:
    scenarios = [Scenario.load(path) for path in SHIPPED]
    book = export(scenarios, tmp_path / "all.xlsx", built_in)
    read = read_workbook(book, folder("scenarios"))
    assert [scenario.file for scenario in read] == [scenario.file for scenario in scenarios]
    assert [scenario.measurements for scenario in read] == [scenario.measurements for scenario in scenarios]
    assert all(scenario.document for scenario in read)
    texts = [Scenario.of(scenario.document) for scenario in read if scenario.document]
    assert [scenario.file for scenario in texts] == [scenario.file for scenario in scenarios]


@pytest.mark.parametrize("folder_name", ["strubell-2019"])
def test_scenarios_below_their_folder_come_back_the_same(folder_name: str, built_in: Catalogue, tmp_path: Path) -> None:
    scenarios = [Scenario.load(path) for path in sorted((folder("scenarios") / folder_name).glob("*.toml"))]
    read = read_workbook(export(scenarios, tmp_path / "all.xlsx", built_in), folder("scenarios") / folder_name)
    assert scenarios and [scenario.file for scenario in read] == [scenario.file for scenario in scenarios]


def test_the_template_is_read_assessed_and_explained_by_itself(built_in: Catalogue, tmp_path: Path) -> None:
    path = template(tmp_path / "template.xlsx", built_in)
    [scenario] = read_workbook(path, tmp_path)
    assert assess([scenario], built_in, ["climate-change"]).scores()["score"][0] > 0
    sheet: Any = openpyxl.load_workbook(path)["Scenarios"]
    comments = {row[0].value: row[0].comment.text for row in sheet.iter_rows() if row[0].comment}
    assert comments["inference.utilisation"].startswith("Allocated hours over powered hours of the equipment.")
    assert "Bounds: > 0 and <= 1." in comments["inference.utilisation"]
    assert len(comments) == sum(bool(manual_of(key)) for key in KNOWN.values() if key.kind != "named")
    lists: Any = openpyxl.load_workbook(path)["Lists"]
    offered = {column[0].value: [cell.value for cell in column[1:] if cell.value] for column in lists.iter_cols()}
    assert offered == choices(built_in)
    assert {"electricity-fr", "aws:eu-west-3"} <= set(offered["electricity"])
    assert "server-1x-a100" in offered["server"] and "facility-colocation" in offered["facility"]
    validated = {str(rule.sqref).split(":")[0]: rule.formula1 for rule in sheet.data_validations.dataValidation}
    [electricity] = [row[0].row for row in sheet.iter_rows() if row[0].value == "electricity"]
    assert validated[f"C{electricity}"].startswith("Lists!$A$2:$A$")


def test_a_french_workbook_is_read_as_any_other(tiny: Workplace) -> None:
    scenario = Scenario.load("scenario.toml")
    with language("fr"):
        path = export([scenario], "book.xlsx", tiny.catalogue())
    sheet: Any = openpyxl.load_workbook(path)["Scenarios"]
    comments = {row[0].value: row[0].comment.text for row in sheet.iter_rows() if row[0].comment}
    assert comments["inference.utilisation"].startswith("Heures allouées sur heures sous tension de l’équipement.")
    assert "Bornes\xa0: > 0 et <= 1." in comments["inference.utilisation"]
    assert sheet["A2"].value.startswith("Une colonne est un scénario")
    assert [one.file for one in read_workbook(path, tiny.folder)] == [scenario.file]


@pytest.fixture
def book(tiny: Workplace) -> Book:
    path = export([Scenario.load("scenario.toml")], "book.xlsx", tiny.catalogue())
    return Book(path)


class Book:
    """A workbook of one scenario to spoil."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: Any = openpyxl.load_workbook(path)

    def place(self, key: str, column: str = "C") -> str:
        [row] = [row[0].row for row in self.file["Scenarios"].iter_rows() if row[0].value == key]
        return f"{column}{row}"

    def put(self, key: str, value: Any, column: str = "C") -> str:
        """Write beside a key; the cell."""
        place = self.place(key, column)
        self.file["Scenarios"][place] = value
        self.file.save(self.path)
        return place

    def problems(self) -> list[str]:
        with pytest.raises(InvalidData) as refused:
            read_workbook(self.path, ".")
        return str(refused.value).splitlines()


def test_a_number_alone_is_in_the_unit_of_its_row(book: Book) -> None:
    book.put("training.device_time", 48)
    book.put("training.component_energy", "0.1 MWh")
    [scenario] = read_workbook(book.path, ".")
    [training] = scenario.file.training
    assert training.device_time and str(training.device_time.value) == "48.0 h"
    assert scenario.document and 'device_time = { value = "48 h", source = "book" }' in scenario.document.text


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("inference.utilisation", 1.5, "inference.utilisation: 1.5 is outside > 0 and <= 1; correct the value"),
        ("training.device_time", "2 kg", "training.device_time: 'kg' where 'h' belongs"),
        ("training.device_time.source", "bok", "training.device_time.source: no source 'bok' in this file"),
        ("training.serves", None, "training: stated energy needs serves"),
        ("inference.measurement", "../run.json", "inference.measurement: '../run.json' leaves the folder"),
        ("inference.measurement", "runs/none.json", "inference.measurement: no file 'runs/none.json'"),
        ("functional_unit.service", None, "functional_unit.service: required key is absent; add it"),
        ("electricity.boundary", "delivered", "electricity.intensity: required key is absent; add it"),
        ("report.public_comparison", "perhaps", "report.public_comparison: Input should be a valid boolean"),
        ("training.server", "=1+1", "a formula (=1+1); write its value in its place"),
        ("training.server", "#REF!", "'#REF!' is neither text nor a number"),
    ],
)
def test_what_is_wrong_is_named_by_sheet_and_cell(book: Book, key: str, value: Any, message: str) -> None:
    place = book.put(key, value)
    problems = book.problems()
    assert any(line.startswith("book.xlsx:Scenarios!C") and message in line for line in problems), problems
    if key not in ("training.serves", "electricity.boundary"):
        assert f"book.xlsx:Scenarios!{place}: " in "\n".join(problems)


def test_what_stands_at_the_wrong_place_is_refused(book: Book) -> None:
    sheet = book.file["Scenarios"]
    row = sheet.max_row + 1
    sheet.cell(row, 1, "inference.utilization"), sheet.cell(row, 3, 1)
    sheet.cell(row + 1, 3, "no key")
    sheet.cell(row + 2, 1, "name"), sheet.cell(row + 2, 3, "twice")
    head = book.place("key")[1:]
    sheet[f"D{head}"], sheet[f"E{head}"] = "scenario", "Not an id"
    sheet["F20"] = 1
    sources = book.file["Sources"]
    sources.append(["more", "scenarioo", "A title"])
    sources.append([None, None, "no id"])
    book.file.save(book.path)
    text = "\n".join(book.problems())
    for line in (
        f"Scenarios!A{row}: a scenario has no key 'inference.utilization'; did you mean 'inference.utilisation'",
        f"Scenarios!A{row + 1}: values without a key",
        f"Scenarios!A{row + 2}: name: the key is already that of row ",
        f"Scenarios!D{head}: the name 'scenario' is already that of another column",
        f"Scenarios!E{head}: 'Not an id' is no name for a file",
        f"Scenarios!F{head}: the column has no name",
        "Sources!B6: no column 'scenarioo' in Scenarios; did you mean 'scenario'",
        "Sources!A7: the row has no id",
    ):
        assert line in text


def test_a_problem_of_a_source_is_at_its_cell(book: Book) -> None:
    book.file["Sources"]["D5"] = "last year"
    book.file.save(book.path)
    assert any(line.startswith("book.xlsx:Sources!D5: sources.book.year: ") for line in book.problems())


def _with_part(path: Path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("xl/vbaProject.bin", "the workbook holds macros"),
        ("xl/externalLinks/externalLink1.xml", "the workbook holds links to other files"),
        ("xl/connections.xml", "the workbook holds connections to data"),
        ("xl/embeddings/oleObject1.bin", "the workbook holds embedded files"),
    ],
)
def test_a_workbook_that_acts_or_reaches_out_is_refused(book: Book, part: str, message: str) -> None:
    _with_part(book.path, part, b"x")
    [problem] = book.problems()
    assert message in problem and "save it as a plain .xlsx" in problem


def test_a_document_type_of_its_own_is_refused(book: Book) -> None:
    _with_part(book.path, "xl/more.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    assert "declares a document type of its own" in book.problems()[0]


def test_what_swells_is_refused_before_it_is_unpacked(book: Book) -> None:
    with zipfile.ZipFile(book.path, "a", zipfile.ZIP_DEFLATED) as file, file.open("xl/bomb.xml", "w") as part:
        for _ in range(archive.LARGEST_INFLATED // 1_000_000 + 1):
            part.write(bytes(1_000_000))
    assert book.path.stat().st_size < 1_000_000
    assert "bytes when unpacked; at most" in book.problems()[0]


def test_a_zip_of_many_parts_is_refused(book: Book) -> None:
    with zipfile.ZipFile(book.path, "a") as file:
        for number in range(archive.MOST_PARTS):
            file.writestr(f"xl/part{number}", b"")
    assert "parts; a workbook of scenarios has some ten" in book.problems()[0]


@pytest.mark.parametrize("content", [b"", b"PK", b"name = 1", b"\xd0\xcf\x11\xe0 an old workbook"])
def test_what_is_no_workbook_is_refused(content: bytes, tiny: Workplace) -> None:
    tiny.write("book.xlsx", content)
    with pytest.raises(InvalidData, match=r"book\.xlsx: no workbook that can be read"):
        read_workbook("book.xlsx", ".")


def test_rows_beyond_the_most_that_are_read_are_refused(book: Book) -> None:
    book.file["Scenarios"]["C1048576"] = 1
    book.file.save(book.path)
    assert book.problems() == [
        "book.xlsx:Scenarios: more than 20,000 rows; split the file, or check that it is the one you meant"
    ]


def test_the_command_line_writes_reads_and_keeps_what_is_there(
    tiny: Workplace, command: Callable[..., Done], tmp_path: Path
) -> None:
    written = command("exchange", "excel", "export", "scenario.toml", "-o", "book.xlsx", "-i", "inventory")
    assert (written.code, written.out) == (0, "book.xlsx: 1 scenario\n")
    before = tiny.read("scenario.toml")
    refused = command("exchange", "excel", "import", "book.xlsx")
    assert refused.code == 2 and "scenario.toml is there already: add --overwrite" in refused.err
    assert tiny.read("scenario.toml") == before
    shutil.copytree("runs", "other/runs")
    read = command("exchange", "excel", "import", "book.xlsx", "-o", "other")
    assert (read.code, read.out) == (0, "other/scenario.toml: Answers\n")
    assert Scenario.load("other/scenario.toml").file == Scenario.load("scenario.toml").file
    empty = command("exchange", "excel", "template", "-o", "template.xlsx", "-i", "inventory")
    assert empty.code == 0 and "template.xlsx" in empty.out
    tiny.write("spoilt.xlsx", b"")
    assert command("exchange", "excel", "import", "spoilt.xlsx").code == 3
