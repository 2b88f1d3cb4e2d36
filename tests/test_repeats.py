"""Repeated measurements: each scored as the run, kept in a saved study, and the intervals that they imply."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from service_study import CATEGORIES, catalogue, quantity, record, scenario

from lca import Scenario, assess
from lca.errors import InvalidData
from lca.measurement.record import Measurement
from lca.report.words import break_even
from lca.study import stored
from lca.study.comparison.breakeven import break_evens
from lca.study.comparison.selection import pairs
from lca.study.repeats import COLUMNS, interval, repeat, scatter, windows
from lca.study.study import Study
from lca.study.uncertainty import sample

FILLED = {"lines": 0.3, "board": 20.0}
BASE = [(2.0, 1.0, 1000.0), (2.3, 1.1, 1000.0), (1.9, 0.9, 1000.0), (2.1, 1.0, 1000.0)]
PRUNED = [(1.5, 0.7, 1000.0), (1.7, 0.8, 1000.0), (1.5, 0.6, 1000.0), (1.5, 0.7, 1000.0)]
HOUR = 120 / 1e4 + 200 / 2e5


def scores(runs: Any, to: float = 1e3) -> list[float]:
    """kg per functional unit of every run, by hand."""
    return [(1.3 * kwh + HOUR * hours) * to / amount for kwh, hours, amount in runs]


def study(*others: Scenario, base: Any = BASE, gaps: Any = FILLED) -> Study:
    return assess([scenario("base", record(base)), *others], catalogue(gaps), CATEGORIES)


def row(found: Study, category: str = "climate-change") -> Any:
    (one,) = break_evens(found, None, [category]).itertuples(index=False)
    return one


def test_every_repeat_has_the_score_of_its_phase() -> None:
    found = study(scenario("pruned", record(PRUNED)))
    assert tuple(found.repeats.columns) == COLUMNS
    climate = found.repeats[found.repeats["category"] == "climate-change"]
    assert set(climate["phase"]) == {"inference"}
    for name, runs in (("base", BASE), ("pruned", PRUNED)):
        mine = climate[climate["scenario"] == name]
        assert mine["repeat"].tolist() == [0, 1, 2, 3]
        assert mine["score"].tolist() == pytest.approx(scores(runs))
    assert len(found.repeats) == 2 * 4 * len(CATEGORIES)


def test_a_repeat_is_the_scenario_with_the_window_as_its_run() -> None:
    whole = scenario("base", record(BASE))
    second = repeat(whole, "inference", 1)
    run = second.measurements["inference"]
    assert (run.amount, run.duration.amount, run.energy[0].energy.amount) == ((1000.0, "inference"), 1.1, 2.3)
    assert second.file == whole.file and windows(run) == ()
    expected = assess([second], catalogue(FILLED), CATEGORIES).contributions("climate-change", "phase")
    found = study().repeats.query("category == 'climate-change' and repeat == 1")["score"].item()
    assert found == pytest.approx(expected.set_index("phase")["score"]["inference"], rel=1e-14)


def test_the_mean_of_equal_repeats_is_the_score() -> None:
    found = study()
    phases = found.contributions("climate-change", "phase").set_index("phase")["score"]
    repeats = found.repeats.query("category == 'climate-change'")["score"]
    assert repeats.mean() == pytest.approx(phases["inference"], rel=1e-12)


def test_what_is_stated_of_the_whole_run_falls_to_a_repeat_by_its_service() -> None:
    runs = [(1.0, 0.5, 100.0), (4.0, 2.0, 300.0)]
    stated = {"serves": "1e3 inference", "device_time": quantity("8 h")}
    whole = scenario("base", record(runs), inference=stated)
    second = repeat(whole, "inference", 1)
    [inference] = second.file.inference
    assert inference.device_time is not None
    assert inference.serves == (750.0, "inference")
    assert inference.device_time.amount == pytest.approx(6.0)
    mine = assess([whole], catalogue(FILLED), CATEGORIES).repeats.query("category == 'climate-change'")["score"]
    assert mine.tolist() == pytest.approx([(1.3 * 1 + HOUR * 2) * 4, (1.3 * 4 + HOUR * 6) / 0.75])


def test_a_run_that_does_not_say_what_it_delivered_is_all_its_repeats() -> None:
    made = record([(50.0, 20.0, 1.0), (60.0, 20.0, 1.0)], "compression", "item", amount=None)
    found = study(scenario("pruned", record(PRUNED), made))
    mine = found.repeats.query("phase == 'compression' and category == 'climate-change'")["score"]
    assert mine.tolist() == pytest.approx([2 * (1.3 * kwh + HOUR * 20) / 1e3 for kwh in (50.0, 60.0)])
    extra = row(found).extra
    assert extra == pytest.approx(1.3 * 110 + HOUR * 40)
    assert mine.mean() * 1e3 == pytest.approx(extra)


def test_development_is_repeated_with_the_training() -> None:
    trained = record([(9.0, 5.0, 1.0), (11.0, 5.0, 1.0)], "training", "item")
    factor = {"factor": {"value": 2, "source": "test"}}
    plain = scenario("base", (2.0, 1.0))
    content = plain.file.model_dump(mode="json", by_alias=True, exclude_unset=True)
    effort = {"measurement": "t.json", "server": "server", "utilisation": quantity("100 %"), "serves": "2e6 inference"}
    trained_twice = Scenario.create({**content, "training": effort, "development": factor}, {"training": trained})
    found = assess([trained_twice], catalogue(FILLED), ["climate-change"]).repeats.set_index(["phase", "repeat"])
    each = [(1.3 * kwh + HOUR * 5) / 1e3 for kwh in (9.0, 11.0)]
    assert found["score"]["training"].tolist() == pytest.approx(each)
    assert found["score"]["development"].tolist() == pytest.approx([2 * score for score in each])


def test_equally_many_repeats_are_paired() -> None:
    found = row(study(scenario("pruned", record(PRUNED), (50.0, 20.0))))
    pairs = np.subtract(scores(BASE, 1.0), scores(PRUNED, 1.0))
    low, high = stats.ttest_1samp(pairs, 0).confidence_interval(0.95)
    assert (found.saving_low, found.saving_high) == pytest.approx((low, high), rel=1e-9)
    assert found.saving == pytest.approx(pairs.mean())
    assert (found.low, found.high) == pytest.approx((found.extra / high, found.extra / low))
    assert math.isnan(found.extra_low)
    assert break_even(found).startswith("lower from ") and "; by the repeats between " in break_even(found)


def test_unequally_many_are_compared_by_welch() -> None:
    found = row(study(scenario("pruned", record(PRUNED[:3]))))
    expected = stats.ttest_ind(scores(BASE, 1.0), scores(PRUNED[:3], 1.0), equal_var=False).confidence_interval(0.95)
    assert (found.saving_low, found.saving_high) == pytest.approx(tuple(expected), rel=1e-9)


def test_a_single_measurement_has_no_interval() -> None:
    for pruned, base in (
        (PRUNED[:1], BASE),
        (PRUNED, BASE[:1]),
        (PRUNED[:1], BASE[:1]),
        (PRUNED[:1] * 3, BASE[:1] * 3),
    ):
        found = row(study(scenario("pruned", record(pruned)), base=base))
        assert found.saving > 0
        assert all(math.isnan(x) for x in (found.saving_low, found.saving_high, found.low, found.high))
        assert break_even(found) == "lower from the first on"
    stated = row(study(scenario("pruned", (1.5, 0.7))))
    assert math.isnan(stated.saving_low)


def test_repeats_of_the_compression_are_an_interval_of_the_extra() -> None:
    runs = [(50.0, 20.0, 1.0), (56.0, 21.0, 1.0), (52.0, 20.0, 1.0)]
    found = row(study(scenario("pruned", record(PRUNED), record(runs, "compression", "item"))))
    each = 3 * np.array([1.3 * kwh + HOUR * hours for kwh, hours, _ in runs])  # the record is of three compressions
    assert (found.extra_low, found.extra_high) == pytest.approx(
        tuple(stats.ttest_1samp(each, 0).confidence_interval(0.95)), rel=1e-9
    )
    pairs = np.subtract(scores(BASE, 1.0), scores(PRUNED, 1.0))
    extra, saving = (stats.ttest_1samp(values, 0).confidence_interval(0.975) for values in (each, pairs))
    assert (found.low, found.high) == pytest.approx((extra.low / saving.high, extra.high / saving.low), rel=1e-9)
    alone = row(study(scenario("pruned", record(PRUNED[:1]), record(runs, "compression", "item")), base=BASE[:1]))
    assert alone.extra_low == pytest.approx(found.extra_low) and math.isnan(alone.low)


def test_comparisons_winners_and_break_even_agree_on_what_the_repeats_tell() -> None:
    noisy = [(2.4, 1.0, 1000.0), (1.9, 1.0, 1000.0), (2.2, 1.1, 1000.0), (1.4, 1.0, 1000.0)]
    for gaps in (FILLED, None):
        null = study(scenario("noisy", record(noisy)), gaps=gaps)
        told = study(scenario("pruned", record(PRUNED)), gaps=gaps)
        assert row(null).told is False and row(told).told is True
        verdicts = [found.compare().to_dict("records")[0] for found in (null, told)]
        assert verdicts[0]["difference"] < 0 and verdicts[1]["difference"] < 0
        assert [verdict["direction"] for verdict in verdicts] == ["", "lower"]
        assert [verdict["verdict"] for verdict in verdicts] == ["indeterminate", "lower" if gaps else "indeterminate"]
        assert pairs(null)["climate-change", "noisy", "base"] == pairs(null)["climate-change", "base", "noisy"] == ""
        assert pairs(told)["climate-change", "pruned", "base"] == "lower"


def test_a_cost_that_is_paid_once_is_told_though_the_saving_is_not() -> None:
    noisy = [(2.4, 1.0, 1000.0), (1.9, 1.0, 1000.0), (2.2, 1.1, 1000.0), (1.4, 1.0, 1000.0)]
    found = study(scenario("noisy", record(noisy), (1e6, 20.0)))
    assert row(found).told is False
    assert found.compare()["direction"].iloc[0] == "higher"


def test_a_null_result_is_said_to_be_one() -> None:
    noisy = [(2.4, 1.0, 1000.0), (1.9, 1.0, 1000.0), (2.2, 1.1, 1000.0), (1.4, 1.0, 1000.0)]
    found = row(study(scenario("pruned", record(noisy), (50.0, 20.0))))
    assert found.saving > 0 and found.saving_low < 0 < found.saving_high
    assert found.told is False
    assert found.low == pytest.approx(found.extra / found.saving_high) and math.isinf(found.high)
    assert break_even(found).startswith("no saving that the repeats can tell; on average lower from ")
    assert break_even(found).endswith(" and no point at all")
    worse = row(study(scenario("pruned", record([(k * 2, h, n) for k, h, n in BASE]))))
    assert worse.told is True and worse.saving_high < 0 and break_even(worse) == "never lower: higher from the first on"
    open_ = row(study(scenario("pruned", record(noisy), (50.0, 20.0)), gaps=None))
    assert break_even(open_) == "indeterminate: 2 gaps left; no saving that the repeats can tell in what is known"


def test_a_repeat_without_a_component_of_the_run_is_missing() -> None:
    content = json.loads(record(PRUNED).model_dump_json(by_alias=True, exclude_none=True))
    content["windows"][2]["energy"] = []
    content["windows"][0]["energy"].append({**content["energy"][0], "component": "memory"})  # the run does not know it
    holed = Measurement.model_validate(content)
    found = study(scenario("pruned", holed))
    mine = found.repeats.query("scenario == 'pruned' and category == 'climate-change'")["score"].tolist()
    expected = scores(PRUNED)
    assert mine[2] != mine[2]
    assert [mine[n] for n in (0, 1, 3)] == pytest.approx([expected[n] for n in (0, 1, 3)])
    pairs = [np.subtract(scores(BASE, 1.0), scores(PRUNED, 1.0))[n] for n in (0, 1, 3)]
    low, high = stats.ttest_1samp(pairs, 0).confidence_interval(0.95)
    assert (row(found).saving_low, row(found).saving_high) == pytest.approx((low, high), rel=1e-9)


def test_repeats_at_the_plug_need_the_plug() -> None:
    content = json.loads(record(PRUNED).model_dump_json(by_alias=True, exclude_none=True))
    content |= {"it_energy": "6.2 kWh", "energy": []}
    for number, kwh in ((0, 1.5), (1, 1.7), (3, 1.5)):
        content["windows"][number]["it_energy"] = f"{kwh} kWh"
    found = study(scenario("pruned", Measurement.model_validate(content))).repeats
    mine = found.query("scenario == 'pruned' and category == 'climate-change'")["score"].tolist()
    assert mine[:2] == pytest.approx(scores(PRUNED)[:2]) and mine[2] != mine[2]


def test_a_missing_score_has_missing_repeats() -> None:
    found = assess([scenario("base", record(BASE))], catalogue(), ["land-use"])
    assert len(found.repeats) == 4 and found.repeats["score"].isna().all()


def test_a_window_that_delivered_another_service_than_the_run_is_refused() -> None:
    other = scenario("other", record([(1.0, 1.0, 5.0), (1.0, 1.0, 10.0)], unit="token", amount="9 inference"))
    with pytest.raises(InvalidData) as error:
        assess([other], catalogue(FILLED), CATEGORIES)
    assert [(problem.file, problem.field) for problem in error.value.problems] == [("other", "inference.measurement")]


def test_windows_without_an_amount_are_no_repeats() -> None:
    content = json.loads(record(BASE).model_dump_json(by_alias=True, exclude_none=True))
    for window in content["windows"]:
        del window["amount"]
    found = study(scenario("pruned", Measurement.model_validate(content)))
    assert set(found.repeats["scenario"]) == {"base"}
    assert found.repeats.dtypes.equals(study(base=BASE[:1]).repeats.dtypes)


values = st.lists(st.floats(-100, 100), min_size=2, max_size=8)


@given(values, values)
def test_the_interval_is_that_of_scipy(first: list[float], second: list[float]) -> None:
    found = interval([first])
    if np.std(first) > 1e-6:
        assert found == pytest.approx(tuple(stats.ttest_1samp(first, 0).confidence_interval(0.95)), rel=1e-6, abs=1e-9)
    if np.std(first) > 1e-6 and np.std(second) > 1e-6:
        expected = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
        found = interval([first, [-value for value in second]])
        assert found == pytest.approx(tuple(expected), rel=1e-6, abs=1e-9)


@given(values, st.integers(-300, 300))
def test_the_interval_has_the_unit_of_its_values(sample: list[float], exponent: int) -> None:
    sample = [float(np.round(value, 3)) for value in sample]
    one, other = interval([sample]), interval([[value * 2.0**exponent for value in sample]])
    assert (one is None) == (other is None)
    if one and other:
        assert [x * 2.0**-exponent for x in other] == pytest.approx(list(one), rel=1e-9)


def test_no_scatter_is_no_certainty() -> None:
    assert interval([[1.0, 1.0, 1.0]]) is None
    assert interval([[0.1 + 0.2, 0.3]]) is None  # rounding
    assert interval([[0.0, 0.0]]) is None
    assert interval([[1.0]]) is None and interval([]) is None and interval([[1.0, 2.0], [1.0]]) is None


def test_a_saved_study_keeps_its_repeats_and_its_break_evens(tmp_path: Path) -> None:
    content = json.loads(record(PRUNED).model_dump_json(by_alias=True, exclude_none=True))
    content["windows"][2]["energy"] = []  # a missing repeat
    found = study(scenario("pruned", Measurement.model_validate(content), (50.0, 20.0)), gaps=None)
    stored.save(found, tmp_path / "one.json")
    loaded = stored.load(tmp_path / "one.json")
    stored.save(loaded, tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    for one, other in ((found.repeats, loaded.repeats), (break_evens(found), break_evens(loaded))):
        assert one.dtypes.equals(other.dtypes)
        assert one.to_json(double_precision=15) == other.to_json(double_precision=15)


def test_a_study_without_repeats_is_saved_as_before_and_loads(tmp_path: Path) -> None:
    found = study(scenario("pruned", (1.0, 0.5)), base=BASE[:1])
    stored.save(found, tmp_path / "study.json")
    content = json.loads((tmp_path / "study.json").read_text(encoding="utf-8"))
    assert "repeats" not in content and content["schema"] == 2
    loaded = stored.load(tmp_path / "study.json")
    assert tuple(loaded.repeats.columns) == COLUMNS and len(loaded.repeats) == 0
    assert loaded.repeats.dtypes.equals(found.repeats.dtypes)


@pytest.mark.parametrize(
    ("change", "field", "what"),
    [
        (lambda kept: kept["scenario"]["levels"].__setitem__(0, "nobody"), "repeats.scenario", "not in the file"),
        (lambda kept: kept["phase"]["levels"].__setitem__(0, "party"), "repeats.phase", "not in the file"),
        (lambda kept: kept["category"]["levels"].__setitem__(0, "land-use"), "repeats.category", "not in the file"),
        (lambda kept: kept["score"].pop(), "repeats.repeat", "rows, not"),
        (lambda kept: kept["phase"]["codes"].__setitem__(0, 9), "repeats.phase", "no level"),
        (lambda kept: kept["repeat"].__setitem__(0, -1), "repeats.repeat[0]", "greater than or equal to 0"),
        (lambda kept: kept["score"].__setitem__(0, "a lot"), "repeats.score[0]", "number"),
    ],
)
def test_damaged_repeats_are_refused_with_the_field(tmp_path: Path, change: Any, field: str, what: str) -> None:
    path = tmp_path / "study.json"
    stored.save(study(), path)
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content["repeats"])
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InvalidData) as error:
        stored.load(path)
    found = [problem for problem in error.value.problems if problem.field == field]
    assert found and what in found[0].what


def test_draws_of_repeats_have_the_interval_of_their_mean() -> None:
    """Nothing but the repeats has a range here: Student's t of their scores."""
    known = catalogue(FILLED)
    drawn = sample([scenario("base", record(BASE))], known, CATEGORIES, 4000, seed=4).scores["base"][:, 0]
    whole = assess([scenario("base", record(BASE))], known, CATEGORIES).scores()["score"].iloc[0]
    expected = interval([scores(BASE)])
    assert expected
    middle = np.mean(scores(BASE))
    low, median, high = np.quantile(drawn / whole, (0.025, 0.5, 0.975))
    assert (low, median, high) == pytest.approx((expected.low / middle, 1.0, expected.high / middle), abs=0.02)


def test_scenarios_of_one_record_draw_its_repeats_together() -> None:
    """A hall of another name changes nothing: in every draw the two are equal, as they are not with another record."""
    one, other = scenario("one", record(BASE)), scenario("other", record(BASE))
    known = catalogue(FILLED)
    drawn = sample([one, other], known, CATEGORIES, 200).scores
    assert np.array_equal(drawn["one"], drawn["other"])
    pruned = sample([one, scenario("pruned", record(PRUNED, name="pruned"))], known, CATEGORIES, 200).scores
    assert abs(np.corrcoef(pruned["one"][:, 0], pruned["pruned"][:, 0])[0, 1]) < 0.3


def test_repeats_say_nothing_where_there_is_one_or_no_scatter() -> None:
    assert scatter(record(BASE[:1])) == {}
    assert scatter(record([BASE[0]] * 3)) == {}
    assert set(scatter(record(BASE))) == {"energy.gpu", "duration"}
