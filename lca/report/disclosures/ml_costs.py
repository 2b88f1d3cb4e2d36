"""What the runs of a study cost: runtime, device time, energy, utilisation and money, by phase and type of device."""

from __future__ import annotations

from collections.abc import Iterator

from lca.measure.costs import MISSING, NOT_HERE, UNITS, CostRow, cost_table
from lca.report.disclosures.shape import Disclosure, Field, Section, Status
from lca.study.study import Study

TITLE = "Costs of the measured runs"
_COLUMNS = {
    "runtime": "runtime",
    "device_time": "device time",
    "energy": "energy",
    "utilisation": "utilisation",
    "money": "money",
}
_COUNTED = {"counter", "integrated", "node at its plug"}
_WHY = {"energy": "part of it is unmeasured", "money": "the record states no price"}


def disclose(study: Study) -> Disclosure:
    """A section for each scenario with records; energy is that of components or of the node, without PUE."""
    sections = []
    for scenario in study.scenarios:
        rows = cost_table(list(scenario.measurements.values()))
        absent = Field.unknown("runs", "Runs", "", "the scenario has no record of a measured run")
        fields = tuple(field for n, row in enumerate(rows) for field in _fields(f"row_{n}", row))
        sections.append(Section(scenario.name, "", fields or (absent,)))
    notes = ("Of the whole runs, not of a functional unit; energy without PUE.",)
    return Disclosure("ml-costs", TITLE, notes, tuple(sections))


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
