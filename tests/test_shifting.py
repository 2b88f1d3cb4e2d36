"""A run moved in time and place, against arithmetic done by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from workplace import Done

from lca.engine.background import Background
from lca.errors import InvalidData, UsageError
from lca.inventory.catalogue import Catalogue
from lca.measurement.record import Measurement
from lca.study.shifting import CLIMATE, Intensities, paused, shifted

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


def test_interrupted_it_takes_the_best_hours(tmp_path: Path) -> None:
    known = Intensities.read(intensities(tmp_path))
    assert paused(record(), known, PUE=1.2) == pytest.approx({"FR": 1.2 * 1.5 * 0.07, "DE": 1.2 * 1.5 * 0.5})
    assert paused(record(), known, deadline=2.5) == pytest.approx({"FR": 1.5 * 0.06 + 0.75 * 0.1, "DE": 1.5 * 0.7})
    with pytest.raises(UsageError, match="the run lasts 2 h, and 1 h are left for it"):
        paused(record(), known, deadline=1.0)


def test_an_hour_of_the_catalogue_is_the_mix_times_its_profile(built_in: Catalogue) -> None:
    mean = Background.of(built_in, (CLIMATE,)).totals("electricity-fr")[0]
    shape = built_in.profiles["electricity-fr"].shape
    known = Intensities.hourly(datetime(2026, 1, 31, 23, 40, tzinfo=UTC), 1.5)
    known = known.with_profiles(built_in, ["electricity-fr", "aws:eu-west-3"])
    assert list(known.regions["electricity-fr"]) == pytest.approx([mean * shape[0][23], mean * shape[1][0]])
    assert list(known.regions["aws:eu-west-3"]) == list(known.regions["electricity-fr"])


def test_a_file_is_joined_with_the_catalogue_at_its_times(tmp_path: Path, built_in: Catalogue) -> None:
    """From half past midnight in Paris, which is 23:30 of 31 December in UTC, for one hour and then for two."""
    text = "time,mine\n2026-01-01T00:30+01:00,100\n2026-01-01T01:30+01:00,50\n2026-01-01T03:30+01:00,60\n"
    known = Intensities.read(intensities(tmp_path, text)).with_profiles(built_in, ["electricity-fr"])
    mean, shape = Background.of(built_in, (CLIMATE,)).totals("electricity-fr")[0], known.regions["electricity-fr"]
    hours = built_in.profiles["electricity-fr"].shape
    assert list(shape[:2] / mean) == pytest.approx(
        [(hours[11][23] + hours[0][0]) / 2, (hours[0][0] / 2 + hours[0][1] + hours[0][2] / 2) / 2]
    )
    with pytest.raises(UsageError, match="'electricity-us' has no profile of hours; there are: electricity-at, "):
        known.with_profiles(built_in, ["electricity-us"])
    ages = Intensities.read(intensities(tmp_path, "time,mine\n1026-01-01,100\n2026-01-01,50\n"))
    with pytest.raises(UsageError, match="at most 50 years"):
        ages.with_profiles(built_in, ["electricity-fr"])
    with pytest.raises(UsageError, match="'electricity-fr' is a column of the file and a region of the catalogue"):
        known.with_profiles(built_in, ["electricity-fr"])


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
    assert "FR: least if begun at 2026-01-01T01:00:00, 0.105 kg CO2-Eq; mean of all starts 0.160; " in done.out
    both = json.loads(command(*arguments, "--region", "electricity-de", "--json").out)
    assert len(both["runs"]) == 9
    assert both["interrupted"].keys() == {"FR", "DE", "electricity-de"}


def test_the_command_refuses_what_contradicts(tmp_path: Path, command: Callable[..., Done]) -> None:
    record().save(tmp_path / "r.json")
    run = ("record", "shift", str(tmp_path / "r.json"))
    assert "with a file, the first time is the file's" in command(*run, str(intensities(tmp_path)), "--begin", "x").err
    assert "'noon' is no time as in 2026-03-01T13:00+00:00" in command(*run, "--begin", "noon").err
