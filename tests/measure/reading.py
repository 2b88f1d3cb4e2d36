"""GPUs that were read at some times, and what the meter makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulated import Api, Card, Clock, joules

from lca.measure.counters.counter import Reading, Span
from lca.measure.counters.nvml import Nvml
from lca.measure.entries.constants import PacedEntry
from lca.measure.entries.counted import gpu_energies
from lca.measurement.record import EnergyEntry, Unmeasured


class Run:
    """Cards that were read at some times."""

    def __init__(self, cards: Iterable[Card], *times: float, ids: set[int] = frozenset(), exists: Any = None) -> None:  # type: ignore[assignment]
        clock = Clock()
        self.api = Api(clock, *cards)
        self.source = Nvml(lambda fresh: set(ids), self.api, exists=exists or (lambda pid: True))
        clock.now = times[0]
        self.source.start(clock.now)
        readings = []
        for clock.now in times:
            readings.append(Reading(clock.now, self.source.read(clock.now)))
        self.source.stop()
        self.span, self.described = Span.between(readings[0], readings[-1]), self.source.described()

    def findings(self, whole: bool = False) -> list[EnergyEntry | Unmeasured]:
        found = gpu_energies(self.described, self.span, whole)
        return [finding.entry if isinstance(finding, PacedEntry) else finding for finding in found]

    def entries(self, whole: bool = False) -> list[EnergyEntry]:
        return [finding for finding in self.findings(whole) if isinstance(finding, EnergyEntry)]

    def reasons(self) -> list[str]:
        return [finding.reason for finding in self.findings() if isinstance(finding, Unmeasured)]

    def joules(self) -> float:
        return joules(sum(entry.energy.amount for entry in self.entries()))
