"""Draws of a large background: each is the derivative along what was drawn, and little of the variance is left out."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray

from lca.backgrounds import first_order
from lca.backgrounds.compiled import BackgroundProduct, Compiled
from lca.backgrounds.entries import UNCERTAINTY, UncertainEntries
from lca.backgrounds.first_order import FirstOrderDraws

SIZE, FLOWS = 60, 4
LOGNORMAL, NORMAL, NONE = 2.0, 3.0, 0.0
FACTORS = [{"a": 1.0, "b": 2.0}, {"c": 0.5, "d": 3.0}]


def entry(row: int, column: int, amount: float, kind: float, scale: float) -> tuple[int, int, float, tuple[float, ...]]:
    """An amount whose stated value is the median."""
    fields = dict.fromkeys(UNCERTAINTY, np.nan) | {"uncertainty_type": kind, "scale": scale, "sign": np.sign(amount)}
    fields |= {"loc": np.log(abs(amount)) if kind == LOGNORMAL else abs(amount), "negative": 0.0}
    return row, column, amount, tuple(fields[name] for name in UNCERTAINTY)


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    """Each activity takes from three others, loops among them, and emits four flows; amounts span six orders."""
    random = np.random.default_rng(1)
    technosphere, biosphere = [], []
    for n in range(SIZE):
        technosphere.append(entry(n, n, 1.0, NONE, np.nan))
        for taken in random.choice([k for k in range(SIZE) if k != n], 3, replace=False).tolist():
            technosphere.append(entry(taken, n, -(10 ** random.uniform(-7, -1)), LOGNORMAL, 0.1))
        for flow in range(FLOWS):
            amount = 10 ** random.uniform(-6, 0)
            biosphere.append(entry(flow, n, amount, NORMAL, 0.05 * amount))
    products = tuple(BackgroundProduct(str(n), str(n), "", "GLO", "kg") for n in range(SIZE))
    return Compiled(products, tuple("abcd"), UncertainEntries.of(technosphere), UncertainEntries.of(biosphere))


def drawn_amounts(entries: UncertainEntries, some: NDArray[np.float64], key: tuple[int, ...]) -> np.ndarray:
    amounts = entries.amounts.copy()
    amounts[some] = next(entries.drawn(some, key))
    return amounts


def test_a_draw_is_the_derivative_along_what_was_drawn(compiled: Compiled) -> None:
    """Held against exact solves of a thousandth of the way to either side."""
    products, step = [0, 7, 30], 1e-3
    draws = FirstOrderDraws(compiled, products, FACTORS)
    [drawn] = draws.drawn(5, 3, 1)
    parts = (compiled.technosphere, compiled.biosphere)
    beyond = [
        drawn_amounts(entries, varied.some, (3, 5, place)) - entries.amounts
        for place, (entries, varied) in enumerate(zip(parts, draws._varied, strict=True))
    ]
    known = compiled.characterised(FACTORS)

    def scores(share: float) -> NDArray[np.float64]:
        matrix, emissions = (
            compiled._sparse(entries, rows, entries.amounts + share * more).toarray()
            for entries, rows, more in zip(parts, (SIZE, FLOWS), beyond, strict=True)
        )
        return (known @ emissions @ np.linalg.inv(matrix)).T[products]

    slope = (scores(step) - scores(-step)) / (2 * step)
    assert drawn == pytest.approx(scores(0.0) + slope, rel=1e-7)


def test_little_of_the_variance_is_left_out(compiled: Compiled, monkeypatch: pytest.MonkeyPatch) -> None:
    products = [0, 7, 30]
    draws = FirstOrderDraws(compiled, products, FACTORS)
    assert sum(len(varied.some) for varied in draws._varied) < 0.5 * 7 * SIZE
    monkeypatch.setattr(first_order, "LEFT_OUT", 0.0)
    every = FirstOrderDraws(compiled, products, FACTORS)
    assert sum(len(varied.some) for varied in every._varied) > 0.9 * 7 * SIZE
    some, most = (np.concatenate([each.drawn(n, 1, 250) for n in range(20)]) for each in (draws, every))
    assert some.mean(axis=0) == pytest.approx(most.mean(axis=0), rel=0.005)
    assert some.std(axis=0) == pytest.approx(most.std(axis=0), rel=0.06)  # each is known to one per cent and more


def test_blocks_are_independent_and_the_same_whoever_asks(compiled: Compiled) -> None:
    draws = FirstOrderDraws(compiled, [0], FACTORS)
    first, second = (draws.drawn(number, 1, 250) for number in range(2))
    assert np.array_equal(FirstOrderDraws(compiled, [0], FACTORS).drawn(1, 1, 250), second)
    assert abs(np.corrcoef(first[:, 0, 0], second[:, 0, 0])[0, 1]) < 0.25
    assert not np.array_equal(draws.drawn(0, 2, 250), first)


def test_what_has_no_distribution_is_as_stated(compiled: Compiled) -> None:
    certain = UncertainEntries.of([(0, 0, 1.0, entry(0, 0, 1.0, NONE, np.nan)[3])])
    assert not len(certain.uncertain) and not len(next(certain.drawn(certain.uncertain, (1,))))
    one = Compiled(compiled.products[:1], ("a",), certain, UncertainEntries.of([(0, 0, 2.0, (0.0,) * 8)]))
    assert FirstOrderDraws(one, [0], FACTORS).drawn(0, 1, 3).tolist() == [[[2.0, 0.0]]] * 3


def test_draws_follow_one_another(compiled: Compiled) -> None:
    entries = compiled.biosphere
    three = list(islice(entries.drawn(entries.uncertain, (1, 2)), 3))
    assert not np.array_equal(three[0], three[1])
    assert np.array_equal(three, list(islice(entries.drawn(entries.uncertain, (1, 2)), 3)))
