"""bw2calc's scores against plain linear algebra, and bw2calc without a project."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lca.engine.matrices import Matrices
from lca.engine.solve import reached_from, supply_without, unit_scores
from lca.inventory.activity import Activity, Emission, Input, Result
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


@given(systems(), st.data())
@settings(max_examples=40, deadline=None)
def test_scores_are_those_of_plain_linear_algebra(system: dict[str, Activity], data: st.DataObject) -> None:
    demand = data.draw(st.sampled_from(sorted(system)))
    solved = unit_scores(Matrices.build(system, CATEGORIES, LIBRARY), [demand])
    np.testing.assert_allclose(solved.scores[demand], by_plain_algebra(system, demand), rtol=1e-9, atol=1e-12)


@given(systems(), st.floats(-3, 3).filter(lambda x: abs(x) > 1e-3))
@settings(max_examples=20, deadline=None)
def test_supply_without_cuts_is_bw2calcs(system: dict[str, Activity], amount: float) -> None:
    demand = min(system)
    solved = unit_scores(Matrices.build(system, CATEGORIES, LIBRARY), [demand])
    ours = supply_without(system, (), {demand: amount})
    theirs = dict(zip(solved.order, amount * solved.supply[demand], strict=True))
    assert ours == pytest.approx({id: theirs[id] for id in ours}, rel=1e-9, abs=1e-12)
    assert all(value == pytest.approx(0, abs=1e-12) for id, value in theirs.items() if id not in ours)


def test_a_cut_exchange_is_not_followed() -> None:
    system = {
        "a": activity("a", {"b": 2.0, "c": 1.0}, []),
        "b": activity("b", {"c": 1.0}, []),
        "c": activity("c", {}, [1]),
    }
    assert supply_without(system, {("a", "b")}, {"a": 1.0}) == {"a": 1.0, "c": 1.0}
    assert supply_without(system, (), {"a": 1.0}) == {"a": 1.0, "b": 2.0, "c": 3.0}
    assert set(reached_from(system, ["b"])) == {"b", "c"}


def test_a_product_made_in_units_of_itself_is_solved() -> None:
    """A plant that uses a fifth of its own product supplies 1/0.8 of it."""
    system = {"a": activity("a", {"a": 0.2}, [1.0])}
    solved = unit_scores(Matrices.build(system, CATEGORIES, LIBRARY), ["a"])
    assert solved.scores["a"][0].sum() == pytest.approx(1.25)


def test_no_demand_is_no_score() -> None:
    assert unit_scores(Matrices.build({"a": activity("a", {}, [])}, CATEGORIES, LIBRARY), []).scores == {}


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
