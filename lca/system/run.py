"""A run of a scenario with everything that it names looked up: what ran, for how much service, where, on what."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

import numpy as np

from lca.equations import (
    battery_wear,
    charged,
    component_energy,
    computing_time,
    fleet_time,
    media_worn,
    part_of_record,
    plug_energy,
    reserved_fraction,
    service_share,
    standby_time,
    storage_energy,
    transfer_energy,
    transformer_computation,
)
from lca.errors import Fault, MissingKey, Problem, UnknownActivity, UnknownSite, WrongUnit
from lca.inventory.activity import Activity, Input, Modelling, Result
from lca.inventory.catalogue import Catalogue
from lca.languages import Deferred, gettext
from lca.measurement.record import Measurement
from lca.measurement.totals import ComponentTotal, Origins, by_component
from lca.quantities import units
from lca.quantities.documents import dotted
from lca.quantities.records import Quantity, Record, near
from lca.quantities.sources import Source, ids
from lca.quantities.units import Amount
from lca.quantities.values import Range, Value, calculated, converted, fraction, product, total
from lca.system.numbers import Numbers
from lca.system.parts import Gap
from lca.system.scenario import (
    PHASES,
    Battery,
    Effort,
    Fleet,
    Kept,
    PublishedElectricity,
    Scenario,
    StatedFacility,
    Transfer,
    Use,
    table_of,
)
from lca.vocabulary import Origin, Phase, Stage

_EACH = Value(1.0, "1/item", "conversion")
_OF_REGION_AND_YEAR = Deferred("The electricity of {region} ({place}) is that of {mix}. {mix} is generation of {year}.")
_OF_REGION = Deferred("The electricity of {region} ({place}) is that of {mix}.")
_OF_YEAR = Deferred("{mix} is generation of {year}.")
_ALLOCATED = Deferred("Phase {phase}: {part} of the effort is allocated to this scenario, which shares it.")
_INTERRUPTED = Deferred("The run {record} was interrupted; its record covers what ran.")
_TOOK_PLACE = Deferred(
    "Phase {phase}: the run took place on {machine}; the equipment is {server}, allocated for the time of the run. The "
    "two are the same machine only if the analyst says so."
)
_UNMEASURED = Deferred("energy of the {component} in the run {record} ({reason})")
_NO_FACILITY = Deferred("a facility that is not in the catalogue")
_NO_WUE = Deferred("WUE not stated")
_WITHDRAWN = Deferred("its WUE counts withdrawal, not consumption")
_DIRECT = Deferred("fuel supply and power plants are not in a direct intensity")
_WITHOUT_LOSS = Deferred("losses between plant and user are not stated")
_ALL_DAY = Value(1.0, "1", "part of the day (by definition)")
_ALWAYS = Value(1.0, "1", "utilisation (by definition)")
_STATED = Origins.of([(Origin.STATED, 1.0)])
_MODELLED = Origins.of([(Origin.MODELLED, 1.0)])

_COMPUTATION = {
    "amount": "computation",
    "parameters": "parameters",
    "tokens": "tokens",
    "per_parameter_and_token": "operations",
    "speed": "peak of one accelerator",
    "utilisation": "part of the peak",
}
_FLEET = {
    "devices": "devices",
    "active": "part of the day at work",
    "period": "period",
    "active_power": "power at work",
    "standby_power": "power in standby",
    "powered": "part of the day with power",
    "share": "share of the device",
}
"""Number of a computation or a fleet → what explanations call it."""


WATER = "evaporated-water"
"""Catalogue id of a cubic metre of water evaporated somewhere; in a known country `evaporated-water-<country>`."""


def is_water(id: str) -> bool:
    """Whether an activity is a cubic metre of water evaporated at a site."""
    return id == WATER or id.startswith(f"{WATER}-")


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
    own: tuple[Activity, ...] = ()
    """It and what it takes, where the scenario itself defines them."""


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
    water: str = WATER
    """Id of a cubic metre of water evaporated there."""


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
class Used:
    """An amount of an activity's product per functional unit."""

    activity: Activity
    amount: Value
    stage: Stage


@dataclass(frozen=True, slots=True)
class Run:
    """The energy and time of one run of a phase, for what the run itself served."""

    id: str
    """`training`, or of several `training[1]`."""
    phase: Phase
    share: Value
    """Part of the run that the functional unit carries."""
    components: tuple[Energy, ...]
    node: Energy | None
    """Energy at the plug, in place of the components'."""
    building: Energy | None
    """Energy at the building's meter, in place of both."""
    rest_of_node: Value | None
    """IT energy over component energy."""
    supply: Supply
    site: Site | None
    """None: it takes place beyond the data centre."""
    equipment: Equipment | None
    allocated: Value | None
    """Hours of all its servers together."""
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    uses: tuple[Used, ...] = ()
    on_servers: bool = True
    """Whether it occupies any: not a network or a drive, nor a fleet of which the service takes no part."""

    @property
    def took_energy(self) -> bool:
        """Whether it is more than the products that it uses."""
        return bool(self.components or self.node or self.building or self.allocated or not self.uses)


@dataclass(frozen=True, slots=True)
class _Energies:
    """Energy of a run: of its components, or at its plug, or at the building's meter."""

    components: tuple[Energy, ...] = ()
    node: Energy | None = None
    building: Energy | None = None


def runs(
    scenario: Scenario, catalogue: Catalogue, numbers: Numbers, phases: Collection[Phase] = tuple(Phase)
) -> tuple[list[Run], list[Problem]]:
    """The runs of a scenario's phases in their order, and everything that is wrong with them."""
    look_up = _LookUp(scenario, catalogue, numbers)
    chosen = [(id, effort) for id, effort in scenario.file.runs().items() if PHASES[table_of(id)] in phases]
    listed = [look_up.run(id, effort) for id, effort in chosen]
    return [run for run in listed if run], list(dict.fromkeys(look_up.problems))


class _LookUp:
    """Looks up what a scenario names; what is not there is a problem of the scenario's file."""

    def __init__(self, scenario: Scenario, catalogue: Catalogue, numbers: Numbers) -> None:
        self.scenario, self.catalogue, self.numbers = scenario, catalogue, numbers
        self.problems: list[Problem] = []

    def run(self, id: str, effort: Effort) -> Run | None:
        phase, record = PHASES[table_of(id)], self.scenario.measurements.get(id)
        if effort.site is not None and effort.site not in self.scenario.file.sites:
            known = near(effort.site, self.scenario.file.sites)
            self.refuse(
                UnknownSite(gettext("no site {site!r} under [sites]{known}", site=effort.site, known=known)), id, "site"
            )
            return None
        share = self._share(id, phase, effort)
        if share is None:
            return None
        scale = self._scale(id, effort, record)
        allocated = self._allocated(id, effort, record, scale)
        equipment = self._equipment(id, effort, allocated) if allocated else None
        site = self._site(id, effort)
        supply = self._supply(id, effort)
        if supply is None:
            return None
        if site:
            site = replace(site, water=self._evaporated(supply))
        energies = self._energy(id, effort, record, scale, allocated)
        return Run(
            id,
            phase,
            share,
            energies.components,
            energies.node,
            energies.building,
            self._rest_of_node(id, effort, equipment),
            supply,
            site,
            equipment,
            allocated,
            _unmeasured(phase, record, share.number) if record else (),
            tuple(_notes(phase, effort, record)),
            tuple(self._uses(id, effort, share)),
            not (effort.transfer or effort.stored or (effort.fleet and self._none_of_it(id, effort.fleet))),
        )

    def activity(self, id: str, *loc: str | int) -> Activity | None:
        try:
            return self.catalogue.activity(id)
        except UnknownActivity as fault:
            self.refuse(fault, *loc)
            return None

    def refuse(self, fault: Fault, *loc: str | int) -> None:
        self.problems.append(self.scenario.problem(loc, fault))

    def _share(self, id: str, phase: Phase, effort: Effort) -> Value | None:
        wanted = self.scenario.file.functional_unit.amount
        try:
            served = self.scenario.served(id)
            if served is None:
                raise WrongUnit(gettext("the record does not say what its run delivered: give serves"))
            if served.number <= 0:
                raise WrongUnit(gettext("serves {serves}: nothing is served", serves=effort.serves or served))
        except Fault as fault:
            self.refuse(fault, id, "serves" if effort.serves else "measurement")
            return None
        share = calculated(
            service_share,
            f"share of the {phase}",
            delivered=self.numbers.amount(wanted.number, wanted.unit, "functional_unit.amount", "delivered"),
            served=self._served(id, served),
        )
        if effort.times:
            share = product(share, self.numbers.of(effort.times, f"{id}.times", "times"), "1")
        if effort.allocation is None:
            return share
        return product(share, self.numbers.of(effort.allocation, f"{id}.allocation", "allocated"), "1")

    def _served(self, id: str, served: Amount) -> Value:
        """The service of a run in the unit of the functional unit, by a stated conversion where it is of another."""
        stated = self.scenario.stated_service(id)
        other = stated and not units.alike(stated.unit, served.unit)
        conversion = self.scenario.conversion(stated.unit) if stated and other else None
        if stated is None or conversion is None:
            return self.numbers.amount(served.number, served.unit, f"{id}.serves", "served")
        number, rate, divides = conversion
        amount = self.numbers.amount(stated.number, stated.unit, f"{id}.serves", "served")
        each = self.numbers.of(rate, f"functional_unit.conversions[{number}].rate", "conversion of the service")
        if not divides:
            return product(amount, each, served.unit)
        return Value(
            amount.number / each.number, served.unit, "served", "amount / each", {"amount": amount, "each": each}
        )

    def _scale(self, id: str, effort: Effort, record: Measurement | None) -> Value | None:
        """How many times the run is that of its record; None: once."""
        if record is None or effort.processed is None:
            return None
        try:
            if record.amount is None:
                raise WrongUnit(
                    gettext("the record does not say what its run delivered: of what processed is a part is unknown")
                )
            number = units.convert(effort.processed, record.amount.unit).number
        except Fault as fault:
            self.refuse(fault, id, "processed")
            return None
        unit = record.amount.unit
        return calculated(
            part_of_record,
            "part of the record",
            processed=self.numbers.amount(number, unit, f"{id}.processed", "processed"),
            delivered=self.numbers.amount(record.amount.number, unit, f"{id}.measurement.amount", "delivered"),
        )

    def _allocated(self, id: str, effort: Effort, record: Measurement | None, scale: Value | None) -> Value | None:
        """Hours of all servers or devices together."""
        if fleet := effort.fleet:
            return calculated(
                fleet_time,
                "time of the fleet",
                devices=self.numbers.of(fleet.devices, f"{id}.fleet.devices", "devices"),
                part_of_day=_ALL_DAY,
                period=self.numbers.of(fleet.period, f"{id}.fleet.period", "period"),
            )
        hours = self._hours(id, effort)
        if hours is None and record:
            hours = self.numbers.amount(record.duration.amount, "h", f"{id}.measurement.duration", "allocated")
            hours = product(hours, scale, "h") if scale else hours
        return product(hours, self._count(id, effort), "h") if hours and effort.count else hours

    def _hours(self, id: str, effort: Effort) -> Value | None:
        """Hours of each server, where the file states them."""
        if effort.device_time:
            return self.numbers.of(effort.device_time, f"{id}.device_time", "allocated")
        if (work := effort.computation) is None:
            return None
        number = self._numbers(work, f"{id}.computation", _COMPUTATION)
        per_token = number.pop("per_parameter_and_token")
        computation = number.get("amount") or calculated(
            transformer_computation,
            "computation",
            per_parameter_and_token=per_token,
            parameters=number["parameters"],
            tokens=number["tokens"],
        )
        return calculated(
            computing_time,
            "allocated",
            computation=computation,
            speed=number["speed"],
            utilisation=number["utilisation"],
            accelerators=product(self._accelerators(id, effort), _EACH, "1"),
        )

    def _count(self, id: str, effort: Effort) -> Value:
        assert effort.count
        return self.numbers.of(effort.count, f"{id}.count", "servers")

    def _accelerators(self, id: str, effort: Effort) -> Value:
        """All that the run uses, of all its servers."""
        if effort.reserved:
            return self.numbers.of(effort.reserved, f"{id}.reserved", "accelerators")
        server = self.activity(effort.server, id, "server") if effort.server else None
        each = self.numbers.of_activity(server, "accelerators", "accelerators of a server") if server else None
        if each is None:
            what = (
                gettext("{id} states no number of accelerators: give reserved", id=effort.server)
                if server
                else gettext("no server is stated: give reserved")
            )
            self.refuse(MissingKey(what), id, "reserved")
            return Value(1.0, "item", "accelerators")
        return product(each, self._count(id, effort), "item") if effort.count else each

    def _energy(
        self, id: str, effort: Effort, record: Measurement | None, scale: Value | None, allocated: Value | None
    ) -> _Energies:
        if record:
            return self._recorded(id, record, scale)
        if effort.fleet:
            return _Energies(node=Energy("node", self._of_fleet(id, effort.fleet), _STATED))
        if effort.transfer:
            return _Energies(node=Energy("node", self._transferred(id, effort.transfer), _MODELLED))
        if effort.stored:
            return _Energies(node=Energy("node", self._stored(id, effort.stored), _MODELLED))
        if effort.it_energy:
            value = self.numbers.of(effort.it_energy, f"{id}.it_energy", "stated energy at the plug")
            return _Energies(node=Energy("node", value, _STATED))
        if effort.building_energy:
            value = self.numbers.of(effort.building_energy, f"{id}.building_energy", "stated energy at the meter")
            return _Energies(building=Energy("building", value, _STATED))
        if effort.it_power:
            power = self.numbers.of(effort.it_power, f"{id}.it_power", "mean power at the plug")
            value = calculated(
                plug_energy, "energy at the plug", power=power, device_time=self._powered(id, effort, allocated)
            )
            return _Energies(node=Energy("node", value, _STATED))
        if effort.power:
            value = calculated(
                component_energy,
                "energy of the components",
                power=self.numbers.of(effort.power, f"{id}.power", "mean power"),
                device_time=self._powered(id, effort, allocated),
            )
            return _Energies((Energy("stated", value, _STATED),))
        if effort.component_energy is None:
            return _Energies()
        value = self.numbers.of(effort.component_energy, f"{id}.component_energy", "stated energy of the components")
        return _Energies((Energy("stated", value, _STATED),))

    def _powered(self, id: str, effort: Effort, allocated: Value | None) -> Value:
        """Hours for which the stated power was drawn, by all that draw it."""
        if effort.power_of == "server" and allocated:
            return allocated
        hours = self._hours(id, effort)
        assert hours  # the file's own rule: a power comes with a time
        hours = replace(hours, name="time") if effort.device_time else hours
        return product(hours, self._accelerators(id, effort), "h") if effort.power_of == "accelerator" else hours

    def _recorded(self, id: str, record: Measurement, scale: Value | None) -> _Energies:
        if record.it_energy:
            name, key = "integrated energy at the plug", f"{record.key}|it_energy"
            value = self.numbers.of(record.it_energy, f"{id}.measurement.it_energy", name, key)
            node = product(value, scale, value.unit) if scale else value
            return _Energies(node=Energy("node", node, Origins.of([(Origin.INTEGRATED, 1.0)])))
        measured = (self._component(each, id, record) for each in by_component(record.energy))
        if scale is None:
            return _Energies(tuple(measured))
        return _Energies(tuple(replace(e, value=product(e.value, scale, e.value.unit)) for e in measured))

    def _of_fleet(self, id: str, fleet: Fleet) -> Value:
        """Energy at the plugs of all devices: at work, and the standby that the service carries."""
        number = self._numbers(fleet, f"{id}.fleet", _FLEET)
        devices, active, period = (number[key] for key in ("devices", "active", "period"))
        time = calculated(fleet_time, devices=devices, part_of_day=active, period=period)
        energy = calculated(plug_energy, "at work", power=number["active_power"], device_time=time)
        if fleet.battery:
            efficiency = self.numbers.of(fleet.battery.efficiency, f"{id}.fleet.battery.efficiency", "efficiency")
            energy = calculated(charged, "at the charger", energy=energy, efficiency=efficiency)
        if "standby_power" not in number:
            return energy
        waiting = calculated(
            standby_time,
            devices=devices,
            powered=number.get("powered", _ALL_DAY),
            active=active,
            period=period,
            share=number["share"],
        )
        standby = calculated(plug_energy, "standby", power=number["standby_power"], device_time=waiting)
        return total([energy, standby], "energy at the plugs")

    def _uses(self, id: str, effort: Effort, share: Value) -> Iterator[Used]:
        for number, use in enumerate(effort.uses):
            activity = self.activity(use.activity, id, "uses", number, "activity")
            amount = self._used(id, number, use, activity, share) if activity else None
            if activity and amount:
                yield Used(activity, amount, use.stage)
        if effort.stored:
            yield from self._media(id, effort, effort.stored, share)
        if effort.transfer:
            network = self.activity(effort.transfer.network, id, "transfer", "network")
            if network and (data := self._whole(id, effort.transfer.data, "byte", "data", id, "transfer", "data")):
                yield Used(network, converted(product(data, share, "byte"), network.unit), Stage.PRODUCTION)
        if effort.fleet and effort.fleet.battery:
            yield from self._worn(id, effort.fleet, effort.fleet.battery, share)

    def _worn(self, id: str, fleet: Fleet, battery: Battery, share: Value) -> Iterator[Used]:
        """The part of its battery's life that the service takes of every device."""
        where = f"{id}.fleet.battery"
        activity = self.activity(battery.activity, id, "fleet", "battery", "activity")
        if activity is None:
            return
        number = self._numbers(fleet, f"{id}.fleet", _FLEET)
        time = calculated(fleet_time, devices=number["devices"], part_of_day=number["active"], period=number["period"])
        worn = calculated(
            battery_wear,
            energy=calculated(plug_energy, power=number["active_power"], device_time=time),
            capacity=self.numbers.of(battery.capacity, f"{where}.capacity", "capacity"),
            cycles=self.numbers.of(battery.cycles, f"{where}.cycles", "discharges over a life"),
        )
        yield Used(activity, product(worn, share, activity.unit), Stage.PRODUCTION)

    def _numbers(self, record: Record, where: str, names: Mapping[str, str]) -> dict[str, Value]:
        """The numbers that a table states, by key."""
        return {
            key: self.numbers.of(quantity, f"{where}.{key}", name)
            for key, name in names.items()
            if (quantity := getattr(record, key)) is not None
        }

    def _used(self, id: str, number: int, use: Use, activity: Activity, share: Value) -> Value | None:
        """Amount per functional unit, in the unit of the activity's product."""
        where = (id, "uses", number, "amount")
        whole = self._whole(id, use.amount, activity.unit, f"amount of {activity.id}", *where)
        return product(whole, share, activity.unit) if whole else None

    def _whole(self, id: str, quantity: Quantity, unit: str, name: str, *loc: str | int) -> Value | None:
        """What is stated per unit of service, the run's or the functional unit's, or of the whole run, of it all."""
        served, stated = self.scenario.served(id), self.scenario.stated_service(id)
        assert served and stated  # else its share is refused
        rate, own = units.per(unit, served.unit), units.per(unit, stated.unit)
        where = dotted((id, *loc[1:]))
        try:
            if units.alike(quantity.unit, rate):
                each, amount = self.numbers.of(quantity.in_unit(rate), where, name), self._served(id, served)
            elif units.alike(quantity.unit, own):
                each = self.numbers.of(quantity.in_unit(own), where, name)
                amount = self.numbers.amount(stated.number, stated.unit, f"{id}.serves", "served")
            else:
                return self.numbers.of(quantity.in_unit(unit), where, name)
        except Fault as fault:
            self.refuse(fault, *loc)
            return None
        return product(amount, each, unit)

    def _transferred(self, id: str, transfer: Transfer) -> Value:
        """Energy of a network for the data of the whole run."""
        network = self.activity(transfer.network, id, "transfer", "network")
        data = self._whole(id, transfer.data, "byte", "data", id, "transfer", "data")
        if transfer.energy_per_byte:
            each: Value | None = self.numbers.of(
                transfer.energy_per_byte, f"{id}.transfer.energy_per_byte", "intensity"
            )
        else:
            each = self.numbers.of_activity(network, "energy_per_byte", "intensity") if network else None
        if network and each is None:
            fault = MissingKey(gettext("{id} states no energy_per_byte: give one, or name a network", id=network.id))
            self.refuse(fault, id, "transfer", "energy_per_byte")
        if data is None or each is None:
            return Value(0.0, "kWh_it")
        return calculated(transfer_energy, "energy of the network", data=data, energy_per_byte=each)

    def _stored(self, id: str, kept: Kept) -> Value:
        """Energy of the drives for the data of the whole run."""
        medium = self.activity(kept.medium, id, "stored", "medium")
        each = self.numbers.of_activity(medium, "power_per_byte", "power of the medium") if medium else None
        if medium and each is None:
            self.refuse(
                MissingKey(gettext("{id} states no power_per_byte: name another medium", id=medium.id)),
                id,
                "stored",
                "medium",
            )
        if each is None:
            return Value(0.0, "kWh_it")
        data, copies, period = (
            self.numbers.of(getattr(kept, key), f"{id}.stored.{key}", key) for key in ("data", "copies", "period")
        )
        return calculated(storage_energy, data=data, copies=copies, power_per_byte=each, period=period)

    def _media(self, id: str, effort: Effort, kept: Kept, share: Value) -> Iterator[Used]:
        """The part of the drives' life that the data take."""
        medium = self.activity(kept.medium, id, "stored", "medium")
        if medium is None:
            return
        if units.alike(medium.unit, "byte"):
            capacity: Value | None = converted(Value(1.0, medium.unit, "capacity (by definition)"), "byte")
        else:
            capacity = self.numbers.of_activity(medium, "memory", "capacity")
        name = f"life of {medium.id}"
        if effort.lifetime:
            lifetime: Value | None = self.numbers.of(effort.lifetime, f"{id}.lifetime", name)
        else:
            lifetime = self.numbers.of_activity(medium, "lifetime", name)
        if capacity is None or lifetime is None:
            lacks = "capacity" if capacity is None else "lifetime"
            self.refuse(
                MissingKey(gettext("{id} states no {lacks}: give one", id=medium.id, lacks=lacks)), id, "lifetime"
            )
            return
        worn = calculated(
            media_worn,
            "drives",
            **self._numbers(kept, f"{id}.stored", {key: key for key in ("data", "copies", "filled", "period")}),
            capacity=capacity,
            lifetime=lifetime,
        )
        yield Used(medium, product(worn, share, medium.unit), Stage.PRODUCTION)

    def _component(self, measured: ComponentTotal, id: str, record: Measurement) -> Energy:
        name = f"{measured.component} energy"
        entries = []
        for number, entry in enumerate(measured.entries):
            field, key = f"{id}.measurement.energy.{entry.component}[{number}]", record.error_of(entry)
            entries.append(self.numbers.of(entry.energy, field, f"{name} ({entry.origin})", f"{key}[{number}]"))
        return Energy(measured.component, total(entries, measured.component), measured.origins)

    def _rest_of_node(self, id: str, effort: Effort, equipment: Equipment | None) -> Value | None:
        name = "rest-of-node factor"
        if effort.rest_of_node:
            return self.numbers.of(effort.rest_of_node, f"{id}.rest_of_node", name)
        return self.numbers.of_activity(equipment.server, "rest_of_node", name) if equipment else None

    def _equipment(self, id: str, effort: Effort, allocated: Value) -> Equipment | None:
        server = self.activity(effort.server, id, "server") if effort.server else None
        if server is None:
            return None
        name = f"life of {server.id}"
        if effort.lifetime:
            lifetime: Value | None = self.numbers.of(effort.lifetime, f"{id}.lifetime", name)
        else:
            lifetime = self.numbers.of_activity(server, "lifetime", name)
        if lifetime is None:
            self.refuse(MissingKey(gettext("{id} states no lifetime: give one", id=server.id)), id, "lifetime")
            return None
        utilisation = _ALWAYS
        if effort.utilisation:
            utilisation = self.numbers.of(effort.utilisation, f"{id}.utilisation", "utilisation")
        plug, idle = (
            self.numbers.of_activity(server, key, name)
            for key, name in (("plug_power", "provisioned"), ("plug_idle_power", "idle power"))
        )
        return Equipment(server, allocated, utilisation, lifetime, self._part(id, effort, server), plug, idle)

    def _none_of_it(self, id: str, fleet: Fleet) -> bool:
        """Whether the service takes no part of the devices, whatever is drawn."""
        share = self.numbers.of(fleet.share, f"{id}.fleet.share", "share of the device")
        return not (share.range or np.any(share.number))

    def _part(self, id: str, effort: Effort, server: Activity) -> Value | None:
        """Part of its servers that the run reserves; None: all of them."""
        if effort.fleet:
            return self.numbers.of(effort.fleet.share, f"{id}.fleet.share", "share of the device")
        if effort.part_of_server:
            return self.numbers.of(effort.part_of_server, f"{id}.part_of_server", "part of the server")
        if effort.reserved is None:
            return None
        installed = self.numbers.of_activity(server, "accelerators", "installed")
        if installed and effort.count:
            installed = product(installed, self._count(id, effort), "item")
        reserved = self.numbers.of(effort.reserved, f"{id}.reserved", "reserved")
        if installed is None or np.all(reserved.number > installed.number):
            self.refuse(_too_many(effort, server, installed), id, "reserved")
            return None
        part = calculated(reserved_fraction, "part of the server", reserved=reserved, installed=installed)
        return part if np.all(part.number <= 1) else fraction(part)

    def _site(self, id: str, effort: Effort) -> Site | None:
        """None: outside any data centre."""
        if self.scenario.file.outside(id, effort):
            return None
        facility = self.scenario.file.facility_of(id, effort)
        loc = self._stated_at(id, effort, "facility")
        stated = facility if isinstance(facility, StatedFacility) else StatedFacility()
        named = stated.building if isinstance(facility, StatedFacility) else facility
        building = None
        if named is not None:
            building = self.activity(named, *loc, *(() if facility == named else ("building",)))
            if building is None:
                return Site(named)
        PUE, WUE = (self._of_site(key, stated, building, id, ".".join(loc)) for key in ("PUE", "WUE"))
        water = stated.WUE or (building.properties.WUE if building else None)
        return Site(named or _NO_FACILITY(), PUE, *_consumed(WUE, water), building)

    def _evaporated(self, supply: Supply) -> str:
        """Water evaporated in the country of the electricity, where a factor of it is known."""
        here = f"{WATER}-{supply.activity.location.lower()}"
        return here if here in self.catalogue.activities else WATER

    def _of_site(
        self, key: str, stated: StatedFacility, building: Activity | None, id: str, where: str
    ) -> Value | None:
        """A number of a facility: the scenario's own, or that of its building."""
        quantity: Quantity | None = getattr(stated, key)
        here = f"{id}.facility.{key}"
        if quantity:
            return self.numbers.of(quantity, here if here in self.numbers.replaced else f"{where}.{key}", key)
        return self.numbers.of_activity(building, key, key, here) if building else None

    def _stated_at(self, id: str, effort: Effort, key: str) -> tuple[str, ...]:
        """Where the file states the electricity or the facility of a run."""
        if getattr(effort, key) is not None:
            return id, key
        site = self.scenario.file.site(effort)
        if site and effort.site and getattr(site, key) is not None:
            return "sites", effort.site, key
        return (key,)

    def _supply(self, id: str, effort: Effort) -> Supply | None:
        chosen = self.scenario.file.electricity_of(effort)
        if chosen is None:
            self.refuse(MissingKey(gettext("neither the run nor its site nor the scenario states its electricity")), id)
            return None
        loc = self._stated_at(id, effort, "electricity")
        if isinstance(chosen, PublishedElectricity):
            activity = _published(chosen, self.scenario.file.sources)
            stated = chosen.loss if chosen.boundary == "generated" else None
            loss = self.numbers.of(stated, ".".join((*loc, "loss")), "loss") if stated else None
            return Supply(activity, str(activity.modelling), loss, own=(activity,))
        if chosen in self.scenario.file.mixes:
            return self._mixed(chosen)
        region = self.catalogue.regions.get(chosen)
        mix = self.activity(region.electricity if region else chosen, *loc)
        if mix is None:
            return None
        if mix.unit != "kWh":
            self.refuse(
                WrongUnit(
                    gettext("{chosen!r} is no electricity: its product is in {unit}", chosen=chosen, unit=mix.unit)
                ),
                *loc,
            )
            return None
        note = ""
        if region and mix.year:
            note = _OF_REGION_AND_YEAR(region=chosen, place=region.place, mix=mix.id, year=str(mix.year))
        elif region:
            note = _OF_REGION(region=chosen, place=region.place, mix=mix.id)
        elif mix.year:
            note = _OF_YEAR(mix=mix.id, year=str(mix.year))
        return Supply(mix, str(mix.modelling) if mix.modelling else f"one technology only: {mix.id}", note=note)

    def _mixed(self, name: str) -> Supply | None:
        """The electricity that a mix of the scenario is; None: what it names is refused."""
        stated = self.scenario.file.mixes[name]
        for number, part in enumerate(stated.parts):
            loc = ("mixes", name, "parts", number, "activity")
            if (activity := self.activity(part.activity, *loc)) is None:
                return None
            if activity.unit != "kWh":
                self.refuse(
                    WrongUnit(
                        gettext(
                            "{chosen!r} is no electricity: its product is in {unit}",
                            chosen=part.activity,
                            unit=activity.unit,
                        )
                    ),
                    *loc,
                )
                return None
        if stated.network and self.activity(stated.network, "mixes", name, "network") is None:
            return None
        own = stated.activities(name, self.scenario.file.sources)
        return Supply(own[-1], str(own[-1].modelling), own=own)


def _too_many(effort: Effort, server: Activity, installed: Value | None) -> Fault:
    assert effort.reserved
    reserved = effort.reserved.amount
    if installed is None:
        return WrongUnit(
            gettext("{reserved:g} reserved, but {id} states no number of accelerators", reserved=reserved, id=server.id)
        )
    count = effort.count.amount if effort.count else 1.0
    each = installed.number / count
    if np.ndim(each):
        return WrongUnit(
            gettext("{reserved:g} reserved, which is more than {id} has accelerators", reserved=reserved, id=server.id)
        )
    needed = math.ceil(reserved / each)
    if effort.count:
        text = gettext(
            "{reserved:g} reserved, but {count:g} of {id} have {number:g} accelerators: {reserved:g} accelerators need "
            "{needed} servers, count = {needed}",
            reserved=reserved,
            count=count,
            id=server.id,
            number=installed.number,
            needed=needed,
        )
    else:
        text = gettext(
            "{reserved:g} reserved, but {id} has {number:g} accelerators: {reserved:g} accelerators need {needed} "
            "servers, count = {needed}",
            reserved=reserved,
            id=server.id,
            number=installed.number,
            needed=needed,
        )
    return WrongUnit(text)


def _consumed(value: Value | None, quantity: Quantity | None) -> tuple[Value | None, str]:
    """The WUE if it counts water consumed, and else why it is not used."""
    if value is None or quantity is None:
        return None, _NO_WUE()
    if quantity.basis != "consumption":
        return None, _WITHDRAWN()
    return value, ""


def _unmeasured(phase: Phase, record: Measurement, share: float) -> tuple[Gap, ...]:
    return tuple(
        Gap(
            phase,
            _UNMEASURED(component=str(missing.component), record=repr(record.name), reason=missing.reason),
            share,
            "run",
        )
        for missing in record.unmeasured
    )


def _notes(phase: Phase, effort: Effort, record: Measurement | None) -> list[str]:
    notes = []
    if effort.allocation:
        part = f"{effort.allocation.amount:g}"
        notes.append(_ALLOCATED(phase=str(phase), part=part))
    if record is None:
        return notes
    if record.interrupted:
        notes.append(_INTERRUPTED(record=repr(record.name)))
    machine = ", ".join(f"{device.name} ({device.kind})" for device in record.devices)
    if effort.server and machine:
        notes.append(_TOOK_PLACE(phase=str(phase), machine=machine, server=effort.server))
    return notes


def _published(chosen: PublishedElectricity, sources: Mapping[str, Source]) -> Activity:
    """An activity of 1 kWh that carries the published intensity, the water that is stated with it, and nothing else.

    Its id holds a digest of all that is stated: two intensities that print alike are two activities.
    """
    gaps = []
    if chosen.scope == "direct":
        gaps.append(_DIRECT())
    if chosen.boundary == "generated" and not chosen.loss:
        gaps.append(_WITHOUT_LOSS())
    value = chosen.intensity.amount
    low = chosen.intensity.low.number if chosen.intensity.low else value
    high = chosen.intensity.high.number if chosen.intensity.high else value
    name = f"electricity, {value:g} kg CO2-Eq/kWh as published, {chosen.boundary}, {chosen.scope}"
    tags = chosen.modelling
    cited = ids(chosen.intensity.source or ())
    result = Result("climate-change", value, low, high, "GWP100, version unstated", cited)
    readable = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    stated = chosen.model_dump_json(exclude=None if chosen.water else {"water"})
    digest = sha256(stated.encode()).hexdigest()[:8]
    return Activity(
        id=f"{readable}-{digest}",
        kind="electricity",
        name=name,
        product="electricity",
        unit="kWh",
        location="",
        file="",
        inputs=(_water_of(chosen.water),) if chosen.water else (),
        results=(result,),
        gaps=tuple(gaps),
        modelling=Modelling(tags.approach, tags.accounting, tags.perimeter),
    )


def _water_of(stated: Quantity) -> Input:
    """Water evaporated for a kWh, of which it is not known where."""
    low, high, distribution = stated.low, stated.high, stated.distribution
    known = Range(low.number, high.number, distribution) if low and high and distribution else None
    return Input(WATER, stated.amount, Stage.USE, known, ids(stated.source or ()))
