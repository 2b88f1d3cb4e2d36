"""A run that is over becomes its record: the same for one that ended and for one recovered from its journal."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from lca.errors import LcaError
from lca.measure.counters.counter import PEAK, Span
from lca.measure.counters.wattmeter import with_wattmeter
from lca.measure.entries import counted
from lca.measure.entries.constants import PacedEntry
from lca.measure.entries.modelled import Model
from lca.measure.identified import OUTSIDE, identified
from lca.measure.meter.machine import software
from lca.measure.meter.timeline import Ran
from lca.measure.plausible import doubted
from lca.measurement.record import SCHEMA, Device, IdlePower, Measurement, PowerSeries, Unmeasured, Window
from lca.measurement.totals import by_component
from lca.quantities import units
from lca.quantities.records import Quantity
from lca.quantities.units import Amount

if TYPE_CHECKING:
    from lca.inventory.catalogue import Catalogue

_AS_RUN = "as for the whole run"
_STATED = ("part", "price", "location", "task", "name", "phase")


def measurement(ran: Ran, catalogue: Callable[[], Catalogue]) -> Measurement:
    """The record of a run; `catalogue` is called once, and may raise LcaError."""
    record = _doubted(_RecordBuilder(ran, catalogue).measurement(), catalogue)
    if path := ran.header["wattmeter"]:
        try:
            return with_wattmeter(record, path)
        except LcaError as error:
            warnings.warn(f"the wattmeter does not count: {error}", stacklevel=OUTSIDE)
            note = f"the wattmeter {Path(path).name} does not count: {error}".replace(str(path), Path(path).name)
            return record.model_copy(update={"comment": "; ".join(filter(None, [record.comment, note]))})
    return record


def _doubted(record: Measurement, catalogue: Callable[[], Catalogue]) -> Measurement:
    try:
        return doubted(record, catalogue() if record.devices else None)
    except LcaError:  # the CPU's entry already says that the catalogue cannot be read
        return doubted(record, None)


class _RecordBuilder:
    def __init__(self, ran: Ran, catalogue: Callable[[], Catalogue]) -> None:
        self._ran, self._catalogue, self._span = ran, catalogue, ran.timeline.span
        self._model = Model(ran.described["processes"], catalogue) if "processes" in ran.described else None

    def measurement(self) -> Measurement:
        ran, span = self._ran, self._span
        entries, unmeasured = _chosen(self._energies(span))
        began = datetime.fromisoformat(ran.header["began"])
        facts = {"model": ran.header["model"], "framework": _framework(ran.software), **ran.facts}
        notes = [facts.pop("comment", None), *ran.notes]
        if ran.interrupted and (planned := facts.pop("amount", None)):
            notes.append(f"stated before the run was cut off: {planned}; how much of it was delivered is not known")
        comment = "; ".join(filter(None, notes)) or None
        duration = Quantity(value=Amount(span.duration * units.factor("s", "h"), "h"))
        return Measurement.model_validate(
            {
                **facts,
                **{key: ran.header[key] for key in _STATED},
                "schema": SCHEMA,
                "started": began,
                "ended": began + timedelta(seconds=span.duration),
                "duration": duration,
                "energy": tuple(entry for entry, _ in entries),
                "unmeasured": unmeasured,
                "devices": tuple(self._identified(device) for device in self._devices()),
                "windows": tuple(self._windows(entries)),
                "power": tuple(self._powers(entries)),
                "idle": tuple(self._idle()),
                "utilisation": self._utilisation(),
                "peak_memory": self._peaks(),
                "throughput": self._throughput(facts.get("amount")),
                "software": software() | ran.software,
                "interrupted": ran.interrupted,
                "comment": comment,
            }
        )

    def _counted(self, span: Span, whole: bool) -> Iterator[Iterable[PacedEntry | Unmeasured]]:
        """By source, the one to be preferred first."""
        described = self._ran.described
        if "nvml" in described:
            yield counted.gpu_energies(described["nvml"], span, whole)
        if "rapl" in described:
            yield counted.cpu_energies(described["rapl"], described["processes"]["host"], span, whole)

    def _energies(self, span: Span) -> Iterator[Iterable[PacedEntry | Unmeasured]]:
        yield from self._counted(span, self._ran.header["exclusive"])
        if self._model:
            yield self._model.energies(span)

    def _devices(self) -> Iterator[Device]:
        if "nvml" in self._ran.described:
            yield from counted.gpu_devices(self._ran.described["nvml"])
        if self._model:
            yield from self._model.devices()

    def _identified(self, device: Device) -> Device:
        try:
            return identified(device, self._catalogue())
        except LcaError:  # the CPU's entry already says that the catalogue cannot be read
            return device

    def _windows(self, whole: Iterable[PacedEntry]) -> Iterator[Window]:
        origins = {(entry.component, entry.devices): entry.origin for entry, _ in whole}
        hours = units.factor("s", "h")
        for window, span in self._ran.timeline.spans():
            entries = [entry for entry, _ in _chosen(self._energies(span))[0]] if span.duration > 0 else []
            yield Window(
                name=window.name,
                start=Quantity(value=Amount(window.opened.time * hours, "h")),
                duration=Quantity(value=Amount(span.duration * hours, "h")),
                energy=tuple(
                    entry.model_copy(update={"method": _AS_RUN})
                    if origins.get((entry.component, entry.devices)) == entry.origin
                    else entry
                    for entry in entries
                ),
            )

    def _powers(self, entries: Iterable[PacedEntry]) -> Iterator[PowerSeries]:
        """One per entry: its energy, spread over the run in the rhythm of what was counted."""
        to_watts = units.factor("kWh", "J")
        for entry, rhythm in entries:
            if points := self._ran.timeline.powers(rhythm):
                times, parts = zip(*points, strict=True)
                joules = entry.energy.amount * to_watts
                yield PowerSeries(
                    component=entry.component,
                    devices=entry.devices,
                    times=tuple(round(time, 3) for time in times),
                    powers=tuple(float(f"{joules * part:.5g}") for part in parts),
                )

    def _idle(self) -> Iterator[IdlePower]:
        """Of what has a counter or a power reading, all of it; a model of this run's work knows no idle power."""
        if not (span := self._ran.baseline):
            return
        hours = span.duration * units.factor("s", "h")
        for part in by_component(entry for entry, _ in _chosen(self._counted(span, whole=True))[0]):
            for origin, energy in part.origins.energies.items():
                idle = Quantity(value=Amount(energy / hours, "kW_component"))
                yield IdlePower(component=part.component, power=idle, origin=origin)

    def _utilisation(self) -> dict[str, float]:
        shares = self._model.utilisation(self._span) if self._model else {}
        if "nvml" in self._ran.described:
            shares |= counted.gpu_utilisation(self._ran.described["nvml"], self._span)
        return shares

    def _throughput(self, amount: str | None) -> Quantity | None:
        """Service per second; none of a whole program, whose time holds its start and imports too."""
        if not amount or not self._ran.header.get("own_process", True):
            return None
        delivered = units.parse(amount)
        return Quantity(value=Amount(delivered.number / self._span.duration, f"{delivered.unit}/s"))

    def _peaks(self) -> dict[str, str]:
        peaks = {"memory": self._span.of(f"{PEAK}memory")}
        if "nvml" in self._ran.described:
            peaks["gpu"] = counted.gpu_peak(self._ran.described["nvml"], self._span)
        return {component: f"{peak!r} byte" for component, peak in peaks.items() if peak > 0}


def _chosen(sources: Iterable[Iterable[PacedEntry | Unmeasured]]) -> tuple[list[PacedEntry], tuple[Unmeasured, ...]]:
    """Each component from the first source that knows its energy; why an earlier one did not goes into its method."""
    entries: list[PacedEntry] = []
    unmeasured: dict[str, Unmeasured] = {}
    for findings in sources:
        taken = {entry.component for entry, _ in entries}
        reasons = {component: fault.reason for component, fault in unmeasured.items()}
        for finding in findings:
            if isinstance(finding, Unmeasured):
                if finding.component not in taken:
                    both = [*filter(None, [unmeasured.get(finding.component)])]
                    reason = "; ".join([fault.reason for fault in both] + [finding.reason])
                    unmeasured[finding.component] = Unmeasured(component=finding.component, reason=reason)
            elif finding.entry.component not in taken:
                entry = finding.entry
                if reason := reasons.get(entry.component, ""):
                    unmeasured.pop(entry.component, None)
                    entry = entry.model_copy(update={"method": f"{entry.method}. No counter: {reason}"})
                entries.append(PacedEntry(entry, finding.rhythm))
    return entries, tuple(unmeasured.values())


def _framework(software: Mapping[str, str]) -> str | None:
    return f"torch {software['torch']}" if "torch" in software else None
