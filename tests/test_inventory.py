"""From files to a linked catalogue, against arithmetic done by hand on tests/tiny."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from workplace import TINY, Workplace

from lca.builtin import folder
from lca.engine.sampling import Block
from lca.errors import InvalidData, UnknownActivity, UnknownCategory
from lca.inventory.activity import Activity, Input
from lca.inventory.catalogue import Catalogue
from lca.inventory.files.template import Template
from lca.quantities.documents import Document
from lca.quantities.records import Quantity
from lca.quantities.values import Range

STACKS = "air/non-urban air or from high stacks"
GOOD = math.exp(-0.5)  # 500 mm2 with 0.1 defects per cm2


def inputs(activity: Activity) -> dict[str, Input]:
    return {input.activity: input for input in activity.inputs}


def test_elementary_flows_are_linked_in_their_unit(tiny: Workplace) -> None:
    plant = tiny.catalogue().activity("plant")
    carbon, methane = plant.emissions
    assert (carbon.flow.name, carbon.flow.compartment) == ("Carbon dioxide, fossil", STACKS)
    assert (carbon.amount, carbon.range) == (0.8, Range(0.4, 1.6, "lognormal"))
    assert (methane.amount, methane.range) == (0.001, None)
    assert {emission.stage for emission in plant.emissions} == {"use"}
    assert {emission.sources for emission in plant.emissions} == {("book",)}
    assert plant.sources["book"].title == "Figures for mental arithmetic"
    assert (plant.kind, plant.unit, plant.file) == ("electricity", "kWh", "inventory/electricity/plant.toml")


def test_an_exchange_may_have_its_own_stage(tiny: Workplace) -> None:
    tiny.edit("inventory/electricity/plant.toml", 'amount = "800 g"', 'stage = "end-of-life"\namount = "800 g"')
    plant = tiny.catalogue().activity("plant")
    assert [emission.stage for emission in plant.emissions] == ["end-of-life", "use"]
    assert plant.stages == ("end-of-life", "use")


def test_inputs_are_converted_to_the_unit_of_what_they_link_to(tiny: Workplace) -> None:
    tiny.edit(
        "inventory/hardware/server.toml", 'input = "card"\namount = "2 item"', 'input = "truck"\namount = "3 kg*km"'
    )
    assert inputs(tiny.catalogue().activity("server"))["truck"].amount == pytest.approx(0.003)


def test_a_bound_on_an_exchange_is_kept_with_its_category(tiny: Workplace) -> None:
    [card] = tiny.catalogue().activity("server").inputs
    assert (card.amount, card.negligible) == (2.0, {"water-use": 0.5})


def test_a_delivery_is_packed_mass_times_distance(tiny: Workplace) -> None:
    truck = inputs(tiny.catalogue().activity("card"))["truck"]
    assert (truck.amount, truck.stage, truck.note) == (5.0, "distribution", "5 kg packed × 1000 km")
    assert truck.range == Range(2.5, 10.0, "lognormal", "inventory/hardware/card.toml|card.delivery[0].distance")


def test_what_is_not_collected_is_the_rest_of_the_mass(tiny: Workplace) -> None:
    found = inputs(tiny.catalogue().activity("card"))
    assert [found[id].amount for id in ("treatment", "dump")] == [3.0, 1.0]
    collected = "inventory/hardware/card.toml|card.end_of_life.collected"
    assert found["treatment"].range == Range(2.0, 4.0, "uniform", collected)
    assert found["dump"].range == Range(0.0, 2.0, "uniform", collected, falls=True)
    assert {found[id].stage for id in ("treatment", "dump")} == {"end-of-life"}
    assert found["dump"].note == "4 kg, 75 % collected"


def test_a_template_gives_its_exchanges_to_a_device(tiny: Workplace) -> None:
    card = tiny.catalogue().activity("card")
    wafer = inputs(card)["wafer-7-nm"]
    assert wafer.amount == pytest.approx(5e-4 / GOOD, rel=1e-12)
    assert (wafer.stage, wafer.note) == ("production", "die_area / good_share")
    assert wafer.sources == ("card/book", "book")
    assert set(wafer.sources) <= card.sources.keys()


def template(path: Path) -> Template:
    return Document.read(path).load(Template, cited=False)


def expanded(made: Template, **parameters: dict[str, str]) -> dict[str, float]:
    given = {name: Quantity.model_validate({"source": "s", **value}) for name, value in parameters.items()}
    units = {"wafer": "m2", "memory": "GB", "board": "m2", "heatsink": "kg", "casing": "kg"}
    units |= {"assembly": "item", "package": "item"}

    def unit_of(id: str) -> str:
        return next(unit for part, unit in units.items() if part in id)

    def refuse(name: str, fault: Exception) -> None:
        raise fault

    return {input.activity: input.amount for input in made.expand(given, unit_of, refuse)}


def test_a_range_of_a_parameter_is_that_of_the_amounts_that_it_moves() -> None:
    """More defects take more wafer; with two ranges their squared widths add, in logarithms."""
    made = template(TINY / "inventory/templates/card.toml")
    density = {"value": "0.1 1/cm^2", "low": "0.05 1/cm^2", "high": "0.2 1/cm^2", "distribution": "lognormal"}
    area = {"value": "500 mm^2", "low": "400 mm^2", "high": "625 mm^2", "distribution": "lognormal"}

    def wafer(**parameters: dict[str, str]) -> Input:
        given = {name: Quantity.model_validate({"source": "s", **value}) for name, value in parameters.items()}
        [input] = made.expand(given, lambda id: "m2", lambda name, fault: None, "card.toml|card")
        return input

    node, plain = {"value": "7 nm"}, {"value": "500 mm^2"}
    one = wafer(die_area=plain, node=node, defect_density=density).range
    assert one and (one.low, one.high) == pytest.approx((5e-4 * math.exp(0.25), 5e-4 * math.exp(1.0)))
    assert (one.of, one.falls) == ("card.toml|card.parameters.defect_density", False)
    both = wafer(die_area=area, node=node, defect_density=density)
    width = math.hypot(0.75 / 2, (math.log(6.25 / 4) + 0.225) / 2)
    assert both.range and both.range.high / both.amount == pytest.approx(math.exp(width))
    assert wafer(die_area=plain, node=node).range is None


def test_amounts_that_one_number_moves_are_drawn_together(tiny: Workplace) -> None:
    """What is not collected is the rest of the mass, in every draw (but for what a share draws above one)."""
    card, block = tiny.catalogue().activity("card"), Block(1, 0)
    ends = [inputs(card)[id] for id in ("treatment", "dump")]
    treated, rest = (block.drawn(input.activity, input.range, input.amount) for input in ends if input.range)
    assert treated + rest == pytest.approx(np.full(block.size, 4.0), abs=0.06)


@given(st.floats(0.1, 10), st.floats(1e-3, 2))
def test_poisson_yield_in_closed_form(area: float, density: float) -> None:
    amounts = expanded(
        template(TINY / "inventory/templates/card.toml"),
        die_area={"value": f"{100 * area!r} mm^2"},
        node={"value": "7 nm"},
        defect_density={"value": f"{density!r} 1/cm^2"},
    )
    assert amounts == {"wafer-7-nm": pytest.approx(area * 1e-4 * math.exp(area * density), rel=1e-9)}


@given(st.floats(20, 858), st.floats(0.01, 1))
def test_murphy_yield_of_the_built_in_accelerator_in_closed_form(area: float, density: float) -> None:
    """Murphy 1964: of dies of area A at defect density D, ((1 - exp(-A D)) / (A D))**2 are good."""
    amounts = expanded(
        template(folder("inventories") / "templates" / "accelerator.toml"),
        die_area={"value": f"{area!r} mm^2"},
        node={"value": "5 nm"},
        defect_density={"value": f"{density!r} 1/cm^2"},
        memory={"value": "80 GB", "kind": "HBM3"},
        board_area={"value": "200 cm^2"},
        mass_heatsink={"value": "1 kg"},
        mass_casing={"value": "500 g"},
    )
    defects = area / 100 * density
    good = ((1 - math.exp(-defects)) / defects) ** 2
    assert amounts["logic-wafer-5-nm"] == pytest.approx(area * 1e-6 / good, rel=1e-9)
    assert amounts["hbm3-memory"] == 80.0
    assert amounts["printed-circuit-board"] == pytest.approx(0.02)
    assert (amounts["heatsink"], amounts["casing"], amounts["card-assembly-and-test"]) == (1.0, 0.5, 1.0)
    assert amounts["die-package"] == pytest.approx(area / 697)


def test_a_mix_is_one_kilowatt_hour_delivered(tiny: Workplace) -> None:
    mix = tiny.catalogue().activity("electricity-xx")
    found = inputs(mix)
    assert {id: input.amount for id, input in found.items()} == {
        "plant": pytest.approx(0.75 / 0.8),
        "wind": pytest.approx(0.25 / 0.8),
        "network": 1.0,
    }
    span = found["plant"].range
    assert span is not None
    assert (span.low, span.high) == (pytest.approx(0.75 / 0.9), pytest.approx(0.75 / 0.7))
    assert (span.distribution, found["network"].range) == ("triangular", None)
    assert found["wind"].note == "25 % of generation, loss 20 %"
    assert (mix.unit, mix.technology, mix.location, mix.gaps) == ("kWh", "mix", "XX", ())
    assert str(mix.modelling) == "average, location, production"
    assert mix.file == "inventory/electricity/mixes.csv:2"


def test_an_unknown_loss_is_a_gap_and_not_zero(tiny: Workplace) -> None:
    mix = tiny.catalogue().activity("electricity-yy")
    assert {id: input.amount for id, input in inputs(mix).items()} == {"plant": 1.0, "network": 1.0}
    assert mix.gaps == ("losses between plant and user are not known",)
    assert mix.comment == "losses not known"


def test_shares_that_sum_to_one_within_rounding_are_scaled_to_one(tiny: Workplace) -> None:
    tiny.edit("inventory/electricity/mixes.csv", "75,25", "75,25.05")
    found = inputs(tiny.catalogue().activity("electricity-xx"))
    assert found["plant"].amount == pytest.approx(75 / 100.05 / 0.8, rel=1e-12)
    assert (found["plant"].amount + found["wind"].amount) * 0.8 == pytest.approx(1.0, rel=1e-12)


def test_shares_may_be_fractions(tiny: Workplace) -> None:
    table = tiny.read("inventory/electricity/mixes.csv").replace("[%]", "[1]")
    table = table.replace("75,25,20,10,30", "0.75,0.25,0.2,0.1,0.3").replace("100,,", "1,,")
    before = tiny.catalogue().activity("electricity-xx")
    tiny.write("inventory/electricity/mixes.csv", table)
    assert tiny.catalogue().activity("electricity-xx") == before


def test_a_row_of_a_table_may_cite_several_sources(tiny: Workplace) -> None:
    book = "[sources.book]"
    stacks = tiny.read("inventory/electricity/mixes.toml").partition(book)[2].replace("mental", "stack")
    tiny.edit("inventory/electricity/mixes.toml", book, f"[sources.stacks]{stacks}\n{book}")
    tiny.edit("inventory/electricity/mixes.csv", "XX,2023,book,", "XX,2023,book; stacks,")
    assert inputs(tiny.catalogue().activity("electricity-xx"))["plant"].sources == ("book", "stacks", "book")
    tiny.edit("inventory/electricity/mixes.csv", "book; stacks,", "book; stack,")
    with pytest.raises(InvalidData, match="no source 'stack'"):
        tiny.catalogue()


def test_each_column_of_a_table_has_a_unit_of_its_own(tiny: Workplace) -> None:
    written = tiny.catalogue().activity("electricity-xx").inputs
    tiny.edit("inventory/electricity/mixes.csv", "loss [%],loss low [%]", "loss [1],loss low [1]")
    tiny.edit("inventory/electricity/mixes.csv", "20,10,30", "0.2,0.1,30")
    assert tiny.catalogue().activity("electricity-xx").inputs == written


def test_the_properties_of_a_device_are_in_coherent_units(tiny: Workplace) -> None:
    found = tiny.catalogue().activity("card").properties
    assert found.power is not None and found.lifetime is not None and found.lifetime.low is not None
    assert (found.power.amount, found.power.unit) == (pytest.approx(0.7), "kW_component")
    assert (found.lifetime.amount, found.lifetime.low.number) == (4 * 8766.0, 3 * 8766.0)
    assert found.idle_power is None


def test_the_catalogue_lists_by_kind_and_id(tiny: Workplace) -> None:
    tiny.write("inventory/lone.toml", 'name = "x"\nproduct = "x"\nunit = "kg"\nlocation = "GLO"\n')
    tiny.write("inventory/.hidden/broken.toml", "x")
    tiny.write("inventory/share-alike/hardware/nested.toml", tiny.read("inventory/lone.toml"))
    catalogue = tiny.catalogue()
    assert catalogue.kinds() == (
        "electricity",
        "end-of-life",
        "facilities",
        "hardware",
        "materials",
        "other",
        "transport",
    )
    assert [activity.id for activity in catalogue.of_kind("hardware")] == ["card", "drive", "nested", "server"]
    assert [activity.id for activity in catalogue.of_kind("other")] == ["lone"]
    assert catalogue.of_kind("nothing") == ()
    with pytest.raises(UnknownActivity) as refused:
        catalogue.activity("serfer")
    assert str(refused.value) == "no activity 'serfer'; did you mean 'server'?"


def test_the_table_of_the_catalogue_has_properties_in_their_units_and_states_of_categories(tiny: Workplace) -> None:
    catalogue = tiny.catalogue()
    table = catalogue.table("climate-change, acidification").set_index("id")
    assert list(table.index) == [id for id, a in sorted(catalogue.activities.items()) if not a.stands_in]
    server = catalogue.activity("server")
    assert server.properties.lifetime
    assert table.loc["server", "lifetime"] == server.properties.lifetime.amount
    assert math.isnan(float(str(table.loc["plant", "lifetime"])))
    assert table.attrs["units"]["lifetime"] == "h" and table.attrs["units"]["PUE"] == "kWh/kWh"
    for id in table.index:
        assert table.loc[id, "acidification"] == catalogue.state(id, "acidification").kind
    assert "climate-change" not in catalogue.table()
    with pytest.raises(UnknownCategory, match="did you mean 'climate-change'"):
        catalogue.table("climate-chang")


@pytest.mark.parametrize("name", ["ACME Card(R) 9", "acme card 9", "  ACME  CARD(TM)  9 "])
def test_hardware_is_recognised_by_the_name_it_reports(name: str, tiny: Workplace) -> None:
    found = tiny.catalogue().recognise(name)
    assert found is not None and found.id == "card"


@pytest.mark.parametrize("name", ["ACME Card 90", "Card", ""])
def test_unknown_hardware_is_not_given_another_devices_impact(name: str, tiny: Workplace) -> None:
    assert tiny.catalogue().recognise(name) is None


def test_a_later_folder_overrides_by_id(tiny: Workplace) -> None:
    tiny.write(
        "more/other/plant.toml",
        tiny.read("inventory/electricity/plant.toml")
        .replace("800 g", "900 g")
        .replace("400 g", "450 g")
        .replace("1600 g", "1800 g"),
    )
    plant = Catalogue.load("inventory", "more").activity("plant")
    assert (plant.emissions[0].amount, plant.kind, plant.file) == (0.9, "other", "more/other/plant.toml")
    assert Catalogue.load("more", "inventory").activity("plant").emissions[0].amount == 0.8


def test_a_file_overrides_a_mix_and_a_mix_a_file(tiny: Workplace) -> None:
    tiny.write("files/electricity-xx.toml", tiny.read("inventory/electricity/network.toml"))
    for name in ("mixes.toml", "mixes.csv"):
        tiny.write(f"mixes/{name}", tiny.read(f"inventory/electricity/{name}"))
    assert Catalogue.load("inventory", "files").activity("electricity-xx").technology is None
    assert Catalogue.load("inventory", "files", "mixes").activity("electricity-xx").technology == "mix"


def test_a_later_list_of_required_flows_replaces_that_of_its_technology(tiny: Workplace) -> None:
    tiny.write(
        "more/required-flows.toml",
        '[burning.climate-change]\nflows = ["Carbon dioxide, fossil | air"]\nsource = "b"\n[sources.b]\ntitle = "B"\n',
    )
    required = Catalogue.load("inventory", "more").required.lists["burning"]
    assert {id: requirement.flows for id, requirement in required.items()} == {
        "climate-change": ("Carbon dioxide, fossil | air",)
    }


def test_published_results_of_an_unstated_version_span_both(tiny: Workplace) -> None:
    """Fossil methane is 29.8 in EF 3.1 and was 36.8 in EF 3.0."""
    climate, acid, water = tiny.catalogue().activity("drive").results
    assert (climate.value, climate.low, climate.high) == (36.8, pytest.approx(29.8), 36.8)
    assert (acid.value, acid.low, acid.high, acid.refused) == (0.4, 0.2, 0.8, "")
    assert (water.value, water.low, water.high) == (3.0, 3.0, 3.0)


@pytest.mark.parametrize(
    ("category", "unit"), [("ecotoxicity-freshwater", "CTUe"), ("human-toxicity-non-carcinogenic", "CTUh")]
)
def test_published_results_are_refused_where_the_factors_changed(category: str, unit: str, tiny: Workplace) -> None:
    drive = "inventory/hardware/drive.toml"
    tiny.edit(drive, 'category = "climate-change"', f'category = "{category}"')
    tiny.edit(drive, "36.8 kg CO2-Eq", f"36.8 {unit}")
    assert tiny.catalogue().activity("drive").results[0].refused == (
        "published with EF, version unstated; factors of this category changed between EF 3.0 and 3.1"
    )
    tiny.edit(drive, "EF, version unstated", "EF v3.1")
    assert tiny.catalogue().activity("drive").results[0].refused == ""


def published(tiny: Workplace, toxicity: str, more: str = "") -> dict[str, str]:
    """Refusals by category of the drive, whose other categories are 0.0368, 0.04 and 0.03 persons and years."""
    impact = f'[[impacts]]\ncategory = "human-toxicity-carcinogenic"\nmethod = "EF v3.1"\nvalue = "{toxicity} CTUh"\n'
    tiny.edit("inventory/hardware/drive.toml", "[sources.book]", f'{impact}source = "book"\n{more}\n[sources.book]')
    return {result.category: result.refused for result in tiny.catalogue().activity("drive").results}


def test_a_value_over_ten_times_the_median_is_quarantined(tiny: Workplace) -> None:
    """4e-6 CTUh are 0.4 persons and years, 10.4 times the median (0.0368 + 0.04) / 2."""
    found = published(tiny, "4e-6")
    reason = "quarantined: normalised, 10.4 times the activity's median category"
    assert found.pop("human-toxicity-carcinogenic") == reason
    assert set(found.values()) == {""}


def test_a_value_up_to_ten_times_the_median_is_kept(tiny: Workplace) -> None:
    assert set(published(tiny, "3.84e-6").values()) == {""}


def test_an_explained_value_is_kept(tiny: Workplace) -> None:
    assert set(published(tiny, "4e-6", 'explained = "It is poisonous."').values()) == {""}


def test_of_two_categories_none_is_out_of_proportion(tiny: Workplace) -> None:
    for category in ("climate-change", "water-use"):
        tiny.edit("inventory/normalisation.toml", f"{category} =", f"# {category} =")
    assert set(published(tiny, "1").values()) == {""}


def test_a_mix_links_to_electricity_only(tiny: Workplace) -> None:
    tiny.edit("inventory/electricity/mixes.toml", 'wind = "wind"', 'wind = "dump"')
    with pytest.raises(InvalidData) as refused:
        tiny.catalogue()
    assert str(refused.value).startswith("inventory/electricity/mixes.toml:9: inputs: 'dump' is in kg, a mix in kWh; ")


def test_the_built_in_catalogue_loads(built_in: Catalogue) -> None:
    assert {"electricity", "hardware", "facilities", "materials", "transport", "end-of-life"} <= set(built_in.kinds())
    assert {id for id, activity in built_in.activities.items() if activity.id != id} == set()
    recognised = built_in.recognise("NVIDIA A100-SXM4-40GB")
    assert recognised is not None and recognised.id == "gpu-a100-sxm4-40gb"
