from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from small_study import CATEGORIES, HOSTILE, record, scenario
from variants_study import BASE, PROFILE, compressing, served, variant, variants_study

from lca import report
from lca.inventory.catalogue import Catalogue
from lca.quantities.arithmetic import evaluate
from lca.report.excel.cells import inert
from lca.report.words import break_even
from lca.study.assess import assess
from lca.study.comparison.breakeven import break_evens
from lca.study.study import Study
from lca.system.scenario import Scenario

SHEET = "Model_Compression"
Row = dict[str, Any]


@pytest.fixture
def variants(small_catalogue: Catalogue) -> Study:
    return variants_study(small_catalogue)


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-12)


def written(study: Study, folder: Path, formulas: bool = False) -> Any:
    return openpyxl.load_workbook(report.workbook(study, folder / "study.xlsx"), data_only=not formulas)


def tables(book: Any, first: str = "") -> list[list[Row]]:
    """The tables whose header begins with `first`, cells by header; equal headers get a number."""
    found: list[list[Row]] = []
    columns: list[str] = []
    for cells in book[SHEET].iter_rows():
        values = [cell.value for cell in cells]
        if values[0] in ("scenario", "impact category"):
            names = [str(value) for value in values if value is not None]
            columns = [f"{n} {names[:i].count(n) + 1}" if names[:i].count(n) else n for i, n in enumerate(names)]
            found.append([])
        elif values[0] is None or values[1] is None:
            columns = []
        elif columns:
            found[-1].append(dict(zip(columns, values, strict=False)))
    return [rows for rows in found if first in rows[0]]


def models(study: Study, folder: Path, formulas: bool = False) -> dict[str, Row]:
    return {row["scenario"]: row for rows in tables(written(study, folder, formulas), "scenario") for row in rows}


def assessed(catalogue: Catalogue, *scenarios: Scenario) -> Study:
    return assess(scenarios, catalogue, CATEGORIES)


def test_the_sheet_is_there_where_a_model_is_compressed_or_described(
    small_catalogue: Catalogue, study: Study, variants: Study, tmp_path: Path
) -> None:
    assert SHEET not in written(study, tmp_path).sheetnames
    names = written(variants, tmp_path).sheetnames
    assert names[names.index(SHEET) - 1 : names.index(SHEET) + 2] == ["Live", SHEET, "Completeness"]
    described = assessed(small_catalogue, variant("As trained", served()))
    assert SHEET in written(described, tmp_path).sheetnames
    stated = {"component_energy": {"value": "1 kWh", "source": "a"}, "serves": "1e9 inference"}
    assert SHEET in written(assessed(small_catalogue, scenario(compression=stated)), tmp_path).sheetnames


def test_the_contents_name_the_sheet_and_describe_it(variants: Study, tmp_path: Path) -> None:
    readme = written(variants, tmp_path)["README"]
    described = {row[0].value: row[1].value for row in readme.iter_rows()}
    assert described[SHEET].startswith("What was done to each model")


def test_every_figure_of_a_model_by_hand(variants: Study, tmp_path: Path) -> None:
    row = models(variants, tmp_path)["Pruned"]
    expected = {
        "what was done to the model": "half the channels",
        "comparison": "takes part",
        "quality": "accuracy",
        "reached": 0.975,
        "least asked for": 0.97,
        "parameters": 10_000,
        "non-zero parameters": 4_000,
        "sparsity": near(0.6),
        "stored [MB]": near(0.04),
        "computation [FLOP/inference]": 5e5,
        "throughput [inference/s]": 250,
        "latency p50 [ms]": near(4),
        "latency p99 [ms]": near(9),
        "batch": 32,
        "number format": "float32",
        "peak memory [MB]": near(2000),
        "memory of": "machine",
        "energy of": "components",
        "origin": "modelled",
        "median [J/inference]": near(1.8),  # 0.05 kWh of 1e5
        "least [J/inference]": near(1.62),
        "most [J/inference]": near(1.98),
        "repeats": 3,
        "energy [J]": near(36_000),
        "origin of it": "modelled",
        "of the parameters": near(0.25),
        "of what is stored": near(0.25),
        "of the computation": near(0.25),
        "of the energy": near(0.5),
        "missing, and why": "–",
    }
    assert {key: value for key, value in row.items() if key != "scenario"} == expected


def test_a_variant_below_the_floor_says_so_and_keeps_its_figures(variants: Study, tmp_path: Path) -> None:
    row = models(variants, tmp_path)["Distilled"]
    assert row["comparison"] == "excluded: accuracy 0.9 is below 0.97"
    assert row["of the energy"] == near(0.21)


def test_every_formula_gives_its_cached_value(variants: Study, tmp_path: Path) -> None:
    values, formulas = written(variants, tmp_path)[SHEET], written(variants, tmp_path, formulas=True)[SHEET]
    checked = 0
    for row in formulas.iter_rows():
        for cell in row:
            if cell.data_type == "f":
                names = {place: float(values[place].value) for place in re.findall(r"[A-Z]{1,2}\d+", cell.value)}
                assert values[cell.coordinate].value == near(evaluate(cell.value[1:], names))
                checked += 1
    # sparsity of 4, ratios of 4 variants in 4 figures less one that is missing, N* of 2 variants in 3 categories, and
    # the rebound that undoes what they save
    undone = sum(row.undone == row.undone for row in break_evens(variants).itertuples(index=False))
    assert undone and checked == 4 + 15 + 6 + undone


def test_break_evens_are_those_of_the_study(variants: Study, tmp_path: Path) -> None:
    blocks = dict(zip(["Pruned", "Zeroed", "Distilled"], tables(written(variants, tmp_path), "N*"), strict=True))
    expected = {(row.scenario, row.category): row for row in break_evens(variants).itertuples(index=False)}
    for name, rows in blocks.items():
        assert len(rows) == len(CATEGORIES)
        for id, row in zip(CATEGORIES, rows, strict=True):
            found = expected[name, id]
            assert row["verdict"] == break_even(found)
            for header, key in {
                "extra": "extra",
                "saving": "saving",
                "low, 95 % 2": "saving_low",
                "high, 95 % 2": "saving_high",
            }.items():
                assert row[header] == (
                    near(getattr(found, key)) if getattr(found, key) == getattr(found, key) else "missing"
                )
    climate, acid, _, land = blocks["Pruned"]
    assert climate["N*"] == near(climate["extra"] / climate["saving"])
    assert (climate["gaps left"], climate["case"]) == ("none", "lower from N* on")
    assert climate["served [inference]"] == 1e8
    pruned = expected["Pruned", CATEGORIES[0]]
    assert climate["undone by a rebound of"] == near(pruned.undone) and climate["rebound stated"] == "–"
    assert acid["gaps left"].startswith("3: ") and acid["case"] == "open"
    assert {land[key] for key in ("extra", "saving", "N*", "case")} == {"missing"}
    zeroed = blocks["Zeroed"][0]
    assert (zeroed["N*"], zeroed["high, 95 % 3"], zeroed["case"]) == ("–", "no end", "never lower")


def test_what_is_open_is_marked_and_what_is_proven_is_not(variants: Study, tmp_path: Path) -> None:
    sheet = written(variants, tmp_path)[SHEET]
    marks = {row[0].value: row[4].number_format for row in sheet.iter_rows() if row[1].value and row[10].value != "N*"}
    assert marks["acidification"].startswith('"≥ "')  # the last table: scores per right result
    blocks = [row for row in sheet.iter_rows() if str(row[1].value).startswith(("indeterminate: 3", "lower from"))]
    assert {row[4].number_format.startswith('"? "') for row in blocks if row[0].value == "acidification"} == {True}
    assert {row[4].number_format.startswith('"? "') for row in blocks if row[0].value == "climate change"} == {False}


def test_winners_fronts_and_scores_per_right_result(variants: Study, tmp_path: Path) -> None:
    rows = {row["impact category"]: row for row in tables(written(variants, tmp_path), "lowest score")[0]}
    climate, land = rows["climate change"], rows["land use"]
    assert (climate["lowest score"], climate["front of accuracy against score"]) == ("Pruned", "As trained; Pruned")
    places = [climate[f"place{n}"] for n in ("", " 2", " 3", " 4")]
    assert places == ["front", "lowest, front", "behind", "excluded"]
    scores = variants.scores().set_index(["scenario", "category"])["score"]
    assert climate["per right result 2"] == near(scores["Pruned", "climate-change"] / (1e6 * 0.975))
    assert rows["acidification"]["front of accuracy against score"] == "As trained; Pruned ?"
    assert rows["acidification"]["lowest score"] == "no verdict: Pruned is indeterminate against As trained"
    assert (land["lowest score"], land["per right result"], land["place"]) == (
        "no score is known",
        "missing",
        "missing",
    )


def test_what_no_record_says_is_missing_with_the_reason_and_never_zero(
    small_catalogue: Catalogue, tmp_path: Path
) -> None:
    stated = {"component_energy": {"value": "0.5 kWh", "source": "a"}, "serves": "1e8 inference"}
    bare = scenario(name="Bare", compression=stated, inference={**stated, "serves": "1e5 inference"})
    row = models(assessed(small_catalogue, variant("As trained", served(devices=[])), bare), tmp_path)["Bare"]
    assert not [key for key, value in row.items() if value == 0]
    assert {key for key, value in row.items() if value == "missing"} == {
        "what was done to the model",
        "reached",
        "parameters",
        "non-zero parameters",
        "sparsity",
        "stored [MB]",
        "computation [FLOP/inference]",
        "throughput [inference/s]",
        "latency p50 [ms]",
        "latency p99 [ms]",
        "number format",
        "batch",
        "peak memory [MB]",
        "least [J/inference]",
        "most [J/inference]",
        "of the parameters",
        "of what is stored",
        "of the computation",
        "of the energy",
    }
    assert (row["median [J/inference]"], row["origin"], row["repeats"]) == (near(18), "stated", "whole run")
    assert row["comparison"] == "excluded: quality unknown: no record says accuracy"
    for reason in (
        "parameters: in no record",
        "no record has a profile",
        "no record of the inference",
        "it is stated as a whole",
        "ratio of the energy",
    ):
        assert reason in row["missing, and why"]


def test_a_component_without_a_counter_makes_the_energy_a_least_one(small_catalogue: Catalogue, tmp_path: Path) -> None:
    blind = served(unmeasured=[{"component": "gpu", "reason": "no counter"}])
    study = assessed(small_catalogue, variant("As trained", served()), variant("Blind", blind))
    row = models(study, tmp_path)["Blind"]
    assert "leaves out gpu: no counter" in row["missing, and why"]
    cells = next(cells for cells in written(study, tmp_path)[SHEET].iter_rows() if cells[0].value == "Blind")
    median, ratio = cells[20], cells[29]
    assert (median.value, ratio.value) == (near(3.6), near(1.0))
    assert median.number_format.startswith('"≥ "') and '"? "' in ratio.number_format


def test_energy_at_the_plug_has_no_ratio_to_that_of_components(small_catalogue: Catalogue, tmp_path: Path) -> None:
    metered = served(energy=[], windows=[], it_energy="0.9 kWh")
    row = models(assessed(small_catalogue, variant("a", served()), variant("b", metered)), tmp_path)["b"]
    assert (row["energy of"], row["origin"], row["of the energy"]) == ("node's plug", "integrated", "missing")
    assert row["median [J/inference]"] == near(10.8)  # 0.9 kWh of 3e5
    assert "that of the first scenario is of other components, or of the node" in row["missing, and why"]


def test_steps_without_a_compression_leave_its_energy_missing(small_catalogue: Catalogue, tmp_path: Path) -> None:
    rows = models(assessed(small_catalogue, variant("a", served()), variant("b", served(profile=PROFILE))), tmp_path)
    assert (rows["a"]["energy [J]"], rows["b"]["energy [J]"]) == ("–", "missing")
    assert rows["b"]["missing, and why"] == "energy of the compression: the scenario has no [compression]"


def test_every_functional_unit_has_its_own_tables(small_catalogue: Catalogue, tmp_path: Path) -> None:
    base = variant("a", served())
    others = [
        each.vary(functional_unit={"amount": "5e5 inference"})
        for each in (variant("c", served((0.2, 0.2, 0.2))), variant("d", served(), compressing()))
    ]
    book = written(assessed(small_catalogue, base, *others), tmp_path)
    first, second = tables(book, "scenario")
    assert ([row["scenario"] for row in first], [row["scenario"] for row in second]) == (["a"], ["c", "d"])
    assert [row["of the energy"] for row in second] == [1.0, near(0.5)]
    assert len(tables(book, "N*")) == 1 and len(tables(book, "lowest score")) == 2


@pytest.mark.parametrize(
    ("quality", "said"),
    [("accuracy >= 97", "it is a share of right results"), ("as good as a person", "it is not NAME >= NUMBER")],
)
def test_a_quality_that_cannot_be_enforced_is_said(
    small_catalogue: Catalogue, quality: str, said: str, tmp_path: Path
) -> None:
    unit = {"amount": "1e6 inference", "service": "digit read", "quality": quality}
    study = assessed(small_catalogue, variant("a", served(accuracy=0.1), functional_unit=unit))
    assert models(study, tmp_path)["a"]["comparison"] == "takes part"
    texts = [cell.value for row in written(study, tmp_path)[SHEET].iter_rows() for cell in row if cell.value]
    assert any(str(text).startswith(f"The functional unit asks for '{quality}': not enforced") for text in texts)
    assert any(said in str(text) for text in texts)


def test_text_of_records_is_inert(small_catalogue: Catalogue, tmp_path: Path) -> None:
    study = assessed(
        small_catalogue,
        *(
            variant(text, served(dtype=text, quality={text: 0.5}, profile={**PROFILE, "steps": [text]}), compressing())
            for text in HOSTILE.values()
        ),
    )
    sheet = written(study, tmp_path, formulas=True)[SHEET]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert all(re.fullmatch(r"=(1-)?[A-Z]+\d+/[A-Z]+\d+", cell.value) for cell in cells if cell.data_type == "f")
    for text in HOSTILE.values():
        assert {cell.data_type for cell in cells if cell.value == inert(text)} == {"s"}
    assert not [cell for cell in cells if cell.hyperlink and cell.hyperlink.target]


def test_a_large_model_fits_its_columns(small_catalogue: Catalogue, tmp_path: Path) -> None:
    large = {"nonzero": 7_241_732_096, "stored": "14.5 GB", "computation": "14000000000000 FLOP/inference"}
    study = assessed(small_catalogue, variant("a", served(model_parameters=7_241_732_096, profile=large)))
    sheet = written(study, tmp_path)[SHEET]
    widths = {n: d.width for d in sheet.column_dimensions.values() for n in range(d.min, d.max + 1)}
    for column, number in ((7, "7,241,732,096"), (8, "7,241,732,096"), (11, "14,000,000,000,000")):
        assert widths[column] > len(number) + 2


def test_no_header_stays_in_sight_above_the_rows_of_another_table(variants: Study, tmp_path: Path) -> None:
    sheet = written(variants, tmp_path)[SHEET]
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("B2", "$1:$1")
    assert sheet.auto_filter.ref.startswith("A") and sheet.page_setup.orientation == "landscape"
    headed = [row[0].row for row in sheet.iter_rows() if row[0].value in ("scenario", "impact category")]
    assert len(headed) == len(set(headed)) == 5


def test_a_study_whose_first_scenario_has_no_profile_has_ratios_missing(
    small_catalogue: Catalogue, tmp_path: Path
) -> None:
    bare = record(unmeasured=[], model_parameters=None)
    row = models(assessed(small_catalogue, variant("a", bare), variant("b", served(BASE))), tmp_path)["b"]
    assert [row[f"of {what}"] for what in ("the parameters", "what is stored", "the computation")] == ["missing"] * 3
    assert row["of the energy"] == near(1.0)
