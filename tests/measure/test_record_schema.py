"""What the meter writes follows the published schema of records."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from simulated import Api, Card, Clock, Process, Processes

from lca.inventory.catalogue import Catalogue
from lca.measure.counters.nvml import Nvml
from lca.measure.meter.meter import EnergyMeter
from lca.schemas import schema

pytestmark = pytest.mark.filterwarnings("ignore:the catalogue does not know")


@pytest.fixture
def full(tmp_path: Path, clock: Clock, empty: Catalogue, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A record that has nearly every field."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(
        "lca.measure.meter.meter.time.sleep", lambda seconds: setattr(clock, "now", clock.now + seconds)
    )
    card = Card(on_it=lambda t: [Process(1, lambda t: 0.5)], lost=lambda t: t > 5)
    meter = EnergyMeter(
        "x",
        "inference",
        output=tmp_path / "run.json",
        catalogue=empty,
        clock=clock,
        interval=math.inf,
        baseline=2.0,
        price="1 EUR",
        location={"country": "FR"},
        sources=lambda: (Processes(), Nvml(lambda fresh: {1}, Api(clock, card))),
    )
    meter.belongs(0, 2)
    with meter, meter.window("w"):
        for clock.now in range(3, 11):
            meter.sample()
        meter.delivers("10 inference")
        meter.answered(0.1)
        meter.quality(accuracy=0.9)
        meter.settings(batch=1, seed=0, dtype="float32", framework="mine")
        meter.model("m", parameters=3)
    content: dict[str, Any] = json.loads((tmp_path / "run.rank-0.json").read_text(encoding="utf-8"))
    return content


def faults(content: dict[str, Any]) -> list[str]:
    return [error.message for error in Draft202012Validator(schema("record")).iter_errors(content)]


def test_a_full_record_follows_it(full: dict[str, Any]) -> None:
    assert faults(full) == []
    without = {"task", "it_energy", "computation", "imported", "comment", "profile"}
    assert set(schema("record")["properties"]) - set(full) == without


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        ("schema", 2, "1 was expected"),
        ("phase", "leisure", "is not one of"),
        ("colour", "red", "'colour' was unexpected"),
        ("batch", 0, "is not valid under any"),
        ("batch", 1.5, "is not valid under any"),
        ("interrupted", "no", "is not of type 'boolean'"),
        ("energy", {}, "is not of type 'array'"),
        ("price", {"per_hour": 1.0, "currency": "euro"}, "is not valid under any"),
        ("duration", {"unit": "h"}, "is not valid under any"),
        ("duration", "an hour", "is not valid under any"),
        ("peak_memory", {"disk": {"value": "1 byte"}}, "'disk' is not one of"),
    ],
)
def test_what_does_not_follow_it_is_seen(full: dict[str, Any], path: str, value: object, what: str) -> None:
    assert any(what in fault for fault in faults({**full, path: value}))
