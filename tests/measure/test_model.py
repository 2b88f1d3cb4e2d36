from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lca.errors import InvalidData, Problem
from lca.inventory.activity import Properties
from lca.inventory.catalogue import Catalogue
from lca.inventory.compiled import Activity
from lca.measure.model import Model, processor_power
from lca.measurement import Device, EnergyEntry, Unmeasured


class Used:
    """Processes that used 3600 CPU seconds and 1 GB in half an hour."""

    duration, samples = 1800.0, 7

    def __init__(self, cpu_time: float = 3600.0, memory_time: float = 1e9 * 1800) -> None:
        self.cpu_time, self.memory_time = cpu_time, memory_time

    def utilisation(self, logical_processors: int) -> dict[str, float]:
        return {"cpu-process": self.cpu_time / self.duration / logical_processors}


def modelled(catalogue: Catalogue, used: Used | None = None) -> dict[str, Any]:
    findings = Model(lambda: catalogue, used or Used()).results()  # type: ignore[arg-type]
    return {finding.component: finding for finding in findings if not isinstance(finding, Device)}


def bounds(entry: EnergyEntry) -> tuple[float, float]:
    assert entry.energy.low and entry.energy.high and entry.energy.distribution == "lognormal"
    return entry.energy.low.number, entry.energy.high.number


def test_a_known_cpu(catalogue: Catalogue, machine: Callable[[str], object]) -> None:
    machine("Middling(R) Processor")
    entry = modelled(catalogue)["cpu"]
    assert entry.origin == "modelled"
    assert entry.energy.amount == pytest.approx(0.002)  # 2 W per logical processor × 1 CPU hour
    assert bounds(entry) == pytest.approx((0.002 / 3.2, 0.002 * 3.2))
    for part in ("CPU, middling", "200 W rated over 100 logical processors = 2 W each", "Datasheet of middling",
                 "3600 CPU seconds", "0.5 of 4 logical processors over 1800 s", "BoaviztAPI"):  # fmt: skip
        assert part in entry.method


def test_the_range_of_the_power_widens_that_of_the_load(
    make_cpu: Callable[..., Activity], make_catalogue: Callable[..., Catalogue], machine: Callable[[str], object]
) -> None:
    machine("rough Processor")
    rough = make_cpu("rough", "200 W", 100, low="100 W", high="400 W", distribution="lognormal")
    low, high = bounds(modelled(make_catalogue(rough))["cpu"])
    spread = math.exp(math.hypot(math.log(2), math.log(3.2)))
    assert (low, high) == pytest.approx((0.002 / spread, 0.002 * spread))


def test_an_unknown_cpu_has_the_spread_of_all(catalogue: Catalogue, machine: Callable[[str], object]) -> None:
    machine("Intel(R) Xeon(R) Processor")
    entry = modelled(catalogue)["cpu"]
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


def test_a_catalogue_without_cpus_leaves_it_unmeasured(empty: Catalogue, machine: Callable[[str], object]) -> None:
    machine("Any Processor")
    finding = modelled(empty)["cpu"]
    assert isinstance(finding, Unmeasured) and "no CPU of the catalogue has power and threads" in finding.reason


def test_a_catalogue_with_faults_leaves_it_unmeasured(machine: Callable[[str], object]) -> None:
    machine("Any Processor")

    def faulty() -> Catalogue:
        raise InvalidData([Problem("a.toml", 3, "unit", "unknown unit", "mend it")])

    findings = {f.component: f for f in Model(faulty, Used()).results() if not isinstance(f, Device)}  # type: ignore[arg-type]
    assert "a.toml:3: unit: unknown unit" in findings["cpu"].reason  # type: ignore[union-attr]
    assert isinstance(findings["memory"], EnergyEntry)


def test_memory_is_resident_memory_times_its_power(empty: Catalogue, machine: Callable[[str], object]) -> None:
    machine("Any Processor")
    entry = modelled(empty)["memory"]
    assert entry.energy.amount == pytest.approx(0.284e-3 / 2)  # 1 GB for half an hour
    assert bounds(entry) == pytest.approx((entry.energy.amount * 0.284 / 1.25, 1.25e-3 / 2))
    for part in ("1 GB resident", "(7 samples)", "0.284 W/GB", "BoaviztAPI", "CodeCarbon"):
        assert part in entry.method


def test_memory_is_at_most_that_of_the_machine(empty: Catalogue, machine: Callable[[str], object]) -> None:
    machine("Any Processor")  # 8 GB; processes that share pages can add up to more
    entry = modelled(empty, Used(memory_time=20e9 * 1800))["memory"]
    assert entry.energy.amount == pytest.approx(8 * 0.284e-3 / 2)


def test_nothing_used_is_unmeasured_and_not_zero(catalogue: Catalogue, machine: Callable[[str], object]) -> None:
    machine("middling Processor")
    findings = modelled(catalogue, Used(0.0, 0.0))
    assert all(isinstance(findings[component], Unmeasured) for component in ("cpu", "memory"))


def test_the_devices_are_those_of_the_machine(empty: Catalogue, machine: Callable[[str], object]) -> None:
    machine("Any Processor")
    devices = [d for d in Model(lambda: empty, Used()).results() if isinstance(d, Device)]  # type: ignore[arg-type]
    assert [(d.kind, d.name, d.count, d.memory and d.memory.amount) for d in devices] == [
        ("cpu", "Any Processor", 1, None),
        ("memory", "memory", 1, 8e9),
    ]
