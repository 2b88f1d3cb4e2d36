"""What the shipped scenarios find is written down for every group, and as it comes out."""

from __future__ import annotations

import re

from lca import Catalogue
from lca.builtin import folder
from lca.validate.findings import FILE, GROUPS, findings

WRITTEN = (folder("scenarios") / FILE).read_text(encoding="utf-8")


def test_every_group_is_written_with_its_scenarios() -> None:
    titles = re.findall(r"^## (.+)$", WRITTEN, re.M)
    assert titles == list(GROUPS), "run: python -m lca.validate.findings --write"
    assert re.findall(r"^\| `(.+?)` \|", WRITTEN, re.M) == [file for files in GROUPS.values() for file in files]


def test_every_shipped_scenario_is_in_a_group_or_a_variant_of_one() -> None:
    root = folder("scenarios")
    shipped = {path.relative_to(root).with_suffix("").as_posix() for path in root.rglob("*.toml")}
    others = {id for id in shipped if id.split("/")[0] in ("campaigns", "validation", "strubell-2019")}
    grouped = {file for files in GROUPS.values() for file in files}
    left = {id for id in shipped - others - grouped if not id.startswith("compression-")}
    assert left == {"resnet50-edge-agx-orin-busy"}  # of a hundred times the service of its group


def test_a_group_comes_out_as_it_is_written(built_in: Catalogue) -> None:
    """One whose verdicts are far from any limit, so that no processor rounds them into another."""
    title = "Busier servers, longer lives"
    [text] = findings(built_in, {title: GROUPS[title]})
    sentences = re.findall(r"^- .+$", text, re.M)
    assert len(sentences) == 2 and all(sentence in WRITTEN for sentence in sentences)
