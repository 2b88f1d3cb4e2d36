"""The verbs of `lca background`: what they print, and how they end."""

from __future__ import annotations

import json
import re
import shlex
import zipfile
from pathlib import Path

import pytest
from samples import STEEL as SAMPLE
from test_mapping import STEEL, installed, mapped
from typer.testing import CliRunner

from lca.cli import app
from lca.errors import UsageError

RUN = CliRunner()
ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "backgrounds.md").read_text(encoding="utf-8")


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
    assert shown["without_factor"] == []
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


@pytest.mark.slow
def test_the_way_of_the_guide_can_be_gone(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    with zipfile.ZipFile("database.zip", "w") as archive:
        archive.writestr("steel.xml", SAMPLE.replace("Steel, at mill", "Hot rolled sheet, steel, at plant"))
    said = []
    for line in re.findall(r"^\$ lca (.*)$", GUIDE, flags=re.M):
        done = RUN.invoke(app, shlex.split(line), catch_exceptions=False)
        assert done.exit_code == 0, (line, done.output)
        said.append(done.stdout)
        if "background map" in line:
            own = data / "mappings" / "mydb.toml"
            own.write_text(own.read_text("utf-8").replace("confirmed = false", "confirmed = true"), "utf-8")
    added, shown, proposed, against, assessed, compared, removed = said
    assert "mydb 2026: 2 activities" in added and "Phlogiston" in shown and "proposals, of which" in proposed
    assert "steel" in against and "as mydb 2026 documents" in " ".join(assessed.split())
    assert "farthest apart in climate change" in compared and "removed" in removed
    assert not list((data / "backgrounds").iterdir())


def test_the_guide_quotes_what_is_said() -> None:
    """In the table of what goes wrong: every quoted text is one of a message."""
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "lca").rglob("*.py"))
    table = GUIDE.partition("## When a step goes wrong")[2]
    quoted = [text for row in re.findall(r"^\|[^|]*\|([^|]*)\|", table, re.M) for text in re.findall("`([^`]+)`", row)]
    assert len(quoted) > 10
    assert [text for text in quoted if text not in code and not text.startswith(("add", "show"))] == []
