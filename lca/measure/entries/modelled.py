"""Energy where no counter can be read: CPU time and resident memory × a sourced power. A model, never a measurement.

The CPU's energy is the CPU time of the measured processes × rated power / logical processors of its catalogue entry,
memory's is resident memory × power per capacity. The ranges are as wide as the figures of other tools differ.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lca.equations import ComponentEnergy, component_energy
from lca.errors import LcaError
from lca.languages import language
from lca.measure.counters.container import Container
from lca.measure.counters.counter import Span
from lca.measure.entries.constants import Figures, PacedEntry, entry, factor, titles
from lca.measurement.record import Device, Unmeasured
from lca.quantities.records import Quantity
from lca.quantities.units import Amount
from lca.quantities.units import factor as unit_factor
from lca.vocabulary import Component, Origin

if TYPE_CHECKING:
    from lca.inventory.activity import Activity
    from lca.inventory.catalogue import Catalogue

SHARED = 0.95
"""Part of a container's CPU time below which others had some of it: clocks differ by less."""


@dataclass(frozen=True, slots=True)
class ProcessorPower:
    """Power of one logical processor at full load."""

    power: float
    """In kW_component, the median."""
    spread: float
    """97.5 % quantile over median; the 2.5 % quantile mirrors it."""
    text: str
    """How it came about."""


class Model:
    """CPU and memory of the measured processes on a machine; `catalogue` is called once, and may raise LcaError."""

    def __init__(self, machine: Mapping[str, Any], catalogue: Callable[[], Catalogue]) -> None:
        self._machine, self._catalogue = machine, catalogue

    def devices(self) -> Iterator[Device]:
        """The CPU and the memory of the machine."""
        machine, host = self._machine, self._machine["host"]
        packages = tuple(f"{host}/package-{index}" for index in range(machine["packages"]))
        yield Device(kind="cpu", name=machine["processor"], count=machine["packages"], identifiers=packages)
        capacity = Quantity(value=Amount(machine["memory"], "byte"))
        yield Device(kind="memory", name="memory", count=1, memory=capacity, identifiers=(f"{host}/memory",))

    def energies(self, span: Span) -> Iterator[PacedEntry | Unmeasured]:
        """Energy of the CPU and of the memory that the measured processes used."""
        yield self._processor(span)
        yield self._memory(span)

    def utilisation(self, span: Span) -> dict[str, float]:
        """Mean share of the logical processors in use: by the machine (`cpu`), by the run (`cpu-process`)."""
        shares = {"cpu-process": self._share(span)} if span.duration else {}
        if (total := span.of("cpu total")) > 0:
            shares["cpu"] = span.of("cpu busy") / total
        return {name: min(max(share, 0.0), 1.0) for name, share in shares.items()}

    @cached_property
    def _power(self) -> ProcessorPower | str:
        """The power model, or why there is none."""
        try:
            with language("en"):  # the reason is kept in the record
                power = processor_power(self._machine["processor"], self._catalogue())
        except LcaError as error:
            return f"the catalogue cannot be read ({str(error).splitlines()[0]}); see `lca check`"
        return power or "no CPU of the catalogue has power and threads: add a file under inventories/hardware"

    def _processor(self, span: Span) -> PacedEntry | Unmeasured:
        used = span.of("cpu own")
        if used <= 0:
            return Unmeasured(component="cpu", reason="no CPU time was counted: measure a longer run")
        if isinstance(power := self._power, str):
            return Unmeasured(component="cpu", reason=power)
        figures = Figures.load()
        energy = component_energy(power.power, used * unit_factor("s", "h"))
        spread = _both(power.spread, factor(figures.processor_load))
        method = (
            f"{power.text}; × {used:.4g} CPU seconds of the measured processes ({self._share(span):.3g} of"
            f" {self._machine['logical_processors']} logical processors over {span.duration:.4g} s{self._group(span)});"
            f" range: a"
            f" factor of {spread:.3g} either way, as power is not proportional to load"
            f" ({figures.titles(figures.processor_load)})"
        )
        return PacedEntry(entry(Component.CPU, energy, Origin.MODELLED, method, spread), ("cpu own",))

    def _memory(self, span: Span) -> PacedEntry | Unmeasured:
        held = span.of("memory")
        if held <= 0:
            return Unmeasured(component="memory", reason="no resident memory was seen: measure a longer run")
        figures = Figures.load()
        energy = ComponentEnergy(figures.memory.amount * held * unit_factor("s", "h"))
        spread = factor(figures.memory)
        watts = figures.memory.amount * unit_factor("kW/byte", "W/GB")
        method = (
            f"{held / span.duration * unit_factor('byte', 'GB'):.3g} GB resident in the measured processes on average"
            f" × {watts:.3g} W/GB; range: a factor of {spread:.3g} either way ({figures.titles(figures.memory)})"
        )
        return PacedEntry(entry(Component.MEMORY, energy, Origin.MODELLED, method, spread), (Component.MEMORY,))

    def _group(self, span: Span) -> str:
        """The container that the run was in, and which part of its CPU time the run had, where others had some too."""
        if not (container := self._machine.get("container")):
            return ""
        own, everyone = span.of("cpu own"), span.of("cpu group")
        shared = f"; of its CPU time the run had {own / everyone:.0%}" if own < SHARED * everyone else ""
        return f", {Container(**container).words()}{shared}"

    def _share(self, span: Span) -> float:
        return span.of("cpu own") / (span.duration * float(self._machine["logical_processors"]))


def processor_power(name: str, catalogue: Catalogue) -> ProcessorPower | None:
    """Power per logical processor of the CPU of this name; of all catalogued CPUs, where this one is not known.

    None: no CPU of the catalogue has a power and a number of threads.
    """
    known = catalogue.recognise(name)
    if known and (power := _per_thread(known)):
        rated = known.properties.power
        assert rated is not None and known.properties.threads is not None
        text = (
            f"{known.name} ({known.id}): {rated.amount * unit_factor('kW', 'W'):.4g} W rated over"
            f" {known.properties.threads.amount:g} logical processors = {_watts(power)} W each"
            f" ({titles(rated, known.sources)})"
        )
        return ProcessorPower(power, factor(rated), text)
    powers = sorted(power for activity in catalogue.activities.values() if (power := _per_thread(activity)))
    if not powers:
        return None
    median = statistics.median(powers)
    why = f"power of {known.id} unknown" if known else f"CPU model unknown: {name!r} is not in the catalogue"
    text = (
        f"{why}; median of the {len(powers)} catalogued CPUs, {_watts(median)} W per logical processor"
        f" (from {_watts(powers[0])} to {_watts(powers[-1])} W)"
    )
    return ProcessorPower(median, max(powers[-1] / median, median / powers[0]), text)


def _per_thread(activity: Activity) -> float | None:
    power, threads = activity.properties.power, activity.properties.threads
    return power.amount / threads.amount if power and threads else None


def _both(one: float, other: float) -> float:
    """Spread of a product of two lognormal quantities with these spreads: their logarithms' variances add."""
    return math.exp(math.hypot(math.log(one), math.log(other)))


def _watts(power: float) -> str:
    return f"{power * unit_factor('kW', 'W'):.3g}"
