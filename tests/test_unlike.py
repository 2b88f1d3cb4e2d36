"""What is unknown of two products is not the same unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from lca.inventory.catalogue import Catalogue
from lca.study.assess import score
from lca.study.coverage import differences

DIES = 'name = "{0}"\nproduct = "{0}"\nunit = "item"\nlocation = "GLO"\n'
EXCHANGE = """
[pedigree]
reliability = 1
completeness = 1
temporal = 1
geographical = 1
technological = 1
[[exchanges]]
input = "dies"
amount = "1 item"
source = "s"
[sources.s]
title = "t"
licence = "l"
url = "https://example.org"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("lca.inventory.catalogue.folder", lambda name: tmp_path / "nothing")
    (tmp_path / "nothing").mkdir()
    root = tmp_path / "inventory" / "hardware"
    root.mkdir(parents=True)
    for card in ("red", "blue"):
        (root / f"{card}.toml").write_text(DIES.format(card) + 'technology = "assembly"\n' + EXCHANGE, encoding="utf-8")
    return root


def gaps(folder: Path) -> tuple[str, ...]:
    catalogue = Catalogue.load(folder.parent)
    red, blue = (
        score(id, 1.0, catalogue, ("climate-change",)).coverage[id, "climate-change"] for id in ("red", "blue")
    )
    return tuple(sorted(name for name, _ in differences(red, blue)))


def test_alike_unknowns_cancel_and_unlike_ones_do_not(folder: Path) -> None:
    (folder / "dies.toml").write_text(DIES.format("dies"), encoding="utf-8")
    assert gaps(folder) == ()
    (folder / "dies.toml").write_text(DIES.format("dies") + "unlike = true\n", encoding="utf-8")
    assert gaps(folder) == ("dies-of-blue", "dies-of-red")


def test_a_stand_in_has_no_row_of_its_own(folder: Path) -> None:
    (folder / "dies.toml").write_text(DIES.format("dies") + "unlike = true\n", encoding="utf-8")
    catalogue = Catalogue.load(folder.parent)
    assert [activity.id for activity in catalogue.of_kind("hardware")] == ["blue", "dies", "red"]
    own = catalogue.activities["dies-of-red"]
    assert (own.name, own.stands_in, own.file) == ("dies: those of red", True, catalogue.activities["dies"].file)


def test_the_unknown_parts_of_devices_are_unlike(built_in: Catalogue) -> None:
    assert {a.id for a in built_in.activities.values() if a.stands_in} >= {
        "accelerator-dies-unknown-of-board-nvidia-jetson-tx2",
        "server-parts-unknown-of-server-cpu-2u",
    }
