"""The layers of a model that techniques know: linear layers and convolutions that hold a plain weight of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lca.compress.packages import needed
from lca.errors import UsageError
from lca.languages import gettext

if TYPE_CHECKING:
    from torch.nn import Module

_CONV1D = "transformers.pytorch_utils"
_CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict"})


def every(model: Module) -> dict[str, Any]:
    """Linear layers and convolutions of any dimension, by name."""
    nn = needed("torch").nn
    kinds = (nn.Linear, nn.modules.conv._ConvNd)
    return {name: module for name, module in model.named_modules() if isinstance(module, kinds)}


def weighted(model: Module) -> dict[str, Any]:
    """Those of `every` with a plain weight, a shared weight under its first name only."""
    layers, seen = {}, set[int]()
    for name, layer in every(model).items():
        if plain(layer) and id(layer.weight) not in seen:
            seen.add(id(layer.weight))
            layers[name] = layer
    return layers


def prunable(model: Module, embeddings: bool = False) -> dict[str, Any]:
    """Those of `weighted`, and `transposed` ones, but those whose weight is a table of embeddings.

    With `embeddings`, these too, and the tables; a weight that is tied counts once, under its first name.

    Raises UsageError where there are none, and where a weight is not plain.
    """
    if others := [name for name, layer in every(model).items() if not plain(layer)]:
        words = gettext("the weight is quantised or computed from other parameters: prune before")
        raise UsageError(f"{words} ({', '.join(others)})")
    kind = needed("torch").nn.Embedding
    tables = {name: module for name, module in model.named_modules() if isinstance(module, kind) and plain(module)}
    known = {id(module.weight) for module in tables.values()}
    layers = {name: layer for name, layer in weighted(model).items() if id(layer.weight) not in known}
    layers |= transposed(model)
    if embeddings:
        layers |= {name: table for name, table in {id(t.weight): (n, t) for n, t in reversed(tables.items())}.values()}
    if layers:
        return layers
    raise UsageError(
        gettext("the model has no linear layer or convolution to prune; prune before converting or compiling")
    )


def transposed(model: Module) -> dict[str, Any]:
    """The Conv1D of transformers, of GPT-2 and its kin: linear layers whose weight is the other way round."""
    named = {name: module for name, module in model.named_modules() if type(module).__name__ == "Conv1D"}
    return {name: module for name, module in named.items() if type(module).__module__ == _CONV1D and plain(module)}


def without_transposed(model: Module) -> None:
    """Raise UsageError where the model has `transposed` layers: the technique would pass them over in silence."""
    if unknown := list(transposed(model)):
        words = gettext(
            "layers Conv1D of transformers, which this technique does not know: write them as torch.nn.Linear before"
        )
        raise UsageError(gettext("the model has {words} ({unknown})", words=words, unknown=", ".join(unknown[:3])))


def as_linear(model: Module) -> Module:
    """Put a linear layer of the same weights in place of every `transposed` one; returns the model, or the layer."""
    torch = needed("torch")
    for layer in transposed(model).values():
        inputs, outputs = layer.weight.shape
        placed = {"device": layer.weight.device, "dtype": layer.weight.dtype}
        new = torch.nn.utils.skip_init(torch.nn.Linear, inputs, outputs, **placed)
        new.weight = torch.nn.Parameter(layer.weight.detach().t().contiguous(), layer.weight.requires_grad)
        new.bias = layer.bias
        model = replace(model, layer, new.train(layer.training))
    return model


def plain(layer: Any) -> bool:
    """Whether the layer's weight is an ordinary floating-point parameter, not quantised or computed from others."""
    torch = needed("torch")
    weight = dict(layer.named_parameters(recurse=False, remove_duplicate=False)).get("weight")
    return weight is not None and type(weight) is torch.nn.Parameter and weight.is_floating_point()


def untied(model: Module) -> dict[str, Any]:
    """Those of `weighted` whose weight is under one name only."""
    owners: dict[int, set[int]] = {}
    for parent in model.modules():
        for parameter in parent.parameters(recurse=False):
            owners.setdefault(id(parameter), set()).add(id(parent))
    return {name: layer for name, layer in weighted(model).items() if len(owners[id(layer.weight)]) == 1}


def replaceable(model: Module) -> dict[str, Any]:
    """Those of `untied` for which another module can stand in.

    Left out: layers inside a composite module of torch itself (multi-head attention, transformer layers), which reads
    their weights past their forward function.
    """
    inside = {
        id(child)
        for parent in model.modules()
        if type(parent).__module__.startswith("torch.nn.") and type(parent).__name__ not in _CONTAINERS
        for child in parent.modules()
        if child is not parent
    }
    return {name: layer for name, layer in untied(model).items() if id(layer) not in inside}


def replace(model: Module, old: Module, new: Module) -> Module:
    """Put the new module wherever the model holds the old one; returns the model, or the new one if it was all."""
    if model is old:
        return new
    for path, child in list(model.named_modules(remove_duplicate=False)):
        if child is old:
            model.set_submodule(path, new)
    return model
