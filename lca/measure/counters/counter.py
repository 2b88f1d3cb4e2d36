"""What every source of energy has in common: it counts up from the start, so that any span is a difference.

A source only reads: numbers that grow, and what the record must know of the hardware. `lca/measure/record.py` makes
entries of them, for a run that ended and for one that is recovered from its journal alike. Nothing here, nor in the
sources, loads pydantic or pint: a meter starts in milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

PEAK = "peak "
"""Begins the name of a number that is the largest value so far instead of a sum."""
SETTLED = 0.2
"""Seconds after which a ratio of CPU times, which the kernel counts in hundredths, is exact enough to be kept."""


class Reading(NamedTuple):
    """All sources at one instant."""

    time: float
    """Seconds since the start of the run."""
    used: Mapping[str, float]


class Span(NamedTuple):
    """What was used between two readings."""

    duration: float
    """Seconds."""
    used: Mapping[str, float]

    @classmethod
    def between(cls, first: Reading, last: Reading) -> Span:
        used = {k: v if k.startswith(PEAK) else v - first.used.get(k, 0.0) for k, v in last.used.items()}
        return cls(last.time - first.time, used)

    def of(self, name: str) -> float:
        return self.used.get(name, 0.0)


class EnergySource(Protocol):
    """One kind of counter. A reading is fast and raises nothing that the hardware can cause."""

    name: str

    def start(self, now: float) -> None:
        """Find the hardware and read the first edge, at a time in seconds."""

    def expect(self, interval: float) -> None:
        """How many seconds will lie between two readings; where far more do, sampled power is not known meanwhile."""

    def read(self, now: float) -> Mapping[str, float]:
        """Everything used since the start, by name."""

    def stop(self) -> None:
        """Let go of the hardware."""

    def described(self) -> dict[str, Any]:
        """What the record must know beside the numbers, as JSON."""

    def samples_power(self) -> bool:
        """Whether energy is integrated from samples, so that they must be frequent."""


class Allotment:
    """Part of a counted energy that falls to the run: by its part of the work that was done meanwhile.

    The energy of an interval, idle power included, is divided among those who worked in it; an interval in
    which nobody did is allotted to none. So the parts of several runs, read at the same instants, never sum past the
    whole.
    """

    def __init__(self) -> None:
        self.own = 0.0
        """Of the run, so far."""
        self._settled: tuple[float, float, float, float, float] | None = None

    def add(self, now: float, energy: float, own: float, everyone: float) -> None:
        """Energy and work so far. A ratio over less than SETTLED seconds is corrected by the next one."""
        if self._settled is None:
            self._settled = (now, energy, own, everyone, 0.0)
        before, counted, own_before, all_before, allotted = self._settled
        worked = own - own_before
        in_all = max(everyone - all_before, worked)
        self.own = allotted + (energy - counted) * (worked / in_all if in_all > 0 else 0.0)
        if now - before >= SETTLED:
            self._settled = (now, energy, own, everyone, self.own)
