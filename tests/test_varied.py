"""A foreground whose numbers are given anew equals one that is made of them, whatever its structure depends on."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lca import Catalogue, Scenario
from lca.builtin import folder
from lca.engine.background import Background
from lca.engine.varied_scores import VariedScores
from lca.errors import UsageError
from lca.methods.categories import EF
from lca.quantities.values import leaves
from lca.system.product_system import product_system
from lca.system.varied import VariedSystem

SHIPPED = [
    path
    for path in sorted(folder("scenarios").rglob("*.toml"))
    if "validation" not in path.parts and "functional_unit" in path.read_text("utf-8")
]
"""Files of scenarios; those of published cases are of inventories of their own."""


def by_tags(exchanges: Any) -> dict[tuple[str, ...], float]:
    """Amounts by all that tells exchanges apart."""
    amounts: dict[tuple[str, ...], float] = defaultdict(float)
    for exchange, amount in exchanges:
        if amount:
            tags = (exchange.run, exchange.phase, exchange.stage, exchange.role, exchange.input)
            amounts[tags] += amount
    return amounts


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_number_of_a_shipped_scenario_can_be_given_anew(path: Path, built_in: Catalogue) -> None:
    """One after the other, and all of them at once."""
    scenario = Scenario.load(path)
    system = product_system(scenario, built_in)
    stated = {leaf.field: leaf for leaf in leaves(e.value for e in system.exchanges) if leaf.field}
    other = {field: 0.9 * float(leaf.number) for field, leaf in stated.items()}
    own = [field for field in other if field.partition(".")[0] not in built_in.activities]
    for fields in (own, *([field] for field in own[:6]), other):
        changed = {field: other[field] for field in fields}
        varied = VariedSystem(scenario, built_in, changed)
        amounts = varied.amounts(changed)
        anew = by_tags((t.exchange, t.times * amounts[t.amount]) for t in varied.terms)
        made = by_tags((e, e.amount) for e in product_system(scenario, built_in, changed).exchanges)
        assert anew == pytest.approx(made, rel=1e-12)


def test_what_is_nothing_as_stated_is_there_for_other_numbers(built_in: Catalogue) -> None:
    """A server that is never idle has no idle energy: there is some where it is used half of the time."""
    scenario = Scenario.load(folder("scenarios") / "digits-france.toml")
    always = scenario.vary(inference={"utilisation": {"value": "1 1", "source": "assumption"}})
    scores = VariedScores(always, built_in, ["inference.utilisation"], EF)
    half = VariedScores(scenario, built_in, ["inference.utilisation"], EF).scores({"inference.utilisation": 0.5})
    assert np.allclose(scores.scores({"inference.utilisation": 0.5}), half, rtol=1e-12, atol=0)
    assert (scores.scores({"inference.utilisation": 1.0}) < half).all()


def test_the_factor_of_a_development_is_none_of_a_product(built_in: Catalogue) -> None:
    scenario = Scenario.load(folder("scenarios") / "llm-8b" / "france-float8.toml")
    scores = VariedScores(scenario, built_in, ["development.factor"], EF)
    background = Background.of(built_in, EF)
    for factor in (0.0, 2.0):
        made = product_system(scenario, built_in, {"development.factor": factor}).exchanges
        anew = sum(e.amount * background.totals(e.input) for e in made)
        assert np.allclose(scores.scores({"development.factor": factor})[0], anew, rtol=1e-12, atol=0)


def test_what_nothing_depends_on_cannot_be_varied(built_in: Catalogue) -> None:
    """Every run has a facility, whose PUE is stated or not: where it is not, none can be given to one run."""
    scenario = Scenario.load(folder("scenarios") / "digits-france.toml").vary(facility={"building": None})
    with pytest.raises(UsageError, match=r"no number 'inference\.facility\.PUE'"):
        VariedScores(scenario, built_in, ["inference.facility.PUE"], EF)


@given(st.lists(st.floats(0.05, 1.0), min_size=1, max_size=6), st.floats(1.0, 2.5), st.floats(0.1, 10.0))
def test_an_array_gives_what_its_numbers_give(used: list[float], PUE: float, factor: float) -> None:
    scores = digits_scores()
    numbers = {"facility.PUE": PUE, "electricity-fr.factor": factor}
    many = scores.scores({**numbers, "inference.utilisation": np.array(used)}, len(used))
    alone = [scores.scores({**numbers, "inference.utilisation": each})[0] for each in used]
    assert np.allclose(many, alone, rtol=1e-13, atol=0)


@cache
def digits_scores() -> VariedScores:
    names = ("inference.utilisation", "facility.PUE", "electricity-fr.factor")
    return VariedScores(Scenario.load(folder("scenarios") / "digits-france.toml"), Catalogue.load(), names, EF)
