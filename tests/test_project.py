"""The exported Brightway project: solved without this package, never half written; ranges as distributions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bw_processing import safe_filename
from hypothesis import given
from hypothesis import strategies as st

from lca.builtin import folder
from lca.engine.distributions import HIGH, LOW, triangle
from lca.errors import UnknownLocation, UsageError
from lca.exchange.differences import export as export_differences
from lca.inventory.activity import Activity, Emission, Input, Result
from lca.inventory.catalogue import Catalogue
from lca.inventory.completeness import RequiredFlows
from lca.methods.categories import CATEGORIES, EF
from lca.methods.library import Library
from lca.quantities.locations import location
from lca.quantities.values import Range, Value, product
from lca.report.brightway import project
from lca.report.brightway.bundle import bundle, workbooks
from lca.report.brightway.nodes import Names
from lca.report.brightway.parameters import NamedNumbers
from lca.report.brightway.project import export_into, export_project
from lca.report.brightway.uncertainty import calculated_range, fields
from lca.study.assess import assess, score
from lca.study.layers import layers
from lca.study.study import Study
from lca.study.uncertainty import sample
from lca.system.parts import ForegroundExchange, ProductSystem
from lca.system.product_system import Product
from lca.system.scenario import Scenario
from lca.vocabulary import Phase, Role, Stage

LIBRARY = Library.load()

SOLVE = """
import json, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name == "lca" or name.startswith("lca."):
            raise ImportError(name)

sys.meta_path.insert(0, Blocked())
try:
    import lca
except ImportError:
    pass
else:
    raise SystemExit("lca was imported")

import bw2calc, bw2data

bw2data.projects.set_current(sys.argv[1])
scores, nodes, exchanges = {}, {}, []
for node in bw2data.Database("ai-lca foreground"):
    assert "functional_unit" in node["tags"]
    nodes[node["name"]] = {key: node[key] for key in ("functional_unit", "completeness", "unit")}
    exchanges += [exchange.as_dict() for exchange in node.technosphere()]
    for method in bw2data.methods:
        functional_unit, data, _ = bw2data.prepare_lca_inputs({node: 1}, method)
        lca = bw2calc.LCA(functional_unit, data_objs=data)
        lca.lci()
        lca.lcia()
        scores["|".join([node["name"], *method])] = lca.score

differences = {}
if len(sys.argv) > 2:  # each column in the place of the functional unit, as Activity Browser does it
    import ast, csv
    with open(sys.argv[2], encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    node = bw2data.get_node(code=ast.literal_eval(rows[0][11])[1])
    method = next(m for m in bw2data.methods if "climate change" in m and "EF v3.1" in m)
    functional_unit, data, _ = bw2data.prepare_lca_inputs({node: 1}, method)
    lca = bw2calc.LCA(functional_unit, data_objs=data)
    lca.load_lci_data()
    lca.load_lcia_data()
    column = lca.dicts.activity[node.id]
    for number, name in enumerate(header[13:], 13):
        for row in rows:
            input = bw2data.get_node(code=ast.literal_eval(row[5])[1], database=row[4])
            lca.technosphere_matrix[lca.dicts.product[input.id], column] = -float(row[number])
        lca.build_demand_array()
        lca.lci_calculation()
        lca.lcia_calculation()
        differences[name] = lca.score
print(json.dumps({"scores": scores, "nodes": nodes, "exchanges": exchanges, "differences": differences}))
"""


def solved_without_lca(name: str, base: Path, *differences: str) -> dict[str, Any]:
    environment = {**os.environ, "BRIGHTWAY2_DIR": str(base)}
    done = subprocess.run(
        [sys.executable, "-c", SOLVE, name, *differences],
        cwd=base,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    content: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return content


DRAW = """
import json, sys, bw2calc, bw2data
import numpy as np

bw2data.projects.set_current(sys.argv[1])
[node] = bw2data.Database("ai-lca foreground")
[method] = [m for m in bw2data.methods if bw2data.methods[m]["category"] == sys.argv[2]]
demand, data, _ = bw2data.prepare_lca_inputs({node: 1}, method)
lca = bw2calc.LCA(demand, data_objs=data, use_distributions=True)  # one seed would tie the draws of its matrices
lca.lci()
lca.lcia()
drawn = [lca.score for _ in zip(range(int(sys.argv[3])), lca)]
print(json.dumps(np.quantile(drawn, [0.025, 0.5, 0.975]).tolist()))
"""


def agrees(study: Study, found: dict[str, float]) -> None:
    ours = study.scores().set_index(["scenario", "category"])["score"]
    assert len(found) == len(ours)
    for (name, id), expected in ours.items():
        if expected == expected:  # a missing score is not a number here, and zero there
            theirs = found["|".join([name, "ai-lca", *CATEGORIES[id].name])]
            assert theirs == pytest.approx(expected, rel=1e-6, abs=1e-300), (name, id)


@pytest.mark.slow
def test_plain_brightway_agrees_on_every_score_of_the_demo(tmp_path: Path, built_in: Catalogue) -> None:
    scenarios = [Scenario.load(folder("scenarios") / f"digits-{place}.toml") for place in ("france", "poland")]
    study = assess(scenarios, built_in, list(CATEGORIES))
    written = export_project(study, "demo", tmp_path, parameters=True)
    file = export_differences(study, tmp_path / "differences.csv")
    found = solved_without_lca("demo", tmp_path, str(file))
    agrees(study, found["scores"])
    climate = study.scores().set_index(["category", "scenario"])["score"]["climate-change"]
    assert found["differences"] == pytest.approx(climate.to_dict(), rel=1e-6)
    assert written.folder.is_dir()
    assert len(written.functional_units) == 2
    assert {node["unit"] for node in found["nodes"].values()} == {"functional unit"}
    assert all(exchange["phase"] and exchange["stage"] and exchange["role"] for exchange in found["exchanges"])
    assert all(exchange["formula"] for exchange in found["exchanges"])  # by which Brightway has calculated the amounts
    first = found["nodes"][scenarios[0].name]
    assert first["functional_unit"]["amount"] == str(scenarios[0].file.functional_unit.amount)
    assert first["completeness"]["land-use"] == study.coverage[scenarios[0].name, "land-use"].completeness


def test_amounts_are_formulas_of_the_stated_numbers(built_in: Catalogue) -> None:
    files = [folder("scenarios") / name for name in ("digits-france.toml", "resnet50-edge-agx-orin.toml")]
    for system in assess(map(Scenario.load, files), built_in, ["climate-change"]).systems:
        numbers = NamedNumbers(system)
        stated = {name: value.number for name, value in numbers.stated.items()}
        assert all(name.isidentifier() for name in stated) and any("utilisation" in name for name in stated)
        for exchange in system.exchanges:
            amount = eval(numbers.formula(exchange.value), {"__builtins__": {}, "exp": np.exp}, stated)
            assert amount == pytest.approx(exchange.amount, rel=1e-12)
    rows = {row["name"]: row for row in numbers.parameters("database", "code")}
    assert rows.keys() == numbers.stated.keys() and any("uncertainty type" in row for row in rows.values())


def test_the_larger_of_two_numbers_is_chosen_by_a_condition() -> None:
    """numpy's max, which Brightway's formulas take, would choose along an axis."""
    leaves = {name: Value(number, "1", name, file="f", field=f"a.{name}") for name, number in (("x", 2.0), ("y", 3.0))}
    for function, expected in (("max", 3.0), ("min", 1.0)):
        value = Value(expected, "1", "chosen", f"{function}(x, y, 1)", leaves)
        system = ProductSystem("s", (ForegroundExchange(Phase.INFERENCE, Stage.USE, Role.USE, "part", value),))
        numbers = NamedNumbers(system)
        assert function not in numbers.formula(value)
        assert eval(numbers.formula(value), {}, {"a_x": 2.0, "a_y": 3.0}) == expected


def small_catalogue() -> Catalogue:
    """A loop, a product that takes its own, substitution, published values, one of them refused; ranges."""
    air = "air/urban air close to ground"
    carbon, sulfur = LIBRARY.flow("Carbon dioxide, fossil", air), LIBRARY.flow("Sulfur dioxide", air)
    plant = Activity(
        "plant",
        "electricity",
        "plant",
        "electricity",
        "kWh",
        "",
        "file",
        inputs=(Input("plant", 0.05, "use"), Input("server", 1e-6, "production", Range(5e-7, 2e-6, "lognormal"))),
        emissions=(Emission(carbon, 0.9, "use", Range(0.7, 1.1, "normal")), Emission(sulfur, 3e-4, "use")),
    )
    server = Activity(
        "server",
        "hardware",
        "server",
        "server",
        "item",
        "GLO",
        "file",
        inputs=(
            Input("plant", 300.0, "production", Range(200, 400, "uniform")),
            Input("part", 2.0, "production"),
            Input("plant", -40.0, "end-of-life"),
        ),
    )
    part = Activity(
        "part",
        "hardware",
        "part",
        "part",
        "item",
        "GLO",
        "file",
        results=(
            Result("climate-change", 150.0, 120.0, 150.0, "EF, version unstated", ("s",)),
            Result("acidification", 0.6, 0.6, 0.6, "EF v3.1", ("s",)),
            Result("land-use", 4.0, 4.0, 4.0, "EF v3.1", ("s",), refused="quarantined"),
        ),
    )
    return Catalogue({"plant": plant, "server": server, "part": part}, RequiredFlows(), LIBRARY)


@pytest.mark.slow
def test_estimates_are_written_apart_and_count_in_methods_of_their_own(tmp_path: Path, built_in: Catalogue) -> None:
    """Off unless asked for; the methods without them give the known score still."""
    france = Scenario.load(folder("scenarios") / "digits-france.toml")
    study = assess([france], built_in, ("climate-change", "acidification"))
    with pytest.raises(UsageError, match="no estimates"):
        export_project(study, "digits", tmp_path, estimates=True)
    drawn = replace(study, layers=layers(study, built_in, 100))
    export_project(drawn, "digits", tmp_path, estimates=True)
    scores = solved_without_lca("digits", tmp_path)["scores"]
    assert drawn.layers
    gaps = drawn.layers.gaps[drawn.layers.gaps["state"] == "estimated"]
    known = study.scores().set_index("category")["score"]
    for category in study.categories:
        method = "|".join([france.name, *Names().method(category)])
        held = gaps[(gaps["category"] == category) & (gaps["median"] > 0)]["median"].sum()
        assert scores[method] == pytest.approx(known[category], rel=1e-6)
        assert held > 0 and scores[f"{method}|with estimates"] == pytest.approx(known[category] + held, rel=1e-6)


def test_loops_substitution_and_published_values_agree_too(tmp_path: Path) -> None:
    study = score("server", 3.0, small_catalogue(), EF)
    export_project(study, "small", tmp_path)
    found = solved_without_lca("small", tmp_path)
    agrees(study, found["scores"])
    land = "|".join(["server", "ai-lca", *CATEGORIES["land-use"].name])
    assert found["scores"][land] == 0.0
    # its own draws agree with ours in median and interval, within sampling error
    environment = {**os.environ, "BRIGHTWAY2_DIR": str(tmp_path)}
    words = [sys.executable, "-c", DRAW, "small", "climate-change", "2000"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    ours = sample([Product("server", 3.0)], small_catalogue(), ["climate-change"], 2000).table()
    assert json.loads(done.stdout.splitlines()[-1]) == pytest.approx(
        [ours[end][0] for end in ("low", "median", "high")], rel=0.06
    )


@pytest.mark.slow
def test_a_project_is_whole_or_absent_and_never_overwritten_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = score("part", 1.0, small_catalogue(), ["climate-change"])

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(project.nodes, "published", interrupted)
        with pytest.raises(KeyboardInterrupt):
            export_project(study, "one", tmp_path)
    bd = project.brightway(tmp_path)
    assert [found.name for found in bd.projects] == ["default"]

    written = export_project(study, "one", tmp_path)
    assert sorted(found.name for found in bd.projects) == ["default", "one"]
    assert bd.projects.current == "default"
    with pytest.raises(UsageError, match="exists"):
        export_project(study, "one", tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(project.nodes, "published", interrupted)
        with pytest.raises(KeyboardInterrupt):
            export_project(study, "one", tmp_path, overwrite=True)
    bd.projects.set_current("one")
    assert len(bd.Database("ai-lca background")) == 1
    assert export_project(study, "one", tmp_path, overwrite=True) == written
    left = {path.name.split(".")[0] for path in tmp_path.iterdir() if path.is_dir()}
    assert left <= {"default", "one", "logs", "bw2io_cache_dir"}


KILLED = """
import os, signal, sys
from pathlib import Path
from lca.report.brightway import project
bd = project.brightway(Path(sys.argv[1]))
with project._built_aside(bd, "one", False, False):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_half_that_a_killed_export_left_is_removed_by_the_next(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    bd = project.brightway(tmp_path)
    assert any("being written" in found.name for found in bd.projects)
    export_project(climate_of_a_part(), "one", tmp_path)
    assert sorted(found.name for found in bd.projects) == ["default", "one"]
    assert not [path.name for path in tmp_path.iterdir() if "being" in path.name]


def climate_of_a_part() -> Study:
    return score("part", 1.0, small_catalogue(), ["climate-change"])


def licensed(bd: Any, name: str) -> None:
    """Add a database of another's to the current project."""
    database = bd.Database(name)
    database.register()
    key = (name, "steel")
    exchange = {"input": key, "amount": 1.0, "type": "production"}
    database.write({key: {"name": "steel", "unit": "kilogram", "exchanges": [exchange]}})


@pytest.mark.slow
@pytest.mark.parametrize("exported_first", [False, True])
def test_what_another_wrote_is_never_overwritten(tmp_path: Path, exported_first: bool) -> None:
    bd = project.brightway(tmp_path)
    if exported_first:
        export_project(climate_of_a_part(), "mine", tmp_path)
    bd.projects.set_current("mine")
    licensed(bd, "licensed-3.10")
    bd.projects.set_current("default")
    with pytest.raises(UsageError, match=r"licensed-3\.10"):
        export_project(climate_of_a_part(), "mine", tmp_path, overwrite=True)
    bd.projects.set_current("mine")
    assert len(bd.Database("licensed-3.10")) == 1


@pytest.mark.slow
def test_an_export_that_was_edited_is_not_overwritten(tmp_path: Path) -> None:
    export_project(climate_of_a_part(), "mine", tmp_path)
    bd = project.brightway(tmp_path)
    bd.projects.set_current("mine")
    bd.parameters.new_project_parameters([{"name": "of_mine", "amount": 1.0}])
    bd.projects.set_current("default")
    with pytest.raises(UsageError, match="it holds parameters"):
        export_project(climate_of_a_part(), "mine", tmp_path, overwrite=True)
    bd.projects.set_current("mine")
    [node] = bd.Database("ai-lca foreground")
    node["comment"] = "my own note"
    node.save()
    bd.projects.set_current("default")
    with pytest.raises(UsageError, match="changed since"):
        export_project(climate_of_a_part(), "mine", tmp_path, overwrite=True)


@pytest.mark.slow
def _say(what: Sequence[str]) -> None:
    print(*what, sep="\n", file=sys.stderr)


def test_what_will_be_replaced_is_said_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    export_project(climate_of_a_part(), "mine", tmp_path, removing=said.extend)
    assert said == []
    export_project(climate_of_a_part(), "mine", tmp_path, overwrite=True, removing=_say)
    assert "the database 'ai-lca background' with 1 activities" in capsys.readouterr().err


@pytest.mark.slow
def test_data_of_no_project_are_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / safe_filename("mine", full=False) / "kept"
    kept.parent.mkdir()
    kept.write_text("data", encoding="utf-8")
    with pytest.raises(UsageError, match="of no project"):
        export_project(climate_of_a_part(), "mine", tmp_path, overwrite=True)
    assert kept.is_file()


@pytest.mark.slow
def test_a_study_in_a_project_that_exists_scores_on_the_elementary_flows_of_that_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have other codes, and one of ours is not among them."""
    study = score("server", 3.0, small_catalogue(), EF)
    carbon = {"name": "Carbon dioxide, fossil", "categories": ("air", "urban air close to ground")}
    bd = project.brightway(tmp_path)
    bd.projects.set_current("mine")
    licensed(bd, "licensed-3.10")
    flows = bd.Database("flows-3.10")
    flows.register()
    flows.write({("flows-3.10", "other code"): {**carbon, "unit": "kilogram", "type": "emission"}})
    names = Names("trial", "flows-3.10")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(project.nodes.Writer, "functional_unit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            export_into(study, "mine", names, tmp_path)
    bd.projects.set_current("mine")
    assert sorted(bd.databases) == ["flows-3.10", "licensed-3.10"] and not len(bd.methods)

    written = export_into(study, "mine", names, tmp_path)
    assert written.absent == ("Sulfur dioxide | air/urban air close to ground",)
    with pytest.raises(UsageError, match="overwrite"):
        export_into(study, "mine", names, tmp_path)
    export_into(study, "mine", names, tmp_path, overwrite=True)
    with pytest.raises(UsageError, match="no database 'biosphere3'"):
        export_into(study, "mine", Names("second"), tmp_path)
    with pytest.raises(UsageError, match="no Brightway project"):
        export_into(study, "theirs", names, tmp_path)
    bd.projects.set_current("mine")
    assert "licensed-3.10" in bd.databases
    [node] = bd.Database("trial foreground")
    ours = study.scores().set_index("category")["score"]
    import bw2calc

    for id, method in zip(study.categories, written.methods, strict=True):
        demand, data, _ = bd.prepare_lca_inputs({node: 1}, method)
        lca = bw2calc.LCA(demand, data_objs=data)
        lca.lci()
        lca.lcia()
        if ours[id] == ours[id]:
            assert lca.score == pytest.approx(ours[id], rel=1e-6), id


IMPORT = """
import csv, json, sys
import bw2calc, bw2data, bw2io
from pathlib import Path

folder, functional_unit = Path(sys.argv[1]), sys.argv[2]
bw2data.projects.set_current("elsewhere")
bw2io.create_default_biosphere3()
names = ["ai-lca published values", "ai-lca background", "ai-lca foreground"]
for name, path in zip(names, sys.argv[3:], strict=True):
    importer = bw2io.ExcelImporter(path)
    importer.apply_strategies()
    importer.match_database(fields=("name", "unit", "location", "reference product"))
    importer.match_database("biosphere3", fields=("name", "unit", "categories"))
    for other in names[: names.index(name)]:
        product = ("name", "unit", "location", "reference product")
        kind = ("name", "unit", "categories") if other == names[0] else product
        importer.match_database(other, fields=kind)
    assert not list(importer.unlinked), list(importer.unlinked)
    importer.write_database()
ids = {(node["database"], node["code"]): node.id for name in bw2data.databases for node in bw2data.Database(name)}
factors = {}
with (folder / "factors.csv").open(encoding="utf-8", newline="") as file:
    for row in csv.DictReader(file):
        factors.setdefault(row["method"], []).append((ids[row["database"], row["code"]], float(row["factor"])))
[node] = [node for node in bw2data.Database(names[-1]) if node["name"] == functional_unit]
scores = {}
for name, rows in factors.items():
    method = bw2data.Method(tuple(name.split("|")))
    method.register()
    method.write(rows)
    demand, data, _ = bw2data.prepare_lca_inputs({node: 1}, method.name)
    lca = bw2calc.LCA(demand, data_objs=data)
    lca.lci()
    lca.lcia()
    scores["|".join([functional_unit, *method.name])] = lca.score
print(json.dumps(scores))
"""


@pytest.mark.slow
def test_workbooks_and_a_bundle_score_the_same_elsewhere(tmp_path: Path) -> None:
    """Published values too, which are half of this score."""
    study = score("server", 3.0, small_catalogue(), EF)
    written = export_project(study, "small", tmp_path / "here")
    *databases, factors = workbooks(written, Names(), tmp_path / "books")
    archive = bundle(written, tmp_path / "small.tar.gz")
    there = tmp_path / "there"
    there.mkdir()
    environment = {**os.environ, "BRIGHTWAY2_DIR": str(there), "BRIGHTWAY_NO_STRUCTLOG": "1"}
    command = [sys.executable, "-c", IMPORT, str(factors.parent), "server", *map(str, databases)]
    done = subprocess.run(command, cwd=there, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    agrees(study, json.loads(done.stdout.splitlines()[-1]))
    restore = "import bw2io, sys; bw2io.restore_project_directory(sys.argv[1], project_name='restored')"
    subprocess.run([sys.executable, "-c", restore, str(archive)], env=environment, capture_output=True, check=True)
    agrees(study, solved_without_lca("restored", there)["scores"])


def test_a_project_needs_a_name() -> None:
    with pytest.raises(UsageError, match="name"):
        export_project(score("part", 1.0, small_catalogue(), ["climate-change"]), " ")


def test_no_range_is_no_distribution() -> None:
    assert fields(3.0, None) == {}


@pytest.mark.parametrize(
    "median, low, high, distribution",
    [
        (2.0, 1.0, 4.0, "lognormal"),
        (3.0, 1.0, 5.0, "normal"),
        (3.0, 1.0, 5.0, "uniform"),
        (4.5, 3.0, 6.0, "triangular"),
        (1.33, 1.053, 1.65, "triangular"),
        (-3.0, -5.0, -1.0, "uniform"),
        (-2.0, -4.0, -1.0, "lognormal"),
    ],
)
def test_the_ends_of_a_range_are_the_quantiles_that_stats_arrays_sees(
    median: float, low: float, high: float, distribution: Any
) -> None:
    import stats_arrays

    written = fields(median, Range(low, high, distribution))
    chosen = stats_arrays.uncertainty_choices[written.pop("uncertainty type")]
    shares = np.array([[LOW, 0.5, HIGH]])
    parameters = chosen.from_dicts({key.replace(" ", "_"): value for key, value in written.items()})
    assert sorted(chosen.ppf(parameters, shares)[0]) == pytest.approx([low, median, high], rel=1e-6)


def test_the_range_of_a_calculated_amount_is_that_of_its_stated_numbers() -> None:
    """The product of two lognormals, whose squared deviations of the logarithm add up."""
    power = Value(2.0, "kW", "power", range=Range(1.0, 4.0, "lognormal"), file="f", field="power")
    hours = Value(3.0, "h", "hours", range=Range(2.0, 4.5, "lognormal"), file="f", field="hours")
    energy = product(power, hours, "kWh")
    spread = calculated_range(energy)
    assert spread and spread.distribution == "lognormal"
    ratio = np.exp(np.hypot(np.log(2.0), np.log(1.5)))
    assert (spread.low, spread.high) == pytest.approx((6.0 / ratio, 6.0 * ratio), rel=0.1)
    assert calculated_range(Value(3.0, "h", "hours")) is None
    credit = calculated_range(product(Value(-1.0, "1", "credit"), power, "kW"))
    assert credit and credit.low < -2.0 < credit.high < 0


@given(st.floats(-5, 5), st.floats(0.1, 10), st.floats(0, 1))
def test_a_triangle_keeps_the_ends_of_its_range(low: float, width: float, share: float) -> None:
    """Also where the range is more skewed than a triangle can be."""
    least, mode, most = triangle(low, low + share * width, low + width)
    assert least <= mode <= most
    assert least < low < low + width < most


PAYLOAD = "__import__('pathlib').Path('PWNED').write_text('ran') and 'TW'"


@pytest.mark.slow
def test_a_location_is_inert_for_whoever_opens_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    catalogue = small_catalogue()
    places = {"plant": PAYLOAD, "server": "('RER', 'x')", "part": "Europe (without Switzerland)"}
    activities = {id: replace(a, location=places[id]) for id, a in catalogue.activities.items()}
    study = score("server", 3.0, replace(catalogue, activities=activities), EF)
    export_project(study, "places", tmp_path)
    agrees(study, solved_without_lca("places", tmp_path)["scores"])
    assert not list(tmp_path.rglob("PWNED"))
    bd = project.brightway(tmp_path)
    bd.projects.set_current("places")
    written = {node["code"]: node["location"] for node in bd.Database("ai-lca background")}
    assert written["part"] == "Europe without Switzerland" and not any("(" in place for place in written.values())


@pytest.mark.parametrize(
    "written, read",
    [
        ("FR", "FR"),
        ("US-CA", "US-CA"),
        ("GLO", "GLO"),
        ("RoW", "RoW"),
        ("Europe (without Switzerland)", "Europe without Switzerland"),
    ],
)
def test_places_of_the_list_are_known(written: str, read: str) -> None:
    assert location(written) == read


@pytest.mark.parametrize("written", [PAYLOAD, "", "UK", "fr", "UK-1", "('RER', 'x')", "1"])
def test_other_places_are_refused(written: str) -> None:
    with pytest.raises(UnknownLocation, match="no place"):
        location(written)
