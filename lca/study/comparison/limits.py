"""Limits of speed and memory: the least impact among the variants that are known to keep them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from lca.errors import Fault, OutOfRange, UsageError, WrongUnit
from lca.quantities import units
from lca.quantities.units import Amount
from lca.study.comparison.selection import Pairs, winners
from lca.study.comparison.variants import Variant
from lca.study.study import Study

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
            "least throughput": (throughput, tuple(f"{service}/s" for service in _SERVICES)),
            "most latency": (latency, ("h",)),
            "most memory": (memory, ("byte",)),
        }
        found, problems = list[Amount | None](), list[str]()
        for name, (written, kinds) in wanted.items():
            try:
                found.append(None if written is None else _positive(units.parse(written), kinds))
            except Fault as fault:
                problems.append(f"{name} {str(written)!r}: {fault}; {fault.remedy}")
        if problems:
            raise UsageError("\n".join(problems))
        return cls(*found)

    def __bool__(self) -> bool:
        return any((self.throughput, self.latency, self.memory))

    def __str__(self) -> str:
        named = (("throughput >=", self.throughput), ("p99 latency <=", self.latency), ("peak memory <=", self.memory))
        return ", ".join(f"{name} {amount.number:g} {amount.unit}" for name, amount in named if amount)

    def missed(self, variant: Variant) -> Iterator[str]:
        """The limits that a variant does not keep, or is not known to keep, in words."""
        if self.throughput:
            yield from self._slow(self.throughput, variant.throughput)
        if self.latency:
            yield from _above("p99 latency", variant.p99, "h", self.latency)
        if self.memory:
            name = "peak memory of the GPUs" if variant.memory_of == "gpu" else "peak memory"
            yield from _above(name, variant.memory, "byte", self.memory)

    def to_json(self) -> dict[str, Any]:
        """The limits as they were written; null: none."""
        named = {"min_throughput": self.throughput, "max_latency": self.latency, "max_memory": self.memory}
        return {key: amount and {"amount": amount.number, "unit": amount.unit} for key, amount in named.items()}

    @staticmethod
    def _slow(least: Amount, throughput: Amount | None) -> Iterator[str]:
        if throughput is None:
            yield "throughput not known"
            return
        try:
            reached = units.convert(throughput, least.unit).number
        except WrongUnit:
            yield f"throughput in {least.unit} not known: its record has it in {throughput.unit}"
            return
        if reached < least.number * (1 - _EXACT):
            yield f"throughput {_short(reached, least.number)} is below {least.number:g} {least.unit}"


def limited(variants: Sequence[Variant], limits: Limits) -> tuple[Variant, ...]:
    """The variants; one that does not keep the limits, or is not known to, is excluded with the reason."""
    return tuple(replace(v, missed=(*v.missed, *limits.missed(v))) for v in variants)


def select(
    study: Study,
    variants: Sequence[Variant],
    *,
    throughput: str | Amount | None = None,
    latency: str | Amount | None = None,
    memory: str | Amount | None = None,
    proven: Pairs | None = None,
) -> pd.DataFrame:
    """The least impact within limits per category: the rows of `winners`, of the variants that are left.

    `limited` says why the others are not. Raises UsageError where a limit is no amount of its kind.
    """
    return winners(study, limited(variants, Limits.read(throughput, latency, memory)), proven)


def _positive(amount: Amount, kinds: Sequence[str]) -> Amount:
    """The amount, where it can be written in one of these units."""
    for kind in kinds:
        try:
            units.convert(amount, kind)
        except WrongUnit:
            continue
        if amount.number <= 0:
            raise OutOfRange(f"{amount.number:g} is not above 0")
        return amount
    usual = [_USUAL.get(kind, kind) for kind in kinds]
    raise WrongUnit(f"{amount.unit!r} where {' or '.join(map(repr, usual))} belongs")


def _above(name: str, number: float | None, unit: str, most: Amount) -> Iterator[str]:
    if number is None:
        yield f"{name} not known"
    elif (reached := units.convert(Amount(number, unit), most.unit).number) > most.number * (1 + _EXACT):
        yield f"{name} {_short(reached, most.number)} is above {most.number:g} {most.unit}"


def _short(number: float, limit: float) -> str:
    """Three digits, unless they look like the limit itself."""
    return f"{number:.3g}" if f"{number:.3g}" != f"{limit:.3g}" else f"{number:.15g}"
