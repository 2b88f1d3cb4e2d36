"""Scenario-difference files: what Activity Browser reads, and back to scenarios without loss."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from workplace import Done

from lca import assess
from lca.builtin import folder
from lca.errors import InvalidData, UsageError
from lca.exchange.differences import COLUMNS, export, import_scenarios, taken
from lca.inventory.catalogue import Catalogue
from lca.study.study import Study
from lca.system.scenario import Scenario

PLACES = [folder("scenarios") / f"digits-{place}.toml" for place in ("france", "poland")]


@pytest.fixture(scope="module")
def study(built_in: Catalogue) -> Study:
    return assess(PLACES, built_in, "climate-change")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A folder with the records beside it that the scenarios name."""
    (tmp_path / "runs").mkdir()
    for path in (folder("scenarios") / "runs").glob("digits-*"):
        shutil.copy(path, tmp_path / "runs")
    return tmp_path


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=";"))


def rewritten(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(rows)
    return path


def test_the_second_sheet_has_thirteen_columns_and_one_of_each_scenario(study: Study, tmp_path: Path) -> None:
    book = openpyxl.load_workbook(export(study, tmp_path / "d.xlsx"), read_only=True)
    header, *rows = book.worksheets[1].iter_rows(values_only=True)
    assert header == (*COLUMNS, *study.names) and len(COLUMNS) == 13
    assert book.sheetnames[0] == "information"
    of_france = taken(study.systems[0])
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        assert cells["from key"] == repr(("ai-lca background", re.search(r", '(.*)'\)", str(cells["from key"]))[1]))  # type: ignore[index]
        assert cells["to key"] == repr(("ai-lca foreground", study.names[0]))
        assert cells["flow type"] == "technosphere"
    written = {str(row[5]).split("'")[3]: row[13] for row in rows}
    assert {id: amount for id, amount in written.items() if amount} == pytest.approx(of_france)


def test_a_workbook_that_nobody_edited_comes_back_as_the_files_that_it_was_made_of(
    study: Study, work: Path, built_in: Catalogue
) -> None:
    written = import_scenarios(export(study, work / "d.xlsx"), built_in, work)
    assert {path.name: text for path, text in written.items()} == {
        path.name: path.read_text(encoding="utf-8") for path in PLACES
    }


def test_columns_become_scenarios_of_the_same_scores_and_gaps(study: Study, work: Path, built_in: Catalogue) -> None:
    """Both stand on the first: the second takes other electricity."""
    file = export(study, work / "d.csv")
    written = import_scenarios(file, built_in, work, Scenario.load(PLACES[0]))
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    again = assess(sorted(written), built_in, "climate-change,acidification")
    before = assess(PLACES, built_in, "climate-change,acidification").scores()
    found = again.scores()
    assert found["score"].tolist() == pytest.approx(before["score"].tolist(), rel=1e-12)
    assert found["gaps"].map(set).tolist() == before["gaps"].map(set).tolist()
    assert found["scenario"].tolist() == before["scenario"].tolist()


def test_what_was_edited_is_a_run_that_takes_the_difference(study: Study, work: Path, built_in: Catalogue) -> None:
    path = export(study, work / "d.xlsx")
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[1]
    [row] = [row for row in sheet.iter_rows(min_row=2) if "'gpu-a100-sxm4-40gb-casing'" in row[5].value]
    row[13].value, row[14].value = 2 * row[13].value, None  # no amount: as it is
    book.save(path)
    written = {path.name: text for path, text in import_scenarios(path, built_in, work).items()}
    assert written["digits-poland.toml"] == PLACES[1].read_text(encoding="utf-8")
    target = work / "digits-france.toml"
    target.write_text(written[target.name], encoding="utf-8")
    more = taken(assess(target, built_in, "climate-change").systems[0])
    casing = "gpu-a100-sxm4-40gb-casing"
    assert more[casing] == pytest.approx(2 * taken(study.systems[0])[casing])


@pytest.mark.parametrize(
    "column, cell, what",
    [
        ("from key", "ssd", "csv:2: 'ssd' is no key"),
        ("from key", "('other', 'no-such-thing')", "csv:2: no activity 'no-such-thing'"),
        ("flow type", "biosphere", "csv:2: a flow of the type 'biosphere'"),
        ("to key", "('ai-lca foreground', 'other')", "of 'other'|'other' and of"),
        (-1, "many", "csv:2: .*: 'many' is not one number"),
        (-1, "nan", "csv:2: .*: 'nan' is not one number"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(
    study: Study, work: Path, built_in: Catalogue, column: str | int, cell: str, what: str
) -> None:
    path = export(study, work / "d.csv")
    rows = rows_of(path)
    rows[1][COLUMNS.index(column) if isinstance(column, str) else column] = cell
    with pytest.raises(InvalidData, match=what):
        import_scenarios(rewritten(path, rows), built_in, work, Scenario.load(PLACES[0]))


def test_a_file_that_is_no_such_table_is_refused(work: Path, built_in: Catalogue, study: Study) -> None:
    path = export(study, work / "d.csv")
    rows = rows_of(path)
    france = Scenario.load(PLACES[0])
    for edited, what in (
        ([["a", "b"]], "none of its first rows"),
        ([rows[0][1:]] + [row[1:] for row in rows[1:]], "none of its first rows"),
        ([row[:6] + row[7:] for row in rows], "the column 'to activity name' is absent"),
        ([row[:13] for row in rows], "no column is a scenario"),
        ([*rows, rows[1]], "stands in a row before"),
        ([[*row, row[-1]] for row in rows], "occurs twice"),
    ):
        with pytest.raises(InvalidData, match=what):
            import_scenarios(rewritten(path, edited), built_in, work, france)
    with pytest.raises(UsageError, match="--like"):
        import_scenarios(rewritten(path, rows), built_in, work)
    commented = [["# of us", *[""] * 14], *(["_note", *row] for row in rows)]
    commented[1:] = [[*row, "note" if n else "_note"] for n, row in enumerate(rows)]
    assert len(import_scenarios(rewritten(path, commented), built_in, work, france)) == 2


def test_names_that_readers_would_pass_over_are_refused(study: Study, tmp_path: Path, built_in: Catalogue) -> None:
    for name in ("# first", "_first", "number #1", "flow type"):
        renamed = Scenario.load(PLACES[0])
        file = renamed.file.model_copy(update={"name": name})
        with pytest.raises(UsageError, match="no scenario may be called so"):
            export(assess([Scenario(file, renamed.measurements)], built_in, "climate-change"), tmp_path / "d.csv")
    with pytest.raises(UsageError, match=r"\.xlsx or \.csv"):
        export(study, tmp_path / "d.ods")


def test_the_verbs_write_and_read(work: Path, command: Callable[..., Done]) -> None:
    file = str(work / "d.xlsx")
    assert command("exchange", "differences", "export", *map(str, PLACES), "-o", file).out.endswith("2 scenarios\n")
    done = command("exchange", "differences", "import", file)
    assert done.code == 0 and "digits-poland.toml" in done.out
