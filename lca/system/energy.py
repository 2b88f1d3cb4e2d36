"""The energy of one phase: component energy → IT energy → delivered electricity; its idle time, and its water."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from lca.equations import (
    ComponentEnergy,
    Electricity,
    ITEnergy,
    delivered_electricity,
    evaporated_water,
    generated_electricity,
    idle_energy,
    it_energy,
    reserved_fraction,
)
from lca.errors import WrongUnit
from lca.inventory.activity import Activity, Modelling, Result
from lca.inventory.files.activity import Properties
from lca.quantities import units
from lca.quantities.records import Quantity
from lca.quantities.sources import Source, ids
from lca.system.foreground import EnergyRow, Foreground, ForegroundExchange, Gap, Run
from lca.system.scenario import PublishedElectricity, StatedFacility
from lca.vocabulary import Stage

WATER = "evaporated-water"
"""Catalogue id of a cubic metre of water evaporated at a site."""


class Supply(NamedTuple):
    """The electricity of a phase: its activity, and the kWh of it per kWh delivered to the building."""

    activity: Activity
    loss: float | None
    """Loss to add; None: the activity is one of delivered electricity."""


def add_electricity(foreground: Foreground, run: Run) -> None:
    """Add the electricity of a run and of its server's idle time, with the water evaporated for both."""
    supply = _supply(foreground, run)
    if supply is None:
        return
    site, place = _site(foreground)
    energy, origin = _it_energy(foreground, run, supply.activity.id)
    idle = _idle(foreground, run, supply.activity.id)
    PUE = site.PUE.amount if site.PUE else None
    if PUE is None:
        gap = f"energy of the building beyond its IT equipment, PUE not stated, on {supply.activity.id}"
        foreground.gaps.append(Gap(run.phase, gap, (energy + idle) * run.share, "kWh"))
    sources = ids(site.PUE.source or ()) if site.PUE else ()
    for role, amount, how in (("computing", energy, origin), ("idle time", idle, "modelled")):
        if amount:
            delivered = delivered_electricity(ITEnergy(amount * run.share), PUE or 1.0)
            formula = (
                f"{amount * run.share:.6g} kWh of IT energy × PUE {PUE:g}" if PUE else f"{amount:.6g} kWh of IT energy"
            )
            _deliver(foreground, run, supply, role, delivered, formula, how, sources)
            overhead = delivered - amount * run.share
            if PUE:
                foreground.energy.append(EnergyRow(run.phase, f"building, {role}", overhead, "kWh", "modelled"))
    if idle:
        foreground.energy.append(EnergyRow(run.phase, "idle time", idle * run.share, "kWh", "modelled"))
    _water(foreground, run, site.WUE, ITEnergy((energy + idle) * run.share), place)


def _supply(foreground: Foreground, run: Run) -> Supply | None:
    own = run.effort.electricity
    chosen = own if own is not None else foreground.scenario.file.electricity
    loc = (run.table, "electricity") if own is not None else ("electricity",)
    if isinstance(chosen, PublishedElectricity):
        activity = _published(chosen)
        foreground.own[activity.id] = activity
        foreground.modelling.add(str(activity.modelling))
        return Supply(activity, _stated_loss(chosen))
    region = foreground.catalogue.regions.get(chosen)
    if region:
        foreground.note(f"The electricity of {chosen} ({region.place}) is that of {region.electricity}.")
    found = foreground.known(region.electricity if region else chosen, *loc)
    if found is None:
        return None
    if found.unit != "kWh":
        foreground.refuse(WrongUnit(f"{chosen!r} is no electricity: its product is in {found.unit}"), *loc)
        return None
    foreground.modelling.add(str(found.modelling) if found.modelling else f"one technology only: {found.id}")
    return Supply(found, None)


def _stated_loss(chosen: PublishedElectricity) -> float | None:
    return chosen.loss.amount if chosen.boundary == "generated" and chosen.loss else None


def _published(chosen: PublishedElectricity) -> Activity:
    """An activity of 1 kWh that carries the published intensity and nothing else."""
    gaps = []
    if chosen.scope == "direct":
        gaps.append("fuel supply and power plants are not in a direct intensity")
    if chosen.boundary == "generated" and not chosen.loss:
        gaps.append("losses between plant and user are not stated")
    value = chosen.intensity.amount
    low = chosen.intensity.low.number if chosen.intensity.low else value
    high = chosen.intensity.high.number if chosen.intensity.high else value
    name = f"electricity, {value:g} kg CO2-Eq/kWh as published, {chosen.boundary}, {chosen.scope}"
    tags = chosen.modelling
    sources = ids(chosen.intensity.source or ())
    result = Result("climate-change", value, low, high, "GWP100, version unstated", sources)
    return Activity(
        id=re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"),
        kind="electricity",
        name=name,
        product="electricity",
        unit="kWh",
        location="",
        file="",
        results=(result,),
        gaps=tuple(gaps),
        modelling=Modelling(tags.approach, tags.accounting, tags.perimeter),
    )


def _site(foreground: Foreground) -> tuple[Properties | StatedFacility, str]:
    facility = foreground.scenario.file.facility
    if isinstance(facility, str):
        activity = foreground.known(facility, "facility")
        return (activity.properties, facility) if activity else (StatedFacility(), facility)
    return (facility or StatedFacility()), "a facility that is not in the catalogue"


def _works(foreground: Foreground, sources: tuple[str, ...]) -> tuple[Mapping[str, Source], str]:
    """The sources of PUE and WUE, and the file that states them; empty for the scenario."""
    facility = foreground.scenario.file.facility
    activity = foreground.known(facility, "facility") if isinstance(facility, str) else None
    defined = activity.sources if activity else foreground.scenario.file.sources
    return {id: defined[id] for id in sources if id in defined}, activity.file if activity else ""


def _server(foreground: Foreground, run: Run) -> Properties:
    activity = foreground.known(run.effort.server, run.table, "server") if run.effort.server else None
    return activity.properties if activity else Properties()


def _it_energy(foreground: Foreground, run: Run, electricity: str) -> tuple[ITEnergy, str]:
    """IT energy of the run, and the origin of its largest part."""
    if run.it_energy is not None:
        foreground.energy.append(EnergyRow(run.phase, "node", run.it_energy * run.share, "kWh", run.origin))
        return run.it_energy, run.origin
    total = ComponentEnergy(sum(energy for energy, _ in run.components.values()))
    for component, (part, origin) in run.components.items():
        foreground.energy.append(EnergyRow(run.phase, component, part * run.share, "kWh", origin))
    largest = max(run.components.values(), default=(0.0, "stated"))[1]
    factor = run.effort.rest_of_node or _server(foreground, run).rest_of_node
    if factor is None:
        gap = f"energy of the rest of the node (power supply, fans, board), on {electricity}"
        foreground.gaps.append(Gap(run.phase, gap, total * run.share, "kWh"))
        return ITEnergy(total), largest
    energy = it_energy(total, factor.amount)
    foreground.energy.append(EnergyRow(run.phase, "rest of node", (energy - total) * run.share, "kWh", "modelled"))
    return energy, largest


def _idle(foreground: Foreground, run: Run, electricity: str) -> ITEnergy:
    effort = run.effort
    if not effort.server or not effort.utilisation or run.allocated is None:
        return ITEnergy(0.0)  # no equipment is allocated: the gap is the equipment's
    server = _server(foreground, run)
    hours = run.allocated * reserved(foreground, run)
    if server.plug_idle_power is None:
        gap = f"energy of {effort.server} while idle, on {electricity}"
        foreground.gaps.append(Gap(run.phase, gap, hours * (1 / effort.utilisation.amount - 1) * run.share, "h"))
        return ITEnergy(0.0)
    return idle_energy(server.plug_idle_power.amount, effort.utilisation.amount, hours)


def reserved(foreground: Foreground, run: Run) -> float:
    """Fraction of the server that the run reserves; all of it where nothing else is stated."""
    if run.effort.part_of_server:
        return run.effort.part_of_server.amount
    if run.effort.reserved is None or run.effort.server not in foreground.catalogue.activities:
        return 1.0
    installed = _server(foreground, run).accelerators
    if installed is None or run.effort.reserved.amount > installed.amount:
        number = f"{installed.amount:g}" if installed else "no stated number of"
        fault = WrongUnit(f"{run.effort.reserved.amount:g} reserved, but {run.effort.server} has {number} accelerators")
        foreground.refuse(fault, run.table, "reserved")
        return 1.0
    return reserved_fraction(run.effort.reserved.amount, installed.amount)


def _deliver(
    foreground: Foreground,
    run: Run,
    supply: Supply,
    role: str,
    delivered: Electricity,
    formula: str,
    origin: str,
    sources: tuple[str, ...],
) -> None:
    amount = delivered
    if supply.loss is not None:
        amount = generated_electricity(delivered, supply.loss)
        formula += f" / (1 − {supply.loss:g})"
    foreground.exchanges.append(
        ForegroundExchange(
            run.phase,
            Stage.USE,
            role,
            supply.activity.id,
            amount,
            "kWh",
            formula,
            origin,
            sources,
            *_works(foreground, sources),
        )
    )


def _water(foreground: Foreground, run: Run, WUE: Quantity | None, energy: ITEnergy, place: str) -> None:
    if WUE is None or WUE.basis != "consumption":
        why = "WUE not stated" if WUE is None else "its WUE counts withdrawal, not consumption"
        foreground.gaps.append(Gap(run.phase, f"water evaporated at {place}: {why}", energy, "kWh", WATER))
        return
    if foreground.known(WATER, "facility") is None:
        return
    amount = evaporated_water(energy, WUE.amount) * units.factor("L", "m3")
    formula = f"{energy:.6g} kWh of IT energy × WUE {WUE.amount:g} L/kWh"
    sources = ids(WUE.source or ())
    foreground.exchanges.append(
        ForegroundExchange(
            run.phase,
            Stage.USE,
            "cooling water",
            WATER,
            amount,
            "m3",
            formula,
            "modelled",
            sources,
            *_works(foreground, sources),
        )
    )
