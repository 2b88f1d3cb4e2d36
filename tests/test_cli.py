"""The command line: its verbs and their manual, what it prints, how it ends."""

from __future__ import annotations

import importlib.util
import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from workplace import Done, Workplace

from lca.cli import app
from lca.methods import library
from lca.methods.categories import CATEGORIES, EF

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
VERBS = dict(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
KNOWN = ("schema", "scores", "contributions", "energy")
DRAWN = ("uncertainty", "judgements", "break_even_drawn", "standings")
"""Keys of what is printed of a study, and of its draws."""
SMALL = ("--categories", "climate-change,acidification", "--inventory", "inventory", "--json")
Run = Callable[..., Done]


def one_object(done: Done) -> Any:
    """What a command with --json printed: one line, one object, nothing on stderr."""
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("}\n") and done.out.count("\n") == 1
    return json.loads(done.out, parse_constant=pytest.fail)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_manual(verb: str, command: Run) -> None:
    done = command(verb, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"lca {verb} [OPTIONS]" in done.out.splitlines()[0]
    assert len(VERBS[verb].help.split()) >= 4
    assert "".join(VERBS[verb].help.split()) in "".join(done.out.split())  # a fold may stand behind a hyphen
    assert [param.name for param in VERBS[verb].params if not param.help] == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_README(verb: str) -> None:
    assert f"lca {verb}" in README


def test_the_verbs_are_listed_with_the_program(command: Run) -> None:
    done = command("--help")
    assert (done.code, done.err) == (0, "")
    listed = [line.split()[0] for line in done.out.split("Commands:\n")[1].splitlines() if line.strip()]
    assert listed == list(VERBS)


def test_list_a_kind(tiny: Workplace, command: Run) -> None:
    assert one_object(command("list", "transport", "-i", "inventory", "--json")) == {
        "items": [{"id": "truck", "name": "Freight by truck", "unit": "t*km", "location": "GLO"}]
    }
    assert [line.split() for line in command("list", "transport", "-i", "inventory").out.splitlines()] == [
        ["id", "name", "unit", "location"],
        ["truck", "Freight", "by", "truck", "t*km", "GLO"],
    ]


def test_list_kinds(tiny: Workplace, command: Run) -> None:
    items = one_object(command("list", "kinds", "-i", "inventory", "--json"))["items"]
    assert {item["id"]: item["name"] for item in items} == {
        "electricity": "5 activities",
        "end-of-life": "2 activities",
        "facilities": "2 activities",
        "hardware": "3 activities",
        "materials": "1 activities",
        "transport": "1 activities",
    }
    assert {tuple(item) for item in items} == {("id", "name", "unit", "location")}


def test_list_categories(command: Run) -> None:
    items = one_object(command("list", "categories", "--json"))["items"]
    assert [item["id"] for item in items] == list(CATEGORIES)
    assert items[0] == {"id": "climate-change", "name": "EF v3.1: climate change", "unit": "kg CO2-Eq", "location": ""}


def test_score_in_full(tiny: Workplace, command: Run) -> None:
    """10 kWh of 0.8 kg of carbon dioxide and 1 g of methane, at 29.8, each; acidification is not known."""
    found = one_object(command("score", "plant", "--amount", "36 MJ", *SMALL))
    [climate, acid] = found["scores"]
    assert found.keys() == {*KNOWN, *DRAWN}
    assert (found["schema"], found["energy"]) == (1, [])
    assert climate.pop("score") == pytest.approx(10 * (0.8 + 0.001 * 29.8), rel=1e-9)
    assert climate == {
        "scenario": "plant",
        "category": "climate-change",
        "method": "EF v3.1",
        "unit": "kg CO2-Eq",
        "completeness": "complete",
        "gaps": [],
        "published_share": 0.0,
    }
    assert acid == {
        "scenario": "plant",
        "category": "acidification",
        "method": "EF v3.1",
        "unit": "mol H+-Eq",
        "score": None,
        "completeness": "missing",
        "gaps": ["plant"],
        "published_share": 0.0,
    }
    [row] = found["contributions"]
    assert row.pop("score") == pytest.approx(8.298, rel=1e-9)
    assert row == {
        "scenario": "plant",
        "category": "climate-change",
        "phase": "",
        "stage": "production",
        "activity": "plant",
    }


def test_score_one_unit_in_all_categories_by_default(tiny: Workplace, command: Run) -> None:
    found = one_object(command("score", "drive", "--inventory", "inventory", "--json"))
    assert [row["category"] for row in found["scores"]] == list(EF)
    scores = {row["category"]: (row["score"], row["published_share"]) for row in found["scores"] if row["score"]}
    assert scores == {"climate-change": (36.8, 1.0), "acidification": (0.4, 1.0), "water-use": (3.0, 1.0)}


def test_assess_in_full(tiny: Workplace, command: Run) -> None:
    """By hand: IT energy is 1.25 times that of the components, the idle server draws 0.5 kW, the PUE is 1.5.

    Inference serves what is asked for; of the training, one thousandth is carried, on one of two accelerators.
    """
    found = one_object(command("assess", "scenario.toml", *SMALL))
    assert found.keys() == {*KNOWN, *DRAWN}
    inference, training = (0.5 * 1.25 + 0.5 * 1.0) * 1.5, 0.001 * (100 * 1.25 + 0.5 * 200 / 2) * 1.5
    per_kWh = 0.75 / 0.8 * (0.8 + 0.001 * 29.8) + 0.25 / 0.8 * 0.01
    share = (1 + 0.001 * 200 / 2) / (5 * 8766 * 0.5)
    [climate, acid] = found["scores"]
    assert climate["score"] == pytest.approx((inference + training) * per_kWh + share * 2 * 5 * 0.1, rel=1e-9)
    assert (climate["scenario"], climate["completeness"], acid["score"]) == ("Answers", "partial", None)
    assert {"network", "truck", "wafer-7-nm", "treatment", "dump"} <= set(climate["gaps"])
    assert {tuple(row) for row in found["contributions"]} == {
        ("scenario", "category", "phase", "stage", "activity", "score")
    }
    assert sum(row["score"] for row in found["contributions"]) == pytest.approx(climate["score"], rel=1e-12)
    assert {tuple(row) for row in found["energy"]} == {("scenario", "phase", "component", "amount", "unit", "origin")}
    amounts = {(row["phase"], row["component"]): row["amount"] for row in found["energy"]}
    assert amounts["inference", "gpu"] == 0.5
    assert amounts["inference", "rest of node"] == pytest.approx(0.125)
    assert amounts["training", "stated"] == pytest.approx(0.1)
    assert amounts["training", "idle time"] == pytest.approx(0.05)
    assert {row["origin"] for row in found["energy"] if row["component"] == "gpu"} == {"counter"}
    assert math.fsum(amounts.values()) == pytest.approx(inference + training, rel=1e-12)


def test_compare_in_full(tiny: Workplace, command: Run) -> None:
    tiny.write(
        "other.toml", tiny.read("scenario.toml").replace('"Answers"', '"More energy"').replace("100 kWh", "150 kWh")
    )
    found = one_object(command("compare", "scenario.toml", "other.toml", *SMALL))
    assert found.keys() == {
        "schema",
        "baseline",
        "floors",
        "quality_not_enforced",
        "comparisons",
        "variants",
        "per_correct",
        "break_even",
        "pareto",
        "winners",
        "selection",
        "judgements",
        "uncertainty",
        "break_even_drawn",
        "standings",
        "converted",
    }
    [climate, acid] = found["comparisons"]
    assert climate.pop("difference") == pytest.approx(climate.pop("score") - climate.pop("reference"), rel=1e-9)
    assert climate.pop("ratio") > 1
    assert climate == {
        "scenario": "More energy",
        "baseline": "Answers",
        "category": "climate-change",
        "unit": "kg CO2-Eq",
        "verdict": "indeterminate",
        "direction": "higher",
        "told": True,
        "gaps": ["network", "water evaporated at hall: WUE not stated"],
    }
    assert (acid["score"], acid["difference"], acid["verdict"]) == (None, None, "indeterminate")


def test_check_prints_how_much_is_in_order(tiny: Workplace, command: Run) -> None:
    assert one_object(command("check", "inventory", "scenario.toml", "--json")) == {
        "activities": 14,
        "scenarios": 1,
        "campaigns": 0,
        "records": 0,
        "unclassified": [],
        "unanchored": [],
        "warnings": [],
        "problems": [],
    }
    assert command("check", "inventory").out == "14 activities and 0 scenarios are in order\n"


@pytest.mark.parametrize("verb", [("assess", "scenario.toml"), ("score", "card"), ("compare", "scenario.toml")])
def test_without_json_tables_are_printed(verb: tuple[str, ...], tiny: Workplace, command: Run) -> None:
    done = command(*verb, "-i", "inventory", "--categories", "climate-change")
    assert (done.code, done.err) == (0, "")
    assert "category" in done.out and "gaps" in done.out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "lca [OPTIONS] COMMAND [ARGS]..."),
        (("asess",), 2, "No such command 'asess'"),
        (("assess",), 2, "Missing argument 'SCENARIO.toml...'"),
        (("assess", "--jsn", "scenario.toml"), 2, "No such option: --jsn"),
        (
            ("list", "gpus", "-i", "inventory"),
            2,
            "no kind 'gpus'; there are: categories, kinds, regions, electricity, ",
        ),
        (
            ("assess", "scenario.toml", "scenario.toml", "-i", "inventory"),
            2,
            "two scenarios of a study have the same name",
        ),
        (
            ("compare", "scenario.toml", "-i", "inventory", "--baseline", "x"),
            2,
            "no scenario is named 'x'; there are: 'A",
        ),
        (("assess", "none.toml", "-i", "inventory"), 3, "none.toml: no such file; "),
        (("assess", "scenario.toml", "-i", "none"), 3, "none: no such folder; "),
        (("score", "plnt", "-i", "inventory"), 3, "no activity 'plnt'; did you mean 'plant'?; "),
        (("score", "plant", "-i", "inventory", "-a", "2"), 3, "'2' has no unit; "),
        (("score", "plant", "-i", "inventory", "-a", "2 kg"), 3, "'kg' where 'kWh' belongs; "),
        (("score", "plant", "-i", "inventory", "--categories", "water"), 3, "no impact category 'water'; did you mean"),
        (
            ("assess", "scenario.toml", "-i", "inventory", "--excel", "runs/run.json/x.xlsx"),
            2,
            "runs/run.json/x.xlsx: Not a dir",
        ),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int, message: str, tiny: Workplace, command: Run) -> None:
    done = command(*arguments)
    assert done.code == code
    assert message in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_an_activity_that_takes_all_that_it_makes_is_refused_by_name(tiny: Workplace, command: Run) -> None:
    """An activity that takes a whole unit of its own product has no score: not zero, and not complete."""
    itself = '[[exchanges]]\ninput = "plant"\namount = "1 kWh"\nsource = "book"\n\n[pedigree]'
    tiny.edit("inventory/electricity/plant.toml", "[pedigree]", itself)
    done = command("score", "plant", *SMALL)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(
        "inventory/electricity/plant.toml:1: exchanges: to deliver one unit of plant, it takes all of its product to "
        "make it: a loop too tight (plant → plant)"
    )


def test_a_missing_dependency_is_named(tiny: Workplace, command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_load", library._load.__wrapped__)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    done = command("list", "kinds", "-i", "inventory")
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith("bw2io 0.9.17 or later 0.9 is needed")


def test_an_interrupted_command_leaves_the_old_workbook(
    tiny: Workplace, command: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    tiny.write("out.xlsx", "old")
    before = sorted(tiny.folder.rglob("*"))
    monkeypatch.setattr("xlsxwriter.workbook.Workbook.close", interrupt)
    done = command("assess", "scenario.toml", "-i", "inventory", "--excel", "out.xlsx", "--json")
    assert (done.code, done.out) == (130, "")
    assert done.err.endswith("interrupted\n") and "Traceback" not in done.err
    assert sorted(tiny.folder.rglob("*")) == before
    assert tiny.read("out.xlsx") == "old"


def test_an_interrupt_from_the_keyboard_ends_with_130(tiny: Workplace) -> None:
    program = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may have it ignored
import lca.study.assess
from lca.cli import main
def interrupted(*arguments):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)
lca.study.assess._study = interrupted
sys.argv = ["lca", "assess", "scenario.toml", "--inventory", "inventory", "--json"]
main()
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=tiny.folder, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (130, "")
    assert ran.stderr.endswith("interrupted\n") and "Traceback" not in ran.stderr


def test_a_reader_that_went_away_is_no_traceback() -> None:
    listing = subprocess.Popen(
        [sys.executable, "-m", "lca", "list", "categories"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert listing.stdout is not None and listing.stderr is not None
    listing.stdout.close()
    assert (listing.wait(), listing.stderr.read()) == (1, "")
    listing.stderr.close()


def test_draws_are_printed_with_their_interval_and_probability(tiny: Workplace, command: Run) -> None:
    done = command(
        "assess", "scenario.toml", "--inventory", "inventory", "--categories", "climate-change", "--samples", "60"
    )
    assert done.code == 0
    assert "95 % interval" in done.out and "estimates of what its gaps hold" in done.out
    known = command("assess", "scenario.toml", "-i", "inventory", "--categories", "climate-change", "--known-only")
    assert known.code == 0 and "interval" not in known.out
    once, again, other = (
        command("assess", "scenario.toml", "-i", "inventory", "--samples", "60", "--seed", seed, "--json").out
        for seed in ("3", "3", "4")
    )
    assert once == again and once != other
    [row] = [r for r in json.loads(once)["uncertainty"]["scores"] if r["category"] == "climate-change"]
    assert row["low"] < row["median"] < row["high"]


def test_a_product_is_split_by_its_parts(tiny: Workplace, command: Run) -> None:
    words = ("score", "server", "-i", "inventory", "--categories", "climate-change")
    done = command(*words, "--by", "part")
    assert done.code == 0 and "climate-change by part, what is known of it, in kg CO2-Eq" in done.out
    content = json.loads(command(*words, "--by", "part", "--json").out)
    assert {row["input"] for row in content["parts"]} >= {"card"}
    assert sum(row["score"] for row in content["parts"]) == pytest.approx(content["scores"][0]["score"])
    assert command(*words, "--by", "colour").code == 2


def test_full_and_data_are_refused_before_the_work(command: Run) -> None:
    scenario = "scenarios/digits-france.toml"
    refused = command("assess", scenario, "--full")
    assert (refused.code, refused.err) == (2, "--full is of the workbook: name that with --excel\n")
    refused = command("assess", scenario, "--data", "long.txt")
    assert (refused.code, refused.err) == (2, "--data long.txt: name a file that ends in .csv or .parquet\n")
