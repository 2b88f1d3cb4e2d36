"""Draws: their quantiles are the stated ranges, a draw is a full solve of its numbers, and order changes nothing."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lca.builtin import folder
from lca.engine.background import Background
from lca.engine.distributions import HIGH, LOW, quantile
from lca.engine.sampling import BLOCK, Block, SampledBackground, blocks, bounded
from lca.inventory.activity import Activity, Emission, Input, Result
from lca.inventory.catalogue import Catalogue
from lca.inventory.files.activity import Pedigree
from lca.inventory.pedigree import deviation, spread
from lca.methods.library import Library
from lca.quantities.values import Range, Value
from lca.study.uncertainty import Samples, _Drawn, _numbers, sample
from lca.system.product_system import product_system
from lca.system.scenario import Scenario

LIBRARY = Library.load()
CARBON, SULFUR = (
    LIBRARY.flow(name, "air/urban air close to ground") for name in ("Carbon dioxide, fossil", "Sulfur dioxide")
)
CATEGORIES = ("climate-change", "acidification")
SHARES = np.array([LOW, 0.5, HIGH])


@st.composite
def ranges(draw: st.DrawFn) -> tuple[Range, float]:
    """A range with the median that it states."""
    low, width = draw(st.floats(0.01, 100)), draw(st.floats(0.01, 100))
    high = low + width
    match draw(st.sampled_from(["lognormal", "normal", "uniform", "triangular"])):
        case "lognormal":
            return Range(low, high, "lognormal"), (low * high) ** 0.5
        case "triangular":
            return Range(low, high, "triangular"), low + width * draw(st.floats(0.42, 0.58))
        case shape:
            return Range(low, high, shape), low + width / 2


@given(ranges())
def test_low_median_and_high_are_the_quantiles(stated: tuple[Range, float]) -> None:
    spread, median = stated
    assert quantile(spread, median, SHARES) == pytest.approx([spread.low, median, spread.high], rel=1e-6)


@given(ranges(), st.integers(0, 2**32))
@settings(max_examples=30)
def test_drawn_numbers_have_the_stated_quantiles(stated: tuple[Range, float], seed: int) -> None:
    """Of 4,000 draws, between 2.5 and 97.5 %: five standard errors of a share are less than 1.3 %."""
    spread, median = stated
    drawn = np.concatenate([block.drawn("leaf", spread, median) for block in blocks(seed, 4000)])
    inside = np.mean((drawn >= spread.low) & (drawn <= spread.high))
    assert inside == pytest.approx(0.95, abs=0.0175) and np.mean(drawn <= median) == pytest.approx(0.5, abs=0.04)


def test_draws_depend_on_seed_leaf_and_position_alone() -> None:
    first = np.concatenate([block.shares("a") for block in blocks(7, 600)])
    assert np.array_equal(first[:400], np.concatenate([block.shares("a") for block in blocks(7, 400)]))
    assert not np.array_equal(first, np.concatenate([block.shares("b") for block in blocks(7, 600)]))
    assert not np.array_equal(first, np.concatenate([block.shares("a") for block in blocks(8, 600)]))
    assert abs(np.corrcoef(first[:BLOCK], first[BLOCK : 2 * BLOCK])[0, 1]) < 0.25


@pytest.mark.parametrize(
    ("spread", "numbers", "kept"),
    [
        (Range(1.0, 3.0, "normal"), [-1.0, 2.0], [1e-3, 2.0]),
        (Range(0.0, 3.0, "normal"), [-1.0, 2.0], [0.0, 2.0]),
        (Range(-3.0, -1.0, "normal"), [-2.0, 1.0], [-2.0, -1e-3]),
        (Range(0.5, 1.0, "uniform"), [0.7, 1.02], [0.7, 1.02]),
        (Range(-1.0, 1.5, "normal"), [-2.0, 2.0], [-2.0, 2.0]),
    ],
)
def test_what_has_one_sign_keeps_it(spread: Range, numbers: list[float], kept: list[float]) -> None:
    assert bounded(np.array(numbers), spread).tolist() == kept


@pytest.mark.parametrize(("unit", "most"), [("1", 1.0), ("h", math.inf)])
def test_a_share_stays_one_and_another_number_that_reaches_one_does_not(unit: str, most: float) -> None:
    leaf = Value(0.75, unit, "x", range=Range(0.5, 1.0, "uniform"), file="f", field="x")
    drawn = _numbers([_Drawn(leaf)], Block(1, 0))["x"]
    assert drawn.max() <= most and (unit == "1" or drawn.max() > 1.0)


def test_pedigree_scores_become_a_lognormal_range() -> None:
    pedigree = Pedigree(reliability=2, completeness=3, temporal=1, geographical=2, technological=4)
    factor = np.exp(np.sqrt(np.sum(np.log([1.05, 1.05, 1.0, 1.01, 1.5]) ** 2)))
    assert deviation(pedigree) == pytest.approx(factor)
    activity = Activity("a", "test", "a", "a", "kg", "GLO", "file", pedigree=pedigree)
    for amount in (4.0, -4.0):
        found = spread(activity, Input("b", amount, "production"))  # type: ignore[arg-type]
        assert found and (found.low, found.high) == pytest.approx(tuple(sorted((amount / factor, amount * factor))))
    stated = Range(1.0, 9.0, "uniform")
    assert spread(activity, Input("b", 5.0, "production", stated)) == stated  # type: ignore[arg-type]


def system() -> dict[str, Activity]:
    """A loop, a product that takes its own, a mix with one loss behind two inputs, a published value with a range."""

    def activity(id: str, *inputs: Input, carbon: float = 0.0, **more: Any) -> Activity:
        flows = (Emission(CARBON, carbon, "use", Range(0.5 * carbon, 2 * carbon, "lognormal")),) if carbon else ()
        return Activity(id, "test", id, id, "kg", "GLO", f"{id}.toml", inputs=inputs, emissions=flows, **more)

    def taken(id: str, amount: float, spread: float = 1.5) -> Input:
        return Input(id, amount, "use", Range(amount / spread, amount * spread, "lognormal"))

    published = (Result("acidification", 0.6, 0.3, 1.0, "EF v3.1", ()),)
    found = [
        activity("plant", taken("plant", 0.05), taken("server", 1e-3), carbon=0.9),
        activity("server", taken("grid", 30.0), taken("part", 2.0), taken("plant", -4.0), carbon=5.0),
        activity("grid", taken("plant", 0.6), taken("wind", 0.5), technology="mix"),
        activity("wind", carbon=0.01),
        activity("part", results=published),
    ]
    return {a.id: a for a in found}


def test_a_draw_is_a_full_solve_of_its_numbers() -> None:
    background = Background(system(), CATEGORIES, LIBRARY.factors)
    block = Block(3, 0, 20)
    totals = SampledBackground(background, ["server", "grid"]).totals(block)
    for number in range(block.size):
        solved = Background(drawn(system(), block, number), CATEGORIES, LIBRARY.factors)
        for id in ("server", "grid"):
            np.testing.assert_allclose(totals[id][number], solved.totals(id), rtol=1e-9)


def drawn(activities: dict[str, Activity], block: Block, number: int) -> dict[str, Activity]:
    """The activities with the numbers of one draw written in."""

    def one(leaf: str, spread: Range | None, amount: float) -> float:
        return float(block.drawn(leaf, spread, amount)[number]) if spread else amount

    changed = {}
    for id, a in activities.items():
        head = f"{a.file}|{id}"
        inputs = [
            replace(i, amount=one(f"{head}.{'loss' if a.technology == 'mix' else f'inputs[{n}]'}", i.range, i.amount))
            for n, i in enumerate(a.inputs)
        ]
        emissions = [
            replace(e, amount=one(f"{head}.emissions[{n}]", e.range, e.amount)) for n, e in enumerate(a.emissions)
        ]
        results = [
            replace(r, value=one(f"{head}.{r.category}", Range(r.low, r.high, "triangular"), r.value))
            for r in a.results
        ]
        changed[id] = replace(a, inputs=tuple(inputs), emissions=tuple(emissions), results=tuple(results))
    return changed


def test_one_loss_moves_all_inputs_of_a_mix_together() -> None:
    activities = system()
    only = replace(activities["grid"], inputs=tuple(replace(i, activity="wind") for i in activities["grid"].inputs))
    background = Background({"grid": only, "wind": activities["wind"]}, CATEGORIES, LIBRARY.factors)
    still = replace(activities["wind"], emissions=(Emission(CARBON, 1.0, "use"),))  # type: ignore[arg-type]
    background = Background({"grid": only, "wind": still}, CATEGORIES, LIBRARY.factors)
    block = Block(1, 0)
    found = SampledBackground(background, ["grid"]).totals(block)["grid"][:, 0]
    one = block.drawn("grid.toml|grid.loss", Range(1 / 1.5, 1.5, "lognormal"), 1.0)
    np.testing.assert_allclose(found, 1.1 * one, rtol=1e-9)


def digits(place: str) -> Scenario:
    return Scenario.load(folder("scenarios") / f"digits-{place}.toml")


def test_the_numbers_of_one_record_are_drawn_together_for_all_its_scenarios(built_in: Catalogue) -> None:
    """The two scenarios of a run in France differ in nothing that is drawn twice: the cheaper is so in every draw."""
    names = ("digits-france", "digits-france-longer-life")
    scenarios = [Scenario.load(folder("scenarios") / f"{name}.toml") for name in names]
    systems = [product_system(scenario, built_in) for scenario in scenarios]
    keys = [
        {
            leaf.range.of
            for e in system.exchanges
            for leaf in e.value.leaves()
            if leaf.range and "measurement" in leaf.field
        }
        for system in systems
    ]
    assert keys[0] == keys[1] and "" not in keys[0] and any(key.startswith("model|cpu of") for key in keys[0])
    first, second = sample(scenarios, built_in, CATEGORIES, 200, seed=5).scores.values()
    assert (second[:, 0] < first[:, 0]).mean() > 0.95


def test_order_and_unrelated_scenarios_change_no_draw(built_in: Catalogue) -> None:
    france, poland = digits("france"), digits("poland")
    both = sample([france, poland], built_in, CATEGORIES, 300, seed=5)
    turned = sample([poland, france], built_in, CATEGORIES, 300, seed=5)
    alone = sample([france], built_in, CATEGORIES, 520, seed=5)
    for name in both.scores:
        np.testing.assert_allclose(both.scores[name], turned.scores[name], rtol=1e-12)
    np.testing.assert_allclose(both.scores[france.name], alone.scores[france.name][:300], rtol=1e-12)


def test_scenarios_that_differ_in_nothing_are_not_told_apart(built_in: Catalogue) -> None:
    france = digits("france")
    samples = sample([france, france.vary(name="the same again")], built_in, CATEGORIES, 300)
    assert samples.differences()["lower"].tolist() == [0.5, 0.5]
    assert samples.differences()["median"].tolist() == [0.0, 0.0]


def test_the_table_of_draws(built_in: Catalogue) -> None:
    samples = sample([digits("france"), digits("poland")], built_in, CATEGORIES, 1000, seed=1)
    table = samples.table()
    assert (table["low"] < table["median"]).all() and (table["median"] < table["high"]).all()
    assert samples.draws == 1000
    scores = samples.scores[digits("poland").name][:, 0]
    [row] = table[(table["scenario"] == digits("poland").name) & (table["category"] == "climate-change")].to_dict(
        "records"
    )
    assert row["mean"] == pytest.approx(scores.mean()) and row["error_mean"] == pytest.approx(
        scores.std(ddof=1) / 1000**0.5
    )
    normal = np.random.default_rng(1).normal(size=(4000, 1))
    found = Samples(("climate-change",), {"x": normal}, 0).table().iloc[0]
    assert found["error_median"] == pytest.approx(1.2533 / 4000**0.5, rel=0.2)  # √(π/2) of the mean's
    assert samples.differences()["lower"].iloc[0] == 0.0  # Poland is higher in every draw
