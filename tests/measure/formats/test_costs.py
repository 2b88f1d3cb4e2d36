from __future__ import annotations

from typing import Any

import pytest

from lca.measure.costs import MISSING, UNITS, CostRow, cost_table
from lca.measurement.record import Measurement

BASE = {
    "schema": 1,
    "started": "2026-03-01T00:00:00Z",
    "ended": "2026-03-01T02:00:00Z",
    "duration": "2 h",
    "devices": [
        {"kind": "gpu", "name": "A100", "count": 4},
        {"kind": "cpu", "name": "EPYC", "count": 2},
        {"kind": "memory", "name": "memory", "count": 1, "memory": "512 GB"},
    ],
    "energy": [
        {"component": "gpu", "energy": "3 kWh", "origin": "counter", "method": "m"},
        {"component": "cpu", "energy": "1 kWh", "origin": "modelled", "method": "m"},
    ],
    "utilisation": {"gpu": 0.75},
    "price": {"per_hour": 12.5, "currency": "EUR"},
}


def record(name: str, phase: str = "training", **fields: object) -> Measurement:
    return Measurement.model_validate({**BASE, "name": name, "phase": phase, **fields})


def test_one_run_by_device_type() -> None:
    cpu, gpu, memory, whole = cost_table([record("a")])
    assert gpu == CostRow("training", "a", "gpu: 4 × A100", 2.0, 8.0, 3.0, "counter", 75.0, "", "")
    assert cpu == CostRow("training", "a", "cpu: 2 × EPYC", 2.0, 4.0, 1.0, "modelled", MISSING, "", "")
    assert memory == CostRow("training", "a", "memory", 2.0, "", MISSING, MISSING, MISSING, "", "")
    assert whole == CostRow("training", "a", "all", 2.0, "", 4.0, "counter 75 %, modelled 25 %", "", 25.0, "EUR")
    assert UNITS == {"runtime": "h", "device_time": "h", "energy": "kWh", "utilisation": "%"}


def test_training_and_inference_apart_and_summed_apart() -> None:
    rows = cost_table([record("i", "inference"), record("a"), record("b"), record("j", "inference")])
    assert [(r.phase, r.run) for r in rows if r.device == "all"] == [
        ("training", "a"),
        ("training", "b"),
        ("training", "all 2 runs"),
        ("inference", "i"),
        ("inference", "j"),
        ("inference", "all 2 runs"),
    ]
    (total,) = [r for r in rows if r.run == "all 2 runs" and r.phase == "training"]
    assert total == CostRow(
        "training", "all 2 runs", "all", 4.0, "", 8.0, "counter 75 %, modelled 25 %", "", 50.0, "EUR"
    )


def test_what_is_not_known_is_missing_and_so_is_its_sum() -> None:
    gap = {"component": "memory", "reason": "r"}
    unknown = record("b", unmeasured=[gap], price=None, devices=[])
    rows = cost_table([record("a"), unknown])
    assert [r for r in rows if r.run == "b"] == [
        CostRow("training", "b", "cpu", 2.0, MISSING, 1.0, "modelled", MISSING, "", ""),
        CostRow("training", "b", "gpu", 2.0, MISSING, 3.0, "counter", 75.0, "", ""),
        CostRow("training", "b", "memory", 2.0, "", MISSING, MISSING, MISSING, "", ""),
        CostRow("training", "b", "all", 2.0, "", MISSING, MISSING, "", MISSING, MISSING),
    ]
    assert rows[-1] == CostRow("training", "all 2 runs", "all", 4.0, "", MISSING, MISSING, "", MISSING, MISSING)


def test_currencies_are_not_added() -> None:
    dollars = record("b", price={"per_hour": 1, "currency": "USD"})
    assert cost_table([record("a"), dollars])[-1].money == MISSING


@pytest.mark.parametrize("gaps", [[], [{"component": "gpu", "reason": "r"}]])
def test_a_wattmeter_counts_the_node(gaps: Any) -> None:
    row = cost_table([record("a", energy=[], it_energy="5 kWh", unmeasured=gaps)])[-1]
    assert (row.energy, row.origin) == (5.0, "node at its plug")


def test_a_component_known_in_part_is_missing() -> None:
    rows = cost_table([record("a", unmeasured=[{"component": "gpu", "reason": "one of four"}])])
    assert [(r.device, r.energy) for r in rows if r.device.startswith("gpu")] == [("gpu: 4 × A100", MISSING)]
    assert cost_table([]) == []
