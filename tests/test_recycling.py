"""The three end-of-life formulas on a system small enough to do by hand, and as properties."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lca import Catalogue, equations
from lca.errors import UsageError
from lca.inventory.activity import Activity, Emission, Input, Recovered, Result
from lca.inventory.completeness import RequiredFlows, Requirement
from lca.inventory.files.recycling import PUBLISHED, Recycling, Routes, market
from lca.methods.library import Library
from lca.study.assess import score

LIBRARY = Library.load()
CARBON = LIBRARY.flow("Carbon dioxide, fossil", "air")
VIRGIN, RECYCLED = 10.0, 2.0  # kg CO2 per kg


def routes(content: float, allocation: float, quality: float) -> Routes:
    def number(value: float) -> dict[str, object]:
        return {"value": value, "source": "s"}

    material = Recycling.model_validate(
        {
            "name": "metal",
            "virgin": "virgin",
            "recycled": "recycled",
            "recycled_content": number(content),
            "allocation": number(allocation),
            "quality": number(quality),
        }
    )
    return Routes(material, "recycling.toml", "materials", {})


def catalogue(content: float = 0.4, allocation: float = 0.2, quality: float = 0.9, recovered: float = 0.5) -> Catalogue:
    found = routes(content, allocation, quality)

    def activity(id: str, **more: object) -> Activity:
        return Activity(id, "materials", id, id, "kg", "GLO", id, **more)  # type: ignore[arg-type]

    activities = [
        activity("virgin", technology="t", emissions=(Emission(CARBON, VIRGIN, "production"),)),
        activity("recycled", technology="t", emissions=(Emission(CARBON, RECYCLED, "production"),)),
        replace(market("metal", found, "cut-off"), estimate_class="metals", sector="331410"),
        Activity(
            "product",
            "hardware",
            "p",
            "p",
            "item",
            "GLO",
            "p",
            technology="assembly",
            inputs=(Input("metal", 1.0, "production"),),
            recovers=(Recovered("metal", recovered, ()),),
        ),
        Activity(
            "published",
            "hardware",
            "p",
            "p",
            "item",
            "GLO",
            "p",
            results=(Result("climate-change", 1.0, 1.0, 1.0, "EF v3.1", ()),),
        ),
    ]
    required = {"t": {"climate-change": Requirement(flows=("Carbon dioxide, fossil | air",), source="s")}}
    return Catalogue({a.id: a for a in activities}, RequiredFlows(required), LIBRARY, {"metal": found})


def climate(found: Catalogue, id: str = "product") -> float:
    return float(score(id, 1.0, found, ["climate-change"]).scores()["score"].iloc[0])


def test_by_hand() -> None:
    """R1 = 0.4, A = 0.2, Q = 0.9, half a kilogram recovered of a product of one."""
    assert climate(catalogue()) == pytest.approx(0.6 * VIRGIN + 0.4 * RECYCLED)
    avoided = (0.6 + 0.4 * 0.9) * VIRGIN + 0.5 * (RECYCLED - 0.9 * VIRGIN)
    assert climate(catalogue().under("avoided-burden")) == pytest.approx(avoided)
    footprint = (0.6 + 0.4 * 0.8 * 0.9) * VIRGIN + 0.4 * 0.2 * RECYCLED + 0.8 * 0.5 * (RECYCLED - 0.9 * VIRGIN)
    assert climate(catalogue().under("circular-footprint")) == pytest.approx(footprint)


def test_a_formula_changes_production_of_every_user_and_goes_back() -> None:
    found = catalogue()
    assert climate(found, "metal") != pytest.approx(climate(found.under("avoided-burden"), "metal"))
    assert found.under("cut-off") is found  # with all that is kept of it


def test_a_mistyped_formula_is_refused_and_is_not_another_one() -> None:
    with pytest.raises(UsageError, match=r"no end-of-life formula 'cut-of'; did you mean 'cut-off'\?"):
        catalogue().under("cut-of")  # type: ignore[arg-type]


def test_credits_are_tagged_end_of_life() -> None:
    study = score("product", 1.0, catalogue().under("avoided-burden"), ["climate-change"])
    stages = study.contributions(None, "stage").set_index("stage")["score"]
    assert stages["end-of-life"] == pytest.approx(0.5 * (RECYCLED - 0.9 * VIRGIN))


def test_a_published_result_cannot_follow_the_formula_and_says_so() -> None:
    found = catalogue()
    assert found.state("published", "climate-change").kind == "published"
    state = found.under("avoided-burden").state("published", "climate-change")
    assert (state.kind, state.gaps) == ("partial", (PUBLISHED,))


share = st.floats(0, 1)


@given(share, share, st.floats(0.01, 1))
@settings(max_examples=20, deadline=None)
def test_the_factor_at_its_ends_is_the_other_formulas(content: float, recovered: float, quality: float) -> None:
    for allocation, formula in ((1.0, "cut-off"), (0.0, "avoided-burden")):
        found = catalogue(content, allocation, quality, recovered)
        assert climate(found.under("circular-footprint")) == pytest.approx(climate(found.under(formula)), abs=1e-9)  # type: ignore[arg-type]


@given(share, share)
def test_a_closed_loop_of_equal_quality_costs_the_same_by_every_formula(content: float, allocation: float) -> None:
    """As much recovered as was recycled content: what one end does not carry, the other does."""
    virgin = equations.virgin_in_production(content, allocation, 1) - equations.virgin_avoided(content, allocation, 1)
    recycled = equations.recycled_in_production(content, allocation) + equations.recycled_at_end(content, allocation)
    assert virgin == pytest.approx(1 - content)
    assert recycled == pytest.approx(content)
