"""Channels removed from a network with all that depends on them, by torch-pruning's dependency graph."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from lca.compress.packages import needed
from lca.compress.running import Example, answer, checked, evaluating, first_line, randomness, shapes, tensors
from lca.errors import UsageError
from lca.languages import gettext

if TYPE_CHECKING:
    from torch.nn import Module


_PRODUCTS = ("Bmm", "Baddbmm", "ScaledDotProduct")
"""Beginnings of autograd's names for products of two activations, whose channels must match each other."""


class _Group(NamedTuple):
    """Channels that can only leave together with those of other layers, seen from the layer that makes them."""

    layer: Module
    prune: Any
    weakest: list[int]
    """The places of those to remove."""
    channels: int


def narrow(model: Module, fraction: float, example: Example, ignore: tuple[str, ...]) -> tuple[int, int]:
    """Remove channels from the model, in place: how many of how many. Raises UsageError, and MissingDependency."""
    torch, pruning = needed("torch"), needed("torch_pruning")
    before = shapes(model, example)
    with evaluating(model), randomness(model), _traceable(model), torch.inference_mode(False), torch.enable_grad():
        given = tuple(tensor.detach().clone() for tensor in (example if isinstance(example, tuple) else (example,)))
        kept = [*_fixed(model, given), *_named(model, ignore), *_attention(model)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                graph = pruning.DependencyGraph().build_dependency(model, example_inputs=given)
                groups = list(_groups(pruning, graph, kept, fraction))
                if not groups:
                    raise UsageError(
                        gettext("no channel of the model can be removed: all its layers make its output or are kept")
                    )
                _remove(graph, groups)
            except UsageError:
                raise
            except Exception as error:
                why = gettext(
                    "torch-pruning cannot remove channels from this model ({error})", error=str(first_line(error))
                )
                raise UsageError(gettext("{why}; name the layers concerned in ignore", why=why)) from error
    checked(model, example, before, "structured pruning")
    return sum(len(group.weakest) for group in groups), sum(group.channels for group in groups)


def _groups(pruning: Any, graph: Any, kept: list[Module], fraction: float) -> Iterator[_Group]:
    """Groups none of whose layers is kept. Each is ranked by itself, as the width of layers differs."""
    torch = needed("torch")
    importance = pruning.importance.GroupMagnitudeImportance(p=2, normalizer=None)
    roots = [torch.nn.modules.conv._ConvNd, torch.nn.Linear]
    for group in graph.get_all_groups(ignored_layers=kept, root_module_types=roots):
        scores = importance(group)
        if scores is None:
            continue
        parallel = max(_parallel(graph, item.dep) for item in group)
        rows = scores.detach().float().cpu().view(parallel, -1)
        width = rows.shape[1]
        count = min(round(fraction * width), width - 1)
        order = torch.sort(rows.mean(0), stable=True).indices[:count]
        weakest = sorted(int(place) + row * width for place in order for row in range(parallel))
        root = group[0].dep
        yield _Group(root.target.module, root.handler, weakest, len(scores))


def _parallel(graph: Any, dep: Any) -> int:
    """Number of groups into which the layer divides these channels; all must keep the same width."""
    layer = dep.target.module
    if getattr(layer, "groups", 1) in (1, getattr(layer, "out_channels", None)) and not hasattr(layer, "num_groups"):
        return 1  # an ordinary or a depthwise layer
    pruner = graph.get_pruner_of_module(layer)
    incoming = graph.is_in_channel_pruning_fn(dep.handler) and not graph.is_out_channel_pruning_fn(dep.handler)
    return int(pruner.get_in_channel_groups(layer) if incoming else pruner.get_out_channel_groups(layer))


def _remove(graph: Any, groups: list[_Group]) -> None:
    torch = needed("torch")
    with torch.no_grad():
        for group in groups:
            if group.weakest:
                graph.get_pruning_group(group.layer, group.prune, group.weakest).prune()


def _fixed(model: Module, given: tuple[Any, ...]) -> list[Module]:
    """The layers that make the output, and those whose outputs are multiplied with each other, as in attention."""
    torch = needed("torch")
    made_by: dict[Any, Module] = {}
    kinds = (torch.nn.Linear, torch.nn.modules.conv._ConvNd)
    handles = [
        module.register_forward_hook(lambda layer, _, made: made_by.__setitem__(made.grad_fn, layer))
        for module in model.modules()
        if isinstance(module, kinds)
    ]
    try:
        ends = [tensor.grad_fn for tensor in tensors(answer(model, given))]
    finally:
        for handle in handles:
            handle.remove()
    products = [made for made in _before(ends, set()) if made.name().startswith(_PRODUCTS)]
    ends += [earlier for made in products for earlier, _ in made.next_functions]
    return [made_by[made] for made in _before(ends, made_by.keys()) if made in made_by]


def _before(ends: list[Any], stops: Collection[Any]) -> list[Any]:
    """What these nodes of autograd's graph come from, themselves included, as far as the stops."""
    ahead, seen = list(ends), dict[Any, None]()
    while ahead:
        made = ahead.pop()
        if made is not None and made not in seen:
            seen[made] = None
            ahead += [] if made in stops else [earlier for earlier, _ in made.next_functions]
    return list(seen)


def _named(model: Module, ignore: Iterable[str]) -> list[Module]:
    modules = dict(model.named_modules())
    if unknown := sorted(set(ignore) - modules.keys()):
        raise UsageError(
            gettext(
                "ignore names no module of the model: {unknown}; see model.named_modules()", unknown=", ".join(unknown)
            )
        )
    return [inner for name in ignore for inner in modules[name].modules()]


def _attention(model: Module) -> list[Module]:
    torch = needed("torch")
    return [module for module in model.modules() if isinstance(module, torch.nn.MultiheadAttention)]


@contextmanager
def _traceable(model: Module) -> Iterator[None]:
    """All parameters take part in autograd, along which the layers are traced; afterwards those that did before."""
    trained = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
    for parameter in model.parameters():
        if parameter.is_floating_point():
            parameter.requires_grad_(True)
    try:
        yield
    finally:
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(trained[name])
