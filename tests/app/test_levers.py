"""Sliders and lists: what they move is what a file would say."""

from __future__ import annotations

from typing import Any

import pytest

from lca.app.assessing import Assessor
from lca.app.compare import _moved
from lca.app.levers import CHOSEN, lists, moved, sliders
from lca.app.window import Entry, added, shipped
from lca.builtin import folder
from lca.inventory.catalogue import Catalogue
from lca.system.scenario import Scenario


@pytest.fixture(scope="module")
def france() -> Entry:
    return shipped()["digits-france"].entry()


def test_a_lever_that_stands_where_it_stood_changes_nothing(france: Entry, built_in: Catalogue) -> None:
    for entry in (each.entry() for each in shipped().values()):
        scenario = entry.scenario()
        same: dict[str, Any] = {slider.name: slider.value for slider in sliders(scenario, built_in)}
        same |= {choice.name: choice.value for choice in lists(scenario, built_in, {}, entry.key)}
        assert moved(entry.content, scenario, built_in, same) == entry.content


@pytest.mark.parametrize(
    ("values", "read", "expected"),
    [
        ({"utilisation": 0.8}, lambda file: {run.utilisation.amount for run in file.runs().values()}, {0.8}),
        ({"lifetime": 6.0}, lambda file: {run.lifetime.amount for run in file.runs().values()}, {6 * 8766.0}),
        ({"PUE": 1.2}, lambda file: (file.facility.PUE.amount, file.building), (1.2, "facility-colocation")),
        ({"electricity": "electricity-se"}, lambda file: file.electricity, "electricity-se"),
        ({"server": "server-cpu-2u"}, lambda file: {run.server for run in file.runs().values()}, {"server-cpu-2u"}),
        ({"delivered": 7.0}, lambda file: str(file.functional_unit.amount), "10000000.0 inference"),
        ({"training": 8.0}, lambda file: str(file.training[0].serves), "100000000.0 inference"),
        ({"utilisation": 99.0}, lambda file: {run.utilisation.amount for run in file.runs().values()}, {1.0}),
        ({"utilisation": "x", "unknown": 1, "electricity": 5}, lambda file: file.electricity, "electricity-fr"),
    ],
)
def test_what_a_lever_moves(
    values: dict[str, Any], read: Any, expected: Any, france: Entry, built_in: Catalogue
) -> None:
    content = moved(france.content, france.scenario(), built_in, values)
    assert read(Entry("x", content).scenario().file) == expected


def test_a_number_that_is_moved_is_cited_as_chosen_by_hand(france: Entry, built_in: Catalogue) -> None:
    content = moved(france.content, france.scenario(), built_in, {"utilisation": 0.8})
    assert content["inference"]["utilisation"] == {"value": 0.8, "source": CHOSEN}
    assert content["sources"][CHOSEN]["confidence"] == "assumption"


def test_all_scenarios_deliver_the_amount_that_one_is_moved_to(france: Entry, built_in: Catalogue) -> None:
    present = added(added([], france), shipped()["digits-poland"].entry())
    after = _moved(Assessor(built_in), present, {"key": france.key, "values": {"delivered": 7.0}})
    assert [entry.content["functional_unit"]["amount"] for entry in after] == ["1e+07 inference"] * 2


def test_another_variant_of_the_service_takes_the_place_of_a_scenario(built_in: Catalogue) -> None:
    original = shipped()["compression-original"].entry()
    asked = {"key": original.key, "values": {"variant": "compression-int8-static", "utilisation": 0.4}}
    [after] = _moved(Assessor(built_in), [original], asked)
    assert after.content["inference"] == shipped()["compression-int8-static"].content["inference"]


@pytest.mark.parametrize("file", ["resnet50-edge-agx-orin", "resnet50/cpu", "digits-france"])
def test_the_list_of_equipment_holds_what_the_scenario_has(built_in: Catalogue, file: str) -> None:
    scenario = Scenario.load(folder("scenarios") / f"{file}.toml")
    [equipment] = [choice for choice in lists(scenario, built_in, {}, "") if choice.name == "server"]
    assert equipment.value == scenario.file.inference[0].server and equipment.value in equipment.options
