"""Energies, windows, power and devices of several ranks as those of one run."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from lca.errors import LcaError
from lca.languages import gettext
from lca.measurement.record import Device, EnergyEntry, Measurement, Part, PowerSeries, Unmeasured, Window
from lca.quantities import units
from lca.quantities.records import Quantity
from lca.quantities.units import Amount
from lca.vocabulary import Origin


class CannotMerge(LcaError):
    """The records are not the parts of one run."""

    exit_code = 3


class Member(NamedTuple):
    """One rank of the run, by its record."""

    record: Measurement
    part: Part
    offset: float = 0.0
    """Seconds from the start of the whole run to that of this rank."""


class Joined(NamedTuple):
    """One entry of the whole, and the entries of the ranks that its energy is the sum of."""

    entry: EnergyEntry
    of: tuple[tuple[Member, EnergyEntry], ...]


def energies(of_members: Iterable[tuple[Member, Sequence[EnergyEntry]]]) -> list[Joined]:
    """Whole devices once, by their identifiers; shares of devices and energies of each rank's own processes added.

    Raises CannotMerge where the devices that two ranks count as wholes overlap in part.
    """
    every = [(member, entry) for member, entries in of_members for entry in entries]
    wholes: dict[tuple[str, str], tuple[Member, EnergyEntry]] = {}
    for member, entry in every:
        for device in entry.devices if _whole(entry) else ():
            other, whole = wholes.setdefault((entry.component, device), (member, entry))
            if set(whole.devices) != set(entry.devices):
                ranks = f"ranks {other.part.rank} and {member.part.rank}"
                raise CannotMerge(
                    gettext(
                        "{ranks} count devices that overlap in part: {devices} and {others}",
                        ranks=ranks,
                        devices=whole.devices,
                        others=entry.devices,
                    )
                )
    groups: dict[tuple[object, ...], list[tuple[Member, EnergyEntry]]] = defaultdict(list)
    for member, entry in every:
        if _whole(entry):
            groups[entry.component, frozenset(entry.devices)].append((member, entry))
        elif not any((entry.component, device) in wholes for device in entry.devices):
            groups[entry.component, entry.devices, entry.origin].append((member, entry))
        # else: a share of what another rank counts as a whole is in there
    return [_once(group) if _whole(group[0][1]) else _added(group) for group in groups.values()]


def windows(members: Sequence[Member]) -> tuple[Window, ...]:
    """Windows of the same name, the first with the first and so on, as one window around all of them."""
    groups: dict[tuple[str, int], list[tuple[Member, Window]]] = defaultdict(list)
    for one in members:
        seen = Counter[str]()
        for window in one.record.windows:
            groups[window.name, seen[window.name]].append((one, window))
            seen[window.name] += 1
    return tuple(_window(name, group) for (name, _), group in groups.items())


def powers(joined: Sequence[Joined], members: Sequence[Member]) -> tuple[PowerSeries, ...]:
    """One series per entry, the sum of those of the ranks that it holds; none where one of them is absent."""
    result = []
    for entry, of in joined:
        parts = [(one.offset, _series(one, part)) for one, part in of]
        known = [(offset, series) for offset, series in parts if series]
        if len(known) == len(parts):
            times, watts = _summed(known)
            result.append(PowerSeries(component=entry.component, devices=entry.devices, times=times, powers=watts))
    return tuple(result)


def devices(records: Iterable[Measurement]) -> tuple[Device, ...]:
    """Each device once, by its identifier; those without are counted as they come."""
    kinds: dict[tuple[object, ...], list[Device]] = defaultdict(list)
    for device in (device for record in records for device in record.devices):
        memory = device.memory.amount if device.memory else None
        kinds[device.kind, device.name, device.id, memory].append(device)
    result = []
    for same in kinds.values():
        identifiers = tuple(dict.fromkeys(name for device in same for name in device.identifiers))
        count = len(identifiers) + sum(device.count for device in same if not device.identifiers)
        result.append(same[0].model_copy(update={"identifiers": identifiers, "count": count}))
    return tuple(result)


def unmeasured(members: Iterable[Member]) -> tuple[Unmeasured, ...]:
    """What some rank does not know, with the ranks."""
    ranks: dict[Unmeasured, list[int]] = defaultdict(list)
    for one in members:
        for fault in one.record.unmeasured:
            ranks[fault].append(one.part.rank)
    return tuple(
        fault.model_copy(update={"reason": f"rank {', '.join(map(str, of))}: {fault.reason}"})
        for fault, of in ranks.items()
    )


def _whole(entry: EnergyEntry) -> bool:
    """Whether the entry is all of its devices' energy, whoever used them."""
    return bool(entry.devices) and entry.share is None and entry.origin != Origin.MODELLED


def _once(group: list[tuple[Member, EnergyEntry]]) -> Joined:
    """The longest look at the same devices."""
    member, entry = max(group, key=lambda each: each[1].energy.amount)
    if len(group) > 1:
        ranks = ", ".join(str(one.part.rank) for one, _ in group)
        method = f"{entry.method}; counted once, of ranks {ranks}"
        return Joined(entry.model_copy(update={"method": method}), ((member, entry),))
    return Joined(entry, ((member, entry),))


def _added(group: list[tuple[Member, EnergyEntry]]) -> Joined:
    first = group[0][1]
    if len(group) == 1:
        return Joined(first, tuple(group))
    ranks = ", ".join(str(one.part.rank) for one, _ in group)
    shares = [entry.share for _, entry in group if entry.share is not None]
    changes = {
        "energy": _total([entry.energy for _, entry in group]),
        "method": f"sum of ranks {ranks}; rank {group[0][0].part.rank}: {first.method}",
        "share": min(sum(shares), 1.0) if len(shares) == len(group) else None,
    }
    return Joined(first.model_copy(update=changes), tuple(group))


def _total(energies: Sequence[Quantity]) -> Quantity:
    """The sum, with a range as if all were wrong in the same direction."""
    total = sum(energy.amount for energy in energies)
    low = sum(energy.low.number if energy.low else energy.amount for energy in energies)
    high = sum(energy.high.number if energy.high else energy.amount for energy in energies)
    if low == high or total <= 0:
        return Quantity(value=_kwh(total))
    if all(energy.distribution in ("lognormal", None) for energy in energies):
        spread = max(high / total, total / low)
        low, high = total / spread, total * spread
        return Quantity(value=_kwh(total), low=_kwh(low), high=_kwh(high), distribution="lognormal")
    half = max(high - total, total - low)
    if total - half >= total + half:
        return Quantity(value=_kwh(total))
    shape = "normal" if half <= total else "triangular"
    return Quantity(value=_kwh(total), low=_kwh(max(total - half, 0.0)), high=_kwh(total + half), distribution=shape)


def _kwh(energy: float) -> Amount:
    return Amount(energy, "kWh_component")


def _window(name: str, group: list[tuple[Member, Window]]) -> Window:
    hours = units.factor("s", "h")
    starts = [one.offset * hours + window.start.amount for one, window in group]
    ends = [start + window.duration.amount for start, (_, window) in zip(starts, group, strict=True)]
    nodes = {one.part.node: window.it_energy for one, window in group}
    known = [energy.amount for energy in nodes.values() if energy]
    return Window(
        name=name,
        start=Quantity(value=Amount(min(starts), "h")),
        duration=Quantity(value=Amount(max(ends) - min(starts), "h")),
        energy=tuple(joined.entry for joined in energies([(one, window.energy) for one, window in group])),
        it_energy=Quantity(value=Amount(math.fsum(known), "kWh_it")) if len(known) == len(nodes) else None,
    )


def _series(one: Member, entry: EnergyEntry) -> PowerSeries | None:
    wanted = (entry.component, entry.devices)
    return next((series for series in one.record.power if (series.component, series.devices) == wanted), None)


def _summed(parts: Sequence[tuple[float, PowerSeries]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Sum of series of means, each from its rank's start on."""
    edges = sorted({time for offset, series in parts for time in (offset, *(offset + t for t in series.times))})
    steps = [_steps(offset, series) for offset, series in parts]
    current = [next(step) for step in steps]
    times, watts = list[float](), list[float]()
    for start, end in zip([0.0, *edges], edges, strict=False):
        if end <= start:
            continue
        for index, step in enumerate(steps):
            while current[index][0] <= start:
                current[index] = next(step)
        times.append(end)
        watts.append(math.fsum(power for _, power in current))
    return tuple(times), tuple(watts)


def _steps(offset: float, series: PowerSeries) -> Iterator[tuple[float, float]]:
    """End and height of each step; nothing before the rank began and after it ended."""
    yield offset, 0.0
    yield from ((offset + time, power) for time, power in zip(series.times, series.powers, strict=True))
    yield math.inf, 0.0
