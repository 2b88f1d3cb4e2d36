from __future__ import annotations

import pytest
import torch
from small_nets import made
from torch import nn

from lca.compress.compressed import Compressed, compose
from lca.compress.factorise import low_rank
from lca.compress.profile import profile
from lca.compress.prune import channels, magnitude
from lca.compress.quantise import cast, static_int8, weights_int8
from lca.errors import UsageError


def tagged(word: str) -> Compressed:
    return Compressed(nn.Identity(), (word,))


def test_the_steps_follow_each_other_in_the_order_of_the_functions() -> None:
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    seen = list[nn.Module]()

    def one(model: nn.Module) -> Compressed:
        seen.append(model)
        return Compressed(first, ("a", "b"))

    def two(model: nn.Module) -> Compressed:
        seen.append(model)
        return Compressed(second, ("c",))

    start = nn.Identity()
    done = compose(start, one, two)
    assert done.model is second and done.steps == ("a", "b", "c")
    assert seen == [start, first]
    assert compose(start, two, one).steps == ("c", "a", "b")


def test_without_a_function_nothing_is_done() -> None:
    start = nn.Identity()
    assert compose(start) == Compressed(start, ())


def test_a_function_that_returns_a_model_is_refused() -> None:
    with pytest.raises(UsageError, match="function 2 of compose returned Identity and not Compressed"):
        compose(nn.Identity(), lambda _: tagged("a"), lambda _: nn.Identity())  # type: ignore[arg-type,return-value]


def test_channels_then_rank_then_integers() -> None:
    model, example = made("resnet")
    done = compose(
        model,
        lambda m: channels(m, 0.25, example),
        lambda m: low_rank(m, energy=0.9),
        lambda m: magnitude(m, 0.5),
        lambda m: static_int8(m, [example]),
    )
    assert [step.split()[0] for step in done.steps] == ["structured", "low-rank", "unstructured", "int8"]
    assert done.model(example).shape == (4, 5)
    assert profile(done.model, example).stored < profile(model, example).stored / 4


def test_zeros_of_pruning_survive_quantisation() -> None:
    model, example = made("digits")
    pruned = magnitude(model, 0.9).model
    quantised = compose(pruned, lambda m: static_int8(m, [example])).model
    assert profile(quantised, example).nonzero <= profile(pruned, example).nonzero
    assert profile(quantised, example).sparsity >= 0.89


def test_half_precision_then_integers() -> None:
    model, example = made("digits")
    done = compose(model, lambda m: cast(m, "bfloat16"), weights_int8)
    assert done.steps[0] == "cast to bfloat16 on cpu" and done.steps[1].startswith("int8 weights of 2 of 4 layers")
    with torch.no_grad():
        assert done.model(example).dtype is torch.float32
        assert torch.allclose(done.model(example), model(example), atol=0.01)
    convolutions, biases, rows = 16 * 9 + 32 * 16 * 9, 16 + 32 + 64 + 10, 64 + 10
    linear = 512 * 64 + 64 * 10
    assert profile(done.model, example).stored == 2 * (convolutions + biases) + linear + rows * (4 + 1)
