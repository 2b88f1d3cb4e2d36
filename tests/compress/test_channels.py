from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from digit_images import Digits
from small_nets import NETS, Block, made
from torch import Tensor, nn

from lca.compress.profile import profile
from lca.compress.prune import channels
from lca.compress.running import tensors
from lca.errors import UsageError

OUTPUT = {
    "digits": ["8"],
    "resnet": ["classify"],
    "unet": ["classify"],
    "detector": ["classes1", "classes2", "boxes1", "boxes2"],
}
JOINED = ("up1.0", "up2.0")
"""Layers whose input is the concatenation of two halves."""


def deaden(model: nn.Module, kept: list[str]) -> None:
    """Let the second half of the channels of every layer be zero, so that nothing depends on them."""
    for name, module in model.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            half = len(module.weight) // 2
            module.weight.data[half:], module.bias.data[half:] = 0, 0
        elif isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            weight: Any = module.weight.data
            weight = weight.transpose(0, 1) if isinstance(module, nn.ConvTranspose2d) else weight
            out, into = weight.shape[0], weight.shape[1]
            if name not in kept:
                weight[out // 2 :] = 0
                if module.bias is not None:
                    module.bias.data[out // 2 :] = 0
            if name in JOINED:
                weight[:, into // 4 : into // 2], weight[:, 3 * into // 4 :] = 0, 0
            elif into > 3:
                weight[:, into // 2 :] = 0


@pytest.mark.parametrize("net", NETS)
def test_channels_on_which_nothing_depends_leave_without_a_trace(net: str) -> None:
    model, example = made(net)
    deaden(model, OUTPUT[net])
    done = channels(model, 0.5, example)
    with torch.no_grad():
        for before, after in zip(tensors(model(example)), tensors(done.model(example)), strict=True):
            assert before.abs().max() > 0.01
            assert torch.allclose(before, after, atol=1e-6)
    for name, module in done.model.named_modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            original: Any = model.get_submodule(name)
            out, before_out = (
                layer.weight.shape[isinstance(layer, nn.ConvTranspose2d)] for layer in (module, original)
            )
            assert out == (before_out if name in OUTPUT[net] else before_out // 2)


@pytest.mark.parametrize("fraction", [0.1, 0.3, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("net", NETS)
def test_each_layer_loses_its_share_and_keeps_one(net: str, fraction: float) -> None:
    model, example = made(net)
    done = channels(model, fraction, example)
    for name, module in done.model.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            width = len(model.get_submodule(name).weight)  # type: ignore[arg-type]
            assert len(module.weight) == width - min(round(fraction * width), width - 1) == len(module.running_mean)  # type: ignore[arg-type]
    whole, small = profile(model, example), profile(done.model, example)
    assert small.parameters < whole.parameters and small.stored < whole.stored
    assert small.computation and whole.computation and small.computation < whole.computation


@pytest.mark.parametrize("net", NETS)
def test_nothing_removed_is_the_same_bit_for_bit(net: str) -> None:
    model, example = made(net)
    done = channels(model, 0.0, example)
    assert ", 0 % of the channels (none of " in done.steps[0]
    with torch.no_grad():
        for before, after in zip(tensors(model(example)), tensors(done.model(example)), strict=True):
            assert torch.equal(before, after)


def test_the_words() -> None:
    model, example = made("digits")
    assert channels(model, 0.5, example).steps == ("structured pruning, 50 % of the channels (56 of 112 removed)",)
    assert channels(model, 0.5, example, tune=lambda m: None).steps[1:] == ("fine-tuned",)


def test_the_weakest_channels_leave() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([4.0, 1.0, 3.0, 2.0])[:, None].expand(4, 3))
        nn.init.ones_(model[1].weight)
    small = channels(model, 0.5, torch.ones(1, 3)).model
    assert small[0].weight[:, 0].tolist() == [4, 3] and small[1].weight.shape == (2, 2)


def test_one_item_is_example_enough() -> None:
    model, example = made("digits")
    assert channels(model, 0.5, example[:1]).model(example).shape == (4, 10)


def test_layers_can_be_kept() -> None:
    model, example = made("resnet")
    small: Any = channels(model, 0.5, example, ignore=["blocks.0", "blocks.1.conv1"]).model
    assert small.blocks[0].conv1.weight.shape == (8, 8, 3, 3) and small.stem[0].weight.shape == (8, 3, 3, 3)
    assert small.blocks[1].conv1.weight.shape == (16, 8, 3, 3) and small.blocks[2].conv1.weight.shape == (8, 8, 3, 3)


def test_frozen_layers_are_narrowed_and_stay_frozen() -> None:
    model, example = made("resnet")
    frozen: Any = model
    frozen.stem.requires_grad_(False)
    small: Any = channels(frozen, 0.5, example).model
    assert small.stem[0].weight.shape == (4, 3, 3, 3)
    frozen_names = [name for name, parameter in small.named_parameters() if not parameter.requires_grad]
    assert frozen_names == ["stem.0.weight", "stem.1.weight", "stem.1.bias"]


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_whatever_mode_it_is_called_in(mode: Callable[[], Any]) -> None:
    model, example = made("unet")
    with mode():
        small = channels(model, 0.5, example.clone()).model
    assert small(example).requires_grad


class Grouped(nn.Module):
    """Group normalisation, grouped and depthwise convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm = nn.Conv2d(3, 16, 3), nn.GroupNorm(4, 16)
        self.depthwise, self.grouped = nn.Conv2d(16, 16, 3, groups=16), nn.Conv2d(16, 32, 3, groups=4)
        self.last = nn.Conv2d(32, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.relu(self.grouped(self.depthwise(torch.relu(self.norm(self.first(x)))))))


def test_groups_keep_their_number() -> None:
    small: Any = channels(Grouped(), 0.5, torch.randn(2, 3, 9, 9)).model
    assert small.norm.num_groups == 4 and small.norm.num_channels == 8
    assert (small.depthwise.groups, small.depthwise.weight.shape) == (8, (8, 1, 3, 3))
    assert (small.grouped.groups, small.grouped.weight.shape) == (4, (16, 2, 3, 3))


class Gated(nn.Module):
    """Squeeze and excitation."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.squeeze, self.excite = nn.Conv2d(3, 8, 1), nn.Linear(8, 4), nn.Linear(4, 8)
        self.classify = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.conv(x)
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(maps.mean((2, 3))))))
        return self.classify((maps * gate[:, :, None, None]).mean((2, 3)))


def test_a_gate_follows_what_it_gates() -> None:
    small: Any = channels(Gated(), 0.5, torch.randn(2, 3, 5, 5)).model
    assert [len(layer.weight) for layer in (small.conv, small.squeeze, small.excite, small.classify)] == [4, 2, 4, 3]


def test_multi_head_attention_keeps_its_width() -> None:
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    model = nn.Sequential(nn.Linear(12, 16), layer, nn.Linear(16, 3)).eval()
    small: Any = channels(model, 0.5, torch.randn(2, 5, 12)).model
    assert small[1].self_attn.embed_dim == 16 and small[1].linear1.weight.shape == (16, 16)


class Attention(nn.Module):
    """Attention written by hand: the shape of its heads is in the code."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.project, self.inner, self.last = (
            nn.Linear(i, o) for i, o in ((6, 16), (16, 48), (16, 16), (16, 3))
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x)
        query, key, value = self.project(x).reshape(x.shape[0], -1, 3, 2, 8).permute(2, 0, 3, 1, 4)
        mixed = (torch.softmax(query @ key.transpose(-1, -2), -1) @ value).transpose(1, 2).flatten(2)
        return self.last(torch.relu(self.inner(mixed)))


def test_what_attention_multiplies_keeps_its_width() -> None:
    small: Any = channels(Attention(), 0.5, torch.randn(2, 5, 6)).model
    assert small.embed.weight.shape == (8, 6) and small.project.weight.shape == (48, 8)
    assert small.inner.weight.shape == (8, 16) and small.last.weight.shape == (3, 8)


class Chunked(nn.Module):
    """Channels are taken apart, and put together again after a layer."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.middle, self.last = nn.Conv2d(3, 8, 1), nn.Conv2d(4, 4, 1), nn.Conv2d(8, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        one, other = self.first(x).chunk(2, 1)
        return self.last(torch.cat([one, self.middle(other)], 1))


def test_a_network_that_no_longer_runs_is_refused() -> None:
    model, example = Chunked(), torch.randn(2, 3, 5, 5)
    with pytest.raises(
        UsageError, match="the model does not run after structured pruning: RuntimeError: Given groups=1"
    ):
        channels(model, 0.5, example)
    with pytest.raises(UsageError, match="no channel of the model can be removed"):
        channels(model, 0.5, example, ignore=["first", "middle"])


@pytest.mark.parametrize("fraction", [1.0, -0.5, float("nan"), "0.5"])
def test_fractions_that_are_none(fraction: Any) -> None:
    model, example = made("digits")
    with pytest.raises(UsageError, match=f"fraction {fraction!r}: give a number from 0 to below 1"):
        channels(model, fraction, example)


def test_a_model_of_output_layers_only() -> None:
    with pytest.raises(UsageError, match="no channel of the model can be removed: all its layers make its output or"):
        channels(nn.Sequential(nn.Linear(3, 2), nn.Sigmoid()), 0.5, torch.ones(1, 3))


def test_layers_to_keep_that_are_not_there() -> None:
    model, example = made("digits")
    with pytest.raises(UsageError, match=r"ignore names no module of the model: 9, head; see model.named_modules"):
        channels(model, 0.5, example, ignore=["head", "0", "9"])


def test_an_example_that_does_not_fit() -> None:
    with pytest.raises(UsageError, match="the model does not take the example: RuntimeError"):
        channels(made("digits")[0], 0.5, torch.ones(2, 3))


def test_tuning_regains_accuracy(digits: Digits, trained: nn.Module) -> None:
    small = channels(trained, 0.75, digits.images[:2]).model
    tuned = channels(trained, 0.75, digits.images[:2], tune=lambda model: digits.train(model, 3)).model
    assert digits.accuracy(tuned) > digits.accuracy(small) + 0.05
    assert digits.accuracy(tuned) > 0.85


def test_pruning_twice() -> None:
    model, example = made("resnet")
    twice: Any = channels(channels(model, 0.5, example).model, 0.5, example).model
    assert twice.stem[0].weight.shape == (2, 3, 3, 3)
    assert isinstance(twice.blocks[0], Block) and copy.deepcopy(twice)(example).shape == (4, 5)


def test_layers_that_share_weights_are_refused() -> None:
    model = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))
    model[2].weight = model[0].weight
    with pytest.raises(UsageError, match="layers of the model share weights"):
        channels(model, 0.5, torch.randn(2, 8))
