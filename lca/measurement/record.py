"""The record of one measured run: what ran, on what, how long, which energy, and how each was obtained."""

from __future__ import annotations

import warnings
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictInt, ValidationInfo, field_validator, model_validator

from lca.errors import Contradiction, InvalidData, NewerSchema, OutOfRange
from lca.languages import gettext
from lca.measurement.service import delivered, in_percent, reached
from lca.quantities import units
from lca.quantities.documents import Document
from lca.quantities.outputs import write_json
from lca.quantities.records import In, Quantity, Record, Written
from lca.vocabulary import Component, Origin, Phase

SCHEMA = 1
LARGEST_RECORD = 50_000_000  # bytes; a day of one-second samples of eight GPUs is a tenth of it
_APART = 0.01
"""Part of the duration, and no less than a second, by which it may pass the time from start to end."""
Delivered = Annotated[Written, AfterValidator(delivered)]


class EnergyEntry(Record):
    """Energy of one kind of component over the run."""

    component: Component
    energy: Annotated[Quantity, In("kWh_component", low=0, cited=False)]
    """Component energy, with the range that its origin implies."""
    origin: Origin
    method: str
    """How the figure came about: the counter read, or the model with its power and its source."""
    devices: tuple[str, ...] = ()
    """Identifiers of the devices it covers, where they have any."""
    share: float | None = Field(None, ge=0, le=1)
    """Part of the devices' energy that this run is allotted; absent: all of it."""


class Unmeasured(Record):
    """A component whose energy is not known, and why. It is missing, not zero."""

    component: Component
    reason: str
    """What prevented it and what would help."""


class Device(Record):
    """One kind of hardware that the run used."""

    kind: Literal["cpu", "gpu", "memory"]
    name: str
    """Name by which the hardware reports itself."""
    count: int = Field(ge=1)
    """Packages or cards; for memory 1."""
    id: str | None = None
    """Catalogue id; absent: unknown to the catalogue."""
    nearest: tuple[str, ...] = ()
    """Of an unknown one, the names in the catalogue that come nearest."""
    memory: Annotated[Quantity, In("byte", above=0, cited=False)] | None = None
    """Capacity."""
    identifiers: tuple[str, ...] = ()
    """UUID or PCI address of each card; host and package of a CPU. Tells shared devices apart when parts are merged."""


class Window(Record):
    """A named part of the run. Windows may nest and overlap; they are not parts of the total."""

    name: str
    start: Annotated[Quantity, In("h", low=0, cited=False)]
    """Since the start of the run."""
    duration: Annotated[Quantity, In("h", low=0, cited=False)]
    amount: Delivered | None = None
    """Service delivered in it. Windows that state one are repeats of one another."""
    energy: tuple[EnergyEntry, ...] = ()
    """Of the components that are known; one that is absent is missing, not zero."""
    it_energy: Annotated[Quantity, In("kWh_it", low=0, cited=False)] | None = None
    """Energy at the node's plug by a wattmeter, in place of the components."""

    @model_validator(mode="after")
    def _delivers_in_time(self) -> Window:
        if self.amount and self.duration.amount == 0:
            raise Contradiction(gettext("the window delivers {amount} in no time", amount=self.amount))
        return self


class PowerSeries(Record):
    """Power that the run is allotted, over the run: of a component, or of the node by a wattmeter."""

    component: Component | Literal["node"]
    devices: tuple[str, ...] = ()
    """As in the entry whose energy it spreads over the run."""
    time_unit: Literal["s"] = "s"
    power_unit: Literal["W"] = "W"
    times: tuple[float, ...]
    """Since the start of the run, ascending."""
    powers: tuple[float, ...]
    """One per time: the mean since the time before, or since the start."""

    @model_validator(mode="after")
    def _follows_time(self) -> PowerSeries:
        if len(self.times) != len(self.powers):
            raise Contradiction(
                gettext("{times} times and {powers} powers", times=len(self.times), powers=len(self.powers))
            )
        if falling := [(before, after) for before, after in pairwise((0.0, *self.times)) if after < before]:
            raise Contradiction(
                gettext("the time {after:g} s comes after {before:g} s", after=falling[0][1], before=falling[0][0])
            )
        if negative := [power for power in self.powers if power < 0]:
            raise OutOfRange(gettext("the power {power:g} W is below 0", power=negative[0]))
        return self


class IdlePower(Record):
    """Power of a component before the run, measured on request; it is not taken off the run's energy."""

    component: Component
    power: Annotated[Quantity, In("kW_component", low=0, cited=False)]
    origin: Origin


class ModelProfile(Record):
    """What the model that ran consists of, and what had been done to it since its training."""

    steps: tuple[str, ...] = ()
    """What was done, in words and in order; none: the model as it was trained."""
    nonzero: int = Field(ge=0)
    """Parameters that are not zero; the record's `model_parameters` counts all."""
    stored: Annotated[Quantity, In("byte", low=0, cited=False)]
    """What its weights and buffers occupy in the number formats in which they are kept."""
    computation: Annotated[Quantity, In("FLOP/inference", low=0, cited=False)] | None = None
    """By torch's counter: two per multiply-add, of the operators it knows; absent: it cannot see into this model."""


class Latency(Record):
    """Time from request to answer."""

    p50: Annotated[Quantity, In("h", low=0, cited=False)] | None = None
    p99: Annotated[Quantity, In("h", low=0, cited=False)] | None = None

    @model_validator(mode="after")
    def _rises(self) -> Latency:
        if self.p50 and self.p99 and self.p99.amount < self.p50.amount:
            raise Contradiction(gettext("p99, {p99}, is below p50, {p50}", p99=self.p99.value, p50=self.p50.value))
        return self


class Price(Record):
    """What the machine costs while it runs."""

    per_hour: float = Field(ge=0, allow_inf_nan=False)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    """ISO 4217."""


class Location(Record):
    """Where the run took place; only what the user stated."""

    country: str | None = None
    """ISO 3166 code."""
    region: str | None = None
    provider: str | None = None
    """Cloud provider."""


class Part(Record):
    """Which part of a distributed run a record is."""

    run: str
    """Id that all parts share."""
    rank: int = Field(ge=0)
    ranks: int = Field(ge=1)
    """Number of parts."""
    node: str
    """Name of the host."""

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Part:
        if self.rank >= self.ranks:
            raise Contradiction(gettext("rank {rank} of {ranks}: they count from 0", rank=self.rank, ranks=self.ranks))
        return self


class Imported(Record):
    """The tool and file that a record was made from."""

    tool: str
    version: str | None = None
    file: str
    sha256: str
    PUE: float | None = Field(None, ge=1)
    """PUE that the tool had multiplied its energy by, and that was divided out."""


class Measurement(Record):
    """One run, as `lca measure` and `EnergyMeter` write it.

    Energies are component energies in kWh, each with its origin and range; durations in h, memory in bytes, shares from
    0 to 1. What was not measured is listed with the reason. `lca schema record` is the manual of every field.
    """

    schema_version: StrictInt = Field(SCHEMA, alias="schema", ge=1)
    """Version of this format."""
    name: str
    phase: Phase
    task: str | None = None
    """What the run was for, in words."""
    model: str | None = None
    """Name of the model that ran."""
    model_parameters: int | None = Field(None, ge=0)
    """Number of parameters of the model."""
    profile: ModelProfile | None = None
    """What the model consists of."""
    amount: Delivered | None = None
    """Service delivered by the run (`"320000 inference"`)."""
    quality: Annotated[dict[str, float], AfterValidator(reached)] = Field(default_factory=dict)
    """Quality reached (`accuracy`)."""
    started: datetime
    ended: datetime
    duration: Annotated[Quantity, In("h", above=0, cited=False)]
    """Wall-clock time of the run."""
    energy: tuple[EnergyEntry, ...] = ()
    """Component energy; a component that is absent is listed under `unmeasured`."""
    it_energy: Annotated[Quantity, In("kWh_it", low=0, cited=False)] | None = None
    """Energy at the node's plug by a wattmeter, in place of the components."""
    unmeasured: tuple[Unmeasured, ...] = ()
    devices: tuple[Device, ...] = ()
    windows: tuple[Window, ...] = ()
    power: tuple[PowerSeries, ...] = ()
    idle: tuple[IdlePower, ...] = ()
    utilisation: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    """Mean, from 0 to 1: of the CPUs by the machine (`cpu`) and by this run (`cpu-process`); of the time in which the
    GPUs computed (`gpu`) and in which their memory was read or written (`gpu-memory`)."""
    computation: Annotated[Quantity, In("FLOP", low=0, cited=False)] | None = None
    """Floating-point operations of the run, by torch's counter: two per multiply-add, of the operators it knows."""
    dtype: str | None = None
    batch: int | None = Field(None, ge=1)
    framework: str | None = None
    seed: int | None = None
    throughput: Quantity | None = None
    """Service per time (`"111.9 inference/s"`)."""
    latency: Latency | None = None
    peak_memory: dict[Component, Annotated[Quantity, In("byte", low=0, cited=False)]] = Field(default_factory=dict)
    """Most memory that the run held at once: of the machine (`memory`), of all its GPUs (`gpu`)."""
    price: Price | None = None
    location: Location | None = None
    part: Part | None = None
    """Present in the record of one rank of a distributed run."""
    imported: Imported | None = None
    """Present where another tool measured."""
    software: dict[str, str] = Field(default_factory=dict)
    """Versions of what measured and what ran."""
    interrupted: bool = False
    """The run ended before it was complete."""
    comment: str | None = None

    @field_validator("profile")
    @classmethod
    def _has_parameters(cls, profile: ModelProfile | None, info: ValidationInfo) -> ModelProfile | None:
        parameters = info.data.get("model_parameters")
        if profile and parameters is not None and profile.nonzero > parameters:
            raise Contradiction(
                gettext(
                    "{nonzero:,} parameters that are not zero, of {parameters:,}",
                    nonzero=profile.nonzero,
                    parameters=parameters,
                )
            )
        return profile

    @field_validator("ended")
    @classmethod
    def _after_start(cls, ended: datetime, info: ValidationInfo) -> datetime:
        started: datetime | None = info.data.get("started")
        if started and (started.tzinfo is None) != (ended.tzinfo is None):
            raise Contradiction(gettext("one of start and end has a time zone, the other has none"))
        if started and ended < started:
            raise Contradiction(
                gettext(
                    "it ended at {end}, before it started at {start}", end=ended.isoformat(), start=started.isoformat()
                )
            )
        return ended

    @field_validator("it_energy")
    @classmethod
    def _in_place_of_components(cls, energy: Quantity | None, info: ValidationInfo) -> Quantity | None:
        if energy and info.data.get("energy"):
            raise Contradiction(
                gettext("the energy of the node stands beside that of its components: it would count twice")
            )
        return energy

    @property
    def key(self) -> str:
        """What tells the run from others: scenarios that state one run draw its numbers together."""
        return f"record {self.name} {self.started.isoformat()}"

    def error_of(self, entry: EnergyEntry) -> str:
        """What the range of an entry is the error of: of a counter's in this run, of a model's on this machine.

        What a model of a component gets wrong, it gets wrong in every run on the same hardware.
        """
        if entry.origin != Origin.MODELLED:
            return f"{self.key}|energy.{entry.component}"
        hardware = ", ".join(device.name for device in self.devices if device.kind == entry.component)
        return f"model|{entry.component} of {hardware or self.key}"

    @property
    def too_long(self) -> str:
        """In words, by how much its duration passes the time from its start to its end; empty: it does not."""
        hours, second = self.duration.amount, units.factor("s", "h")
        interval = (self.ended - self.started).total_seconds() * second
        if hours - interval <= max(_APART * hours, second):
            return ""
        return gettext(
            "it lasted {hours:.4g} h, and {interval:.4g} h lie between its start and its end",
            hours=hours,
            interval=interval,
        )

    @property
    def window_outside(self) -> str:
        """In words, which window ends after its run; empty: none does."""
        for window in self.windows:
            end = window.start.amount + window.duration.amount
            if end - self.duration.amount > max(_APART * end, units.factor("s", "h")):
                return gettext(
                    "the window {window!r} ends after {end:.4g} h, the run after {duration}",
                    window=window.name[:80],
                    end=end,
                    duration=self.duration.value,
                )
        return ""

    @classmethod
    def load(cls, path: str | Path, shown: str | None = None) -> Measurement:
        """Read a record; with a warning if it has shares in percent.

        Raises InvalidData, also for a record of a newer schema, and for one that contradicts itself: that lasted longer
        than from its start to its end, or whose windows end after it.
        """
        document = Document.read(Path(path), shown, LARGEST_RECORD)
        version = document.content.get("schema")
        if type(version) is int and version > SCHEMA:
            fault = NewerSchema(
                gettext(
                    "the record has schema {version}; this version of ai-lca reads up to {latest}",
                    version=version,
                    latest=SCHEMA,
                )
            )
            raise InvalidData([document.problem(("schema",), fault)])
        record = document.load(cls, cited=False)
        for field, what in (("duration", record.too_long), ("windows", record.window_outside)):
            if what:
                raise InvalidData([document.problem((field,), Contradiction(what))])
        for doubtful in in_percent(record.quality):
            warnings.warn(f"{document.shown}: {doubtful}", stacklevel=2)
        return record

    def save(self, path: str | Path) -> None:
        """Write the record beside `path`, then rename it there. Raises UsageError where it cannot be written."""
        write_json(Path(path), self.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=False))
