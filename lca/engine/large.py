"""Monte Carlo of the part of a background that is too large for blocks: a draw at a time, its matrices rewritten.

The pattern of the matrices is fixed. Their numbers are drawn in the order of the activities, in streams of normal
numbers for each draw. A draw is solved by BiCGSTAB (van der Vorst 1992) from the solution of the stated numbers on,
and directly where that does not converge: for the demanded products where they are few, else for the categories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
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
STREAM = 1_000
"""Activities whose numbers are one stream; part of what the numbers are, so it never changes."""
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
        return Solver(system).solved(right, "N" if self._forward else "T")


def iterated(
    into: Callable[[NDArray[np.float64]], NDArray[np.float64]], right: NDArray[np.float64], start: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """x = right + into(x), every column by BiCGSTAB from a start on; None: one does not converge."""
    least = TOLERANCE * np.linalg.norm(right, axis=0)

    def dot(one: NDArray[np.float64], other: NDArray[np.float64]) -> Vector:
        return np.asarray(np.einsum("ij,ij->j", one, other))

    def part(one: Vector, other: Vector) -> Vector:
        """One over the other; 0 of a column that has nothing left."""
        return np.asarray(np.divide(one, other, out=np.zeros_like(one), where=other != 0))

    x = start.copy()
    residual = right - x + into(x)
    shadow, direction = residual.copy(), residual.copy()
    rho = dot(shadow, residual)
    for _ in range(MOST_STEPS):
        if (np.linalg.norm(residual, axis=0) <= least).all():
            true = right - x + into(x)  # what the recurrence says may have drifted from it
            return x if (np.linalg.norm(true, axis=0) <= 10 * least).all() else None
        v = direction - into(direction)
        alpha = part(rho, dot(shadow, v))
        residual -= alpha * v
        t = residual - into(residual)
        omega = part(dot(t, residual), dot(t, t))
        x += alpha * direction + omega * residual
        residual -= omega * t
        before, rho = rho, dot(shadow, residual)
        if not np.isfinite(rho).all():
            return None
        direction = residual + part(rho, before) * part(alpha, omega) * (direction - omega * v)
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
    streams: tuple[_Stream, ...]
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
        streams = []
        for start in range(0, len(given), STREAM):
            kept = np.repeat(chosen[start : start + STREAM], lengths[start : start + STREAM])
            if kept.any():
                streams.append(_Stream(start, len(kept), slice(None) if kept.all() else kept))
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
        return cls(stated, tuple(streams), scale, shapes)

    def drawn(self, block: Position, draw: int, stream: str) -> Vector:
        """The chosen numbers of one draw of a block."""
        head = f"{block.seed}|{block.number}|{draw}|{stream}"
        normal = np.concatenate([each.normal(f"{head}|{each.start}") for each in self.streams])
        numbers = self.stated * np.exp(self.scale * normal)
        for shape in self.shapes:
            numbers[shape.places] = shape.drawn(normal[shape.places].astype(float))
        return np.asarray(numbers)


class _Stream(NamedTuple):
    """The numbers of some activities in a row; those that nobody needs are drawn and dropped."""

    start: int
    numbers: int
    chosen: NDArray[np.bool_] | slice

    def normal(self, key: str) -> NDArray[np.float32]:
        digest = sha256(key.encode()).digest()
        generator = np.random.Generator(np.random.SFC64(int.from_bytes(digest[:16], "little")))
        return generator.standard_normal(self.numbers, dtype=np.float32)[self.chosen]


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

    def drawn(self, normal: Vector) -> Vector:
        from scipy.special import ndtr

        match self.distribution:
            case "normal":
                numbers = (self.low + self.high) / 2 + (self.high - self.low) / (2 * Z) * normal
            case "uniform":
                numbers = uniform(self.low, self.high, ndtr(normal))
            case _:
                numbers = triangular(self.low, self.mode, self.high, ndtr(normal))
        return np.asarray(np.clip(numbers, self.least, self.most))
