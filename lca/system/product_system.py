"""The product system of a scenario: every exchange of the foreground, tagged with phase and stage.

Amounts are those of the functional unit. What is not known becomes a named gap, never a zero.
"""

from __future__ import annotations

from dataclasses import replace

from lca.equations import ComponentEnergy, ITEnergy, component_energy, service_share
from lca.errors import Fault, InvalidData, WrongUnit
from lca.inventory.catalogue import Catalogue
from lca.quantities import units
from lca.system.energy import add_electricity
from lca.system.equipment import add_equipment
from lca.system.foreground import Foreground, Gap, ProductSystem, Run
from lca.system.scenario import PHASES, Effort, Scenario
from lca.vocabulary import Phase


def product_system(scenario: Scenario, catalogue: Catalogue) -> ProductSystem:
    """The foreground of a scenario. Raises InvalidData with every problem."""
    foreground = Foreground(scenario, catalogue)
    for table, phase in PHASES.items():
        effort = getattr(scenario.file, table)
        run = _run(foreground, table, phase, effort) if effort else None
        if run:
            add_electricity(foreground, run)
            add_equipment(foreground, run)
    development = scenario.file.development
    if development:
        _develop(foreground, development.factor.amount)
    if foreground.problems:
        raise InvalidData(foreground.problems)
    return ProductSystem(
        scenario.name,
        tuple(foreground.exchanges),
        tuple(foreground.gaps),
        tuple(foreground.energy),
        foreground.own,
        frozenset(foreground.modelling),
        tuple(foreground.notes),
    )


def _run(foreground: Foreground, table: str, phase: Phase, effort: Effort) -> Run | None:
    record = foreground.scenario.measurements.get(table)
    wanted = foreground.scenario.file.functional_unit.amount
    served = effort.serves or (record.amount if record else None)
    try:
        if served is None:
            raise WrongUnit("the record does not say what its run delivered: give serves")
        number = units.convert(served, wanted.unit).number
        if number <= 0:
            raise WrongUnit(f"serves {served}: nothing is served")
    except Fault as fault:
        foreground.refuse(fault, table, "serves" if effort.serves else "measurement")
        return None
    share = _share(foreground, phase, effort, wanted.number, number)
    components: dict[str, tuple[ComponentEnergy, str]] = {}
    it_energy, origin = None, "stated"
    allocated = effort.device_time.amount if effort.device_time else None
    if record:
        allocated = allocated or record.duration.amount
        if record.it_energy:
            it_energy, origin = ITEnergy(record.it_energy.amount), "integrated"
        for entry in record.energy:
            before = components.get(entry.component, (0.0, ""))[0]
            components[entry.component] = ComponentEnergy(before + entry.energy.amount), entry.origin
        _unmeasured(foreground, table, phase, share)
    elif effort.component_energy:
        components["stated"] = ComponentEnergy(effort.component_energy.amount), "stated"
    elif effort.power and effort.device_time:
        components["stated"] = component_energy(effort.power.amount, effort.device_time.amount), "stated"
    elif effort.it_energy:
        it_energy = ITEnergy(effort.it_energy.amount)
    return Run(table, phase, effort, share, str(served), allocated, components, it_energy, origin)


def _share(foreground: Foreground, phase: Phase, effort: Effort, wanted: float, served: float) -> float:
    """Part of the effort that the functional unit carries."""
    allocation = effort.allocation.amount if effort.allocation else 1.0
    if effort.allocation:
        foreground.note(f"Phase {phase}: {allocation:g} of the effort is allocated to this scenario, which shares it.")
    return service_share(wanted, served, allocation)


def _unmeasured(foreground: Foreground, table: str, phase: Phase, share: float) -> None:
    record = foreground.scenario.measurements[table]
    for missing in record.unmeasured:
        name = f"energy of the {missing.component} in the run {record.name!r} ({missing.reason})"
        foreground.gaps.append(Gap(phase, name, share, "run"))
    if record.interrupted:
        foreground.note(f"The run {record.name!r} was interrupted; its record covers what ran.")
    machine = ", ".join(f"{device.name} ({device.kind})" for device in record.devices)
    server = getattr(foreground.scenario.file, table).server
    if server and machine:
        foreground.note(
            f"Phase {phase}: the run took place on {machine}; the equipment is {server}, allocated for the "
            "time of the run. The two are the same machine only if the analyst says so."
        )


def _develop(foreground: Foreground, factor: float) -> None:
    """Development is a stated factor on everything that the training takes."""
    for exchange in [e for e in foreground.exchanges if e.phase == "training"]:
        bounds = {category: factor * bound for category, bound in exchange.negligible.items()}
        formula = f"development factor {factor:g} × ({exchange.formula})"
        foreground.exchanges.append(
            replace(
                exchange, phase=Phase.DEVELOPMENT, amount=factor * exchange.amount, formula=formula, negligible=bounds
            )
        )
    for gap in [g for g in foreground.gaps if g.phase == "training"]:
        foreground.gaps.append(replace(gap, phase=Phase.DEVELOPMENT, amount=factor * gap.amount))
    for row in [r for r in foreground.energy if r.phase == "training"]:
        foreground.energy.append(replace(row, phase=Phase.DEVELOPMENT, amount=factor * row.amount))
