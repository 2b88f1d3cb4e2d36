from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca.campaign.plan import CampaignPlan
from lca.campaign.table import paired_ratio, rows, table
from lca.measurement.record import Measurement

START = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = """name = "p"
repeats = 3
duration = "1 s"
warm_up = "0 s"
[[grids]]
workload = ["digits"]
technique = ["magnitude-pruning"]
level = [0.5]
"""
BASE = "digits-none-float32-cpu"
VARIANT = "digits-magnitude-pruning-0.5-float32-cpu"


def record(phase: str, joules: list[float], **changes: Any) -> Measurement:
    def entries(energy: float) -> list[dict[str, Any]]:
        return [{"component": "cpu", "origin": "modelled", "method": "m", "energy": f"{energy!r} J"}]

    windows = [
        {"name": f"repeat {i}", "start": f"{i} s", "duration": "1 s", "amount": "10 inference", "energy": entries(each)}
        for i, each in enumerate(joules)
    ]
    return Measurement.model_validate(
        {
            "name": "x",
            "phase": phase,
            "started": START,
            "ended": START + timedelta(seconds=3),
            "duration": "3 s",
            "energy": entries(sum(joules)),
            "windows": windows,
            "quality": {"accuracy": 0.9},
            "model_parameters": 100,
            "profile": {"nonzero": 50, "stored": "400 byte", "computation": "2000 FLOP/inference", "steps": ["half"]},
            "throughput": {"value": "30 inference/s"},
            "latency": {"p50": "1 ms", "p99": "2 ms"},
            "peak_memory": {"memory": "5 MB"},
            **changes,
        }
    )


def measured(folder: Path, variant: Measurement, base: list[float] = [10.0, 20.0, 40.0]) -> list[dict[str, str]]:  # noqa: B006
    (folder / "p.toml").write_text(PLAN, encoding="utf-8")
    record("inference", base).save(folder / f"{BASE}-batch-1.json")
    variant.save(folder / f"{VARIANT}-batch-1.json")
    record("compression", [600.0]).save(folder / f"{VARIANT}-compression.json")
    return list(csv.DictReader(io.StringIO(table(rows(CampaignPlan.load(folder / "p.toml"), folder)))))


def test_half_the_energy_is_half_within_what_the_repeats_tell(tmp_path: Path) -> None:
    base, variant = measured(tmp_path, record("inference", [5, 10.2, 19.6]))
    assert base["verdict"] == "baseline"
    assert (base["energy, median [J/inference]"], base["ratio to baseline"]) == ("2", "missing")
    # logarithms of 0.5, 0.51 and 0.49: mean −0.69328, standard deviation 0.020003; t(0.975, 2) = 4.302653
    assert [variant[name] for name in ("ratio to baseline", "ratio, low", "ratio, high")] == [
        "0.4999",
        "0.4757",
        "0.5254",
    ]
    assert variant["verdict"] == "lower"
    # 600 J of compressing over what is saved of the 2 J of each inference: 1.0001, 1.0486 or 0.9492 J
    assert variant["energy repaid after [inference]"] == "599.9 (572.2 to 632.1)"
    assert (variant["energy, least [J/inference]"], variant["energy, most [J/inference]"]) == ("0.5", "1.96")
    assert (variant["sparsity"], variant["stored [byte]"], variant["done"]) == ("0.5", "400", "half")
    assert (variant["latency, p99 [ms]"], variant["throughput [inference/s]"]) == ("2", "30")


def test_a_loss_and_a_null_result_are_said_as_plainly(tmp_path: Path) -> None:
    loss = measured(tmp_path, record("inference", [20, 41, 79]))[1]
    assert (loss["verdict"], loss["energy repaid after [inference]"]) == ("higher", "never")
    null = measured(tmp_path, record("inference", [9, 22, 39]))[1]
    assert null["verdict"] == "no difference that the repeats can tell"
    assert null["energy repaid after [inference]"] == "not told"


def test_what_is_not_known_is_missing_and_not_zero(tmp_path: Path) -> None:
    unmeasured = [{"component": "memory", "reason": "none was seen"}]
    bare = record("inference", [5, 10, 20], unmeasured=unmeasured, profile=None, latency=None, peak_memory={})
    row = measured(tmp_path, bare)[1]
    unknown = {column for column, cell in row.items() if cell == "missing"}
    assert unknown == {
        "nonzero",
        "sparsity",
        "stored [byte]",
        "computation [FLOP/inference]",
        "latency, p50 [ms]",
        "latency, p99 [ms]",
        "energy, median [J/inference]",
        "energy, least [J/inference]",
        "energy, most [J/inference]",
        "ratio to baseline",
        "ratio, low",
        "ratio, high",
        "verdict",
        "energy repaid after [inference]",
    }


def test_one_repeat_has_no_interval_and_no_verdict(tmp_path: Path) -> None:
    row = measured(tmp_path, record("inference", [5]), base=[10])[1]
    assert (row["ratio to baseline"], row["ratio, low"], row["verdict"]) == ("0.5", "missing", "missing")


def test_a_refused_combination_keeps_its_row_and_its_reason(tmp_path: Path) -> None:
    measured(tmp_path, record("inference", [5, 10, 20]))
    (tmp_path / f"{VARIANT}-batch-1.json").unlink()
    (tmp_path / "refused.json").write_text(json.dumps({VARIANT: "no layer to prune"}), encoding="utf-8")
    row = list(csv.DictReader(io.StringIO(table(rows(CampaignPlan.load(tmp_path / "p.toml"), tmp_path)))))[1]
    assert (row["verdict"], row["done"], row["reached"]) == ("refused", "no layer to prune", "missing")


def test_the_interval_is_students() -> None:
    found = paired_ratio([math.exp(x) for x in (1, 2, 3)], [1, 1, 1])
    assert found
    # mean 2, standard deviation 1, three pairs: t(0.975, 2) = 4.302653, as printed in the usual tables
    assert [math.log(bound) for bound in found] == pytest.approx([2, 2 - 4.302653 / 3**0.5, 2 + 4.302653 / 3**0.5])


positive = st.floats(1e-3, 1e3)


@given(st.lists(st.tuples(positive, positive), min_size=2, max_size=8), positive)
def test_ratios_know_no_unit_and_turn_around(pairs: list[tuple[float, float]], unit: float) -> None:
    these, those = zip(*pairs, strict=True)
    found, scaled = paired_ratio(these, those), paired_ratio([unit * x for x in these], [unit * x for x in those])
    back = paired_ratio(those, these)
    assert found and scaled and back
    assert scaled == pytest.approx(found, rel=1e-6, nan_ok=True)
    assert (1 / back.mean, 1 / back.high, 1 / back.low) == pytest.approx(found, rel=1e-6, nan_ok=True)


def test_unpaired_repeats_have_no_ratio() -> None:
    assert paired_ratio([1, 2], [1]) is None
    assert paired_ratio([], []) is None


def test_no_text_of_a_record_is_a_formula_of_the_table(tmp_path: Path) -> None:
    evil = '=HYPERLINK("http://evil","click")'
    profile = {"nonzero": 50, "stored": "400 byte", "steps": [evil]}
    row = measured(tmp_path, record("inference", [5, 10, 20], quality={evil: 0.5}, profile=profile))[1]
    assert row["quality"] == row["done"] == "'" + evil
