"""What one activity knows of itself: a state for each reason to be known, and none that calls the unknown a zero."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from workplace import Workplace

from lca import Catalogue, Scenario, assess
from lca.builtin import folder
from lca.inventory.activity import Activity, Emission, Input, Result, State
from lca.inventory.completeness import RequiredFlows, Requirement, own_state
from lca.methods.library import Library
from lca.quantities.documents import Document

STACKS = "air/non-urban air or from high stacks"
CARBON, METHANE = "Carbon dioxide, fossil | air", "Methane, fossil | air"
REQUIRED = RequiredFlows(
    {
        "burning": {
            "climate-change": Requirement(flows=(CARBON, METHANE), source="s"),
            "acidification": Requirement(flows=("Sulfur dioxide | air", "Nitrogen oxides | air"), source="s"),
            "material-resources": Requirement(none=True, source="s"),
            "ionising-radiation": Requirement(at_most="-0.25 kBq U235-Eq", source="s"),
            "eutrophication-freshwater": Requirement(flows=("Phosphate | water",), at_most="2e-9 kg P-Eq", source="s"),
        }
    }
)


@pytest.fixture(scope="module")
def library() -> Library:
    return Library.load()


def state(library: Library, category: str, *flows: tuple[str, str], calibrated: str = "", **more: Any) -> State:
    """State of an activity with these flows (name and compartment); `calibrated` names those that are back-solved."""
    emissions = tuple(
        Emission(library.flow(name, compartment), 1.0, "production", calibrated=name == calibrated)
        for name, compartment in flows
    )
    more = {"technology": "burning", **more}
    activity = Activity("a", "test", "A", "a", "kg", "GLO", "a.toml", emissions=emissions, **more)
    return own_state(activity, category, REQUIRED, library)


C, M = ("Carbon dioxide, fossil", STACKS), ("Methane, fossil", "air")


def test_every_required_flow_is_present(library: Library) -> None:
    assert state(library, "climate-change", C, M) == State("inventory")


def test_any_subcompartment_will_do(library: Library) -> None:
    elsewhere = ("Carbon dioxide, fossil", "air/urban air close to ground")
    assert state(library, "climate-change", elsewhere, M) == State("inventory")


def test_one_token_flow_covers_nothing(library: Library) -> None:
    assert state(library, "climate-change", C) == State("partial", (METHANE,))


def test_a_calibrated_flow_is_counted_but_makes_nothing_complete(library: Library) -> None:
    assert state(library, "climate-change", C, M, calibrated=M[0]) == State("partial", (METHANE,))
    assert state(library, "climate-change", C, calibrated=C[0]) == State("partial", (CARBON, METHANE))


def test_flows_of_other_categories_leave_one_missing(library: Library) -> None:
    absent = ("Sulfur dioxide | air", "Nitrogen oxides | air")
    assert state(library, "acidification", C, M) == State("missing", absent)
    assert state(library, "acidification") == State("missing", absent)


def test_a_category_without_a_list_is_missing_or_partial(library: Library) -> None:
    assert state(library, "ozone-depletion", C) == State("missing", ("no data",))
    assert state(library, "photochemical-oxidant-formation", M) == State(
        "partial", ("which flows must be present is not stated",)
    )


@pytest.mark.parametrize("technology", [None, "unheard-of"])
def test_a_technology_without_lists_is_missing_everywhere(technology: str | None, library: Library) -> None:
    assert state(library, "acidification", technology=technology) == State("missing", ("no data",))
    assert state(library, "climate-change", C, M, technology=technology).kind == "partial"


def test_no_direct_flows_by_construction(library: Library) -> None:
    assert state(library, "material-resources", C) == State("none")
    for technology in ("assembly", "mix"):
        parts = (Input("b", 1.0, "production"),)
        assert state(library, "climate-change", technology=technology, inputs=parts) == State("none")


def test_negligible_has_a_bound(library: Library) -> None:
    bounds = {"acidification": 0.25}
    assert state(library, "acidification", negligible=bounds) == State("negligible", bound=0.25)
    assert state(library, "climate-change", negligible=bounds).kind == "missing"


def test_a_technology_bounds_what_none_of_its_activities_states(library: Library) -> None:
    assert state(library, "ionising-radiation", C) == State("negligible", bound=0.25)


def test_what_is_not_on_a_list_is_bounded_beside_what_is(library: Library) -> None:
    phosphate = ("Phosphate", "water/surface water")
    assert state(library, "eutrophication-freshwater", phosphate) == State("inventory", bound=2e-9)
    assert state(library, "eutrophication-freshwater", C).kind == "missing"


def test_published_results_cover_their_categories_only(library: Library) -> None:
    results = (
        Result("climate-change", 5.0, 4.0, 6.0, "EF v3.1", ("s",)),
        Result("acidification", 9.0, 9.0, 9.0, "EF v3.1", ("s",), refused="quarantined: because"),
        Result("water-use", 0.0, 0.0, 0.0, "EF v3.1", ("s",)),
    )
    found = {
        id: state(library, id, results=results) for id in ("climate-change", "acidification", "water-use", "land-use")
    }
    assert found == {
        "climate-change": State("published"),
        "acidification": State("missing", ("quarantined: because",)),
        "water-use": State("published"),
        "land-use": State("missing", ("no published value",)),
    }


def test_a_published_activity_is_not_covered_by_its_technology(library: Library) -> None:
    results = (Result("climate-change", 5.0, 4.0, 6.0, "EF v3.1", ("s",)),)
    assert state(library, "material-resources", results=results).kind == "missing"


def test_a_published_value_of_direct_flows_alone_is_covered_by_its_technology(library: Library) -> None:
    known = Result("climate-change", 1.0, 1.0, 1.0, "GWP100", ("s",))
    lists = RequiredFlows({"release": {"land-use": Requirement(none=True, gate_to_gate=True, source="s")}})
    gases = Activity("a", "test", "A", "a", "m2", "GLO", "a.toml", technology="release", results=(known,))
    assert own_state(gases, "land-use", lists, library) == State("none")
    assert own_state(gases, "climate-change", lists, library) == State("published")
    assert own_state(gases, "water-use", lists, library).open


def test_a_known_gap_opens_every_category(library: Library) -> None:
    gaps = ("losses are not known",)
    assert state(library, "climate-change", C, M, gaps=gaps) == State("partial", gaps)
    assert state(library, "material-resources", gaps=gaps) == State("missing", gaps)
    assert state(library, "acidification", gaps=gaps) == State(
        "missing", ("Sulfur dioxide | air", "Nitrogen oxides | air", *gaps)
    )


@pytest.mark.parametrize(
    ("kind", "open"),
    [
        ("inventory", False),
        ("published", False),
        ("negligible", False),
        ("none", False),
        ("partial", True),
        ("missing", True),
    ],
)
def test_what_is_partial_or_missing_is_open(kind: Any, open: bool) -> None:
    assert State(kind).open is open


def test_the_states_of_a_catalogue(tiny: Workplace) -> None:
    catalogue = tiny.catalogue()
    found = {
        (id, category): catalogue.state(id, category).kind
        for id in ("plant", "truck", "drive", "server", "electricity-xx", "electricity-yy", "network")
        for category in ("climate-change", "acidification", "material-resources")
    }
    assert found == {
        ("plant", "climate-change"): "inventory",
        ("plant", "acidification"): "missing",
        ("plant", "material-resources"): "none",
        ("truck", "climate-change"): "partial",
        ("truck", "acidification"): "missing",
        ("truck", "material-resources"): "none",
        ("drive", "climate-change"): "published",
        ("drive", "acidification"): "published",
        ("drive", "material-resources"): "missing",
        **{("server", category): "none" for category in ("climate-change", "acidification", "material-resources")},
        **{("electricity-xx", c): "none" for c in ("climate-change", "acidification", "material-resources")},
        **{("electricity-yy", c): "missing" for c in ("climate-change", "acidification", "material-resources")},
        **{("network", category): "missing" for category in ("climate-change", "acidification", "material-resources")},
    }
    assert catalogue.state("truck", "climate-change").gaps == (METHANE,)
    assert catalogue.state("network", "climate-change").gaps == ("no data",)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("[t.climate]\nnone = true", "1: t.climate: no impact category 'climate'"),
        ("[t.land-use]\nnone = false", "1: t.land-use: a requirement names flows, at_most, or none = true"),
        (
            f"[t.land-use]\nnone = true\nflows = ['{CARBON}']",
            "1: t.land-use: a requirement names flows, at_most, or none = true",
        ),
        ("[t.land-use]\nflows = ['Methane, fossil']", "1: t.land-use: write a flow as `name | compartment`"),
        ("[t.land-use]\nflows = ['Methane | air']", "2: t.land-use.flows: no elementary flow 'Methane | air'"),
        ("[t.ozone-depletion]\nat_most = '1 g'", "2: t.ozone-depletion.at_most: '1 g' is not in 'kg CFC-11-Eq'"),
        ("[t.land-use]\nnone = true\nat_most = '1 point'", "1: t.land-use: a requirement names flows, at_most, or"),
        ("[t.land-use]\nflow = ['Methane | air']", "2: t.land-use.flow: unknown key"),
    ],
)
def test_lists_that_are_refused(table: str, problem: str, library: Library, tmp_path: Path) -> None:
    path = tmp_path / "required-flows.toml"
    path.write_text(f"{table}\nsource = 's'\n[sources.s]\ntitle = 'S'\n")
    found = RequiredFlows.of(Document.read(path), library)[1]
    assert any(f"{p.line}: {p.field}: {p.what}".startswith(problem) for p in found)


def test_a_list_that_cites_no_source_is_refused(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "required-flows.toml"
    path.write_text("[t.land-use]\nnone = true\n[t.water-use]\nnone = true\nsource = 's'\n")
    found = RequiredFlows.of(Document.read(path), library)[1]
    assert sorted(f"{p.line}: {p.field}: {p.what}" for p in found) == [
        "1: t.land-use.source: required key is absent",
        "5: t.water-use.source: no source 's' in this file",
    ]


def test_the_two_services_of_the_demo_differ_by_more_than_what_is_bounded() -> None:
    """Climate change has a verdict: no gap differs between the two, and the bounds are below the difference."""
    pair = [Scenario.load(folder("scenarios") / f"digits-{country}.toml") for country in ("france", "poland")]
    study = assess(pair, Catalogue.load())
    [row] = study.compare().query("category == 'climate-change'").to_dict("records")
    assert (row["verdict"], row["gaps"]) == ("higher", ())
    bounds = sum(study.coverage[name, "climate-change"].bound for name in study.names)
    assert 0 < bounds < 0.05 * row["difference"]
