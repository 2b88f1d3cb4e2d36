from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from importing import Refused, Take, Written

FILES = [f"mlflow/system/gpu_{i}_power_usage_watts" for i in (0, 1)]


def test_watts_of_the_run_s_files_are_integrated(take: Take) -> None:
    record = take("mlflow", *FILES)
    (gpu,) = record.energy
    assert gpu.origin == "integrated"
    assert gpu.energy.amount == pytest.approx((250 * 6.033 + 100 * 6.033) / 3.6e6, rel=1e-3)
    assert record.duration.amount * 3600 == pytest.approx(6.033)
    assert "every GPU of the host, whether the run used it or not" in gpu.method and "sampling error" in gpu.method
    assert [gap.component for gap in record.unmeasured] == ["cpu", "memory"]


def test_one_gpu_is_chosen(take: Take, refused: Refused) -> None:
    assert take("mlflow", *FILES, devices=["1"]).energy[0].energy.amount == pytest.approx(603.3 / 3.6e6, rel=1e-3)
    assert "no GPU 4; there are 0, 1" in refused("mlflow", *FILES, devices=["4"]).what


def test_the_answer_of_the_rest_api_is_the_same(take: Take) -> None:
    by_file, by_api = take("mlflow", FILES[0]), take("mlflow", "mlflow/history.json")
    assert by_api.energy[0].energy == by_file.energy[0].energy and by_api.started == by_file.started


def test_the_stated_error_is_that_of_the_sampling(take: Take, written: Written) -> None:
    path = written("system/gpu_0_power_usage_watts", "1000000000000 100 0\n1000000010000 300 1\n1000000020000 300 2\n")
    energy = take("mlflow", path).energy[0].energy
    assert energy.amount == pytest.approx(5000 / 3.6e6)
    assert (energy.low.number, energy.high.number) == pytest.approx((4000 / 3.6e6, 6000 / 3.6e6))


def test_nodes_are_kept_apart(take: Take, written: Written) -> None:
    text = "1000000000000 100 0\n1000000010000 100 1\n"
    paths = [written(f"system/{node}/gpu_0_power_usage_watts", text) for node in ("node_0", "node_1")]
    assert take("mlflow", *paths).energy[0].energy.amount == pytest.approx(2000 / 3.6e6)


@pytest.mark.parametrize(
    "text, line, what",
    [
        ("1000000010000 100 0\n1000000000000 100 1\n", 2, "comes after"),
        ("1000000000000 nan 0\n1000000010000 100 1\n", 1, "not finite"),
        ("1000000000000 -3 0\n1000000010000 100 1\n", 1, "outside"),
        ("1000000000000 100 0\n1000000010000 10", 2, "cut off"),
        ("1000000000000 100 0\nWatts: 5\n", 2, "not a time stamp"),
        ("1000000000000 100 0\n", 0, "one sample only"),
    ],
)
def test_a_history_is_refused_by_line(refused: Refused, written: Written, text: str, line: int, what: str) -> None:
    problem = refused("mlflow", written("system/gpu_0_power_usage_watts", text))
    assert problem.line == line and what in problem.what


@pytest.mark.parametrize(
    "change, field, what",
    [
        ({"value": "NaN"}, "metrics[1].value", "finite"),
        ({"value": -1.0}, "metrics[1]", "outside"),
        ({"timestamp": 5}, "metrics[1]", "comes after"),
        ({"timestamp": "now"}, "metrics[1].timestamp", "valid integer"),
        ({"key": "system/cpu_utilization_percentage"}, "metrics[1]", "no power of a GPU"),
    ],
)
def test_an_answer_is_refused_by_field(
    refused: Refused, written: Written, fixtures: Path, change: Any, field: str, what: str
) -> None:
    answer = json.loads((fixtures / "mlflow/history.json").read_text())
    answer["metrics"][1] |= change
    problem = refused("mlflow", written("h.json", json.dumps(answer, indent=1)))
    assert problem.field == field and what in problem.what and problem.line > 1


def test_a_file_of_another_name_is_refused(refused: Refused, written: Written) -> None:
    assert "is named" in refused("mlflow", written("power", "1000000000000 100 0\n1000000010000 100 1\n")).what
