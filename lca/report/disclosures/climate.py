"""The climate change score of one scenario, cut into parts that sum to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from lca.languages import gettext
from lca.measurement.record import Measurement
from lca.methods.categories import CATEGORIES
from lca.report.disclosures.shape import Field
from lca.study.study import Study
from lca.study.upstream import PartOfLife, marks_of_parts, worst
from lca.system.parts import ForegroundExchange
from lca.system.scenario import TABLES, Effort, Scenario
from lca.vocabulary import Completeness, Mark, Phase, Role

_CATEGORIES = ("climate-change", "ipcc-2021/climate-change")
PROVIDER = ("data", "development", "training", "compression")


class ScoredExchange(NamedTuple):
    """A foreground exchange with what it and everything upstream of it score."""

    exchange: ForegroundExchange
    score: float


class Climate:
    """One scenario's climate change score, by exchange of the foreground."""

    def __init__(self, study: Study, scenario: Scenario) -> None:
        self.study, self.scenario = study, scenario
        self.system = study.system_by_name[scenario.name]
        self.category = next((id for id in _CATEGORIES if id in study.categories), "")
        self.unit = CATEGORIES[self.category].unit if self.category else "kg CO2-Eq"
        self.why_missing = self._why_missing()
        self.rows = () if self.why_missing else tuple(self._rows())
        self._marks = {} if self.why_missing else marks_of_parts(study, self.system, self.category)

    @property
    def source(self) -> str:
        """Method and category that the numbers come from."""
        category = CATEGORIES.get(self.category)
        return gettext("{method}: {title}", method=category.method, title=category.title) if category else ""

    @property
    def accounting(self) -> str:
        """`location` or `market`, as the study's electricity is modelled; a single technology is neither."""
        return next((word for tag in self.system.modelling for word in ("location", "market") if word in tag), "")

    def _why_missing(self) -> str:
        if not self.category:
            return gettext("the study has no category of climate change")
        missing = self.study.coverage[self.scenario.name, self.category].completeness == Completeness.MISSING
        return gettext("nothing of the score is known: Completeness names the gaps") if missing else ""

    def _rows(self) -> Iterable[ScoredExchange]:
        table = self.study.table
        part = table[(table["scenario"] == self.scenario.name) & (table["category"] == self.category)]
        keys = ["phase", "stage", "role", "input"]
        sums: dict[Any, float] = part.groupby(keys)["score"].sum().to_dict() if len(part) else {}
        amounts: dict[Any, float] = {}
        for e in self.system.exchanges:  # exchanges of one key share its score by their amounts
            key = (e.phase, e.stage, e.role, e.input)
            amounts[key] = amounts.get(key, 0.0) + e.amount
        for e in self.system.exchanges:
            key = (e.phase, e.stage, e.role, e.input)
            if amounts[key]:
                yield ScoredExchange(e, float(sums.get(key, 0.0)) * e.amount / amounts[key])

    def mark(self, exchanges: Iterable[ForegroundExchange]) -> Mark:
        """The worst mark of the phases and stages that these exchanges belong to."""
        return worst(self._marks.get(PartOfLife(e.phase, e.stage), Mark.NONE) for e in exchanges)

    def field(self, id: str, label: str, which: Callable[[ForegroundExchange], bool], why: str = "") -> Field:
        """The sum of some exchanges; unknown where there is none and the score is not complete."""
        if self.why_missing:
            return Field.unknown(id, label, self.unit, self.why_missing)
        rows = [row for row in self.rows if which(row.exchange)]
        if not rows and self.study.coverage[self.scenario.name, self.category].completeness != Completeness.COMPLETE:
            return Field.unknown(
                id, label, self.unit, gettext("nothing of it is modelled: Completeness names the gaps")
            )
        mark = self.mark(row.exchange for row in rows)
        return Field(id, label, sum(row.score for row in rows), self.unit, "estimated", why, self.source, mark)

    def runs(self, phase: Phase) -> Mapping[str, Effort]:
        """The runs of a phase; development stands on those of the training."""
        return self.scenario.file.runs(TABLES[phase])

    def effort(self, phase: Phase) -> Effort | None:
        """The run of a phase that is a single one; None: there is none, or there are several."""
        runs = list(self.runs(phase).values())
        return runs[0] if len(runs) == 1 else None

    def record(self, phase: Phase) -> Measurement | None:
        """The record of a phase that is a single run."""
        runs = list(self.runs(phase))
        return self.scenario.measurements.get(runs[0]) if len(runs) == 1 else None

    def whole(self, phase: Phase) -> float | None:
        """How many times the effort of a phase is that which one functional unit carries.

        None: there is no such phase, or its runs serve different amounts.
        """
        served = {self.scenario.served(id) for id in self.runs(phase)}
        amount = served.pop() if len(served) == 1 else None
        return amount.number / self.scenario.file.functional_unit.amount.number if amount else None


def is_equipment(exchange: ForegroundExchange) -> bool:
    return exchange.role == Role.EQUIPMENT
