"""One thread and one seed for torch, and a network trained on handwritten digits."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from digit_images import Digits
    from torch import nn

if not all(map(find_spec, ("torch", "torchao", "torch_pruning", "sklearn"))):
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def seeded() -> None:
    import torch

    torch.manual_seed(0)


@pytest.fixture(scope="session")
def digits() -> Digits:
    from digit_images import Digits

    return Digits.load()


@pytest.fixture(scope="session")
def initial() -> nn.Module:
    """The network for the digits before its training; not to be changed."""
    from small_nets import made

    return made("digits")[0]


@pytest.fixture(scope="session")
def trained(digits: Digits, initial: nn.Module) -> nn.Module:
    """The network for the digits after three epochs; not to be changed."""
    model = copy.deepcopy(initial).train()
    digits.train(model, 3)
    return model.eval()
