from __future__ import annotations

import contextlib
import math

import pytest
from simulated import Clock, Processes
from watched import Watched

from lca.errors import UsageError
from lca.inventory.catalogue import Catalogue
from lca.measure.meter.meter import EnergyMeter

pytestmark = pytest.mark.filterwarnings("ignore:the catalogue does not know")


def simulated(clock: Clock, empty: Catalogue) -> EnergyMeter:
    """A run that computes on one of four processors all the time, on simulated time."""
    return EnergyMeter("x", catalogue=empty, interval=math.inf, clock=clock, sources=lambda: (Processes(),))


def test_windows_nest_and_overlap(clock: Clock, empty: Catalogue) -> None:
    with simulated(clock, empty) as meter, contextlib.ExitStack() as stack:
        first = contextlib.ExitStack()
        clock.now = 1.0
        first.enter_context(meter.window("first"))
        clock.now = 2.0
        stack.enter_context(meter.window("second"))
        with meter.window("inside"):
            clock.now = 4.0
        first.close()
        clock.now = 8.0
    found = {w.name: (w.start.amount * 3600, w.duration.amount * 3600) for w in meter.measurement.windows}
    assert found == {"first": pytest.approx((1, 3)), "second": pytest.approx((2, 6)), "inside": pytest.approx((2, 2))}
    energy = {w.name: sum(e.energy.amount for e in w.energy) for w in meter.measurement.windows}
    assert energy["second"] == pytest.approx(2 * energy["first"]) == pytest.approx(3 * energy["inside"])
    assert {e.method for w in meter.measurement.windows for e in w.energy} == {"as for the whole run"}


def test_a_loop_has_a_window_per_epoch(clock: Clock, empty: Catalogue) -> None:
    with simulated(clock, empty) as meter:
        for epoch in meter.epochs(range(5, 100)):
            clock.now += 1.0
            if epoch == 7:
                break
        for _ in meter.epochs("ab", "fold"):
            clock.now += 2.0
    found = [(w.name, round(w.duration.amount * 3600, 6)) for w in meter.measurement.windows]
    assert found == [("epoch 5", 1), ("epoch 6", 1), ("epoch 7", 1), ("fold 0", 2), ("fold 1", 2)]


def test_a_window_ends_with_its_run_at_the_latest(clock: Clock, empty: Catalogue) -> None:
    source = Watched()
    meter = EnergyMeter("x", catalogue=empty, interval=math.inf, clock=clock, sources=lambda: (source,))
    meter.start()
    window = meter.window("open")
    window.__enter__()
    clock.now = 3.0
    meter.stop()
    window.__exit__(None, None, None)
    assert source.calls[-1] == "stop"  # the journal is gone as well
    [found] = meter.measurement.windows
    assert found.duration.amount * 3600 == pytest.approx(3)
    with pytest.raises(UsageError, match="not running"), meter.window("late"):
        pass


def test_windows_without_end_do_not_fill_the_record(
    clock: Clock, empty: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lca.measure.meter.timeline.MOST_WINDOWS", 3)
    with simulated(clock, empty) as meter:
        for _ in meter.epochs(range(5), "step"):
            clock.now += 1.0
    assert [w.name for w in meter.measurement.windows] == ["step 0", "step 1", "step 2"]
    assert meter.measurement.comment == "of 5 windows the first 3 are recorded"


def test_a_series_grows_to_a_limit(clock: Clock, empty: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lca.measure.meter.timeline.MOST_POINTS", 100)
    with simulated(clock, empty) as meter:
        for clock.now in range(1, 1001):
            meter.sample()
    series = next(series for series in meter.measurement.power if series.component == "memory")
    assert 40 <= len(series.times) <= 100 and series.times[-1] == 1000
    memory = next(entry for entry in meter.measurement.energy if entry.component == "memory")
    edges = (0.0, *series.times)
    total = sum(power * (b - a) for power, a, b in zip(series.powers, edges, series.times, strict=False))
    assert total == pytest.approx(memory.energy.amount * 3.6e6, rel=1e-3)


def test_the_end_just_after_a_sample_is_no_spike_of_power(clock: Clock, empty: Catalogue) -> None:
    meter = EnergyMeter("x", catalogue=empty, interval=1.0, clock=clock, sources=lambda: (Processes(),))
    meter.start()
    assert meter._run
    meter._run.over.set()  # the samples are ours
    for clock.now in (0.2, 1.0, 2.0, 3.0):
        meter.sample()
    clock.now = 3.1
    series = next(series for series in meter.stop().power if series.component == "memory")
    assert series.times == (1.0, 2.0, 3.1)
