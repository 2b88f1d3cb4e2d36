"""The foreground against arithmetic done by hand, and its rules as properties."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import types
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lca import Catalogue, Scenario, assess
from lca.engine.background import Background
from lca.equations import delivered_electricity
from lca.errors import InvalidData, WrongUnit
from lca.inventory.activity import Activity, Emission, Input, Modelling
from lca.inventory.completeness import RequiredFlows, Requirement
from lca.inventory.files.activity import Properties
from lca.measurement.record import Measurement
from lca.methods.library import Library
from lca.quantities.values import Value, calculated
from lca.study.energy_chain import site
from lca.system import energy as energy_room
from lca.system.product_system import product_system

LIBRARY = Library.load()
CARBON = LIBRARY.flow("Carbon dioxide, fossil", "air")
WATER = LIBRARY.flow("Water", "air")


def quantity(value: str, **more: str) -> dict[str, str]:
    return {"value": value, "source": "test", **more}


def emitting(id: str, unit: str, carbon: float, stage: str = "production", **more: Any) -> Activity:
    flows = (Emission(CARBON, carbon, stage),)  # type: ignore[arg-type]
    return Activity(id, "test", id, id, unit, "GLO", f"{id}.toml", technology="emitter", emissions=flows, **more)


def assembly(id: str, unit: str, *inputs: Input, **more: Any) -> Activity:
    return Activity(id, "test", id, id, unit, "GLO", f"{id}.toml", technology="assembly", inputs=inputs, **more)


def properties(**values: Any) -> Properties:
    return Properties.model_validate(values)


TAG = Modelling("average", "location", "production")
ACTIVITIES = [
    emitting("grid", "kWh", 1.0, "use", modelling=TAG),
    emitting("dirty-grid", "kWh", 3.0, "use", modelling=TAG),
    emitting("marginal-grid", "kWh", 3.0, "use", modelling=Modelling("marginal", "location", "production")),
    emitting("gpu", "item", 100.0, properties=properties(annual_replacement_rate=quantity("10 %/year"))),
    emitting("board", "item", 50.0),
    emitting("truck", "t*km", 0.1),
    emitting("scrap", "kg", 2.0),
    emitting("building", "kW", 200.0),
    Activity(
        "evaporated-water",
        "test",
        "w",
        "w",
        "m3",
        "GLO",
        "w.toml",
        technology="steam",
        emissions=(Emission(WATER, 1.0, "use"),),
    ),
    assembly(
        "server",
        "item",
        Input("gpu", 2.0, "production"),
        Input("board", 1.0, "production"),
        Input("truck", 4.0, "distribution"),
        Input("scrap", 10.0, "end-of-life"),
        properties=properties(
            rest_of_node=quantity("1.5 kWh/kWh"),
            plug_power=quantity("2 kW"),
            plug_idle_power=quantity("0.5 kW"),
            accelerators=quantity("2 item"),
            lifetime=quantity("10000 h"),
        ),
    ),
    assembly(
        "facility",
        "kW",
        Input("building", 1.0, "production"),
        properties=properties(
            PUE=quantity("1.2 kWh/kWh"),
            WUE=quantity("2 L/kWh", basis="consumption"),
            lifetime=quantity("200000 h"),
            occupancy=quantity("50 %"),
        ),
    ),
]
COMPLETE = {
    "emitter": {
        "climate-change": Requirement(flows=("Carbon dioxide, fossil | air",), source="test"),
        "water-use": Requirement(none=True, source="test"),
    },
    "steam": {
        "climate-change": Requirement(none=True, source="test"),
        "water-use": Requirement(flows=("Water | air",), source="test"),
    },
}
CATALOGUE = Catalogue({a.id: a for a in ACTIVITIES}, RequiredFlows(COMPLETE), LIBRARY)
CATEGORIES = ("climate-change", "water-use")
SOURCES = {"test": {"title": "test"}}


def scenario(**changes: Any) -> Scenario:
    inference = {
        "component_energy": quantity("10 kWh"),
        "device_time": quantity("40 h"),
        "serves": "1000 inference",
        "server": "server",
        "utilisation": quantity("50 %"),
    }
    content = {
        "name": "test",
        "functional_unit": {"amount": "100 inference", "service": "s"},
        "electricity": "grid",
        "facility": "facility",
        "inference": inference,
        "sources": SOURCES,
    }
    return Scenario.create({**content, **changes})


def score(*scenarios: Scenario, category: str = "climate-change") -> list[float]:
    found = assess(scenarios, CATALOGUE, CATEGORIES).scores()
    return [float(value) for value in found[found["category"] == category]["score"]]


def test_every_exchange_is_what_arithmetic_says() -> None:
    """One tenth of a run of 10 kWh and 40 h on a server with 10,000 h of life at 50 % utilisation."""
    system = product_system(scenario(), CATALOGUE)
    found = {(e.role, e.stage, e.input): e.amount for e in system.exchanges}
    share = 0.1 * 40 / (10000 * 0.5)
    replaced = 1 + 0.1 / 8766 * 10000
    assert found == {
        ("computing", "use", "grid"): pytest.approx(0.1 * 10 * 1.5 * 1.2),
        ("idle time", "use", "grid"): pytest.approx(0.1 * 0.5 * 40 * 1.2),
        ("cooling water", "use", "evaporated-water"): pytest.approx(0.1 * (15 + 20) * 2 / 1000),
        ("equipment", "production", "gpu"): pytest.approx(share * 2 * replaced),
        ("equipment", "production", "board"): pytest.approx(share),
        ("equipment", "distribution", "truck"): pytest.approx(share * 4),
        ("equipment", "end-of-life", "scrap"): pytest.approx(share * 10),
        ("facility", "production", "building"): pytest.approx(0.1 * 2 * 80 / (200000 * 0.5)),
    }
    [gap] = system.gaps
    assert (gap.name, gap.why) == ("replacement of parts of server over its life", "no rate for board")


def test_the_parts_of_the_electricity_sum_to_it() -> None:
    system = product_system(scenario(), CATALOGUE)
    electricity = sum(e.amount for e in system.exchanges if e.input == "grid")
    assert sum(row.amount for row in system.energy) == pytest.approx(electricity)
    amounts = {row.component: row.amount for row in system.energy}
    assert amounts == {
        "stated": pytest.approx(0.1 * 10),
        "rest of node": pytest.approx(0.1 * 10 * 0.5),
        "idle time": pytest.approx(0.1 * 0.5 * 40),
        "building, computing": pytest.approx(0.1 * 10 * 1.5 * 0.2),
        "building, idle time": pytest.approx(0.1 * 0.5 * 40 * 0.2),
    }
    origins = {row.component: row.origin for row in system.energy}
    assert origins["stated"] == "stated"
    assert {origins[key] for key in origins if key != "stated"} == {"modelled"}


def test_the_score_is_the_sum_of_its_rows() -> None:
    study = assess([scenario()], CATALOGUE, CATEGORIES)
    sums = study.table.groupby("category")["score"].sum()
    for row in study.scores().to_dict("records"):
        assert row["score"] == pytest.approx(sums[row["category"]], rel=1e-12)
    by_hand = sum(
        e.amount * CATALOGUE.activity(e.input).emissions[0].amount
        for e in study.systems[0].exchanges
        if e.input != "evaporated-water"
    )
    assert study.scores()["score"].iloc[0] == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize(
    ("written", "planted"),
    [
        (
            'converted(calculated(evaporated_water, it_energy=energy, WUE=WUE), "m3")',
            "calculated(evaporated_water, it_energy=energy, WUE=WUE)",
        ),
        (
            "generated_electricity, delivered=amount, loss=run.supply.loss",
            "generated_electricity, delivered=amount, loss=Value(0.5, '1')",
        ),
        ("rest_of_node=run.rest_of_node or _NOT_KNOWN", "rest_of_node=_NOT_KNOWN"),
        (
            "calculated(delivered_electricity, it_energy=use.energy, PUE=PUE)",
            "calculated(delivered_electricity, it_energy=use.energy, PUE=_NOT_STATED)",
        ),
        ("equipment.allocated, equipment.part", "equipment.allocated, Value(0.001, '1')"),
        ("total([use.energy for use in used])", "used[-1].energy"),
    ],
    ids=[
        "litres for cubic metres",
        "another loss",
        "no rest of node",
        "no PUE",
        "a stray / 1000",
        "water of idling only",
    ],
)
def test_a_mistake_planted_in_the_chain_is_caught(written: str, planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = inspect.getsource(energy_room)
    assert source.count(written) == 1
    mutant = types.ModuleType(energy_room.__name__)
    monkeypatch.setitem(sys.modules, mutant.__name__, mutant)
    exec(compile(source.replace(written, planted), "mutant", "exec"), mutant.__dict__)
    rooms = importlib.import_module("lca.system.product_system")
    monkeypatch.setattr(rooms, "electricity", mutant.electricity)
    with pytest.raises(AssertionError):
        test_every_exchange_is_what_arithmetic_says()
        test_losses_are_added_once_and_half_a_server_idles_half_as_much()


def test_losses_are_added_once_and_half_a_server_idles_half_as_much() -> None:
    """One accelerator of two, electricity published as generated with a loss of a fifth."""
    stated = scenario(electricity=published("generated", "life-cycle", loss=quantity("20 %")))
    system = product_system(stated.vary(inference={"reserved": quantity("1 item")}), CATALOGUE)
    amounts = {e.role: e.amount for e in system.exchanges if e.stage == "use"}
    assert amounts["computing"] == pytest.approx(0.1 * 10 * 1.5 * 1.2 / 0.8)
    assert amounts["idle time"] == pytest.approx(0.1 * 0.5 * 40 * 0.5 * 1.2 / 0.8)


def test_a_PUE_applied_twice_cannot_be_written() -> None:
    PUE = Value(1.2, "kWh/kWh_it", "PUE")
    once = calculated(delivered_electricity, it_energy=Value(1.0, "kWh_it"), PUE=PUE)
    with pytest.raises(WrongUnit):
        calculated(delivered_electricity, it_energy=once, PUE=PUE)


def test_training_is_amortised_over_what_it_serves_and_development_is_a_factor() -> None:
    training = {"it_energy": quantity("300 kWh"), "serves": "1e6 inference"}
    study = assess([scenario(training=training, development={"factor": quantity("2 1")})], CATALOGUE, CATEGORIES)
    rows = study.contributions("climate-change", "phase").set_index("phase")["score"]
    assert rows["training"] == pytest.approx(300 * 1.2 * 100 / 1e6)
    assert rows["development"] == pytest.approx(2 * rows["training"])
    system = study.systems[0]
    for parts in (system.gaps, system.energy):
        trained, developed = ([p.amount for p in parts if p.phase == phase] for phase in ("training", "development"))
        assert trained and developed == pytest.approx([2 * amount for amount in trained])


def test_development_takes_a_factor_of_what_the_negligible_parts_of_the_training_are_bounded_by() -> None:
    """A server's fan, of which no more than 3 kg is known, is opened by the share of the server that the run takes."""
    fan = Input("gpu", 1.0, "production", negligible={"climate-change": -3.0})
    server = CATALOGUE.activity("server")
    activities = {**CATALOGUE.activities, "server": replace(server, inputs=(*server.inputs, fan))}
    training = {"it_energy": quantity("300 kWh"), "serves": "1e6 inference", "device_time": quantity("40 h")}
    training |= {"server": "server", "utilisation": quantity("50 %")}
    made = scenario(training=training, development={"factor": quantity("2 1")})
    exchanges = product_system(made, replace(CATALOGUE, activities=activities)).exchanges
    bounds = {e.phase: e.negligible["climate-change"] for e in exchanges if e.negligible}
    share = 40 / (10000 * 0.5)
    assert bounds == {
        "inference": pytest.approx(0.1 * share * 3),
        "training": pytest.approx(1e-4 * share * 3),
        "development": pytest.approx(2e-4 * share * 3),
    }


def test_a_measured_run_gives_energy_time_and_service() -> None:
    record = Measurement.model_validate(
        {
            "name": "run",
            "phase": "inference",
            "amount": "1000 inference",
            "started": "2026-01-01T00:00:00Z",
            "ended": "2026-01-02T16:00:00Z",
            "duration": "40 h",
            "energy": [
                {"component": "cpu", "energy": "5 kWh", "origin": "modelled", "method": "m"},
                {"component": "gpu", "energy": "5 kWh", "origin": "counter", "method": "m"},
            ],
        }
    )
    table = {"measurement": "run.json", "server": "server", "utilisation": quantity("50 %")}
    measured = Scenario.create(
        {
            "name": "measured",
            "functional_unit": {"amount": "100 inference", "service": "s"},
            "electricity": "grid",
            "facility": "facility",
            "inference": table,
            "sources": SOURCES,
        },
        {"inference": record},
    )
    assert score(measured, scenario()) == [pytest.approx(score(scenario())[0])] * 2
    origins = {row.component: row.origin for row in product_system(measured, CATALOGUE).energy}
    assert (origins["cpu"], origins["gpu"]) == ("modelled", "counter")


def test_what_is_not_measured_is_a_gap() -> None:
    record = Measurement.model_validate(
        {
            "name": "run",
            "phase": "inference",
            "amount": "1000 inference",
            "started": "2026-01-01T00:00:00Z",
            "ended": "2026-01-01T01:00:00Z",
            "duration": "1 h",
            "energy": [{"component": "cpu", "energy": "5 kWh", "origin": "counter", "method": "m"}],
            "unmeasured": [{"component": "gpu", "reason": "no permission"}],
        }
    )
    content = {
        "name": "m",
        "functional_unit": {"amount": "1 inference", "service": "s"},
        "electricity": "grid",
        "inference": {"measurement": "run.json"},
    }
    system = product_system(Scenario.create(content, {"inference": record}), CATALOGUE)
    names = [gap.name for gap in system.gaps]
    assert "energy of the gpu in the run 'run' (no permission)" in names
    assert "energy of the rest of the node (power supply, fans, board), on grid" in names
    assert any(name.startswith("energy of the building beyond its IT equipment, PUE not stated") for name in names)
    assert sum(e.amount for e in system.exchanges) == pytest.approx(5 / 1000)  # passed on unchanged, not scaled


def test_a_facility_by_its_numbers_may_name_its_building_and_take_the_other_numbers_from_it() -> None:
    def amounts(facility: Any) -> dict[tuple[str, str], float]:
        return {(e.role, e.input): e.amount for e in product_system(scenario(facility=facility), CATALOGUE).exchanges}

    catalogued, named = amounts("facility"), amounts({"building": "facility"})
    assert named == catalogued
    changed = amounts({"building": "facility", "PUE": quantity("2.4 kWh/kWh")})
    assert changed["computing", "grid"] == pytest.approx(2 * catalogued["computing", "grid"])
    assert changed["facility", "building"] == catalogued["facility", "building"]
    assert changed["cooling water", "evaporated-water"] == catalogued["cooling water", "evaporated-water"]
    study = assess([scenario(facility={"building": "facility", "PUE": quantity("2 kWh/kWh")})], CATALOGUE, CATEGORIES)
    stated = site(study, "test")
    assert stated.PUE and stated.PUE.amount == 2 and stated.WUE and stated.WUE.amount == 2
    with pytest.raises(InvalidData, match=r"facility\.building: no activity 'facilty'; did you mean 'facility'"):
        product_system(scenario(facility={"building": "facilty"}), CATALOGUE)


def test_a_withdrawal_is_not_evaporated() -> None:
    stated = scenario(facility={"PUE": quantity("1.2 kWh/kWh"), "WUE": quantity("2 L/kWh", basis="withdrawal")})
    system = product_system(stated, CATALOGUE)
    assert "evaporated-water" not in {e.input for e in system.exchanges}
    study = assess([stated], CATALOGUE, CATEGORIES)
    climate, water = (study.coverage["test", category] for category in CATEGORIES)
    assert any("withdrawal" in item.name for item in water.items)
    assert not any("withdrawal" in item.name for item in climate.items)  # water has no climate score to lack


def published(boundary: str, scope: str, **more: Any) -> dict[str, Any]:
    tags = {"approach": "average", "accounting": "location", "perimeter": "production"}
    return {"intensity": quantity("500 g/kWh"), "boundary": boundary, "scope": scope, "modelling": tags, **more}


def test_a_published_intensity_scores_climate_change_and_nothing_else() -> None:
    plain = {"it_energy": quantity("10 kWh"), "serves": "100 inference"}
    stated = scenario(electricity=published("generated", "life-cycle", loss=quantity("20 %")), inference=plain)
    study = assess([stated], CATALOGUE, ("climate-change", "acidification"))
    climate, acidification = study.scores().to_dict("records")
    assert climate["score"] == pytest.approx(10 * 1.2 / 0.8 * 0.5)
    assert acidification["completeness"] == "missing"


def test_water_stated_with_an_intensity_is_evaporated_for_every_kWh_generated() -> None:
    """10 kWh at a PUE of 1.2 and losses of 20 % are 15 kWh generated, of 4 L each: 60 L."""
    plain = {"it_energy": quantity("10 kWh"), "serves": "100 inference"}
    intensity = published("generated", "life-cycle", loss=quantity("20 %"))
    dry = scenario(name="dry", electricity=intensity, inference=plain)
    wet = scenario(name="wet", electricity=intensity | {"water": quantity("4 L/kWh")}, inference=plain)
    study = assess([dry, wet], CATALOGUE, CATEGORIES)
    scores = {(row["scenario"], row["category"]): row["score"] for row in study.scores().to_dict("records")}
    a_litre = float(Background.of(CATALOGUE, ("water-use",)).totals("evaporated-water")[0]) / 1000
    assert scores["wet", "water-use"] - scores["dry", "water-use"] == pytest.approx(60 * a_litre)
    assert scores["wet", "climate-change"] == pytest.approx(scores["dry", "climate-change"])


@pytest.mark.parametrize(
    ("boundary", "scope", "gap"),
    [
        ("delivered", "direct", "not in a direct intensity"),
        ("generated", "life-cycle", "losses between plant and user"),
    ],
)
def test_what_an_intensity_leaves_out_is_named(boundary: str, scope: str, gap: str) -> None:
    study = assess([scenario(electricity=published(boundary, scope))], CATALOGUE, CATEGORIES)
    reasons = [reason for item in study.coverage["test", "climate-change"].items for reason in item.reasons]
    assert any(gap in reason for reason in reasons)


def test_mixed_modelling_is_refused() -> None:
    other = scenario().vary(name="other", electricity="marginal-grid")
    with pytest.raises(InvalidData, match="average, location, production and as marginal, location, production"):
        assess([scenario(), other], CATALOGUE)


def test_reserving_one_of_two_accelerators_takes_half_of_the_server() -> None:
    whole = product_system(scenario(), CATALOGUE)
    half = product_system(scenario().vary(inference={"reserved": quantity("1 item")}), CATALOGUE)
    amounts = {(e.role, e.input): e.amount for e in whole.exchanges}
    for exchange in half.exchanges:
        ratio = exchange.amount / amounts[exchange.role, exchange.input]
        expected = {"computing": 1.0, "cooling water": (15 + 10) / (15 + 20)}.get(exchange.role, 0.5)
        assert ratio == pytest.approx(expected), exchange


def test_a_stated_part_of_the_server_counts_like_that_many_of_its_accelerators() -> None:
    half = product_system(scenario().vary(inference={"reserved": quantity("1 item")}), CATALOGUE)
    stated = product_system(scenario().vary(inference={"part_of_server": quantity("50 %")}), CATALOGUE)
    assert [(e.role, e.input, e.amount) for e in stated.exchanges] == [
        (e.role, e.input, e.amount) for e in half.exchanges
    ]


def test_reserved_and_part_of_server_are_not_given_together() -> None:
    both = {"reserved": quantity("1 item"), "part_of_server": quantity("50 %")}
    with pytest.raises(InvalidData, match="reserved and part_of_server say the same"):
        scenario().vary(inference=both)


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=5))
@settings(max_examples=15, deadline=None)
def test_what_students_share_adds_up_to_the_teacher(weights: list[float]) -> None:
    teacher = {"it_energy": quantity("300 kWh"), "serves": "1e6 inference"}
    whole = score(scenario(training=teacher))[0] - score(scenario())[0]
    shares = [weight / sum(weights) for weight in weights]
    parts = [score(scenario(training={**teacher, "allocation": quantity(f"{100 * share!r} %")}))[0] for share in shares]
    assert sum(part - score(scenario())[0] for part in parts) == pytest.approx(whole, rel=1e-9)


def test_an_allocation_is_said() -> None:
    shared = scenario(
        training={"it_energy": quantity("1 kWh"), "serves": "1 inference", "allocation": quantity("25 %")}
    )
    notes = product_system(shared, CATALOGUE).notes
    assert "Phase training: 0.25 of the effort is allocated to this scenario, which shares it." in notes


factors = st.floats(0.1, 10)


@given(factors)
@settings(max_examples=15, deadline=None)
def test_scores_are_linear_in_the_functional_unit(times: float) -> None:
    more = scenario().vary(functional_unit={"amount": f"{100 * times!r} inference"})
    assert score(more)[0] == pytest.approx(times * score(scenario())[0], rel=1e-9)


def test_phases_are_additive() -> None:
    training = {"it_energy": quantity("300 kWh"), "serves": "1e6 inference"}
    both = scenario(training=training)
    alone = Scenario.create(
        {
            "name": "training",
            "functional_unit": {"amount": "100 inference", "service": "s"},
            "electricity": "grid",
            "facility": "facility",
            "training": training,
            "sources": SOURCES,
        }
    )
    assert score(both)[0] == pytest.approx(score(scenario())[0] + score(alone)[0], rel=1e-12)


@given(st.sampled_from(["kWh", "Wh", "MJ", "J"]), st.sampled_from(["h", "s", "day"]), st.sampled_from(["kW", "W"]))
@settings(max_examples=12, deadline=None)
def test_scores_do_not_depend_on_the_units_written(energy: str, time: str, power: str) -> None:
    from lca.quantities.units import Amount, convert

    changed = scenario().vary(
        inference={
            "component_energy": quantity(str(convert(Amount(10.0, "kWh"), energy))),
            "device_time": quantity(str(convert(Amount(40.0, "h"), time))),
        }
    )
    by_power = scenario(
        inference={
            "power": quantity(str(convert(Amount(0.25, "kW"), power))),
            "device_time": quantity("40 h"),
            "serves": "1000 inference",
            "server": "server",
            "utilisation": quantity("50 %"),
        }
    )
    assert score(changed)[0] == pytest.approx(score(scenario())[0], rel=1e-9)
    assert score(by_power)[0] == pytest.approx(score(scenario())[0], rel=1e-9)


@given(st.floats(1, 3), st.floats(1.01, 2), st.floats(0.05, 0.9))
@settings(max_examples=15, deadline=None)
def test_a_higher_PUE_costs_more_and_a_longer_life_or_a_higher_utilisation_less(
    PUE: float, times: float, utilisation: float
) -> None:
    def at(PUE: float, life: float, utilisation: float) -> float:
        use = {"lifetime": quantity(f"{life} h"), "utilisation": quantity(f"{utilisation} 1")}
        site = {"PUE": quantity(f"{PUE} kWh/kWh")}
        return score(scenario(facility=site).vary(inference=use))[0]

    base = at(PUE, 10000, utilisation)
    assert at(PUE * times, 10000, utilisation) > base
    assert at(PUE, 10000 * times, utilisation) < base + 1e-12
    assert at(PUE, 10000, min(1.0, utilisation * times)) < base


def test_vary_refuses_what_a_file_could_not_say() -> None:
    with pytest.raises(InvalidData, match=re.escape("inference.utilisation: 0 is outside > 0 and <= 1;")):
        scenario().vary(inference={"utilisation": quantity("0 1")})
    with pytest.raises(InvalidData, match="a scenario has no such key"):
        scenario().vary(electricty="grid")


def measured(*energy: tuple[str, str, str]) -> Scenario:
    """A run of 40 h with these energies: component, amount and origin."""
    record = Measurement.model_validate(
        {
            "name": "run",
            "phase": "inference",
            "amount": "1000 inference",
            "started": "2026-01-01T00:00:00Z",
            "ended": "2026-01-02T16:00:00Z",
            "duration": "40 h",
            "energy": [{"component": c, "energy": e, "origin": o, "method": "m"} for c, e, o in energy],
        }
    )
    content = {
        "name": "measured",
        "functional_unit": {"amount": "1000 inference", "service": "s"},
        "electricity": "grid",
        "facility": "facility",
        "inference": {"measurement": "run.json", "server": "server", "utilisation": quantity("50 %")},
        "sources": SOURCES,
    }
    return Scenario.create(content, {"inference": record})


@pytest.mark.parametrize("turned", [False, True])
def test_an_energy_of_several_entries_is_their_sum_and_has_the_origin_of_all(turned: bool) -> None:
    entries = [("gpu", "0.9 kWh", "modelled"), ("gpu", "0.1 kWh", "counter"), ("cpu", "1 kWh", "counter")]
    system = product_system(measured(*(reversed(entries) if turned else entries)), CATALOGUE)
    rows = {row.component: row for row in system.energy}
    assert rows["gpu"].amount == pytest.approx(1.0) and rows["gpu"].origin == "modelled 90 %, counter 10 %"
    [computing] = [e for e in system.exchanges if e.role == "computing"]
    assert computing.amount == pytest.approx(2 * 1.5 * 1.2)
    assert computing.origin == "counter 55 %, modelled 45 %"
    ranged = {leaf.name for leaf in computing.value.leaves() if leaf.field.startswith("inference.measurement")}
    assert ranged == {"gpu energy (modelled)", "gpu energy (counter)", "cpu energy (counter)"}


def test_eight_cards_are_eight_times_one() -> None:
    one = product_system(measured(("gpu", "1 kWh", "counter")), CATALOGUE)
    eight = product_system(measured(*[("gpu", "1 kWh", "counter")] * 8), CATALOGUE)
    amounts = [next(e.amount for e in s.exchanges if e.role == "computing") for s in (one, eight)]
    assert amounts[1] == pytest.approx(8 * amounts[0])


@pytest.mark.parametrize("phase", ["end_user_device", "network"])
def test_what_runs_beyond_the_data_centre_pays_neither_PUE_nor_building_nor_water(phase: str) -> None:
    table = {
        "component_energy": quantity("10 kWh"),
        "device_time": quantity("40 h"),
        "serves": "1000 inference",
        "server": "server",
        "utilisation": quantity("50 %"),
    }
    alone = scenario(**{"inference": None, phase: table})
    system = product_system(alone, CATALOGUE)
    amounts = {(e.role, e.input): e.amount for e in system.exchanges}
    assert amounts["computing", "grid"] == pytest.approx(0.1 * 10 * 1.5)  # no PUE of 1.2
    assert {role for role, _ in amounts} == {"computing", "idle time", "equipment"}
    assert not any("PUE" in gap.name or "water" in gap.name or "building" in gap.name for gap in system.gaps)


def test_a_device_in_full_use_does_not_idle() -> None:
    bare = {**catalogue_without("plug_idle_power")}
    catalogue = replace(CATALOGUE, activities=bare)
    half = product_system(scenario(), catalogue)
    full = product_system(scenario().vary(inference={"utilisation": quantity("100 %")}), catalogue)
    assert [gap.name for gap in half.gaps if "idle" in gap.name] == ["energy of server while idle, on grid"]
    assert not any("idle" in gap.name for gap in full.gaps)


def catalogue_without(key: str) -> dict[str, Activity]:
    server = CATALOGUE.activity("server")
    left = server.properties.model_copy(update={key: None})
    return {**CATALOGUE.activities, "server": replace(server, properties=left)}


def test_intensities_that_print_alike_are_told_apart_by_all_that_they_state() -> None:
    plain = {"it_energy": quantity("10 kWh"), "serves": "100 inference"}
    first = scenario(electricity=published("generated", "life-cycle"), inference=plain)
    other = first.vary(name="other", electricity=published("generated", "life-cycle", loss=quantity("20 %")))
    for order in ([first, other], [other, first]):
        study = assess(order, CATALOGUE, CATEGORIES)
        reasons = {
            name: [r for item in study.coverage[name, "climate-change"].items for r in item.reasons]
            for name in ("test", "other")
        }
        assert any("losses" in reason for reason in reasons["test"])
        assert not any("losses" in reason for reason in reasons["other"])


def test_a_rate_of_an_assembly_covers_the_parts_of_what_is_in_it() -> None:
    """The tray has a rate; the sled in it has none, and so neither it nor its blade is replaced twice."""
    rate = properties(annual_replacement_rate=quantity("10 %/year"))
    inner = [
        emitting("blade", "item", 1.0, properties=rate),
        assembly("sled", "item", Input("blade", 3.0, "production")),
        assembly("tray", "item", Input("sled", 2.0, "production"), properties=rate),
    ]
    server = CATALOGUE.activity("server")
    rack = replace(server, inputs=(Input("tray", 1.0, "production"),))
    activities = {**CATALOGUE.activities, **{a.id: a for a in inner}, "server": rack}
    system = product_system(scenario(), replace(CATALOGUE, activities=activities))
    [blade] = [e for e in system.exchanges if e.input == "blade"]
    share = 0.1 * 40 / (10000 * 0.5)
    assert blade.amount == pytest.approx(share * 2 * 3 * (1 + 0.1 / 8766 * 10000))
    assert not any("replacement" in gap.name for gap in system.gaps)
