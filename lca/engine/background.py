"""What foregrounds can ask for, solved once and kept: the only technosphere of this package.

Its matrices are those that bw2calc makes of our datapackage. A product is solved when it is first asked for, by one
factorisation for all of them; leaving out the exchanges that are negligible in a category takes another one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.builtin import cache_folder
from lca.engine.bw2calc import bw2calc
from lca.engine.matrices import Matrices
from lca.errors import InvalidData, LcaError, Suspicious
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.languages import gettext
from lca.quantities.documents import problem
from lca.quantities.kept import code, keep_arrays, kept_arrays

Vector = NDArray[np.float64]
Cut = frozenset[tuple[str, str]]
"""Exchanges that are left out: (consumer, input)."""
NOTHING: Cut = frozenset()
LARGEST_LOOP = 10.0
"""Times that an activity may be run to deliver one unit of its own product; some dairy farms come to 1.5."""
_LARGEST_CYCLE = 500
"""Activities in one cycle up to which each is checked; in larger ones only the whole solution is."""


_KEPT = 100
"""Activities from which the matrices of a background are kept for other processes."""
_MOST_KEPT = 16
_LARGEST = 8 * 2**20
"""Bytes of solved columns that are kept."""
_PARTS = ("data", "indices", "indptr")
_FILLED = 50
"""Activities in one cycle from which their order within it matters."""


class Background:
    """Activities and their unit scores in some categories. Nothing of it changes once it is made."""

    def __init__(
        self, activities: Mapping[str, Activity], categories: Sequence[str], factors: Mapping[str, Mapping[str, float]]
    ) -> None:
        """`factors`: category → code of an elementary flow → characterisation factor."""
        self.activities, self.categories, self.factors = activities, tuple(categories), factors
        self.order = tuple(activities)
        self.place = {id: number for number, id in enumerate(self.order)}
        self._solvers: dict[Cut, Solver] = {}
        self._linked: dict[Cut, tuple[NDArray[np.intp], NDArray[np.intp]]] = {}
        self._scores: dict[str, NDArray[np.float64]] = {}
        self._sizes: dict[str, NDArray[np.float64]] = {}

    @classmethod
    def of(
        cls, catalogue: Catalogue, categories: Sequence[str], own: Mapping[str, Activity] | None = None
    ) -> Background:
        """The background that a catalogue is, with the activities that scenarios define themselves; made once."""
        added = own or {}
        key = ("background", tuple(categories), tuple(sorted(added)))
        everything = {**catalogue.activities, **added}
        return catalogue.kept(key, lambda: cls(everything, categories, catalogue.library.factors))

    def at(self, place: int) -> Activity:
        """The activity at a place of `order`."""
        return self.activities[self.order[place]]

    def supply(self, demand: Mapping[str, float], cut: Cut = NOTHING) -> Vector:
        """Amount of every activity that a demand takes, upstream included, in the order of `order`.

        Raises InvalidData where a demanded product needs more of itself than it makes.
        """
        return self.supplied(demand, cut)[0]

    def supplied(self, demand: Mapping[str, float], cut: Cut = NOTHING) -> tuple[Vector, NDArray[np.bool_]]:
        """`supply`, and what is `reached` for it, from what is kept of every product."""
        self._possible(demand, cut)
        solver, places = self.solver(cut), [self.place[id] for id in demand]
        columns = [solver.column(place) for place in places]
        shape, nothing = (len(places), len(self.order)), np.empty(0)
        amounts = np.concatenate([nothing, *(column.amounts for column in columns)]).reshape(shape)
        reached = np.concatenate([nothing.astype(bool), *(column.reached for column in columns)]).reshape(shape)
        return np.array([*demand.values()]) @ amounts, np.asarray(reached.any(axis=0))

    def scores(self, id: str) -> NDArray[np.float64]:
        """Score of every activity for one unit of a product: categories × activities."""
        if id not in self._scores:
            self._scores[id] = np.asarray(self.own * self.supply({id: 1.0}))
        return self._scores[id]

    def sizes(self, id: str) -> NDArray[np.float64]:
        """`scores` summed over all activities, then by their absolute values, then those of published results alone:
        3 × categories."""
        if id not in self._sizes:
            supply = self.supply({id: 1.0})
            absolute = np.abs(supply)
            published = absolute * self._published
            self._sizes[id] = np.stack([self.own @ supply, self._size @ absolute, self._size @ published])
        return self._sizes[id]

    @cached_property
    def _size(self) -> NDArray[np.float64]:
        return np.abs(self.own)

    @cached_property
    def _published(self) -> NDArray[np.bool_]:
        return np.array([bool(activity.results) for activity in self.activities.values()])

    def totals(self, id: str) -> Vector:
        """Score of one unit of a product in every category. Raises InvalidData as `supply` does."""
        self._possible([id], NOTHING)
        return np.asarray(self._totals[self.place[id]])

    def every_total(self, category: str) -> Vector:
        """Score in one category of one unit of every product, in the order of `order`."""
        return np.asarray(self._totals[:, self.categories.index(category)])

    @cached_property
    def _totals(self) -> NDArray[np.float64]:
        """Products × categories: one solve of the transposed system for each category."""
        path = _path("totals", self._matrices.digest)
        kept = kept_arrays(path) if path else None
        if kept:
            return kept["totals"]
        totals = self.solver().solved(self.own.T, "T")
        if path:
            keep_arrays(path, {"totals": totals}, _MOST_KEPT)
        return totals

    def reached(self, demanded: Iterable[str], cut: Cut = NOTHING) -> NDArray[np.bool_]:
        """Whether an activity is needed for any of the demanded products, which are among them."""
        return self._reached([self.place[id] for id in demanded], cut)

    def _reached(self, demanded: Sequence[int], cut: Cut) -> NDArray[np.bool_]:
        starts, inputs = self._links(cut)
        reached, new = np.zeros(len(self.order), dtype=bool), np.array(demanded, dtype=np.intp)
        while len(new):
            reached[new] = True
            first, number = starts[new], starts[new + 1] - starts[new]
            places = np.repeat(first - (np.cumsum(number) - number), number) + np.arange(number.sum())
            taken = inputs[places]
            new = np.unique(taken[~reached[taken]])
        return reached

    def _links(self, cut: Cut) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Where the inputs of each activity begin, and the inputs of all of them one after the other."""
        if cut not in self._linked:
            entries, columns, begins = self._matrices.parts
            size, consumers = len(self.order), columns.astype(np.intp)  # their product may be large
            inputs = np.repeat(np.arange(size), np.diff(begins))
            left_out = [self.place[consumer] * size + self.place[input] for consumer, input in cut]
            left = (entries != 0) & (inputs != consumers) & ~np.isin(consumers, [*self._matrices.impossible])
            left &= ~np.isin(consumers * size + inputs, left_out)
            starts = np.concatenate([[0], np.cumsum(np.bincount(consumers[left], minlength=size))])
            self._linked[cut] = starts, inputs[left][np.argsort(consumers[left], kind="stable")]
        return self._linked[cut]

    def upstream(self, demanded: Iterable[str], cut: Cut = NOTHING) -> frozenset[str]:
        """Ids of the activities that the demanded products need, themselves included."""
        return frozenset(self.order[number] for number in np.flatnonzero(self.reached(demanded, cut)))

    @cached_property
    def largest_cycle(self) -> int:
        """Number of activities that need each other, at most."""
        from scipy.sparse.csgraph import connected_components

        _, labels = connected_components(self.solver().inputs, connection="strong")
        return int(np.bincount(labels).max())

    def cut(self, category: str) -> Cut:
        """The inputs of activities whose gaps do not count in a category."""
        return self._cuts.get(category, NOTHING)

    @cached_property
    def _cuts(self) -> dict[str, Cut]:
        cuts: dict[str, set[tuple[str, str]]] = {}
        for id, activity in self.activities.items():
            for input in activity.inputs:
                for category in input.negligible:
                    cuts.setdefault(category, set()).add((id, input.activity))
        return {category: frozenset(cut) for category, cut in cuts.items()}

    def keep(self) -> None:
        """Keep what was solved for other processes."""
        for solver in self._solvers.values():
            solver.keep()

    @cached_property
    def own(self) -> NDArray[np.float64]:
        """Score of the own flows and published values of one unit of every activity: categories × activities."""
        return self._matrices.own

    @cached_property
    def impossible(self) -> Mapping[str, float]:
        """Activities that take all of their product, or nearly, to make it → times one is run for one unit."""
        return {self.order[place]: times for place, times in self._matrices.impossible.items()}

    @cached_property
    def _matrices(self) -> _Loaded:
        return _loaded(self.activities, self.categories, self.factors)

    def solver(self, cut: Cut = NOTHING) -> Solver:
        if cut not in self._solvers:
            path = _path("solved", f"{digest} {sorted(cut)}") if (digest := self._matrices.digest) else None
            reached = partial(self._reached, cut=cut)
            self._solvers[cut] = Solver(lambda: self._technosphere(cut), lambda place: reached([place]), path)
        return self._solvers[cut]

    def _technosphere(self, cut: Cut) -> Any:
        matrix = self._matrices.technosphere.tolil()
        for id in self.impossible:  # whoever asks for one is refused: it must not spoil the rest
            matrix[:, self.place[id]] = 0
            matrix[self.place[id], self.place[id]] = 1
        for consumer, input in cut:
            matrix[self.place[input], self.place[consumer]] = float(consumer == input)
        return matrix.tocsc()

    def _possible(self, demanded: Iterable[str], cut: Cut) -> None:
        if not self.impossible:
            return
        reached = self.reached(demanded, cut)
        faults = [id for id in self.impossible if reached[self.place[id]]]
        if faults:
            raise InvalidData([self.too_tight(id) for id in faults])

    def too_tight(self, id: str) -> Any:
        """The problem that an impossible activity is, at its place in its file."""
        file, _, line = self.activities[id].file.partition(":")
        times = self.impossible[id]
        if np.isinf(times):
            what = gettext("it takes all of its product to make it")
        else:
            what = gettext("it is run {times:.3g} times", times=times)
        circle = " → ".join(_circle(self.activities, id))
        fault = Suspicious(
            gettext("to deliver one unit of {id}, {what}: a loop too tight ({circle})", id=id, what=what, circle=circle)
        )
        return problem(file, int(line or 1), ("exchanges",), fault)


@dataclass(frozen=True)
class _Loaded:
    """The matrices of bw2calc in the order of the activities."""

    parts: Sequence[NDArray[Any]]
    """Of the technosphere, product × activity, by rows: entries, their columns, and where each row begins."""
    own: NDArray[np.float64]
    impossible: Mapping[int, float]
    """Place of an activity → times that it is run for one unit."""
    digest: str = ""
    """Of all that they are made of; empty: they are not kept."""

    @cached_property
    def technosphere(self) -> Any:
        from scipy.sparse import csr_matrix

        size = len(self.parts[2]) - 1
        return csr_matrix(tuple(self.parts), shape=(size, size))


def _loaded(
    activities: Mapping[str, Activity], categories: Sequence[str], factors: Mapping[str, Mapping[str, float]]
) -> _Loaded:
    """As bw2calc makes them; those of a large background are kept by what they are made of, for it loads slowly."""
    matrices = Matrices.build(activities, categories, factors)
    if len(activities) < _KEPT:
        return _made(matrices)
    versions = " ".join(metadata.version(name) for name in ("bw2calc", "bw_processing", "matrix_utils", "scipy"))
    digest = sha256(f"{matrices.digest()} {versions} {code('engine')}".encode()).hexdigest()
    path = cache_folder() / f"background-{digest[:32]}.arrays"
    if arrays := kept_arrays(path):
        impossible = dict(zip(arrays["impossible"].tolist(), arrays["times"].tolist(), strict=True))
        return _Loaded([arrays[name] for name in _PARTS], arrays["own"], impossible, digest)
    made = _made(matrices)
    impossible = {
        "impossible": np.array([*made.impossible], dtype=np.int64),
        "times": np.array([*made.impossible.values()]),
    }
    keep_arrays(path, {**dict(zip(_PARTS, made.parts, strict=True)), "own": made.own, **impossible}, most=_MOST_KEPT)
    return replace(made, digest=digest)


def _path(what: str, digest: str) -> Path | None:
    return cache_folder() / f"{what}-{sha256(digest.encode()).hexdigest()[:32]}.arrays" if digest else None


def _made(matrices: Matrices) -> _Loaded:
    first = next(iter(matrices.activities.values()))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All values in characterization matrix")  # completeness says it better
        loaded = bw2calc().MultiLCA(
            demands={"any": {first: 1.0}},
            method_config={"impact_categories": [(category,) for category in matrices.categories]},
            data_objs=[matrices.package],
        )
        loaded.load_lci_data()
        loaded.load_lcia_data()
    columns = [loaded.dicts.activity[number] for number in matrices.activities.values()]
    rows = [loaded.dicts.product[number] for number in matrices.activities.values()]
    technosphere = loaded.technosphere_matrix.tocsr()[rows, :][:, columns]
    flows = loaded.biosphere_matrix[:, columns]
    own = [
        np.asarray((loaded.characterization_matrices[(category,)] @ flows).sum(axis=0)).ravel()
        for category in matrices.categories
    ]
    parts = technosphere.data, technosphere.indices, technosphere.indptr
    return _Loaded(parts, np.vstack(own) if own else np.zeros((0, len(columns))), _impossible(technosphere))


class _Column(NamedTuple):
    """For one unit of a product, in the order of the activities."""

    amounts: Vector
    reached: NDArray[np.bool_]
    """Whether an activity is needed, be it for an amount of 0."""


class Solver:
    """One technosphere, factorised when it is first needed; columns of its inverse, and what they reach."""

    def __init__(
        self,
        technosphere: Callable[[], Any],
        reached: Callable[[int], NDArray[np.bool_]] = lambda product: np.array(True),
        path: Path | None = None,
    ) -> None:
        """`technosphere` is called where it is needed, and `reached` for what a product needs; columns are kept at
        `path`."""
        self._make, self._reached, self._path = technosphere, reached, path
        self._new = False

    @cached_property
    def technosphere(self) -> Any:
        return self._make()

    def column(self, product: int) -> _Column:
        """What one unit of a product takes."""
        if product not in self._columns:
            demand = np.zeros(self.technosphere.shape[0])
            demand[product] = 1.0
            supply = self.solved(demand)
            reached = np.broadcast_to(self._reached(product), supply.shape)
            supply[~reached] = 0.0  # where the elimination leaves rounding
            self._columns[product], self._new = _Column(supply, reached), True
        return self._columns[product]

    @cached_property
    def _columns(self) -> dict[int, _Column]:
        kept = kept_arrays(self._path) if self._path else None
        if not kept:
            return {}
        columns = map(_Column, kept["columns"], kept["reached"])
        return dict(zip(kept["products"].tolist(), columns, strict=True))

    def keep(self) -> None:
        """Keep the columns for other processes, with those that were kept; large ones are not."""
        columns = self._columns.values()
        if self._path and self._new and sum(column.amounts.nbytes for column in columns) <= _LARGEST:
            arrays = {
                "products": np.array([*self._columns]),
                "columns": np.array([column.amounts for column in columns]),
                "reached": np.array([column.reached for column in columns]),
            }
            keep_arrays(self._path, arrays, _MOST_KEPT)
            self._new = False

    def solved(self, right: NDArray[np.float64], way: Literal["N", "T"] = "N") -> NDArray[np.float64]:
        """x of A x = right, or of its transpose, for one right side or several as columns. Raises LcaError."""
        factorised, order = self._factorised
        matrix = self.technosphere.T if way == "T" else self.technosphere
        solved = np.zeros_like(right)
        for _ in range(3):  # amounts span fifteen orders of magnitude, which costs the small ones six digits
            solved[order] += factorised.solve((right - matrix @ solved)[order], way)
        if not np.isfinite(solved).all():
            raise LcaError(gettext("the product system has no solution: some activities take all that they make"))
        return solved

    @cached_property
    def _factorised(self) -> tuple[Any, NDArray[np.intp]]:
        """The factors, and the order of activities that they are in."""
        from scipy.sparse.linalg import splu

        order = _consumers_first(self.technosphere)
        return splu(self.technosphere[order, :][:, order].tocsc(), permc_spec="NATURAL"), order

    @cached_property
    def inputs(self) -> Any:
        """Consumer × input, where there is an exchange."""
        return _exchanges(self.technosphere)


def _consumers_first(technosphere: Any) -> NDArray[np.intp]:
    """The activities in an order in which each comes before its inputs, those of one cycle together.

    Then the elimination fills cycles alone. scipy numbers a cycle as it closes it, which is after all that it needs;
    within a large one the order is that of few fill-ins.
    """
    from scipy.sparse.csgraph import connected_components
    from scipy.sparse.linalg import splu

    _, labels = connected_components(_exchanges(technosphere), directed=True, connection="strong")
    order = np.argsort(-labels, kind="stable")
    first = np.flatnonzero(np.diff(labels[order], prepend=len(labels)))
    for start, size in zip(first.tolist(), np.diff(first, append=len(order)).tolist(), strict=True):
        if size > _FILLED:
            members = order[start : start + size]
            order[start : start + size] = members[splu(technosphere[members, :][:, members].tocsc()).perm_c]
    return order


def _exchanges(technosphere: Any) -> Any:
    inputs = technosphere.T.tocsr().copy()
    inputs.setdiag(0)
    inputs.eliminate_zeros()
    return inputs


def _impossible(technosphere: Any) -> dict[int, float]:
    """By cycles: how often an activity is run for a unit of its product depends on those in its cycle alone."""
    from scipy.sparse.csgraph import connected_components

    number, labels = connected_components(_exchanges(technosphere), directed=True, connection="strong")
    sizes = np.bincount(labels, minlength=number)
    diagonal = technosphere.diagonal()
    cyclic = np.flatnonzero((sizes[labels] > 1) | (diagonal != 1.0))
    loops: dict[int, float] = {}
    for label in dict.fromkeys(labels[cyclic].tolist()):
        members = np.flatnonzero(labels == label)
        if len(members) > _LARGEST_CYCLE:
            continue
        block = technosphere[members, :][:, members].toarray()
        try:
            times = np.diag(np.linalg.inv(block))
        except np.linalg.LinAlgError:
            times = np.full(len(members), np.inf)
        for member, run in zip(members, times, strict=True):
            if not 0 < run <= LARGEST_LOOP:
                loops[int(member)] = float(run)
    return loops


def _circle(activities: Mapping[str, Activity], id: str) -> list[str]:
    """The shortest way from an activity back to itself."""
    before: dict[str, str] = {}
    waiting = [id]
    while waiting:
        consumer = waiting.pop(0)
        for input in activities[consumer].inputs:
            if input.activity == id:
                way = [consumer]
                while way[-1] != id:
                    way.append(before[way[-1]])
                return [*reversed(way), id]
            if input.activity not in before:
                before[input.activity] = consumer
                waiting.append(input.activity)
    return [id]
