"""Reads all sources at once, at the edges of the run and of its windows and in between, and notes it down."""

from __future__ import annotations

import copy
import math
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lca.errors import LcaError, UsageError
from lca.languages import gettext
from lca.measure.counters.counter import EnergySource, Reading, Span
from lca.measure.meter.journal import REPORTED, VERSION, Journal
from lca.measure.meter.machine import loaded, running
from lca.measure.meter.timeline import Ran, Timeline

USUAL, FREQUENT = 1.0, 0.1
"""Seconds between samples: where all hardware has counters, and where power must be integrated."""


class Recorder:
    """One run between its edges; may be read from several threads.

    `header`: what is known beforehand, as JSON; `facts`: what the run has reported so far; `interval`: seconds between
    samples, None: as the sources need it; `output`: where the record will be, for the journal beside it.
    """

    def __init__(
        self,
        sources: Sequence[EnergySource],
        header: Mapping[str, Any],
        facts: Callable[[], dict[str, Any]],
        clock: Callable[[], float],
        interval: float | None = None,
        output: Path | None = None,
    ) -> None:
        self.interval = interval or USUAL
        self.notes: list[str] = []
        self._sources, self._header, self._facts, self._clock = sources, dict(header), facts, clock
        self._given_interval, self._output = interval, output
        self._lock = threading.Lock()
        self._zero = 0.0
        self._baseline: Span | None = None
        self._journal: Journal | None = None
        self._timeline = Timeline(Reading(0.0, {}))
        self._windows = 0
        self._versions: dict[str, str] = {}
        self._written: dict[str, Any] = {}

    def start(self, baseline: float = 0.0, wait: Callable[[float], object] = lambda seconds: None) -> None:
        """Read the first edge, after `baseline` seconds of the idle machine. Raises UsageError, OSError."""
        for source in self._sources:
            source.start(self._clock())
        if self._given_interval is None and any(source.samples_power() for source in self._sources):
            self.interval = FREQUENT
        for source in self._sources:
            source.expect(self.interval)
        self._zero = self._clock()
        first = last = self._read()
        while (left := baseline - last.time) > 0:
            wait(min(left, self.interval))
            last = self._read()
        if baseline:
            self._baseline = Span.between(first, last)
        self._zero, first = self._zero + last.time, Reading(0.0, last.used)
        since = timedelta(seconds=self._clock() - self._zero)  # what the reading itself took
        self._header["began"] = (datetime.now(UTC) - since).isoformat()
        self._timeline = Timeline(first, self.interval / 2 if math.isfinite(self.interval) else 0.0)
        if self._output:
            self._journal = Journal.beside(self._output)
            self._note(self._head(), first, sync=True)
            if fault := self._journal.fault:
                self._journal.remove()
                raise UsageError(
                    gettext("{fault}: nothing of the run would be kept; make room, or give another output", fault=fault)
                )

    def sample(self) -> None:
        """Read in between."""
        with self._lock:
            reading = self._read()
            self._timeline.sample(reading)
            self._note({}, reading, sync=True)

    def open(self, name: str) -> int:
        """Begin a window; its number."""
        with self._lock:
            self._windows += 1
            reading = self._read()
            self._timeline.open(self._windows, name, reading)
            self._note({"open": self._windows, "window": name}, reading)
            return self._windows

    def close(self, number: int) -> None:
        """End a window."""
        with self._lock:
            reading = self._read()
            self._timeline.close(number, reading)
            self._note({"close": number}, reading)

    def stop(self, interrupted: bool) -> Ran:
        """Read the last edge."""
        with self._lock:
            self._timeline.end(reading := self._read())
            self._note({}, reading, sync=True)
        for source in self._sources:
            source.stop()
        if self._journal and self._journal.fault:
            self.notes.append(self._journal.fault)
        if self._windows > len(self._timeline.windows):
            self.notes.append(f"of {self._windows} windows the first {len(self._timeline.windows)} are recorded")
        ran = Ran(self._header, self._described(), self._timeline, self._facts(), self._baseline, interrupted)
        ran.notes, ran.software = self.notes, running()
        return ran

    def unsaved(self, output: Path, error: Exception) -> LcaError:
        """To be raised where the record could not be written: what remains, and how it becomes a record."""
        reason = getattr(error, "strerror", None) or error
        if not self._journal or self._journal.fault:
            return LcaError(f"{output}: {reason}")
        self._journal.close()
        journal = self._journal.path
        return LcaError(
            gettext(
                "{output}: {reason}; the run is in {journal}: lca record recover {journal} -o {output}",
                output=str(output),
                reason=reason,
                journal=str(journal),
            )
        )

    def saved(self) -> None:
        """The record is on disk: the journal is not needed any more."""
        if self._journal:
            self._journal.remove()

    def _read(self) -> Reading:
        now = self._clock()
        used: dict[str, float] = {}
        for source in self._sources:
            used |= source.read(now)
        return Reading(now - self._zero, used)

    def _described(self) -> dict[str, Any]:
        return {source.name: source.described() for source in self._sources}

    def _head(self) -> dict[str, Any]:
        return {
            "journal": VERSION,
            "header": self._header,
            "spacing": self._timeline.spacing,
            "baseline": self._baseline and [self._baseline.duration, dict(self._baseline.used)],
        }

    def _note(self, line: Mapping[str, Any], reading: Reading, sync: bool = False) -> None:
        """Write a line, with everything reported since the last one."""
        if not self._journal:
            return
        reported = dict(
            zip(REPORTED, (self._described(), self._facts(), list(self.notes), self._software()), strict=True)
        )
        news = {name: value for name, value in reported.items() if self._written.get(name) != value}
        self._written |= copy.deepcopy(news)
        self._journal.write({**line, **news}, reading, sync)

    def _software(self) -> dict[str, str]:
        """Looked up anew only where the program has loaded something more."""
        if not self._versions or any(name not in self._versions for name in loaded()):
            self._versions = running()
        return self._versions
