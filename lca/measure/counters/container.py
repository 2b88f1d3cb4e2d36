"""The control group that the run is in: a container's or a pod's limits, and the CPU time of all that is in there.

https://docs.kernel.org/admin-guide/cgroup-v2.html: `cpu.max` (quota and period in µs), `cpu.stat` (usage_usec),
`memory.max`; of version 1 cpu.cfs_quota_us, cpu.cfs_period_us, memory.limit_in_bytes. The limits hold for all groups
inside of one. Names of groups and pods stay here: no record tells them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lca.measure.counters.sysfs import text

_KINDS = (("kubepods", "Kubernetes pod"), ("docker", "container"), ("containerd", "container"), ("libpod", "container"))
_MARKS = (
    ("var/run/secrets/kubernetes.io", "Kubernetes pod"),
    (".dockerenv", "container"),
    ("run/.containerenv", "container"),
)
_NO_LIMIT = 1e18  # bytes: what version 1 writes for none is next to 2^63


@dataclass(frozen=True)
class Container:
    """What surrounds the run."""

    kind: str
    """`Kubernetes pod`, `container`, or `control group` of a machine that limits one."""
    processors: float | None = None
    """Logical processors that it may use at once; None: all."""
    memory: float | None = None
    """Bytes that it may hold; None: all."""
    masked: bool = False
    """Whether it is shown its own CPU time as if it were the machine's (lxcfs)."""

    def words(self) -> str:
        """For a person."""
        limits = [f"{self.processors:g} logical processors"] if self.processors else []
        limits += [f"{self.memory / 1e9:.3g} GB of memory"] if self.memory else []
        limited = f", limited to {' and '.join(limits)}" if limits else ""
        return f"in a {self.kind}{limited}"


class ControlGroup:
    """Where the process is, by the files below `root`."""

    def __init__(self, root: Path = Path("/"), environment: Mapping[str, str] = os.environ) -> None:
        self._root, self._environment = root, environment
        self._paths = dict(_paths(text(root / "proc/self/cgroup")))
        self._stat = self._folder("") / "cpu.stat"

    def surrounds(self) -> Container | None:
        """None: a machine without limits, and no container."""
        kind = self._kind()
        processors = min(self._quotas(), default=None)
        memory = min(self._memories(), default=None)
        if not kind and processors is None and memory is None:
            return None
        mounts = text(self._root / "proc/self/mounts")
        masked = any("lxcfs" in line and " /proc/stat " in line for line in mounts.splitlines())
        return Container(kind or "control group", processors, memory, masked)

    def used(self) -> float:
        """CPU seconds of all that is in the group so far; 0: not told."""
        for line in text(self._stat).splitlines():
            if line.startswith("usage_usec "):
                with suppress(ValueError):
                    return float(line.split()[1]) / 1e6
        return 0.0

    def _kind(self) -> str:
        names = " ".join(self._paths.values())
        if "KUBERNETES_SERVICE_HOST" in self._environment:
            return "Kubernetes pod"
        known = next((kind for word, kind in _KINDS if word in names), "")
        return known or next((kind for mark, kind in _MARKS if (self._root / mark).exists()), "")

    def _folder(self, controller: str) -> Path:
        """Of version 2, or of a controller of version 1; a group that is named and not shown is the root of what is."""
        mount = self._root / "sys/fs/cgroup" / controller
        named = mount / self._paths.get(controller, "/").lstrip("/")
        return named if named.is_dir() else mount

    def _groups(self, controller: str) -> Iterator[Path]:
        """From this one up to the root of what is shown."""
        folder, top = self._folder(controller), self._root / "sys/fs/cgroup" / controller
        while folder != top.parent and top in (folder, *folder.parents):
            yield folder
            folder = folder.parent

    def _quotas(self) -> Iterator[float]:
        for folder in self._groups(""):
            yield from _ratio(*(text(folder / "cpu.max").split() or ["max", "1"])[:2])
        for folder in self._groups("cpu"):
            yield from _ratio(text(folder / "cpu.cfs_quota_us"), text(folder / "cpu.cfs_period_us"))

    def _memories(self) -> Iterator[float]:
        files = [folder / "memory.max" for folder in self._groups("")]
        files += [folder / "memory.limit_in_bytes" for folder in self._groups("memory")]
        for file in files:
            with suppress(ValueError):
                if 0 < (limit := float(text(file))) < _NO_LIMIT:
                    yield limit


def _paths(listing: str) -> Iterator[tuple[str, str]]:
    """Group by controller, of `0::/path` and `4:cpu,cpuacct:/path`."""
    for line in listing.splitlines():
        parts = line.split(":", 2)
        if len(parts) == 3:
            for controller in parts[1].split(","):
                yield controller, parts[2]


def _ratio(quota: str, period: str = "100000") -> Iterator[float]:
    with suppress(ValueError, ZeroDivisionError):
        if (processors := float(quota) / float(period)) > 0:
            yield processors
