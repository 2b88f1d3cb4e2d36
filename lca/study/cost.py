"""What the runs of a scenario cost per functional unit: device time and electricity, by the prices that it states."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lca.study.results import Results
from lca.system.parts import ProductSystem
from lca.system.scenario import Scenario
from lca.vocabulary import Costed, Phase


@dataclass(frozen=True, slots=True)
class CostItem:
    """One thing that one run takes, and what it costs."""

    scenario: str
    phase: Phase
    run: str
    """Its name, or its id."""
    of: Costed
    amount: float | None
    """Hours of all its servers, or kWh at the building's meter; None: of several products."""
    money: float | None
    """None: nobody states a price."""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Money:
    """A sum of what has a price, in one currency."""

    scenario: str
    phase: Phase | None
    """None: of all phases."""
    money: float
    currency: str


def costs(results: Results) -> tuple[CostItem, ...]:
    """What the runs take, per functional unit; nothing of a scenario that states no price at all."""
    items: list[CostItem] = []
    for scenario in results.scenarios:
        of_scenario = [*_items(scenario, results.system_by_name[scenario.name])]
        if any(item.money is not None for item in of_scenario):
            items += of_scenario
    return tuple(items)


def sums(items: Sequence[CostItem]) -> tuple[Money, ...]:
    """By scenario and currency: each phase, then all of them. What has no price is in none of them."""
    keys = dict.fromkeys((item.scenario, item.currency) for item in items if item.money is not None)
    made = []
    for scenario, currency in keys:
        priced = [i for i in items if (i.scenario, i.currency) == (scenario, currency) and i.money is not None]
        for phase in [*dict.fromkeys(item.phase for item in priced), None]:
            money = math.fsum(item.money or 0.0 for item in priced if phase in (None, item.phase))
            made.append(Money(scenario, phase, money, currency))
    return tuple(made)


def to_json(results: Results) -> dict[str, Any]:
    """Items and sums as `--json` prints them; money without a price is null."""
    items = costs(results)
    return {"items": [asdict(item) for item in items], "sums": [asdict(money) for money in sums(items)]}


def _items(scenario: Scenario, system: ProductSystem) -> Iterator[CostItem]:
    """An hour that has a price holds the electricity of that hour, unless the run itself states a price of that too."""
    file = scenario.file
    for phase, id in _taken(system):
        effort, record = file.runs()[id], scenario.measurements.get(id)
        name = effort.name or id
        price, electricity = effort.price or (record.price if record else None), file.electricity_price_of(id)
        if price and not effort.electricity_price:
            electricity = None
        hours = [time.amount for time in system.times if (time.run, time.phase) == (id, phase)]
        if hours and (price or effort.server or record):
            money = price.per_hour * math.fsum(hours) if price else None
            currency = price.currency if price else ""
            yield CostItem(scenario.name, phase, name, Costed.DEVICE_TIME, math.fsum(hours), money, currency)
        kWh = math.fsum(row.amount for row in system.energy if (row.run, row.phase) == (id, phase))
        if kWh and (electricity or not price):
            money = electricity.per_kWh * kWh if electricity else None
            currency = electricity.currency if electricity else ""
            yield CostItem(scenario.name, phase, name, Costed.ELECTRICITY, kWh, money, currency)
        if effort.uses:
            yield CostItem(scenario.name, phase, name, Costed.PRODUCTS, None, None)
    for phase in dict.fromkeys(gap.phase for gap in system.gaps if gap.phase == Phase.DEVELOPMENT):
        if not any(taken == phase for taken, _ in _taken(system)):
            yield CostItem(scenario.name, phase, phase, Costed.DEVICE_TIME, None, None)


def _taken(system: ProductSystem) -> list[tuple[Phase, str]]:
    """Phase and run of all that ran; a development that is a factor on the training has its runs again."""
    ran = [(exchange.phase, exchange.run) for exchange in system.exchanges if exchange.phase and exchange.run]
    ran += [(row.phase, row.run) for row in system.energy]
    ran += [(time.phase, time.run) for time in system.times]
    order = list(Phase)
    return sorted(dict.fromkeys(ran), key=lambda taken: order.index(taken[0]))
