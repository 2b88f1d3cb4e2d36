from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from digit_images import Digits
from hypothesis import given
from hypothesis import strategies as st
from small_nets import NETS, made
from torch import Tensor, nn

from lca.compress.factorise import low_rank
from lca.compress.layers import weighted
from lca.compress.prune import channels, lottery, magnitude
from lca.compress.quantise import weights_int8
from lca.errors import UsageError


def weights(model: nn.Module) -> Tensor:
    return torch.cat([layer.weight.detach().flatten() for layer in weighted(model).values()])


def zeros(model: nn.Module) -> int:
    return int((weights(model) == 0).sum())


@given(st.floats(0, 0.99), st.sampled_from(["digits", "detector"]), st.integers(0, 3))
def test_exactly_the_fraction_asked_for_is_zero(fraction: float, net: str, seed: int) -> None:
    model, _ = made(net, seed)
    whole, pruned = weights(model), weights(magnitude(model, fraction).model)
    count = round(fraction * len(whole))
    assert int((pruned != 0).sum()) == len(whole) - count
    kept = pruned != 0
    assert torch.equal(pruned[kept], whole[kept])
    if count:
        assert whole[~kept].abs().max() <= whole[kept].abs().min()


@pytest.mark.parametrize("net", NETS)
def test_nothing_pruned_is_the_same_bit_for_bit(net: str) -> None:
    model, _ = made(net)
    pruned = magnitude(model, 0.0).model
    assert all(torch.equal(value, pruned.state_dict()[name]) for name, value in model.state_dict().items())


def test_of_equal_weights_the_first_go() -> None:
    model = nn.Linear(4, 1, bias=False)
    nn.init.ones_(model.weight)
    done = magnitude(model, 0.5)
    assert done.model.weight.tolist() == [[0, 0, 1, 1]]
    assert done.steps == ("unstructured pruning, 50 % of the weights by magnitude (2 of 4 are zero)",)


def test_the_ranking_is_global() -> None:
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    nn.init.constant_(model[0].weight, 0.1)
    nn.init.constant_(model[1].weight, 0.2)
    pruned = magnitude(model, 0.5).model
    assert not pruned[0].weight.any() and pruned[1].weight.all()


def test_a_shared_weight_is_pruned_once() -> None:
    model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    model[1].weight = model[0].weight
    pruned = magnitude(model, 1 / 3).model
    assert pruned[0].weight is pruned[1].weight and int((pruned[0].weight == 0).sum()) == 3


def step(model: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    for _ in range(3):
        optimiser.zero_grad()
        model(torch.randn(8, 1, 8, 8)).square().sum().backward()
        optimiser.step()


def by_momentum(model: nn.Module) -> None:
    step(model, torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, weight_decay=0.1, nesterov=True))


def by_adam(model: nn.Module) -> None:
    step(model, torch.optim.AdamW(model.parameters(), lr=1e-2))


def by_writing(model: nn.Module) -> None:
    for parameter in model.parameters():
        parameter.data.fill_(1.0)


def by_the_best_state(model: nn.Module) -> None:
    best = copy.deepcopy(model)
    by_writing(model)
    model.load_state_dict(best.state_dict())


def by_two_passes(model: nn.Module) -> None:
    (model(torch.randn(4, 1, 8, 8)) + model(torch.randn(4, 1, 8, 8))).sum().backward()


@pytest.mark.parametrize("tune", [by_momentum, by_adam, by_writing, by_the_best_state, by_two_passes])
def test_zeros_stay_zero_and_nothing_is_left_behind(tune: Callable[[nn.Module], None]) -> None:
    model, example = made("digits")
    plain = magnitude(model, 0.7).model
    done = magnitude(model, 0.7, tune=tune)
    assert done.steps[1] == "fine-tuned, the pruned weights staying zero"
    assert torch.equal(weights(done.model)[weights(plain) == 0], torch.zeros(zeros(plain)))
    assert done.model.state_dict().keys() == model.state_dict().keys()
    for module in done.model.modules():
        assert not module._forward_pre_hooks
    for parameter in done.model.parameters():
        assert type(parameter) is nn.Parameter and not parameter._backward_hooks and parameter.grad is None
    again = pickle.loads(pickle.dumps(done.model))
    assert torch.equal(again(example), done.model(example))


@pytest.mark.parametrize("tune", [by_momentum, by_adam])
def test_the_network_that_is_tuned_is_the_pruned_one(tune: Callable[[nn.Module], None]) -> None:
    model, example = made("digits")
    seen = list[int]()

    def watched(tuned: nn.Module) -> None:
        tune(tuned)
        seen.append(zeros(tuned))  # before anything is set to zero once more
        by_writing(tuned)
        tuned(example)
        seen.append(zeros(tuned))

    magnitude(model, 0.7, tune=watched)
    assert seen == [26_712, 26_712]  # 70 % of 38,160


def test_tuning_regains_accuracy(digits: Digits, trained: nn.Module) -> None:
    pruned = magnitude(trained, 0.9).model
    tuned = magnitude(trained, 0.9, tune=lambda model: digits.train(model, 2)).model
    assert zeros(tuned) == zeros(pruned) == 34_344
    assert digits.accuracy(tuned) > digits.accuracy(pruned) + 0.02
    assert digits.accuracy(tuned) > 0.9


def other_model(model: nn.Module) -> Any:
    return copy.deepcopy(model)


def other_layer(model: nn.Module) -> None:
    model[8] = nn.Linear(64, 3)  # type: ignore[operator]


def no_layer(model: nn.Module) -> None:
    del model[8]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("tune", "message"),
    [
        (other_model, "tune returned another model: let it change in place the one it is given"),
        (other_layer, "tune replaced the layer '8': let it train the layers that the model has"),
        (no_layer, "tune replaced the layer '8'"),
    ],
)
def test_a_tune_that_does_something_else(tune: Callable[[nn.Module], None], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        magnitude(made("digits")[0], 0.5, tune=tune)


@pytest.mark.parametrize("fraction", [1.0, 1, -0.1, 2, float("nan"), float("inf"), "half", None])
def test_fractions_that_are_none(fraction: Any) -> None:
    model, _ = made("digits")
    calls: list[Callable[[], Any]] = [
        lambda: magnitude(model, fraction),
        lambda: lottery(model, model.state_dict(), fraction, 1, by_writing),
    ]
    for call in calls:
        with pytest.raises(UsageError, match=f"fraction {fraction!r}: give a number from 0 to below 1"):
            call()


def test_a_fraction_that_leaves_nothing() -> None:
    with pytest.raises(UsageError, match=r"fraction 0.99 leaves none of the 4 weights: prune less"):
        magnitude(nn.Linear(4, 1), 0.99)


def test_a_ticket_is_the_initial_state_without_the_weights_that_training_left_small(
    initial: nn.Module, trained: nn.Module
) -> None:
    expected = weights(initial) * (weights(magnitude(trained, 0.8).model) != 0)
    done = lottery(trained, initial.state_dict(), 0.8, 1, lambda model: None)
    assert torch.equal(weights(done.model), expected)
    assert torch.equal(done.model[0].bias, initial[0].bias)  # type: ignore[index]
    assert done.steps == (
        "lottery ticket, 80 % of the weights by magnitude (30,528 of 38,160 are zero), 1 round,"
        " rewound to the initial state and trained again",
    )


def test_rounds_prune_more_and_more_and_start_again_each_time(initial: nn.Module, trained: nn.Module) -> None:
    starts = list[Tensor]()

    def tune(model: nn.Module) -> None:
        starts.append(weights(model).clone())
        by_adam(model)

    ticket = lottery(trained, initial.state_dict(), 0.875, 3, tune).model
    total = len(starts[0])
    assert [int((start == 0).sum()) for start in starts] == [round(total * share) for share in (0.5, 0.75, 0.875)]
    for start, earlier in zip(starts, [weights(initial), *starts], strict=False):
        assert torch.equal(start[start != 0], weights(initial)[start != 0])
        assert not start[earlier == 0].any()
    assert zeros(ticket) == int((starts[-1] == 0).sum())


def test_a_pruned_weight_does_not_return_for_one_that_is_zero_anyway() -> None:
    model = nn.Linear(4, 1, bias=False)
    model.weight.data = torch.tensor([[4.0, 3.0, 2.0, 1.0]])
    initial = {"weight": torch.tensor([[0.0, 1.0, 1.0, 1.0]])}
    masks = list[list[float]]()
    lottery(model, initial, 0.3, 2, lambda tuned: masks.append((tuned.weight[0] != 0).tolist()))  # type: ignore[index]
    assert masks == [[False, True, True, False], [False, True, True, False]]  # 16 % and 30 % are one weight, the last


def test_a_ticket_learns(digits: Digits, initial: nn.Module, trained: nn.Module) -> None:
    ticket = lottery(trained, initial.state_dict(), 0.8, 2, lambda model: digits.train(model, 3)).model
    assert zeros(ticket) == 30_528
    assert digits.accuracy(ticket) > 0.9


def test_statistics_are_rewound_too() -> None:
    model, _ = made("resnet")
    initial = {name: torch.full_like(value, 2) for name, value in model.state_dict().items()}
    ticket = lottery(model, initial, 0.5, 1, lambda model: None).model
    assert (ticket.stem[1].running_mean == 2).all()  # type: ignore[index,union-attr]


@pytest.mark.parametrize("rounds", [0, -1, 1.5, True])
def test_rounds_that_are_none(rounds: Any) -> None:
    model, _ = made("digits")
    with pytest.raises(UsageError, match=f"rounds {rounds!r}: give a whole number from 1"):
        lottery(model, model.state_dict(), 0.5, rounds, by_writing)


def test_an_initial_state_of_another_model() -> None:
    model, _ = made("digits")
    initial = model.state_dict()
    initial["8.weight"] = torch.zeros(3, 64)
    del initial["0.bias"]
    with pytest.raises(UsageError, match=r"the initial state does not fit the model: it differs in 0.bias, 8.weight"):
        lottery(model, initial, 0.5, 1, by_writing)


def test_weights_that_are_not_plain() -> None:
    model, example = made("digits")
    quantised, normed = weights_int8(model).model, copy.deepcopy(model)
    nn.utils.parametrizations.weight_norm(normed[0])
    for net, names in ((quantised, "6, 8"), (normed, "0")):
        calls: list[Callable[[], Any]] = [
            lambda net=net: magnitude(net, 0.5),
            lambda net=net: channels(net, 0.5, example),
            lambda net=net: lottery(net, net.state_dict(), 0.5, 1, by_writing),
        ]
        for call in calls:
            with pytest.raises(
                UsageError, match=rf"quantised or computed from other parameters: prune before \({names}\)"
            ):
                call()


class Conv1D(nn.Module):
    """As transformers has it: a linear layer whose weight is (inputs, outputs)."""

    __module__ = "transformers.pytorch_utils"

    def __init__(self, outputs: int, inputs: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(inputs, outputs)), nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight + self.bias


class Generator(nn.Module):
    """A word's embedding, which is the last layer's weight too, as in GPT-2."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.inner, self.head = nn.Embedding(50, 8), Conv1D(8, 8), nn.Linear(8, 50, bias=False)
        self.head.weight = self.words.weight

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.head(self.inner(self.words(x)))
        return out


def test_of_a_generator_the_layers_are_pruned_and_not_its_words() -> None:
    model = Generator()
    pruned = magnitude(model, 0.5).model
    assert int((pruned.inner.weight == 0).sum()) == 32
    assert torch.equal(pruned.words.weight, model.words.weight)


def test_what_does_not_know_conv1d_says_so() -> None:
    model = nn.Sequential(Conv1D(8, 8), nn.Linear(8, 2))
    with pytest.raises(UsageError, match=r"layers Conv1D of transformers, .* write them as torch\.nn\.Linear"):
        channels(model, 0.5, torch.zeros(1, 8))


def test_tables_of_embeddings_count_when_asked_for_and_a_tied_one_once() -> None:
    made = magnitude(Generator(), 0.5, embeddings=True)
    assert made.steps[0].endswith("(232 of 464 are zero)")  # 50 × 8 words and 8 × 8 of the layer between
    assert made.model.head.weight is made.model.words.weight


def test_conv1d_is_a_linear_layer_for_techniques_that_replace_layers() -> None:
    model, x = Generator(), torch.arange(6).reshape(2, 3)
    full = low_rank(model, rank={"inner": 8})
    assert torch.allclose(full.model(x), model(x), atol=1e-4)
    assert full.steps[0].startswith("low-rank factorisation of 1 of 2 layers")
    halved = low_rank(model, rank={"inner": 2}).model
    assert [tuple(layer.weight.shape) for layer in halved.inner] == [(2, 8), (8, 2)]
    assert type(model.inner).__name__ == "Conv1D"
