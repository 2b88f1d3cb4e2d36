"""From the grid of the network to boxes and back, with numbers that can be followed."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from lca.workloads.detection import decode
from lca.workloads.workload import workload

UNSURE = -8.0


def inverse(cells: float) -> float:
    """The number that softplus makes this one."""
    return math.log(math.expm1(cells))


def grid(*objects: tuple[int, float, float, float, float, float], rows: int = 8, columns: int = 8) -> Tensor:
    """Outputs that say exactly these objects, class, box and logit of the score, at the cell next to the middle."""
    outputs = torch.full((1, 8, rows, columns), UNSURE)
    for kind, left, top, right, bottom, logit in objects:
        column, row = int((left + right) / 16), int((top + bottom) / 16)
        x, y = 8 * column + 4, 8 * row + 4
        outputs[0, kind, row, column] = logit
        for place, distance in enumerate((x - left, y - top, right - x, bottom - y)):
            outputs[0, 4 + place, row, column] = inverse(distance / 8)
    return outputs


def test_a_cell_decodes_to_its_box_by_hand() -> None:
    """Of a grid of 4 rows and 6 columns, so that the two cannot be mixed up."""
    found = decode(grid((2, 26.0, 3.0, 39.0, 17.0, 2.0), rows=4, columns=6))
    assert found.shape == (1, 24, 6)
    assert found[0, 0].tolist() == pytest.approx([2, 26, 3, 39, 17, 1 / (1 + math.exp(-2))], abs=1e-4)
    assert (found[0, 1:, 0] == -1).all()


def test_the_best_of_overlapping_boxes_of_a_class_stays() -> None:
    """The first overlaps the second by 14/24 and goes; the third, of another class, does so by 13/25 and stays."""
    objects = [(0, 4.0, 8.0, 23.0, 24.0, 1.0), (0, 9.0, 8.0, 28.0, 24.0, 3.0), (1, 15.0, 8.0, 34.0, 24.0, 2.0)]
    found = decode(grid(*objects))[0]
    kept = found[found[:, 0] >= 0]
    assert kept[:, 0].tolist() == [0, 1]
    assert kept[0, 1:5].tolist() == pytest.approx([9, 8, 28, 24], abs=1e-4)
    assert kept[:, 5].tolist() == pytest.approx([1 / (1 + math.exp(-3)), 1 / (1 + math.exp(-2))])


def test_right_outputs_have_full_quality_and_the_least_loss() -> None:
    objects = [(0, 5.0, 6.0, 20.0, 21.0), (3, 30.0, 33.0, 50.0, 60.0), (1, 40.0, 2.0, 58.0, 16.0)]
    truth = torch.full((1, 4, 5), -1.0)
    truth[0, :3] = torch.tensor(objects)
    right = grid(*((*row, 8.0) for row in objects))
    task = workload("detection")
    assert task.quality(right, truth) == pytest.approx({"mAP": 1.0, "mAP 0.5:0.95": 1.0})
    wrong_class = grid(*(((row[0] + 1) % 4, *row[1:], 8.0) for row in objects))
    assert task.quality(wrong_class, truth) == {"mAP": 0.0, "mAP 0.5:0.95": 0.0}
    shifted = grid(*((row[0], row[1] - 2.5, row[2], row[3] - 2.5, row[4], 8.0) for row in objects))
    quality = task.quality(shifted, truth)
    assert quality["mAP"] == 1 > quality["mAP 0.5:0.95"] > 0.3
    losses = [float(task.loss(outputs, truth)) for outputs in (right, shifted, wrong_class)]
    assert losses == sorted(losses) and losses[0] < losses[1] < losses[2]


def test_the_loss_of_one_object_by_hand() -> None:
    """One object in the middle of a cell, found there alone: scores of 1/2 cost ln 2 for each class of 64 cells.

    The box is half as wide as it should be: overlap and generalised overlap are 1/2.
    """
    truth = torch.tensor([[(1.0, 12.0, 16.0, 28.0, 24.0)]])
    outputs = torch.zeros(1, 8, 8, 8)
    outputs[0, 4:, 2, 2] = torch.tensor([inverse(0.5), inverse(0.5), inverse(0.5), inverse(0.5)])
    expected = 64 * 4 * math.log(2) + (1 - 1 / 2)
    assert float(workload("detection").loss(outputs, truth)) == pytest.approx(expected)


def test_images_without_objects_cost_only_their_scores() -> None:
    task = workload("detection")
    nothing = torch.tensor([[(-1.0, 0.0, 0.0, 0.0, 0.0)]])
    outputs = torch.zeros(1, 8, 8, 8, requires_grad=True)
    loss = task.loss(outputs, nothing)
    assert loss.item() == pytest.approx(64 * 4 * math.log(2))
    loss.backward()
    assert outputs.grad is not None and outputs.grad.isfinite().all() and (outputs.grad[0, 4:] == 0).all()
