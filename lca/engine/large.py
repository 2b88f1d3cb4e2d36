"""Monte Carlo of the part of a background that is too large for blocks: a draw at a time, its matrices rewritten.

The pattern of the matrices is fixed. Their numbers are drawn in the order of the activities, from one stream of random
numbers for each draw: sixteen bits for each, since normal numbers would take longer than all else. A draw is solved by
BiCGSTAB (van der Vorst 1992) from the solution of the stated numbers on, and directly where that does not converge: for
the demanded products where they are few, else for the categories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from lca.engine.background import Background, Solver
from lca.engine.distributions import LEAST, Z, triangle, triangular, uniform
from lca.inventory.activity import Activity
from lca.inventory.pedigree import spread
from lca.quantities.records import Distribution
from lca.quantities.values import Range

TOLERANCE = 1e-10
"""Norm of the residual over that of the right side at which an iteration ends."""
PARTS = 65_536
"""Equal parts of a distribution, of which a draw takes one; of what the numbers are, so it never changes."""
LONG = 1_000
"""Numbers in a row that nobody needs from which on they are passed over and not drawn."""
MOST_STEPS = 100
"""Steps after which a draw is solved directly."""

Vector = NDArray[np.float64]


class Position(Protocol):
    """Some draws by their position, as `Block` has it."""

    @property
    def seed(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def size(self) -> int: ...


class LargeBackground:
    """Unit scores of products, drawn, of activities that take from each other alone."""

    def __init__(self, background: Background, members: Iterable[str], demanded: Sequence[str]) -> None:
        """`members`: with every activity its inputs. Numbers are drawn for all activities of the background alike."""
        self.categories, self.demanded = background.categories, tuple(demanded)
        everything = list(background.activities.values())
        chosen = np.array([activity.id in members for activity in everything])
        order = {activity.id: n for n, activity in enumerate(a for a in everything if a.id in members)}
        codes = {code: n for n, code in enumerate(sorted({c for f in background.factors.values() for c in f}))}
        self._inputs = _StatedNumbers.of(everything, lambda a: [(i.amount, spread(a, i)) for i in a.inputs], chosen)
        self._emissions = _StatedNumbers.of(
            everything, lambda a: [(e.amount, spread(a, e)) for e in a.emissions if e.flow.code in codes], chosen
        )
        own = [activity for activity in everything if activity.id in members]
        taken = [[order[input.activity] for input in a.inputs] for a in own]
        emitted = [[codes[e.flow.code] for e in a.emissions if e.flow.code in codes] for a in own]
        self._taken, self._flows = _columns(taken, len(own)), _columns(emitted, len(codes))
        self._factors = np.array([[background.factors[c].get(code, 0.0) for code in codes] for c in self.categories])
        self._forward = len(self.demanded) <= len(self.categories)
        self._places = [order[id] for id in self.demanded]
        self._taken.data[:], self._flows.data[:] = self._inputs.stated, self._emissions.stated
        right = self._right()
        self._stated = self._direct(right)

    def totals(self, block: Position) -> NDArray[np.float64]:
        """Demanded products × draws × categories: the score of one unit."""
        totals = np.empty((len(self.demanded), block.size, len(self.categories)))
        for draw in range(block.size):
            self._taken.data[:] = self._inputs.drawn(block, draw, "inputs")
            self._flows.data[:] = self._emissions.drawn(block, draw, "emissions")
            totals[:, draw] = self.solved()
        return totals

    def solved(self) -> NDArray[np.float64]:
        """Demanded products × categories, by the numbers that the matrices hold."""
        right = self._right()
        solved = iterated(self._into, right, self._stated)
        if solved is None:
            solved = self._direct(right)
        if self._forward:
            return np.asarray((self._factors @ (self._flows @ solved)).T)
        return solved[self._places]

    def _right(self) -> NDArray[np.float64]:
        """One unit of each demanded product, or the own scores of all activities in each category."""
        if not self._forward:
            return np.asarray(self._flows.T @ self._factors.T)
        right = np.zeros((self._taken.shape[0], len(self.demanded)))
        right[self._places, range(len(self.demanded))] = 1.0
        return right

    def _into(self, amounts: NDArray[np.float64]) -> NDArray[np.float64]:
        """What amounts of the activities take; of the transposed system what their inputs hand on."""
        matrix = self._taken if self._forward else self._taken.T
        if amounts.shape[1] == 1:
            return np.asarray(matrix @ amounts[:, 0])[:, None]
        return np.asarray(matrix @ amounts)

    def _direct(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        from scipy.sparse import identity

        system = (identity(self._taken.shape[0], format="csc") - self._taken).tocsc()
        return Solver(lambda: system).solved(right, "N" if self._forward else "T")


def iterated(
    into: Callable[[NDArray[np.float64]], NDArray[np.float64]], right: NDArray[np.float64], start: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """x = right + into(x), every column by BiCGSTAB from a start on; None: one does not converge."""

    def dot(one: NDArray[np.float64], other: NDArray[np.float64]) -> Vector:
        return np.asarray(np.einsum("ij,ij->j", one, other))

    def part(one: Vector, other: Vector) -> Vector:
        """One over the other; 0 of a column that has nothing left."""
        return np.asarray(np.divide(one, other, out=np.zeros_like(one), where=other != 0))

    least = TOLERANCE**2 * dot(right, right)
    x = start.copy()
    residual = right - x + into(x)
    shadow, direction, step = residual.copy(), residual.copy(), np.empty_like(residual)
    rho = dot(shadow, residual)
    for _ in range(MOST_STEPS):
        if (dot(residual, residual) <= least).all():
            true = right - x + into(x)  # what the recurrence says may have drifted from it
            return x if (dot(true, true) <= 100 * least).all() else None
        v = direction - into(direction)
        alpha = part(rho, dot(shadow, v))
        residual -= np.multiply(alpha, v, out=step)
        t = residual - into(residual)
        omega = part(dot(t, residual), dot(t, t))
        x += np.multiply(alpha, direction, out=step)
        x += np.multiply(omega, residual, out=step)
        residual -= np.multiply(omega, t, out=step)
        before, rho = rho, dot(shadow, residual)
        if not np.isfinite(rho).all():
            return None
        direction -= np.multiply(omega, v, out=step)
        direction *= part(rho, before) * part(alpha, omega)
        direction += residual
    return None


def _columns(rows: Sequence[Sequence[int]], height: int) -> Any:
    """A matrix of columns, its entries in the order in which they are given."""
    from scipy.sparse import csc_matrix

    ends = np.cumsum([0, *map(len, rows)])
    places = np.array([row for column in rows for row in column], dtype=np.int64)
    return csc_matrix((np.zeros(len(places)), places, ends), shape=(height, len(rows)))


@dataclass(frozen=True, slots=True)
class _StatedNumbers:
    """Stated numbers of the chosen activities, drawn as if all were: whom a draw serves changes none of it."""

    stated: Vector
    stretches: tuple[_Stretch, ...]
    scale: NDArray[np.float32]
    """Standard deviation of the logarithm; 0: it is not lognormal, or has no range."""
    shapes: tuple[_DistributionGroup, ...]

    @classmethod
    def of(
        cls,
        activities: Sequence[Activity],
        numbers: Callable[[Activity], Sequence[tuple[float, Range | None]]],
        chosen: NDArray[np.bool_],
    ) -> _StatedNumbers:
        given = [numbers(activity) for activity in activities]
        lengths = np.array([len(each) for each in given])
        own = [number for each, member in zip(given, chosen.tolist(), strict=True) if member for number in each]
        scale = np.zeros(len(own), dtype=np.float32)
        lognormal = [(n, r.low, r.high) for n, (_, r) in enumerate(own) if r and r.distribution == "lognormal"]
        if lognormal:
            places, low, high = (np.array(column) for column in zip(*lognormal, strict=True))
            scale[places] = np.abs(np.log(high / low)) / (2 * Z)
        others: dict[Distribution, list[tuple[int, float, Range]]] = {}
        for n, (amount, ends) in enumerate(own):
            if ends and ends.distribution != "lognormal":
                others.setdefault(ends.distribution, []).append((n, amount, ends))
        stated = np.array([amount for amount, _ in own], dtype=float)
        shapes = tuple(_DistributionGroup.of(shape, each) for shape, each in others.items())
        return cls(stated, tuple(_stretches(np.repeat(chosen, lengths))), scale, shapes)

    def drawn(self, block: Position, draw: int, stream: str) -> Vector:
        """The chosen numbers of one draw of a block."""
        places = self._places(f"{block.seed}|{block.number}|{draw}|{stream}")
        factors = _normal_quantiles().take(places)
        factors *= self.scale
        np.exp(factors, out=factors)
        numbers = self.stated * factors
        for shape in self.shapes:
            numbers[shape.places] = shape.drawn((places[shape.places] + 0.5) / PARTS)
        return np.asarray(numbers)

    def _places(self, key: str) -> NDArray[np.uint16]:
        """Which of the PARTS of its distribution each chosen number is in: a quarter of a random number for each."""
        generator, at, drawn = np.random.PCG64(int.from_bytes(sha256(key.encode()).digest()[:16], "little")), 0, []
        for start, stop, chosen in self.stretches:
            first, last = start // 4, -(-stop // 4)
            generator.advance(first - at)
            quarters = generator.random_raw(last - first).astype("<u8", copy=False).view("<u2")
            drawn.append(quarters[start - 4 * first : stop - 4 * first][chosen])
            at = last
        return drawn[0] if len(drawn) == 1 else np.concatenate(drawn)


@lru_cache(maxsize=1)
def _normal_quantiles() -> NDArray[np.float32]:
    """Of a standard normal distribution: the middles of PARTS equal parts. Its variance is 1.4e-5 less than one."""
    from scipy.special import ndtri

    return np.asarray(ndtri((np.arange(PARTS) + 0.5) / PARTS), dtype=np.float32)


class _Stretch(NamedTuple):
    """Numbers in a row of which some are needed; the others are drawn and dropped."""

    start: int
    stop: int
    chosen: NDArray[np.bool_] | slice


def _stretches(chosen: NDArray[np.bool_]) -> Iterator[_Stretch]:
    """All that is chosen, in few stretches; of what is not chosen nothing that is long."""
    needed = np.flatnonzero(chosen)
    for some in np.split(needed, np.flatnonzero(np.diff(needed) > LONG) + 1) if len(needed) else ():
        start, stop = int(some[0]), int(some[-1]) + 1
        part = chosen[start:stop]
        yield _Stretch(start, stop, slice(None) if part.all() else part)


class _DistributionGroup(NamedTuple):
    """Numbers of one distribution: its parameters, and the least and most that keep their sign."""

    places: NDArray[np.intp]
    distribution: Distribution
    low: Vector
    high: Vector
    mode: Vector
    least: Vector
    most: Vector

    @classmethod
    def of(cls, shape: Distribution, numbers: Sequence[tuple[int, float, Range]]) -> _DistributionGroup:
        places = np.array([n for n, _, _ in numbers])
        low, high = (np.array([getattr(ends, end) for _, _, ends in numbers]) for end in ("low", "high"))
        least = np.where(low > 0, low * LEAST, np.where(low == 0, 0.0, -np.inf))
        most = np.where(high < 0, high * LEAST, np.where(high == 0, 0.0, np.inf))
        mode = low
        if shape == "triangular":
            parameters = [triangle(ends.low, amount, ends.high) for _, amount, ends in numbers]
            low, mode, high = (np.array(column) for column in zip(*parameters, strict=True))
        return cls(places, shape, low, high, mode, least, most)

    def drawn(self, share: Vector) -> Vector:
        """The numbers below which these shares of each lie."""
        match self.distribution:
            case "normal":
                from scipy.special import ndtri

                numbers = (self.low + self.high) / 2 + (self.high - self.low) / (2 * Z) * ndtri(share)
            case "uniform":
                numbers = uniform(self.low, self.high, share)
            case _:
                numbers = triangular(self.low, self.mode, self.high, share)
        return np.asarray(np.clip(numbers, self.least, self.most))
