"""Which GPUs count: those that CUDA shows, those that the run is on, and slices of them."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from reading import Run
from simulated import Api, Card, Clock, Process, Slice, constant, joules

from lca.measure.counters.nvml import Nvml
from lca.measure.entries.counted import gpu_devices, gpu_peak, gpu_utilisation


@pytest.fixture(autouse=True)
def _all_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


@pytest.mark.parametrize(
    ("visible", "watts"),
    [
        (None, 7),
        ("0", 1),
        ("1", 2),
        ("0,2", 5),
        (" 1 , 2", 6),
        ("0,0", 1),
        ("0,9,2", 1),
        ("-1,0", 0),
        ("GPU-b", 2),
        ("GPU-ab,GPU-aaa", 5),
        ("GPU-a,0", 0),
        ("2,MIG-none,1", 4),
    ],
)
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
        is_initialized=lambda: True,
        device_count=lambda: 2,
        memory_reserved=lambda i: [0, 5e9][i],
        max_memory_reserved=lambda i: 6e9,
        get_device_properties=lambda i: SimpleNamespace(uuid=["aaaa", "bbbb"][i]),
    )
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
