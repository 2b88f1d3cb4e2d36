"""Which inputs of a mix generate its electricity."""

from __future__ import annotations

from lca.inventory.activity import Activity, Input
from lca.study.energy_chain import generators
from lca.vocabulary import Stage


def mix(*inputs: str, network: str = "") -> Activity:
    taken = tuple(Input(id, 1.0, Stage.USE) for id in inputs)
    return Activity("grid", "electricity", "grid", "electricity", "kWh", "", "", "mix", inputs=taken, network=network)


def test_the_network_of_a_mix_generates_nothing_wherever_it_stands() -> None:
    assert [i.activity for i in generators(mix("lines", "coal", "wind", network="lines"))] == ["coal", "wind"]


def test_a_mix_without_a_network_is_generated_by_all_its_inputs() -> None:
    assert [i.activity for i in generators(mix("coal", "wind"))] == ["coal", "wind"]
