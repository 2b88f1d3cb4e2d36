"""Break-even, fronts and winners of draws: against the lines of the same scenarios, and against draws made by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from service_study import CATEGORIES, catalogue, record, scenario

from lca import Study, assess
from lca.study.comparison.breakeven import break_evens
from lca.study.comparison.drawn import _crossing, _standings, crossings, standings
from lca.study.comparison.variants import variants
from lca.study.layers import layers
from lca.vocabulary import BreakEvenCase

FILLED = {"lines": 0.3, "board": 20.0}
BASE = [(2.0, 1.0, 1000.0), (2.3, 1.1, 1000.0), (1.9, 0.9, 1000.0), (2.1, 1.0, 1000.0)]
PRUNED = [(1.5, 0.7, 1000.0), (1.7, 0.8, 1000.0), (1.5, 0.6, 1000.0), (1.5, 0.7, 1000.0)]


def study(draws: int = 2000) -> tuple[Study, Any]:
    known = catalogue(FILLED)
    pruned = scenario("pruned", record(PRUNED, name="pruned"), (3.0, 2.0))
    found = assess([scenario("base", record(BASE)), pruned], known, CATEGORIES)
    return found, layers(found, known, draws, 3)


def test_the_break_even_of_the_draws_is_that_of_the_lines() -> None:
    """Nothing but the repeats has a range: the median is N* of the means. The interval is that of a difference of two
    of Student's t (Behrens and Fisher), which is wider than Welch's of the lines."""
    found, drawn = study()
    [row] = break_evens(found, None, ["climate-change"]).to_dict("records")
    by_draws = drawn.crossings.set_index("category").loc["climate-change"]
    assert by_draws["case"] == BreakEvenCase.FROM and by_draws["share"] > 0.97
    assert by_draws["median"] == pytest.approx(row["amount"], rel=0.03)
    assert 0.7 * row["low"] < by_draws["low"] < row["low"] and by_draws["high"] > row["high"]
    assert by_draws["lower_by_life"] > 0.97


@pytest.mark.parametrize(
    ("extra", "saving", "case", "share", "ends"),
    [
        ([1, 1, 2, 2], [1, 1, 1, 1], "from", 1.0, (1, 2)),
        ([1, 1, 1, -1], [1, 1, 1, 1], "from", 0.75, (0, 1)),
        ([1, 1, 1, 1], [-1, -1, -1, 1], "never", 0.75, (1, np.inf)),
        ([-1, -1, 0, 0], [1, 1, 1, 1], "always", 1.0, (0, 0)),
        ([-1, -1, -1, -2], [-1, -1, -1, -1], "until", 1.0, (np.nan, np.nan)),
        ([0, 0, 0, 0], [0, 0, 0, 0], "equal", 1.0, (np.nan, np.nan)),
        ([30, 30, 30, 1], [1, 1, 1, 1], "not reached", 0.75, (1, 30)),
    ],
)
def test_cases_of_four_draws(extra: Any, saving: Any, case: str, share: float, ends: Any) -> None:
    """Of a service life of 10."""
    found = _crossing(np.array(extra, float), np.array(saving, float), 10.0)
    assert found[0] == case and found[1] == share
    np.testing.assert_equal((found[3], found[4]), ends)
    lower = np.array(extra) < 10 * np.array(saving)
    assert found[5] == lower.mean()


def test_the_lowest_and_the_front_of_four_draws() -> None:
    """Ties are the lowest both; the front holds what none of at least its quality is below."""
    scores = {"a": np.array([[1.0], [1.0], [2.0], [3.0]]), "b": np.array([[1.0], [2.0], [1.0], [1.0]])}
    found = {row[0]: row[2:] for row in _standings(scores, {"a": 0.9, "b": 0.8}, ("climate-change",))}
    assert found["a"] == (0.5, 1.0)
    assert found["b"] == (0.75, 0.5)
    nothing = {row[0]: row[2:] for row in _standings(scores, {}, ("climate-change",))}
    assert np.isnan(nothing["a"][1])


def test_a_variant_that_is_excluded_is_no_winner() -> None:
    found, _ = study(10)
    from lca.study.uncertainty import sample

    drawn = sample(found.scenarios, catalogue(FILLED), found.categories, 50)
    kept = [variant for variant in variants(found) if variant.scenario == "pruned"]
    table = standings(found, drawn, kept, "base").frame()
    assert set(table["scenario"]) == {"pruned"} and (table["lowest"] == 1.0).all()


def test_another_functional_unit_has_no_break_even() -> None:
    known = catalogue(FILLED)
    other = scenario("other", record(PRUNED), functional_unit={"amount": "1e3 inference", "service": "another"})
    found = assess([scenario("base", record(BASE)), other], known, CATEGORIES)
    from lca.study.uncertainty import sample

    assert not crossings(found, sample(found.scenarios, known, found.categories, 50, estimates={}), "base")


def test_they_are_printed_as_json_without_an_infinity() -> None:
    _, drawn = study(50)
    printed = json.loads(json.dumps(drawn.to_json(), allow_nan=False, default=str))
    assert {row["category"] for row in printed["break_even_drawn"]} == set(CATEGORIES)
    assert {row["scenario"] for row in printed["standings"]} == {"base", "pruned"}
