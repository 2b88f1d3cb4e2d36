"""What the meter says against what was used: sources whose energy is a closed form, on a simulated clock."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import simulated
from hypothesis import given
from hypothesis import strategies as st
from simulated import RAPL_TURN, Api, Card, Clock, Curve, Process, bursts, constant, joules, ramp

from lca.inventory.catalogue import Catalogue
from lca.measure.counters.nvml import Nvml
from lca.measure.counters.rapl import Rapl
from lca.measure.meter.meter import EnergyMeter
from lca.measurement.record import EnergyEntry, Measurement
from lca.vocabulary import Origin

pytestmark = pytest.mark.filterwarnings("ignore:the catalogue does not know")
NOTHING = Catalogue({}, None, None)  # type: ignore[arg-type]
CURVES = {
    "constant": constant(250.0),
    "ramp": ramp(60.0, 400.0, 45.0),
    "falling": ramp(400.0, 60.0, 45.0),
    "bursts": bursts(60.0, 400.0, on=2.3, off=1.1),
    "long bursts": bursts(60.0, 400.0, on=7.0, off=13.0, shift=3.0),
}
HARDWARE = ("counter", "sampled", "rapl")


@pytest.fixture(autouse=True)
def _all_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


class Machine:
    """One device whose power follows a curve, under a meter on simulated time."""

    def __init__(self, kind: str, curve: Curve, root: Path, phase: float = 0.0, reset: float = math.inf) -> None:
        self.clock, self.curve, self.kind = Clock(), curve, kind
        processes = simulated.Processes()
        sources: list[object] = [processes]
        self._tick: Callable[[], None] = lambda: None
        if kind == "rapl":
            tree = simulated.Rapl(root, self.clock, refresh=0.001)
            tree.zone("intel-rapl:0", "package-0", curve, before=RAPL_TURN / 1e6 - 1000, reset=reset)
            self._tick = tree.tick
            sources.append(Rapl(processes, tree.flat))  # type: ignore[arg-type]
        else:
            card = Card(curve, counts=kind == "counter", refresh=0.1, phase=phase, noise=2.0, reset=reset)
            card.on_it = lambda t: [Process(1)]
            sources.append(Nvml(lambda fresh: {1}, Api(self.clock, card)))
        self.meter = EnergyMeter(
            "simulated",
            catalogue=NOTHING,
            interval=math.inf,
            clock=self.clock,
            sources=lambda: tuple(sources),  # type: ignore[arg-type, return-value]
        )

    def to(self, time: float) -> None:
        """Go on, with samples as often as this hardware needs them."""
        every = 0.1 if self.kind == "sampled" else 1.0
        for step in range(math.floor(self.clock.now / every) + 1, math.ceil(time / every)):
            self.clock.now = step * every
            self._tick()
            self.meter.sample()
        self.at(time)

    def at(self, time: float) -> None:
        self.clock.now = time
        self._tick()


def entry(entries: tuple[EnergyEntry, ...], origin: Origin) -> EnergyEntry | None:
    return next((entry for entry in entries if entry.origin == origin), None)


def measured(machine: Machine, start: float, end: float) -> Measurement:
    machine.at(start)
    with machine.meter as meter:
        machine.to(end)
    return meter.measurement


def origin(kind: str) -> Origin:
    return "integrated" if kind == "sampled" else "counter"


@pytest.mark.parametrize("length", [20.0, 33.3, 120.0])
@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("kind", HARDWARE)
def test_twenty_seconds_are_right_to_one_per_cent(kind: str, curve: str, length: float, tmp_path: Path) -> None:
    for number, start in enumerate((0.0, 0.037, 4.55, 11.9)):
        machine = Machine(kind, CURVES[curve], tmp_path / str(number), phase=0.013)
        found = entry(measured(machine, start, start + length).energy, origin(kind))
        assert found
        true = CURVES[curve].between(start, start + length)
        assert joules(found.energy.amount) == pytest.approx(true, rel=0.01)


@pytest.mark.parametrize("kind", HARDWARE)
def test_windows_of_twenty_seconds_are_right_to_one_per_cent(kind: str, tmp_path: Path) -> None:
    """Three windows, of which one is inside another and one overlaps both."""
    machine = Machine(kind, CURVES["bursts"], tmp_path)
    machine.at(0.5)
    with machine.meter as meter:
        machine.to(3.21)
        with meter.window("outer"):
            machine.to(10.77)
            with meter.window("inner"):
                machine.to(31.4)
            machine.to(40.0)
        machine.to(45.0)
    windows = {window.name: window for window in meter.measurement.windows}
    for name, start, end in (("outer", 3.21, 40.0), ("inner", 10.77, 31.4)):
        found = entry(windows[name].energy, origin(kind))
        assert found
        assert joules(found.energy.amount) == pytest.approx(CURVES["bursts"].between(start, end), rel=0.01)
        assert windows[name].start.amount * 3600 == pytest.approx(start - 0.5)
        assert windows[name].duration.amount * 3600 == pytest.approx(end - start)


@pytest.mark.parametrize("kind", ["counter", "rapl"])
def test_a_reset_is_inside_the_stated_error(kind: str, tmp_path: Path) -> None:
    machine = Machine(kind, CURVES["bursts"], tmp_path, reset=33.4)
    found = entry(measured(machine, 0.0, 60.0).energy, "counter")
    assert found and found.energy.high and found.energy.low
    true = CURVES["bursts"].energy(60.0)
    assert joules(found.energy.amount) < true  # what was counted between the sample and the reset is lost
    assert joules(found.energy.low.number) <= true <= joules(found.energy.high.number)
    assert "reset 1 times" in found.method


curves = st.one_of(
    st.builds(constant, st.floats(20, 700)),
    st.builds(ramp, st.floats(20, 700), st.floats(20, 700), st.floats(1, 60)),
    st.builds(
        bursts,
        st.floats(20, 100),
        st.floats(100, 700),
        on=st.floats(0.5, 10),
        off=st.floats(0.5, 10),
        shift=st.floats(0, 5),
    ),
)


@given(
    st.sampled_from(HARDWARE),
    curves,
    st.floats(0, 20),
    st.floats(0, 0.1),
    st.one_of(st.floats(0.01, 3), st.floats(3, 60)),
)
def test_the_stated_error_covers_the_true_one_at_every_length(
    tmp_path_factory: pytest.TempPathFactory, kind: str, curve: Curve, start: float, phase: float, length: float
) -> None:
    """The error of the edges and of sampling alone, without the accuracy of the sensor, which the range also holds."""
    machine = Machine(kind, curve, tmp_path_factory.mktemp("rapl"), phase=phase)
    record = measured(machine, start, start + length)
    found = entry(record.energy, origin(kind))
    true = curve.between(start, start + length)
    if found is None:  # no value of the counter was written meanwhile
        assert record.unmeasured and length < 0.1
        return
    stated = re.search(r"at most ([\d.e+-]+) kWh", found.method)
    assert stated
    noise = 2.0 * length if kind == "sampled" else 0.0
    rounding = 0.01 * joules(float(stated[1])) + 0.01
    assert abs(joules(found.energy.amount) - true) <= joules(float(stated[1])) + noise + rounding
    assert found.energy.low and found.energy.high
    assert joules(found.energy.low.number) - rounding <= true + noise
    assert true - noise <= joules(found.energy.high.number) + rounding


@given(st.lists(st.floats(0.05, 20), min_size=1, max_size=8), curves)
def test_windows_that_follow_each_other_add_up_to_the_run(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[float], curve: Curve
) -> None:
    machine = Machine("rapl", curve, tmp_path_factory.mktemp("rapl"))
    with machine.meter as meter:
        for length in meter.epochs(lengths):
            machine.to(machine.clock.now + length)
    record = meter.measurement
    whole = entry(record.energy, "counter")
    parts = [entry(window.energy, "counter") for window in record.windows]
    assert whole and all(parts)
    assert sum(part.energy.amount for part in parts if part) == pytest.approx(whole.energy.amount)
    assert [window.name for window in record.windows] == [f"epoch {n}" for n in range(len(lengths))]


def test_the_power_series_holds_the_energy(tmp_path: Path) -> None:
    machine = Machine("counter", CURVES["long bursts"], tmp_path)
    record = measured(machine, 0.0, 60.5)
    [series] = [series for series in record.power if series.component == "gpu"]
    found = entry(record.energy, "counter")
    assert found and series.devices == found.devices
    edges = (0.0, *series.times)
    total = sum(power * (b - a) for power, a, b in zip(series.powers, edges, series.times, strict=False))
    assert total == pytest.approx(joules(found.energy.amount), rel=1e-3)
    assert series.times[-1] == 60.5 and len(series.times) == 61
    assert max(series.powers) == pytest.approx(400, rel=0.15) and min(series.powers) == pytest.approx(60, rel=0.15)
