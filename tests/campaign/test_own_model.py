"""What docs/models.md says of a model of one's own runs as it is written, in a hundredth of the time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from workplace import Done

from lca.campaign.peak import NotMeasured
from lca.campaign.plan import UNSUPPORTED, Technique
from lca.measurement.record import Measurement
from lca.vocabulary import Component
from lca.workloads.workload import Workload

pytest.importorskip("torch")
MANUAL = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```(\w+)\n(.*?)^```$", MANUAL, flags=re.M | re.S))


def test_the_manual_of_own_models_runs(
    tmp_path: Path, command: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = re.sub(r'"[0-9.]+ s"', '"0.02 s"', BLOCKS["toml"])
    (tmp_path / "mine.toml").write_text(plan, encoding="utf-8")

    def alone(task: Workload, name: str, model: Any, requests: Sequence[Any], threads: int) -> float:
        """In place of a process for each model, which takes seconds: tests/campaign/test_peak.py."""
        if len(model[0].weight.unique()) == 16:
            raise NotMeasured("the model is of one cluster each")
        return 3e8

    monkeypatch.setattr("lca.campaign.run.peak_memory", alone)
    (tmp_path / "my_module.py").write_text(BLOCKS["python"], encoding="utf-8")
    [line] = BLOCKS["console"].splitlines()
    done = command(*line.removeprefix("$ lca ").split())
    assert done.code == 0, done.err
    shared = Measurement.load("runs/my_module-make-weight-sharing-0.5-float32-cpu-batch-1.json")
    assert shared.profile and "16 values in each of 2 layers" in shared.profile.steps[0]
    whole = Measurement.load("runs/my_module-make-none-float32-cpu-batch-1.json")
    assert whole.quality["accuracy"] > 0.8 and len(whole.windows) == 3
    assert {component: peak.amount for component, peak in whole.peak_memory.items()} == {Component.CPU: 3e8}
    assert not shared.peak_memory and shared.comment and "not measured: the model is of one cluster" in shared.comment


def test_the_manual_names_every_technique_and_one_that_is_not_offered() -> None:
    named = set(re.findall(r"`([a-z-]+)`", "".join(re.findall(r"^\| `.*$", MANUAL, flags=re.M))))
    assert set(Technique.__args__) - {"none"} <= named  # type: ignore[attr-defined]
    assert "spiking" in named & UNSUPPORTED.keys()
