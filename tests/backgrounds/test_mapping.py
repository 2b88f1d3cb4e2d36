"""What stands for what: checked, refused with near names, joined with the flows of the background, and drawn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import stats_arrays
from samples import CARBON

from lca.backgrounds import datasets, mapping, store
from lca.backgrounds.compiled import Compiled, Unsolvable
from lca.backgrounds.flows import FlowLinker
from lca.backgrounds.mapping import Mapped
from lca.engine.background import Background
from lca.engine.bw2calc import bw2calc
from lca.engine.kept_draws import KeptDraws
from lca.engine.sampling import Block, SampledBackground
from lca.errors import InvalidData, UsageError
from lca.inventory.activity import Activity, Emission, Input
from lca.inventory.catalogue import Catalogue
from lca.inventory.completeness import RequiredFlows
from lca.methods.categories import EF
from lca.methods.library import Library
from lca.study.assess import assess, score
from lca.study.documented import against, disagreement, under_background
from lca.system.scenario import Scenario

LIBRARY = Library.load()
AIR = "air/urban air close to ground"
SPREAD = {"uncertainty type": 2, "loc": np.log(0.5), "scale": 0.2}


def dataset(code: str, exchanges: list[dict[str, Any]], unit: str = "kilogram", place: str = "GLO") -> dict[str, Any]:
    made = {"type": "production", "amount": 1.0, "input": ("theirs", code)}
    name = code.partition("@")[0]
    return {"code": code, "name": name, "location": place, "unit": unit, "exchanges": [made, *exchanges]}


def taken(code: str, amount: float, **more: Any) -> dict[str, Any]:
    return {"type": "technosphere", "amount": amount, "input": ("theirs", code), **more}


def emitted(name: str, amount: float, **more: Any) -> dict[str, Any]:
    categories = ("air", "urban air close to ground")
    return {"type": "biosphere", "name": name, "categories": categories, "unit": "kilogram", "amount": amount, **more}


THEIRS = [
    dataset("steel making", [taken("coal mining", 0.5, **SPREAD), emitted("Carbon dioxide, fossil", 2.0)]),
    dataset(
        "coal mining",
        [taken("steel making", 0.01), emitted("Carbon dioxide, fossil", 0.1), emitted("Sulfur dioxide", 0.02)],
    ),
    dataset("water@1", [], "cubic meter", "FR"),
    dataset("water@2", [], "cubic meter", "DE"),
]


def installed(data: Path, theirs: list[dict[str, Any]] = THEIRS, name: str = "theirs") -> Compiled:
    """As `store.add` leaves a database, without the process that reads one."""
    folder = data / "backgrounds" / name
    folder.mkdir(parents=True)
    compiled, report = datasets.compiled(theirs, LIBRARY)
    compiled.save(folder)
    about = {
        "schema": store.SCHEMA,
        "name": name,
        "version": "1",
        "source": "test",
        "content": name,
        "licence": "",
        "added": "2026-01-01",
        "counts": {"activities": len(theirs), **report.to_json()},
    }
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")
    return compiled


def mapped(data: Path, *entries: str, name: str = "theirs") -> Path:
    path = data / "mappings" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(['background = "theirs"', *(f"[[mapped]]\n{entry}" for entry in entries)]), "utf-8")
    return path


STEEL = 'activity = "steel"\nname = "steel making"\nunit = "kg"'


def catalogue() -> Catalogue:
    carbon = LIBRARY.flow("Carbon dioxide, fossil", AIR)
    steel = Activity(
        "steel", "materials", "steel", "steel", "kg", "GLO", "file", emissions=(Emission(carbon, 3.0, "production"),)
    )
    case = Activity(
        "case", "hardware", "case", "case", "item", "GLO", "file", inputs=(Input("steel", 2000.0, "production"),)
    )
    water = Activity("water", "materials", "tap water", "water", "kg", "FR", "file")
    rack = Activity("rack", "hardware", "rack", "rack", "item", "GLO", "file", technology="assembly")
    return Catalogue(
        {a.id: a for a in (steel, case, water, rack)},
        RequiredFlows(),
        LIBRARY,
        normalisation={"climate-change": 7000.0},
    )


def exact() -> np.ndarray:
    """kg CO2, and kg SO2, of a kg of steel."""
    steel, coal = np.linalg.solve(np.array([[1.0, -0.01], [-0.5, 1.0]]), np.array([1.0, 0.0]))
    return np.array([2.0 * steel + 0.1 * coal, 0.02 * coal])


def test_a_mapped_activity_has_the_flows_of_the_background_and_nothing_of_ours(data: Path) -> None:
    installed(data)
    mapped(data, STEEL)
    joined = under_background((), catalogue(), "theirs")
    steel = joined.activity("steel")
    amounts = {emission.flow.name: emission.amount for emission in steel.emissions}
    assert amounts == pytest.approx(dict(zip(("Carbon dioxide, fossil", "Sulfur dioxide"), exact(), strict=True)))
    study = score("case", 1.0, joined, EF)
    table = study.scores().set_index("category")
    assert table["score"]["climate-change"] == pytest.approx(2000 * exact()[0], rel=1e-12)
    assert joined.state("steel", "climate-change").kind == "documented"
    assert "steel" not in table["gaps"]["acidification"]
    assert "has no flow of this category" in joined.state("steel", "land-use").gaps[0]
    shares = study.documented().set_index("category")["share"]
    assert shares["climate-change"] == 1.0 and set(study.documented()["background"]) == {"theirs 1"}
    assert study.to_json()["documented"][0]["background"] == "theirs 1"
    assert study.provenance["Background"] == "theirs 1"


def test_inventories_equal_bw2calc_on_the_matrices(data: Path) -> None:
    import bw_processing

    compiled = installed(data)
    package = bw_processing.create_datapackage()
    for name, entries, offset in (("technosphere", compiled.technosphere, 0), ("biosphere", compiled.biosphere, 100)):
        indices = np.empty(len(entries.rows), dtype=bw_processing.INDICES_DTYPE)
        indices["row"], indices["col"] = entries.rows + offset, entries.columns
        package.add_persistent_vector(
            matrix=f"{name}_matrix", name=name, indices_array=indices, data_array=entries.amounts
        )
    lca = bw2calc().LCA({0: 1.0}, data_objs=[package])
    lca.lci()
    amounts = np.asarray(lca.inventory.sum(axis=1)).ravel()
    theirs = {compiled.flows[id - 100]: amounts[row] for id, row in lca.dicts.biosphere.items()}
    assert compiled.inventories([0])[0] == pytest.approx(theirs, rel=1e-9)


def test_inventories_are_kept_and_read_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = installed(data)
    folder = data / "backgrounds" / "theirs"
    first = compiled.inventories([0], folder)
    monkeypatch.setattr(Compiled, "inventory", lambda *_: pytest.fail("calculated again"))
    assert Compiled.load(folder).inventories([0], folder) == first


WRONG: Mapping[str, tuple[str, str]] = {
    "vanished": (STEEL.replace("making", "makin"), "no activity 'steel makin' .*did you mean 'steel making'"),
    "our id": (STEEL.replace('"steel"', '"stel"', 1), "no activity 'stel'; did you mean 'steel'"),
    "unit": (STEEL.replace('"kg"', '"m3"'), "'steel making' is in kg, not in m3"),
    "dimension": (
        'activity = "case"\nname = "steel making"',
        "'case' is in item, 'steel making' in kg: state a factor",
    ),
    "several": ('activity = "water"\nname = "water"\nfactor = 0.001', r"2 activities fit 'water'.*\(FR.*\(DE"),
    "nowhere": ('activity = "water"\nname = "water"\nlocations = ["US"]\nfactor = 0.001', "0 activities fit"),
    "assembly": ('activity = "rack"\nname = "water"\nlocations = ["FR"]\nfactor = 1', "opened into its parts"),
    "key": (STEEL + "\nplace = 1", "unknown key"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_in_a_mapping_is_said_at_its_line(what: str, data: Path) -> None:
    installed(data)
    entry, message = WRONG[what]
    path = mapped(data, entry)
    with pytest.raises(InvalidData, match=message) as caught:
        under_background((), catalogue(), "theirs")
    assert f"{path}:" in str(caught.value) and ":0:" not in str(caught.value)


def test_an_activity_is_mapped_once_and_a_background_needs_a_mapping(data: Path) -> None:
    installed(data)
    with pytest.raises(UsageError, match="lca background map theirs"):
        under_background((), catalogue(), "theirs")
    mapped(data, STEEL, STEEL)
    with pytest.raises(InvalidData, match="mapped twice"):
        under_background((), catalogue(), "theirs")


def test_the_first_place_that_is_there_is_taken_and_a_factor_converts(data: Path) -> None:
    installed(data)
    mapped(data, 'activity = "water"\nname = "water"\nlocations = ["CH", "DE", "FR"]\nfactor = 0.001')
    [match] = Mapped.of(store.background("theirs"), catalogue()).matches
    assert (match.product, match.factor) == (3, 0.001)


def test_a_name_of_another_version_is_tried_where_the_first_is_not_there(data: Path) -> None:
    installed(data)
    other = 'alternatives = [{ name = "steel" }, { name = "steel making", locations = ["CH", "GLO"] }]'
    mapped(data, STEEL.replace("steel making", "steel, hot rolled") + f"\n{other}")
    [match] = Mapped.of(store.background("theirs"), catalogue()).matches
    assert match.product == 0
    mapped(data, STEEL.replace("steel making", "steel makin") + '\nalternatives = [{ name = "steel" }]')
    with pytest.raises(
        InvalidData, match=r"no activity 'steel makin' .*, nor of 1 other names; did you mean 'steel ma"
    ):
        Mapped.of(store.background("theirs"), catalogue())


def test_one_entry_stands_for_many_places(data: Path) -> None:
    installed(data)
    ours = catalogue()
    places = {f"water-{place}": replace(ours.activity("water"), id=f"water-{place}") for place in ("fr", "de")}
    ours = replace(ours, activities={**ours.activities, **places})
    mapped(data, 'activity = "water-{}"\nname = "water"\nplaces = ["FR", "DE"]\nfactor = 0.001')
    matches = Mapped.of(store.background("theirs"), ours).matches
    assert [(match.activity, match.product) for match in matches] == [("water-fr", 2), ("water-de", 3)]


def test_the_users_own_file_overrides_a_shipped_one_by_activity(data: Path, shipped: Path) -> None:
    """Also what is wrong in it, for nobody may change a shipped file; and what is not confirmed is set aside."""
    installed(data, name="theirs-2")
    (shipped / "theirs.toml").write_text(mapped(data, STEEL.replace("making", "melting")).read_text("utf-8"), "utf-8")
    with pytest.raises(InvalidData, match="no activity 'steel melting'"):
        under_background((), catalogue(), "theirs-2")
    mapped(data, STEEL, name="theirs-2")
    [match] = Mapped.of(store.background("theirs-2"), catalogue()).matches
    assert match.activity == "steel"
    mapped(data, STEEL + "\nconfirmed = false", name="theirs-2")
    assert Mapped.of(store.background("theirs-2"), catalogue()).matches == ()


def test_what_makes_a_negative_amount_takes_waste_and_adds_its_burden(data: Path) -> None:
    """As ecoinvent has treatments: of one kg, at the market that consumes a negative amount of the treatment."""
    treated = dataset("treatment", [emitted("Carbon dioxide, fossil", 2.0)])
    market = dataset("market for waste", [taken("treatment", -1.0)])
    for waste in (treated, market):
        waste["exchanges"][0]["amount"] = -1.0
    installed(data, [treated, market])
    mapped(data, 'activity = "steel"\nname = "market for waste"')
    joined = under_background((), catalogue(), "theirs")
    [emission] = joined.activity("steel").emissions
    assert emission.amount == pytest.approx(2.0)


def test_an_assembly_of_materials_is_mapped_whole(data: Path) -> None:
    installed(data)
    mapped(data, STEEL)
    ours = catalogue()
    parts = (Input("water", 1.0, "production"),)
    steel = replace(ours.activity("steel"), technology="assembly", inputs=parts, emissions=())
    joined = under_background((), replace(ours, activities={**ours.activities, "steel": steel}), "theirs")
    assert not joined.activity("steel").is_assembly and not joined.activity("steel").inputs


def test_a_proposal_is_not_used_before_it_is_confirmed(data: Path) -> None:
    installed(data)
    path, text, number = mapping.proposal_text("theirs", catalogue())
    assert number == 1 and "confirmed = false" in text
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    assert Mapped.of(store.background("theirs"), catalogue()).matches == ()
    path.write_text(text.replace("confirmed = false", "confirmed = true"), encoding="utf-8")
    assert [match.activity for match in Mapped.of(store.background("theirs"), catalogue()).matches] == ["steel"]


def test_flows_out_of_all_proportion_are_left_out_and_are_a_gap(data: Path) -> None:
    wild = [dataset("steel making", [emitted("Carbon dioxide, fossil", 1e15), emitted("Sulfur dioxide", 1.0)])]
    installed(data, wild)
    mapped(data, STEEL)
    joined = under_background((), catalogue(), "theirs")
    assert [emission.flow.name for emission in joined.activity("steel").emissions] == ["Sulfur dioxide"]
    assert joined.state("steel", "climate-change").gaps == ("Carbon dioxide, fossil: out of all proportion",)
    assert joined.state("steel", "acidification").kind == "documented"


def test_flows_that_are_left_out_are_left_out_of_draws(data: Path) -> None:
    """Of that activity alone: what another emits of them is in proportion."""
    wild = [
        dataset("steel making", [emitted("Carbon dioxide, fossil", 1e15), emitted("Sulfur dioxide", 1.0)]),
        dataset("water", [emitted("Carbon dioxide, fossil", 3.0)], "cubic meter"),
    ]
    installed(data, wild)
    mapped(data, STEEL, 'activity = "water"\nname = "water"\nfactor = 0.001')
    joined = under_background((), catalogue(), "theirs")
    assert joined.foreign is not None
    factors = [LIBRARY.factors[id] for id in ("climate-change", "acidification")]
    drawn = joined.foreign.drawn(("steel", "water"), factors, 0, 0, 3)
    assert drawn["steel"][:, 0] == pytest.approx(0.0) and (drawn["steel"][:, 1] > 1).all()
    assert drawn["water"] == pytest.approx(np.array([[0.003, 0.0]] * 3))


def test_its_own_distributions_are_drawn_for_all_that_is_mapped_together(data: Path) -> None:
    """Coal per steel is lognormal, the loop makes a score a nonlinear function of it: compare quantiles exactly."""
    installed(data)
    mapped(data, STEEL)
    joined = under_background((), catalogue(), "theirs")
    background = Background.of(joined, ("climate-change", "acidification"))
    sampled = SampledBackground(background, ["case"], foreign=joined.foreign)
    drawn = np.concatenate([sampled.totals(Block(1, n))["case"] for n in range(8)]) / 2000
    shares = np.array([0.1, 0.5, 0.9])
    parameters = stats_arrays.LognormalUncertainty.from_dicts(SPREAD | {"uncertainty_type": 2})
    for coal, found in zip(
        stats_arrays.LognormalUncertainty.ppf(parameters, shares.reshape(1, -1))[0],
        np.quantile(drawn[:, 0], shares),
        strict=True,
    ):
        supply = np.linalg.solve(np.array([[1.0, -0.01], [-coal, 1.0]]), np.array([1.0, 0.0]))
        assert found == pytest.approx(supply @ [2.0, 0.1], rel=5e-3)
    assert np.corrcoef(drawn.T)[0, 1] > 0.999
    again = sampled.totals(Block(1, 3, 10))["case"] / 2000
    assert np.array_equal(again, drawn[750:760])


def test_draws_are_kept_by_what_they_are_drawn_of(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(data)
    mapped(data, STEEL)
    monkeypatch.setattr("lca.engine.kept_draws.cache_folder", lambda: tmp_path / "cache")
    joined = under_background((), catalogue(), "theirs")
    assert joined.foreign is not None
    background = Background.of(joined, ("climate-change",))

    def drawn(foreign: Any) -> Any:
        return KeptDraws(background, replace(joined, foreign=foreign), ["case"], None).totals(Block(1, 0))["case"]

    first = drawn(joined.foreign)
    with monkeypatch.context() as patched:
        patched.setattr(Mapped, "drawn", lambda *given: pytest.fail("drawn again"))
        assert np.array_equal(drawn(joined.foreign), first)
    twice = [replace(match, factor=2 * match.factor) for match in joined.foreign.matches]
    assert drawn(replace(joined.foreign, matches=tuple(twice))) == pytest.approx(2 * first)
    other = replace(joined.foreign, about=replace(joined.foreign.about, content="another"))
    assert np.array_equal(drawn(other), first) and len(list((tmp_path / "cache").iterdir())) == 3


def test_two_backgrounds_of_one_scenario_disagree_by_a_ratio(data: Path, built_in: Catalogue) -> None:
    installed(data)
    mapped(data, STEEL)
    dirty = [dataset("steel making", [emitted("Carbon dioxide, fossil", 50.0)])]
    installed(data, dirty, "dirty")
    mapped(data, STEEL, name="dirty")
    scenario = Scenario.load(Path(__file__).parents[2] / "scenarios" / "digits-france.toml")
    table = disagreement([scenario], built_in, ["own", "theirs", "dirty"], ["climate-change"])
    [row] = table.to_dict("records")
    assert row["gaps of own"] >= row["gaps of theirs"] > 0
    assert row["dirty"] > row["theirs"] and row["ratio"] == pytest.approx(row["dirty"] / min(row["own"], row["theirs"]))
    with pytest.raises(UsageError, match="two backgrounds"):
        disagreement([scenario], built_in, ["theirs"])
    stated = scenario.vary(background="dirty")
    study = assess([stated], under_background([stated], built_in), ["climate-change"])
    assert study.scores()["score"][0] == row["dirty"]
    with pytest.raises(UsageError, match="one background"):
        under_background([stated, scenario], built_in)


def test_ours_is_held_against_theirs(data: Path) -> None:
    installed(data)
    mapped(data, STEEL)
    ours = catalogue()
    known = RequiredFlows({"mill": {"climate-change": _requirement("Carbon dioxide, fossil | air")}})
    ours = replace(
        ours,
        required=known,
        activities={**ours.activities, "steel": replace(ours.activity("steel"), technology="mill")},
    )
    [row] = against(ours, "theirs", ["climate-change", "acidification"]).to_dict("records")
    assert row["category"] == "climate-change"
    assert row["ratio"] == pytest.approx(exact()[0] / 3.0)


def _requirement(flow: str) -> Any:
    from lca.inventory.completeness import Requirement

    return Requirement(flows=(flow,), source="s")


@pytest.mark.parametrize(
    ("exchange", "linked"),
    [
        ({"input": ("any", CARBON), "unit": "kilogram"}, ("Carbon dioxide, fossil", 1.0)),
        (emitted("Carbon dioxide, fossil", 1.0), ("Carbon dioxide, fossil", 1.0)),
        ({**emitted("Carbon dioxide, fossil", 1.0), "unit": "ton"}, ("Carbon dioxide, fossil", 1000.0)),
        ({"name": "Carbon dioxide", "categories": ("emission", "air"), "unit": "kg"}, ("Carbon dioxide, fossil", 1.0)),
        ({"name": "SO2", "CAS number": "7446-09-5", "categories": ("air",), "unit": "kg"}, ("Sulfur dioxide", 1.0)),
        ({"name": "carbonic", "CAS number": "124-38-9", "categories": ("air",), "unit": "kg"}, None),
        ({**emitted("Carbon dioxide, fossil", 1.0), "unit": "cubic meter"}, None),
        (emitted("Phlogiston", 1.0), None),
    ],
)
def test_a_flow_is_found_by_code_name_or_number_in_its_unit(exchange: dict[str, Any], linked: Any) -> None:
    found = FlowLinker(LIBRARY).link(exchange)
    assert (found and (found.flow.name, found.factor)) == linked


def test_a_waste_that_is_treated_has_a_negative_production() -> None:
    """As ecoinvent has it: minus one kg of waste is the product, so that what demands it gives it as an input."""
    made = {"type": "production", "amount": -1.0, "input": ("theirs", "fire")}
    fire = {**dataset("fire", []), "exchanges": [made, emitted("Carbon dioxide, fossil", 3.0)]}
    compiled, _ = datasets.compiled([fire], LIBRARY)
    assert list(compiled.inventories([0])[0].values()) == [-3.0]


def test_a_matrix_without_a_solution_is_refused_with_its_cycle() -> None:
    loop = [dataset("hen", [taken("egg", 1.0)]), dataset("egg", [taken("hen", 1.0)])]
    compiled, _ = datasets.compiled(loop, LIBRARY)
    with pytest.raises(Unsolvable, match=r"takes all that it makes: hen .*egg"):
        compiled.inventories([0])


def test_draws_of_a_large_background_are_right_to_first_order(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = installed(data)
    factors = [LIBRARY.factors["climate-change"]]
    exactly = compiled.drawn_scores([0], factors, 0, 1, 100)
    monkeypatch.setattr("lca.backgrounds.compiled._EXACT_UP_TO", 1)
    nearly = compiled.drawn_scores([0], factors, 0, 1, 100)
    assert nearly == pytest.approx(exactly, rel=1e-3)  # the loop takes one per cent
    assert np.std(nearly) == pytest.approx(np.std(exactly), rel=0.05)


def test_the_order_of_elimination_is_one_in_which_needs_come_last() -> None:
    """A chain with a loop in it, longer than a loop that is taken as it is; numbered at random."""
    from scipy.sparse import csc_matrix

    from lca.backgrounds.compiled import Factors, refined

    size, generator = 120, np.random.default_rng(1)
    matrix = np.eye(size)
    for n in range(1, size):
        matrix[n - 1, n] = -0.3
    matrix[60, 20] = -0.4  # twenty to sixty need each other
    shuffled = generator.permutation(size)
    matrix = matrix[shuffled, :][:, shuffled]
    factors, sparse = Factors(csc_matrix(matrix)), csc_matrix(matrix)
    demand = generator.random(size)
    assert refined(factors, sparse, demand) == pytest.approx(np.linalg.solve(matrix, demand), rel=1e-12)
    assert refined(factors, sparse, demand, transposed=True) == pytest.approx(
        np.linalg.solve(matrix.T, demand), rel=1e-12
    )
    assert factors.solve(np.eye(size)) == pytest.approx(np.linalg.inv(matrix), abs=1e-12)


def test_a_core_that_everything_needs_does_not_fill_the_rest() -> None:
    from scipy.sparse import csc_matrix

    from lca.backgrounds.compiled import Factors

    core, others, generator = 60, 600, np.random.default_rng(2)
    matrix = np.eye(core + others)
    matrix[:core, :core] -= generator.random((core, core)) / (2 * core)
    for consumer in range(core, core + others):
        matrix[generator.integers(0, consumer, 4), consumer] -= 0.01
    shuffled = generator.permutation(core + others)
    sparse = csc_matrix(matrix[shuffled, :][:, shuffled])
    solver = Factors(sparse)._solver
    assert solver.L.nnz + solver.U.nnz < 2 * sparse.nnz
