"""Weights that share a codebook, and weights of two values."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch
from torch import nn

from lca.compress.few import binarised, shared
from lca.errors import UsageError


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 7), nn.ReLU(), nn.Linear(7, 2))


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_every_layer_has_as_many_values_as_bits_allow(bits: int) -> None:
    model = net()
    made = shared(model, bits)
    layers = [module for module in made.model if isinstance(module, nn.Linear)]
    assert all(1 < len(layer.weight.unique()) <= 2**bits for layer in layers)
    assert made.steps[0].startswith(f"weight sharing, {2**bits} values in each of 3 layers")
    assert torch.equal(made.model[0].bias, model[0].bias)
    assert len(model[0].weight.unique()) == 54  # left as it was


def test_two_clusters_get_their_means_and_few_values_stay() -> None:
    layer = nn.Linear(4, 1, bias=False)
    layer.weight.data = torch.tensor([[0.0, 1.0, 9.0, 11.0]])
    [weight] = shared(nn.Sequential(layer), 1).model.parameters()
    assert weight.flatten().tolist() == [0.5, 0.5, 10.0, 10.0]
    again = shared(shared(nn.Sequential(layer), 1).model, 1)
    assert torch.equal(next(again.model.parameters()), weight)


def test_binary_weights_are_the_sign_times_the_mean_magnitude_of_their_output() -> None:
    model = net()
    model[2].weight.data[0] = torch.tensor([1.0, -2.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0])
    made = binarised(model).model
    assert made[2].weight[0].tolist() == [1.0, -1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert all(len(row.abs().unique()) == 1 for row in made[2].weight)
    assert torch.equal(made[0].weight, model[0].weight) and torch.equal(made[4].weight, model[4].weight)


@pytest.mark.parametrize("bits", [0, 9, True, 2.5])
def test_other_bits_are_refused(bits: int) -> None:
    with pytest.raises(UsageError, match="give a whole number from 1 to 8"):
        shared(net(), bits)


def test_a_model_without_a_layer_between_is_refused() -> None:
    with pytest.raises(UsageError, match="no layer between the first and the last"):
        binarised(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)))
