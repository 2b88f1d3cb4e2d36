"""Activities as openLCA reads them: whole in themselves, the same each time, and read back to the same scores."""

from __future__ import annotations

import json
import uuid
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from workplace import Done, Workplace

from lca.backgrounds import flows, formats
from lca.backgrounds.compiled import Compiled
from lca.backgrounds.datasets import Unlinked, compiled
from lca.engine.background import Background
from lca.errors import UsageError
from lca.exchange import openlca
from lca.exchange.openlca import export
from lca.inventory.catalogue import Catalogue
from lca.methods.categories import EF
from lca.report.brightway.project import brightway, quiet

OF_TYPE = {
    "Process": "processes",
    "Flow": "flows",
    "FlowProperty": "flow_properties",
    "UnitGroup": "unit_groups",
    "Location": "locations",
    "Source": "sources",
    "ImpactCategory": "lcia_categories",
}
Entities = dict[str, dict[str, Any]]


def _entities(path: Path) -> Entities:
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("olca-schema.json")) == {"version": 2}
        names = [name for name in archive.namelist() if "/" in name]
        return {name.removesuffix(".json"): json.loads(archive.read(name)) for name in names}


def _references(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict):
        if "@id" in content:
            yield content
        for value in content.values():
            yield from _references(value)
    elif isinstance(content, list):
        for value in content:
            yield from _references(value)


def test_everything_that_is_referred_to_is_there(built_in: Catalogue, tmp_path: Path) -> None:
    path, count = export(built_in, tmp_path / "server.zip", ["server-1x-a100", "aluminium-primary"], factors=True)
    entities = _entities(path)
    assert count == sum(name.startswith("processes/") for name in entities) > 100
    units = {unit["@id"] for name, group in entities.items() if "unit_groups" in name for unit in group["units"]}
    for name, entity in entities.items():
        assert name == f"{OF_TYPE.get(entity['@type'], 'lcia_methods')}/{uuid.UUID(entity['@id'])}"
        for reference in _references(entity):
            if reference["@type"] == "Unit":
                assert reference["@id"] in units
            else:
                assert f"{OF_TYPE.get(reference['@type'], 'lcia_methods')}/{reference['@id']}" in entities
    for activity in built_in.activities.values():
        process = entities.get(f"processes/{openlca._id('process', activity.id)}")
        if process:  # what is missing is said, for it is zero there
            said = process["processDocumentation"]["completenessDescription"].splitlines()
            assert {f"not in it: {gap}" for gap in activity.gaps} <= set(said)
    again, _ = export(built_in, tmp_path / "again.zip", ["aluminium-primary", "server-1x-a100"], factors=True)
    assert again.read_bytes() == path.read_bytes()


def test_an_exchange_has_its_flow_unit_range_and_provider(built_in: Catalogue, tmp_path: Path) -> None:
    path, _ = export(built_in, tmp_path / "aluminium.zip", ["aluminium-primary"], factors=True)
    entities = _entities(path)
    ours = built_in.activity("aluminium-primary")
    [process] = [entity for entity in entities.values() if entity["name"] == ours.name and "exchanges" in entity]
    made, *others = process["exchanges"]
    assert made["isQuantitativeReference"] and made["amount"] == 1.0 and made["unit"]["name"] == "kg"
    assert made["flowProperty"]["@id"] == "93a60a56-a3c8-11da-a746-0800200b9a66"  # openLCA's mass
    inputs = [e for e in others if e["flow"]["flowType"] == "PRODUCT_FLOW"]
    assert [e["amount"] for e in inputs] == [input.amount for input in ours.inputs]
    assert {e["uncertainty"]["distributionType"] for e in inputs} == {"LOG_NORMAL_DISTRIBUTION"}
    assert all(e["uncertainty"]["geomMean"] == pytest.approx(e["amount"]) for e in inputs)
    provider = entities[f"processes/{inputs[0]['defaultProvider']['@id']}"]
    assert provider["exchanges"][0]["flow"]["@id"] == inputs[0]["flow"]["@id"]
    codes = [e["flow"]["@id"] for e in others if e["flow"]["flowType"] == "ELEMENTARY_FLOW"]
    assert codes == [emission.flow.code for emission in ours.emissions]
    assert process["processDocumentation"]["sources"]
    [climate] = [entity for entity in entities.values() if entity.get("refUnit") == "kg CO2-Eq"]
    factors = {factor["flow"]["@id"]: factor["value"] for factor in climate["impactFactors"]}
    known = built_in.library.factors["climate-change"]
    assert factors.items() & known.items() == {(code, known[code]) for code in factors if code in known}
    assert sum(code in known for code in factors) > 3 and {factors[code] for code in factors.keys() - known.keys()} == {
        1
    }


def read_back(catalogue: Catalogue, ids: list[str], folder: Path) -> tuple[Compiled, Unlinked]:
    """What the reader of backgrounds makes of an export."""
    path, _ = export(catalogue, folder / "exported.zip", ids)
    (folder / "workspace").mkdir()
    with quiet():
        brightway(folder / "brightway")
        datasets = list(formats.datasets(formats.DatabaseSource(path), folder / "workspace"))
    return compiled(datasets, catalogue.library)


def agrees(catalogue: Catalogue, database: Compiled) -> None:
    """In units of openLCA's groups, where a kWh is 3.6 MJ; bw2io reads no published values and no places of flows."""
    by_code = {openlca._id("process", id): activity for id, activity in catalogue.activities.items()}
    ours = [by_code[product.code] for product in database.products]
    published = {result.category for activity in ours for result in activity.results}
    published |= {"water-use"} if any(e.flow.location for activity in ours for e in activity.emissions) else set()
    categories = [category for category in EF if category not in published]
    theirs = database.unit_scores([dict(catalogue.library.factors[category]) for category in categories])
    background = Background.of(catalogue, categories)
    assert len(categories) > 12 and theirs.any()
    for activity, row in zip(ours, theirs, strict=True):
        here = background.totals(activity.id) / {"kWh": 3.6, "L": 1e-3}.get(activity.unit, 1.0)
        assert row == pytest.approx(here, rel=1e-9, abs=1e-300), activity.id


def test_what_is_read_back_scores_the_same(tiny: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "_bw2io", lambda: None)  # its elementary flows have no part in it
    catalogue = tiny.catalogue()
    database, report = read_back(catalogue, ["server"], tiny.folder)
    assert not (report.inputs or report.coproducts or report.ambiguous)
    assert all(name.startswith("published value") for name in report.flows)
    agrees(catalogue, database)
    assert flows.factor("standard cubic meter", "Sm3") == 1.0  # as bw2io spells it


def test_the_command_line_writes_what_it_is_asked_for(tiny: Workplace, command: Callable[..., Done]) -> None:
    done = command("exchange", "openlca", "export", "server", "-i", "inventory", "-o", "server.zip")
    assert done.code == 0 and done.out.startswith("server.zip: ") and done.out.endswith(" activities\n")
    names = {entity["name"] for name, entity in _entities(Path("server.zip")).items() if "processes" in name}
    assert {"Server with two cards", "Card"} <= names
    refused = command("exchange", "openlca", "export", "serer", "-i", "inventory", "-o", "server.zip")
    assert refused.code == 2 and "no activity or kind 'serer'; did you mean 'server'" in refused.err
    with pytest.raises(UsageError):
        export(tiny.catalogue(), "none.zip", ["nothing"])
