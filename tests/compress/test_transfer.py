from __future__ import annotations

from typing import Any

import pytest
import torch
from digit_images import Digits
from small_nets import made
from torch import nn

from lca.compress.modules import FixedBatchNorm2d
from lca.compress.quantise import weights_int8
from lca.compress.transfer import transfer
from lca.errors import UsageError


def test_a_fresh_layer_for_a_number_of_classes() -> None:
    model, example = made("resnet")
    done = transfer(model, 7)
    assert done.steps == ("transfer, layer 'classify' replaced by Linear(16, 7), the rest frozen",)
    assert done.model(example).shape == (4, 7)
    trained = {name for name, parameter in done.model.named_parameters() if parameter.requires_grad}
    assert trained == {"classify.weight", "classify.bias"}


def test_the_last_convolution_of_a_segmentation() -> None:
    model, example = made("unet")
    done = transfer(model, 5, frozen=False)
    assert done.steps == ("transfer, layer 'classify' replaced by Conv2d(8, 5), the rest to be trained too",)
    assert done.model(example).shape == (4, 5, 16, 16)
    assert all(parameter.requires_grad for parameter in done.model.parameters())


def test_a_head_of_ones_own() -> None:
    model, example = made("digits")
    head = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 3))
    done: Any = transfer(model, head)
    assert done.steps == ("transfer, layer '8' replaced by Sequential, the rest frozen",)
    assert done.model(example).shape == (4, 3)
    assert done.model[8] is not head and torch.equal(done.model[8][0].weight, head[0].weight)
    assert all(parameter.requires_grad for parameter in done.model[8].parameters())


def test_one_head_of_several() -> None:
    model, example = made("detector")
    done = transfer(transfer(model, 8, layer="classes1").model, 8, layer="classes2", frozen=False)
    assert done.steps[0].startswith("transfer, layer 'classes2' replaced by Conv2d(16, 8)")
    done_model: Any = done.model
    done_model.classes = 4
    assert [tuple(tensor.shape) for tensor in done_model(example)] == [(4, 160, 4), (4, 160, 4)]


def test_a_model_that_is_one_layer() -> None:
    assert transfer(nn.Linear(4, 2), 3).model.weight.shape == (3, 4)


def test_frozen_means_the_statistics_too() -> None:
    model, example = made("resnet")
    frozen, free = transfer(model, 3).model, transfer(model, 3, frozen=False).model
    for net, same in ((frozen, True), (free, False)):
        before = {name: value.clone() for name, value in net.named_buffers()}
        net.train()
        net(example)
        assert all(torch.equal(value, before[name]) for name, value in net.named_buffers()) is same
    norms = [module for module in frozen.modules() if isinstance(module, nn.BatchNorm2d)]
    assert all(type(norm) is FixedBatchNorm2d and not norm.training for norm in norms) and frozen.training
    assert torch.equal(frozen.train().stem(example), model.eval().stem(example))  # type: ignore[operator]


def test_training_the_head_alone(digits: Digits, trained: nn.Module) -> None:
    done: Any = transfer(trained, 10).model
    digits.train(done, 2)
    assert torch.equal(done[6].weight, trained[6].weight)  # type: ignore[index]
    assert digits.accuracy(done) > 0.8


def test_the_seed_decides() -> None:
    model, _ = made("digits")
    one, again, other = (transfer(model, 4, seed=seed).model[8].weight for seed in (1, 1, 2))  # type: ignore[index]
    assert torch.equal(one, again) and not torch.equal(one, other)


@pytest.mark.parametrize("head", [0, -1, 2.5, True, "ten", None])
def test_heads_that_are_none(head: Any) -> None:
    with pytest.raises(UsageError, match=f"head {head!r}: give a module or a whole number of classes from 1"):
        transfer(made("digits")[0], head)


def test_a_head_that_does_not_fit() -> None:
    with pytest.raises(UsageError, match="the head takes 32 inputs and layer '8', which it replaces, 64"):
        transfer(made("digits")[0], nn.Linear(32, 2))


def test_a_layer_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no layer that can be replaced: 7; there are 0, 2, 6, 8"):
        transfer(made("digits")[0], 2, layer="7")


def test_a_transposed_convolution() -> None:
    with pytest.raises(
        UsageError, match="the last layer is a grouped or transposed convolution: give the head as a mod"
    ):
        transfer(nn.ConvTranspose2d(2, 2, 2), 3)


def test_a_model_without_layers() -> None:
    with pytest.raises(UsageError, match="the model has no linear layer or convolution to replace"):
        transfer(nn.ReLU(), 3)


def test_a_quantised_last_layer_is_replaced_all_the_same() -> None:
    model, example = made("digits")
    done: Any = transfer(weights_int8(model).model, 3).model
    assert done(example).shape == (4, 3) and type(done[8].weight) is nn.Parameter
