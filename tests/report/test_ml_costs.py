"""Costs of runs that no record describes, as their scenario states them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest
from test_system import CATALOGUE, quantity, scenario

from lca import Scenario, assess
from lca.errors import InvalidData
from lca.report.disclosures.ml_costs import disclose
from lca.report.excel.workbook import workbook
from lca.report.terminal.costs import costs as show
from lca.study.stored import load, save

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
    money, currency = values["inference, serving: money"]
    assert (money, currency) == (pytest.approx(200.0), "EUR")
    for phase in ("inference", "training"):
        energy, unit = values[f"{phase}, serving: energy"]
        assert (energy, unit) == (pytest.approx(120.0), "kWh")


def test_without_a_price_the_money_is_unknown_with_its_reason() -> None:
    made = scenario(inference={key: value for key, value in RUN.items() if key != "price"})
    [section] = disclose(assess([made], CATALOGUE, ("climate-change",))).sections
    [money] = [field for field in section.fields if field.label.endswith("money")]
    assert money.value is None and money.why == "neither the record nor the scenario states a price"


POWER = {"per_kWh": 0.5, "currency": "EUR"}
OWN = {key: value for key, value in RUN.items() if key != "price"}


def costs(*made: Scenario) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = assess(made, CATALOGUE, ("climate-change",)).to_json()["costs"]
    return found


def test_the_kWh_of_a_run_with_pue_and_idle_time_cost_their_price() -> None:
    """100 of 1,000 inferences, three times: 36 kWh at the plugs and idle 0.5 kW for as long, at the PUE of the hall."""
    made = scenario(inference={**OWN, "electricity_price": POWER})
    study = assess([made], CATALOGUE, ("climate-change",))
    kWh = sum(row.amount for row in study.systems[0].energy)
    device_time, electricity = costs(made)["items"]
    assert (device_time["of"], device_time["money"]) == ("device time", None)
    assert device_time["amount"] == pytest.approx(80 * 0.1 * 3)
    assert (electricity["amount"], electricity["money"]) == pytest.approx((kWh, kWh / 2))
    assert kWh > 120 * 0.1 * 3
    [section] = disclose(study).sections
    whole = next(field for field in section.fields if field.label == "inference, serving: money")
    assert whole.value == pytest.approx(kWh / 2 * 1000 / 100 / 3)


def test_sums_are_by_phase_and_in_all_and_name_what_has_no_price() -> None:
    named = {**RUN, "name": "scheduled"}
    made = scenario(inference=[RUN, {**OWN, "name": "own"}], training=named, development={"factor": quantity("2 1")})
    sums = {row["phase"]: row["money"] for row in costs(made)["sums"]}
    assert sums == pytest.approx({"inference": 60.0, "training": 60.0, "development": 120.0, None: 240.0})
    [section] = disclose(assess([made], CATALOGUE, ("climate-change",))).sections
    assert section.fields[-1].value == pytest.approx(240.0)
    assert section.fields[-1].why.endswith("without a price, in no sum: own (device time); own (electricity).")


def test_an_hour_with_a_price_holds_its_electricity_unless_the_run_prices_both() -> None:
    rented = scenario(inference=RUN, electricity_price=POWER)
    assert [item["of"] for item in costs(rented)["items"]] == ["device time"]
    both = scenario(inference={**RUN, "electricity_price": POWER}, electricity_price={**POWER, "per_kWh": 9.0})
    assert [item["of"] for item in costs(both)["items"]] == ["device time", "electricity"]
    assert costs(both)["items"][1]["money"] == pytest.approx(costs(both)["items"][1]["amount"] / 2)
    sited = scenario(
        sites={"here": {"electricity_price": POWER, "facility": "facility"}},
        inference={**OWN, "site": "here"},
        end_user_device=OWN,
        electricity_price={**POWER, "per_kWh": 9.0},
    )
    electricity = [item for item in costs(sited)["items"] if item["of"] == "electricity"]
    assert electricity[0]["money"] == pytest.approx(electricity[0]["amount"] / 2)
    assert electricity[1]["money"] is None  # a user's device pays no data centre's price


def test_a_run_timed_by_its_computation_has_device_time_and_money() -> None:
    """7.2e18 FLOP at half of 1e15 FLOP/s on one of the accelerators: 4 h of each of 2 servers, at 2.5 EUR."""
    work = {"amount": quantity("7.2e18 FLOP"), "speed": quantity("1e15 FLOP/s"), "utilisation": quantity("50 %")}
    run = {key: value for key, value in RUN.items() if key not in ("device_time", "power_of")}
    made = scenario(inference={**run, "computation": work, "reserved": quantity("1 item")})
    [section] = disclose(assess([made], CATALOGUE, ("climate-change",))).sections
    values = {field.label: field.value for field in section.fields}
    assert values["inference, serving: runtime"] == pytest.approx(4.0)
    assert values["inference, serving: money"] == pytest.approx(20.0)


@pytest.mark.filterwarnings("ignore:Pydantic serializer")
def test_costs_are_printed_and_kept_in_a_saved_study(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    study = assess([scenario(inference=[RUN, {**OWN, "name": "own"}])], CATALOGUE, ("climate-change",))
    save(study, tmp_path / "study.json")
    assert load(tmp_path / "study.json").to_json()["costs"] == study.to_json()["costs"]
    show(study)
    said = capsys.readouterr().out
    assert "all phases" in said and "60.0" in said
    assert "in no sum: own (device time); own (electricity)." in said
    assert "costs" not in assess([scenario(inference=OWN)], CATALOGUE, ("climate-change",)).to_json()
    with pytest.raises(InvalidData, match=r"per_kWh"):
        scenario(inference={**OWN, "electricity_price": {"per_kWh": -1.0, "currency": "EUR"}})


def test_the_workbook_sums_what_has_a_price_by_formulas_over_its_rows(tmp_path: Path) -> None:
    named = {**RUN, "name": "scheduled"}
    made = scenario(inference=[RUN, {**OWN, "name": "own"}], training=named)
    path = workbook(assess([made], CATALOGUE, ("climate-change",)), tmp_path / "priced.xlsx")
    values: Any = openpyxl.load_workbook(path, data_only=True)["Costs"]
    formulas: Any = openpyxl.load_workbook(path)["Costs"]
    rows = [[cell.value for cell in row] for row in values.iter_rows()]
    [items, sums] = [n for n, row in enumerate(rows) if row[0] == "scenario"]
    own = [row[1:8] for row in rows[items + 1 : sums - 2]]
    assert ["training", "scheduled", "device time", pytest.approx(24), "h", pytest.approx(60), "EUR"] in own
    assert ["inference", "own", "device time", pytest.approx(24), "h", "missing", "–"] in own
    assert [row[1] for row in rows[sums + 1 :]] == ["training", "inference", "all phases"]
    assert [row[6] for row in rows[sums + 1 :]] == pytest.approx([60, 60, 120])
    first, last, row = items + 2, sums - 2, sums + 2
    scenarios, phases, currencies, money = (f"${c}${first}:${c}${last}" for c in "ABHG")
    assert formulas.cell(row, 7).value == (
        f"=SUMPRODUCT(({scenarios}=A{row})*({phases}=B{row})*({currencies}=H{row}),{money})"
    )
    assert formulas.cell(row + 2, 7).value == f"=SUMPRODUCT(({scenarios}=A{row + 2})*({currencies}=H{row + 2}),{money})"


def test_without_prices_there_is_no_sheet_of_costs(tmp_path: Path) -> None:
    made = scenario(inference=OWN)
    path = workbook(assess([made], CATALOGUE, ("climate-change",)), tmp_path / "free.xlsx")
    assert "Costs" not in openpyxl.load_workbook(path).sheetnames
