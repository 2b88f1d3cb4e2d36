"""CPU time and resident memory of this process and its children, and how busy the machine was."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import psutil

from lca.measure.counters.container import ControlGroup
from lca.measure.counters.counter import PEAK
from lca.measure.counters.integral import Integral
from lca.measure.meter.machine import Machine

RARELY = 30.0
"""Seconds between two looks at all processes of the machine, which take milliseconds. What the tree's first threads
fork, Linux tells at once."""


class Processes:
    """Counts for a process tree. Times in seconds, memory in bytes; `own`: this process counts beside its children."""

    name = "processes"

    def __init__(self, own: bool = True) -> None:
        self.own_time = self.busy_time = 0.0
        """CPU seconds of the tree, and of everything on the machine, since the start."""
        self._own = own
        self._me = psutil.Process()
        self._children: set[psutil.Process] = set()
        self._first = (0.0, 0.0, 0.0)
        self._total_time = 0.0
        self._forked: list[bytes] | None = None
        self._started = self._looked = 0.0
        self._resident = Integral()
        self._peak = 0.0
        self._machine = Machine.here()
        self._group = ControlGroup()
        self._container = self._group.surrounds()
        self._group_before = 0.0

    def start(self, now: float) -> None:
        self._started = now
        self._look(now)
        self._first, self._group_before = (self._used(), *_busy_and_total()), self._group.used()
        self.read(now)

    def expect(self, interval: float) -> None:
        """It counts: nothing is missing between two readings."""

    def read(self, now: float) -> Mapping[str, float]:
        if self._stale(now):
            self._look(now)
        busy, total = _busy_and_total()
        self.own_time = max(self.own_time, self._used() - self._first[0])
        self.busy_time, self._total_time = busy - self._first[1], total - self._first[2]
        resident = self._bytes()
        self._resident.add(now, resident)
        self._peak = max(self._peak, resident)
        return {
            "cpu own": self.own_time,
            "cpu busy": self.busy_time,
            "cpu total": self._total_time,
            "cpu group": max(self._group.used() - self._group_before, 0.0) if self._container else 0.0,
            "memory": self._resident.total,
            f"{PEAK}memory": self._peak,
        }

    def stop(self) -> None:
        """Nothing to let go of."""

    def described(self) -> dict[str, Any]:
        machine = self._machine
        return {
            "processor": machine.processor,
            "packages": machine.packages,
            "logical_processors": machine.logical_processors,
            "memory": machine.memory,
            "host": machine.host,
            "container": asdict(self._container) if self._container else None,
        }

    def samples_power(self) -> bool:
        return False

    def ids(self, fresh: bool = False) -> set[int]:
        """Process ids of the tree; `fresh`: look for new ones first."""
        if fresh:
            self._find()
        return {process.pid for process in (self._children | {self._me} if self._own else self._children)}

    def _stale(self, now: float) -> bool:
        """Whether there may be new processes."""
        since = now - self._looked
        if (forked := self._forks()) is None:  # another system: soon in the beginning, later seldom
            return since >= min(RARELY, 1.0 + (now - self._started) / 10)
        return since >= RARELY or forked != self._forked

    def _look(self, now: float) -> None:
        self._find()
        self._looked, self._forked = now, self._forks()

    def _forks(self) -> list[bytes] | None:
        """What Linux lists as children of each process of the tree; None: it does not."""
        contents = []
        for process in (self._me, *self._children):
            try:
                with open(f"/proc/{process.pid}/task/{process.pid}/children", "rb", buffering=0) as file:
                    contents.append(file.read())
            except OSError:
                if process is self._me:
                    return None
        return contents

    def _find(self) -> None:
        alive = {child for child in self._children if child.is_running()}
        self._children = alive.union(self._me.children(recursive=True))

    def _used(self) -> float:
        """CPU seconds so far. A child's own ended children are in its times, ours in `_ended_children`."""
        seconds = _ended_children() + (time.process_time() if self._own else 0.0)
        for process in self._children:
            with suppress(psutil.Error):
                used = process.cpu_times()
                seconds += used.user + used.system + used.children_user + used.children_system
        return seconds

    def _bytes(self) -> float:
        """Resident memory; pages that processes share are counted once per process."""
        resident = float(self._me.memory_info().rss) if self._own else 0.0
        for process in self._children:
            with suppress(psutil.Error):
                resident += process.memory_info().rss
        return min(resident, self._machine.memory)


def _ended_children() -> float:
    if sys.platform == "win32":
        return 0.0  # Windows keeps no sum of them
    import resource  # os.times counts in hundredths of a second

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _busy_and_total() -> tuple[float, float]:
    times = psutil.cpu_times()._asdict()
    # the kernel counts the time of guests in user and nice as well
    total = sum(times.values()) - times.get("guest", 0.0) - times.get("guest_nice", 0.0)
    return total - times["idle"] - times.get("iowait", 0.0), total
