"""Limits of speed and memory, which exclude the variants that are not known to keep them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lca.errors import Fault, OutOfRange, UsageError, WrongUnit
from lca.languages import gettext
from lca.quantities import units
from lca.quantities.units import Amount
from lca.study.comparison.reasons import Figure, FigureUnknown, LimitNotKept, Reason
from lca.study.comparison.variants import Variant

_SERVICES = ("inference", "token", "item")
_USUAL = {"h": "ms", "byte": "GB"}
"""What a person writes limits in, by the unit that figures are kept in."""
_EXACT = 1e-9
"""Part of a limit within which a figure keeps it: 20 ms, kept in hours, come back as 20.000000000000004 ms."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a selected variant keeps; None: no limit."""

    throughput: Amount | None = None
    """Least service per time, as written."""
    latency: Amount | None = None
    """Most time to an answer, 99th percentile."""
    memory: Amount | None = None
    """Most memory held at once: on the GPUs where known, else on the machine."""

    @classmethod
    def read(
        cls,
        throughput: str | Amount | None = None,
        latency: str | Amount | None = None,
        memory: str | Amount | None = None,
    ) -> Limits:
        """`"100 inference/s"`, `"20 ms"`, `"1 GB"`. Raises UsageError with everything that is wrong."""
        wanted = {
            gettext("least throughput"): (throughput, tuple(f"{service}/s" for service in _SERVICES)),
            gettext("most latency"): (latency, ("h",)),
            gettext("most memory"): (memory, ("byte",)),
        }
        limits, problems = list[Amount | None](), list[str]()
        for name, (written, kinds) in wanted.items():
            try:
                limits.append(None if written is None else _positive(units.parse(written), kinds))
            except Fault as fault:
                problems.append(f"{name} {str(written)!r}: {fault}; {fault.remedy}")
        if problems:
            raise UsageError("\n".join(problems))
        return cls(*limits)

    def __bool__(self) -> bool:
        return any((self.throughput, self.latency, self.memory))

    def __str__(self) -> str:
        named = (("throughput >=", self.throughput), ("p99 latency <=", self.latency), ("peak memory <=", self.memory))
        return ", ".join(f"{name} {amount.number:g} {amount.unit}" for name, amount in named if amount)

    def missed(self, variant: Variant) -> Iterator[Reason]:
        """The limits that a variant does not keep, or is not known to keep."""
        if self.throughput:
            yield from self._slow(self.throughput, variant.throughput)
        if self.latency:
            yield from _above(Figure.P99_LATENCY, variant.p99, "h", self.latency)
        if self.memory:
            figure = Figure.PEAK_MEMORY_OF_GPUS if variant.memory_of == "gpu" else Figure.PEAK_MEMORY
            yield from _above(figure, variant.memory, "byte", self.memory)

    def to_json(self) -> dict[str, Any]:
        """The limits as they were written; null: none."""
        named = {"min_throughput": self.throughput, "max_latency": self.latency, "max_memory": self.memory}
        return {key: amount and {"amount": amount.number, "unit": amount.unit} for key, amount in named.items()}

    @staticmethod
    def _slow(least: Amount, throughput: Amount | None) -> Iterator[Reason]:
        if throughput is None:
            yield FigureUnknown(Figure.THROUGHPUT)
            return
        try:
            reached = units.convert(throughput, least.unit).number
        except WrongUnit:
            yield FigureUnknown(Figure.THROUGHPUT, least.unit, throughput.unit)
            return
        if reached < least.number * (1 - _EXACT):
            yield LimitNotKept(Figure.THROUGHPUT, reached, least)


def limited(variants: Sequence[Variant], limits: Limits) -> tuple[Variant, ...]:
    """The variants; one that does not keep the limits, or is not known to, is excluded with the reason."""
    return tuple(replace(v, missed=(*v.missed, *limits.missed(v))) for v in variants)


def _positive(amount: Amount, kinds: Sequence[str]) -> Amount:
    """The amount, where it can be written in one of these units."""
    for kind in kinds:
        try:
            units.convert(amount, kind)
        except WrongUnit:
            continue
        if amount.number <= 0:
            raise OutOfRange(gettext("{number:g} is not above 0", number=amount.number))
        return amount
    usual = [_USUAL.get(kind, kind) for kind in kinds]
    raise WrongUnit(
        gettext("{unit!r} where {usual} belongs", unit=amount.unit, usual=gettext(" or ").join(map(repr, usual)))
    )


def _above(figure: Figure, number: float | None, unit: str, most: Amount) -> Iterator[Reason]:
    if number is None:
        yield FigureUnknown(figure)
    elif (reached := units.convert(Amount(number, unit), most.unit).number) > most.number * (1 + _EXACT):
        yield LimitNotKept(figure, reached, most)
