"""The equipment of one run: the share of a server and of the building around it, opened into parts and stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lca.equations import equipment_share, facility_share, powered_time, replacements
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.languages import Deferred
from lca.quantities.values import Value, calculated, product
from lca.system.numbers import Numbers
from lca.system.parts import ForegroundExchange, Parts, gap
from lca.system.run import Equipment, Run
from lca.system.typical import Probable
from lca.vocabulary import Phase, Role, Stage

_EQUIPMENT = Deferred("equipment, allocated for {time} of the run, is not stated")
_UNSTATED = Deferred("an unstated time")
_REPLACEMENT = Deferred("replacement of parts of {server} over its life")
_UNRATED = Deferred("no rate for {parts}")
_BUILDING = Deferred("building and its equipment")
_NO_POWER = Deferred("{server} states no plug_power")
_NO_FACILITY = Deferred("the facility is not described")
_NONE: Mapping[str, float] = {}
_MOST_OPENED = 32
"""Products whose parts are kept for the next scenario."""


def equipment(run: Run, catalogue: Catalogue, numbers: Numbers, probable: Probable) -> Parts:
    """The manufacture, delivery and end of life of the equipment that the run occupies, and of its building."""
    if run.equipment is None:
        stated = run.allocated and np.ndim(run.allocated.number) == 0  # one time for all, not one for each variant
        known = f"{run.allocated.number:g} h" if run.allocated and stated else _UNSTATED()
        hours = (run.allocated.number if run.allocated else 1.0) * run.share.number
        name = _EQUIPMENT(time=known)
        return Parts(gaps=gap(run.phase, name, hours, "h"))
    used = run.equipment
    share = calculated(equipment_share, allocated=used.allocated, lifetime=used.lifetime, utilisation=used.utilisation)
    carried = product(product(share, used.part, "1") if used.part else share, run.share, "item")
    opened = Opening(catalogue, numbers, run.phase, Role.EQUIPMENT, used.lifetime, run=run.id).parts(
        used.server, carried
    )
    parts = Parts(tuple(part.exchange for part in opened))
    unrated = sorted({part.exchange.input for part in opened if not part.rated})
    if unrated:
        name, why = _REPLACEMENT(server=used.server.id), _UNRATED(parts=", ".join(unrated))
        rate, held = probable.of("annual_replacement_rate"), list[ForegroundExchange]()
        if rate:
            times = product(rate, used.lifetime, "1")
            bare = [part.exchange for part in opened if not part.rated]
            held = [each.of(product(times, each.value, each.value.unit)) for each in bare]
        parts += Parts(gaps=gap(run.phase, name, carried.number, "item", why=why, held=held))
    return parts + _facility(run, used, catalogue, numbers, probable)


def used(run: Run, catalogue: Catalogue, numbers: Numbers) -> Parts:
    """What the run takes of any activities that its file names."""
    exchanges: list[ForegroundExchange] = []
    for use in run.uses:
        opening = Opening(catalogue, numbers, run.phase, Role.USE, None, use.stage, run.id)
        exchanges += (part.exchange for part in opening.parts(use.activity, use.amount))
    return Parts(tuple(exchanges))


def _facility(run: Run, used: Equipment, catalogue: Catalogue, numbers: Numbers, probable: Probable) -> Parts:
    if run.site is None:
        return Parts()
    hours = calculated(powered_time, allocated=used.allocated, utilisation=used.utilisation)
    powered = product(product(hours, used.part, "h") if used.part else hours, run.share, "h")
    building, power = run.site.building, used.plug_power
    lifetime = numbers.of_activity(building, "lifetime", f"life of {building.id}") if building else None
    occupancy = numbers.of_activity(building, "occupancy", "occupancy") if building else None
    if building is None or power is None or lifetime is None or occupancy is None:
        why = _NO_POWER(server=used.server.id) if building and not power else _NO_FACILITY()
        held = _built(run, power, powered, probable) if power else ()
        return Parts(gaps=gap(run.phase, _BUILDING(), powered.number, "h", why=why, held=held))
    share = calculated(facility_share, provisioned=power, powered=powered, lifetime=lifetime, occupancy=occupancy)
    opening = Opening(catalogue, numbers, run.phase, Role.FACILITY, lifetime, run=run.id)
    return Parts(tuple(part.exchange for part in opening.parts(building, share)))


def _built(run: Run, power: Value, powered: Value, probable: Probable) -> tuple[ForegroundExchange, ...]:
    """The share of a typical data centre."""
    lifetime, occupancy = probable.of("lifetime"), probable.of("occupancy")
    if not (lifetime and occupancy and probable.building):
        return ()
    share = calculated(facility_share, provisioned=power, powered=powered, lifetime=lifetime, occupancy=occupancy)
    return (ForegroundExchange(run.phase, Stage.PRODUCTION, Role.FACILITY, probable.building, share),)


@dataclass(frozen=True, slots=True)
class OpenedPart:
    """A part of an assembly as an exchange of the foreground."""

    exchange: ForegroundExchange
    rated: bool
    """Whether its replacements are known, or it is none that is replaced."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Opens assemblies into parts; each part keeps its stage and carries its replacements over `lifetime`."""

    catalogue: Catalogue
    numbers: Numbers
    phase: Phase | Literal[""]
    role: Role
    lifetime: Value | None
    """None: the product is scored as it leaves, and nothing of it is replaced."""
    stage: Stage = Stage.PRODUCTION
    """Of what states none."""
    run: str = ""
    """As that of an exchange."""

    def parts(self, activity: Activity, amount: Value) -> Sequence[OpenedPart]:
        """The activity as an exchange, or the parts of an assembly: the same where as much was opened last.

        Scenarios of a study that differ in their place or their energy share hundreds of parts.
        """
        if self.numbers.replaced:
            return self._opened(activity, amount)
        last = self.catalogue.kept("opened", dict[object, tuple[object, Sequence[OpenedPart]]])
        key, asked = (activity.id, self.phase, self.role, self.stage, self.run), (amount, self.lifetime)
        if key in last and last[key][0] == asked:
            return last[key][1]
        opened = self._opened(activity, amount)
        last[key] = asked, opened
        while len(last) > _MOST_OPENED:
            del last[next(iter(last))]
        return opened

    def _opened(self, activity: Activity, amount: Value) -> list[OpenedPart]:
        opened: list[OpenedPart] = []
        self._open(activity, amount, self.stage, False, _NONE, opened)
        return opened

    def _open(
        self,
        activity: Activity,
        amount: Value,
        stage: Stage,
        rated: bool,
        negligible: Mapping[str, float],
        opened: list[OpenedPart],
    ) -> None:
        """`rated`: a replacement rate of an assembly around it already covers it."""
        if activity.properties.annual_replacement_rate:
            name = f"replacement rate of {activity.id}"
            rate = self.numbers.of_activity(activity, "annual_replacement_rate", name)
            if rate and self.lifetime and not rated:
                factor = calculated(replacements, annual_rate=rate, lifetime=self.lifetime)
                amount = product(amount, factor, amount.unit)
            rated = True
        if not activity.is_assembly:
            exchange = ForegroundExchange(self.phase, stage, self.role, activity.id, amount, None, negligible, self.run)
            opened.append(OpenedPart(exchange, rated or stage != Stage.PRODUCTION))
            return
        for input, each in zip(activity.inputs, self.numbers.inputs(activity, self.catalogue), strict=True):
            bounds = _NONE
            if input.negligible:
                bounds = {category: abs(bound * amount.number) for category, bound in input.negligible.items()}
            part = product(amount, each, each.unit)
            inner = stage if input.stage == Stage.PRODUCTION else input.stage
            self._open(self.catalogue.activity(input.activity), part, inner, rated, bounds, opened)
