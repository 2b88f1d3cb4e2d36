"""What the runs of a study cost: runtime, device time, energy, utilisation and money, by phase and type of device."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lca.languages import gettext, gettext_noop
from lca.measure.costs import MISSING, NOT_HERE, UNITS, CostRow, cost_table
from lca.report.disclosures.shape import Disclosure, Field, Section, Status
from lca.report.words import origin_word, phase_word, unpriced
from lca.study.cost import costs, sums
from lca.study.study import Study
from lca.system.parts import ProductSystem
from lca.system.scenario import PHASES, Effort, Scenario, table_of
from lca.vocabulary import EnergyPart, Phase

TITLE = gettext_noop("Costs of the runs")
_COLUMNS = {
    "runtime": gettext_noop("runtime"),
    "device_time": gettext_noop("device time"),
    "energy": gettext_noop("energy"),
    "utilisation": gettext_noop("utilisation"),
    "money": gettext_noop("money"),
}
_COUNTED = {"counter", "integrated", "node at its plug"}
_WHY = {
    "energy": gettext_noop("part of it is unmeasured"),
    "money": gettext_noop("neither the record nor the scenario states a price"),
}
_SILENT = gettext_noop("the record does not say")
_BESIDE = (EnergyPart.IDLE, EnergyPart.BUILDING_COMPUTING, EnergyPart.BUILDING_IDLE)
"""What a run takes beside its own energy."""


def disclose(study: Study) -> Disclosure:
    """A section for each scenario; energy is that of components or of the node, without PUE."""
    sections = []
    for scenario in study.scenarios:
        rows = cost_table(list(scenario.measurements.values()))
        stated = [id for id in scenario.file.runs() if id not in scenario.measurements]
        rows += [_stated(study, scenario, id) for id in stated]
        absent = Field.unknown("runs", gettext("Runs"), "", gettext("the scenario has no run"))
        fields = tuple(field for n, row in enumerate(rows) for field in _fields(f"row_{n}", row))
        sections.append(Section(scenario.name, "", (*(fields or (absent,)), *_sums(study, scenario.name))))
    notes = (
        gettext(
            "Of the whole runs, energy without PUE; then the money of a functional unit, of what has a price: "
            "electricity at the building's meter, PUE and idle time in it."
        ),
    )
    return Disclosure("ml-costs", gettext(TITLE), notes, tuple(sections))


def _stated(study: Study, scenario: Scenario, id: str) -> CostRow:
    """A run that no record describes, as its file states it: of all its servers."""
    effort = scenario.file.runs()[id]
    count = effort.count.amount if effort.count else 1.0
    system, whole = study.system_by_name[scenario.name], _whole(scenario, id, effort)
    phase, name = PHASES[table_of(id)], effort.name or id
    times = [time.amount for time in system.times if (time.run, time.phase) == (id, phase)]
    hours = sum(times) * whole if times and whole and not effort.fleet else None
    if effort.device_time:
        hours = effort.device_time.amount * count
    energy, origin = _energy(system, phase, id, whole)
    paid = [i for i in costs(study) if (i.scenario, i.phase, i.run) == (scenario.name, phase, name)]
    money = [item.money for item in paid if item.money is not None]
    currencies = {item.currency for item in paid if item.currency}
    return CostRow(
        phase,
        name,
        "all",
        MISSING if hours is None else hours / count,
        NOT_HERE if hours is None else hours,
        energy,
        origin,
        100 * effort.utilisation.amount if effort.utilisation else NOT_HERE,
        sum(money) * whole if whole and len(currencies) == 1 else MISSING,
        *(currencies if len(currencies) == 1 else [MISSING]),
    )


def _whole(scenario: Scenario, id: str, effort: Effort) -> float | None:
    """How many times what one functional unit carries the whole run is."""
    served = scenario.served(id)
    carried = math.prod(stated.amount for stated in (effort.times, effort.allocation) if stated)
    return served.number / scenario.file.functional_unit.amount.number / carried if served else None


def _energy(system: ProductSystem, phase: Phase, id: str, whole: float | None) -> tuple[float | str, str]:
    """IT energy of the whole run at work, and how it was obtained: what one functional unit carries, made whole."""
    rows = [row for row in system.energy if (row.run, row.phase) == (id, phase) and row.component not in _BESIDE]
    if not rows or whole is None:
        return MISSING, MISSING
    return sum(row.amount for row in rows) * whole, ", ".join(dict.fromkeys(row.origin for row in rows))


def _sums(study: Study, name: str) -> Iterator[Field]:
    """Money of a functional unit by phase and in all, and what has no price."""
    items = [item for item in costs(study) if item.scenario == name]
    without = unpriced(items)
    for number, money in enumerate(sums(items)):
        phase = phase_word(money.phase) if money.phase else gettext("all phases")
        label = gettext("per functional unit, {phase}: money", phase=phase)
        why = without if money.phase is None else ""
        yield Field(f"sum_{number}", label, money.money, money.currency, "estimated", why)


def _fields(id: str, row: CostRow) -> Iterator[Field]:
    of = f"{phase_word(row.phase)}, {row.run}" + ("" if row.device == "all" else f", {row.device}")
    for column, name in _COLUMNS.items():
        value = getattr(row, column)
        label, key = gettext("{label}: {text}", label=of, text=gettext(name)), f"{id}_{column}"
        unit = UNITS.get(column, row.currency if row.currency != MISSING else "")
        if value == MISSING:
            yield Field.unknown(key, label, unit, gettext(_WHY.get(column, _SILENT)))
        elif value != NOT_HERE:
            counted = column != "energy" or _COUNTED.issuperset(row.origin.split(", "))
            status: Status = "known" if counted else "estimated"
            yield Field(key, label, float(value), unit, status, origin_word(row.origin) if column == "energy" else "")
