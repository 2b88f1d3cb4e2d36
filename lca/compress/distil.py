"""Distillation: a small network learns from the outputs of a large one."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from lca.compress.compressed import Compressed
from lca.compress.packages import needed
from lca.compress.running import copied, evaluating, randomness
from lca.errors import UsageError
from lca.languages import gettext

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module


def distil(
    teacher: Module,
    student: Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    *,
    temperature: float = 4.0,
    weight: float = 0.5,
    rate: float = 1e-3,
    loss: Callable[[Any, Any, Tensor], Tensor] | None = None,
    seed: int = 0,
) -> Compressed:
    """Train a copy of the student on what the teacher says: weight × T² KL(teacher ‖ student) + (1 − weight) × CE.

    Both softened by the temperature T in the first term; the second is the cross-entropy with the labels (G. Hinton,
    O. Vinyals and J. Dean, Distilling the Knowledge in a Neural Network, 2015). Outputs are class logits with the
    classes in dimension 1, so (items, classes), or (items, classes, height, width) for a segmentation: the mean is
    taken over items and pixels. Anything else, such as a detector's tuple, needs its own
    `loss(student output, teacher output, labels)`, which leaves temperature and weight to it. One pass over `batches`
    of (inputs, labels) by Adam at this learning rate: give an iterable as long as the training. Raises UsageError.
    """
    for name, value, low, high in (("temperature", temperature, 0, math.inf), ("rate", rate, 0, math.inf)):
        if not (isinstance(value, numbers.Real) and low < value < high):
            raise UsageError(gettext("{name} {value!r}: give a finite number above 0", name=name, value=value))
    if not (isinstance(weight, numbers.Real) and 0 <= weight <= 1):
        raise UsageError(gettext("weight {weight!r}: give a number from 0 to 1", weight=weight))
    pupil, modes = copied(student), {name: module.training for name, module in student.named_modules()}
    if not any(parameter.requires_grad for parameter in pupil.parameters()):
        raise UsageError(gettext("the student has no parameter that requires a gradient: nothing can be learnt"))
    measure = loss or _Softened(temperature, weight)
    torch = needed("torch")
    with randomness(pupil, seed), evaluating(teacher), torch.inference_mode(False), torch.enable_grad():
        pupil.train()
        steps = _train(teacher, pupil, batches, rate, measure)
    for name, module in pupil.named_modules():
        module.training = modes[name]
    pupil.zero_grad(set_to_none=True)
    large = sum(parameter.numel() for parameter in teacher.parameters())
    how = "by a loss of its own" if loss else f"temperature {temperature:g}, weight {weight:g}"
    shown = f"{steps:,} batch" + "es" * (steps > 1)
    return Compressed(pupil, (f"distillation from a teacher of {large:,} parameters, {how}, {shown}",))


def _train(
    teacher: Module,
    pupil: Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    rate: float,
    measure: Callable[[Any, Any, Tensor], Tensor],
) -> int:
    torch = needed("torch")
    optimiser = torch.optim.Adam([p for p in pupil.parameters() if p.requires_grad], lr=rate)
    steps = 0
    for steps, (inputs, labels) in enumerate(batches, 1):
        with torch.no_grad():
            answered = teacher(inputs)
        optimiser.zero_grad()
        lost: Any = measure(pupil(inputs), answered, labels)
        if lost.dim():
            raise UsageError(gettext("the loss has shape {shape}: let it return one number", shape=tuple(lost.shape)))
        if not torch.isfinite(lost):
            raise UsageError(
                gettext(
                    "the loss is {lost} in batch {steps}: lower the rate or check the inputs",
                    lost=lost.item(),
                    steps=steps,
                )
            )
        lost.backward()
        optimiser.step()
    if not steps:
        raise UsageError(gettext("there are no batches: give (inputs, labels) at least once, and no used-up iterator"))
    return steps


class _Softened:
    """Hinton's loss of logits with the classes in dimension 1."""

    def __init__(self, temperature: float, weight: float) -> None:
        self.temperature, self.weight = temperature, weight

    def __call__(self, said: Any, answered: Any, labels: Tensor) -> Tensor:
        functional = needed("torch.nn.functional")
        _check(said, answered, labels)
        soft, own = (functional.log_softmax(logits / self.temperature, 1) for logits in (answered, said))
        divergence = functional.kl_div(own, soft, reduction="none", log_target=True).sum(1).mean()
        learnt: Tensor = self.weight * self.temperature**2 * divergence
        if self.weight < 1:
            learnt = learnt + (1 - self.weight) * functional.cross_entropy(said, labels)
        return learnt


def _check(said: Any, answered: Any, labels: Tensor) -> None:
    tensor = needed("torch").Tensor
    for who, output in (("student", said), ("teacher", answered)):
        if not isinstance(output, tensor):
            kind = type(output).__name__
            raise UsageError(
                gettext(
                    "the {who} returns a {kind} and not one tensor of logits: give a loss for such outputs",
                    who=who,
                    kind=kind,
                )
            )
    if said.shape != answered.shape or said.dim() < 2:
        shapes = f"{tuple(said.shape)} and {tuple(answered.shape)}"
        raise UsageError(
            gettext("student and teacher return shapes {shapes}: both must be (items, classes, ...)", shapes=shapes)
        )
    expected = (said.shape[0], *said.shape[2:])
    if not isinstance(labels, tensor):
        raise UsageError(
            gettext(
                "labels are a {name}: give a tensor of class numbers of shape {expected}",
                name=type(labels).__name__,
                expected=expected,
            )
        )
    if tuple(labels.shape) != expected or labels.dtype != needed("torch").int64:
        raise UsageError(
            gettext(
                "labels are {dtype} of shape {shape}: give class numbers (int64) of shape {expected}",
                dtype=labels.dtype,
                shape=tuple(labels.shape),
                expected=expected,
            )
        )
    if bool(((labels >= said.shape[1]) | (labels < 0) & (labels != -100)).any()):
        raise UsageError(
            gettext(
                "labels go from {labels_min} to {labels_max}: give classes from 0 to {shape}",
                labels_min=labels.min(),
                labels_max=labels.max(),
                shape=said.shape[1] - 1,
            )
        )
