"""Floating-point operations of a forward pass, and whether all were seen. Imports torch: for use inside functions."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn import Module
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from lca.compress.modules import CompiledModel
from lca.compress.running import Example, answer, evaluating, randomness

_PRODUCT = re.compile(
    r"(^|_)(\w*mm|\w*mv|v?dot|ger|addr|linear|bilinear|trilinear|cdist|fft|linalg)(_|$)"
    r"|conv(_|olution|\d|$)|matmul|rnn|lstm|gru|attention|encoder_layer"
)
"""Operators that multiply matrices; those of them that the counter has no formula for make its sum too small."""
_NOT_PRODUCTS = re.compile(r"^_?upsample|^linalg_vector_norm$|^_?linalg_check_errors$")
_KNOWN = frozenset({"aten", "prim", "prims", "torchvision"})
"""Where operators are known by name; any other may compute what nobody sees."""


def operations(model: Module, example: Example) -> int | None:
    """2 per multiply-add of matrix products, convolutions and attention; None where not all of them can be seen."""
    if _compiled_quantised(model):
        return None
    unseen = _Unseen()
    attention = {torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention}
    counter = FlopCounterMode(display=False, custom_mapping=attention)
    unseen.formulas = counter.flop_registry
    with evaluating(model), randomness(model), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # hooks of the counter fire twice on torch.compile's own module
        # what torch.compile meets under a counter it leaves uncompiled for ever, in all models of the class
        with torch.compiler.set_stance("force_eager"), _no_fast_path(), unseen, counter:
            answer(model, example)
    return None if unseen.names else counter.get_total_flops() or None


def _compiled_quantised(model: Module) -> bool:
    """The counter sees the eager model, which computes in floating point what the compiled one does in integers."""
    compiled = any(isinstance(module, (CompiledModel, torch._dynamo.OptimizedModule)) for module in model.modules())
    return compiled and any(
        tensor.dtype in (torch.int8, torch.uint8) or hasattr(tensor, "__tensor_flatten__")
        for tensor in model.state_dict(keep_vars=True).values()
        if isinstance(tensor, torch.Tensor)
    )


def _attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
    """Of attention on a CPU, which the counter has no formula for; from shapes."""
    return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]


@contextmanager
def _no_fast_path() -> Iterator[None]:
    """Transformer layers in parts that can be seen; the fused ones compute the same."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


class _Unseen(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes the operators that the counter passes over and that may hold matrix products."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.names = set[str]()
        self.formulas: dict[Any, Any] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        packet = func._overloadpacket
        space, _, name = str(packet).partition(".")
        if packet not in self.formulas and _hidden(space, name):
            self.names.add(str(packet))
        return func(*args, **(kwargs or {}))


def _hidden(space: str, name: str) -> bool:
    if space not in _KNOWN:
        return "quantize" not in name
    return bool(_PRODUCT.search(name)) and not _NOT_PRODUCTS.search(name)
