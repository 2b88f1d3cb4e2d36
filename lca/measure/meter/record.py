"""A run that is over becomes its record: the same for one that ended and for one recovered from its journal."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from lca.errors import LcaError
from lca.languages import gettext, language
from lca.measure.counters.counter import PEAK, Span
from lca.measure.counters.wattmeter import with_wattmeter
from lca.measure.entries import counted, sensed
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
from lca.vocabulary import Component

if TYPE_CHECKING:
    from lca.inventory.catalogue import Catalogue

_AS_RUN = "as for the whole run"
_STATED = ("part", "price", "location", "task", "name", "phase")


def measurement(ran: Ran, catalogue: Callable[[], Catalogue]) -> Measurement:
    """The record of a run; `catalogue` is called once, and may raise LcaError."""
    record = _doubted(_RecordBuilder(ran, catalogue).measurement(), catalogue)
    if path := ran.header["wattmeter"]:
        try:
            with language("en"):  # the reason is kept in the record
                return with_wattmeter(record, path)
        except LcaError as error:
            warnings.warn(gettext("the wattmeter does not count: {error}", error=str(error)), stacklevel=OUTSIDE)
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
        entries, unmeasured = _chosen(self._energies(span, ran.header["exclusive"]))
        node = self._node(span)
        began = datetime.fromisoformat(ran.header["began"])
        facts = {"model": ran.header["model"], "framework": _framework(ran.software), **ran.facts}
        notes = [facts.pop("comment", None), *ran.notes]
        if ran.interrupted and (planned := facts.pop("amount", None)):
            notes.append(f"stated before the run was cut off: {planned}; how much of it was delivered is not known")
        if isinstance(node, Quantity):
            notes.append(sensed.parts_left_out(tuple(entry for entry, _ in entries)))
        elif node:
            notes.append(f"counts the parts of the node: {node}")
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
                **_counts(node, entries, unmeasured),
                "devices": tuple(self._identified(device) for device in self._devices()),
                "windows": tuple(self._windows(entries, isinstance(node, Quantity))),
                "power": tuple(self._powers(entries, node)),
                "idle": tuple(self._idle()),
                "utilisation": self._utilisation(),
                "peak_memory": self._peaks(),
                "throughput": self._throughput(facts.get("amount")),
                "software": software() | ran.software,
                "interrupted": ran.interrupted,
                "comment": comment,
            }
        )

    def _energies(self, span: Span, whole: bool, modelled: bool = True) -> Iterator[Iterable[PacedEntry | Unmeasured]]:
        """By source, the one to be preferred first; a sensor that has all parts inside of it stands alone."""
        described, host = self._ran.described, self._ran.described.get("processes", {}).get("host", "")
        sensors = described.get("sensors")
        elsewhere = list(sensed.energies(sensors, host, span, whole)) if sensors else []
        if sensors and sensed.around_all(sensors) and any(isinstance(finding, PacedEntry) for finding in elsewhere):
            yield elsewhere
            return
        nvml = list(counted.gpu_energies(described["nvml"], span, whole)) if "nvml" in described else []
        yield self._where_it_ran(nvml, elsewhere)
        if "rapl" in described:
            container = described.get("processes", {}).get("container") or {}
            yield counted.cpu_energies(described["rapl"], host, span, whole, container.get("masked", False))
        if modelled and self._model:
            yield self._model.energies(span)

    def _where_it_ran(
        self, nvml: list[PacedEntry | Unmeasured], others: list[PacedEntry | Unmeasured]
    ) -> list[PacedEntry | Unmeasured]:
        """Of NVIDIA's and other cards only those of the one kind on which alone the run was seen."""
        described = self._ran.described
        on_nvidia = "nvml" in described and any(card["ours"] for card in described["nvml"]["cards"])
        on_others = "sensors" in described and sensed.seen(described["sensors"])
        if on_others and not on_nvidia:
            nvml = []
        if on_nvidia and not on_others:
            others = [finding for finding in others if _component(finding) != Component.GPU]
        return [*nvml, *others]

    def _node(self, span: Span) -> Quantity | str:
        """Energy of the node by its own meter; why it is not known; or "" where nobody asked for it."""
        node = self._ran.described.get("node")
        return sensed.of_node(node, span) if node else ""

    def _devices(self) -> Iterator[Device]:
        if "nvml" in self._ran.described:
            yield from counted.gpu_devices(self._ran.described["nvml"])
        if "sensors" in self._ran.described:
            yield from sensed.cards(self._ran.described["sensors"], self._ran.described["processes"]["host"])
        if self._model:
            yield from self._model.devices()

    def _identified(self, device: Device) -> Device:
        try:
            return identified(device, self._catalogue())
        except LcaError:  # the CPU's entry already says that the catalogue cannot be read
            return device

    def _windows(self, whole: Iterable[PacedEntry], by_node: bool) -> Iterator[Window]:
        origins = {(entry.component, entry.devices): entry.origin for entry, _ in whole}
        hours = units.factor("s", "h")
        for window, span in self._ran.timeline.spans():
            node = self._node(span) if by_node and span.duration > 0 else ""
            known = span.duration > 0 and not by_node
            chosen = _chosen(self._energies(span, self._ran.header["exclusive"]))[0] if known else []
            entries = [entry for entry, _ in chosen]
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
                it_energy=node if isinstance(node, Quantity) else None,
            )

    def _powers(self, entries: Iterable[PacedEntry], node: Quantity | str) -> Iterator[PowerSeries]:
        """One per entry: its energy, spread over the run in the rhythm of what was counted; or the node's."""
        to_watts = units.factor("kWh", "J")
        if isinstance(node, Quantity):
            if points := self._ran.timeline.powers(("node",)):
                times, parts = zip(*points, strict=True)
                powers = tuple(float(f"{node.amount * to_watts * part:.5g}") for part in parts)
                yield PowerSeries(component="node", times=tuple(round(time, 3) for time in times), powers=powers)
            return
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
        for part in by_component(entry for entry, _ in _chosen(self._energies(span, whole=True, modelled=False))[0]):
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


def _component(finding: PacedEntry | Unmeasured) -> Component:
    return finding.component if isinstance(finding, Unmeasured) else finding.entry.component


def _counts(
    node: Quantity | str, entries: Iterable[PacedEntry], unmeasured: tuple[Unmeasured, ...]
) -> dict[str, object]:
    """The node, or its parts: never both."""
    if isinstance(node, Quantity):
        return {"it_energy": node, "energy": (), "unmeasured": ()}
    return {"energy": tuple(entry for entry, _ in entries), "unmeasured": unmeasured}


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
