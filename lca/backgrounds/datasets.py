"""Datasets as bw2io gives them, compiled into matrices: linked, counted, and refused where they are wrong."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lca.backgrounds import flows
from lca.backgrounds.compiled import BackgroundProduct, Compiled
from lca.backgrounds.entries import UNCERTAINTY, UncertainEntries
from lca.errors import DuplicateId, Fault, NotFinite, TooLarge, UnknownActivity
from lca.languages import gettext
from lca.methods.library import Library

MOST_ACTIVITIES = 200_000
MOST_EXCHANGES = 100_000  # of one process; ecoinvent's largest has some thousands
_SHOWN = 200
_FIELDS = {name: name.replace("_", " ") for name in UNCERTAINTY}
_CERTAIN = (0.0, math.nan, math.nan, math.nan, math.nan, math.nan, 0.0, 1.0)

Key = tuple[str, str]


class NoProduction(Fault):
    """give its reference product an amount that is not zero"""


@dataclass
class Unlinked:
    """What could not be linked, by name and how often."""

    exchanges: int = 0
    inputs: Counter[str] = field(default_factory=Counter)
    """Inputs of which no activity of the database is the provider."""
    ambiguous: Counter[str] = field(default_factory=Counter)
    """Inputs that several activities provide."""
    flows: Counter[str] = field(default_factory=Counter)
    """Elementary flows that the installed list does not have in their unit."""
    coproducts: Counter[str] = field(default_factory=Counter)
    """Further products of an activity, without an allocation: all goes to the reference product."""
    linked_flows: int = 0

    def to_json(self) -> dict[str, Any]:
        """Counts, and the most frequent names."""
        named = ("inputs", "ambiguous", "flows", "coproducts")
        counters: dict[str, Counter[str]] = {name: getattr(self, name) for name in named}
        return {
            "exchanges": self.exchanges,
            "linked_flows": self.linked_flows,
            **{
                name: {"count": counter.total(), "names": len(counter), "most": dict(counter.most_common(_SHOWN))}
                for name, counter in counters.items()
            },
        }


def compiled(
    datasets: Iterable[Mapping[str, Any]], library: Library, providers: Mapping[str, str] | None = None
) -> tuple[Compiled, Unlinked]:
    """The matrices of datasets, and what could not be linked; `providers`: name of an input → code of its provider.

    Raises DuplicateId for two activities of one code, TooLarge beyond the limits, NoProduction for an activity that
    makes nothing, NotFinite for an amount that is no number, UnknownActivity for a provider that is not there.
    """
    report = Unlinked()
    activities = list(_activities(datasets))
    if not activities:
        raise UnknownActivity(gettext("no activity was found in it"))
    made = _made(activities)
    links = _Links(activities, made, providers or {})
    linker = flows.FlowLinker(library)
    rows: dict[str, int] = {}
    technosphere: list[tuple[int, int, float, tuple[float, ...]]] = []
    biosphere: list[tuple[int, int, float, tuple[float, ...]]] = []
    for column, activity in enumerate(activities):
        production = 0.0
        for exchange in activity.get("exchanges", ()):
            report.exchanges += 1
            kind, amount = exchange.get("type"), _amount(exchange, activity)
            if kind == "biosphere":
                linked = linker.link(exchange)
                if linked is None:
                    compartment = "/".join(str(part) for part in exchange.get("categories") or () if part)
                    report.flows[f"{exchange.get('name', '?')} | {compartment} | {exchange.get('unit', '?')}"] += 1
                    continue
                report.linked_flows += 1
                row = rows.setdefault(linked.flow.code, len(rows))
                scaled = _distribution(exchange, linked.factor)
                biosphere.append((row, column, amount * linked.factor, scaled))
            elif kind == "production":
                made_by = links.product(exchange, column)
                if made_by is None:
                    report.coproducts[f"{exchange.get('name', '?')} of {activity.get('name', '?')}"] += 1
                    continue
                production += amount if made_by == column else 0.0
                technosphere.append((made_by, column, amount, _distribution(exchange)))
            elif kind in ("technosphere", "substitution"):
                provider = links.provider(exchange, report)
                if provider is None:
                    continue
                there = _unit(activities[provider])
                ratio = flows.factor(str(exchange.get("unit") or there), there)
                if ratio is None:
                    report.inputs[f"{exchange.get('name', '?')} | {exchange.get('unit')} | of another unit"] += 1
                    continue
                sign = -1.0 if kind == "technosphere" else 1.0
                entry = _distribution(exchange, ratio, sign)
                technosphere.append((provider, column, sign * ratio * amount, entry))
        if production == 0:
            raise NoProduction(gettext("{activity} makes none of its product", activity=_shown(activity)))
    products = tuple(
        BackgroundProduct(
            made[n],
            str(a.get("name", "")),
            str(a.get("reference product") or a.get("name", "")),
            str(a.get("location") or ""),
            flows.unit(_unit(a)),
        )
        for n, a in enumerate(activities)
    )
    return Compiled(products, tuple(rows), UncertainEntries.of(technosphere), UncertainEntries.of(biosphere)), report


def _activities(datasets: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Those that make something, with their exchanges; products that are nodes of their own are not among them."""
    number = 0
    for dataset in datasets:
        if dataset.get("type") in ("product", "emission", "natural resource"):
            continue
        number += 1
        if number > MOST_ACTIVITIES:
            raise TooLarge(gettext("more than {most:,} activities", most=MOST_ACTIVITIES))
        exchanges = dataset.get("exchanges") or ()
        if len(exchanges) > MOST_EXCHANGES:
            raise TooLarge(
                gettext(
                    "{activity} has {count:,} exchanges; at most {most:,}",
                    activity=_shown(dataset),
                    count=len(exchanges),
                    most=MOST_EXCHANGES,
                )
            )
        if not any(exchange.get("type") == "production" for exchange in exchanges):
            amount = float(dataset.get("production amount") or 1.0)
            own = {"type": "production", "amount": amount, "input": (dataset.get("database"), dataset.get("code"))}
            dataset = {**dataset, "exchanges": [*exchanges, own]}
        yield dataset


def _made(activities: Sequence[Mapping[str, Any]]) -> list[str]:
    """The code of what each activity makes: its own, else that of the product node that it makes."""
    codes: list[str] = []
    taken: dict[str, Mapping[str, Any]] = {}
    for activity in activities:
        code = str(activity.get("code", ""))
        if code in taken or not code:
            raise DuplicateId(
                gettext(
                    "{activity} has the code {code!r} of {other}",
                    activity=_shown(activity),
                    code=code,
                    other=_shown(taken.get(code, {})),
                )
            )
        taken[code] = activity
        codes.append(code)
    return codes


class _Links:
    """Which activity an exchange refers to: by its key, else by name, unit and place, where only one fits."""

    def __init__(
        self, activities: Sequence[Mapping[str, Any]], made: Sequence[str], providers: Mapping[str, str]
    ) -> None:
        self._place = {code: number for number, code in enumerate(made)}
        self._products: dict[str, int] = {}
        self._named: dict[tuple[str, str, str], list[int]] = {}
        for number, activity in enumerate(activities):
            for exchange in activity.get("exchanges", ()):
                key = (exchange.get("input") or ("", ""))[1]
                if exchange.get("type") == "production" and key and key not in self._place:
                    self._products.setdefault(key, number)
            for name in {str(activity.get("name", "")), str(activity.get("reference product") or "")} - {""}:
                for place in {str(activity.get("location") or ""), ""}:
                    self._named.setdefault((name, flows.unit(_unit(activity)), place), []).append(number)
        self._chosen: dict[str, int] = {}
        for name, code in providers.items():
            if code not in self._place:
                raise UnknownActivity(
                    gettext("no activity of the code {code!r}, which is to provide {name!r}", code=code, name=name)
                )
            self._chosen[name] = self._place[code]

    def product(self, exchange: Mapping[str, Any], column: int) -> int | None:
        """The row of a production: that of its activity, or of another product; None: a co-product without a row."""
        key = (exchange.get("input") or ("", ""))[1]
        if not key:
            return None if exchange.get("coproduct") else column
        return self._place.get(key, self._products.get(key))

    def provider(self, exchange: Mapping[str, Any], report: Unlinked) -> int | None:
        """The activity that provides an input; None: there is none, or nobody knows which."""
        key, name = (exchange.get("input") or ("", ""))[1], str(exchange.get("name", "?"))
        if key in self._place:
            return self._place[key]
        if key in self._products:
            return self._products[key]
        if name in self._chosen:
            return self._chosen[name]
        place, product = str(exchange.get("location") or ""), str(exchange.get("reference product") or "")
        unit = flows.unit(str(exchange.get("unit") or ""))
        for where in dict.fromkeys((place, "")):
            numbers = self._named.get((name, unit, where), [])
            if product and len(numbers) > 1:
                numbers = [n for n in numbers if n in self._named.get((product, unit, where), [])]
            if len(numbers) == 1:
                return numbers[0]
            if len(numbers) > 1:
                report.ambiguous[f"{name} | {place or 'no location'} | {unit}"] += 1
                return None
        report.inputs[f"{name} | {place or 'no location'} | {unit}"] += 1
        return None


def _unit(activity: Mapping[str, Any]) -> str:
    return str(activity.get("unit") or "")


def _amount(exchange: Mapping[str, Any], activity: Mapping[str, Any]) -> float:
    try:
        amount = float(exchange["amount"])
    except (KeyError, TypeError, ValueError):
        raise NotFinite(
            gettext(
                "{exchange} of {activity} has no amount", exchange=exchange.get("name", "?"), activity=_shown(activity)
            )
        ) from None
    if not math.isfinite(amount):
        raise NotFinite(
            gettext(
                "{exchange} of {activity} is {amount}",
                exchange=exchange.get("name", "?"),
                activity=_shown(activity),
                amount=amount,
            )
        )
    return amount


def _distribution(exchange: Mapping[str, Any], factor: float = 1.0, sign: float = 1.0) -> tuple[float, ...]:
    """The fields of stats_arrays for an amount that enters the matrix with this sign, times a factor."""
    kind = int(exchange.get("uncertainty type") or 0)
    if kind < 2:
        return _CERTAIN
    values = [_number(exchange.get(_FIELDS[name])) for name in UNCERTAINTY[1:6]]
    negative = float(bool(exchange.get("negative")) or (kind == 2 and float(exchange["amount"]) < 0))
    if not _sound(kind, *values):
        return _CERTAIN
    return (float(kind), *values, negative, sign * factor)


def _sound(kind: int, loc: float, scale: float, shape: float, minimum: float, maximum: float) -> bool:
    """Whether the parameters make a distribution; databases hold some that do not."""
    match kind:
        case 2 | 3:
            return math.isfinite(loc) and 0 < scale < math.inf
        case 4:
            return minimum < maximum
        case 5:
            return minimum <= loc <= maximum and minimum < maximum
    return True


def _number(value: object) -> float:
    return math.nan if value is None else float(str(value))


def _shown(activity: Mapping[str, Any]) -> str:
    place = activity.get("location") or gettext("no location")
    return f"{activity.get('name', '?')!r} ({place})"
