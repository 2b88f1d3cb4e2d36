"""Whether a record's figures fit each other and what its devices can draw: a warning with both numbers where not."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from lca.inventory.catalogue import Catalogue
from lca.measure.identified import OUTSIDE
from lca.measurement.record import Device, Measurement
from lca.measurement.totals import by_component
from lca.quantities.units import factor

ABOVE = 1.5
"""Times the stated power of the devices, past which their mean power is doubted: short peaks pass, means do not."""


def doubted(record: Measurement, catalogue: Catalogue | None) -> Measurement:
    """The record with what does not fit in its comment; each is a warning too.

    Without a catalogue the devices' power is not known.
    """
    doubts = list(implausible(record, catalogue))
    for doubt in doubts:
        warnings.warn(doubt, stacklevel=OUTSIDE)
    if not doubts:
        return record
    return record.model_copy(update={"comment": "; ".join(filter(None, [record.comment, *doubts]))})


def implausible(record: Measurement, catalogue: Catalogue | None) -> Iterator[str]:
    """What does not fit, in words: mean power, power over time, duration."""
    hours = record.duration.amount
    if record.too_long:
        yield record.too_long
    for part in by_component(record.energy):
        mean = part.energy / hours
        most = _stated([device for device in record.devices if device.kind == part.component], catalogue)
        if most is not None and mean > ABOVE * most:
            yield (
                f"the mean power of the {part.component}, {1000 * mean:.4g} W, is more than the {1000 * most:.4g} W"
                " that the catalogue states for its devices"
            )
    if hours > factor("s", "h"):  # of a shorter run its power over time is coarse
        yield from _against_power(record)


def _against_power(record: Measurement) -> Iterator[str]:
    """Energies and the power over time that belongs to them."""
    energies = {part.component.value: part.energy for part in by_component(record.energy)}
    if record.it_energy:
        energies["node"] = record.it_energy.amount
    for component, energy in energies.items():
        series = [power for power in record.power if power.component == component]
        joules = sum(
            watts * (after - before)
            for power in series
            for before, after, watts in zip((0.0, *power.times), power.times, power.powers, strict=False)
        )
        over_time = joules / factor("kWh", "J")
        if series and abs(over_time - energy) > (ABOVE - 1) * max(energy, over_time):
            yield f"the energy of the {component}, {energy:.4g} kWh, is not its power over time, {over_time:.4g} kWh"


def _stated(devices: list[Device], catalogue: Catalogue | None) -> float | None:
    """kW that the catalogue states for all of these devices together; None where it does not know one of them."""
    if catalogue is None:
        return None
    total = 0.0
    for device in devices:
        activity = catalogue.recognise(device.name)
        power = activity.properties.power if activity else None
        if power is None:
            return None
        total += device.count * power.amount
    return total if devices else None
