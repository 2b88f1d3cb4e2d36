from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

from lca.errors import LcaError, MissingDependency, UncharacterisedCompartment, UnknownCategory, UnknownFlow
from lca.methods import library
from lca.methods.categories import CATEGORIES, EF
from lca.methods.library import Library, category

STACKS = "air/non-urban air or from high stacks"


@pytest.fixture(scope="module")
def flows() -> Library:
    return Library.load()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own, and one flow with one factor in place of bw2io's thousands."""
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / name)
    monkeypatch.setattr(library, "_read_flows", lambda path: [("1", "Gas", "air", "kg")])
    monkeypatch.setattr(library, "_read_factors", lambda path: {"acidification": {"1": 2.5}})
    return tmp_path / "ai-lca"


SMALL = Library({"1": library.Flow("1", "Gas", "air", "kg")}, {"acidification": {"1": 2.5}})


@pytest.mark.parametrize(
    ("name", "compartment", "unit", "factors"),
    [
        ("Carbon dioxide, fossil", STACKS, "kg", {"climate-change": 1.0, "ipcc-2021/climate-change": 1.0}),
        ("Carbon dioxide, fossil", "air", "kg", {"climate-change": 1.0, "acidification": None}),
        ("Methane, fossil", STACKS, "kg", {"climate-change": 29.8}),
        ("Sulfur dioxide", STACKS, "kg", {"acidification": 1.31, "climate-change": None}),
        ("Uranium", "natural resource/in ground", "kg", {"energy-resources-non-renewable": 560000.0}),
    ],
)
def test_a_flow_is_found_by_its_exact_name_and_compartment(
    name: str, compartment: str, unit: str, factors: dict[str, float | None], flows: Library
) -> None:
    flow = flows.flow(name, compartment)
    assert (flow.name, flow.compartment, flow.unit) == (name, compartment, unit)
    assert {id: flows.factors[id].get(flow.code) for id in factors} == factors


def test_a_flow_that_is_misspelt_is_refused_with_near_names(flows: Library) -> None:
    with pytest.raises(UnknownFlow) as refused:
        flows.flow("Methane, fosil", "air")
    assert str(refused.value).startswith("no flow 'Methane, fosil' in 'air'; did you mean 'Methane, fossil', ")


def test_a_compartment_that_a_flow_does_not_have_is_refused_with_those_it_has(flows: Library) -> None:
    with pytest.raises(UnknownFlow) as refused:
        flows.flow("Peat", "water")
    assert str(refused.value) == "no flow 'Peat' in 'water'; it exists in 'natural resource/biotic'"


def test_a_flow_in_a_compartment_without_the_factor_that_its_siblings_have_is_refused() -> None:
    here, there = library.Flow("1", "Gas", "air", "kg"), library.Flow("2", "Gas", "air/urban", "kg")
    water = library.Flow("3", "Gas", "water", "kg")
    factors = {id: {} for id in CATEGORIES} | {"acidification": {"2": 1.0}}
    flows = Library({flow.code: flow for flow in (here, there, water)}, factors)
    with pytest.raises(UncharacterisedCompartment) as refused:
        flows.flow("Gas", "air")
    assert str(refused.value) == "'Gas' has no factor for acidification in 'air', but in 'air/urban'"
    assert flows.flow("Gas", "air/urban") == there
    assert flows.flow("Gas", "water") == water


def test_the_sixteen_categories_of_EF_come_first_and_bare(flows: Library) -> None:
    assert len(EF) == 16
    assert list(CATEGORIES)[:16] == list(EF)
    assert [id for id in CATEGORIES if "/" not in id] == list(EF)
    assert {CATEGORIES[id].method for id in EF} == {"EF v3.1"}
    assert list(flows.factors) == list(CATEGORIES)
    assert all(flows.factors.values())


def test_a_category_is_found_by_its_id() -> None:
    found = category("water-use")
    assert (found.unit, found.method, found.title) == ("m3 world eq. deprived", "EF v3.1", "water use")
    with pytest.raises(UnknownCategory) as refused:
        category("water")
    assert str(refused.value) == "no impact category 'water'; did you mean 'water-use'?"


def test_what_is_read_is_cached_and_read_again_alike(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert library._load.__wrapped__() == SMALL
    [file] = cache.iterdir()
    assert file.name.startswith("methods-")
    monkeypatch.delattr(library, "_read_factors")
    assert library._load.__wrapped__() == SMALL


@pytest.mark.parametrize("content", ["", "{", "[]", '{"flows": []}', "\x00", "[" * 100_000])
def test_a_damaged_cache_is_made_anew(content: str, cache: Path) -> None:
    library._load.__wrapped__()
    [file] = cache.iterdir()
    whole = file.read_text(encoding="utf-8")
    file.write_text(content)
    with pytest.warns(UserWarning, match="it was damaged, and what it keeps is made again"):
        assert library._load.__wrapped__() == SMALL
    assert file.read_text(encoding="utf-8") == whole


def test_one_digit_of_a_cache_changes_no_factor(cache: Path) -> None:
    library._load.__wrapped__()
    [file] = cache.iterdir()
    whole = file.read_text(encoding="utf-8")
    number = str(next(iter(next(iter(SMALL.factors.values())).values())))
    head, _, content = whole.partition("\n")
    assert number in content
    file.write_text(f"{head}\n{content.replace(number, '9' + number)}", encoding="utf-8")
    with pytest.warns(UserWarning, match="damaged"):
        assert library._load.__wrapped__() == SMALL


def test_a_pipe_in_place_of_the_cache_is_replaced(cache: Path) -> None:
    library._load.__wrapped__()
    [file] = cache.iterdir()
    file.unlink()
    os.mkfifo(file)
    assert library._load.__wrapped__() == SMALL and file.is_file()


def test_without_a_cache_folder_the_result_is_the_same(cache: Path) -> None:
    cache.write_text("a file where the folder would be")
    assert library._load.__wrapped__() == SMALL


def test_without_bw2io_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingDependency, match=r"bw2io 0\.9\.17 or later 0\.9 is needed") as refused:
        library._load.__wrapped__()
    assert refused.value.exit_code == 4


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"water-use": ("EF v3.1", "water use", "m3")}, "bw2io gives water-use in m3 world eq. deprived, this package"),
        ({"new": ("EF v4", "new", "m3")}, "the installed bw2io has no factors for new"),
    ],
)
def test_another_bw2io_is_refused(
    changed: dict[str, tuple[str, str, str]], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for id, (method, title, unit) in changed.items():
        name = CATEGORIES[id].name if id in CATEGORIES else (method, title, "indicator")
        monkeypatch.setitem(CATEGORIES, id, library.Category(id, name, unit))
    with pytest.raises(LcaError) as refused:
        library._read_factors(library._bw2io_folder() / library._FACTORS)
    assert str(refused.value).startswith(message)
