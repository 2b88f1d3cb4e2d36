"""The tables of what gaps probably hold: what they say, and every way in which they can be wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from workplace import Done, Workplace

from lca.check import check
from lca.errors import InvalidData
from lca.inventory.activity import Anchor
from lca.inventory.catalogue import Catalogue
from lca.inventory.ratios import Ratio
from lca.methods.categories import EF

HEADER = """\
ratios = "ratios.csv"
direct = "direct.csv"
[classes]
widgets = "small things"
[sectors]
332710 = "Machine shops"
[sources.book]
title = "Figures for mental arithmetic"
confidence = "assumption"
"""
CLASSES = """\
class,category,median,low,high,clusters,products,database_effect,coverage,basis,usable,source
widgets,acidification,0.004,0.001,0.02,12,30,2,0.95,process data,yes,book
widgets,ozone-depletion,1e-8,1e-12,1e-5,12,30,1e6,,process data,no,book
widgets,material-resources,1e-6,1e-9,1e-3,12,30,100,,process data,bound,book
"""
SECTORS = """\
sector,category,median,low,high,usable,source
332710,acidification,0.0002,4e-6,0.01,yes,book
"""
UNKNOWN = 'name = "Unknown"\nproduct = "unknown"\nunit = "item"\nlocation = "GLO"\n'
CARD = "inventory/hardware/card.toml"
ANCHOR = '[anchor]\namount = "2 kg"\nlow = "500 g"\nhigh = "8 kg"\nconfidence = "assumption"\nreason = "like a book"\n'


@pytest.fixture
def stated(tiny: Workplace) -> Workplace:
    """The tiny inventory with two tables of ratios."""
    tiny.write("inventory/estimates/ratios.toml", HEADER)
    tiny.write("inventory/estimates/ratios.csv", CLASSES)
    tiny.write("inventory/estimates/direct.csv", SECTORS)
    tiny.write("inventory/estimates/technologies.toml", '[burning]\nestimate_class = "widgets"\nsector = "332710"\n')
    return tiny


def problems(tiny: Workplace) -> list[str]:
    with pytest.raises(InvalidData) as error:
        tiny.catalogue()
    return [f"{p.file.removeprefix('inventory/')}:{p.line}: {p.field}: {p.what}" for p in error.value.problems]


def test_a_catalogue_without_tables_has_no_ratios(tiny: Workplace) -> None:
    ratios = tiny.catalogue().ratios
    assert (dict(ratios.total), dict(ratios.direct)) == ({}, {})


def test_a_ratio_is_read_as_it_is_written(stated: Workplace) -> None:
    ratios = stated.catalogue().ratios
    assert ratios.total["widgets", "acidification"] == Ratio(
        0.004, 0.001, 0.02, 12, 30, 2.0, 0.95, "process data", True, "book"
    )
    assert ratios.direct["332710", "acidification"].median == 0.0002
    assert ratios.sources["book"].title == "Figures for mental arithmetic"


@pytest.mark.parametrize(
    "category, usable, bounds",
    [("acidification", True, True), ("material-resources", False, True), ("ozone-depletion", False, False)],
)
def test_what_may_not_be_drawn_from_may_bound_or_not(
    stated: Workplace, category: str, usable: bool, bounds: bool
) -> None:
    ratio = stated.catalogue().ratios.total["widgets", category]
    assert (ratio.usable, ratio.bounds) == (usable, bounds)


def test_a_later_folder_replaces_one_ratio_and_keeps_the_others(stated: Workplace) -> None:
    stated.write("mine/ratios.toml", HEADER)
    stated.write("mine/ratios.csv", CLASSES.splitlines()[0] + "\nwidgets,acidification,1,1,2,1,1,1,,own,yes,book\n")
    stated.write("mine/direct.csv", SECTORS)
    ratios = Catalogue.load("inventory", "mine").ratios
    assert ratios.total["widgets", "acidification"].median == 1
    assert ratios.total["widgets", "ozone-depletion"].median == 1e-8


def test_an_activity_has_the_class_of_its_technology_unless_it_names_one(stated: Workplace) -> None:
    plant = stated.catalogue().activity("plant")
    assert (plant.estimate_class, plant.sector) == ("widgets", "332710")
    stated.write("inventory/estimates/ratios.toml", HEADER.replace("[sectors]", 'plants = "big things"\n[sectors]'))
    stated.edit("inventory/electricity/plant.toml", 'unit = "kWh"', 'unit = "kWh"\nestimate_class = "plants"')
    plant = stated.catalogue().activity("plant")
    assert (plant.estimate_class, plant.sector) == ("plants", "332710")


def test_an_anchor_is_in_kilograms_with_what_it_rests_on(tiny: Workplace) -> None:
    tiny.write("inventory/hardware/unknown.toml", UNKNOWN + ANCHOR)
    assert tiny.catalogue().activity("unknown").anchor == Anchor(2.0, 0.5, 8.0, (), True, "like a book")


def test_what_has_inputs_has_no_anchor(tiny: Workplace) -> None:
    tiny.edit(CARD, "[properties", ANCHOR + "\n[properties")
    assert [problem.split(": ")[1] for problem in problems(tiny)] == ["anchor"]


@pytest.mark.parametrize(
    "file, old, new, place",
    [
        ("estimates/ratios.csv", "0.004,0.001", "0.0004,0.001", "estimates/ratios.csv:2: median"),
        ("estimates/ratios.csv", "0.004,0.001", "0.004,0", "estimates/ratios.csv:2: median"),
        ("estimates/ratios.csv", "0.004,0.001", "0.004,nan", "estimates/ratios.csv:2: low"),
        ("estimates/ratios.csv", ",12,30", ",12.5,30", "estimates/ratios.csv:2: clusters"),
        ("estimates/ratios.csv", "0.95", "95", "estimates/ratios.csv:2: coverage"),
        ("estimates/ratios.csv", "yes,book", "maybe,book", "estimates/ratios.csv:2: usable"),
        ("estimates/ratios.csv", "yes,book", "yes,", "estimates/ratios.csv:2: source"),
        ("estimates/ratios.csv", "yes,book", "yes,bok", "estimates/ratios.csv:2: source"),
        ("estimates/ratios.csv", "widgets,acidification", "wigets,acidification", "estimates/ratios.csv:2: class"),
        ("estimates/ratios.csv", "ozone-depletion", "ozone", "estimates/ratios.csv:3: category"),
        ("estimates/ratios.csv", "ozone-depletion", "acidification", "estimates/ratios.csv:3: category"),
        ("estimates/direct.csv", "332710", "332711", "estimates/direct.csv:2: sector"),
        ("estimates/direct.csv", "yes,book", "perhaps,book", "estimates/direct.csv:2: usable"),
        ("estimates/direct.csv", "sector,", "sectors,", "estimates/direct.csv:1: sectors"),
        ("estimates/ratios.toml", '"direct.csv"', '"../direct.csv"', "estimates/ratios.toml:2: direct"),
        ("estimates/ratios.toml", "[classes]", "[clases]", "estimates/ratios.toml:3: clases"),
        (
            "estimates/technologies.toml",
            '"widgets"',
            '"wigets"',
            "estimates/technologies.toml:2: burning.estimate_class",
        ),
        ("electricity/plant.toml", 'unit = "kWh"', 'unit = "kWh"\nsector = "9"', "electricity/plant.toml:4: sector"),
    ],
)
def test_what_is_wrong_with_a_table_is_told_with_its_place(
    stated: Workplace, file: str, old: str, new: str, place: str
) -> None:
    stated.edit(f"inventory/{file}", old, new)
    assert any(problem.startswith(place + ": ") for problem in problems(stated)), problems(stated)


def test_an_unknown_class_comes_with_near_ones(stated: Workplace) -> None:
    stated.edit("inventory/electricity/plant.toml", 'unit = "kWh"', 'unit = "kWh"\nestimate_class = "widget"')
    assert problems(stated) == [
        "electricity/plant.toml:4: estimate_class: no estimate_class 'widget'; did you mean 'widgets'?"
    ]


def test_classes_are_not_checked_where_their_table_cannot_be_read(stated: Workplace) -> None:
    (stated.folder / "inventory/estimates/ratios.csv").unlink()
    assert all(problem.startswith("estimates/ratios.csv") for problem in problems(stated))


@pytest.mark.parametrize(
    "old, new, field",
    [
        ('"2 kg"', '"9 kg"', "anchor"),
        ('"2 kg"', '"2 kWh"', "anchor.amount"),
        ('"500 g"', '"0 g"', "anchor"),
        ('confidence = "assumption"\n', "", "anchor"),
        ('reason = "like a book"\n', "", "anchor"),
        ('reason = "like a book"\n', 'source = "bok"\n', "anchor.source"),
    ],
)
def test_an_anchor_is_a_positive_range_that_rests_on_something(tiny: Workplace, old: str, new: str, field: str) -> None:
    tiny.write("inventory/hardware/unknown.toml", UNKNOWN + ANCHOR.replace(old, new))
    assert [problem.split(": ")[1] for problem in problems(tiny)] == [field]


def test_check_names_activities_with_gaps_that_nothing_can_be_said_of(stated: Workplace) -> None:
    unclassified = check(["inventory"]).unclassified
    assert "drive" in unclassified
    assert "plant" not in unclassified
    stated.edit("inventory/hardware/drive.toml", "location", 'estimate_class = "widgets"\nlocation')
    assert "drive" not in check(["inventory"]).unclassified


def test_the_command_prints_what_nothing_can_be_said_of(stated: Workplace, command: Callable[..., Done]) -> None:
    out = command("check", "inventory").out
    assert "without a class or sector to estimate them from: " in out
    assert "drive" in out


def test_every_shipped_class_and_sector_has_ratios(built_in: Catalogue) -> None:
    ratios = built_in.ratios
    assert {name for name, category in ratios.total if category == "acidification"} == set(ratios.classes)
    assert {sector for sector, _ in ratios.direct} == set(ratios.sectors)
    assert {category for _, category in (*ratios.total, *ratios.direct)} <= set(EF)


def test_every_shipped_gap_has_a_class_and_something_to_be_reckoned_from() -> None:
    checked = check()
    assert checked.unclassified == ()
    assert checked.unanchored == ("facility-edge",)  # whose building nobody allocates
