"""The shipped mapping files: every name is one that the public tables of the versions have, in a unit that converts."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import pytest

from lca.backgrounds import datasets
from lca.backgrounds.mapping import MappingFile, entries_of, mapping_files, matched
from lca.inventory.catalogue import Catalogue
from lca.methods.library import Library
from lca.quantities.documents import Document

Name = tuple[str, str]
OTHER_UNITS = {"kerosene": "kilogram", "diesel-at-refinery": "kilogram", "natural-gas-supply": "cubic meter"}


def table(name: str) -> Any:
    return json.loads(gzip.decompress((files("randonneur_data") / "data" / name).read_bytes()))


def version(number: str) -> Mapping[Name, set[str]]:
    """(name, product) → places, as the public tables have them."""
    places: dict[Name, set[str]] = defaultdict(set)
    for row in table(f"simapro-ecoinvent-{'3.9.1' if number == '3.9' else '3.10'}-cutoff.gz")["replace"]:
        places[row["target"]["name"], row["target"]["reference product"]].add(row["target"]["location"])
    if number == "3.11":
        changed = table("ecoinvent-3.10.1-cutoff-ecoinvent-3.11-cutoff.gz")
        for row in (*changed["replace"], *changed["disaggregate"]):
            before = row["source"]
            places[before["name"], before["reference product"]].discard(before["location"])
            for after in row.get("targets", [row.get("target")]):
                places[after["name"], after["reference product"]].add(after["location"])
    return places


@pytest.fixture(scope="module")
def document() -> Document:
    return Document.read(mapping_files("ecoinvent-3-10")[0], "ecoinvent.toml")


@pytest.mark.parametrize("number", ["3.9", "3.10", "3.11"])
def test_every_entry_for_ecoinvent_is_one_product_of_each_version(
    number: str, document: Document, built_in: Catalogue
) -> None:
    record = document.load(MappingFile)
    entries, twice = entries_of(document, record)
    assert not twice and len(entries) > 200
    units = {}
    for id, entry in entries.items():
        for name in (entry.target, *entry.target.alternatives):
            units[name.name, name.product] = OTHER_UNITS.get(id, built_in.activity(id).unit)
    theirs = []
    for (name, product), places in version(number).items():
        if (name, product) in units or any(name == other for other, _ in units):
            for place in sorted(places):
                code = f"{len(theirs)}"
                made = {"type": "production", "amount": 1.0, "input": ("", code)}
                unit = units.get((name, product), "megajoule")
                about = {"code": code, "name": name, "reference product": product, "location": place, "unit": unit}
                theirs.append({**about, "exchanges": [made]})
    compiled, _ = datasets.compiled(theirs, Library.load())
    matches, problems = matched(entries.values(), compiled, built_in)
    assert [str(problem) for problem in problems] == [] and len(matches) == len(entries)


def test_what_a_version_lacks_is_named_with_what_is_near(document: Document, built_in: Catalogue) -> None:
    entries, _ = entries_of(document, document.load(MappingFile))
    made = {"type": "production", "amount": 1.0, "input": ("", "1")}
    about = {"code": "1", "name": "market for copper, cathodes", "location": "GLO", "unit": "kilogram"}
    compiled, _ = datasets.compiled([{**about, "exchanges": [made]}], Library.load())
    _, [problem] = matched([entries["copper"]], compiled, built_in)
    assert "did you mean 'market for copper, cathodes'" in str(problem) and "ecoinvent.toml:" in str(problem)


@pytest.mark.parametrize("name", ["bafu", "ecoinvent", "uslci"])
def test_a_database_of_the_names_of_a_shipped_file_is_mapped_whole(name: str, built_in: Catalogue) -> None:
    """Each entry is an activity of ours, in a unit that converts, and no name stands for two of them by mistake."""
    document = Document.read(mapping_files(f"{name}-2")[0], f"{name}.toml")
    record = document.load(MappingFile)
    entries, twice = entries_of(document, record)
    theirs: dict[tuple[str, ...], dict[str, Any]] = {}
    for id, (_, _, target) in entries.items():
        unit = target.unit or OTHER_UNITS.get(id) or built_in.activity(id).unit
        key = (target.name, target.product, target.locations[0])
        about = dict(zip(("name", "reference product", "location"), key, strict=True))
        made = {"type": "production", "amount": 1.0, "input": ("", f"{len(theirs)}")}
        theirs.setdefault(key, {**about, "code": f"{len(theirs)}", "unit": unit, "exchanges": [made]})
    compiled, _ = datasets.compiled(theirs.values(), Library.load())
    matches, problems = matched(entries.values(), compiled, built_in)
    assert [str(problem) for problem in (*twice, *problems)] == [] and len(matches) == len(entries)
    cited = {
        id
        for target in record.mapped
        for id in ([target.source] if isinstance(target.source, str) else target.source or [])
    }
    assert cited == set(record.sources)
