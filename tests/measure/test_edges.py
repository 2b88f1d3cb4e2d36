"""The edges of runs and windows wait for the GPUs."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from watched import Watched

from lca.inventory.catalogue import Catalogue
from lca.measure.meter.meter import EnergyMeter

pytestmark = pytest.mark.filterwarnings("ignore:the catalogue does not know")


class Cuda:
    """torch.cuda of two GPUs; `reserved`: bytes on each."""

    def __init__(self, initialised: bool, reserved: tuple[float, float] = (0, 0), broken: bool = False) -> None:
        self._initialised, self._reserved, self._broken = initialised, reserved, broken
        self.waits = list[int]()

    def is_initialized(self) -> bool:
        return self._initialised

    def device_count(self) -> int:
        return 2

    def current_device(self) -> int:
        return 0

    def memory_reserved(self, index: int) -> float:
        return self._reserved[index]

    def synchronize(self, index: int) -> None:
        self.waits.append(index)
        if self._broken:
            raise RuntimeError("CUDA error: device-side assert triggered\nmore")


@pytest.mark.parametrize(
    ("cuda", "waits"), [(Cuda(False), []), (Cuda(True), [0] * 4), (Cuda(True, (0, 1e9)), [0, 1] * 4)]
)
def test_it_waits_for_the_gpus_that_work_at_every_edge(
    monkeypatch: pytest.MonkeyPatch, empty: Catalogue, cuda: Cuda, waits: list[int]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda, __version__="0"))
    with EnergyMeter("x", catalogue=empty, sources=lambda: (Watched(),)) as meter, meter.window("w"):
        pass
    assert cuda.waits == waits


def test_a_gpu_that_failed_does_not_lose_the_record(monkeypatch: pytest.MonkeyPatch, empty: Catalogue) -> None:
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=Cuda(True, broken=True), __version__="0"))
    with EnergyMeter("x", catalogue=empty, sources=lambda: (Watched(),)) as meter:
        meter.remark("mine")
    comment = meter.measurement.comment
    assert comment and comment.startswith("mine; an edge was not synchronised with the GPU: CUDA error: device-side")
