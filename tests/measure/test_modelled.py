from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lca.errors import InvalidData, Problem
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.inventory.files.activity import Properties
from lca.measure.counters.counter import Span
from lca.measure.entries.constants import PacedEntry
from lca.measure.entries.modelled import Model, processor_power
from lca.measurement.record import EnergyEntry, Unmeasured

HALF_AN_HOUR = {"cpu own": 3600.0, "cpu busy": 5400.0, "cpu total": 7200.0, "memory": 1e9 * 1800}


MACHINE = {"processor": "Any Processor", "packages": 1, "logical_processors": 4, "memory": 8e9, "host": "node"}


def model(catalogue: Catalogue, processor: str) -> Model:
    return Model({**MACHINE, "processor": processor}, lambda: catalogue)


def modelled(catalogue: Catalogue, processor: str = "Any Processor", **used: float) -> dict[str, Any]:
    found = model(catalogue, processor).energies(Span(1800.0, {**HALF_AN_HOUR, **used}))
    plain = [finding.entry if isinstance(finding, PacedEntry) else finding for finding in found]
    return {finding.component: finding for finding in plain}


def bounds(entry: EnergyEntry) -> tuple[float, float]:
    assert entry.energy.low and entry.energy.high and entry.energy.distribution == "lognormal"
    return entry.energy.low.number, entry.energy.high.number


def test_a_known_cpu(catalogue: Catalogue) -> None:
    entry = modelled(catalogue, "Middling(R) Processor")["cpu"]
    assert entry.origin == "modelled"
    assert entry.energy.amount == pytest.approx(0.002)  # 2 W per logical processor × 1 CPU hour
    assert bounds(entry) == pytest.approx((0.002 / 3.2, 0.002 * 3.2))
    for part in (
        "CPU, middling",
        "200 W rated over 100 logical processors = 2 W each",
        "Datasheet of middling",
        "3600 CPU seconds",
        "0.5 of 4 logical processors over 1800 s",
        "BoaviztAPI",
    ):
        assert part in entry.method


def test_the_range_of_the_power_widens_that_of_the_load(
    make_cpu: Callable[..., Activity], make_catalogue: Callable[..., Catalogue]
) -> None:
    rough = make_cpu("rough", "200 W", 100, low="100 W", high="400 W", distribution="lognormal")
    low, high = bounds(modelled(make_catalogue(rough), "rough Processor")["cpu"])
    spread = math.exp(math.hypot(math.log(2), math.log(3.2)))
    assert (low, high) == pytest.approx((0.002 / spread, 0.002 * spread))


def test_an_unknown_cpu_has_the_spread_of_all(catalogue: Catalogue) -> None:
    entry = modelled(catalogue, "Intel(R) Xeon(R) Processor")["cpu"]
    assert entry.energy.amount == pytest.approx(0.002)  # the median of 1, 2 and 8 W
    spread = math.exp(math.hypot(math.log(4), math.log(3.2)))
    assert bounds(entry) == pytest.approx((0.002 / spread, 0.002 * spread))
    assert entry.method.startswith("CPU model unknown: 'Intel(R) Xeon(R) Processor' is not in the catalogue; median of")
    assert "2 W per logical processor (from 1 to 8 W)" in entry.method


def test_a_known_cpu_of_unknown_power_is_modelled_from_all(
    make_cpu: Callable[..., Activity], make_catalogue: Callable[..., Catalogue], catalogue: Catalogue
) -> None:
    bare = replace(make_cpu("bare", "1 W", 1), properties=Properties())
    found = processor_power("bare Processor", make_catalogue(bare, *catalogue.activities.values()))
    assert found and found.power == pytest.approx(0.002)
    assert found.text.startswith("power of bare unknown; median of the 3 catalogued CPUs")


def test_a_catalogue_without_cpus_leaves_it_unmeasured(empty: Catalogue) -> None:
    finding = modelled(empty)["cpu"]
    assert isinstance(finding, Unmeasured) and "no CPU of the catalogue has power and threads" in finding.reason


def test_a_catalogue_with_faults_leaves_it_unmeasured() -> None:

    def faulty() -> Catalogue:
        raise InvalidData([Problem("a.toml", 3, "unit", "unknown unit", "mend it")])

    processor, memory = Model(MACHINE, faulty).energies(Span(1800.0, HALF_AN_HOUR))
    assert isinstance(processor, Unmeasured) and "a.toml:3: unit: unknown unit" in processor.reason
    assert isinstance(memory, PacedEntry)


def test_memory_is_resident_memory_times_its_power(empty: Catalogue) -> None:
    entry = modelled(empty)["memory"]
    assert entry.energy.amount == pytest.approx(0.284e-3 / 2)  # 1 GB for half an hour
    assert bounds(entry) == pytest.approx((entry.energy.amount * 0.284 / 1.25, 1.25e-3 / 2))
    for part in ("1 GB resident", "0.284 W/GB", "BoaviztAPI", "CodeCarbon"):
        assert part in entry.method


def test_nothing_used_is_unmeasured_and_not_zero(catalogue: Catalogue) -> None:
    findings = modelled(catalogue, **{"cpu own": 0.0, "memory": 0.0})
    assert all(isinstance(findings[component], Unmeasured) for component in ("cpu", "memory"))


def test_the_devices_are_those_of_the_machine(empty: Catalogue) -> None:
    devices = list(model(empty, "Any Processor").devices())
    assert [(d.kind, d.name, d.count, d.memory and d.memory.amount, d.identifiers) for d in devices] == [
        ("cpu", "Any Processor", 1, None, ("node/package-0",)),
        ("memory", "memory", 1, 8e9, ("node/memory",)),
    ]


def test_utilisation_is_cpu_time_over_wall_time_and_logical_processors(empty: Catalogue) -> None:
    shares = model(empty, "Any Processor").utilisation(Span(1800.0, HALF_AN_HOUR))
    assert shares == {"cpu-process": pytest.approx(0.5), "cpu": pytest.approx(0.75)}


def test_the_catalogue_is_read_once_for_all_windows(catalogue: Catalogue) -> None:
    calls = list[int]()

    def counted() -> Catalogue:
        calls.append(1)
        return catalogue

    made = Model(MACHINE, counted)
    for _ in range(3):
        list(made.energies(Span(1800.0, HALF_AN_HOUR)))
    assert len(calls) == 1
