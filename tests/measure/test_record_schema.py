"""The published schema: what is committed is what the model says, and records follow it."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from simulated import Api, Card, Clock, Process, Processes

from lca.builtin import folder
from lca.inventory.catalogue import Catalogue
from lca.measure.counters.nvml import Nvml
from lca.measure.meter.meter import EnergyMeter
from lca.measure.schema import FILE, schema
from lca.measurement.record import SCHEMA

pytestmark = pytest.mark.filterwarnings("ignore:the catalogue does not know")
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
KNOWN = {
    "$ref",
    "$schema",
    "$defs",
    "additionalProperties",
    "anyOf",
    "const",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maximum",
    "minimum",
    "pattern",
    "properties",
    "propertyNames",
    "required",
    "title",
    "type",
    "version",
}


def faults(value: Any, rule: dict[str, Any], at: str = "record") -> list[str]:
    """Where a value breaks a rule; knows the words of JSON Schema that ours uses, and no other."""
    assert rule.keys() <= KNOWN, rule.keys() - KNOWN
    if "$ref" in rule:
        return faults(value, schema()["$defs"][rule["$ref"].rsplit("/", 1)[1]], at)
    if "anyOf" in rule:
        tried = [faults(value, one, at) for one in rule["anyOf"]]
        return [] if not all(tried) else min(tried, key=len)
    found = []
    if "type" in rule and (not isinstance(value, TYPES[rule["type"]]) or (rule["type"] != "boolean" and value is True)):
        return [f"{at}: {value!r} is no {rule['type']}"]
    for word, fits in {
        "const": lambda limit: value == limit,
        "enum": lambda limit: value in limit,
        "minimum": lambda limit: value >= limit,
        "maximum": lambda limit: value <= limit,
        "pattern": lambda limit: re.search(limit, value),
    }.items():
        if word in rule and not fits(rule[word]):
            found.append(f"{at}: {value!r} breaks {word} {rule[word]!r}")
    if isinstance(value, list):
        found += [fault for n, one in enumerate(value) for fault in faults(one, rule.get("items", {}), f"{at}[{n}]")]
    if isinstance(value, dict):
        found += _of_table(value, rule, at)
    return found


def _of_table(value: dict[str, Any], rule: dict[str, Any], at: str) -> list[str]:
    known, others = rule.get("properties", {}), rule.get("additionalProperties", True)
    found = [f"{at}.{name} is missing" for name in rule.get("required", ()) if name not in value]
    for name, one in value.items():
        if name in known:
            found += faults(one, known[name], f"{at}.{name}")
        elif isinstance(others, dict):
            found += faults(one, others, f"{at}.{name}") + faults(name, rule.get("propertyNames", {}), at)
        elif not others:
            found.append(f"{at}.{name} is unknown")
    return found


def test_the_committed_schema_is_the_models() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == schema(), "run `python -m lca.measure.schema`"


def test_it_states_its_version_and_says_what_every_field_is() -> None:
    made = schema()
    assert made["version"] == SCHEMA and made["properties"]["schema"]["const"] == SCHEMA
    for name, rule in made["$defs"].items():
        assert rule.get("description"), name
    bare = {name for name, rule in made["properties"].items() if "description" not in rule}
    assert bare <= {
        "name",
        "phase",
        "started",
        "ended",
        "devices",
        "windows",
        "power",
        "idle",
        "unmeasured",
        "dtype",
        "batch",
        "framework",
        "seed",
        "latency",
        "price",
        "location",
        "comment",
    }


@pytest.mark.parametrize("path", sorted(folder("scenarios").glob("runs/*.json")), ids=lambda path: path.stem)
def test_built_in_records_follow_it(path: Path) -> None:
    assert faults(json.loads(path.read_text(encoding="utf-8")), schema()) == []


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


def test_a_full_record_follows_it(full: dict[str, Any]) -> None:
    assert faults(full, schema()) == []
    without = {"task", "it_energy", "computation", "imported", "comment", "profile"}
    assert set(schema()["properties"]) - set(full) == without


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        ("schema", 2, "breaks const"),
        ("phase", "leisure", "breaks enum"),
        ("colour", "red", "is unknown"),
        ("batch", 0, "breaks minimum"),
        ("batch", 1.5, "is no integer"),
        ("interrupted", "no", "is no boolean"),
        ("energy", {}, "is no array"),
        ("price", {"per_hour": 1.0, "currency": "euro"}, "breaks pattern"),
        ("duration", {"unit": "h"}, "is missing"),
        ("peak_memory", {"disk": {"value": "1 byte"}}, "breaks enum"),
    ],
)
def test_what_does_not_follow_it_is_seen(full: dict[str, Any], path: str, value: object, what: str) -> None:
    assert any(what in fault for fault in faults({**full, path: value}, schema()))
