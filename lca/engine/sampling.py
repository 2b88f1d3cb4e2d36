"""Monte Carlo: every stated range of a catalogue and of foregrounds drawn, each number once per draw for all of them.

A number is a leaf, known by its file and field. Its draws depend on the seed, the leaf and their position alone, so
that scenarios are paired, and neither their order nor the number of workers changes a result. No matrix is built per
draw: the activities are solved in an order in which what they need comes first, for a block of draws at once, and
those that need each other by one small system of equations.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.engine.background import Background
from lca.engine.distributions import LEAST, quantile
from lca.engine.large import LargeBackground
from lca.estimate.gap import Estimate, correlated
from lca.inventory.activity import Activity
from lca.inventory.catalogue import OwnDatabase
from lca.inventory.pedigree import spread
from lca.quantities.values import Range, Value

MOST_IN_BLOCKS = 5_000
"""Activities up to which all are drawn in blocks, number by number."""
MOST_IN_CYCLE = 200
"""Activities of one cycle up to which it is solved densely, 80 MB for a block of draws."""
BLOCK = 250
"""Draws that are made together; part of what the numbers are, so it never changes."""

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Block:
    """Some draws by their position."""

    seed: int
    number: int
    size: int = BLOCK

    def shares(self, leaf: str) -> Vector:
        """Uniform numbers from 0 to 1 for one leaf: the same whoever asks."""
        key = sha256(f"{self.seed}|{self.number}|{leaf}".encode()).digest()
        return _uniform.of(np.frombuffer(key, "<u8", 2))[: self.size]

    def drawn(self, leaf: str, spread: Range, median: float) -> Vector:
        """Draws of a number with a range; those that one stated number moves are drawn together."""
        shares = self.shares(spread.of or leaf)
        return bounded(quantile(spread, median, 1 - shares if spread.falls else shares), spread)

    def scattered(self, leaf: str, deviations: Vector) -> Vector:
        """Draws of a mean over that of its repeats, by their relative deviations from it.

        Σ z d / √(n (n − 1)) with standard normal z has the variance s²/n of the mean of n repeats; over √(χ²/(n − 1))
        it is Student's t with n − 1 degrees of freedom. Quantities of the same repeats keep their correlation.
        """
        from scipy.special import chdtri, ndtri

        number = len(deviations)
        normal = sum(d * ndtri(self.shares(f"{leaf}[{n}]")) for n, d in enumerate(deviations.tolist()))
        spread = np.sqrt(chdtri(number - 1, self.shares(f"{leaf} spread")) / (number - 1))
        return np.asarray(np.maximum(1 + normal / spread / np.sqrt(number * (number - 1)), LEAST))

    def estimated(self, gap: str, category: str, estimate: Estimate) -> Vector:
        """Draws of what a gap holds in a category; those of one class or sector go up and down together."""
        own = self._normal(f"gap|{gap}|{category}")
        if not estimate.group:
            return estimate.drawn(own)
        return estimate.drawn(correlated(_of_group(self, f"group|{estimate.group}|{category}"), own))

    def _normal(self, leaf: str) -> Vector:
        from scipy.special import ndtri

        return np.asarray(ndtri(np.maximum(self.shares(leaf), np.finfo(float).tiny)))


class _UniformNumbers(threading.local):
    """Uniform numbers by key, of one generator in each thread: a new one for each key takes three times as long."""

    def __init__(self) -> None:
        self._philox = np.random.Philox(key=0)
        self._beginning = self._philox.state
        self._generator = np.random.Generator(self._philox)

    def of(self, key: NDArray[np.uint64]) -> Vector:
        """The first of the Philox generator with this key."""
        self._beginning["state"]["key"] = key
        self._philox.state = self._beginning
        return self._generator.random(BLOCK)


_uniform = _UniformNumbers()


@lru_cache(maxsize=4096)
def _of_group(block: Block, leaf: str) -> Vector:
    """The normal numbers of a class or sector in a category, which all its gaps share."""
    shared = block._normal(leaf)
    shared.flags.writeable = False
    return shared


def blocks(seed: int, draws: int) -> Iterator[Block]:
    """So many draws as blocks; the last one may be smaller."""
    for number, start in enumerate(range(0, draws, BLOCK)):
        yield Block(seed, number, min(BLOCK, draws - start))


def bounded(numbers: Vector, spread: Range) -> Vector:
    """Draws of what has one sign keep it."""
    low, high = spread.low, spread.high
    if low >= 0:
        numbers = np.maximum(numbers, 0.0 if low == 0 else low * LEAST)
    if high <= 0:
        numbers = np.minimum(numbers, 0.0 if high == 0 else high * LEAST)
    return numbers


def key(value: Value) -> str:
    """The leaf that a stated number is."""
    return f"{value.file}|{value.field}"


class _Taken(NamedTuple):
    """An input of an activity: the place of the input, its amount, and its range."""

    place: int
    amount: float
    range: Range | None
    leaf: str
    hidden: tuple[int, ...] = ()
    """Columns of categories in which the gaps behind it do not count."""


class _Given(NamedTuple):
    """What an activity emits, or a published value: its factors by category, its amount, and its range."""

    factors: Vector
    amount: float
    range: Range | None
    leaf: str


class _Missing(NamedTuple):
    """What an activity's gap in a category probably holds."""

    column: int
    activity: str
    category: str
    estimate: Estimate


class SampledBackground:
    """Unit scores of products, drawn; with estimates, what their gaps hold stands in as many columns after them."""

    def __init__(
        self,
        background: Background,
        demanded: Iterable[str],
        estimates: Mapping[tuple[str, str], Estimate] | None = None,
        foreign: OwnDatabase | None = None,
    ) -> None:
        """`estimates`: (activity, category) → what a unit of its product holds beyond what is known.

        `foreign` draws the activities whose flows are of another database.
        """
        self.categories, self._foreign = background.categories, foreign
        self._factors = [background.factors[category] for category in self.categories]
        self.columns = len(self.categories) * (1 if estimates is None else 2)
        wanted = set(demanded)
        reached = background.upstream(wanted)
        apart = _apart(background, reached, estimates or {})
        self.order = [id for id in background.order if id in reached and id not in apart]
        taken = {input.activity for id in self.order for input in background.activities[id].inputs}
        self._large = LargeBackground(background, apart, sorted(apart & (wanted | taken))) if apart else None
        given = self._large.demanded if self._large else ()
        self._place = {id: number for number, id in enumerate([*self.order, *given])}
        self._taken = [list(self._inputs(background.activities[id])) for id in self.order]
        self._given = [list(self._emissions(background.activities[id], background.factors)) for id in self.order]
        self._missing = [list(self._gaps(id, estimates or {})) for id in self.order]
        groups = _needed_first([*self._taken, *([] for _ in given)])
        self._groups = [group for group in groups if group[0] < len(self.order)]
        self._demanded = tuple(wanted)
        self._documented = [id for id in self.order if background.activities[id].documented]

    def totals(self, block: Block) -> Mapping[str, NDArray[np.float64]]:
        """Demanded product → draws × columns: the score of one unit of it, and what its gaps hold."""
        totals = self._totals(block)
        return {id: totals[self._place[id]].copy() for id in self._demanded}

    def _totals(self, block: Block) -> NDArray[np.float64]:
        """Activity × draws × columns."""
        totals = np.zeros((len(self._place), block.size, self.columns))
        known = len(self.categories)
        if self._large:
            totals[len(self.order) :, :, :known] = self._large.totals(block)
        if self._foreign and self._documented:
            drawn = self._foreign.drawn(self._documented, self._factors, block.seed, block.number, block.size)
            for id, scores in drawn.items():
                totals[self._place[id], :, :known] = scores
        for group in self._groups:
            inside = {place: number for number, place in enumerate(group)}
            loop = np.zeros((block.size, len(group), len(group)))
            hidden: dict[int, list[tuple[int, int]]] = {}
            for place in group:
                totals[place, :, :known] += _sum(self._given[place], block)
                for gap in self._missing[place]:
                    totals[place, :, gap.column] += block.estimated(gap.activity, gap.category, gap.estimate)
                for taken in self._taken[place]:
                    amount = _drawn(taken, block)
                    if taken.place in inside:
                        loop[:, inside[place], inside[taken.place]] += amount
                        for column in taken.hidden:
                            hidden.setdefault(column, []).append((inside[place], inside[taken.place]))
                    else:
                        part = np.reshape(amount, (-1, 1)) * totals[taken.place]
                        part[:, list(taken.hidden)] = 0.0
                        totals[place] += part
            if loop.any():
                _solve(totals, group, loop, hidden)
        return totals

    def _inputs(self, activity: Activity) -> Iterator[_Taken]:
        for number, input in enumerate(activity.inputs):
            if input.amount and input.activity in self._place:
                # one loss lies behind all inputs of a mix
                where = "loss" if activity.is_mix else f"inputs[{number}]"
                leaf = f"{activity.file}|{activity.id}.{where}"
                hidden = tuple(self._column(category) for category in input.negligible if self._estimates(category))
                yield _Taken(self._place[input.activity], input.amount, spread(activity, input), leaf, hidden)

    def _estimates(self, category: str) -> bool:
        return self.columns > len(self.categories) and category in self.categories

    def _column(self, category: str) -> int:
        """Of what gaps hold in a category."""
        return len(self.categories) + self.categories.index(category)

    def _gaps(self, id: str, estimates: Mapping[tuple[str, str], Estimate]) -> Iterator[_Missing]:
        for category in self.categories:
            if (id, category) in estimates:
                yield _Missing(self._column(category), id, category, estimates[id, category])

    def _emissions(self, activity: Activity, known: Mapping[str, Mapping[str, float]]) -> Iterator[_Given]:
        categories = self.categories
        if activity.documented and self._foreign:
            return  # drawn there
        for number, emission in enumerate(activity.emissions):
            code = emission.flow.code
            factors = np.array([known[category].get(code, 0.0) for category in categories])
            if factors.any():
                leaf = f"{activity.file}|{activity.id}.emissions[{number}]"
                yield _Given(factors, emission.amount, spread(activity, emission), leaf)
        for result in activity.results:
            if result.category in categories and not result.refused:
                factors = np.array([float(category == result.category) for category in categories])
                yield _Given(factors, result.value, result.range, f"{activity.file}|{activity.id}.{result.category}")


def _apart(background: Background, reached: frozenset[str], gaps: Mapping[tuple[str, str], Estimate]) -> set[str]:
    """The activities that are drawn apart: a large number of those that have nothing but amounts of their own.

    Nothing that they take is shared with a foreground, moved by another number, published, estimated or negligible.
    The background decides whether, and not who asks.
    """
    if len(background.order) <= MOST_IN_BLOCKS and background.largest_cycle <= MOST_IN_CYCLE:
        return set()
    estimated = {id for id, _ in gaps}

    def plain(activity: Activity) -> bool:
        if activity.is_assembly or activity.is_mix or activity.results or activity.documented:
            return False
        if activity.id in estimated:
            return False
        moved = any(input.negligible or (input.range and input.range.of) for input in activity.inputs)
        return not moved and not any(each.range and each.range.of for each in activity.emissions)

    barred = np.array([not plain(activity) for activity in background.activities.values()])
    inputs, before = background.solver().inputs.astype(bool), -1
    while barred.sum() > before:  # whoever takes from one that is not plain is not
        before = int(barred.sum())
        barred |= inputs @ barred
    return {id for id, bar in zip(background.order, barred.tolist(), strict=True) if not bar and id in reached}


def _solve(
    totals: NDArray[np.float64],
    group: list[int],
    loop: NDArray[np.float64],
    hidden: Mapping[int, list[tuple[int, int]]],
) -> None:
    """Put in place the totals of activities that need each other, from their own."""
    own = np.moveaxis(totals[group], 0, 1)
    solved = np.linalg.solve(np.eye(len(group)) - loop, own)
    columns: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for column, links in hidden.items():
        columns.setdefault(tuple(links), []).append(column)
    for cut, alike in columns.items():
        open = loop.copy()
        for consumer, input in cut:
            open[:, consumer, input] = 0.0
        solved[:, :, alike] = np.linalg.solve(np.eye(len(group)) - open, own[:, :, alike])
    totals[group] = np.moveaxis(solved, 1, 0)


def _drawn(number: _Taken | _Given, block: Block) -> Vector | float:
    return block.drawn(number.leaf, number.range, number.amount) if number.range else number.amount


def _sum(given: Sequence[_Given], block: Block) -> NDArray[np.float64] | float:
    """Draws × categories."""
    if not given:
        return 0.0
    amounts = np.stack([np.broadcast_to(_drawn(number, block), (block.size,)) for number in given])
    return np.asarray(amounts.T @ np.stack([number.factors for number in given]))


def _needed_first(taken: Sequence[Sequence[_Taken]]) -> list[list[int]]:
    """Activities in groups that need each other, each group after all that it needs."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    size = len(taken)
    edges = [(consumer, number.place) for consumer, inputs in enumerate(taken) for number in inputs]
    rows, columns = zip(*edges, strict=True) if edges else ((), ())
    matrix = csr_matrix((np.ones(len(edges)), (rows, columns)), shape=(size, size))
    _, labels = connected_components(matrix, directed=True, connection="strong")
    groups: dict[int, list[int]] = {}
    for place, label in enumerate(labels.tolist()):
        groups.setdefault(label, []).append(place)
    ordered: list[list[int]] = []
    done: set[int] = set()
    waiting = list(groups)
    while waiting:
        label = waiting[-1]
        needs = {int(labels[number.place]) for place in groups[label] for number in taken[place]} - done - {label}
        if label in done:
            waiting.pop()
        elif needs:
            waiting += needs
        else:
            done.add(label)
            ordered.append(groups[label])
            waiting.pop()
    return ordered
