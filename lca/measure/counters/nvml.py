"""Energy of NVIDIA GPUs: the card's own counter, or else its power, sampled and integrated; and who used the card."""

from __future__ import annotations

import importlib
import math
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from lca.measure.counters.counter import PEAK, SETTLED
from lca.measure.counters.integral import Integral, widest
from lca.measure.counters.visible import Visible, visible

REFRESH = 0.1
"""Seconds that a counter or a power reading may be old; `nvml_refresh` in power.toml, which has the source."""
_NVIDIA = "0x10de"  # PCI vendor
_DISPLAY = "0x03"  # PCI base class of GPUs


class Torch(NamedTuple):
    """A GPU as this process's torch holds it."""

    reserved: float
    """Bytes now."""
    peak: float
    """Bytes, since the process began."""


@dataclass
class Card:
    """One GPU, or one slice of it; energies in mJ, of the whole card."""

    handle: Any
    slice: Any
    uuid: str
    name: str
    memory: float
    """Bytes, of the slice where there is one."""
    share: float
    """Part of the card's memory that the slice has; 1: the whole card."""
    limit: float
    """Most milliwatts that the card may draw; 0: unknown."""
    counts: bool
    """Whether it has an energy counter."""
    fault: str = ""
    apart: bool = True
    """Whether the processes on the card can be told apart."""
    ours: bool = False
    """Whether the run was seen on it."""
    others: bool = False
    """Whether somebody else was."""
    counter: float | None = None
    """Its last value; None: not read yet."""
    before: float | None = None
    """Time of the last reading that succeeded."""
    used: float = 0.0
    own: float = 0.0
    error: float = 0.0
    covered: float = 0.0
    """Seconds for which the energy is known."""
    resets: int = 0
    part: float = 0.0
    """Part of the last interval that falls to the run."""
    seen_until: int = 0
    """Time stamp of the last process sample, in NVML's microseconds."""
    busy: float = 0.0
    memory_busy: float = 0.0
    """Seconds in which the card computed, and in which its memory was read or written."""
    peak: float = 0.0
    """Most bytes that the run held."""
    power: Integral = field(default_factory=lambda: Integral(REFRESH))


class Nvml:
    """The GPUs that CUDA shows to this process; `ids`: the process ids of the run, on request looked for anew."""

    name = "nvml"

    def __init__(
        self,
        ids: Callable[[bool], set[int]],
        api: Any = None,
        root: Path = Path("/"),
        exists: Callable[[int], bool] = psutil.pid_exists,
    ) -> None:
        self._ids, self._api, self._root, self._exists = ids, api, root, exists
        self._cards: list[Card] = []
        self._strangers: set[int] = set()
        self._fault = ""
        self._started = self._present = False
        self._longest = widest(math.inf)

    def start(self, now: float) -> None:
        listed = os.environ.get("CUDA_VISIBLE_DEVICES")
        self._api = self._api or (_package() if listed != "" else None)
        if listed == "" or not self._api:
            self._fault = "" if listed == "" else "the package nvidia-ml-py is not installed"
            self._present = bool(self._fault) and _present(self._root)
            return
        try:
            self._api.nvmlInit()
            self._started = True
            self._cards = [self._card(one) for one in visible(self._api, listed)]
        except self._api.NVMLError as error:
            self._fault = str(error)
        self._present = bool(self._fault) and _present(self._root)
        self.read(now)

    def expect(self, interval: float) -> None:
        self._longest = widest(interval)

    def read(self, now: float) -> Mapping[str, float]:
        used: dict[str, float] = {}
        torch = _torch_cards() if self._cards else {}
        for index, card in enumerate(self._cards):
            elapsed = now - card.before if card.before is not None else 0.0
            try:
                gained = self._energy(card, now, elapsed)
            except self._api.NVMLError as error:
                card.fault = card.fault or str(error)
                card.power.break_off()
                gained = 0.0
            else:
                self._users(card, elapsed, torch.get(card.uuid.partition("-")[2]))
                self._utilisation(card, elapsed)
                card.before = now
            card.used += gained
            card.own += gained * card.part
            used |= _numbers(index, card)
        return used

    def stop(self) -> None:
        if self._started:
            self._started = False
            with suppress(self._api.NVMLError):
                self._api.nvmlShutdown()

    def described(self) -> dict[str, Any]:
        unlike = len({card.name for card in self._cards}) > 1
        by_index = os.environ.get("CUDA_DEVICE_ORDER") != "PCI_BUS_ID" and _numbered()
        kept = ("uuid", "name", "memory", "share", "limit", "counts", "fault", "apart", "ours", "others")
        return {
            "fault": self._fault,
            "present": self._present,
            "order_unsure": unlike and by_index,
            "cards": [{key: getattr(card, key) for key in kept} for card in self._cards],
        }

    def samples_power(self) -> bool:
        return any(not card.counts for card in self._cards)

    def _card(self, one: Visible) -> Card:
        api, whole = self._api, one.card
        total = float(api.nvmlDeviceGetMemoryInfo(whole).total)
        memory = float(api.nvmlDeviceGetMemoryInfo(one.slice).total) if one.slice else total
        limit, counts = 0.0, True
        with suppress(api.NVMLError):
            limit = float(api.nvmlDeviceGetEnforcedPowerLimit(whole))
        uuid, name = api.nvmlDeviceGetUUID(one.slice or whole), api.nvmlDeviceGetName(whole)
        card = Card(whole, one.slice, uuid, name, memory, min(memory / total, 1.0), limit, counts)
        try:
            card.counter = float(api.nvmlDeviceGetTotalEnergyConsumption(whole))
        except api.NVMLError_NotSupported:
            card.counts = False
        except api.NVMLError as error:
            card.fault = str(error)
        return card

    def _energy(self, card: Card, now: float, elapsed: float) -> float:
        """What the card used since the last reading that succeeded. Raises NVMLError."""
        if not card.counts:
            before = card.power.total
            if elapsed > self._longest:
                card.power.break_off()
                card.fault = card.fault or f"no reading for {elapsed:.4g} s"
            card.power.add(now, float(self._api.nvmlDeviceGetPowerUsage(card.handle)))
            card.error, card.covered = card.power.error, card.power.covered
            return card.power.total - before
        counter = float(self._api.nvmlDeviceGetTotalEnergyConsumption(card.handle))
        gained = counter - (counter if card.counter is None else card.counter)
        if gained < 0:  # the driver was loaded anew, and counts from zero
            gained, card.resets = counter, card.resets + 1
            card.error += card.limit * elapsed
        card.counter = counter
        card.covered += elapsed
        return gained

    def _users(self, card: Card, elapsed: float, torch: Torch | None) -> None:
        """See who is on the card, and which part of the last interval falls to the run."""
        if torch and torch.reserved:
            card.ours = True
            card.peak = max(card.peak, torch.peak)
        try:
            on_card = self._api.nvmlDeviceGetComputeRunningProcesses(card.slice or card.handle)
        except self._api.NVMLError:
            card.apart = False
            return
        held = {process.pid: process.usedGpuMemory for process in on_card}
        own = set(held) & self._ours(set(held))
        others = set(held) - own
        card.others = card.others or bool(others)
        if own:
            card.ours = True
            card.peak = max(card.peak, sum(held[pid] or 0.0 for pid in own))
        elif (torch and torch.reserved) or not all(self._exists(pid) for pid in others):
            card.apart = False  # a container sees other process ids than the driver
        card.part = self._part(card, held, own, elapsed)

    def _ours(self, on_card: set[int]) -> set[int]:
        ours = self._ids(False)
        if on_card - ours - self._strangers:
            ours = self._ids(True)
            self._strangers |= on_card - ours
        return ours

    def _part(self, card: Card, held: Mapping[int, float | None], own: set[int], elapsed: float) -> float:
        """By time on the multiprocessors; in an interval without computation, by memory held."""
        if not own or len(own) == len(held):
            return float(bool(own))
        try:
            samples = self._api.nvmlDeviceGetProcessUtilization(card.handle, card.seen_until)
        except self._api.NVMLError:  # no sample since the last one, or none at all on this card
            samples = []
        busy = {pid: 0.0 for pid in held}
        for sample in samples:
            if sample.pid in busy and 0 <= sample.smUtil <= 100:
                busy[sample.pid] += sample.smUtil
                card.seen_until = max(card.seen_until, sample.timeStamp)
        if not any(busy.values()) and 0 < elapsed < SETTLED:
            return card.part
        if not any(busy.values()):
            busy = {pid: float(memory or 0.0) for pid, memory in held.items()}
        if not any(busy.values()):
            busy = dict.fromkeys(held, 1.0)
        return sum(busy[pid] for pid in own) / sum(busy.values())

    def _utilisation(self, card: Card, elapsed: float) -> None:
        if card.slice is None:
            with suppress(self._api.NVMLError):
                rates = self._api.nvmlDeviceGetUtilizationRates(card.handle)
                card.busy += elapsed * rates.gpu / 100
                card.memory_busy += elapsed * rates.memory / 100


def _numbers(index: int, card: Card) -> dict[str, float]:
    return {
        f"gpu {index}": card.used,
        f"gpu {index} own": card.own,
        f"gpu {index} error": card.error,
        f"gpu {index} seen": card.covered,
        f"gpu {index} resets": float(card.resets),
        f"gpu {index} busy": card.busy,
        f"gpu {index} memory busy": card.memory_busy,
        f"{PEAK}gpu {index}": card.peak,
    }


def _numbered() -> bool:
    """Whether CUDA_VISIBLE_DEVICES names GPUs by number."""
    return any(item.strip().isdigit() for item in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(","))


def _torch_cards() -> dict[str, Torch]:
    """The GPUs on which this process's torch holds memory, by UUID without its prefix. Touches no idle GPU."""
    torch = sys.modules.get("torch")
    cuda = getattr(torch, "cuda", None)
    if cuda is None or not cuda.is_initialized():
        return {}
    cards = {}
    for index in range(cuda.device_count()):
        if reserved := cuda.memory_reserved(index):
            uuid = str(getattr(cuda.get_device_properties(index), "uuid", index))
            cards[uuid] = Torch(float(reserved), float(cuda.max_memory_reserved(index)))
    return cards


def _package() -> Any:
    try:
        return importlib.import_module("pynvml")
    except ImportError:
        return None


def _present(root: Path) -> bool:
    """Whether an NVIDIA GPU is on the PCI bus or has a device file."""
    if any(root.glob("dev/nvidia[0-9]*")):
        return True
    for device in root.glob("sys/bus/pci/devices/*"):
        try:
            vendor, kind = (device / "vendor").read_text().strip(), (device / "class").read_text().strip()
        except OSError:
            continue
        if vendor == _NVIDIA and kind.startswith(_DISPLAY):
            return True
    return False
