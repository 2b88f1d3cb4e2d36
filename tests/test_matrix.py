"""inventories/COMPLETENESS.md says what the files say, and the matrix counts states and shares rightly."""

from __future__ import annotations

import pytest

from lca.builtin import folder
from lca.inventory.activity import Activity, Result
from lca.inventory.catalogue import Catalogue
from lca.methods.categories import EF
from lca.report.catalogue.completeness import completeness_matrix, group
from lca.study.assess import assess
from lca.system.scenario import Scenario


@pytest.fixture(scope="module")
def text(built_in: Catalogue) -> str:
    return completeness_matrix(built_in)


def test_the_committed_file_is_the_generated_one(text: str) -> None:
    committed = (folder("inventories") / "COMPLETENESS.md").read_text(encoding="utf-8")
    assert committed == text, "write lca.report.catalogue.completeness.completeness_matrix(Catalogue.load()) into it"


def rows(text: str, heading: str) -> dict[str, list[str]]:
    """Cells by first cell of the first table below a heading."""
    lines = text.split(f"## {heading}")[1].split("\n## ")[0].splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {row[0]: row[1:] for row in table[2:]}


def test_every_activity_is_counted_once_in_every_category(text: str, built_in: Catalogue) -> None:
    found = rows(text, "Groups of activities")
    assert sum(int(cells[-1]) for cells in found.values()) == sum(not a.stands_in for a in built_in.activities.values())
    for name, cells in found.items():
        for cell in cells[:-1]:
            parts = cell.split()
            assert len(parts) == 1 or sum(map(int, parts[::2])) == int(cells[-1]), name


def test_a_complete_category_of_a_kilowatt_hour_is_one_whose_score_is_complete(text: str, built_in: Catalogue) -> None:
    from lca.study.assess import score

    found = rows(text, "Electricity, per kWh")
    study = score("electricity-hard-coal", 1.0, built_in)
    marks = [study.coverage["electricity-hard-coal", id].completeness[0].upper() for id in EF]
    assert found["electricity-hard-coal"][:-1] == marks
    assert found["electricity-hard-coal"][-1] == str(marks.count("C"))


def test_the_shares_by_state_sum_to_a_hundred(text: str, built_in: Catalogue) -> None:
    found = rows(text, "The demonstration")
    states = {name: cells for name, cells in found.items() if name in ("inventory", "partial", "published")}
    names = ["digits-france", "digits-poland"]
    study = assess([Scenario.load(folder("scenarios") / f"{name}.toml") for name in names], built_in)
    for index, category in enumerate(EF):
        for number, scenario in enumerate(study.names):
            if study.coverage[scenario, category].completeness == "missing":
                continue
            parts = [cells[index].split(" / ") for cells in states.values()]
            total = sum(float(part[number if len(part) > 1 else 0]) for part in parts)
            assert total == pytest.approx(100, abs=2), category


def test_groups_are_technologies_or_what_stands_in_for_one() -> None:
    plain = Activity("a", "materials", "a", "a", "kg", "GLO", "file")
    result = Result("climate-change", 1.0, 1.0, 1.0, "EF v3.1", ())
    assert group(plain) == "materials: named gap"
    assert group(Activity("a", "materials", "a", "a", "kg", "GLO", "file", results=(result,))) == "materials: published"
    assert (
        group(Activity("a", "electricity", "a", "a", "kWh", "GLO", "file", "coal-power")) == "electricity: coal-power"
    )
