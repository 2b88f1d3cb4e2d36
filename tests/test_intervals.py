"""Intervals of ratios: limit cases, and what more data or more disagreement do to them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca.estimate.intervals import Both, Maker, MedianInterval, Process, quantiles

FAMILY = {"steel": "metals", "copper": "metals", "glass": "minerals", "paper": "wood"}
CATEGORY = "acidification"


def makers(**values: list[float]) -> list[Maker]:
    return [
        Maker(group, "declarations", f"{group} {number}", 1, {CATEGORY: value})
        for group, ratios in values.items()
        for number, value in enumerate(ratios)
    ]


SPREAD = [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]


def process(**values: list[float]) -> Process:
    return Process(makers(**values), CATEGORY, FAMILY)


def test_the_ends_are_the_quantiles_corrected_for_a_finite_sample() -> None:
    assert quantiles([float(x) for x in range(-100, 101)]) == (96.0, 96.0)
    assert quantiles([-1.0, 0.0, 5.0]) == (5.0, 1.0)


def test_ends_lie_on_their_side_of_the_median() -> None:
    assert quantiles([1.0, 2.0, 3.0]) == (3.0, 0.0)


def test_a_class_of_many_makers_has_their_median() -> None:
    median, _ = process(steel=[x - 2 for x in SPREAD] * 20, glass=[x + 2 for x in SPREAD] * 20).predicted("steel")
    assert median == pytest.approx(-2, abs=0.01)


def test_a_class_without_makers_has_the_median_of_its_family_and_a_wider_scale() -> None:
    data = process(steel=[x - 2 for x in SPREAD], glass=[x + 2 for x in SPREAD])
    median, scale = data.predicted("copper")
    assert median == -2
    assert scale > data.predicted("steel")[1]


def test_a_class_of_a_family_without_makers_has_the_median_of_all() -> None:
    data = process(steel=[-2.0] * 5, copper=[-1.0] * 5, glass=[3.0] * 5)
    assert data.predicted("paper")[0] == -1


def test_a_maker_that_is_left_out_says_nothing_of_its_class() -> None:
    data = process(steel=[0.0, 0.0, 0.0], glass=[1.0])
    assert data.predicted("glass", without="glass 0")[0] == data.predicted("paper", without="glass 0")[0] == 0.0


def test_the_share_left_out_is_of_the_class_alone() -> None:
    data = process(steel=SPREAD * 6, glass=[*SPREAD, 9.0])
    assert data.left_out("steel") == 1.0
    assert data.left_out("paper") is None


def test_with_input_output_data_the_median_lies_half_way_and_the_interval_holds_both() -> None:
    data = process(steel=SPREAD * 5, copper=SPREAD * 5, glass=SPREAD * 5)
    both = Both(data, {"steel": 1.0, "copper": 1.0, "glass": 1.0})
    interval, basis = both.interval("steel")
    assert interval.median == pytest.approx((data.predicted("steel")[0] + 1.0) / 2)
    assert interval.holds(0.0)
    assert interval.holds(1.0)
    assert basis == "process data and input-output data"


def test_input_output_data_alone_are_taken_as_they_are_and_more_widely() -> None:
    data = process(steel=SPREAD * 5, glass=SPREAD * 5)
    both = Both(data, {"steel": 0.5, "glass": 0.5, "paper": 2.0})
    alone, basis = both.interval("paper")
    assert (alone.median, basis) == (2.0, "input-output data")
    assert alone.up > both.interval("steel")[0].up


def test_only_a_known_bias_is_taken_out() -> None:
    shifted = {"steel": 0.5, "glass": 0.5}
    particles = [
        m._replace(ratios={"particulate-matter": m.ratios[CATEGORY]}) for m in makers(steel=SPREAD, glass=SPREAD)
    ]
    assert Both(Process(particles, "particulate-matter", FAMILY), shifted).bias == pytest.approx(0.5)
    assert Both(process(steel=SPREAD, glass=SPREAD), shifted).bias == 0.0


@given(st.floats(0, 5), st.floats(0, 5), st.floats(0, 5))
def test_an_independent_error_never_narrows_an_interval(up: float, down: float, by: float) -> None:
    interval = MedianInterval(-1.0, up, down)
    wider = Both.widened(interval, by)
    assert wider.up >= max(up, by)
    assert wider.down >= max(down, by)
    assert wider.median == interval.median


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=40), st.floats(-5, 5))
def test_a_shift_of_all_data_shifts_the_intervals(values: list[float], by: float) -> None:
    """The unit of a category is free."""
    before = process(steel=values, glass=SPREAD).interval("steel")
    after = process(steel=[x + by for x in values], glass=[x + by for x in SPREAD]).interval("steel")
    assert after.median == pytest.approx(before.median + by, abs=1e-6)
    assert (after.up, after.down) == pytest.approx((before.up, before.down), abs=1e-6)


def test_makers_that_all_state_one_number_leave_some_spread() -> None:
    """No scale is zero: the next maker may state another."""
    interval = process(steel=[0.0] * 6, glass=SPREAD).interval("steel")
    assert interval.up > 0.005 < interval.down
