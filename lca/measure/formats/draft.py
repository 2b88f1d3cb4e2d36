"""What an importer makes of another tool's files, before the user's own words are added."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal, Protocol

from lca.errors import UsageError
from lca.languages import gettext
from lca.measure.counters.integral import Integral, gap
from lca.measure.formats.faults import SamplesMissing
from lca.measure.formats.foreign import Foreign
from lca.measurement.record import Device, EnergyEntry, Unmeasured
from lca.quantities.records import Distribution, Quantity
from lca.quantities.units import Amount, factor
from lca.vocabulary import Component, Origin

Covers = Literal["node", "cpu", "gpu", "memory", "components"]
"""What an energy is of, where the file does not say: the node at its plug, one component, or all of these together."""

Finding = EnergyEntry | Unmeasured | Device
COMPONENTS: tuple[Component, ...] = (Component.CPU, Component.GPU, Component.MEMORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user adds to a file. Which of these a format uses is in its USES."""

    pue: float | None = None
    """PUE that the tool multiplied by, where its file does not state it."""
    run: str | None = None
    """Which run, job or window, where a file holds several."""
    covers: Covers | None = None
    started: datetime | None = None
    ended: datetime | None = None
    devices: tuple[str, ...] = ()
    """Index or UUID of the GPUs that the run used, where a file holds all of a host."""
    columns: tuple[str, ...] = ()
    """Names of the columns of time and of power; several powers are added."""

    def given(self) -> set[str]:
        """Names of the options that are not left out."""
        return {name for name in self.__slots__ if getattr(self, name) not in (None, ())}


def option(name: str) -> str:
    """How the command line names one of the Options: those that are lists are repeated there, in the singular."""
    return {"devices": "--device", "columns": "--column"}.get(name, "--" + name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The findings of one import."""

    started: datetime
    seconds: float
    """Duration of what the energy covers."""
    findings: Sequence[Finding] = ()
    it_energy: Quantity | None = None
    name: str = ""
    version: str | None = None
    """Of the tool, where the file states it."""
    PUE: float | None = None
    """Divided out of the energy."""
    ended: datetime | None = None
    """Where the energy covers parts with gaps between them."""
    zone_by_start: bool = False
    """Whether `started` tells the zone of the file's times, where they have none."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the record."""

    def end(self) -> datetime:
        """Raises OverflowError."""
        return self.ended or self.started + timedelta(seconds=self.seconds)


class Importer(Protocol):
    """The one shape of every format that can be read: a module."""

    @property
    def TOOL(self) -> str:
        """Name of the tool, as records state it."""

    @property
    def USES(self) -> frozenset[str]:
        """Options beside those that every format takes."""

    def recognises(self, files: Sequence[Foreign]) -> bool:
        """Whether the files look like this tool's; raises nothing."""

    def read(self, files: Sequence[Foreign], options: Options) -> Draft:
        """The findings. Raises InvalidData."""


@dataclass(frozen=True, slots=True)
class SampledEnergy:
    """Sampled power over time, of one device or of several."""

    joules: float
    error: float
    """Largest error of it (J), if the power is monotone between two samples."""
    samples: int
    longest: float
    """Most seconds between two of them."""

    @classmethod
    def of(cls, points: Iterable[tuple[float, float]]) -> SampledEnergy:
        """Of (seconds, watts), in order of time. Raises Gap where samples are missing."""
        sampled = list(points)
        times = [time for time, _ in sampled]
        if missing := gap([time - times[0] for time in times]):
            raise SamplesMissing(missing)
        integral = Integral()
        for time, watts in sampled:
            integral.add(time, watts)
        longest = max((after - before for before, after in pairwise(times)), default=0.0)
        return cls(integral.total, integral.error, len(times), longest)

    @classmethod
    def total(cls, parts: Iterable[SampledEnergy]) -> SampledEnergy:
        """Of several devices; as many samples as the one with the fewest has."""
        every = list(parts)
        return cls(
            sum(part.joules for part in every),
            sum(part.error for part in every),
            min(part.samples for part in every),
            max(part.longest for part in every),
        )

    def __str__(self) -> str:
        return (
            f"{self.samples} samples integrated by trapezoids, at most {self.longest:g} s apart; sampling error at most"
            f" {kwh(self.error, 'J'):.3g} kWh if power is monotone between samples"
        )


def kwh(amount: float, unit: str) -> float:
    """An amount written in J, mJ or kWh."""
    return amount / factor("kWh", unit)


def hours(seconds: float) -> Quantity:
    """A duration as records hold it."""
    return Quantity(value=Amount(seconds / factor("h", "s"), "h"))


def imported(
    component: Component, energy: float, method: str, zero: str, error: float = 0.0
) -> EnergyEntry | Unmeasured:
    """Another tool's figure and its rounding (kWh); one of 0 is not measured, for the reason `zero`."""
    if energy == 0:
        return Unmeasured(component=component, reason=zero)
    return _entry(component, energy, error, Origin.IMPORTED, "uniform", method)


def integrated(component: Component, energy: SampledEnergy, method: str) -> EnergyEntry | Unmeasured:
    """Sampled power over time, with its sampling error."""
    method = f"{method}; {energy}"
    if energy.joules == 0:
        return Unmeasured(component=component, reason=f"its power is 0 W throughout: {method}")
    return _entry(component, kwh(energy.joules, "J"), kwh(energy.error, "J"), Origin.INTEGRATED, "normal", method)


def it_quantity(energy: float, error: float, method: str, distribution: Distribution = "normal") -> Quantity:
    """Energy at the node's plug, with its error (kWh)."""
    return _quantity(energy, error, "kWh_it", distribution, method)


def _entry(
    component: Component, energy: float, error: float, origin: Origin, distribution: Distribution, method: str
) -> EnergyEntry:
    quantity = _quantity(energy, error, "kWh_component", distribution, None)
    return EnergyEntry(component=component, energy=quantity, origin=origin, method=method)


def _quantity(energy: float, error: float, unit: str, distribution: Distribution, note: str | None) -> Quantity:
    if error == 0:
        return Quantity(value=Amount(energy, unit), note=note)
    low, high = Amount(max(energy - error, 0.0), unit), Amount(energy + error, unit)
    return Quantity(value=Amount(energy, unit), low=low, high=high, distribution=distribution, note=note)


def others(known: Iterable[Component], reason: str) -> list[Finding]:
    """The components that a file says nothing about."""
    taken = set(known)
    return [Unmeasured(component=component, reason=reason) for component in COMPONENTS if component not in taken]


def one_file(files: Sequence[Foreign]) -> Foreign:
    """Raises UsageError for more than one."""
    if len(files) != 1:
        raise UsageError(gettext("this format is one file, not {count}", count=len(files)))
    return files[0]


def listed(names: Iterable[str], most: int = 10) -> str:
    """Names for a message."""
    every = [name[:80] for name in names]
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")
