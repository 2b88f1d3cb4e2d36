from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_study import CATEGORIES, HOSTILE, record, scenario

from lca import report
from lca.errors import InvalidData
from lca.inventory.catalogue import Catalogue
from lca.quantities.values import Value, product
from lca.report.disclosures import DISCLOSURES, disclosure
from lca.study import stored
from lca.study.assess import assess, score
from lca.study.study import Study
from lca.system.scenario import Scenario


def again(study: Study, folder: Path) -> Study:
    stored.save(study, folder / "study.json")
    return stored.load(folder / "study.json")


def test_a_saved_study_gives_the_same_workbook_and_the_same_disclosures(study: Study, tmp_path: Path) -> None:
    loaded = again(study, tmp_path)
    assert loaded.to_json() == study.to_json()
    for name in DISCLOSURES:
        assert disclosure(loaded, name) == disclosure(study, name)
    first = report.workbook(study, tmp_path / "a.xlsx", full=True).read_bytes()
    assert report.workbook(loaded, tmp_path / "b.xlsx", full=True).read_bytes() == first


@pytest.mark.slow
def test_so_does_one_of_the_built_in_inventory(built_in: Catalogue, tmp_path: Path) -> None:
    files = (Path(__file__).parents[2] / "scenarios").glob("digits-*.toml")
    study = assess([Scenario.load(file) for file in sorted(files)], built_in)
    first = report.workbook(study, tmp_path / "a.xlsx", full=True).read_bytes()
    assert report.workbook(again(study, tmp_path), tmp_path / "b.xlsx", full=True).read_bytes() == first


def test_a_study_of_one_activity_and_hostile_names_survive(small_catalogue: Catalogue, tmp_path: Path) -> None:
    single = score("server", 2.0, small_catalogue, CATEGORIES)
    assert again(single, tmp_path).to_json() == single.to_json()
    texts = [text for text in HOSTILE.values()]
    made = [scenario({"inference": record(name=text)}, name=text, comment=text) for text in texts]
    study = assess(made, small_catalogue, CATEGORIES)
    assert again(study, tmp_path).to_json() == study.to_json()


def _set(*path: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: Any) -> None:
        for key in path[:-2]:
            content = content[key]
        content[path[-2]] = path[-1]

    return change


@pytest.mark.parametrize(
    ("change", "field", "what"),
    [
        (_set("schema", 3), "schema", "reads up to 2"),
        (_set("kind", "something"), "kind", "pattern"),
        (_set("extra", 1), "extra", "unknown key"),
        (lambda content: content.pop("table"), "table", "absent"),
        (_set("categories", 0, "climat"), "categories[0]", "no impact category"),
        (_set("table", "score", [1.0]), "table.published", "rows, not 1"),
        (_set("table", "phase", "codes", 0, 99), "table.phase", "no level"),
        (_set("table", "activity", "levels", 0, "nobody"), "table.activity", "not in the file"),
        (_set("table", "score", 0, "a lot"), "table.score[0]", "number"),
        (_set("activities", 0, "unknown", 1), "activities[0].unknown", "Unexpected"),
        (_set("systems", 0, "exchanges", 0, "input", "nobody"), "systems[0].exchanges[0]", "no activity"),
        (_set("systems", 0, "exchanges", 0, "phase", "party"), "systems[0].exchanges[0].phase", "training"),
        (lambda content: content["coverage"].pop(), "coverage", "not one entry"),
        (lambda content: content["scenarios"].pop(), "scenarios", "not those"),
        (lambda content: content["sums"].pop("Poland"), "sums", "not one entry"),
        (_set("sums", "France", "inference", [[1.0]]), "sums", "not one entry"),
        (_set("supply", "France", {"nobody": 1.0}), "supply.France", "not in the file"),
        (
            _set("scenarios", 0, "file", "functional_unit", "amount", "-1 inference"),
            "scenarios[0].file.functional_unit.amount",
            "not a positive",
        ),
    ],
)
def test_a_damaged_or_newer_file_is_refused_with_the_field(
    study: Study, tmp_path: Path, change: Callable[[dict[str, Any]], None], field: str, what: str
) -> None:
    path = tmp_path / "study.json"
    stored.save(study, path)
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InvalidData) as error:
        stored.load(path)
    found = [problem for problem in error.value.problems if problem.field == field]
    assert any(what in problem.what for problem in found)
    assert found[0].file == str(path) and found[0].line == 1


def test_a_file_that_is_no_study_or_too_large_is_refused(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "study.json"
    path.write_text("[1, 2]")
    with pytest.raises(InvalidData):
        stored.load(path)
    path.unlink()
    stored.save(study, path)
    monkeypatch.setattr(stored, "LARGEST_STUDY", 1000)
    with pytest.raises(InvalidData, match="at most 1,000 are read"):
        stored.load(path)


def test_a_study_of_the_first_schema_is_read(tmp_path: Path) -> None:
    """study-schema-1.json is what an older version saved of tests/tiny: nothing else shows that it still loads."""
    study = stored.load(Path(__file__).with_name("study-schema-1.json"))
    assert round(float(study.scores()["score"].iloc[0]), 2) == 1.52
    [energy] = [e for e in study.systems[0].exchanges if (e.phase, e.role) == ("inference", "computing")]
    assert energy.formula.endswith(f"= {energy.amount:.6g} kWh") and energy.formula.count(" × PUE 1.5") == 1
    stored.save(study, tmp_path / "again.json")
    again = stored.load(tmp_path / "again.json")
    assert again.systems == study.systems
    assert json.loads((tmp_path / "again.json").read_text(encoding="utf-8"))["schema"] == 2


def test_a_mix_of_schema_1_is_told_its_network_and_its_loss() -> None:
    plants = [{"activity": "coal", "amount": 1.25}]
    network = {"activity": "lines", "amount": 1.0, "note": "network per kWh delivered"}
    mix = {"technology": "mix", "inputs": [*plants, network]}
    assert stored._upgraded_activity(mix) == {**mix, "network": "lines", "loss": pytest.approx(0.2)}
    without = {**mix, "gaps": ["losses between plant and user are not known"]}
    assert stored._upgraded_activity(without) == {**without, "network": "lines"}
    written_by_hand = {**mix, "inputs": plants * 2}
    assert stored._upgraded_activity(written_by_hand) == written_by_hand


def test_a_study_that_was_changed_says_so(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    stored.save(study, path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stored.load(path)
    text = path.read_text(encoding="utf-8")
    number = re.search(r'"score": \[\s*(-?[0-9.e-]+)', text)
    assert number
    path.write_text(text[: number.start(1)] + "9" + text[number.start(1) + 1 :], encoding="utf-8")
    with pytest.warns(UserWarning, match="was changed since it was saved"):
        stored.load(path)


def test_an_amount_calculated_in_many_steps_is_read_back(study: Study, tmp_path: Path) -> None:
    first = study.systems[0].exchanges[0]
    value = first.value
    for _ in range(20):
        value = product(value, Value(1.0, "1", "step"), value.unit)
    system = replace(study.systems[0], exchanges=(replace(first, value=value), *study.systems[0].exchanges[1:]))
    stored.save(replace(study, systems=(system, *study.systems[1:])), tmp_path / "study.json")
    assert stored.load(tmp_path / "study.json").systems[0].exchanges[0].value.evaluate() == pytest.approx(first.amount)
