from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from small_nets import NETS, made
from torch import nn

from lca.compress.factorise import low_rank
from lca.compress.layers import replaceable
from lca.compress.profile import profile
from lca.compress.running import tensors
from lca.errors import UsageError

sizes = st.integers(1, 10)


def linear(inputs: int, outputs: int, seed: int = 0) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    layer.weight.data = torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(seed))
    return layer


def product(pair: Any) -> torch.Tensor:
    first, second = pair
    return second.weight.detach() @ first.weight.detach()


@given(inputs=sizes, outputs=sizes, seed=st.integers(0, 9), data=st.data())
def test_the_error_is_the_root_of_the_dropped_squares(inputs: int, outputs: int, seed: int, data: Any) -> None:
    layer, full = linear(inputs, outputs, seed), min(inputs, outputs)
    rank = data.draw(st.integers(1, full))
    made_pair = low_rank(layer, rank=rank).model
    if rank < full and rank * (inputs + outputs) > inputs * outputs:
        assert type(made_pair) is nn.Linear
        return
    dropped = torch.linalg.svdvals(layer.weight.detach().double())[rank:]
    error = torch.linalg.matrix_norm((layer.weight.detach() - product(made_pair)).double())
    assert float(error) == pytest.approx(float(dropped.square().sum().sqrt()), rel=1e-4, abs=1e-5)
    assert torch.equal(made_pair[1].bias, layer.bias)  # type: ignore[index]


@given(st.floats(0.01, 1), st.floats(0.01, 1), st.integers(0, 9))
def test_more_energy_is_more_rank_and_less_error(one: float, other: float, seed: int) -> None:
    layer = linear(12, 60, seed)
    low, high = (low_rank(layer, energy=energy).model for energy in sorted((one, other)))
    held = [model.weight if isinstance(model, nn.Linear) else product(model) for model in (low, high)]
    errors = [float((layer.weight - weight).detach().norm()) for weight in held]
    assert errors[0] >= errors[1] - 1e-5
    ranks = [12 if isinstance(model, nn.Linear) else len(model[0].weight) for model in (low, high)]  # type: ignore[index,arg-type]
    assert ranks[0] <= ranks[1]


@given(st.floats(0.05, 0.8), st.integers(0, 9))
def test_the_rank_is_the_least_that_keeps_the_energy(energy: float, seed: int) -> None:
    layer = linear(40, 40, seed)
    squares = torch.linalg.svdvals(layer.weight.detach().double()).square()
    shares = squares.cumsum(0) / squares.sum()
    least = int((shares < energy).sum()) + 1
    model = low_rank(layer, energy=energy).model
    assert least > 20 if isinstance(model, nn.Linear) else len(model[0].weight) == least  # type: ignore[index,arg-type]


@pytest.mark.parametrize("net", NETS)
def test_full_rank_reproduces_the_outputs(net: str) -> None:
    model, example = made(net)
    known = {name: layer for name, layer in replaceable(model).items() if not isinstance(layer, nn.ConvTranspose2d)}
    full = {name: min(layer.weight.flatten(1).shape) for name, layer in known.items()}
    done = low_rank(model, rank=full)
    assert f"factorisation of {len(full)} of " in done.steps[0]
    for name in full:
        assert isinstance(done.model.get_submodule(name), nn.Sequential)
    with torch.no_grad():
        for before, after in zip(tensors(model(example)), tensors(done.model(example)), strict=True):
            assert torch.allclose(before, after, atol=1e-5)


KINDS = [{"stride": 2}, {"padding": 1}, {"dilation": 2}, {"padding": 2, "padding_mode": "circular"}, {"bias": False}]


@pytest.mark.parametrize("options", KINDS)
def test_convolutions_of_every_kind(options: dict[str, Any]) -> None:
    layer, images = nn.Conv2d(4, 6, (3, 2), **options), torch.randn(2, 4, 9, 9)
    with torch.no_grad():
        assert torch.allclose(low_rank(layer, rank=6).model(images), layer(images), atol=1e-5)


def test_a_convolution_of_low_rank_is_the_best_approximation() -> None:
    layer = nn.Conv2d(8, 16, 3)
    first, second = low_rank(layer, rank=3).model
    assert first.weight.shape == (3, 8, 3, 3) and second.weight.shape == (16, 3, 1, 1)
    held = second.weight.detach().flatten(1) @ first.weight.detach().flatten(1)
    dropped = torch.linalg.svdvals(layer.weight.detach().flatten(1))[3:]
    error = float((layer.weight.detach().flatten(1) - held).norm())
    assert error == pytest.approx(float(dropped.square().sum().sqrt()), rel=1e-4)


def test_parameters_and_computation_are_those_of_the_factors() -> None:
    model, example = linear(100, 80), torch.ones(1, 100)
    found = profile(low_rank(model, rank=10).model, example)
    assert found.parameters == 10 * (100 + 80) + 80 and found.computation == 2 * 10 * (100 + 80)


def test_a_layer_that_would_grow_is_left_alone_and_the_words_say_so() -> None:
    model = nn.Sequential(linear(100, 100), nn.ReLU(), linear(100, 10), nn.ReLU(), linear(10, 12))
    done = low_rank(model, rank=10)
    assert [type(module).__name__ for module in done.model] == [
        "Sequential",
        "ReLU",
        "Sequential",
        "ReLU",
        "Sequential",
    ]  # type: ignore[union-attr]
    done = low_rank(model, rank=9)
    assert [type(module).__name__ for module in done.model] == ["Sequential", "ReLU", "Sequential", "ReLU", "Linear"]  # type: ignore[union-attr]
    assert done.steps == ("low-rank factorisation of 2 of 3 layers (rank 9)",)
    assert low_rank(linear(4, 4), rank=3).steps == ("low-rank factorisation of 0 of 1 layers",)


def test_energy_in_words() -> None:
    model = nn.Linear(30, 30, bias=False)
    model.weight.data = torch.diag(torch.tensor([3.0, 4.0] + [0.0] * 28))
    done = low_rank(model, energy=0.64)
    assert done.steps == ("low-rank factorisation of 1 of 1 layers (rank 1), 64 % of the squared singular values kept",)
    assert torch.allclose(product(done.model), torch.diag(torch.tensor([0.0, 4.0] + [0.0] * 28)))
    assert "(rank 2)" in low_rank(model, energy=0.65).steps[0] and "(rank 2)" in low_rank(model, energy=1).steps[0]


def test_a_weight_of_zeros() -> None:
    model = nn.Linear(30, 30)
    nn.init.zeros_(model.weight)
    assert low_rank(model, energy=0.5).model(torch.ones(1, 30)).tolist() == model(torch.ones(1, 30)).tolist()


def test_what_is_tied_or_read_past_its_forward_is_left_alone() -> None:
    tied = nn.Sequential(linear(30, 30), linear(30, 30), linear(30, 30))
    tied[1].weight = tied[0].weight
    done = low_rank(tied, rank=2)
    assert [type(module).__name__ for module in done.model] == ["Linear", "Linear", "Sequential"]  # type: ignore[union-attr]
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    model = nn.Sequential(nn.Linear(64, 16), layer).eval()
    with torch.no_grad():
        assert low_rank(model, rank=2).model(torch.randn(2, 5, 64)).shape == (2, 5, 16)


def test_a_layer_used_twice_is_replaced_in_both_places() -> None:
    layer = linear(30, 30)
    done: Any = low_rank(nn.Sequential(layer, nn.ReLU(), layer), rank=2).model
    assert done[0] is done[2] and isinstance(done[0], nn.Sequential)


def test_depthwise_convolutions_are_left_alone() -> None:
    model = nn.Sequential(nn.Conv2d(8, 8, 3, groups=8), nn.Conv2d(8, 40, 1))
    assert low_rank(model, rank=2).steps == ("low-rank factorisation of 1 of 2 layers (rank 2)",)


def test_modes_and_frozen_weights_are_kept() -> None:
    layer = linear(30, 30).requires_grad_(False).eval()
    pair: Any = low_rank(layer, rank=2).model
    assert not pair.training and not any(parameter.requires_grad for parameter in pair.parameters())
    assert low_rank(linear(30, 30), rank=2).model.training


def test_precisions_are_kept() -> None:
    pair: Any = low_rank(linear(30, 30).to(torch.bfloat16), rank=2).model
    assert {parameter.dtype for parameter in pair.parameters()} == {torch.bfloat16}


def test_every_rank_above_the_full_one_is_named() -> None:
    model, _ = made("digits")
    with pytest.raises(UsageError) as refused:
        low_rank(model, rank=11)
    assert str(refused.value).splitlines() == [
        "layer '0': rank 11 is above its full rank 9",
        "layer '8': rank 11 is above its full rank 10",
    ]
    assert low_rank(model, rank=11, ignore=["0", "8"]).steps == ("low-rank factorisation of 2 of 4 layers (rank 11)",)
    assert low_rank(model, rank={"6": 11}).steps == ("low-rank factorisation of 1 of 4 layers (rank 11)",)


@pytest.mark.parametrize("rank", [0, -1, 1.5, True, "2"])
def test_ranks_that_are_none(rank: Any) -> None:
    with pytest.raises(UsageError, match=f"layer '': rank {rank!r} is no whole number from 1"):
        low_rank(linear(3, 3), rank=rank)


@pytest.mark.parametrize("energy", [0, 0.0, -0.1, 1.01, float("nan"), float("inf"), "all"])
def test_energies_that_are_none(energy: Any) -> None:
    with pytest.raises(UsageError, match=f"energy {energy!r}: give a number above 0 and up to 1"):
        low_rank(linear(3, 3), energy=energy)


@pytest.mark.parametrize("given_options", [{}, {"rank": 2, "energy": 0.5}])
def test_one_of_the_two(given_options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="give a rank or the energy to keep: one of them"):
        low_rank(linear(3, 3), **given_options)


@pytest.mark.parametrize("options", [{"rank": {"9": 2}}, {"energy": 0.5, "ignore": ["9"]}])
def test_names_of_no_layer(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="no layer that can be factorised: 9; there are 0, 2, 6, 8"):
        low_rank(made("digits")[0], **options)


def test_ranks_of_no_layer_at_all() -> None:
    with pytest.raises(UsageError, match="rank names no layer: give the rank of some of 0, 2, 6, 8"):
        low_rank(made("digits")[0], rank={})


def test_weights_that_are_no_numbers() -> None:
    layer = linear(30, 30)
    layer.weight.data[0, 0] = float("nan")
    with pytest.raises(UsageError, match="layer '' has weights that are not finite numbers"):
        low_rank(layer, rank=2)


def test_the_example_is_tried() -> None:
    with pytest.raises(UsageError, match="the model does not take the example"):
        low_rank(linear(30, 30), rank=2, example=torch.ones(1, 3))


def test_the_number_of_threads_is_left_alone() -> None:
    torch.set_num_threads(2)
    try:
        low_rank(linear(30, 30), rank=2)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
