"""Judgements: each ground by a study made for it; order and names change none; equal scenarios are never told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from service_study import CATEGORIES, catalogue, quantity

from lca import Scenario, Study, assess
from lca.report.words import answer, ground
from lca.report.words import judgement as said
from lca.study.comparison.judgement import Ground, Judgement, judged
from lca.study.uncertainty import Samples, sample
from lca.vocabulary import Verdict


def scenario(name: str, energy: str, spread: float = 0.0, **more: Any) -> Scenario:
    """Inference that takes so many kWh, from a `spread`-th less to as much more."""
    number = float(energy)
    stated = quantity(f"{number} kWh")
    if spread:
        ends = {"low": f"{number * (1 - spread)} kWh", "high": f"{number * (1 + spread)} kWh", "distribution": "normal"}
        stated |= ends
    content = {
        "name": name,
        "functional_unit": {"amount": "1000 inference", "service": "s"},
        "electricity": "grid",
        "inference": {"it_energy": stated, "serves": "1000 inference"},
        "sources": {"test": {"title": "test"}},
    }
    return Scenario.create({**content, **more})


def judge(*scenarios: Scenario, filled: bool = True, draws: int = 1000) -> dict[tuple[str, str], Judgement]:
    known = catalogue({"lines": 0.3, "board": 20.0} if filled else None)
    study = assess(scenarios, known, CATEGORIES)
    return {(j.scenario, j.category): j for j in judged(study, sample(scenarios, known, CATEGORIES, draws, 3))}


def test_where_no_gap_differs_the_draws_alone_tell() -> None:
    found = judge(scenario("base", "10", 0.1), scenario("half", "5", 0.1), scenario("same", "10", 0.1))
    half, same = found["half", "climate-change"], found["same", "climate-change"]
    assert (half.verdict, half.ground, half.sure) == (Verdict.LOWER, Ground.GAPS, True)
    assert same.verdict == Verdict.EQUAL


def test_gaps_that_can_only_widen_the_difference_leave_a_verdict() -> None:
    """The lines of the grid are not known: half of the energy needs half of them."""
    found = judge(scenario("base", "10"), scenario("half", "5"), scenario("twice", "20"), filled=False)
    for name, verdict, lower in (("half", Verdict.LOWER, 1.0), ("twice", Verdict.HIGHER, 0.0)):
        judgement = found[name, "climate-change"]
        assert (judgement.verdict, judgement.ground, judgement.probability) == (verdict, Ground.GAPS, lower)
        assert judgement.gaps > 0 and "whatever the" in ground(judgement)


@pytest.mark.parametrize(
    ("energy", "words"), [("9.9", "not told apart"), ("9.1", "probably lower"), ("5", "lower"), ("20", "higher")]
)
def test_how_sure_it_is_follows_the_overlap_of_the_ranges(energy: str, words: str) -> None:
    """10 against 9.1 with 10 % either way: 0.9 over 0.69 is 1.3 deviations, P = 0.90."""
    judgement = judge(scenario("base", "10", 0.1), scenario("other", energy, 0.1))["other", "climate-change"]
    assert said(judgement) == words


def test_a_gap_that_may_turn_it_leaves_it_open() -> None:
    """The server has a board of which nothing is known; the other scenario takes more energy."""
    server = {"device_time": quantity("40 h"), "server": "server", "utilisation": quantity("50 %")}
    with_server = scenario("server", "5").vary(inference=server)
    judgement = judge(scenario("base", "10"), with_server, filled=False)["server", "climate-change"]
    assert (judgement.verdict, judgement.ground) == (Verdict.INDETERMINATE, Ground.OPEN)
    assert "board" in judgement.blocking and "lines" not in judgement.blocking  # the other side has more of these
    assert "gaps without an estimate, not in P, may turn it: building" in ground(judgement)


def test_another_functional_unit_is_not_compared() -> None:
    other = scenario("other", "5", functional_unit={"amount": "10 inference", "service": "another"})
    judgement = judge(scenario("base", "10"), other)["other", "climate-change"]
    assert (judgement.verdict, judgement.ground) == (Verdict.NOT_COMPARABLE, Ground.UNIT)


def test_water_of_no_known_country_gives_no_verdict_between_places_where_its_place_may_turn_it(built_in: Any) -> None:
    from lca.builtin import folder

    france = Scenario.load(folder("scenarios") / "digits-france.toml")
    poland, somewhere = (france.vary(name=id, electricity=id) for id in ("electricity-pl", "electricity-hk"))
    study = assess([france, poland, somewhere], built_in, ["water-use", "climate-change"])
    drawn = sample([france, poland, somewhere], built_in, ("water-use", "climate-change"), 200)
    known, climate, unknown, _ = judged(study, drawn)
    assert (known.verdict, known.ground) == (Verdict.INDETERMINATE, Ground.OPEN)
    assert climate.verdict == Verdict.HIGHER and climate.ground == Ground.RANGES
    assert (unknown.verdict, unknown.ground) == (Verdict.INDETERMINATE, Ground.PLACE)
    assert "one factor for the whole world" in ground(unknown)


def test_order_names_and_unrelated_scenarios_change_no_judgement() -> None:
    base, half = scenario("base", "10", 0.1), scenario("half", "9.1", 0.1)
    first = judge(base, half)["half", "climate-change"]
    more = judge(base, scenario("unrelated", "700", 0.3), half)["half", "climate-change"]
    turned = judge(half, base)["base", "climate-change"]
    assert first == more
    assert turned.verdict == Verdict.HIGHER and turned.probability == pytest.approx(1 - first.probability)


def test_a_difference_is_never_told_by_chance_where_there_is_none() -> None:
    """Two files that state the same: their numbers are drawn apart, and P is about one half."""
    one = scenario("one", "10", 0.2)
    judgement = judge(one, one.vary(name="two"), draws=2000)["two", "climate-change"]
    assert judgement.verdict == Verdict.EQUAL
    assert judgement.probability == pytest.approx(0.5, abs=0.05)


def test_the_answer_in_a_sentence() -> None:
    def made(category: str, verdict: Verdict, lower: float) -> Judgement:
        return Judgement("B", "A", category, verdict, Ground.RANGES, lower, 0)

    judgements = [
        made("a", Verdict.LOWER, 0.99),
        made("b", Verdict.LOWER, 0.85),
        made("c", Verdict.HIGHER, 0.0),
        made("d", Verdict.NOT_TOLD_APART, 0.6),
        made("e", Verdict.INDETERMINATE, 0.6),
        made("f", Verdict.EQUAL, 0.5),
    ]
    assert answer(judgements, {"A": "A", "B": "b"}) == (
        "b against A: lower in 1 of 6 categories (a); probably lower in 1 (b); higher in 1 (c); equal in 1 (f); "
        "not told apart in 1 (d); open in 1 (e)."
    )
    assert [judgement.to_json()["sure"] for judgement in judgements[:3]] == [True, False, True]


def test_a_missing_score_has_no_verdict() -> None:
    study: Study = assess([scenario("a", "1"), scenario("b", "2")], catalogue(), ("land-use",))
    drawn = Samples(("land-use",), {"a": np.zeros((4, 1)), "b": np.zeros((4, 1))}, 0)
    [judgement] = judged(study, drawn)
    assert (judgement.verdict, judgement.ground) == (Verdict.INDETERMINATE, Ground.MISSING)
