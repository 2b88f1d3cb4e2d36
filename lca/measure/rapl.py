"""Energy of CPU packages and their memory from the processor's RAPL counters, as Linux's powercap shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lca.equations import ComponentEnergy
from lca.measure.source import Finding, entry
from lca.measurement import Component, Unmeasured
from lca.units import Amount, convert

POWERCAP = Path("/sys/class/powercap")


@dataclass
class _Zone:
    folder: Path
    component: Component
    largest: int
    """Microjoules at which the counter starts again."""
    last: int = 0
    used: int = 0
    """Microjoules since the first edge."""

    def read(self) -> int:
        return int((self.folder / "energy_uj").read_text())


class Rapl:
    """Whole packages, whichever process uses them. Zones: https://docs.kernel.org/power/powercap/powercap.html"""

    def __init__(self, powercap: Path = POWERCAP) -> None:
        self._powercap = powercap
        self._zones: list[_Zone] = []
        self._fault = ""

    def start(self) -> None:
        try:
            self._zones = list(_zones(self._powercap))
            for zone in self._zones:
                zone.last = zone.read()
        except PermissionError:
            self._fault = (
                "RAPL counters are present but only root may read them: allow it with"
                f" `sudo chmod a+r {self._powercap}/intel-rapl:*/energy_uj`, until the next start of the machine"
            )
        except (OSError, ValueError) as error:
            self._fault = f"RAPL counters are present but cannot be read: {error}"

    def sample(self) -> None:
        """Counters start again after minutes at full power, so that each turn must be seen."""
        if self._fault:
            return
        try:
            for zone in self._zones:
                now = zone.read()
                zone.used += now - zone.last if now >= zone.last else now + zone.largest - zone.last
                zone.last = now
        except (OSError, ValueError) as error:
            self._fault = f"the RAPL counters could no longer be read: {error}"

    def stop(self) -> None:
        self.sample()

    def results(self) -> Iterator[Finding]:
        components: tuple[Component, ...] = ("cpu", "memory")
        for component in components:
            zones = [zone for zone in self._zones if zone.component == component]
            if self._fault and (zones or component == "cpu"):
                yield Unmeasured(component=component, reason=self._fault)
            elif zones:
                joules = Amount(sum(zone.used for zone in zones) / 1e6, "J")
                energy = ComponentEnergy(convert(joules, "kWh_component").number)
                names = ", ".join(zone.folder.name for zone in zones)
                method = f"RAPL counters {names}, read at the edges and in between; whichever process used the package"
                yield entry(component, energy, "counter", method)


def _zones(powercap: Path) -> Iterator[_Zone]:
    """Packages and their memory, each once. Cores and uncore are inside a package, psys around all of them."""
    seen = set()
    for folder in sorted(powercap.glob("intel-rapl:*")):
        if (real := folder.resolve()) in seen:
            continue
        seen.add(real)
        name = (folder / "name").read_text().strip()
        component: Component | None = "cpu" if name.startswith("package") else "memory" if name == "dram" else None
        if component:
            yield _Zone(folder, component, int((folder / "max_energy_range_uj").read_text()))
