"""A smaller model and what was done to it, and several techniques one after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lca.errors import UsageError
from lca.languages import gettext

if TYPE_CHECKING:
    from torch.nn import Module


@dataclass(frozen=True, slots=True)
class Compressed:
    """A model that a technique has made out of another one, which it has left as it was."""

    model: Module
    steps: tuple[str, ...]
    """What was done, in words and in order."""


def compose(model: Module, *functions: Callable[[Module], Compressed]) -> Compressed:
    """Apply the functions in this order, each to the model that the one before has made; their steps follow each other.

    With no function, the model itself with no steps. Raises UsageError where a function returns anything else than
    Compressed.
    """
    steps: tuple[str, ...] = ()
    for position, function in enumerate(functions, 1):
        done = function(model)
        if not isinstance(done, Compressed):
            raise UsageError(
                gettext(
                    "function {position} of compose returned {name} and not Compressed",
                    position=position,
                    name=type(done).__name__,
                )
            )
        model, steps = done.model, steps + done.steps
    return Compressed(model, steps)
