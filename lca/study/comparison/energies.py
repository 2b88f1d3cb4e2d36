"""Energy as the records and files of a scenario tell of it: of an inference per service, of a compression."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from enum import StrEnum

from lca.equations import component_energy
from lca.errors import WrongUnit
from lca.measurement.record import Measurement, Window
from lca.measurement.totals import total
from lca.quantities import units
from lca.quantities.units import Amount
from lca.study.comparison.variants import Variant
from lca.study.repeats import windows
from lca.system.scenario import Effort, Scenario
from lca.vocabulary import Origin

COMPONENTS, NODE = "components", "node's plug"
"""Where an energy was taken: the two are not compared."""


class EnergyUnknown(StrEnum):
    """Why no energy of an effort is known, or not per unit of service."""

    NO_TABLE = "no table"
    """The scenario does not have the effort, though its model shows that it was made."""
    NO_RECORD = "no record"
    UNMEASURED = "unmeasured"
    """The record has none; its gaps may say why."""
    SEVERAL = "several"
    """The phase is several runs."""
    SERVICE = "service"
    """It is not known how much service the run delivered."""


@dataclass(frozen=True, slots=True)
class EffortEnergy:
    """Energy of an effort, whole or per unit of service."""

    amount: float | None
    """In kWh; of repeated runs the median. None: not known."""
    least: float | None = None
    """Over the repeats; None: there are none."""
    most: float | None = None
    repeats: int = 0
    at: str = ""
    parts: frozenset[str] = frozenset()
    """Components in it."""
    origin: str = ""
    gaps: tuple[str, ...] = ()
    """What it does not cover: the amount is of the known part."""
    unknown: EnergyUnknown | None = None
    """Why the amount is not."""

    def ratio(self, other: EffortEnergy) -> float | None:
        """To another energy of the same components; None: either is not known, or 0, or they are not alike."""
        if self.amount is None or not other.amount or not self.alike(other):
            return None
        return self.amount / other.amount

    def alike(self, other: EffortEnergy) -> bool:
        """Whether both are of the same components, or both of the node."""
        return (self.at, self.parts) == (other.at, other.parts)


def of_inference(scenario: Scenario, unit: str) -> EffortEnergy | None:
    """Energy of the inference per `unit` of service: the median of the repeats, else of the whole run."""
    if len(scenario.file.inference) != 1:
        return EffortEnergy(None, unknown=EnergyUnknown.SEVERAL) if scenario.file.inference else None
    [effort], record = scenario.file.inference, scenario.measurements.get("inference")
    whole = _spent(effort, record)
    delivered = (record.amount if record else None, effort.serves)
    served = next((n for amount in delivered if (n := converted(amount, unit))), None)
    if whole.amount is None:
        return whole
    if served is None:
        return replace(whole, amount=None, unknown=EnergyUnknown.SERVICE)
    repeats = (
        [each for window in windows(record) if (each := _repeat(record, window, unit)) is not None] if record else []
    )
    if not repeats:
        return replace(whole, amount=whole.amount / served)
    return replace(
        whole, amount=statistics.median(repeats), least=min(repeats), most=max(repeats), repeats=len(repeats)
    )


def of_compression(scenario: Scenario, variant: Variant) -> EffortEnergy | None:
    """Energy of the compression, by the part of it that is allocated to the scenario."""
    if not scenario.file.compression:
        return EffortEnergy(None, unknown=EnergyUnknown.NO_TABLE) if variant.steps else None
    if len(scenario.file.compression) > 1:
        return EffortEnergy(None, unknown=EnergyUnknown.SEVERAL)
    [effort] = scenario.file.compression
    whole = _spent(effort, scenario.measurements.get("compression"))
    part = effort.allocation.amount if effort.allocation else 1.0
    return whole if whole.amount is None else replace(whole, amount=whole.amount * part)


def _spent(effort: Effort, record: Measurement | None) -> EffortEnergy:
    """Energy of a whole effort, in kWh."""
    if record:
        gaps = tuple(f"{gap.component}: {gap.reason}" for gap in record.unmeasured)
        if record.it_energy:
            return EffortEnergy(record.it_energy.amount, at=NODE, origin=str(Origin.INTEGRATED), gaps=gaps)
        if record.energy:
            energy, origins = total(record.energy)
            parts = frozenset(entry.component for entry in record.energy)
            return EffortEnergy(energy, at=COMPONENTS, parts=parts, origin=str(origins), gaps=gaps)
        return EffortEnergy(None, gaps=gaps, unknown=EnergyUnknown.UNMEASURED)
    if effort.it_energy:
        return EffortEnergy(effort.it_energy.amount, at=NODE, origin=str(Origin.STATED))
    if effort.component_energy:
        return EffortEnergy(effort.component_energy.amount, at=COMPONENTS, origin=str(Origin.STATED))
    if effort.power and effort.device_time:
        return EffortEnergy(
            component_energy(effort.power.amount, effort.device_time.amount), at=COMPONENTS, origin=str(Origin.STATED)
        )
    return EffortEnergy(None, unknown=EnergyUnknown.NO_RECORD)


def _repeat(record: Measurement, window: Window, unit: str) -> float | None:
    """Energy of a repeat per unit of service, in kWh; None: it does not know all that its run knows."""
    served = converted(window.amount, unit)
    if not served:
        return None
    if record.it_energy:
        return window.it_energy.amount / served if window.it_energy else None
    known = {entry.component for entry in record.energy}
    entries = [entry for entry in window.energy if entry.component in known]
    if known - {entry.component for entry in entries}:
        return None
    energy, _ = total(entries)
    return energy / served


def converted(amount: Amount | None, unit: str) -> float | None:
    """The number of an amount in a unit; None: there is none, or it is of another kind."""
    if amount is None:
        return None
    try:
        return units.convert(amount, unit).number
    except WrongUnit:
        return None
