"""Overlap, suppression of doubles and average precision: by hand, and what must hold of any boxes."""

from __future__ import annotations

import math
from random import Random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from lca.workloads.boxes import average_precision, enclosing_iou, iou, mean_average_precision, nms


def boxes(*rows: tuple[float, ...]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64).reshape(len(rows), -1)


sides = st.floats(0, 20, width=32)
corners = st.tuples(sides, sides, sides, sides).map(lambda c: (c[0], c[1], c[0] + c[2], c[1] + c[3]))
some = st.lists(corners, min_size=1, max_size=8).map(lambda rows: boxes(*rows))
solid = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 8), st.integers(1, 8)).map(
    lambda c: (c[0], c[1], c[0] + c[2], c[1] + c[3])
)


def test_iou_by_hand() -> None:
    """2 × 2 boxes one apart in both directions share 1 of 7; a box inside shares its area."""
    first = boxes((0, 0, 2, 2), (0, 0, 4, 4))
    second = boxes((1, 1, 3, 3), (2, 0, 4, 2), (5, 5, 6, 6))
    assert iou(first, second).tolist() == [[1 / 7, 0.0, 0.0], [4 / 16, 4 / 16, 0.0]]
    assert iou(boxes((1, 1, 1, 1)), boxes((1, 1, 1, 1))).item() == 0


def test_generalised_iou_by_hand() -> None:
    """Unit boxes with one unit between them: nothing shared, 2 of the 3 around them filled."""
    apart, same = boxes((0, 0, 1, 1)), boxes((2, 0, 3, 1))
    assert enclosing_iou(apart, same).item() == pytest.approx(-1 / 3)
    assert enclosing_iou(apart, apart).item() == 1


@given(some, some)
def test_iou_is_symmetric_and_a_share(first: Tensor, second: Tensor) -> None:
    overlap = iou(first, second)
    assert torch.equal(overlap, iou(second, first).T)
    assert overlap.min() >= 0 and overlap.max() <= 1
    with_area = (first[:, 2:] > first[:, :2]).all(1)
    assert torch.equal(iou(first, first).diagonal()[with_area], torch.ones(int(with_area.sum())).double())


def test_suppression_by_hand() -> None:
    """The second overlaps the first by 8/12; the third the second by as much, the first by 4/16 only."""
    found = boxes((0, 0, 10, 1), (2, 0, 12, 1), (4, 0, 14, 1))
    assert iou(found, found)[0].tolist() == [1, 8 / 12, 6 / 14]
    assert nms(found, torch.tensor([0.9, 0.8, 0.7])).tolist() == [True, False, True]
    assert nms(found, torch.tensor([0.8, 0.9, 0.7])).tolist() == [False, True, False]
    assert nms(found, torch.tensor([0.9, 0.8, 0.7]), overlap=0.4).tolist() == [True, False, False]
    apart = nms(found, torch.tensor([0.9, 0.8, 0.7]), classes=torch.tensor([0, 1, 0]))
    assert apart.tolist() == [True, True, True]


@given(some, st.randoms(use_true_random=False), st.floats(0.1, 0.9))
def test_suppression_is_idempotent_and_blind_to_order(found: Tensor, random: Random, overlap: float) -> None:
    scores = torch.linspace(1, 0.1, len(found))
    stays = nms(found, scores, overlap)
    assert bool(stays[0])
    assert bool(nms(found[stays], scores[stays], overlap).all())
    order = list(range(len(found)))
    random.shuffle(order)
    assert torch.equal(nms(found[order], scores[order], overlap), stays[order])


def test_suppression_of_many_images_at_once_equals_one_by_one() -> None:
    generator = torch.Generator().manual_seed(1)
    start = torch.rand(5, 12, 2, generator=generator) * 10
    found = torch.cat([start, start + torch.rand(5, 12, 2, generator=generator) * 8], -1)
    scores, classes = torch.rand(5, 12, generator=generator), torch.randint(0, 2, (5, 12), generator=generator)
    each = [nms(found[i], scores[i], 0.3, classes[i]) for i in range(5)]
    assert torch.equal(nms(found, scores, 0.3, classes), torch.stack(each))
    assert not torch.stack(each).all()


A, B = (0.0, 0.0, 2.0, 2.0), (10.0, 0.0, 12.0, 2.0)
NOWHERE = (20.0, 20.0, 22.0, 22.0)


def test_average_precision_by_hand() -> None:
    """Three objects in two images. By score: right, wrong, right, a double (wrong); one object is never found.

    Precision 1 at recall 1/3, 2/3 at recall 2/3: the area is 1/3 × 1 + 1/3 × 2/3.
    """
    truth = torch.tensor([[(0, *A), (0, *B)], [(0, *A), (-1, *B)]])
    found = torch.tensor([[(0, *A, 0.9), (0, *A, 0.6)], [(0, *NOWHERE, 0.8), (0, *A, 0.7)]])
    assert average_precision(found, truth, 0) == pytest.approx(1 / 3 + 1 / 3 * 2 / 3)


def test_precision_is_taken_from_the_right() -> None:
    """Wrong, right, right: precision 0, 1/2, 2/3; up to recall 1, the best that follows is 2/3."""
    truth = torch.tensor([[(1, *A), (1, *B)]])
    found = torch.tensor([[(1, *NOWHERE, 0.9), (1, *A, 0.8), (1, *B, 0.7)]])
    assert average_precision(found, truth, 1) == pytest.approx(2 / 3)


def test_a_find_counts_from_the_stated_overlap_on() -> None:
    truth = torch.tensor([[(0, 0.0, 0.0, 4.0, 1.0)]])
    found = torch.tensor([[(0, 0.0, 0.0, 3.0, 1.0, 0.5)]])
    assert average_precision(found, truth, 0, overlap=0.75) == 1
    assert average_precision(found, truth, 0, overlap=0.8) == 0


def test_of_no_object_there_is_no_precision() -> None:
    truth, nothing = torch.tensor([[(0, *A)]]), torch.tensor([[(-1, *A, 0.0)]])
    assert math.isnan(average_precision(nothing, truth, 1))
    assert average_precision(nothing, truth, 0) == 0
    assert mean_average_precision(nothing, truth) == 0
    assert math.isnan(mean_average_precision(nothing, torch.tensor([[(-1, *A)]])))


def test_the_mean_is_over_the_classes_that_there_are() -> None:
    truth = torch.tensor([[(0, *A), (2, *B)]])
    found = torch.tensor([[(0, *A, 0.9), (0, *B, 0.8), (1, *B, 0.7)]])
    assert mean_average_precision(found, truth) == pytest.approx((1 + 0) / 2)


def test_equal_scores_count_together() -> None:
    """One right and one wrong at the same score: precision 1/2 at recall 1, whichever is named first."""
    truth = torch.tensor([[(0, *A)]])
    rows = [(0, *A, 0.5), (0, *NOWHERE, 0.5)]
    assert [average_precision(torch.tensor([order]), truth, 0) for order in (rows, rows[::-1])] == [0.5, 0.5]


objects = st.lists(st.tuples(st.integers(0, 2), solid), min_size=1, max_size=3, unique_by=lambda o: o[1])


@given(st.lists(objects, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_perfect_finds_have_precision_one(images: list[list[tuple[int, tuple[int, ...]]]], random: Random) -> None:
    truth = torch.full((len(images), 3, 5), -1.0)
    for row, image in enumerate(images):
        for column, (kind, box) in enumerate(image):
            truth[row, column] = torch.tensor([kind, *box])
    scores = [[random.choice([0.3, 0.6, 0.9]) for _ in range(3)] for _ in images]
    found = torch.cat([truth, torch.tensor(scores).unsqueeze(-1)], -1)
    for overlap in (0.5, 0.95):
        assert mean_average_precision(found, truth, overlap) == pytest.approx(1)


rows = st.lists(st.tuples(st.integers(-1, 1), solid, st.sampled_from([0.2, 0.4, 0.6, 0.8])), min_size=4, max_size=4)


@given(
    st.lists(rows, min_size=3, max_size=3),
    st.lists(rows, min_size=3, max_size=3),
    st.permutations(range(4)),
    st.permutations(range(3)),
)
def test_neither_the_order_of_finds_nor_that_of_images_matters(
    found: list[list[tuple[int, tuple[int, ...], float]]],
    truth: list[list[tuple[int, tuple[int, ...], float]]],
    order: list[int],
    images: list[int],
) -> None:
    finds = torch.tensor([[(kind, *box, score) for kind, box, score in image] for image in found])
    wanted = torch.tensor([[(kind, *box) for kind, box, _ in image] for image in truth], dtype=torch.float32)
    expected = mean_average_precision(finds, wanted)
    for other in (
        mean_average_precision(finds[:, order], wanted),
        mean_average_precision(finds[images], wanted[images]),
    ):
        assert other == pytest.approx(expected, nan_ok=True)
    assert math.isnan(expected) or 0 <= expected <= 1
