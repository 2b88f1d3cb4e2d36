"""Numbers of a scenario that can be, and are hardly meant: each with what they come to and what was probably meant."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from lca.equations import powered_time
from lca.errors import Fault, Implausible, Problem
from lca.inventory.catalogue import Catalogue
from lca.languages import gettext, localised
from lca.quantities import units
from lca.system.numbers import Numbers
from lca.system.run import Run, runs
from lca.system.scenario import OUTSIDE, Effort, Scenario
from lca.vocabulary import Phase

OLD = units.factor("year", "h") * 15
"""Hours: the longest that a host of SERVICE_LIVES keeps a server."""
SERVICE_LIVES = "operators-service-lives"
"""Id of the shared source that says for how long servers are kept."""
_AS_SERVED = (Phase.INFERENCE, Phase.END_USER_DEVICE, Phase.NETWORK, Phase.STORAGE)
"""Phases that last for the period of the functional unit."""
_ENERGIES = ("power", "it_power", "it_energy", "building_energy", "component_energy")
_ROUNDING = 1.02


def implausible(scenario: Scenario, catalogue: Catalogue) -> tuple[Problem, ...]:
    """What an analyst should look at again; a scenario that does not fit the catalogue has none."""
    resolved, problems = runs(scenario, catalogue, Numbers(scenario))
    if problems:
        return ()
    listed = [*_sites(scenario)]
    for run in resolved:
        effort = scenario.file.runs()[run.id]
        listed += [((run.id, key), text) for key, text in _of_run(scenario, effort, run)]
    return tuple(scenario.problem(loc, Implausible(text)) for loc, text in listed)


def _of_run(scenario: Scenario, effort: Effort, run: Run) -> Iterator[tuple[str, str]]:
    """Key and what is to be said of it."""
    if run.equipment is None:
        return
    lifetime = run.equipment.lifetime.number
    if lifetime > OLD:
        yield "lifetime" if effort.lifetime else "server", _long(lifetime)
    if effort.fleet or run.allocated is None:
        return
    yield from _power(effort, run)
    yield from _time(scenario, effort, run)


def _long(lifetime: float) -> str:
    return gettext(
        "a life of {life}: operators write servers off over 3 to 6 years, and the longest that a host says to keep one "
        "is 15 (inventories/sources/{id}.toml)",
        life=_years(lifetime),
        id=SERVICE_LIVES,
    )


def _power(effort: Effort, run: Run) -> Iterator[tuple[str, str]]:
    """Mean power of a server while it is allocated, against what it can draw and what it draws at rest."""
    used, energy = run.equipment, _at_the_plug(run)
    assert used and run.allocated
    if effort.measurement or energy is None:
        return  # a record says on which machine it was taken, and a note says that the equipment is another
    part = used.part.number if used.part else 1.0
    mean = energy / run.allocated.number / part
    count = effort.count.amount if effort.count else 1.0
    key = next(
        k for k in ("power", "it_power", "it_energy", "building_energy", "component_energy") if getattr(effort, k)
    )
    if used.plug_power and mean > used.plug_power.number * _ROUNDING:
        most, needed = used.plug_power.number, math.ceil(count * mean / used.plug_power.number)
        yield (
            key,
            gettext(
                "{mean} on average for each {id}, which draws at most {most}: {total} need {needed} of them, "
                "count = {needed}, each for its own hours",
                mean=_kW(mean),
                id=used.server.id,
                most=_kW(most),
                total=_kW(mean * count),
                needed=needed,
            ),
        )
    if used.idle_power and mean < used.idle_power.number / _ROUNDING:
        text = gettext(
            "{mean} on average for each {id} at work, which draws {idle} idle",
            mean=_kW(mean),
            id=used.server.id,
            idle=_kW(used.idle_power.number),
        )
        installed = used.server.properties.accelerators
        if installed and (effort.power or effort.it_power) and effort.power_of in (None, "run"):
            number = effort.reserved.amount if effort.reserved else installed.amount * count
            text += gettext(
                ': if the power is that of one of {number:g} accelerators, power_of = "accelerator"', number=number
            )
        yield key, text


def _time(scenario: Scenario, effort: Effort, run: Run) -> Iterator[tuple[str, str]]:
    """Hours that a server is powered, against its life and the period of the functional unit."""
    used = run.equipment
    assert used and run.allocated
    count, key = effort.count.amount if effort.count else 1.0, _time_key(effort)
    each = run.allocated.number / count
    powered = float(powered_time(each, used.utilisation.number))
    life = used.lifetime.number
    if powered > life * _ROUNDING:
        needed = math.ceil(count * powered / life)
        yield (
            key,
            gettext(
                "{hours:,.6g} h at a utilisation of {utilisation:g} keep one {id} powered for {powered}, and its life "
                "is {life}: {needed:,} of them, count = {needed}, for {each:,.4g} h each, or an hour too many",
                hours=each,
                utilisation=used.utilisation.number,
                id=used.server.id,
                powered=_years(powered),
                life=_years(life),
                needed=needed,
                each=each * count / needed,
            ),
        )
        return
    period = _period(scenario)
    if period is None or run.phase not in _AS_SERVED:
        return
    carried = run.share.number
    if each * carried > period * _ROUNDING:
        needed = math.ceil(count * each * carried / period)
        yield (
            key,
            gettext(
                "{time} of one server within a period of {period}: if that is the time of several together, "
                "count = {needed} and {each:,.6g} h each",
                time=_years(each * carried),
                period=_years(period),
                needed=needed,
                each=each * count / needed,
            ),
        )
    elif powered * carried > period * _ROUNDING:
        idle = (used.idle_power.number if used.idle_power else 0.0) * (powered - each) * carried * count
        yield (
            "utilisation",
            gettext(
                "{hours:,.6g} h at {utilisation:g} are {powered:,.6g} h powered within a period of {period:,.6g} h, "
                "with {idle:,.0f} kWh of idle time added: of a mean over the whole period, in which idle time is "
                "already, utilisation = 1; else give the hours of work alone",
                hours=each * carried,
                utilisation=used.utilisation.number,
                powered=powered * carried,
                period=period,
                idle=idle,
            ),
        )


def _sites(scenario: Scenario) -> Iterator[tuple[tuple[str, str], str]]:
    """Places that have no PUE of their own."""
    file = scenario.file
    for name, site in file.sites.items():
        runs = [id for id, run in file.runs().items() if run.site == name and not run.facility]
        within = [id for id in runs if not file.outside(id, file.runs()[id])]
        if site.facility is None and within:
            names = ", ".join(within)
            if file.facility is None:
                text = gettext(
                    "no facility of its own for {runs}, so no PUE: none is stated; give facility, or {outside!r}",
                    runs=names,
                    outside=OUTSIDE,
                )
            else:
                text = gettext(
                    "no facility of its own for {runs}, so no PUE: the scenario's is taken; give facility, "
                    "or {outside!r}",
                    runs=names,
                    outside=OUTSIDE,
                )
            yield ("sites", name), text


def _at_the_plug(run: Run) -> float | None:
    """IT energy of the whole run in kWh, where enough of it is known."""
    if run.node:
        return float(run.node.value.number)
    if run.building:
        PUE = run.site.PUE if run.site else None
        return float(run.building.value.number / (PUE.number if PUE else 1.0))
    rest = run.rest_of_node.number if run.rest_of_node else 1.0
    return float(np.sum([each.value.number for each in run.components]) * rest) if run.components else None


def _time_key(effort: Effort) -> str:
    return next(key for key in ("device_time", "computation", "measurement") if getattr(effort, key))


def _period(scenario: Scenario) -> float | None:
    """Hours of the functional unit's period, where it is written as a time."""
    try:
        return units.convert(units.parse(scenario.file.functional_unit.period or ""), "h").number
    except Fault:
        return None


def _kW(power: float) -> str:
    return localised(f"{power:.4g} kW")


def _years(hours: float) -> str:
    year = units.factor("year", "h")
    if hours >= year:
        return gettext("{number:,.4g} years", number=hours / year)
    return localised(f"{hours:,.4g} h")
