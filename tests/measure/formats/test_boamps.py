from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from importing import Refused, Take, Written

REPORT = "boamps/wattmeter.json"


def test_a_report_of_codecarbon_contains_a_pue_that_it_does_not_state(take: Take, refused: Refused) -> None:
    problem = refused("boamps", "boamps/codecarbon.json")
    assert problem.field == "measures[0].powerConsumption" and problem.line == 33 and "--pue" in problem.remedy
    record = take("boamps", "boamps/codecarbon.json", pue=1.25)
    (entry,) = record.energy
    assert entry.component == "other" and entry.energy.amount == pytest.approx(0.0006439333721437042 / 1.25, rel=1e-12)
    assert record.unmeasured == () and "does not divide it among components" in entry.method
    assert (record.phase, record.model, record.quality) == ("inference", "cnn", {"accuracy": 0.97})
    assert str(record.amount) == "1000.0 inference"
    assert record.ended.isoformat() == "2026-11-21T01:18:52"  # CodeCarbon writes the end
    assert [(d.kind, d.count, d.name) for d in record.devices][1] == ("gpu", 2, "NVIDIA A100-SXM4-80GB")


def test_power_consumption_is_an_energy_in_kwh(take: Take) -> None:
    record = take("boamps", REPORT, run="2")
    assert record.energy[0].energy.value == pytest.approx((2.0, "kWh_component"))
    assert record.duration.amount == pytest.approx(2.0)
    assert record.started.isoformat() == "2026-03-15T10:00:00" and record.phase == "training"
    assert (record.location.region, record.location.provider) == ("france", "ovh")
    assert record.devices[0].memory.amount == 32e9


def test_measures_are_not_added_up(refused: Refused) -> None:
    problem = refused("boamps", REPORT)
    assert problem.field == "measures" and "1: wattmeter, 2: carbonai" in problem.what


def test_a_wattmeter_may_be_anywhere(take: Take, refused: Refused) -> None:
    problem = refused("boamps", REPORT, run="1")
    assert problem.field == "measures[0].measurementMethod" and "--covers" in problem.remedy
    record = take("boamps", REPORT, run="1", covers="node")
    assert record.it_energy.value == pytest.approx((2.5, "kWh_it")) and record.energy == record.unmeasured == ()
    gpu = take("boamps", REPORT, run="1", covers="gpu")
    assert [e.component for e in gpu.energy] == ["gpu"]
    assert [g.component for g in gpu.unmeasured] == ["cpu", "memory"]


@pytest.mark.parametrize(
    "change, field, what",
    [
        ({"powerConsumption": -1}, "measures[0].powerConsumption", "greater than or equal to 0"),
        ({"powerConsumption": "=1+1"}, "measures[0].powerConsumption", "valid number"),
        ({"powerConsumption": 1e300}, "measures[0].powerConsumption", "less than or equal"),
        ({"measurementDuration": None}, "measures[0].measurementDuration", "how long"),
        ({"measurementDateTime": None}, "measures[0]", "when the task began"),
        ({"measurementDateTime": "soon"}, "measures[0].measurementDateTime", "not a time"),
        ({"measurementMethod": None}, "measures[0].measurementMethod", "valid string"),
    ],
)
def test_refused_by_field(
    refused: Refused, written: Written, fixtures: Path, change: Any, field: str, what: str
) -> None:
    report = json.loads((fixtures / REPORT).read_text())
    report["measures"] = [{**report["measures"][1], **change}]
    problem = refused("boamps", written("report.json", json.dumps(report, indent=1)))
    assert problem.field == field and what in problem.what and problem.line > 1


def test_no_energy_is_not_measured(take: Take, written: Written, fixtures: Path) -> None:
    report = json.loads((fixtures / REPORT).read_text())
    report["measures"] = [{**report["measures"][1], "powerConsumption": 0}]
    record = take("boamps", written("report.json", json.dumps(report)))
    assert record.energy == () and {gap.component for gap in record.unmeasured} == {"cpu", "gpu", "memory"}
