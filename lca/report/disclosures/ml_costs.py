"""What the runs of a study cost: runtime, device time, energy, utilisation and money, by phase and type of device."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lca.measure.costs import MISSING, NOT_HERE, UNITS, CostRow, cost_table
from lca.report.disclosures.shape import Disclosure, Field, Section, Status
from lca.study.study import Study
from lca.system.scenario import PHASES, Effort, Scenario, table_of
from lca.vocabulary import EnergyPart

TITLE = "Costs of the runs"
_COLUMNS = {
    "runtime": "runtime",
    "device_time": "device time",
    "energy": "energy",
    "utilisation": "utilisation",
    "money": "money",
}
_COUNTED = {"counter", "integrated", "node at its plug"}
_WHY = {"energy": "part of it is unmeasured", "money": "neither the record nor the scenario states a price"}
_BESIDE = (EnergyPart.IDLE, EnergyPart.BUILDING_COMPUTING, EnergyPart.BUILDING_IDLE)
"""What a run takes beside its own energy."""


def disclose(study: Study) -> Disclosure:
    """A section for each scenario; energy is that of components or of the node, without PUE."""
    sections = []
    for scenario in study.scenarios:
        rows = cost_table(list(scenario.measurements.values()))
        stated = [id for id in scenario.file.runs() if id not in scenario.measurements]
        rows += [_stated(study, scenario, id) for id in stated]
        absent = Field.unknown("runs", "Runs", "", "the scenario has no run")
        fields = tuple(field for n, row in enumerate(rows) for field in _fields(f"row_{n}", row))
        sections.append(Section(scenario.name, "", fields or (absent,)))
    notes = ("Of the whole runs, not of a functional unit; energy without PUE.",)
    return Disclosure("ml-costs", TITLE, notes, tuple(sections))


def _stated(study: Study, scenario: Scenario, id: str) -> CostRow:
    """A run that no record describes, as its file states it: of all its servers."""
    effort = scenario.file.runs()[id]
    count = effort.count.amount if effort.count else 1.0
    hours = effort.device_time.amount if effort.device_time else None
    price = effort.price
    energy, origin = _energy(study, scenario, id, effort)
    return CostRow(
        PHASES[table_of(id)],
        effort.name or id,
        "all",
        MISSING if hours is None else hours,
        NOT_HERE if hours is None else hours * count,
        energy,
        origin,
        100 * effort.utilisation.amount if effort.utilisation else NOT_HERE,
        MISSING if price is None or hours is None else price.per_hour * hours * count,
        price.currency if price else MISSING,
    )


def _energy(study: Study, scenario: Scenario, id: str, effort: Effort) -> tuple[float | str, str]:
    """IT energy of the whole run at work, and how it was obtained: what one functional unit carries, made whole."""
    system, served = study.system_by_name[scenario.name], scenario.served(id)
    phase = PHASES[table_of(id)]  # a development that is a factor on the run has its rows too
    rows = [row for row in system.energy if (row.run, row.phase) == (id, phase) and row.component not in _BESIDE]
    carried = math.prod(stated.amount for stated in (effort.times, effort.allocation) if stated)
    if not rows or served is None:
        return MISSING, MISSING
    whole = served.number / scenario.file.functional_unit.amount.number / carried
    return sum(row.amount for row in rows) * whole, ", ".join(dict.fromkeys(row.origin for row in rows))


def _fields(id: str, row: CostRow) -> Iterator[Field]:
    of = f"{row.phase}, {row.run}" + ("" if row.device == "all" else f", {row.device}")
    for column, name in _COLUMNS.items():
        value = getattr(row, column)
        label, key = f"{of}: {name}", f"{id}_{column}"
        unit = UNITS.get(column, row.currency if row.currency != MISSING else "")
        if value == MISSING:
            yield Field.unknown(key, label, unit, _WHY.get(column, "the record does not say"))
        elif value != NOT_HERE:
            counted = column != "energy" or _COUNTED.issuperset(row.origin.split(", "))
            status: Status = "known" if counted else "estimated"
            yield Field(key, label, float(value), unit, status, row.origin if column == "energy" else "")
