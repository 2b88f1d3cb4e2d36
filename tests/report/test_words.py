"""Sentences made from codes: every code has one, and none shows how it is written in the program."""

from __future__ import annotations

import math
import typing

import pytest

from lca.quantities.units import Amount
from lca.report import words
from lca.study.comparison.energies import EffortEnergy, EnergyUnknown
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
