"""The verbs of `lca background`: what they print, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_mapping import STEEL, installed, mapped
from typer.testing import CliRunner

from lca.cli import app
from lca.errors import UsageError

RUN = CliRunner()


def printed(*words: str) -> str:
    done = RUN.invoke(app, ["background", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_what_was_added_is_listed_shown_mapped_and_removed(data: Path) -> None:
    installed(data)
    [listed] = json.loads(printed("list", "--json"))["backgrounds"]
    assert (listed["name"], listed["version"], listed["activities"]) == ("theirs", "1", 4)
    shown = json.loads(printed("show", "theirs", "--json"))
    assert shown["categories"]["climate-change"] == 2 and shown["categories"]["land-use"] == 0
    assert "co-products" not in printed("show", "theirs") and "theirs 1: 4 activities" in printed("show", "theirs")
    assert "proposals, of which none is used" in printed("map", "theirs")
    with pytest.raises(UsageError, match="edit it"):
        printed("map", "theirs")
    assert "removed" in printed("remove", "theirs")
    assert json.loads(printed("list", "--json")) == {"backgrounds": []}


def test_ours_and_theirs_are_printed_side_by_side(data: Path) -> None:
    installed(data)
    mapped(data, STEEL)
    [row] = json.loads(printed("compare", "theirs", "--categories", "climate-change", "--json"))["rows"]
    assert row["activity"] == "steel" and row["ratio"] == pytest.approx(row["theirs"] / row["ours"])
    assert "theirs / ours" in printed("compare", "theirs", "--categories", "climate-change")


def test_a_provider_is_written_as_a_name_and_a_code(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="NAME=CODE"):
        printed("add", "theirs", str(tmp_path), "--provider", "electricity")
