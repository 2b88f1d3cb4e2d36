"""Sweeps: every variant is the scenario with its numbers; chunks, groups and samples; what is refused."""

from __future__ import annotations

import math
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from service_study import catalogue as service_catalogue
from service_study import scenario as service
from workplace import Done, Workplace

import lca
from lca import Scenario, assess
from lca.builtin import folder
from lca.engine.sweep import Axis, EvenSteps, Grid, Sweep, Table, axis, fields, spread_over
from lca.errors import InvalidData, UsageError
from lca.inventory.catalogue import Catalogue
from lca.system.product_system import product_system

CATEGORIES = ("climate-change", "acidification")
VARIED = {
    "facility.PUE": [1.05, 1.3, 1.6],
    "inference.utilisation": [0.2, 0.9],
    "inference.server.lifetime": [20_000.0, 60_000.0],
    "training.serves": [1e6, 1e9],
}


def digits() -> Scenario:
    return Scenario.load(folder("scenarios") / "digits-france.toml")


def swept(catalogue: Catalogue, plan: Any, *choices: Axis, chunk: int = 5, by: tuple[str, ...] = ()) -> pd.DataFrame:
    return pd.concat(list(Sweep(digits(), catalogue, plan, choices, CATEGORIES, by).run(chunk)), ignore_index=True)


def test_every_variant_is_the_scenario_with_its_numbers(built_in: Catalogue) -> None:
    """Through one solve for all, and through an assessment of each."""
    grid = Grid(tuple(Axis(name, tuple(values)) for name, values in VARIED.items()))
    places = Axis("electricity", ("electricity-fr", "electricity-pl"))
    table = swept(built_in, grid, places)
    assert len(table) == 2 * 3 * 2 * 2 * 2 == Sweep(digits(), built_in, grid, (places,), CATEGORIES).size
    assert table.duplicated(["electricity", *VARIED]).sum() == 0
    for row in table.iloc[[0, 7, 23, 24, 31, 47]].to_dict("records"):
        stated = digits().vary(
            electricity=row["electricity"],
            inference={"utilisation": quantity(row["inference.utilisation"], "1"), **life(row)},
            training={"serves": f"{row['training.serves']!r} inference", **life(row)},
        )
        only = {"facility-colocation.PUE": row["facility.PUE"]}
        system = product_system(stated, built_in, only)
        study = assess([stated], built_in, CATEGORIES)
        scores = study.scores().set_index("category")["score"]
        for category in CATEGORIES:
            by_hand = sum(
                exchange.amount * float(study.background.totals(exchange.input)[CATEGORIES.index(category)])
                for exchange in system.exchanges
            )
            assert row[category] == pytest.approx(by_hand, rel=1e-9)
            if row["facility.PUE"] == 1.58:
                assert row[category] == pytest.approx(scores[category], rel=1e-9)


def quantity(number: float, unit: str) -> dict[str, str]:
    return {"value": f"{number!r} {unit}", "source": "assumption"}


def life(row: dict[str, Any]) -> dict[str, Any]:
    return {"lifetime": quantity(row["inference.server.lifetime"], "h")}


def test_a_sweep_of_one_variant_is_the_assessment(built_in: Catalogue) -> None:
    table = swept(built_in, Grid((Axis("facility.PUE", (1.58,)),)))
    scores = assess([digits()], built_in, CATEGORIES).scores()["score"]
    assert table[list(CATEGORIES)].iloc[0].tolist() == pytest.approx(scores.tolist(), rel=1e-9)


def test_chunks_change_nothing(built_in: Catalogue) -> None:
    grid = Grid((Axis("facility.PUE", tuple(np.linspace(1, 2, 7))), Axis("training.serves", (1e6, 1e7, 1e8))))
    whole = swept(built_in, grid, chunk=1000)
    for chunk in (1, 4, 21):
        pd.testing.assert_frame_equal(swept(built_in, grid, chunk=chunk), whole, rtol=1e-12)


def test_parts_sum_to_the_whole(built_in: Catalogue) -> None:
    table = swept(built_in, Grid((Axis("inference.utilisation", (0.2, 0.5)),)), by=("phase", "stage"))
    for category in CATEGORIES:
        parts = [name for name in table.columns if name.startswith(f"{category}|")]
        assert f"{category}|inference|use" in parts and f"{category}|training|production" in parts
        assert table[parts].sum(axis=1).tolist() == pytest.approx(table[category].tolist(), rel=1e-9)


def test_the_scores_of_a_product_can_be_multiplied(built_in: Catalogue) -> None:
    table = swept(built_in, Grid((Axis("electricity-fr.factor", (1.0, 2.0, 4.0)),)))
    one, two, four = table["climate-change"]
    assert four - two == pytest.approx(2 * (two - one), rel=1e-9) and two > one


def test_a_row_outside_its_bounds_is_refused_by_name_and_the_rest_computed(built_in: Catalogue) -> None:
    utilisation = np.array([-0.2, 0.5, 1.5, math.nan, 0.9, 0.0, 1.0])
    lifetime = np.array([1e4, 1e4, 1e4, 1e4, math.inf, 1e4, 1e4])
    table = swept(built_in, Table({"inference.utilisation": utilisation, "server-1x-a100.lifetime": lifetime}))
    assert table["refused"].tolist() == [
        "inference.utilisation -0.2 is outside > 0 and <= 1",
        "",
        "inference.utilisation 1.5 is outside > 0 and <= 1",
        "inference.utilisation nan is outside > 0 and <= 1",
        "server-1x-a100.lifetime inf is outside > 0 h",
        "inference.utilisation 0 is outside > 0 and <= 1",
        "",
    ]
    assert table["climate-change"].isna().tolist() == [True, False, True, True, True, True, False]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("facility.PEU", "facility-colocation.PUE"),
        ("inference.utilization", "inference.utilisation"),
        ("nobody.factor", ""),
    ],
)
def test_a_field_that_is_no_number_of_the_scenario_is_refused(name: str, near: str, built_in: Catalogue) -> None:
    with pytest.raises(UsageError, match="no number") as error:
        swept(built_in, Grid((Axis(name, (1.0,)),)))
    assert near in str(error.value)


def test_every_field_that_is_no_number_is_named(built_in: Catalogue) -> None:
    with pytest.raises(UsageError) as error:
        swept(built_in, Table({"facility.PEU": np.ones(1), "facility.PUE": np.ones(1), "nobody.factor": np.ones(1)}))
    assert ["facility.PEU" in str(error.value).split("\n")[0], str(error.value).count("\n")] == [True, 1]
    assert "nobody.factor" in str(error.value)


def test_values_that_are_no_list_of_numbers_are_refused_all_at_once(built_in: Catalogue, command: Any) -> None:
    with pytest.raises(UsageError) as error:
        over = {"facility.PUE": 1.2, "electricity": "electricity-fr", "inference.utilisation": ["half"], "x": [1.0]}
        lca.sweep(digits(), over, built_in)  # type: ignore[arg-type]
    said = str(error.value).split("\n")
    assert [line.split()[0] for line in said] == ["facility.PUE", "electricity", "inference.utilisation"]
    with pytest.raises(UsageError, match="by 'month': give phase"):
        lca.sweep(digits(), {"facility.PUE": [1.2]}, built_in, by=["month"])
    by = [
        lca.sweep(digits(), {"facility.PUE": [1.2]}, built_in, CATEGORIES, by=phase) for phase in ("phase", ["phase"])
    ]
    pd.testing.assert_frame_equal(*by)
    done = command("sweep", str(folder("scenarios") / "digits-france.toml"), "--over", "a=1:x:3", "--over", "b=q,w")
    assert done.code == 2 and "'x' is not" in done.err and "'q' is not" in done.err


def test_every_column_that_holds_text_is_named_with_its_place(tiny: Workplace, command: Any) -> None:
    Path("words.csv").write_text("a,b,c\n1,0.5,true\n2,half,false\n,x,true\n", encoding="utf-8")
    done = command("sweep", "scenario.toml", "-i", "inventory", "--table", "words.csv")
    assert done.code == 2 and "'b' holds what is no number: 'half' in row 2" in done.err
    assert "'c' holds what is no number: 'True' in row 1" in done.err


def test_a_place_that_is_not_in_the_catalogue_is_refused(built_in: Catalogue) -> None:
    with pytest.raises(InvalidData, match="no activity 'electricity-zz'"):
        swept(built_in, Grid(()), Axis("electricity", ("electricity-zz",)))


def test_all_choices_that_cannot_be_are_refused_before_any_is_scored(
    command: Any, tmp_path: Path, built_in: Catalogue
) -> None:
    over = {"electricity": ["electricity-fr", "electricity-zz"], "inference.server": ["server-1x-a100", "abacus"]}
    with pytest.raises(InvalidData) as refused:
        lca.sweep(digits(), over, built_in, CATEGORIES)
    assert ["electricity-zz" in str(each) for each in refused.value.problems] == [True, False]
    words = [f"--over={field}={','.join(values)}" for field, values in over.items()]
    done = command("sweep", str(folder("scenarios") / "digits-france.toml"), *words, "-o", str(tmp_path / "s.csv"))
    assert done.code == 3 and "electricity-zz" in done.err and "abacus" in done.err
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("facility.PUE=1:2:3", (1.0, 1.5, 2.0)),
        ("facility.PUE=1.2,1.1", (1.2, 1.1)),
        ("training.serves=1e6 inference,1e7 inference", (1e6, 1e7)),
        ("server-1x-a100.lifetime=1 day:3 day:3", (24.0, 48.0, 72.0)),
        ("electricity=electricity-fr, electricity-pl", ("electricity-fr", "electricity-pl")),
    ],
)
def test_ranges_as_they_are_written(text: str, values: tuple[Any, ...]) -> None:
    assert axis(text).values == pytest.approx(values) if isinstance(values[0], float) else axis(text).values == values


@pytest.mark.parametrize(
    "text", ["", "facility.PUE", "facility.PUE=", "=1,2", "a=1:2", "a=1:2:0", "a=1:2:x", "a=nan", "a=inf:1:2"]
)
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        axis(text)


def test_a_unit_of_another_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="'kg' where 'h' belongs"):
        axis("server-1x-a100.lifetime=1 kg:2 kg:3")


@given(st.integers(1, 4), st.integers(1, 5), st.data())
def test_a_grid_has_every_combination_in_any_cut(first: int, second: int, data: st.DataObject) -> None:
    grid = Grid((Axis("a", tuple(map(float, range(first)))), Axis("b", tuple(map(float, range(second))))))
    start = data.draw(st.integers(0, grid.size - 1))
    stop = data.draw(st.integers(start, grid.size))
    expected = [(float(a), float(b)) for a in range(first) for b in range(second)][start:stop]
    rows = grid.rows(start, stop)
    assert list(zip(rows["a"].tolist(), rows["b"].tolist(), strict=True)) == expected


@pytest.mark.parametrize("latin", [False, True])
def test_a_sample_fills_its_space_and_repeats_by_its_seed(latin: bool) -> None:
    axes = (Axis("a", (1.0, 2.0)), Axis("b", (-4.0, 4.0, 0.0)))
    drawn = spread_over(axes, 64, 3, latin).columns
    assert 1 <= drawn["a"].min() < 1.1 and 1.9 < drawn["a"].max() <= 2 and -4 <= drawn["b"].min() < -3.5
    assert abs(drawn["a"].mean() - 1.5) < 0.02 and abs(drawn["b"].mean()) < 0.2
    again, other = spread_over(axes, 64, 3, latin).columns, spread_over(axes, 64, 4, latin).columns
    assert np.array_equal(drawn["a"], again["a"]) and not np.array_equal(drawn["a"], other["a"])


def test_the_fields_of_a_scenario(built_in: Catalogue) -> None:
    names = [leaf.field for leaf in fields(product_system(digits(), built_in))]
    assert names == sorted(set(names))
    assert {"inference.utilisation", "functional_unit.amount", "facility-colocation.PUE"} <= set(names)


def test_the_command_writes_tables(tiny: Workplace, command: Any) -> None:
    words = ("sweep", "scenario.toml", "-i", "inventory", "--categories", "climate-change")
    done: Done = command(*words, "--over", "inference.utilisation=0.25,0.5,1")
    assert done.code == 0 and done.out.splitlines()[0] == "inference.utilisation,refused,climate-change"
    assert len(done.out.splitlines()) == 4
    for name in ("out.csv", "out.parquet"):
        assert command(*words, "--over", "inference.utilisation=0.25,0.5,1", "-o", name).code == 0
    table = pd.read_csv("out.csv")
    pd.testing.assert_frame_equal(pd.read_parquet("out.parquet")[["climate-change"]], table[["climate-change"]])
    Path("rows.csv").write_text("inference.utilisation\n0.25\n0.5\n", encoding="utf-8")
    rows = command(*words, "--table", "rows.csv")
    assert rows.code == 0 and rows.out.splitlines()[:3] == done.out.splitlines()[:3]
    assert "inference.utilisation" in command(*words, "--fields").out


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ((), "nothing to vary"),
        (("--over", "inference.utilisation=0.1:1:2001", "--over", "training.serves=1:9:2001"), "add --yes"),
        (("--over", "inference.utilisation=0.1:1:1000000000"), "1,000,000,000 variants are about"),
        (("--over", "training.serves=1,2", "--sobol", "1000000000"), "1,000,000,000 variants are about"),
        (("--over", "inference.utilisation=0.1:b:3"), "'inference.utilisation=0.1:b:3': 'b' is not a number"),
        (("--over", "inference.utilisation=,"), "is no range"),
        (("--over", "electricity=,"), "is no range"),
        (("--over", "electricity=a,b", "--table", "places.csv"), "names places or servers"),
        (("--over", "inference.utilisation=0.1:1:3", "--by", "month"), "phase, stage"),
        (("--table", "empty.csv"), "no table of numbers"),
        (("--table", "words.csv"), "holds what is no number"),
        (("--over", "inference.utilisation=0.5", "--table", "words.csv"), "give one of them"),
        (("--over", "training.serves=1,2", "--over", "training.serves=3"), "is given twice"),
        (("--over", "electricity=electricity-xx", "--sobol", "8"), "give them by --over"),
        (("--over", "training.serves=1,2", "--sobol", "8", "--latin", "8"), "give one of them"),
        (("--over", "training.serves=1,2", "--sobol", "-8"), "--sobol"),
        (("--over", "training.serves=1,2", "-o", "out.xlsx"), "ends in .csv or .parquet"),
        (("--over", "training.serves=1,2", "-o", "folder.csv"), "is a folder"),
        (("--table", "rows.csv", "-o", "rows.csv"), "would replace the file that is read"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused_before_it_runs(
    words: tuple[str, ...], what: str, tiny: Workplace, command: Any
) -> None:
    Path("empty.csv").write_text("", encoding="utf-8")
    Path("words.csv").write_text("inference.utilisation\nhalf\n", encoding="utf-8")
    Path("rows.csv").write_text("inference.utilisation\n0.5\n", encoding="utf-8")
    Path("places.csv").write_text("electricity\nelectricity-fr\n", encoding="utf-8")
    Path("folder.csv").mkdir()
    done = command("sweep", "scenario.toml", "-i", "inventory", "-o", "out.csv", *words)
    assert done.code == 2 and what in done.err and not Path("out.csv").exists()
    assert Path("rows.csv").read_text(encoding="utf-8") == "inference.utilisation\n0.5\n"


def test_steps_are_those_of_numpy_wherever_they_are_asked_for() -> None:
    for low, high, number in ((1.05, 1.6, 12), (3.0, -0.1, 7), (0.1, 0.9, 1), (2.0, 2.0, 3)):
        steps = EvenSteps(low, high, number)
        assert list(steps) == np.linspace(low, high, number).tolist() and len(steps) == number
        assert np.array_equal(steps.at(np.arange(number)[::-1]), np.linspace(low, high, number)[::-1])
        assert Axis("x", steps).ends == Axis("x", tuple(steps)).ends


def test_a_table_may_name_places(built_in: Catalogue, command: Any, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("electricity,facility.PUE\nelectricity-pl,1.2\nelectricity-fr,1.58\nelectricity-pl,1.58\n")
    scenario = str(folder("scenarios") / "digits-france.toml")
    done = command("sweep", scenario, "--table", str(path), "--categories", "climate-change")
    table = pd.read_csv(StringIO(done.out))
    assert table["electricity"].tolist() == ["electricity-pl", "electricity-fr", "electricity-pl"]
    assert table["climate-change"][1] == pytest.approx(
        assess([digits()], built_in, ["climate-change"]).scores()["score"].iloc[0], rel=1e-9
    )
    assert table["climate-change"][1] < table["climate-change"][0] < table["climate-change"][2]


def test_one_number_by_two_names_is_refused(built_in: Catalogue) -> None:
    axes = (Axis("facility.PUE", (1.1,)), Axis("facility-colocation.PUE", (1.2,)))
    with pytest.raises(UsageError, match="one number is varied twice"):
        swept(built_in, Grid(axes))


def test_rows_that_contradict_each_other_are_refused_and_the_rest_computed(built_in: Catalogue) -> None:
    """Four of the accelerators of a server that has two."""
    scenario = Scenario.load(folder("scenarios") / "resnet50-cloud-dgx-h100.toml")
    stated = scenario.vary(inference={"reserved": {"value": "4 item", "source": "assumption"}})
    plan = Table({"server-dgx-h100.accelerators": np.array([8.0, 2.0])})
    [table] = Sweep(stated, built_in, plan, (), CATEGORIES).run()
    assert table["refused"].tolist() == ["", "its numbers contradict each other: they give no finite score"]
    assert table["climate-change"].isna().tolist() == [False, True]


def test_a_time_can_be_varied_where_no_equipment_is_stated() -> None:
    """It is in words there, as a gap."""
    plain = {
        "power": quantity(0.5, "kW"),
        "component_energy": None,
        "device_time": quantity(2.0, "h"),
        "serves": "1e3 inference",
    }
    scenario = service("plain", (1.0, 2.0)).vary(inference={**plain, "server": None, "utilisation": None})
    [table] = Sweep(
        scenario, service_catalogue(), Table({"inference.device_time": np.array([1.0, 2.0])}), (), CATEGORIES
    ).run()
    assert table["climate-change"].notna().all()


def test_a_sweep_in_python(built_in: Catalogue) -> None:
    over = {"facility.PUE": [1.1, 1.58], "electricity": ["electricity-fr", "electricity-pl"]}
    table = lca.sweep(digits(), over, built_in, CATEGORIES)
    assert len(table) == 4 and list(table.columns) == ["electricity", "facility.PUE", "refused", *CATEGORIES]
    scores = assess([digits()], built_in, CATEGORIES).scores()["score"]
    assert table[list(CATEGORIES)].iloc[1].tolist() == pytest.approx(scores.tolist(), rel=1e-9)
    rows = lca.sweep(digits(), pd.DataFrame({"facility.PUE": [1.58]}), built_in, CATEGORIES)
    assert rows[list(CATEGORIES)].iloc[0].tolist() == pytest.approx(scores.tolist(), rel=1e-9)
    with pytest.raises(UsageError, match="nothing to vary"):
        lca.sweep(digits(), {"facility.PUE": []}, built_in)


def test_a_table_of_places_and_numbers_keeps_its_order(built_in: Catalogue) -> None:
    places = ["electricity-pl", "electricity-fr", "electricity-pl"]
    over = pd.DataFrame({"facility.PUE": [1.2, 1.58, 1.4], "electricity": places}, index=[7, 7, 3])
    table = lca.sweep(digits(), over, built_in, CATEGORIES)
    assert table["electricity"].tolist() == places and table["facility.PUE"].tolist() == [1.2, 1.58, 1.4]
    for row in table.to_dict("records"):
        grid = {name: [row[name]] for name in over}
        one = lca.sweep(digits(), grid, built_in, CATEGORIES)
        assert [row[id] for id in CATEGORIES] == pytest.approx(one[list(CATEGORIES)].iloc[0].tolist(), rel=1e-12)
    alone = lca.sweep(digits(), over[["electricity"]], built_in, CATEGORIES)
    assert alone["electricity"].tolist() == places and alone["climate-change"].nunique() == 2


def test_a_table_that_is_no_table_of_variants_is_refused(built_in: Catalogue) -> None:
    for empty in (pd.DataFrame(), pd.DataFrame({"electricity": []})):
        with pytest.raises(UsageError, match="nothing to vary"):
            lca.sweep(digits(), empty, built_in)
    with pytest.raises(UsageError, match=r"the column 'facility\.PUE' holds what is no number"):
        lca.sweep(digits(), pd.DataFrame({"facility.PUE": ["high"]}), built_in)
    with pytest.raises(UsageError, match="row 2 names no electricity"):
        lca.sweep(digits(), pd.DataFrame({"electricity": ["electricity-fr", None]}), built_in)
    with pytest.raises(InvalidData) as error:
        lca.sweep(digits(), pd.DataFrame({"electricity": ["electricity-xx", "electricity-fr", "electricity-yy"]}))
    assert [name in str(error.value) for name in ("electricity-xx", "electricity-yy")] == [True, True]


def test_the_variants_of_a_study_are_what_its_scenarios_differ_in(built_in: Catalogue) -> None:
    changed = digits().vary(name="other", electricity="electricity-pl", training={"serves": "2e7 inference"})
    table = assess([digits(), changed], built_in, CATEGORIES).variants()
    assert table.columns.tolist() == ["scenario", "electricity", "training.serves"]
    assert table["electricity"].tolist() == ["electricity-fr", "electricity-pl"]
    assert table["training.serves"].tolist() == [1e7, 2e7] and table.attrs["units"] == {"training.serves": "inference"}
    swept = lca.sweep(digits(), table.drop(columns="scenario"), built_in, CATEGORIES)
    scores = assess([digits(), changed], built_in, CATEGORIES).scores()
    for id in CATEGORIES:
        expected = scores[scores["category"] == id]["score"].tolist()
        assert swept[id].tolist() == pytest.approx(expected, rel=1e-9)
    alone = assess([digits()], built_in, CATEGORIES).variants()
    assert {"electricity", "inference.server", "inference.utilisation"} <= set(alone)
    assert alone.attrs["units"]["server-1x-a100.lifetime"] == "h"


@pytest.mark.slow
def test_two_workers_give_the_rows_of_one_to_the_last_bit(built_in: Catalogue) -> None:
    grid = Grid((Axis("facility.PUE", tuple(np.linspace(1, 2, 9))),))
    planned = Sweep(digits(), built_in, grid, (Axis("electricity", ("electricity-fr", "electricity-pl")),), CATEGORIES)
    one, two = (pd.concat(list(planned.run(4, workers)), ignore_index=True) for workers in (1, 2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_what_is_done_is_kept_and_gone_on_from(
    name: str, tiny: Workplace, command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted in the third part of five: the second try computes what is left, and the file is that of one try."""
    monkeypatch.setattr("lca.engine.sweep.CHUNK", 4)
    monkeypatch.setattr("lca.cli.sweeps.PART", 2)
    words = ("sweep", "scenario.toml", "-i", "inventory", "--categories", "climate-change")
    over = ("--over", "inference.utilisation=0.1:1:39")
    read = pd.read_csv if name.endswith("csv") else pd.read_parquet
    assert command(*words, *over, "-o", f"whole-{name}").code == 0
    formed, computed = Sweep.formed, []

    def interrupted(self: Sweep, *given: Any) -> Any:
        for table in formed(self, *given):
            if len(computed) == 5:
                raise KeyboardInterrupt
            computed.append(len(table))
            yield table

    monkeypatch.setattr(Sweep, "formed", interrupted)
    stopped = command(*words, *over, "-o", name)
    assert stopped.code == 130 and "2 parts are kept in" in stopped.err and not Path(name).exists()
    monkeypatch.setattr(Sweep, "formed", formed)
    other = command(*words, "--over", "inference.utilisation=0.2:1:39", "-o", name)
    assert other.code == 2 and "the beginning of another sweep" in other.err
    done = command(*words, *over, "-o", name)
    assert done.code == 0 and "going on from" in done.err and not Path(f"{name}.part").exists()
    pd.testing.assert_frame_equal(read(name), read(f"whole-{name}"))


def test_a_table_of_rows_may_be_a_workbook(tiny: Workplace, command: Any) -> None:
    words = ("sweep", "scenario.toml", "-i", "inventory", "--categories", "climate-change")
    pd.DataFrame({"inference.utilisation": [0.25, 0.5]}).to_excel("rows.xlsx", index=False)
    Path("rows.csv").write_text("inference.utilisation\n0.25\n0.5\n", encoding="utf-8")
    assert command(*words, "--table", "rows.xlsx").out == command(*words, "--table", "rows.csv").out
    Path("broken.xlsx").write_bytes(b"no workbook")
    broken = command(*words, "--table", "broken.xlsx")
    assert broken.code == 2 and "no table of numbers" in broken.err
