"""Sentences made from codes: every code has one, and none shows how it is written in the program."""

from __future__ import annotations

import math
import typing
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from workplace import Done

from lca import Catalogue, Scenario, assess
from lca.builtin import folder
from lca.quantities.units import Amount
from lca.report import words
from lca.report.excel.workbook import workbook
from lca.report.html.page import page
from lca.report.terminal.comparison import comparison as show
from lca.report.view import ComparedScore
from lca.study.comparison.breakeven import BreakEvenRow
from lca.study.comparison.comparison import comparison
from lca.study.comparison.energies import EffortEnergy, EnergyUnknown
from lca.study.comparison.judgement import Ground, Judgement, Turning
from lca.study.comparison.minimum_quality import Floor
from lca.study.comparison.reasons import (
    BelowFloor,
    Figure,
    FigureUnknown,
    LimitNotKept,
    NoneRight,
    NoShares,
    NotAShare,
    QualityUnknown,
    Reason,
    ServiceNotJudged,
    Without,
)
from lca.vocabulary import BreakEvenCase, Verdict

REASONS = {
    BelowFloor(Floor("accuracy", 0.96), 0.95): "accuracy 0.95 is below 0.96",
    BelowFloor(Floor("accuracy", 0.94), 0.93999): "accuracy 0.93999 is below 0.94",
    QualityUnknown("F1", ()): "quality unknown: no record says F1",
    QualityUnknown("F1", ("IoU",)): "quality unknown: no record says F1; recorded: IoU",
    QualityUnknown("acuracy", ("accuracy",)): ("quality unknown: no record says acuracy; did you mean 'accuracy'?"),
    NotAShare("accuracy", 97.0): "quality unknown: accuracy 97 is not a share from 0 to 1",
    LimitNotKept(Figure.THROUGHPUT, 90.0, Amount(100.0, "inference/s")): "throughput 90 is below 100 inference/s",
    LimitNotKept(Figure.P99_LATENCY, 20.0001, Amount(20.0, "ms")): "p99 latency 20.0001 is above 20 ms",
    LimitNotKept(Figure.PEAK_MEMORY_OF_GPUS, 2.0, Amount(1.0, "GB")): "peak memory of the GPUs 2 is above 1 GB",
    FigureUnknown(Figure.PEAK_MEMORY): "peak memory not known",
    FigureUnknown(Figure.THROUGHPUT, "token/s", "item/s"): (
        "throughput in token/s not known: its record has it in item/s"
    ),
    ServiceNotJudged("token"): "the service is counted in token, which is not what is right or wrong",
    NoShares(("IoU", "F1")): "IoU, F1: not a share of right results",
    NoneRight("accuracy"): "accuracy is 0: no result is right",
    Without.QUALITY: "quality unknown",
    Without.METRIC: "no quality of which more is known to be better: give one a floor",
    Without.SCORE: "the score is missing",
    Without.QUALIFICATION: "excluded",
}


@pytest.mark.parametrize("reason", REASONS, ids=lambda reason: type(reason).__name__)
def test_a_reason_is_said(reason: Reason) -> None:
    assert words.reason(reason) == REASONS[reason]


def test_every_kind_of_reason_has_a_sentence() -> None:
    assert {type(reason) for reason in REASONS} == set(typing.get_args(Reason))
    assert set(Without) <= set(REASONS)


@pytest.mark.parametrize(
    ("unknown", "gaps", "sentence"),
    [
        (EnergyUnknown.NO_TABLE, (), "the scenario has no [compression]"),
        (EnergyUnknown.NO_RECORD, (), "no record"),
        (EnergyUnknown.UNMEASURED, (), "its record has none"),
        (EnergyUnknown.UNMEASURED, ("gpu: no counter",), "gpu: no counter"),
        (EnergyUnknown.SERVICE, (), "it is not known how many token the run delivered"),
    ],
)
def test_why_an_energy_is_not_known_is_said(unknown: EnergyUnknown, gaps: tuple[str, ...], sentence: str) -> None:
    assert words.energy_unknown(EffortEnergy(None, gaps=gaps, unknown=unknown), "token") == sentence
    assert {case for case in EnergyUnknown if words.energy_unknown(EffortEnergy(None, unknown=case), "token")} == {
        *EnergyUnknown
    }


@pytest.mark.parametrize(
    ("value", "mark", "short", "text"),
    [
        (0.000220, "", False, "2.20 × 10⁻⁴"),
        (0.000220, "", True, "0.00022"),
        (0.012, "≥", False, "≥ 0.0120"),
        (0.0, "", False, "0"),
        (math.inf, "", False, "inf"),
        (math.nan, "≥", False, "missing"),
        (1234567.0, "", False, "1.23 × 10⁶"),
        (999999.0, "", False, "1.00 × 10⁶"),
        (0.0009996, "", False, "0.00100"),
    ],
)
def test_a_number_has_three_digits_whatever_its_size(value: float, mark: str, short: bool, text: str) -> None:
    assert words.number(value, mark, short) == text


@pytest.mark.parametrize(
    ("compared", "sentence"),
    [
        (ComparedScore(-1.0, Verdict.LOWER, 0, True), "▼ lower"),
        (ComparedScore(1.0, Verdict.HIGHER, 0, True), "▲ higher"),
        (ComparedScore(0.0, Verdict.EQUAL, 0, True), "equal"),
        (ComparedScore(1.0, Verdict.INDETERMINATE, 1, True), "indeterminate: 1 gap left"),
        (ComparedScore(1.0, Verdict.INDETERMINATE, 2, True), "indeterminate: 2 gaps left"),
        (
            ComparedScore(1.0, Verdict.INDETERMINATE, 0, True),
            "indeterminate: within what is negligible, or what the repeats scatter",
        ),
        (ComparedScore(math.nan, Verdict.INDETERMINATE, 2, True), "indeterminate: a score is missing"),
        (ComparedScore(1.0, Verdict.LOWER, 0, False), "not comparable: another functional unit"),
    ],
)
def test_a_difference_is_said_with_what_leaves_it_open(compared: ComparedScore, sentence: str) -> None:
    assert words.difference(compared) == sentence


def judged(
    ground: Ground, verdict: Verdict = Verdict.LOWER, probability: float = 0.99, turning: Turning | None = None
) -> Judgement:
    return Judgement("b", "a", "climate-change", verdict, ground, probability, 2, ("copper",), turning)


@pytest.mark.parametrize(
    ("judgement", "sentence"),
    [
        (judged(Ground.RANGES), "the stated ranges; no gap differs"),
        (judged(Ground.GAPS), "the stated ranges, whatever the 2 differing gaps hold"),
        (judged(Ground.ESTIMATES), "the stated ranges, and estimates of the 2 gaps that differ"),
        (
            judged(Ground.ESTIMATES, turning=Turning("copper", 3.0)),
            "estimates of the gaps; turns if that of copper is multiplied by 3",
        ),
        (
            judged(Ground.ESTIMATES, turning=Turning("copper", 0.25)),
            "estimates of the gaps; turns if that of copper is divided by 4",
        ),
        (judged(Ground.REPEATS), "the repeats do not tell the difference from none"),
        (judged(Ground.OPEN), "1 gap without an estimate, not in P, may turn it: copper"),
        (judged(Ground.MISSING), "a score is missing"),
        (judged(Ground.PLACE), "other places, and what has one factor for the whole world may turn it"),
        (judged(Ground.UNIT), "another functional unit"),
    ],
)
def test_the_ground_of_a_verdict_is_said(judgement: Judgement, sentence: str) -> None:
    assert words.ground(judgement) == sentence
    named = words.ground(judgement, {"copper": "Copper, at plant"})
    assert named == sentence.replace("copper", "Copper, at plant")


def test_every_ground_has_a_sentence() -> None:
    assert len({words.ground(judged(ground)) for ground in Ground}) == len(Ground)


def test_a_verdict_that_is_not_sure_is_a_probable_one() -> None:
    assert words.judgement(judged(Ground.RANGES, probability=0.9)) == "probably lower"
    assert words.judgement(judged(Ground.RANGES)) == "lower"
    assert words.judgement(judged(Ground.OPEN, Verdict.INDETERMINATE, 0.9)) == "indeterminate"


@pytest.mark.parametrize(
    ("names", "text"),
    [("a", "a"), ("abc", "a; b; c"), ("abcd", "a; b; c and 1 other"), ("abcde", "a; b; c and 2 others")],
)
def test_of_a_long_list_the_first_names_are_said_and_how_many_others_there_are(names: str, text: str) -> None:
    assert words.several(tuple(names)) == text


def test_nothing_is_several() -> None:
    assert [words.gaps(count) for count in (0, 1, 2)] == ["0 gaps", "1 gap", "2 gaps"]


def row(case: BreakEvenCase, amount: float = 100.0, reach: float = 1000.0, **more: Any) -> BreakEvenRow:
    """A break-even that is known, if not of gaps or repeats."""
    return BreakEvenRow(
        "b", "a", "climate-change", "kg CO2-Eq", "inference", 1.0, case=case, amount=amount, reach=reach, **more
    )


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (row(BreakEvenCase.FROM), "lower from 100 inference on"),
        (row(BreakEvenCase.FROM, 2000.0), "not reached: 2,000 inference are needed, 1,000 are served"),
        (row(BreakEvenCase.NOT_REACHED, 2000.0), "not reached: 2,000 inference are needed, 1,000 are served"),
        (row(BreakEvenCase.UNTIL), "lower only up to 100 inference"),
        (row(BreakEvenCase.UNTIL, 2000.0), "lower all its life: up to 2,000 inference, 1,000 are served"),
        (row(BreakEvenCase.ALWAYS), "lower from the first on"),
        (row(BreakEvenCase.NEVER), "never lower: higher from the first on"),
        (row(BreakEvenCase.EQUAL), "equal"),
        (row(BreakEvenCase.FROM, gaps=("copper",)), "indeterminate: 1 gap left"),
        (
            row(BreakEvenCase.FROM, gaps=("x", "y"), gap_case=BreakEvenCase.FROM, gap_low=90.0, gap_high=100.0),
            "indeterminate: 2 gaps left; whatever they hold, lower from between 90 and 100 inference on",
        ),
        (row(BreakEvenCase.FROM, negligible=True), "indeterminate: within what is negligible"),
        (
            row(BreakEvenCase.FROM, low=90.0, high=110.0),
            "lower from 100 inference on; by the repeats between 90 and 110",
        ),
        (
            row(BreakEvenCase.FROM, low=90.0, high=math.inf, told=False),
            "no saving that the repeats can tell; on average lower from 100 inference on; by the repeats between 90 "
            "and no point at all",
        ),
    ],
)
def test_a_break_even_is_said_as_plainly_where_it_is_a_loss(row: BreakEvenRow, sentence: str) -> None:
    assert words.break_even(row) == sentence


@pytest.mark.parametrize(
    ("value", "low", "high", "written"),
    [
        (819_577.0, 410_000.0, 1_640_000.0, "820,000 (410,000 to 1.6e6)"),
        (1.7321e-6, 0.912e-6, 4.123e-6, "1.7e-6 (9.1e-7 to 4.1e-6)"),
        (1234.0, 1230.0, 1240.0, "1,230 (1,230 to 1,240)"),
        (0.0, 0.0, 0.0, "0 (0 to 0)"),
    ],
)
def test_a_number_shows_as_many_digits_as_its_interval_supports(
    value: float, low: float, high: float, written: str
) -> None:
    row = {"median": value, "low": low, "high": high, "open": 0}
    assert f"{words.estimate(row)} ({words.interval(row)})" == written


@pytest.mark.parametrize(
    ("undone", "rebound", "sentence"),
    [
        (0.5, math.nan, "a rebound of 50 % undoes it"),
        (0.5, 0.2, "a rebound of 50 % undoes it; with the stated 20 %, 60 % of the saving is left"),
        (0.5, 0.6, "a rebound of 50 % undoes it; with the stated 60 %, nothing of the saving is left"),
        (math.nan, 0.2, "nothing is saved that a rebound could undo"),
        (math.nan, math.nan, ""),
    ],
)
def test_a_rebound_is_said_with_what_it_leaves(undone: float, rebound: float, sentence: str) -> None:
    assert words.rebound(row(BreakEvenCase.FROM, undone=undone, rebound=rebound)) == sentence


def test_backgrounds_agree_in_a_count_and_are_farthest_apart_somewhere() -> None:
    import pandas as pd

    from lca.report.words import disagreements

    rows = [
        ("a", "climate-change", 1.05),
        ("a", "land-use", 3.0),
        ("a", "water-use", float("nan")),
        ("b", "land-use", float("nan")),
    ]
    said = list(disagreements(pd.DataFrame(rows, columns=["scenario", "category", "ratio"])))
    assert said == [
        "a: within 10 % of each other in 1 of 2 categories; farthest apart in land use, by a factor of 3.00",
        "b: no category is known under each",
    ]


def test_published_parts_beside_modelled_ones_are_said_to_be_of_unlike_scope(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Metals of servers are published for their processors and chassis, those of a Jetson box are modelled."""
    paths = [folder("scenarios") / f"{id}.toml" for id in ("resnet50-cloud-dgx-h100", "resnet50-edge-agx-orin")]
    study = assess(paths, categories="material-resources")
    [sentence] = words.unlike_scope(study)
    assert "metals/minerals" in sentence
    show(comparison(study), words.unlike_scope(study))
    assert sentence in capsys.readouterr().out
    assert escape(sentence) in page(study, tmp_path / "page.html").read_text(encoding="utf-8")
    book = openpyxl.load_workbook(workbook(study, tmp_path / "study.xlsx"), read_only=True)
    lines = [str(row[0].value) for row in book["Known_Scores"].iter_rows(max_row=12) if row and row[0].value]
    assert any("Of unlike scope" in line for line in lines)


def test_products_of_unlike_scope_are_marked_in_the_terminal(command: Callable[..., Done]) -> None:
    """Metals of a server's processor are published, those of an accelerator are modelled."""
    done = command(
        *("compare", "cpu-intel-xeon-platinum-8480-plus", "gpu-h100-sxm5-80gb"),
        *("--categories", "material-resources", "--known-only"),
    )
    assert done.code == 0 and "Of unlike scope" in done.out


def test_what_is_published_and_not_counted_stands_in_workbook_and_page(built_in: Catalogue, tmp_path: Path) -> None:
    scenario = Scenario.load(folder("scenarios") / "digits-france.toml")
    study = assess([scenario], built_in, ("human-toxicity-carcinogenic",))
    largest = study.set_aside().iloc[0]
    assert largest["activity"] == "gpu-a100-sxm4-40gb-heatsink" and largest["times"] > 100
    name = built_in.activities[largest["activity"]].name
    sheet: Any = openpyxl.load_workbook(workbook(study, tmp_path / "aside.xlsx"))["Completeness"]
    [row] = [row for row in sheet.iter_rows(values_only=True) if row[2] == name]
    assert row[5].startswith("quarantined") and row[4].endswith("times the score")
    text = page(study, tmp_path / "aside.html").read_text(encoding="utf-8")
    assert name in text and "Published, not counted" in text and "quarantined" in text
    small = study.set_aside()["times"] < words.LEAST_ASIDE
    assert len(words.set_aside_named(study)) == len(words.set_aside(study)) - int(small.sum())
