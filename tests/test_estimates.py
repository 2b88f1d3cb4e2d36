"""What is known and was not used to make the ratios lies inside their intervals as often as they say."""

from __future__ import annotations

import pytest

from lca.inventory.catalogue import Catalogue
from lca.validate.estimates import Known, RatioCheck, coverage, is_held_out, too_narrow


@pytest.fixture(scope="module")
def compared(built_in: Catalogue) -> RatioCheck:
    return RatioCheck(built_in)


def share(known: list[Known]) -> float:
    """Part of what is known inside intervals that may be drawn from."""
    drawn = [item for item in known if item.estimate.usable]
    return sum(item.inside for item in drawn) / len(drawn)


def test_published_results_that_no_fit_has_seen_are_inside(compared: RatioCheck) -> None:
    known = list(compared.published())
    assert len(known) > 200
    assert share(known) >= 0.95
    assert all(measured.share >= 0.85 for measured in coverage(known).values() if measured.number >= 20)


def test_published_results_that_are_held_out_are_inside(compared: RatioCheck) -> None:
    known = list(compared.left_out())
    assert {item.activity.id for item in known} >= {"laptop-professional-published", "phone-smartphone-published"}
    assert share(known) >= 0.9


def test_our_own_complete_scores_are_inside_class_by_class(compared: RatioCheck) -> None:
    known = list(compared.modelled())
    assert len(known) > 100
    assert list(too_narrow(known, lambda activity: activity.estimate_class)) == [], "see lca.validate.estimates"


def test_our_own_inventoried_flows_are_inside_category_by_category(compared: RatioCheck) -> None:
    known = list(compared.own_flows())
    assert len(known) > 200
    assert list(too_narrow(known, lambda activity: "own flows")) == [], "see lca.validate.estimates"


def test_a_land_use_of_one_family_of_sources_is_not_drawn_from(built_in: Catalogue) -> None:
    """Published ones of electronics are three powers of ten below all others."""
    electronics = ("semiconductors", "boards with components", "electronics other", "electronic devices")
    assert not any(built_in.ratios.total[group, "land-use"].usable for group in electronics)


@pytest.mark.parametrize("outside, number, narrow", [(1, 10, False), (2, 3, True), (4, 69, False), (7, 69, True)])
def test_an_interval_is_too_narrow_where_chance_does_not_explain_it(
    outside: int, number: int, narrow: bool, built_in: Catalogue
) -> None:
    steel, ratio = built_in.activity("steel"), built_in.ratios.total["steel and iron", "acidification"]
    values = [10 * ratio.high] * outside + [ratio.median] * (number - outside)
    known = [Known(steel, "acidification", value, ratio) for value in values]
    found = list(too_narrow(known, lambda activity: activity.estimate_class))
    assert [(item.outside, item.number, round(item.up, 6), item.down) for item in found] == (
        [(outside, number, 1.0, 0.0)] if narrow else []
    )


@pytest.mark.parametrize(
    "id, held",
    [
        ("gpu-a100-sxm4-40gb-main-dies", True),
        ("gpu-a100-pcie-40gb-ademe-board", True),
        ("server-dell-r740-published-memory", True),
        ("laptop-professional-published", True),
        ("gpu-l4-ademe-board", False),
        ("electricity-hard-coal", False),
    ],
)
def test_what_is_held_out_is_known_by_its_id(id: str, held: bool, built_in: Catalogue) -> None:
    assert id in built_in.activities
    assert is_held_out(id) == held


def test_nothing_that_is_held_out_is_among_what_widens_an_interval(compared: RatioCheck) -> None:
    assert not any(is_held_out(item.activity.id) for item in (*compared.modelled(), *compared.own_flows()))
