"""Scores that are called complete, held against public figures that are no source of theirs.

`python -m lca.validate.benchmarks` prints by category how many are held, how far off they are, and which are below a
fifth of the figure: a list of required flows that lets such a score pass lacks what decides. Figures stand as
`published` in files plausible.toml (UNECE, OEKOBAUDAT, digital4better, IPCC); published results of whole devices and
parts that the catalogue holds beside its own (ADEME, Falk and others) are another leg. An incomplete score may be as
low as it likes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.engine.background import Background
from lca.inventory.catalogue import Catalogue
from lca.methods.categories import EF
from lca.methods.library import Library

LEAST = 0.2
"""Part of a public figure that a complete score reaches."""
TWIN = "-ademe"
"""End of the id of a device or part as published, beside our own of the same name."""
FALK = {"gpu-a100-sxm4-40gb-modelled": "gpu-a100-sxm4-40gb"}
"""Our own of a device, and the one that another study published."""


class Benchmark(NamedTuple):
    """A score beside a public figure, in the unit of the category."""

    activity: str
    category: str
    ours: float
    complete: bool
    published: float
    source: str

    @property
    def ratio(self) -> float:
        """Ours over published."""
        return self.ours / self.published

    @property
    def defect(self) -> bool:
        """Whether the score claims to be complete and is not."""
        return self.complete and self.ratio < LEAST


class Benchmarks:
    """A catalogue beside every public figure for it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.background = Background.of(catalogue, EF)

    def score(self, id: str, category: str, unspecified_air: bool = False) -> float:
        """Of one unit; or with all that goes into the air as in air without a subcompartment."""
        score = float(self.background.totals(id)[EF.index(category)])
        return score + float(self.background.supply({id: 1.0}) @ self._change[category]) if unspecified_air else score

    def compared(self) -> Iterator[Benchmark]:
        """Every public figure with our score of the same product."""
        yield from self.compared_bands()
        yield from self.compared_twins()

    def compared_bands(self) -> Iterator[Benchmark]:
        """Figures that bands lie around."""
        for limit in self.catalogue.limits:
            if limit.published and limit.activity in self.catalogue.activities and limit.category in EF:
                ours = self.score(limit.activity, limit.category, limit.unspecified_air)
                complete = self._complete(limit.activity, limit.category)
                yield Benchmark(
                    limit.activity, limit.category, ours, complete, limit.published, ", ".join(limit.sources)
                )

    def compared_twins(self) -> Iterator[Benchmark]:
        """Published results that the catalogue holds beside its own."""
        for activity, twin, source in self._twins():
            for category in EF:
                if self._complete(twin, category) and (published := self.score(twin, category)):
                    ours, complete = self.score(activity, category), self._complete(activity, category)
                    yield Benchmark(activity, category, ours, complete, published, source)

    def _twins(self) -> Iterator[tuple[str, str, str]]:
        there = self.catalogue.activities.keys()
        yield from ((id, id + TWIN, "ademe") for id in there if id + TWIN in there and id not in FALK.values())
        yield from ((id, twin, "falk") for id, twin in FALK.items() if {id, twin} <= there)

    def _complete(self, id: str, category: str) -> bool:
        counted = self.background.upstream([id], self.background.cut(category))
        return not any(self.catalogue.state(each, category).open for each in counted)

    @cached_property
    def _change(self) -> dict[str, NDArray[np.float64]]:
        """Category → how much that changes the own flows of one unit of every activity."""
        anywhere = {category: _anywhere(self.catalogue.library, category) for category in EF}
        return {
            category: np.array(
                [
                    sum(
                        emission.amount * anywhere[category].get(emission.flow.code, 0.0)
                        for emission in self.background.activities[id].emissions
                    )
                    for id in self.background.order
                ]
            )
            for category in EF
        }


def _anywhere(library: Library, category: str) -> dict[str, float]:
    """Code of a flow into a part of the air → the factor of air without a part, less its own."""
    factors = library.factors[category]
    into_air = {code: flow for code, flow in library.flows.items() if flow.compartment.split("/")[0] == "air"}
    whole = {
        flow.name: factors[code] for code, flow in into_air.items() if flow.compartment == "air" and code in factors
    }
    return {code: whole[f.name] - factors.get(code, 0.0) for code, f in into_air.items() if f.name in whole}


def defects(compared: Iterable[Benchmark]) -> list[str]:
    """What is called complete and is below a fifth of a public figure, in words."""
    return [
        f"{row.activity}, {row.category}: {row.ours:.3g} is {row.ratio:.3f} of {row.published:.3g} ({row.source})"
        for row in compared
        if row.defect
    ]


def main() -> None:
    """Print what stands above."""
    from lca.report.terminal.table import table

    rows = list(Benchmarks(Catalogue.load()).compared())
    cells = []
    for category in EF:
        held = [row for row in rows if row.category == category]
        whole = [row.ratio for row in held if row.complete]
        low = sum(row.ratio < LEAST for row in held if not row.complete)
        counts = (len(held), len({row.source for row in held}), len(whole), sum(row.defect for row in held), low)
        cells.append((category, *map(str, counts), f"{median(whole):.2f}" if whole else ""))
    columns = ("category", "figures", "sources", "complete", "of them below a fifth", "others below", "median ratio")
    table(columns, cells, "Scores beside public figures; the ratio is of complete ones", right=columns[1:])
    for line in defects(rows):
        print(line)


if __name__ == "__main__":
    main()
