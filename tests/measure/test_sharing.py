"""Two meters side by side on one machine: their shares never sum past what it used."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import simulated
from hypothesis import given
from hypothesis import strategies as st
from simulated import Api, Card, Clock, Process, bursts, constant, joules

from lca.inventory.catalogue import Catalogue
from lca.measure.counters.nvml import Nvml
from lca.measure.counters.rapl import Rapl
from lca.measure.meter.meter import EnergyMeter
from lca.measurement.record import EnergyEntry

pytestmark = pytest.mark.filterwarnings("ignore:the catalogue does not know")
NOTHING = Catalogue({}, None, None)  # type: ignore[arg-type]
CURVE = bursts(50.0, 300.0, on=3.0, off=2.0)
SECONDS = 20

busy = st.lists(st.floats(0, 1), min_size=SECONDS, max_size=SECONDS)


@pytest.fixture(autouse=True)
def _all_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def worked(shares: Sequence[float]) -> Callable[[float], float]:
    """CPU seconds up to a time, of a run that is so busy in each second."""
    sums = [math.fsum(shares[:n]) for n in range(len(shares) + 1)]

    def until(t: float) -> float:
        whole = min(math.floor(t), len(shares) - 1)
        return sums[whole] + (t - whole) * shares[whole]

    return until


def meter(clock: Clock, *sources: Any, **settings: Any) -> EnergyMeter:
    return EnergyMeter("x", catalogue=NOTHING, interval=math.inf, clock=clock, sources=lambda: sources, **settings)


def counted(entries: Sequence[EnergyEntry]) -> list[EnergyEntry]:
    return [entry for entry in entries if entry.origin == "counter"]


@given(busy, busy, busy, st.integers(0, SECONDS - 2), st.integers(1, SECONDS))
def test_shares_of_a_package_never_sum_past_it(
    tmp_path_factory: pytest.TempPathFactory,
    one: list[float],
    two: list[float],
    rest: list[float],
    late: int,
    long: int,
) -> None:
    """One run for the whole time, one for part of it, and others whom nobody measures."""
    clock = Clock()
    tree = simulated.Rapl(tmp_path_factory.mktemp("rapl"), clock)
    tree.zone("intel-rapl:0", "package-0", CURVE)
    everyone = [sum(parts) for parts in zip(one, two, rest, strict=True)]
    meters = []
    for shares in (one, two):
        processes = simulated.Processes(worked(shares), worked(everyone))
        meters.append(meter(clock, processes, Rapl(processes, tree.flat)))  # type: ignore[arg-type]
    end = min(late + long, SECONDS)
    meters[0].start()
    for second in range(SECONDS + 1):
        clock.now = float(second)
        tree.tick()
        for number, made in enumerate(meters):
            if number == 1 and second == late:
                made.start()
            elif made.running:
                made.sample()
        if second == end:
            meters[1].stop()
    meters[0].stop()
    allotted = [counted(made.measurement.energy) for made in meters]
    total = joules(sum(entry.energy.amount for entries in allotted for entry in entries))
    assert total <= CURVE.energy(SECONDS) * (1 + 1e-9)
    if not any(rest) and all(everyone) and (late, end) == (0, SECONDS):
        assert total == pytest.approx(CURVE.energy(SECONDS))  # nobody else worked: all of it is theirs


@given(busy, busy, st.integers(0, 10), st.integers(0, 10), st.floats(0, 80e9), st.floats(0, 80e9))
def test_shares_of_a_card_never_sum_past_it(
    one: list[float], two: list[float], first: int, second: int, held: float, held_too: float
) -> None:
    """Each of two processes comes onto the card at a time of its own; one computes, both, or none."""
    clock = Clock()

    def on_it(t: float) -> list[Process]:
        now = min(math.floor(t), SECONDS - 1)
        found = [Process(1, lambda t: one[now], held)] if t >= first else []
        return found + ([Process(2, lambda t: two[now], held_too)] if t >= second else [])

    api = Api(clock, Card(CURVE, on_it=on_it))
    meters = [
        meter(clock, Nvml(lambda fresh, pid=pid: {pid}, api, exists=lambda pid: True))  # type: ignore[misc]
        for pid in (1, 2)
    ]
    for made in meters:
        made.start()
    for now in range(1, SECONDS + 1):
        clock.now = float(now)
        for made in meters:
            made.sample()
    for made in meters:
        made.stop()
    allotted = [entry for made in meters for entry in counted(made.measurement.energy)]
    assert joules(sum(entry.energy.amount for entry in allotted)) <= CURVE.energy(SECONDS) * (1 + 1e-6)
    assert all(entry.share is None or 0 < entry.share < 1 for entry in allotted)


def test_idle_power_goes_to_those_who_work(tmp_path: Path) -> None:
    """A quarter of the busy time is a quarter of the energy, however idle the machine is."""
    clock = Clock()
    tree = simulated.Rapl(tmp_path, clock)
    tree.zone("intel-rapl:0", "package-0", constant(80.0))
    processes = simulated.Processes(lambda t: 0.01 * t, lambda t: 0.04 * t)
    made = meter(clock, processes, Rapl(processes, tree.flat))  # type: ignore[arg-type]
    with made:
        for clock.now in range(1, 11):
            tree.tick()
            made.sample()
    [entry] = counted(made.measurement.energy)
    assert (joules(entry.energy.amount), entry.share) == (pytest.approx(200), pytest.approx(0.25))
    assert "idle power included; intervals in which no process computed are not counted" in entry.method


def test_an_exclusive_machine_is_counted_as_a_whole(tmp_path: Path) -> None:
    clock = Clock()
    tree = simulated.Rapl(tmp_path, clock)
    tree.zone("intel-rapl:0", "package-0", constant(80.0))
    processes = simulated.Processes(lambda t: 0.01 * t, lambda t: 0.04 * t)
    strangers = Card(constant(100.0), on_it=lambda t: [Process(1), Process(2)])
    card = Nvml(lambda fresh: {1}, Api(clock, strangers), exists=lambda pid: True)
    made = meter(clock, processes, Rapl(processes, tree.flat), card, exclusive=True)  # type: ignore[arg-type]
    with made:
        clock.now = 10.0
        tree.tick()
    found = {entry.component: entry for entry in counted(made.measurement.energy)}
    assert {name: joules(entry.energy.amount) for name, entry in found.items()} == pytest.approx(
        {"cpu": 800, "gpu": 1000}
    )
    assert all(entry.share is None for entry in found.values())


def test_idle_power_is_measured_on_request_and_kept_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    tree = simulated.Rapl(tmp_path, clock)
    tree.zone("intel-rapl:0", "package-0", simulated.ramp(20.0, 20.0, 1.0))
    idle_then_busy = simulated.Curve(
        lambda t: 60.0 if t < 5 else 300.0, lambda t: 60.0 * min(t, 5.0) + 300.0 * max(t - 5.0, 0.0), 300.0
    )
    processes = simulated.Processes(lambda t: max(t - 5.0, 0.0), lambda t: t)

    def wait(seconds: float) -> None:
        clock.now += seconds
        tree.tick()

    monkeypatch.setattr("lca.measure.meter.meter.time.sleep", wait)
    card = Nvml(lambda fresh: {1}, Api(clock, Card(idle_then_busy, on_it=lambda t: [Process(1)])))
    made = EnergyMeter(
        "x",
        catalogue=NOTHING,
        baseline=5.0,
        clock=clock,
        interval=1e9,
        sources=lambda: (processes, Rapl(processes, tree.flat), card),  # type: ignore[arg-type, return-value]
    )
    with made:
        clock.now = 15.0
        tree.tick()
    record = made.measurement
    assert {idle.component: (idle.power.amount, idle.origin) for idle in record.idle} == {
        "cpu": (pytest.approx(0.020), "counter"),
        "gpu": (pytest.approx(0.060), "counter"),
    }
    energy = {entry.component: joules(entry.energy.amount) for entry in counted(record.energy)}
    assert energy == {"cpu": pytest.approx(200), "gpu": pytest.approx(3000)}  # nothing is taken off
    assert record.duration.amount * 3600 == pytest.approx(10)
