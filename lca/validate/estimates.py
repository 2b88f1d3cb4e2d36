"""How often the intervals of estimates hold what is known but was not used to make them.

`python -m lca.validate.estimates` prints it: for scores of this catalogue that are complete, for own flows that are
inventoried, and for published results that every fit leaves out (inventories/estimates/held-out.csv). It also prints
by how much an interval is too narrow for our complete scores, for widening.csv.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from math import log10, sqrt
from typing import NamedTuple

import numpy as np

from lca.builtin import folder
from lca.engine.background import Background
from lca.estimate.fit import IntervalCoverage, covered
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.inventory.ratios import Ratio
from lca.methods.categories import EF
from lca.vocabulary import FlowState

CLIMATE = EF[0]
NOISE = 1e-9
"""kg CO2-Eq, and part of the lower end, below which a score is what solving leaves of zero."""


def held_out() -> Sequence[str]:
    """Patterns of the ids of activities that no fit may see."""
    with (folder("inventories") / "estimates" / "held-out.csv").open(encoding="utf-8", newline="") as file:
        return [pattern for row in csv.DictReader(file) for pattern in row["activities"].split()]


def is_held_out(id: str) -> bool:
    """Whether no fit may see an activity."""
    return any(fnmatchcase(id, pattern) for pattern in held_out())


class Known(NamedTuple):
    """A ratio that is known, and the one that an estimate would take."""

    activity: Activity
    category: str
    value: float
    estimate: Ratio

    @property
    def error(self) -> float:
        """log10 of the known over the estimated."""
        return log10(self.value / self.estimate.median)

    @property
    def inside(self) -> bool:
        return self.estimate.low <= self.value <= self.estimate.high


@dataclass(frozen=True)
class RatioCheck:
    """A catalogue, held against its own ratios."""

    catalogue: Catalogue

    @cached_property
    def _background(self) -> Background:
        return Background.of(self.catalogue, EF)

    @cached_property
    def _open(self) -> Mapping[str, np.ndarray]:
        order = self._background.order
        return {c: np.array([self.catalogue.state(id, c).open for id in order]) for c in EF}

    def _complete(self, id: str, category: str) -> bool:
        reached = self._background.reached([id], self._background.cut(category))
        return not bool(np.any(reached & self._open[category]))

    def totals(self, chosen: Callable[[Activity], bool]) -> Iterator[Known]:
        """Complete scores of products per kg CO2-Eq, beside the ratio of their class."""
        for id, activity in self.catalogue.activities.items():
            if activity.stands_in or not activity.estimate_class or not chosen(activity):
                continue
            scores = dict(zip(EF, self._background.totals(id), strict=True))
            if not scores[CLIMATE] > NOISE or not self._complete(id, CLIMATE):
                continue
            for category in EF[1:]:
                ratio = self.catalogue.ratios.total.get((activity.estimate_class, category))
                per_climate = float(scores[category] / scores[CLIMATE])
                if ratio and per_climate > NOISE * ratio.low and self._complete(id, category):
                    yield Known(activity, category, per_climate, ratio)

    def own_flows(self) -> Iterator[Known]:
        """Own flows that are inventoried, per kg CO2-Eq of the product, beside the ratio of their sector."""
        for id, activity in self.catalogue.activities.items():
            if activity.stands_in or not activity.inputs or is_held_out(id):
                continue
            climate = float(self._background.totals(id)[0])
            for row, category in enumerate(EF):
                ratio = self.catalogue.ratios.direct.get((activity.sector, category))
                own = float(self._background.own[row, self._background.place[id]])
                inventoried = self.catalogue.state(id, category).kind == FlowState.INVENTORY
                if ratio and inventoried and own > 0 and climate > NOISE:
                    yield Known(activity, category, own / climate, ratio)

    def modelled(self) -> Iterator[Known]:
        """Complete scores of what is modelled from flows."""
        return self.totals(lambda activity: not activity.results and not is_held_out(activity.id))

    def published(self) -> Iterator[Known]:
        """Published results of all kinds that neither the fit nor `held_out` has."""
        return self.totals(lambda activity: bool(activity.results) and not is_held_out(activity.id))

    def left_out(self) -> Iterator[Known]:
        """Published results that every fit leaves out."""
        return self.totals(lambda activity: is_held_out(activity.id))


def coverage(known: Iterable[Known]) -> dict[str, IntervalCoverage]:
    """Category → how often an interval held that may be drawn from."""
    given = [item for item in known if item.estimate.usable]
    coverages = {c: covered(c, ((k.error, k.inside) for k in given if k.category == c)) for c in EF}
    return {category: coverage for category, coverage in coverages.items() if coverage}


class TooNarrow(NamedTuple):
    """By how much more an interval must be widened to hold all that is known of a class, in powers of ten."""

    group: str
    category: str
    up: float
    down: float
    number: int
    outside: int


def too_narrow(known: Iterable[Known], of: Callable[[Activity], str]) -> Iterator[TooNarrow]:
    """Classes whose intervals hold less than 95 % of what is known, by more than chance would have it in one of 20."""
    groups: dict[tuple[str, str], list[Known]] = {}
    for item in known:
        if not item.estimate.usable:
            continue
        groups.setdefault((of(item.activity), item.category), []).append(item)
    for (group, category), items in sorted(groups.items()):
        outside = [item for item in items if not item.inside]
        if len(outside) > 0.05 * len(items) + 1.645 * sqrt(0.05 * 0.95 * len(items)):
            up = max(log10(item.value / item.estimate.high) for item in items)
            down = max(log10(item.estimate.low / item.value) for item in items)
            yield TooNarrow(group, category, max(up, 0.0), max(down, 0.0), len(items), len(outside))


def main() -> None:
    """Print all coverages, and what is too narrow."""
    compared = RatioCheck(Catalogue.load())
    for title, known in (
        ("complete scores of this catalogue, modelled from flows", list(compared.modelled())),
        ("own flows that are inventoried", list(compared.own_flows())),
        ("published results that no fit has seen", list(compared.published())),
        ("held out", list(compared.left_out())),
    ):
        drawn = [item for item in known if item.estimate.usable]
        print(
            f"\n{title}: {sum(item.inside for item in drawn)} of {len(drawn)} inside intervals that may be drawn from"
        )
        for category, measured in coverage(known).items():
            out = ", ".join(
                f"{k.activity.id} {k.error:+.1f}"
                for k in known
                if k.category == category and k in drawn and not k.inside
            )
            print(f"  {category:34} {measured.share:.2f}  x{measured.factor:.3g}  {measured.number}  {out[:200]}")
    print("\ntoo narrow for our own complete scores: class, category, up, down, number, outside")
    for narrow in too_narrow(compared.modelled(), lambda activity: activity.estimate_class):
        print(f"  {narrow.group},{narrow.category},{narrow.up:.2f},{narrow.down:.2f},{narrow.number},{narrow.outside}")
    print("too narrow for own flows that are inventoried")
    for narrow in too_narrow(compared.own_flows(), lambda activity: "own flows"):
        print(f"  {narrow.group},{narrow.category},{narrow.up:.2f},{narrow.down:.2f},{narrow.number},{narrow.outside}")


if __name__ == "__main__":
    main()
