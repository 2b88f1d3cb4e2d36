"""Pictures of sweeps and swings: files of the kind that is asked for, and what cannot be drawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from workplace import Workplace

from lca.errors import UsageError
from lca.report.pictures.sweeps import heat_map, tornado

pytest.importorskip("matplotlib")
GRID = pd.DataFrame(
    {
        "electricity": ["a", "a", "b", "b"],
        "facility.PUE": [1.0, 2.0, 1.0, 2.0],
        "refused": "",
        "climate-change": [1.0, 2.0, 3.0, float("nan")],
    }
)


def test_a_heat_map_says_fields_values_and_unit(tmp_path: Path) -> None:
    text = heat_map(GRID, "climate-change", tmp_path / "map.svg").read_text(encoding="utf-8")
    assert all(word in text for word in ("facility.PUE", "electricity", "kg CO2-Eq", ">a<", ">2<"))
    assert heat_map(GRID, "climate-change", tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_a_heat_map_is_of_two_fields(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there are 1: facility\.PUE"):
        heat_map(GRID[GRID["electricity"] == "a"], "climate-change", tmp_path / "map.png")
    with pytest.raises(UsageError, match="ends in"):
        heat_map(GRID, "climate-change", tmp_path / "map.txt")


def test_a_tornado_names_each_number(tmp_path: Path) -> None:
    rows = pd.DataFrame({"number": ["PUE", "life"], "score_low": [1.0, 1.4], "score_high": [2.0, 1.2]})
    text = tornado(rows, "climate-change", tmp_path / "t.svg").read_text(encoding="utf-8")
    assert ">PUE<" in text and ">life<" in text and "kg CO2-Eq" in text
    with pytest.raises(UsageError, match="nothing to draw"):
        tornado(rows[:0], "climate-change", tmp_path / "t.svg")


def test_the_commands_draw(tiny: Workplace, command: Any) -> None:
    over = ("--over", "inference.utilisation=0.2:1:3", "--over", "training.serves=1e6:1e8:3")
    done = command("sweep", "scenario.toml", "-i", "inventory", *over, "--heat-map", "map.png")
    assert done.code == 0 and done.out.strip() == "map.png" and Path("map.png").is_file()
    below = command(
        "sweep",
        "scenario.toml",
        "-i",
        "inventory",
        "--over",
        "inference.utilisation=-1,-2",
        *over[2:],
        "--heat-map",
        "none.png",
    )
    assert below.code == 2 and "no variant has a score: inference.utilisation -1" in below.err
    assert not Path("none.png").exists()
    swings = command("sensitivity", "scenario.toml", "-i", "inventory", "--figure", "t.png")
    assert swings.code == 0 and Path("t.png").is_file()
