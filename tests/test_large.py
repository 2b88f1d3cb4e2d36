"""A background too large for blocks: a draw is a full solve of its numbers, whoever asks and however it is solved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from benchmarks.large import generated
from test_sampling import CATEGORIES, LIBRARY

from lca.engine import large, sampling
from lca.engine.background import Background
from lca.engine.large import LargeBackground
from lca.engine.sampling import Block, SampledBackground, blocks
from lca.inventory.activity import Activity, Input
from lca.quantities.values import Range
from lca.vocabulary import Stage

SIZE = 80


@pytest.fixture(scope="module")
def activities() -> dict[str, Activity]:
    return generated(LIBRARY, SIZE, seed=3)


@pytest.fixture
def apart() -> Iterator[None]:
    """Every background is a large one."""
    before = sampling.MOST_IN_BLOCKS
    sampling.MOST_IN_BLOCKS = 10
    yield
    sampling.MOST_IN_BLOCKS = before


def everything(activities: dict[str, Activity], *demanded: str) -> LargeBackground:
    return LargeBackground(Background(activities, CATEGORIES, LIBRARY.factors), set(activities), demanded)


def drawn(activities: dict[str, Activity], found: LargeBackground, block: Block, draw: int) -> dict[str, Activity]:
    """The activities with the numbers of one draw written in."""
    inputs = iter(found._inputs.drawn(block, draw, "inputs").tolist())
    emissions = iter(found._emissions.drawn(block, draw, "emissions").tolist())
    return {
        id: replace(
            a,
            inputs=tuple(replace(input, amount=next(inputs)) for input in a.inputs),
            emissions=tuple(replace(emission, amount=next(emissions)) for emission in a.emissions),
        )
        for id, a in activities.items()
    }


@pytest.mark.parametrize("demanded", [("g-79",), ("g-79", "g-3", "g-40")])
def test_a_draw_is_a_full_solve_of_its_numbers(activities: dict[str, Activity], demanded: tuple[str, ...]) -> None:
    """For one product by its supply, for more than there are categories by the unit scores of all."""
    found, block = everything(activities, *demanded), Block(3, 0, 5)
    totals = found.totals(block)
    for draw in range(block.size):
        solved = Background(drawn(activities, found, block, draw), CATEGORIES, LIBRARY.factors)
        for number, id in enumerate(demanded):
            np.testing.assert_allclose(totals[number, draw], solved.totals(id), rtol=1e-6)


def test_whom_a_draw_serves_changes_none_of_it(activities: dict[str, Activity], apart: None) -> None:
    background, block = Background(activities, CATEGORIES, LIBRARY.factors), Block(3, 1, 4)
    alone = SampledBackground(background, ["g-70"]).totals(block)["g-70"]
    among = SampledBackground(background, [f"g-{n}" for n in range(SIZE)]).totals(block)["g-70"]
    np.testing.assert_allclose(alone, among, rtol=1e-7)


def test_a_draw_that_does_not_converge_is_solved_directly(
    activities: dict[str, Activity], monkeypatch: pytest.MonkeyPatch
) -> None:
    for demanded in (("g-79",), ("g-79", "g-3", "g-40")):
        block, before = Block(3, 0, 3), everything(activities, *demanded).totals(Block(3, 0, 3))
        monkeypatch.setattr(large, "MOST_STEPS", 0)
        np.testing.assert_allclose(everything(activities, *demanded).totals(block), before, rtol=1e-7)
        monkeypatch.undo()


def test_both_ways_of_drawing_agree_within_sampling_error(activities: dict[str, Activity], apart: None) -> None:
    """An assembly of the generated part: quantiles of 1,500 draws, the logarithm's deviation within a tenth."""
    part = Input("g-79", 2.0, Stage.PRODUCTION, Range(1.6, 2.5, "lognormal"))
    device = Activity("d", "test", "d", "d", "item", "GLO", "d.toml", technology="assembly", inputs=(part,))
    background = Background({**activities, "d": device}, CATEGORIES[:1], LIBRARY.factors)

    def logarithms() -> np.ndarray:
        sampled = SampledBackground(background, ["d"])
        return np.log(np.concatenate([sampled.totals(block)["d"] for block in blocks(1, 1500)]))

    one_by_one = logarithms()
    sampling.MOST_IN_BLOCKS = 1000
    in_blocks = logarithms()
    assert one_by_one.std(axis=0) == pytest.approx(in_blocks.std(axis=0), rel=0.1)
    assert np.median(one_by_one, axis=0) == pytest.approx(np.median(in_blocks, axis=0), abs=0.02)
    assert not np.array_equal(one_by_one, in_blocks)


@pytest.mark.parametrize(
    "ends",
    [
        (Range(1.0, 4.0, "lognormal"), 2.0),
        (Range(1.0, 3.0, "normal"), 2.0),
        (Range(1.0, 3.0, "uniform"), 2.0),
        (Range(1.0, 3.0, "triangular"), 1.9),
    ],
)
def test_drawn_numbers_have_the_stated_quantiles(ends: tuple[Range, float]) -> None:
    """Of 4,000 draws: five standard errors of a share are less than 1.3 %, of the median's 4 %."""
    spread, median = ends
    stated = [Activity("a", "test", "a", "a", "kg", "GLO", "a.toml")]
    numbers = large._StatedNumbers.of(stated, lambda activity: [(median, spread)] * 4000, np.array([True]))
    found = numbers.drawn(Block(1, 0), 0, "x")
    assert np.mean((found >= spread.low) & (found <= spread.high)) == pytest.approx(0.95, abs=0.0175)
    assert np.mean(found <= median) == pytest.approx(0.5, abs=0.04)


def test_what_is_passed_over_changes_no_other_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chosen at random and in rows, of activities of no number, of one and of seven: the same as if all were drawn."""
    lengths, random = np.array([0, 1, 7] * 200), np.random.default_rng(5)
    stated = [Activity(f"a-{n}", "test", "a", "a", "kg", "GLO", "a.toml") for n in range(len(lengths))]
    ends = Range(1.0, 4.0, "lognormal"), Range(1.0, 3.0, "uniform"), None

    def numbers(activity: Activity) -> list[tuple[float, Range | None]]:
        number = int(activity.id[2:])
        return [(2.0, ends[number % 3])] * int(lengths[number])

    everything = large._StatedNumbers.of(stated, numbers, np.full(len(stated), True)).drawn(Block(1, 0), 2, "x")
    monkeypatch.setattr(large, "LONG", 5)
    row = np.arange(len(stated)) // 100 % 2 == 1
    for chosen in (random.random(len(stated)) < 0.05, row, row & (random.random(len(stated)) < 0.5)):
        some = large._StatedNumbers.of(stated, numbers, chosen)
        assert len(some.stretches) > 1
        assert np.array_equal(some.drawn(Block(1, 0), 2, "x"), everything[np.repeat(chosen, lengths)])


def test_what_others_share_is_drawn_in_blocks(activities: dict[str, Activity], apart: None) -> None:
    """An activity that is moved by another number, and whoever takes from it."""
    moved = Input("g-1", 0.1, Stage.PRODUCTION, Range(0.05, 0.2, "lognormal", of="file|number"))
    shared = {**activities, "g-60": replace(activities["g-60"], inputs=(*activities["g-60"].inputs, moved))}
    top = Activity("t", "test", "t", "t", "kg", "GLO", "t.toml", inputs=(Input("g-60", 1.0, Stage.PRODUCTION),))
    background = Background({**shared, "t": top}, CATEGORIES, LIBRARY.factors)
    assert set(SampledBackground(background, ["t"]).order) == {"t", "g-60"}
