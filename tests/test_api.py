"""The library as it is met: what `import lca` shows, arguments as a person writes them, and what docstrings promise."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import pydoc
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from workplace import Workplace

import lca
import lca.compress
import lca.measure.hooks
from lca import errors
from lca.errors import InvalidData, NotANumber, NotFinite, NoUnit, UnknownCategory, UsageError, WrongUnit

CLIMATE = ["climate-change"]


def total(study: lca.Study) -> float:
    return float(study.scores()["score"].iloc[0])


def test_the_public_names_are_shown() -> None:
    assert [name for name in dir(lca) if not name.startswith("_")] == lca.__all__
    shown = pydoc.plain(pydoc.render_doc(lca))
    assert [name for name in lca.__all__ if name not in shown] == []
    assert "assess(scenarios:" in shown and "score(id:" in shown
    for step in ("Scenario.load(", ".vary(", "assess(", ".compare(", "report.workbook(", "EnergyMeter("):
        assert step in (lca.__doc__ or "")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'asses'"):
        lca.asses  # noqa: B018


def test_errors_and_report_need_no_import_of_their_own() -> None:
    code = "import lca, sys; print(len(sys.modules), lca.errors.LcaError.__name__, lca.report.workbook.__name__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split()[1:] == ["LcaError", "workbook"], done.stderr


def test_one_scenario_a_path_or_a_list_of_either(tiny: Workplace) -> None:
    catalogue, path = tiny.catalogue(), tiny.folder / "scenario.toml"
    scenario = lca.Scenario.load(path)
    one = total(lca.assess(scenario, catalogue, CLIMATE))
    for given in (path, str(path), [path], (str(path),), [scenario], iter([scenario])):
        assert total(lca.assess(given, catalogue, CLIMATE)) == one
    both = lca.assess([path, scenario.vary(name="other")], catalogue, CLIMATE)
    assert both.names == (scenario.name, "other")


def test_problems_of_all_paths_come_at_once(tiny: Workplace) -> None:
    for name in ("a.toml", "b.toml"):
        tiny.write(name, "nonsense = 1\n")
    with pytest.raises(InvalidData) as raised:
        lca.assess(["a.toml", "b.toml"], tiny.catalogue())
    assert {problem.file for problem in raised.value.problems} == {"a.toml", "b.toml"}


def test_no_scenario_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match="no scenario is given"):
        lca.assess([])


def test_a_category_as_text_is_understood_and_one_given_twice_counts_once(tiny: Workplace) -> None:
    catalogue = tiny.catalogue()
    for given in ("climate-change", ["climate-change"], "climate-change, climate-change", ("climate-change",) * 2):
        assert lca.assess("scenario.toml", catalogue, given).categories == ("climate-change",)
    assert lca.score("card", 1, catalogue, "land-use,climate-change").categories == ("land-use", "climate-change")


def test_an_unknown_category_is_refused_with_near_ones(tiny: Workplace) -> None:
    for given in ("climate-chang", ["climate-chang"]):
        with pytest.raises(UnknownCategory, match="did you mean 'climate-change'"):
            lca.assess("scenario.toml", tiny.catalogue(), given)
    with pytest.raises(UsageError, match="no impact category is given"):
        lca.assess("scenario.toml", tiny.catalogue(), [])


def test_a_mistyped_end_of_life_is_refused_with_near_ones(tiny: Workplace) -> None:
    with pytest.raises(UsageError, match="'avoided-burdens'; did you mean 'avoided-burden'"):
        lca.assess("scenario.toml", tiny.catalogue(), end_of_life="avoided-burdens")


def test_an_amount_is_text_with_a_unit_or_a_number_in_the_unit_of_the_product(tiny: Workplace) -> None:
    catalogue = tiny.catalogue()
    one = total(lca.score("card", catalogue=catalogue, categories=CLIMATE))
    assert one > 0
    for given in ("2 item", 2, 2.0):
        assert total(lca.score("card", given, catalogue, CLIMATE)) == pytest.approx(2 * one, rel=1e-12)
    unit = catalogue.activity("plant").unit
    assert unit == "kWh"
    kilowatt_hour = total(lca.score("plant", 1, catalogue, CLIMATE))
    assert total(lca.score("plant", "1 MWh", catalogue, CLIMATE)) == pytest.approx(1000 * kilowatt_hour)


@pytest.mark.parametrize(
    ("amount", "error"),
    [
        (float("nan"), NotFinite),
        (float("inf"), NotFinite),
        ("1e999 item", NotFinite),
        (True, NotANumber),
        (None, NotANumber),
        ([2], NotANumber),
        ("two", NotANumber),
        ("2", NoUnit),
        ("2 kg", WrongUnit),
    ],
)
def test_what_is_no_amount_is_refused(amount: Any, error: type[Exception], tiny: Workplace) -> None:
    with pytest.raises(error):
        lca.score("card", amount, tiny.catalogue(), CLIMATE)


def test_what_a_researcher_gets_goes_to_parquet_and_back(tiny: Workplace, tmp_path: Path) -> None:
    catalogue, scenario = tiny.catalogue(), lca.Scenario.load("scenario.toml")
    study = lca.assess([scenario, scenario.vary(name="other", inference={"serves": "2e6 inference"})], catalogue)
    names = ("scores", "contributions", "elementary", "flows", "documented", "energy", "foreground", "gaps")
    more = ("set_aside", "sources", "compare", "variants")
    tables = {name: getattr(study, name)() for name in (*names, *more)}
    tables |= {"table": study.table, "catalogue": catalogue.table(CLIMATE)}
    tables["sweep"] = lca.sweep(scenario, {"facility.PUE": [1.1, 1.2]}, catalogue, CLIMATE)
    assert all(f" {name}(self" in pydoc.plain(pydoc.render_doc(lca.Study)) for name in (*names, *more))
    for name, table in tables.items():
        path = tmp_path / f"{name}.parquet"
        table.to_parquet(path)
        back = pd.read_parquet(path)
        assert back.shape == table.shape and list(back) == list(table), name
        numbers = table.select_dtypes("number")
        pd.testing.assert_frame_equal(back[list(numbers)], numbers)
        assert back.attrs == table.attrs


def methods(owner: type) -> Iterator[tuple[str, Any]]:
    """Public functions, class methods and properties that a class of ours defines itself."""
    for name, member in list(vars(owner).items()):
        function = getattr(member, "__func__", getattr(member, "fget", member))
        if not name.startswith("_") and inspect.isfunction(function):
            yield f"{owner.__name__}.{name}", function


def compressing() -> Iterator[Any]:
    for module in pkgutil.iter_modules(lca.compress.__path__):
        if module.name not in ("modules", "exported", "counting"):  # import torch: for use inside functions
            yield importlib.import_module(f"lca.compress.{module.name}")


def public() -> Iterator[tuple[str, Any]]:
    """Everything that a researcher may call, by name."""
    for name in lca.__all__:
        thing = getattr(lca, name)
        if not inspect.ismodule(thing):
            yield name, thing
        if inspect.isclass(thing):
            yield from methods(thing)
    yield from ((f"report.{name}", getattr(lca.report, name)) for name in lca.report.__all__)
    for module in (lca.measure.hooks, *compressing()):
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", "") == module.__name__
            if own and not name.startswith("_") and (inspect.isfunction(thing) or inspect.isclass(thing)):
                yield f"{module.__name__}.{name}", thing


PUBLIC = dict(public())


def raised(function: Callable[..., Any]) -> set[str]:
    """Classes of lca.errors that a function raises itself."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    names = {
        node.exc.func.id if isinstance(node.exc.func, ast.Name) else ""
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    }
    return {name for name in names if hasattr(errors, name)}


def test_the_walk_meets_what_is_public() -> None:
    expected = {"assess", "Study.scores", "Scenario.vary", "report.workbook", "lca.compress.prune.channels"}
    assert expected <= PUBLIC.keys()
    assert any(name.startswith("lca.measure.hooks.") for name in PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_docstring_is_there_and_names_what_is_raised(name: str) -> None:
    text = vars(PUBLIC[name]).get("__doc__") or PUBLIC[name].__doc__
    assert text and text.strip()
    if inspect.isfunction(PUBLIC[name]):
        assert sorted(error for error in raised(PUBLIC[name]) if error not in text) == []


def test_a_checker_of_types_may_trust_the_annotations() -> None:
    assert (Path(lca.__file__).parent / "py.typed").is_file()
