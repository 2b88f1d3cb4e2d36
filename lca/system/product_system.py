"""The product system of a scenario: every exchange of the foreground, tagged with phase and stage.

Amounts are those of the functional unit. What is not known becomes a named gap, never a zero.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType

import numpy as np

from lca.equations import unserved
from lca.errors import InvalidData
from lca.inventory.catalogue import Catalogue
from lca.languages import Deferred
from lca.measurement.record import Measurement
from lca.quantities.values import Value, calculated, product
from lca.system.energy import electricity
from lca.system.equipment import Opening, equipment, used
from lca.system.numbers import Numbers
from lca.system.parts import DeviceTime, ForegroundExchange, Parts, ProductSystem, added, gap, merged, of_run
from lca.system.run import Run, runs
from lca.system.scenario import Scenario
from lca.system.typical import Probable
from lca.vocabulary import Phase, Role

DEVELOPMENT = Deferred("development before the training, from ideation to failed runs")()
"""Gap of a scenario that trains and does not state it."""
_UNDEVELOPED = Deferred("neither [development] nor [[experiments]] states it")
_NO_DEVELOPMENT = Deferred("No development before the training: {reason}")
_AS_STATED: Mapping[str, float] = MappingProxyType({})


def product_system(
    scenario: Scenario,
    catalogue: Catalogue,
    replaced: Mapping[str, float] = _AS_STATED,
    phases: Collection[Phase] = tuple(Phase),
) -> ProductSystem:
    """The foreground of a scenario, with the numbers of some fields replaced (`inference.utilisation`).

    A replacement is a float or an array over variants, in the unit of its field; amounts are arrays then. `phases`:
    the runs of these alone; with a training goes its development.
    Raises InvalidData with every problem.
    """
    numbers = Numbers(scenario, replaced)
    listed, problems = runs(scenario, catalogue, numbers, phases)
    if problems:
        raise InvalidData(problems)
    parts = added(of_run(_parts(run, catalogue, numbers), run.id) for run in listed)
    development, parts_of_training = scenario.file.development, parts
    if development and development.factor:
        parts += _developed(parts, numbers.of(development.factor, "development.factor", "development factor"))
    if development and development.reach_production:
        where, name = "development.reach_production", "part of the models that reach production"
        reach = numbers.of(development.reach_production, where, name)
        parts += _developed(parts_of_training, calculated(unserved, "models that are never served", reach=reach))
    if development and development.none:
        parts += Parts(notes=(_NO_DEVELOPMENT(reason=development.none.strip()),))
    if scenario.file.training and not development and not scenario.file.experiments:
        parts += _undeveloped(parts, Probable(catalogue, numbers).development)
    return ProductSystem(
        scenario.name,
        parts.exchanges,
        merged(parts.gaps),
        parts.energy,
        parts.own,
        parts.modelling,
        parts.notes,
        parts.times,
    )


@dataclass(frozen=True, slots=True)
class Product:
    """An amount of one activity's product, without a service around it."""

    name: str
    """Id of the activity."""
    amount: float
    """In the unit of the product."""

    @property
    def measurements(self) -> Mapping[str, Measurement]:
        """None: nothing of it ran."""
        return {}


def product_alone(product: Product, catalogue: Catalogue, replaced: Mapping[str, float] = _AS_STATED) -> ProductSystem:
    """A product, without a service, a phase or replacements. Raises UnknownActivity."""
    activity = catalogue.activity(product.name)
    amount = Value(product.amount, activity.unit, activity.product)
    opening = Opening(catalogue, Numbers(None, replaced), "", Role.PRODUCT, None)
    return ProductSystem(activity.id, tuple(part.exchange for part in opening.parts(activity, amount)))


def system_of(
    studied: Scenario | Product, catalogue: Catalogue, replaced: Mapping[str, float] = _AS_STATED
) -> ProductSystem:
    """The foreground of a scenario, or a product alone. Raises as `product_system` and `product_alone` do."""
    if isinstance(studied, Product):
        return product_alone(studied, catalogue, replaced)
    return product_system(studied, catalogue, replaced)


def _parts(run: Run, catalogue: Catalogue, numbers: Numbers) -> Parts:
    parts = Parts(gaps=run.gaps, notes=run.notes)
    if run.allocated:
        parts += Parts(times=(DeviceTime(run.phase, product(run.allocated, run.share, "h").number),))
    if run.took_energy:
        probable = Probable(catalogue, numbers)
        parts += electricity(run, probable)
        if run.on_servers:
            parts += equipment(run, catalogue, numbers, probable)
    return parts + used(run, catalogue, numbers)


def _developed(parts: Parts, factor: Value) -> Parts:
    """Development is a stated factor on everything that the training takes."""
    times = factor.number
    return Parts(
        tuple(_again(exchange, factor) for exchange in parts.exchanges if exchange.phase == Phase.TRAINING),
        tuple(
            replace(
                each,
                phase=Phase.DEVELOPMENT,
                amount=times * each.amount,
                held=tuple(_again(exchange, factor) for exchange in each.held),
            )
            for each in parts.gaps
            if each.phase == Phase.TRAINING
        ),
        tuple(
            replace(row, phase=Phase.DEVELOPMENT, amount=times * row.amount)
            for row in parts.energy
            if row.phase == Phase.TRAINING
        ),
        times=tuple(
            replace(time, phase=Phase.DEVELOPMENT, amount=times * time.amount)
            for time in parts.times
            if time.phase == Phase.TRAINING
        ),
    )


def _again(exchange: ForegroundExchange, factor: Value) -> ForegroundExchange:
    """An exchange of the training, as many times for its development."""
    return replace(
        exchange,
        phase=Phase.DEVELOPMENT,
        value=product(factor, exchange.value, exchange.value.unit),
        negligible={category: factor.number * bound for category, bound in exchange.negligible.items()},
    )


def _undeveloped(parts: Parts, factor: Value | None) -> Parts:
    """The gap of a development that is not stated; `factor`: what it probably is, as a part of the training.

    Two scenarios share it as far as they share the training: its unit is a kWh of one training with all that goes with
    that, so that trainings elsewhere or on other equipment leave two gaps between which nothing is known.
    """
    trained = [exchange for exchange in parts.exchanges if exchange.phase == Phase.TRAINING]
    left_out = [each for each in parts.gaps if each.phase == Phase.TRAINING]
    kWh = sum(exchange.amount for exchange in trained if exchange.unit == "kWh")
    amount = kWh if np.any(kWh) else 1.0
    held = (
        [_again(each, factor) for each in (*trained, *(e for known in left_out for e in known.held))] if factor else []
    )
    taken = [(exchange.input, str(exchange.stage), exchange.amount) for exchange in trained]
    taken += [(each.name, each.unit, each.amount) for each in left_out]
    unit = "kWh of the training"
    if not any(np.ndim(number) for _, _, number in taken):  # else there is one for each variant or draw
        profile = "|".join(sorted(f"{of} {how} {number / amount:.6g}" for of, how, number in taken))
        unit += f" {sha256(profile.encode()).hexdigest()[:6]}"
    why = _UNDEVELOPED()
    return Parts(gaps=gap(Phase.DEVELOPMENT, DEVELOPMENT, amount, unit, why=why, held=held))
