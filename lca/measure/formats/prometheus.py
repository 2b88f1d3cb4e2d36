"""Prometheus' text format: one sample per component and origin, in joules and seconds."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lca.measure.formats.writing import WriteOptions
from lca.measurement.record import EnergyEntry, Measurement
from lca.measurement.totals import by_component
from lca.quantities.text import plain
from lca.quantities.units import Amount, factor
from lca.vocabulary import Origin

_HELP = {
    "ai_lca_energy_joules": "Energy of a component over the run.",
    "ai_lca_energy_low_joules": "2.5 % quantile of it, where known.",
    "ai_lca_energy_high_joules": "97.5 % quantile of it, where known.",
    "ai_lca_it_energy_joules": "Energy of the node at its plug over the run.",
    "ai_lca_energy_missing": "1 for a component whose energy is not known.",
    "ai_lca_duration_seconds": "Wall-clock time of the run.",
    "ai_lca_end_timestamp_seconds": "End of the run, in seconds since 1970, where its zone is known.",
}
_Sample = tuple[str, dict[str, str], float]


def write(record: Measurement, options: WriteOptions) -> str:
    """Gauges with the run's name and phase as labels; a component that is not known has no joules, not 0."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for metric, labels, value in _samples(record):
        every = {"run": plain(record.name), "phase": record.phase, **labels}
        if metric not in gauges:
            gauges[metric] = Gauge(metric, _HELP[metric], list(every), registry=registry)
        gauges[metric].labels(**every).set(value)
    return generate_latest(registry).decode()


def _samples(record: Measurement) -> Iterator[_Sample]:
    joule = factor("kWh", "J")
    for part in by_component(record.energy):
        for origin, energy in part.origins.energies.items():
            labels: dict[str, str] = {"component": part.component, "origin": origin}
            yield "ai_lca_energy_joules", labels, energy * joule
            for name, bounds in _bounds(part.entries, origin).items():
                yield f"ai_lca_energy_{name}_joules", labels, math.fsum(bound.number for bound in bounds) * joule
    if record.it_energy:
        yield "ai_lca_it_energy_joules", {}, record.it_energy.amount * joule
    for component in dict.fromkeys(gap.component for gap in record.unmeasured):
        yield "ai_lca_energy_missing", {"component": component}, 1.0
    yield "ai_lca_duration_seconds", {}, record.duration.amount * factor("h", "s")
    if record.ended.tzinfo:
        yield "ai_lca_end_timestamp_seconds", {}, record.ended.timestamp()


def _bounds(entries: tuple[EnergyEntry, ...], origin: Origin) -> dict[str, list[Amount]]:
    """Bounds of the entries of this origin; none where one of them has none, as their sum would be no bound."""
    energies = [entry.energy for entry in entries if entry.origin == origin]
    bounds = {"low": [energy.low for energy in energies], "high": [energy.high for energy in energies]}
    known = {name: [bound for bound in each if bound is not None] for name, each in bounds.items()}
    return {name: each for name, each in known.items() if len(each) == len(energies)}
