"""Runs of a phase: where, on how much equipment, by which energy; against arithmetic done by hand and as properties."""

from __future__ import annotations

from statistics import median
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_system import CATALOGUE, SOURCES, quantity, scenario, score

import lca
from lca import Catalogue, Scenario, assess
from lca.builtin import folder
from lca.engine.varied_scores import resolved
from lca.errors import InvalidData
from lca.measurement.record import Measurement
from lca.quantities.sources import ids
from lca.system.parts import ForegroundExchange, Gap
from lca.system.product_system import DEVELOPMENT, product_system

RUN = {
    "component_energy": quantity("10 kWh"),
    "device_time": quantity("40 h"),
    "serves": "1000 inference",
    "server": "server",
    "utilisation": quantity("50 %"),
}
HALF = {**RUN, "component_energy": quantity("5 kWh"), "device_time": quantity("20 h")}
SITES = {
    "here": {"electricity": "grid", "facility": "facility"},
    "there": {"electricity": "dirty-grid", "facility": {"building": "facility", "PUE": quantity("2 kWh/kWh")}},
}


def amounts(scenario: Scenario, run: str | None = None) -> dict[tuple[str, ...], float]:
    """Role, stage and activity → amount, of all runs or of one."""
    found: dict[tuple[str, ...], float] = {}
    for exchange in product_system(scenario, CATALOGUE).exchanges:
        if run in (None, exchange.run):
            key = (exchange.phase, exchange.role, exchange.stage, exchange.input)
            found[key] = found.get(key, 0.0) + exchange.amount
    return found


def undeveloped(scenario: Scenario, catalogue: Catalogue = CATALOGUE) -> list[Gap]:
    return [gap for gap in product_system(scenario, catalogue).gaps if gap.name == DEVELOPMENT]


def total(scenario: Scenario, *roles: str) -> float:
    return sum(amount for key, amount in amounts(scenario).items() if key[1] in roles)


def refusal(**run: Any) -> str:
    """What is said of a scenario with this inference."""
    with pytest.raises(InvalidData) as error:
        product_system(scenario(inference=run), CATALOGUE)
    return str(error.value)


def test_a_list_of_one_run_is_a_table() -> None:
    alone, listed = scenario(inference=RUN), scenario(inference=[RUN])
    assert product_system(listed, CATALOGUE) == product_system(alone, CATALOGUE)
    assert listed.file == alone.file
    assert listed.file.model_dump(exclude_unset=True)["inference"]["server"] == "server"


def test_two_half_runs_are_one() -> None:
    whole, halves = scenario(inference=RUN), scenario(inference=[HALF, HALF])
    assert amounts(halves) == pytest.approx(amounts(whole), rel=1e-12)
    one, two = (product_system(each, CATALOGUE).gaps for each in (whole, halves))
    assert [(gap.name, pytest.approx(gap.amount)) for gap in one] == [(gap.name, gap.amount) for gap in two]


@given(
    runs=st.lists(
        st.tuples(st.floats(0.1, 100), st.floats(1, 1000), st.sampled_from([*SITES, None])), min_size=2, max_size=4
    )
)
def test_the_order_of_runs_and_sites_changes_nothing(runs: list[tuple[float, float, str | None]]) -> None:
    written = [
        {
            **RUN,
            "component_energy": quantity(f"{energy} kWh"),
            "device_time": quantity(f"{hours} h"),
            **({"site": site} if site else {}),
        }
        for energy, hours, site in runs
    ]
    one = scenario(inference=written, sites=SITES)
    other = scenario(inference=written[::-1], sites=dict(reversed(SITES.items())))
    assert amounts(one) == pytest.approx(amounts(other), rel=1e-12)


def test_moving_a_run_changes_that_run_alone() -> None:
    one = scenario(inference=[{**RUN, "site": "here"}, HALF], sites=SITES)
    moved = scenario(inference=[{**RUN, "site": "there"}, HALF], sites=SITES)
    assert amounts(one, "inference[1]") == amounts(moved, "inference[1]")
    assert amounts(one, "inference[0]") != amounts(moved, "inference[0]")
    assert amounts(moved, "inference[0]")["inference", "computing", "use", "dirty-grid"] == pytest.approx(
        0.1 * 10 * 1.5 * 2
    )


def test_a_run_says_where_it_is_before_its_site_and_the_scenario() -> None:
    run = {**RUN, "site": "there", "electricity": "grid", "facility": {"PUE": quantity("1.1 kWh/kWh")}}
    assert amounts(scenario(inference=run, sites=SITES))["inference", "computing", "use", "grid"] == pytest.approx(1.65)


def test_outside_a_data_centre_there_is_neither_PUE_nor_building_nor_water() -> None:
    found = amounts(scenario(inference={**RUN, "facility": "none"}))
    assert {role for _, role, _, _ in found} == {"computing", "idle time", "equipment"}
    assert found["inference", "computing", "use", "grid"] == pytest.approx(1.5)


def test_servers_beside_each_other_carry_their_hours_and_share_the_stated_energy() -> None:
    one, four = scenario(inference=RUN), scenario(inference={**RUN, "count": 4})
    assert total(four, "computing") == total(one, "computing")
    assert total(four, "equipment", "idle time") == pytest.approx(4 * total(one, "equipment", "idle time"))


@pytest.mark.parametrize(("of", "times"), [("run", 1), ("server", 3), ("accelerator", 6)])
def test_power_is_of_what_it_says(of: str, times: int) -> None:
    timed = {key: value for key, value in RUN.items() if key != "component_energy"}
    run = {**timed, "power": quantity("250 W"), "power_of": of, "count": 3}
    assert total(scenario(inference=run), "computing") == pytest.approx(0.1 * times * 0.25 * 40 * 1.5 * 1.2)


def test_power_at_the_plug_has_the_rest_of_the_node_in_it() -> None:
    timed = {key: value for key, value in RUN.items() if key != "component_energy"}
    run = {**timed, "it_power": quantity("250 W")}
    assert total(scenario(inference=run), "computing") == pytest.approx(0.1 * 0.25 * 40 * 1.2)


def test_energy_at_the_building_has_its_PUE_in_it_once() -> None:
    metered = {key: value for key, value in RUN.items() if key != "component_energy"}
    run = {**metered, "building_energy": quantity("18 kWh")}
    assert amounts(scenario(inference=run)) == pytest.approx(amounts(scenario(inference=RUN)), rel=1e-12)


def test_where_no_PUE_is_stated_the_gap_is_of_what_was_not_read_at_the_meter_of_the_building() -> None:
    """0.5 kW over the 40 h for which the server idles."""
    metered = {key: value for key, value in RUN.items() if key != "component_energy"}
    run = {
        **metered,
        "building_energy": quantity("18 kWh"),
        "facility": {"WUE": quantity("0 L/kWh", basis="consumption")},
    }
    [gap] = [g for g in product_system(scenario(inference=run), CATALOGUE).gaps if "PUE not stated" in g.name]
    assert (gap.amount, gap.unit) == (pytest.approx(0.1 * 0.5 * 40), "kWh")


def test_a_computation_gives_the_time_of_the_accelerators() -> None:
    """6 × 1e9 × 2e9 FLOP at 40 % of 1e12 FLOP/s on 2 × 2 accelerators: 7.5e6 s."""
    run = {
        "computation": {
            "parameters": quantity("1e9 1"),
            "tokens": quantity("2e9 token"),
            "speed": quantity("1e12 FLOP/s"),
            "utilisation": quantity("40 %"),
        },
        "power": quantity("500 W"),
        "power_of": "accelerator",
        "count": 2,
        "server": "server",
        "utilisation": quantity("50 %"),
        "serves": "1000 inference",
    }
    found = product_system(scenario(inference=run), CATALOGUE)
    hours = 6 * 1e9 * 2e9 / (1e12 * 0.4 * 4) / 3600
    computing = next(e for e in found.exchanges if e.role == "computing")
    assert computing.amount == pytest.approx(0.1 * 4 * 0.5 * hours * 1.5 * 1.2)
    assert "operations 6 FLOP/token × parameters 1e+09 × tokens 2e+09 token" in computing.formula
    board = next(e for e in found.exchanges if e.input == "board")
    assert board.amount == pytest.approx(0.1 * 2 * hours / (10000 * 0.5))


def test_a_run_may_be_some_of_what_its_record_delivered() -> None:
    record = Measurement.model_validate(
        {
            "name": "r",
            "phase": "inference",
            "amount": "100 token",
            "started": "2026-01-01T00:00:00Z",
            "ended": "2026-01-01T01:00:00Z",
            "duration": "1 h",
            "energy": [{"component": "gpu", "energy": "2 kWh", "origin": "counter", "method": "m"}],
        }
    )
    run = {
        "measurement": "r.json",
        "processed": "400 token",
        "serves": "1000 inference",
        "server": "server",
        "utilisation": quantity("50 %"),
    }
    content = scenario(inference=RUN).file.model_dump(mode="json", by_alias=True, exclude_unset=True)
    made = Scenario.create({**content, "inference": run}, {"inference": record})
    assert total(made, "computing") == pytest.approx(0.1 * 4 * 2 * 1.5 * 1.2)
    assert amounts(made)["inference", "equipment", "production", "board"] == pytest.approx(0.1 * 4 / 5000)


FLEET = {
    "devices": quantity("1000 1"),
    "active": quantity("2 h/day"),
    "period": quantity("2400 h"),
    "active_power": quantity("3 W"),
    "standby_power": quantity("1 W"),
    "share": quantity("50 %"),
    "share_by": "time",
}

DEVICES = {"server": "server", "serves": "1000 inference"}


def test_a_fleet_carries_its_share_of_standby_and_of_the_device() -> None:
    """1,000 devices, 2 h a day of 24, over 100 days; half of the device and of its standby."""
    fleet = {
        **FLEET,
        "battery": {
            "activity": "board",
            "capacity": quantity("0.01 kWh"),
            "cycles": quantity("600 1"),
            "efficiency": quantity("80 %"),
        },
    }
    run = {"fleet": fleet, "server": "server", "serves": "1000 inference"}
    found = amounts(scenario(inference=RUN, end_user_device=run))
    device = {key[1:]: value for key, value in found.items() if key[0] == "end-user device"}
    active, standby = 1000 * 200 * 0.003, 1000 * 2200 * 0.001 * 0.5
    assert device["computing", "use", "grid"] == pytest.approx(0.1 * (active / 0.8 + standby))
    assert device["equipment", "distribution", "truck"] == pytest.approx(0.1 * 1000 * 2400 * 0.5 / 10000 * 4)
    assert device["use", "production", "board"] == pytest.approx(0.1 * active / (0.01 * 600))
    assert not any(role in ("facility", "cooling water", "idle time") for role, _, _ in device)


def test_of_devices_that_a_service_takes_no_part_of_nothing_is_unknown() -> None:
    for share, unknown in (("50 %", True), ("0 %", False)):
        run = {"fleet": {**FLEET, "share": quantity(share)}, "serves": "1000 inference"}
        system = product_system(scenario(inference=RUN, end_user_device=run), CATALOGUE)
        assert any("equipment, allocated for" in gap.name for gap in system.gaps) == unknown


def test_devices_of_which_a_service_takes_no_part_are_there_for_another_share() -> None:
    none, half = (
        scenario(inference=RUN, end_user_device={"fleet": {**FLEET, "share": quantity(share)}, **DEVICES})
        for share in ("0 %", "50 %")
    )
    varied = product_system(none, CATALOGUE, {"end_user_device.fleet.share": 0.5})
    assert [(e.input, e.amount) for e in varied.exchanges] == [
        (e.input, e.amount) for e in product_system(half, CATALOGUE).exchanges
    ]
    ranged = {**quantity("0 %"), "low": "0 %", "high": "50 %", "distribution": "triangular"}
    drawn = scenario(inference=RUN, end_user_device={"fleet": {**FLEET, "share": ranged}, **DEVICES})
    assert "truck" in {e.input for e in product_system(drawn, CATALOGUE).exchanges if e.phase == "end-user device"}


def test_a_run_takes_products_of_any_activity_by_service_or_as_a_whole() -> None:
    uses = [
        {"activity": "scrap", "amount": quantity("2 g/inference")},
        {"activity": "truck", "amount": quantity("3 t*km")},
    ]
    found = amounts(scenario(inference=RUN, network={"uses": uses, "serves": "1000 inference"}))
    system = product_system(scenario(inference=RUN, network={"uses": uses, "serves": "1000 inference"}), CATALOGUE)
    assert {"network.uses[0].amount", "network.uses[1].amount"} < {
        leaf.field for exchange in system.exchanges for leaf in exchange.value.leaves()
    }
    network = {key[3]: value for key, value in found.items() if key[0] == "network"}
    assert network == {"scrap": pytest.approx(0.2), "truck": pytest.approx(0.3)}
    assert score(scenario(inference=RUN, network={"uses": uses, "serves": "1000 inference"})) == pytest.approx(
        [score(scenario(inference=RUN))[0] + 0.2 * 2.0 + 0.3 * 0.1]
    )


def test_numbers_of_one_run_are_varied_alone() -> None:
    several = scenario(inference=[{**RUN, "site": "here"}, {**RUN, "site": "here"}], sites=SITES)
    system = product_system(several, CATALOGUE)
    name = resolved(["inference[1].facility.PUE"], several, system)["inference[1].facility.PUE"]
    varied = product_system(
        several, CATALOGUE, {name: np.array([1.2, 2.4]), "inference[0].count": np.array([1.0, 1.0])}
    )

    def computing(run: str) -> list[ForegroundExchange]:
        return [e for e in varied.exchanges if e.run == run and e.role == "computing"]

    assert computing("inference[1]")[0].amount == pytest.approx([1.8, 3.6])
    assert computing("inference[0]")[0].amount == pytest.approx(1.8)


def test_one_of_several_runs_is_varied_by_its_name() -> None:
    several = scenario(inference=[RUN, RUN])
    varied = several.vary(**{"inference[1]": {"electricity": "dirty-grid"}})
    assert [run.electricity for run in varied.file.inference] == [None, "dirty-grid"]
    with pytest.raises(InvalidData, match=r"there are 2 runs of it: name one of them, inference\[0\]"):
        several.vary(inference={"electricity": "dirty-grid"})


def test_what_cannot_be_is_refused_with_its_remedy() -> None:
    assert "no site 'ther' under [sites]; did you mean 'there'" in _refused_site()
    assert "16 accelerators need 8 servers, count = 8" in refusal(**{**RUN, "reserved": quantity("16 item")})
    timed = {key: value for key, value in RUN.items() if key not in ("component_energy", "server", "utilisation")}
    power = {**timed, "power": quantity("1 W"), "power_of": "accelerator"}
    assert "the power of one accelerator needs their number: give reserved, or a server" in refusal(**power)


def _refused_site() -> str:
    with pytest.raises(InvalidData) as error:
        product_system(scenario(inference={**RUN, "site": "ther"}, sites=SITES), CATALOGUE)
    return str(error.value)


def test_a_network_takes_energy_for_the_data_and_its_equipment_is_what_the_catalogue_says(built_in: Catalogue) -> None:
    """2 MB for each of 1e6 inferences: 2,000 GB at 0.06 kWh."""
    made = Scenario.create(
        {
            "name": "n",
            "functional_unit": {"amount": "1e6 inference", "service": "s"},
            "electricity": "electricity-fr",
            "facility": "facility-colocation",
            "network": {
                "transfer": {"network": "network-fixed-2015", "data": quantity("2 MB/inference")},
                "serves": "5e7 inference",
            },
            "sources": SOURCES,
        }
    )
    found = {(e.role, e.input): e for e in product_system(made, built_in).exchanges}
    assert found["computing", "electricity-fr"].amount == pytest.approx(120.0)
    assert found["use", "network-fixed-2015"].amount == pytest.approx(2000.0)
    assert found["use", "network-fixed-2015"].unit == "GB"
    assert not product_system(made, built_in).gaps


def test_stored_data_take_power_and_a_part_of_the_life_of_drives(built_in: Catalogue) -> None:
    """18 TB in 3 copies on drives filled to a half, for a year of their 5: 6 drives × 1/5."""
    stored = {
        "medium": "hdd-seagate-exos-x18-18tb",
        "data": quantity("18 TB"),
        "period": quantity("1 year"),
        "copies": 3,
        "filled": 0.5,
    }
    made = Scenario.create(
        {
            "name": "n",
            "functional_unit": {"amount": "1 user*year", "service": "s"},
            "electricity": "electricity-fr",
            "facility": {"PUE": quantity("2 kWh/kWh")},
            "storage": {"stored": stored, "lifetime": quantity("5 year"), "serves": "10 user*year"},
            "sources": SOURCES,
        }
    )
    found = {(e.role, e.input): e.amount for e in product_system(made, built_in).exchanges}
    assert found["computing", "electricity-fr"] == pytest.approx(0.1 * 54 * 0.65e-3 * 8766 * 2)
    assert found["use", "hdd-seagate-exos-x18-18tb"] == pytest.approx(0.1 * 6 / 5)


def test_a_run_that_serves_another_unit_is_converted_by_a_stated_rate() -> None:
    """1,000 requests of 500 tokens are 5e5 tokens."""
    unit = {"amount": "100 inference", "service": "s", "conversions": {"rate": quantity("500 token/inference")}}
    tokens = scenario(functional_unit=unit, inference={**RUN, "serves": "5e5 token"})
    assert amounts(tokens) == pytest.approx(amounts(scenario(inference=RUN)), rel=1e-12)
    other = {"amount": "50000 token", "service": "s", "conversions": {"rate": quantity("500 token/inference")}}
    assert amounts(scenario(functional_unit=other, inference=RUN)) == pytest.approx(amounts(scenario(inference=RUN)))
    with pytest.raises(InvalidData, match=r"give functional_unit\.conversions, in token/inference"):
        product_system(scenario(inference={**RUN, "serves": "5e5 token"}), CATALOGUE)


def test_what_a_run_uses_per_unit_of_its_own_service_needs_no_other_rate() -> None:
    """5e5 tokens of 2 t km each, of which 100 of 1,000 requests carry a tenth."""
    unit = {"amount": "100 inference", "service": "s", "conversions": {"rate": quantity("500 token/inference")}}
    use = {"activity": "truck", "amount": quantity("2 t*km/token")}
    tokens = scenario(functional_unit=unit, inference={**RUN, "serves": "5e5 token", "uses": use})
    assert amounts(tokens)["inference", "use", "use", "truck"] == pytest.approx(1e5)


def test_a_run_may_be_done_several_times_for_what_it_serves() -> None:
    monthly = scenario(inference=RUN, training={**RUN, "times": quantity("24 1")})
    once = scenario(inference=RUN, training=RUN)
    key = ("training", "computing", "use", "grid")
    assert amounts(monthly)[key] == pytest.approx(24 * amounts(once)[key])


def test_development_is_a_factor_or_runs_or_the_models_that_are_never_served_and_never_silently_nothing() -> None:
    training = {"training": RUN}
    key, made = ("development", "computing", "use", "grid"), ("training", "computing", "use", "grid")
    [gap] = undeveloped(scenario(inference=RUN, **training))
    assert gap.amount > 0 and not gap.held  # this catalogue has nothing typical to hold it against
    reach = scenario(inference=RUN, development={"reach_production": quantity("12 %")}, **training)
    assert amounts(reach)[key] == pytest.approx((1 / 0.12 - 1) * amounts(reach)[made])
    both = {"reach_production": quantity("50 %"), "factor": quantity("7 %")}
    assert amounts(scenario(inference=RUN, development=both, **training))[key] == pytest.approx(
        1.07 * amounts(reach)[made]
    )
    runs = scenario(inference=RUN, experiments=[RUN, HALF], **training)
    assert amounts(runs)[key] == pytest.approx(1.5 * amounts(runs)[made])
    ready = scenario(inference=RUN, development={"none": "taken over"}, **training)
    assert "No development before the training: taken over" in product_system(ready, CATALOGUE).notes
    for stated in (reach, runs, ready):
        assert not undeveloped(stated)


def test_the_gap_of_a_development_is_shared_by_one_training_and_not_by_trainings_in_two_places() -> None:
    """Twice as much of the same is the same gap twice; on another grid it is another gap."""

    def gap(**changed: Any) -> Gap:
        [only] = undeveloped(scenario(inference=RUN, training={**RUN, **changed}))
        return only

    once, twice = gap(), gap(times=quantity("2 1"))
    assert once.unit == twice.unit and twice.amount == pytest.approx(2 * once.amount)
    assert gap(electricity="dirty-grid").unit != once.unit


@pytest.mark.parametrize(
    ("development", "more", "message"),
    [
        ({}, {}, "or none with the reason"),
        ({"none": " "}, {}, "or none with the reason"),
        ({"none": "bought", "factor": quantity("1 1")}, {}, "there was some, or there was none"),
        ({"none": "bought"}, {"experiments": RUN}, "experiments.* states some"),
    ],
)
def test_a_development_is_some_or_none(development: dict[str, Any], more: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        scenario(inference=RUN, training=RUN, development=development, **more)


def test_a_development_that_is_not_stated_is_drawn_between_published_figures(built_in: Catalogue) -> None:
    """The estimate is the training as many times; its range holds all anchors of models that are served."""
    typical = built_in.typical
    assert typical and typical.development and typical.development.low and typical.development.high
    served = sorted(anchor.value.amount for anchor in typical.anchors if anchor.of == "development")
    assert typical.development.amount == median(served)
    assert typical.development.low.number < served[0] and served[-1] < typical.development.high.number
    assert {anchor.of for anchor in typical.anchors} == {"development", "research", "reach_production", "failed"}
    assert all(set(ids(anchor.value.source or ())) <= set(typical.activity.sources) for anchor in typical.anchors)
    central = Scenario.load(folder("scenarios") / "federated" / "central.toml")
    system = product_system(central, built_in)
    [gap] = undeveloped(central, built_in)
    trained = {e.input: e.amount for e in system.exchanges if (e.phase, e.role) == ("training", "computing")}
    assert {e.input: e.amount for e in gap.held if e.role == "computing"} == pytest.approx(trained)
    assert {e.phase for e in gap.held} == {"development"}


CAMPUS = {
    "parts": [
        {"activity": "grid", "share": quantity("70 %")},
        {"activity": "dirty-grid", "share": quantity("30 %"), "efficiency": quantity("75 %")},
    ],
    "loss": quantity("20 %"),
    "modelling": {"approach": "average", "accounting": "location", "perimeter": "production"},
}


def on_campus(**changes: Any) -> Scenario:
    return scenario(inference=RUN, mixes={"Our campus": {**CAMPUS, **changes}}, electricity="Our campus")


def test_a_mix_of_the_scenario_itself_scores_its_shares_with_storage_and_losses() -> None:
    """70 % of 1 kg and 30 % of 3 kg / 0.75 are 1.9 kg per kWh taken, of which 80 % arrive."""
    study = assess([on_campus()], CATALOGUE, ("climate-change",))
    [system] = study.systems
    kWh = {e.amount for e in system.exchanges if e.role == "computing"}
    table = study.contributions("climate-change", "role")
    of_computing = float(table[table["role"] == "computing"]["score"].sum())
    assert of_computing == pytest.approx(kWh.pop() * 1.9 / 0.8)
    beside = scenario(name="beside", inference=RUN)
    assert len(assess([on_campus(), beside], CATALOGUE, ("climate-change",)).names) == 2  # one modelling tag
    marginal = on_campus(modelling={**CAMPUS["modelling"], "approach": "marginal"})  # type: ignore[dict-item]
    with pytest.raises(InvalidData, match="electricity is modelled as"):
        assess([marginal, beside], CATALOGUE, ("climate-change",))


def test_the_ranges_of_a_stated_mix_are_drawn() -> None:
    loss = {**quantity("20 %"), "low": "10 %", "high": "30 %", "distribution": "triangular"}
    wide = lca.assess(on_campus(loss=loss), CATALOGUE, "climate-change", samples=50).layers
    still = lca.assess(on_campus(), CATALOGUE, "climate-change", samples=50).layers
    assert wide and still
    widths = [float((each.scores["high"] - each.scores["low"]).iloc[0]) for each in (wide, still)]
    assert widths[0] > 1.1 * widths[1]


@pytest.mark.parametrize(
    "changes, field, said",
    [
        ({"parts": CAMPUS["parts"][:1]}, "mixes.Our campus", "the shares sum to 0.7000; let the shares of the mix"),  # type: ignore[index]
        ({"loss": quantity("100 %")}, "mixes.Our campus.loss", ""),
        ({"parts": {"activity": "gird", "share": quantity("1 1")}}, "parts[0].activity", "no activity 'gird'"),
        ({"parts": {"activity": "gpu", "share": quantity("1 1")}}, "parts[0].activity", "'gpu' is no electricity"),
        ({"network": "lines"}, "mixes.Our campus.network", "no activity 'lines'"),
    ],
)
def test_what_is_wrong_with_a_stated_mix_is_named(changes: dict[str, Any], field: str, said: str) -> None:
    with pytest.raises(InvalidData) as refused:
        product_system(on_campus(**changes), CATALOGUE)
    [problem] = refused.value.problems
    assert field in problem.field and said in str(problem)
