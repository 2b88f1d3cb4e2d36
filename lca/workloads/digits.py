"""Handwritten digits: a small convolutional network in plain PyTorch on the images that scikit-learn ships.

Every fifth image is a test image: 1,438 to train on, 359 to test with, each 8 × 8 pixels (E. Alpaydin, Optical
Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998, as cited by sklearn.datasets.load_digits).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from lca.errors import MissingDependency, UsageError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

Progress = Callable[[float, float, str], None]
"""Called with what is done, the total, and what is going on."""

_BATCH = 32
_RATE = 2e-3
_CHANNELS = 16


class Trained(NamedTuple):
    """A trained network and its accuracy on the test images."""

    model: Module
    accuracy: float


class Inferred(NamedTuple):
    """Images classified and the share of them classified rightly."""

    inferences: int
    accuracy: float


def train(
    seconds: float | None = None, epochs: int | None = None, seed: int = 0, progress: Progress | None = None
) -> Trained:
    """Train for a number of epochs, or for as many whole ones as begin within `seconds`.

    The same seed, epochs and machine give the same network; torch's own random state is left alone. Raises UsageError
    unless exactly one of the two is given, and MissingDependency.
    """
    if (seconds is None) == (epochs is None):
        raise UsageError("train for a number of seconds or for a number of epochs: give one of them")
    torch = _needed("torch")
    images, labels, test_images, test_labels = _digits()
    model = network(seed)
    shuffle = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=_RATE)
    loss = torch.nn.CrossEntropyLoss()
    started, done, elapsed = time.perf_counter(), 0, 0.0
    while done < epochs if epochs is not None else elapsed < (seconds or 0.0):
        for batch in torch.randperm(len(labels), generator=shuffle).split(_BATCH):
            optimiser.zero_grad()
            loss(model(images[batch]), labels[batch]).backward()
            optimiser.step()
        done, elapsed = done + 1, time.perf_counter() - started
        if progress:
            progress(done if epochs is not None else elapsed, epochs or seconds or 0.0, f"training, epoch {done}")
    with torch.inference_mode():
        return Trained(model, _right(model, test_images, test_labels) / len(test_labels))


def infer(model: Module, seconds: float, progress: Progress | None = None) -> Inferred:
    """Classify all test images again and again, at least once, until `seconds` have passed.

    Raises MissingDependency.
    """
    torch = _needed("torch")
    _, _, images, labels = _digits()
    inferences, right, elapsed, started = 0, 0, 0.0, time.perf_counter()
    with torch.inference_mode():
        while not inferences or elapsed < seconds:
            right += _right(model, images, labels)
            inferences += len(labels)
            elapsed = time.perf_counter() - started
            if progress:
                progress(elapsed, seconds, f"inference, {inferences:,} images")
    return Inferred(inferences, right / inferences)


def network(seed: int = 0) -> Module:
    """The untrained network: two convolutions and two dense layers. Raises MissingDependency."""
    torch = _needed("torch")
    nn = torch.nn
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: Module = nn.Sequential(
            nn.Conv2d(1, _CHANNELS, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(_CHANNELS, 2 * _CHANNELS, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(2 * _CHANNELS * 4 * 4, 64),
            nn.ReLU(),
            nn.Linear(64, 10),
        )
    return model


def parameters(model: Module) -> int:
    """Number of parameters of a network."""
    return sum(parameter.numel() for parameter in model.parameters())


def _right(model: Module, images: Tensor, labels: Tensor) -> int:
    return int((model(images).argmax(1) == labels).sum())


def _digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images and labels to train on, images and labels to test with; pixels from 0 to 1."""
    torch = _needed("torch")
    digits = _needed("sklearn.datasets").load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    labels = torch.tensor(digits.target)
    test = torch.arange(len(labels)) % 5 == 4
    return images[~test], labels[~test], images[test], labels[test]


def _needed(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingDependency(f"the digits need {error.name or module}: pip install 'ai-lca[torch]'") from None
