"""Drawn data: the same everywhere, balanced, and targets that are where the objects are."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lca.workloads import detection, segmentation, shapes
from lca.workloads.drawing import SHAPES, Scenes, Style, scenes
from lca.workloads.workload import NAMES, SIZES, TRANSFER, workload

DRAWN = ("shapes", "shapes-source", "segmentation", "detection")
HASH = """
import sys, hashlib
from lca.workloads.workload import workload
data = workload(sys.argv[1]).data()
parts = (data.train_inputs, data.train_targets, data.test_inputs, data.test_targets)
print(hashlib.sha256(b"".join(part.numpy().tobytes() for part in parts)).hexdigest())
"""


def hashed(drawn: Scenes) -> str:
    return hashlib.sha256(drawn.images.tobytes() + drawn.kinds.tobytes() + drawn.masks.tobytes()).hexdigest()


def test_the_same_seed_draws_the_same_images() -> None:
    style = Style(objects=(1, 3))
    first, again, other = (scenes(seed, 140, 16, shapes.NAMES, style) for seed in ((1, 2), (1, 2), (1, 3)))
    assert hashed(first) == hashed(again) != hashed(other)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES + TRANSFER)
def test_every_process_has_the_same_data(name: str) -> None:
    data = workload(name).data()
    parts = (data.train_inputs, data.train_targets, data.test_inputs, data.test_targets)
    here = hashlib.sha256(b"".join(part.numpy().tobytes() for part in parts)).hexdigest()
    done = subprocess.run([sys.executable, "-c", HASH, name], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == here


@pytest.mark.parametrize("name", NAMES + TRANSFER)
def test_data_are_made_once_and_are_what_they_say(name: str) -> None:
    made = workload(name)
    data = made.data()
    assert made.data().train_inputs is data.train_inputs
    assert workload(name).data().test_targets is data.test_targets
    for inputs, targets in ((data.train_inputs, data.train_targets), (data.test_inputs, data.test_targets)):
        assert len(inputs) == len(targets) and inputs.dtype is torch.float32
        assert inputs.min() >= 0 and inputs.max() <= 1


@pytest.mark.parametrize("name", ["shapes", "shapes-source", "shapes-few"])
def test_each_class_is_as_frequent_as_the_others(name: str) -> None:
    data = workload(name).data()
    for targets in (data.train_targets, data.test_targets):
        assert torch.bincount(targets).tolist() == [len(targets) // 10] * 10


@pytest.mark.parametrize("name", DRAWN)
def test_no_test_image_is_trained_on(name: str) -> None:
    data = workload(name).data()
    train = {image.numpy().tobytes() for image in data.train_inputs}
    assert len(train) == len(data.train_inputs)
    assert not train & {image.numpy().tobytes() for image in data.test_inputs}


def test_few_images_are_some_of_the_shapes() -> None:
    few, whole = workload("shapes-few").data(), workload("shapes").data()
    count = len(few.train_inputs)
    assert count < len(whole.train_inputs) / 2
    assert torch.equal(few.train_inputs, whole.train_inputs[:count]) and few.test_inputs is whole.test_inputs
    assert not set(shapes.NAMES) & set(shapes.SOURCE)


def test_several_objects_of_every_class_are_there() -> None:
    data = workload("detection").data()
    kinds = data.train_targets[..., 0]
    per_image = (kinds >= 0).sum(1)
    assert {1, 2, 3, 4} == set(per_image.tolist())
    shares = torch.bincount(kinds[kinds >= 0].long()) / (kinds >= 0).sum()
    assert shares.tolist() == pytest.approx([0.25] * 4, abs=0.02)
    masks = workload("segmentation").data().train_targets
    assert masks.unique().tolist() == [0, 1, 2, 3, 4]


def test_boxes_hold_their_objects_by_hand() -> None:
    masks = np.zeros((1, 2, 6, 6), dtype=bool)
    masks[0, 0, 1:3, 2:6] = True
    drawn = Scenes(np.zeros((1, 3, 6, 6), np.uint8), np.array([[3, -1]]), masks)
    assert detection._objects(drawn).tolist() == [[[3, 2, 1, 6, 3], [-1, 0, 0, 0, 0]]]


def test_a_later_object_hides_an_earlier_one_by_hand() -> None:
    masks = np.zeros((1, 3, 2, 3), dtype=bool)
    masks[0, 0, 0], masks[0, 1, :, 1] = True, True
    drawn = Scenes(np.zeros((1, 3, 2, 3), np.uint8), np.array([[0, 3, -1]]), masks)
    assert segmentation._classes(drawn).tolist() == [[[1, 4, 1], [0, 4, 0]]]


def test_objects_are_brighter_than_the_ground_where_the_mask_says_so() -> None:
    style = Style(ground=0.3, bright=0.7, hidden=0.0, noise=0.02)
    drawn = scenes((5,), 40, 32, tuple(SHAPES), style)
    bright = drawn.images.mean(1) / 255
    inside, outside = bright[drawn.masks[:, 0]], bright[~drawn.masks[:, 0]]
    assert inside.mean() - outside.mean() > 0.5
    assert (inside < 0.5).mean() < 0.03 and (outside > 0.5).mean() < 0.03  # the outline's pixels are mixed


@pytest.mark.parametrize("name", sorted(SHAPES))
@settings(max_examples=5)
@given(angle=st.floats(0, 2 * np.pi))
def test_shapes_have_an_inside_and_end(name: str, angle: float) -> None:
    """Each covers between a fifth and the whole of its circle, and nothing beyond 1.1 radii."""
    line = np.linspace(-1.5, 1.5, 151)
    u, v = np.meshgrid(line, line)
    inside = SHAPES[name](np.cos(angle) * u + np.sin(angle) * v, np.cos(angle) * v - np.sin(angle) * u) < 0
    assert 0.2 < inside.mean() * 9 / np.pi < 1
    assert not inside[np.hypot(u, v) > 1.1].any()


@pytest.mark.parametrize("size", SIZES)
def test_a_workload_says_what_it_is_without_making_its_data(size: str) -> None:
    for name in NAMES + TRANSFER:
        made = workload(name, size)
        assert (made.name, made.size) == (name, size)
        assert made.correct in (made.metric, None) and made.metric in ("accuracy", "IoU", "mAP")
        assert made.epochs > 0 and made.rate > 0 and made.batch > 0 and "image" in made.service
