"""A run moved in time and place, against arithmetic done by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from workplace import Done

from lca.errors import InvalidData, UsageError
from lca.measurement.record import Measurement
from lca.study.shifting import Intensities, shifted

CSV = (
    "time,FR,DE\n2026-01-01T00:00,100,400\n2026-01-01T01:00,50,300\n2026-01-01T02:00,20,500\n2026-01-01T03:00,80,200\n"
)


def record(**more: Any) -> Measurement:
    """Two hours, 3 kWh."""
    content = {
        "name": "r",
        "phase": "training",
        "started": "2026-01-01T00:00:00Z",
        "ended": "2026-01-01T02:00:00Z",
        "duration": "2 h",
        "energy": [{"component": "gpu", "energy": "3 kWh", "origin": "counter", "method": "m"}],
    }
    return Measurement.model_validate({**content, **more})


def intensities(folder: Path, text: str = CSV) -> Path:
    path = folder / "intensities.csv"
    path.write_text(text, encoding="utf-8")
    return path


def scores(found: Any, region: str) -> list[float]:
    return [float(score) for score in found[found["region"] == region]["score"]]


def test_without_a_series_the_power_is_even(tmp_path: Path) -> None:
    found = shifted(record(), Intensities.read(intensities(tmp_path)), PUE=1.2)
    assert scores(found, "FR") == pytest.approx([1.2 * 1.5 * x / 1000 for x in (150, 70, 100)])
    assert scores(found, "DE") == pytest.approx([1.2 * 1.5 * x / 1000 for x in (700, 800, 700)])


def test_the_power_over_time_goes_with_the_run(tmp_path: Path) -> None:
    """2 kW in the first hour, 1 kW in the second."""
    series = [{"component": "gpu", "times": [3600.0, 7200.0], "powers": [2000.0, 1000.0]}]
    found = shifted(record(power=series), Intensities.read(intensities(tmp_path)))
    assert scores(found, "FR") == pytest.approx([(2 * 100 + 50) / 1000, (2 * 50 + 20) / 1000, (2 * 20 + 80) / 1000])


def test_a_deadline_leaves_fewer_starts(tmp_path: Path) -> None:
    known = Intensities.read(intensities(tmp_path))
    assert len(scores(shifted(record(), known, deadline=3.0), "FR")) == 2
    with pytest.raises(UsageError, match="the run lasts 2 h, and 1 h are left for it"):
        shifted(record(), known, deadline=1.0)


def test_a_record_without_energy_has_nothing_to_move(tmp_path: Path) -> None:
    unknown = record(energy=[], unmeasured=[{"component": "gpu", "reason": "no counter"}])
    with pytest.raises(UsageError, match="knows no energy to move"):
        shifted(unknown, Intensities.read(intensities(tmp_path)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hour,FR\n1,2\n", "the columns are 'time' and one for each region"),
        ("time,FR\n2026-01-01T01:00,1\n2026-01-01T00:00,1\n", "3: 2026-01-01T00:00 is not after"),
        ("time,FR\n2026-01-01T01:00,1\n2026-01-01T02:00,x\n", "3: 'x' is no intensity"),
        ("time,FR\n2026-01-01T01:00,-1\n2026-01-01T02:00,1\n", "2: -1 is no intensity of 0 or more"),
        ("time,FR\nnoon,1\n2026-01-01T02:00,1\n", "2: 'noon' is no time"),
        ("time,FR\n2026-01-01T01:00,1,2\n2026-01-01T02:00,1\n", "2: 3 cells under 2 columns"),
        ("time,FR\n2026-01-01T01:00,1\n", "fewer than two times"),
    ],
)
def test_a_damaged_file_is_refused_by_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidData) as error:
        Intensities.read(intensities(tmp_path, text))
    assert message in str(error.value)


def test_the_command_names_the_best_start_of_each_region(tmp_path: Path, command: Callable[..., Done]) -> None:
    record().save(tmp_path / "r.json")
    arguments = ("record", "shift", str(tmp_path / "r.json"), str(intensities(tmp_path)))
    done = command(*arguments)
    assert done.code == 0
    assert "FR: least if begun at 2026-01-01T01:00:00, 0.105 kg CO2-Eq" in done.out
    assert len(json.loads(command(*arguments, "--json").out)["runs"]) == 6
