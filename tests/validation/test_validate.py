"""The validation cases hold, and a case can fail."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from lca.builtin import folder
from lca.errors import InvalidData
from lca.inventory.catalogue import Catalogue
from lca.study.assess import assess
from lca.system.scenario import Scenario
from lca.validate import Case, show, validate
from lca.validate.show import added_up
from lca.vocabulary import ComparisonKind

STRUBELL = folder("scenarios") / "strubell-2019"

CASE = """
name = "BERT"
about = "A row of a table."
[tolerance]
relative = "0.5 %"
why = "rounding"

[[comparisons]]
name = "energy"
of = "electricity"
ours = [{ scenario = "strubell/bert-base.toml" }]
published = "1507 kWh"
source = "paper"

[[comparisons]]
name = "twice"
of = "climate-change"
ours = [{ scenario = "strubell/bert-base.toml" }, { scenario = "strubell/bert-base.toml", roles = ["computing"] }]
published = "2876 lb"
source = "paper"

[[comparisons]]
name = "part"
of = ["climate-change", "land-use"]
ours = [{ activity = "server-chassis", amount = "2 item" }]
published = [{ activity = "server-assembly" }]
source = "paper"

[sources.paper]
title = "Paper"
"""


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    return validate()


@pytest.mark.slow
def test_no_case_fails_without_an_explanation(cases: tuple[Case, ...]) -> None:
    failed = [f"{case.id}: {found.name}: {found.deviation:+.3f}" for case in cases for found in case.failed]
    assert not failed


@pytest.mark.slow
def test_every_case_compares_something_and_says_why_it_tolerates_what(cases: tuple[Case, ...]) -> None:
    expected = {
        "strubell-2019",
        "patterson-2021",
        "bloom-2022",
        "gemini-2025",
        "a100",
        "h100",
        "cards",
        "boaviztapi",
        "ecologits",
    }
    assert {case.id for case in cases} == expected
    for case in cases:
        assert case.about
        assert "within" in {found.verdict for found in case.comparisons}, case.id
        for found in case.comparisons:
            assert found.tolerance
            assert found.why
            assert found.sources
            assert bool(found.explanation) == (found.verdict in ("explained", "missing"))


@pytest.mark.slow
@pytest.mark.parametrize("id", ["strubell-2019", "bloom-2022", "gemini-2025", "ecologits"])
def test_what_is_only_arithmetic_needs_no_explanation(id: str, cases: tuple[Case, ...]) -> None:
    case = next(case for case in cases if case.id == id)
    assert {found.verdict for found in case.comparisons} == {"within"}


@pytest.mark.slow
def test_cases_are_shown_and_printed_as_json(cases: tuple[Case, ...], capsys: pytest.CaptureFixture[str]) -> None:
    show(cases)
    shown = capsys.readouterr().out
    assert all(case.id in shown for case in cases)
    assert shown.strip().endswith("0 failed")
    first = cases[0].to_json()
    assert first.keys() == {"id", "name", "about", "comparisons"}
    missing = [found for found in first["comparisons"] if found["verdict"] == "missing"]
    assert all(found["deviation"] is None or found["explanation"] for found in missing)


@pytest.mark.slow
def test_tests_of_the_model_are_told_apart_from_recomputations_and_editions(
    cases: tuple[Case, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    kinds = {case.id: {found.kind for found in case.comparisons} for case in cases}
    assert kinds["strubell-2019"] == kinds["ecologits"] == {"recomputation"}
    assert kinds["cards"] == {"model"}
    assert kinds["a100"] == {"model", "editions"}
    show(cases)
    *_, model, recomputed, editions, _ = capsys.readouterr().out.strip().splitlines()
    assert model.startswith("tests of our model: ") and "median deviation" in model
    assert recomputed.startswith("recomputations of a publisher's formula: ")
    assert editions.startswith("two editions compared: ")


def test_deviations_add_up_where_they_cancel_in_a_total(cases: tuple[Case, ...]) -> None:
    [case] = (case for case in cases if case.id == "h100")
    first, second, *_ = (c for c in case.comparisons if c.kind == ComparisonKind.MODEL)
    parts = [replace(first, ours=12.0, published=10.0, unit="kg"), replace(second, ours=3.0, published=5.0, unit="kg")]
    total = replace(first, name="total", ours=15.0, published=15.0, unit="kg", in_others=True)
    said = "absolute deviations: memory 2, integrated circuits 2; in all 4 of 15 kg, 27 %"
    assert added_up(parts) == added_up([*parts, total]) == [said]
    assert added_up(parts[:1]) == added_up([replace(p, kind=ComparisonKind.EDITIONS) for p in parts]) == []


def test_a_case_of_ones_own_runs_alone(bench: Bench) -> None:
    [case] = validate(cases=[bench.root / "bert.toml"])
    assert (case.id, {found.kind for found in case.comparisons}) == ("bert", {"model"})


def test_what_strubells_table_leaves_out_is_named(built_in: Catalogue) -> None:
    study = assess([Scenario.load(STRUBELL / "bert-base.toml")], built_in, ["climate-change", "water-use"])
    climate, water = study.scores().to_dict("records")
    assert climate["completeness"] == "partial"
    assert climate["published_share"] == 1.0
    assert water["completeness"] == "missing"
    assert water["score"] != water["score"]
    gaps = " | ".join(climate["gaps"])
    for left_out in ("equipment", "rest of the node", "electricity-0-4327"):
        assert left_out in gaps
    assert "water evaporated" in " | ".join(water["gaps"])


class Bench:
    """A validation folder of one case on the built-in catalogue."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "inventory").mkdir(parents=True)
        shutil.copytree(STRUBELL, root / "strubell")
        self.write(CASE)
        self.explain("# none")

    def write(self, text: str) -> None:
        (self.root / "bert.toml").write_text(text, encoding="utf-8")

    def explain(self, text: str) -> None:
        (self.root / "explanations.toml").write_text(text, encoding="utf-8")

    def verdicts(self) -> dict[str, str]:
        (case,) = validate()
        return {found.name: found.verdict for found in case.comparisons}

    def problems(self) -> str:
        with pytest.raises(InvalidData) as error:
            validate()
        return str(error.value)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr("lca.validate.run.folder", lambda name: tmp_path)
    return Bench(tmp_path / "validation")


def test_a_deviation_beyond_the_tolerance_fails_and_a_missing_score_is_not_judged(bench: Bench) -> None:
    expected = {"energy": "within", "twice": "within", "part, climate-change": "failed", "part, land-use": "missing"}
    assert bench.verdicts() == expected
    (case,) = validate()
    assert [found.name for found in case.failed] == ["part, climate-change"]
    assert case.failed[0].ours == 300.0
    assert case.failed[0].published == 6.68


def test_an_explanation_holds_between_its_bounds_only(bench: Bench) -> None:
    text = '[[bert]]\ncomparisons = ["part, climate-change"]\nlow = "{} %"\nhigh = "5000 %"\nwhy = "other parts"\n'
    bench.explain(text.format(4000))
    assert bench.verdicts()["part, climate-change"] == "explained"
    bench.explain(text.format(4500))
    assert bench.verdicts()["part, climate-change"] == "failed"


def test_an_explanation_of_nothing_is_a_mistake(bench: Bench) -> None:
    bench.explain('[[bert]]\ncomparisons = ["nothing"]\nlow = "0 %"\nhigh = "1 %"\nwhy = "?"\n')
    assert "explanations.toml:2: bert[0].comparisons: no comparison 'nothing'" in bench.problems()


@pytest.mark.parametrize(
    "old, new, verdict",
    [
        ("1507 kWh", "1510.4 kWh", "within"),
        ("1507 kWh", "1511 kWh", "failed"),
        ("1507 kWh", "1.507 MWh", "within"),
        ('published = "1507 kWh"', 'published = "1600 kWh"\ntolerance = { absolute = "0.1 MWh" }', "within"),
        ('published = "1507 kWh"', 'published = "3000 kWh"\ntolerance = { factor = 2 }', "within"),
        ('published = "1507 kWh"', 'published = "3100 kWh"\ntolerance = { factor = 2 }', "failed"),
        ('published = "1507 kWh"', 'published = "1507 kWh"\ntolerance = { absolute = "1 kWh" }', "failed"),
    ],
)
def test_tolerances_are_relative_absolute_or_a_factor(bench: Bench, old: str, new: str, verdict: str) -> None:
    bench.write(CASE.replace(old, new))
    assert bench.verdicts()["energy"] == verdict


@pytest.mark.parametrize(
    "old, new, what",
    [
        ('roles = ["computing"]', 'roles = ["idling"]', "bert.toml:18: comparisons[1].ours[1].roles"),
        (
            'activity = "server-assembly"',
            'activity = "server-1x-a100", inputs = ["ssd", "hdd"]',
            "has no input hdd; there are",
        ),
        ('activity = "server-assembly"', 'activity = "server-asembly"', "did you mean 'server-assembly'"),
        ('why = "rounding"', "", "the tolerance states no reason"),
        ('relative = "0.5 %"', "", "has no tolerance"),
        ('published = "1507 kWh"', 'published = "1507 kg"', "'kWh' where 'kg' belongs"),
        ("bert-base.toml", "bert-small.toml", "bert-small.toml: no such file"),
        ('of = "electricity"', 'of = "electricity bill"', "no impact category"),
        ('activity = "server-chassis", amount = "2 item"', "", "give a scenario or an activity"),
    ],
)
def test_mistakes_in_a_case_are_named_with_their_place(bench: Bench, old: str, new: str, what: str) -> None:
    bench.write(CASE.replace(old, new))
    assert what in bench.problems()
