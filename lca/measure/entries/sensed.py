"""Entries from the sensors of other hardware, and the energy of a node by its own meter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from lca.equations import ComponentEnergy
from lca.measure.counters.counter import Span
from lca.measure.entries.constants import PacedEntry, entry, give_or_take
from lca.measurement.record import Device, EnergyEntry, Unmeasured
from lca.quantities.records import Quantity
from lca.quantities.units import Amount, factor
from lca.vocabulary import Component, Origin

Described = Mapping[str, Any]
_EXACT = 1e-6  # relative difference that rounding makes


def cards(sensors: Described, host: str) -> Iterator[Device]:
    """The cards that the run used, by kind; those of a processor are no cards."""
    kinds: dict[tuple[str, float], list[str]] = defaultdict(list)
    for _, sensor in _used(sensors):
        if sensor["component"] == "gpu" and ":" in sensor["id"]:
            kinds[sensor["name"], sensor["memory"]].append(f"{host}/{sensor['id']}")
    for (name, memory), ids in kinds.items():
        capacity = Quantity(value=Amount(memory, "byte")) if memory else None
        yield Device(kind="gpu", name=name, count=len(ids), memory=capacity, identifiers=tuple(ids))


def seen(sensors: Described) -> bool:
    """Whether the run was seen on one of the cards."""
    return any(sensor["ours"] for sensor in sensors["sensors"])


def energies(sensors: Described, host: str, span: Span, whole: bool = False) -> Iterator[PacedEntry | Unmeasured]:
    """Energy of each sensor; `whole`: all of a processor is the run's. Of a sensor around all parts, that alone."""
    for component, reason in sensors["absent"]:
        yield Unmeasured(component=component, reason=reason)
    for index, sensor in _used(sensors):
        yield from _sensed(index, sensor, host, span, whole)


def around_all(sensors: Described) -> bool:
    """Whether one sensor has CPU, GPU and memory inside of it."""
    return any(sensor["whole"] for sensor in sensors["sensors"])


def _used(sensors: Described) -> list[tuple[int, Described]]:
    """A sensor around all parts, or else all; of cards those on which the run was seen, where it was seen on one."""
    every = list(enumerate(sensors["sensors"]))
    if around_all(sensors):
        return [(index, sensor) for index, sensor in every if sensor["whole"]]
    if seen(sensors):
        return [(index, sensor) for index, sensor in every if sensor["component"] != "gpu" or sensor["ours"]]
    return every


def _sensed(index: int, sensor: Described, host: str, span: Span, whole: bool) -> Iterator[PacedEntry | Unmeasured]:
    component = Component(sensor["component"])
    divided = component in (Component.CPU, Component.MEMORY) and not whole
    used, known = span.of(f"sensor {index}"), span.of(f"sensor {index} seen")
    own = span.of(f"sensor {index} own") if divided else used
    name = f"{sensor['name']} ({sensor['id']})" if ":" in sensor["id"] else sensor["name"]
    if span.duration - known > _EXACT * span.duration:
        what = f"{span.duration - known:.4g} of {span.duration:.4g} s: {sensor['fault'] or 'no reading'}"
        reason = f"{name} could not be read for {what}. Its energy of that time is missing"
        yield Unmeasured(component=component, reason=reason)
    if own <= 0:
        if known > 0:
            yield Unmeasured(component=component, reason=f"the reading of {name} did not move: measure a longer run")
        return
    to_kwh, share = factor("J", "kWh_component"), own / used
    limit = sensor["limit"] or used / span.duration
    edges = (span.of(f"sensor {index} error") + sensor["refresh"] * limit) * share * to_kwh
    resets = round(span.of(f"sensor {index} resets"))
    integrated = "" if sensor["counts"] else ", sampled and integrated by trapezoids,"
    notes = [_whose(sensor, divided, whole), sensor["note"], f"reset {resets} times" if resets else ""]
    sampling = "" if sensor["counts"] else " and of sampling"
    made = entry(
        component,
        ComponentEnergy(own * to_kwh),
        Origin.COUNTER if sensor["counts"] else Origin.INTEGRATED,
        f"{sensor['what']}{integrated} of {name}, {'; '.join(filter(None, notes))}; error of the edges{sampling} at"
        f" most {edges:.3g} kWh; that of the sensor is not stated",
        devices=(f"{host}/{sensor['id']}",),
        share=share if share < 1 - _EXACT else None,
    )
    rhythm = (f"sensor {index} own" if divided else f"sensor {index}",)
    yield PacedEntry(give_or_take(made, edges), rhythm)


def _whose(sensor: Described, divided: bool, whole: bool) -> str:
    if divided:
        return "of each interval the part that the measured processes had in the machine's busy CPU time"
    if whole:
        return "all of it, as the machine is stated to be reserved"
    if sensor["component"] == "gpu" and ":" in sensor["id"]:
        on = "on which the run was seen" if sensor["ours"] else "though no process of the run was seen on it"
        return f"the whole card, whichever process used it, {on}"
    return "all of it, whichever process used it"


def of_node(node: Described, span: Span) -> Quantity | str:
    """Energy at the node's plug by its own meter, or why that is not known."""
    joules, known = span.of("node"), span.of("node seen")
    what = node["what"]
    if span.duration - known > max(_EXACT * span.duration, 1e-3):
        missing = f"{span.duration - known:.4g} of {span.duration:.4g} s"
        return f"the node's power by {what} is not known for {missing}: {node['fault'] or 'no answer'}"
    if joules <= 0:
        return f"the node's power by {what} is 0 W"
    to_kwh = factor("J", "kWh_it")
    note = f"{what}, of the whole node, in place of its parts; {node['readings']} readings, each held until the next"
    energy, half = joules * to_kwh, min(span.of("node error"), joules) * to_kwh
    if energy - half >= energy + half:
        return Quantity(value=Amount(energy, "kWh_it"), note=note)
    low, high = Amount(energy - half, "kWh_it"), Amount(energy + half, "kWh_it")
    return Quantity(value=Amount(energy, "kWh_it"), low=low, high=high, distribution="normal", note=note)


def parts_left_out(entries: tuple[EnergyEntry, ...]) -> str:
    """What a record says that counts the node and not its parts."""
    names = ", ".join(dict.fromkeys(entry.component for entry in entries))
    return (
        f"counts the node by its own meter, which holds its parts{f' ({names})' if names else ''}: these do not count"
    )
