"""The catalogue as Brightway matrices: integer ids, and one float64 datapackage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.inventory.activity import Activity

PUBLISHED = "published/"
"""Prefix of the pseudo-flow that carries the published values of one category, with the factor 1 there only."""


TECHNOSPHERE, BIOSPHERE = "technosphere_matrix", "biosphere_matrix"


@dataclass(frozen=True)
class Matrices:
    """Ids of the rows and columns, the entries, and the datapackage made of them."""

    activities: Mapping[str, int]
    """Activity id → column; products have the same number."""
    flows: Mapping[str, int]
    """Code of an elementary flow, or `published/<category>` → row."""
    categories: Sequence[str]
    entries: Mapping[str, Sequence[Entries]]
    """Of the technosphere, of the biosphere, and of the characterisation of each category by its id."""

    @classmethod
    def build(
        cls, activities: Mapping[str, Activity], categories: Sequence[str], factors: Mapping[str, Mapping[str, float]]
    ) -> Matrices:
        """The matrices of all these activities, for these impact categories.

        An input that is not among them is left out: a study does not keep what only an assembly that was opened names.
        """
        columns = {id: number for number, id in enumerate(activities)}
        everything = list(activities.values())
        codes = dict.fromkeys([emission.flow.code for a in everything for emission in a.emissions])
        rows = {key: number for number, key in enumerate([*codes, *(PUBLISHED + c for c in categories)], len(columns))}
        inputs = [columns.get(input.activity, -1) for a in everything for input in a.inputs]
        taken = Entries(
            np.array(inputs, dtype=np.int64),
            np.repeat(np.arange(len(columns)), [len(a.inputs) for a in everything]),
            np.array([input.amount for a in everything for input in a.inputs], dtype=float),
            flip=True,
        ).only(np.array(inputs, dtype=np.int64) >= 0)
        emitted = Entries(
            np.array([rows[emission.flow.code] for a in everything for emission in a.emissions], dtype=np.int64),
            np.repeat(np.arange(len(columns)), [len(a.emissions) for a in everything]),
            np.array([emission.amount for a in everything for emission in a.emissions], dtype=float),
        )
        published = Entries.of(
            (rows[PUBLISHED + result.category], columns[a.id], result.value)
            for a in everything
            for result in a.results
            if result.category in categories and not result.refused
        )
        own = np.arange(len(columns))
        entries: dict[str, list[Entries]] = {
            TECHNOSPHERE: [Entries(own, own, np.ones(len(columns))), taken],
            BIOSPHERE: [emitted, published],
        }
        for category in categories:
            known = [(rows[code], 0, f) for code in codes if (f := factors[category].get(code)) is not None]
            entries[category] = [Entries.of([*known, (rows[PUBLISHED + category], 0, 1.0)])]
        return cls(columns, rows, tuple(categories), entries)

    @cached_property
    def package(self) -> Any:
        """The datapackage for bw2calc."""
        import bw_processing

        package = bw_processing.create_datapackage()
        _add(package, TECHNOSPHERE, self.entries[TECHNOSPHERE])
        _add(package, BIOSPHERE, self.entries[BIOSPHERE])
        for category in self.categories:
            _add(package, "characterization_matrix", self.entries[category], category)
        return package

    def digest(self) -> str:
        """Of all entries, by place and to the last digit."""
        hashed = sha256(repr((len(self.activities), len(self.flows), self.categories)).encode())
        for name, parts in self.entries.items():
            for part in parts:
                hashed.update(f"{name} {len(part.rows)} {part.flip}".encode())
                for array in (part.rows, part.columns, part.amounts):
                    hashed.update(np.ascontiguousarray(array).tobytes())
        return hashed.hexdigest()


class Entries(NamedTuple):
    """Entries of a matrix."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    amounts: NDArray[np.float64]
    flip: bool = False
    """Whether the matrix has their negatives."""

    @classmethod
    def of(cls, entries: Iterable[tuple[int, int, float]]) -> Entries:
        row, column, amount = zip(*entries, strict=True) if (entries := list(entries)) else ((), (), ())
        return cls(np.array(row, dtype=np.int64), np.array(column, dtype=np.int64), np.array(amount, dtype=float))

    def only(self, chosen: NDArray[np.bool_]) -> Entries:
        return Entries(self.rows[chosen], self.columns[chosen], self.amounts[chosen], self.flip)


def _add(package: Any, matrix: str, parts: Sequence[Entries], category: str = "") -> None:
    """A matrix as one vector; one without entries has a zero, as bw2calc asks for."""
    import bw_processing

    some = [part for part in parts if len(part.rows)] or [Entries.of([(0, 0, 0.0)])]
    extra = {"identifier": [category], "global_index": 0} if category else {}
    indices = np.empty(sum(len(part.rows) for part in some), dtype=bw_processing.INDICES_DTYPE)
    indices["row"], indices["col"] = (np.concatenate([part[n] for part in some]) for n in (0, 1))
    flips = np.concatenate([np.full(len(part.rows), part.flip) for part in some])
    package.add_persistent_vector(
        matrix=matrix,
        name=f"{matrix} {category}".strip().replace("/", " "),
        indices_array=indices,
        data_array=np.concatenate([part.amounts for part in some]),
        flip_array=flips if flips.any() else None,
        sum_intra_duplicates=True,
        **extra,
    )
