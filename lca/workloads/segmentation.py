"""Segmentation of drawn scenes by a U-Net: which pixel belongs to which kind of shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from lca.workloads.drawing import Scenes, Style, train_and_test
from lca.workloads.workload import SIZES, Data, Workload, scaled, seeded

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

NAMES = ("disc", "square", "triangle", "cross")
"""Classes 1 to 4; class 0 is the background."""
_CLASSES = len(NAMES) + 1


@dataclass(frozen=True, slots=True)
class _UNetSize:
    side: int
    train: int
    test: int
    channels: tuple[int, ...]
    epochs: int
    batch: int
    style: Style


_SIZES = {
    "small": _UNetSize(32, 1200, 320, (8, 16, 32), 5, 8, Style(objects=(2, 3), radius=(0.16, 0.3), hidden=0.0)),
    "medium": _UNetSize(48, 2000, 320, (16, 32, 64), 6, 16, Style(objects=(1, 4), radius=(0.12, 0.26), hidden=0.0)),
    "large": _UNetSize(64, 4000, 320, (16, 32, 64, 128), 8, 16, Style(objects=(1, 4), radius=(0.1, 0.24), hidden=0.0)),
}


def define(name: str, size: str) -> Workload:
    """The workload `segmentation`."""
    from torch.nn.functional import cross_entropy

    side = _SIZES[size].side
    return Workload(
        name=name,
        size=size,
        service=f"{side}x{side} image segmented into four kinds of shape and the background",
        metric="IoU",
        correct=None,
        network=partial(_network, size),
        data=partial(_data, size),
        loss=cross_entropy,
        quality=_quality,
        epochs=_SIZES[size].epochs,
        rate=8e-3,
        batch=_SIZES[size].batch,
    )


def _network(size: str, seed: int = 0, width: float = 1.0) -> Module:
    from lca.workloads.networks import UNet

    with seeded(seed):
        return UNet(scaled(_SIZES[size].channels, width), _CLASSES)


def _quality(outputs: Tensor, targets: Tensor) -> dict[str, float]:
    """Mean intersection over union of the five classes, the background being one, and the share of right pixels."""
    from lca.workloads.metrics import accuracy, mean_iou

    return {"IoU": mean_iou(outputs.argmax(1), targets, _CLASSES), "pixel accuracy": accuracy(outputs, targets)}


@cache
def _data(size: str) -> Data:
    chosen = _SIZES[size]
    drawn = train_and_test((3, SIZES.index(size)), chosen.train, chosen.test, chosen.side, NAMES, chosen.style)
    train, test = ((part.pixels(), _classes(part)) for part in drawn)
    return Data(*train, *test)


def _classes(drawn: Scenes) -> Tensor:
    """The class of every pixel; an object hides those drawn before it."""
    import torch

    classes = np.zeros(drawn.masks[:, 0].shape, dtype=np.int64)
    for index in range(drawn.masks.shape[1]):
        classes = np.where(drawn.masks[:, index], drawn.kinds[:, index, None, None] + 1, classes)
    return torch.from_numpy(classes)
