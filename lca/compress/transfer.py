"""Transfer: a trained network gets a new last layer for another task."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from lca.compress.compressed import Compressed
from lca.compress.layers import every, replace
from lca.compress.packages import needed
from lca.compress.running import copied, randomness
from lca.errors import UsageError
from lca.languages import gettext

if TYPE_CHECKING:
    from torch.nn import Module


def transfer(
    pretrained: Module, head: Module | int, *, frozen: bool = True, layer: str | None = None, seed: int = 0
) -> Compressed:
    """Replace the last layer by a module, or by a fresh layer of its kind for a number of classes.

    The last layer is the linear layer or convolution that the model defines last, unless `layer` names another. Frozen,
    the other parameters require no gradient and batch normalisation keeps its statistics in training mode too. A fresh
    layer is initialised from the seed. Raises UsageError.
    """
    made = copied(pretrained)
    layers = every(made)
    if not layers:
        raise UsageError(gettext("the model has no linear layer or convolution to replace"))
    name = list(layers)[-1] if layer is None else layer
    if name not in layers:
        raise UsageError(
            gettext("no layer that can be replaced: {name}; there are {layers}", name=name, layers=", ".join(layers))
        )
    old = layers[name]
    if isinstance(head, needed("torch").nn.Module):
        new = copy.deepcopy(head)
        _fits(old, new, name)
    else:
        new = _fresh(old, head, seed)
    if frozen:
        _freeze(made)
    made = replace(made, old, new)
    words = "the rest frozen" if frozen else "the rest to be trained too"
    return Compressed(made, (f"transfer, layer {name!r} replaced by {_words(new)}, {words}",))


def _fresh(old: Any, classes: Any, seed: int) -> Any:
    torch = needed("torch")
    if isinstance(classes, bool) or not isinstance(classes, int) or classes < 1:
        raise UsageError(
            gettext("head {classes!r}: give a module or a whole number of classes from 1", classes=classes)
        )
    placed = {"bias": old.bias is not None, "device": old.weight.device, "dtype": old.weight.dtype}
    with randomness(old, seed):
        if isinstance(old, torch.nn.Linear):
            new = torch.nn.Linear(old.in_features, classes, **placed)
        elif old.transposed or old.groups != 1:
            raise UsageError(
                gettext("the last layer is a grouped or transposed convolution: give the head as a module")
            )
        else:
            shape = {"stride": old.stride, "padding": old.padding, "dilation": old.dilation}
            mode = {"padding_mode": old.padding_mode}
            new = type(old)(old.in_channels, classes, old.kernel_size, **shape, **mode, **placed)
    return new.train(old.training)


def _fits(old: Any, new: Any, name: str) -> None:
    """Raises UsageError where a head of the same kind takes another number of inputs."""
    for attribute in ("in_features", "in_channels"):
        takes, gets = getattr(new, attribute, None), getattr(old, attribute, None)
        if None not in (takes, gets) and takes != gets:
            raise UsageError(
                gettext(
                    "the head takes {takes} inputs and layer {name!r}, which it replaces, {gets}",
                    takes=takes,
                    name=name,
                    gets=gets,
                )
            )


def _freeze(model: Module) -> None:
    fixed = needed("lca.compress.modules").FIXED
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    for module in model.modules():
        if type(module) in fixed:
            module.__class__ = fixed[type(module)]
            module.train(False)


def _words(module: Any) -> str:
    """The layer with its inputs and outputs; the class alone of anything else."""
    sizes = [getattr(module, attribute, None) for attribute in ("in_features", "out_features")]
    if None in sizes:
        sizes = [getattr(module, attribute, None) for attribute in ("in_channels", "out_channels")]
    kind = type(module).__name__
    return kind if None in sizes else f"{kind}({sizes[0]}, {sizes[1]})"
