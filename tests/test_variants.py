"""Floors, fronts, winners and selections: by hand on assessed scenarios, and as properties of any scores."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lca import Catalogue, Scenario, assess
from lca.errors import InvalidData, UsageError
from lca.inventory.activity import Activity, Emission, Modelling
from lca.inventory.completeness import RequiredFlows, Requirement
from lca.inventory.files.activity import Properties
from lca.measurement.record import Measurement
from lca.methods.library import Library
from lca.quantities.units import Amount
from lca.report import words
from lca.report.compared import variant_json
from lca.study.comparison.limits import Limits, limited
from lca.study.comparison.minimum_quality import Floor, read_floors, stated_floors
from lca.study.comparison.reasons import NoShares, QualityUnknown, ServiceNotJudged, Without
from lca.study.comparison.selection import Front, Tally, pairs, pareto, winners
from lca.study.comparison.variants import Variant, front_metric, per_correct, score_per_correct, variants
from lca.study.coverage import Coverage
from lca.study.rows import Columns
from lca.study.study import Study
from lca.system.parts import ProductSystem

LIBRARY = Library.load()
CARBON = LIBRARY.flow("Carbon dioxide, fossil", "air")
WATER = LIBRARY.flow("Water", "air")
TAG = Modelling("average", "location", "production")
CLIMATE = "climate-change"
CATALOGUE = Catalogue(
    {
        activity.id: activity
        for activity in (
            Activity(
                "grid",
                "test",
                "grid",
                "grid",
                "kWh",
                "GLO",
                "grid.toml",
                technology="plant",
                modelling=TAG,
                emissions=(Emission(CARBON, 2.0, "use"),),
            ),
            Activity(
                "evaporated-water",
                "test",
                "w",
                "w",
                "m3",
                "GLO",
                "w.toml",
                technology="steam",
                emissions=(Emission(WATER, 1.0, "use"),),
            ),
            Activity(
                "card",
                "test",
                "card",
                "card",
                "item",
                "GLO",
                "card.toml",
                properties=Properties.model_validate({"lifetime": {"value": "1000 h", "source": "s"}}),
            ),
            Activity(
                "hall",
                "test",
                "hall",
                "hall",
                "kW",
                "GLO",
                "hall.toml",
                technology="assembly",
                properties=Properties.model_validate(
                    {
                        "PUE": {"value": "1 kWh/kWh", "source": "s"},
                        "WUE": {"value": "0 L/kWh", "basis": "consumption", "source": "s"},
                    }
                ),
            ),
        )
    },
    RequiredFlows(
        {
            "plant": {
                CLIMATE: Requirement(flows=("Carbon dioxide, fossil | air",), source="s"),
                "water-use": Requirement(none=True, source="s"),
            },
            "steam": {
                CLIMATE: Requirement(none=True, source="s"),
                "water-use": Requirement(flows=("Water | air",), source="s"),
            },
        }
    ),
    LIBRARY,
)


def record(phase: str = "inference", energy: str = "1 kWh", **more: Any) -> Measurement:
    """A run of 1000 inferences and so much energy at the plug."""
    content = {
        "name": "run",
        "phase": phase,
        "amount": "1000 inference",
        "started": "2026-01-01T00:00:00Z",
        "ended": "2026-01-01T01:00:00Z",
        "duration": "1 h",
        "it_energy": energy,
    }
    return Measurement.model_validate({**content, **more})


def scenario(
    name: str, *records: Measurement, quality: str | None = None, amount: str = "1e3 inference", **more: Any
) -> Scenario:
    """A service of a thousand answers."""
    unit = {"amount": amount, "service": "answer"} | ({"quality": quality} if quality else {})
    efforts = {each.phase: {"measurement": "run.json", "serves": "1e3 inference"} for each in records}
    content = {"name": name, "functional_unit": unit, "electricity": "grid", "facility": "hall", **efforts, **more}
    return Scenario.create(content, {each.phase: each for each in records})


def ran(name: str, accuracy: float | None, energy: str = "1 kWh", **more: Any) -> Scenario:
    return scenario(
        name, record(energy=energy, **({} if accuracy is None else {"quality": {"accuracy": accuracy}}), **more)
    )


def assessed(*scenarios: Scenario) -> Study:
    return assess(scenarios, CATALOGUE, (CLIMATE, "water-use"))


def test_a_quality_that_no_record_holds_may_be_stated_and_is_never_called_measured() -> None:
    """It counts for floors and for scores per right result as a recorded one does; a record comes before it."""
    stated = {
        "reached": {"accuracy": {"value": {"value": "0.8 1", "source": "s"}}},
        "sources": {"s": {"title": "A data sheet"}},
    }
    study = assessed(
        scenario("stated", record(), quality="accuracy >= 0.7", **stated),
        scenario("below", record(), quality="accuracy >= 0.9", **stated),
        scenario("recorded", record(quality={"accuracy": 0.5}), quality="accuracy >= 0.4", **stated),
    )
    found = {v.scenario: v for v in variants(study)}
    assert {name: (v.quality["accuracy"], v.quality_of, v.excluded) for name, v in found.items()} == {
        "stated": (0.8, "stated", False),
        "below": (0.8, "stated", True),
        "recorded": (0.5, "inference", False),
    }
    rows = per_correct(study, tuple(found.values())).frame().set_index(["scenario", "category"])
    assert rows.loc[("stated", CLIMATE), "per_correct"] == pytest.approx(
        rows.loc[("stated", CLIMATE), "per_result"] / 0.8
    )
    assert variant_json(found["stated"])["quality_of"] == "stated"


def test_the_figures_of_a_variant_are_those_of_its_inference_record() -> None:
    run = record(
        quality={"accuracy": 0.9888},
        model_parameters=1000,
        throughput={"value": "250 inference/s"},
        latency={"p50": "4 ms", "p99": "9 ms"},
        peak_memory={"memory": "2 GB", "gpu": "1 GB"},
        profile={"nonzero": 400, "stored": "4 kB", "computation": "2000 FLOP/inference", "steps": ["pruning by 60 %"]},
    )
    training = record("training", quality={"accuracy": 0.5}, model_parameters=7)
    [found] = variants(assessed(scenario("a", training, run)))
    assert variant_json(found) == {
        "scenario": "a",
        "quality": {"accuracy": 0.9888},
        "quality_of": "inference",
        "floors_failed": [],
        "excluded": False,
        "reason": None,
        "parameters": 1000,
        "nonzero": 400,
        "stored": {"amount": 4000.0, "unit": "byte"},
        "computation": {"amount": 2000.0, "unit": "FLOP/inference"},
        "steps": ["pruning by 60 %"],
        "throughput": {"amount": 250.0, "unit": "inference/s"},
        "latency_p50": {"amount": pytest.approx(4 / 3600e3), "unit": "h"},
        "latency_p99": {"amount": pytest.approx(9 / 3600e3), "unit": "h"},
        "peak_memory": {"amount": 1e9, "unit": "byte"},
        "peak_memory_of": "gpu",
    }


def test_what_no_record_says_is_null() -> None:
    content = variant_json(variants(assessed(ran("a", None)))[0])
    known = {"scenario": "a", "floors_failed": [], "excluded": False}
    assert {key: value for key, value in content.items() if value is not None} == known


def test_the_training_speaks_of_the_model_that_serves_only_where_nothing_was_done_to_it_afterwards() -> None:
    training = record("training", quality={"accuracy": 0.99}, model_parameters=9)
    compression = record("compression", quality={"accuracy": 0.9})
    pruned = record(profile={"nonzero": 4, "stored": "4 byte", "steps": ["pruning"]})
    study = assessed(
        scenario("as trained", training, record()),
        scenario("compressed", training, compression, record()),
        scenario("compressed, not evaluated", training, record("compression"), record()),
        scenario("pruned", training, pruned),
    )
    found = {v.scenario: (v.quality, v.quality_of, v.parameters) for v in variants(study)}
    assert found == {
        "as trained": ({"accuracy": 0.99}, "training", 9),
        "compressed": ({"accuracy": 0.9}, "compression", None),
        "compressed, not evaluated": ({}, None, None),
        "pruned": ({}, None, None),
    }


def test_a_floor_excludes_what_is_below_and_what_is_not_known() -> None:
    study = assessed(ran("good", 0.94), ran("just below", 0.93999), ran("unknown", None), ran("percent", 97.0))
    found = {v.scenario: words.reasons(v) for v in variants(study, [Floor("accuracy", 0.94)])}
    assert found == {
        "good": "",
        "just below": "accuracy 0.93999 is below 0.94",
        "unknown": "quality unknown: no record says accuracy",
        "percent": "quality unknown: accuracy 97 is not a share from 0 to 1",
    }
    other = variants(study, [Floor("acuracy", 0.9)])[0]
    assert words.reasons(other) == "quality unknown: no record says acuracy; did you mean 'accuracy'?"
    other = variants(study, [Floor("IoU", 0.9)])[0]
    assert words.reasons(other) == "quality unknown: no record says IoU; recorded: accuracy"


def test_the_functional_unit_sets_a_floor_besides_the_one_asked_for() -> None:
    study = assessed(scenario("a", record(quality={"accuracy": 0.95, "F1": 0.7}), quality="accuracy >= 0.94 and F1≥.8"))
    [found] = variants(study, [Floor("accuracy", 0.96)])
    assert [(floor.name, floor.least, floor.origin) for floor in found.failed] == [
        ("accuracy", 0.96, "asked for"),
        ("F1", 0.8, "functional unit"),
    ]
    assert variant_json(found)["reason"] == "accuracy 0.95 is below 0.96; F1 0.7 is below 0.8"


@pytest.mark.parametrize(
    ("text", "floors"),
    [
        ("accuracy >= 0.97", {"accuracy": 0.97}),
        ("top-1 accuracy >= 0.7, top-5 accuracy >= 9e-1", {"top-1 accuracy": 0.7, "top-5 accuracy": 0.9}),
        ("mAP@0.5 >= 30 and IoU >= 0.5", {"mAP@0.5": 30.0, "IoU": 0.5}),
        ("as good as a person", None),
        ("accuracy >= 0,97", None),  # a decimal comma would read as a floor of 0
        ("accuracy >= 0.97 and pleasant", None),
        ("accuracy >= 0.97 or F1 >= 0.9", None),
        ("accuracy > 0.97", None),
        ("perplexity <= 20", None),
        ("accuracy >= 97 %", None),
    ],
)
def test_what_a_functional_unit_states(text: str, floors: dict[str, float] | None) -> None:
    found, not_enforced = stated_floors(scenario("a", record(), quality=text))
    assert {floor.name: floor.least for floor in found} == (floors or {})
    assert not_enforced == ("" if floors else text)
    assert {floor.origin for floor in found} <= {"functional unit"}


def test_an_impossible_floor_of_a_functional_unit_is_a_problem_of_its_file() -> None:
    study = assessed(
        scenario("a", record(), quality="accuracy >= 97"), scenario("b", record(), quality="accuracy >= 97")
    )
    with pytest.raises(InvalidData) as raised:
        variants(study)
    assert [(problem.file, problem.field, problem.what) for problem in raised.value.problems] == [
        (name, "functional_unit.quality", "accuracy >= 97: it is a share of right results, from 0 to 1")
        for name in "ab"
    ]


def test_floors_asked_for() -> None:
    assert read_floors(["accuracy=0.94", " top-5 accuracy = 9e-1", "IoU>=.5", "mAP@0.5=30"]) == (
        Floor("accuracy", 0.94),
        Floor("top-5 accuracy", 0.9),
        Floor("IoU", 0.5),
        Floor("mAP@0.5", 30.0),
    )


def test_everything_that_is_wrong_with_the_floors_is_said_at_once() -> None:
    wrong = ["accuracy", "=0.9", "accuracy=high", "accuracy=nan", "accuracy=94", "F1=0,9", "IoU=1", "IoU=2", ""]
    with pytest.raises(UsageError) as raised:
        read_floors(wrong)
    lines = str(raised.value).splitlines()
    assert len(lines) == len(wrong) - 1
    assert lines[0] == "floor 'accuracy': write NAME=NUMBER, such as accuracy=0.94"
    assert lines[4] == (
        "floor 'accuracy=94': accuracy >= 94: it is a share of right results, from 0 to 1; correct the value"
    )
    assert lines[6] == "floor 'IoU=2': IoU has a floor already; give each quality one"


def test_scores_per_right_result() -> None:
    """2 kg for a thousand answers: 2 g each, and 2.5 g where four of five are right."""
    study = assessed(
        ran("a", 0.8), ran("b", None), ran("c", 0.0), ran("d", 80.0), scenario("e", record(quality={"IoU": 1}))
    )
    rows = {
        row["scenario"]: row
        for row in per_correct(study, variants(study)).frame().to_dict("records")
        if row["category"] == CLIMATE
    }
    assert rows["a"]["per_result"] == pytest.approx(0.002)
    assert rows["a"]["per_correct"] == pytest.approx(0.0025)
    assert (rows["a"]["metric"], rows["a"]["share"], rows["a"]["reason"]) == ("accuracy", 0.8, None)
    assert all(math.isnan(rows[name]["per_correct"]) for name in "bcde")
    assert {name: words.reason(rows[name]["reason"]) for name in "bcde"} == {
        "b": "quality unknown",
        "c": "accuracy is 0: no result is right",
        "d": "quality unknown: accuracy 80 is not a share from 0 to 1",
        "e": "quality unknown: no record says accuracy; recorded: IoU",
    }
    assert all(rows[name]["per_result"] == pytest.approx(0.002) for name in "bcde")


@pytest.mark.parametrize(
    ("quality", "metric"),
    [
        ({"accuracy": 0.5, "top-5 accuracy": 0.9}, "accuracy"),
        ({"Top_1 Accuracy": 0.5, "top5-accuracy": 0.9}, "Top_1 Accuracy"),
        ({"balanced accuracy": 0.5}, ""),
        ({"IoU": 0.5, "mAP": 0.6, "F1": 0.7}, ""),
    ],
)
def test_only_a_share_of_right_results_gives_scores_per_right_result(quality: dict[str, float], metric: str) -> None:
    study = assessed(scenario("a", record(quality=quality)))
    row = per_correct(study, variants(study)).frame().iloc[0]
    assert row["metric"] == metric
    assert row["per_correct"] == (pytest.approx(0.004) if metric else pytest.approx(float("nan"), nan_ok=True))
    assert row["reason"] == (None if metric else NoShares(tuple(quality)))


def test_a_floor_chooses_among_several_shares_and_the_quality_of_the_front() -> None:
    study = assessed(scenario("a", record(quality={"accuracy": 0.5, "top-5 accuracy": 0.9, "IoU": 0.4})))
    chosen = variants(study, [Floor("IoU", 0.1), Floor("top-5 accuracy", 0.1)])
    assert per_correct(study, chosen).frame()["metric"].unique().tolist() == ["top-5 accuracy"]
    assert (front_metric(chosen), front_metric(variants(study))) == ("IoU", "accuracy")


def test_a_token_is_not_what_is_right_or_wrong() -> None:
    run = record(quality={"accuracy": 0.9}).model_copy(update={"amount": Amount(1e3, "token")})
    unit = {"amount": "1e3 token", "service": "s"}
    made = scenario("a", run, functional_unit=unit, inference={"measurement": "run.json"})
    study = assessed(made)
    row = per_correct(study, variants(study)).frame().iloc[0]
    assert (row["per_result"], row["reason"]) == (pytest.approx(0.002), ServiceNotJudged("token"))


def test_the_lowest_wins_and_equal_ones_win_together() -> None:
    study = assessed(ran("a", 0.9, "2 kWh"), ran("b", 0.9, "1 kWh"), ran("c", 0.9, "1 kWh"), ran("d", 0.8, "0.5 kWh"))
    chosen = variants(study, [Floor("accuracy", 0.9)])
    climate, water = winners(study, chosen).frame().to_dict("records")
    assert (climate["winners"], climate["verdict"], climate["score"]) == (("b", "c"), "equal", pytest.approx(2.0))
    assert (water["winners"], water["verdict"], water["score"]) == (("a", "b", "c"), "equal", 0.0)
    assert (climate["complete"], water["complete"]) == (False, False)  # no equipment is stated, alike for all
    [climate, _] = winners(study, variants(study)).frame().to_dict("records")
    assert (climate["winners"], climate["verdict"], climate["leader"]) == (("d",), "lowest", "d")


def test_one_that_is_left_alone_is_said_to_be_and_so_is_none() -> None:
    study = assessed(ran("a", 0.9), ran("b", 0.8))
    [first, _] = winners(study, variants(study, [Floor("accuracy", 0.85)])).frame().to_dict("records")
    assert (first["winners"], first["verdict"]) == (("a",), "the only one left")
    found = winners(study, variants(study, [Floor("accuracy", 0.95)]))
    assert [(row["winners"], row["verdict"], row["complete"]) for row in found] == [((), "none left", False)] * 2
    tally = Tally.of(found)
    assert (tally.wins, tally.decided, tally.agree) == ({}, 0, None)
    assert words.tally(tally, {}) == "No category has a winner."


def test_the_front_keeps_ties_and_names_who_dominates() -> None:
    study = assessed(
        ran("base", 0.9, "2 kWh"),
        ran("small", 0.9, "1 kWh"),
        ran("twin", 0.9, "1 kWh"),
        ran("tiny", 0.8, "0.5 kWh"),
        ran("bad", 0.7),
        ran("unknown", None, "0.1 kWh"),
    )
    front = pareto(study, variants(study), CLIMATE)
    assert front == Front(
        CLIMATE,
        "accuracy",
        ("small", "twin", "tiny"),
        {"base": "small", "bad": "small"},
        {},
        {"unknown": QualityUnknown("accuracy", ())},
        complete=False,
    )
    floored = pareto(study, variants(study, [Floor("accuracy", 0.85)]), CLIMATE)
    assert (floored.members, floored.dominated) == (("small", "twin"), {"base": "small"})
    assert floored.left_out == dict.fromkeys(("tiny", "bad", "unknown"), Without.QUALIFICATION)
    nothing = assessed(ran("a", None))
    assert pareto(nothing, variants(nothing), CLIMATE).left_out == {"a": Without.METRIC}


def took(name: str, hours: int, energy: str, accuracy: float = 0.9) -> Scenario:
    """A run on a card of which nothing is known, for so many hours of its thousand."""
    run = record(energy=energy, duration=f"{hours} h", quality={"accuracy": accuracy})
    use = {"measurement": "run.json", "server": "card", "utilisation": {"value": 1.0, "source": "s"}}
    return scenario(name, run, inference=use, sources={"s": {"title": "s"}})


def test_a_lower_one_with_smaller_gaps_wins_and_dominates_though_its_score_is_incomplete() -> None:
    study = assessed(took("large", 2, "2 kWh"), took("small", 1, "1 kWh"))
    assert pairs(study)[CLIMATE, "small", "large"] == "lower"
    row = winners(study, variants(study)).frame().iloc[0]
    assert (row["winners"], row["verdict"], row["complete"], row["mark"]) == (("small",), "lowest", False, "≥")
    front = pareto(study, variants(study), CLIMATE)
    assert (front.members, front.dominated, front.undecided) == (("small",), {"large": "small"}, {})


def test_where_the_gaps_leave_it_open_neither_dominates_and_nobody_wins() -> None:
    study = assessed(took("base", 1, "2 kWh"), took("slow", 3, "1 kWh"), took("slower", 4, "1.5 kWh", 0.8))
    assert (pairs(study)[CLIMATE, "slow", "base"], pairs(study)[CLIMATE, "base", "slow"]) == ("", "")
    row = winners(study, variants(study)).frame().iloc[0]
    assert (row["winners"], row["leader"], row["against"]) == ((), "slow", ("base",))
    assert words.verdict_on_winners(row) == "no verdict: slow is indeterminate against base"
    front = pareto(study, variants(study), CLIMATE)
    assert (front.members, front.dominated) == (("base", "slow"), {"slower": "slow"})
    assert front.undecided == {"base": ("slow",), "slow": ("base",)}
    tally = Tally.of(winners(study, variants(study)))
    assert (tally.wins, tally.decided, tally.agree) == ({}, 0, None)


def test_categories_that_disagree_are_not_averaged() -> None:
    """Lower in both, higher in one: the wins are counted, a tie for each."""
    agreeing, disagreeing = made({"a": (0.5, 1, 1), "b": (0.5, 2, 1)}), made({"a": (0.5, 1, 2), "b": (0.5, 2, 1)})
    first, second = (Tally.of(winners(study, variants(study))) for study in (agreeing, disagreeing))
    names = {"a": "a", "b": "b"}
    assert (first.wins, first.agree) == ({"a": 2, "b": 1}, True)
    assert words.tally(first, names) == "a wins 2 of 2 categories; b wins 1 of 2 categories. Those with a winner agree."
    assert (second.wins, second.agree) == ({"a": 1, "b": 1}, False)
    assert (
        words.tally(second, names)
        == "a wins 1 of 2 categories; b wins 1 of 2 categories. Those with a winner disagree."
    )


LIMITS = {"throughput": "100 inference/s", "latency": "20 ms", "memory": "1 GB"}


def fast(name: str, energy: str, throughput: str, p99: str, **peaks: str) -> Scenario:
    return ran(name, 0.9, energy, throughput={"value": throughput}, latency={"p99": p99}, peak_memory=peaks)


def test_the_least_impact_within_limits() -> None:
    study = assessed(
        fast("at the limits", "2 kWh", "6000 inference/min", "0.02 s", memory="1 GB"),
        fast("slow", "1 kWh", "99.9999 inference/s", "20.0001 ms", memory="1000.1 MB"),
        fast("GPU counts", "1 kWh", "101 inference/s", "1 ms", memory="1 GB", gpu="2 GB"),
        fast("other service", "1 kWh", "1e6 token/s", "1 ms", memory="1 kB"),
        ran("not known", 0.9, "1 kWh"),
        fast("larger", "3 kWh", "1000 inference/s", "1 ms", gpu="0.1 GB", memory="3 GB"),
    )
    found = {v.scenario: words.reasons(v) for v in limited(variants(study), Limits.read(**LIMITS))}
    assert found == {
        "at the limits": "",
        "slow": "throughput 99.9999 is below 100 inference/s; p99 latency 20.0001 is above 20 ms; "
        "peak memory 1.0001 is above 1 GB",
        "GPU counts": "peak memory of the GPUs 2 is above 1 GB",
        "other service": "throughput in inference/s not known: its record has it in token/s",
        "not known": "throughput not known; p99 latency not known; peak memory not known",
        "larger": "",
    }
    row = winners(study, limited(variants(study), Limits.read(**LIMITS))).frame().iloc[0]
    assert (row["winners"], row["verdict"], row["score"]) == (("at the limits",), "lowest", pytest.approx(4.0))
    alone = (
        winners(study, limited(variants(study), Limits.read(throughput=Amount(500.0, "inference/s")))).frame().iloc[0]
    )
    assert (alone["winners"], alone["verdict"]) == (("larger",), "the only one left")


def test_a_figure_keeps_the_limit_that_it_equals_in_another_unit() -> None:
    """0.021 s come back from hours as more than 21 ms, 15 GB as more than 15000 MB."""
    study = assessed(fast("a", "1 kWh", "1 inference/s", "0.021 s", memory="15 GB"))
    assert list(Limits.read(latency="21 ms", memory="15000 MB").missed(variants(study)[0])) == []


def test_everything_that_is_wrong_with_the_limits_is_said_at_once() -> None:
    with pytest.raises(UsageError) as raised:
        Limits.read("100 kg/s", "20", "0 GB")
    assert str(raised.value).splitlines() == [
        "least throughput '100 kg/s': 'kg/s' where 'inference/s' or 'token/s' or 'item/s' belongs; "
        "write the value in a unit of the dimension that this field holds",
        "most latency '20': '20' has no unit; write the number as text with its unit, such as \"700 W\"",
        "most memory '0 GB': 0 is not above 0; correct the value",
    ]
    assert (bool(Limits.read()), bool(Limits.read(memory="1 kB"))) == (False, True)


@lru_cache
def known(name: str, accuracy: float) -> Scenario:
    return ran(name, accuracy)


def synthetic(scores: Mapping[str, Sequence[float]], quality: Mapping[str, float], scale: float = 1.0) -> Study:
    """A study whose scores are known and complete, by category."""
    categories = (CLIMATE, "acidification")
    chosen = [known(name, quality[name]) for name in scores]
    rows = [
        (name, category, "inference", "use", "r", "grid", "grid", scale * score, False)
        for name, values in scores.items()
        for category, score in zip(categories, values, strict=True)
    ]
    columns = ["scenario", "category", "phase", "stage", "role", "input", "activity", "score", "published"]
    systems = tuple(ProductSystem(name, (), (), (), {}, frozenset(), ()) for name in scores)
    coverage = {(name, id): Coverage("complete", (), 0.0, True) for name in scores for id in categories}
    return Study(tuple(chosen), systems, categories, Columns.of(pd.DataFrame(rows, columns=columns)), coverage, {}, {})


NAMES = ("a", "b", "c", "d", "e")
GRADES = st.integers(0, 4).map(lambda grade: grade / 4)
FIGURES = st.dictionaries(
    st.sampled_from(NAMES), st.tuples(GRADES, st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=5
)


def made(figures: Mapping[str, tuple[float, int, int]], scale: float = 1.0) -> Study:
    quality = {name: grade for name, (grade, _, _) in figures.items()}
    return synthetic({name: (float(x), float(y)) for name, (_, x, y) in figures.items()}, quality, scale)


@given(FIGURES)
def test_no_member_of_a_front_is_dominated_and_everything_else_is_by_a_member(
    figures: dict[str, tuple[float, int, int]],
) -> None:
    def better(one: str, other: str) -> bool:
        (first, x, _), (second, y, _) = figures[one], figures[other]
        return first >= second and x <= y and (first, x) != (second, y)

    study = made(figures)
    front = pareto(study, variants(study), CLIMATE)
    assert {*front.members, *front.dominated} == set(figures)
    assert not any(better(other, member) for member in front.members for other in figures)
    assert all(by in front.members and better(by, name) for name, by in front.dominated.items())
    assert (front.undecided, front.left_out, front.complete) == ({}, {}, True)


@settings(max_examples=30)
@given(FIGURES, st.randoms())
def test_the_order_of_scenarios_changes_nothing_else(figures: dict[str, tuple[float, int, int]], random: Any) -> None:
    names = list(figures)
    random.shuffle(names)
    study, shuffled = made(figures), made({name: figures[name] for name in names})
    floors = [Floor("accuracy", 0.5)]
    one, other = variants(study, floors), variants(shuffled, floors)
    assert {v.scenario: variant_json(v) for v in one} == {v.scenario: variant_json(v) for v in other}
    proven = pairs(shuffled)
    assert proven == pairs(study)
    for category in study.categories:
        first, second = (pareto(s, v, category, proven=proven) for s, v in ((study, one), (shuffled, other)))
        assert set(first.members) == set(second.members)
        assert (first.dominated, first.left_out) == (second.dominated, second.left_out)
    found = [winners(s, v, proven).frame().to_dict("records") for s, v in ((study, one), (shuffled, other))]
    for mine, yours in zip(*found, strict=True):
        assert set(mine.pop("winners")) == set(yours.pop("winners"))
        assert mine.pop("score") == pytest.approx(yours.pop("score"), nan_ok=True)
        assert mine == yours
    keys = ["scenario", "category"]
    both = [
        per_correct(s, v).frame().sort_values(keys).reset_index(drop=True) for s, v in ((study, one), (shuffled, other))
    ]
    pd.testing.assert_frame_equal(both[0], both[1])


@given(FIGURES, GRADES, GRADES)
def test_a_floor_only_removes(figures: dict[str, tuple[float, int, int]], low: float, high: float) -> None:
    study = made(figures)
    low, high = sorted((low, high))
    kept = [
        {v.scenario for v in variants(study, floors) if not v.excluded}
        for floors in (
            [],
            [Floor("accuracy", low)],
            [Floor("accuracy", high)],
            [Floor("accuracy", high), Floor("F1", 0.0)],
        )
    ]
    assert all(fewer <= more for more, fewer in itertools.pairwise(kept))
    assert kept[2] == {name for name, (grade, _, _) in figures.items() if grade >= high}
    floored = variants(study, [Floor("accuracy", low)])
    members = pareto(study, floored, CLIMATE).members
    assert set(members) == set(pareto(study, variants(study), CLIMATE).members) & kept[1]


@settings(max_examples=30)
@given(FIGURES, st.sampled_from([1e-12, 0.3, 7.0, 1e9]))
def test_the_unit_of_the_scores_changes_no_front_and_no_winner(
    figures: dict[str, tuple[float, int, int]], scale: float
) -> None:
    found = []
    for study in (made(figures), made(figures, scale)):
        chosen, proven = variants(study), pairs(study)
        rows = winners(study, chosen, proven).frame()[["winners", "verdict", "leader"]].to_dict("records")
        found.append((rows, [pareto(study, chosen, category, proven=proven) for category in study.categories]))
    assert found[0] == found[1]


@settings(max_examples=50)
@given(FIGURES)
def test_winners_have_the_least_score_of_their_category(figures: dict[str, tuple[float, int, int]]) -> None:
    study = made(figures)
    best = winners(study, variants(study))
    found = list(best)
    for row, position in zip(found, (1, 2), strict=True):
        least = min(figures[name][position] for name in figures)
        assert set(row["winners"]) == {name for name in figures if figures[name][position] == least}
    tally = Tally.of(best)
    common = bool(set(found[0]["winners"]) & set(found[1]["winners"]))
    assert tally.agree == (common if len(figures) > 1 else None)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e9), st.floats(0.01, 1.0))
def test_the_score_per_right_result(score: float, delivered: float, share: float) -> None:
    assert score_per_correct(score, delivered, 1.0) == score / delivered
    right = score_per_correct(score, delivered, share)
    assert abs(right) >= abs(score / delivered) * (1 - 1e-12)
    assert right * share * delivered == pytest.approx(score, rel=1e-12, abs=1e-300)


def test_who_dominates_is_itself_on_the_front() -> None:
    study = made({"a": (0.5, 2, 2), "b": (0.5, 1, 1), "c": (0.5, 3, 3)})
    assert pareto(study, variants(study), CLIMATE).dominated == {"a": "b", "c": "b"}


def test_variants_of_the_same_quality_and_score_are_all_on_the_front() -> None:
    study = made({"a": (0.5, 1, 1), "b": (0.5, 1, 1)})
    assert pareto(study, variants(study), CLIMATE).members == ("a", "b")


def test_a_variant_is_a_value() -> None:
    [found] = variants(made({"a": (0.5, 1, 1)}))
    assert isinstance(found, Variant)
    with pytest.raises(AttributeError):
        found.missed = ()  # type: ignore[misc]


def test_what_a_run_serves_by_its_file_counts_before_what_its_record_delivered() -> None:
    """A record of 1,000 inferences, stated to serve 4,000: a quarter of it falls to a thousand."""
    plain = assessed(ran("a", 0.9)).scores().iloc[0]["score"]
    made = ran("a", 0.9).vary(inference={"serves": "4000 inference"})
    assert made.served("inference") == Amount(4000.0, "inference")
    assert assessed(made).scores().iloc[0]["score"] == pytest.approx(plain / 4)
