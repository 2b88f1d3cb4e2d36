"""Training repeats itself, leaves alone what is frozen or masked, and is judged on every test image once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import prune

from lca.errors import UsageError
from lca.workloads.training import batches, evaluate, fit, requests, transfer
from lca.workloads.workload import NAMES, Workload, workload

Few = Callable[[str], Workload]


def state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_and_epochs_give_the_same_weights(few: Few, name: str) -> None:
    task = few(name)
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    trained = []
    for seed in (0, 0, 1):
        model = task.network()
        assert fit(task, model, epochs=2, seed=seed) == 2
        assert not any(module.training for module in model.modules())
        trained.append(state(model))
    assert same(trained[0], trained[1]) and not same(trained[0], trained[2])
    assert torch.equal(torch.rand(1), expected)


def test_layers_that_draw_random_numbers_are_repeatable(few: Few) -> None:
    task, weights = few("digits"), []
    for _ in range(2):
        model = nn.Sequential(task.network(), nn.Dropout(0.5))
        fit(task, model, epochs=1)
        weights.append(state(model))
        torch.rand(3)
    assert same(*weights)


def test_some_epochs_or_some_seconds_or_the_usual_number(few: Few) -> None:
    task, seen = few("shapes"), list[tuple[float, float, str]]()
    assert fit(task, task.network(), progress=lambda *call: seen.append(call)) == task.epochs
    assert seen == [(epoch, task.epochs, f"training, epoch {epoch}") for epoch in range(1, task.epochs + 1)]
    seen.clear()
    assert fit(task, task.network(), seconds=0.001, progress=lambda *call: seen.append(call)) == 1
    assert seen[0][0] >= 0.001 and seen[0][1:] == (0.001, "training, epoch 1")
    model = task.network()
    before = state(model)
    assert fit(task, model, epochs=0) == 0 and same(before, state(model))


def test_time_or_epochs_not_both(few: Few) -> None:
    task = few("digits")
    with pytest.raises(UsageError, match="give one of them"):
        fit(task, task.network(), epochs=1, seconds=1.0)


def test_frozen_parts_stay_with_their_statistics(few: Few) -> None:
    task = few("shapes")
    model = task.network()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith("head"))
    before = state(model)
    fit(task, model, epochs=2)
    after = state(model)
    changed = {name for name, value in before.items() if not torch.equal(value, after[name])}
    assert changed == {"head.weight", "head.bias"}
    with pytest.raises(UsageError, match="nothing to train"):
        fit(task, model.requires_grad_(False))


def test_masked_weights_stay_zero(few: Few) -> None:
    task = few("shapes")
    model = task.network()
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    for module in convolutions:
        prune.l1_unstructured(module, "weight", 0.5)
    before = [module.weight.clone() for module in convolutions]
    fit(task, model, epochs=2)
    evaluate(task, model)
    for module, was in zip(convolutions, before, strict=True):
        prune.remove(module, "weight")
        assert torch.equal(module.weight == 0, was == 0) and (was == 0).any()
        assert not torch.equal(module.weight, was)


def test_another_loss_and_another_rate(few: Few) -> None:
    """With the squared scores as the loss, they shrink; with a rate of 0 no parameter moves."""
    task = few("digits")
    data = task.data()
    model, still = task.network(), task.network()
    before = model(data.train_inputs).square().mean()
    fit(task, model, epochs=5, loss=lambda outputs, targets: outputs.square().mean())
    assert model(data.train_inputs).square().mean() < before / 4
    fit(task, still, epochs=1, rate=0.0)
    assert same(state(still), state(task.network()))


def test_the_rate_rises_and_falls(few: Few, monkeypatch: pytest.MonkeyPatch) -> None:
    task, rates = few("shapes"), list[float]()
    step = torch.optim.Adam.step

    def watched(self: torch.optim.Adam, *args: object) -> object:
        rates.append(self.param_groups[0]["lr"])
        return step(self)

    monkeypatch.setattr(torch.optim.Adam, "step", watched)
    fit(task, task.network(), epochs=10)
    assert len(rates) == 20
    assert rates[0] == pytest.approx(0.05 * task.rate)
    assert rates[0] < rates[1] and rates[2:] == sorted(rates[2:], reverse=True)
    assert rates[10] == pytest.approx(0.5 * task.rate)
    assert rates[-1] < 0.05 * task.rate
    rates.clear()
    fit(few("digits"), few("digits").network(), epochs=2)
    assert set(rates) == {2e-3}


def test_batches_come_in_the_order_of_training(few: Few) -> None:
    task, seen = few("digits"), list[Tensor]()

    def watch(outputs: Tensor, targets: Tensor) -> Tensor:
        seen.append(targets)
        return outputs.mean()

    fit(task, task.network(), epochs=2, seed=5, loss=watch)
    shown = list(batches(task, epochs=2, seed=5))
    assert [len(inputs) for inputs, _ in shown] == [32, 16, 32, 16]
    assert torch.equal(torch.cat([targets for _, targets in shown]), torch.cat(seen))
    data = task.data()
    for inputs, targets in shown:
        for image, target in zip(inputs, targets, strict=True):
            row = (data.train_inputs == image).flatten(1).all(1).nonzero()[0]
            assert data.train_targets[row] == target


class Watched(nn.Module):
    """Notes how many images it sees at a time, and in which mode."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner, self.seen = inner, list[tuple[int, bool, bool]]()

    def forward(self, images: Tensor) -> Tensor:
        self.seen.append((len(images), self.training, torch.is_grad_enabled()))
        return self.inner(images)  # type: ignore[no-any-return]


def test_evaluation_sees_whole_batches_in_evaluation_mode(few: Few) -> None:
    task = few("shapes")
    fit(task, inner := task.network(), epochs=1)
    model = Watched(inner)
    model.train()
    model.inner.eval()
    expected = task.quality(inner(task.data().test_inputs), task.data().test_targets)
    for batch in (7, 20, 64):
        assert evaluate(task, model, batch=batch) == pytest.approx(expected)
    assert model.seen == [(7, False, False)] * 3 + [(20, False, False)] + [(64, False, False)]
    assert model.training and not model.inner.training
    with pytest.raises(UsageError, match="a batch of 0 images"):
        evaluate(task, model, batch=0)


def test_requests_are_exact_batches_with_every_test_image(few: Few) -> None:
    task = few("digits")
    images = task.data().test_inputs
    for batch, count in ((1, 20), (8, 3), (20, 1), (64, 1)):
        asked = requests(task, batch)
        assert [len(inputs) for inputs in asked] == [batch] * count
        flat = {image.numpy().tobytes() for inputs in asked for image in inputs}
        assert flat == {image.numpy().tobytes() for image in images}
    assert all(torch.equal(*pair) for pair in zip(requests(task, 8), requests(task, 8), strict=True))
    assert not torch.equal(requests(task, 8, seed=1)[0], requests(task, 8, seed=2)[0])


def test_all_but_the_head_is_transferred(few: Few) -> None:
    task = few("shapes-source")
    fit(task, source := task.network(), epochs=1)
    fresh = few("shapes-few").network(seed=3)
    before = state(fresh)
    assert transfer(source, fresh) is fresh
    for name, value in state(fresh).items():
        assert torch.equal(value, before[name] if name.startswith("head") else source.state_dict()[name])
    with pytest.raises(UsageError, match="networks of one width"):
        transfer(source, task.network(width=0.5))


@pytest.mark.slow
def test_small_training_reaches_a_useful_quality() -> None:
    task = workload("detection")
    fit(task, model := task.network())
    assert evaluate(task, model)["mAP"] >= 0.6 > 0.1 > evaluate(task, task.network())["mAP"]


def test_a_trained_network_is_better_than_an_untrained_one(few: Few) -> None:
    """Judged on what it was trained on, with images few enough to be known by heart."""
    task = few("shapes")
    data = task.data()
    known = replace(task, data=lambda: replace(data, test_inputs=data.train_inputs, test_targets=data.train_targets))
    fit(known, model := known.network(), epochs=25)
    assert evaluate(known, model)["accuracy"] > 0.9 > 0.3 > evaluate(known, known.network())["accuracy"]
