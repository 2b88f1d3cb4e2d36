"""Modules that compression puts into a model. Imports torch: to be imported inside functions only."""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn
from torch._dynamo.exc import FailOnRecompileLimitHit
from torch._inductor.compile_fx import compile_fx
from torch.utils._pytree import tree_map

from lca.errors import UsageError
from lca.languages import gettext


class Float32Edge(nn.Module):
    """A model that computes in another precision and takes and returns float32."""

    def __init__(self, model: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.model, self.dtype, self.training = model, dtype, model.training

    def forward(self, *inputs: Any, **named: Any) -> Any:
        inputs, named = tree_map(lambda given: _to(given, torch.float32, self.dtype), (inputs, named))
        return tree_map(lambda made: _to(made, self.dtype, torch.float32), self.model(*inputs, **named))


class Converted(nn.Module):
    """An exported graph with quantised operations; it has no training mode."""

    def __init__(self, graph: nn.Module) -> None:
        super().__init__()
        self.graph = graph
        for module in self.modules():
            module.training = False

    def train(self, mode: bool = True) -> Converted:
        return self

    def forward(self, *inputs: Tensor) -> Any:
        return self.graph(*inputs)


class CompiledModel(nn.Module):
    """A model compiled by inductor for inference, its weights packed as constants; it has no training mode.

    Compiled as a whole or not at all: torch.compile runs what it gives up on as it was, without a word.
    """

    kinds = 64
    """Number of different shapes and types of input for which a model is compiled; more are refused."""

    def __init__(self, model: nn.Module, dynamic: bool | None = False) -> None:
        super().__init__()
        self.model, self.dynamic, self.graphs = model, dynamic, 0
        for module in self.modules():
            module.training = False
        self._start()

    def train(self, mode: bool = True) -> CompiledModel:
        return self

    def forward(self, *inputs: Any, **named: Any) -> Any:
        # the modes are set at every call, as torch compiles anew where they are others
        with torch.inference_mode(False), torch.no_grad():
            kind = (torch.get_num_threads(), *map(_kind, inputs))
            if kind in self._met and not named:
                return self._run(*inputs)
            # without freezing, quantised weights are not constants and the int8 kernels are not chosen; set around
            # the calls that may compile, and not around every one, which would take a fifth of a millisecond
            try:
                with torch._inductor.config.patch(freezing=True):
                    answered = self._run(*inputs, **named)
            except FailOnRecompileLimitHit:
                what = gettext("the compiled model met more than {kinds} kinds of input", kinds=self.kinds)
                raise UsageError(gettext("{what}: give batches of fewer sizes", what=what)) from None
            self._met.add(kind)
            return answered

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()  # type: ignore[no-untyped-call]
        return {name: value for name, value in state.items() if name not in ("_run", "_met")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._start()

    def _start(self) -> None:
        self._met: set[Any] = set()
        # isolated: otherwise all models of a class share one limit of 8, past which they run uncompiled
        compiler: Any = torch.compile  # its stubs lack the options of this version
        self._run = compiler(
            self._whole,
            backend=self._inductor,
            dynamic=self.dynamic,
            fullgraph=True,
            isolate_recompiles=True,
            recompile_limit=self.kinds,
        )

    def _whole(self, *inputs: Any, **named: Any) -> Any:
        return self.model(*inputs, **named)  # torch compiles no forward function of its own modules by itself

    def _inductor(self, graph: torch.fx.GraphModule, inputs: list[Tensor]) -> Any:
        self.graphs += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # inductor's, about the way it builds its own constants
            return compile_fx(graph, inputs)


class _Fixed:
    """A normalisation whose statistics stay what they are, also in training mode."""

    def train(self, mode: bool = True) -> Any:
        return super().train(False)  # type: ignore[misc]


class FixedBatchNorm1d(_Fixed, nn.BatchNorm1d):
    """Batch normalisation of 1-dimensional data with fixed statistics."""


class FixedBatchNorm2d(_Fixed, nn.BatchNorm2d):
    """Batch normalisation of images with fixed statistics."""


class FixedBatchNorm3d(_Fixed, nn.BatchNorm3d):
    """Batch normalisation of volumes with fixed statistics."""


FIXED: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: FixedBatchNorm1d,
    nn.BatchNorm2d: FixedBatchNorm2d,
    nn.BatchNorm3d: FixedBatchNorm3d,
}
"""What a batch normalisation becomes where it is frozen."""


def _kind(given: Any) -> Any:
    """What torch compiles anew for where it is another."""
    if not isinstance(given, Tensor):
        return repr(given)
    return given.shape, given.stride(), given.dtype, given.device, given.requires_grad


def _to(given: Any, of: torch.dtype, dtype: torch.dtype) -> Any:
    return given.to(dtype) if isinstance(given, Tensor) and given.dtype == of else given
