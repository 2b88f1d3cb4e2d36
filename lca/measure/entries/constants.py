"""The sourced figures behind modelled energy and behind the ranges of counters, and entries with their ranges."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, NamedTuple

from lca.equations import ComponentEnergy
from lca.measurement.record import Device, EnergyEntry, Unmeasured
from lca.quantities.documents import Document
from lca.quantities.records import In, Quantity, Record
from lca.quantities.sources import Source, ids
from lca.quantities.units import Amount
from lca.vocabulary import Component, Origin


class PacedEntry(NamedTuple):
    """An entry, and the numbers of the reading in whose rhythm its energy was used."""

    entry: EnergyEntry
    rhythm: tuple[str, ...] = ()


Finding = PacedEntry | Unmeasured | Device


class Figures(Record):
    """power.toml: the sourced figures of the models and counters."""

    memory: Annotated[Quantity, In("kW_component/byte", above=0)]
    """Power of memory in use per capacity."""
    processor_load: Annotated[Quantity, In("1", above=0)]
    """Power of a busy logical processor over rated power / logical processors."""
    nvml_reading: Annotated[Quantity, In("1", above=0)]
    """Real over reported power of an NVIDIA GPU."""
    nvml_refresh: Annotated[Quantity, In("s", above=0)]
    """Longest time between two values of a GPU's counter or power reading."""
    rapl_refresh: Annotated[Quantity, In("s", above=0)]
    """Time between two values of a RAPL counter."""
    sources: dict[str, Source]

    @classmethod
    @cache
    def load(cls) -> Figures:
        """The figures of this package."""
        return Document.read(Path(__file__).with_name("power.toml"), "lca/measure/entries/power.toml").load(cls)

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
    spread: float = 1.0,
    devices: tuple[str, ...] = (),
    share: float | None = None,
) -> EnergyEntry:
    """An entry of `energy`, in kWh, whose 95 % range is a factor of `spread` either way."""
    quantity = Quantity(value=_kwh(energy))
    if energy / spread < energy * spread:
        low, high = _kwh(energy / spread), _kwh(energy * spread)
        quantity = Quantity(value=_kwh(energy), low=low, high=high, distribution="lognormal")
    return EnergyEntry(component=component, energy=quantity, origin=origin, method=method, devices=devices, share=share)


def give_or_take(made: EnergyEntry, half: float) -> EnergyEntry:
    """The entry with a 95 % range of `half` kWh either way, cut off at zero."""
    energy = made.energy.amount
    if energy - half >= energy + half:  # also where the error is lost in the digits of the energy
        return made
    low, high = _kwh(max(energy - half, 0.0)), _kwh(energy + half)
    shape = "normal" if half <= energy else "triangular"
    return made.model_copy(update={"energy": Quantity(value=_kwh(energy), low=low, high=high, distribution=shape)})


def _kwh(energy: float) -> Amount:
    return Amount(energy, "kWh_component")
