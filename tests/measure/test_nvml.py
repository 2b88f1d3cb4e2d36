from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca.measure import nvml
from lca.measure.nvml import Nvml
from lca.measurement import Device, EnergyEntry, Unmeasured

Curve = Callable[[float], float]


@dataclass
class Card:
    """Curves over time in seconds; `counter` in mJ, `power` in mW."""

    name: str = "NVIDIA H100 80GB HBM3"
    uuid: str = "GPU-aaaa"
    counter: Curve | None = None
    power: Curve = lambda time: 0.0


class Api:
    """NVML of a simulated machine, with its own clock."""

    class NVMLError(Exception):
        pass

    class NVMLError_NotSupported(NVMLError):
        pass

    def __init__(self, *cards: Card) -> None:
        self.cards, self.now, self.lost, self.initialised = cards, 0.0, False, 0

    def clock(self) -> float:
        return self.now

    def nvmlInit(self) -> None:
        self.initialised += 1

    def nvmlShutdown(self) -> None:
        self.initialised -= 1

    def nvmlDeviceGetCount(self) -> int:
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Card:
        return self.cards[index]

    def nvmlDeviceGetName(self, card: Card) -> str:
        return card.name

    def nvmlDeviceGetUUID(self, card: Card) -> str:
        return card.uuid

    def nvmlDeviceGetMemoryInfo(self, card: Card) -> Any:
        return SimpleNamespace(total=80e9)

    def nvmlDeviceGetTotalEnergyConsumption(self, card: Card) -> float:
        if card.counter is None:
            raise self.NVMLError_NotSupported("Not Supported")
        return self._read(card.counter)

    def nvmlDeviceGetPowerUsage(self, card: Card) -> float:
        return self._read(card.power)

    def _read(self, curve: Curve) -> float:
        if self.lost:
            raise self.NVMLError("GPU is lost")
        return curve(self.now)


class WithoutDriver(Api):
    def nvmlInit(self) -> None:
        raise self.NVMLError("Driver Not Loaded")


@pytest.fixture(autouse=True)
def _all_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def measured(api: Api, *times: float) -> list[Any]:
    source = Nvml(api, api.clock)
    first, *between, last = times
    api.now = first
    source.start()
    for api.now in between:
        source.sample()
    api.now = last
    source.stop()
    return list(source.results())


def entries(found: list[Any]) -> list[EnergyEntry]:
    return [finding for finding in found if isinstance(finding, EnergyEntry)]


def test_a_counter_is_read_at_the_edges() -> None:
    api = Api(Card(counter=lambda time: 1e9 + 200_000 * time))  # 200 W
    [device, entry] = measured(api, 5, 6, 41)
    assert (device.name, device.count, device.memory.amount) == ("NVIDIA H100 80GB HBM3", 1, 80e9)
    assert (entry.component, entry.origin) == ("gpu", "counter")
    assert entry.energy.amount == pytest.approx(0.002)  # 200 W for 36 s
    assert (entry.energy.low.number, entry.energy.high.number) == pytest.approx((0.0019, 0.0021))
    assert "1 × NVIDIA H100 80GB HBM3" in entry.method
    assert api.initialised == 0


def test_constant_power_is_integrated_without_sampling_error() -> None:
    [_, entry] = measured(Api(Card(power=lambda time: 100_000)), 0, 1, 20, 36)
    assert entry.origin == "integrated"
    assert entry.energy.amount == pytest.approx(0.001)  # 100 W for 36 s
    assert (entry.energy.low.number, entry.energy.high.number) == pytest.approx((0.00095, 0.00105))
    assert "sampled 4 times" in entry.method and "at most 0 kWh" in entry.method


@given(st.lists(st.floats(0.1, 35.9), max_size=20).map(sorted))
def test_a_ramp_is_integrated_exactly_however_it_is_sampled(between: list[float]) -> None:
    ramp = Card(power=lambda time: 200_000 * time / 36)  # up to 200 W
    [entry] = entries(measured(Api(ramp), 0, *between, 36))
    assert entry.energy.amount == pytest.approx(0.001)


def test_a_ramp_states_its_sampling_error() -> None:
    ramp = Card(power=lambda time: 200_000 * time / 36)
    [entry] = entries(measured(Api(ramp), 0, 9, 18, 27, 36))
    doubt = 0.00025  # half of 200 W over each 9 s = 900 J
    assert f"at most {doubt:.3g} kWh" in entry.method
    assert entry.energy.high and entry.energy.high.number == pytest.approx(0.001 * 1.05 + doubt)


def test_cards_with_and_without_a_counter_are_two_entries() -> None:
    counted, sampled = Card(counter=lambda time: 100_000 * time), Card(power=lambda time: 100_000)
    found = measured(Api(counted, sampled), 0, 36)
    assert [entry.origin for entry in entries(found)] == ["counter", "integrated"]
    assert [entry.energy.amount for entry in entries(found)] == pytest.approx([0.001, 0.001])
    assert [device.count for device in found if isinstance(device, Device)] == [2]


@pytest.mark.parametrize(
    ("visible", "watts"),
    [
        (None, 7), ("0", 1), ("1", 2), ("0,2", 5), (" 1 , 2", 6), ("0,0", 1), ("0,9,2", 1), ("-1,0", 0),
        ("GPU-b", 2), ("GPU-ab,GPU-aaa", 5), ("GPU-a,0", 0),
    ],
)  # fmt: skip
def test_only_visible_cards_count(monkeypatch: pytest.MonkeyPatch, visible: str | None, watts: int) -> None:
    """The list ends at the first entry that names no card; an abbreviated UUID names one only if it is unambiguous."""
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    cards = [
        Card(uuid="GPU-aaaa", counter=lambda time: 1_000 * time),
        Card(uuid="GPU-bbbb", counter=lambda time: 2_000 * time),
        Card(uuid="GPU-abab", counter=lambda time: 4_000 * time),
    ]
    energy = sum(entry.energy.amount for entry in entries(measured(Api(*cards), 0, 3600)))
    assert energy == pytest.approx(watts * 1e-3)


def test_hidden_cards_are_nothing_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert measured(Api(Card(counter=lambda time: time)), 0, 36) == []


def test_a_slice_of_a_card_is_unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "MIG-1234")
    [finding] = measured(Api(Card(counter=lambda time: time)), 0, 36)
    assert isinstance(finding, Unmeasured) and "measure on a whole card" in finding.reason


def without_driver(root: Path) -> list[Any]:
    api = WithoutDriver()
    source = Nvml(api, api.clock, root)
    source.start()
    source.sample()
    source.stop()
    return list(source.results())


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
        source = Nvml(root=tmp_path)
        source.start()
        source.stop()
        assert len(list(source.results())) == expected
        (tmp_path / "dev").mkdir(exist_ok=True)
        (tmp_path / "dev/nvidia0").touch()


@pytest.mark.parametrize("card", [Card(counter=lambda time: time), Card()])
def test_a_card_that_is_lost_is_unmeasured(card: Card) -> None:
    api = Api(card)
    source = Nvml(api, api.clock)
    source.start()
    api.lost = True
    source.sample()
    source.stop()
    findings = list(source.results())
    assert entries(findings) == []
    assert [f.reason for f in findings if isinstance(f, Unmeasured)] == [
        "an NVIDIA GPU is present but cannot be read: GPU is lost; check that `nvidia-smi` works for this user, and"
        " install `ai-lca[nvidia]`"
    ]


def test_a_counter_that_was_reset_is_unmeasured() -> None:
    found = measured(Api(Card(counter=lambda time: 1e6 - time)), 0, 36)
    assert entries(found) == []
    assert "was reset during the run" in found[-1].reason
