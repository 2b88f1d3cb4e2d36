"""Every file that is shipped follows the schema of its kind, and the schema refuses what reading refuses."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from workplace import TINY

import lca.measurement.record
from lca.builtin import folder
from lca.errors import UsageError
from lca.measurement.record import SCHEMA
from lca.schemas import KINDS, schema

FILE = Path(lca.measurement.record.__file__).with_name("record.schema.json")
NAMED = {
    "required-flows",
    "plausible",
    "limits",
    "normalisation",
    "recycling",
    "technologies",
    "typical",
    "explanations",
    "elementary-flows",
}
TABLES = {
    "table": "mixes",
    "regions": "regions",
    "profiles": "profiles",
    "activities": "activities",
    "places": "factors-by-place",
    "ratios": "ratios",
    "mapped": "mapping",
}


def kind_of(path: Path, content: dict[str, Any]) -> str:
    """By the rules of the readers: name, folder, then content."""
    if path.suffix == ".json":
        return "record"
    if path.stem in NAMED:
        return path.stem
    if path.parent.name == "sources":
        return "source"
    if path.parent.name == "templates":
        return "template"
    if path.parent.name == "methods":
        return "method"
    if path.parent.name == "campaigns":
        return "campaign"
    if path.parent.name == "validation":
        return "case"
    if "functional_unit" in content:
        return "scenario"
    return next((kind for key, kind in TABLES.items() if key in content), "activity")


def shipped() -> Iterator[tuple[str, Path, dict[str, Any]]]:
    for root in (folder("inventories"), folder("scenarios"), TINY):
        for path in sorted((*root.rglob("*.toml"), *root.rglob("runs/**/*.json"))):
            if path.name == "settings.json":
                continue
            read = json.loads if path.suffix == ".json" else tomllib.loads
            content = read(path.read_text(encoding="utf-8"))
            yield kind_of(path, content), path, content


@cache
def validator(kind: str) -> Draft202012Validator:
    made = schema(kind)
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def faults(kind: str, content: Any) -> list[str]:
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator(kind).iter_errors(content)]


def test_every_file_that_is_shipped_follows_the_schema_of_its_kind() -> None:
    files = list(shipped())
    assert {kind for kind, _, _ in files} == set(KINDS)
    assert [f"{path}: {fault}" for kind, path, content in files for fault in faults(kind, content)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_misspelt_key_is_refused(kind: str) -> None:
    content = next(content for k, _, content in shipped() if k == kind)
    assert faults(kind, content | {"nmae": "x"})


def test_a_quantity_is_a_table_that_cites_or_where_none_is_needed_its_value_alone() -> None:
    content = tomllib.loads((TINY / "inventory/hardware/server.toml").read_text(encoding="utf-8"))

    def with_power(written: Any) -> list[str]:
        return faults("activity", content | {"properties": content["properties"] | {"plug_power": written}})

    assert with_power({"value": "700 W", "source": "book"}) == []
    assert with_power({"value": "700 W"})
    assert with_power({"value": "700 W", "source": "book", "lwo": "1 W"})
    assert with_power({"value": "many W", "source": "book"})
    record = json.loads((TINY / "runs/run.json").read_text(encoding="utf-8"))
    for written, right in (("1 h", True), ({"value": "1 h"}, True), ("an hour", False), ({"valeu": "1 h"}, False)):
        assert bool(faults("record", record | {"duration": written})) is not right


@pytest.mark.parametrize("kind", KINDS)
def test_it_says_what_every_table_is(kind: str) -> None:
    made = schema(kind)
    assert made["title"].startswith("ai-lca: ")
    assert [name for name, rule in made.get("$defs", {}).items() if not rule.get("description")] == []


def test_that_of_the_record_states_its_version() -> None:
    made = schema("record")
    assert made["version"] == SCHEMA and made["properties"]["schema"]["const"] == SCHEMA


def test_the_committed_one_is_the_records() -> None:
    committed = json.loads(FILE.read_text(encoding="utf-8"))
    assert committed == schema("record"), f"run `lca schema record > {FILE.name}`"


def test_a_kind_that_there_is_not_names_those_near_it() -> None:
    with pytest.raises(UsageError, match="no kind 'activty'; did you mean 'activity'"):
        schema("activty")


def test_the_command_prints_kinds_and_schemas() -> None:
    def printed(*words: str) -> str:
        command = [sys.executable, "-m", "lca", "schema", *words]
        return subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout

    assert all(kind in printed() for kind in ("activity", "record"))
    assert json.loads(printed("mixes")) == schema("mixes")
