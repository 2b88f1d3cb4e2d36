"""Energy counters and power readings of other hardware than NVIDIA's GPUs and RAPL, read alike wherever they are found.

`lca/measure/counters/hwmon.py`, `amdsmi.py` and `powermetrics.py` find them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lca.measure.counters.counter import Allotment
from lca.measure.counters.integral import Integral, widest
from lca.measure.counters.processes import Processes

LOOK = 5.0
"""Seconds between two looks at which cards the run's processes use."""
_USED = ("drm-engine-", "drm-memory-vram", "drm-total-vram", "drm-resident-vram")
"""Beginnings of the lines by which a client of a card tells that it uses it."""


@dataclass(frozen=True)
class Sensor:
    """One counter (joules) or power reading (watts) of one piece of hardware; `read` raises OSError or ValueError."""

    component: Literal["cpu", "gpu", "memory", "other"]
    name: str
    """Of the hardware."""
    id: str
    """Tells it from others of the machine: of a card its PCI address."""
    what: str
    """What is read, as another engineer would look for it: `amdgpu energy1_input`."""
    counts: bool
    """Whether it is a counter of energy."""
    read: Callable[[], float]
    limit: float = 0.0
    """Most watts; 0: unknown."""
    refresh: float = 0.1
    """Seconds that a value may be old."""
    memory: float = 0.0
    """Bytes; 0: none of its own, or unknown."""
    whole: bool = False
    """Whether CPU, GPU and memory are all inside of it, so that none of them counts beside it."""
    note: str = ""


@dataclass(frozen=True)
class Found:
    """The sensors that a machine has, and what it has without a sensor that can be read: component and reason."""

    sensors: tuple[Sensor, ...] = ()
    absent: tuple[tuple[str, str], ...] = ()
    let_go: tuple[Callable[[], None], ...] = ()
    """What to call at the end."""


def joined(parts: Iterable[Found]) -> Found:
    """All of them; of a piece of hardware that several know, the counter, or else the first."""
    every = list(parts)
    best: dict[tuple[str, str], Sensor] = {}
    for sensor in (sensor for part in every for sensor in part.sensors):
        known = best.get((sensor.component, sensor.id))
        if known is None or (sensor.counts and not known.counts):
            best[sensor.component, sensor.id] = sensor
    seen = {component for component, _ in best}
    return Found(
        tuple(best.values()),
        tuple(absent for part in every for absent in part.absent if absent[0] not in seen),
        tuple(last for part in every for last in part.let_go),
    )


@dataclass
class _Reader:
    sensor: Sensor
    allotted: Allotment | None
    """Of a processor, which is divided by CPU time."""
    power: Integral = field(init=False)
    counter: float | None = None
    before: float | None = None
    """Time of the last reading that succeeded."""
    used: float = 0.0
    error: float = 0.0
    covered: float = 0.0
    resets: int = 0
    fault: str = ""
    ours: bool = False

    def __post_init__(self) -> None:
        self.power = Integral(self.sensor.refresh)

    def count(self, now: float, longest: float) -> None:
        """Add what was used since the last reading; what a missing one leaves out is not covered."""
        try:
            value = self.sensor.read()
        except (OSError, ValueError) as error:
            self.fault = self.fault or f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}"[:200]
            self.power.break_off()
            return
        elapsed = now - self.before if self.before is not None else 0.0
        if not self.sensor.counts:
            if elapsed > longest:
                self.power.break_off()
                self.fault = self.fault or f"no reading for {elapsed:.4g} s"
            self.power.add(now, value)
            self.used, self.error, self.covered = self.power.total, self.power.error, self.power.covered
        else:
            gained = value - (value if self.counter is None else self.counter)
            if gained < 0:  # it counts from zero again: what it had counted since the last reading is lost
                gained, self.resets = value, self.resets + 1
                self.error += self.sensor.limit * elapsed
            self.used, self.counter, self.covered = self.used + gained, value, self.covered + elapsed
        self.before = now


class Sensors:
    """What `find` finds on this machine; processors are divided by CPU time, cards count as wholes."""

    name = "sensors"

    def __init__(self, processes: Processes, find: Callable[[], Found], root: Path = Path("/")) -> None:
        self._processes, self._find, self._root = processes, find, root
        self._readers: list[_Reader] = []
        self._found = Found()
        self._longest = widest(float("inf"))
        self._looked: float | None = None

    def start(self, now: float) -> None:
        self._found = self._find()
        self._readers = [
            _Reader(sensor, Allotment() if sensor.component in ("cpu", "memory") else None)
            for sensor in self._found.sensors
        ]
        self.read(now)

    def expect(self, interval: float) -> None:
        self._longest = widest(interval)

    def read(self, now: float) -> Mapping[str, float]:
        used: dict[str, float] = {}
        for index, reader in enumerate(self._readers):
            reader.count(now, self._longest)
            if reader.allotted:
                reader.allotted.add(now, reader.used, self._processes.own_time, self._processes.busy_time)
            used[f"sensor {index}"] = reader.used
            used[f"sensor {index} own"] = reader.allotted.own if reader.allotted else reader.used
            used[f"sensor {index} error"] = reader.error
            used[f"sensor {index} seen"] = reader.covered
            used[f"sensor {index} resets"] = float(reader.resets)
        self._look(now)
        return used

    def stop(self) -> None:
        for last in self._found.let_go:
            last()

    def described(self) -> dict[str, Any]:
        kept = ("component", "name", "id", "what", "counts", "limit", "refresh", "memory", "whole", "note")
        return {
            "absent": [list(absent) for absent in self._found.absent],
            "sensors": [
                {**{key: getattr(reader.sensor, key) for key in kept}, "fault": reader.fault, "ours": reader.ours}
                for reader in self._readers
            ],
        }

    def samples_power(self) -> bool:
        return any(not reader.sensor.counts for reader in self._readers)

    def _look(self, now: float) -> None:
        cards = [reader for reader in self._readers if reader.sensor.component == "gpu" and not reader.ours]
        if cards and (self._looked is None or now - self._looked >= LOOK):
            self._looked = now
            used = used_cards(self._processes.ids(), self._root)
            for reader in cards:
                reader.ours = reader.sensor.id in used


def used_cards(ids: Iterable[int], root: Path = Path("/")) -> set[str]:
    """PCI addresses of the cards on which these processes hold memory or have computed.

    By what Linux tells of their open files: https://docs.kernel.org/gpu/drm-usage-stats.html
    """
    cards = set()
    for id in ids:
        with suppress(OSError):
            for file in (root / f"proc/{id}/fdinfo").iterdir():
                with suppress(OSError):
                    lines = file.read_text(errors="replace").splitlines()
                    facts = dict(line.split(":", 1) for line in lines if line.startswith("drm-") and ":" in line)
                    busy = any(key.startswith(_USED) and value.split()[0] != "0" for key, value in facts.items())
                    if busy and "drm-pdev" in facts:
                        cards.add(facts["drm-pdev"].strip())
    return cards
