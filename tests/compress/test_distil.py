from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from digit_images import Digits
from hypothesis import given
from hypothesis import strategies as st
from small_nets import made
from torch import Tensor, nn

from lca.compress.distil import _Softened, distil
from lca.errors import UsageError


def small(seed: int = 0) -> nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 10)).eval()


@given(
    st.lists(st.floats(-5, 5), min_size=3, max_size=3),
    st.lists(st.floats(-5, 5), min_size=3, max_size=3),
    st.floats(0.5, 10),
    st.floats(0, 1),
    st.integers(0, 2),
)
def test_the_loss_is_hintons(
    said: list[float], told: list[float], temperature: float, weight: float, label: int
) -> None:
    def softmax(logits: list[float], t: float) -> list[float]:
        powers = [math.exp(logit / t) for logit in logits]
        return [power / sum(powers) for power in powers]

    teacher, student = softmax(told, temperature), softmax(said, temperature)
    divergence = sum(p * math.log(p / q) for p, q in zip(teacher, student, strict=True))
    expected = weight * temperature**2 * divergence - (1 - weight) * math.log(softmax(said, 1)[label])
    found = _Softened(temperature, weight)(torch.tensor([said]), torch.tensor([told]), torch.tensor([label]))
    assert float(found) == pytest.approx(expected, rel=1e-3, abs=1e-4)


def test_a_map_is_the_mean_over_its_pixels() -> None:
    said, told = torch.randn(2, 3, 4, 5), torch.randn(2, 3, 4, 5)
    labels = torch.randint(0, 3, (2, 4, 5))
    rows = [tensor.movedim(1, -1).reshape(-1, 3) for tensor in (said, told)]
    loss = _Softened(4.0, 0.5)
    assert float(loss(said, told, labels)) == pytest.approx(float(loss(*rows, labels.flatten())), rel=1e-5)


def test_a_student_learns_from_the_teacher_alone(digits: Digits, trained: nn.Module) -> None:
    nonsense = ((images, torch.zeros_like(labels)) for images, labels in digits.batches(6))
    done = distil(trained, small(), nonsense, weight=1.0, rate=3e-3)
    assert digits.accuracy(done.model) > 0.8 > digits.accuracy(small())
    assert done.steps == ("distillation from a teacher of 38,282 parameters, temperature 4, weight 1, 270 batches",)
    assert not done.model.training and all(parameter.grad is None for parameter in done.model.parameters())


def test_the_teacher_matters(digits: Digits, trained: nn.Module, initial: nn.Module) -> None:
    good, bad = (
        distil(teacher, small(), digits.batches(3), weight=1.0, rate=3e-3).model for teacher in (trained, initial)
    )
    assert digits.accuracy(good) > digits.accuracy(bad) + 0.3


def test_the_seed_decides_and_nothing_else(digits: Digits, trained: nn.Module) -> None:
    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        return iter([(digits.images[:32], digits.labels[:32])] * 3)

    once = distil(trained, small(), batches(), seed=1).model[1].weight  # type: ignore[index]
    torch.rand(3)
    again = distil(trained, small(), batches(), seed=1).model[1].weight  # type: ignore[index]
    other = distil(trained, small(), batches(), seed=2).model[1].weight  # type: ignore[index]
    assert torch.equal(once, again) and not torch.equal(once, other)


def test_a_segmenting_student() -> None:
    model, images = made("unet")
    labels = torch.randint(0, 2, (4, 16, 16))
    student = nn.Conv2d(3, 2, 3, padding=1)
    batches = [(images, labels)] * 20
    done = distil(model, student, batches, weight=1.0, rate=1e-2).model
    before, after = ((net(images) - model(images)).square().mean() for net in (student, done))
    assert after < before


def test_a_detector_needs_a_loss_of_its_own() -> None:
    model, images = made("detector")
    labels = torch.zeros(4)
    with pytest.raises(UsageError, match="the student returns a tuple and not one tensor of logits: give a loss"):
        distil(model, made("detector", seed=1)[0], [(images, labels)])

    def loss(said: Any, told: Any, _: Tensor) -> Tensor:
        return torch.stack([(ours - theirs).square().mean() for ours, theirs in zip(said, told, strict=True)]).sum()

    student = made("detector", seed=1)[0]
    done = distil(model, student, [(images, labels)] * 20, loss=loss, rate=1e-2)
    assert done.steps[0].startswith("distillation from a teacher of 7,444 parameters, by a loss of its own, 20 batches")
    assert loss(done.model(images), model(images), labels) < loss(student(images), model(images), labels)


def test_frozen_parameters_of_the_student_stay() -> None:
    student = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2))
    student[0].requires_grad_(False)
    done: Any = distil(nn.Linear(4, 2), student, [(torch.randn(8, 4), torch.zeros(8, dtype=torch.long))]).model
    assert torch.equal(done[0].weight, student[0].weight) and not torch.equal(done[1].weight, student[1].weight)


ITEM = (torch.randn(8, 4), torch.zeros(8, dtype=torch.long))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0}, "temperature 0: give a finite number above 0"),
        ({"temperature": float("nan")}, "temperature nan: give a finite"),
        ({"temperature": float("inf")}, "temperature inf: give a finite"),
        ({"rate": -1.0}, "rate -1.0: give a finite number above 0"),
        ({"weight": 1.1}, "weight 1.1: give a number from 0 to 1"),
        ({"weight": float("nan")}, "weight nan: give a number from 0 to 1"),
        ({"weight": "half"}, "weight 'half': give a number from 0 to 1"),
        ({"batches": []}, r"there are no batches: give \(inputs, labels\) at least once, and no used-up iterator"),
        ({"student": nn.Linear(4, 3)}, r"student and teacher return shapes \(8, 3\) and \(8, 2\): both must be"),
        ({"student": nn.Linear(4, 2).requires_grad_(False)}, "the student has no parameter that requires a gradient"),
        ({"batches": [(ITEM[0], torch.full((8,), 2))]}, "labels go from 2 to 2: give classes from 0 to 1"),
        ({"batches": [(ITEM[0], torch.ones(8))]}, r"labels are torch.float32 of shape \(8,\): give class numbers"),
        ({"batches": [(ITEM[0], torch.ones(8).int())]}, r"labels are torch.int32 of shape \(8,\): give class numbers"),
        ({"batches": [(ITEM[0], [1] * 8)]}, r"labels are a list: give a tensor of class numbers of shape \(8,\)"),
        ({"batches": [(ITEM[0], torch.ones(8, 2))]}, r"labels are torch.float32 of shape \(8, 2\)"),
        ({"batches": [(ITEM[0] * float("nan"), ITEM[1])]}, "the loss is nan in batch 1: lower the rate or check"),
        ({"loss": lambda said, told, labels: said}, r"the loss has shape \(8, 2\): let it return one number"),
    ],
)
def test_what_is_refused(options: dict[str, Any], message: str) -> None:
    given_student = options.pop("student", nn.Linear(4, 2))
    batches = options.pop("batches", [ITEM])
    with pytest.raises(UsageError, match=message):
        distil(nn.Linear(4, 2), given_student, batches, **options)
