"""Running a model without leaving a trace: its modes, its gradients and torch's random state stay what they were."""

from __future__ import annotations

import copy
import functools
import math
import numbers
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from lca.compress.packages import needed
from lca.errors import UsageError
from lca.languages import gettext

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

Example: TypeAlias = "Tensor | tuple[Tensor, ...]"
"""What a model is called with: one tensor, or several by position; the first dimension counts the items."""
Tune: TypeAlias = "Callable[[Module], None]"
"""Fine-tunes a model in place."""


def copied(model: Module) -> Module:
    """A deep copy, of which autograd can make use wherever it is made."""
    with warnings.catch_warnings(), needed("torch").inference_mode(False):
        warnings.simplefilter("ignore", FutureWarning)  # torch's own, from copying the trees of an exported graph
        return copy.deepcopy(model)


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """Every module in eval mode; afterwards each in the mode it was in."""
    modes = {module: module.training for module in model.modules()}
    for module in modes:
        module.training = False
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def randomness(model: Module, seed: int | None = None) -> Iterator[None]:
    """Random numbers drawn inside, from the seed where one is given, do not change torch's random state."""
    torch = needed("torch")
    devices = sorted({p.device.index or 0 for p in model.parameters() if p.device.type == "cuda"})
    with torch.random.fork_rng(devices=devices):
        if seed is not None:
            torch.default_generator.manual_seed(seed)
            for device in devices:
                torch.cuda.default_generators[device].manual_seed(seed)
        yield


def answer(model: Module, example: Example) -> Any:
    """What the model returns for the example."""
    return model(*example) if isinstance(example, tuple) else model(example)


def tensors(answered: Any) -> list[Tensor]:
    """The tensors of an answer, in tuples, lists and dictionaries too."""
    torch = needed("torch")
    leaves = needed("torch.utils._pytree").tree_leaves(answered)
    return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]


def shapes(model: Module, example: Example) -> list[tuple[int, ...]]:
    """The shapes of the tensors that the model returns for the example, in eval mode.

    Raises UsageError where it does not take the example.
    """
    try:
        return _shapes(model, example)
    except Exception as error:
        raise UsageError(
            gettext("the model does not take the example: {error}", error=str(first_line(error)))
        ) from error


def checked(model: Module, example: Example, expected: list[tuple[int, ...]], what: str) -> Module:
    """The model. Raises UsageError unless it returns tensors of the expected shapes for the example."""
    try:
        shapes = _shapes(model, example)
    except Exception as error:
        raise UsageError(
            gettext("the model does not run after {what}: {error}", what=what, error=str(first_line(error)))
        ) from error
    if shapes != expected:
        raise UsageError(
            gettext(
                "the model returns tensors of shapes {shapes} after {what}, and {expected} before",
                shapes=shapes,
                what=what,
                expected=expected,
            )
        )
    return model


def _shapes(model: Module, example: Example) -> list[tuple[int, ...]]:
    with evaluating(model), randomness(model), needed("torch").no_grad():
        return [tuple(tensor.shape) for tensor in tensors(answer(model, example))]


def tuned(model: Module, tune: Tune) -> None:
    """Let `tune` change the model; its modes afterwards are what they were, its gradients are dropped.

    Raises UsageError where `tune` returns another model.
    """
    modes = {name: module.training for name, module in model.named_modules()}
    torch = needed("torch")
    with randomness(model), torch.inference_mode(False), torch.enable_grad():
        returned: object = tune(model)  # type: ignore[func-returns-value]
    if isinstance(returned, needed("torch").nn.Module) and returned is not model:
        raise UsageError(gettext("tune returned another model: let it change in place the one it is given"))
    for name, module in model.named_modules():
        module.training = modes.get(name, model.training)
    model.zero_grad(set_to_none=True)


def share(value: float, what: str = "fraction") -> float:
    """The value. Raises UsageError unless it is a number from 0 to below 1."""
    if isinstance(value, numbers.Real) and math.isfinite(value) and 0 <= value < 1:
        return float(value)
    raise UsageError(gettext("{what} {value!r}: give a number from 0 to below 1", what=what, value=value))


def percent(value: float) -> str:
    """0.5 as "50 %"."""
    return f"{100 * value:.6g} %"


def first_line(error: BaseException) -> str:
    """The class of an error and the first line of its message."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def constant(graph: Any, given: Any) -> Any:
    """The tensor that a node of an exported graph reads; anything else as it is."""
    if getattr(given, "op", "") != "get_attr":
        return given
    return functools.reduce(getattr, given.target.split("."), graph)
