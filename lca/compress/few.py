"""Few values: weights that share a codebook, and weights of two values, computed in floating point.

Both are simulated: the weights take few different values, and stay floating-point numbers. A dense kernel multiplies
them like any others, so that on a processor or a graphics card neither time nor energy nor the bytes stored become
less; a packed format, or hardware for it, is what would use them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lca.compress.compressed import Compressed
from lca.compress.layers import prunable, transposed
from lca.compress.packages import needed
from lca.compress.running import copied
from lca.errors import UsageError
from lca.languages import gettext

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

_ROUNDS = 30
"""Of Lloyd's algorithm, at most."""


def shared(model: Module, bits: int) -> Compressed:
    """Let the weights of each layer share 2^bits values, found by k-means from evenly spaced ones.

    (S. Han, H. Mao and W. J. Dally, Deep Compression, ICLR 2016, section 3, without training of the codebook.) Biases,
    normalisations and embeddings stay. Raises UsageError for bits that are no whole number from 1 to 8.
    """
    if isinstance(bits, bool) or not isinstance(bits, int) or not 1 <= bits <= 8:
        raise UsageError(gettext("bits {bits!r}: give a whole number from 1 to 8", bits=bits))
    made = copied(model)
    layers = prunable(made)
    for layer in layers.values():
        layer.weight.data = _clustered(layer.weight.detach(), 2**bits)
    words = f"weight sharing, {2**bits} values in each of {len(layers)} layers ({bits} bits a weight in a packed format"
    return Compressed(made, (f"{words}; stored and computed in floating point)",))


def binarised(model: Module) -> Compressed:
    """Weights of all layers but the first and the last as their sign times the mean magnitude of their output.

    (M. Rastegari et al., XNOR-Net, ECCV 2016, section 3.1: binary weights, inputs as they are, without training.)
    Raises UsageError where there is no layer between.
    """
    made = copied(model)
    layers = list(prunable(made).items())[1:-1]
    if not layers:
        raise UsageError(gettext("the model has no layer between the first and the last to binarise"))
    turned = transposed(made)
    for name, layer in layers:
        weight: Tensor = layer.weight.detach()
        inputs = [axis for axis in range(weight.dim()) if axis != (1 if name in turned else 0)]
        signs = weight.sign() + (weight == 0)
        layer.weight.data = signs * weight.abs().mean(inputs, keepdim=True)
    words = f"binary weights in {len(layers)} layers, the first and the last as they were"
    return Compressed(made, (f"{words} (stored and computed in floating point)",))


def _clustered(weight: Any, count: int) -> Any:
    """The weight with each number replaced by the mean of its cluster."""
    torch = needed("torch")
    flat = weight.flatten()
    centres = torch.linspace(float(flat.min()), float(flat.max()), count, dtype=flat.dtype, device=flat.device)
    for _ in range(_ROUNDS):
        nearest = torch.bucketize(flat, (centres[1:] + centres[:-1]) / 2)
        sums = torch.zeros_like(centres).index_add_(0, nearest, flat)
        number = torch.zeros_like(centres).index_add_(0, nearest, torch.ones_like(flat))
        moved = torch.where(number > 0, sums / number.clamp(min=1), centres)
        if torch.equal(moved, centres):
            break
        centres = moved
    return centres[torch.bucketize(flat, (centres[1:] + centres[:-1]) / 2)].view_as(weight)
