"""Workloads, reference ones and those of the user: a small network, the data it learns, and how well it does."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from lca.errors import UsageError
from lca.languages import gettext, gettext_noop
from lca.optional import package

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

NAMES = ("digits", "shapes", "segmentation", "detection")
"""Of images."""
TEXT = ("text", "text-generation")
"""Characters read, and characters written, each by a small transformer."""
TRANSFER = ("shapes-source", "shapes-few")
"""Ten other shapes to learn from first, and `shapes` with few images to learn from; the network is that of `shapes`."""
REFERENCE = NAMES + TEXT + TRANSFER
"""Everything that a plan may name without a module of its own."""
SIZES = ("small", "medium", "large")
"""Training on one CPU thread takes seconds, about a minute, several minutes."""


@dataclass(frozen=True, slots=True)
class Data:
    """Inputs (images, channels, height, width), pixels from 0 to 1, and what is right for them.

    Inputs of text: tokens (sequences, characters), whose targets are the next ones. Targets of classification: classes
    (images). Of segmentation: the class of every pixel (images, height, width), 0
    is the background. Of detection: (images, objects, 5), class, left, top, right, bottom in pixels, class −1 where
    there is no object. The tensors are shared by all who ask: do not change them.
    """

    train_inputs: Tensor
    train_targets: Tensor
    test_inputs: Tensor
    test_targets: Tensor


@dataclass(frozen=True, slots=True)
class Workload:
    """A task for a network, and the usual way to train it."""

    name: str
    size: str
    service: str
    """What one inference delivers."""
    metric: str
    """The quality named first, such as "accuracy", "IoU" or "mAP"."""
    correct: str | None
    """The metric that is the share of results that are right; None: there is no such share."""
    network: Callable[..., Module]
    """`network(seed=0, width=1.0)`: untrained; `width` scales the number of channels."""
    data: Callable[[], Data]
    """The same data in every process; made once in each."""
    loss: Callable[[Tensor, Tensor], Tensor]
    """Of outputs and targets, to be made small."""
    quality: Callable[[Tensor, Tensor], dict[str, float]]
    """Of outputs and targets; the first metric is `metric`."""
    epochs: int
    rate: float
    """Highest learning rate of the Adam optimiser."""
    batch: int
    decay: bool = True
    """Whether the rate rises over the first tenth of the training and then falls to zero along half a cosine."""
    answer: Callable[[Module, Tensor], object] | None = None
    """How a batch of requests is answered; None: by one forward pass."""
    results: int = 1
    """Inferences that one item of a request delivers: of a network that writes, its tokens."""


def workload(name: str, size: str = "small") -> Workload:
    """The reference workload of this name and size, or the one that `module:function` of a registered file makes.

    Raises UsageError for one that does not exist, and MissingDependency where torch (for the digits, their data too)
    is absent.
    """
    if made := own(name, size):
        return made
    wrong = [
        gettext(message, given=given, known=", ".join(known))
        for message, given, known in (
            (gettext_noop("no workload {given!r}: use one of {known}"), name, REFERENCE),
            (gettext_noop("no size {given!r}: use one of {known}"), size, SIZES),
        )
        if given not in known
    ]
    if wrong:
        raise UsageError("; ".join(wrong))
    needed("torch")
    defined: Workload = import_module(f"lca.workloads.{name.partition('-')[0]}").define(name, size)
    return defined


_OWN: dict[str, ModuleType] = {}
"""Modules of the user's, by name: only files that the user named are run, whatever a plan says."""
_NAME = re.compile(r"([A-Za-z_]\w*):([A-Za-z_]\w*)", re.ASCII)


def register(file: str | Path) -> None:
    """Run a Python file of the user's, `my_module.py`, whose functions a plan may name: `my_module:make`.

    `make(size)` returns a Workload. Raises UsageError for what is no such file; what the file raises is the user's.
    """
    path = Path(file)
    spec = spec_from_file_location(path.stem, path) if path.suffix == ".py" and path.is_file() else None
    if spec is None or spec.loader is None:
        raise UsageError(
            gettext("{path} is no Python file: give the path of the module that makes the workload", path=str(path))
        )
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    _OWN[path.stem] = module


def files() -> tuple[Path, ...]:
    """The Python files of the user's that were registered."""
    return tuple(Path(module.__file__) for module in _OWN.values() if module.__file__)


def own(name: str, size: str) -> Workload | None:
    """The workload that `module:function` makes; None: it is no such name.

    Raises UsageError for a module that was not registered, or a function that makes none.
    """
    named = _NAME.fullmatch(name)
    if named is None:
        return None
    module, function = named[1], named[2]
    if module not in _OWN:
        raise UsageError(
            gettext(
                "{name}: nothing of this name was allowed to run: add --module {module}.py", name=name, module=module
            )
        )
    make = getattr(_OWN[module], function, None)
    made = make(size) if callable(make) else None
    if not isinstance(made, Workload):
        raise UsageError(gettext("{name}({size!r}) made no lca.workloads.workload.Workload", name=name, size=size))
    return replace(made, name=file_name(name), size=size)


def file_name(name: str) -> str:
    """The name of a workload as files bear it."""
    return name.replace(":", "-")


needed = partial(package, needs=gettext_noop("the workloads need"), extra="torch")
"""The module of an optional package. Raises MissingDependency."""


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """torch draws random numbers from this seed; afterwards, its random state is what it was."""
    torch = needed("torch")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def scaled(channels: tuple[int, ...], width: float) -> tuple[int, ...]:
    """The numbers of channels times `width`, at least one each. Raises UsageError."""
    if not 0 < width < float("inf"):
        raise UsageError(gettext("a network cannot be {width:g} times as wide: give a width above 0", width=width))
    return tuple(max(1, round(width * count)) for count in channels)
