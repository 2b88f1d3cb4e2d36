"""What a product system is made of: parts that add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from lca.inventory.activity import Activity
from lca.measurement.totals import Origins
from lca.quantities import units
from lca.quantities.values import Citation, Value
from lca.vocabulary import Phase, Role, Stage


@dataclass(frozen=True, slots=True)
class ForegroundExchange:
    """An amount of one activity's product per functional unit."""

    phase: Phase | Literal[""]
    """Empty: a product scored alone, which no service uses."""
    stage: Stage
    role: Role
    input: str
    """Id of the activity."""
    value: Value
    """The amount, in the unit of the activity's product, and how it came about."""
    origins: Origins | None = None
    """How the energy behind it was obtained; None: it is no energy."""
    negligible: Mapping[str, float] = field(default_factory=dict)
    """Category → largest absolute contribution of the whole exchange."""
    run: str = ""
    """Run of the scenario that it belongs to: `training`, or of several `training[1]`."""

    def in_run(self, run: str) -> ForegroundExchange:
        """The same exchange, as that of a run."""
        if run == self.run:
            return self
        known = self.phase, self.stage, self.role, self.input, self.value, self.origins, self.negligible
        return ForegroundExchange(*known, run)

    def of(self, value: Value) -> ForegroundExchange:
        """The same exchange of another amount."""
        known = self.phase, self.stage, self.role, self.input, value, self.origins, self.negligible
        return ForegroundExchange(*known, self.run)

    @property
    def amount(self) -> float:
        """A float, or an array over variants or draws."""
        return self.value.number

    @property
    def unit(self) -> str:
        return units.written(self.value.unit)

    @property
    def formula(self) -> str:
        """How the amount came about, with its numbers."""
        return self.value.formula()

    @property
    def origin(self) -> str:
        return str(self.origins) if self.origins else ""

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The sources of all numbers in it."""
        return self.value.citations()

    @property
    def files(self) -> tuple[str, ...]:
        """The files that state the numbers in it."""
        return tuple(dict.fromkeys(leaf.file for leaf in self.value.leaves() if leaf.file))


@dataclass(frozen=True, slots=True)
class Gap:
    """Something of the service whose exchange is not known, with the amount of what it would belong to."""

    phase: Phase
    name: str
    amount: float
    unit: str
    of: str = ""
    """Activity that it would belong to: a category that this activity's flows do not reach has no such gap."""
    why: str = ""
    """What is not stated, where the name does not say it."""
    held: tuple[ForegroundExchange, ...] = ()
    """What it probably is; for the estimated layer alone."""


@dataclass(frozen=True, slots=True)
class EnergyRow:
    """A part of the electricity of one phase per functional unit, in kWh; the parts of a phase sum to it."""

    phase: Phase
    component: str
    amount: float
    unit: str
    origin: str
    run: str = ""
    """As that of an exchange."""


@dataclass(frozen=True, slots=True)
class DeviceTime:
    """Hours of all servers or devices of a run per functional unit."""

    phase: Phase
    amount: float
    run: str = ""
    """As that of an exchange."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Part of a foreground. Parts add up, in the order in which they are added."""

    exchanges: tuple[ForegroundExchange, ...] = ()
    gaps: tuple[Gap, ...] = ()
    energy: tuple[EnergyRow, ...] = ()
    own: Mapping[str, Activity] = field(default_factory=dict)
    """Activities that the scenario itself defines."""
    modelling: frozenset[str] = frozenset()
    """Modelling tags of all its electricity."""
    notes: tuple[str, ...] = ()
    """Assumptions and limits that a reader must know."""
    times: tuple[DeviceTime, ...] = ()

    def __add__(self, other: Parts) -> Parts:
        return Parts(
            self.exchanges + other.exchanges,
            self.gaps + other.gaps,
            self.energy + other.energy,
            {**self.own, **other.own},
            self.modelling | other.modelling,
            tuple(dict.fromkeys(self.notes + other.notes)),
            self.times + other.times,
        )


def gap(
    phase: Phase,
    name: str,
    amount: float,
    unit: str,
    of: str = "",
    why: str = "",
    held: Iterable[ForegroundExchange] = (),
) -> tuple[Gap, ...]:
    """A gap, if there is anything of it: an amount of zero is none."""
    return (Gap(phase, name, amount, unit, of, why, tuple(held)),) if np.any(amount) else ()


def of_run(parts: Parts, run: str) -> Parts:
    """The same parts, as those of a run."""
    return replace(
        parts,
        exchanges=tuple(exchange.in_run(run) for exchange in parts.exchanges),
        energy=tuple(replace(row, run=run) for row in parts.energy),
        times=tuple(replace(time, run=run) for time in parts.times),
    )


def merged(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Gaps of which there is each once: those of several runs that lack the same are one."""
    amounts: dict[tuple[object, ...], Gap] = {}
    for each in gaps:
        key = (each.phase, each.name, each.unit, each.of)
        known = amounts.get(key)
        if known:
            each = replace(each, amount=known.amount + each.amount, held=known.held + each.held)
        amounts[key] = each
    return tuple(amounts.values())


def added(parts: Iterable[Parts]) -> Parts:
    """The sum of parts."""
    return sum(parts, Parts())


@dataclass(frozen=True, slots=True)
class ProductSystem:
    """The foreground of one scenario."""

    name: str
    exchanges: tuple[ForegroundExchange, ...]
    gaps: tuple[Gap, ...] = ()
    energy: tuple[EnergyRow, ...] = ()
    own: Mapping[str, Activity] = field(default_factory=dict)
    modelling: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    times: tuple[DeviceTime, ...] = ()
