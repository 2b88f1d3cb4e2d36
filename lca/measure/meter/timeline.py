"""A run as its readings: the first, the last, those at the edges of windows, and the rhythm in between."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from lca.measure.counters.counter import Reading, Span

MOST_POINTS = 50_000
"""Of a power series: past it every second one is dropped, which changes no energy."""
MOST_WINDOWS = 10_000


@dataclass
class TimelineWindow:
    name: str
    opened: Reading
    closed: Reading | None = None


@dataclass
class Timeline:
    """Grows by readings in the order of time; `spacing`: seconds between two points of the power series at least."""

    first: Reading
    spacing: float = 0.0
    windows: dict[int, TimelineWindow] = field(default_factory=dict)
    last: Reading = field(init=False)

    def __post_init__(self) -> None:
        self.last = self.first
        self._times = array("d")
        self._used = {name: array("d") for name in self.first.used}

    @property
    def span(self) -> Span:
        return Span.between(self.first, self.last)

    def sample(self, reading: Reading) -> None:
        """A reading between the edges."""
        self.last = reading
        if reading.time - (self._times[-1] if self._times else 0.0) >= self.spacing:
            self._point(reading)

    def open(self, number: int, name: str, reading: Reading) -> None:
        self.last = reading
        if len(self.windows) < MOST_WINDOWS:
            self.windows[number] = TimelineWindow(name, reading)

    def close(self, number: int, reading: Reading) -> None:
        self.last = reading
        if number in self.windows:
            self.windows[number].closed = reading

    def end(self, reading: Reading) -> None:
        """The last reading; windows still open close with it."""
        self.last = reading
        if self._times and reading.time - self._times[-1] < self.spacing:
            self._times.pop()
            for points in self._used.values():
                points.pop()
        self._point(reading)
        for window in self.windows.values():
            window.closed = window.closed or reading

    def spans(self) -> Iterator[tuple[TimelineWindow, Span]]:
        for window in self.windows.values():
            yield window, Span.between(window.opened, window.closed or self.last)

    def powers(self, rhythm: Sequence[str]) -> list[tuple[float, float]]:
        """Times, and of each interval before them the share per second of what the rhythm's numbers grew by."""
        first = sum(self.first.used.get(name, 0.0) for name in rhythm)
        whole = sum(self.last.used.get(name, 0.0) for name in rhythm) - first
        before, grown, result = 0.0, first, list[tuple[float, float]]()
        for index, time in enumerate(self._times):
            now = sum(self._used[name][index] for name in rhythm if name in self._used)
            if time > before and whole > 0:
                result.append((time, (now - grown) / whole / (time - before)))
            before, grown = time, now
        return result

    def _point(self, reading: Reading) -> None:
        self._times.append(reading.time)
        for name, points in self._used.items():
            points.append(reading.used.get(name, 0.0))
        if len(self._times) >= MOST_POINTS:
            self.spacing = max(2 * self.spacing, 2 * self._times[-1] / MOST_POINTS)
            self._times = self._times[1::2]
            self._used = {name: points[1::2] for name, points in self._used.items()}


@dataclass
class Ran:
    """A run that is over: everything that its record is made of."""

    header: dict[str, Any]
    """What was known when it began: its name, phase, start and the settings of who began it."""
    described: dict[str, Any]
    """By source."""
    timeline: Timeline
    facts: dict[str, Any] = field(default_factory=dict)
    """Fields of the record that the run reported."""
    baseline: Span | None = None
    interrupted: bool = False
    software: dict[str, str] = field(default_factory=dict)
    """Versions."""
    notes: list[str] = field(default_factory=list)
    """For the comment of the record."""
