"""Draws that are interrupted: what is done is kept, and the same command goes on from it to the same numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from workplace import Workplace

from lca import Scenario
from lca.engine.sampling import BLOCK, Block
from lca.engine.unfinished import Unfinished
from lca.study import uncertainty
from lca.study.uncertainty import Samples, sample

CATEGORIES = ("climate-change",)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of its own, and 500 draws that are many."""
    monkeypatch.setattr("lca.engine.unfinished.cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(uncertainty, "MANY", 2 * BLOCK)
    monkeypatch.setattr(uncertainty, "TOGETHER", BLOCK)
    return tmp_path / "cache"


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Numbers of the blocks that were computed."""
    numbers: list[int] = []
    original = uncertainty._drawn_scores

    def counted(shared: Any, block: Block) -> Any:
        numbers.append(block.number)
        return original(shared, block)

    monkeypatch.setattr(uncertainty, "_drawn_scores", counted)
    yield numbers


def drawn(tiny: Workplace, draws: int, seed: int = 1, stop: int = 10**9) -> Samples:
    """Draws of the tiny scenario, interrupted once so many are done."""

    def progress(done: int) -> None:
        if done >= stop:
            raise KeyboardInterrupt

    scenario, catalogue = Scenario.load(tiny.folder / "scenario.toml"), tiny.catalogue()
    return sample([scenario], catalogue, CATEGORIES, draws, seed, progress, estimates={})


def same(one: Samples, other: Samples) -> bool:
    parts = all(np.array_equal(part, other.parts[key]) for key, part in one.parts.items())
    return parts and all(np.array_equal(scores, other.scores[name]) for name, scores in one.scores.items())


def test_what_is_done_is_gone_on_from(tiny: Workplace, cache: Path, computed: list[int]) -> None:
    whole = drawn(tiny, 1100)
    assert computed == [0, 1, 2, 3, 4] and not list(cache.glob("unfinished-*"))
    with pytest.raises(KeyboardInterrupt):
        drawn(tiny, 1100, stop=750)
    computed.clear()
    assert same(drawn(tiny, 1100), whole)
    assert computed == [0, 3, 4] and not list(cache.glob("unfinished-*"))  # the first tells whether it is the same work


def test_more_draws_go_on_from_whole_blocks(tiny: Workplace, cache: Path, computed: list[int]) -> None:
    whole = drawn(tiny, 1100)
    with pytest.raises(KeyboardInterrupt):
        drawn(tiny, 900, stop=900)
    computed.clear()
    assert same(drawn(tiny, 1100), whole) and computed == [0, 3, 4]


def test_other_draws_begin_anew(tiny: Workplace, cache: Path, computed: list[int]) -> None:
    with pytest.raises(KeyboardInterrupt):
        drawn(tiny, 1000, stop=750)
    computed.clear()
    drawn(tiny, 1000, seed=2)
    assert computed == [0, 1, 2, 3]
    assert len(list(cache.glob("unfinished-*"))) == 1


def test_a_damaged_block_is_done_again(tiny: Workplace, cache: Path, computed: list[int]) -> None:
    with pytest.raises(KeyboardInterrupt):
        drawn(tiny, 1000, stop=750)
    [folder] = cache.glob("unfinished-*")
    (folder / "000001.arrays").write_bytes(b"broken")
    computed.clear()
    with pytest.warns(UserWarning, match="it was damaged"):
        drawn(tiny, 1000)
    assert computed == [0, 1, 2, 3]


def test_few_draws_are_not_kept(tiny: Workplace, cache: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        drawn(tiny, 400, stop=250)
    assert not cache.exists()


def test_the_last_interrupted_works_are_kept(cache: Path) -> None:
    for number in range(4):
        Unfinished.in_cache({"a": np.full(3, float(number))}).keep(0, {"a": np.zeros(3)})
    assert len(list(cache.glob("unfinished-*"))) == 2


def test_the_command_says_what_is_kept(
    tiny: Workplace, cache: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (
        "assess",
        "scenario.toml",
        "-i",
        "inventory",
        "--categories",
        "climate-change",
        "--samples",
        "1000",
        "--json",
    )
    whole = command(*words)
    keep, kept = Unfinished.keep, []

    def interrupted(self: Unfinished, number: int, arrays: Any) -> None:
        if number == 2:
            raise KeyboardInterrupt
        keep(self, number, arrays)
        kept.append(number)

    monkeypatch.setattr(Unfinished, "keep", interrupted)
    stopped = command(*words)
    assert stopped.code == 130 and "500 draws are kept: the same command goes on from them" in stopped.err
    monkeypatch.setattr(Unfinished, "keep", keep)
    done = command(*words)
    assert done.code == 0 and json.loads(done.out)["uncertainty"] == json.loads(whole.out)["uncertainty"]


def test_more_draws_than_memory_holds_are_refused_at_once(tiny: Workplace, cache: Path, command: Any) -> None:
    done = command("assess", "scenario.toml", "-i", "inventory", "--samples", "1000000000000")
    assert done.code == 2 and "1,000,000,000,000 draws are about" in done.err and not cache.exists()
