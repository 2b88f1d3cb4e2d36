"""Training, testing and serving of the reference workloads, repeatable on one machine."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from lca.errors import UsageError
from lca.languages import gettext
from lca.progress import Progress
from lca.workloads.workload import Workload, needed, seeded

if TYPE_CHECKING:
    from torch import Generator, Tensor
    from torch.nn import Module, Parameter


def fit(
    workload: Workload,
    model: Module,
    *,
    epochs: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
    rate: float | None = None,
    progress: Progress | None = None,
    loss: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> int:
    """Train in place and return the number of epochs done: those asked for, or as many as begin within `seconds`.

    Without either, the workload's own number. The same model, seed, epochs, number of threads and machine give the
    same weights; torch's own random state is left alone. Parameters that need no gradient stay, and so do the running
    statistics of normalisations that have only such. The model is left in evaluation mode. Raises UsageError.
    """
    torch = needed("torch")
    if epochs is not None and seconds is not None:
        raise UsageError(gettext("train for a number of seconds or for a number of epochs: give one of them"))
    total = seconds if seconds is not None else epochs if epochs is not None else workload.epochs
    highest, objective = workload.rate if rate is None else rate, loss or workload.loss
    optimiser = torch.optim.Adam(_free(model), lr=highest)
    shuffle = torch.Generator().manual_seed(seed)
    rows, done, started = len(workload.data().train_inputs), 0, time.perf_counter()

    def passed(steps: int = 0) -> float:
        return done + steps * workload.batch / rows if seconds is None else time.perf_counter() - started

    with seeded(seed), _learning(model):  # the seed is for layers that draw random numbers
        while passed() < total or (seconds and not done):  # however slow the machine, an epoch begins in any time
            for step, (inputs, targets) in enumerate(_epoch(workload, shuffle)):
                if workload.decay:
                    optimiser.param_groups[0]["lr"] = highest * _rate(passed(step) / total)
                optimiser.zero_grad()
                torch.autograd.backward(objective(model(inputs), targets))
                optimiser.step()
            done += 1
            if progress:
                progress(passed(), total, gettext("training, epoch {epoch}", epoch=done))
    return done


def batches(workload: Workload, *, epochs: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Training images and targets in the order in which `fit` shows them with this seed."""
    shuffle = needed("torch").Generator().manual_seed(seed)
    for _ in range(epochs):
        yield from _epoch(workload, shuffle)


def evaluate(workload: Workload, model: Module, *, batch: int = 256) -> dict[str, float]:
    """Quality of the model on all test images, in evaluation mode; the mode it had is given back.

    The model always sees `batch` images at once, the last time some of them again, as one exported for a fixed batch
    needs it; their answers are counted once.
    """
    torch = needed("torch")
    data = workload.data()
    count = len(data.test_inputs)
    with torch.no_grad(), _evaluating(model):
        outputs = [model(inputs) for inputs in _wrapped(data.test_inputs, batch)]
    return workload.quality(torch.cat(outputs)[:count], data.test_targets)


def requests(workload: Workload, batch: int, seed: int = 0) -> list[Tensor]:
    """Batches of exactly `batch` test images, shuffled, to be answered again and again.

    Every test image is in them; the last batch is filled up with the first images.
    """
    shuffle = needed("torch").Generator().manual_seed(seed)
    inputs = workload.data().test_inputs
    return _wrapped(inputs[needed("torch").randperm(len(inputs), generator=shuffle)], batch)


def transfer(source: Module, target: Module) -> Module:
    """Give `target` all parameters and buffers of `source` but those of the module `head`; `target` is returned.

    Raises UsageError where the two are not of the same shapes outside it.
    """
    given, wanted = (
        {name: value for name, value in model.state_dict().items() if name.partition(".")[0] != "head"}
        for model in (source, target)
    )
    if {name: value.shape for name, value in given.items()} != {name: value.shape for name, value in wanted.items()}:
        raise UsageError(
            gettext("the two networks differ in more than the head: transfer between networks of one width")
        )
    target.load_state_dict(given, strict=False)
    return target


def _epoch(workload: Workload, shuffle: Generator) -> Iterator[tuple[Tensor, Tensor]]:
    data = workload.data()
    rows = needed("torch").randperm(len(data.train_inputs), generator=shuffle)
    for first in range(0, len(rows), workload.batch):
        chosen = rows[first : first + workload.batch]
        yield data.train_inputs[chosen], data.train_targets[chosen]


def _wrapped(inputs: Tensor, batch: int) -> list[Tensor]:
    if batch < 1:
        raise UsageError(gettext("a batch of {batch} images cannot be answered: give at least 1", batch=batch))
    count = len(inputs)
    whole = math.ceil(count / batch) * batch
    rows = needed("torch").arange(whole) % count
    filled = inputs if whole == count else inputs[rows]
    return [filled[first : first + batch] for first in range(0, whole, batch)]


def _rate(share: float) -> float:
    """Share of the highest learning rate at this share of the training."""
    share = min(share, 1.0)
    return min(1.0, 0.05 + share / 0.1) * 0.5 * (1.0 + math.cos(math.pi * share))


def _free(model: Module) -> list[Parameter]:
    free = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not free:
        raise UsageError(gettext("nothing to train: no parameter of the model requires a gradient"))
    return free


@contextmanager
def _learning(model: Module) -> Iterator[None]:
    """Training mode, but for normalisations whose parameters are all frozen: their statistics are part of them."""
    _mode(model, training=True)
    for module in model.modules():
        own = list(module.parameters(recurse=False))
        if own and hasattr(module, "running_mean") and not any(parameter.requires_grad for parameter in own):
            module.eval()
    try:
        yield
    finally:
        _mode(model, training=False)


def _mode(model: Module, training: bool) -> None:
    with suppress(NotImplementedError):  # one made by torch.export keeps the mode in which it was exported
        model.train(training)


@contextmanager
def _evaluating(model: Module) -> Iterator[None]:
    before = [(module, module.training) for module in model.modules()]
    _mode(model, training=False)
    try:
        yield
    finally:
        for module, training in before:
            module.training = training
