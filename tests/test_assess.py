"""The command that a study says repeats it, does."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from workplace import Done, Workplace

from lca.api import assess, score
from lca.inventory.catalogue import Catalogue
from lca.study.study import Study


def again(study: Study, command: Callable[..., Done]) -> list[float]:
    """The scores that the study's command prints."""
    program, *words = shlex.split(study.provenance["Command"])
    assert program == "lca"
    done = command(*words, "--json")
    assert done.code == 0, done.err
    return [math.nan if row["score"] is None else row["score"] for row in json.loads(done.out)["scores"]]


@pytest.mark.parametrize("categories", ["climate-change", "climate-change,water-use"])
@pytest.mark.parametrize("formula", ["cut-off", "circular-footprint"])
def test_scenarios_with_folders_categories_and_end_of_life(
    categories: str, formula: str, tiny: Workplace, command: Callable[..., Done]
) -> None:
    study = assess("scenario.toml", Catalogue.load("inventory"), categories, formula)
    assert again(study, command) == pytest.approx(study.scores()["score"].tolist(), rel=1e-12, nan_ok=True)


def test_scenarios_that_were_drawn(tiny: Workplace, command: Callable[..., Done]) -> None:
    """With as many draws of the same seed; one that was not drawn is repeated without draws."""
    study = assess("scenario.toml", Catalogue.load("inventory"), "climate-change", samples=40, seed=3)
    _, *words = shlex.split(study.provenance["Command"])
    found = json.loads(command(*words, "--json").out)["uncertainty"]
    assert study.layers and (found["samples"], found["seed"]) == (40, 3)
    assert found["scores"][0]["high"] == pytest.approx(study.layers.scores["high"][0], rel=1e-12)
    known = assess("scenario.toml", Catalogue.load("inventory"), "climate-change")
    assert "uncertainty" not in json.loads(command(*shlex.split(known.provenance["Command"])[1:], "--json").out)


def test_a_background_is_named(tiny: Workplace) -> None:
    theirs = SimpleNamespace(name="theirs", provenance={})
    study = assess("scenario.toml", replace(Catalogue.load("inventory"), foreign=theirs), "climate-change")
    assert "--background theirs" in study.provenance["Command"]


def test_a_product_alone(tiny: Workplace, command: Callable[..., Done]) -> None:
    catalogue = Catalogue.load("inventory")
    activity = next(iter(catalogue.activities.values()))
    study = score(activity.id, f"2.5 {activity.unit}", catalogue, "climate-change", samples=20)
    assert again(study, command) == pytest.approx(study.scores()["score"].tolist(), rel=1e-12, nan_ok=True)
