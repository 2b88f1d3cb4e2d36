"""What an assessment holds: scenarios, their product systems, and one table whose rows sum to the scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lca.engine.background import Background
from lca.errors import UsageError
from lca.inventory.activity import Activity
from lca.languages import gettext
from lca.methods.own import MethodUsed
from lca.study.coverage import Coverage
from lca.study.repeats import COLUMNS, tabulated
from lca.study.rows import Columns, TableRows
from lca.system.parts import ProductSystem
from lca.system.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

    from lca.study.layers import Layers

PhaseSums = Mapping[str, Mapping[str, NDArray[np.float64]]]
"""Scenario → phase → SUMMED × categories: the score, the sum of its parts by their absolute values, and of those that
are published."""
SUMMED = 3
KNOWN_ONLY = "--known-only"
"""Word that asks a command for no draws: the last one of a study's command, until the study is drawn."""


@dataclass(frozen=True)
class Results:
    """Facts, from which every table and comparison of a `Study` is made."""

    scenarios: tuple[Scenario, ...]
    """Empty for a study of single activities."""
    systems: tuple[ProductSystem, ...]
    categories: tuple[str, ...]
    rows: Columns | Callable[[tuple[str, ...]], Columns] = field(repr=False)
    """Those of `table`, or what makes them of some categories."""
    coverage: Mapping[tuple[str, str], Coverage] = field(repr=False)
    """(scenario, category) → how complete the score is."""
    activities: Mapping[str, Activity] = field(repr=False)
    """Every activity that a scenario reaches, and the equipment that it opened into parts."""
    provenance: Mapping[str, str] = field(repr=False)
    """Versions and hashes that repeat the study."""
    supply: Mapping[str, Mapping[str, float]] = field(default_factory=dict, repr=False)
    """Scenario → activity → the amount of it that one functional unit takes, upstream included; in its product's
    unit."""
    factors: Mapping[str, Mapping[str, float]] = field(default_factory=dict, repr=False)
    """Category → code of an elementary flow → characterisation factor."""
    repeated: TableRows = field(default=TableRows(COLUMNS), repr=False)
    """The rows of `repeats`."""
    layers: Layers | None = field(default=None, repr=False)
    """What the scores probably are; None: the study says what is known alone."""
    methods: tuple[MethodUsed, ...] = ()
    """Those of the categories that are the user's own."""
    solved: Callable[[], PhaseSums] | None = field(default=None, repr=False)
    """What makes `sums` without the table; None: they are those of its rows."""

    @cached_property
    def table(self) -> pd.DataFrame:
        """scenario, category, phase, stage, role, input, activity, score, published: one row per tagged foreground
        exchange and emitting activity; scores per functional unit, in the unit of the category."""
        return self.columns.frame()

    @cached_property
    def columns(self) -> Columns:
        """`table`, without pandas."""
        return self.rows(self.categories) if callable(self.rows) else self.rows

    def columns_of(self, category: str) -> Columns:
        """The rows of one category: made alone, where the others are not."""
        if callable(self.rows) and "columns" not in vars(self):
            return self.rows((category,))
        return self.columns.where("category", category)

    @cached_property
    def repeats(self) -> pd.DataFrame:
        """scenario, phase, repeat, category, score: of the phase per functional unit, by every repeated measurement."""
        return tabulated(self.repeated)

    @cached_property
    def sums(self) -> PhaseSums:
        """The rows of the table, summed by scenario and phase."""
        if self.solved:
            return self.solved()
        sums: dict[str, dict[str, NDArray[np.float64]]] = {name: {} for name in self.names}
        place = {category: number for number, category in enumerate(self.categories)}
        cells = (self.columns.cells(name) for name in ("scenario", "phase", "category", "score", "published"))
        for name, phase, category, score, published in zip(*cells, strict=True):
            summed = sums[name].setdefault(phase, np.zeros((SUMMED, len(self.categories))))
            summed[:, place[category]] += score, abs(score), abs(score) * published
        return sums

    def whole(self, name: str) -> NDArray[np.float64]:
        """`sums` of all phases of a scenario: SUMMED × categories."""
        return sum(self.sums[name].values(), np.zeros((SUMMED, len(self.categories))))

    @cached_property
    def scenario_by_name(self) -> Mapping[str, Scenario]:
        """Empty for a study of single activities."""
        return {scenario.name: scenario for scenario in self.scenarios}

    @cached_property
    def system_by_name(self) -> Mapping[str, ProductSystem]:
        """Name of what is scored → its product system, in the order of the study."""
        return {system.name: system for system in self.systems}

    @cached_property
    def gap_names(self) -> Mapping[str, str]:
        """Gap → the name of the activity that it is the id of; not those that a scenario leaves open."""
        copies = {a.copy_of: a.name for a in self.activities.values() if a.copy_of}
        return copies | {activity.id: activity.name for activity in self.activities.values()}

    @property
    def names(self) -> tuple[str, ...]:
        """Of what is scored, in order: scenarios, or the activity that is scored alone."""
        return tuple(self.system_by_name)

    @cached_property
    def background(self) -> Background:
        """What the scenarios take from, as the study holds it: to the last bit that of the study when it is saved."""
        return Background(self.activities, self.categories, self.factors)

    def functional_unit(self, name: str) -> tuple[object, ...]:
        """What a scenario delivers, for telling whether two deliver the same; empty for a single activity."""
        if name not in self.scenario_by_name:
            return ()
        unit = self.scenario_by_name[name].file.functional_unit
        return unit.amount, unit.service, unit.quality, unit.period

    def baseline(self, name: str | None = None) -> str:
        """The name; by default the first. Raises UsageError where nothing of the study has it."""
        if not name:
            return self.names[0]
        if name not in self.system_by_name:
            raise UsageError(
                gettext(
                    "no scenario is named {name!r}; there are: {names}",
                    name=name,
                    names=", ".join(map(repr, self.names)),
                )
            )
        return name
