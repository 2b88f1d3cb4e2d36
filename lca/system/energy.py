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
)
from lca.measurement.totals import Origins
from lca.quantities.values import Value, calculated, converted, product, total
from lca.system.parts import EnergyRow, ForegroundExchange, Parts, gap
from lca.system.run import Energy, Run, Site
from lca.vocabulary import Origin, Stage

_NOT_KNOWN = Value(1.0, "kWh_it/kWh_component", "rest-of-node factor (not known, not counted)")
_AT_THE_PLUG = Value(1.0, "kWh/kWh_it", "PUE (no data centre)")
_NOT_STATED = Value(1.0, "kWh/kWh_it", "PUE (not stated, not counted)")
_MODELLED = str(Origin.MODELLED)


@dataclass(frozen=True, slots=True)
class _Use:
    """IT energy of one use of a run, per functional unit."""

    role: str
    energy: Value
    origins: Origins
    building: Value | None = None
    """Electricity at the building's meter, where that is what the file states."""


def electricity(run: Run) -> Parts:
    """The electricity of a run and of its server's idle time, with the water evaporated for both."""
    computing, parts = _computing(run) if run.building is None else _metered(run, run.building)
    idle, unknown = _idle(run)
    parts += unknown
    used = [use for use in (computing, idle) if use and np.any(use.energy.number)]
    parts += Parts(
        own={run.supply.activity.id: run.supply.activity} if run.supply.own else {},
        modelling=frozenset({run.supply.modelling}),
        notes=(run.supply.note,) if run.supply.note else (),
    )
    if run.site and not run.site.PUE:
        energy = sum(use.energy.number for use in used if not use.building)
        name = f"energy of the building beyond its IT equipment, PUE not stated, on {run.supply.activity.id}"
        parts += Parts(gaps=gap(run.phase, name, energy, "kWh"))
    for use in used:
        parts += _delivered(run, use)
    if idle and idle in used:
        parts += Parts(energy=(EnergyRow(run.phase, "idle time", idle.energy.number, "kWh", _MODELLED),))
    return parts + _water(run, run.site, used) if run.site else parts


def _computing(run: Run) -> tuple[_Use, Parts]:
    """What the run itself took."""
    if run.node:
        energy = product(run.node.value, run.share, "kWh_it")
        row = EnergyRow(run.phase, "node", energy.number, "kWh", str(run.node.origins))
        return _Use("computing", energy, run.node.origins), Parts(energy=(row,))
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
        rows.append(EnergyRow(run.phase, "rest of node", rest, "kWh", _MODELLED))
    else:
        name = f"energy of the rest of the node (power supply, fans, board), on {run.supply.activity.id}"
        unknown = Parts(gaps=gap(run.phase, name, components.number * share, "kWh"))
    node = calculated(it_energy, component_energy=components, rest_of_node=run.rest_of_node or _NOT_KNOWN)
    return _Use("computing", product(node, run.share, "kWh_it"), origins), Parts(energy=tuple(rows)) + unknown


def _metered(run: Run, building: Energy) -> tuple[_Use, Parts]:
    """What the run took at the building's meter; without a PUE its IT energy is not known, and counts as all of it."""
    electricity = product(building.value, run.share, "kWh")
    PUE = (run.site.PUE if run.site else None) or _NOT_STATED
    energy = calculated(energy_within, electricity=electricity, PUE=PUE)
    row = EnergyRow(run.phase, "node", energy.number, "kWh", str(building.origins))
    return _Use("computing", energy, building.origins, electricity), Parts(energy=(row,))


def _idle(run: Run) -> tuple[_Use | None, Parts]:
    """What the server takes while it is powered and not allocated; without equipment the gap is the equipment's."""
    equipment = run.equipment
    if equipment is None:
        return None, Parts()
    hours = product(equipment.allocated, equipment.part, "h") if equipment.part else equipment.allocated
    if equipment.idle_power is None:
        idle_hours = hours.number * (1 / equipment.utilisation.number - 1) * run.share.number
        name = f"energy of {equipment.server.id} while idle, on {run.supply.activity.id}"
        return None, Parts(gaps=gap(run.phase, name, idle_hours, "h"))
    energy = calculated(
        idle_energy, idle_power=equipment.idle_power, utilisation=equipment.utilisation, allocated=hours
    )
    carried = product(energy, run.share, "kWh_it")
    return _Use("idle time", carried, Origins.of([(Origin.MODELLED, 1.0)])), Parts()


def _delivered(run: Run, use: _Use) -> Parts:
    """The exchange of electricity, and what the building takes of it beyond its IT equipment."""
    PUE = run.site.PUE if run.site else None
    rows: tuple[EnergyRow, ...] = ()
    if use.building:
        amount = use.building
    elif run.site is None:
        amount = calculated(delivered_electricity, it_energy=use.energy, PUE=_AT_THE_PLUG)
    else:
        amount = calculated(delivered_electricity, it_energy=use.energy, PUE=PUE or _NOT_STATED)
    if PUE:
        overhead = amount.number - use.energy.number
        rows = (EnergyRow(run.phase, f"building, {use.role}", overhead, "kWh", _MODELLED),)
    if run.supply.loss:
        amount = calculated(generated_electricity, delivered=amount, loss=run.supply.loss)
    exchange = ForegroundExchange(run.phase, Stage.USE, use.role, run.supply.activity.id, amount, use.origins)
    return Parts((exchange,), energy=rows)


def _water(run: Run, site: Site, used: list[_Use]) -> Parts:
    if not used:
        return Parts()
    energy = total([use.energy for use in used])
    if site.WUE is None:
        name = f"water evaporated at {site.name}: {site.dry}"
        return Parts(gaps=gap(run.phase, name, energy.number, "kWh", site.water))
    amount = converted(calculated(evaporated_water, it_energy=energy, WUE=site.WUE), "m3")
    modelled = Origins.of([(Origin.MODELLED, 1.0)])
    return Parts((ForegroundExchange(run.phase, Stage.USE, "cooling water", site.water, amount, modelled),))
