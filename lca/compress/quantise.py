"""Fewer bits per number: half precision, and 8-bit integers by torchao.

What computes in integers, and what only stores them (torchao 0.18 on a CPU with PyTorch 2.13):

| function     | stores          | run as it is                               | after `compiled`            |
|--------------|-----------------|--------------------------------------------|-----------------------------|
| weights_int8 | int8 weights    | float: weights are converted in every pass | float                       |
| dynamic_int8 | int8 weights    | integer matrix products                    | integer products, fused     |
| static_int8  | int8 weights    | float: everything is dequantised first     | oneDNN's int8 kernels       |

So the energy of `weights_int8` and of an uncompiled `static_int8` is no lower than that of the original; only the bytes
are fewer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from lca.compress.compressed import Compressed
from lca.compress.layers import as_linear, every, untied
from lca.compress.packages import needed
from lca.compress.running import Example, checked, copied, shapes
from lca.errors import UsageError
from lca.languages import gettext

if TYPE_CHECKING:
    import torch
    from torch import Tensor
    from torch.nn import Module

_ALL = ("float32", "bfloat16", "float16", "int8")
PRECISIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({"cpu": _ALL, "cuda": _ALL})
"""Precisions for each type of device; `precisions` tells which of them a machine has."""


def precisions(device: str | torch.device = "cpu") -> tuple[str, ...]:
    """Those of PRECISIONS in which this machine multiplies matrices and convolves on the device: each is tried.

    Raises UsageError for a device that is not there or not known.
    """
    torch = needed("torch")
    try:
        placed = torch.device(device)
    except RuntimeError:
        raise UsageError(
            gettext("no device {device!r}: give one of {precisions}", device=device, precisions=", ".join(PRECISIONS))
        ) from None
    if placed.type not in PRECISIONS:
        raise UsageError(
            gettext(
                "compression does not know device {type!r}: give one of {precisions}",
                type=placed.type,
                precisions=", ".join(PRECISIONS),
            )
        )
    if placed.type == "cuda" and not (placed.index or 0) < torch.cuda.device_count():
        raise UsageError(
            gettext(
                "there is no device {placed} on this machine, or this PyTorch is built without it: use cpu",
                placed=placed,
            )
        )
    return tuple(precision for precision in PRECISIONS[placed.type] if _works(precision, placed))


def cast(model: Module, dtype: str | torch.dtype, device: str | torch.device = "cpu") -> Compressed:
    """Parameters, statistics and computation in float16 or bfloat16, on the device.

    The model takes and returns float32, on the device. Raises UsageError where the device has no such precision, and
    where a number of the model is too large for it.
    """
    torch, modules = needed("torch"), needed("lca.compress.modules")
    name = str(dtype).removeprefix("torch.")
    available = precisions(device)
    if name not in available:
        raise UsageError(
            gettext(
                "device {device} has no {name} here; it has {available}",
                device=torch.device(device),
                name=name,
                available=", ".join(available),
            )
        )
    if name == "int8":
        raise UsageError(gettext("a model is not cast to int8: use weights_int8, dynamic_int8 or static_int8"))
    if any(isinstance(module, (modules.Converted, modules.CompiledModel)) for module in model.modules()):
        raise UsageError(gettext("the model is converted or compiled already: cast it before"))
    made: Any = copied(model)
    made = made.model if isinstance(made, modules.Float32Edge) else made
    state = {key: bool(value.isfinite().all()) for key, value in _floats(made)}
    made = made.to(device=device, dtype=getattr(torch, name))
    if lost := [key for key, value in _floats(made) if state[key] and not value.isfinite().all()]:
        raise UsageError(
            gettext(
                "numbers too large for {name}, whose largest is {name_2}: {lost}",
                name=name,
                name_2=_largest(name),
                lost=", ".join(lost),
            )
        )
    made = made if name == "float32" else modules.Float32Edge(made, getattr(torch, name))
    return Compressed(made, (f"cast to {name} on {torch.device(device)}",))


def weights_int8(model: Module, *, ignore: Iterable[str] = ()) -> Compressed:
    """Weights of linear layers in int8, with a scale for each row; torchao's Int8WeightOnlyConfig.

    Convolutions stay as they are. Raises UsageError where no layer can be quantised, and MissingDependency.
    """
    config = needed("torchao.quantization").Int8WeightOnlyConfig(set_inductor_config=False)
    made, counted = _quantised(model, config, set(ignore))
    return Compressed(made, (f"int8 weights of {counted} layers (torchao, weight only)",))


def dynamic_int8(model: Module, example: Example, *, ignore: Iterable[str] = ()) -> Compressed:
    """Linear layers in int8, weights with a scale for each row and inputs quantised as they come, by item.

    torchao's Int8DynamicActivationInt8WeightConfig. Convolutions stay as they are. The result is tried on the example.
    Raises UsageError where no layer can be quantised or the device has no integer product, and MissingDependency.
    """
    quantization = needed("torchao.quantization")
    before = shapes(model, example)
    reduced = _reduced(model)
    config = quantization.Int8DynamicActivationInt8WeightConfig(set_inductor_config=False, reduce_range=reduced)
    made, counted = _quantised(model, config, set(ignore))
    checked(made, example, before, "quantisation")
    return Compressed(made, (f"int8 weights and inputs of {counted} layers (torchao, dynamic{_range(reduced)})",))


def static_int8(model: Module, calibration: Iterable[Tensor]) -> Compressed:
    """Linear layers and convolutions in int8, with the ranges of their inputs as the calibration batches show them.

    The model is exported to a graph for any number of items, batch normalisation is folded into convolutions, and
    torchao's X86InductorQuantizer chooses what is quantised. The graph runs on a CPU, takes float32 and has no training
    mode. `calibration` holds batches of inputs without labels. Raises UsageError where nothing can be quantised or the
    model cannot be exported, and MissingDependency.
    """
    torch = needed("torch")
    batches = list(calibration)
    if not batches or not all(isinstance(batch, torch.Tensor) and batch.dim() and len(batch) for batch in batches):
        raise UsageError(
            gettext("calibration holds no inputs: give an iterable of tensors, batches without their labels")
        )
    _check_float32(model)
    exported = needed("lca.compress.exported")
    reduced = _reduced(model)
    graph, quantised, total = exported.converted(copied(model), batches, reduced)
    if not quantised:
        raise UsageError(gettext("none of the {total} layers of the model can be quantised", total=total))
    words = f"int8 weights and inputs of {quantised} of {total} layers"
    shown = f"{len(batches)} calibration batch" + "es" * (len(batches) > 1)
    return Compressed(graph, (f"{words} (torchao, static, {shown}{_range(reduced)})",))


def compiled(model: Module, example: Example, *, dynamic: bool | None = False) -> Compressed:
    """Compile the model for inference by torch.compile, so that int8 kernels are used; it runs the example once.

    The weights are packed as constants. Another shape than the example's is compiled when it first comes, which takes
    seconds: let a run meet all its shapes, 64 at most, before it is measured; `dynamic` is torch.compile's. Raises
    UsageError where inductor does not compile the model as a whole, or where there is no C++ compiler.
    """
    modules = needed("lca.compress.modules")
    needed("torch._inductor.config")
    before = shapes(model, example)
    inner: Any = copied(model)
    made = modules.CompiledModel(inner.model if isinstance(inner, modules.CompiledModel) else inner, dynamic)
    checked(made, example, before, "compilation by torch.compile")
    if not made.graphs:
        raise UsageError(gettext("torch.compile runs the model uncompiled: it skips its forward function"))
    return Compressed(made, ("compiled by torch.compile (inductor)",))


def _quantised(model: Module, config: Any, ignore: set[str]) -> tuple[Module, str]:
    """A copy whose linear layers are quantised, and "2 of 4"."""
    torch, quantize = needed("torch"), needed("torchao.quantization").quantize_
    made = as_linear(copied(model))
    total = len(every(made))
    if unknown := sorted(ignore - dict(made.named_modules()).keys()):
        raise UsageError(
            gettext(
                "ignore names no module of the model: {unknown}; see model.named_modules()", unknown=", ".join(unknown)
            )
        )
    linear = {name: layer for name, layer in untied(made).items() if type(layer) is torch.nn.Linear}
    chosen = {id(layer) for name, layer in linear.items() if name not in ignore}
    if not chosen:
        raise UsageError(
            gettext(
                "no linear layer with a plain weight to quantise among the {total} layers of the model;"
                " static_int8 quantises convolutions too",
                total=total,
            )
        )
    quantize(made, config, filter_fn=lambda module, _: id(module) in chosen)
    return made, f"{len(chosen)} of {total}"


def _check_float32(model: Module) -> None:
    torch, modules = needed("torch"), needed("lca.compress.modules")
    if any(isinstance(module, (modules.Converted, modules.CompiledModel)) for module in model.modules()):
        raise UsageError(gettext("the model is converted or compiled already: static_int8 takes one that is not"))
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        is_quantised = hasattr(tensor, "__tensor_flatten__")
        other = tensor.is_floating_point() and tensor.dtype != torch.float32
        if is_quantised or other or tensor.device.type != "cpu":
            what = (
                "quantised"
                if is_quantised
                else gettext(
                    "{value} on {device}", value=str(tensor.dtype).removeprefix("torch."), device=tensor.device
                )
            )
            raise UsageError(
                gettext("{name} is {what}: static_int8 takes a float32 model on the CPU", name=name, what=what)
            )


def _reduced(model: Module) -> bool:
    """Whether int8 products can overflow on this CPU, so that torchao is to use 7 bits."""
    devices = {parameter.device for parameter in model.parameters()}
    return any(needed("torchao.utils").should_reduce_range(device) for device in devices)


def _range(reduced: bool) -> str:
    return ", 7 bits as this CPU has no VNNI" if reduced else ""


def _floats(model: Any) -> list[tuple[str, Any]]:
    return [
        (name, tensor)
        for name, tensor in (*model.named_parameters(), *model.named_buffers())
        if tensor.is_floating_point() and not hasattr(tensor, "__tensor_flatten__")
    ]


def _largest(name: str) -> str:
    torch = needed("torch")
    return f"{torch.finfo(getattr(torch, name)).max:.5g}"


def _works(precision: str, device: Any) -> bool:
    torch = needed("torch")
    if (
        device.type == "cuda"
        and precision == "bfloat16"
        and not torch.cuda.is_bf16_supported(including_emulation=False)
    ):
        return False
    dtype = getattr(torch, precision)
    ones = torch.ones(32, 32, dtype=dtype, device=device)
    try:
        if precision == "int8":
            return bool((torch._int_mm(ones, ones) == 32).all())
        image = torch.ones(1, 1, 4, 4, dtype=dtype, device=device)
        products = torch.nn.functional.linear(ones, ones), torch.nn.functional.conv2d(image, image)
        return all(
            bool((product == product.new_tensor(full)).all()) for product, full in zip(products, (32, 16), strict=True)
        )
    except RuntimeError:
        return False
