"""Handwritten digits: a small convolutional network in plain PyTorch on the images that scikit-learn ships.

Every fifth image is a test image: 1,438 to train on, 359 to test with, each 8 × 8 pixels (E. Alpaydin, Optical
Recognition of Handwritten Digits, UCI Machine Learning Repository, 1998, as cited by sklearn.datasets.load_digits).
"""

from __future__ import annotations

import time
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from lca.errors import UsageError
from lca.languages import gettext, gettext_noop
from lca.progress import Progress
from lca.workloads.training import fit
from lca.workloads.workload import Data, Workload, needed, scaled, seeded

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

__all__ = ["Inferred", "Trained", "define", "infer", "network", "parameters", "train"]

_WIDTHS = {"small": 1.0, "medium": 2.0, "large": 4.0}
"""Times the channels of the smallest network."""
_EPOCHS = {"small": 25, "medium": 50, "large": 100}
_CHANNELS = (16, 32)
_HIDDEN = (64,)
_BY = gettext_noop("the digits need")


class Trained(NamedTuple):
    """A trained network and its accuracy on the test images."""

    model: Module
    accuracy: float


class Inferred(NamedTuple):
    """Images classified and the share of them classified rightly."""

    inferences: int
    accuracy: float


def define(name: str, size: str) -> Workload:
    """The workload `digits`; the sizes differ in the width of the network and the number of epochs."""
    from torch.nn.functional import cross_entropy

    return Workload(
        name=name,
        size=size,
        service="8x8 image of a handwritten digit classified",
        metric="accuracy",
        correct="accuracy",
        network=partial(_network, _WIDTHS[size]),
        data=_digits,
        loss=cross_entropy,
        quality=_quality,
        epochs=_EPOCHS[size],
        rate=2e-3,
        batch=32,
        decay=False,
    )


def train(
    seconds: float | None = None, epochs: int | None = None, seed: int = 0, progress: Progress | None = None
) -> Trained:
    """Train for a number of epochs, or for as many whole ones as begin within `seconds`.

    The same seed, epochs and machine give the same network; torch's own random state is left alone. Raises UsageError
    unless exactly one of the two is given, and MissingDependency.
    """
    if (seconds is None) == (epochs is None):
        raise UsageError(gettext("train for a number of seconds or for a number of epochs: give one of them"))
    torch = needed("torch", needs=_BY)
    data, model = _digits(), network(seed)
    fit(define("digits", "small"), model, epochs=epochs, seconds=seconds, seed=seed, progress=progress)
    with torch.inference_mode():
        return Trained(model, _right(model, data.test_inputs, data.test_targets) / len(data.test_targets))


def infer(model: Module, seconds: float, progress: Progress | None = None) -> Inferred:
    """Classify all test images again and again, at least once, until `seconds` have passed.

    Raises MissingDependency.
    """
    torch = needed("torch", needs=_BY)
    images, labels = _digits().test_inputs, _digits().test_targets
    inferences, right, elapsed, started = 0, 0, 0.0, time.perf_counter()
    with torch.inference_mode():
        while not inferences or elapsed < seconds:
            right += _right(model, images, labels)
            inferences += len(labels)
            elapsed = time.perf_counter() - started
            if progress:
                progress(elapsed, seconds, f"inference, {inferences:,} images")
    return Inferred(inferences, right / inferences)


def network(seed: int = 0, width: float = 1.0) -> Module:
    """The untrained network: two convolutions and two dense layers, `width` times as wide. Raises MissingDependency."""
    nn = needed("torch", needs=_BY).nn
    first, second, hidden = scaled(_CHANNELS + _HIDDEN, width)
    with seeded(seed):
        model: Module = nn.Sequential(
            nn.Conv2d(1, first, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(second * 4 * 4, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 10),
        )
    return model


def parameters(model: Module) -> int:
    """Number of parameters of a network."""
    return sum(parameter.numel() for parameter in model.parameters())


def _network(wider: float, seed: int = 0, width: float = 1.0) -> Module:
    return network(seed, wider * width)


def _quality(outputs: Tensor, targets: Tensor) -> dict[str, float]:
    from lca.workloads.metrics import accuracy

    return {"accuracy": accuracy(outputs, targets)}


def _right(model: Module, images: Tensor, labels: Tensor) -> int:
    return int((model(images).argmax(1) == labels).sum())


@cache
def _digits() -> Data:
    torch = needed("torch", needs=_BY)
    digits = needed("sklearn.datasets", needs=_BY).load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    labels = torch.tensor(digits.target)
    test = torch.arange(len(labels)) % 5 == 4
    return Data(images[~test], labels[~test], images[test], labels[test])
