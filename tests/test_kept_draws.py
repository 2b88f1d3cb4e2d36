"""Draws that were kept are those that would be made, to the last bit, or they are made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lca.engine import kept_draws
from lca.engine.background import Background
from lca.engine.kept_draws import KeptDraws
from lca.engine.sampling import Block, SampledBackground
from lca.estimate.gap import Basis, Estimate
from lca.inventory.catalogue import Catalogue

CATEGORIES = ("climate-change", "acidification")
DEMANDED = frozenset(("electricity-fr", "aluminium-primary"))
BLOCK = Block(3, 0, 20)
ESTIMATES = {("aluminium-primary", "acidification"): Estimate(1.0, 0.5, 2.0, Basis.CLASS)}


def of(catalogue: Catalogue, estimates: Mapping[tuple[str, str], Estimate] = ESTIMATES) -> KeptDraws:
    background = Background(catalogue.activities, CATEGORIES, catalogue.library.factors)
    return KeptDraws(background, catalogue, DEMANDED, estimates)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(kept_draws, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def same(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[id], other[id]) for id in one)


def test_kept_draws_are_those_that_are_made(built_in: Catalogue, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    background = Background(built_in.activities, CATEGORIES, built_in.library.factors)
    made = SampledBackground(background, DEMANDED, ESTIMATES).totals(BLOCK)
    assert same(of(built_in).totals(BLOCK), made)
    with monkeypatch.context() as patched:
        patched.setattr(kept_draws, "SampledBackground", lambda *given: pytest.fail("drawn again"))
        assert same(of(built_in).totals(BLOCK), made)
    [file] = cache.iterdir()
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.warns(UserWarning, match="damaged"):
        assert same(of(built_in).totals(BLOCK), made)


def test_what_is_drawn_of_other_numbers_is_made_anew(built_in: Catalogue, cache: Path) -> None:
    before = of(built_in).totals(BLOCK)
    metal = built_in.activity("aluminium-primary")
    changed = replace(metal, inputs=tuple(replace(input, amount=input.amount * 1.01) for input in metal.inputs))
    other = replace(built_in, activities={**built_in.activities, metal.id: changed})
    likely = {key: replace(each, known=0.1) for key, each in ESTIMATES.items()}
    again = [of(other).totals(BLOCK), of(built_in, likely).totals(BLOCK), of(built_in).totals(replace(BLOCK, seed=4))]
    for totals in again:
        assert not np.array_equal(totals[metal.id], before[metal.id])
    assert len(list(cache.iterdir())) == 4


def test_later_blocks_and_large_ones_are_not_kept(
    built_in: Catalogue, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of(built_in).totals(replace(BLOCK, number=4))
    monkeypatch.setattr(kept_draws, "_LARGEST", 100)
    of(built_in).totals(BLOCK)
    assert not cache.exists()


def test_what_a_gap_holds_is_drawn_once(built_in: Catalogue, cache: Path) -> None:
    for draws in (of(built_in), of(built_in)):
        draws.totals(BLOCK)
        for (gap, category), estimate in ESTIMATES.items():
            for each in (estimate, replace(estimate, median=1.5)):
                assert np.array_equal(draws.estimated(BLOCK, gap, category, each), BLOCK.estimated(gap, category, each))


def test_numbers_that_are_stated_alike_are_drawn_once(built_in: Catalogue, cache: Path) -> None:
    draws, numbers = of(built_in), {'[0, "facility.PUE"]': np.linspace(1.0, 1.2, BLOCK.size)}
    assert same(draws.once(BLOCK, "PUE 1 to 1.2", lambda: numbers), numbers)
    kept = draws.once(BLOCK, "PUE 1 to 1.2", lambda: pytest.fail("drawn again"))
    assert same(kept, numbers)
    for block, stated in ((BLOCK, "PUE 1 to 1.3"), (replace(BLOCK, seed=4), "PUE 1 to 1.2")):
        assert draws.once(block, stated, dict) == {}
