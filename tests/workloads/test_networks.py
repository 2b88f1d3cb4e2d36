"""Networks that compression tools can take apart: pruned, exported, pickled, made wider and narrower."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import nn

from lca.errors import UsageError
from lca.workloads.digits import parameters
from lca.workloads.workload import NAMES, SIZES, TRANSFER, workload

SIDES = {"digits": 8, "shapes": 32, "segmentation": 32, "detection": 64}
OUTPUTS = {"digits": (10,), "shapes": (10,), "segmentation": (5, 32, 32), "detection": (8, 8, 8)}


def images(name: str, count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(count)
    return torch.rand(count, 1 if name == "digits" else 3, SIDES[name], SIDES[name], generator=generator)


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_of_the_stated_shape_and_the_seed_decides_them(name: str) -> None:
    network, inputs = workload(name).network, images(name, 3)
    first, again, other = (network(seed=seed).eval()(inputs) for seed in (1, 1, 2))
    assert first.shape == (3, *OUTPUTS[name])
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(pickle.loads(pickle.dumps(network(seed=1))).eval()(inputs), first)


@pytest.mark.parametrize("name", NAMES)
def test_networks_grow_with_the_size_and_the_width(name: str) -> None:
    counts = [parameters(workload(name, size).network()) for size in SIZES]
    assert counts == sorted(set(counts))
    network = workload(name).network
    widths = [parameters(network(width=width)) for width in (0.01, 0.5, 1.0, 2.0)]
    assert widths == sorted(set(widths))
    assert 3.5 < widths[3] / widths[2] < 4.1
    for wrong in (0.0, -1.0, float("inf"), float("nan")):
        with pytest.raises(UsageError, match="times as wide"):
            network(width=wrong)


@pytest.mark.parametrize("name", TRANSFER)
def test_transfer_is_between_equal_networks(name: str) -> None:
    for size in SIZES:
        assert str(workload(name, size).network()) == str(workload("shapes", size).network())


@pytest.mark.parametrize("name", NAMES)
def test_nothing_works_in_place(name: str) -> None:
    assert not any(getattr(module, "inplace", False) for module in workload(name).network().modules())


@pytest.mark.parametrize("name", NAMES)
def test_half_the_channels_can_be_cut_out(name: str) -> None:
    """What is left has the parameters of the network that is half as wide."""
    pruning = pytest.importorskip("torch_pruning")
    whole, inputs = workload(name).network().eval(), images(name, 2)
    model = copy.deepcopy(whole)
    last = [module for module in model.modules() if isinstance(module, nn.Linear | nn.Conv2d)][-1]
    pruning.pruner.MagnitudePruner(
        model,
        inputs,
        importance=pruning.importance.GroupMagnitudeImportance(p=2),
        pruning_ratio=0.5,
        ignored_layers=[last],
    ).step()
    assert model(inputs).shape == whole(inputs).shape
    assert parameters(model) == parameters(workload(name).network(width=0.5)) < parameters(whole) / 3


@pytest.mark.parametrize("name", NAMES)
def test_export_follows_the_network_for_any_batch(name: str) -> None:
    model = workload(name).network().eval()
    shapes = ({0: torch.export.Dim("batch")},)
    exported = torch.export.export(model, (images(name, 2),), dynamic_shapes=shapes).module()
    assert torch.equal(exported(images(name, 5)), model(images(name, 5)))


def test_an_exported_network_is_evaluated_in_its_fixed_batch() -> None:
    from lca.workloads.training import evaluate

    task = workload("digits")
    model = task.network().eval()
    exported = torch.export.export(model, (images("digits", 16),)).module()
    with pytest.raises(NotImplementedError):
        exported.eval()
    assert evaluate(task, exported, batch=16) == evaluate(task, model)
