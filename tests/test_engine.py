"""bw2calc's scores against plain linear algebra, and bw2calc without a project."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lca.engine import background as engine
from lca.engine.background import NOTHING, Background, Cut
from lca.engine.bw2calc import bw2calc
from lca.engine.matrices import Matrices
from lca.errors import InvalidData
from lca.inventory.activity import Activity, Emission, Input, Result
from lca.inventory.catalogue import Catalogue
from lca.inventory.completeness import RequiredFlows
from lca.methods.library import Library

LIBRARY = Library.load()
FLOWS = [
    LIBRARY.flow(name, "air/urban air close to ground")
    for name in ("Carbon dioxide, fossil", "Methane, fossil", "Sulfur dioxide", "Nitrogen oxides")
]
CATEGORIES = ("climate-change", "acidification", "particulate-matter")


def activity(id: str, inputs: dict[str, float], flows: list[float], published: float | None = None) -> Activity:
    return Activity(
        id,
        "test",
        id,
        id,
        "kg",
        "GLO",
        "file",
        inputs=tuple(Input(key, amount, "production") for key, amount in inputs.items()),
        emissions=tuple(Emission(f, amount, "production") for f, amount in zip(FLOWS, flows, strict=False)),
        results=tuple(Result("climate-change", v, v, v, "EF v3.1", ()) for v in (published,) if v is not None),
    )


def by_plain_algebra(activities: dict[str, Activity], demand: str) -> np.ndarray:
    """Scores by numpy alone: categories × activities."""
    place = {id: number for number, id in enumerate(activities)}
    technosphere = np.eye(len(place))
    own = np.zeros((len(CATEGORIES), len(place)))
    for id, a in activities.items():
        for i in a.inputs:
            technosphere[place[i.activity], place[id]] -= i.amount
        for row, category in enumerate(CATEGORIES):
            factors = LIBRARY.factors[category]
            own[row, place[id]] += sum(factors.get(e.flow.code, 0.0) * e.amount for e in a.emissions)
            own[row, place[id]] += sum(r.value for r in a.results if r.category == category)
    wanted = np.zeros(len(place))
    wanted[place[demand]] = 1.0
    return own * np.linalg.solve(technosphere, wanted)


@st.composite
def systems(draw: st.DrawFn) -> dict[str, Activity]:
    """Random systems with cycles, self-use, substitution (negative inputs) and published activities."""
    size = draw(st.integers(1, 7))
    ids = [f"a{number}" for number in range(size)]
    result = {}
    for id in ids:
        chosen = draw(st.lists(st.sampled_from(ids), max_size=3, unique=True))
        inputs = {other: draw(st.floats(-0.25, 0.25).filter(bool)) for other in chosen}
        if draw(st.booleans()):
            result[id] = activity(id, inputs, draw(st.lists(st.floats(0, 5), max_size=4)))
        else:
            result[id] = activity(id, {}, [], draw(st.floats(-5, 5)))
    return result


def background(system: dict[str, Activity]) -> Background:
    return Background(system, CATEGORIES, LIBRARY.factors)


def by_bw2calc(system: dict[str, Activity], demand: str) -> np.ndarray:
    """Scores by bw2calc's own solve of our datapackage: categories × activities."""
    matrices = Matrices.build(system, CATEGORIES, LIBRARY.factors)
    lca = bw2calc().MultiLCA(
        demands={demand: {matrices.activities[demand]: 1.0}},
        method_config={"impact_categories": [(category,) for category in CATEGORIES]},
        data_objs=[matrices.package],
    )
    lca.lci()
    lca.lcia()
    columns = [lca.dicts.activity[number] for number in matrices.activities.values()]
    scored = [lca.characterized_inventories[((category,), demand)].sum(axis=0) for category in CATEGORIES]
    return np.vstack([np.asarray(row).ravel()[columns] for row in scored])


@given(systems(), st.data())
@settings(max_examples=40, deadline=None)
def test_scores_are_those_of_bw2calc_and_of_plain_linear_algebra(
    system: dict[str, Activity], data: st.DataObject
) -> None:
    demand = data.draw(st.sampled_from(sorted(system)))
    ours = background(system).scores(demand)
    np.testing.assert_allclose(ours, by_bw2calc(system, demand), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours, by_plain_algebra(system, demand), rtol=1e-9, atol=1e-12)


@given(systems(), st.floats(-3, 3), st.floats(-3, 3))
@settings(max_examples=20, deadline=None)
def test_supply_is_linear_in_the_demand(system: dict[str, Activity], first: float, second: float) -> None:
    one, other, solved = min(system), max(system), background(system)
    together = solved.supply({one: first, other: second} if one != other else {one: first + second})
    apart = solved.supply({one: first}) + solved.supply({other: second})
    np.testing.assert_allclose(together, apart, rtol=1e-9, atol=1e-12)
    beyond = ~solved.reached([one, other])
    assert np.all(together[beyond] == 0)


def supplied(solved: Background, demand: dict[str, float], cut: Cut = NOTHING) -> dict[str, float]:
    supply = solved.supply(demand, cut)
    return {id: float(supply[solved.place[id]]) for id in sorted(solved.upstream(demand, cut))}


def test_a_cut_exchange_is_not_followed() -> None:
    solved = background(
        {"a": activity("a", {"b": 2.0, "c": 1.0}, []), "b": activity("b", {"c": 1.0}, []), "c": activity("c", {}, [1])}
    )
    assert supplied(solved, {"a": 1.0}, frozenset({("a", "b")})) == {"a": 1.0, "c": 1.0}
    assert supplied(solved, {"a": 1.0}) == {"a": 1.0, "b": 2.0, "c": 3.0}
    assert solved.upstream(["b"]) == {"b", "c"}


def test_a_cut_exchange_is_not_followed_where_its_input_is_reached_another_way() -> None:
    """2 c by way of b; the 5 c that a takes itself are cut."""
    solved = background(
        {"a": activity("a", {"b": 2.0, "c": 5.0}, []), "b": activity("b", {"c": 1.0}, []), "c": activity("c", {}, [1])}
    )
    assert supplied(solved, {"a": 1.0}, frozenset({("a", "c")})) == {"a": 1.0, "b": 2.0, "c": 2.0}


def test_what_a_product_takes_of_itself_can_be_cut() -> None:
    solved = background({"a": activity("a", {"a": 0.2}, [1.0])})
    assert supplied(solved, {"a": 1.0}, frozenset({("a", "a")})) == {"a": 1.0}


def test_a_product_made_in_units_of_itself_is_solved() -> None:
    """A plant that uses a fifth of its own product supplies 1/0.8 of it."""
    assert background({"a": activity("a", {"a": 0.2}, [1.0])}).totals("a")[0] == pytest.approx(1.25)


def test_a_refused_published_value_is_not_counted() -> None:
    refused = Result("climate-change", 7.0, 7.0, 7.0, "EF v3.1", (), refused="quarantined")
    counted = Result("acidification", 0.5, 0.5, 0.5, "EF v3.1", ())
    part = replace(activity("part", {}, []), results=(refused, counted))
    assert background({"part": part}).totals("part").tolist() == [0.0, 0.5, 0.0]


@pytest.mark.parametrize(
    ("inputs", "what"),
    [
        ({"a": {"a": 1.0}}, "it takes all of its product to make it: a loop too tight (a → a)"),
        ({"a": {"a": 1.5}}, "it is run -2 times: a loop too tight (a → a)"),
        ({"a": {"b": 2.0}, "b": {"a": 1.0}}, "it is run -1 times: a loop too tight (a → b → a)"),
        ({"a": {"b": 0.95}, "b": {"a": 1.0}}, "it is run 20 times: a loop too tight (a → b → a)"),
        ({"a": {"b": 1.0}, "b": {"c": 1.0}, "c": {"b": 1.0}}, "takes all of its product to make it"),
    ],
)
def test_a_product_that_takes_more_of_itself_than_it_makes_is_refused_by_name(
    inputs: dict[str, dict[str, float]], what: str
) -> None:
    system = {id: activity(id, taken, [1.0]) for id, taken in inputs.items()} | {"sound": activity("sound", {}, [2.0])}
    solved = background(system)
    with pytest.raises(InvalidData) as error:
        solved.supply({"a": 1.0})
    assert what in error.value.problems[0].what
    assert (error.value.problems[0].file, error.value.problems[0].field) == ("file", "exchanges")
    assert solved.totals("sound")[0] == 2.0  # nobody else suffers from it


def test_a_loop_behind_a_cut_exchange_is_nobodys_fault() -> None:
    solved = background({"a": activity("a", {"b": 2.0}, [1.0]), "b": activity("b", {"b": 1.0}, [1.0])})
    assert supplied(solved, {"a": 1.0}, frozenset({("a", "b")})) == {"a": 1.0}
    with pytest.raises(InvalidData):
        solved.supply({"a": 1.0})


def test_amounts_of_unlike_size_keep_their_digits_and_what_is_not_needed_is_none(built_in: Catalogue) -> None:
    """Amounts of the catalogue span fifteen orders of magnitude: against elimination in extended precision."""
    solved = Background.of(built_in, ("ionising-radiation", "eutrophication-freshwater"))
    for id in ("electricity-to", "electricity-vg", "server-1x-a100"):
        reached = np.flatnonzero(solved.reached([id]))
        supply = solved.supply({id: 1.0})
        assert np.count_nonzero(np.delete(supply, reached)) == 0
        block = solved._matrices.technosphere[reached, :][:, reached].toarray().astype(np.longdouble)
        wanted = np.zeros(len(reached), np.longdouble)
        wanted[reached.tolist().index(solved.place[id])] = 1
        exact = np.linalg.solve(block.astype(float), wanted.astype(float)).astype(np.longdouble)
        for _ in range(4):
            exact += np.linalg.solve(block.astype(float), (wanted - block @ exact).astype(float))
        np.testing.assert_allclose(supply[reached], exact.astype(float), rtol=1e-11)


def test_a_background_is_made_once() -> None:
    catalogue = Catalogue({"a": activity("a", {}, [1.0])}, RequiredFlows(), LIBRARY)
    assert Background.of(catalogue, CATEGORIES) is Background.of(catalogue, CATEGORIES)
    assert Background.of(catalogue, CATEGORIES[:1]) is not Background.of(catalogue, CATEGORIES)
    stated = activity("stated", {}, [], 3.0)
    assert Background.of(catalogue, CATEGORIES, {"stated": stated}).totals("stated")[0] == 3.0


PROBE = """
import sys
import lca
study = lca.score("electricity-fr", 1.0)
assert "bw2data" not in sys.modules
print(float(study.scores()["score"].iloc[0]))
"""


@pytest.mark.slow
def test_eight_processes_score_at_once_without_a_home(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a regular file where the home should be")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("XDG_", "BRIGHTWAY"))}
    environment = kept | {"HOME": str(blocked / "home")}
    running = [
        subprocess.Popen([sys.executable, "-c", PROBE], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(8)
    ]
    outputs = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0] * 8, outputs[0][1].decode()
    assert len({out for out, _ in outputs}) == 1
    assert float(outputs[0][0]) > 0.01  # kg CO2-Eq per kWh: the score itself, not an empty answer
    assert blocked.is_file()


def test_a_large_background_is_loaded_by_bw2calc_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = {"a": activity("a", {"b": 0.1}, [1.0, 2.0]), "b": activity("b", {"a": 0.2}, [3.0])}
    made = background(system).scores("a")
    monkeypatch.setattr(engine, "_KEPT", 2)
    monkeypatch.setattr(engine, "cache_folder", lambda: tmp_path)
    assert np.array_equal(background(system).scores("a"), made)
    [kept] = tmp_path.iterdir()
    with monkeypatch.context() as patched:
        patched.setattr(engine, "_made", lambda matrices: pytest.fail("loaded again"))
        assert np.array_equal(background(system).scores("a"), made)
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    with pytest.warns(UserWarning, match="damaged"):
        assert np.array_equal(background(system).scores("a"), made)
    system["b"] = activity("b", {"a": 0.2}, [3.0 + 1e-12])  # made of something else
    assert not np.array_equal(background(system).scores("a"), made)


def test_what_was_solved_is_kept_to_the_last_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = {
        "a": activity("a", {"b": 0.1}, [1.0, 2.0]),
        "b": activity("b", {"a": 0.2}, [3.0]),
        "c": activity("c", {}, []),
    }
    monkeypatch.setattr(engine, "_KEPT", 2)
    monkeypatch.setattr(engine, "cache_folder", lambda: tmp_path)
    cut = frozenset({("a", "b")})

    def solved(part: Background) -> list[np.ndarray]:
        answers = [part.scores("a"), part.supply({"a": 1.0}, cut), part.totals("b"), part.reached(["a"], cut)]
        part.keep()
        return answers

    made = solved(background(system))
    assert list(made[3]) == [True, False, False]
    with monkeypatch.context() as patched:
        patched.setattr(engine.Solver, "solved", lambda *given: pytest.fail("solved again"))
        for again, first in zip(solved(background(system)), made, strict=True):
            assert np.array_equal(again, first)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.warns(UserWarning, match="damaged"):
        for again, first in zip(solved(background(system)), made, strict=True):
            assert np.array_equal(again, first)
