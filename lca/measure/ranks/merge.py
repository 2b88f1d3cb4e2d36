"""The parts of a distributed run become one record: devices that ranks share count once, the rest adds up."""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from lca.languages import gettext, gettext_noop, ngettext
from lca.measure.identified import OUTSIDE
from lca.measure.ranks.energies import CannotMerge, Member, devices, energies, powers, unmeasured, windows
from lca.measurement.record import IdlePower, Measurement, Price
from lca.quantities import units
from lca.quantities.records import Quantity
from lca.quantities.units import Amount
from lca.vocabulary import Component, Origin

_AGREED = ("task", "model", "model_parameters", "dtype", "batch", "framework", "seed", "location", "imported")


def merge(parts: Sequence[Measurement], allow_missing: bool = False) -> Measurement:
    """One record of all ranks of a run.

    What counts a whole device (a counter without share) counts once, by the device's identifier; shares, and models of
    each rank's own processes, add up. Facts on which the ranks differ are left out; quality is that of the first rank
    that states one. Latencies of different ranks have no common quantile and are left out.

    Raises CannotMerge: a record that is no part, parts of different runs, a rank twice, a rank missing; with
    `allow_missing` the record is marked interrupted instead, and its comment names the ranks.
    """
    members = _checked(parts)
    missing = sorted(set(range(members[0].part.ranks)) - {one.part.rank for one in members})
    if missing and not allow_missing:
        raise CannotMerge(
            ngettext(
                "of {ranks} ranks {missing} is missing: give every part, or allow it and have the record of an"
                " interrupted run",
                "of {ranks} ranks {missing} are missing: give every part, or allow it and have the record of an"
                " interrupted run",
                len(missing),
                ranks=members[0].part.ranks,
                missing=", ".join(map(str, missing)),
            )
        )
    started = min(one.record.started for one in members)
    members = [one._replace(offset=(one.record.started - started).total_seconds()) for one in members]
    notes = [one.record.comment for one in members]
    notes += [f"of {members[0].part.ranks} ranks {_named(missing)} missing"] if missing else []
    nodes = list(_by_node(members))
    if len(nodes) > 1:
        notes.append(f"ran on {len(nodes)} nodes at once")
        what = gettext(
            "the run had {count} nodes ({nodes}): count as many servers in a scenario",
            count=len(nodes),
            nodes=", ".join(nodes),
        )
        warnings.warn(what, stacklevel=OUTSIDE)
    plug = _at_the_plug(members)
    energy = energies([(one, one.record.energy) for one in members if plug is None])
    changes = {
        **_facts([one.record for one in members]),
        "energy": tuple(joined.entry for joined in energy),
        "it_energy": plug,
        "unmeasured": unmeasured(members if plug is None else ()),
        "windows": windows(members),
        "power": powers(energy, members),
        "idle": _idle(members),
        "utilisation": _utilisation(members),
        "price": _price(members),
        "part": None,
        "interrupted": bool(missing) or any(one.record.interrupted for one in members),
        "comment": "; ".join(dict.fromkeys(filter(None, notes))) or None,
    }
    return members[0].record.model_copy(update=changes)


def _facts(records: Sequence[Measurement]) -> dict[str, Any]:
    """What the ranks state of their run, as of one."""
    started, ended = min(record.started for record in records), max(record.ended for record in records)
    hours = (ended - started).total_seconds() * units.factor("s", "h")
    amount = _amount(records)
    return {
        **{name: _agreed(getattr(record, name) for record in records) for name in _AGREED},
        "amount": amount,
        "quality": next((record.quality for record in records if record.quality), {}),
        "started": started,
        "ended": ended,
        "duration": Quantity(value=Amount(hours, "h")),
        "devices": devices(records),
        "computation": _sum(record.computation for record in records),
        "throughput": amount and Quantity(value=Amount(amount.number / hours, f"{amount.unit}/h")),
        "latency": None,
        "peak_memory": _peaks(records),
    }


def _checked(parts: Sequence[Measurement]) -> list[Member]:
    """The parts by rank. Raises CannotMerge."""
    if not parts:
        raise CannotMerge(gettext("no record to merge"))
    members = []
    for record in parts:
        if record.part is None:
            raise CannotMerge(gettext("{name!r} is no part of a distributed run", name=record.name))
        members.append(Member(record, record.part))
    first = members[0]
    for one in members:
        for what, its, other in (
            (gettext_noop("schema"), one.record.schema_version, first.record.schema_version),
            (gettext_noop("run"), one.part.run, first.part.run),
            (gettext_noop("number of ranks"), one.part.ranks, first.part.ranks),
            (gettext_noop("phase"), one.record.phase, first.record.phase),
        ):
            if its != other:
                raise CannotMerge(
                    gettext(
                        "the records differ in their {what}: rank {one} has {its!r}, rank {first} has {other!r}",
                        what=gettext(what),
                        one=one.part.rank,
                        its=its,
                        first=first.part.rank,
                        other=other,
                    )
                )
    ranks = [one.part.rank for one in members]
    if twice := sorted({rank for rank in ranks if ranks.count(rank) > 1}):
        raise CannotMerge(
            gettext(
                "rank {rank} is given {count} times: give each part once", rank=twice[0], count=ranks.count(twice[0])
            )
        )
    return sorted(members, key=lambda one: one.part.rank)


def _named(ranks: Sequence[int]) -> str:
    return f"{', '.join(map(str, ranks))} {'is' if len(ranks) == 1 else 'are'}"


def _agreed(values: Iterable[Any]) -> Any:
    """What all ranks state, as far as they state it; None where they differ."""
    first, *others = [value for value in values if value is not None] or [None]
    return first if all(other == first for other in others) else None


def _sum(quantities: Iterable[Quantity | None]) -> Quantity | None:
    known = [quantity.value for quantity in quantities if quantity]
    return Quantity(value=Amount(math.fsum(value.number for value in known), known[0].unit)) if known else None


def _amount(records: Sequence[Measurement]) -> Amount | None:
    """The service of all ranks. Raises CannotMerge where they deliver different ones."""
    amounts = [record.amount for record in records if record.amount]
    if len({amount.unit for amount in amounts}) > 1:
        raise CannotMerge(
            gettext("the ranks deliver different services: {amounts}", amounts=", ".join(map(str, amounts)))
        )
    return Amount(math.fsum(amount.number for amount in amounts), amounts[0].unit) if amounts else None


def _by_node(members: Sequence[Member]) -> dict[str, list[Measurement]]:
    nodes = defaultdict(list)
    for one in members:
        nodes[one.part.node].append(one.record)
    return nodes


def _at_the_plug(members: Sequence[Member]) -> Quantity | None:
    """Wattmeters of all nodes; ranks of one node share its wattmeter. Raises CannotMerge if a node has none."""
    plugs = {node: [r.it_energy for r in records if r.it_energy] for node, records in _by_node(members).items()}
    if not any(plugs.values()):
        return None
    if without := [node for node, measured in plugs.items() if not measured]:
        raise CannotMerge(
            gettext(
                "node {without} has no wattmeter where others have one: their energies do not add up",
                without=without[0],
            )
        )
    return _sum(max(measured, key=lambda energy: energy.amount) for measured in plugs.values())


def _idle(members: Sequence[Member]) -> tuple[IdlePower, ...]:
    """By component and origin; of each node the largest, as its ranks measured the same devices."""
    nodes: dict[tuple[Component, Origin], dict[str, IdlePower]] = defaultdict(dict)
    for one in members:
        for idle in one.record.idle:
            of_node = nodes[idle.component, idle.origin]
            before = of_node.get(one.part.node)
            if before is None or idle.power.amount > before.power.amount:
                of_node[one.part.node] = idle
    return tuple(
        IdlePower(component=component, origin=origin, power=power)
        for (component, origin), of_node in nodes.items()
        if (power := _sum(idle.power for idle in of_node.values()))
    )


def _utilisation(members: Sequence[Member]) -> dict[str, float]:
    """Means over the nodes; what the run's own processes used adds up within a node, the rest is its ranks' mean."""
    nodes: dict[str, list[float]] = defaultdict(list)
    for records in _by_node(members).values():
        for name in dict.fromkeys(name for record in records for name in record.utilisation):
            shares = [record.utilisation[name] for record in records if name in record.utilisation]
            own = name == "cpu-process"
            nodes[name].append(min(math.fsum(shares), 1.0) if own else math.fsum(shares) / len(shares))
    return {name: math.fsum(shares) / len(shares) for name, shares in nodes.items()}


def _peaks(records: Sequence[Measurement]) -> dict[Component, Quantity]:
    components = dict.fromkeys(component for record in records for component in record.peak_memory)
    sums = {component: _sum(record.peak_memory.get(component) for record in records) for component in components}
    return {component: peak for component, peak in sums.items() if peak}


def _price(members: Sequence[Member]) -> Price | None:
    """Of all machines. Raises CannotMerge where currencies differ."""
    prices = [next((r.price for r in records if r.price), None) for records in _by_node(members).values()]
    known = [price for price in prices if price]
    if len({price.currency for price in known}) > 1:
        raise CannotMerge(gettext("the ranks state prices in different currencies"))
    if not known or len(known) < len(prices):
        return None
    return Price(per_hour=math.fsum(price.per_hour for price in known), currency=known[0].currency)
