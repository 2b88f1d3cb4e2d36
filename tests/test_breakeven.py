"""The break-even as an equation, under repeats, under gaps, and in words."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from service_study import CATEGORIES, catalogue, quantity, record, scenario

from lca import assess
from lca.errors import UsageError
from lca.report import words
from lca.report.words import number
from lca.study.comparison.breakeven import (
    BreakEven,
    BreakEvenRow,
    baseline_of,
    break_even,
    break_evens,
    certain,
    crossings,
    undoing_rebound,
)
from lca.study.comparison.cost_lines import Difference, Lines, service_life, weights
from lca.study.comparison.open_items import Needs
from lca.study.coverage import differences as differences_of
from lca.study.repeats import Interval
from lca.study.study import Study
from lca.vocabulary import Verdict

whole = st.integers(-40, 40)
positive = st.floats(1e-6, 1e6)
signed = st.one_of(st.just(0.0), positive, positive.map(lambda x: -x))
FILLED = {"lines": 0.3, "board": 20.0}


def lower(extra: float, saving: float, amount: Fraction) -> bool:
    """Whether base + extra − saving × N is less than base."""
    return Fraction(extra) - Fraction(saving) * amount < 0


@given(whole, whole)
def test_the_case_is_what_counting_finds(extra: int, saving: int) -> None:
    found = break_even(float(extra), float(saving))
    counted = [lower(extra, saving, Fraction(n, 2)) for n in range(1, 200)]
    higher = [lower(-extra, -saving, Fraction(n, 2)) for n in range(1, 200)]
    if found.case == "equal":
        assert not any(counted) and not any(higher)
    elif found.case in ("always", "never"):
        assert all(counted) if found.case == "always" else all(higher)
    else:
        assert found.amount is not None
        first = Fraction(extra, saving)
        assert found.amount == pytest.approx(float(first), rel=1e-12)
        before, after = (lower(extra, saving, first * share) for share in (Fraction(99, 100), Fraction(101, 100)))
        assert (before, after) == ((False, True) if found.case == "from" else (True, False))


@pytest.mark.parametrize(
    ("extra", "saving", "case", "amount"),
    [
        (10.0, 2.0, "from", 5.0),
        (1000.0, 2.0, "not reached", 500.0),
        (200.0, 2.0, "from", 100.0),
        (10.0, -2.0, "never", None),
        (10.0, 0.0, "never", None),
        (0.0, -2.0, "never", None),
        (-10.0, 2.0, "always", None),
        (0.0, 2.0, "always", None),
        (-10.0, 0.0, "always", None),
        (-10.0, -2.0, "until", 5.0),
        (-1000.0, -2.0, "until", 500.0),
        (0.0, 0.0, "equal", None),
    ],
)
def test_every_case(extra: float, saving: float, case: Any, amount: float | None) -> None:
    assert break_even(extra, saving, 100.0) == BreakEven(case, amount)


@given(signed, signed, st.integers(-60, 60), st.integers(-60, 60))
def test_no_unit_matters(extra: float, saving: float, score: int, service: int) -> None:
    """Powers of two, so that no digit is lost: the score in another unit, and the service in another unit."""
    found = break_even(extra, saving, 1e3)
    other = break_even(extra * 2.0**score, saving * 2.0 ** (score + service), 1e3 * 2.0**-service)
    assert other.case == found.case
    assert other.amount == (None if found.amount is None else found.amount * 2.0**-service)


@given(signed, signed)
def test_the_base_seen_from_the_variant_is_the_mirror(extra: float, saving: float) -> None:
    mirror = {"from": "until", "until": "from", "always": "never", "never": "always", "equal": "equal"}
    here, there = break_even(extra, saving), break_even(-extra, -saving)
    assert (there.case, there.amount) == (mirror[here.case], here.amount)


ranges = st.tuples(signed, signed).map(lambda ends: Interval(min(ends), max(ends)))


@given(ranges, ranges, st.floats(0, 1), st.floats(0, 1))
def test_every_crossing_of_the_ranges_lies_between(extra: Interval, saving: Interval, x: float, y: float) -> None:
    found = crossings(extra, saving)
    e, s = extra.low + x * (extra.high - extra.low), saving.low + y * (saving.high - saving.low)
    one = break_even(e, s)
    if one.amount is not None:
        assert found is not None
        assert found.low * (1 - 1e-9) <= one.amount <= found.high * (1 + 1e-9)


@pytest.mark.parametrize(
    ("extra", "saving", "expected"),
    [
        ((10.0, 10.0), (2.0, 5.0), (2.0, 5.0)),
        ((8.0, 12.0), (2.0, 4.0), (2.0, 6.0)),
        ((10.0, 10.0), (-1.0, 5.0), (2.0, math.inf)),
        ((10.0, 10.0), (0.0, 5.0), (2.0, math.inf)),
        ((10.0, 10.0), (-5.0, -1.0), None),
        ((-10.0, -10.0), (1.0, 5.0), None),
        ((-10.0, -10.0), (-5.0, -2.0), (2.0, 5.0)),
        ((-10.0, -10.0), (-5.0, 1.0), (2.0, math.inf)),
        ((-1.0, 10.0), (2.0, 5.0), (0.0, 5.0)),
        ((0.0, 0.0), (-1.0, 5.0), None),
        ((-1.0, 1.0), (-1.0, 1.0), (0.0, math.inf)),
    ],
)
def test_ranges_of_a_break_even(extra: Any, saving: Any, expected: Any) -> None:
    assert crossings(Interval(*extra), Interval(*saving)) == expected


upward = st.tuples(st.one_of(st.just(0.0), positive), positive).map(lambda pair: Difference(*pair))
factors = st.lists(st.one_of(st.just(0.0), st.floats(1e-6, 1e6)), min_size=5, max_size=5)


def true_difference(known: Difference, gaps: list[Difference], weights: list[float]) -> Difference:
    pairs = list(zip([1.0, *weights], [known, *gaps], strict=False))
    return Difference(math.fsum(f * d.extra for f, d in pairs), math.fsum(f * d.saving for f, d in pairs))


@given(upward, st.lists(upward, min_size=1, max_size=5), factors, st.sampled_from([1.0, -1.0]))
def test_the_true_break_even_lies_between_the_ratios(
    known: Difference, gaps: list[Difference], weights: list[float], sign: float
) -> None:
    known, *gaps = (Difference(sign * d.extra, sign * d.saving) for d in (known, *gaps))
    found, truth = certain([known], gaps), true_difference(known, gaps, weights)
    if known.extra == 0 and all(gap.extra == 0 for gap in gaps):
        assert found == ("always" if sign > 0 else "never", None)
        return
    assert found is not None and found.range is not None
    assert found.case == ("from" if sign > 0 else "until")
    assert found.range.low * (1 - 1e-9) <= truth.extra / truth.saving <= found.range.high * (1 + 1e-9)


@st.composite
def alike(draw: st.DrawFn) -> tuple[Difference, list[Difference]]:
    """A difference and gaps with one sign for all extras and one for all savings, so that something can be claimed."""
    signs = draw(st.sampled_from([(1.0, 1.0), (-1.0, -1.0), (1.0, -1.0), (-1.0, 1.0)]))
    never_crossing = signs[0] != signs[1]  # then either may also be 0, for the known difference not both
    size = st.one_of(st.just(0.0), positive)
    gap = st.tuples(size, size if never_crossing else positive)
    known = st.one_of(st.tuples(size, positive), st.tuples(positive, size)) if never_crossing else gap
    one, *others = (
        Difference(signs[0] * extra, signs[1] * saving)
        for extra, saving in [draw(known), *draw(st.lists(gap, min_size=1, max_size=5))]
    )
    return one, others


@given(alike(), factors)
def test_what_is_claimed_of_gaps_holds_for_every_factor(
    differences: tuple[Difference, list[Difference]], weights: list[float]
) -> None:
    known, gaps = differences
    found = certain([known], gaps)
    assert found is not None
    truth = break_even(*true_difference(known, gaps, weights))
    if found.range:
        assert truth.case in (found.case, "always" if found.case == "from" else "never")
    else:
        assert truth.case == found.case


def test_nothing_is_claimed_where_signs_differ() -> None:
    known = Difference(10.0, 2.0)
    assert certain([known], [Difference(1.0, -1.0)]) is None
    assert certain([known], [Difference(-1.0, 1.0)]) is None
    assert certain([known], [Difference(1.0, 0.0)]) is None  # it may put N* off as far as one likes
    assert certain([Difference(0.0, 0.0)], [Difference(1.0, -1.0)]) is None  # without it the two are equal
    assert certain([known], [Difference(20.0, 4.0)]) == ("from", (5.0, 5.0))


def study(*others: Any, gaps: dict[str, float] | None = None, bound: float = 0.0) -> Study:
    base = scenario("base", (2.0, 1.0))
    return assess([base, *others], catalogue(gaps, bound), CATEGORIES)


def row(found: Study, category: str = "climate-change", baseline: str | None = None) -> Any:
    (one,) = break_evens(found, baseline, [category]).itertuples(index=False)
    return one


def test_a_break_even_by_hand() -> None:
    """1.3 kg per kWh, (100 + 20) kg over 10,000 h and 200 kg over 200,000 h of a kW."""
    found = row(study(scenario("pruned", (1.0, 0.7), (50.0, 20.0)), gaps=FILLED))
    hour = 120 / 1e4 + 200 / 2e5
    assert found.extra == pytest.approx(1.3 * 50 + hour * 20)
    assert found.saving == pytest.approx((1.3 * 1 + hour * 0.3) / 1e3)
    assert found.amount == pytest.approx(found.extra / found.saving)
    assert (found.case, found.gaps, found.gap_case, found.reach) == ("from", (), "", 1e6)
    assert words.break_even(found) == "lower from 50,000 inference on"
    unknown = (found.extra_low, found.saving_low, found.saving_high, found.low, found.high, found.gap_low)
    assert all(math.isnan(value) for value in unknown)


def test_at_the_rebound_that_undoes_a_saving_the_two_cost_the_same() -> None:
    """Over the million that compressing is for; a stated rebound changes no score and no break-even."""
    found = study(scenario("pruned", (1.0, 0.7), (50.0, 20.0)), gaps=FILLED)
    pruned, lines = row(found), Lines(found)
    base, variant = (lines.of(name, "climate-change") for name in ("base", "pruned"))
    served = 1e6 * (1 + pruned.undone)
    assert variant.once + variant.each * served == pytest.approx(base.once + base.each * 1e6)
    assert pruned.each == variant.each and math.isnan(pruned.rebound)
    stated = row(study(scenario("pruned", (1.0, 0.7), (50.0, 20.0), rebound=quantity("20 %")), gaps=FILLED))
    assert str(stated._replace(rebound=math.nan)) == str(pruned)
    assert stated.rebound == 0.2
    loss = row(study(scenario("pruned", (3.0, 0.7), (50.0, 20.0)), gaps=FILLED))
    assert math.isnan(loss.undone)


@given(extra=st.floats(-1e6, 1e6), saving=positive, each=positive, service=positive)
def test_more_rebound_than_undoes_it_costs_more(extra: float, saving: float, each: float, service: float) -> None:
    undone = undoing_rebound(extra, saving, each, service)
    if math.isnan(undone):
        assert saving * service <= extra
    else:
        assert undone > 0
        assert each * undone * service == pytest.approx(saving * service - extra, rel=1e-6)


def test_the_lines_of_a_study_meet_at_its_scores() -> None:
    found = study(scenario("pruned", (1.0, 0.7), (50.0, 20.0)), gaps=FILLED)
    scores = found.scores().set_index(["scenario", "category"])["score"]
    for name in found.names:
        once, each = Lines(found).of(name, "climate-change")
        assert once / 1e6 * 1e3 + each * 1e3 == pytest.approx(scores[name, "climate-change"])  # all serve a million
    assert weights(found.scenarios[0])["training"] == (True, 1e3)
    assert weights(found.scenarios[0])["inference"] == (False, 1e-3)


@settings(max_examples=15)
@given(
    st.tuples(st.floats(0.1, 3), st.floats(0.1, 3)),
    st.tuples(st.floats(0.1, 80), st.floats(0.1, 80)),
    st.floats(0, 10),
    st.floats(0, 1e4),
)
def test_filling_the_gaps_puts_the_break_even_where_they_allowed_it(
    inference: tuple[float, float], compression: tuple[float, float], lines: float, board: float
) -> None:
    """Gaps filled with any figure that is not negative: the truth that nobody knew."""
    variant = scenario("pruned", inference, compression)
    open_, truth = row(study(variant)), row(study(variant, gaps={"lines": lines, "board": board}))
    assert words.break_even(open_).startswith("indeterminate: 2 gaps left")
    assert not truth.gaps
    if open_.gap_case == "from":
        assert truth.case in ("from", "not reached")
        assert open_.gap_low * (1 - 1e-9) <= truth.amount <= open_.gap_high * (1 + 1e-9)
    elif open_.gap_case:
        assert truth.case == open_.gap_case
    else:
        assert math.isnan(open_.gap_low) and (inference[0] - 2.0) * (inference[1] - 1.0) <= 0


@settings(max_examples=12)
@given(st.tuples(st.floats(0.1, 3), st.floats(0.1, 3)), st.floats(0, 10), st.floats(0, 1e4))
def test_a_direction_under_gaps_holds_whatever_they_hold(
    inference: tuple[float, float], lines: float, board: float
) -> None:
    variant = scenario("pruned", inference)
    claimed = study(variant).compare().set_index("category")
    truth = study(variant, gaps={"lines": lines, "board": board}).compare().set_index("category")
    for id in CATEGORIES:
        assert claimed["verdict"][id] == "indeterminate" or not claimed["gaps"][id]
        agree = (inference[0] - 2.0) * (inference[1] - 1.0) > 0
        assert bool(claimed["direction"][id]) or not agree
        if claimed["direction"][id]:
            assert truth["verdict"][id] == truth["direction"][id] == claimed["direction"][id]


def test_what_is_negligible_widens_what_is_claimed_and_hides_a_small_difference() -> None:
    variant = scenario("pruned", (1.0, 0.5), (50.0, 25.0))
    exact, widened = row(study(variant)), row(study(variant, bound=100.0))
    assert (exact.gap_low, exact.gap_high) == pytest.approx((50_000.0, 50_000.0))  # all ratios are the same
    assert (widened.gap_low, widened.gap_high) == pytest.approx((50_000.0, 50_000.0))
    uneven = scenario("pruned", (1.0, 0.5), (50.0, 30.0))
    exact, widened = (row(study(uneven, gaps={"lines": 0.3}, bound=bound)) for bound in (0.0, 100.0))
    case = 30 / 1e4 * 100, (1 - 0.5) / 1e4 * 100 / 1e3
    assert exact.gap_low == pytest.approx(exact.extra / exact.saving)
    assert widened.gap_low == pytest.approx((exact.extra - case[0]) / (exact.saving - case[1]))
    assert widened.gap_high == exact.gap_high == pytest.approx(60_000.0)
    hidden = row(study(scenario("pruned", (2.0, 0.5)), gaps=FILLED, bound=1e3))
    assert hidden.verdict == Verdict.INDETERMINATE
    assert words.break_even(hidden) == "indeterminate: within what is negligible"
    compared = study(scenario("pruned", (2.0, 0.5)), gaps=FILLED, bound=1e3).compare()
    assert set(compared["verdict"]) == {"indeterminate"} and set(compared["direction"]) == {""}


@pytest.mark.parametrize(("bound", "hidden"), [(149.0, False), (151.0, True)])
def test_a_difference_hides_in_what_is_negligible_up_to_its_own_size(bound: float, hidden: bool) -> None:
    """The known saving is 7.5 mg per inference, what is negligible at most a twentieth of the bound in mg."""
    found = row(study(scenario("pruned", (2.0, 0.5)), gaps=FILLED, bound=bound))
    assert (found.negligible, found.verdict == Verdict.INDETERMINATE) == (hidden, hidden)


@pytest.mark.parametrize("bound", [0.0, 100.0])
def test_the_gaps_of_the_lines_are_those_of_the_score(bound: float) -> None:
    """A functional unit carries a thousandth of what is done once, for a million."""
    found = study(scenario("pruned", (1.0, 0.7), (50.0, 20.0)), bound=bound)
    needs, covers = Needs(found), [found.coverage[name, "climate-change"] for name in ("pruned", "base")]
    expected = {item: -amount for item, amount in differences_of(*covers).items()}
    gaps = needs.gaps("pruned", "base", "climate-change")
    assert {item: 1e3 * d.saving - d.extra / 1e3 for item, d in gaps.items()} == pytest.approx(expected, rel=1e-9)
    most = sum(
        abs(amount.saving) * 1e3 * bound for amount, bound in needs.negligible("pruned", "base", "acidification")
    )
    case = (1.0 - 0.7) / 1e4 * bound
    assert most == pytest.approx(case)


def test_nothing_is_claimed_of_gaps_whose_sign_is_not_known() -> None:
    made = catalogue()
    made.activities["board"] = replace(made.activities["board"], manages_land=True)  # it may store carbon
    variant = scenario("pruned", (1.0, 0.7), (50.0, 20.0))
    found = assess([scenario("base", (2.0, 1.0)), variant], made, CATEGORIES)
    stored_carbon, acid = row(found), row(found, "acidification")
    assert (stored_carbon.gap_case, words.break_even(stored_carbon)) == ("", "indeterminate: 2 gaps left")
    assert math.isnan(stored_carbon.gap_low) and math.isnan(stored_carbon.gap_high)
    assert acid.gap_case == "from"


def test_a_missing_score_and_another_service_have_no_break_even() -> None:
    other = scenario("other", (1.0, 0.5), functional_unit={"amount": "2e3 inference"})
    found = row(study(other))
    assert (words.break_even(found), found.case, found.gaps) == ("not comparable", "", ())
    assert math.isnan(found.extra) and math.isnan(found.amount) and math.isnan(found.reach)
    lost = assess([scenario("base", (2.0, 1.0)), scenario("pruned", (1.0, 0.5))], catalogue(), ["land-use"])
    found = row(lost, "land-use")
    assert (words.break_even(found), found.case) == ("indeterminate: a score is missing", "")
    assert math.isnan(found.saving)


def test_the_baseline_is_the_first_scenario_that_is_not_compressed() -> None:
    pruned, base = scenario("pruned", (1.0, 0.5), (50.0, 20.0)), scenario("base", (2.0, 1.0))
    found = assess([pruned, base], catalogue(FILLED), CATEGORIES)
    assert baseline_of(found).name == "base"
    assert baseline_of(assess([pruned], catalogue(FILLED), CATEGORIES)).name == "pruned"
    forward, back = row(found), row(found, baseline="pruned")
    assert (back.extra, back.saving, back.reach) == (-forward.extra, -forward.saving, forward.reach)
    assert (forward.case, back.case, back.amount) == ("from", "until", forward.amount)
    assert words.break_even(back) == f"lower only up to {number(forward.amount, short=True)} inference"
    with pytest.raises(UsageError, match="no scenario is named 'nobody'"):
        break_evens(found, "nobody")
    with pytest.raises(UsageError, match="not a category of the study: land-use"):
        break_evens(found, None, ["climate-change", "land-use"])


def test_the_order_of_the_scenarios_is_the_order_of_the_rows_and_nothing_else() -> None:
    runs = {"base": 2.0, "pruned": 1.0, "twin": 2.0, "worse": 2.5}
    all_ = [
        scenario(
            name,
            record([(kwh * m, kwh * m / 2, 1e3) for m in (0.9, 1.0, 1.2)]),
            None if name in ("base", "twin") else (50.0, 20.0),
        )
        for name, kwh in runs.items()
    ]
    keys = ["scenario", "category"]
    tables = []
    for chosen in (all_, all_[::-1], [all_[n] for n in (2, 0, 3, 1)]):
        found = assess(chosen, catalogue(), CATEGORIES)
        tables.append(
            [
                table.sort_values([*keys, *(["phase", "repeat"] if "repeat" in table else [])]).reset_index(drop=True)
                for table in (break_evens(found, "base"), found.compare("base"), found.repeats)
            ]
        )
    for table in tables[1:]:
        for one, other in zip(tables[0], table, strict=True):
            assert one.to_dict("list").keys() == other.to_dict("list").keys()
            for column in one:
                for this, that in zip(one[column], other[column], strict=True):
                    assert this == (pytest.approx(that, rel=1e-12, nan_ok=True) if isinstance(that, float) else that)


def test_equal_scenarios_are_equal_and_rounding_is_no_difference() -> None:
    twin = row(study(scenario("twin", (2.0, 1.0)), gaps=FILLED))
    assert (twin.extra, twin.saving, twin.case, words.break_even(twin)) == (0.0, 0.0, "equal", "equal")
    near = row(study(scenario("near", (2.0 * (1 + 1e-11), 1.0)), gaps=FILLED))
    assert (near.saving, near.case) == (0.0, "equal")
    far = row(study(scenario("far", (2.0 * (1 - 1e-7), 1.0)), gaps=FILLED))
    assert far.case == "always" and far.saving == pytest.approx(1.3 * 2e-7 / 1e3, rel=1e-6)


def test_development_and_training_are_paid_once_and_network_per_service() -> None:
    developed = scenario(
        "developed",
        (2.0, 1.0),
        development={"factor": {"value": 2, "source": "test"}},
        network={
            "component_energy": quantity("1 kWh"),
            "serves": "1e3 inference",
            "rest_of_node": quantity("1 kWh/kWh"),
        },
    )
    found = study(developed, gaps=FILLED)
    known = Lines(found).difference("developed", "base", "climate-change")
    assert known.extra == pytest.approx(2 * (1.3 * 10 + 0.013 * 5))
    assert known.saving == pytest.approx(-1.3 / 1e3)


def test_the_service_life_is_that_of_compressing_else_of_training() -> None:
    base, pruned = scenario("base", (2.0, 1.0)), scenario("pruned", (1.0, 0.5), (50.0, 20.0))
    short = scenario("short", (1.0, 0.5), (50.0, 20.0), compression={"serves": "3e4 inference"})
    assert [service_life(one, base) for one in (base, pruned, short)] == [1e6, 1e6, 3e4]
    assert service_life(short, pruned) == service_life(pruned, short) == 3e4
    found = row(study(short, gaps=FILLED))
    assert found.case == "not reached"
    assert (
        words.break_even(found)
        == f"not reached: {number(found.amount, short=True)} inference are needed, 30,000 are served"
    )


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (dict(case="from", amount=3.1e6), "lower from 3.1e6 inference on"),
        (
            dict(case="from", amount=3.1e6, saving_low=1.0, saving_high=2.0, low=2.2e6, high=4e6),
            "lower from 3.1e6 inference on; by the repeats between 2.2e6 and 4e6",
        ),
        (
            dict(case="from", amount=3.1e6, saving_low=1.0, saving_high=2.0, low=2.2e6, high=4e6, reach=3.5e6),
            "lower from 3.1e6 inference on; by the repeats between 2.2e6 and 4e6, 3.5e6 are served",
        ),
        (
            dict(
                case="from",
                amount=3.1e6,
                extra=1.0,
                saving_low=-1.0,
                saving_high=2.0,
                told=False,
                low=2.2e6,
                high=math.inf,
            ),
            "no saving that the repeats can tell; on average lower from 3.1e6 inference on; "
            "by the repeats between 2.2e6 and no point at all",
        ),
        (
            dict(
                case="until",
                amount=3.1e6,
                extra=-1.0,
                saving_low=-2.0,
                saving_high=1.0,
                told=False,
                low=2.2e6,
                high=math.inf,
            ),
            "no saving that the repeats can tell; on average lower only up to 3.1e6 inference; "
            "by the repeats between 2.2e6 and no end",
        ),
        (dict(case="not reached", amount=3.1e6, reach=1e6), "not reached: 3.1e6 inference are needed, 1e6 are served"),
        (dict(case="until", amount=3.1e6), "lower only up to 3.1e6 inference"),
        (dict(case="until", amount=3.1e6, reach=1e6), "lower all its life: up to 3.1e6 inference, 1e6 are served"),
        (dict(case="always"), "lower from the first on"),
        (dict(case="never"), "never lower: higher from the first on"),
        (dict(case="never", saving_low=-1.0, saving_high=-1e-3), "never lower: higher from the first on"),
        (
            dict(case="never", told=False),
            "no saving that the repeats can tell; on average never lower: higher from the first on",
        ),
        (dict(case="equal"), "equal"),
        (dict(case="from", amount=3.1e6, gaps=("a",)), "indeterminate: 1 gap left"),
        (
            dict(case="from", amount=3.1e6, gaps=("a", "b"), gap_case="from", gap_low=2e6, gap_high=2.4e6),
            "indeterminate: 2 gaps left; whatever they hold, lower from between 2e6 and 2.4e6 inference on",
        ),
        (
            dict(case="from", amount=3.1e6, gaps=("a", "b"), gap_case="from", gap_low=2e6, gap_high=2.001e6),
            "indeterminate: 2 gaps left; whatever they hold, lower from 2e6 inference on",
        ),
        (
            dict(case="from", amount=3.1e6, gaps=("a", "b"), gap_case="from", gap_low=2e6, gap_high=2.4e6, reach=1e6),
            "indeterminate: 2 gaps left; whatever they hold, not reached: between 2e6 and 2.4e6 inference are needed, "
            "1e6 are served",
        ),
        (
            dict(case="always", gaps=("a",), gap_case="always"),
            "indeterminate: 1 gap left; whatever they hold, lower from the first on",
        ),
        (
            dict(case="never", gaps=("a",), gap_case="never", told=False),
            "indeterminate: 1 gap left; no saving that the repeats can tell in what is known",
        ),
        (
            dict(
                case="from",
                amount=3e6,
                gaps=("a",),
                gap_case="from",
                gap_low=3e6,
                gap_high=3e6,
                saving_low=1.0,
                saving_high=2.0,
                low=2.2e6,
                high=4e6,
            ),
            "indeterminate: 1 gap left; whatever they hold, lower from 3e6 inference on; "
            "by the repeats between 2.2e6 and 4e6 for what is known",
        ),
    ],
)
def test_the_words(row: dict[str, Any], text: str) -> None:
    assert words.break_even(BreakEvenRow("v", "b", "c", "kg", "inference", **row)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (5.0, "5"),
        (12345.0, "12,300"),
        (999_999.0, "1e6"),
        (3.14e6, "3.14e6"),
        (0.012346, "0.0123"),
        (1e-7, "1e-7"),
        (-2.5e-9, "-2.5e-9"),
        (math.inf, "inf"),
    ],
)
def test_numbers_in_words(value: float, text: str) -> None:
    assert number(value, short=True) == text
