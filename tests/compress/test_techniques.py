"""What holds for every technique on every kind of network."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from small_nets import NETS, made
from torch import Tensor, nn

from lca.compress.compressed import Compressed
from lca.compress.distil import distil
from lca.compress.factorise import low_rank
from lca.compress.profile import profile
from lca.compress.prune import channels, lottery, magnitude
from lca.compress.quantise import cast, dynamic_int8, static_int8, weights_int8
from lca.compress.running import tensors
from lca.compress.transfer import transfer
from lca.errors import UsageError


def shaken(model: nn.Module) -> None:
    """Training of a sort, which draws random numbers."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.01 * torch.randn_like(parameter)


def squared(said: object, told: object, _: Tensor) -> Tensor:
    pairs = zip(tensors(said), tensors(told), strict=True)
    return torch.stack([(ours - theirs).square().mean() for ours, theirs in pairs]).sum()


TECHNIQUES: dict[str, Callable[[nn.Module, Tensor], Compressed]] = {
    "magnitude": lambda model, x: magnitude(model, 0.5),
    "magnitude, tuned": lambda model, x: magnitude(model, 0.5, tune=shaken),
    "channels": lambda model, x: channels(model, 0.5, x),
    "lottery": lambda model, x: lottery(model, model.state_dict(), 0.5, 2, shaken),
    "float16": lambda model, x: cast(model, "float16"),
    "bfloat16": lambda model, x: cast(model, "bfloat16"),
    "weights_int8": lambda model, x: weights_int8(model),
    "dynamic_int8": lambda model, x: dynamic_int8(model, x),
    "static_int8": lambda model, x: static_int8(model, [x, x[:1]]),
    "low_rank, energy": lambda model, x: low_rank(model, energy=0.9, example=x),
    "low_rank, rank": lambda model, x: low_rank(model, rank=2),
    "distil": lambda model, x: distil(model, model, [(x, x)], loss=squared),
    "transfer": lambda model, x: transfer(model, 7),
}
NO_LINEAR_LAYER = [(t, n) for t in ("weights_int8", "dynamic_int8") for n in ("unet", "detector")]
PRUNING = ("magnitude", "magnitude, tuned", "channels", "lottery")
REFUSED = {
    *(
        (first, second)
        for first in ("weights_int8", "dynamic_int8")
        for second in (*PRUNING, "weights_int8", "dynamic_int8")
    ),
    *((first, "static_int8") for first in ("weights_int8", "dynamic_int8", "float16", "bfloat16")),
    *(("static_int8", second) for second in TECHNIQUES),
}
"""What cannot follow what."""
OTHER_OUTPUT = {"transfer"}
SMALLER = {"channels", "float16", "bfloat16", "weights_int8", "dynamic_int8", "static_int8"}

PAIRS = [(technique, net) for technique in TECHNIQUES for net in NETS if (technique, net) not in NO_LINEAR_LAYER]

every = pytest.mark.parametrize(("technique", "net"), PAIRS)


@every
def test_the_model_given_and_torch_are_left_as_they_were(technique: str, net: str) -> None:
    model, example = made(net)
    modules = dict(model.named_modules())
    first = next(iter(model.parameters())).requires_grad_(False)
    list(modules.values())[-1].train()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    modes = {name: module.training for name, module in modules.items()}
    inputs, random = example.clone(), torch.random.get_rng_state()
    made_smaller = TECHNIQUES[technique](model, example).model
    assert torch.equal(torch.random.get_rng_state(), random)
    assert torch.equal(example, inputs)
    assert dict(model.named_modules()) == modules
    assert {name: module.training for name, module in model.named_modules()} == modes
    assert state.keys() == model.state_dict().keys()
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert [p.requires_grad for p in model.parameters()] == [p is not first for p in model.parameters()]
    assert all(parameter.grad is None for parameter in (*model.parameters(), *made_smaller.parameters()))
    plain = [parameter for parameter in made_smaller.parameters() if type(parameter) is nn.Parameter]
    assert not {parameter.data_ptr() for parameter in plain} & {
        parameter.data_ptr() for parameter in model.parameters()
    }


@every
def test_the_same_call_gives_the_same_model(technique: str, net: str) -> None:
    model, example = made(net)
    with torch.no_grad():
        once, again = (tensors(TECHNIQUES[technique](model, example).model(example)) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(once, again, strict=True))


@every
def test_the_model_made_takes_and_returns_what_the_one_given_does(technique: str, net: str) -> None:
    model, example = made(net)
    done = TECHNIQUES[technique](model, example)
    assert done.steps and all(done.steps) and not done.model.training
    with torch.no_grad():
        for batch in (example, example[:1], torch.cat([example, example])):
            before, after = tensors(model(batch)), tensors(done.model(batch))
            if technique not in OTHER_OUTPUT:
                assert [tensor.shape for tensor in after] == [tensor.shape for tensor in before]
            assert all(tensor.dtype is torch.float32 and tensor.isfinite().all() for tensor in after)
    if technique in SMALLER:
        assert profile(done.model, example).stored < profile(model, example).stored


@pytest.mark.slow
@pytest.mark.parametrize("first", TECHNIQUES)
def test_one_after_the_other_works_or_is_refused(first: str) -> None:
    model, example = made("digits")
    between = TECHNIQUES[first](model, example).model
    for second in TECHNIQUES:
        if (first, second) in REFUSED:
            with pytest.raises(
                UsageError, match=r"prune before|cast it before|no linear layer|float32|converted|learnt"
            ):
                TECHNIQUES[second](between, example)
        else:
            after = TECHNIQUES[second](between, example).model
            assert after(example).shape == (4, 7 if "transfer" in (first, second) else 10)


@pytest.mark.parametrize(("technique", "net"), NO_LINEAR_LAYER)
def test_networks_without_a_linear_layer_are_not_quantised_by_it(technique: str, net: str) -> None:
    model, example = made(net)
    total = sum(isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)) for module in model.modules())
    with pytest.raises(
        UsageError, match=f"among the {total} layers of the model; static_int8 quantises convolutions too"
    ):
        TECHNIQUES[technique](model, example)


@pytest.mark.parametrize("technique", [name for name in TECHNIQUES if name not in ("distil",)])
def test_a_model_without_a_layer_it_knows_is_refused(technique: str) -> None:
    model = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(6), nn.ReLU()).eval()
    example = torch.randn(4, 6)
    if technique in ("float16", "bfloat16"):  # knows every layer
        assert TECHNIQUES[technique](model, example).model(example).shape == (4, 6)
        return
    with pytest.raises(UsageError, match=r"no linear layer|none of the 0 layers"):
        TECHNIQUES[technique](model, example)
