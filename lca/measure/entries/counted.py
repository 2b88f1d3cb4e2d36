"""Entries from counters and sampled power: what NVML and RAPL read becomes energy, with its share and its range."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from lca.equations import ComponentEnergy
from lca.measure.counters.counter import PEAK, Span
from lca.measure.entries.constants import Figures, PacedEntry, entry, give_or_take
from lca.measurement.record import Device, Unmeasured
from lca.quantities.records import Quantity
from lca.quantities.units import Amount, factor
from lca.vocabulary import Component, Origin

Described = Mapping[str, Any]
_REMEDY = "check that `nvidia-smi` works for this user, and install `ai-lca[nvidia]`"
_EXACT = 1e-6  # relative difference that rounding makes
_SHARED = (
    "shared: of each interval the part that this run's processes had in the time on its multiprocessors, or by memory"
    " held where none computed; intervals in which none of its processes was on the card are not counted"
)
_MASKED = (
    "the container is shown its own CPU time as if it were the machine's (lxcfs), so that its part of the RAPL counters"
    " cannot be told; state that the machine is reserved where it is"
)


def gpu_devices(nvml: Described) -> Iterator[Device]:
    """The GPUs that the run used, by kind."""
    kinds: dict[tuple[str, float], list[str]] = defaultdict(list)
    for _, card in _used(nvml):
        kinds[card["name"], card["memory"]].append(card["uuid"])
    for (name, memory), uuids in kinds.items():
        capacity = Quantity(value=Amount(memory, "byte"))
        yield Device(kind="gpu", name=name, count=len(uuids), memory=capacity, identifiers=tuple(uuids))


def gpu_energies(nvml: Described, span: Span, whole: bool = False) -> Iterator[PacedEntry | Unmeasured]:
    """Energy of each GPU; `whole`: all of a card is the run's, whoever used it."""
    if nvml["fault"] and nvml["present"]:
        reason = f"an NVIDIA GPU is present but cannot be read: {nvml['fault']}; {_REMEDY}"
        yield Unmeasured(component="gpu", reason=reason)
    for index, card in _used(nvml):
        yield from _gpu(index, card, span, whole, nvml["order_unsure"])


def gpu_utilisation(nvml: Described, span: Span) -> dict[str, float]:
    """Mean share of time in which the used GPUs computed (`gpu`), and used their memory (`gpu-memory`)."""
    used = [index for index, card in _used(nvml) if card["share"] == 1]
    seconds = sum(span.of(f"gpu {index} seen") for index in used)
    if not seconds:
        return {}
    means = {"gpu": "busy", "gpu-memory": "memory busy"}
    return {name: min(sum(span.of(f"gpu {i} {of}") for i in used) / seconds, 1.0) for name, of in means.items()}


def gpu_peak(nvml: Described, span: Span) -> float:
    """Most bytes that the run held, summed over its GPUs; 0: unknown."""
    return sum(span.of(f"{PEAK}gpu {index}") for index, _ in _used(nvml))


def cpu_energies(
    rapl: Described, host: str, span: Span, whole: bool = False, masked: bool = False
) -> Iterator[PacedEntry | Unmeasured]:
    """Energy of the CPU packages and of their memory; `masked`: the CPU time of the machine cannot be seen."""
    components: tuple[Component, ...] = (Component.CPU, Component.MEMORY)
    for component in components:
        zones = {i: zone for i, zone in enumerate(rapl["zones"]) if zone["component"] == component}
        if rapl["fault"] and (zones or component == "cpu"):
            yield Unmeasured(component=component, reason=rapl["fault"])
        elif zones and masked and not whole:
            yield Unmeasured(component=component, reason=_MASKED)
        elif zones:
            yield _zones(component, zones, rapl, host, span, whole)


def _used(nvml: Described) -> list[tuple[int, Described]]:
    """The cards on which the run was seen; where it was seen on none, those that are not plainly somebody else's."""
    cards = list(enumerate(nvml["cards"]))
    ours = [(index, card) for index, card in cards if card["ours"]]
    return ours or [(index, card) for index, card in cards if not (card["apart"] and card["others"])]


def _gpu(index: int, card: Described, span: Span, whole: bool, order_unsure: bool) -> Iterator[PacedEntry | Unmeasured]:
    apart = card["apart"] and card["ours"] and not whole
    used, seen = span.of(f"gpu {index}"), span.of(f"gpu {index} seen")
    own = span.of(f"gpu {index} own") if apart else used
    name = f"{card['name']} ({card['uuid']})"
    if span.duration - seen > _EXACT * span.duration:
        what = f"{span.duration - seen:.4g} of {span.duration:.4g} s: {card['fault'] or 'no reading'}"
        reason = f"{name} could not be read for {what}; {_REMEDY}. Its energy of that time is missing"
        yield Unmeasured(component="gpu", reason=reason)
    if own <= 0:
        if seen > 0:
            yield Unmeasured(component="gpu", reason=f"the reading of {name} did not move: measure a longer run")
        return
    figures, to_kwh = Figures.load(), factor("mJ", "kWh_component")
    share = own / used * card["share"]
    energy = ComponentEnergy(used * share * to_kwh)
    limit = card["limit"] or used / span.duration
    edges = (span.of(f"gpu {index} error") + figures.nvml_refresh.amount * limit) * share * to_kwh
    made = entry(
        Component.GPU,
        energy,
        Origin.COUNTER if card["counts"] else Origin.INTEGRATED,
        f"{_reading(card)} of {name}, {_whose(card, whole, share)}{_notes(card, span, index, order_unsure)}; error of"
        f" the edges{'' if card['counts'] else ' and of sampling'} at most {edges:.3g} kWh, if power stays under"
        f" {limit / 1000:.4g} W{'' if card['counts'] else ' and is monotone between samples'}",
        devices=(card["uuid"],),
        share=share if share < 1 - _EXACT else None,
    )
    accuracy = figures.nvml_reading.high.number - 1 if figures.nvml_reading.high else 0.0
    yield PacedEntry(give_or_take(made, energy * accuracy + edges), (f"gpu {index} own" if apart else f"gpu {index}",))


def _reading(card: Described) -> str:
    if card["counts"]:
        return "NVML total-energy counter"
    return "NVML power, sampled and integrated by trapezoids, as there is no energy counter,"


def _whose(card: Described, whole: bool, share: float) -> str:
    if whole:
        return "the whole card, stated to be reserved"
    if not card["apart"]:
        return "the whole card: whose processes are on it cannot be told here"
    if not card["ours"]:
        return "the whole card: no process of the run was seen on it"
    if card["others"]:
        return _SHARED
    return "while the run was on it" if share < card["share"] - _EXACT else "which nobody else used"


def _notes(card: Described, span: Span, index: int, order_unsure: bool) -> str:
    notes = ""
    if card["share"] < 1:
        notes += (
            f"; of the card the {card['share']:.4g} that the slice (MIG) has of its memory, as a slice has no power"
            " sensor; the power of memory that belongs to no slice is not counted"
        )
    if resets := round(span.of(f"gpu {index} resets")):
        notes += f"; the counter was reset {resets} times"
    if order_unsure:
        notes += "; cards counted by PCI bus: set CUDA_DEVICE_ORDER=PCI_BUS_ID, else CUDA may count them otherwise"
    return notes


def _zones(
    component: Component, zones: Mapping[int, Described], rapl: Described, host: str, span: Span, whole: bool
) -> PacedEntry | Unmeasured:
    used = sum(span.of(f"rapl {index}") for index in zones)
    own = used if whole else sum(span.of(f"rapl {index} own") for index in zones)
    if own <= 0:
        return Unmeasured(component=component, reason="no CPU time of the run was counted: measure a longer run")
    to_kwh, share = factor("J", "kWh_component") / 1e6, own / used
    limit = sum(zone["limit"] for zone in zones.values()) or used / span.duration
    lost = sum(span.of(f"rapl {index} error") for index in zones)
    edges = (lost + Figures.load().rapl_refresh.amount * limit) * share * to_kwh
    names = ", ".join(zone["name"] for zone in zones.values())
    whose = (
        "whichever process used them, as the machine is stated to be reserved"
        if whole
        else "of each interval the part that the measured processes had in the machine's busy CPU time, idle power "
        "included; intervals in which no process computed are not counted"
    )
    psys = "; the zone psys, which contains them and more of the platform, is left out" if rapl["psys"] else ""
    resets = round(sum(span.of(f"rapl {index} resets") for index in zones))
    made = entry(
        component,
        ComponentEnergy(own * to_kwh),
        Origin.COUNTER,
        f"RAPL counters {names}, read at the edges and in between; {whose}{psys}"
        f"{f'; reset {resets} times' if resets else ''}; error of the edges at most {edges:.3g} kWh, if power stays"
        f" under {limit / 1e6:.4g} W",
        devices=tuple(f"{host}/{zone['package']}" for zone in zones.values()),
        share=share if share < 1 - _EXACT else None,
    )
    rhythm = tuple(f"rapl {index}" if whole else f"rapl {index} own" for index in zones)
    return PacedEntry(give_or_take(made, edges), rhythm)
