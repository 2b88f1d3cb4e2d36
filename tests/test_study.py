"""How completeness adds up over a system, how two systems are compared, and the views of the one table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from lca import Catalogue
from lca.errors import NotFinite, UsageError
from lca.inventory.activity import Activity, Documented, Emission, Input, Result
from lca.inventory.completeness import RequiredFlows, Requirement
from lca.methods.library import Library
from lca.quantities.values import Value
from lca.study import assess as assessing
from lca.study.assess import _study, score
from lca.study.study import Study
from lca.study.upstream import marks_of_parts
from lca.system.parts import ForegroundExchange, Gap, ProductSystem

LIBRARY = Library.load()
CARBON = LIBRARY.flow("Carbon dioxide, fossil", "air")
METHANE = LIBRARY.flow("Methane, fossil", "air")
REQUIRED = RequiredFlows(
    {
        "plant": {
            "climate-change": Requirement(flows=("Carbon dioxide, fossil | air", "Methane, fossil | air"), source="s"),
            "acidification": Requirement(none=True, source="s"),
        }
    }
)
CATEGORIES = ("climate-change", "acidification", "land-use")


def activity(id: str, technology: str | None = None, inputs: tuple[Input, ...] = (), **more: Any) -> Activity:
    return Activity(id, "test", id, id, "kg", "GLO", f"{id}.toml", technology=technology, inputs=inputs, **more)


def needs(id: str, amount: float = 1.0, **bounds: float) -> Input:
    negligible = {key.replace("_", "-"): bound for key, bound in bounds.items()}
    return Input(id, amount, "production", negligible=negligible)


def emits(*flows: Any, amount: float = 1.0, calibrated: bool = False) -> tuple[Emission, ...]:
    return tuple(Emission(flow, amount, "production", calibrated=calibrated) for flow in flows)


ACTIVITIES = [
    activity("plant", "plant", emissions=emits(CARBON, METHANE)),
    activity("half-plant", "plant", emissions=emits(CARBON)),
    activity("calibrated-plant", "plant", emissions=(*emits(CARBON), *emits(METHANE, calibrated=True))),
    activity("token", emissions=emits(CARBON)),
    activity("published", results=(Result("climate-change", 5.0, 5.0, 5.0, "EF v3.1", ()),)),
    activity("refused", results=(Result("climate-change", 5.0, 5.0, 5.0, "x", (), refused="quarantined"),)),
    activity("gap"),
    activity("small", negligible={"climate-change": 0.5}),
    activity("mix", "mix", (needs("plant", 0.75), needs("published", 0.25))),
    activity("assembly", "assembly", (needs("plant", 2.0),)),
    activity("assembly-with-gap", "assembly", (needs("plant", 2.0), needs("gap", 3.0))),
    activity("assembly-with-small-gap", "assembly", (needs("plant", 2.0), needs("gap", 3.0, climate_change=0.1))),
    activity("substituting", "assembly", (needs("plant", 2.0), needs("gap", -1.0))),
    activity("losing", "mix", (needs("plant"),), gaps=("losses are not known",)),
    activity("forest", manages_land=True),
    activity("growing", "assembly", (needs("plant"), needs("forest"))),
]
CATALOGUE = Catalogue({a.id: a for a in ACTIVITIES}, REQUIRED, LIBRARY)


def study_of(demands: Mapping[str, Mapping[str, float]], gaps: Mapping[str, tuple[Gap, ...]] | None = None) -> Study:
    """A study of systems that demand amounts of activities."""
    systems = [
        ProductSystem(
            name,
            tuple(
                ForegroundExchange("inference", "use", "r", id, Value(n, "kg", "amount")) for id, n in demand.items()
            ),
            (gaps or {}).get(name, ()),
            (),
            {},
            frozenset(),
            (),
        )
        for name, demand in demands.items()
    ]
    return _study((), systems, CATALOGUE, CATEGORIES)


@pytest.mark.parametrize(
    ("id", "climate", "gaps", "acidification"),
    [
        ("plant", "complete", (), "missing"),
        ("half-plant", "partial", ("half-plant",), "missing"),
        ("calibrated-plant", "partial", ("calibrated-plant",), "missing"),
        ("token", "partial", ("token",), "missing"),
        ("published", "complete", (), "missing"),
        ("refused", "missing", ("refused",), "missing"),
        ("gap", "missing", ("gap",), "missing"),
        ("small", "complete", (), "missing"),
        ("mix", "complete", (), "missing"),
        ("assembly", "complete", (), "complete"),
        ("assembly-with-gap", "partial", ("gap",), "missing"),
        ("assembly-with-small-gap", "complete", (), "missing"),
        ("losing", "partial", ("losing",), "missing"),
    ],
)
def test_states_propagate(id: str, climate: str, gaps: tuple[str, ...], acidification: str) -> None:
    study = study_of({"s": {id: 1.0}})
    found = study.coverage["s", "climate-change"]
    assert (found.completeness, tuple(item.name for item in found.items)) == (climate, gaps)
    expected = {"plant": "complete", "half-plant": "complete", "calibrated-plant": "complete"}.get(id, acidification)
    known_to_be_nothing = study.coverage["s", "acidification"]
    assert known_to_be_nothing.completeness == expected


def test_a_gap_has_the_amount_that_the_system_needs_and_its_reason() -> None:
    item = study_of({"s": {"assembly-with-gap": 2.0}}).coverage["s", "climate-change"].items[0]
    assert (item.name, item.kind, item.amount, item.unit, item.reasons) == ("gap", "missing", 6.0, "kg", ("no data",))
    partial = study_of({"s": {"half-plant": 1.0}}).coverage["s", "climate-change"].items[0]
    assert partial.reasons == ("Methane, fossil | air",)


def test_what_is_negligible_adds_its_bound() -> None:
    assert study_of({"s": {"assembly-with-small-gap": 2.0}}).coverage["s", "climate-change"].bound == pytest.approx(0.2)
    assert study_of({"s": {"small": 3.0}}).coverage["s", "climate-change"].bound == pytest.approx(1.5)
    assert study_of({"s": {"small": -3.0}}).coverage["s", "climate-change"].bound == pytest.approx(1.5)


def test_gaps_behind_a_negligible_exchange_of_the_foreground_do_not_count_but_its_bound_does() -> None:
    plant = ForegroundExchange("inference", "use", "r", "plant", Value(1.0, "kg", "amount"))
    small = replace(plant, input="gap", negligible={"climate-change": 0.1})
    coverage = _study((), [ProductSystem("s", (plant, small))], CATALOGUE, CATEGORIES).coverage
    assert (coverage["s", "climate-change"].items, coverage["s", "climate-change"].bound) == ((), 0.1)
    assert [item.name for item in coverage["s", "acidification"].items] == ["gap"]
    twice = _study((), [ProductSystem("s", (plant, small, small))], CATALOGUE, CATEGORIES).coverage
    assert twice["s", "climate-change"].bound == pytest.approx(0.2)


def test_the_gaps_of_a_copy_are_those_of_what_it_is_a_copy_of() -> None:
    copy = activity("gap-elsewhere", copy_of="gap")
    catalogue = Catalogue({**CATALOGUE.activities, copy.id: copy}, REQUIRED, LIBRARY)
    one = ForegroundExchange("inference", "use", "r", "gap", Value(1.0, "kg", "amount"))
    other = replace(one, input=copy.id, value=Value(2.0, "kg", "amount"))
    [item] = _study((), [ProductSystem("s", (one, other))], catalogue, CATEGORIES).coverage["s", "land-use"].items
    assert (item.name, item.amount) == ("gap", pytest.approx(3.0))


def test_a_gap_of_the_foreground_is_none_where_what_it_would_belong_to_reaches_nothing() -> None:
    lacking = Gap("inference", "another plant", 1.0, "kg", of="plant")
    coverage = study_of({"s": {"plant": 1.0}}, {"s": (lacking,)}).coverage
    assert [item.name for item in coverage["s", "climate-change"].items] == ["another plant"]
    assert coverage["s", "acidification"].completeness == "complete"


def test_a_missing_score_is_not_a_zero() -> None:
    study = study_of({"s": {"gap": 1.0}})
    row = study.scores().iloc[0]
    assert row["score"] != row["score"]
    assert study.to_json()["scores"][0]["score"] is None
    assert json.loads(json.dumps(study.to_json(), allow_nan=False))["contributions"] == []


@pytest.mark.parametrize(
    ("id", "category", "mark"),
    [
        ("assembly-with-gap", "climate-change", "≥"),
        ("substituting", "climate-change", "incomplete, sign unknown"),  # what is missing is taken away
        ("growing", "climate-change", "incomplete, sign unknown"),  # it may store carbon
        ("losing", "land-use", ""),  # nothing is known: missing, without a mark
        ("plant", "climate-change", ""),
    ],
)
def test_a_lower_bound_is_claimed_only_where_it_is_one(id: str, category: str, mark: str) -> None:
    assert study_of({"s": {id: 1.0}}).coverage["s", category].mark == mark


def test_a_part_that_takes_off_what_is_not_known_is_no_lower_bound_though_the_whole_is_one() -> None:
    more = ForegroundExchange("inference", "use", "r", "assembly-with-gap", Value(1.0, "kg", "amount"))
    less = replace(more, stage="production", input="substituting")
    study = _study((), [ProductSystem("s", (more, less))], CATALOGUE, CATEGORIES)
    marks = marks_of_parts(study, study.systems[0], "climate-change")
    assert study.coverage["s", "climate-change"].mark == "≥"
    assert marks == {("inference", "use"): "≥", ("inference", "production"): "incomplete, sign unknown"}


def verdict(first: Mapping[str, float], second: Mapping[str, float]) -> tuple[str, tuple[str, ...]]:
    row = study_of({"first": first, "second": second}).compare().iloc[0]
    return row["verdict"], row["gaps"]


def test_equal_gaps_cancel_and_others_make_the_verdict_indeterminate() -> None:
    assert verdict({"assembly-with-gap": 1.0}, {"assembly-with-gap": 1.0, "plant": 1.0}) == ("higher", ())
    assert verdict({"assembly-with-gap": 1.0, "plant": 1.0}, {"assembly-with-gap": 1.0}) == ("lower", ())
    assert verdict({"assembly-with-gap": 1.0}, {"assembly-with-gap": 2.0}) == ("indeterminate", ("gap",))
    assert verdict({"plant": 1.0}, {"plant": 1.0}) == ("equal", ())
    assert verdict({"plant": 1.0}, {"plant": 1.0 + 1e-12}) == ("equal", ())  # rounding
    assert verdict({"gap": 1.0}, {"gap": 1.0})[0] == "indeterminate"  # nothing is known of either


def test_a_difference_within_the_bounds_is_indeterminate() -> None:
    assert verdict({"plant": 1.0}, {"plant": 1.001, "small": 1.0}) == ("indeterminate", ())
    assert verdict({"plant": 1.001, "small": 1.0}, {"plant": 1.0}) == ("indeterminate", ())
    assert verdict({"plant": 1.0}, {"plant": 2.0, "small": 1.0}) == ("higher", ())


def direction(first: Mapping[str, float], second: Mapping[str, float], category: str = "climate-change") -> str:
    table = study_of({"first": first, "second": second}).compare().set_index("category")
    back = study_of({"first": second, "second": first}).compare().set_index("category")
    mirror = {"lower": "higher", "higher": "lower", "": ""}
    assert back["direction"][category] == mirror[str(table["direction"][category])]
    return str(table["direction"][category])


def test_the_direction_is_known_where_all_gaps_go_the_way_of_what_is_known() -> None:
    assert direction({"plant": 1.0}, {"plant": 2.0}) == "higher"
    assert direction({"assembly-with-gap": 1.0}, {"assembly-with-gap": 2.0}) == "higher"
    assert direction({"assembly-with-gap": 2.0}, {"assembly-with-gap": 1.0}) == "lower"
    assert direction({"assembly-with-gap": 1.0}, {"assembly-with-gap": 2.0, "token": 1.0}) == "higher"
    assert direction({"assembly-with-gap": 1.0, "token": 1.0}, {"assembly-with-gap": 2.0}) == ""
    assert direction({"plant": 2.0, "gap": 1.0}, {"plant": 1.0, "gap": 2.0}) == ""
    assert direction({"plant": 1.0, "gap": 1.0}, {"plant": 1.0, "gap": 2.0}) == ""  # it may be nothing at all
    assert direction({"gap": 1.0}, {"gap": 2.0}) == ""  # nothing is known of either


def test_no_direction_where_what_is_missing_may_be_taken_away() -> None:
    assert direction({"growing": 1.0}, {"growing": 2.0}) == ""
    assert direction({"substituting": 1.0}, {"substituting": 2.0}) == ""
    assert direction({"growing": 2.0}, {"plant": 1.0}) == ""  # it is taken away on one side alone
    assert direction({"growing": 1.0}, {"growing": 1.0, "plant": 1.0}) == "higher"  # the gaps cancel


def test_no_direction_within_what_is_negligible_or_rounding() -> None:
    assert direction({"plant": 1.0}, {"plant": 1.001, "small": 1.0}) == ""
    assert direction({"plant": 1.0, "gap": 1.0}, {"plant": 1.001, "small": 1.0, "gap": 2.0}) == ""
    assert direction({"plant": 1.0, "gap": 1.0}, {"plant": 2.0, "small": 1.0, "gap": 2.0}) == "higher"
    assert direction({"plant": 1.0, "gap": 1.0}, {"plant": 1.0 + 1e-12, "gap": 2.0}) == ""


def test_gaps_of_the_foreground_cancel_by_name_and_amount() -> None:
    def compared(first: Gap, second: Gap) -> str:
        demand = {"plant": 1.0}
        study = study_of({"a": demand, "b": {"plant": 2.0}}, {"a": (first,), "b": (second,)})
        return str(study.compare().iloc[0]["verdict"])

    idle = Gap("inference", "idle energy, on grid", 3.0, "h")
    assert compared(idle, idle) == "higher"
    assert compared(idle, Gap("inference", "idle energy, on other grid", 3.0, "h")) == "indeterminate"
    assert compared(idle, Gap("inference", "idle energy, on grid", 4.0, "h")) == "indeterminate"
    assert compared(idle, Gap("inference", "idle energy, on grid", 3.0 + 1e-13, "h")) == "higher"  # rounding
    assert compared(idle, Gap("inference", "idle energy, on grid", 3.0 + 1e-7, "h")) == "indeterminate"


def test_what_a_study_holds_is_looked_up_by_name() -> None:
    study = study_of({"a": {"plant": 1.0}, "b": {"plant": 2.0}})
    assert list(study.system_by_name) == list(study.names) == ["a", "b"]
    assert study.system_by_name["b"] is study.systems[1]
    assert (study.scenario_by_name, study.functional_unit("a")) == ({}, ())


def test_a_baseline_that_the_study_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(UsageError, match=r"no scenario is named 'c'; there are: 'a', 'b'"):
        study_of({"a": {"plant": 1.0}, "b": {"plant": 2.0}}).compare("c")


def test_every_view_sums_to_the_score() -> None:
    study = study_of({"a": {"mix": 2.0, "assembly-with-gap": 1.0}, "b": {"plant": 3.0}})
    total = study.scores().set_index(["scenario", "category"])["score"]
    for by in (("phase",), ("stage",), ("activity",), ("input", "activity"), ("role", "phase", "stage")):
        sums = study.contributions(None, *by).groupby(["scenario", "category"])["score"].sum()
        for key, value in sums.items():
            assert value == pytest.approx(total[key], rel=1e-12)


def test_the_table_is_made_when_it_is_asked_for_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    table = assessing._table

    def counted(*given: Any) -> Any:
        made.append(given)
        return table(*given)

    monkeypatch.setattr(assessing, "_table", counted)
    study = score("assembly-with-gap", 2.0, CATALOGUE, CATEGORIES)
    assert made == []
    assert study.table is study.table
    assert len(replace(study, layers=None).table) == len(study.table)
    assert len(made) == 1


def test_contributions_come_largest_first_and_by_scenario() -> None:
    found = study_of({"a": {"mix": 4.0}, "b": {"plant": 1.0}}).contributions("climate-change")
    assert list(found["scenario"]) == ["a", "a", "b"]
    assert list(found["activity"]) == ["plant", "published", "plant"]
    assert found["score"].tolist() == pytest.approx([3 * (1 + 29.8), 5.0, 1 + 29.8])


def test_contributions_of_what_the_study_does_not_have_are_refused_with_what_it_has() -> None:
    study = study_of({"a": {"mix": 4.0}})
    with pytest.raises(UsageError, match=r"no category 'climate-chang'; did you mean 'climate-change'\?"):
        study.contributions("climate-chang")
    with pytest.raises(UsageError, match=r"no column 'fase'; did you mean 'phase'\?"):
        study.contributions("climate-change", "fase")


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), float("-inf")])
def test_an_amount_that_is_not_finite_is_refused(amount: float) -> None:
    with pytest.raises(NotFinite):
        score("plant", amount, CATALOGUE, CATEGORIES)


def test_the_published_share_is_of_absolute_contributions() -> None:
    row = study_of({"s": {"mix": 4.0}}).scores().iloc[0]
    assert row["published_share"] == pytest.approx(5 / (5 + 3 * 30.8))
    credited = study_of({"s": {"plant": 3.0, "published": -1.0}}).scores().iloc[0]
    assert credited["published_share"] == pytest.approx(5 / (5 + 3 * 30.8))


def test_what_another_database_gives_is_a_share_of_absolute_contributions() -> None:
    study = study_of({"s": {"plant": 1.0, "published": -2.0}})
    theirs = replace(study.activities["plant"], documented=Documented("theirs 1", "a plant", "p", 1.0))
    [row] = replace(study, activities={**study.activities, "plant": theirs}).documented().to_dict("records")
    assert (row["background"], row["activities"]) == ("theirs 1", 1)
    assert row["share"] == pytest.approx(30.8 / (30.8 + 2 * 5))


def test_elementary_flows_of_several_activities_add_up() -> None:
    table = study_of({"s": {"plant": 1.0, "token": 2.0}}).elementary().set_index("flow")["amount"]
    assert dict(table) == {CARBON.code: pytest.approx(3.0), METHANE.code: pytest.approx(1.0)}


def test_what_is_set_aside_is_held_against_the_size_of_the_score() -> None:
    [row] = study_of({"s": {"plant": -1.0, "refused": 1.0}}).set_aside().to_dict("records")
    assert (row["value"], row["times"]) == (5.0, pytest.approx(5 / 30.8))


def test_the_score_of_an_activity_opens_assemblies() -> None:
    study = score("assembly-with-gap", 2.0, CATALOGUE, CATEGORIES)
    assert study.scores()["score"].iloc[0] == pytest.approx(2 * 2 * 30.8)
    assert list(study.foreground()["input"]) == ["plant", "gap"]


def test_a_product_scored_alone_has_no_phase() -> None:
    study = score("assembly-with-gap", 2.0, CATALOGUE, CATEGORIES)
    assert set(study.table["phase"]) == set(study.foreground()["phase"]) == {""}


def test_what_an_assembly_of_a_later_stage_is_made_of_belongs_to_that_stage() -> None:
    delivery = activity("delivery", "assembly", (Input("assembly", 1.0, "distribution"), needs("plant")))
    catalogue = Catalogue({**CATALOGUE.activities, "delivery": delivery}, REQUIRED, LIBRARY)
    found = score("delivery", 1.0, catalogue, CATEGORIES).foreground()
    assert list(zip(found["stage"], found["amount"], strict=True)) == [("distribution", 2.0), ("production", 1.0)]


def test_the_json_object_has_the_contract_that_scripts_rely_on() -> None:
    content = study_of({"s": {"assembly-with-gap": 1.0}}).to_json()
    assert content.keys() == {"schema", "scores", "contributions", "energy"}
    assert content["schema"] == 1
    keys = {"scenario", "category", "method", "unit", "score", "completeness", "gaps", "published_share"}
    assert content["scores"][0].keys() == keys
    assert content["scores"][0]["gaps"] == ["gap"]
    assert content["contributions"][0].keys() == {"scenario", "category", "phase", "stage", "activity", "score"}


def test_a_published_value_that_is_not_counted_is_shown_beside_the_score(
    built_in: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    """The heatsink's carcinogens in the published A100, 400 times the rest: what the file says is not hidden."""
    from lca.report.terminal.tables import set_aside as shown

    study = score("gpu-a100-sxm4-40gb", 2.0, built_in, ("human-toxicity-carcinogenic",))
    largest = study.set_aside().iloc[0]
    [known] = study.scores()["score"]
    assert largest["activity"] == "gpu-a100-sxm4-40gb-heatsink"
    assert largest["value"] == pytest.approx(largest["times"] * known)
    assert largest["times"] > 100 and largest["reason"].startswith("quarantined")
    assert study.to_json()["published_not_counted"][0]["value"] == largest["value"]
    shown(study)
    assert "gpu-a100-sxm4-40gb-heatsink" in capsys.readouterr().out


def test_nothing_is_set_aside_where_all_that_is_published_counts(built_in: Catalogue) -> None:

    study = score("copper-published", 1.0, built_in, ("climate-change",))
    assert not len(study.set_aside())
    assert "published_not_counted" not in study.to_json()
