"""Scenarios written in other units of service, brought to the baseline's functional unit by a stated conversion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from lca.errors import Contradiction, InvalidData, NoConversion, Problem
from lca.languages import gettext
from lca.quantities import units
from lca.quantities.records import Quantity
from lca.quantities.sources import ids
from lca.quantities.units import Amount
from lca.system.scenario import Conversion, Scenario


@dataclass(frozen=True, slots=True)
class ConvertedService:
    """A scenario whose functional unit became the baseline's."""

    scenario: str
    written: Amount
    """What its file says that it delivers."""
    amount: Amount
    """The baseline's, for which it is compared."""
    rate: Quantity
    stated_by: str
    """Name of the scenario whose file states the rate."""

    @property
    def note(self) -> str:
        """The conversion among what is said of a scenario."""
        written, amount, rate = (
            f"{float(each.number):,g} {units.written(each.unit)}"
            for each in (self.written, self.amount, self.rate.value)
        )
        return f"Written for {written}, scored for {amount}, at {rate} as {self.stated_by!r} states."

    def to_json(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario,
            "written": str(self.written),
            "amount": str(self.amount),
            "rate": str(self.rate.value),
            "stated_by": self.stated_by,
            "sources": list(ids(self.rate.source or ())),
        }


def same_service(
    scenarios: Sequence[Scenario], baseline: str = "", asked: bool = True
) -> tuple[list[Scenario], tuple[ConvertedService, ...]]:
    """The scenarios in the unit of the baseline (default the first), and which of them were converted.

    A scenario in another unit of service takes the baseline's amount and service, by the rate of `conversions` in its
    own file or in the baseline's; its quality and period stay its own. An unknown baseline changes nothing here.
    `asked`: the scenarios are to be compared; else one for which no rate is stated stays as it is.

    Raises InvalidData where no rate is stated, or the two files state different ones.
    """
    base = next((s for s in scenarios if s.name == baseline or not baseline), None)
    made: list[Scenario] = []
    converted: list[ConvertedService] = []
    problems: list[Problem] = []
    for scenario in scenarios:
        if base is None or units.alike(_amount(scenario).unit, _amount(base).unit):
            made.append(scenario)
            continue
        try:
            scenario, conversion = _converted(scenario, base)
        except (Contradiction, NoConversion) as fault:
            if isinstance(fault, NoConversion) and not asked:
                made.append(scenario)
                continue
            problems.append(scenario.problem(("functional_unit", "conversions"), fault))
            continue
        made.append(scenario)
        converted.append(conversion)
    if problems:
        raise InvalidData(problems)
    return made, tuple(converted)


def _converted(scenario: Scenario, base: Scenario) -> tuple[Scenario, ConvertedService]:
    written, wanted = _amount(scenario), _amount(base)
    unit = units.per(written.unit, wanted.unit)
    own, other = _rate(scenario, written.unit, wanted.unit), _rate(base, written.unit, wanted.unit)
    if own and other and not math.isclose(_per(own, unit), _per(other, unit), rel_tol=1e-9):
        raise Contradiction(
            gettext("{rate} here and {other} in {name!r}", rate=own.value, other=other.value, name=base.name)
        )
    rate = own or other
    if rate is None:
        raise NoConversion(
            gettext(
                "{unit!r} where the functional unit of {name!r} is in {wanted!r}, and neither file states a rate"
                " in {rate!r}",
                unit=units.written(written.unit),
                name=base.name,
                wanted=units.written(wanted.unit),
                rate=units.written(unit),
            )
        )
    stating = scenario if own else base
    file, kept = scenario.file, scenario.file.sources
    if not own:
        cited = {id: base.file.sources[id] for id in ids(rate.source or ())}
        renamed = {id: id if kept.get(id, source) == source else f"{id} of {base.name}" for id, source in cited.items()}
        kept = {**kept, **{renamed[id]: source for id, source in cited.items()}}
        rate = rate.model_copy(update={"source": tuple(renamed.values())})
    stated = file.functional_unit.conversions if own else (*file.functional_unit.conversions, Conversion(rate=rate))
    changes = {"amount": wanted, "service": base.file.functional_unit.service, "conversions": stated}
    functional_unit = file.functional_unit.model_copy(update=changes)
    file = file.model_copy(update={"functional_unit": functional_unit, "sources": kept})
    return replace(scenario, file=file), ConvertedService(scenario.name, written, wanted, rate, stating.name)


def _amount(scenario: Scenario) -> Amount:
    amount: Amount = scenario.file.functional_unit.amount
    return amount


def _rate(scenario: Scenario, unit: str, other: str) -> Quantity | None:
    """The rate between two units of service, as a file states it, either way up."""
    for conversion in scenario.file.functional_unit.conversions:
        if any(units.alike(conversion.rate.unit, units.per(*pair)) for pair in ((unit, other), (other, unit))):
            return conversion.rate
    return None


def _per(rate: Quantity, unit: str) -> float:
    """The number of a rate in this unit, or of its inverse."""
    if units.alike(rate.unit, unit):
        return rate.in_unit(unit).amount
    return 1 / units.convert(rate.value, units.per("1", unit)).number
