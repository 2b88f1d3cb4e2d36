"""A compiled background: its activities, its matrices with their distributions, and what one unit of a product takes.

Rows are products and columns are activities, in one order: column n makes product n. Amounts are float64.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.backgrounds.entries import UncertainEntries, Vector
from lca.backgrounds.first_order import FirstOrderDraws
from lca.errors import Fault, LcaError
from lca.languages import gettext
from lca.quantities.outputs import written_aside

_ARRAYS = "matrices.npz"
_TEXTS = "activities.json"
_KNOWN = "inventories.npz"


class Unsolvable(Fault):
    """correct the activities that are named, or leave them out"""


class BackgroundProduct(NamedTuple):
    """What one activity makes."""

    code: str
    name: str
    """Of the activity."""
    product: str
    location: str
    unit: str
    """In our spelling."""

    def __str__(self) -> str:
        product = f", {self.product}" if self.product not in ("", self.name) else ""
        return f"{self.name}{product} ({self.location or 'no location'}, {self.unit})"


@dataclass(frozen=True)
class Compiled:
    """One background, as it was compiled."""

    products: tuple[BackgroundProduct, ...]
    flows: tuple[str, ...]
    """Codes of elementary flows of the installed bw2io: the rows of `biosphere`."""
    technosphere: UncertainEntries = field(repr=False)
    """Production positive, what is taken negative."""
    biosphere: UncertainEntries = field(repr=False)

    def save(self, folder: Path) -> None:
        """Write it into a folder that exists."""
        arrays = {
            f"{name}_{part}": getattr(entries, part)
            for name, entries in (("technosphere", self.technosphere), ("biosphere", self.biosphere))
            for part in UncertainEntries.__slots__
        }
        with (folder / _ARRAYS).open("wb") as file:
            np.savez(file, **arrays)
        content = {"products": [list(product) for product in self.products], "flows": list(self.flows)}
        (folder / _TEXTS).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Compiled:
        """Read what `save` wrote. Raises LcaError where it is not whole."""
        try:
            content = json.loads((folder / _TEXTS).read_text(encoding="utf-8"))
            with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
                entries = [
                    UncertainEntries(*(arrays[f"{name}_{part}"] for part in UncertainEntries.__slots__))
                    for name in ("technosphere", "biosphere")
                ]
            return cls(tuple(BackgroundProduct(*row) for row in content["products"]), tuple(content["flows"]), *entries)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise LcaError(
                gettext(
                    "{folder} does not hold a whole background: {error}; add it again",
                    folder=str(folder),
                    error=str(error),
                )
            ) from None

    def __getstate__(self) -> dict[str, Any]:
        """What is made of it is left behind: another process factorises for itself."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Code → number of the product."""
        return {product.code: number for number, product in enumerate(self.products)}

    @cached_property
    def matrix(self) -> Any:
        """The technosphere, products × activities."""
        return self._sparse(self.technosphere, len(self.products))

    @cached_property
    def emissions(self) -> Any:
        """Flows × activities."""
        return self._sparse(self.biosphere, len(self.flows))

    def _sparse(self, entries: UncertainEntries, rows: int, amounts: Vector | None = None) -> Any:
        from scipy.sparse import csc_matrix

        numbers = entries.amounts if amounts is None else amounts
        return csc_matrix((numbers, (entries.rows, entries.columns)), shape=(rows, len(self.products)))

    @cached_property
    def _factorised(self) -> Any:
        return factorised(self.matrix, self.products)

    def inventory(self, product: int) -> Vector:
        """Amount of every flow for one unit of a product, upstream included."""
        demand = np.zeros(len(self.products))
        demand[product] = 1.0
        supply = refined(self._factorised, self.matrix, demand)
        supply[~self.reached([product])] = 0.0  # where the elimination leaves rounding
        return np.asarray(self.emissions @ supply)

    def inventories(self, products: Iterable[int], folder: Path | None = None) -> dict[int, Mapping[str, float]]:
        """Product → code of a flow → amount for one unit; what was calculated before is kept in the folder."""
        kept = _kept(folder, len(self.flows)) if folder else {}
        wanted = list(dict.fromkeys(products))
        added = {number: self.inventory(number) for number in wanted if number not in kept}
        if folder and added:
            _keep(folder, kept | added)
        rows = kept | added
        return {n: {self.flows[k]: float(rows[n][k]) for k in np.flatnonzero(rows[n])} for n in wanted}

    def unit_scores(self, factors: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
        """Score of one unit of every product: products × categories; `factors`: of each category, by code of flow."""
        own = np.asarray(self.characterised(factors) @ self.emissions)
        columns = [refined(self._factorised, self.matrix, row, transposed=True) for row in own]
        return np.stack(columns, axis=1) if columns else np.zeros((len(self.products), 0))

    def characterised(self, factors: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
        """Categories × flows of this background."""
        return np.array([[each.get(code, 0.0) for code in self.flows] for each in factors]).reshape(-1, len(self.flows))

    def speaks(self, factors: Sequence[Mapping[str, float]]) -> NDArray[np.bool_]:
        """Whether anything upstream of a product emits what a category has a factor for: products × categories."""
        known = (self.characterised(factors) != 0).astype(float)
        emits = np.asarray(known @ (self.emissions != 0).astype(float)) > 0
        consumers = self._inputs.T.tocsr()
        reached = np.zeros((len(self.products), len(factors)), dtype=bool)
        for category, row in enumerate(emits):
            reached[_from(consumers, np.flatnonzero(row)), category] = True
        return reached

    def reached(self, products: Iterable[int]) -> NDArray[np.bool_]:
        """Which activities the products need, themselves included."""
        reached = np.zeros(len(self.products), dtype=bool)
        reached[_from(self._inputs, np.array(list(products), dtype=int))] = True
        return reached

    @cached_property
    def _inputs(self) -> Any:
        """Consumer × input, where there is an exchange."""
        inputs = self.matrix.T.tocsr().copy()
        inputs.setdiag(0)
        inputs.eliminate_zeros()
        return inputs

    def drawn(self, number: int, seed: int, size: int) -> Iterator[tuple[Any, Any]]:
        """Draws of the technosphere and of the emissions; a block of them by its number, whoever asks."""
        parts = [
            (entries, entries.uncertain, entries.drawn(entries.uncertain, (seed, number, place)))
            for place, entries in enumerate((self.technosphere, self.biosphere))
        ]
        for _ in range(size):
            amounts = []
            for entries, some, draws in parts:
                numbers = entries.amounts.copy()
                numbers[some] = next(draws)
                amounts.append(numbers)
            yield (
                self._sparse(self.technosphere, len(self.products), amounts[0]),
                self._sparse(self.biosphere, len(self.flows), amounts[1]),
            )

    @property
    def large(self) -> bool:
        """Whether a draw is too dear to be solved exactly."""
        return len(self.products) > _EXACT_UP_TO

    def supplies(self, products: Sequence[int]) -> NDArray[np.float64]:
        """Activities × products: how often each runs for one unit."""
        demands = np.zeros((len(self.products), len(products)))
        demands[list(products), np.arange(len(products))] = 1.0
        return np.asarray(self._factorised.solve(demands))

    def drawn_scores(
        self, products: Sequence[int], factors: Sequence[Mapping[str, float]], number: int, seed: int, size: int
    ) -> NDArray[np.float64]:
        """Draws × products × categories: scores of one unit, every distribution of the background drawn.

        Each draw is solved by the factorised medians and corrected until it is exact; where that does not come to an
        end the draw is factorised itself. Of a large background the effect of a draw is taken to first order.
        """
        if self.large:
            return self._to_first_order(products, factors).drawn(number, seed, size)
        scores = np.zeros((size, len(products), len(factors)))
        known, start = self.characterised(factors), None
        for place, (matrix, emissions) in enumerate(self.drawn(number, seed, size)):
            own = np.asarray(known @ emissions)
            solved = _corrected(self._factorised, matrix, own, start)
            if solved is None:
                solved = factorised(matrix, self.products).solve(np.ascontiguousarray(own.T), trans="T")
            start = solved
            scores[place] = solved[list(products)]
        return scores

    def _to_first_order(self, products: Sequence[int], factors: Sequence[Mapping[str, float]]) -> FirstOrderDraws:
        """Made once for the blocks that follow."""
        key = (tuple(products), self.characterised(factors).tobytes())
        if key not in self._made:
            self._made.clear()
            self._made[key] = FirstOrderDraws(self, products, factors)
        return self._made[key]

    @cached_property
    def _made(self) -> dict[tuple[tuple[int, ...], bytes], FirstOrderDraws]:
        return {}


class Factors:
    """A factorised technosphere.

    Activities are put in an order in which what they need comes after them, and only those that need each other are
    eliminated together: without that order the elimination of 20,000 activities fills a thousand times as much, and
    in the opposite one the rows of a core that everything needs fill.
    """

    def __init__(self, matrix: Any) -> None:
        """Raises RuntimeError for a singular matrix."""
        from scipy.sparse.linalg import splu

        self._order = _consumers_first(matrix)
        ordered = matrix[self._order, :][:, self._order].tocsc()
        self._solver = splu(ordered, permc_spec="NATURAL", diag_pivot_thresh=1e-3)

    def solve(self, demand: NDArray[np.float64], trans: str = "N") -> NDArray[np.float64]:
        """Of one demand or several as columns; trans "T": of the transposed matrix."""
        solved = np.empty_like(demand)
        solved[self._order] = self._solver.solve(np.ascontiguousarray(demand[self._order]), trans=trans)
        return solved


def _consumers_first(matrix: Any) -> NDArray[np.int64]:
    """Activities before all that they need; those that need each other side by side, in an order that fills little."""
    from scipy.sparse.csgraph import connected_components
    from scipy.sparse.linalg import splu

    entries = matrix.tocoo()
    _, labels = connected_components(matrix, directed=True, connection="strong")
    apart = labels[entries.row] - labels[entries.col]
    if (apart > 0).any() and (apart < 0).any():
        return np.arange(matrix.shape[0])  # the labels do not follow the graph: no order is known
    order = np.argsort(-labels if not (apart > 0).any() else labels, kind="stable")
    sizes = np.bincount(labels)
    for label in np.flatnonzero(sizes > _MANY):
        places = np.flatnonzero(labels[order] == label)
        members = order[places]
        order[places] = members[np.argsort(splu(matrix[members, :][:, members].tocsc()).perm_c)]
    return np.asarray(order)


_MANY = 20


def factorised(matrix: Any, products: Sequence[BackgroundProduct]) -> Factors:
    """The matrix, ready to be solved. Raises Unsolvable with the activities that make it so."""
    try:
        return Factors(matrix)
    except RuntimeError:
        raise Unsolvable(gettext("the matrix is singular: {culprits}", culprits=_culprits(matrix, products))) from None


def refined(solver: Any, matrix: Any, demand: Vector, transposed: bool = False) -> Vector:
    """The solution, twice corrected: amounts span fifteen orders of magnitude, which costs the small ones digits."""
    way = "T" if transposed else "N"
    used = matrix.T if transposed else matrix
    solution = solver.solve(demand, trans=way)
    for _ in range(2):
        solution += solver.solve(demand - used @ solution, trans=way)
    if not np.isfinite(solution).all():
        raise Unsolvable(gettext("the matrix has no finite solution: some activities take all that they make"))
    return np.asarray(solution)


_EXACT_UP_TO = 2_000
"""Activities; beyond, a draw would take more than a second."""
_MOST_CORRECTIONS = 30
_EXACT = 1e-10


def _corrected(solver: Any, matrix: Any, own: NDArray[np.float64], start: NDArray[np.float64] | None) -> Any:
    """Products × categories of a drawn matrix by the factors of the median one; None: it does not converge."""
    wanted = own.T
    size = np.abs(wanted).max(axis=0) + 1e-300
    solution = solver.solve(wanted.copy(), trans="T") if start is None else start.copy()
    before = np.inf
    for _ in range(_MOST_CORRECTIONS):
        rest = wanted - matrix.T @ solution
        error = float((np.abs(rest).max(axis=0) / size).max())
        if error <= _EXACT:
            return solution
        if not error < before:
            return None
        before = error
        solution += solver.solve(rest, trans="T")
    return None


def _from(graph: Any, sources: NDArray[np.int64]) -> NDArray[np.int64]:
    """All that can be reached, the sources included."""
    reached = np.zeros(graph.shape[0], dtype=bool)
    reached[sources] = True
    waiting = np.asarray(sources, dtype=np.int64)
    while len(waiting):
        next_ones = graph[waiting].indices
        waiting = np.unique(next_ones[~reached[next_ones]])
        reached[waiting] = True
    return np.flatnonzero(reached)


def _culprits(matrix: Any, products: Sequence[BackgroundProduct]) -> str:
    """Activities of cycles that have no solution of their own, else those that make nothing."""
    from scipy.sparse.csgraph import connected_components

    _, labels = connected_components(matrix, directed=True, connection="strong")
    sizes = np.bincount(labels)
    diagonal = matrix.diagonal()
    for label in np.flatnonzero((sizes > 1) & (sizes <= 500)):
        members = np.flatnonzero(labels == label)
        block = matrix[members, :][:, members].toarray()
        if np.linalg.matrix_rank(block) < len(members):
            return gettext(
                "a cycle takes all that it makes: {activities}",
                activities="; ".join(str(products[int(n)]) for n in members[:5]),
            )
    empty = [str(products[int(n)]) for n in np.flatnonzero((diagonal == 0) & (sizes[labels] == 1))]
    return (
        gettext("these make nothing: {activities}", activities="; ".join(empty[:5]))
        if empty
        else gettext("some activities take all that they make")
    )


def _kept(folder: Path, flows: int) -> dict[int, Any]:
    """Inventories that were calculated before."""
    try:
        with np.load(folder / _KNOWN, allow_pickle=False) as arrays:
            numbers, amounts = arrays["numbers"], arrays["amounts"]
    except (OSError, ValueError, KeyError):
        return {}
    return dict(zip(numbers.tolist(), amounts, strict=True)) if amounts.shape[1:] == (flows,) else {}


def _keep(folder: Path, inventories: Mapping[int, Any]) -> None:
    with contextlib.suppress(OSError), written_aside(folder / _KNOWN, own=True) as aside, aside.open("wb") as file:
        np.savez(file, numbers=np.array(list(inventories)), amounts=np.stack(list(inventories.values())))
