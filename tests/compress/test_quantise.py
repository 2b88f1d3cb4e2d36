from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from digit_images import Digits
from small_nets import made
from torch import Tensor, nn

from lca.compress.profile import profile
from lca.compress.quantise import PRECISIONS, cast, compiled, dynamic_int8, precisions, static_int8, weights_int8
from lca.errors import UsageError


def answers(model: nn.Module, example: Tensor) -> Tensor:
    with torch.no_grad():
        answer: Tensor = model(example)
    return answer


def test_precisions_of_this_cpu() -> None:
    assert set(PRECISIONS) == {"cpu", "cuda"}
    assert precisions("cpu")[0] == "float32" and set(precisions("cpu")) <= set(PRECISIONS["cpu"])


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("tpu", "no device 'tpu': give one of cpu, cuda"),
        ("mps", "compression does not know device 'mps': give one of cpu, cuda"),
        ("cuda:99", "there is no device cuda:99 on this machine, or this PyTorch is built without it: use cpu"),
    ],
)
def test_devices_that_are_not_there(device: str, message: str) -> None:
    for call in (lambda: precisions(device), lambda: cast(nn.Linear(2, 2), "float16", device)):
        with pytest.raises(UsageError, match=message):
            call()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_half_precision_on_a_gpu() -> None:
    model, example = made("resnet")
    done = cast(model, "float16", "cuda")
    assert done.steps == ("cast to float16 on cuda",)
    assert torch.allclose(answers(done.model, example.cuda()).cpu(), answers(model, example), atol=0.01)


@pytest.mark.parametrize("dtype", ["float16", torch.bfloat16, "float64", "half"])
def test_a_precision_that_the_device_has_not(dtype: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lca.compress.quantise._works", lambda precision, device: precision in ("float32", "int8"))
    name = str(dtype).removeprefix("torch.")
    with pytest.raises(UsageError, match=f"device cpu has no {name} here; it has float32, int8"):
        cast(nn.Linear(2, 2), dtype)


@pytest.mark.parametrize("dtype", ["float16", torch.float16, "bfloat16", torch.bfloat16])
def test_half_precision(dtype: Any) -> None:
    model, example = made("resnet")
    done = cast(model, dtype)
    name = str(dtype).removeprefix("torch.")
    assert done.steps == (f"cast to {name} on cpu",)
    inner = {parameter.dtype for parameter in done.model.parameters()}
    assert inner == {getattr(torch, name)}
    before, after = answers(model, example), answers(done.model, example)
    assert after.dtype is torch.float32 and not torch.equal(before, after)
    assert torch.allclose(before, after, atol=0.02)
    whole, half = profile(model, example), profile(done.model, example)
    assert (half.parameters, half.computation) == (whole.parameters, whole.computation)
    counters = 8 * sum(isinstance(module, nn.BatchNorm2d) for module in model.modules())
    assert half.stored - counters == (whole.stored - counters) / 2  # counters of batches are integers


def test_half_of_the_bytes() -> None:
    model, example = made("digits")
    assert profile(cast(model, "float16").model, example).stored == 2 * 38_282


def test_every_tensor_of_the_answer_comes_back_in_float32() -> None:
    model, example = made("detector")
    assert [tensor.dtype for tensor in cast(model, "float16").model(example)] == [torch.float32] * 2


class Looked(nn.Module):
    """Class numbers in, class numbers out beside a float."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(5, 3)

    def forward(self, x: Tensor, *, scale: Tensor) -> dict[str, Tensor]:
        return {"rows": self.table(x) * scale, "numbers": x}


def test_what_is_no_float_passes_the_edge() -> None:
    answer = cast(Looked(), "float16").model(torch.tensor([1, 2]), scale=torch.tensor(2.0))
    assert answer["rows"].dtype is torch.float32 and answer["numbers"].dtype is torch.int64


def test_float32_and_back() -> None:
    model, example = made("digits")
    assert torch.equal(answers(cast(model, "float32").model, example), answers(model, example))
    twice = cast(cast(model, "bfloat16").model, "float16").model
    assert {parameter.dtype for parameter in twice.parameters()} == {torch.float16}
    assert answers(twice, example).dtype is torch.float32


def test_numbers_too_large_for_a_precision() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    model[0].weight.data[0, 0] = 70_000
    model[1].running_var.fill_(1e6)
    with pytest.raises(
        UsageError, match=r"numbers too large for float16, whose largest is 65504: 0.weight, 1.running_var"
    ):
        cast(model, "float16")
    cast(model, "bfloat16")


def test_infinities_that_were_there_before_stay() -> None:
    model = nn.Linear(2, 2)
    model.register_buffer("mask", torch.tensor([0.0, float("-inf")]))
    done: Any = cast(model, "float16").model
    assert done.model.mask.tolist() == [0, float("-inf")]


def test_a_cast_to_integers_is_refused() -> None:
    with pytest.raises(UsageError, match="a model is not cast to int8: use weights_int8, dynamic_int8 or static_int8"):
        cast(nn.Linear(2, 2), torch.int8)


def test_int8_weights() -> None:
    model, example = made("digits")
    done = weights_int8(model)
    assert done.steps == ("int8 weights of 2 of 4 layers (torchao, weight only)",)
    original, layer = model.get_submodule("6"), done.model.get_submodule("6")
    rows = original.weight.detach()  # type: ignore[operator,union-attr]
    scale = rows.abs().amax(1, keepdim=True) / 127.5
    assert ((layer.weight.dequantize() - rows).abs() <= 0.51 * scale).all()  # type: ignore[operator,union-attr]
    assert torch.allclose(answers(done.model, example), answers(model, example), atol=0.01)


def test_layers_can_be_kept() -> None:
    model, example = made("digits")
    assert weights_int8(model, ignore=["8"]).steps[0].startswith("int8 weights of 1 of 4 layers")
    assert dynamic_int8(model, example, ignore=["8"]).steps[0].startswith("int8 weights and inputs of 1 of 4 layers")
    with pytest.raises(UsageError, match="ignore names no module of the model: 9"):
        weights_int8(model, ignore=["9"])


def test_a_tied_weight_stays_as_it_is() -> None:
    model = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8))
    model[1].weight = model[0].weight
    done: Any = weights_int8(model)
    assert done.steps[0].startswith("int8 weights of 1 of 3 layers") and done.model[0].weight is done.model[1].weight


def test_dynamic_integers() -> None:
    model, example = made("digits")
    done = dynamic_int8(model, example)
    assert done.steps[0].startswith("int8 weights and inputs of 2 of 4 layers (torchao, dynamic")
    assert torch.allclose(answers(done.model, example), answers(model, example), atol=0.02)
    assert profile(done.model, example).stored == profile(weights_int8(model).model, example).stored
    with pytest.raises(UsageError, match="the model does not take the example"):
        dynamic_int8(model, example[:, :, 1:])


def test_quantising_twice_is_refused() -> None:
    model = weights_int8(nn.Linear(4, 4)).model
    for call in (lambda: weights_int8(model), lambda: dynamic_int8(model, torch.ones(2, 4))):
        with pytest.raises(UsageError, match="no linear layer with a plain weight to quantise among the 1 layers"):
            call()


WORDS = [("digits", "4 of 4"), ("resnet", "9 of 9"), ("unet", "11 of 13"), ("detector", "8 of 8")]


@pytest.mark.parametrize(("net", "words"), WORDS)
def test_static_integers(net: str, words: str) -> None:
    model, example = made(net)
    done = static_int8(model, [example, example[:3]])
    expected = f"int8 weights and inputs of {words} layers (torchao, static, 2 calibration batches"
    assert done.steps[0].startswith(expected)
    once = static_int8(model, (batch for batch in [example])).steps[0]
    assert "(torchao, static, 1 calibration batch" in once and "batches" not in once
    kept = [name for name, value in done.model.state_dict().items() if value.dtype is torch.float32 and value.dim() > 1]
    assert len(kept) == (2 if net == "unet" else 0)  # transposed convolutions stay in float32


def test_static_integers_keep_the_accuracy(digits: Digits, trained: nn.Module) -> None:
    quantised = static_int8(trained, digits.images[:256].split(64)).model
    assert digits.accuracy(quantised) == pytest.approx(digits.accuracy(trained), abs=0.01)
    assert digits.accuracy(trained) > 0.85


def test_an_exported_graph_has_no_training_mode() -> None:
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 2))
    model(torch.randn(16, 4))
    example = torch.randn(5, 4)
    quantised = static_int8(model, [example]).model
    expected = answers(quantised.eval(), example)
    assert quantised.train() is quantised and not any(module.training for module in quantised.modules())
    assert torch.equal(answers(quantised, example), expected)
    assert torch.equal(answers(copy.deepcopy(quantised), example), expected)
    assert torch.allclose(expected, answers(model.eval(), example), atol=0.1)


def test_normalisation_that_follows_no_convolution() -> None:
    model = nn.Sequential(
        nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 8, 3), nn.Flatten(), nn.BatchNorm1d(288, affine=False)
    )
    for _ in range(20):
        model(2 * torch.randn(16, 3, 8, 8) + 1)
    images = 2 * torch.randn(16, 3, 8, 8) + 1
    quantised = static_int8(model.eval(), [images]).model
    error = (answers(quantised, images) - answers(model, images)).abs()
    assert error.mean() < 0.02 and error.max() < 0.2
    graph: Any = quantised.get_submodule("graph")
    assert not [
        node for node in graph.graph.nodes if node.target is torch.ops.aten.batch_norm.default
    ]  # torchao would search a minute


@pytest.mark.parametrize("calibration", [[], [(torch.ones(2, 4), torch.ones(2))], [torch.ones(0, 4)], [1]])
def test_calibration_without_inputs(calibration: Any) -> None:
    with pytest.raises(UsageError, match="calibration holds no inputs: give an iterable of tensors, batches without"):
        static_int8(nn.Linear(4, 4), calibration)


def test_calibration_that_does_not_fit() -> None:
    with pytest.raises(UsageError, match="the model does not take a calibration batch"):
        static_int8(nn.Linear(4, 4), [torch.ones(2, 4), torch.ones(2, 3)])


class Branching(nn.Module):
    """Which layer is used depends on the numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(4, 2), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.one(x) if x.sum() > 0 else self.other(x)


def test_a_model_that_cannot_be_exported() -> None:
    with pytest.raises(UsageError, match="the model cannot be exported for any number of items: "):
        static_int8(Branching(), [torch.ones(2, 4)])


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: cast(nn.Linear(4, 4), "float16").model, "model.weight is float16 on cpu: static_int8 takes a float32"),
        (
            lambda: weights_int8(nn.Linear(4, 4)).model,
            "weight is quantised: static_int8 takes a float32 model on the CPU",
        ),
        (lambda: nn.Linear(4, 4, device="meta"), "weight is float32 on meta"),
        (lambda: static_int8(nn.Linear(4, 4), [torch.ones(2, 4)]).model, "the model is converted or compiled already"),
    ],
    ids=["half", "quantised", "elsewhere", "converted"],
)
def test_models_that_are_no_float32_on_the_cpu(model: Callable[[], nn.Module], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        static_int8(model(), [torch.ones(2, 4)])


def test_a_converted_model_is_not_cast() -> None:
    model = static_int8(nn.Linear(4, 4), [torch.ones(2, 4)]).model
    with pytest.raises(UsageError, match="the model is converted or compiled already: cast it before"):
        cast(model, "float16")


def operators(model: nn.Module, example: Tensor) -> set[str]:
    """What runs for the example, once all is compiled."""
    answers(model, example)
    with torch.no_grad(), torch.profiler.profile() as profiler:
        model(example)
    return {event.key for event in profiler.key_averages()}


@pytest.mark.slow
def test_compiled_static_integers_use_the_kernels_of_the_processor() -> None:
    model, example = made("digits")
    quantised = static_int8(model, [example]).model
    eager = operators(quantised, example)
    assert "aten::convolution" in eager and not any("qconv" in name for name in eager)
    random = torch.random.get_rng_state()
    done = compiled(quantised, example)
    assert torch.equal(torch.random.get_rng_state(), random)
    assert done.steps == ("compiled by torch.compile (inductor)",)
    for batch in (example, example[:1]):
        kernels = operators(done.model, batch)
        assert {
            "onednn::qconv_pointwise",
            "onednn::qlinear_pointwise",
        } <= kernels and "aten::convolution" not in kernels
        here, there = answers(done.model, batch), answers(quantised, batch)
        step = there.abs().max().item() / 63  # of 7 bits: a processor may round a sum to the integer beside
        assert torch.allclose(here, there, rtol=0, atol=step)
    found = profile(done.model, example)
    assert found.computation is None and found.stored == profile(quantised, example).stored
    assert "onednn::qconv_pointwise" in operators(copy.deepcopy(done.model), example)
    assert not done.model.train().training


@pytest.mark.slow
def test_counting_does_not_undo_the_compilation() -> None:
    model, example = made("resnet")
    done = compiled(model, example).model
    assert profile(done, example).computation == profile(model, example).computation
    assert any(name.startswith("mkldnn::_convolution_pointwise") for name in operators(done, example))
    again = compiled(made("resnet", seed=1)[0], example).model
    assert any(name.startswith("mkldnn::_convolution_pointwise") for name in operators(again, example))


@pytest.mark.slow
def test_models_of_a_class_do_not_share_the_limit_of_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lca.compress.modules.CompiledModel.kinds", 2)
    example = torch.ones(2, 8)
    for width in range(8, 12):
        layer = nn.Linear(8, width)
        done: Any = compiled(nn.Sequential(layer, nn.ReLU()), example).model
        assert done.graphs == 1
        assert torch.allclose(answers(done, example), answers(layer, example).relu(), atol=1e-6)
    done(torch.ones(3, 8))
    with pytest.raises(
        UsageError, match="the compiled model met more than 2 kinds of input: give batches of fewer sizes"
    ):
        done(torch.ones(4, 8))


@pytest.mark.slow
def test_another_number_of_threads_keeps_the_kernels() -> None:
    example = torch.ones(2, 8)
    done = compiled(static_int8(nn.Sequential(nn.Linear(8, 8), nn.ReLU()), [example]).model, example).model
    torch.set_num_threads(2)
    try:
        assert "onednn::qlinear_pointwise" in operators(done, example)
    finally:
        torch.set_num_threads(1)


@pytest.mark.slow
def test_a_model_that_cannot_be_compiled_as_a_whole() -> None:
    with pytest.raises(UsageError, match=r"the model does not run after compilation by torch\.compile: "):
        compiled(Branching(), torch.ones(2, 4))


@pytest.mark.slow
def test_without_a_compiler() -> None:
    import torch._inductor.config as inductor

    with inductor.patch({"cpp.cxx": ("no-such-compiler",), "force_disable_caches": True}):
        model = nn.Sequential(nn.Linear(7, 5), nn.Softmax(1))
        with pytest.raises(UsageError, match=r"the model does not run after compilation by torch\.compile: .*ompiler"):
            compiled(model, torch.ones(3, 7))
