from __future__ import annotations

import subprocess
import sys

import pytest

from lca.errors import MissingDependency, UsageError

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from lca.workloads import digits


def test_training_is_repeatable() -> None:
    seen = list[tuple[float, float, str]]()
    model, accuracy = digits.train(epochs=3, progress=lambda *call: seen.append(call))
    assert digits.train(epochs=3).accuracy == accuracy
    assert seen == [(epoch, 3, f"training, epoch {epoch}") for epoch in range(1, 4)]
    assert digits.parameters(model) == 38_282


def test_the_seed_decides_and_torch_is_left_alone() -> None:
    import torch

    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    first, again, other = (next(digits.network(seed).parameters()) for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(torch.rand(1), expected)


def test_training_by_time_ends_after_a_whole_epoch() -> None:
    seen = list[tuple[float, float, str]]()
    digits.train(seconds=0.01, progress=lambda *call: seen.append(call))
    assert [text for _, _, text in seen] == ["training, epoch 1"]


def test_inference_counts_whole_passes_over_the_test_images() -> None:
    model, accuracy = digits.train(epochs=1)
    seen = list[tuple[float, float, str]]()
    inferences, reached = digits.infer(model, 0.2, progress=lambda *call: seen.append(call))
    assert inferences == 359 * len(seen)
    assert seen[-1][0] >= 0.2 and seen[-1][2] == f"inference, {inferences:,} images"
    assert reached == pytest.approx(accuracy)
    assert digits.infer(model, 0.0).inferences == 359


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_some_seconds_of_training_reach_the_stated_quality(seed: int) -> None:
    assert digits.train(epochs=25, seed=seed).accuracy >= 0.97


@pytest.mark.parametrize(("seconds", "epochs"), [(None, None), (1.0, 1)])
def test_time_or_epochs(seconds: float | None, epochs: int | None) -> None:
    with pytest.raises(UsageError, match="give one of them"):
        digits.train(seconds, epochs)


@pytest.mark.parametrize("module", ["torch", "sklearn.datasets"])
def test_what_is_missing_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    digits._digits.cache_clear()
    with pytest.raises(MissingDependency, match=rf"the digits need {module}.*ai-lca\[torch\]"):
        digits.train(epochs=1)


def test_importing_it_loads_neither() -> None:
    program = "import sys, lca.workloads.digits; print([m for m in ('torch', 'sklearn', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
