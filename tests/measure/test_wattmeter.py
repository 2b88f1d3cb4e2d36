from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import Clock, Curve, Processes, bursts, constant, ramp

from lca.errors import InvalidData
from lca.inventory.catalogue import Catalogue
from lca.languages import language
from lca.measure.counters.wattmeter import with_wattmeter
from lca.measure.meter.meter import EnergyMeter
from lca.measurement.record import Measurement

pytestmark = pytest.mark.filterwarnings("ignore:the catalogue does not know")
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
RECORD = Measurement.model_validate(
    {
        "name": "x",
        "phase": "training",
        "started": START,
        "ended": START + timedelta(seconds=60),
        "duration": "60 s",
        "energy": [{"component": "cpu", "energy": "1 J", "origin": "modelled", "method": "m"}],
        "unmeasured": [{"component": "gpu", "reason": "r"}],
        "windows": [
            {"name": "w", "start": "10 s", "duration": "20 s"},
            {"name": "none", "start": "5 s", "duration": "0 s"},
        ],
    }
)


def written(path: Path, curve: Curve, times: Iterable[float], time: Callable[[float], object], head: str) -> Path:
    rows = "".join(f"{time(t)},{curve.power(t)!r}\n" for t in times)
    path.write_text(f"{head}\n{rows}" if head else rows)
    return path


def seconds(path: Path, curve: Curve, times: Iterable[float], head: str = "time,watts") -> Path:
    return written(path, curve, times, lambda t: t, head)


def joules(record: Measurement) -> float:
    assert record.it_energy
    return record.it_energy.amount * 3.6e6


@pytest.mark.parametrize(
    ("time", "head"),
    [
        (lambda t: t, "time,watts"),
        (lambda t: t, ""),
        (lambda t: START.timestamp() + t, "timestamp,power"),
        (lambda t: (START + timedelta(seconds=t)).isoformat(), "time,watts"),
    ],
)
def test_the_node_replaces_the_components(tmp_path: Path, time: Callable[[float], object], head: str) -> None:
    curve = ramp(100.0, 400.0, 60.0)
    record = with_wattmeter(RECORD, written(tmp_path / "w.csv", curve, range(70), time, head))
    assert joules(record) == pytest.approx(curve.energy(60.0))
    assert (record.energy, record.unmeasured) == ((), ())
    window, empty = record.windows
    assert window.it_energy and window.it_energy.amount * 3.6e6 == pytest.approx(curve.between(10, 30))
    assert empty.it_energy is None
    [series] = record.power
    assert (series.component, series.times[0], series.times[-1]) == ("node", 1.0, 60.0)
    assert series.powers[0] == pytest.approx(curve.between(0, 1))
    assert record.imported and (record.imported.tool, record.imported.file) == ("wattmeter", "w.csv")
    record.save(tmp_path / "run.json")
    assert Measurement.load(tmp_path / "run.json") == record


@given(
    st.one_of(
        st.builds(constant, st.floats(1, 1000)),
        st.builds(ramp, st.floats(1, 1000), st.floats(1, 1000), st.floats(1, 60)),
        st.builds(bursts, st.floats(1, 100), st.floats(100, 1000), on=st.floats(2, 20), off=st.floats(2, 20)),
    ),
    st.floats(0.1, 1.0),
    st.floats(0, 0.99),
)
def test_the_stated_error_covers_the_true_one(
    tmp_path_factory: pytest.TempPathFactory, curve: Curve, every: float, late: float
) -> None:
    """Samples up to one interval late, against the closed form."""
    times = [every * (n + late) for n in range(math.ceil(60 / every))]
    record = with_wattmeter(RECORD, seconds(tmp_path_factory.mktemp("w") / "w.csv", curve, times))
    assert record.it_energy
    stated = (record.it_energy.high.number - record.it_energy.amount) * 3.6e6 if record.it_energy.high else 0.0
    edges = 2 * every * curve.most  # before the first sample and after the last nothing was seen
    assert abs(joules(record) - curve.energy(60.0)) <= stated + edges + 1e-6


@pytest.mark.parametrize(
    ("times", "what"),
    [
        (range(5, 70), "reach from 5 s to 60 s"),
        (range(0, 50), "reach from 0 s to 49 s"),
        ([*range(0, 20), *range(40, 70)], "a gap of 21 s after 19 s, where a sample comes every 1 s"),
        (range(100, 200), "reach from 100 s"),
    ],
)
def test_what_does_not_cover_the_run_is_refused(tmp_path: Path, times: Iterable[float], what: str) -> None:
    with pytest.raises(InvalidData, match=what):
        with_wattmeter(RECORD, seconds(tmp_path / "w.csv", constant(100.0), times))


def test_a_gap_outside_of_the_run_does_not_matter(tmp_path: Path) -> None:
    times = [-500.0, *range(-5, 70), 1000.0]
    path = written(tmp_path / "w.csv", constant(100.0), times, lambda t: START.timestamp() + t, "time,watts")
    assert joules(with_wattmeter(RECORD, path)) == pytest.approx(6000)


def test_negative_power_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match=r"w\.csv:2: watts: -100 is outside"):
        with_wattmeter(RECORD, seconds(tmp_path / "w.csv", constant(-100.0), range(70)))


def test_the_meter_takes_a_file_that_grows_meanwhile(tmp_path: Path, clock: Clock, empty: Catalogue) -> None:
    path = tmp_path / "w.csv"
    meter = EnergyMeter(
        "x", catalogue=empty, clock=clock, interval=math.inf, wattmeter=path, sources=lambda: (Processes(),)
    )
    with meter, meter.window("w"):
        clock.now = 60.0
        seconds(path, constant(250.0), range(61))
    record = meter.measurement
    assert joules(record) == pytest.approx(15000) and record.energy == ()
    assert record.windows[0].it_energy and record.windows[0].it_energy.amount * 3.6e6 == pytest.approx(15000)


def test_a_wattmeter_that_failed_leaves_the_components(tmp_path: Path, clock: Clock, empty: Catalogue) -> None:
    meter = EnergyMeter(
        "x",
        catalogue=empty,
        clock=clock,
        interval=math.inf,
        wattmeter=tmp_path / "absent.csv",
        sources=lambda: (Processes(),),
    )
    with pytest.warns(UserWarning, match="the wattmeter does not count"), meter:
        clock.now = 60.0
    record = meter.measurement
    assert record.it_energy is None and [entry.component for entry in record.energy] == ["memory"]
    assert record.comment and "absent.csv" in record.comment


def test_what_a_record_says_of_a_wattmeter_is_in_english_though_the_warning_is_not(
    tmp_path: Path, clock: Clock, empty: Catalogue
) -> None:
    log = written(tmp_path / "w.csv", constant(100.0), range(3), lambda t: f"2026-01-01T12:00:0{t:.0f}", "time,watts")
    meter = EnergyMeter(
        "x", catalogue=empty, clock=clock, interval=math.inf, wattmeter=log, sources=lambda: (Processes(),)
    )
    with language("fr"), pytest.warns(UserWarning, match="le wattmètre ne compte pas"), meter:
        clock.now = 60.0
    assert re.search("w.csv: the times, from .* have no zone; write", meter.measurement.comment or "")


def test_times_without_a_zone_are_refused(tmp_path: Path) -> None:
    def local(t: float) -> str:
        return (START + timedelta(seconds=t)).replace(tzinfo=None).isoformat()

    with pytest.raises(InvalidData, match=r"w\.csv: the times, from .* have no zone; write"):
        with_wattmeter(RECORD, written(tmp_path / "w.csv", constant(100.0), range(70), local, "time,watts"))
