"""The files of a catalogue of nine activities, a measured run, and a scenario, with figures for mental arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lca.measurement.record import Measurement
from lca.system.scenario import Scenario

CATEGORIES = ("climate-change", "acidification", "water-use", "land-use")
HOSTILE = {
    "formula": '=HYPERLINK("http://x.invalid","click")',
    "command": "+cmd|' /C calc'!A1",
    "at": "@SUM(1+1)",
    "minus": "-2+3",
    "tab": "\t=1+1",
    "markup": "<script>alert(1)</script>",
    "rich": "<r><t>bold</t></r>",
    "address": "http://x.invalid/a",
    "emoji": "👩‍🔬 ✓",
    "right-to-left": "\u202eשלום עולם مرحبا",
    "control": "a\x00b\x07c\x1bd\x9be",
    "escape": "_x0041_",
    "long": "name " * 60,
}

SOURCES = """
[sources.s]
title = "Figures for mental arithmetic"
year = 2026
url = "https://x.invalid/figures"
licence = "CC0"
"""
_PEDIGREE = "[pedigree]\nreliability = 1\ncompleteness = 1\ntemporal = 1\ngeographical = 1\ntechnological = 1\n"

_LISTS = """
[plant.climate-change]
flows = ["Carbon dioxide, fossil | air"]
source = "s"
[plant.acidification]
flows = ["Sulfur dioxide | air", "Nitrogen oxides | air"]
source = "s"
[plant.water-use]
none = true
source = "s"
note = "dry"
[lines.climate-change]
none = true
source = "s"
note = "n"
[lines.acidification]
none = true
source = "s"
note = "n"
[lines.water-use]
none = true
source = "s"
note = "n"
[evaporation.climate-change]
none = true
source = "s"
note = "n"
[evaporation.acidification]
none = true
source = "s"
note = "n"
[evaporation.water-use]
flows = ["Water | air"]
source = "s"
"""


def _plant(carbon_dioxide: str, sulfur_dioxide: str) -> str:
    return f"""
name = "Electricity from a plant"
product = "electricity"
unit = "kWh"
location = "FR"
stage = "use"
technology = "plant"
{_PEDIGREE}
[[exchanges]]
flow = "Carbon dioxide, fossil"
compartment = "air/non-urban air or from high stacks"
amount = "{carbon_dioxide}"
source = "s"
[[exchanges]]
flow = "Sulfur dioxide"
compartment = "air/non-urban air or from high stacks"
amount = "{sulfur_dioxide}"
source = "s"
"""


FILES = {
    "required-flows.toml": _LISTS,
    "electricity/wind.toml": _plant("0.01 kg", "1e-6 kg"),
    "electricity/coal.toml": _plant("1 kg", "1e-3 kg"),
    "electricity/lines.toml": """
name = "Lines"
product = "lines"
unit = "kWh"
location = "GLO"
technology = "lines"
""",
    "electricity/mixes.toml": """
table = "mixes.csv"
network = "lines"
[modelling]
approach = "average"
accounting = "location"
perimeter = "production"
[inputs]
wind = "wind"
coal = "coal"
""",
    "facilities/evaporated-water.toml": f"""
name = "Evaporated water"
product = "evaporated water"
unit = "m3"
location = "GLO"
stage = "use"
technology = "evaporation"
{_PEDIGREE}
[[exchanges]]
flow = "Water"
compartment = "air"
amount = "1 m3"
source = "s"
""",
    "facilities/hall.toml": """
name = "Hall, per kW"
product = "hall"
unit = "kW"
location = "FR"
[properties]
PUE = { value = "1.5 kWh/kWh", source = "s" }
WUE = { value = "0.5 L/kWh", basis = "consumption", source = "s" }
lifetime = { value = "20 year", source = "s" }
occupancy = { value = "50 %", source = "s" }
annual_replacement_rate = { value = "0 %/year", source = "s" }
[[impacts]]
category = "climate-change"
method = "EF v3.1"
value = "300 kg CO2-Eq"
source = "s"
""",
    "hardware/chassis.toml": """
name = "Chassis"
product = "chassis"
unit = "item"
location = "CN"
[properties]
annual_replacement_rate = { value = "5 %/year", source = "s" }
[[impacts]]
category = "climate-change"
method = "EF v3.1"
value = "1000 kg CO2-Eq"
source = "s"
[[impacts]]
category = "acidification"
method = "EF v3.1"
value = "5 mol H+-Eq"
source = "s"
""",
    "hardware/server.toml": f"""
name = "Server"
product = "server"
unit = "item"
location = "CN"
technology = "assembly"
[properties]
plug_power = {{ value = "500 W", source = "s" }}
plug_idle_power = {{ value = "100 W", source = "s" }}
rest_of_node = {{ value = "1.25 kWh/kWh", source = "s" }}
lifetime = {{ value = "4 year", source = "s" }}
{_PEDIGREE}
[[exchanges]]
input = "chassis"
amount = "1 item"
source = "s"
""",
}
_MIX_COLUMNS = "id,name,location,year,source,wind [%],coal [%],loss [%],loss low [%],loss high [%]"
MIXES = f"""{_MIX_COLUMNS},loss distribution,loss source,note
electricity-fr,"Electricity, France",FR,2024,s,90,10,10,8,12,triangular,s,
electricity-pl,"Electricity, Poland",PL,2024,s,30,70,10,8,12,triangular,s,
"""


def record(phase: str = "inference", **changes: Any) -> Measurement:
    """A run of one hour with a measured CPU and an unmeasured memory."""
    content: dict[str, Any] = {
        "schema": 1,
        "name": f"{phase} run",
        "phase": phase,
        "task": "digits",
        "model": "CNN",
        "model_parameters": 12_345,
        "amount": "1e5 inference",
        "quality": {"accuracy": 0.98},
        "started": "2026-03-01T10:00:00+00:00",
        "ended": "2026-03-01T11:00:00+00:00",
        "duration": "1 h",
        "energy": [
            {
                "component": "cpu",
                "origin": "modelled",
                "method": "CPU time × power",
                "energy": {"value": "0.1 kWh", "low": "0.05 kWh", "high": "0.2 kWh", "distribution": "lognormal"},
            }
        ],
        "unmeasured": [{"component": "memory", "reason": "no counter"}],
        "devices": [{"kind": "cpu", "name": "A CPU", "count": 2}],
        "utilisation": {"cpu": 0.25},
        "software": {"ai-lca": "0.1.0"},
        **changes,
    }
    return Measurement.model_validate(content)


def scenario(measurements: Mapping[str, Measurement] | None = None, **changes: Any) -> Scenario:
    """One million inferences in France; trained on stated energy, measured in inference where a record is given."""
    effort: dict[str, Any] = {"server": "server", "utilisation": {"value": "50 %", "source": "a"}}
    stated = {
        "component_energy": {"value": "0.1 kWh", "source": "a"},
        "device_time": {"value": "1 h", "source": "a"},
        "serves": "1e5 inference",
    }
    content = {
        "name": "France",
        "functional_unit": {"amount": "1e6 inference", "service": "digit read", "quality": "accuracy >= 0.97"},
        "electricity": "electricity-fr",
        "facility": "hall",
        "training": {**effort, **stated, "serves": "1e7 inference"},
        "inference": {**effort, "measurement": "runs/i.json"} if measurements else {**effort, **stated},
        "sources": {"a": {"title": "Assumption", "confidence": "assumption"}},
        **({} if {"development", "experiments"} & {*changes} else {"development": {"none": "taken over"}}),
        **changes,
    }
    return Scenario.create(content, measurements)
