"""torch on one thread, and workloads with a few of their images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

import torch

from lca.workloads.workload import Data, Workload, workload


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def few() -> Callable[[str], Workload]:
    """The small workload of this name with 48 images to train on and 20 to test with."""

    def of(name: str) -> Workload:
        whole = workload(name)
        data = whole.data()
        part = Data(data.train_inputs[:48], data.train_targets[:48], data.test_inputs[:20], data.test_targets[:20])
        return replace(whole, data=lambda: part)

    return of
