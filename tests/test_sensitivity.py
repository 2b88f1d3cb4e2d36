"""Swings against full solves, and Sobol indices against those of a function that has them in closed form."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from test_sampling import CATEGORIES, LIBRARY, system
from workplace import Workplace

from lca import Scenario, assess
from lca.builtin import folder
from lca.engine.background import Background
from lca.errors import UsageError
from lca.inventory.catalogue import Catalogue
from lca.inventory.completeness import RequiredFlows
from lca.quantities.values import Value
from lca.study.sensitivity import _background, effects_of, elasticities, one_at_a_time
from lca.study.sobol import _VariedScore, sobol, sobol_of
from lca.system.parts import ForegroundExchange, ProductSystem
from lca.system.product_system import product_system
from lca.vocabulary import Phase, Stage


def test_a_swing_of_the_background_is_that_of_a_full_solve() -> None:
    """Exact for what is in no loop; for an input inside one, to first order in what it changes."""
    activities = system()
    background = Background(activities, ("climate-change",), LIBRARY.factors)
    exchange = ForegroundExchange(Phase.INFERENCE, Stage.USE, "r", "server", Value(2.0, "kg"))
    effects = {e.name: e for _, e in _background(ProductSystem("s", (exchange,)), background, "climate-change")}
    score = 2 * background.totals("server")[0]
    wind = replace(activities["wind"].emissions[0], amount=0.02)
    solved = Background(
        {**activities, "wind": replace(activities["wind"], emissions=(wind,))}, ("climate-change",), LIBRARY.factors
    )
    carbon = effects["Carbon dioxide, fossil of wind"]
    assert carbon.high == pytest.approx(2 * solved.totals("server")[0] - score, rel=1e-9)
    grid = effects["losses of grid"]
    inputs = tuple(replace(i, amount=i.range.high) for i in activities["grid"].inputs if i.range)
    changed = {**activities, "grid": replace(activities["grid"], inputs=inputs)}
    lossy = Background(changed, ("climate-change",), LIBRARY.factors)
    assert grid.high == pytest.approx(2 * lossy.totals("server")[0] - score, rel=0.05)
    assert grid.spread
    assert (grid.value, grid.spread.low, grid.spread.high) == pytest.approx((1.1, 1.1 / 1.5, 1.1 * 1.5))


def test_the_swing_of_a_number_counts_what_is_nothing_as_stated(built_in: Catalogue) -> None:
    """A server that is always used as stated, and idle at the low end."""
    france = Scenario.load(folder("scenarios") / "digits-france.toml")
    used = {"value": "1 1", "low": "0.5 1", "high": "1 1", "distribution": "triangular"}
    scenario = france.vary(inference={"utilisation": {**used, "source": "assumption"}})
    row = one_at_a_time(scenario, built_in, "climate-change").set_index("field").loc["inference.utilisation"]
    half = france.vary(inference={"utilisation": {"value": "0.5 1", "source": "assumption"}})
    score = assess([half], built_in, ["climate-change"]).scores()["score"].iloc[0]
    assert row["score_low"] == pytest.approx(score, rel=1e-9)


def test_swings_of_a_shipped_scenario(built_in: Catalogue) -> None:
    scenario = Scenario.load(folder("scenarios") / "digits-france.toml")
    table = one_at_a_time(scenario, built_in, "climate-change")
    assert table["swing"].is_monotonic_decreasing and table["variance"].sum() == pytest.approx(1)
    score = assess([scenario], built_in, ["climate-change"]).scores()["score"].iloc[0]
    life = table.set_index("field").loc["server-1x-a100.lifetime"]
    longer = assess(
        [scenario.vary(**{phase: {"lifetime": quantity(float(life["high"]))} for phase in ("training", "inference")})],
        built_in,
        ["climate-change"],
    )
    assert life["score_high"] == pytest.approx(longer.scores()["score"].iloc[0], rel=1e-9)
    assert life["score_high"] < score < life["score_low"]


def test_what_decides_a_difference(built_in: Catalogue) -> None:
    """Numbers that both have alike move the difference by the difference of their effects; those of one by its own."""
    france, poland = (Scenario.load(folder("scenarios") / f"digits-{place}.toml") for place in ("france", "poland"))
    both = one_at_a_time(poland, built_in, "climate-change", france).set_index("field")
    alone = [one_at_a_time(each, built_in, "climate-change").set_index("field") for each in (poland, france)]
    for end in ("score_low", "score_high"):
        life, PUE = "server-1x-a100.lifetime", "facility-colocation.PUE"
        for field in (life, PUE, "model|cpu"):
            names = [name for name in both.index if field.rpartition("|")[2] in name][:1]
            less = alone[0].loc[names, end] - alone[1].loc[names, end]
            assert both.loc[names, end].tolist() == pytest.approx(less.tolist(), rel=1e-6)
    assert both.loc["server-1x-a100.lifetime", "swing"] < 1e-9 * both["swing"].max()  # the same server in both
    turned = one_at_a_time(france, built_in, "climate-change", poland).set_index("field")
    assert turned["score_low"].sort_index().tolist() == pytest.approx((-both["score_low"]).sort_index().tolist())


def test_elasticities_are_derivatives_of_logarithms(built_in: Catalogue) -> None:
    """A score is proportional to what is delivered, and inversely to what a one-off effort serves, in its own phase."""
    scenario = Scenario.load(folder("scenarios") / "digits-france.toml")
    table = elasticities(scenario, built_in, "climate-change").set_index("field")
    assert table.loc["functional_unit.amount", "elasticity"] == pytest.approx(1.0, rel=1e-6)
    PUE = table.loc["facility-colocation.PUE"]
    more = product_system(scenario, built_in, {"facility-colocation.PUE": PUE["value"] * 1.001})
    background = Background.of(built_in, ("climate-change",))
    scores = [
        sum(e.amount * float(background.totals(e.input)[0]) for e in system.exchanges)
        for system in (product_system(scenario, built_in), more)
    ]
    assert (scores[1] / scores[0] - 1) / 0.001 == pytest.approx(PUE["elasticity"], rel=1e-3)
    assert PUE["source"] and PUE["file"].startswith("inventories/facilities/facilities.csv")
    assert table["elasticity"].abs().is_monotonic_decreasing


def test_amounts_that_one_number_moves_swing_together(built_in: Catalogue) -> None:
    """What comes by air does not come by sea: the swing is less than that of the ship alone."""
    scenario = Scenario.load(folder("scenarios") / "digits-france.toml")
    table = one_at_a_time(scenario, built_in, "climate-change").set_index("field")
    air = table.loc["freight-of-servers.parameters.by_air"]
    assert (air["value"], air["low"], air["high"]) == (1.0, 0.0, 2.0) and air["score_low"] < air["score_high"]
    assert not [name for name in table.index if name.startswith("freight-of-servers.inputs")]


def quantity(hours: float) -> dict[str, str]:
    return {"value": f"{hours!r} h", "source": "assumption"}


def ishigami(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y, z = rows.T
    return np.asarray(np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x))


def test_sobol_indices_of_the_ishigami_function() -> None:
    """Ishigami and Homma 1990, a = 7, b = 0.1: V = a²/8 + bπ⁴/5 + b²π⁸/18 + 1/2."""
    ends = dict.fromkeys("xyz", (-np.pi, np.pi))
    found = sobol(ishigami, ends, 4096, seed=1).set_index("number")
    variance = 49 / 8 + 0.1 * np.pi**4 / 5 + 0.01 * np.pi**8 / 18 + 0.5
    first = (0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2 / variance, 49 / 8 / variance, 0.0)
    crossed = 8 * 0.01 * np.pi**8 / 225 / variance
    assert found["first"].tolist() == pytest.approx(first, abs=0.03)
    assert found["total"].tolist() == pytest.approx((first[0] + crossed, first[1], crossed), abs=0.03)


def test_indices_and_their_errors_are_the_same_in_each_run() -> None:
    ends = dict.fromkeys("xyz", (-np.pi, np.pi))
    one, other = (sobol(ishigami, ends, 64, seed=0) for _ in range(2))
    assert one.equals(other) and (one["first_error"] > 0).all()


def test_sobol_sequences_are_balanced_in_powers_of_two() -> None:
    with pytest.raises(UsageError, match="powers of two"):
        sobol(ishigami, dict.fromkeys("xyz", (0.0, 1.0)), 100)


def test_sobol_indices_of_a_scenario(built_in: Catalogue) -> None:
    """What a score is proportional to takes its variance."""
    scenario = Scenario.load(folder("scenarios") / "digits-france.toml")
    shares = sobol_of(scenario, built_in, "climate-change", 256, most=4)
    found = shares.table.set_index("field")
    assert len(found) == 4 and found["total"].idxmax() == "server-1x-a100.lifetime"
    swings = one_at_a_time(scenario, built_in, "climate-change")
    assert set(found.index) == set(swings["field"][:4])
    assert shares.left_out == (swings["swing"] > 0).sum() - 4 and shares.variance == pytest.approx(
        swings["variance"][4:].sum()
    )
    with pytest.raises(UsageError, match="no number of this scenario states a range"):
        sobol_of(bare(), Catalogue(system(), RequiredFlows(), LIBRARY), CATEGORIES[0], 4)


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_row_of_many_numbers_is_a_full_solve_of_them(category: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs in a loop, one loss of two, emissions and a published value of the background, all varied together."""
    activities = system()
    background = Background(activities, (category,), LIBRARY.factors)
    taken = ForegroundExchange(Phase.INFERENCE, Stage.USE, "r", "server", Value(2.0, "kg"))
    foreground = ProductSystem("s", (taken,))
    for room in ("lca.study.sobol", "lca.system.varied"):
        monkeypatch.setattr(f"{room}.product_system", lambda *given: foreground)
    _, effects = effects_of(foreground, background, category)
    order = [key for key, effect in effects.items() if effect.spread]
    model = _VariedScore.of(bare(), Catalogue(activities, RequiredFlows(), LIBRARY), background, category, order)
    rows = np.random.default_rng(1).random((6, len(order)))
    for row, score in zip(rows, model.scores(rows), strict=True):
        share = dict(zip(order, row.tolist(), strict=True))

        def varied(leaf: str, ends: Any, stated: float, share: dict[str, float] = share) -> float:
            return float(ends.low + (ends.high - ends.low) * share[leaf]) if leaf in share else stated

        changed = {}
        for id, a in activities.items():
            head = f"{a.file}|{id}"
            names = ["loss" if a.is_mix else f"inputs[{n}]" for n in range(len(a.inputs))]
            changed[id] = replace(
                a,
                inputs=tuple(
                    replace(i, amount=varied(f"{head}.{name}", i.range, i.amount))
                    for name, i in zip(names, a.inputs, strict=True)
                ),
                emissions=tuple(
                    replace(e, amount=varied(f"{head}.emissions[{n}]", e.range, e.amount))
                    for n, e in enumerate(a.emissions)
                ),
                results=tuple(replace(r, value=varied(f"{head}.{r.category}", r.range, r.value)) for r in a.results),
            )
        solved = Background(changed, (category,), LIBRARY.factors)
        assert score == pytest.approx(2 * solved.totals("server")[0], rel=1e-9)
    assert len(order) >= (7 if category == "climate-change" else 1)


def test_indices_of_a_number_of_the_background(built_in: Catalogue) -> None:
    """Emissions and published values are among those that swing a score most."""
    scenario = Scenario.load(folder("scenarios") / "digits-france.toml")
    shares = sobol_of(scenario, built_in, "climate-change", 64, most=6)
    assert shares.table["field"].str.contains(r"emissions\[|climate-change").any()  # not of the foreground alone


def bare() -> Scenario:
    content: dict[str, Any] = {
        "name": "bare",
        "functional_unit": {"amount": "1 inference", "service": "s"},
        "electricity": {
            "intensity": {"value": "0.5 kg/kWh", "source": "a"},
            "boundary": "delivered",
            "scope": "life-cycle",
            "modelling": {"approach": "average", "accounting": "location", "perimeter": "production"},
        },
        "inference": {"it_energy": {"value": "1 kWh", "source": "a"}, "serves": "1 inference"},
        "sources": {"a": {"title": "a"}},
    }
    return Scenario.create(content)


def test_the_command_shows_the_widest_swings(tiny: Workplace, command: Any) -> None:
    words = ("sensitivity", "scenario.toml", "-i", "inventory", "--category", "climate-change")
    done = command(*words, "--most", "3")
    assert done.code == 0 and "the 3 widest swings" in done.out
    found = json.loads(command(*words, "--json").out)
    swings = [row["swing"] for row in found["one_at_a_time"]]
    assert found["category"] == "climate-change" and swings == sorted(swings, reverse=True)
    indices = json.loads(command(*words, "--sobol", "8", "--json").out)
    assert indices["sobol"] and indices["sobol_left_out"] == {"numbers": 0, "variance": 0.0}
    refused = command(*words, "--sobol", "1073741824")
    assert refused.code == 2 and "20,000,000 at most" in refused.err
