from __future__ import annotations

import pytest

from lca.equations import ComponentEnergy
from lca.measure.entries.constants import PacedEntry, entry
from lca.measure.meter.record import _chosen
from lca.measurement.record import Unmeasured

CPU = PacedEntry(entry("cpu", ComponentEnergy(1.0), "modelled", "a model"), ("cpu own",))
MEMORY = PacedEntry(entry("memory", ComponentEnergy(2.0), "modelled", "a model"))
COUNTED = PacedEntry(entry("cpu", ComponentEnergy(5.0), "counter", "a counter"))


def absent(reason: str) -> Unmeasured:
    return Unmeasured(component="cpu", reason=reason)


def test_a_counter_is_preferred_to_the_model() -> None:
    assert _chosen([[], [COUNTED], [CPU, MEMORY]]) == ([COUNTED, MEMORY], ())


def test_why_there_is_no_counter_goes_into_the_method() -> None:
    entries, unmeasured = _chosen([[absent("ask root")], [CPU, MEMORY]])
    assert [found.entry.method for found in entries] == ["a model. No counter: ask root", "a model"]
    assert unmeasured == () and entries[0].rhythm == ("cpu own",)


def test_all_reasons_are_kept_where_nothing_is_known() -> None:
    _, unmeasured = _chosen([[absent("ask root")], [absent("no catalogue"), MEMORY]])
    assert [fault.reason for fault in unmeasured] == ["ask root; no catalogue"]


def test_part_of_the_gpus_is_kept_beside_what_is_missing() -> None:
    part = PacedEntry(entry("gpu", ComponentEnergy(5.0), "integrated", "one card"))
    lost = Unmeasured(component="gpu", reason="the other card")
    for order in ([part, lost], [lost, part]):
        assert _chosen([order, [CPU]]) == ([part, CPU], (lost,))


@pytest.mark.parametrize("reason", ["one", "two"])
def test_what_another_source_says_of_a_component_that_is_known_does_not_matter(reason: str) -> None:
    assert _chosen([[COUNTED], [absent(reason)]]) == ([COUNTED], ())
