"""Low-rank factorisation: a layer becomes two thinner ones, by the truncated singular value decomposition."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lca.compress.compressed import Compressed
from lca.compress.layers import as_linear, every, replace, replaceable
from lca.compress.packages import needed
from lca.compress.running import Example, checked, copied, percent, shapes
from lca.errors import UsageError
from lca.languages import gettext

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module


def low_rank(
    model: Module,
    *,
    rank: int | Mapping[str, int] | None = None,
    energy: float | None = None,
    ignore: Iterable[str] = (),
    example: Example | None = None,
) -> Compressed:
    """Replace linear layers and 2-dimensional convolutions by two of rank r, the best approximation of their weights.

    A linear layer n → m becomes n → r → m; a convolution becomes r filters of its own size and a 1 × 1 convolution
    (X. Zhang, J. Zou, K. He and J. Sun, Accelerating Very Deep Convolutional Networks for Classification and Detection,
    TPAMI 2016, without the nonlinearity). `rank` is one for all layers, or one for each layer named; `energy` gives
    each layer the least rank that keeps this share, above 0 and up to 1, of the squared singular values. A layer whose
    factors would hold more parameters is left alone unless `rank` is its full rank. With an `example`, the result is
    tried on it. Raises UsageError, where a rank is above the full rank of a layer for each of them.
    """
    if (rank is None) == (energy is None):
        raise UsageError(gettext("give a rank or the energy to keep: one of them"))
    if energy is not None and not (isinstance(energy, numbers.Real) and 0 < energy <= 1):
        raise UsageError(gettext("energy {energy!r}: give a number above 0 and up to 1", energy=energy))
    made = as_linear(copied(model))
    total = len(every(made))
    before = None if example is None else shapes(made, example)
    layers = _layers(made, rank, set(ignore))
    wanted = {} if rank is None else _ranks(layers, rank)
    done = []
    for name, layer in layers.items():
        left, values, right = _decomposed(name, layer)
        kept = wanted[name] if rank is not None else _least(values, float(energy or 1))
        asked_in_full = rank is not None and kept == len(values)
        if asked_in_full or _held(layer, kept) <= layer.weight.numel():
            done.append(kept)
            root = values[:kept].sqrt()
            made = replace(made, layer, _pair(layer, left[:, :kept] * root, root[:, None] * right[:kept]))
    if example is not None and before is not None:
        checked(made, example, before, "factorisation")
    return Compressed(made, (_words(done, total, energy),))


def _words(done: list[int], total: int, energy: float | None) -> str:
    how = "" if energy is None else f", {percent(energy)} of the squared singular values kept"
    span = "" if not done else f" (rank {min(done)}" + (f" to {max(done)})" if min(done) != max(done) else ")")
    return f"low-rank factorisation of {len(done)} of {total} layers{span}{how}"


def _layers(model: Module, rank: int | Mapping[str, int] | None, ignore: set[str]) -> dict[str, Any]:
    """The layers to factorise. Raises UsageError where there are none, or for names that are none of them."""
    torch = needed("torch")
    known = {
        name: layer
        for name, layer in replaceable(model).items()
        if type(layer) is torch.nn.Linear or (type(layer) is torch.nn.Conv2d and layer.groups == 1)
    }
    if not known:
        raise UsageError(gettext("the model has no linear layer or 2-dimensional convolution that can be factorised"))
    asked = {str(name) for name in rank} if isinstance(rank, Mapping) else set[str]()
    if isinstance(rank, Mapping) and not rank:
        raise UsageError(gettext("rank names no layer: give the rank of some of {known}", known=", ".join(known)))
    if unknown := sorted((asked | ignore) - known.keys()):
        raise UsageError(
            gettext(
                "no layer that can be factorised: {unknown}; there are {known}",
                unknown=", ".join(unknown),
                known=", ".join(known),
            )
        )
    return {name: layer for name, layer in known.items() if name not in ignore and (not asked or name in asked)}


def _ranks(layers: Mapping[str, Any], rank: int | Mapping[str, int]) -> dict[str, int]:
    """Raises UsageError for every layer that has no such rank."""
    wanted = {name: rank[name] if isinstance(rank, Mapping) else rank for name in layers}
    wrong = []
    for name, number in wanted.items():
        full = min(layers[name].weight.flatten(1).shape)
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            wrong.append(gettext("layer {name!r}: rank {number!r} is no whole number from 1", name=name, number=number))
        elif number > full:
            wrong.append(
                gettext(
                    "layer {name!r}: rank {number} is above its full rank {full}", name=name, number=number, full=full
                )
            )
    if wrong:
        raise UsageError("\n".join(dict.fromkeys(wrong)))
    return wanted


def _decomposed(name: str, layer: Any) -> tuple[Tensor, Tensor, Tensor]:
    """The weight as a matrix, outputs × inputs: left vectors in columns, singular values, right vectors in rows."""
    torch = needed("torch")
    if not torch.isfinite(layer.weight).all():
        raise UsageError(gettext("layer {name!r} has weights that are not finite numbers", name=name))
    with torch.no_grad(), _one_thread():
        left, values, right = torch.linalg.svd(layer.weight.flatten(1).double(), full_matrices=False)
    return left, values, right


@contextmanager
def _one_thread() -> Iterator[None]:
    # on two cores, two threads took three to ten times as long for this decomposition as one
    torch = needed("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _least(values: Tensor, energy: float) -> int:
    """The least rank, at least 1, that keeps this share of the squared singular values."""
    torch = needed("torch")
    kept = values.square().cumsum(0)
    return min(int(torch.searchsorted(kept, energy * kept[-1])) + 1, len(values))


def _held(layer: Any, rank: int) -> int:
    return int(rank * sum(layer.weight.flatten(1).shape))


def _pair(layer: Any, left: Tensor, right: Tensor) -> Module:
    """Two layers with these matrices, the second with the bias of the one."""
    torch = needed("torch")
    nn, rank, weight = torch.nn, len(right), layer.weight
    placed = {"device": weight.device, "dtype": weight.dtype}
    new, bias = nn.utils.skip_init, layer.bias is not None
    if type(layer) is nn.Linear:
        first = new(nn.Linear, layer.in_features, rank, bias=False, **placed)
        second = new(nn.Linear, rank, layer.out_features, bias=bias, **placed)
    else:
        size = {"kernel_size": layer.kernel_size, "stride": layer.stride, "padding": layer.padding}
        mode = {"dilation": layer.dilation, "padding_mode": layer.padding_mode}
        first = new(nn.Conv2d, layer.in_channels, rank, bias=False, **size, **mode, **placed)
        second = new(nn.Conv2d, rank, layer.out_channels, 1, bias=bias, **placed)
    with torch.no_grad():
        first.weight.copy_(right.view_as(first.weight))
        second.weight.copy_(left.view_as(second.weight))
    if bias:
        second.bias = layer.bias
    for factor in (first, second):
        factor.weight.requires_grad_(weight.requires_grad)
    pair: Module = nn.Sequential(first, second)
    return pair.train(layer.training)
