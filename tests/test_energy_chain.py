"""Which inputs of a mix generate its electricity, and what a scenario states of its facilities."""

from __future__ import annotations

from test_system import CATALOGUE, CATEGORIES, quantity, scenario

from lca.inventory.activity import Activity, Input
from lca.study.assess import assess
from lca.study.energy_chain import StatedSite, generators, site
from lca.vocabulary import Stage


def mix(*inputs: str, network: str = "") -> Activity:
    taken = tuple(Input(id, 1.0, Stage.USE) for id in inputs)
    return Activity("grid", "electricity", "grid", "electricity", "kWh", "", "", "mix", inputs=taken, network=network)


def test_the_network_of_a_mix_generates_nothing_wherever_it_stands() -> None:
    assert [i.activity for i in generators(mix("lines", "coal", "wind", network="lines"))] == ["coal", "wind"]


def test_a_mix_without_a_network_is_generated_by_all_its_inputs() -> None:
    assert [i.activity for i in generators(mix("coal", "wind"))] == ["coal", "wind"]


def test_runs_in_facilities_of_other_numbers_have_none_in_common() -> None:
    run = {"component_energy": quantity("10 kWh"), "serves": "1000 inference"}
    elsewhere = {**run, "facility": {"building": "facility", "PUE": quantity("2 kWh/kWh")}}
    one, two = scenario(name="one", inference=[run, run]), scenario(name="two", inference=[run, elsewhere])
    study = assess([one, two], CATALOGUE, CATEGORIES)
    shared, second = site(study, "one").PUE, site(study, "two", "inference[1]").PUE
    assert shared and second and (shared.amount, second.amount) == (1.2, 2.0)
    assert site(study, "two") == StatedSite(None, None)
