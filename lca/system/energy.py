"""The energy of one run: component energy → IT energy → delivered electricity; its idle time, and its water."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lca.equations import (
    delivered_electricity,
    energy_within,
    evaporated_water,
    generated_electricity,
    idle_energy,
    it_energy,
    overhead,
    rest_energy,
)
from lca.languages import Deferred
from lca.measurement.totals import Origins
from lca.quantities.values import Value, calculated, converted, product, total
from lca.system.parts import EnergyRow, ForegroundExchange, Parts, gap
from lca.system.run import Energy, Run, Site
from lca.system.typical import Probable
from lca.vocabulary import EnergyPart, Origin, Role, Stage

_NOT_KNOWN = Value(1.0, "kWh_it/kWh_component", "rest-of-node factor (not known, not counted)")
_AT_THE_PLUG = Value(1.0, "kWh/kWh_it", "PUE (no data centre)")
_NOT_STATED = Value(1.0, "kWh/kWh_it", "PUE (not stated, not counted)")
_BUILDING = Deferred("energy of the building beyond its IT equipment, PUE not stated, on {electricity}")
_REST_OF_NODE = Deferred("energy of the rest of the node (power supply, fans, board), on {electricity}")
_IDLE = Deferred("energy of {server} while idle, on {electricity}")
_WATER = Deferred("water evaporated at {facility}: {reason}")
_MODELLED = str(Origin.MODELLED)
_OF_A_MODEL = Origins.of([(Origin.MODELLED, 1.0)])


@dataclass(frozen=True, slots=True)
class _Usage:
    """IT energy of one use of a run, per functional unit."""

    role: Role
    energy: Value
    origins: Origins
    building: Value | None = None
    """Electricity at the building's meter, where that is what the file states."""


def electricity(run: Run, probable: Probable) -> Parts:
    """The electricity of a run and of its server's idle time, with the water evaporated for both."""
    computing, parts = _computing(run, probable) if run.building is None else _metered(run, run.building)
    idle, unknown = _idle(run, probable)
    parts += unknown
    used = [use for use in (computing, idle) if use and _any(use.energy)]
    parts += Parts(
        own={activity.id: activity for activity in run.supply.own},
        modelling=frozenset({run.supply.modelling}),
        notes=(run.supply.note,) if run.supply.note else (),
    )
    if run.site and not run.site.PUE:
        parts += _beyond(run, [use.energy for use in used if not use.building], probable)
    for use in used:
        parts += Parts((_delivered(run, use),), energy=_of_building(run, use))
    if idle and idle in used:
        parts += Parts(energy=(EnergyRow(run.phase, EnergyPart.IDLE, idle.energy.number, "kWh", _MODELLED),))
    return parts + _water(run, run.site, used, probable) if run.site else parts


def _any(energy: Value) -> bool:
    """Whether there is any, as stated or at an end of the range of one of its numbers."""
    if np.any(energy.number):
        return True
    ends = ((leaf.field, end) for leaf in energy.leaves() if leaf.range for end in (leaf.range.low, leaf.range.high))
    return any(np.any(energy.evaluate({field: end})) for field, end in ends)


def _beyond(run: Run, energies: list[Value], probable: Probable) -> Parts:
    """What a building whose PUE is not stated takes beyond its IT equipment."""
    name = _BUILDING(electricity=run.supply.activity.id)
    held: tuple[ForegroundExchange, ...] = ()
    PUE = probable.of("PUE")
    if PUE and energies:
        electricity = calculated(overhead, it_energy=total(energies), PUE=PUE, counted=_NOT_STATED)
        held = (_delivered(run, _Usage(Role.BUILDING, total(energies), _OF_A_MODEL, electricity)),)
    return Parts(gaps=gap(run.phase, name, sum(energy.number for energy in energies), "kWh", held=held))


def _computing(run: Run, probable: Probable) -> tuple[_Usage, Parts]:
    """What the run itself took."""
    if run.node:
        energy = product(run.node.value, run.share, "kWh_it")
        row = EnergyRow(run.phase, EnergyPart.NODE, energy.number, "kWh", str(run.node.origins))
        return _Usage(Role.COMPUTING, energy, run.node.origins), Parts(energy=(row,))
    nothing = Value(0.0, "kWh_component", "no component was measured")
    components = total([each.value for each in run.components] or [nothing])
    origins = sum((each.origins for each in run.components), Origins({}))
    share = run.share.number
    rows = [
        EnergyRow(run.phase, each.name, each.value.number * share, "kWh", str(each.origins)) for each in run.components
    ]
    unknown: Parts = Parts()
    if run.rest_of_node:
        rest = components.number * (run.rest_of_node.number - 1) * share
        rows.append(EnergyRow(run.phase, EnergyPart.REST_OF_NODE, rest, "kWh", _MODELLED))
    else:
        name = _REST_OF_NODE(electricity=run.supply.activity.id)
        factor, held = probable.of("rest_of_node"), tuple[ForegroundExchange, ...]()
        if factor:
            rest_of_node = calculated(rest_energy, component_energy=components, rest_of_node=factor, counted=_NOT_KNOWN)
            held = (
                _delivered(run, _Usage(Role.REST_OF_NODE, product(rest_of_node, run.share, "kWh_it"), _OF_A_MODEL)),
            )
        unknown = Parts(gaps=gap(run.phase, name, components.number * share, "kWh", held=held))
    node = calculated(it_energy, component_energy=components, rest_of_node=run.rest_of_node or _NOT_KNOWN)
    return _Usage(Role.COMPUTING, product(node, run.share, "kWh_it"), origins), Parts(energy=tuple(rows)) + unknown


def _metered(run: Run, building: Energy) -> tuple[_Usage, Parts]:
    """What the run took at the building's meter; without a PUE its IT energy is not known, and counts as all of it."""
    electricity = product(building.value, run.share, "kWh")
    PUE = (run.site.PUE if run.site else None) or _NOT_STATED
    energy = calculated(energy_within, electricity=electricity, PUE=PUE)
    row = EnergyRow(run.phase, EnergyPart.NODE, energy.number, "kWh", str(building.origins))
    return _Usage(Role.COMPUTING, energy, building.origins, electricity), Parts(energy=(row,))


def _idle(run: Run, probable: Probable) -> tuple[_Usage | None, Parts]:
    """What the server takes while it is powered and not allocated; without equipment the gap is the equipment's."""
    equipment = run.equipment
    if equipment is None:
        return None, Parts()
    hours = product(equipment.allocated, equipment.part, "h") if equipment.part else equipment.allocated
    if equipment.idle_power is None:
        idle_hours = hours.number * (1 / equipment.utilisation.number - 1) * run.share.number
        name = _IDLE(server=equipment.server.id, electricity=run.supply.activity.id)
        part, held = probable.idle_share, tuple[ForegroundExchange, ...]()
        if part and equipment.plug_power:
            power = product(part, equipment.plug_power, "kW_it")
            idle = calculated(idle_energy, idle_power=power, utilisation=equipment.utilisation, allocated=hours)
            held = (_delivered(run, _Usage(Role.IDLE, product(idle, run.share, "kWh_it"), _OF_A_MODEL)),)
        return None, Parts(gaps=gap(run.phase, name, idle_hours, "h", held=held))
    energy = calculated(
        idle_energy, idle_power=equipment.idle_power, utilisation=equipment.utilisation, allocated=hours
    )
    carried = product(energy, run.share, "kWh_it")
    return _Usage(Role.IDLE, carried, _OF_A_MODEL), Parts()


def _at_the_meter(run: Run, use: _Usage) -> Value:
    """Electricity at the building's meter; outside any building, at the plug."""
    if use.building:
        return use.building
    PUE = (run.site.PUE or _NOT_STATED) if run.site else _AT_THE_PLUG
    return calculated(delivered_electricity, it_energy=use.energy, PUE=PUE)


def _delivered(run: Run, use: _Usage) -> ForegroundExchange:
    amount = _at_the_meter(run, use)
    if run.supply.loss:
        amount = calculated(generated_electricity, delivered=amount, loss=run.supply.loss)
    return ForegroundExchange(run.phase, Stage.USE, use.role, run.supply.activity.id, amount, use.origins)


def _of_building(run: Run, use: _Usage) -> tuple[EnergyRow, ...]:
    """What the building takes beyond its IT equipment, where its PUE is stated."""
    if not (run.site and run.site.PUE):
        return ()
    part = EnergyPart.BUILDING_IDLE if use.role == Role.IDLE else EnergyPart.BUILDING_COMPUTING
    beyond = _at_the_meter(run, use).number - use.energy.number
    return (EnergyRow(run.phase, part, beyond, "kWh", _MODELLED),)


def _water(run: Run, site: Site, used: list[_Usage], probable: Probable) -> Parts:
    if not used:
        return Parts()
    energy = total([use.energy for use in used])
    if site.WUE is None:
        name = _WATER(facility=site.name, reason=site.dry)
        WUE = probable.of("WUE")
        held = (_evaporated(run, site, energy, WUE),) if WUE else ()
        return Parts(gaps=gap(run.phase, name, energy.number, "kWh", site.water, held=held))
    return Parts((_evaporated(run, site, energy, site.WUE),))


def _evaporated(run: Run, site: Site, energy: Value, WUE: Value) -> ForegroundExchange:
    amount = converted(calculated(evaporated_water, it_energy=energy, WUE=WUE), "m3")
    return ForegroundExchange(run.phase, Stage.USE, Role.COOLING_WATER, site.water, amount, _OF_A_MODEL)
