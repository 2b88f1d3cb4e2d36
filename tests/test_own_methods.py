"""Impact categories of files of the user's own: read strictly, scored as any other, and complete only by a list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from workplace import Done, Workplace

from lca import assess
from lca.builtin import folder
from lca.errors import InvalidData, UsageError
from lca.inventory.activity import Activity, Emission, Input
from lca.inventory.catalogue import Catalogue
from lca.inventory.completeness import RequiredFlows, Requirement
from lca.methods.library import Library
from lca.methods.own import read_methods
from lca.study.assess import score
from lca.study.public_comparison import Demand, unmet
from lca.study.stored import load, save
from lca.vocabulary import MIX, FlowState, Stage

LIBRARY = Library.load()
CARBON = LIBRARY.flow("Carbon dioxide, fossil", "air")
METHANE = LIBRARY.flow("Methane, fossil", "air")
FRANCE = folder("scenarios") / "digits-france.toml"
PRICE = folder("inventories") / "methods" / "carbon-price.csv"
SHIPPED = {path.stem: path for path in PRICE.parent.glob("*.csv")}


def written(folder: Path, text: str, name: str = "price.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def small(technology: str = "burner") -> Catalogue:
    """A burner, and a mix of it in France."""
    emissions = (Emission(CARBON, 2.0, Stage.USE), Emission(METHANE, 0.5, Stage.USE))
    burner = Activity("burner", "electricity", "burner", "heat", "kWh", "GLO", "f", technology, emissions=emissions)
    inputs = (Input("burner", 1.0, Stage.USE),)
    mix = Activity("mix-fr", "electricity", "mix", "heat", "kWh", "FR", "f", MIX, inputs=inputs)
    return Catalogue({"burner": burner, "mix-fr": mix}, RequiredFlows(), LIBRARY)


def under(catalogue: Catalogue, *paths: Path) -> Catalogue:
    return catalogue.with_methods(read_methods(paths, catalogue.library))


def scored(catalogue: Catalogue, id: str, category: str) -> float:
    return float(score(id, 1.0, catalogue, [category]).table["score"].sum())


def test_factors_count_per_unit_of_the_flow_and_one_of_a_subcompartment_goes_before_that_of_all(tmp_path: Path) -> None:
    rows = ['"Carbon dioxide, fossil",air/*,100,EUR/t', '"Carbon dioxide, fossil",air,300,EUR/t']
    file = written(tmp_path, "flow,compartment,factor,unit\n" + "\n".join([*rows, '"Methane, fossil",air/*,4,EUR/kg']))
    catalogue = under(small(), file)
    assert scored(catalogue, "burner", "price") == pytest.approx(2 * 0.3 + 0.5 * 4)
    [method] = catalogue.methods
    assert (method.used.category.unit, method.used.flows, method.used.matched, method.used.emitted) == ("EUR", 3, 3, 3)


def test_a_factor_of_a_country_counts_for_what_is_emitted_there(tmp_path: Path) -> None:
    rows = ["flow,compartment,factor,unit,location", '"Carbon dioxide, fossil",air,1,EUR/kg,']
    rows += ['"Carbon dioxide, fossil",air,3,EUR/kg,FR', '"Methane, fossil",air,10,EUR/kg,FR']
    other = written(tmp_path, 'flow,compartment,factor,unit\n"Methane, fossil",air,7,EUR/kg', "other.csv")
    catalogue = under(small(), other, written(tmp_path, "\n".join(rows)))
    assert scored(catalogue, "burner", "price") == pytest.approx(2.0)
    assert scored(catalogue, "mix-fr", "price") == pytest.approx(2 * 3 + 0.5 * 10)
    assert scored(catalogue, "mix-fr", "other") == pytest.approx(0.5 * 7)  # in another file the same everywhere
    assert scored(catalogue, "mix-fr", "climate-change") == pytest.approx(scored(small(), "mix-fr", "climate-change"))


@pytest.mark.parametrize(
    "row, line",
    [
        ('"Carbon dioxide, fosil",air,1,EUR/kg,', "2: flow: no flow .* did you mean 'Carbon dioxide, fossil'"),
        ('"Carbon dioxide, fossil",water,1,EUR/kg,', "2: flow: no flow .* it exists in 'air'"),
        ('"Carbon dioxide, fossil",air,1,EUR/m3,', "2: unit: 'm3' where 'kg' belongs"),
        ('"Carbon dioxide, fossil",air,1,EUR,', "2: unit: 'EUR' is no unit of a category per unit of a flow"),
        ('"Carbon dioxide, fossil",air,nan,EUR/kg,', "2: factor: 'nan' is not one number"),
        ('"Carbon dioxide, fossil",air,1,EUR/kg,Paris', "2: location: no place 'Paris'"),
        ('"Carbon dioxide, fossil",air,1,EUR/kg', "2: 4 cells, not 5"),
        ('Methane,air,1,EUR/kg,\n"Methane, fossil",air,1,EUR/kg,\n"Methane, fossil",air,2,EUR/kg,',
         "4: flow: this flow has a factor here already, in line 3"),
        ('"Methane, fossil",air,1,EUR/kg,\n"Carbon dioxide, fossil",air,1,USD/kg,', "3: unit: 'USD', and 'EUR'"),
        ("climate-chang,impact category,1,EUR/kg CO2-Eq,", "2: flow: .* did you mean 'climate-change'"),
        ("climate-change,impact category,1,EUR/kg,", "2: unit: 'EUR/kg' does not end in /kg CO2-Eq"),
        ("climate-change,impact category,-1,EUR/kg CO2-Eq,", "2: factor: it must be positive"),
        ("climate-change,impact category,1,EUR/kg CO2-Eq,FR", "2: location: the score of a category is of no one"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_line_and_column(tmp_path: Path, row: str, line: str) -> None:
    file = written(tmp_path, f"flow,compartment,factor,unit,location\n{row}\n")
    with pytest.raises(InvalidData, match=f"price.csv:{line}"):
        read_methods([file], LIBRARY)


@pytest.mark.parametrize(
    "name, text, what",
    [
        ("climate-change.csv", "flow", "that of a category of bw2io"),
        ("My Price.csv", "flow", "is no id"),
        ("price.csv", "flow,compartment,factor\n", "1: unit: required column is absent"),
        ("price.csv", "flow,compartment,factor,unit,CAS\n", "1: CAS: unknown column"),
        ("price.csv", "flow,compartment,factor,unit\n", "1: no row has a factor"),
        ("absent.csv", "", "no such file|the file is empty"),
    ],
)
def test_a_file_that_is_no_table_of_factors_is_refused(tmp_path: Path, name: str, text: str, what: str) -> None:
    with pytest.raises(InvalidData, match=what):
        read_methods([written(tmp_path, text, name)], LIBRARY)


def test_unknown_flows_are_counted_where_the_file_beside_says_so(tmp_path: Path) -> None:
    file = written(tmp_path, 'flow,compartment,factor,unit\n"Methane, fossil",air,1,EUR/kg\nPhlogiston,air,1,EUR/kg\n')
    about = 'title = "Prices"\nunknown_flows = "skip"\nsource = "mine"\n[sources.mine]\ntitle = "t"\n'
    written(tmp_path, about + 'confidence = "assumption"\n', "price.toml")
    [method] = read_methods([file], LIBRARY)
    assert (method.used.matched, method.used.flows, method.used.unknown) == (1, 2, ("Phlogiston | air",))
    assert method.used.category.title == "Prices" and list(method.used.sources) == ["mine"]


def test_a_folder_is_a_method_of_as_many_categories(tmp_path: Path) -> None:
    own = tmp_path / "our-rules"
    own.mkdir()
    with pytest.raises(UsageError, match="no CSV file"):
        read_methods([own], LIBRARY)
    for name in ("a.csv", "b.csv"):
        written(own, 'flow,compartment,factor,unit\n"Methane, fossil",air,1,EUR/kg\n', name)
    assert [method.id for method in read_methods([own], LIBRARY)] == ["our-rules/a", "our-rules/b"]


def test_an_id_keeps_its_unit_while_a_process_lives(tmp_path: Path) -> None:
    head = 'flow,compartment,factor,unit\n"Methane, fossil",air,1,'
    read_methods([written(tmp_path, f"{head}EUR/kg\n", "unit-of.csv")], LIBRARY)
    with pytest.raises(UsageError, match="'EUR' before, and now in 'USD'"):
        read_methods([written(tmp_path, f"{head}USD/kg\n", "unit-of.csv")], LIBRARY)


CLIMATE = Requirement(flows=("Carbon dioxide, fossil | air", "Methane, fossil | air"), source="s")
BOUNDED = Requirement(flows=("Carbon dioxide, fossil | air",), at_most="0.1 kg CO2-Eq", source="s")


@pytest.mark.parametrize(
    "requirement, rows, state, bound",
    [
        (None, {"Methane, fossil": 4.0}, FlowState.PARTIAL, 0.0),  # no list speaks
        (CLIMATE, {"Carbon dioxide, fossil": 1.0, "Methane, fossil": 30.0}, FlowState.INVENTORY, 0.0),
        (Requirement(none=True, source="s"), {"Carbon dioxide, fossil": 1.0}, FlowState.NONE, 0.0),
        (CLIMATE, {"Carbon dioxide, fossil": 1.0, "Particulate Matter, < 2.5 um": 9.0}, FlowState.PARTIAL, 0.0),
        (CLIMATE, {"Sulfur hexafluoride": 1e9}, FlowState.MISSING, 0.0),  # small in climate change, all of this one
        (CLIMATE, {"Carbon dioxide, fossil": 1.0, "Sulfur hexafluoride": 1e9}, FlowState.PARTIAL, 0.0),
        (BOUNDED, {"Carbon dioxide, fossil": 2.0}, FlowState.INVENTORY, 0.2),
    ],
)
def test_a_list_speaks_of_a_category_whose_flows_all_count_in_its_own(
    tmp_path: Path, requirement: Requirement | None, rows: dict[str, float], state: FlowState, bound: float
) -> None:
    lines = [f'"{name}",air,{factor},EUR/kg' for name, factor in rows.items()]
    file = written(tmp_path, "\n".join(["flow,compartment,factor,unit", *lines]))
    lists = RequiredFlows({"burner": {"climate-change": requirement}} if requirement else {})
    catalogue = under(replace(small(), required=lists), file)
    known = catalogue.state("burner", "price")
    assert (known.kind, known.bound) == (state, pytest.approx(bound))


def test_a_price_of_carbon_is_a_multiple_of_the_climate_score_with_its_gaps_and_estimates(
    tmp_path: Path, built_in: Catalogue
) -> None:
    catalogue = under(built_in, PRICE)
    categories = ["climate-change", "carbon-price"]
    study = assess(FRANCE, catalogue, categories, samples=200)
    rows = study.scores().set_index("category")
    assert rows["score"]["carbon-price"] == pytest.approx(0.12 * rows["score"]["climate-change"], rel=1e-12)
    for same in ("gaps", "completeness", "published_share"):
        assert rows[same]["carbon-price"] == pytest.approx(rows[same]["climate-change"])
    assert rows["bound"]["carbon-price"] == pytest.approx(0.12 * rows["bound"]["climate-change"])
    assert study.layers
    likely = study.layers.scores.set_index("category")
    assert likely["open"].to_dict() == dict.fromkeys(categories, likely["open"]["climate-change"])
    assert likely["median"]["carbon-price"] == pytest.approx(0.12 * likely["median"]["climate-change"], rel=0.1)
    assert study.provenance["Command"].startswith(
        "lca assess "
    ) and "sha256 of inventories/methods/carbon-price.csv" in (study.provenance)
    assert "oecd-2021" in set(study.sources()["source"])
    save(study, tmp_path / "study.json")
    again = load(tmp_path / "study.json")
    assert again.methods == study.methods and again.to_json() == study.to_json()
    assert again.to_json()["methods"][0]["weights"] == ["climate-change"]


def test_what_weights_scores_is_not_for_a_public_comparison(built_in: Catalogue) -> None:
    study = assess(FRANCE, under(built_in, PRICE), ["carbon-price"])
    public = study.scenarios[0].file.report.model_copy(update={"public_comparison": True})
    file = study.scenarios[0].file.model_copy(update={"report": public})
    scenarios = (replace(study.scenarios[0], file=file),)
    assert Demand.NO_WEIGHTING in unmet(replace(study, scenarios=scenarios))
    assert Demand.NO_WEIGHTING not in unmet(replace(study, scenarios=scenarios, methods=()))


def test_the_shipped_methods_are_read_and_never_complete_without_a_list(built_in: Catalogue) -> None:
    catalogue = under(built_in, *SHIPPED.values())
    methods = {method.id: method.used for method in catalogue.methods}
    acid, water = methods["terrestrial-acidification"], methods["water-scarcity-unspecified"]
    assert (acid.matched, acid.flows, acid.lists) == (44, 84, ())
    assert (water.flows, water.lists, methods["carbon-price"].lists) == (1, ("water-use",), ("climate-change",))
    states = {id: catalogue.state(id, "terrestrial-acidification").kind for id in catalogue.activities}
    assert FlowState.INVENTORY not in {
        state for id, state in states.items() if catalogue.activities[id].technology != MIX
    }
    french = scored(catalogue, "electricity-fr", "water-scarcity-unspecified")
    assert french > 0 and scored(catalogue, "electricity-fr", "water-use") == pytest.approx(
        scored(built_in, "electricity-fr", "water-use"), rel=1e-12
    )


def test_methods_of_a_further_folder_are_read_with_it(tiny: Workplace, command: Callable[..., Done]) -> None:
    own = tiny.folder / "own" / "methods"
    own.mkdir(parents=True)
    written(own, 'flow,compartment,factor,unit\n"Methane, fossil",air/*,4,EUR/kg\n', "gas.csv")
    done = command("list", "categories", "-i", str(own.parent), "--method", "carbon-price")
    assert done.code == 0 and "methods/gas" in done.out
    assert "1 of 1 flows of" in done.out and "carbon price counts the score of climate change" in done.out
