"""What a model weighs and what it computes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lca.compress.packages import needed
from lca.compress.running import Example, constant, first_line
from lca.errors import UsageError
from lca.languages import gettext

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module


@dataclass(frozen=True, slots=True)
class Profile:
    """The size of a model and its computation in one forward pass."""

    parameters: int
    """Number of parameters, a shared one counted once; quantised ones count as the numbers they stand for."""
    nonzero: int
    """Number of parameters that are not zero."""
    stored: int
    """Bytes of the tensors in the state dict: weights, statistics, scales and zero points. A zero takes its place."""
    computation: float | None
    """FLOP per item of the batch, 2 per multiply-add of matrix products, convolutions and attention; elementwise
    operations are not counted. None: there are operators whose work cannot be seen, as in integer arithmetic."""

    @property
    def sparsity(self) -> float:
        """Share of the parameters that are zero; NaN where there are none."""
        return 1 - self.nonzero / self.parameters if self.parameters else math.nan


def profile(model: Module, example: Example) -> Profile:
    """Parameters, bytes and computation of a model, quantised ones included; `example` is a batch of one or more items.

    The computation is what torch.utils.flop_counter sees of a forward pass in eval mode; a zero weight is multiplied
    like any other. Raises UsageError where the model does not take the example, and MissingDependency.
    """
    operations = needed("lca.compress.counting").operations
    first = example[0] if isinstance(example, tuple) and example else example
    if not isinstance(first, needed("torch").Tensor) or not first.dim() or not len(first):
        raise UsageError(
            gettext("the example holds no item: give a tensor, or a tuple of tensors, with at least one item")
        )
    try:
        computation = operations(model, example)
    except Exception as error:
        raise UsageError(
            gettext("the model does not take the example: {error}", error=str(first_line(error)))
        ) from error
    parameters = nonzero = 0
    for values in _parameters(model):
        parameters += values.numel()
        nonzero += int(values.count_nonzero())
    return Profile(parameters, nonzero, _stored(model), None if computation is None else computation / len(first))


def _parameters(model: Module) -> Iterator[Tensor]:
    """The parameters as the numbers that they stand for."""
    for parameter in model.parameters():
        values = parameter.detach()
        yield values.dequantize() if hasattr(values, "__tensor_flatten__") else values
    graph_module = needed("torch.fx").GraphModule
    for module in model.modules():
        if isinstance(module, graph_module):
            yield from _dequantised(module)


def _dequantised(graph: Any) -> Iterator[Tensor]:
    """The weights of an exported quantised model: constants that its graph dequantises."""
    seen = set[str]()
    for node in graph.graph.nodes:
        if node.op != "call_function" or not str(node.target).startswith("quantized_decomposed.dequantize_per_"):
            continue
        source = node.args[0]
        if getattr(source, "op", "") == "get_attr" and source.target not in seen:
            seen.add(source.target)
            yield node.target(*(constant(graph, given) for given in node.args), **node.kwargs)


def _stored(model: Module) -> int:
    tensor = needed("torch").Tensor
    values = model.state_dict(keep_vars=True).values()
    return sum(map(_bytes, {id(value): value for value in values if isinstance(value, tensor)}.values()))


def _bytes(tensor: Any) -> int:
    if hasattr(tensor, "__tensor_flatten__"):  # a quantised tensor is made of others
        return sum(_bytes(getattr(tensor, part)) for part in tensor.__tensor_flatten__()[0])
    return int(tensor.numel() * tensor.element_size())
