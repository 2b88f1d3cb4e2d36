"""First scenarios load, assess in silence and hold the answers; the manual is that of the model of today."""

from __future__ import annotations

import re
import tomllib
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from workplace import Done, Workplace

import lca
from lca import Catalogue, Scenario, assess
from lca.builtin import folder
from lca.engine.background import Background
from lca.errors import UsageError
from lca.exchange.first import KINDS, first_scenario, questions, text
from lca.exchange.manual import manual
from lca.report.disclosures import disclosure
from lca.system.scenario import PHASES

MANUAL = Path(lca.__file__).parent.parent / "docs" / "scenarios.md"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "record"])
def test_a_first_scenario_assesses_without_a_warning(kind: str, tmp_path: Path, built_in: Catalogue) -> None:
    path = first_scenario(kind, "first", tmp_path, {})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        study = lca.assess(path, built_in, "climate-change")
    assert study.scores()["score"].item() > 0


def test_answers_stand_where_they_are_asked_for(tmp_path: Path) -> None:
    path = first_scenario("serving", "mine", tmp_path, {"name": 'A "quoted" name', "count": "2", "hours": "7 h"})
    scenario = lca.Scenario.load(path)
    [run] = scenario.file.inference
    assert scenario.name == 'A "quoted" name'
    assert run.count and run.count.amount == 2 and run.device_time and run.device_time.amount == 7
    with pytest.raises(UsageError, match="exists"):
        first_scenario("serving", "mine", tmp_path, {})


def test_a_record_says_what_it_is_of(tiny: Workplace) -> None:
    path = first_scenario("record", "of-run", Path("runs"), {"record": "run.json", "serves": "1e6 inference"})
    [run] = lca.Scenario.load(path).file.runs().values()
    assert run.measurement == "run.json"


def test_what_is_not_asked_for_is_refused_with_what_is() -> None:
    with pytest.raises(UsageError, match="nothing asks for 'powr'; did you mean 'power'"):
        text("serving", {"powr": "1 kW"})
    with pytest.raises(UsageError, match="no first scenario 'servng'; did you mean 'serving'"):
        questions("servng")


def test_the_command_takes_answers(command: Callable[..., Done], tmp_path: Path) -> None:
    done = command("new", "scenario", "mine", "--of", "fleet", "-i", str(tmp_path), "--set", "devices=5")
    assert done.code == 0
    assert 'devices = { value = "5 1", source = "answers" }' in (tmp_path / "mine.toml").read_text(encoding="utf-8")


def test_the_manual_is_of_the_model_of_today() -> None:
    assert MANUAL.read_text(encoding="utf-8") == manual(), "run `lca schema scenario --manual > docs/scenarios.md`"


def test_the_manual_names_every_phase() -> None:
    assert all(f"[{table}]" in manual() for table in PHASES)


def test_the_manual_writes_a_mix_of_ones_own_that_scores_as_its_parts(tmp_path: Path) -> None:
    """60 % of the grid, 30 % of the roof and 10 % through a battery, 2 % lost; compared with the grid's own mix."""
    page = manual().split("## Electricity of your own", 1)[1].split("\n## ", 1)[0]
    for name, written in re.findall(r"^`mine/([\w./-]+)`:\n\n```\w+\n(.*?)^```$", page, flags=re.M | re.S):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(written, encoding="utf-8")
    catalogue = Catalogue.load(tmp_path)
    background = Background.of(catalogue, ("climate-change",))
    grid, roof, campus = (
        float(background.totals(id)[0]) for id in ("electricity-fr", "electricity-solar-roof", "electricity-campus")
    )
    assert campus == pytest.approx((0.6 * grid + 0.3 * roof + 0.1 * 1.136 * roof) / 0.98)
    here = Scenario.load(folder("scenarios") / "scopes.toml").vary(electricity="electricity-campus", name="campus")
    [stated] = re.findall(r"^```toml\n(electricity = .*?)^```$", page, flags=re.M | re.S)
    meters = {"meters": {"title": "Meters of the campus", "licence": "own data", "locator": "sums of the year"}}
    within = here.vary(name="stated within", sources=meters, **tomllib.loads(stated))
    study = assess([Scenario.load(folder("scenarios") / "scopes.toml"), here, within], catalogue, ("climate-change",))
    assert set(study.compare()["verdict"]).isdisjoint({"not comparable"})
    _, in_a_folder, in_the_file = study.scores()["score"]
    assert in_the_file == pytest.approx(in_a_folder, rel=1e-3)
    [operator] = disclosure(replace(study, scenarios=(here,)), "ghg-protocol", perspective="operator").sections
    values = {field.id: field.value for field in operator.fields}
    assert values["scope_2_location"] and values["scope_2_location"] > 0  # of the grid's own stations, behind the mix
