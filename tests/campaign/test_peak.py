"""Peak memory of a model in a process of its own."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("torch")

import torch

from lca.campaign.peak import NotMeasured, peak_memory
from lca.workloads.workload import workload


@pytest.mark.skipif(sys.platform == "win32", reason="the operating system does not say")
def test_a_process_of_its_own_holds_torch_and_the_model() -> None:
    """More than the 100 MB of the model, and less than what this process has held."""
    ballast = bytearray(b"1") * 1_200_000_000
    task = workload("digits")
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    model.register_buffer("weight", torch.ones(12_500_000, dtype=torch.float64))
    assert 1e8 < peak_memory(task, "digits", model, [torch.rand(2, 1, 8, 8)], 1) < len(ballast)


def test_what_cannot_be_handed_to_another_process_is_said() -> None:
    model = torch.nn.Linear(1, 1)
    model.forward = lambda x: x
    with pytest.raises(NotMeasured, match="the model cannot be handed to another process"):
        peak_memory(workload("digits"), "digits", model, [], 1)
