from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca.inventory.catalogue import Catalogue
from lca.measure.meter.machine import pseudonym
from lca.measure.ranks.distributed import file_of_rank, part
from lca.measure.ranks.energies import CannotMerge
from lca.measure.ranks.merge import merge
from lca.measurement.record import Measurement
from lca.quantities.records import Quantity
from lca.quantities.units import Amount

START = datetime(2026, 1, 1, tzinfo=UTC)


def entry(component: str, joules: float, devices: Sequence[str] = (), **changes: Any) -> dict[str, Any]:
    origin = "counter" if devices else "modelled"
    energy = changes.pop("energy", {"value": f"{joules!r} J"})
    return {"component": component, "energy": energy, "origin": origin, "method": "m", "devices": devices, **changes}


def rank(number: int, ranks: int = 2, offset: float = 0.0, seconds: float = 100.0, **changes: Any) -> Measurement:
    """The record of a rank that began `offset` seconds after the first and ran for so many seconds."""
    place = {"run": "r", "rank": number, "ranks": ranks, "node": changes.pop("node", "a"), **changes.pop("part", {})}
    began = START + timedelta(seconds=offset)
    return Measurement.model_validate(
        {
            "name": "x",
            "phase": "training",
            "started": began,
            "ended": began + timedelta(seconds=seconds),
            "duration": f"{seconds!r} s",
            "part": place,
            **changes,
        }
    )


def joules(record: Measurement) -> dict[tuple[str, ...], float]:
    return {(e.component, *e.devices): round(e.energy.amount * 3.6e6, 6) for e in record.energy}


def test_processes_add_up_and_shared_devices_count_once() -> None:
    one = rank(0, energy=[entry("gpu", 1000, ["G"]), entry("cpu", 10), entry("memory", 1)])
    two = rank(1, energy=[entry("gpu", 1100, ["G"]), entry("cpu", 20), entry("memory", 2)], offset=-5)
    merged = merge([one, two])
    assert joules(merged) == {("gpu", "G"): 1100, ("cpu",): 30, ("memory",): 3}
    assert (merged.started, merged.ended) == (two.started, one.ended)
    assert merged.duration.amount * 3600 == pytest.approx(105)
    assert (merged.part, merged.interrupted, merged.comment) == (None, False, None)
    assert "counted once, of ranks 0, 1" in merged.energy[0].method


def test_distinct_devices_add_up() -> None:
    merged = merge([rank(n, energy=[entry("gpu", 100 * (n + 1), [f"G{n}"])]) for n in (1, 0)])
    assert joules(merged) == {("gpu", "G0"): 100, ("gpu", "G1"): 200}


def test_shares_of_a_device_add_up() -> None:
    parts = [rank(n, energy=[entry("gpu", 100 * (n + 1), ["G"], share=0.1 * (n + 1))]) for n in (0, 1)]
    merged = merge(parts)
    assert joules(merged) == {("gpu", "G"): 300}
    assert merged.energy[0].share == pytest.approx(0.3)


def test_a_share_is_inside_what_another_rank_counts_as_a_whole() -> None:
    parts = [rank(0, energy=[entry("gpu", 1000, ["G"])]), rank(1, energy=[entry("gpu", 300, ["G"], share=0.3)])]
    assert joules(merge(parts)) == {("gpu", "G"): 1000}


def test_wholes_that_overlap_in_part_are_refused() -> None:
    parts = [rank(0, energy=[entry("cpu", 1, ["p0"])]), rank(1, energy=[entry("cpu", 2, ["p0", "p1"])])]
    with pytest.raises(CannotMerge, match="ranks 0 and 1 count devices that overlap in part"):
        merge(parts)


def test_ranges_add_up_as_if_all_were_wrong_alike() -> None:
    def ranged(value: float, low: float, high: float, shape: str) -> dict[str, Any]:
        return {"value": f"{value} J", "low": f"{low} J", "high": f"{high} J", "distribution": shape}

    lognormal = (
        merge(
            [
                rank(n, energy=[entry("cpu", 0, energy=ranged(v, v / 2, v * 2, "lognormal"))])
                for n, v in ((0, 10), (1, 30))
            ]
        )
        .energy[0]
        .energy
    )
    assert lognormal.low and lognormal.high
    assert [q * 3.6e6 for q in (lognormal.low.number, lognormal.amount, lognormal.high.number)] == pytest.approx(
        [20, 40, 80]
    )
    normal = (
        merge(
            [rank(0, energy=[entry("cpu", 0, energy=ranged(10, 8, 12, "normal"))]), rank(1, energy=[entry("cpu", 5)])]
        )
        .energy[0]
        .energy
    )
    assert normal.low and normal.high and normal.distribution == "normal"
    assert [q * 3.6e6 for q in (normal.low.number, normal.amount, normal.high.number)] == pytest.approx([13, 15, 17])


@given(st.lists(st.tuples(st.floats(0.1, 1e6), st.integers(0, 3)), min_size=1, max_size=8))
def test_no_energy_is_lost_and_none_twice(found: list[tuple[float, int]]) -> None:
    """Each rank has a process of its own and one whole GPU, perhaps that of another rank."""
    ranks = len(found)
    parts = [rank(n, ranks, energy=[entry("cpu", e), entry("gpu", e, [f"G{g}"])]) for n, (e, g) in enumerate(found)]
    merged = joules(merge(parts))
    assert merged.pop(("cpu",)) == pytest.approx(sum(e for e, _ in found))
    most = {("gpu", f"G{g}"): max(e for e, of in found if of == g) for g in {g for _, g in found}}
    assert merged == pytest.approx(most, rel=1e-5)


def test_facts_of_the_run() -> None:
    one = rank(
        0,
        amount="10 item",
        quality={"accuracy": 0.9},
        model="cnn",
        seed=0,
        batch=8,
        computation="5 FLOP",
        peak_memory={"gpu": "1 GB"},
        price={"per_hour": 2.0, "currency": "EUR"},
        utilisation={"cpu": 0.5, "cpu-process": 0.2, "gpu": 0.8},
        comment="one",
        devices=[{"kind": "gpu", "name": "H", "count": 1, "identifiers": ["G"]}],
        unmeasured=[{"component": "cpu", "reason": "ask root"}],
        idle=[{"component": "cpu", "power": "50 W", "origin": "counter"}],
    )
    two = rank(
        1,
        amount="20 item",
        model="cnn",
        seed=1,
        batch=8,
        computation="7 FLOP",
        peak_memory={"gpu": "2 GB"},
        price={"per_hour": 2.0, "currency": "EUR"},
        utilisation={"cpu": 0.7, "cpu-process": 0.3, "gpu": 0.6},
        devices=[{"kind": "gpu", "name": "H", "count": 2, "identifiers": ["G", "F"]}],
        unmeasured=[{"component": "cpu", "reason": "ask root"}],
        interrupted=True,
        idle=[{"component": "cpu", "power": "52 W", "origin": "counter"}],
    )
    merged = merge([two, one])
    assert merged.amount == (30.0, "item") and merged.quality == {"accuracy": 0.9}
    assert (merged.model, merged.seed, merged.batch) == ("cnn", None, 8)
    assert merged.computation and merged.computation.amount == 12
    assert merged.throughput and (merged.throughput.amount, merged.throughput.unit) == (pytest.approx(1080), "item/h")
    assert merged.peak_memory["gpu"].amount == 3e9
    assert merged.price and merged.price.per_hour == 2.0  # one machine
    assert merged.utilisation == pytest.approx({"cpu": 0.6, "cpu-process": 0.5, "gpu": 0.7})
    assert [(d.count, d.identifiers) for d in merged.devices] == [(2, ("G", "F"))]
    assert [fault.reason for fault in merged.unmeasured] == ["rank 0, 1: ask root"]
    assert [round(idle.power.amount * 1000) for idle in merged.idle] == [52]
    assert (merged.interrupted, merged.comment) == (True, "one")


def test_machines_are_paid_and_idle_each() -> None:
    parts = [
        rank(
            n,
            node=node,
            price={"per_hour": 2.0, "currency": "EUR"},
            utilisation={"cpu-process": share},
            idle=[{"component": "cpu", "power": "50 W", "origin": "counter"}],
        )
        for n, (node, share) in enumerate((("a", 0.2), ("b", 0.4)))
    ]
    merged = merge(parts)
    assert merged.price and merged.price.per_hour == 4.0
    assert [round(idle.power.amount * 1000) for idle in merged.idle] == [100]
    assert merged.utilisation == pytest.approx({"cpu-process": 0.3})
    with pytest.raises(CannotMerge, match="currencies"):
        merge([parts[0], rank(1, node="b", price={"per_hour": 2.0, "currency": "USD"})])


def test_windows_of_the_same_name_are_one() -> None:
    def window(name: str, start: float, seconds: float, energy: float) -> dict[str, Any]:
        return {"name": name, "start": f"{start} s", "duration": f"{seconds} s", "energy": [entry("cpu", energy)]}

    one = rank(0, windows=[window("epoch", 0, 10, 1), window("epoch", 10, 10, 2), window("mine", 5, 1, 4)])
    two = rank(1, windows=[window("epoch", 0, 12, 8), window("epoch", 12, 10, 16)], offset=3)
    found = [
        (w.name, round(w.start.amount * 3600, 6), round(w.duration.amount * 3600, 6), joules_of(w))
        for w in merge([one, two]).windows
    ]
    assert found == [("epoch", 0, 15, 9), ("epoch", 10, 15, 18), ("mine", 5, 1, 4)]


def joules_of(window: Any) -> float:
    return round(sum(entry.energy.amount for entry in window.energy) * 3.6e6, 6)


def test_power_is_the_sum_of_the_ranks() -> None:
    def series(times: Sequence[float], powers: Sequence[float]) -> list[dict[str, Any]]:
        return [{"component": "cpu", "times": times, "powers": powers}]

    one = rank(0, energy=[entry("cpu", 30)], power=series([1.0, 2.0], [10.0, 20.0]), seconds=2)
    two = rank(1, energy=[entry("cpu", 100)], power=series([2.0], [50.0]), offset=0.5, seconds=2)
    [found] = merge([one, two]).power
    assert found.times == (0.5, 1.0, 2.0, 2.5) and found.powers == (10.0, 60.0, 70.0, 50.0)
    edges = (0.0, *found.times)
    total = sum(p * (b - a) for p, a, b in zip(found.powers, edges, found.times, strict=False))
    assert total == pytest.approx(130)


def test_wattmeters_of_the_nodes_add_up() -> None:
    parts = [rank(n, 3, node=node, it_energy="1 kWh") for n, node in enumerate("aab")]
    merged = merge(parts)
    assert merged.it_energy and merged.it_energy.amount == 2.0
    with pytest.raises(CannotMerge, match="node b has no wattmeter"):
        merge([*parts[:2], rank(2, 3, node="b", energy=[entry("cpu", 1)])])


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ([], "no record"),
        ([rank(0).model_copy(update={"part": None}), rank(1)], "'x' is no part"),
        ([rank(0), rank(1, part={"run": "other"})], "differ in their run: rank 1 has 'other', rank 0 has 'r'"),
        ([rank(0), rank(1, 3)], "number of ranks"),
        ([rank(0), rank(1).model_copy(update={"schema_version": 0})], "schema"),
        ([rank(0), rank(1, phase="inference")], "phase"),
        ([rank(0), rank(1), rank(1)], "rank 1 is given 2 times"),
        ([rank(0)], "of 2 ranks 1 is missing"),
        ([rank(2, 5), rank(0, 5)], "of 5 ranks 1, 3, 4 are missing"),
        ([rank(0, amount="1 item"), rank(1, amount="1 token")], "different services"),
    ],
)
def test_what_is_not_one_run_is_refused(parts: list[Measurement], what: str) -> None:
    with pytest.raises(CannotMerge, match=what):
        merge(parts)


def test_a_missing_rank_may_be_allowed_and_is_named() -> None:
    merged = merge([rank(0, 3, energy=[entry("cpu", 1)])], allow_missing=True)
    assert merged.interrupted and merged.comment == "of 3 ranks 1, 2 are missing"


def test_the_rank_is_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT", "SLURM_JOB_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("TORCHELASTIC_RESTART_COUNT", raising=False)
    assert part() is None and file_of_rank(Path("a/run.json"), None) == Path("a/run.json")
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert part() is None
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert (part() or {})["run"] == "unnamed"
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "none")
    monkeypatch.setenv("MASTER_PORT", "29500")
    found = part()
    assert found and (found["run"], found["rank"], found["ranks"]) == (pseudonym("none:29500"), 1, 4)
    assert found["node"] == pseudonym(platform.node())
    assert file_of_rank(Path("a/run.json"), found) == Path("a/run.rank-1.json")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "2")
    assert (part() or {})["run"] == pseudonym("none:29500:2")
    assert (part(3, 8) or {})["rank"] == 3


TRAINED = """
import os, sys
import torch
import torch.distributed as dist
from lca.inventory.catalogue import Catalogue
from lca.measure.meter.meter import EnergyMeter

dist.init_process_group("gloo")
with EnergyMeter("ranks", output=sys.argv[1], interval=0.1, location={"country": "FR"}) as meter:
    network = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(64, 64))
    meter.model(network.module)
    for epoch in meter.epochs(range(3)):
        for _ in range(50):
            network(torch.randn(32, 64)).sum().backward()
    meter.delivers("4800 item")
dist.destroy_process_group()
"""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:the catalogue does not know")
def test_ranks_of_torchrun_become_one_record(tmp_path: Path, empty: Catalogue) -> None:
    pytest.importorskip("torch")
    (tmp_path / "train.py").write_text(TRAINED)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [*command, str(tmp_path / "train.py"), str(tmp_path / "run.json")],
        capture_output=True,
        text=True,
        timeout=120,
        env={"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    written = sorted(path.name for path in tmp_path.glob("run*"))
    assert written == ["run.rank-0.json", "run.rank-1.json"]
    parts = [Measurement.load(tmp_path / name) for name in written]
    assert [one.part and (one.part.rank, one.part.ranks) for one in parts] == [(0, 2), (1, 2)]
    assert parts[0].part and parts[1].part and parts[0].part.run == parts[1].part.run
    merged = merge(parts)
    for component in ("cpu", "memory"):
        each = [sum(e.energy.amount for e in one.energy if e.component == component) for one in parts]
        whole = sum(e.energy.amount for e in merged.energy if e.component == component)
        assert whole == pytest.approx(sum(each)) and min(each) > 0
    assert merged.amount == (9600.0, "item") and (merged.model, merged.model_parameters) == ("Linear", 4160)
    assert [window.name for window in merged.windows] == ["epoch 0", "epoch 1", "epoch 2"]
    assert [(d.kind, d.count) for d in merged.devices][:2] == [(d.kind, d.count) for d in parts[0].devices][:2]
    merged.save(tmp_path / "merged.json")
    assert Measurement.load(tmp_path / "merged.json") == merged


def test_idle_powers_of_unlike_origins_stay_apart() -> None:
    def idle(origin: str) -> list[dict[str, str]]:
        return [{"component": "gpu", "power": "50 W", "origin": origin}]

    merged = merge([rank(0, node="a", idle=idle("counter")), rank(1, node="b", idle=idle("integrated"))])
    assert {(str(each.origin), round(each.power.amount * 1000)) for each in merged.idle} == {
        ("counter", 50),
        ("integrated", 50),
    }


def test_several_nodes_are_said() -> None:
    with pytest.warns(UserWarning, match=r"the run had 2 nodes \(a, b\): count as many servers in a scenario"):
        merged = merge([rank(0, node="a"), rank(1, node="b")])
    assert merged.comment == "ran on 2 nodes at once"


def test_a_wattmeter_takes_the_place_of_what_the_ranks_of_its_node_counted() -> None:
    plugged = rank(0).model_copy(update={"energy": (), "it_energy": Quantity(value=Amount(1.0, "kWh_it"))})
    merged = merge([plugged, rank(1, energy=[entry("cpu", 5.0)])])
    assert (merged.energy, merged.unmeasured) == ((), ())
    assert merged.it_energy is not None and merged.it_energy.amount == 1.0
