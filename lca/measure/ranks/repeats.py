"""Several runs of the same thing, measured apart, as one record whose windows are the repeats."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from lca.errors import UsageError
from lca.languages import gettext
from lca.measurement.record import EnergyEntry, Latency, Measurement, Unmeasured, Window
from lca.quantities import units
from lca.quantities.records import Quantity
from lca.quantities.units import Amount
from lca.vocabulary import Component

_SAME = ("phase", "model", "model_parameters", "profile", "dtype", "batch", "seed")


def joined(records: Sequence[Measurement], name: str) -> Measurement:
    """One record of all runs, one after the other: a window `repeat 1`, ... for each, with what it delivered.

    Energies, amounts and durations add up; the ranges of energies too, as one model made them all. A component that one
    run does not know is not known of the whole. Latencies are the medians of those of the runs.
    Raises UsageError where the runs are not of the same thing, or one does not say what it delivered.
    """
    if not records:
        raise UsageError(gettext("no runs to join"))
    first = records[0]
    if differ := [field for field in _SAME if any(getattr(each, field) != getattr(first, field) for each in records)]:
        raise UsageError(gettext("{name}: the runs differ in {differ}", name=name, differ=", ".join(differ)))
    amounts = [each.amount for each in records if each.amount]
    if len(amounts) < len(records) or any(amount.unit != amounts[0].unit for amount in amounts):
        raise UsageError(gettext("{name}: every run must say what it delivered, in one unit", name=name))
    hours = sum(each.duration.amount for each in records)
    amount = Amount(sum(each.number for each in amounts), amounts[0].unit)
    seconds = hours * units.factor("h", "s")
    started = min(each.started for each in records)
    last = started + timedelta(hours=hours)  # runs that were measured beside each other count one after the other too
    unknown = {gap.component: gap for each in records for gap in each.unmeasured}
    changes = {
        "name": name,
        "started": started,
        "ended": max(last, *(each.ended for each in records)),
        "duration": _hours(hours),
        "amount": amount,
        "throughput": Quantity(value=Amount(amount.number / seconds, f"{amount.unit}/s")),
        "energy": tuple(_energies(records, unknown)),
        "unmeasured": tuple(unknown.values()),
        "windows": tuple(_windows(records)),
        "power": (),
        "idle": (),
        "utilisation": _utilisation(records, hours),
        "computation": None,
        "latency": _latency(records),
        "peak_memory": _peaks(records),
        "interrupted": any(each.interrupted for each in records),
        "comment": "; ".join(dict.fromkeys(each.comment for each in records if each.comment)) or None,
    }
    return first.model_copy(update=changes)


def _energies(records: Sequence[Measurement], unknown: Mapping[Component, Unmeasured]) -> Iterable[EnergyEntry]:
    groups: dict[tuple[object, ...], list[EnergyEntry]] = {}
    for record in records:
        for entry in record.energy:
            if entry.component not in unknown:
                groups.setdefault((entry.component, entry.origin, entry.devices), []).append(entry)
    for entries in groups.values():
        first = entries[0]
        method = f"sum of {len(entries)} runs; the first: {first.method}" if len(entries) > 1 else first.method
        energy = _sum([entry.energy for entry in entries])
        yield first.model_copy(update={"energy": energy, "method": method, "share": None})


def _sum(parts: Sequence[Quantity]) -> Quantity:
    """The sum, with the sums of the bounds where all have them."""
    sums: dict[str, Amount | None] = {}
    for name in ("value", "low", "high"):
        amounts = [amount for part in parts if (amount := getattr(part, name)) is not None]
        whole = len(amounts) == len(parts)
        sums[name] = Amount(sum(amount.number for amount in amounts), amounts[0].unit) if whole else None
    ranged = sums["low"] is not None and sums["high"] is not None
    distribution = parts[0].distribution if ranged else None
    bounds = {"low": sums["low"], "high": sums["high"]} if ranged else {"low": None, "high": None}
    return parts[0].model_copy(update={"value": sums["value"], **bounds, "distribution": distribution})


def _windows(records: Sequence[Measurement]) -> Iterable[Window]:
    start = 0.0
    for index, record in enumerate(records, 1):
        entries = tuple(entry.model_copy(update={"method": "as for the whole run"}) for entry in record.energy)
        yield Window(
            name=f"repeat {index}", start=_hours(start), duration=record.duration, amount=record.amount, energy=entries
        )
        start += record.duration.amount


def _hours(hours: float) -> Quantity:
    return Quantity(value=Amount(hours, "h"))


def _utilisation(records: Sequence[Measurement], hours: float) -> dict[str, float]:
    """Means over the time, of what every run knows."""
    names = [name for name in records[0].utilisation if all(name in each.utilisation for each in records)]
    return {name: sum(each.utilisation[name] * each.duration.amount for each in records) / hours for name in names}


def _latency(records: Sequence[Measurement]) -> Latency | None:
    known = [each.latency for each in records if each.latency]
    if len(known) < len(records):
        return None
    medians = {}
    for name in ("p50", "p99"):
        values = [quantile.amount for each in known if (quantile := getattr(each, name))]
        medians[name] = _hours(statistics.median(values)) if len(values) == len(known) else None
    return Latency(**medians)


def _peaks(records: Sequence[Measurement]) -> dict[str, Quantity]:
    shared = [name for name in records[0].peak_memory if all(name in each.peak_memory for each in records)]
    return {name: max((each.peak_memory[name] for each in records), key=lambda peak: peak.amount) for name in shared}
