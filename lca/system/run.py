"""A phase of a scenario with everything that it names looked up: what ran, for how much service, where, on what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np

from lca.equations import component_energy, reserved_fraction, service_share
from lca.errors import Fault, MissingKey, Problem, UnknownActivity, WrongUnit
from lca.inventory.activity import Activity, Modelling, Result
from lca.inventory.catalogue import Catalogue
from lca.measurement.record import Measurement
from lca.measurement.totals import ComponentTotal, Origins, by_component
from lca.quantities import units
from lca.quantities.records import Quantity
from lca.quantities.sources import Source, ids
from lca.quantities.values import Value, calculated, product, total
from lca.system.numbers import Numbers
from lca.system.parts import Gap
from lca.system.scenario import PHASES, Effort, PublishedElectricity, Scenario, StatedFacility
from lca.vocabulary import Origin, Phase

BEYOND_THE_DATA_CENTRE = (Phase.END_USER_DEVICE, Phase.NETWORK)
"""Phases that take place outside the scenario's facility: they pay neither its PUE nor its building nor its water."""


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy of a component over the whole run, or of the node at its plug."""

    name: str
    """Component, `node`, or `stated`."""
    value: Value
    origins: Origins


@dataclass(frozen=True, slots=True)
class Supply:
    """The electricity of a run."""

    activity: Activity
    modelling: str
    loss: Value | None = None
    """Loss to add; None: the activity is one of delivered electricity."""
    note: str = ""
    own: bool = False
    """Whether the scenario itself defines the activity."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a run took place."""

    name: str
    PUE: Value | None = None
    WUE: Value | None = None
    """Of water consumed."""
    dry: str = ""
    """Why the water is not known."""
    building: Activity | None = None


@dataclass(frozen=True, slots=True)
class Equipment:
    """The server that a run occupied."""

    server: Activity
    allocated: Value
    utilisation: Value
    lifetime: Value
    part: Value | None
    """Part of it that is reserved; None: all of it."""
    plug_power: Value | None
    """Rated, at the plug."""
    idle_power: Value | None
    """At the plug, while it is powered and not allocated."""


@dataclass(frozen=True, slots=True)
class Run:
    """The energy and time of one phase, for what the run itself served."""

    phase: Phase
    share: Value
    """Part of the run that the functional unit carries."""
    components: tuple[Energy, ...]
    node: Energy | None
    """Energy at the plug, in place of the components'."""
    rest_of_node: Value | None
    """IT energy over component energy."""
    supply: Supply
    site: Site | None
    """None: it takes place beyond the data centre."""
    equipment: Equipment | None
    allocated: Value | None
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()


def runs(scenario: Scenario, catalogue: Catalogue, numbers: Numbers) -> tuple[list[Run], list[Problem]]:
    """The runs of a scenario in the order of its phases, and everything that is wrong with them."""
    look_up = _LookUp(scenario, catalogue, numbers)
    found = [look_up.run(table, phase) for table, phase in PHASES.items() if getattr(scenario.file, table)]
    return [run for run in found if run], list(dict.fromkeys(look_up.problems))


class _LookUp:
    """Looks up what a scenario names; what is not there is a problem of the scenario's file."""

    def __init__(self, scenario: Scenario, catalogue: Catalogue, numbers: Numbers) -> None:
        self.scenario, self.catalogue, self.numbers = scenario, catalogue, numbers
        self.problems: list[Problem] = []

    def run(self, table: str, phase: Phase) -> Run | None:
        effort: Effort = getattr(self.scenario.file, table)
        record = self.scenario.measurements.get(table)
        share = self._share(table, phase, effort, record)
        if share is None:
            return None
        allocated = self._allocated(table, effort, record)
        equipment = self._equipment(table, effort, allocated) if allocated else None
        site = None if phase in BEYOND_THE_DATA_CENTRE else self._site()
        supply = self._supply(table, effort)
        if supply is None:
            return None
        components, node = self._energy(table, effort, record)
        return Run(
            phase,
            share,
            components,
            node,
            self._rest_of_node(table, effort, equipment),
            supply,
            site,
            equipment,
            allocated,
            _unmeasured(phase, record, share.number) if record else (),
            tuple(_notes(phase, effort, record)),
        )

    def activity(self, id: str, *loc: str) -> Activity | None:
        try:
            return self.catalogue.activity(id)
        except UnknownActivity as fault:
            self.refuse(fault, *loc)
            return None

    def refuse(self, fault: Fault, *loc: str) -> None:
        self.problems.append(self.scenario.problem(loc, fault))

    def _share(self, table: str, phase: Phase, effort: Effort, record: Measurement | None) -> Value | None:
        wanted = self.scenario.file.functional_unit.amount
        served = effort.serves or (record.amount if record else None)
        try:
            if served is None:
                raise WrongUnit("the record does not say what its run delivered: give serves")
            number = units.convert(served, wanted.unit).number
            if number <= 0:
                raise WrongUnit(f"serves {served}: nothing is served")
        except Fault as fault:
            self.refuse(fault, table, "serves" if effort.serves else "measurement")
            return None
        share = calculated(
            service_share,
            f"share of the {phase}",
            delivered=self.numbers.amount(wanted.number, wanted.unit, "functional_unit.amount", "delivered"),
            served=self.numbers.amount(number, wanted.unit, f"{table}.serves", "served"),
        )
        if effort.allocation is None:
            return share
        return product(share, self.numbers.of(effort.allocation, f"{table}.allocation", "allocated"), "1")

    def _allocated(self, table: str, effort: Effort, record: Measurement | None) -> Value | None:
        if effort.device_time:
            return self.numbers.of(effort.device_time, f"{table}.device_time", "allocated")
        if record:
            return self.numbers.amount(record.duration.amount, "h", f"{table}.measurement.duration", "allocated")
        return None

    def _energy(
        self, table: str, effort: Effort, record: Measurement | None
    ) -> tuple[tuple[Energy, ...], Energy | None]:
        """Energy of the components, or at the plug."""
        if record:
            where = f"{table}.measurement"
            if record.it_energy:
                name, key = "integrated energy at the plug", f"{record.key}|it_energy"
                node = self.numbers.of(record.it_energy, f"{where}.it_energy", name, key)
                return (), Energy("node", node, Origins.of([(Origin.INTEGRATED, 1.0)]))
            return tuple(self._component(each, table, record) for each in by_component(record.energy)), None
        if effort.it_energy:
            value = self.numbers.of(effort.it_energy, f"{table}.it_energy", "stated energy at the plug")
            return (), Energy("node", value, Origins.of([(Origin.STATED, 1.0)]))
        value = self._stated_components(table, effort)
        return (Energy("stated", value, Origins.of([(Origin.STATED, 1.0)])),), None

    def _stated_components(self, table: str, effort: Effort) -> Value:
        if effort.power and effort.device_time:
            return calculated(
                component_energy,
                "energy of the components",
                power=self.numbers.of(effort.power, f"{table}.power", "mean power"),
                device_time=self.numbers.of(effort.device_time, f"{table}.device_time", "time"),
            )
        assert effort.component_energy  # the file's own rule: one of four is given
        return self.numbers.of(effort.component_energy, f"{table}.component_energy", "stated energy of the components")

    def _component(self, measured: ComponentTotal, table: str, record: Measurement) -> Energy:
        name = f"{measured.component} energy"
        entries = []
        for number, entry in enumerate(measured.entries):
            field, key = f"{table}.measurement.energy.{entry.component}[{number}]", record.error_of(entry)
            entries.append(self.numbers.of(entry.energy, field, f"{name} ({entry.origin})", f"{key}[{number}]"))
        return Energy(measured.component, total(entries, measured.component), measured.origins)

    def _rest_of_node(self, table: str, effort: Effort, equipment: Equipment | None) -> Value | None:
        name = "rest-of-node factor"
        if effort.rest_of_node:
            return self.numbers.of(effort.rest_of_node, f"{table}.rest_of_node", name)
        return self.numbers.of_activity(equipment.server, "rest_of_node", name) if equipment else None

    def _equipment(self, table: str, effort: Effort, allocated: Value) -> Equipment | None:
        server = self.activity(effort.server, table, "server") if effort.server else None
        if server is None or effort.utilisation is None:
            return None
        name = f"life of {server.id}"
        if effort.lifetime:
            lifetime: Value | None = self.numbers.of(effort.lifetime, f"{table}.lifetime", name)
        else:
            lifetime = self.numbers.of_activity(server, "lifetime", name)
        if lifetime is None:
            self.refuse(MissingKey(f"{server.id} states no lifetime: give one"), table, "lifetime")
            return None
        utilisation = self.numbers.of(effort.utilisation, f"{table}.utilisation", "utilisation")
        plug, idle = (
            self.numbers.of_activity(server, key, name)
            for key, name in (("plug_power", "provisioned"), ("plug_idle_power", "idle power"))
        )
        return Equipment(server, allocated, utilisation, lifetime, self._part(table, effort, server), plug, idle)

    def _part(self, table: str, effort: Effort, server: Activity) -> Value | None:
        """Part of the server that the run reserves; None: all of it."""
        if effort.part_of_server:
            return self.numbers.of(effort.part_of_server, f"{table}.part_of_server", "part of the server")
        if effort.reserved is None:
            return None
        installed = self.numbers.of_activity(server, "accelerators", "installed")
        reserved = self.numbers.of(effort.reserved, f"{table}.reserved", "reserved")
        if installed is None or np.all(reserved.number > installed.number):
            number = f"{installed.number:g}" if installed else "no stated number of"
            fault = WrongUnit(f"{effort.reserved.amount:g} reserved, but {server.id} has {number} accelerators")
            self.refuse(fault, table, "reserved")
            return None
        part = calculated(reserved_fraction, "part of the server", reserved=reserved, installed=installed)
        if np.all(part.number <= 1):
            return part
        possible: Any = np.where(part.number <= 1, part.number, np.nan)  # of some variants alone
        return replace(part, number=possible)

    def _site(self) -> Site:
        facility, id = self.scenario.file.facility, self.scenario.file.building
        stated = facility if isinstance(facility, StatedFacility) else StatedFacility()
        building = None
        if id is not None:
            building = self.activity(id, "facility", *(() if facility == id else ("building",)))
            if building is None:
                return Site(id)
        PUE, WUE = (self._of_site(key, stated, building) for key in ("PUE", "WUE"))
        water = stated.WUE or (building.properties.WUE if building else None)
        return Site(id or "a facility that is not in the catalogue", PUE, *_consumed(WUE, water), building)

    def _of_site(self, key: str, stated: StatedFacility, building: Activity | None) -> Value | None:
        """A number of a facility: the scenario's own, or that of its building."""
        quantity: Quantity | None = getattr(stated, key)
        if quantity:
            return self.numbers.of(quantity, f"facility.{key}", key)
        return self.numbers.of_activity(building, key, key) if building else None

    def _supply(self, table: str, effort: Effort) -> Supply | None:
        own = effort.electricity
        chosen = own if own is not None else self.scenario.file.electricity
        loc = (table, "electricity") if own is not None else ("electricity",)
        if isinstance(chosen, PublishedElectricity):
            activity = _published(chosen, self.scenario.file.sources)
            stated = chosen.loss if chosen.boundary == "generated" else None
            loss = self.numbers.of(stated, ".".join((*loc, "loss")), "loss") if stated else None
            return Supply(activity, str(activity.modelling), loss, own=True)
        region = self.catalogue.regions.get(chosen)
        note = f"The electricity of {chosen} ({region.place}) is that of {region.electricity}." if region else ""
        mix = self.activity(region.electricity if region else chosen, *loc)
        if mix is None:
            return None
        if mix.unit != "kWh":
            self.refuse(WrongUnit(f"{chosen!r} is no electricity: its product is in {mix.unit}"), *loc)
            return None
        return Supply(mix, str(mix.modelling) if mix.modelling else f"one technology only: {mix.id}", note=note)


def _consumed(value: Value | None, quantity: Quantity | None) -> tuple[Value | None, str]:
    """The WUE if it counts water consumed, and else why it is not used."""
    if value is None or quantity is None:
        return None, "WUE not stated"
    if quantity.basis != "consumption":
        return None, "its WUE counts withdrawal, not consumption"
    return value, ""


def _unmeasured(phase: Phase, record: Measurement, share: float) -> tuple[Gap, ...]:
    return tuple(
        Gap(phase, f"energy of the {missing.component} in the run {record.name!r} ({missing.reason})", share, "run")
        for missing in record.unmeasured
    )


def _notes(phase: Phase, effort: Effort, record: Measurement | None) -> list[str]:
    notes = []
    if effort.allocation:
        part = f"{effort.allocation.amount:g}"
        notes.append(f"Phase {phase}: {part} of the effort is allocated to this scenario, which shares it.")
    if record is None:
        return notes
    if record.interrupted:
        notes.append(f"The run {record.name!r} was interrupted; its record covers what ran.")
    machine = ", ".join(f"{device.name} ({device.kind})" for device in record.devices)
    if effort.server and machine:
        notes.append(
            f"Phase {phase}: the run took place on {machine}; the equipment is {effort.server}, allocated for the "
            "time of the run. The two are the same machine only if the analyst says so."
        )
    return notes


def _published(chosen: PublishedElectricity, sources: Mapping[str, Source]) -> Activity:
    """An activity of 1 kWh that carries the published intensity and nothing else.

    Its id holds a digest of all that is stated: two intensities that print alike are two activities.
    """
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
    cited = ids(chosen.intensity.source or ())
    result = Result("climate-change", value, low, high, "GWP100, version unstated", cited)
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    digest = sha256(chosen.model_dump_json().encode()).hexdigest()[:8]
    return Activity(
        id=f"{readable}-{digest}",
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
