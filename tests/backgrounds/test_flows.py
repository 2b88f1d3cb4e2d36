"""Elementary flows of the versions 3.8 to 3.11 of the list are those of the installed one, by code and by name."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from lca.backgrounds.flows import VERSIONS, FlowLinker
from lca.methods.library import Flow, Library

LIBRARY = Library.load()


def renamed(file: str) -> Iterator[tuple[dict[str, Any], Flow]]:
    """What a flow is called in one of the versions, and the flow of the installed list that it is."""
    read = (files("randonneur_data") / "data" / file).read_bytes()
    for row in json.loads(gzip.decompress(read) if file.endswith(".gz") else read)["replace"]:
        codes = [side["uuid"] for side in (row["source"], row["target"]) if side.get("uuid") in LIBRARY.flows]
        yield from ((side, LIBRARY.flows[codes[0]]) for side in (row["source"], row["target"]) if codes)


@pytest.mark.parametrize("file", VERSIONS)
def test_a_flow_of_another_version_is_found_by_its_code_and_by_its_name(file: str) -> None:
    """By a name of the installed list it is the flow of that name, for some names were given to another flow."""
    linker, own = FlowLinker(LIBRARY), {(flow.name, flow.compartment) for flow in LIBRARY.flows.values()}
    for side, flow in renamed(file):
        place, name = tuple(flow.compartment.split("/")), side.get("name", flow.name)
        by_code = linker.link({"input": ("", side["uuid"]), "name": "", "categories": place, "unit": flow.unit})
        assert by_code is not None and by_code.flow.name == LIBRARY.flows.get(side["uuid"], flow).name
        by_name = linker.link({"name": name, "categories": place, "unit": flow.unit})
        assert by_name is not None
        assert by_name.flow.name == (name if (name, flow.compartment) in own else flow.name)


def test_what_was_given_another_code_in_3_9_is_found_by_the_old_one() -> None:
    old = "c4e01cfb-2f50-52d5-8177-1518ad8b7bea"
    assert old not in LIBRARY.flows
    linked = FlowLinker(LIBRARY).link({"input": ("", old), "name": "Chloride, ion", "unit": "kilogram"})
    assert linked is not None and linked.flow.name == "Chloride"


def test_an_energy_resource_in_units_of_energy_is_as_much_as_holds_it() -> None:
    linker, known = FlowLinker(LIBRARY), LIBRARY.factors["energy-resources-non-renewable"]
    for name, ours in (("Coal, lignite", "Coal, brown"), ("Natural gas", "Gas, natural"), ("Crude oil", "Oil, crude")):
        linked = linker.link({"name": name, "categories": ("ground", "subterranean"), "unit": "megajoule"})
        assert linked is not None and linked.flow.name == ours
        assert linked.factor * known[linked.flow.code] == pytest.approx(1.0)
    assert linker.link({"name": "Crude oil", "categories": ("ground", "subterranean"), "unit": "kilogram"}) is None
