"""What is called complete is not below a fifth of a public figure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lca.builtin import folder
from lca.inventory.catalogue import Catalogue
from lca.inventory.checks.plausibility import PlausibleBand
from lca.methods.categories import EF
from lca.validate.benchmarks import Benchmark, Benchmarks, defects

ONE_SOURCE = {"ecotoxicity-freshwater", "land-use"}
"""Others are published by factors of an unstated version of the method, or in square metres."""


@pytest.fixture(scope="module")
def compared(built_in: Catalogue) -> list[Benchmark]:
    return list(Benchmarks(built_in).compared())


def test_no_score_that_is_called_complete_is_below_a_fifth_of_a_public_figure(compared: list[Benchmark]) -> None:
    assert defects(compared) == []


@pytest.mark.parametrize("category", EF)
def test_every_category_is_held_against_public_sources(category: str, compared: list[Benchmark]) -> None:
    sources = {row.source for row in compared if row.category == category}
    assert len(sources) >= (1 if category in ONE_SOURCE else 2)


def test_more_than_a_few_complete_scores_are_held(compared: list[Benchmark]) -> None:
    assert len({row.activity for row in compared}) >= 45
    assert len({row.category for row in compared if row.complete}) >= 6
    assert sum(row.complete for row in compared) >= 70


def test_a_figure_that_counts_stacks_as_any_air_is_held_to_the_same_factors(built_in: Catalogue) -> None:
    """Fine particles of a high stack count 79 times less than in air of which nothing is said."""
    id, category = "electricity-hard-coal-controlled", "particulate-matter"
    [band] = (limit for limit in built_in.limits if (limit.activity, limit.category) == (id, category))
    [alike] = Benchmarks(replace(built_in, limits=(band,))).compared_bands()
    [own] = Benchmarks(replace(built_in, limits=(replace(band, unspecified_air=False),))).compared_bands()
    assert 0.5 < alike.ratio < 2
    assert own.ratio < 0.2
    assert [line.split(":")[0] for line in defects([own])] == [f"{id}, {category}"]


def test_only_a_complete_score_is_too_low(built_in: Catalogue) -> None:
    def band(id: str) -> PlausibleBand:
        return PlausibleBand(id, "climate-change", 0.0, 1e9, published=1e6, sources=("book",))

    bands = (band("electricity-hard-coal"), band("server-dgx-h100"))
    rows = list(Benchmarks(replace(built_in, limits=bands)).compared_bands())
    assert [row.complete for row in rows] == [row.defect for row in rows] == [True, False]


def test_particles_of_the_a100_are_lower_than_published_by_the_compartment_of_stacks() -> None:
    """The cause that explanations.toml names: with stacks counted as any air, dies and memory agree."""
    compared = Benchmarks(Catalogue.load(folder("scenarios") / "validation" / "inventory"))
    modelled = compared.catalogue.activities["validation-a100-sxm4-40gb"]
    dies = [i for i in modelled.inputs if i.activity in ("logic-wafer-7-nm", "hbm2-memory")]
    category = "particulate-matter"
    published = compared.score("gpu-a100-sxm4-40gb-main-dies", category)
    as_stacks, as_air = (
        sum(input.amount * compared.score(input.activity, category, anywhere) for input in dies)
        for anywhere in (False, True)
    )
    assert as_stacks < 0.06 * published
    assert as_air == pytest.approx(published, rel=0.3)
