"""Classification of drawn shapes by a residual network; other shapes to transfer from, and few to transfer to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from lca.workloads.drawing import Style, scenes
from lca.workloads.workload import SIZES, Data, Workload, scaled, seeded

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

NAMES = ("disc", "square", "triangle", "pentagon", "star", "cross", "ring", "crescent", "half disc", "ell")
SOURCE = (
    "hexagon",
    "ellipse",
    "bar",
    "rhombus",
    "heart",
    "tee",
    "four-pointed star",
    "six-pointed star",
    "sector",
    "frame",
)
"""The ten shapes of `shapes-source`: none of NAMES."""


@dataclass(frozen=True, slots=True)
class _ShapesSize:
    side: int
    train: int
    few: int
    channels: tuple[int, ...]
    blocks: int
    epochs: int
    style: Style


_SIZES = {
    "small": _ShapesSize(32, 4000, 1000, (16, 32, 64), 1, 6, Style(hidden=0.3, noise=0.05, radius=(0.25, 0.42))),
    "medium": _ShapesSize(48, 6000, 1000, (32, 64, 128), 1, 6, Style(hidden=0.5, noise=0.08, radius=(0.2, 0.4))),
    "large": _ShapesSize(64, 10000, 1500, (32, 64, 128), 2, 6, Style(hidden=0.5, noise=0.1, radius=(0.15, 0.4))),
}
_TEST = 1000
_FEW_EPOCHS = 20


def define(name: str, size: str) -> Workload:
    """The workload `shapes`, `shapes-source` or `shapes-few`."""
    from torch.nn.functional import cross_entropy

    chosen = _SIZES[size]
    return Workload(
        name=name,
        size=size,
        service=f"{chosen.side}x{chosen.side} image classified into one of ten shapes",
        metric="accuracy",
        correct="accuracy",
        network=partial(_network, size),
        data=partial(_data, name, size),
        loss=cross_entropy,
        quality=_quality,
        epochs=_FEW_EPOCHS if name == "shapes-few" else chosen.epochs,
        rate=4e-3,
        batch=32,
    )


def _network(size: str, seed: int = 0, width: float = 1.0) -> Module:
    from lca.workloads.networks import Residual

    chosen = _SIZES[size]
    with seeded(seed):
        return Residual(scaled(chosen.channels, width), chosen.blocks, len(NAMES))


def _quality(outputs: Tensor, targets: Tensor) -> dict[str, float]:
    from lca.workloads.metrics import accuracy

    return {"accuracy": accuracy(outputs, targets)}


@cache
def _data(name: str, size: str) -> Data:
    """`shapes-few` has the test images of `shapes` and the first of its training images."""
    chosen = _SIZES[size]
    if name == "shapes-few":
        whole = _data("shapes", size)
        few = slice(chosen.few)
        return replace(whole, train_inputs=whole.train_inputs[few], train_targets=whole.train_targets[few])
    import torch

    number, names = {"shapes": (1, NAMES), "shapes-source": (2, SOURCE)}[name]
    drawn = [
        scenes((number, SIZES.index(size), part), count, chosen.side, names, chosen.style)
        for part, count in enumerate((chosen.train, _TEST))
    ]
    train, test = ((part.pixels(), torch.from_numpy(part.kinds[:, 0])) for part in drawn)
    return Data(*train, *test)
