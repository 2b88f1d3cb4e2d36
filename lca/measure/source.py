"""What every energy source has in common: its shape, its results, and the integral of what it samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Protocol

from lca.equations import ComponentEnergy
from lca.measurement import Component, Device, EnergyEntry, Origin, Unmeasured
from lca.records import Distribution, Document, In, Quantity, Record, Source, ids
from lca.units import Amount

Finding = EnergyEntry | Unmeasured | Device


class EnergySource(Protocol):
    """One kind of counter or model. Its edges are read fast; only `results` may be slow."""

    def start(self) -> None:
        """Read the first edge."""

    def sample(self) -> None:
        """Read in between, from the sampling thread."""

    def stop(self) -> None:
        """Read the last edge."""

    def results(self) -> Iterable[Finding]:
        """Energy, what is not known and why, and devices; nothing where there is no such hardware."""


class Integral:
    """Integral over time of a sampled quantity, by the trapezoidal rule."""

    def __init__(self) -> None:
        self.total = 0.0
        """In the quantity's unit times seconds."""
        self.doubt = 0.0
        """Largest error of `total`, if the quantity is monotone between two samples."""
        self.samples = 0
        self._last: tuple[float, float] | None = None

    def add(self, time: float, value: float) -> None:
        """One sample, at a time in seconds that is not before the last one."""
        if self._last:
            elapsed = time - self._last[0]
            self.total += elapsed * (value + self._last[1]) / 2
            self.doubt += elapsed * abs(value - self._last[1]) / 2
        self._last = (time, value)
        self.samples += 1


class Figures(Record):
    """power.toml: the sourced figures of the models and counters."""

    memory: Annotated[Quantity, In("kW_component/byte", above=0)]
    """Power of memory in use per capacity."""
    processor_load: Annotated[Quantity, In("1", above=0)]
    """Power of a busy logical processor over rated power / logical processors."""
    nvml_reading: Annotated[Quantity, In("1", above=0)]
    """Real over reported power of an NVIDIA GPU."""
    sources: dict[str, Source]

    @classmethod
    def load(cls) -> Figures:
        """The figures of this package."""
        return Document.read(Path(__file__).with_name("power.toml"), "lca/measure/power.toml").load(cls)

    def titles(self, quantity: Quantity) -> str:
        return titles(quantity, self.sources)


def titles(quantity: Quantity, sources: Mapping[str, Source]) -> str:
    """Titles of the sources that a quantity cites."""
    return "; ".join(sources[id].title for id in ids(quantity.source or ()) if id in sources)


def factor(quantity: Quantity) -> float:
    """High over median of a range; 1 where none is stated."""
    return quantity.high.number / quantity.amount if quantity.high else 1.0


def entry(
    component: Component,
    energy: ComponentEnergy,
    origin: Origin,
    method: str,
    bounds: tuple[float, float] | None = None,
    distribution: Distribution = "lognormal",
) -> EnergyEntry:
    """An entry of `energy`, with the 95 % range `bounds` where one is known; all in kWh."""
    quantity = Quantity(value=_kwh(energy))
    if bounds and bounds[0] < bounds[1]:
        quantity = Quantity(value=_kwh(energy), low=_kwh(bounds[0]), high=_kwh(bounds[1]), distribution=distribution)
    return EnergyEntry(component=component, energy=quantity, origin=origin, method=method)


def _kwh(energy: float) -> Amount:
    return Amount(energy, "kWh_component")
