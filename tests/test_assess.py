"""The command that a study says repeats it, does."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Callable

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


def test_a_product_alone(tiny: Workplace, command: Callable[..., Done]) -> None:
    catalogue = Catalogue.load("inventory")
    activity = next(iter(catalogue.activities.values()))
    study = score(activity.id, f"2.5 {activity.unit}", catalogue, "climate-change")
    assert again(study, command) == pytest.approx(study.scores()["score"].tolist(), rel=1e-12, nan_ok=True)
