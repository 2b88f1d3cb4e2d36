"""What runs cost: money, runtime by type of device, energy and utilisation; training and inference apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lca.measurement.record import EnergyEntry, Measurement
from lca.measurement.totals import by_component, total
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
            rows.append(_sum(phase, runs, wholes))
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
    if any(gap.component == kind for gap in record.unmeasured):
        return MISSING, MISSING
    for component, energy, origins, _ in by_component(record.energy):
        if component == kind:
            return energy, str(origins)
    return MISSING, MISSING


def _whole(record: Measurement) -> CostRow:
    hours, price = record.duration.amount, record.price
    energy: float | str = MISSING
    if record.it_energy:
        energy = record.it_energy.amount
    elif record.energy and not record.unmeasured:
        energy, _ = total(record.energy)
    return CostRow(
        record.phase,
        record.name,
        "all",
        hours,
        NOT_HERE,
        energy,
        _origin([record]) if energy != MISSING else MISSING,
        NOT_HERE,
        price.per_hour * hours if price else MISSING,
        price.currency if price else MISSING,
    )


def _origin(records: Sequence[Measurement]) -> str:
    """How the energies of these records together were obtained: of nodes at their plug, of components by origin."""
    entries: list[EnergyEntry] = [entry for record in records if not record.it_energy for entry in record.energy]
    parts = ["node at its plug"] if any(record.it_energy for record in records) else []
    if entries:
        parts.append(str(total(entries)[1]))
    return "; ".join(parts)


def _sum(phase: str, runs: Sequence[Measurement], rows: Sequence[CostRow]) -> CostRow:
    currencies = {row.currency for row in rows}
    one = currencies.pop() if len(currencies) == 1 else MISSING
    energy = _added([row.energy for row in rows])
    return CostRow(
        phase,
        f"all {len(rows)} runs",
        "all",
        _added([row.runtime for row in rows]),
        NOT_HERE,
        energy,
        _origin(runs) if energy != MISSING else MISSING,
        NOT_HERE,
        _added([row.money for row in rows]) if one != MISSING else MISSING,
        one,
    )


def _added(values: Sequence[float | str]) -> float | str:
    numbers = [value for value in values if isinstance(value, float | int)]
    return sum(numbers) if len(numbers) == len(values) else MISSING
