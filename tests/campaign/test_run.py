"""Campaigns that really train, compress and measure, for a few hundredths of a second each."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from workplace import Done

from lca.campaign import models
from lca.campaign.plan import CampaignPlan
from lca.campaign.run import campaign
from lca.campaign.table import rows, table
from lca.errors import InvalidData, UsageError
from lca.inventory.catalogue import Catalogue
from lca.measurement.record import Measurement

torch = pytest.importorskip("torch")
PLAN = """name = "p"
repeats = 2
duration = "0.05 s"
warm_up = "0.01 s"

[[grids]]
workload = ["digits"]
technique = ["magnitude-pruning"]
level = [LEVELS]
batch = [32]
"""
BASE = "digits-none-float32-cpu"
HALF = "digits-magnitude-pruning-0.5-float32-cpu"


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks trained for one epoch."""
    usual = models.workload
    monkeypatch.setattr(models, "workload", lambda name, size: replace(usual(name, size), epochs=1))


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., CampaignPlan]:
    def write(levels: str = "0.5", old: str = "", new: str = "") -> CampaignPlan:
        text = PLAN.replace("LEVELS", levels)
        assert old in text
        (tmp_path / "p.toml").write_text(text.replace(old, new), encoding="utf-8")
        return CampaignPlan.load(tmp_path / "p.toml")

    return write


def silent(done: float, total: float, text: str) -> None:
    assert done <= total


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.json")}


def test_a_campaign_measures_every_cell_and_what_making_it_took(
    plan: Callable[..., CampaignPlan], tmp_path: Path, built_in: Catalogue
) -> None:
    folder = tmp_path / "runs"
    threads, places = torch.get_num_threads(), os.sched_getaffinity(0)
    found = campaign(plan(), folder, built_in, silent)
    assert (torch.get_num_threads(), os.sched_getaffinity(0)) == (threads, places)
    assert sorted(path.name for path in folder.iterdir()) == [
        f"{HALF}-batch-32.json",
        f"{HALF}-compression.json",
        f"{BASE}-batch-32.json",
        "digits-training.json",
        "digits.pt",
        "digits.pt.sha256",
        "settings.json",
        "table.csv",
    ]
    record = Measurement.load(folder / f"{HALF}-batch-32.json")
    assert (record.phase, record.batch, record.dtype, record.seed) == ("inference", 32, "float32", 0)
    assert [window.name for window in record.windows] == ["repeat 1", "repeat 2"]
    assert record.amount and record.amount.number == sum(w.amount.number for w in record.windows if w.amount)
    assert record.duration.amount * 3600 >= 0.1
    assert record.profile and record.model_parameters
    # biases are not pruned: half of the weights of two convolutions and two dense layers
    weights = 16 * 9 + 32 * 16 * 9 + 512 * 64 + 64 * 10
    assert record.model_parameters - record.profile.nonzero == weights // 2
    assert record.profile.stored.amount == 4 * record.model_parameters
    assert record.peak_memory == {}
    assert record.comment and "how much of it this one took is not known" in record.comment
    assert record.latency and record.latency.p50 and record.latency.p99
    assert record.latency.p50.amount <= record.latency.p99.amount
    assert 0 < record.quality["accuracy"] <= 1
    assert Measurement.load(folder / f"{HALF}-compression.json").phase == "compression"
    assert Measurement.load(folder / "digits-training.json").phase == "training"
    assert (folder / "table.csv").read_text(encoding="utf-8") == table(found) == table(rows(plan(), folder))


def test_a_finished_campaign_is_not_measured_again(
    plan: Callable[..., CampaignPlan], tmp_path: Path, built_in: Catalogue
) -> None:
    first = campaign(plan(), tmp_path / "runs", built_in, silent)
    before = stamps(tmp_path / "runs")
    assert campaign(plan(), tmp_path / "runs", built_in, silent) == first
    assert stamps(tmp_path / "runs") == before


def test_a_stopped_campaign_goes_on(plan: Callable[..., CampaignPlan], tmp_path: Path, built_in: Catalogue) -> None:
    folder = tmp_path / "runs"

    def stop(done: float, total: float, text: str) -> None:
        if "repeat 2" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        campaign(plan(), folder, built_in, stop)
    parts = {path.name: path.read_bytes() for path in (folder / "parts").iterdir()}
    assert set(parts) == {f"{BASE}-batch-32-1.json", f"{HALF}-batch-32-1.json"}
    assert not (folder / f"{HALF}-batch-32.json").exists()
    campaign(plan(), folder, built_in, silent)
    record = Measurement.load(folder / f"{HALF}-batch-32.json")
    first = json.loads(parts[f"{HALF}-batch-32-1.json"])
    assert str(record.windows[0].amount) == first["amount"]
    assert len(record.windows) == 2
    assert not (folder / "parts").exists()


@pytest.mark.parametrize("technique", ["distillation", "low-rank", "lottery-ticket"])
def test_models_are_run_as_they_would_be_served(
    plan: Callable[..., CampaignPlan], tmp_path: Path, built_in: Catalogue, technique: str
) -> None:
    cell = plan(old="magnitude-pruning", new=technique).cells[-1]
    (tmp_path / "runs").mkdir()
    made = models.Models(plan(old="magnitude-pruning", new=technique), tmp_path / "runs", built_in, silent)
    assert cell.variant.technique == technique
    assert not any(module.training for module in made.made(cell.variant).model.modules())


def test_what_a_technique_refuses_is_kept_with_its_reason(
    plan: Callable[..., CampaignPlan], tmp_path: Path, built_in: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = models.prune.magnitude

    def reluctant(model: object, fraction: float, **options: object) -> object:
        if fraction == 0.9:
            raise UsageError("fraction 0.9 is too much for this network\nand more")
        return usual(model, fraction, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(models.prune, "magnitude", reluctant)
    campaign(plan("0.5, 0.9"), tmp_path / "runs", built_in, silent)
    with (tmp_path / "runs" / "table.csv").open(encoding="utf-8", newline="") as file:
        by_level = {row["level"]: row for row in csv.DictReader(file)}
    assert by_level["0.9"]["verdict"] == "refused"
    assert by_level["0.9"]["done"] == "fraction 0.9 is too much for this network"
    assert by_level["0.9"]["energy, median [J/inference]"] == "missing"
    assert by_level["0.5"]["verdict"] != "refused"


def test_cells_added_later_would_not_be_interleaved(
    plan: Callable[..., CampaignPlan], tmp_path: Path, built_in: Catalogue
) -> None:
    campaign(plan(), tmp_path / "runs", built_in, silent)
    with pytest.raises(
        UsageError, match=r"without digits-magnitude-pruning-0\.25-float32-cpu-batch-32: measured later"
    ):
        campaign(plan("0.25, 0.5"), tmp_path / "runs", built_in, silent)


def test_a_folder_of_other_settings_or_of_other_things_is_refused(
    plan: Callable[..., CampaignPlan], tmp_path: Path, built_in: Catalogue
) -> None:
    campaign(plan(), tmp_path / "runs", built_in, silent)
    other = plan(old="repeats = 2", new="repeats = 3\nseed = 1")
    with pytest.raises(UsageError, match="records of a campaign with other repeats, seed: give another --output"):
        campaign(other, tmp_path / "runs", built_in, silent)
    grown = plan(old="batch", new='size = "large"\nbatch')
    for told in (f"size or tune_epochs of {BASE}, ", f"size or tune_epochs of {HALF}: give another"):
        with pytest.raises(UsageError, match=told):
            campaign(grown, tmp_path / "runs", built_in, silent)
    with pytest.raises(UsageError, match=r"is no campaign's folder, it has no settings\.json"):
        campaign(plan(), tmp_path, built_in, silent)


def test_what_the_folder_keeps_is_read_as_data(
    plan: Callable[..., CampaignPlan], tmp_path: Path, built_in: Catalogue
) -> None:
    folder = tmp_path / "runs"
    campaign(plan(), folder, built_in, silent)
    (folder / f"{HALF}-batch-32.json").unlink()
    (folder / f"{BASE}-batch-32.json").unlink()
    (folder / "digits.pt").write_bytes(b"no weights")
    with pytest.raises(
        UsageError, match=r"digits\.pt is not what its training wrote: delete it, and it is trained anew"
    ):
        campaign(plan(), folder, built_in, silent)
    (folder / "digits.pt.sha256").write_text(hashlib.sha256(b"no weights").hexdigest())
    with pytest.raises(
        UsageError, match=r"digits\.pt does not hold this network .*: delete it, and it is trained anew"
    ):
        campaign(plan(), folder, built_in, silent)
    (folder / "settings.json").write_text("{", encoding="utf-8")
    with pytest.raises(InvalidData, match=r"settings\.json:1"):
        campaign(plan(), folder, built_in, silent)
    (folder / "refused.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InvalidData, match=r"refused\.json:1: not a table"):
        rows(plan(), folder)


def test_devices_and_precisions_that_are_not_here_are_refused_before_anything_is_measured(
    plan: Callable[..., CampaignPlan], tmp_path: Path, built_in: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    with pytest.raises(UsageError, match="there is no device cuda on this machine"):
        campaign(plan(old="batch", new='device = ["cuda"]\nbatch'), tmp_path / "runs", built_in, silent)
    monkeypatch.setattr("lca.campaign.run.precisions", lambda device: ("float32",))
    with pytest.raises(UsageError, match="device cpu has no int8-static here; it has float32"):
        campaign(plan(old="batch", new='precision = ["int8-static"]\nbatch'), tmp_path / "runs", built_in, silent)
    assert not (tmp_path / "runs").exists()


@pytest.mark.gpu
def test_a_campaign_on_a_gpu(plan: Callable[..., CampaignPlan], tmp_path: Path, built_in: Catalogue) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no GPU")
    found = campaign(plan(old="batch", new='device = ["cpu", "cuda"]\nbatch'), tmp_path / "runs", built_in, silent)
    quality = {row.cell.id: row.record.quality for row in found if row.record}
    for id, reached in quality.items():
        if "-cuda-" in id:
            assert reached["accuracy"] == pytest.approx(quality[id.replace("-cuda-", "-cpu-")]["accuracy"], abs=0.01)
    records = [row.record for row in found if row.record and row.cell.variant.device == "cuda"]
    assert records and all("gpu" in {entry.component for entry in record.energy} for record in records)


def test_the_verb_measures_and_makes_the_table_again(
    plan: Callable[..., CampaignPlan], tmp_path: Path, command: Callable[..., Done]
) -> None:
    plan()
    folder = str(tmp_path / "runs")
    done = command("campaign", str(tmp_path / "p.toml"), "-o", folder)
    assert done.code == 0, done.err
    assert "magnitude-pruning" in done.out and "baseline" in done.out
    assert done.err.endswith(f"The records and table.csv are in {folder}\n")
    before = (tmp_path / "runs" / "table.csv").read_bytes()
    (tmp_path / "runs" / "table.csv").unlink()
    again = command("campaign", str(tmp_path / "p.toml"), "-o", folder, "--table")
    assert (again.code, again.out) == (0, done.out)
    assert (tmp_path / "runs" / "table.csv").read_bytes() == before


def test_the_verb_says_how_to_go_on_and_what_is_wrong(
    plan: Callable[..., CampaignPlan], tmp_path: Path, command: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan()

    def stopped(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lca.campaign.run.campaign", stopped)
    done = command("campaign", str(tmp_path / "p.toml"), "-o", "there")
    assert (done.code, "the same command goes on from what is in there" in done.err) == (130, True)
    assert command("campaign", str(tmp_path / "absent.toml")).code == 3
    records = command("campaign", str(tmp_path / "p.toml"), "-o", str(tmp_path / "empty"), "--table")
    assert (records.code, "is no campaign's folder, it has no settings.json" in records.err) == (2, True)


OWN = """import torch
from lca.workloads.workload import Data, Workload


class Conv1D(torch.nn.Module):
    pass


def make(size):
    def network(seed=0, width=1.0):
        torch.manual_seed(seed)
        return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))

    def data():
        inputs = torch.rand(64, 4, generator=torch.Generator().manual_seed(1))
        targets = (inputs.sum(1) > 2).long()
        return Data(inputs, targets, inputs, targets)

    def quality(outputs, targets):
        return {"accuracy": float((outputs.argmax(1) == targets).float().mean())}

    loss = torch.nn.functional.cross_entropy
    return Workload("any", size, "a point told", "accuracy", "accuracy", network, data, loss, quality, 1, 0.01, 16)


def nothing(size):
    return None
"""


def test_a_network_of_one_s_own_is_compressed_and_measured(
    tmp_path: Path, command: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "another_module.py").write_text(OWN, encoding="utf-8")
    text = PLAN.replace("LEVELS", "0.5").replace('"digits"', '"another_module:make"')
    (tmp_path / "p.toml").write_text(text, encoding="utf-8")
    refused = command("campaign", "p.toml", "-o", "runs")
    assert refused.code == 3 and "another_module:make: nothing of this name was allowed to run" in refused.err
    done = command("campaign", "p.toml", "-o", "runs", "--module", "another_module.py")
    assert done.code == 0, done.err
    record = Measurement.load(tmp_path / "runs/another_module-make-magnitude-pruning-0.5-float32-cpu-batch-32.json")
    assert record.quality.keys() == {"accuracy"} and record.profile and record.model_parameters == 58
    (tmp_path / "p.toml").write_text(text.replace(":make", ":nothing"), encoding="utf-8")
    assert "made no lca.workloads.workload.Workload" in command("campaign", "p.toml", "-o", "runs").err
    assert command("campaign", "p.toml", "-o", "runs", "--module", "p.toml").code == 2
