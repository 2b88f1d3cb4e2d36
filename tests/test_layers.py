"""The three layers: a gap that is estimated scores as one that is filled, what is bounded, what stays open."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import service_study
from service_study import CATEGORIES, quantity, scenario

from lca import Catalogue, Scenario, assess, score
from lca.builtin import folder
from lca.estimate.gap import Basis
from lca.inventory.activity import Anchor, Input
from lca.inventory.ratios import Ratio, Ratios
from lca.report import words
from lca.study.assess import score as assess_product
from lca.study.comparison.judgement import Ground
from lca.study.coverage import Coverage, OpenItem, differences
from lca.study.layers import GapState, Layers, layers
from lca.study.rows import TableRows
from lca.study.stored import load, save
from lca.system.product_system import DEVELOPMENT, Product, product_system
from lca.vocabulary import Completeness, FlowState, Verdict

NARROW = 1.0001
FILLED = {"lines": 0.3, "board": 20.0}


def catalogue(spread: float = NARROW, ratio_spread: float = NARROW, bound: float = 0.0, **filled: float) -> Catalogue:
    """Lines and board state a climate score within a factor of `spread`; their acidification is 1.31e-3 of it, as that
    of all that emits.
    """
    known = service_study.catalogue(filled, bound)
    ratio = Ratio(1.31e-3, 1.31e-3 / ratio_spread, 1.31e-3 * ratio_spread, 5, 9, 2.0, 0.95, "test", True, "test")
    stated = {
        id: replace(known.activities[id], estimate_class="parts", anchor=Anchor(kg, kg / spread, kg * spread))
        for id, kg in FILLED.items()
        if id not in filled
    }
    ratios = Ratios({("parts", "acidification"): ratio})
    return Catalogue({**known.activities, **stated}, known.required, known.library, ratios=ratios)


def drawn(known: Catalogue, *scenarios: Scenario, draws: int = 300, **more: Any) -> Layers:
    return layers(assess(scenarios, known, CATEGORIES), known, draws, 1, **more)


ONE, TWO = scenario("one", (5.0, 1000.0)), scenario("two", (6.0, 1500.0))


@pytest.mark.parametrize("bound", [0.0, 0.5])
def test_an_estimate_scores_as_the_gap_filled_with_it(bound: float) -> None:
    """Also behind an exchange that counts as negligible, where it is left out and its bound counts."""
    found = drawn(catalogue(bound=bound), ONE).scores
    filled = assess([ONE], service_study.catalogue(FILLED), CATEGORIES).scores()
    np.testing.assert_allclose(found["median"], filled["score"], rtol=2e-3 + bound)
    known = assess([ONE], service_study.catalogue(), CATEGORIES).scores()["score"]
    np.testing.assert_allclose(found["known"], known, rtol=1e-12)
    np.testing.assert_allclose(found["known_share"], known / filled["score"], rtol=2e-3 + bound)
    assert (found["open"] == 0).all() and not found["screening"].any()


def test_a_gap_that_is_closed_narrows_the_interval() -> None:
    wide, closed = (drawn(catalogue(10.0, 5.0, **filled), ONE).scores for filled in ({}, {"board": 20.0}))
    assert ((closed["high"] - closed["low"]) < (wide["high"] - wide["low"])).all()


def test_without_a_ratio_a_gap_stays_open_and_says_so() -> None:
    known = service_study.catalogue()
    study = assess([ONE], known, CATEGORIES)
    found = layers(study, known, 50)
    assert set(found.gaps["state"]) == {GapState.OPEN} and (found.scores["open"] == 2).all()
    [first, *_] = found.scores.to_dict("records")
    assert words.estimate(first).startswith("≥ ") and "2 gaps without an estimate" in words.standing(first)
    assert found.gaps["median"].isna().all()


def test_a_gap_below_a_thousandth_is_bounded() -> None:
    small = drawn(catalogue(board=1e-9), ONE)
    assert GapState.BOUNDED not in set(small.gaps["state"])
    known = catalogue()
    tiny = replace(known.activities["board"], anchor=Anchor(1e-6, 5e-7, 2e-6))
    few = Catalogue({**known.activities, "board": tiny}, known.required, known.library, ratios=known.ratios)
    states = drawn(few, ONE).gaps.set_index(["category", "gap"])["state"]
    assert states["climate-change", "board"] == GapState.BOUNDED
    assert states["climate-change", "lines"] == GapState.ESTIMATED


def test_what_a_credit_lacks_is_estimated_and_no_share_is_beyond_the_whole() -> None:
    """A plant less a hundredth of a board: 0.8 kg, of which 1 kg is known."""
    known = catalogue()
    inputs = (Input("plant", 1.0, "production"), Input("board", -0.01, "production"))
    credited = replace(known.activities["server"], id="credited", inputs=inputs)
    more = Catalogue({**known.activities, "credited": credited}, known.required, known.library, ratios=known.ratios)
    study = assess_product("credited", 1.0, more, CATEGORIES)
    found = layers(study, more, 100, products=[Product("credited", 1.0)])
    assert set(found.gaps["state"]) == {GapState.ESTIMATED}
    assert found.scores["median"][0] == pytest.approx(0.8, rel=1e-2)
    assert (found.scores["known_share"] == 1.0).all()


def test_what_is_negligible_widens_the_interval_by_its_bound() -> None:
    """0.2 kg for a kWh at most, either way; of 5 kWh and of the hundredth of a kWh of the training."""
    known = catalogue(lines=0.0)
    emitting = known.activities["lines"]
    small = replace(emitting, emissions=(), technology=None, negligible=dict.fromkeys(CATEGORIES, 0.2))
    bounded = Catalogue({**known.activities, "lines": small}, known.required, known.library, ratios=known.ratios)
    [sure], [wide] = (
        drawn(each, ONE, draws=2000).scores.query("category == 'climate-change'").to_dict("records")
        for each in (known, bounded)
    )
    assert sure["high"] - sure["low"] < 0.1
    assert wide["high"] - wide["low"] == pytest.approx(2 * 0.95 * 0.2 * 5.01, rel=0.05)


def test_parts_sum_to_the_score() -> None:
    found = drawn(catalogue(), ONE)
    parts = found.parts.groupby("category")[["known", "estimated"]].sum().sum(axis=1)
    medians = found.scores.set_index("category")["median"]
    np.testing.assert_allclose(parts[medians.index], medians, rtol=5e-3)


def test_shares_of_the_variance_sum_to_one_and_name_the_gap_that_makes_it() -> None:
    found = drawn(catalogue(10.0), ONE, draws=2000).next
    of_scores = found[found["category"] == "climate-change"]
    assert of_scores["share"].sum() == pytest.approx(1.0, abs=0.03)
    assert set(of_scores["gap"]) == {"board", "lines"}
    both = drawn(catalogue(10.0), ONE, TWO, draws=2000).next
    of_difference = both[(both["category"] == "climate-change") & (both["baseline"] == "one")]
    assert of_difference["share"].sum() == pytest.approx(1.0, abs=0.03)


def test_estimates_decide_where_they_are_sure_and_name_what_turns_it() -> None:
    """The other takes 7 kWh more and a twentieth less of the server: 3 kg more, of which the board takes 1 kg off."""
    base, other = scenario("base", (5.0, 2000.0)), scenario("other", (12.0, 1500.0))
    sure = {j.category: j for j in drawn(catalogue(1.5, 1.5), base, other).judgements}["climate-change"]
    assert sure.ground == Ground.ESTIMATES and not sure.blocking
    assert sure.verdict == Verdict.HIGHER and sure.turning and sure.turning.gap == "board"
    assert 1 < sure.turning.factor < 10 and not sure.sure
    assert words.ground(sure).startswith("estimates of the gaps; turns if that of board is multiplied by")


def test_two_scenarios_that_differ_in_nothing_are_equal_and_shared_gaps_change_no_verdict() -> None:
    judgements = drawn(catalogue(10.0, 10.0), ONE, replace_name(ONE, "again")).judgements
    assert {(j.verdict, j.probability) for j in judgements} == {(Verdict.EQUAL, 0.5)}


def test_an_unrelated_scenario_and_another_order_change_no_verdict() -> None:
    known = catalogue(10.0, 10.0)
    alone = drawn(known, ONE, TWO).judgements
    more = [j for j in drawn(known, ONE, scenario("third", (50.0, 1.0)), TWO).judgements if j.scenario == "two"]
    assert list(alone) == more
    turned = drawn(known, TWO, ONE).judgements
    assert [1 - j.probability for j in turned] == pytest.approx([j.probability for j in alone])


def test_a_baseline_is_the_one_asked_for() -> None:
    assert {j.baseline for j in drawn(catalogue(), ONE, TWO, baseline="two").judgements} == {"two"}


def test_layers_are_saved_and_read_back(tmp_path: Path) -> None:
    known = catalogue(3.0, 2.0)
    study = assess([ONE, TWO], known, CATEGORIES)
    made = layers(study, known, 100)
    crossings = made.crossings
    crossings.loc[0, ["median", "high"]] = [float("nan"), float("inf")]  # an end that no draw has
    rows = made.rows._replace(crossings=TableRows.of(crossings))
    study = replace(study, layers=replace(made, rows=rows))
    save(study, tmp_path / "study.json")
    back = load(tmp_path / "study.json").layers
    assert study.layers and back and back.judgements == study.layers.judgements
    assert len(back.crossings) == len(back.standings) / 2 == len(CATEGORIES)
    for name in ("scores", "parts", "gaps", "next", "crossings", "standings"):
        pd.testing.assert_frame_equal(getattr(back, name), getattr(study.layers, name), check_dtype=False)
    save(load(tmp_path / "study.json"), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "study.json").read_bytes()


def test_how_sure_the_draws_themselves_are_is_said() -> None:
    """By the standard error of the median, which falls with the root of their number, and by what a limit is near."""
    few, many = (drawn(catalogue(3.0), ONE, TWO, draws=draws) for draws in (250, 4_000))
    assert few.error > 2 * many.error > 0
    assert many.to_json()["uncertainty"]["convergence"]["error_of_median_per_interval"] == many.error
    [near, *_] = many.judgements
    at = [replace(near, probability=p, ground=Ground.RANGES, verdict=Verdict.LOWER) for p in (0.06, 0.5, 0.79, 0.99)]
    settled = replace(many, draws=1_000, judgements=tuple(at))
    assert settled.unsettled == (at[0], at[2])
    assert "2 verdicts lie so near a limit" in words.convergence(settled)
    assert not replace(many, judgements=(replace(at[0], ground=Ground.OPEN),), draws=1_000).unsettled


def test_what_a_scenario_leaves_open_is_held_against_what_is_typical(built_in: Catalogue) -> None:
    """Without a rate, parts are replaced at the typical one over the life of the server."""
    cloud = Scenario.load(folder("scenarios") / "mlp0-gpu-k80.toml")
    [gap] = [gap for gap in product_system(cloud, built_in).gaps if gap.name.startswith("replacement")]
    equipment = [e for e in product_system(cloud, built_in).exchanges if e.role == "equipment"]
    assert built_in.typical
    rate = built_in.typical.activity.properties.annual_replacement_rate
    life = built_in.activity("server-4x-k80").properties.lifetime
    assert rate and life and gap.held
    for each in gap.held:
        amounts = [e.amount for e in equipment if (e.input, e.stage) == (each.input, each.stage)]
        assert each.amount in [pytest.approx(rate.amount * life.amount * amount) for amount in amounts]
    found = layers(assess([cloud], built_in, ("climate-change",)), built_in, 200)
    held = found.gaps.set_index("gap").loc[gap.name]
    assert held["state"] == GapState.ESTIMATED and held["basis"] == Basis.TYPICAL
    assert 0 <= held["low"] < held["median"] < held["high"]


def test_a_development_that_is_not_stated_cancels_where_the_training_is_one() -> None:
    """On a server that is less busy the same training is another: between the two developments nothing is known."""
    one, two = (
        scenario(name, serving, development=None) for name, serving in (("one", (5.0, 10.0)), ("two", (6.0, 15.0)))
    )
    idle = scenario("idle", (6.0, 15.0), development=None, training={"utilisation": quantity("50 %")})
    study = assess([one, two, idle], service_study.catalogue(FILLED), ("climate-change",))
    cover = {name: study.coverage[name, "climate-change"] for name in study.names}
    assert all([item.name for item in each.items] == [DEVELOPMENT] for each in cover.values())
    assert differences(cover["two"], cover["one"]) == {}
    assert sorted(np.sign(list(differences(cover["idle"], cover["one"]).values()))) == [-1, 1]
    verdicts = study.compare("one").set_index("scenario")["direction"]
    assert verdicts["two"] == Verdict.HIGHER and not verdicts["idle"]


def replace_name(one: Scenario, name: str) -> Scenario:
    return one.vary(name=name)


def test_a_product_alone_has_layers_too(built_in: Catalogue) -> None:
    """Twice the product has twice the interval; its known score is that of the study without draws."""
    one, two = (
        score("server-1x-a100", amount, built_in, "climate-change", samples=200) for amount in ("1 item", "2 item")
    )
    assert one.layers and two.layers
    for key in ("known", "median", "low", "high"):
        assert two.layers.scores[key][0] == pytest.approx(2 * one.layers.scores[key][0])
    assert (
        one.layers.scores["known"][0] == score("server-1x-a100", 1.0, built_in, "climate-change").scores()["score"][0]
    )
    yearly = dict(built_in.normalisation)["climate-change"]
    assert two.layers.scores["persons"][0] == pytest.approx(two.layers.scores["median"][0] / yearly)
    assert one.layers.scores["low"][0] < one.layers.scores["median"][0] < one.layers.scores["high"][0]


def test_what_nothing_is_known_of_is_no_zero(built_in: Catalogue, tmp_path: Path) -> None:
    """The published blocks of the speaker leave its land use out, and its class has no ratio for it."""
    study = score("smart-speaker-published", "1 item", built_in, ("climate-change", "land-use"), samples=50)
    assert study.layers
    climate, land = study.layers.scores.to_dict("records")
    assert climate["median"] > 0 and land["open"] == 1
    assert all(np.isnan(land[key]) for key in ("known", "median", "low", "high", "known_share", "persons"))
    assert (words.estimate(land), words.interval(land)) == ("missing", "")
    save(study, tmp_path / "study.json")
    again = load(tmp_path / "study.json").layers
    assert again and again.scores.equals(study.layers.scores)


def test_gaps_of_two_scores_are_subtracted_by_name_whether_or_not_both_have_the_same() -> None:
    def score(**amounts: tuple[float, ...]) -> Coverage:
        items = [(name, number) for name, numbers in amounts.items() for number in numbers]
        listed = tuple(OpenItem(name, FlowState.MISSING, number, "kg", ()) for name, number in items)
        return Coverage(Completeness.PARTIAL, listed, 0.0, True)

    one, other = score(metal=(1.0, 2.0), glass=(1.0,)), score(glass=(1.0,), resin=(1.0,))
    assert differences(one, other) == {("metal", "kg"): 3.0, ("resin", "kg"): -1.0}
    assert differences(one, score(metal=(5.0,), glass=(1.0 + 1e-12,))) == {("metal", "kg"): -2.0}
    assert differences(one, one) == {}
