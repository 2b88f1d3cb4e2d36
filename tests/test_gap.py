"""What a gap probably holds: quantiles equal the stated ends, more knowledge never widens, and what stays open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca.estimate.gap import Basis, Estimate, bound, correlated, estimate
from lca.inventory.activity import Activity, Anchor, Input
from lca.inventory.ratios import Ratio, Ratios
from lca.vocabulary import Stage

NORMAL = np.array([-1.959963984540054, 0.0, 1.959963984540054])
amounts = st.floats(1e-12, 1e12)
factors = st.floats(1.0, 1e4)


def ratio(median: float, low: float, high: float, usable: bool = True, bounds: bool = True) -> Ratio:
    return Ratio(median, low, high, 5, 9, 2.0, 0.95, "test", usable, "source", bounds)


RATIOS = Ratios(
    {
        ("boards", "acidification"): ratio(0.01, 0.002, 0.08),
        ("boards", "ozone-depletion"): ratio(1e-8, 1e-9, 1e-6, False),
    },
    {("334418", "acidification"): ratio(0.003, 0.0003, 0.03)},
)


def board(**more: Any) -> Activity:
    told = {"estimate_class": "boards", "sector": "334418"}
    return Activity("board", "hardware", "board", "board", "item", "GLO", "board.toml", **{**told, **more})


@given(amounts, factors, factors)
def test_quantiles_are_the_ends(median: float, down: float, up: float) -> None:
    found = Estimate(median, median / down, median * up, Basis.CLASS)
    assert found.drawn(NORMAL) == pytest.approx([median / down, median, median * up], rel=1e-9)


@given(amounts, factors, factors, st.floats(0, 1), st.floats(0, 1))
def test_more_knowledge_never_widens_an_interval(
    median: float, down: float, up: float, part: float, more: float
) -> None:
    """What is known is taken off the whole: what is missing shrinks, and so does its interval."""
    known = median * part
    less, further = (
        Estimate(median, median / down, median * up, Basis.SECTOR, known=number)
        for number in (known, known + more * median)
    )
    (low, high), (lower, higher) = less.ends, further.ends
    assert higher - lower <= (high - low) * (1 + 1e-9)
    assert 0 <= further.missing <= less.missing and lower <= low and higher <= high


def test_an_activity_of_which_only_climate_is_known_takes_the_ratio_of_its_class() -> None:
    found = estimate(board(), "acidification", RATIOS, 50.0, 0.0)
    assert found and (found.basis, found.group) == (Basis.CLASS, "boards")
    assert (found.low, found.median, found.high) == pytest.approx((0.1, 0.5, 4.0))


def test_one_with_inputs_takes_the_direct_ratio_less_what_is_known() -> None:
    modelled = board(inputs=(Input("copper", 1.0, Stage.PRODUCTION),))
    found = estimate(modelled, "acidification", RATIOS, 50.0, 0.1)
    assert found and (found.basis, found.group) == (Basis.SECTOR, "334418")
    assert found.missing == pytest.approx(0.15 - 0.1) and found.ends == (0.0, pytest.approx(1.4))


def test_a_stated_climate_range_stands_for_one_that_is_not_known_and_widens_the_ratio() -> None:
    stated = board(anchor=Anchor(100.0, 50.0, 200.0, assumption=True))
    climate = estimate(stated, "climate-change", RATIOS, 0.0, 0.0)
    assert climate and (climate.basis, climate.low, climate.median, climate.high) == (Basis.STATED, 50.0, 100.0, 200.0)
    found = estimate(stated, "acidification", RATIOS, 0.0, 0.0)
    assert found and found.median == pytest.approx(1.0)
    assert found.high / found.median == pytest.approx(np.exp(np.hypot(np.log(2), np.log(8))))
    assert found.median / found.low == pytest.approx(np.exp(np.hypot(np.log(2), np.log(5))))


def test_a_ratio_that_does_not_hold_gives_a_bound_and_no_estimate() -> None:
    found = estimate(board(), "ozone-depletion", RATIOS, 50.0, 0.0)
    assert found and (found.basis, found.low, found.high) == (Basis.CLASS_BOUND, 0.0, pytest.approx(5e-5))


@pytest.mark.parametrize(
    ("activity", "category", "climate"),
    [
        (board(), "acidification", 0.0),
        (board(), "land-use", 50.0),
        (board(), "climate-change", 50.0),
        (board(estimate_class=""), "acidification", 50.0),
    ],
    ids=["no climate score", "no ratio", "climate itself", "no class"],
)
def test_what_nobody_can_estimate_stays_open(activity: Activity, category: str, climate: float) -> None:
    assert estimate(activity, category, RATIOS, climate, 0.0) is None


def test_a_bound_lies_either_way() -> None:
    assert bound(2.0).drawn(NORMAL) == pytest.approx([-1.9, 0.0, 1.9])
    assert bound(2.0).missing == 0.0


def test_estimates_of_one_group_go_together() -> None:
    generator = np.random.default_rng(1)
    shared, first, second = generator.standard_normal((3, 20_000))
    one, other = correlated(shared, first), correlated(shared, second)
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.5, abs=0.03)
    assert one.std() == pytest.approx(1.0, abs=0.02)
