from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_study import CATEGORIES, scenario

from lca.errors import UsageError
from lca.inventory.activity import Result
from lca.inventory.catalogue import Catalogue
from lca.languages import language
from lca.methods.library import Library
from lca.quantities.sources import Source
from lca.report.html.charts import by_part
from lca.report.html.tree import tree
from lca.report.sankey import edges
from lca.report.terminal.explanation import facts, step_name, text, to_json
from lca.report.view import View
from lca.study.assess import assess, score
from lca.study.explanation import Explanation, Step, StepKind, explain, largest, rows_of
from lca.study.rows import Columns
from lca.study.study import Study

KNOWN = ("climate-change", "acidification", "water-use")


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-300)


def all_steps(found: Explanation | Step) -> Iterator[Step]:
    for step in found.steps:
        yield step
        yield from all_steps(step)


@pytest.mark.parametrize("most", [1, 2, None])
@pytest.mark.parametrize("category", KNOWN)
def test_every_level_sums_to_the_one_above(study: Study, category: str, most: int | None) -> None:
    scores = study.scores().set_index(["scenario", "category"])["score"]
    for name in study.names:
        found = explain(study, name, category, most)
        assert found.score == near(scores[name, category])
        assert sum(step.score for step in found.steps) == near(scores[name, category])
        for step in all_steps(found):
            assert not step.steps or sum(inner.score for inner in step.steps) == near(step.score)
            assert step.kind in ("flow", "published", "others") or step.steps


energies = st.floats(1e-6, 1e6)


@given(energies, energies, st.floats(1.0, 1e12), st.floats(0.01, 1.0), st.sampled_from(KNOWN))
def test_every_view_is_a_partition_of_the_score(
    small_catalogue: Catalogue, trained: float, inferred: float, serves: float, utilisation: float, category: str
) -> None:
    base = scenario()
    used = {"value": utilisation, "source": "a"}
    study = assess(
        [
            base.vary(
                training={
                    "component_energy": {"value": f"{trained!r} kWh", "source": "a"},
                    "utilisation": used,
                    "serves": f"{serves!r} inference",
                },
                inference={"component_energy": {"value": f"{inferred!r} kWh", "source": "a"}, "utilisation": used},
            )
        ],
        small_catalogue,
        CATEGORIES,
    )
    expected = near(float(study.scores().set_index("category")["score"][category]))
    found = explain(study, "France", category, 2)
    assert sum(step.score for step in found.steps) == expected
    leaves = (step.score for step in all_steps(found) if not step.steps)
    assert sum(leaves) == expected
    parts = by_part(study)
    assert sum(value for (_, id, _), value in parts.items() if id == category) == expected
    links = edges(study, "France", category, 2)
    for level in (1, 2, 3):
        assert sum(edge.score for edge in links if edge.target.level == level) == expected


def test_the_steps_of_a_score_done_by_hand(complete: Study) -> None:
    """0.1 kWh × 1.25 × PUE 1.5 of every hundred thousand inferences, and 10 % of the electricity from coal."""
    found = explain(complete, "France", "climate-change", None)
    computing = next(s for s in found.steps if s.phase == "inference" and s.name.startswith("computing"))
    assert computing.name == "computing: Electricity, France"
    assert (computing.stage, computing.unit, computing.origin) == ("use", "kWh", "stated")
    assert computing.amount == near(1.875)
    assert computing.formula == (
        "stated energy of the components 0.1 kWh × rest-of-node factor 1.25 kWh/kWh × delivered 1e+06 inference / "
        "served 100000 inference × PUE 1.5 kWh/kWh"
    )
    coal = next(s for s in computing.steps if s.id == "coal")
    assert coal.amount == near(1.875 * 0.1 / 0.9)
    assert coal.file.endswith("coal.toml")
    (flow,) = coal.steps
    assert flow.kind == "flow"
    assert flow.name == "Carbon dioxide, fossil | air/non-urban air or from high stacks"
    assert flow.score == flow.amount == near(1.875 * 0.1 / 0.9)
    assert flow.formula == "1 kg/kWh × 1 kg CO2-Eq/kg"
    assert [source.title for source in flow.sources] == ["Figures for mental arithmetic"]


def test_a_published_result_names_its_value_its_method_and_its_source(complete: Study) -> None:
    found = explain(complete, "France", "climate-change", None)
    chassis = next(s for step in found.steps for s in step.steps if s.id == "chassis")
    (published,) = chassis.steps
    assert published.kind == "published"
    assert ("how", "1000 kg CO2-Eq/item as published (EF v3.1)") in facts(published)
    assert published.score == near(1000 * (chassis.amount or 0.0))
    assert published.sources[0].url == "https://x.invalid/figures"


def test_words_of_a_step_are_the_readers_and_its_json_is_english(complete: Study) -> None:
    found = explain(complete, "France", "climate-change", 1)
    plain = to_json(found)
    with language("fr"):
        assert to_json(found) == plain
        assert step_name(Step(StepKind.OTHERS, "", 1.5, count=3)) == "3 autres, plus petits"
        assert ("fichier", "le scénario") in facts(Step(StepKind.ACTIVITY, "stated", 1.0))
    calibrated = Step(StepKind.FLOW, "x", 2.0, formula="2 kg/item × 1 kg CO2-Eq/kg", calibrated=True)
    assert ("how", "2 kg/item (calibrated) × 1 kg CO2-Eq/kg") in facts(calibrated)


def test_the_largest_come_first_and_the_rest_is_one_step() -> None:
    steps = [Step("flow", name, value) for name, value in (("a", 1.0), ("b", -5.0), ("c", 2.0), ("d", 0.5))]
    assert [(step_name(s), s.score) for s in largest(steps, 2)] == [("b", -5.0), ("c", 2.0), ("2 smaller ones", 1.5)]
    assert [s.name for s in largest(steps, 3)] == ["b", "c", "a", "d"]  # a rest of one is named
    assert [s.name for s in largest(steps, None)] == ["b", "c", "a", "d"]


def test_a_rest_is_as_unknown_as_its_most_unknown_part() -> None:
    steps = [Step("flow", "a", 3.0), *(Step("flow", m, 1.0, m) for m in ("≥", "incomplete, sign unknown"))]
    assert largest(steps, 1)[-1].mark == "incomplete, sign unknown"


def test_a_missing_score_has_gaps_and_no_steps(study: Study) -> None:
    found = explain(study, "France", "land-use")
    assert (found.score, found.completeness, found.steps) == (None, "missing", ())
    assert found.gaps == study.coverage["France", "land-use"].items
    assert ": missing" in text(found) and "Not in the score" in text(found)
    assert to_json(found)["score"] is None


def test_an_incomplete_step_carries_the_mark(study: Study) -> None:
    marks = {(s.phase, s.name): s.mark for s in explain(study, "France", "acidification", None).steps}
    assert marks["inference", "computing: Electricity, France"] == "≥"
    complete = explain(study, "France", "climate-change", None)
    assert complete.mark == "≥"  # the memory of the run is a gap of its own, of no exchange
    assert {step.mark for step in complete.steps} == {""}


def test_text_and_json_say_the_same(study: Study) -> None:
    found = explain(study, "Poland", "climate-change", 2)
    printed, content = text(found), json.loads(json.dumps(to_json(found)))
    assert content["steps"][0]["steps"][0]["id"] in printed
    assert sum(step["score"] for step in content["steps"]) == near(content["score"])
    assert "of Poland" in printed and "Sources:\n    [1] Figures for mental arithmetic (2026)" in printed
    assert "Not in the score (2 gaps)" in printed or "Not in the score (1 gap)" in printed
    assert all(set(step) <= set(Step.__slots__) for step in content["steps"])


def test_what_the_study_has_not_is_refused(study: Study) -> None:
    with pytest.raises(UsageError, match="'France', 'Poland'"):
        explain(study, "Spain", "climate-change")
    with pytest.raises(UsageError, match="'acidification'"):
        explain(study, "France", "ozone-depletion")


def test_a_single_activity_is_explained(small_catalogue: Catalogue) -> None:
    study = score("server", 2.0, small_catalogue, CATEGORIES)
    found = explain(study, "server", "climate-change")
    assert [step.id for step in found.steps[0].steps] == ["chassis"]
    assert found.steps[0].formula == "server 2 item × chassis 1 item"


def test_electricity_that_the_scenario_states_cites_the_scenario(small_catalogue: Catalogue) -> None:
    stated = {
        "intensity": {"value": "0.4 kg/kWh", "source": "a"},
        "boundary": "delivered",
        "scope": "life-cycle",
        "modelling": {"approach": "average", "accounting": "location", "perimeter": "production"},
    }
    study = assess([scenario(electricity=stated)], small_catalogue, CATEGORIES)
    found = explain(study, "France", "climate-change", None)
    own = next(s for step in found.steps for s in step.steps if s.id.startswith("electricity-0-4"))
    assert own.file == "" and ("file", "the scenario") in facts(own)
    assert own.steps[0].sources == (Source(title="Assumption", confidence="assumption"),)


def test_a_refused_published_value_explains_nothing(complete: Study) -> None:
    chassis = complete.activities["chassis"]
    refused = Result("climate-change", 9.0, 9.0, 9.0, "GWP100", (), refused="for the test")
    changed = replace(chassis, results=(*chassis.results, refused))
    study = replace(complete, activities={**complete.activities, "chassis": changed})
    found = explain(study, "France", "climate-change", None)
    assert sum(s.kind == "published" for step in found.steps for s in _of(step, "chassis")) > 0
    assert all(len(s.steps) == 1 for step in found.steps for s in step.steps if s.id == "chassis")


def _of(step: Step, id: str) -> Iterator[Step]:
    return (leaf for inner in step.steps if inner.id == id for leaf in inner.steps)


def test_a_credit_is_a_negative_step_and_an_edge_of_its_own(complete: Study) -> None:
    table = complete.table.copy()
    credit = (table["activity"] == "coal") & (table["phase"] == "training")
    table.loc[credit, "score"] *= -1
    study = replace(complete, rows=Columns.of(table))
    total = float(table[(table["scenario"] == "France") & (table["category"] == "climate-change")]["score"].sum())
    found = explain(study, "France", "climate-change", None)
    assert found.score == near(total)
    assert min(step.score for step in all_steps(found)) < 0
    links = edges(study, "France", "climate-change")
    assert sum(edge.score for edge in links if edge.target.level == 3) == near(total)
    nodes = {edge.target for edge in links if edge.target.level == 2}
    for node in nodes:  # what enters a node leaves it, credits apart
        for sign in (1, -1):
            entering = sum(e.score for e in links if e.target == node and e.score * sign > 0)
            leaving = sum(e.score for e in links if e.source == node and e.score * sign > 0)
            assert entering == near(leaving)


def test_the_tree_of_the_page_has_every_part_and_counts_the_gaps(study: Study) -> None:
    found = tree(View.of(study), "France", "water-use", {}, rows_of(study, "France", "water-use"))
    assert {branch["t"] for branch in found["b"]} >= {"training, production", "inference, use"}
    assert next(b for b in found["b"] if b["t"] == "training, production")["v"] == "missing"
    assert found["g"] == len(study.coverage["France", "water-use"].items)
    assert "b" not in tree(View.of(study), "France", "land-use", {}, study.table.iloc[:0])


def test_the_factors_are_those_of_the_methods(complete: Study) -> None:
    factors = Library.load().factors["acidification"]
    found = explain(complete, "Poland", "acidification", None)
    flows = [s for s in all_steps(found) if s.kind == "flow"]
    sulfur = next(e.flow.code for e in complete.activities["coal"].emissions if e.flow.name == "Sulfur dioxide")
    assert flows and all(s.score == near((s.amount or 0.0) * factors[sulfur]) for s in flows)


def test_a_study_is_explained_by_the_factors_that_it_holds(complete: Study) -> None:
    """A saved study may be older than the methods that are installed."""
    doubled = {code: 2 * factor for code, factor in complete.factors["acidification"].items()}
    older = replace(complete, factors={**complete.factors, "acidification": doubled})
    flows, before = (
        [step for step in all_steps(explain(study, "Poland", "acidification", None)) if step.kind == "flow"]
        for study in (older, complete)
    )
    assert flows and [step.formula for step in flows] != [step.formula for step in before]


def test_two_names_that_are_alike_stay_two_nodes(complete: Study) -> None:
    alike = {id: replace(a, name="the same") for id, a in complete.activities.items()}
    links = edges(replace(complete, activities=alike), "France", "climate-change")
    first = {edge.source for edge in links if edge.source.level == 0}
    assert len(first) > 1 and len({node.label for node in first}) == 1


def test_neither_matplotlib_nor_plotly_is_loaded_before_it_is_used() -> None:
    code = (
        "import sys, lca.report, lca.study.explanation, lca.report.html.page, lca.report.pictures.figures;"
        "assert not {'plotly', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
