"""CPU time and resident memory of this process and its children, and how busy the machine was."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

import psutil

from lca.measure.source import Integral


class Processes:
    """Watches a process tree between two edges."""

    def __init__(self, own: bool = True, clock: Callable[[], float] = time.perf_counter) -> None:
        self._own, self._clock = own, clock
        self._me = psutil.Process()
        self._started = self._ended = 0.0
        self._cpu_time = 0.0
        self._machine = (0.0, 0.0)
        self._resident = Integral()

    def start(self) -> None:
        tree = self._tree()
        self._started = self._clock()
        self._cpu_time = -self._used(tree)
        self._machine = _busy_and_total()
        self._resident.add(self._started, self._bytes(tree))

    def sample(self) -> None:
        self._resident.add(self._clock(), self._bytes(self._tree()))

    def stop(self) -> None:
        tree = self._tree()
        self._ended = self._clock()
        self._cpu_time += self._used(tree)
        busy, total = _busy_and_total()
        self._machine = (busy - self._machine[0], total - self._machine[1])
        self._resident.add(self._ended, self._bytes(tree))

    @property
    def duration(self) -> float:
        """Seconds between the edges."""
        return self._ended - self._started

    @property
    def cpu_time(self) -> float:
        """CPU seconds, user and system, of the tree between the edges, children that have ended included."""
        return max(self._cpu_time, 0.0)

    @property
    def memory_time(self) -> float:
        """Resident bytes × seconds; pages that processes share are counted once per process."""
        return self._resident.total

    @property
    def samples(self) -> int:
        return self._resident.samples

    def utilisation(self, logical_processors: int) -> dict[str, float]:
        """Mean share of the logical processors in use: by the machine (`cpu`), by this tree (`cpu-process`)."""
        busy, total = self._machine
        shares = {"cpu-process": self.cpu_time / (self.duration * logical_processors)} if self.duration else {}
        if total > 0:
            shares["cpu"] = busy / total
        return {name: min(share, 1.0) for name, share in shares.items()}

    def _tree(self) -> list[psutil.Process]:
        children = self._me.children(recursive=True)
        return [self._me, *children] if self._own else children

    def _used(self, tree: Iterable[psutil.Process]) -> float:
        """CPU seconds so far. A child's own ended children are in its times, ours in `_ended_children`."""
        seconds = _ended_children() + (time.process_time() if self._own else 0.0)
        for process in tree:
            with suppress(psutil.Error):
                if process != self._me:
                    used = process.cpu_times()
                    seconds += used.user + used.system + used.children_user + used.children_system
        return seconds

    def _bytes(self, tree: Iterable[psutil.Process]) -> float:
        resident = 0.0
        for process in tree:
            with suppress(psutil.Error):
                resident += process.memory_info().rss
        return resident


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
