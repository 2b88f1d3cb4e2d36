"""Answers to what a window asks: values by the content of the question, one calculation at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lca.app.window import Entry
from lca.engine.background import Background
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.methods.categories import EF
from lca.study.assess import assess, score
from lca.study.estimated import drawable, estimates
from lca.study.layers import layers, with_layers
from lca.study.study import Study
from lca.study.uncertainty import SHARES, sample
from lca.system.product_system import product_system
from lca.system.scenario import Scenario

QUICK_DRAWS = 250
"""Of all ranges and estimates, while a slider moves."""
_KEPT = 32
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """What scores probably are, by category of EF: the median and the ends of the 95 % interval, estimates included."""

    median: Mapping[str, Vector]
    low: Mapping[str, Vector]
    high: Mapping[str, Vector]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.median)


class Assessor:
    """Assesses on one catalogue. Nothing in it depends on who asked before."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._lock = RLock()
        self._kept: dict[str, Any] = {}

    def study(self, entries: Sequence[Entry]) -> Study:
        """Scenarios assessed together, with what their scores probably are. Raises InvalidData and UsageError."""
        study: Study = self._once("study", entries, self._study)
        return study

    def scores(self, entries: Sequence[Entry]) -> Scores:
        """The scores alone, of fewer draws."""
        scores: Scores = self._once("scores", entries, self._scores)
        return scores

    def product(self, id: str) -> Study:
        """One unit of a product of the catalogue. Raises UnknownActivity."""
        with self._lock:
            return score(id, 1.0, self.catalogue)

    def _once(self, kind: str, entries: Sequence[Entry], make: Any) -> Any:
        key = json.dumps([kind, *([e.key, e.content, e.records] for e in entries)], sort_keys=True)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make([entry.scenario() for entry in entries])
                while len(self._kept) > _KEPT:
                    del self._kept[next(iter(self._kept))]
            return self._kept[key]

    def _study(self, scenarios: Sequence[Scenario]) -> Study:
        study = assess(scenarios, self.catalogue)
        return with_layers(study, layers(study, self.catalogue))

    def _scores(self, scenarios: Sequence[Scenario]) -> Scores:
        own: dict[str, Activity] = {}
        for scenario in scenarios:
            own |= product_system(scenario, self.catalogue).own
        background = Background.of(self.catalogue, EF, own)
        likely = self.catalogue.kept(
            ("drawable", EF, tuple(sorted(own))), lambda: drawable(estimates(background, self.catalogue))
        )
        drawn = sample(scenarios, self.catalogue, EF, QUICK_DRAWS, estimates=likely)
        ends = {name: np.quantile(drawn.whole(name), SHARES, axis=0) for name in drawn.scores}
        low, median, high = ({name: ends[name][n] for name in ends} for n in range(3))
        return Scores(median, low, high)


def probable(study: Study) -> Scores:
    """The scores of a study that was drawn."""
    assert study.layers
    table = study.layers.scores.set_index(["scenario", "category"])
    columns = (
        {name: table.loc[name][column].reindex(list(EF)).to_numpy(float) for name in study.names}
        for column in ("median", "low", "high")
    )
    return Scores(*columns)
