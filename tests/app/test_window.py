"""What a window holds: nothing of it is believed, and scenarios keep names and keys of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lca.app.window import MOST, Entry, added, entries, replaced, shipped, window
from lca.builtin import folder
from lca.errors import InvalidData, UsageError
from lca.system.scenario import Scenario


def test_a_window_comes_back_from_the_browser_as_it_went() -> None:
    one = shipped()["digits-france"].entry()
    assert entries(window([one])) == [one]
    assert one.scenario().file == Scenario.of(one.scenario().document or pytest.fail()).file


@pytest.mark.parametrize("held", [None, 1, [], {}, {"schema": 0}, {"schema": 1, "entries": [1, {"key": "a"}]}])
def test_what_is_no_window_holds_nothing(held: Any) -> None:
    assert entries(held) == []


def test_no_more_than_ten_are_taken_and_each_has_a_name_of_its_own() -> None:
    present: list[Entry] = []
    for _ in range(MOST):
        present = added(present, shipped()["digits-france"].entry())
    assert len({entry.name for entry in present}) == len({entry.key for entry in present}) == MOST == 10
    with pytest.raises(UsageError, match="10 scenarios are compared at most"):
        added(present, shipped()["digits-poland"].entry())
    assert len(entries(window([*present, *present]))) == MOST


def test_a_changed_scenario_takes_no_other_name() -> None:
    present = added(added([], shipped()["digits-france"].entry()), shipped()["digits-poland"].entry())
    after = replaced(present, "digits-poland", {**present[1].content, "name": present[0].name})
    assert [entry.name for entry in after] == [present[0].name, f"{present[0].name} (2)"]


def test_a_record_outside_the_shipped_folder_is_refused() -> None:
    one = shipped()["digits-france"].entry()
    content = {**one.content, "inference": {**one.content["inference"], "measurement": "../pyproject.toml"}}
    with pytest.raises(InvalidData, match="leaves the folder"):
        replace(one, content=content).scenario()


def test_every_shipped_scenario_is_one_of_a_window_and_keeps_what_its_file_says() -> None:
    by_name = {str(one.name): one for one in shipped().values()}
    assert len(by_name) == len(shipped())
    root = folder("scenarios")
    paths = [path for path in root.rglob("*.toml") if not {"validation", "campaigns"} & set(path.parts)]
    for path in paths:
        scenario = Scenario.load(path)
        brought = by_name[scenario.name].entry()
        assert "/" not in brought.key
        assert brought.scenario().measurements == scenario.measurements
    assert len(paths) == len(by_name)
