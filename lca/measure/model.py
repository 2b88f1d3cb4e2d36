"""Energy where no counter can be read: CPU time and resident memory × a sourced power. A model, never a measurement.

The CPU's energy is the CPU time of the measured processes × rated power / logical processors of its catalogue entry,
memory's is resident memory × power per capacity. The ranges are as wide as the figures of other tools differ.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lca.equations import ComponentEnergy, component_energy
from lca.errors import LcaError
from lca.measure.machine import Machine
from lca.measure.processes import Processes
from lca.measure.source import Figures, Finding, entry, factor, titles
from lca.measurement import Device, EnergyEntry, Unmeasured
from lca.records import Quantity
from lca.units import Amount
from lca.units import factor as unit_factor

if TYPE_CHECKING:
    from lca.inventory.catalogue import Catalogue
    from lca.inventory.compiled import Activity


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
    """CPU and memory of the measured processes; `catalogue` is called once the run is over, and may raise LcaError."""

    def __init__(self, catalogue: Callable[[], Catalogue], processes: Processes) -> None:
        self._catalogue, self._processes = catalogue, processes
        self._machine = Machine.here()

    def start(self) -> None:
        self._processes.start()

    def sample(self) -> None:
        self._processes.sample()

    def stop(self) -> None:
        self._processes.stop()

    def utilisation(self) -> dict[str, float]:
        return self._processes.utilisation(self._machine.logical_processors)

    def results(self) -> Iterator[Finding]:
        machine, figures = self._machine, Figures.load()
        yield Device(kind="cpu", name=machine.processor, count=machine.packages)
        yield Device(kind="memory", name="memory", count=1, memory=Quantity(value=Amount(machine.memory, "byte")))
        yield self._processor(figures)
        yield self._memory(figures)

    def _processor(self, figures: Figures) -> EnergyEntry | Unmeasured:
        used = self._processes.cpu_time
        if not used:
            return Unmeasured(component="cpu", reason="no CPU time was counted: measure a longer run")
        try:
            found = processor_power(self._machine.processor, self._catalogue())
        except LcaError as error:
            first = str(error).splitlines()[0]
            return Unmeasured(component="cpu", reason=f"the catalogue cannot be read ({first}); see `lca check`")
        if found is None:
            reason = "no CPU of the catalogue has power and threads: add a file under inventories/hardware"
            return Unmeasured(component="cpu", reason=reason)
        energy = component_energy(found.power, used * unit_factor("s", "h"))
        spread = _both(found.spread, factor(figures.processor_load))
        method = (
            f"{found.text}; × {used:.4g} CPU seconds of the measured processes ({self._share():.3g} of"
            f" {self._machine.logical_processors} logical processors over {self._processes.duration:.4g} s); range: a"
            f" factor of {spread:.3g} either way, as power is not proportional to load"
            f" ({figures.titles(figures.processor_load)})"
        )
        return entry("cpu", energy, "modelled", method, (energy / spread, energy * spread))

    def _memory(self, figures: Figures) -> EnergyEntry | Unmeasured:
        held = self._processes.memory_time
        if not held:
            return Unmeasured(component="memory", reason="no resident memory was seen: measure a longer run")
        duration = self._processes.duration
        held = min(held, self._machine.memory * duration)
        energy = ComponentEnergy(figures.memory.amount * held * unit_factor("s", "h"))
        spread = factor(figures.memory)
        watts = figures.memory.amount * unit_factor("kW/byte", "W/GB")
        method = (
            f"{held / duration * unit_factor('byte', 'GB'):.3g} GB resident in the measured processes on average"
            f" ({self._processes.samples} samples) × {watts:.3g} W/GB; range: a factor of {spread:.3g} either way"
            f" ({figures.titles(figures.memory)})"
        )
        return entry("memory", energy, "modelled", method, (energy / spread, energy * spread))

    def _share(self) -> float:
        return self.utilisation().get("cpu-process", 0.0)


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
