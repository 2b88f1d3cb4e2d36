"""From how many inferences on a compressed variant costs less than the scenario it was made from.

One-off phases are taken whole, not by the share that the functional unit carries; what is left is paid per inference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lca import units
from lca.report.page_text import number
from lca.study.gaps import remaining
from lca.study.study import Study
from lca.system.scenario import PHASES, Scenario

_TABLES = {**{str(phase): table for table, phase in PHASES.items()}, "development": "training"}
_ONE_OFF = ("data", "development", "training", "compression")


@dataclass(frozen=True, slots=True)
class Line:
    """Score of a scenario against the service it delivers: `once + each × amount`."""

    once: float
    each: float


@dataclass(frozen=True, slots=True)
class BreakEven:
    """A compressed variant against the scenario without compression, in one category."""

    variant: str
    base: str
    lines: tuple[Line, Line]
    """Of the variant, and of the base."""
    reach: float
    """Service among which the compression is shared."""
    gaps: tuple[str, ...]
    """Gaps that the two do not have alike."""

    @property
    def amount(self) -> float | None:
        """The service from which on (or up to which) the variant costs less; None: there is no such point."""
        extra, saving = self._difference
        return extra / saving if extra * saving > 0 else None

    @property
    def _difference(self) -> tuple[float, float]:
        variant, base = self.lines
        return variant.once - base.once, base.each - variant.each

    def words(self, unit: str) -> str:
        """The verdict; without one where gaps differ."""
        extra, saving = self._difference
        if self.gaps:
            return f"indeterminate: {len(self.gaps)} gap{'s' * (len(self.gaps) > 1)} left"
        if extra == saving == 0:
            return "equal"
        if self.amount is None:
            return "lower from the first on" if extra <= 0 <= saving else "never lower"
        if extra < 0:
            return f"lower only up to {number(self.amount)} {unit}"
        if self.amount > self.reach:
            return f"not reached: {number(self.amount)} {unit} are needed, {number(self.reach)} are served"
        return f"lower from {number(self.amount)} {unit} on"


def break_evens(study: Study, category: str) -> list[BreakEven]:
    """Every compressed scenario against the first uncompressed one that delivers the same; known scores only."""
    found = []
    bases = [scenario for scenario in study.scenarios if not scenario.file.compression]
    for variant in study.scenarios:
        alike = [b for b in bases if study.functional_unit(b.name) == study.functional_unit(variant.name)]
        reach = _served(variant, "compression") if variant.file.compression else None
        if not alike or reach is None:
            continue
        covers = [study.coverage[scenario.name, category] for scenario in (variant, alike[0])]
        if all(cover.completeness != "missing" for cover in covers):
            lines = _line(study, variant, category), _line(study, alike[0], category)
            found.append(BreakEven(variant.name, alike[0].name, lines, reach, remaining(covers[0], covers[1])))
    return found


def _line(study: Study, scenario: Scenario, category: str) -> Line:
    delivered = scenario.file.functional_unit.amount.number
    once = each = 0.0
    for phase, score in _phases(study, scenario.name, category):
        served = _served(scenario, _TABLES[phase]) if phase in _ONE_OFF else None
        if served is None:
            each += score / delivered
        else:
            once += score * served / delivered
    return Line(once, each)


def _phases(study: Study, name: str, category: str) -> Iterator[tuple[str, float]]:
    table = study.table
    rows = table[(table["scenario"] == name) & (table["category"] == category)]
    for phase, score in rows.groupby("phase")["score"].sum().items():
        yield str(phase), float(score)


def _served(scenario: Scenario, table: str) -> float | None:
    """What a phase is shared among, in the unit of the functional unit."""
    effort, record = getattr(scenario.file, table), scenario.measurements.get(table)
    served = effort.serves or (record.amount if record else None)
    return units.convert(served, scenario.file.functional_unit.amount.unit).number if served else None
