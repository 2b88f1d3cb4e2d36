"""Energy of NVIDIA GPUs: the card's own counter read at the edges, or else its power, sampled and integrated."""

from __future__ import annotations

import importlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lca.equations import ComponentEnergy
from lca.measure.source import Figures, Finding, Integral, entry
from lca.measurement import Device, Unmeasured
from lca.records import Quantity
from lca.units import Amount, factor

_NVIDIA = "0x10de"  # PCI vendor
_DISPLAY = "0x03"  # PCI base class of GPUs


@dataclass
class _Card:
    handle: Any
    name: str
    memory: float
    """Bytes."""
    counted: int | None = None
    """Millijoules of the counter, later of the run; None: the card has no counter."""
    power: Integral = field(default_factory=Integral)
    """Milliwatts over seconds."""


class Nvml:
    """The GPUs that CUDA_VISIBLE_DEVICES leaves visible; whole cards, whichever process uses them."""

    def __init__(self, api: Any = None, clock: Callable[[], float] = time.perf_counter, root: Path = Path("/")) -> None:
        self._api, self._clock, self._root = api, clock, root
        self._cards: list[_Card] = []
        self._fault = ""

    def start(self) -> None:
        self._api = self._api or _package()
        if not self._api:
            self._fault = "the package nvidia-ml-py is not installed"
            return
        try:
            self._api.nvmlInit()
            self._cards = [self._card(handle) for handle in self._visible()]
            self._sample()
        except self._api.NVMLError as error:
            self._fault = str(error)

    def sample(self) -> None:
        if any(card.counted is None for card in self._cards):
            self._guarded(self._sample)

    def stop(self) -> None:
        if not self._fault:
            self._guarded(self._last_edge)
            self._guarded(self._api.nvmlShutdown)

    def results(self) -> Iterator[Finding]:
        listed = os.environ.get("CUDA_VISIBLE_DEVICES")
        if listed == "":
            return
        yield from self._devices()
        if listed and "MIG-" in listed:
            reason = "the run used a slice of a GPU (MIG), and NVML counts whole cards: measure on a whole card"
            yield Unmeasured(component="gpu", reason=reason)
            return
        if self._fault:
            if self._cards or _present(self._root):
                reason = f"an NVIDIA GPU is present but cannot be read: {self._fault}; {_REMEDY}"
                yield Unmeasured(component="gpu", reason=reason)
            return
        reading = Figures.load().nvml_reading
        yield from self._counted([card for card in self._cards if card.counted is not None], reading)
        yield from self._integrated([card for card in self._cards if card.counted is None], reading)

    def _counted(self, cards: list[_Card], reading: Quantity) -> Iterator[Finding]:
        if not cards:
            return
        if any((card.counted or 0) < 0 for card in cards):
            reason = "a GPU's energy counter was reset during the run (driver reload): measure again"
            yield Unmeasured(component="gpu", reason=reason)
            return
        energy = ComponentEnergy(sum(card.counted or 0 for card in cards) * factor("mJ", "kWh_component"))
        method = f"NVML total-energy counter of {_names(cards)}, read at the edges of the run; {_WHOLE}"
        yield entry("gpu", energy, "counter", method, _bounds(energy, reading, 0.0), "normal")

    def _integrated(self, cards: list[_Card], reading: Quantity) -> Iterator[Finding]:
        if not cards:
            return
        to_kwh = factor("mJ", "kWh_component")
        energy = ComponentEnergy(sum(card.power.total for card in cards) * to_kwh)
        doubt = sum(card.power.doubt for card in cards) * to_kwh
        method = (
            f"NVML power of {_names(cards)}, which has no energy counter, sampled {cards[0].power.samples} times and"
            f" integrated by trapezoids; sampling error at most {doubt:.3g} kWh if power is monotone between"
            f" samples; {_WHOLE}"
        )
        yield entry("gpu", energy, "integrated", method, _bounds(energy, reading, doubt), "normal")

    def _devices(self) -> Iterator[Device]:
        for (name, memory), count in Counter((card.name, card.memory) for card in self._cards).items():
            capacity = Quantity(value=Amount(memory, "byte"))
            yield Device(kind="gpu", name=name, count=count, memory=capacity)

    def _visible(self) -> list[Any]:
        """Handles of the GPUs in CUDA_VISIBLE_DEVICES, up to its first entry that names none, as CUDA reads it."""
        every = [self._api.nvmlDeviceGetHandleByIndex(i) for i in range(self._api.nvmlDeviceGetCount())]
        listed = os.environ.get("CUDA_VISIBLE_DEVICES")
        if listed is None:
            return every
        uuids = [self._api.nvmlDeviceGetUUID(handle) for handle in every]
        chosen: list[int] = []
        for item in (item.strip() for item in listed.split(",")):
            named = [i for i, uuid in enumerate(uuids) if item.startswith("GPU-") and uuid.startswith(item)]
            matches = named or [i for i in range(len(every)) if item == str(i)]
            if len(matches) != 1:
                break
            chosen += matches
        return [every[i] for i in dict.fromkeys(chosen)]

    def _card(self, handle: Any) -> _Card:
        memory = float(self._api.nvmlDeviceGetMemoryInfo(handle).total)
        card = _Card(handle, self._api.nvmlDeviceGetName(handle), memory)
        try:
            card.counted = -self._api.nvmlDeviceGetTotalEnergyConsumption(handle)
        except self._api.NVMLError_NotSupported:
            card.counted = None
        return card

    def _sample(self) -> None:
        for card in self._cards:
            if card.counted is None:
                card.power.add(self._clock(), self._api.nvmlDeviceGetPowerUsage(card.handle))

    def _last_edge(self) -> None:
        for card in self._cards:
            if card.counted is not None:
                card.counted += self._api.nvmlDeviceGetTotalEnergyConsumption(card.handle)
        self._sample()

    def _guarded(self, read: Callable[[], Any]) -> None:
        try:
            read()
        except self._api.NVMLError as error:
            self._fault = self._fault or str(error)


_WHOLE = "the whole card, whichever process used it"
_REMEDY = "check that `nvidia-smi` works for this user, and install `ai-lca[nvidia]`"


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


def _names(cards: list[_Card]) -> str:
    return ", ".join(f"{count} × {name}" for name, count in Counter(card.name for card in cards).items())


def _bounds(energy: float, reading: Quantity, doubt: float) -> tuple[float, float]:
    """The range of the reading's accuracy plus the sampling error, symmetric."""
    half = min(energy, energy * (reading.high.number - reading.amount if reading.high else 0.0) + doubt)
    return energy - half, energy + half
