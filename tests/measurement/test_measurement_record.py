"""Records that contradict themselves are refused at the field that is wrong, or warned of with both numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lca.errors import InvalidData
from lca.measurement.record import Measurement

GPU = {"component": "gpu", "energy": {"value": "0.5 kWh"}, "origin": "counter", "method": "m"}
ONE_HOUR = {
    "schema": 1,
    "name": "a run",
    "phase": "inference",
    "started": "2026-01-01T00:00:00Z",
    "ended": "2026-01-01T01:00:00Z",
    "duration": {"value": "1 h"},
    "energy": [GPU],
}


def window(**fields: Any) -> dict[str, Any]:
    return {"windows": [{"name": "w", "start": "0 s", "duration": "1 s", **fields}]}


def power(times: list[float], powers: list[float]) -> dict[str, Any]:
    return {"power": [{"component": "gpu", "times": times, "powers": powers}]}


def part(rank: int, ranks: int) -> dict[str, Any]:
    return {"part": {"run": "r", "rank": rank, "ranks": ranks, "node": "n"}}


def saved(folder: Path, facts: dict[str, Any]) -> Path:
    path = folder / "run.json"
    path.write_text(json.dumps(ONE_HOUR | facts), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"schema": True}, "schema: Input should be a valid integer"),
        ({"schema": "1"}, "schema: Input should be a valid integer"),
        ({"schema": 0}, "schema: Input should be greater than or equal to 1"),
        ({"amount": "0 inference"}, "amount: 0.0 inference is no service that was delivered"),
        ({"amount": "-5 inference"}, "amount: -5.0 inference is no service that was delivered"),
        ({"quality": {"accuracy": 150}}, "quality: the quality 'accuracy' is 150, and a share from 0 to 1"),
        ({"quality": {"mAP 0.5:0.95": -1}}, "quality: the quality 'mAP 0.5:0.95' is -1, and a share from 0 to 1"),
        ({"ended": "2025-12-31T23:00:00Z"}, "ended: it ended at 2025-12-31T23:00:00+00:00, before it started at"),
        ({"ended": "2026-01-01T01:00:00"}, "ended: one of start and end has a time zone, the other has none"),
        ({"it_energy": "1 kWh"}, "it_energy: the energy of the node stands beside that of its components"),
        ({"utilisation": {"gpu": 7.5}}, "utilisation.gpu: Input should be less than or equal to 1"),
        ({"utilisation": {"gpu": -0.1}}, "utilisation.gpu: Input should be greater than or equal to 0"),
        ({"model_parameters": 10, "profile": {"nonzero": 11, "stored": "40 byte"}}, "profile: 11 parameters that are"),
        ({"latency": {"p50": "2 ms", "p99": "1 ms"}}, "latency: p99, "),
        (part(5, 2), "part: rank 5 of 2"),
        (part(2, 2), "part: rank 2 of 2"),
        (window(amount="-500 inference"), "windows[0].amount: -500.0 inference is no service"),
        (window(duration="0 s", amount="1 inference"), "windows[0]: the window delivers 1.0 inference in no time"),
        (window(duration="-1 s"), "windows[0].duration: -0.000277778 is outside >= 0"),
        (power([1, 2], [5]), "power[0]: 2 times and 1 powers"),
        (power([2, 1], [5, 5]), "power[0]: the time 1 s comes after 2 s"),
        (power([-1], [5]), "power[0]: the time -1 s comes after 0 s"),
        (power([1, 2], [5, -5]), "power[0]: the power -5 W is below 0"),
    ],
)
def test_what_no_run_can_be_is_refused(facts: dict[str, Any], problem: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidData) as error:
        Measurement.load(saved(tmp_path, facts), "run.json")
    [found] = [f"{p.field}: {p.what}" for p in error.value.problems]
    assert found.startswith(problem)


@pytest.mark.parametrize(
    "facts",
    [
        {"quality": {"accuracy": 1, "perplexity": 150, "loss": -3, "mapping error": 7}},
        {"utilisation": {"gpu": 1.0}},
        {"model_parameters": 10, "profile": {"nonzero": 10, "stored": "40 byte"}},
        {"latency": {"p50": "1 ms", "p99": "1 ms"}},
        {"ended": "2026-01-01T05:00:00Z"},
        part(1, 2),
        window(duration="0 s"),
        power([0, 1, 1], [0, 5, 5]),
        {"energy": [], "it_energy": "1 kWh"},
    ],
)
def test_what_a_run_can_be_is_read(facts: dict[str, Any], tmp_path: Path) -> None:
    assert Measurement.load(saved(tmp_path, facts)).name == "a run"


def test_a_run_lasts_no_longer_than_from_its_start_to_its_end(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match=r"duration: it lasted 1000 h, and 1 h lie between its start and its end"):
        Measurement.load(saved(tmp_path, {"duration": "1000 h"}), "run.json")
    assert Measurement.load(saved(tmp_path, {"duration": "0.5 h"})).duration.amount == 0.5  # parts with gaps between


def test_a_window_lies_in_its_run(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match=r"windows: the window 'w' ends after 2 h, the run after 1"):
        Measurement.load(saved(tmp_path, window(start="1 h", duration="1 h")), "run.json")


def test_a_share_in_percent_is_warned_of(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match=r"^run.json: the quality 'top-1 accuracy' is 97, no share from 0 to 1$"):
        Measurement.load(saved(tmp_path, {"quality": {"top-1 accuracy": 97, "loss": 97}}), "run.json")
