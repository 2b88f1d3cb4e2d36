from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated import Api, Card, Clock, Process, Slice, constant, joules, ramp

from lca.measure import nvml
from lca.measure.counted import gpu_devices, gpu_energies, gpu_peak, gpu_utilisation
from lca.measure.figures import Entry
from lca.measure.nvml import Nvml
from lca.measure.source import Reading, Span
from lca.measurement import EnergyEntry, Unmeasured


@pytest.fixture(autouse=True)
def _all_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


class Run:
    """Cards that were read at some times."""

    def __init__(self, cards: Iterable[Card], *times: float, ids: set[int] = frozenset(), exists: Any = None) -> None:  # type: ignore[assignment]
        clock = Clock()
        self.api = Api(clock, *cards)
        self.source = Nvml(lambda fresh: set(ids), self.api, exists=exists or (lambda pid: True))
        clock.now = times[0]
        self.source.start(clock.now)
        readings = []
        for clock.now in times:
            readings.append(Reading(clock.now, self.source.read(clock.now)))
        self.source.stop()
        self.span, self.described = Span.between(readings[0], readings[-1]), self.source.described()

    def findings(self, whole: bool = False) -> list[EnergyEntry | Unmeasured]:
        found = gpu_energies(self.described, self.span, whole)
        return [finding.entry if isinstance(finding, Entry) else finding for finding in found]

    def entries(self, whole: bool = False) -> list[EnergyEntry]:
        return [finding for finding in self.findings(whole) if isinstance(finding, EnergyEntry)]

    def reasons(self) -> list[str]:
        return [finding.reason for finding in self.findings() if isinstance(finding, Unmeasured)]

    def joules(self) -> float:
        return joules(sum(entry.energy.amount for entry in self.entries()))


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
    doubt = 200 * (9 / 2 + 2.5 * 0.1) + 200 * 0.1
    assert f"at most {doubt / 3.6e6:.3g} kWh" in entry.method
    assert entry.energy.high and joules(entry.energy.high.number) == pytest.approx(3600 * 1.05 + doubt)


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


@pytest.mark.parametrize(
    ("visible", "watts"),
    [
        (None, 7), ("0", 1), ("1", 2), ("0,2", 5), (" 1 , 2", 6), ("0,0", 1), ("0,9,2", 1), ("-1,0", 0),
        ("GPU-b", 2), ("GPU-ab,GPU-aaa", 5), ("GPU-a,0", 0), ("2,MIG-none,1", 4),
    ],
)  # fmt: skip
def test_only_visible_cards_count(monkeypatch: pytest.MonkeyPatch, visible: str | None, watts: int) -> None:
    """The list ends at the first entry that names no card; an abbreviated UUID names one only if it is unambiguous."""
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    cards = [Card(constant(w), uuid=uuid) for w, uuid in ((1.0, "GPU-aaaa"), (2.0, "GPU-bbbb"), (4.0, "GPU-abab"))]
    assert Run(cards, 0, 3600).joules() == pytest.approx(watts * 3600)


def test_hidden_cards_are_nothing_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    run = Run([Card()], 0, 36)
    assert (run.findings(), list(gpu_devices(run.described)), run.api.initialised) == ([], [], 0)


@pytest.mark.parametrize(("order", "unsure"), [(None, True), ("PCI_BUS_ID", False)])
def test_unlike_cards_by_number_need_the_order_of_the_bus(
    monkeypatch: pytest.MonkeyPatch, order: str | None, unsure: bool
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.delenv("CUDA_DEVICE_ORDER", raising=False)
    if order:
        monkeypatch.setenv("CUDA_DEVICE_ORDER", order)
    like, unlike = Card(uuid="GPU-b"), Card(uuid="GPU-b", name="NVIDIA T4")
    assert "CUDA_DEVICE_ORDER" not in Run([Card(), like], 0, 36).entries()[0].method
    assert ("CUDA_DEVICE_ORDER" in Run([Card(), unlike], 0, 36).entries()[0].method) is unsure


@pytest.mark.parametrize("visible", ["MIG-b", "0", None])
def test_a_slice_has_its_part_of_the_card(monkeypatch: pytest.MonkeyPatch, visible: str | None) -> None:
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    card = Card(constant(100.0), slices=(Slice("MIG-a", 20e9), Slice("MIG-b", 40e9)))
    run = Run([card], 0, 36)
    [entry] = run.entries()
    uuid, share = ("MIG-b", 0.5) if visible == "MIG-b" else ("MIG-a", 0.25)  # CUDA shows the first one of a card
    assert (entry.devices, entry.share, run.joules()) == ((uuid,), share, pytest.approx(3600 * share))
    assert f"of the card the {share} that the slice (MIG) has of its memory" in entry.method
    [device] = gpu_devices(run.described)
    assert device.memory and device.memory.amount == 80e9 * share
    assert gpu_utilisation(run.described, run.span) == {}


def test_the_cards_of_the_run_are_those_that_it_was_seen_on() -> None:
    mine, others = Process(7), Process(8)
    cards = [
        Card(constant(100.0), uuid="GPU-a", on_it=lambda t: [mine]),
        Card(constant(200.0), uuid="GPU-b", on_it=lambda t: []),
        Card(constant(400.0), uuid="GPU-c", on_it=lambda t: [others]),
    ]
    run = Run(cards, 0, 36, ids={7})
    assert [entry.devices for entry in run.entries()] == [("GPU-a",)]
    assert "which nobody else used" in run.entries()[0].method
    unseen = Run(cards, 0, 36, ids={9})  # it may be on the idle one, where a container hides it
    assert [entry.devices for entry in unseen.entries()] == [("GPU-b",)]
    assert "no process of the run was seen on it" in unseen.entries()[0].method


def test_a_card_counts_from_when_the_run_is_on_it() -> None:
    mine = Process(7)
    run = Run([Card(constant(100.0), on_it=lambda t: [mine] if t >= 10 else [])], *range(31), ids={7})
    [entry] = run.entries()
    assert joules(entry.energy.amount) == pytest.approx(2100)  # the second in which it came is its own
    assert entry.share == pytest.approx(0.7) and "while the run was on it" in entry.method
    assert run.entries(whole=True)[0].share is None
    assert joules(run.entries(whole=True)[0].energy.amount) == pytest.approx(3000)


def test_a_shared_card_is_divided_by_computing_time_and_by_memory_where_nobody_computes() -> None:
    def on_it(t: float) -> list[Process]:
        busy = 1.0 if t <= 10 else 0.0
        return [Process(7, lambda t: 0.2 * busy, 3e9), Process(8, lambda t: 0.6 * busy, 1e9)]

    run = Run([Card(constant(100.0), on_it=on_it)], *range(21), ids={7})
    [entry] = run.entries()
    assert joules(entry.energy.amount) == pytest.approx(1000 / 4 + 1000 * 3 / 4)
    assert entry.share == pytest.approx(0.5) and "time on its multiprocessors" in entry.method


def test_without_memory_the_idle_card_is_divided_by_heads() -> None:
    on_it = [Process(7, memory=None), Process(8, memory=None)]
    assert Run([Card(constant(100.0), on_it=lambda t: on_it)], *range(11), ids={7}).joules() == pytest.approx(500)


def test_processes_of_another_namespace_cannot_be_told_apart() -> None:
    card = Card(constant(100.0), on_it=lambda t: [Process(4711)])
    run = Run([card], 0, 36, ids={7}, exists=lambda pid: False)
    [entry] = run.entries()
    assert (entry.share, run.joules()) == (None, pytest.approx(3600))
    assert "whose processes are on it cannot be told here" in entry.method


def test_a_new_process_on_the_card_may_be_a_child_that_is_not_known_yet() -> None:
    looks = list[bool]()

    def ids(fresh: bool) -> set[int]:
        looks.append(fresh)
        return {7, 8} if fresh else {7}

    clock = Clock()
    source = Nvml(ids, Api(clock, Card(on_it=lambda t: [Process(7), Process(8), Process(9)])), exists=lambda pid: True)
    source.start(0.0)
    assert looks == [False, True]
    clock.now = 1.0
    source.read(1.0)
    assert looks == [False, True, False, True]  # 8 is not in the list without a fresh look; 9 is a known stranger


def test_torch_tells_which_card_it_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = SimpleNamespace(
        is_initialized=lambda: True, device_count=lambda: 2, memory_reserved=lambda i: [0, 5e9][i],
        max_memory_reserved=lambda i: 6e9, get_device_properties=lambda i: SimpleNamespace(uuid=["aaaa", "bbbb"][i]),
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))
    cards = [Card(uuid="GPU-aaaa"), Card(uuid="GPU-bbbb")]
    run = Run(cards, 0, 36)
    assert [entry.devices for entry in run.entries()] == [("GPU-bbbb",)]
    assert gpu_peak(run.described, run.span) == 6e9


def test_utilisation_and_peak_memory() -> None:
    def on_it(t: float) -> list[Process]:
        return [Process(7, lambda t: 0.5, 1e9 + t * 1e8)] if t < 10 else [Process(7, lambda t: 0.0, 1e9)]

    run = Run([Card(on_it=on_it)], *range(21), ids={7})
    assert gpu_utilisation(run.described, run.span) == pytest.approx({"gpu": 0.5 * 9 / 20, "gpu-memory": 0.25 * 9 / 20})
    assert gpu_peak(run.described, run.span) == 1.9e9


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
