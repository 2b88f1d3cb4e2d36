"""Costs of runs that no record describes, as their scenario states them."""

from __future__ import annotations

import pytest
from test_system import CATALOGUE, quantity, scenario

from lca import assess
from lca.report.disclosures.ml_costs import disclose

RUN = {
    "name": "serving",
    "it_power": quantity("1.5 kW"),
    "power_of": "server",
    "device_time": quantity("40 h"),
    "count": 2,
    "serves": "1000 inference",
    "server": "server",
    "utilisation": quantity("50 %"),
    "price": {"per_hour": 2.5, "currency": "EUR"},
    "times": quantity("3 1"),
}


def test_a_stated_run_costs_its_hours_of_all_servers_and_its_energy_whole() -> None:
    made = scenario(inference=[RUN], training=RUN, development={"factor": quantity("2 1")})
    [section] = disclose(assess([made], CATALOGUE, ("climate-change",))).sections
    values = {field.label: (field.value, field.unit) for field in section.fields}
    assert values["inference, serving: runtime"] == (40.0, "h")
    assert values["inference, serving: device time"] == (80.0, "h")
    assert values["inference, serving: money"] == (200.0, "EUR")
    for phase in ("inference", "training"):
        energy, unit = values[f"{phase}, serving: energy"]
        assert (energy, unit) == (pytest.approx(120.0), "kWh")


def test_without_a_price_the_money_is_unknown_with_its_reason() -> None:
    made = scenario(inference={key: value for key, value in RUN.items() if key != "price"})
    [section] = disclose(assess([made], CATALOGUE, ("climate-change",))).sections
    [money] = [field for field in section.fields if field.label.endswith("money")]
    assert money.value is None and money.why == "neither the record nor the scenario states a price"
