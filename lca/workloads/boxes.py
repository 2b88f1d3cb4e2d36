"""Boxes (left, top, right, bottom): overlap, suppression of doubles, average precision. Importing it imports torch."""

from __future__ import annotations

import math

import torch
from torch import Tensor

OVERLAPS = tuple(0.5 + 0.05 * step for step in range(10))
"""From 0.5 to 0.95, over which COCO averages (T.-Y. Lin et al., Microsoft COCO, ECCV 2014)."""


def iou(first: Tensor, second: Tensor) -> Tensor:
    """Intersection over union of each box of the one with each of the other: (…, n, 4), (…, m, 4) to (…, n, m).

    Two boxes without area have an overlap of 0.
    """
    one, other = first.unsqueeze(-2), second.unsqueeze(-3)
    shared = _area(torch.cat([torch.maximum(one, other)[..., :2], torch.minimum(one, other)[..., 2:]], -1))
    union = _area(one) + _area(other) - shared
    return torch.where(union > 0, shared / union.clamp(min=torch.finfo(union.dtype).tiny), torch.zeros_like(union))


def nms(boxes: Tensor, scores: Tensor, overlap: float = 0.5, classes: Tensor | None = None) -> Tensor:
    """Non-maximum suppression: which boxes (…, n, 4) stay, as truth values (…, n).

    From the highest score (…, n) down, a box goes when it overlaps one that stays by more than `overlap`; with
    `classes` (…, n), only one of its own class. Of equal scores, the first comes first.
    """
    order = scores.argsort(dim=-1, descending=True, stable=True)
    boxes = boxes.gather(-2, order.unsqueeze(-1).expand(boxes.shape))
    doubles = iou(boxes, boxes) > overlap
    if classes is not None:
        classes = classes.gather(-1, order)
        doubles &= classes.unsqueeze(-1) == classes.unsqueeze(-2)
    stays = torch.ones_like(scores, dtype=torch.bool)
    for index in range(scores.shape[-1] - 1):
        stays[..., index + 1 :] &= ~(doubles[..., index, index + 1 :] & stays[..., index, None])
    return torch.zeros_like(stays).scatter(-1, order, stays)


def average_precision(finds: Tensor, truth: Tensor, kind: int, overlap: float = 0.5) -> float:
    """Area below the precision of one class over its recall, at all points; NaN: there is no object of the class.

    M. Everingham et al., The PASCAL Visual Object Classes Challenge: A Retrospective, IJCV 2015, and the development
    kit of 2012: a find belongs to the object of its image that it overlaps most, is right from `overlap` on, and the
    best-scored of an object counts, the others are wrong; precision never rises with recall. Precision is taken at
    each distinct score, so that the order of equal scores does not matter.

    finds: (images, finds, 6), class, left, top, right, bottom, score. truth: (images, objects, 5), the same without
    the score. A class of −1 is no entry.
    """
    wanted, counted = truth[..., 0] == kind, finds[..., 0] == kind
    if not (objects := int(wanted.sum())):
        return math.nan
    scores = finds[..., 5][counted]
    if not len(scores):
        return 0.0
    overlaps = iou(finds[..., 1:5], truth[..., 1:5]).masked_fill(~wanted.unsqueeze(-2), -1.0)
    best, which = (value[counted] for value in overlaps.max(-1))
    order = scores.argsort(descending=True)
    places = (which + torch.arange(len(truth)).unsqueeze(-1).expand(counted.shape)[counted] * truth.shape[1])[order]
    hits = best[order] >= overlap
    ranks = torch.arange(len(order))
    first = torch.full((truth.shape[0] * truth.shape[1],), len(order))
    first.scatter_reduce_(0, places, torch.where(hits, ranks, len(order)), "amin")
    right = (first[places] == ranks).double().cumsum(0)
    ends = torch.cat([scores[order].diff() != 0, torch.ones(1, dtype=torch.bool)])
    recall, precision = right[ends] / objects, (right / (ranks + 1))[ends]
    precision = precision.flip(0).cummax(0).values.flip(0)
    return float((recall.diff(prepend=recall.new_zeros(1)) * precision).sum())


def mean_average_precision(finds: Tensor, truth: Tensor, overlap: float = 0.5) -> float:
    """Mean of the average precision of the classes of which there are objects; NaN: there is no object."""
    kinds = sorted({int(kind) for kind in truth[..., 0].flatten().tolist() if kind >= 0})
    return sum(average_precision(finds, truth, kind, overlap) for kind in kinds) / len(kinds) if kinds else math.nan


def enclosing_iou(first: Tensor, second: Tensor) -> Tensor:
    """Generalised intersection over union of pairs of boxes (…, 4), from −1 to 1: apart, it still says how far.

    H. Rezatofighi et al., Generalized Intersection over Union, CVPR 2019.
    """
    shared = _area(torch.cat([torch.maximum(first, second)[..., :2], torch.minimum(first, second)[..., 2:]], -1))
    union = _area(first) + _area(second) - shared
    around = _area(torch.cat([torch.minimum(first, second)[..., :2], torch.maximum(first, second)[..., 2:]], -1))
    return shared / union - (around - union) / around


def _area(boxes: Tensor) -> Tensor:
    sides = (boxes[..., 2:] - boxes[..., :2]).clamp(min=0)
    return sides[..., 0] * sides[..., 1]
