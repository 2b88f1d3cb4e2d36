"""The catalogue as Brightway matrices: integer ids, and one float64 datapackage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lca.inventory.activity import Activity

PUBLISHED = "published/"
"""Prefix of the pseudo-flow that carries the published values of one category, with the factor 1 there only."""


@dataclass(frozen=True, slots=True)
class Matrices:
    """Ids of the rows and columns, and the datapackage made of them."""

    activities: Mapping[str, int]
    """Activity id → column; products have the same number."""
    flows: Mapping[str, int]
    """Code of an elementary flow, or `published/<category>` → row."""
    categories: Sequence[str]
    package: Any

    @classmethod
    def build(
        cls, activities: Mapping[str, Activity], categories: Sequence[str], factors: Mapping[str, Mapping[str, float]]
    ) -> Matrices:
        """The matrices of all these activities, for these impact categories.

        An input that is not among them is left out: a study does not keep what only an assembly that was opened names.
        """
        columns = {id: number for number, id in enumerate(activities)}
        codes = dict.fromkeys(emission.flow.code for a in activities.values() for emission in a.emissions)
        rows = {key: number for number, key in enumerate([*codes, *(PUBLISHED + c for c in categories)], len(columns))}
        technosphere = [(columns[id], columns[id], 1.0, False) for id in columns]
        biosphere = []
        for id, activity in activities.items():
            for input in activity.inputs:
                if input.activity in columns:
                    technosphere.append((columns[input.activity], columns[id], input.amount, True))
            for emission in activity.emissions:
                biosphere.append((rows[emission.flow.code], columns[id], emission.amount, False))
            for result in activity.results:
                if result.category in categories and not result.refused:
                    biosphere.append((rows[PUBLISHED + result.category], columns[id], result.value, False))
        package = _package(technosphere, biosphere)
        for category in categories:
            known = [(rows[c], 0, f, False) for c in codes if (f := factors[category].get(c)) is not None]
            _add(package, "characterization_matrix", [*known, (rows[PUBLISHED + category], 0, 1.0, False)], category)
        return cls(columns, rows, tuple(categories), package)


def _package(technosphere: Iterable[tuple[int, int, float, bool]], biosphere: Any) -> Any:
    import bw_processing

    package = bw_processing.create_datapackage()
    _add(package, "technosphere_matrix", technosphere)
    _add(package, "biosphere_matrix", biosphere or [(0, 0, 0.0, False)])
    return package


def _add(package: Any, matrix: str, entries: Iterable[tuple[int, int, float, bool]], category: str = "") -> None:
    import bw_processing
    import numpy as np

    row, column, amount, flip = zip(*entries, strict=True)  # never empty: callers give at least one entry
    extra = {"identifier": [category], "global_index": 0} if category else {}
    indices = np.empty(len(row), dtype=bw_processing.INDICES_DTYPE)
    indices["row"], indices["col"] = row, column
    package.add_persistent_vector(
        matrix=matrix,
        name=f"{matrix} {category}".strip().replace("/", " "),
        indices_array=indices,
        data_array=np.array(amount, dtype=float),
        flip_array=np.array(flip, dtype=bool) if any(flip) else None,
        sum_intra_duplicates=True,
        **extra,
    )
