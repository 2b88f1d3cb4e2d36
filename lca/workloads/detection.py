"""Detection of drawn shapes by a single look: a grid of cells, each with class scores and a box.

A cell's four numbers are distances from its centre to the left, top, right and bottom edge, in cells, through
softplus; its class scores go through the sigmoid. Decoding and suppression of doubles are no part of the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np

from lca.workloads.drawing import Scenes, Style, train_and_test
from lca.workloads.workload import SIZES, Data, Workload, scaled, seeded

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor
    from torch.nn import Module

NAMES = ("disc", "square", "triangle", "cross")
_CELL = 8
"""Pixels from the centre of one cell to the next."""
_NEAR = 0.75
"""Cells whose centre is so near to an object's, in cells and both directions, are to find it."""
_LEAST, _MOST = 0.05, 24
"""Lowest score and greatest number of boxes that are kept per image."""
_DOUBLES = 0.5


@dataclass(frozen=True, slots=True)
class _DetectionSize:
    side: int
    train: int
    test: int
    channels: tuple[int, int, int]
    blocks: int
    epochs: int
    style: Style


_SIZES = {
    "small": _DetectionSize(64, 2000, 320, (8, 16, 32), 1, 6, Style(objects=(1, 4), radius=(0.12, 0.24), hidden=0.2)),
    "medium": _DetectionSize(64, 4000, 320, (16, 32, 64), 1, 6, Style(objects=(1, 4), radius=(0.1, 0.24), hidden=0.3)),
    "large": _DetectionSize(96, 6000, 320, (32, 64, 128), 1, 8, Style(objects=(1, 4), radius=(0.08, 0.22), hidden=0.3)),
}


def define(name: str, size: str) -> Workload:
    """The workload `detection`."""
    side = _SIZES[size].side
    return Workload(
        name=name,
        size=size,
        service=f"{side}x{side} image searched for shapes of four kinds",
        metric="mAP",
        correct=None,
        network=partial(_network, size),
        data=partial(_data, size),
        loss=_loss,
        quality=_quality,
        epochs=_SIZES[size].epochs,
        rate=4e-3,
        batch=16,
    )


def decode(outputs: Tensor) -> Tensor:
    """Boxes found: the network's outputs (images, classes + 4, rows, columns) to (images, 24, 6).

    An entry is class, left, top, right, bottom in pixels, score, by falling score; class −1 fills up. Of overlapping
    boxes of a class, the best stays.
    """
    import torch

    from lca.workloads.boxes import nms

    scores, classes = outputs[:, :-4].sigmoid().flatten(2).max(1)
    scores, best = scores.topk(min(4 * _MOST, scores.shape[1]))
    boxes = _boxes(outputs).gather(1, best.unsqueeze(-1).expand(-1, -1, 4))
    classes = classes.gather(1, best)
    stays = nms(boxes, scores, _DOUBLES, classes) & (scores >= _LEAST)
    classes = classes.masked_fill(~stays, -1)
    finds = torch.cat([classes.unsqueeze(-1), boxes, scores.unsqueeze(-1)], -1)
    first = (~stays).long().argsort(dim=1, stable=True)[:, :_MOST]
    return finds.gather(1, first.unsqueeze(-1).expand(-1, -1, 6))


def _network(size: str, seed: int = 0, width: float = 1.0) -> Module:
    from lca.workloads.networks import Detector

    chosen = _SIZES[size]
    with seeded(seed):
        return Detector(scaled(chosen.channels, width), chosen.blocks, len(NAMES))


def _boxes(outputs: Tensor) -> Tensor:
    """The box of every cell, (images, rows × columns, 4), in pixels."""
    import torch
    from torch.nn.functional import softplus

    centres = _centres(outputs).to(outputs.dtype)
    away = softplus(outputs[:, -4:]).flatten(2).transpose(1, 2) * _CELL
    return torch.cat([centres - away[..., :2], centres + away[..., 2:]], -1)


def _centres(outputs: Tensor) -> Tensor:
    """The centre of every cell, (rows × columns, 2), x and y in pixels."""
    import torch

    rows, columns = outputs.shape[-2:]
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    return (torch.stack([x, y], -1).reshape(-1, 2) + 0.5) * _CELL


def _loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of the cells' scores plus 1 − generalised IoU of the boxes, per cell that is to find an object."""
    import torch
    from torch.nn.functional import binary_cross_entropy_with_logits, one_hot

    from lca.workloads.boxes import enclosing_iou

    middle = (targets[..., 1:3] + targets[..., 3:5]) / 2
    away = (_centres(outputs)[:, None] - middle[:, None]).abs().amax(-1) / _CELL
    nearest, which = away.masked_fill((targets[..., 0] < 0)[:, None], torch.inf).min(-1)
    near = nearest <= _NEAR
    assigned = targets.gather(1, which.unsqueeze(-1).expand(-1, -1, 5))
    wanted = one_hot(assigned[..., 0].long().clamp(min=0), len(NAMES)) * near.unsqueeze(-1)
    scores = outputs[:, :-4].flatten(2).transpose(1, 2)
    cells = near.sum().clamp(min=1)
    classes = binary_cross_entropy_with_logits(scores, wanted.to(scores.dtype), reduction="sum")
    boxes = (1 - enclosing_iou(_boxes(outputs)[near], assigned[..., 1:][near])).sum()
    return (classes + boxes) / cells


def _quality(outputs: Tensor, targets: Tensor) -> dict[str, float]:
    """Mean average precision at an overlap of 0.5, and its mean over the overlaps 0.5, 0.55 … 0.95."""
    from lca.workloads.boxes import OVERLAPS, mean_average_precision

    finds = decode(outputs)
    means = [mean_average_precision(finds, targets, overlap) for overlap in OVERLAPS]
    return {"mAP": means[0], "mAP 0.5:0.95": sum(means) / len(means)}


@cache
def _data(size: str) -> Data:
    chosen = _SIZES[size]
    drawn = train_and_test((4, SIZES.index(size)), chosen.train, chosen.test, chosen.side, NAMES, chosen.style)
    train, test = ((part.pixels(), _objects(part)) for part in drawn)
    return Data(*train, *test)


def _objects(drawn: Scenes) -> Tensor:
    """Class and box of every object: the box that just holds its pixels, hidden ones too."""
    import torch

    left, right = _ends(np.any(drawn.masks, axis=2))
    top, bottom = _ends(np.any(drawn.masks, axis=3))
    box = np.stack([drawn.kinds, left, top, right, bottom], -1).astype(np.float32)
    box[drawn.kinds < 0] = (-1, 0, 0, 0, 0)
    return torch.from_numpy(box)


def _ends(line: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where the true values of the last axis begin, and where they have ended."""
    return line.argmax(-1), line.shape[-1] - line[..., ::-1].argmax(-1)
