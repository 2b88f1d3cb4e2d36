"""What runs cost: money, runtime by type of device, energy and utilisation; training and inference apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lca.measurement.record import Measurement
from lca.vocabulary import Component, Phase

MISSING = "missing"
NOT_HERE = ""
"""In a cell that its row has no such thing for: the money of one device type, the utilisation of a whole run."""
UNITS = {"runtime": "h", "device_time": "h", "energy": "kWh", "utilisation": "%"}
"""Units of the columns that have one; money is in the currency of its row."""

_KINDS: tuple[Component, ...] = (Component.CPU, Component.GPU, Component.MEMORY, Component.OTHER)


class CostRow(NamedTuple):
    """One device type of one run, or the run or the phase as a whole; what is not known is the word `missing`."""

    phase: str
    run: str
    """Name of the run; `all N runs` in the row of a phase."""
    device: str
    """Kind and name of the devices; `all` in the row of a run."""
    runtime: float | str
    device_time: float | str
    """Runtime × number of devices."""
    energy: float | str
    """Of the components of this kind; for a run of all of them, or of the node at its plug."""
    origin: str
    """How the energy was obtained."""
    utilisation: float | str
    money: float | str
    currency: str


def cost_table(records: Sequence[Measurement]) -> list[CostRow]:
    """Rows by phase, run and device type; a phase of several runs ends with their sum.

    A sum is missing where one of its parts is, for a part of the cost is not the cost.
    """
    rows: list[CostRow] = []
    for phase in tuple(Phase):
        runs = [record for record in records if record.phase == phase]
        wholes = [_whole(record) for record in runs]
        for record, whole in zip(runs, wholes, strict=True):
            rows += [*_by_device(record), whole]
        if len(runs) > 1:
            rows.append(_sum(phase, wholes))
    return rows


def _by_device(record: Measurement) -> Iterator[CostRow]:
    hours = record.duration.amount
    named = dict.fromkeys(device.kind for device in record.devices)
    known = [entry.component for entry in record.energy] + [gap.component for gap in record.unmeasured]
    for kind in _KINDS:
        if kind not in named and kind not in known:
            continue
        devices = [device for device in record.devices if device.kind == kind]
        names = ", ".join(f"{device.count} × {device.name}" for device in devices if kind != "memory")
        time = sum(device.count for device in devices) * hours if devices else MISSING
        time = NOT_HERE if kind in ("memory", "other") else time
        energy, origin = _energy(record, kind)
        share = record.utilisation.get(kind)
        yield CostRow(
            record.phase,
            record.name,
            f"{kind}: {names}" if names else kind,
            hours,
            time,
            energy,
            origin,
            100 * share if share is not None else MISSING,
            NOT_HERE,
            NOT_HERE,
        )


def _energy(record: Measurement, kind: Component) -> tuple[float | str, str]:
    entries = [entry for entry in record.energy if entry.component == kind]
    if not entries or any(gap.component == kind for gap in record.unmeasured):
        return MISSING, MISSING
    origins = ", ".join(dict.fromkeys(entry.origin for entry in entries))
    return sum(entry.energy.amount for entry in entries), origins


def _whole(record: Measurement) -> CostRow:
    hours, price = record.duration.amount, record.price
    if record.it_energy:
        energy: float | str = record.it_energy.amount
        origin = "node at its plug"
    elif record.unmeasured or not record.energy:
        energy = origin = MISSING
    else:
        energy = sum(entry.energy.amount for entry in record.energy)
        origin = ", ".join(dict.fromkeys(entry.origin for entry in record.energy))
    return CostRow(
        record.phase,
        record.name,
        "all",
        hours,
        NOT_HERE,
        energy,
        origin,
        NOT_HERE,
        price.per_hour * hours if price else MISSING,
        price.currency if price else MISSING,
    )


def _sum(phase: str, rows: Sequence[CostRow]) -> CostRow:
    currencies = {row.currency for row in rows}
    one = currencies.pop() if len(currencies) == 1 else MISSING
    origins = dict.fromkeys(origin for row in rows for origin in row.origin.split(", "))
    energy = _added([row.energy for row in rows])
    return CostRow(
        phase,
        f"all {len(rows)} runs",
        "all",
        _added([row.runtime for row in rows]),
        NOT_HERE,
        energy,
        ", ".join(origins) if energy != MISSING else MISSING,
        NOT_HERE,
        _added([row.money for row in rows]) if one != MISSING else MISSING,
        one,
    )


def _added(values: Sequence[float | str]) -> float | str:
    numbers = [value for value in values if isinstance(value, float | int)]
    return sum(numbers) if len(numbers) == len(values) else MISSING
