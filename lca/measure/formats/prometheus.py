"""Prometheus' text format: one sample per component, in joules and seconds."""

from __future__ import annotations

from collections.abc import Iterator

from lca.measure.formats.text import quoted
from lca.measure.formats.writing import WriteOptions
from lca.measurement.record import Measurement
from lca.quantities.units import factor

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
    sums: dict[str, dict[str, float]] = {metric: {} for metric in _HELP}
    for metric, labels, value in _samples(record):
        every = {"run": record.name, "phase": record.phase, **labels}
        series = ",".join(f"{key}={quoted(text)}" for key, text in every.items())
        sums[metric][series] = sums[metric].get(series, 0.0) + value  # a component may have several entries
    lines = []
    for metric, found in sums.items():
        if found:
            lines += [f"# HELP {metric} {_HELP[metric]}", f"# TYPE {metric} gauge"]
            lines += [f"{metric}{{{series}}} {value!r}" for series, value in found.items()]
    return "\n".join(lines) + "\n"


def _samples(record: Measurement) -> Iterator[_Sample]:
    joule = factor("kWh", "J")
    for entry in record.energy:
        labels: dict[str, str] = {"component": entry.component, "origin": entry.origin}
        yield "ai_lca_energy_joules", labels, entry.energy.amount * joule
        if entry.energy.low and entry.energy.high:
            yield "ai_lca_energy_low_joules", labels, entry.energy.low.number * joule
            yield "ai_lca_energy_high_joules", labels, entry.energy.high.number * joule
    if record.it_energy:
        yield "ai_lca_it_energy_joules", {}, record.it_energy.amount * joule
    for component in dict.fromkeys(gap.component for gap in record.unmeasured):
        yield "ai_lca_energy_missing", {"component": component}, 1.0
    yield "ai_lca_duration_seconds", {}, record.duration.amount * factor("h", "s")
    if record.ended.tzinfo:
        yield "ai_lca_end_timestamp_seconds", {}, record.ended.timestamp()
