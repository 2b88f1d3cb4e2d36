from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_nets import NETS, made
from torch import Tensor, nn

from lca.compress.profile import Profile, profile
from lca.compress.prune import magnitude
from lca.compress.quantise import dynamic_int8, static_int8, weights_int8
from lca.errors import UsageError

sizes = st.integers(1, 12)


def test_the_network_for_the_digits() -> None:
    model, example = made("digits")
    parameters = 16 * 9 + 16 + 32 * 16 * 9 + 32 + 512 * 64 + 64 + 64 * 10 + 10
    multiplied = 16 * 9 * 64 + 32 * 16 * 9 * 64 + 512 * 64 + 64 * 10
    assert profile(model, example) == Profile(parameters, parameters, 4 * parameters, 2.0 * multiplied)
    assert parameters == 38_282


@given(inputs=sizes, outputs=sizes, batch=sizes, bias=st.booleans())
def test_a_linear_layer(inputs: int, outputs: int, batch: int, bias: bool) -> None:
    layer = nn.Linear(inputs, outputs, bias=bias)
    nn.init.ones_(layer.weight)
    numbers = inputs * outputs + outputs * bias
    found = profile(layer, torch.ones(batch, inputs))
    assert (found.parameters, found.stored, found.computation) == (numbers, 4 * numbers, 2.0 * inputs * outputs)


@pytest.mark.parametrize("net", NETS)
def test_computation_is_per_item(net: str) -> None:
    model, example = made(net)
    assert profile(model, example).computation == profile(model, example[:1]).computation


def test_zeros_are_stored_and_multiplied_like_other_numbers() -> None:
    model, example = made("digits")
    whole, pruned = profile(model, example), profile(magnitude(model, 0.9).model, example)
    assert (pruned.parameters, pruned.stored, pruned.computation) == (whole.parameters, whole.stored, whole.computation)
    assert pruned.nonzero == whole.nonzero - 34_344  # 90 % of 38,160 weights
    assert pruned.sparsity == pytest.approx(34_344 / 38_282)


def test_a_shared_weight_counts_once() -> None:
    one, other = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
    other.weight = one.weight
    found = profile(nn.Sequential(one, other), torch.ones(2, 3))
    assert (found.parameters, found.stored, found.computation) == (9, 36, 36.0)


def test_statistics_are_stored_and_no_parameters() -> None:
    found = profile(nn.Sequential(nn.Linear(2, 4, bias=False), nn.BatchNorm1d(4)), torch.ones(3, 2))
    assert found.parameters == 8 + 4 + 4
    assert found.stored == 4 * (8 + 4 + 4) + 4 * (4 + 4) + 8  # mean and variance; the number of batches in 8 bytes


@pytest.mark.parametrize("quantise", [weights_int8, lambda model: dynamic_int8(model, torch.ones(2, 64))])
def test_int8_weights_with_scales(quantise: object) -> None:
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    weights, rows = 64 * 32 + 32 * 10, 32 + 10
    found = profile(quantise(model).model, torch.ones(2, 64))  # type: ignore[operator]
    assert found.parameters == weights + rows
    assert (
        found.stored == weights + rows * (4 + 1) + 4 * rows
    )  # a scale in 4 bytes, a zero point in 1; biases in float32


def test_int8_weights_of_an_exported_graph() -> None:
    model, example = made("digits")
    weights, channels = 16 * 9 + 32 * 16 * 9 + 512 * 64 + 64 * 10, 16 + 32 + 64 + 10
    found = profile(static_int8(model, [example]).model, example)
    assert found.parameters == weights + channels
    assert found.stored == weights + channels * (4 + 8) + 4 * channels  # torchao keeps zero points in 8 bytes here
    assert found.computation == profile(model, example).computation  # run as it is, it computes in float32


def test_a_weight_that_rounds_to_zero_is_zero() -> None:
    layer = nn.Linear(4, 1, bias=False)
    layer.weight.data = torch.tensor([[1.0, -0.5, 0.001, 0.0]])
    assert profile(layer, torch.ones(1, 4)).nonzero == 3
    assert profile(weights_int8(layer).model, torch.ones(1, 4)).nonzero == 2


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(16, 16, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        heads = self.query(x).view(x.shape[0], -1, 2, 8).transpose(1, 2)
        return nn.functional.scaled_dot_product_attention(heads, heads, heads)


def test_attention_counts() -> None:
    projected, attended = 2 * 5 * 16 * 16, 2 * (2 * 2 * 5 * 5 * 8)
    assert profile(Attention(), torch.ones(3, 5, 16)).computation == projected + attended


def test_a_transformer_layer_counts_whether_or_not_torch_fuses_it() -> None:
    model = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True).eval()
    linear = 2 * 5 * (3 * 16 * 16 + 16 * 16 + 2 * 16 * 32)
    assert profile(model, torch.ones(3, 5, 16)).computation == linear + 2 * (2 * 2 * 5 * 5 * 8)
    assert torch.backends.mha.get_fastpath_enabled()


class Hidden(nn.Module):
    """A product outside of PyTorch."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.from_numpy(x.numpy() @ x.numpy().T)


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (nn.LSTM(4, 4, batch_first=True), torch.ones(2, 3, 4)),
        (nn.Sequential(nn.Linear(4, 4), nn.Bilinear(4, 4, 2)), torch.ones(2, 4)),
        (dynamic_int8(nn.Linear(8, 8), torch.ones(2, 8)).model, torch.ones(2, 8)),
        (Hidden(), torch.ones(2, 4)),
        (nn.ReLU(), torch.ones(2, 4)),
    ],
    ids=["recurrent", "bilinear", "integer", "elsewhere", "elementwise"],
)
def test_what_cannot_be_seen_is_none_and_neither_zero_nor_a_part(model: nn.Module, example: Tensor) -> None:
    if isinstance(model, nn.Sequential):
        inner, outer = model
        model, example = Both(inner, outer), example
    assert profile(model, example).computation is None


class Both(nn.Module):
    def __init__(self, inner: nn.Module, outer: nn.Module) -> None:
        super().__init__()
        self.inner, self.outer = inner, outer

    def forward(self, x: Tensor) -> Tensor:
        y = self.inner(x)
        return self.outer(y, y)


def test_interpolation_hides_no_product() -> None:
    model = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Upsample(scale_factor=2, mode="bilinear"))
    assert profile(model, torch.ones(1, 1, 4, 4)).computation == 2 * 16


def test_several_inputs_by_position() -> None:
    assert profile(Both(nn.Identity(), nn.Linear(2, 2)).outer, (torch.ones(3, 2),)).computation == 8


def test_without_parameters_sparsity_is_not_a_number() -> None:
    found = profile(nn.ReLU(), torch.ones(1, 2))
    assert found.parameters == 0 and math.isnan(found.sparsity)


def test_the_model_is_left_in_its_modes_and_the_random_state_too() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Dropout())
    model[2].eval()
    random, mean = torch.random.get_rng_state(), model[1].running_mean.clone()
    profile(model, torch.ones(3, 2))
    assert [module.training for module in model.modules()] == [True, True, True, False]
    assert torch.equal(model[1].running_mean, mean) and torch.equal(torch.random.get_rng_state(), random)


EMPTY = {"empty": torch.ones(0, 2), "scalar": torch.tensor(1.0), "none": (), "text": "x"}


@pytest.mark.parametrize("example", EMPTY.values(), ids=EMPTY)
def test_an_example_without_an_item(example: object) -> None:
    with pytest.raises(UsageError, match="the example holds no item: give a tensor"):
        profile(nn.Linear(2, 2), example)  # type: ignore[arg-type]


def test_an_example_that_does_not_fit() -> None:
    with pytest.raises(UsageError, match="the model does not take the example: RuntimeError: mat1 and mat2 shapes"):
        profile(nn.Linear(2, 2), torch.ones(1, 3))
