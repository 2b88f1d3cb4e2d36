"""Scenarios of one service, measured repeatedly, on a catalogue in which one can leave gaps open or fill them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lca import Catalogue, Scenario
from lca.inventory.activity import Activity, Emission, Input, Modelling
from lca.inventory.completeness import RequiredFlows, Requirement
from lca.inventory.files.activity import Properties
from lca.measurement.record import Measurement
from lca.methods.library import Library

LIBRARY = Library.load()
CARBON = LIBRARY.flow("Carbon dioxide, fossil", "air")
SULFUR = LIBRARY.flow("Sulfur dioxide", "air")
CATEGORIES = ("climate-change", "acidification")
_TAG = Modelling("average", "location", "production")
_REQUIRED = {
    "emitter": {
        "climate-change": Requirement(flows=("Carbon dioxide, fossil | air",), source="test"),
        "acidification": Requirement(flows=("Sulfur dioxide | air",), source="test"),
    },
    "steam": {id: Requirement(none=True, source="test") for id in CATEGORIES},
}


def quantity(value: str) -> dict[str, str]:
    return {"value": value, "source": "test"}


def _properties(**values: Any) -> Properties:
    return Properties.model_validate(values)


def _activity(id: str, unit: str, technology: str | None = None, **more: Any) -> Activity:
    return Activity(id, "test", id, id, unit, "GLO", f"{id}.toml", technology=technology, **more)


def _emitting(id: str, unit: str, carbon: float, **more: Any) -> Activity:
    """Its acidification is a thousandth of its climate change, in kg emitted."""
    flows = (Emission(CARBON, carbon, "production"), Emission(SULFUR, carbon / 1000, "production"))
    return _activity(id, unit, "emitter", emissions=flows, **more)


def catalogue(gaps: Mapping[str, float] | None = None, bound: float = 0.0) -> Catalogue:
    """1 kWh emits 1 kg and takes lines; a server's GPU emits 100 kg, and the server has a board.

    Of lines and board nothing is known; `gaps` fills them with kg per unit. `bound`: of a case that is negligible,
    with the board in it.
    """
    rate = {"properties": _properties(annual_replacement_rate=quantity("0 %/year"))}
    filled = {"lines": "kWh", "board": "item"}
    none = {} if gaps is None else gaps
    case = {"case": Input("case", 1.0, "production", negligible=dict.fromkeys(CATEGORIES, bound))} if bound else {}
    activities = [
        _emitting("plant", "kWh", 1.0),
        _activity(
            "grid", "kWh", "mix", modelling=_TAG, inputs=(Input("plant", 1.0, "use"), Input("lines", 1.0, "use"))
        ),
        _emitting("gpu", "item", 100.0, **rate),
        *(
            _emitting(id, unit, none[id], **rate) if id in none else _activity(id, unit, **rate)
            for id, unit in filled.items()
        ),
        _activity("case", "item", inputs=(Input("board", 1.0, "production"),), **rate),
        _activity("evaporated-water", "m3", "steam"),
        _emitting("building", "kW", 200.0, **rate),
        _activity(
            "server",
            "item",
            "assembly",
            inputs=(Input("gpu", 1.0, "production"), Input("board", 1.0, "production"), *case.values()),
            properties=_properties(
                rest_of_node=quantity("1 kWh/kWh"),
                plug_power=quantity("1 kW"),
                plug_idle_power=quantity("0 W"),
                lifetime=quantity("10000 h"),
            ),
        ),
        _activity(
            "hall",
            "kW",
            "assembly",
            inputs=(Input("building", 1.0, "production"),),
            properties=_properties(
                PUE=quantity("1 kWh/kWh"),
                WUE={**quantity("0 L/kWh"), "basis": "consumption"},
                lifetime=quantity("200000 h"),
                occupancy=quantity("100 %"),
            ),
        ),
    ]
    return Catalogue({a.id: a for a in activities}, RequiredFlows(_REQUIRED), LIBRARY)


def record(
    runs: Sequence[tuple[float, float, float]], phase: str = "inference", unit: str = "inference", **changes: Any
) -> Measurement:
    """A record whose windows are runs of (energy in kWh, duration in h, amount); their sums are those of the record."""

    def energy(kwh: float) -> list[dict[str, Any]]:
        return [{"component": "gpu", "energy": f"{kwh!r} kWh", "origin": "counter", "method": "counter"}]

    windows, start = [], 0.0
    for number, (kwh, hours, amount) in enumerate(runs, 1):
        windows.append(
            {
                "name": f"repeat {number}",
                "start": f"{start!r} h",
                "duration": f"{hours!r} h",
                "amount": f"{amount!r} {unit}",
                "energy": energy(kwh),
            }
        )
        start += hours
    kwh, hours, amount = (sum(column) for column in zip(*runs, strict=True))
    content = {
        "name": "a run",
        "phase": phase,
        "amount": f"{amount!r} {unit}",
        "energy": energy(kwh),
        "started": "2026-01-01T00:00:00Z",
        "ended": "2026-01-01T01:00:00Z",
        "duration": f"{hours!r} h",
        "windows": windows if len(runs) > 1 else [],
        **changes,
    }
    return Measurement.model_validate(content)


def scenario(
    name: str, serving: Measurement | tuple[float, float], compressing: Any = None, **changes: Any
) -> Scenario:
    """A thousand answers, trained once with 10 kWh in 5 h for a million; phases are records, or (kWh, h).

    Stated inference delivers a thousand; the compression serves a million.
    """
    effort = {"server": "server", "utilisation": quantity("100 %")}
    content: dict[str, Any] = {
        "name": name,
        "functional_unit": {"amount": "1e3 inference", "service": "question answered"},
        "electricity": "grid",
        "facility": "hall",
        "training": {**effort, **_stated((10.0, 5.0)), "serves": "1e6 inference"},
        "sources": {"test": {"title": "t"}},
    }
    if not {"development", "experiments"} & {*changes}:
        content["development"] = {"none": "taken over"}
    measurements = {}
    for table, made, serves in (("inference", serving, "1e3"), ("compression", compressing, "1e6")):
        if isinstance(made, Measurement):
            content[table], measurements[table] = {**effort, "measurement": f"{table}.json"}, made
        elif made:
            content[table] = {**effort, **_stated(made), "serves": f"{serves} inference"}
        if table == "compression" and made:
            content[table]["serves"] = f"{serves} inference"
    for table, change in changes.items():
        content[table] = {**content.get(table, {}), **change} if isinstance(change, Mapping) else change
    return Scenario.create(content, measurements)


def _stated(effort: tuple[float, float]) -> dict[str, Any]:
    return {"component_energy": quantity(f"{effort[0]!r} kWh"), "device_time": quantity(f"{effort[1]!r} h")}
