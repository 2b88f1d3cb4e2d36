"""A scenario: what is delivered, what ran for it, where, on which electricity. One TOML file each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, StrictInt, ValidationError, field_validator, model_validator

from lca.builtin import named, shown
from lca.errors import (
    Contradiction,
    Fault,
    InvalidData,
    MissingKey,
    NewerSchema,
    NoFunctionalUnit,
    OutOfRange,
    PathEscapes,
    Problem,
    Uncited,
    UnknownKey,
    Unreadable,
    WrongType,
    WrongUnit,
)
from lca.inventory.files.mix import ModellingTags, StatedMix
from lca.languages import gettext
from lca.measurement.record import Measurement, Price
from lca.quantities import units
from lca.quantities.documents import Document
from lca.quantities.documents import problem as problem_at
from lca.quantities.records import In, OneOrMore, Quantity, Record, Written
from lca.quantities.sources import Source
from lca.quantities.units import Amount
from lca.vocabulary import Phase, Stage

PHASES: dict[str, Phase] = {
    "data": Phase.DATA,
    "experiments": Phase.DEVELOPMENT,
    "training": Phase.TRAINING,
    "compression": Phase.COMPRESSION,
    "inference": Phase.INFERENCE,
    "end_user_device": Phase.END_USER_DEVICE,
    "network": Phase.NETWORK,
    "storage": Phase.STORAGE,
}
"""Table of a scenario → phase."""
TABLES: dict[str, str] = {**{phase: table for table, phase in PHASES.items()}, Phase.DEVELOPMENT: "training"}
"""Phase → the table that states its run; development stands on that of the training."""
SCHEMA = 2
"""Version of the format; a file of version 1 states none, has a single run in each phase and no sites."""
BEYOND_THE_DATA_CENTRE = (Phase.END_USER_DEVICE, Phase.NETWORK)
"""Phases that take place outside the scenario's facility: they pay neither its PUE nor its building nor its water."""
OUTSIDE = "none"
"""What a run or a site states as its facility that stands in no data centre: on a desk, in a pocket."""


class Conversion(Record):
    """How much of one service goes into another."""

    rate: Quantity
    """Tokens per request, images per user and year: `"500 token/request"`."""

    @field_validator("rate")
    @classmethod
    def _cited(cls, rate: Quantity) -> Quantity:
        if not rate.source:
            raise Uncited(gettext("the rate cites no source"))
        if rate.amount <= 0:
            raise OutOfRange(gettext("{value} is not a positive rate", value=rate.value))
        return rate


class FunctionalUnit(Record):
    """What is delivered, how much of it, how well, over which time."""

    amount: Written
    """Amount of the service (`"1e6 inference"`)."""
    service: str
    """The service in words."""
    quality: str | None = None
    """The quality that every variant must reach."""
    period: str | None = None
    """The time over which it is delivered."""
    conversions: Annotated[tuple[Conversion, ...], OneOrMore()] = ()
    """Rates by which runs that serve another unit serve this one, and by which `lca compare` holds a file that counts
    in another unit against it."""

    @field_validator("amount")
    @classmethod
    def _positive(cls, amount: Any) -> Any:
        if amount.number <= 0:
            raise OutOfRange(gettext("{amount} is not a positive amount", amount=amount))
        return amount


class PublishedElectricity(Record):
    """Electricity by a published intensity: it scores climate change only, and water use where its water is given."""

    intensity: Annotated[Quantity, In("kg/kWh", low=0)]
    """Greenhouse gases per kWh, as CO2 equivalent (GWP100)."""
    boundary: Literal["delivered", "generated"]
    """Whether the kWh is one delivered to the user or one generated."""
    scope: Literal["direct", "life-cycle"]
    """Whether fuel supply and plants are in it."""
    loss: Annotated[Quantity, In("1", low=0, below=1)] | None = None
    """Losses between plant and user, for a generated kWh."""
    water: Annotated[Quantity, In("m3/kWh", low=0)] | None = None
    """Water evaporated where the electricity is made (`"3.1 L/kWh"`), per kWh of the same boundary; it counts by the
    factor of the world."""
    modelling: ModellingTags


class StatedFacility(Record):
    """A facility by its numbers; one that names no building of the catalogue lacks it."""

    building: str | None = None
    """Catalogue id of a facility: it has that one's building, and of its numbers those that are not given here."""
    PUE: Annotated[Quantity, In("kWh/kWh_it", low=1)] | None = None
    WUE: Annotated[Quantity, In("L/kWh_it", low=0)] | None = None


class ElectricityPrice(Record):
    """Money for electricity at the building's meter."""

    per_kWh: float = Field(ge=0, allow_inf_nan=False)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    """ISO 4217."""


class SharedSite(Record):
    """A place that several runs share."""

    electricity: str | PublishedElectricity | None = None
    """Catalogue id of a mix, or a published intensity; in place of the scenario's."""
    facility: str | StatedFacility | None = None
    """Catalogue id, or numbers of its own; `"none"`: outside any data centre. In place of the scenario's."""
    electricity_price: ElectricityPrice | None = None
    """Of the runs there that state no price of an hour."""
    comment: str | None = None


class Computation(Record):
    """Floating-point operations, on accelerators that reach a stated part of their speed: they give the time."""

    amount: Annotated[Quantity, In("FLOP", above=0)] | None = None
    """All operations of the run; or `parameters` and `tokens`."""
    parameters: Annotated[Quantity, In("1", above=0)] | None = None
    """Parameters that a token meets: of a mixture of experts the active ones."""
    tokens: Annotated[Quantity, In("token", above=0)] | None = None
    """Tokens that pass through the model, all repetitions counted."""
    per_parameter_and_token: Annotated[Quantity, In("FLOP/token", above=0, cited=False)] = Quantity(
        value=Amount(6.0, "FLOP/token")
    )
    """6 in training, by default; 2 in inference."""
    speed: Annotated[Quantity, In("FLOP/h", above=0)]
    """Peak of one accelerator in the number format of the run (`"989e12 FLOP/s"`)."""
    utilisation: Annotated[Quantity, In("1", above=0, high=1)]
    """Part of that peak that the run reaches."""

    @model_validator(mode="after")
    def _one_amount(self) -> Computation:
        if (self.amount is None) != bool(self.parameters and self.tokens) or (self.amount and self.parameters):
            raise WrongType(gettext("give the amount of operations, or parameters and tokens"))
        return self


class Battery(Record):
    """A battery that energy passes through: what it wears by that."""

    activity: str
    """Catalogue id, per item."""
    capacity: Annotated[Quantity, In("kWh_it", above=0)]
    """Energy of one discharge."""
    cycles: Annotated[Quantity, In("1", above=0)]
    """Full discharges over its life."""
    efficiency: Annotated[Quantity, In("1", above=0, high=1)]
    """Energy out over energy at the charger's plug."""


class Fleet(Record):
    """Devices beside each other, each at work for some hours a day and in standby for the rest of them."""

    devices: Annotated[Quantity, In("1", above=0)]
    """How many."""
    active: Annotated[Quantity, In("1", above=0, high=1)]
    """Part of the day in which a device works for this service (`"20 min/day"`)."""
    period: Annotated[Quantity, In("h", above=0)]
    """How long they are in use."""
    active_power: Annotated[Quantity, In("kW_it", low=0)]
    """Of one device at its plug while it works for the service: what the service adds, or all of it."""
    standby_power: Annotated[Quantity, In("kW_it", low=0)] | None = None
    """Of one device at its plug while it waits; absent: a gap."""
    powered: Annotated[Quantity, In("1", above=0, high=1)] | None = None
    """Part of the day in which it has power; by default all of it."""
    share: Annotated[Quantity, In("1", low=0, high=1)]
    """Part of the device and of its standby that is this service's."""
    share_by: Literal["time", "energy", "device"]
    """What that part was reckoned by: time of use, energy, or `device` for one that serves nothing else."""
    battery: Battery | None = None
    """Where the energy passes through a battery that wears."""

    @model_validator(mode="after")
    def _active_while_powered(self) -> Fleet:
        if self.powered and self.powered.amount < self.active.amount:
            raise Contradiction(
                gettext(
                    "active {active:g} h a day, powered {powered:g} h",
                    active=24 * self.active.amount,
                    powered=24 * self.powered.amount,
                )
            )
        return self


class Transfer(Record):
    """Data that pass through a network."""

    network: str
    """Catalogue id of a network, which has the energy per byte."""
    data: Quantity
    """Per unit of service (`"2 MB/inference"`), or of the whole run (`"3 TB"`)."""
    energy_per_byte: Annotated[Quantity, In("kWh_it/byte", low=0)] | None = None
    """In place of the network's: of another year (`"0.03 kWh/GB"`)."""

    @field_validator("data", mode="before")
    @classmethod
    def _table(cls, written: object) -> object:
        return written if isinstance(written, Mapping | Quantity) else {"value": written}

    @field_validator("data")
    @classmethod
    def _cited(cls, data: Quantity) -> Quantity:
        if not data.source:
            raise Uncited(gettext("the number cites no source"))
        return data


class Kept(Record):
    """Data that are stored for some time."""

    medium: str
    """Catalogue id of a drive."""
    data: Annotated[Quantity, In("byte", above=0)]
    """Of one copy."""
    period: Annotated[Quantity, In("h", above=0)]
    copies: Annotated[Quantity, In("1", above=0, cited=False)] = Quantity(value=Amount(1.0, "1"))
    """All copies, the first one with them."""
    filled: Annotated[Quantity, In("1", above=0, high=1, cited=False)] = Quantity(value=Amount(1.0, "1"))
    """Part of the drives that holds data."""


class Use(Record):
    """An amount of the product of any activity of the catalogue."""

    activity: str
    """Catalogue id."""
    amount: Quantity
    """Per unit of service (`"2 MB/inference"`) or of the whole run (`"3 item"`), in the product's dimension."""
    stage: Stage = Stage.USE

    @field_validator("amount", mode="before")
    @classmethod
    def _table(cls, written: object) -> object:
        return written if isinstance(written, Mapping | Quantity) else {"value": written}

    @model_validator(mode="after")
    def _cited(self) -> Use:
        if not self.amount.source:
            raise Uncited(gettext("the amount cites no source"))
        return self


_ENERGIES = (
    "measurement",
    "component_energy",
    "it_energy",
    "building_energy",
    "power",
    "it_power",
    "fleet",
    "transfer",
    "stored",
)


class Effort(Record):
    """One run of a phase: the energy that something took, where, on which equipment, and what it served."""

    name: str | None = None
    """What it is, where a phase has several."""
    measurement: str | None = None
    """Path of a measurement record, relative to this file."""
    processed: Written | None = None
    """Service that this run delivered at the rate of its record, in the record's unit: by default what the record
    delivered. Energy and time are the record's in that proportion."""
    component_energy: Annotated[Quantity, In("kWh_component", low=0)] | None = None
    """Energy of the whole run as counters see it."""
    it_energy: Annotated[Quantity, In("kWh_it", low=0)] | None = None
    """Energy of the whole run at the plugs."""
    building_energy: Annotated[Quantity, In("kWh", low=0)] | None = None
    """Energy of the whole run at the building's meter: its PUE is in it."""
    power: Annotated[Quantity, In("kW_component", low=0)] | None = None
    """Mean component power, with `device_time` or `computation`."""
    it_power: Annotated[Quantity, In("kW_it", low=0)] | None = None
    """Mean power at the plug, with `device_time` or `computation`."""
    power_of: Literal["run", "server", "accelerator"] | None = None
    """What draws that power: by default the whole run; or each of its servers, or of its accelerators."""
    computation: Computation | None = None
    """Operations, in place of `device_time`."""
    fleet: Fleet | None = None
    """Devices of users, in place of the energies above."""
    transfer: Transfer | None = None
    """Data through a network, in place of the energies above."""
    stored: Kept | None = None
    """Data on drives, in place of the energies above."""
    uses: Annotated[tuple[Use, ...], OneOrMore()] = ()
    """Products of any activities that the run takes beside its energy and equipment, or alone."""
    device_time: Annotated[Quantity, In("h", above=0)] | None = None
    """Hours for which the equipment was allocated: of each server, where there are several."""
    serves: Written | None = None
    """Service among which this effort is shared; for a record, by default what its run delivered."""
    allocation: Annotated[Quantity, In("1", above=0, high=1)] | None = None
    """Part of this effort that is this scenario's, where others share it: a teacher of several students."""
    times: Annotated[Quantity, In("1", above=0)] | None = None
    """How often it is done for what it serves: a training that is repeated every month of two years, 24 times."""
    server: str | None = None
    """Catalogue id of the equipment."""
    count: Annotated[Quantity, In("1", above=0, cited=False)] | None = None
    """Servers or devices that run beside each other; by default one."""
    reserved: Annotated[Quantity, In("item", above=0)] | None = None
    """Accelerators reserved, of all servers together; by default all."""
    part_of_server: Annotated[Quantity, In("1", above=0, high=1)] | None = None
    """Part of the servers that is reserved, where accelerators do not count it: threads over those installed."""
    utilisation: Annotated[Quantity, In("1", above=0, high=1)] | None = None
    """Allocated hours over powered hours of the equipment."""
    lifetime: Annotated[Quantity, In("h", above=0)] | None = None
    """Service life of the equipment, in place of the catalogue's."""
    rest_of_node: Annotated[Quantity, In("kWh_it/kWh_component", low=1)] | None = None
    """IT energy over component energy, in place of the server's."""
    price: Price | None = None
    """Money for each allocated hour of each server: of a cloud, or of one's own; by default that of the record. It
    holds the electricity, unless the run states a price of that too."""
    electricity_price: ElectricityPrice | None = None
    """Money for each kWh; by default the site's, or in a data centre the scenario's."""
    site: str | None = None
    """Name of a site of [sites] where it took place."""
    electricity: str | PublishedElectricity | None = None
    """In place of the site's or the scenario's."""
    facility: str | StatedFacility | None = None
    """In place of the site's or the scenario's; `"none"`: outside any data centre."""

    @property
    def building(self) -> str | None:
        """Catalogue id of its own facility."""
        return building_of(self.facility)

    @property
    def timed(self) -> bool:
        """Whether it is known for how long the equipment was allocated."""
        return bool(self.measurement or self.device_time or self.computation or self.fleet)

    @model_validator(mode="after")
    def _one_energy(self) -> Effort:
        given = [key for key in _ENERGIES if getattr(self, key) is not None]
        if len(given) != 1 and not (self.uses and not given):
            raise WrongType(
                gettext("give one of {keys}; here: {given}", keys=", ".join(_ENERGIES), given=", ".join(given))
                if given
                else gettext("give one of {keys}; here: none", keys=", ".join(_ENERGIES))
            )
        if (self.power or self.it_power) and not (self.device_time or self.computation):
            raise MissingKey(gettext("{given} needs device_time", given=given[0]))
        if self.power_of and not (self.power or self.it_power):
            raise WrongType(gettext("power_of says what draws the power or it_power, and neither is given"))
        if self.computation and (self.device_time or self.measurement or self.fleet):
            raise WrongType(
                gettext("computation gives the time of the run: leave out device_time, measurement and fleet")
            )
        if self.processed and not self.measurement:
            raise WrongType(gettext("processed is an amount of what a record delivers: give its measurement"))
        return self

    @model_validator(mode="after")
    def _equipment(self) -> Effort:
        if self.server and not self.timed:
            raise MissingKey(gettext("a server needs device_time: the hours it was allocated"))
        if self.server and not self.utilisation and not self.fleet:
            raise MissingKey(gettext("a server needs utilisation: allocated over powered hours"))
        if (self.transfer or self.stored) and (self.server or self.device_time):
            raise WrongType(gettext("a network or a drive is no server: leave out server and device_time"))
        if self.fleet and (self.utilisation or self.count):
            raise WrongType(gettext("a fleet counts its devices and their hours: leave out utilisation and count"))
        if self.reserved and self.part_of_server:
            raise WrongType(gettext("reserved and part_of_server say the same: give one"))
        if self.power_of == "accelerator" and not (self.reserved or self.server):
            raise MissingKey(gettext("the power of one accelerator needs their number: give reserved, or a server"))
        if self.computation and not (self.reserved or self.server):
            raise MissingKey(gettext("a computation needs the number of accelerators: give reserved, or a server"))
        if not self.serves and not self.measurement:
            raise MissingKey(gettext("stated energy needs serves: the service it is shared among"))
        return self


Runs = Annotated[tuple[Effort, ...], OneOrMore()]
"""The runs of a phase: a file writes one as a table, several as a list of tables."""


class Development(Record):
    """What went before the training that counts, as a part of it; [[experiments]] states it run by run. A scenario that
    trains and states neither has a gap, which is estimated between published figures."""

    factor: Annotated[Quantity, In("1", low=0)] | None = None
    """Effort of development over effort of the training."""
    reach_production: Annotated[Quantity, In("1", above=0, high=1)] | None = None
    """Part of the trained models that are ever served: those that are not are carried by those that are."""
    none: str | None = None
    """In place of both, why there was none: `"the model was taken over ready"`."""

    @model_validator(mode="after")
    def _something(self) -> Development:
        stated = self.factor is not None or self.reach_production is not None
        if not stated and not (self.none or "").strip():
            raise MissingKey(gettext("give factor, or reach_production, or none with the reason why there was none"))
        if stated and self.none is not None:
            raise Contradiction(gettext("none beside a factor or reach_production: there was some, or there was none"))
        return self


class StatedQuality(Record):
    """A quality that no record holds."""

    value: Annotated[Quantity, In("1", low=0)]
    """Such as `{ value = "0.7608 1", source = "mlperf" }`."""


class ReportText(Record):
    """The analyst's own text for the goal and scope sheet."""

    title: str | None = None
    commissioner: str | None = None
    practitioner: str | None = None
    goal: str | None = None
    audience: str | None = None
    assumptions: str | None = None
    limitations: str | None = None
    review: str | None = None
    """Who reviewed the study, and when; absent: not reviewed."""
    public_comparison: bool = False
    """Whether the comparison is meant for the public."""


class ScenarioFile(Record):
    """scenarios/<id>.toml"""

    schema_version: StrictInt = Field(1, alias="schema", ge=1)
    """Version of this format, where a file states it."""
    name: str
    functional_unit: FunctionalUnit
    electricity: str | PublishedElectricity | None = None
    """Catalogue id of a mix, or a published intensity: of all runs that state none, and whose site does not."""
    facility: str | StatedFacility | None = None
    """Catalogue id, or PUE and WUE: of all runs in a data centre that state none, and whose site does not."""
    electricity_price: ElectricityPrice | None = None
    """Of all runs in a data centre that state no price, and whose site does not."""
    background: str | None = None
    """Database of the user's own that mapped activities take their flows from; `lca background list` shows them."""
    sites: dict[str, SharedSite] = Field(default_factory=dict)
    """Places by name, for runs to share."""
    mixes: dict[str, StatedMix] = Field(default_factory=dict)
    """Electricity of one's own by name, which `electricity` names as one of the catalogue."""
    data: Runs = ()
    development: Development | None = None
    experiments: Runs = ()
    training: Runs = ()
    compression: Runs = ()
    inference: Runs = ()
    end_user_device: Runs = ()
    network: Runs = ()
    storage: Runs = ()
    rebound: Annotated[Quantity, In("1", low=0)] | None = None
    """Service that is asked for beyond what would have been, because this variant makes it cheaper, over that:
    `{ value = "20 %", source = "survey" }`. It lessens what a comparison says is saved, and changes no score."""
    reached: dict[str, StatedQuality] = Field(default_factory=dict)
    """Quality that the model reaches, by its name (`accuracy`), where no record says so."""
    report: ReportText = Field(default_factory=ReportText)
    comment: str | None = None
    sources: dict[str, Source] = Field(default_factory=dict)

    @property
    def building(self) -> str | None:
        """Catalogue id of the facility."""
        return building_of(self.facility)

    @property
    def buildings(self) -> tuple[str, ...]:
        """Catalogue ids of all facilities: the scenario's, and those of sites and runs."""
        stated = (
            self.facility,
            *(s.facility for s in self.sites.values()),
            *(r.facility for r in self.runs().values()),
        )
        return tuple(dict.fromkeys(id for each in stated if (id := building_of(each))))

    def runs(self, *tables: str) -> dict[str, Effort]:
        """The runs of some phase tables, by default of all: `training` by that name, of several `training[1]`."""
        listed = ((table, getattr(self, table)) for table in tables or PHASES)
        return {run_id(table, number, len(runs)): run for table, runs in listed for number, run in enumerate(runs)}

    def run(self, id: str) -> Effort | None:
        """The run of an id; None: there is no such run."""
        return self.runs(table_of(id)).get(id) if table_of(id) in PHASES else None

    def site(self, run: Effort) -> SharedSite | None:
        """The site that a run names."""
        return self.sites.get(run.site) if run.site else None

    def facility_of(self, id: str, run: Effort) -> str | StatedFacility | None:
        """The facility of a run: its own, its site's, or in a data centre the scenario's; None: not stated."""
        site = self.site(run)
        own = run.facility or (site.facility if site else None)
        return own or (None if _beyond(id, run) else self.facility)

    def outside(self, id: str, run: Effort) -> bool:
        """Whether a run took place outside any data centre."""
        facility = self.facility_of(id, run)
        return facility == OUTSIDE or (facility is None and _beyond(id, run))

    def electricity_of(self, run: Effort) -> str | PublishedElectricity | None:
        """The electricity of a run: its own, its site's, or the scenario's."""
        site = self.site(run)
        return run.electricity or (site.electricity if site else None) or self.electricity

    def electricity_price_of(self, id: str) -> ElectricityPrice | None:
        """The price of a kWh of a run: its own, its site's, or in a data centre the scenario's; None: not stated."""
        run = self.runs()[id]
        site = self.site(run)
        own = run.electricity_price or (site.electricity_price if site else None)
        return own or (None if _beyond(id, run) else self.electricity_price)

    @field_validator("functional_unit", mode="before")
    @classmethod
    def _stated(cls, value: object) -> object:
        if value in (None, {}):
            raise NoFunctionalUnit(gettext("the scenario states no functional unit"))
        return value

    @model_validator(mode="after")
    def _something_ran(self) -> ScenarioFile:
        if not any(getattr(self, phase) for phase in PHASES):
            raise MissingKey(gettext("the scenario has no phase: add [training] or [inference]"))
        if self.schema_version > SCHEMA:
            raise NewerSchema(
                gettext(
                    "schema {version}; this version of ai-lca reads up to {latest}",
                    version=self.schema_version,
                    latest=SCHEMA,
                )
            )
        if self.development and not self.development.none and not self.training:
            raise MissingKey(gettext("[development] is a factor on [training], which is absent"))
        if self.development and self.development.none and self.experiments:
            raise Contradiction(gettext("[development] says that there was none, and [[experiments]] states some"))
        return self


def run_id(table: str, number: int, runs: int) -> str:
    """`training` of a single run, `training[1]` of several."""
    return table if runs == 1 else f"{table}[{number}]"


def table_of(run: str) -> str:
    """`training` of `training[1]`."""
    return run.partition("[")[0]


def _beyond(id: str, run: Effort) -> bool:
    """Whether a run has no part in the scenario's facility: users' devices, and what lies between."""
    return bool(run.fleet) or PHASES[table_of(id)] in BEYOND_THE_DATA_CENTRE


def _loc(run: str) -> tuple[str | int, ...]:
    """("training", 1) of `training[1]`."""
    table, _, number = run.partition("[")
    return (table, int(number[:-1])) if number else (table,)


def building_of(facility: str | StatedFacility | None) -> str | None:
    """Catalogue id of the building that a facility stands in; None: of none."""
    id = facility.building if isinstance(facility, StatedFacility) else facility
    return None if id == OUTSIDE else id


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario file with the measurement records it cites.

    It is a value: `vary` gives another one. What it delivers is its functional unit, to which all scores refer; the
    manual of every key, with its unit, is `docs/scenarios.md`.
    """

    file: ScenarioFile
    measurements: Mapping[str, Measurement]
    """Run → record: `training`, or of several `training[1]`."""
    document: Document | None = None
    """The file it was read from, for messages; its lines are those of the file, not of what was varied."""

    @property
    def name(self) -> str:
        """Of the scenario, as tables show it; unique within a study."""
        return self.file.name

    @property
    def shown(self) -> str:
        """The file as outputs name it; of a scenario made in Python its name."""
        return named(self.document.shown) if self.document else self.name

    @classmethod
    def load(cls, path: str | Path) -> Scenario:
        """Read a scenario and its records. Raises InvalidData with every problem."""
        return cls.of(Document.read(Path(path), shown(Path(path))))

    @classmethod
    def of(cls, document: Document, records: Mapping[str, Measurement] | None = None) -> Scenario:
        """The scenario that a document is, with its records: those of `records` by the path that it writes, the others
        from beside it. Raises InvalidData with every problem."""
        at_hand = records or {}
        file, problems = document.validate(ScenarioFile)
        if "functional_unit" not in document.content:
            problems = [p for p in problems if p.field != "functional_unit"]
            problems.append(
                document.problem(
                    ("functional_unit",), NoFunctionalUnit(gettext("the scenario states no functional unit"))
                )
            )
        measurements: dict[str, Measurement] = {}
        for table in PHASES:
            written = document.content.get(table)
            runs = written if isinstance(written, list) else [written]
            for number, run in enumerate(runs):
                path = run.get("measurement") if isinstance(run, dict) else None
                if isinstance(path, str):
                    id = run_id(table, number, len(runs))
                    try:
                        measurements[id] = at_hand[path] if path in at_hand else _record(document, id, path)
                    except InvalidData as error:
                        problems += error.problems
        if problems or file is None:
            raise InvalidData(problems)
        return cls(file, measurements, document)

    @classmethod
    def create(cls, content: Mapping[str, Any], measurements: Mapping[str, Measurement] | None = None) -> Scenario:
        """A scenario from the tables of a file, with records in place of paths. Raises InvalidData."""
        document = Document(Path("scenario"), "scenario", "", dict(content), "toml")
        return cls(document.load(ScenarioFile), dict(measurements or {}))

    def vary(self, **changes: Any) -> Scenario:
        """The same scenario with other values; a table is merged key by key; one of several runs is `training[1]`.

        Values are as a file writes them: ids, text with a unit, or tables with value and source. Raises InvalidData.

        Example: `scenario.vary(name="in Poland", electricity="electricity-pl", inference={"serves": "1e9 inference"})`
        """
        content = self.file.model_dump(mode="json", by_alias=True, exclude_unset=True)
        for key, value in changes.items():
            *outer, last = self._at(key)
            within: Any = content
            for part in outer:
                within = within[part]
            old = within.get(last) if isinstance(within, dict) else within[last]
            if isinstance(old, list) and isinstance(value, Mapping):
                fault = WrongType(
                    gettext("there are {count} runs of it: name one of them, {key}[0]", count=len(old), key=key)
                )
                raise InvalidData([problem_at(self.name, 0, (key,), fault)])
            within[last] = {**old, **value} if isinstance(old, dict) and isinstance(value, Mapping) else value
        try:
            return replace(self, file=ScenarioFile.model_validate(content))
        except ValidationError:
            raise InvalidData(
                Document(Path(self.name), self.name, "", content, "toml").validate(ScenarioFile)[1]
            ) from None

    def _at(self, key: str) -> tuple[str | int, ...]:
        """Where a table lies that `vary` names. Raises InvalidData."""
        if key in ScenarioFile.model_fields:
            return (key,)
        if self.file.run(key):
            return _loc(key)
        head, _, name = key.partition(".")
        if head == "sites" and name in self.file.sites:
            return (head, name)
        raise InvalidData([problem_at(self.name, 0, (key,), UnknownKey(gettext("a scenario has no such key")))])

    def stated_service(self, id: str) -> Amount | None:
        """What a run says that it serves, in its own unit; None: it does not say."""
        effort, record = self.file.runs()[id], self.measurements.get(id)
        return effort.serves or (effort.processed or record.amount if record else None)

    def conversion(self, unit: str) -> tuple[int, Quantity, bool] | None:
        """Number and rate of the conversion from a unit of service to the functional unit's; whether it divides."""
        wanted = self.file.functional_unit.amount.unit
        for number, conversion in enumerate(self.file.functional_unit.conversions):
            for rate, divides in ((units.per(wanted, unit), False), (units.per(unit, wanted), True)):
                if units.alike(conversion.rate.unit, rate):
                    return number, conversion.rate.in_unit(rate), divides
        return None

    def served(self, id: str) -> Amount | None:
        """The service among which a run is shared, in the unit of the functional unit; None: the run does not say.

        Raises WrongUnit where it is of another kind, and no conversion is stated.
        """
        stated, wanted = self.stated_service(id), self.file.functional_unit.amount.unit
        if stated is None or units.alike(stated.unit, wanted):
            return units.convert(stated, wanted) if stated else None
        converted = self.conversion(stated.unit)
        if converted is None:
            rate = units.per(stated.unit, wanted)
            raise WrongUnit(
                gettext(
                    "{unit!r} where {wanted!r} belongs: give functional_unit.conversions, in {rate}",
                    unit=stated.unit,
                    wanted=wanted,
                    rate=rate,
                )
            )
        _, rate_of, divides = converted
        return Amount(stated.number / rate_of.amount if divides else stated.number * rate_of.amount, wanted)

    def record(self, table: str) -> Measurement | None:
        """The record of a phase that is a single run, or of the first of its runs that has one."""
        return next((self.measurements[id] for id in self.file.runs(table) if id in self.measurements), None)

    def problem(self, loc: tuple[str | int, ...], fault: Fault) -> Problem:
        """A problem at a place of the scenario's file; a run at its head is named by its id."""
        if loc and isinstance(loc[0], str) and self.file.run(loc[0]):
            loc = (*_loc(loc[0]), *loc[1:])
        return self.document.problem(loc, fault) if self.document else problem_at(self.name, 0, loc, fault)


def _record(document: Document, run: str, written: str) -> Measurement:
    folder = Path(os.path.realpath(document.path.parent))
    try:
        path = Path(os.path.realpath(folder / written))
        escapes, there = not path.is_relative_to(folder), path.is_file()
    except (OSError, ValueError):  # too long, or a null character
        escapes, there = False, False
    loc = (*_loc(run), "measurement")
    if escapes:
        raise InvalidData(
            [document.problem(loc, PathEscapes(gettext("{written!r} leaves the folder", written=written)))]
        )
    if not there:
        raise InvalidData([document.problem(loc, Unreadable(gettext("no file {written!r}", written=written[:80])))])
    return Measurement.load(path, shown(path))
