"""Static quantisation of an exported graph (PyTorch 2 export). Imports torch and torchao: for use inside functions."""

from __future__ import annotations

import functools
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor
from torch.fx import GraphModule
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86

from lca.compress.modules import Converted
from lca.compress.running import constant, evaluating, first_line, randomness
from lca.errors import UsageError
from lca.languages import gettext

_LAYERS = ("aten.linear.", "aten.conv1d.", "aten.conv2d.", "aten.conv3d.", "aten.conv_transpose", "aten.convolution.")


def converted(model: torch.nn.Module, batches: list[Tensor], reduced: bool) -> tuple[Converted, int, int]:
    """The quantised graph, and how many of how many layers are quantised. Raises UsageError."""
    with randomness(model), torch.inference_mode(False), torch.no_grad():
        batches = [batch.detach().clone() for batch in batches]
        model.requires_grad_(False)
        with evaluating(model):
            graph = _exported(model, batches[0])
        config = x86.get_default_x86_inductor_quantization_config(reduce_range=reduced)
        prepared = prepare_pt2e(graph, x86.X86InductorQuantizer().set_global(config))
        for batch in batches:
            try:
                prepared(batch)
            except Exception as error:
                raise UsageError(
                    gettext("the model does not take a calibration batch: {error}", error=str(first_line(error)))
                ) from error
        _plain_normalisation(prepared)
        made = convert_pt2e(prepared)
    _drop_unused(made)
    layers = [node for node in made.graph.nodes if str(node.target).startswith(_LAYERS)]
    return Converted(made), sum(map(_has_int8_weight, layers)), len(layers)


def _exported(model: torch.nn.Module, batch: Tensor) -> Any:
    """The graph for any number of items."""
    if len(batch) < 2:  # a dimension of one would become a constant
        batch = torch.cat([batch, batch])
    shapes = ({0: torch.export.Dim("items")},)
    try:
        return torch.export.export(model, (batch,), dynamic_shapes=shapes).module()
    except Exception as error:
        if (graph := _strictly_exported(model, batch, shapes)) is not None:
            return graph
        raise UsageError(
            gettext("the model cannot be exported for any number of items: {error}", error=str(first_line(error)))
        ) from error


def _strictly_exported(model: torch.nn.Module, batch: Tensor, shapes: Any) -> Any:
    """The graph by the strict mode, which also follows len() of a tensor; None where it fails too."""
    with suppress(Exception):  # the error of the usual mode is the one to tell
        return torch.export.export(model, (batch,), dynamic_shapes=shapes, strict=True).module()
    return None


def _plain_normalisation(graph: GraphModule) -> None:
    """Write batch normalisation that follows no convolution as a product and a sum, in place.

    Where one is left, torchao looks for the patterns of quantisation-aware training, for a minute and in vain.
    """
    aten = torch.ops.aten
    for node in list(graph.graph.nodes):
        if node.target is not aten.batch_norm.default or node.args[3] is None:
            continue
        given, *named, _, _, epsilon, _ = node.args
        weight, bias, mean, variance = (constant(graph, part) for part in named)
        scale = torch.rsqrt(variance + epsilon) * (1 if weight is None else weight)
        shift = (0 if bias is None else bias) - mean * scale
        shape = (-1, *(1 for _ in node.meta["val"].shape[2:]))
        result = given
        with graph.graph.inserting_before(node):
            for operation, role, tensor in ((aten.mul, "scale", scale), (aten.add, "shift", shift)):
                name = f"_{role}_of_{node.name}"
                graph.register_buffer(name, tensor.view(shape))
                result = graph.graph.call_function(operation.Tensor, (result, graph.graph.get_attr(name)))
                result.meta = dict(node.meta)
        node.replace_all_uses_with(result)
        graph.graph.erase_node(node)
    graph.recompile()


def _has_int8_weight(node: Any) -> bool:
    return str(node.args[1].target).startswith("quantized_decomposed.dequantize_per_")


def _drop_unused(graph: GraphModule) -> None:
    """Delete the float weights that the conversion leaves behind, and what else no node reads."""
    read = {node.target for node in graph.graph.nodes if node.op == "get_attr"}
    for name in [name for name, _ in (*graph.named_parameters(), *graph.named_buffers()) if name not in read]:
        *path, last = name.split(".")
        delattr(functools.reduce(getattr, path, graph), last)
