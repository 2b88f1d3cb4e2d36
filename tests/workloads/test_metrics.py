"""Accuracy and intersection over union, by hand and for any prediction."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lca.workloads.metrics import accuracy, mean_iou
from lca.workloads.workload import workload

pixels = st.lists(st.integers(0, 3), min_size=12, max_size=12)


def test_two_by_two_pixels_by_hand() -> None:
    """One of two pixels of class 0 is taken for class 1: 1/2 of class 0, 2/3 of class 1; class 2 is nowhere."""
    truth, predicted = torch.tensor([[[0, 0], [1, 1]]]), torch.tensor([[[0, 1], [1, 1]]])
    assert mean_iou(predicted, truth, 3) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert mean_iou(truth, truth, 3) == 1
    assert math.isnan(mean_iou(truth[:0], truth[:0], 3))


def test_a_class_that_is_only_predicted_counts_as_zero() -> None:
    assert mean_iou(torch.tensor([2, 1]), torch.tensor([1, 1]), 3) == pytest.approx((1 / 2 + 0) / 2)


@given(pixels, pixels, st.permutations(range(12)))
def test_the_order_of_the_pixels_does_not_matter(predicted: list[int], truth: list[int], order: list[int]) -> None:
    one, other = torch.tensor(predicted), torch.tensor(truth)
    assert mean_iou(one[order], other[order], 4) == pytest.approx(mean_iou(one, other, 4))
    assert mean_iou(one, other, 4) == pytest.approx(mean_iou(other, one, 4))
    assert 0 <= mean_iou(one, other, 4) <= 1 == mean_iou(one, one, 4)


def test_accuracy_by_hand() -> None:
    scores = torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
    assert accuracy(scores, torch.tensor([1, 0, 0, 0])) == 0.75


def test_qualities_name_their_metrics_and_the_first_is_the_stated_one() -> None:
    """Scores that say the right class of each pixel, but for one of 1024 pixels of the background."""
    segmentation = workload("segmentation")
    truth = torch.zeros(1, 32, 32, dtype=torch.long)
    truth[0, :16] = 2
    scores = torch.nn.functional.one_hot(truth, 5).movedim(-1, 1).float()
    scores[0, :, 31, 31] = torch.tensor([0.0, 0.0, 1.0, 0.0, 0.0])
    quality = segmentation.quality(scores, truth)
    assert list(quality) == ["IoU", "pixel accuracy"] and segmentation.metric == "IoU"
    assert quality["pixel accuracy"] == pytest.approx(1023 / 1024)
    assert quality["IoU"] == pytest.approx((511 / 512 + 512 / 513) / 2)
    classification = workload("shapes")
    assert classification.quality(torch.eye(10), torch.arange(10)) == {"accuracy": 1.0}
