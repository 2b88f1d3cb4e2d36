from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import Run
from simulated import Api, Card, Clock, constant, joules, ramp

from lca.measure.counters import nvml
from lca.measure.counters.counter import Span
from lca.measure.counters.nvml import Nvml
from lca.measure.entries.counted import gpu_devices, gpu_energies


@pytest.fixture(autouse=True)
def _all_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def test_a_counter_is_read_at_the_edges() -> None:
    run = Run([Card(constant(200.0))], 5, 6, 41)
    [entry] = run.entries()
    assert (entry.component, entry.origin, entry.devices, entry.share) == ("gpu", "counter", ("GPU-aaaa",), None)
    assert entry.energy.amount == pytest.approx(0.002)  # 200 W for 36 s
    assert entry.energy.low and entry.energy.high
    half = 0.05 * 7200 + 0.1 * 200  # the reading, and what a refresh of 100 ms hides
    assert joules(entry.energy.high.number) == pytest.approx(7200 + half)
    assert joules(entry.energy.low.number) == pytest.approx(7200 - half)
    assert "NVIDIA H100 80GB HBM3 (GPU-aaaa)" in entry.method and "if power stays under 200 W" in entry.method
    assert run.api.initialised == 0


def test_constant_power_is_integrated_without_sampling_error() -> None:
    [entry] = Run([Card(constant(100.0), counts=False)], 0, 1, 20, 36).entries()
    assert (entry.origin, entry.energy.amount) == ("integrated", pytest.approx(0.001))
    assert entry.energy.high and joules(entry.energy.high.number) == pytest.approx(3600 * 1.05 + 0.1 * 100)


@given(st.lists(st.floats(0.1, 35.9), max_size=20).map(sorted))
def test_a_ramp_is_integrated_exactly_however_it_is_sampled(between: list[float]) -> None:
    card = Card(ramp(0.0, 200.0, 36.0), counts=False)
    assert Run([card], 0, *between, 36).joules() == pytest.approx(3600, rel=1e-4)  # milliwatts are whole numbers


def test_a_ramp_states_its_sampling_error() -> None:
    [entry] = Run([Card(ramp(0.0, 200.0, 36.0), counts=False)], 0, 9, 18, 27, 36).entries()
    error = 200 * (9 / 2 + 2.5 * 0.1) + 200 * 0.1
    assert f"at most {error / 3.6e6:.3g} kWh" in entry.method
    assert entry.energy.high and joules(entry.energy.high.number) == pytest.approx(3600 * 1.05 + error)


def test_each_card_has_its_entry_and_kinds_of_cards_are_counted() -> None:
    run = Run([Card(), Card(uuid="GPU-bbbb", counts=False)], 0, 36)
    assert [(entry.origin, entry.devices) for entry in run.entries()] == [
        ("counter", ("GPU-aaaa",)),
        ("integrated", ("GPU-bbbb",)),
    ]
    [device] = gpu_devices(run.described)
    assert (device.name, device.count, device.identifiers) == ("NVIDIA H100 80GB HBM3", 2, ("GPU-aaaa", "GPU-bbbb"))
    assert device.memory and device.memory.amount == 80e9


@pytest.mark.parametrize(("cards", "frequent"), [([Card()], False), ([Card(), Card(counts=False)], True), ([], False)])
def test_only_a_card_without_counter_needs_frequent_samples(cards: list[Card], frequent: bool) -> None:
    assert Run(cards, 0, 1).source.samples_power() is frequent


def test_a_counter_that_was_reset_goes_on() -> None:
    card = Card(constant(100.0), reset=10.5)
    run = Run([card], *range(21))
    [entry] = run.entries()
    assert joules(entry.energy.amount) == pytest.approx(2000 - 50)  # of the second of the reset, half was lost
    assert entry.energy.high and entry.energy.low
    half = 0.05 * 1950 + 0.1 * 100 + 100  # of the reading, of the edges, and of that second
    assert joules(entry.energy.high.number) == pytest.approx(1950 + half)
    assert "the counter was reset 1 times" in entry.method


@pytest.mark.parametrize("counts", [True, False])
def test_a_card_that_vanishes_keeps_what_was_counted(counts: bool) -> None:
    run = Run([Card(constant(100.0), counts=counts, lost=lambda t: t > 20)], *range(31))
    assert run.joules() == pytest.approx(2000)
    assert run.reasons() == [
        "NVIDIA H100 80GB HBM3 (GPU-aaaa) could not be read for 10 of 30 s: GPU is lost; check that `nvidia-smi` works"
        " for this user, and install `ai-lca[nvidia]`. Its energy of that time is missing"
    ]


def test_a_counter_that_comes_back_has_counted_meanwhile() -> None:
    run = Run([Card(constant(100.0), lost=lambda t: 10 < t < 20)], *range(31))
    assert (run.joules(), run.reasons()) == (pytest.approx(3000), [])


def test_power_that_was_not_seen_is_missing() -> None:
    run = Run([Card(constant(100.0), counts=False, lost=lambda t: 10 < t < 20)], *range(31))
    assert run.joules() == pytest.approx(2000)
    assert "could not be read for 10 of 30 s" in run.reasons()[0]


def test_a_card_that_is_lost_from_the_start_is_unmeasured() -> None:
    run = Run([Card(lost=lambda t: True)], 0, 36)
    assert run.entries() == [] and "could not be read for 36 of 36 s: GPU is lost" in run.reasons()[0]


def test_a_counter_that_does_not_move_is_unmeasured_and_not_zero() -> None:
    run = Run([Card(refresh=0.1)], 0.01, 0.05)
    assert run.entries() == [] and "did not move: measure a longer run" in run.reasons()[0]


class WithoutDriver(Api):
    def nvmlInit(self) -> None:
        raise self.NVMLError("Driver Not Loaded")


def without_driver(root: Path) -> list[Any]:
    source = Nvml(lambda fresh: set(), WithoutDriver(Clock()), root)
    source.start(0.0)
    span = Span(1.0, source.read(1.0))
    source.stop()
    return list(gpu_energies(source.described(), span))


def test_no_driver_and_no_card_is_nothing(tmp_path: Path) -> None:
    assert without_driver(tmp_path) == []


def test_a_card_without_driver_is_unmeasured(tmp_path: Path) -> None:
    device = tmp_path / "sys/bus/pci/devices/0000:01:00.0"
    device.mkdir(parents=True)
    (device / "vendor").write_text("0x10de\n")
    (device / "class").write_text("0x030200\n")
    [finding] = without_driver(tmp_path)
    assert finding.component == "gpu"
    assert "Driver Not Loaded" in finding.reason and "`nvidia-smi`" in finding.reason


@pytest.mark.parametrize(("vendor", "kind"), [("0x8086", "0x030000"), ("0x10de", "0x040300")])
def test_other_devices_are_no_card(tmp_path: Path, vendor: str, kind: str) -> None:
    device = tmp_path / "sys/bus/pci/devices/0000:01:00.0"
    device.mkdir(parents=True)
    (device / "vendor").write_text(vendor)
    (device / "class").write_text(kind)
    assert without_driver(tmp_path) == []


def test_no_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nvml, "_package", lambda: None)
    for expected in (0, 1):
        source = Nvml(lambda fresh: set(), root=tmp_path)
        source.start(0.0)
        source.stop()
        assert len(list(gpu_energies(source.described(), Span(1.0, {})))) == expected
        (tmp_path / "dev").mkdir(exist_ok=True)
        (tmp_path / "dev/nvidia0").touch()
