"""Energy of CPU packages and their memory from the processor's RAPL counters, as Linux's powercap shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lca.measure.counters.counter import Allotment
from lca.measure.counters.processes import Processes

POWERCAP = Path("/sys/class/powercap")
MOST = 1e9
"""Microwatts that no package draws; taken where the zone states no limit, as AMD's do not."""
ALIKE = 1e6
"""Microjoules by which the counters of two dies differ at most, read one after the other, if they are one counter."""


@dataclass
class _Zone:
    folder: Path
    component: Literal["cpu", "memory"]
    package: str
    """Name of the package it belongs to (`package-0`)."""
    largest: int
    """Microjoules at which the counter starts again."""
    limit: float
    """Most microwatts that the zone may draw; 0: unknown."""
    last: int = 0
    used: int = 0
    """Microjoules since the first edge."""
    error: float = 0.0
    """Most microjoules lost in resets."""
    resets: int = 0
    allotted: Allotment = field(default_factory=Allotment)

    def read(self) -> int:
        return int((self.folder / "energy_uj").read_text())

    def count(self, now: int, elapsed: float) -> None:
        """Add what was used since the last reading, `elapsed` seconds ago.

        A counter that went back has turned, after minutes at full power, or was reset; a turn that would take more
        than twice the zone's limit was none.
        """
        grown = now - self.last if now >= self.last else now + self.largest - self.last
        limit = self.limit or MOST
        if now < self.last and grown > 2 * limit * elapsed:
            grown, self.error, self.resets = now, self.error + limit * elapsed, self.resets + 1
        self.used, self.last = self.used + grown, now


class Rapl:
    """Packages and their memory. Zones: https://docs.kernel.org/power/powercap/powercap.html"""

    name = "rapl"

    def __init__(self, processes: Processes, powercap: Path = POWERCAP) -> None:
        self._processes, self._powercap = processes, powercap
        self._zones: list[_Zone] = []
        self._fault = ""
        self._psys = False
        self._last = self._covered = 0.0

    def start(self, now: float) -> None:
        try:
            self._psys = any(_name(folder) == "psys" for folder in self._powercap.glob("intel-rapl:*"))
            self._zones = zones = list(_zones(self._powercap))
            for zone in zones:
                zone.last = zone.read()
            self._zones = list(_once(zones))
        except PermissionError:
            self._fault = (
                "RAPL counters are present but only root may read them: allow it with"
                f" `sudo chmod a+r {self._powercap}/intel-rapl:*/energy_uj`, until the next start of the machine"
            )
        except (OSError, ValueError) as error:
            self._fault = f"RAPL counters are present but cannot be read: {error}"
        self._last = now
        self.read(now)

    def expect(self, interval: float) -> None:
        """It counts: nothing is missing between two readings."""

    def read(self, now: float) -> Mapping[str, float]:
        self._count(now)
        used = {"rapl seen": self._covered}
        for index, zone in enumerate(self._zones):
            used[f"rapl {index}"] = float(zone.used)
            used[f"rapl {index} own"] = zone.allotted.own
            used[f"rapl {index} error"] = zone.error
            used[f"rapl {index} resets"] = float(zone.resets)
        return used

    def stop(self) -> None:
        """Nothing to let go of."""

    def described(self) -> dict[str, Any]:
        return {
            "fault": self._fault,
            "psys": self._psys,
            "zones": [
                {"name": zone.folder.name, "component": zone.component, "package": zone.package, "limit": zone.limit}
                for zone in self._zones
            ],
        }

    def samples_power(self) -> bool:
        return False

    def _count(self, now: float) -> None:
        if self._fault:
            return
        try:
            for zone in self._zones:
                zone.count(zone.read(), now - self._last)
                zone.allotted.add(now, zone.used, self._processes.own_time, self._processes.busy_time)
        except (OSError, ValueError) as error:
            self._fault = f"the RAPL counters could no longer be read: {error}"
            return
        self._covered += now - self._last
        self._last = now


def _zones(powercap: Path) -> Iterator[_Zone]:
    """Packages and their memory, each once.

    Cores and uncore are inside a package. Psys is around packages and memory and more of the platform, so that it is
    left out beside them.
    """
    seen = set()
    for folder in sorted(powercap.glob("intel-rapl:*")):
        if (real := folder.resolve()) in seen:
            continue
        seen.add(real)
        name = _name(folder)
        component: Literal["cpu", "memory"] = "memory" if name == "dram" else "cpu"
        if name == "dram" or name.startswith("package"):
            package = _name(real.parent) if name == "dram" else name
            yield _Zone(folder, component, package, int((folder / "max_energy_range_uj").read_text()), _limit(folder))


def _once(zones: list[_Zone]) -> Iterator[_Zone]:
    """Each counter once: the dies of some packages all have a zone, and in it the counter of the whole package."""
    seen: dict[tuple[str, str], list[int]] = {}
    for zone in zones:
        package, of_die, _ = zone.package.partition("-die-")
        counters = seen.setdefault((zone.component, package), [])
        if not (of_die and any(abs(zone.last - other) <= ALIKE for other in counters)):
            yield zone
        counters.append(zone.last)


def _name(folder: Path) -> str:
    return (folder / "name").read_text().strip()


def _limit(folder: Path) -> float:
    """The largest of the zone's power limits."""
    limits = [0.0]
    for file in (*folder.glob("constraint_*_power_limit_uw"), *folder.glob("constraint_*_max_power_uw")):
        with suppress(OSError, ValueError):
            limits.append(float(file.read_text()))
    return max(limits)
