"""Unit scores of what foregrounds ask for, by bw2calc; and supply without negligible exchanges, by scipy."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lca.engine.bw2calc import bw2calc
from lca.engine.matrices import Matrices
from lca.errors import LcaError
from lca.inventory.activity import Activity

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class UnitScores:
    """Per unit of each demanded product: the supply and the score of every activity."""

    order: tuple[str, ...]
    """Activity ids, as the columns."""
    supply: Mapping[str, Vector]
    """Demanded id → amount of every activity."""
    scores: Mapping[str, Vector]
    """Demanded id → category × activity."""


def unit_scores(matrices: Matrices, demanded: Iterable[str]) -> UnitScores:
    """Solve for one unit of every demanded product, and characterise each activity's own flows."""
    ids = sorted(set(demanded))
    order = tuple(matrices.activities)
    if not ids:
        return UnitScores(order, {}, {})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All values in characterization matrix")  # completeness says it better
        warnings.filterwarnings("ignore", "Matrix is exactly singular")  # said below
        lca = bw2calc().MultiLCA(
            demands={id: {matrices.activities[id]: 1.0} for id in ids},
            method_config={"impact_categories": [(category,) for category in matrices.categories]},
            data_objs=[matrices.package],
        )
        lca.lci()
        lca.lcia()
    columns = [lca.dicts.activity[matrices.activities[id]] for id in order]
    supply = {id: np.asarray(lca.supply_arrays[id])[columns] for id in ids}
    if not all(np.isfinite(amounts).all() for amounts in supply.values()):
        raise LcaError("the product system has no solution: an activity takes all that it makes to make it")
    scores = {id: np.vstack([_own(lca, category, id)[columns] for category in matrices.categories]) for id in ids}
    return UnitScores(order, supply, scores)


def _own(lca: Any, category: str, demand: str) -> Vector:
    """Score of every activity's own flows."""
    return np.asarray(lca.characterized_inventories[((category,), demand)].sum(axis=0)).ravel()


def supply_without(
    activities: Mapping[str, Activity], cut: Collection[tuple[str, str]], demand: Mapping[str, float]
) -> dict[str, float]:
    """Amount of every activity that a demand reaches, with the exchanges `cut` (consumer, input) left out."""
    from scipy.sparse import csc_matrix, identity
    from scipy.sparse.linalg import spsolve

    reached = reached_from(activities, demand, cut)
    if not reached:
        return {}
    place = {id: number for number, id in enumerate(reached)}
    rows, columns, amounts = [], [], []
    for id in reached:
        for input in activities[id].inputs:
            if (id, input.activity) not in cut and input.amount:
                rows.append(place[input.activity])
                columns.append(place[id])
                amounts.append(input.amount)
    size = len(reached)
    technosphere = identity(size, format="csc") - csc_matrix((amounts, (rows, columns)), shape=(size, size))
    wanted = np.array([demand.get(id, 0.0) for id in reached])
    supply = np.atleast_1d(spsolve(technosphere.tocsc(), wanted))
    return {id: float(amount) for id, amount in zip(reached, supply, strict=True)}


def reached_from(
    activities: Mapping[str, Activity], demanded: Iterable[str], cut: Collection[tuple[str, str]] = ()
) -> list[str]:
    """Ids of all activities that the demanded ones need, themselves included."""
    seen: dict[str, None] = {}
    waiting = list(demanded)
    while waiting:
        id = waiting.pop()
        if id not in seen:
            seen[id] = None
            waiting += [i.activity for i in activities[id].inputs if i.amount and (id, i.activity) not in cut]
    return list(seen)
