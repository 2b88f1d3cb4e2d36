"""From the energy of components to the electricity of a grid and its generators: what every report tells of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lca.inventory.activity import Activity, Input
from lca.quantities.records import Quantity
from lca.study.study import Study
from lca.system.parts import EnergyRow, ForegroundExchange, ProductSystem
from lca.system.run import is_water
from lca.system.scenario import StatedFacility, building_of
from lca.vocabulary import EnergyPart, Role

_BUILDING = (EnergyPart.BUILDING_COMPUTING, EnergyPart.BUILDING_IDLE)


@dataclass(frozen=True, slots=True)
class Chain:
    """The energies of one phase per functional unit, in kWh; None: not part of the chain as it was stated."""

    components: float | None
    rest_of_node: float | None
    node: float
    """Computing, at the plug."""
    idle: float
    building: float
    """Electricity at the building's meter."""
    demanded: float
    """Of the electricity's activity, losses added where it is one of generated electricity."""
    water: float
    """Evaporated, in m3."""
    origin: str

    @property
    def it_energy(self) -> float:
        """Computing and idle time, at the plug."""
        return self.node + self.idle


@dataclass(frozen=True, slots=True)
class StatedSite:
    """What a scenario states of its facility; None: not stated."""

    PUE: Quantity | None
    WUE: Quantity | None
    """Of water consumed; one of water withdrawn counts as not stated."""
    outside: bool = False
    """Whether it is in no data centre, and has neither."""


def is_electricity(exchange: ForegroundExchange) -> bool:
    """Whether an exchange of the foreground is electricity for computing or idling."""
    return exchange.role in (Role.COMPUTING, Role.IDLE) and exchange.unit == "kWh"


def electricity_phases(system: ProductSystem) -> list[str]:
    """Phases that take electricity."""
    return list(dict.fromkeys(e.phase for e in system.exchanges if is_electricity(e)))


def chain(system: ProductSystem, phase: str, run: str | None = None) -> Chain:
    """The energies of one phase, or of one of its runs."""
    rows = [row for row in system.energy if row.phase == phase and run in (None, row.run)]
    components = [row.amount for row in rows if row.component not in tuple(EnergyPart)]
    rest, measured = _amounts(rows, EnergyPart.REST_OF_NODE), _amounts(rows, EnergyPart.NODE)
    node = sum(measured) + sum(components) + sum(rest)
    idle = sum(_amounts(rows, EnergyPart.IDLE))
    exchanges = [exchange for exchange in system.exchanges if exchange.phase == phase and run in (None, exchange.run)]
    return Chain(
        sum(components) if components else None,
        sum(rest) if rest else None,
        node,
        idle,
        node + idle + sum(_amounts(rows, *_BUILDING)),
        sum(exchange.amount for exchange in exchanges if is_electricity(exchange)),
        sum(exchange.amount for exchange in exchanges if is_water(exchange.input)),
        ", ".join(dict.fromkeys(row.origin for row in rows if row.component not in _BUILDING)),
    )


def energy_at_the_building(system: ProductSystem) -> float:
    """Electricity of all phases at the building's meter per functional unit, in kWh."""
    return sum(chain(system, phase).building for phase in electricity_phases(system))


def site(study: Study, name: str, run: str = "") -> StatedSite:
    """PUE and WUE of a run of a scenario; without one, those that all its runs in a data centre share."""
    if name not in study.scenario_by_name:
        return StatedSite(None, None)
    file = study.scenario_by_name[name].file
    chosen = file.run(run)
    runs = {run: chosen} if chosen else file.runs()
    facilities = [file.facility_of(id, each) for id, each in runs.items() if not file.outside(id, each)]
    stated = [_stated(study, facility) for facility in facilities]
    if not stated:
        return StatedSite(None, None, outside=True)
    return stated[0] if all(each == stated[0] for each in stated) else StatedSite(None, None)


def _stated(study: Study, facility: str | StatedFacility | None) -> StatedSite:
    building = study.activities.get(building_of(facility) or "")
    own = facility if isinstance(facility, StatedFacility) else StatedFacility()
    PUE = own.PUE or (building.properties.PUE if building else None)
    WUE = own.WUE or (building.properties.WUE if building else None)
    return StatedSite(PUE, WUE if WUE and WUE.basis == "consumption" else None)


def generators(activity: Activity) -> tuple[Input, ...]:
    """The inputs of a mix that generate its electricity; empty: it is one technology."""
    if not activity.is_mix:
        return ()
    return tuple(input for input in activity.inputs if input.activity != activity.network)


def _amounts(rows: Iterable[EnergyRow], *parts: EnergyPart) -> list[float]:
    return [row.amount for row in rows if row.component in parts]
