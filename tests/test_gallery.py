"""The gallery of devices: its files are in order, and its table says what they score."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lca.api import score
from lca.inventory.catalogue import Catalogue
from lca.report import words

GALLERY = Path(__file__).parent.parent / "docs" / "gallery"
ROW = re.compile(r"\| `([a-z0-9-]+)` \| [^|]+ \| (.+?) \| (.+?) \| (.+?) \| (\d+) \|")
ROWS = {match[1]: match.groups()[1:] for match in ROW.finditer((GALLERY / "README.md").read_text(encoding="utf-8"))}


@pytest.fixture(scope="module")
def gallery() -> Catalogue:
    return Catalogue.load(GALLERY)


def test_the_table_has_every_file_of_the_gallery() -> None:
    assert ROWS.keys() == {path.stem for path in (GALLERY / "hardware").glob("*.toml")}
    assert len(ROWS) == 6


@pytest.mark.parametrize("id", ROWS)
def test_the_table_says_what_a_device_scores(id: str, gallery: Catalogue) -> None:
    study = score(id, catalogue=gallery, categories="climate-change", samples=1000)
    assert study.layers
    [row] = study.layers.scores.to_dict("records")
    cover = study.coverage[id, "climate-change"]
    shown = words.estimate(row), words.interval(row), words.known(row, cover.mark), str(len(cover.items))
    assert shown == ROWS[id]
    assert row["open"] == 0
