"""A scenario: what is delivered, what ran for it, where, on which electricity. One TOML file each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from lca.builtin import shown
from lca.errors import (
    Fault,
    InvalidData,
    MissingKey,
    NoFunctionalUnit,
    OutOfRange,
    PathEscapes,
    Problem,
    UnknownKey,
    Unreadable,
    WrongType,
)
from lca.inventory.files.mix import ModellingTags
from lca.measurement.record import Measurement
from lca.quantities.documents import Document
from lca.quantities.documents import problem as problem_at
from lca.quantities.records import In, Quantity, Record, Written
from lca.quantities.sources import Source
from lca.vocabulary import Phase

PHASES: dict[str, Phase] = {
    "data": Phase.DATA,
    "training": Phase.TRAINING,
    "compression": Phase.COMPRESSION,
    "inference": Phase.INFERENCE,
    "end_user_device": Phase.END_USER_DEVICE,
    "network": Phase.NETWORK,
}
"""Table of a scenario → phase."""
TABLES: dict[str, str] = {**{phase: table for table, phase in PHASES.items()}, Phase.DEVELOPMENT: "training"}
"""Phase → the table that states its run; development stands on that of the training."""


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

    @field_validator("amount")
    @classmethod
    def _positive(cls, amount: Any) -> Any:
        if amount.number <= 0:
            raise OutOfRange(f"{amount} is not a positive amount")
        return amount


class PublishedElectricity(Record):
    """Electricity by a published intensity: it scores climate change only."""

    intensity: Annotated[Quantity, In("kg/kWh", low=0)]
    """Greenhouse gases per kWh, as CO2 equivalent (GWP100)."""
    boundary: Literal["delivered", "generated"]
    """Whether the kWh is one delivered to the user or one generated."""
    scope: Literal["direct", "life-cycle"]
    """Whether fuel supply and plants are in it."""
    loss: Annotated[Quantity, In("1", low=0, below=1)] | None = None
    """Losses between plant and user, for a generated kWh."""
    modelling: ModellingTags


class StatedFacility(Record):
    """A facility by its numbers; one that names no building of the catalogue lacks it."""

    building: str | None = None
    """Catalogue id of a facility: it has that one's building, and of its numbers those that are not given here."""
    PUE: Annotated[Quantity, In("kWh/kWh_it", low=1)] | None = None
    WUE: Annotated[Quantity, In("L/kWh_it", low=0)] | None = None


class Effort(Record):
    """One phase: the energy that something took, on which equipment, and what it served."""

    measurement: str | None = None
    """Path of a measurement record, relative to this file."""
    component_energy: Annotated[Quantity, In("kWh_component", low=0)] | None = None
    """Energy as counters see it."""
    it_energy: Annotated[Quantity, In("kWh_it", low=0)] | None = None
    """Energy at the plug."""
    power: Annotated[Quantity, In("kW_component", low=0)] | None = None
    """Mean component power, with `device_time`."""
    device_time: Annotated[Quantity, In("h", above=0)] | None = None
    """Hours for which the equipment was allocated."""
    serves: Written | None = None
    """Service among which this effort is shared; for a record, by default what its run delivered."""
    allocation: Annotated[Quantity, In("1", above=0, high=1)] | None = None
    """Part of this effort that is this scenario's, where others share it: a teacher of several students."""
    server: str | None = None
    """Catalogue id of the equipment."""
    reserved: Annotated[Quantity, In("item", above=0)] | None = None
    """Accelerators reserved on the server; by default all."""
    part_of_server: Annotated[Quantity, In("1", above=0, high=1)] | None = None
    """Part of the server that is reserved, where accelerators do not count it: threads over those installed."""
    utilisation: Annotated[Quantity, In("1", above=0, high=1)] | None = None
    """Allocated hours over powered hours of the equipment."""
    lifetime: Annotated[Quantity, In("h", above=0)] | None = None
    """Service life of the equipment, in place of the catalogue's."""
    rest_of_node: Annotated[Quantity, In("kWh_it/kWh_component", low=1)] | None = None
    """IT energy over component energy, in place of the server's."""
    electricity: str | PublishedElectricity | None = None
    """In place of the scenario's."""

    @model_validator(mode="after")
    def _one_energy(self) -> Effort:
        given = [k for k in ("measurement", "component_energy", "it_energy", "power") if getattr(self, k) is not None]
        if len(given) != 1:
            raise WrongType(
                "give one of measurement, component_energy, it_energy, power; here: " + (", ".join(given) or "none")
            )
        if self.power and not self.device_time:
            raise MissingKey("power needs device_time")
        if self.server and not self.measurement and not self.device_time:
            raise MissingKey("a server needs device_time: the hours it was allocated")
        if self.server and not self.utilisation:
            raise MissingKey("a server needs utilisation: allocated over powered hours")
        if self.reserved and self.part_of_server:
            raise WrongType("reserved and part_of_server say the same: give one")
        if not self.serves and not self.measurement:
            raise MissingKey("stated energy needs serves: the service it is shared among")
        return self


class Development(Record):
    """Runs before the one that counts."""

    factor: Annotated[Quantity, In("1", low=0)]
    """Effort of development over effort of the training."""


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

    name: str
    functional_unit: FunctionalUnit
    electricity: str | PublishedElectricity
    """Catalogue id of a mix, or a published intensity."""
    facility: str | StatedFacility | None = None
    """Catalogue id, or PUE and WUE."""
    data: Effort | None = None
    development: Development | None = None
    training: Effort | None = None
    compression: Effort | None = None
    inference: Effort | None = None
    end_user_device: Effort | None = None
    network: Effort | None = None
    report: ReportText = ReportText()
    comment: str | None = None
    sources: dict[str, Source] = Field(default_factory=dict)

    @property
    def building(self) -> str | None:
        """Catalogue id of the facility."""
        return self.facility.building if isinstance(self.facility, StatedFacility) else self.facility

    @field_validator("functional_unit", mode="before")
    @classmethod
    def _stated(cls, value: object) -> object:
        if value in (None, {}):
            raise NoFunctionalUnit("the scenario states no functional unit")
        return value

    @model_validator(mode="after")
    def _something_ran(self) -> ScenarioFile:
        if not any(getattr(self, phase) for phase in PHASES):
            raise MissingKey("the scenario has no phase: add [training] or [inference]")
        if self.development and not self.training:
            raise MissingKey("[development] is a factor on [training], which is absent")
        return self


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario file with the measurement records it cites."""

    file: ScenarioFile
    measurements: Mapping[str, Measurement]
    """Phase table → record."""
    document: Document | None = None
    """The file it was read from, for messages; its lines are those of the file, not of what was varied."""

    @property
    def name(self) -> str:
        """Of the scenario, as tables show it; unique within a study."""
        return self.file.name

    @property
    def shown(self) -> str:
        """The file as messages name it; of a scenario made in Python its name."""
        return self.document.shown if self.document else self.name

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
                document.problem(("functional_unit",), NoFunctionalUnit("the scenario states no functional unit"))
            )
        measurements: dict[str, Measurement] = {}
        for phase in PHASES:
            table = document.content.get(phase)
            written = table.get("measurement") if isinstance(table, dict) else None
            if isinstance(written, str):
                try:
                    measurements[phase] = at_hand[written] if written in at_hand else _record(document, phase, written)
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
        """The same scenario with other values; a table is merged key by key. Raises InvalidData."""
        content = self.file.model_dump(mode="json", by_alias=True, exclude_unset=True)
        for key, value in changes.items():
            if key not in ScenarioFile.model_fields:
                raise InvalidData([problem_at(self.name, 0, (key,), UnknownKey("a scenario has no such key"))])
            old = content.get(key)
            content[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, Mapping) else value
        try:
            return replace(self, file=ScenarioFile.model_validate(content))
        except ValidationError:
            raise InvalidData(
                Document(Path(self.name), self.name, "", content, "toml").validate(ScenarioFile)[1]
            ) from None

    def problem(self, loc: tuple[str | int, ...], fault: Fault) -> Problem:
        """A problem at a place of the scenario's file."""
        return self.document.problem(loc, fault) if self.document else problem_at(self.name, 0, loc, fault)


def _record(document: Document, phase: str, written: str) -> Measurement:
    folder = Path(os.path.realpath(document.path.parent))
    try:
        path = Path(os.path.realpath(folder / written))
        escapes, there = not path.is_relative_to(folder), path.is_file()
    except (OSError, ValueError):  # too long, or a null character
        escapes, there = False, False
    if escapes:
        raise InvalidData([document.problem((phase, "measurement"), PathEscapes(f"{written!r} leaves the folder"))])
    if not there:
        raise InvalidData([document.problem((phase, "measurement"), Unreadable(f"no file {written[:80]!r}"))])
    return Measurement.load(path, shown(path))
