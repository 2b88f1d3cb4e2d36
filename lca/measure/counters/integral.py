"""A sampled quantity over time: its integral by trapezoids, how wrong that can be, and where samples are missing."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import pairwise

from lca.equations import trapezoid_error

WIDEST_GAP = 5
"""Times the usual interval between two samples, past which something is missing between them."""

SLOWEST = 1.0
"""Seconds between readings that a busy interpreter may make of a shorter interval: no gap."""


def widest(interval: float) -> float:
    """Most seconds between two readings of a power that is read every `interval` seconds; past it one is missing."""
    return WIDEST_GAP * max(interval, SLOWEST)


class Integral:
    """Integral over time of a sampled quantity, by the trapezoidal rule.

    `refresh`: seconds that a sample may be old. What came after the last sample is for the reader of the integral to
    add. Its error is that of `lca.equations.trapezoid_error`.
    """

    def __init__(self, refresh: float = 0.0) -> None:
        self.total = 0.0
        """In the quantity's unit times seconds."""
        self.error = 0.0
        """Largest error of `total` but for what came after the last instant seen."""
        self.covered = 0.0
        """Seconds that `total` spans."""
        self._refresh = refresh
        self._last: tuple[float, float] | None = None

    def add(self, time: float, value: float) -> None:
        """One sample, at a time in seconds that is not before the last one."""
        if self._last:
            elapsed = time - self._last[0]
            self.total += elapsed * (value + self._last[1]) / 2
            self.error += trapezoid_error(value - self._last[1], elapsed, self._refresh)
            self.covered += elapsed
        self._last = (time, value)

    def break_off(self) -> None:
        """A sample is missing: what lies before the next one is not known."""
        self._last = None


def gap(times: Sequence[float], start: float | None = None, end: float | None = None) -> str:
    """The widest gap in ascending times (s), in words; "" where samples come regularly enough to be joined.

    Only gaps that touch the time from `start` to `end` count. Power is not known in a gap: whoever integrates refuses.
    """
    if len(times) < 3:
        return ""
    steps = [(after - before, before) for before, after in pairwise(times)]
    usual = statistics.median(step for step, _ in steps)
    inside = [
        (step, before)
        for step, before in steps
        if (start is None or before + step > start) and (end is None or before < end)
    ]
    widest, before = max(inside, default=(0.0, 0.0))
    if widest <= WIDEST_GAP * usual:
        return ""
    return f"a gap of {widest:.4g} s after {before:.4g} s, where a sample comes every {usual:.4g} s"
