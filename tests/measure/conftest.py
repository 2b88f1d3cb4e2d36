"""CPUs, machines and processes with figures for mental arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from simulated import Clock

from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.inventory.completeness import RequiredFlows
from lca.inventory.files.activity import Properties
from lca.measure.meter.machine import Machine
from lca.methods.library import Library
from lca.quantities.sources import Source


def cpu(id: str, power: str, threads: int, **properties: Any) -> Activity:
    given = {
        "power": {"value": power, "source": "sheet", **properties},
        "threads": {"value": f"{threads} item", "source": "sheet"},
    }
    return Activity(
        id=id,
        kind="hardware",
        name=f"CPU, {id}",
        product=id,
        unit="item",
        location="GLO",
        file=f"{id}.toml",
        models=(f"{id} Processor",),
        properties=Properties.model_validate(given),
        sources={"sheet": Source(title=f"Datasheet of {id}")},
    )


def holding(*activities: Activity) -> Catalogue:
    return Catalogue({a.id: a for a in activities}, RequiredFlows(), cast(Library, None))


@pytest.fixture
def make_cpu() -> Callable[..., Activity]:
    return cpu


@pytest.fixture
def make_catalogue() -> Callable[..., Catalogue]:
    return holding


@pytest.fixture
def empty() -> Catalogue:
    return holding()


@pytest.fixture
def catalogue() -> Catalogue:
    """CPUs of 1, 2 and 8 W per logical processor."""
    return holding(cpu("lean", "100 W", 100), cpu("middling", "200 W", 100), cpu("hungry", "800 W", 100))


@pytest.fixture
def clock() -> Clock:
    """Simulated time."""
    return Clock()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Machine]:
    """Makes `Machine.here` a machine of four logical processors and 8 GB, with a CPU of this name."""

    def make(processor: str) -> Machine:
        made = Machine(processor, 1, 4, 8e9, "node")
        monkeypatch.setattr(Machine, "here", classmethod(lambda cls: made))
        return made

    return make
