"""Where samples of power are missing: the same rule for a wattmeter and for every file of samples."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lca.errors import InvalidData
from lca.inventory.catalogue import Catalogue
from lca.measure.counters.integral import gap
from lca.measure.formats import import_record

EVERY_TEN = [10.0 * step for step in range(20)]
SUSPENDED = [*EVERY_TEN, *(28_000 + time for time in EVERY_TEN)]
START = 1_773_600_000


def csv(times: list[float]) -> dict[str, str]:
    return {"power.csv": "time,power\n" + "".join(f"{START + time},60\n" for time in times)}


def mlflow(times: list[float]) -> dict[str, str]:
    lines = "".join(f"{1000 * (START + int(time))} 60 {step}\n" for step, time in enumerate(times))
    return {"gpu_0_power_usage_watts": lines}


def dcgm(times: list[float]) -> dict[str, str]:
    series = {"metric": {"__name__": "DCGM_FI_DEV_POWER_USAGE", "UUID": "GPU-a"}}
    values = {"values": [[START + time, "60"] for time in times]}
    return {
        "range.json": json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [series | values]}})
    }


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([], ""),
        ([0.0, 1e6], ""),
        (EVERY_TEN, ""),
        ([*EVERY_TEN, 240.0], ""),
        ([*EVERY_TEN, 241.0], "a gap of 51 s after 190 s, where a sample comes every 10 s"),
        (SUSPENDED, "a gap of 2.781e+04 s after 190 s, where a sample comes every 10 s"),
    ],
)
def test_a_gap_is_more_than_five_times_the_usual_interval(times: list[float], said: str) -> None:
    assert gap(times) == said


def test_a_gap_outside_of_the_run_does_not_count() -> None:
    assert gap(SUSPENDED, 0.0, 190.0) == ""
    assert gap(SUSPENDED, 28_000.0, 29_000.0) == ""
    assert gap(SUSPENDED, 100.0, 200.0)


@pytest.mark.parametrize(("format", "made"), [("csv", csv), ("mlflow", mlflow), ("dcgm", dcgm)])
def test_no_importer_bridges_a_gap_with_power(
    format: str, made: Callable[[list[float]], dict[str, str]], tmp_path: Path, empty: Catalogue
) -> None:
    def taken(times: list[float]) -> Any:
        ((name, text),) = made(times).items()
        (tmp_path / name).write_text(text)
        return import_record(format, [tmp_path / name], catalogue=empty)

    assert taken(EVERY_TEN).duration.amount * 3600 == pytest.approx(190)
    with pytest.raises(InvalidData, match=r"a gap of 2\.781e\+04 s after 190 s.*; import the parts"):
        taken(SUSPENDED)
