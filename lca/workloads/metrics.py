"""How many classes are right, of images and of pixels. Importing this module imports torch."""

from __future__ import annotations

import torch
from torch import Tensor


def accuracy(outputs: Tensor, targets: Tensor) -> float:
    """Share of the highest scores (n, classes, …) that are at the right class (n, …)."""
    return float((outputs.argmax(1) == targets).double().mean())


def mean_iou(predicted: Tensor, truth: Tensor, classes: int) -> float:
    """Mean over the classes of intersection over union of the pixels, all images taken together.

    As the PASCAL VOC challenge defines it (M. Everingham et al., IJCV 2010, section 4.2), background included. A class
    that neither has is left out; NaN where none is left.
    """
    pairs = torch.bincount((truth * classes + predicted).flatten(), minlength=classes * classes).double()
    confusion = pairs.reshape(classes, classes)
    right = confusion.diagonal()
    either = confusion.sum(0) + confusion.sum(1) - right
    return float((right[either > 0] / either[either > 0]).mean())
