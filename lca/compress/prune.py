"""Pruning: weights set to zero by magnitude, whole channels removed, and lottery tickets."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from lca.compress.compressed import Compressed
from lca.compress.layers import prunable, without_transposed
from lca.compress.narrow import narrow
from lca.compress.packages import needed
from lca.compress.running import Example, Tune, copied, percent, share, tuned
from lca.errors import UsageError
from lca.languages import gettext

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

    Masks = dict[str, Tensor]


def magnitude(model: Module, fraction: float, *, tune: Tune | None = None, embeddings: bool = False) -> Compressed:
    """Set the `fraction` of all weights of linear layers and convolutions to zero that is smallest in magnitude.

    Ranked over the whole network; biases and normalisation are left alone (S. Han, J. Pool, J. Tran and W. J. Dally,
    Learning both Weights and Connections for Efficient Neural Networks, NeurIPS 2015). round(fraction × weights) are
    zero, and stay so while `tune` trains the others. Tables of embeddings, and layers that share them, count only with
    `embeddings`, a shared one once. The tensors keep their shapes: neither the bytes stored nor the
    computation of a dense kernel becomes less. Raises UsageError.
    """
    share(fraction)
    made = copied(model)
    layers = prunable(made, embeddings)
    masks = _smallest({name: layer.weight.detach().abs() for name, layer in layers.items()}, fraction)
    _zero(made, masks)
    steps = [f"unstructured pruning, {percent(fraction)} of the weights by magnitude ({_counted(masks)} are zero)"]
    if tune:
        _tune_masked(made, masks, tune)
        steps.append("fine-tuned, the pruned weights staying zero")
    return Compressed(made, tuple(steps))


def channels(
    model: Module, fraction: float, example: Example, *, ignore: Iterable[str] = (), tune: Tune | None = None
) -> Compressed:
    """Remove the `fraction` of the channels of every layer that has the smallest norm: the layers become smaller.

    Channels that belong together, through a skip connection, a concatenation or a normalisation, leave together, ranked
    by the mean of their squared norms (H. Li et al., Pruning Filters for Efficient ConvNets, ICLR 2017; groups found by
    torch-pruning: G. Fang et al., DepGraph, CVPR 2023). Of n channels, or n per group of a grouped layer,
    round(fraction × n) are removed, never all. The layers that make the output or the inputs of
    attention, those named in `ignore`, and what is tied to them keep theirs. A network whose code holds widths, or
    that takes channels apart again, is refused where it no longer runs. Raises UsageError, and MissingDependency.
    """
    share(fraction)
    made = copied(model)
    prunable(made)
    without_transposed(made)
    if len(list(made.named_parameters(remove_duplicate=False))) > len(list(made.parameters())):
        raise UsageError(gettext("layers of the model share weights, which pruning channels would tell apart"))
    removed, total = narrow(made, fraction, example, tuple(ignore))
    counted = f"{removed:,} of {total:,} removed" if removed else f"none of {total:,} removed"
    steps = [f"structured pruning, {percent(fraction)} of the channels ({counted})"]
    if tune:
        tuned(made, tune)
        steps.append("fine-tuned")
    return Compressed(made, tuple(steps))


def lottery(model: Module, initial: Mapping[str, Tensor], fraction: float, rounds: int, tune: Tune) -> Compressed:
    """Find a winning ticket: prune a trained model by magnitude in rounds, each time rewinding to its initial state.

    `model` is trained, `initial` its state_dict from before the training. In round i of n, 1 − (1 − fraction)^(i/n) of
    the weights are zero, what is left returns to its initial value, and `tune` trains it (J. Frankle and M. Carbin, The
    Lottery Ticket Hypothesis, ICLR 2019, strategy 1 of its appendix B, with global ranking). Raises UsageError.
    """
    share(fraction)
    if isinstance(rounds, bool) or not isinstance(rounds, int) or rounds < 1:
        raise UsageError(gettext("rounds {rounds!r}: give a whole number from 1", rounds=rounds))
    made = copied(model)
    start = _matching(made, initial)
    masks: Masks = {}
    for done in range(1, rounds + 1):
        scores = {name: layer.weight.detach().abs() for name, layer in prunable(made).items()}
        for name, pruned in masks.items():  # what is pruned stays so, even where a surviving weight is zero too
            scores[name][pruned] = -1.0
        masks = _smallest(scores, fraction if done == rounds else 1 - (1 - fraction) ** (done / rounds))
        made.load_state_dict(start)
        _zero(made, masks)
        _tune_masked(made, masks, tune)
    rewound = "1 round" if rounds == 1 else f"{rounds} rounds"
    words = f"lottery ticket, {percent(fraction)} of the weights by magnitude ({_counted(masks)} are zero)"
    return Compressed(made, (f"{words}, {rewound}, rewound to the initial state and trained again",))


def _smallest(scores: Masks, fraction: float) -> Masks:
    """Where the smallest scores are, round(fraction × all) of them; of equal ones, the first."""
    torch = needed("torch")
    flat = torch.cat([score.flatten().cpu() for score in scores.values()])
    count = round(fraction * len(flat))
    if count == len(flat):
        raise UsageError(
            gettext(
                "fraction {fraction!r} leaves none of the {count:,} weights: prune less",
                fraction=fraction,
                count=len(flat),
            )
        )
    pruned = torch.zeros(len(flat), dtype=torch.bool)
    pruned[torch.sort(flat, stable=True).indices[:count]] = True
    parts = pruned.split([score.numel() for score in scores.values()])
    return {name: part.view(score.shape) for (name, score), part in zip(scores.items(), parts, strict=True)}


def _counted(masks: Masks) -> str:
    return f"{sum(int(mask.sum()) for mask in masks.values()):,} of {sum(mask.numel() for mask in masks.values()):,}"


def _zero(model: Module, masks: Masks) -> None:
    """Raises UsageError where a layer that has a mask is no longer there."""
    for name, pruned in masks.items():
        try:
            weight = operator.attrgetter(f"{name}.weight" if name else "weight")(model)
        except AttributeError:
            weight = None
        if weight is None or weight.shape != pruned.shape:
            raise UsageError(
                gettext("tune replaced the layer {name!r}: let it train the layers that the model has", name=name)
            )
        weight.data.masked_fill_(pruned.to(weight.device), 0.0)


def _tune_masked(model: Module, masks: Masks, tune: Tune) -> None:
    with _held(model, masks):
        tuned(model, tune)
    _zero(model, masks)


@contextmanager
def _held(model: Module, masks: Masks) -> Iterator[None]:
    """No gradient reaches the pruned weights, and whatever else was written to them is zero when they are used."""
    handles = []
    for name, pruned in masks.items():
        layer = model.get_submodule(name)
        handles.append(layer.register_forward_pre_hook(partial(_before, pruned)))
        weight: Any = layer.weight
        if weight.requires_grad:
            handles.append(weight.register_hook(partial(_without, pruned)))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _before(pruned: Tensor, layer: Any, _: object) -> None:
    # .data: a write that autograd would see makes a second forward pass before the backward pass an error
    layer.weight.data.masked_fill_(pruned.to(layer.weight.device), 0.0)


def _without(pruned: Tensor, gradient: Tensor) -> Tensor:
    return gradient.masked_fill(pruned.to(gradient.device), 0.0)


def _matching(model: Module, initial: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A copy of the initial state. Raises UsageError unless it has the model's names and shapes."""
    state = model.state_dict()
    names = sorted(state.keys() ^ initial.keys())
    names += sorted(name for name in state.keys() & initial.keys() if state[name].shape != initial[name].shape)
    if names:
        raise UsageError(
            gettext("the initial state does not fit the model: it differs in {names}", names=", ".join(names))
        )
    return {name: value.detach().clone() for name, value in initial.items()}
