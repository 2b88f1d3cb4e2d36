"""Hardware whose energy is a closed form of a simulated clock: NVML, RAPL, and the processes on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from lca.measure.counters.counter import PEAK

RAPL_TURN = 262_143_328_850
"""µJ at which the simulated RAPL counter starts again, as on many processors."""


class Clock:
    """Simulated time, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Curve:
    """Power in watts and its integral since time 0 in joules."""

    power: Callable[[float], float]
    energy: Callable[[float], float]
    most: float
    """Watts that it never exceeds."""

    def between(self, start: float, end: float) -> float:
        return self.energy(end) - self.energy(start)


def constant(watts: float) -> Curve:
    return Curve(lambda t: watts, lambda t: watts * t, watts)


def ramp(first: float, last: float, seconds: float) -> Curve:
    """Level until 0, from one power to another in so many seconds, then level."""
    slope = (last - first) / seconds

    def energy(t: float) -> float:
        rising = min(max(t, 0.0), seconds)
        return first * min(t, seconds) + slope * rising**2 / 2 + last * max(t - seconds, 0.0)

    return Curve(lambda t: first + slope * min(max(t, 0.0), seconds), energy, max(first, last))


def bursts(low: float, high: float, on: float, off: float, shift: float = 0.0) -> Curve:
    """High for `on` seconds, low for `off` seconds, and so on."""
    period = on + off

    def high_time(t: float) -> float:
        whole, rest = divmod(t, period)
        return whole * on + min(rest, on)

    def energy(t: float) -> float:
        return low * t + (high - low) * (high_time(t + shift) - high_time(shift))

    return Curve(lambda t: high if (t + shift) % period < on else low, energy, max(low, high))


@dataclass
class Process:
    """A process on a card: time on the multiprocessors over wall time, as a function of time, and memory held."""

    pid: int
    busy: Callable[[float], float] = lambda t: 0.0
    memory: float | None = 1e9


@dataclass
class Card:
    """A GPU. `refresh`: seconds between two values of its counter and of its power reading."""

    curve: Curve = field(default_factory=lambda: constant(100.0))
    name: str = "NVIDIA H100 80GB HBM3"
    uuid: str = "GPU-aaaa"
    counts: bool = True
    memory: float = 80e9
    refresh: float = 0.0
    phase: float = 0.0
    noise: float = 0.0
    """Largest error of one power reading in watts."""
    before: float = 1e6
    """Joules on the counter at time 0."""
    reset: float = math.inf
    """Time at which the counter starts from zero."""
    lost: Callable[[float], bool] = lambda t: False
    on_it: Callable[[float], list[Process]] | None = None
    """None: the driver does not tell."""
    apart: bool = True
    """Whether the driver tells the processes' utilisation."""
    slices: tuple[Slice, ...] = ()


@dataclass
class Slice:
    """An instance of a GPU in MIG mode."""

    uuid: str
    memory: float
    card: Card | None = None


class Api:
    """NVML of a machine with these cards."""

    class NVMLError(Exception):
        pass

    class NVMLError_NotSupported(NVMLError):
        pass

    def __init__(self, clock: Clock, *cards: Card) -> None:
        self.cards, self.clock, self.initialised, self.calls = cards, clock, 0, list[str]()
        for card in cards:
            for part in card.slices:
                part.card = card

    def nvmlInit(self) -> None:
        self.initialised += 1

    def nvmlShutdown(self) -> None:
        self.initialised -= 1

    def nvmlDeviceGetCount(self) -> int:
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> Card:
        return self.cards[index]

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> Slice:
        for card in self.cards:
            for part in card.slices:
                if part.uuid == uuid:
                    return part
        raise self.NVMLError("Not Found")

    def nvmlDeviceGetDeviceHandleFromMigDeviceHandle(self, part: Slice) -> Card:
        assert part.card
        return part.card

    def nvmlDeviceGetMigMode(self, card: Card) -> tuple[int, int]:
        if not card.slices:
            raise self.NVMLError_NotSupported("Not Supported")
        return 1, 1

    def nvmlDeviceGetMaxMigDeviceCount(self, card: Card) -> int:
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, card: Card, index: int) -> Slice:
        if index == 0 or index > len(card.slices):
            raise self.NVMLError("Not Found")
        return card.slices[index - 1]

    def nvmlDeviceGetName(self, card: Card) -> str:
        return card.name

    def nvmlDeviceGetUUID(self, device: Card | Slice) -> str:
        return device.uuid

    def nvmlDeviceGetMemoryInfo(self, device: Card | Slice) -> Any:
        return SimpleNamespace(total=device.memory)

    def nvmlDeviceGetEnforcedPowerLimit(self, card: Card) -> int:
        return round(card.curve.most * 1000)

    def nvmlDeviceGetTotalEnergyConsumption(self, card: Card) -> int:
        if not card.counts:
            raise self.NVMLError_NotSupported("Not Supported")
        now = self._seen(card)
        if now >= card.reset:
            return round(card.curve.between(card.reset, now) * 1000)
        return round((card.before + card.curve.energy(now)) * 1000)

    def nvmlDeviceGetPowerUsage(self, card: Card) -> int:
        now = self._seen(card)
        return round((card.curve.power(now) + card.noise * math.sin(1e3 * now)) * 1000)

    def nvmlDeviceGetComputeRunningProcesses(self, device: Card | Slice) -> list[Any]:
        card = device.card if isinstance(device, Slice) else device
        assert card
        if card.on_it is None:
            raise self.NVMLError_NotSupported("Not Supported")
        return [SimpleNamespace(pid=p.pid, usedGpuMemory=p.memory) for p in card.on_it(self.clock.now)]

    def nvmlDeviceGetProcessUtilization(self, card: Card, since: int) -> list[Any]:
        if not card.apart:
            raise self.NVMLError_NotSupported("Not Supported")
        assert card.on_it
        stamp = round(self.clock.now * 1e6)
        busy = [(p.pid, round(100 * p.busy(self.clock.now))) for p in card.on_it(self.clock.now)]
        found = [SimpleNamespace(pid=pid, smUtil=percent, timeStamp=stamp) for pid, percent in busy if percent]
        if not found or stamp <= since:
            raise self.NVMLError("Not Found")
        return found

    def nvmlDeviceGetUtilizationRates(self, card: Card) -> Any:
        busy = sum(p.busy(self.clock.now) for p in card.on_it(self.clock.now)) if card.on_it else 0.0
        return SimpleNamespace(gpu=round(100 * min(busy, 1.0)), memory=round(50 * min(busy, 1.0)))

    def _seen(self, card: Card) -> float:
        """The latest instant of which the card has a value."""
        if card.lost(self.clock.now):
            raise self.NVMLError("GPU is lost")
        if not card.refresh:
            return self.clock.now
        return math.floor((self.clock.now - card.phase) / card.refresh) * card.refresh + card.phase


class Rapl:
    """A powercap tree whose zones follow curves, as Linux shows it: nested folders, and a flat one of links to all."""

    def __init__(self, root: Path, clock: Clock, refresh: float = 0.0) -> None:
        self.real, self.flat = root / "devices/intel-rapl", root / "class"
        self.flat.mkdir(parents=True)
        self._clock, self._refresh = clock, refresh
        self._zones: dict[str, tuple[Curve, float, float]] = {}

    def zone(
        self, id: str, name: str, curve: Curve, before: float = 0.0, limit: bool = True, reset: float = math.inf
    ) -> None:
        """A zone such as `intel-rapl:0/intel-rapl:0:0`; `before`: joules on its counter at time 0."""
        *_, last = id.split("/")
        folder = self.real / id
        folder.mkdir(parents=True)
        (folder / "name").write_text(f"{name}\n")
        (folder / "max_energy_range_uj").write_text(f"{RAPL_TURN}\n")
        if limit:
            (folder / "constraint_0_power_limit_uw").write_text(f"{round(curve.most * 1e6)}\n")
        (self.flat / last).symlink_to(folder)
        self._zones[last] = (curve, before, reset)
        self.tick()

    def tick(self) -> None:
        """Bring the files up to the clock."""
        now = self._clock.now
        if self._refresh:
            now = math.floor(now / self._refresh) * self._refresh
        for name, (curve, before, reset) in self._zones.items():
            joules = curve.between(reset, now) if now >= reset else before + curve.energy(now)
            (self.flat / name / "energy_uj").write_text(f"{round(joules * 1e6) % RAPL_TURN}\n")


class Processes:
    """CPU seconds of a run and of its machine, as functions of time."""

    name = "processes"

    def __init__(
        self, own: Callable[[float], float] = lambda t: t, busy: Callable[[float], float] | None = None
    ) -> None:
        self._own, self._busy = own, busy or own
        self._start = 0.0
        self.own_time = self.busy_time = 0.0

    def start(self, now: float) -> None:
        self._start = now
        self.read(now)

    def expect(self, interval: float) -> None:
        pass

    def read(self, now: float) -> Mapping[str, float]:
        self.own_time = self._own(now) - self._own(self._start)
        self.busy_time = self._busy(now) - self._busy(self._start)
        return {
            "cpu own": self.own_time,
            "cpu busy": self.busy_time,
            "cpu total": 4 * (now - self._start),
            "memory": 1e9 * (now - self._start),
            f"{PEAK}memory": 1e9,
        }

    def stop(self) -> None:
        pass

    def ids(self, fresh: bool = False) -> set[int]:
        return {4711}

    def described(self) -> dict[str, Any]:
        return {"processor": "Any Processor", "packages": 1, "logical_processors": 4, "memory": 8e9, "host": "node"}

    def samples_power(self) -> bool:
        return False


def joules(kwh: float) -> float:
    return kwh * 3.6e6
