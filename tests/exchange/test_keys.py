"""The keys of a model as a flat list, and content by place and back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest

from lca.exchange.keys import anywhere, flat, keys, nested, parsed
from lca.quantities.records import In, Quantity, Record
from lca.quantities.sources import Source
from lca.system.scenario import ScenarioFile


class Place(Record):
    """A table."""

    PUE: Annotated[Quantity, In("kWh/kWh_it", low=1)] | None = None
    """Of the building."""


class Run(Record):
    kind: Literal["short", "long"] = "short"
    place: str | Place | None = None
    """An id, or a table."""


class File(Record):
    name: str
    """What it is called."""
    runs: tuple[Run, ...] = ()
    sources: dict[str, Source] = {}  # noqa: RUF012


KNOWN = {key.loc: key for key in keys(File)}


def test_every_key_of_a_model_is_there_with_its_manual_unit_and_choices() -> None:
    names = {key.name: key for key in KNOWN.values()}
    assert (names["name"].manual, names["name"].required) == ("What it is called.", True)
    assert names["runs[0].kind"].choices == ("short", "long")
    assert (names["runs[0].place"].kind, names["runs[0].place"].manual) == ("text", "An id, or a table.")
    PUE = names["runs[0].place.PUE"]
    assert (PUE.kind, PUE.unit, PUE.manual, PUE.detail) == ("quantity", "kWh/kWh", "Of the building.", False)
    assert names["runs[0].place.PUE.low"].detail and names["runs[0].place.PUE.low"].unit == "kWh/kWh"
    assert names["runs[0].place.PUE.source"].kind == "ids"
    assert names["sources"].record is Source


def test_no_field_of_a_scenario_is_left_out() -> None:
    known = {str(key.loc[0]) for key in keys(ScenarioFile)}
    assert known == {field.alias or name for name, field in ScenarioFile.model_fields.items()}


CONTENT: dict[str, Any] = {
    "name": "a",
    "runs": [
        {"kind": "long", "place": "here"},
        {"place": {"PUE": {"value": "1.2 kWh/kWh", "source": ["a", "b"]}}},
        {"place": {"PUE": 1.5}},
    ],
}


def test_content_by_place_and_back_is_the_same() -> None:
    by_place = flat(CONTENT, KNOWN)
    assert by_place[("runs", 1, "place", "PUE")] == "1.2 kWh/kWh"
    assert by_place[("runs", 1, "place", "PUE", "source")] == ["a", "b"]
    assert nested(by_place, KNOWN) == CONTENT


def test_a_text_and_a_table_at_one_place_are_kept_for_the_model_to_refuse() -> None:
    both = {("runs", 0, "place"): "here", ("runs", 0, "place", "PUE"): "1.2 kWh/kWh"}
    assert nested(both, KNOWN) == {"runs": [{"place": {"place": "here", "PUE": "1.2 kWh/kWh"}}]}


@pytest.mark.parametrize("name", ["", "a..b", "a[x]", "a b", "a[1", "9a", "a[1234]"])
def test_what_is_no_key_is_none(name: str) -> None:
    assert parsed(name) is None


def test_a_name_is_read_with_its_places() -> None:
    assert parsed("runs[12].place.PUE") == ("runs", 12, "place", "PUE")
    assert anywhere(("runs", 12, "place")) == ("runs", 0, "place")
