"""`lca compare` as an analyst uses it: floors, break-even, scores per correct result, fronts, winners, selections."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from workplace import Done, Workplace

from lca import Catalogue, Scenario, assess
from lca.errors import InvalidData, UsageError
from lca.report.compared import to_json
from lca.report.words import break_even
from lca.study.comparison.breakeven import break_evens
from lca.study.comparison.comparison import comparison
from lca.study.comparison.limits import Limits
from lca.study.comparison.minimum_quality import Floor
from lca.study.study import Study

Run = Callable[..., Done]
FILES = ("base.toml", "pruned.toml", "quantised.toml", "distilled.toml")
WITH = ("-i", "inventory", "--categories", "climate-change,acidification")
PRUNED = "Pruned by half and fine-tuned"


def variant(tiny: Workplace, file: str, name: str, energy: str, accuracy: float | None, **more: Any) -> None:
    """The tiny scenario with another record of its inference."""
    record = json.loads(tiny.read("runs/run.json"))
    record["energy"][0]["energy"]["value"] = energy
    record["quality"] = {} if accuracy is None else {"accuracy": accuracy}
    tiny.write(f"runs/{file}.json", json.dumps(record | more))
    text = tiny.read("scenario.toml").replace('"Answers"', f'"{name}"').replace("run.json", f"{file}.json")
    tiny.write(f"{file}.toml", text)


@pytest.fixture
def service(tiny: Workplace) -> Workplace:
    """A model, and three that were made of it: less energy, less right, and one that nobody evaluated."""
    variant(
        tiny,
        "base",
        "As trained",
        "0.5 kWh",
        0.96,
        model_parameters=1000,
        throughput={"value": "100 inference/s"},
        latency={"p50": "8 ms", "p99": "15 ms"},
        peak_memory={"memory": "900 MB"},
        profile={"nonzero": 1000, "stored": "4 kB", "computation": "2000 FLOP/inference"},
    )
    variant(
        tiny,
        "pruned",
        PRUNED,
        "0.4 kWh",
        0.95,
        model_parameters=1000,
        throughput={"value": "180 inference/s"},
        latency={"p50": "4 ms", "p99": "9 ms"},
        peak_memory={"memory": "700 MB"},
        profile={
            "nonzero": 500,
            "stored": "4 kB",
            "computation": "1000 FLOP/inference",
            "steps": ["pruning by 50 %", "fine-tuning, 2 epochs"],
        },
    )
    variant(tiny, "quantised", "Quantised", "0.2 kWh", 0.75, throughput={"value": "300 inference/s"})
    variant(tiny, "distilled", "Distilled", "0.1 kWh", None)
    return tiny


def found(done: Done) -> Any:
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out, parse_constant=pytest.fail)


def test_a_baseline_that_the_pattern_matches_too_is_taken_once(tiny: Workplace, command: Run) -> None:
    tiny.write("second.toml", tiny.read("scenario.toml").replace('"Answers"', '"Second"'))
    done = command("compare", "scenario.toml", "scenario.toml", "second.toml", "-i", "inventory", "--json")
    assert done.code == 0, done.err
    assert {row["scenario"] for row in json.loads(done.out)["comparisons"]} == {"Second"}


def test_everything_is_one_object(service: Workplace, command: Run) -> None:
    content = found(command("compare", *FILES, *WITH, "--json"))
    assert content.keys() == {
        "schema",
        "comparisons",
        "baseline",
        "floors",
        "quality_not_enforced",
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
    assert {row["ground"] for row in content["judgements"]} <= {"gaps", "open", "missing"}
    assert len(content["judgements"]) == 3 * 2
    assert (content["schema"], content["baseline"], content["selection"]) == (1, "As trained", None)
    assert (content["floors"], content["quality_not_enforced"]) == ([], None)
    assert len(content["comparisons"]) == len(content["break_even"]) == 3 * 2
    assert len(content["per_correct"]) == 4 * 2
    assert [row["category"] for row in content["pareto"]] == ["climate-change", "acidification"]
    assert {(row["verdict"], row["direction"]) for row in content["comparisons"] if row["score"]} == {
        ("indeterminate", "lower")
    }


def test_a_floor_leaves_the_best_of_those_that_reach_it(service: Workplace, command: Run) -> None:
    """Without one the variant that nobody evaluated has the lowest score; with one it is excluded, and said to be."""
    free = found(command("compare", *FILES, *WITH, "--json"))
    assert [row["winners"] for row in free["winners"]["categories"]] == [["Distilled"], []]
    assert free["pareto"][0]["front"] == ["As trained", PRUNED, "Quantised"]
    assert free["pareto"][0]["left_out"] == [
        {"scenario": "Distilled", "reason": "quality unknown: no record says accuracy"}
    ]
    content = found(command("compare", *FILES, *WITH, "--floor", "accuracy=0.94", "--json"))
    assert content["floors"] == [{"name": "accuracy", "least": 0.94, "origin": "asked for"}]
    assert {row["scenario"]: row["reason"] for row in content["variants"]} == {
        "As trained": None,
        PRUNED: None,
        "Quantised": "accuracy 0.75 is below 0.94",
        "Distilled": "quality unknown: no record says accuracy",
    }
    assert content["variants"][2]["floors_failed"] == [
        {"name": "accuracy", "least": 0.94, "origin": "asked for", "reached": 0.75}
    ]
    climate, acid = content["winners"]["categories"]
    assert (climate["winners"], climate["verdict"], climate["complete"]) == ([PRUNED], "lowest", False)
    assert (acid["winners"], acid["verdict"], acid["score"]) == ([], "no score is known", None)
    assert (content["winners"]["wins"], content["winners"]["decided"], content["winners"]["agree"]) == (
        {PRUNED: 1},
        1,
        True,
    )
    assert content["pareto"][0]["front"] == ["As trained", PRUNED]
    assert len(content["comparisons"]) == 3 * 2  # what is excluded is shown


def test_scores_per_correct_result_are_of_the_service_delivered(service: Workplace, command: Run) -> None:
    content = found(command("compare", *FILES, *WITH, "--json"))
    scores = {row["scenario"]: row["score"] for row in content["comparisons"] if row["category"] == "climate-change"}
    rows = {row["scenario"]: row for row in content["per_correct"] if row["category"] == "climate-change"}
    for name, accuracy in ((PRUNED, 0.95), ("Quantised", 0.75)):
        assert rows[name]["per_result"] == pytest.approx(scores[name] / 1000, rel=1e-12)
        assert rows[name]["per_correct"] == pytest.approx(scores[name] / (1000 * accuracy), rel=1e-12)
    assert (rows["Distilled"]["per_correct"], rows["Distilled"]["reason"]) == (None, "quality unknown")
    acid = [row for row in content["per_correct"] if row["category"] == "acidification"]
    assert {(row["per_result"], row["per_correct"]) for row in acid} == {(None, None)}


def test_the_break_even_is_that_of_the_library(service: Workplace, command: Run) -> None:
    text = service.read("pruned.toml")
    table = '[compression]\ncomponent_energy = { value = "10 kWh", source = "book" }\nserves = "1e6 inference"\n\n'
    service.write("pruned.toml", text.replace("[inference]", table + "[inference]"))
    content = found(command("compare", *FILES, *WITH, "--json"))
    study = assess([Scenario.load(file) for file in FILES], service.catalogue(), ("climate-change", "acidification"))
    rows = list(break_evens(study, "As trained").itertuples(index=False))
    expected = [{**row._asdict(), "verdict": break_even(row)} for row in rows]
    assert len(expected) == len(content["break_even"]) == 6
    for row, same in zip(content["break_even"], expected, strict=True):
        assert row.keys() == same.keys()
        for key, value in same.items():
            assert row[key] == (list(value) if key == "gaps" else None if value != value else value)
    first = content["break_even"][0]
    assert first["scenario"] == PRUNED
    assert first["amount"] == pytest.approx(first["extra"] / first["saving"], rel=1e-12)
    assert first["amount"] == pytest.approx(10 * 1.5 / (0.1 * 1.25 * 1.5 / 1000), rel=1e-9)


def test_the_least_impact_within_limits(service: Workplace, command: Run) -> None:
    limits = ("--min-throughput", "6000 inference/min", "--max-latency", "0.01 s", "--max-memory", "1 GB")
    selection = found(command("compare", *FILES, *WITH, *limits, "--json"))["selection"]
    assert selection["min_throughput"] == {"amount": 6000.0, "unit": "inference/min"}
    assert {row["scenario"]: row["reason"] for row in selection["candidates"]} == {
        "As trained": "p99 latency 0.015 is above 0.01 s",
        PRUNED: None,
        "Quantised": "p99 latency not known; peak memory not known",
        "Distilled": "throughput not known; p99 latency not known; peak memory not known",
    }
    assert [(row["winners"], row["verdict"]) for row in selection["categories"]] == [
        ([PRUNED], "the only one left")
    ] * 2
    assert (selection["wins"], selection["agree"]) == ({PRUNED: 2}, None)
    slow = found(command("compare", *FILES, *WITH, "--min-throughput", "150 inference/s", "--json"))["selection"]
    assert [row["winners"] for row in slow["categories"]] == [["Quantised"], []]
    assert (slow["max_latency"], slow["max_memory"]) == (None, None)


def test_tables_come_in_their_order_and_name_what_is_excluded(service: Workplace, command: Run) -> None:
    done = command("compare", *FILES, *WITH, "--floor", "accuracy=0.94", "--max-memory", "1 GB")
    assert (done.code, done.err) == (0, "")
    titles = [
        "Variants",
        "Models",
        "Known numbers as stated, against the baseline",
        "Break-even",
        "Per correct result, by accuracy",
        "Winners and fronts",
        "Selection: peak memory <= 1 GB",
    ]
    lines = [line.strip() for line in done.out.splitlines()]
    assert [line for line in lines if line in titles] == titles
    text = " ".join(done.out.split())
    for expected in (
        "As trained (baseline) accuracy 0.96 inference takes part",
        "Quantised accuracy 0.75 inference excluded: accuracy 0.75 is below 0.94",
        "Distilled not known excluded: quality unknown: no record says accuracy",
        "Least quality: accuracy >= 0.94 (asked for).",
        f"{PRUNED} 1,000 500 0.004 1000 180 inference/s 4 9 700 (memory) pruning by 50 %, fine-tuning, 2 epochs",
        "Quantised (excluded) climate-change",
        "Distilled: per correct result missing: quality unknown.",
        f"climate-change {PRUNED} all incomplete",
        f"{PRUNED} wins 1 of 2 categories; 1 without a winner. Those with a winner agree.",
        "As trained keeps all limits",
        "acidification no score is known none",
    ):
        assert expected in text, expected
    assert done.out.count("Quantised (excluded)") == 4  # a difference, a break-even, two scores per correct result
    assert "nan" not in done.out and "None" not in done.out
    assert (
        "indeterminate lower" not in text
    )  # the verdict by draws is above; that of the known numbers is not beside it
    known = command("compare", *FILES, *WITH, "--known-only")
    assert "indeterminate lower" in " ".join(known.out.split())


def test_the_functional_unit_is_enforced_where_it_can_be_read_and_else_said_not_to_be(
    service: Workplace, command: Run
) -> None:
    for file in FILES:
        service.edit(file, '"question answered"', '"question answered"\nquality = "accuracy >= 0.955"')
    text = " ".join(command("compare", *FILES, *WITH, "--baseline", PRUNED).out.split())
    assert f"{PRUNED} (baseline) accuracy 0.95 inference excluded: accuracy 0.95 is below 0.955" in text
    assert "Least quality: accuracy >= 0.955 (functional unit)." in text
    assert "The baseline itself does not qualify (accuracy 0.95 is below 0.955)" in text
    assert "As trained is the only one left: nothing was compared." in text
    for file in FILES:
        service.edit(file, "accuracy >= 0.955", "as good as a person's")
    done = command("compare", *FILES, *WITH)
    text = " ".join(done.out.split())
    assert 'The functional unit asks for "as good as a person\'s": not enforced, as it is not NAME >= NUMBER' in text
    assert "excluded" not in text
    content = found(command("compare", *FILES, *WITH, "--json"))
    assert (content["quality_not_enforced"], content["floors"]) == ("as good as a person's", [])


def test_what_no_record_holds_is_named_once(tiny: Workplace, command: Run) -> None:
    variant(tiny, "a", "A", "1 kWh", None)
    variant(tiny, "b", "B", "2 kWh", None)
    text = " ".join(command("compare", "a.toml", "b.toml", *WITH).out.split())
    assert "In no record: parameters, nonzero, stored, FLOP/inference, throughput, p50, p99, peak memory, done" in text
    assert "Models" not in text
    assert "Not on a front: A: no quality of which more is known to be better: give one a floor." in text
    assert "A wins 1 of 2 categories; 1 without a winner." in text


def test_everything_wrong_with_the_options_is_said_at_once_before_anything_is_assessed(
    tiny: Workplace, command: Run
) -> None:
    wrong = ("--floor", "accuracy", "--floor", "accuracy=94", "--max-latency", "20", "--max-memory", "1 kg")
    done = command("compare", "none.toml", "-i", "inventory", *wrong, "--min-throughput", "-3 inference/s")
    assert (done.code, done.out) == (2, "")
    assert [line.split(";")[0] for line in done.err.splitlines()] == [
        "floor 'accuracy': write NAME=NUMBER, such as accuracy=0.94",
        "floor 'accuracy=94': accuracy >= 94: it is a share of right results, from 0 to 1",
        "least throughput '-3 inference/s': -3 is not above 0",
        "most latency '20': '20' has no unit",
        "most memory '1 kg': 'kg' where 'GB' belongs",
    ]


def test_a_floor_of_the_functional_unit_that_cannot_be_is_a_mistake_in_the_file(tiny: Workplace, command: Run) -> None:
    tiny.edit("scenario.toml", '"question answered"', '"question answered"\nquality = "accuracy >= 97"')
    done = command("compare", "scenario.toml", *WITH)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(
        "scenario.toml:8: functional_unit.quality: accuracy >= 97: it is a share of right results"
    )


def test_other_services_are_refused(service: Workplace, command: Run) -> None:
    service.edit("pruned.toml", "1e3 inference", "2e3 inference")
    done = command("compare", *FILES, *WITH)
    assert done.code == 3
    assert done.err.startswith(f"{PRUNED}: functional_unit: not that of 'As trained'; compare scenarios that deliver")
    study = assess([Scenario.load(file) for file in FILES], service.catalogue(), ("climate-change",))
    with pytest.raises(InvalidData):
        comparison(study)
    with pytest.raises(UsageError, match="no scenario is named 'x'"):
        comparison(study, "x")


RATE = 'conversions = [{ rate = { value = "500 token/inference", source = "test" } }]\n'
SOURCE = '[sources.test]\ntitle = "t"\nlicence = "l"\nurl = "https://example.org"\n'


@pytest.mark.parametrize("stating", ["base.toml", "pruned.toml"])
def test_a_file_in_another_unit_of_service_is_compared_by_the_rate_of_either_file(
    service: Workplace, command: Run, stating: str
) -> None:
    files = ("base.toml", "pruned.toml")
    for file in files:
        service.edit(file, '"question answered"', f'"question answered"\n{RATE if file == stating else ""}')
        service.write(file, service.read(file) + (SOURCE if file == stating else ""))
    asked = ("compare", *files, "-i", "inventory", "--categories", "climate-change", "--samples", "0")
    before = found(command(*asked, "--json"))
    service.edit("pruned.toml", "1e3 inference", "2e3 token")
    after = found(command(*asked, "--json"))
    assert after["converted"] == [
        {
            "scenario": PRUNED,
            "written": "2000.0 token",
            "amount": "1000.0 inference",
            "rate": "500.0 token/inference",
            "stated_by": "As trained" if stating == "base.toml" else PRUNED,
            "sources": ["test"],
        }
    ]
    assert before.pop("converted") == [] and after.pop("converted")
    assert after == before
    said = f"{PRUNED} is written for 2,000 token and compared for 1,000 inference, at 500 token/inference as"
    assert said in command(*asked).out


def test_a_study_too_is_of_one_unit_of_service_where_a_rate_is_stated(service: Workplace) -> None:
    service.edit("base.toml", '"question answered"', f'"question answered"\n{RATE}')
    service.write("base.toml", service.read("base.toml") + SOURCE)
    catalogue = Catalogue.load("inventory")
    files = ("base.toml", "pruned.toml")

    def scores() -> tuple[Study, list[float]]:
        study = assess([Scenario.load(file) for file in files], catalogue, ["climate-change"])
        return study, study.scores()["score"].tolist()

    _, before = scores()
    service.edit("pruned.toml", "1e3 inference", "2e3 token")
    study, after = scores()
    assert after == before
    [note] = [note for note in study.systems[1].notes if "token" in note]
    assert note == "Written for 2,000 token, scored for 1,000 inference, at 500 token/inference as 'As trained' states."


def test_without_a_rate_the_key_to_add_is_named_and_two_rates_must_agree(service: Workplace, command: Run) -> None:
    service.edit("pruned.toml", "1e3 inference", "5e5 token")
    done = command("compare", "base.toml", "pruned.toml", *WITH)
    assert done.code == 3
    assert done.err.startswith("pruned.toml:")
    assert (
        "functional_unit.conversions: 'token' where the functional unit of 'As trained' is in 'inference'" in done.err
    )
    assert "functional_unit.conversions = [{ rate" in done.err
    for file, rate in (("base.toml", RATE), ("pruned.toml", RATE.replace("500", "400"))):
        service.edit(file, '"question answered"', f'"question answered"\n{rate}')
        service.write(file, service.read(file) + SOURCE)
    done = command("compare", "base.toml", "pruned.toml", *WITH)
    assert (done.code, done.out) == (3, "")
    assert "400.0 token/inference here and 500.0 token/inference in 'As trained'" in done.err


def test_the_library_gives_what_the_command_prints(service: Workplace, command: Run) -> None:
    study = assess([Scenario.load(file) for file in FILES], service.catalogue(), ("climate-change", "acidification"))
    made = comparison(study, PRUNED, [Floor("accuracy", 0.9)], Limits.read(latency="1 s"))
    options = ("--baseline", PRUNED, "--floor", "accuracy=0.9", "--max-latency", "1 s", "--samples", "0", "--json")
    assert found(command("compare", *FILES, *WITH, *options)) == to_json(made)


def test_all_categories_of_one_scenario(tiny: Workplace, command: Run) -> None:
    done = command("compare", "scenario.toml", "-i", "inventory")
    assert (done.code, done.err) == (0, "")
    assert "Answers is the only one left: nothing was compared." in done.out
    content = found(command("compare", "scenario.toml", "-i", "inventory", "--json"))
    assert (content["comparisons"], content["break_even"], len(content["pareto"])) == ([], [], 16)


def test_scenarios_that_do_not_differ_are_compared(tiny: Workplace, command: Callable[..., Done]) -> None:
    text = tiny.read("scenario.toml")
    tiny.write("same.toml", text.replace('name = "Answers"', 'name = "Same"'))
    done = command("compare", "scenario.toml", "same.toml", "-i", "inventory", "--categories", "climate-change")
    assert done.code == 0 and "Traceback" not in done.err


def test_two_products_are_compared_part_by_part(tiny: Workplace, command: Callable[..., Done]) -> None:
    """A part that only one of them has is a dash of the other."""
    card = tiny.read("inventory/hardware/card.toml")
    tiny.write("inventory/hardware/large.toml", card.replace('"500 mm^2"', '"1000 mm^2"').replace("Card(R) 9", "10"))
    done = command("compare", "card", "large", "-i", "inventory", "--categories", "climate-change", "--json")
    made = json.loads(done.out)
    [judgement] = made["judgements"]
    assert (done.code, judgement["scenario"], judgement["baseline"]) == (0, "large", "card")
    assert [(row["scenario"], row["input"]) for row in made["parts"]] == [("card", "card"), ("large", "large")]
    assert {row["scenario"] for row in made["uncertainty"]["scores"]} == {"card", "large"}
    shown = command("compare", "card", "large", "-i", "inventory", "--categories", "climate-change", "--known-only")
    assert re.search(r"card +production +0\.500 +–\n", shown.out)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("card",), "name two products to compare"),
        (("card", "card"), "name two products to compare"),
        (("card", "steel"), "no activity 'steel'"),
        (("card", "truck"), "products of different units: card in item, truck in "),
        (("card", "drive", "--floor", "accuracy=0.9"), "products have no quality, speed or service"),
        (("card", "drive", "--baseline", "server"), "no scenario is named 'server'"),
    ],
)
def test_products_that_cannot_be_compared_are_refused(
    tiny: Workplace, command: Callable[..., Done], words: tuple[str, ...], said: str
) -> None:
    done = command("compare", *words, "-i", "inventory")
    assert done.code != 0 and said in done.err
