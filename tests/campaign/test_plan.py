from __future__ import annotations

from pathlib import Path

import pytest

from lca.campaign.plan import CampaignPlan
from lca.errors import InvalidData

PLAN = """name = "p"
repeats = 2
duration = "0.1 s"
warm_up = "0 s"

[[grids]]
workload = ["digits"]
technique = ["magnitude-pruning", "channel-pruning"]
level = [0.25, 0.5]
precision = ["float32", "int8-weights"]
batch = [1, 8]
"""


def plan(folder: Path, text: str = PLAN) -> CampaignPlan:
    (folder / "p.toml").write_text(text, encoding="utf-8")
    return CampaignPlan.load(folder / "p.toml")


def test_a_grid_is_every_combination_and_the_baselines_of_all(tmp_path: Path) -> None:
    cells = plan(tmp_path).cells
    assert len(cells) == 2 * 2 * 2 * 2 + 2
    assert len(set(cells)) == len({cell.id for cell in cells}) == len(cells)
    assert {cell.id for cell in cells if cell == cell.baseline} == {
        "digits-none-float32-cpu-batch-1",
        "digits-none-float32-cpu-batch-8",
    }
    assert "digits-channel-pruning-0.25-int8-weights-cpu-batch-8" in {cell.id for cell in cells}


def test_groups_hold_one_batch_and_begin_with_their_baseline(tmp_path: Path) -> None:
    groups = plan(tmp_path).groups
    assert list(groups) == [("digits", 1, "cpu"), ("digits", 8, "cpu")]
    for cells in groups.values():
        assert cells[0] == cells[0].baseline
        assert {cell.baseline for cell in cells} == {cells[0]}
        assert len(cells) == 9


def test_a_plan_of_baselines_alone_needs_no_level(tmp_path: Path) -> None:
    text = PLAN.replace('technique = ["magnitude-pruning", "channel-pruning"]\nlevel = [0.25, 0.5]\n', "")
    assert [cell.variant.precision for cell in plan(tmp_path, text).cells] == 2 * ["float32"] + 2 * ["int8-weights"]


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [
        ('["digits"]', '["digits", "sounds"]', ["p.toml:7: grids[0].workload: no workload 'sounds'"]),
        (
            '"channel-pruning"]',
            '"spiking"]',
            ["grids[0].technique: spiking is not supported: its neurons keep a state"],
        ),
        (
            '["magnitude-pruning", "channel-pruning"]\nlevel = [0.25, 0.5]',
            '["weight-sharing"]\nlevel = [0.3]',
            ["grids[0]: the level of weight-sharing is a whole number of bits from 1 to 8, over 8: 0.5 for 4"],
        ),
        (
            '["magnitude-pruning", "channel-pruning"]\nlevel = [0.25, 0.5]',
            '["binarised"]\nlevel = [0.5]',
            ["grids[0]: the level of binarised is 1: all layers but the first and the last"],
        ),
        ("level = [0.25, 0.5]\n", "", ["grids[0]: magnitude-pruning, channel-pruning need a level; add it"]),
        ("[0.25, 0.5]", "[0.25, 1.5]", ["grids[0]: a level of 1.5: every level is a share from 0 to 1"]),
        ("[0.25, 0.5]", "[0.25, 1.0]", ["grids[0]: a level of 1: magnitude-pruning would leave nothing"]),
        (
            '["magnitude-pruning", "channel-pruning"]\nlevel = [0.25, 0.5]',
            '["low-rank"]\nlevel = [0]',
            ["grids[0]: a level of 0: low-rank would leave nothing"],
        ),
        (
            '["magnitude-pruning", "channel-pruning"]\nlevel = [0.25, 0.5]',
            '["transfer"]\nlevel = [0.5]',
            ["grids[0]: the level of transfer is 1, all layers but the last are frozen, or 0"],
        ),
        (
            '["magnitude-pruning", "channel-pruning"]\nlevel = [0.25, 0.5]',
            '["transfer"]\nlevel = [0]',
            ["p.toml:8: grids[0].technique: nothing to transfer to 'digits' from; only to shapes-few"],
        ),
        ('"channel-pruning"]', '"hopes"]', ["p.toml:8: grids[0].technique[1]"]),
        ("[1, 8]", "[0, 8]", ["p.toml:11: grids[0].batch[0]"]),
        ('"0.1 s"', '"0 s"', ["p.toml:3: duration: 0 is outside > 0 s"]),
        ('"0.1 s"', '"0.1 kg"', ["p.toml:3: duration"]),
        ("repeats = 2", "repeats = 0\nthreads = 0\nwat = 1", ["p.toml:2: rep", "p.toml:3: thr", "p.toml:4: wat"]),
        (
            "[[grids]]",
            '[[grids]]\nworkload = ["digits"]\nsize = "large"\n[[grids]]',
            ["p.toml:9: grids[1].size: digits is large in another grid: one size per campaign"],
        ),
        (
            "[[grids]]",
            '[[grids]]\nworkload = ["digits"]\ntechnique = ["magnitude-pruning"]\nlevel = [0.5]\n'
            "tune_epochs = 1\n[[grids]]",
            ["grids[1].tune_epochs: digits-magnitude-pruning-0.5-float32-cpu has other tune_epochs in another grid"],
        ),
        ("[1, 8]", str(list(range(1, 2001))), ["grids: 16,000 cells; a campaign has at most 2,000"]),
    ],
)
def test_every_fault_of_a_plan_is_named_with_its_place(tmp_path: Path, old: str, new: str, places: list[str]) -> None:
    assert old in PLAN
    with pytest.raises(InvalidData) as caught:
        plan(tmp_path, PLAN.replace(old, new, 1))
    for place in places:
        assert place in str(caught.value)
