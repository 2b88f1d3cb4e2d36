"""The form: it holds every shipped scenario whole, and refuses what the file would be refused for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lca.app.assessing import Assessor
from lca.app.window import shipped
from lca.app.write import _content, _drop, _open, form, problems
from lca.exchange.excel.writing import EXAMPLE
from lca.inventory.catalogue import Catalogue
from lca.system.scenario import ScenarioFile


def fields(node: Any) -> Iterator[tuple[str, str]]:
    """The fields of a form with what they hold."""
    if not isinstance(node, list):
        return
    tag, attributes, within = node
    if "data_field" in attributes or "data-field" in attributes:
        chosen = next((option[1]["value"] for option in within if option[1].get("selected")), "")
        yield attributes["data-field"], chosen if tag == "select" else attributes["value"]
    for inner in within:
        yield from fields(inner)


def written(content: Any) -> dict[str, str]:
    found = [field for node in form(content, []) for field in fields(node)]
    assert len(dict(found)) == len(found)
    return dict(found)


def test_every_shipped_scenario_comes_out_of_the_form_as_it_went_in() -> None:
    for scenario in shipped().values():
        content = _content(written(scenario.content))
        assert ScenarioFile.model_validate(content) == ScenarioFile.model_validate(scenario.content), scenario.key


def test_a_list_of_runs_and_of_products_comes_out_whole() -> None:
    uses = [{"activity": "a", "amount": {"value": "1 item", "source": "s"}}, {"activity": "b", "amount": "2 item"}]
    content = {**EXAMPLE, "network": [{"name": "first", "uses": uses}, {"name": "second"}]}
    assert _content(written(content)) == content


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("inference.utilisation", "1.5", "inference.utilisation: 1.5 is outside > 0 and <= 1; correct the value"),
        ("inference.device_time", "200 kg", "inference.device_time: 'kg' where 'h' belongs"),
        ("inference.serves", "200", "inference.serves: '200' has no unit"),
        ("electricity", "electricity-frr", "electricity: no activity 'electricity-frr'; did you mean"),
        ("inference.device_time.source", "x", "inference.device_time.source: no source 'x' in this file"),
        ("functional_unit.service", "", "functional_unit.service: required key is absent; add it"),
    ],
)
def test_what_is_wrong_is_said_as_of_the_file(field: str, value: str, message: str, built_in: Catalogue) -> None:
    content = _content({**written(EXAMPLE), field: value})
    found = problems(content, Assessor(built_in))
    assert any(message in str(problem) and str(problem).startswith("my-scenario.toml:") for problem in found), found
    beside = str(form(content, found))
    assert "'class': 'fault'" in beside


def test_a_number_alone_is_in_the_unit_of_its_field() -> None:
    content = _content({**written(EXAMPLE), "inference.device_time": "48", "inference.utilisation": "0.5"})
    assert content["inference"]["device_time"]["value"] == "48 h"
    assert content["inference"]["utilisation"]["value"] == 0.5


def test_tables_are_added_and_taken_away() -> None:
    content: dict[str, Any] = {"inference": {"name": "a"}, "sources": {"s": {}, "t": {}}}
    _open(content, "training")
    _open(content, "inference")
    _open(content, "inference")
    assert content["training"] == {} and content["inference"] == [{"name": "a"}, {}, {}]
    _drop(content, "inference[1]")
    _drop(content, "training")
    _drop(content, "sources|s")
    _drop(content, "inference[9]")
    assert content == {"inference": [{"name": "a"}, {}], "sources": {"t": {}}}
