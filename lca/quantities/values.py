"""Numbers that know how they came about: stated in a file, or calculated by an equation from other such numbers.

A number is made together with its explanation, by `stated` or `calculated`, so that the two cannot disagree. It is a
float, or an array over variants or draws: the same equations serve one scenario, a sweep and a Monte Carlo run.
"""

from __future__ import annotations

import ast
import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import exp, hypot, log
from types import MappingProxyType
from typing import Any, NamedTuple

from lca.errors import WrongUnit
from lca.languages import gettext
from lca.quantities import arithmetic, units
from lca.quantities.records import Distribution, Quantity
from lca.quantities.sources import Source, ids

ANY = "service"
"""Unit that equations give to amounts of service, whose unit is the functional unit's; they all have the same one."""
PART = "whole * each"
"""How an amount of a part came about."""


@dataclass(frozen=True, slots=True)
class Range:
    """2.5 % and 97.5 % quantiles of a distribution, in the unit of the number they belong to."""

    low: float
    high: float
    distribution: Distribution
    of: str = ""
    """Key of the stated number that moves this one, and others with it; empty: its own range."""
    falls: bool = False
    """Whether this number falls where that one rises."""


class Moved(NamedTuple):
    """An amount at both ends of a stated number that moves it."""

    low: float
    """At that number's low end; not always the smaller one."""
    high: float
    distribution: Distribution
    key: str
    """Of the stated number."""


def moved_by(number: float, stated: typing.Iterable[Moved]) -> Range | None:
    """The range of an amount by the stated numbers that move it, all others as stated.

    One hands its range on. Several make a lognormal range of their squared widths, drawn with the widest of them.
    """
    moved = [each for each in stated if each.low != each.high]
    if not moved:
        return None
    widest = max(moved, key=lambda each: abs(each.high - each.low))
    low, high = sorted((widest.low, widest.high))
    if len(moved) == 1 or not all(end / number > 0 for each in moved for end in (each.low, each.high)):
        return Range(low, high, widest.distribution, widest.key, widest.high < widest.low)
    ratio = exp(hypot(*(log(each.high / each.low) / 2 for each in moved)))
    low, high = sorted((number / ratio, number * ratio))
    return Range(low, high, "lognormal", widest.key, widest.high < widest.low)


def scaled(spread: Range | None, factor: float) -> Range | None:
    """The range of a number that is multiplied by a positive factor."""
    return replace(spread, low=spread.low * factor, high=spread.high * factor) if spread else None


class Citation(NamedTuple):
    """A source as a file cites it."""

    file: str
    id: str
    source: Source


@dataclass(frozen=True, slots=True)
class Value:
    """A number with its unit, its name, and where it comes from."""

    number: float
    """A float, or an array over variants or draws."""
    unit: str
    name: str = ""
    """What it is, in words: `lifetime of server-1x-a100`."""
    expression: str = ""
    """Arithmetic of the names of `inputs`; empty: the number is stated."""
    inputs: Mapping[str, Value] = field(default_factory=dict)
    range: Range | None = None
    """Of a stated number."""
    sources: Mapping[str, Source] = field(default_factory=dict)
    """Id → source, of a stated number."""
    file: str = ""
    """File that states the number."""
    field: str = ""
    """Where in it: `inference.utilisation`, or `server-1x-a100.lifetime` of the catalogue."""

    def leaves(self) -> Iterator[Value]:
        """The stated numbers it was calculated from, each once; itself, if it is stated."""
        return leaves([self])

    def citations(self) -> tuple[Citation, ...]:
        """The sources of all numbers it was calculated from, each once for every file that cites it."""
        cited = (Citation(leaf.file, id, source) for leaf in self.leaves() for id, source in leaf.sources.items())
        return tuple(dict.fromkeys(cited))

    def formula(self) -> str:
        """The calculation with its numbers: `allocated time 3 h / (lifetime 100 h × utilisation 0.5)`."""
        return _written(self)[0]

    def evaluate(self, changed: Mapping[str, Any] = MappingProxyType({})) -> float:
        """The number calculated anew from the stated ones; `changed`: field → another number, or an array of them."""
        if not self.expression:
            other: float = changed.get(self.field, self.number) if self.field else self.number
            return other
        number: float = self.made_of({key: value.evaluate(changed) for key, value in self.inputs.items()})
        return number

    def made_of(self, numbers: Mapping[str, Any]) -> Any:
        """The number, from those of its inputs."""
        return arithmetic.evaluate(self.expression, numbers)


def leaves(values: typing.Iterable[Value]) -> Iterator[Value]:
    """The stated numbers that any of these was calculated from, each once."""
    seen: set[int] = set()
    for whole in values:
        waiting = [whole]
        while waiting:
            value = waiting.pop()
            if id(value) not in seen:
                seen.add(id(value))
                waiting += reversed(tuple(value.inputs.values()))
                if not value.expression:
                    yield value


def stated(quantity: Quantity, name: str, sources: Mapping[str, Source], file: str = "", field: str = "") -> Value:
    """A number as a file states it, with its range and those of `sources` that it cites."""
    spread = None
    if quantity.low and quantity.high and quantity.distribution:
        spread = Range(quantity.low.number, quantity.high.number, quantity.distribution)
    cited = {id: sources[id] for id in ids(quantity.source or ()) if id in sources}
    return Value(quantity.amount, quantity.unit, name, range=spread, sources=cited, file=file, field=field)


def calculated(equation: Callable[..., Any], name: str = "", /, **inputs: Value) -> Value:
    """What an equation gives for these inputs, by the names of its parameters; its annotations are its units.

    Raises WrongUnit where an input is in another unit than the equation asks for, as a PUE applied twice would be.
    """
    expression, parameters, unit = _signature(equation)
    service = {value.unit for key, value in inputs.items() if parameters[key] == ANY}
    for key, value in inputs.items():
        if value.unit != parameters[key] and not (parameters[key] == ANY and len(service) == 1):
            raise WrongUnit(
                gettext(
                    "{key} of {equation} is in {unit!r} where {wanted!r} belongs",
                    key=key,
                    equation=equation.__name__,
                    unit=value.unit,
                    wanted=parameters[key],
                )
            )
    number = equation(**{key: value.number for key, value in inputs.items()})
    return Value(number, next(iter(service), unit) if unit == ANY else unit, name, expression, inputs)


def total(values: typing.Sequence[Value], name: str = "") -> Value:
    """The sum of values of one unit. Raises WrongUnit."""
    if len({value.unit for value in values}) != 1:
        raise WrongUnit(
            gettext("a sum of {names}", names=", ".join(sorted({repr(value.unit) for value in values})) or "nothing")
        )
    if len(values) == 1:
        return values[0]
    inputs = {f"term_{number}": value for number, value in enumerate(values)}
    return Value(sum(value.number for value in values), values[0].unit, name, " + ".join(inputs), inputs)


class _Fraction(Value):
    """A part of something: more than all of it is no number."""

    __slots__ = ()

    def made_of(self, numbers: Mapping[str, Any]) -> Any:
        return arithmetic.at_most_one(numbers["part"])


def fraction(part: Value) -> Value:
    """A part that is more than all in some variants or draws alone: no number there."""
    return _Fraction(arithmetic.at_most_one(part.number), part.unit, part.name, "part", {"part": part})


def product(whole: Value, each: Value, unit: str, name: str = "") -> Value:
    """An amount of a part: `whole` times `each`, which is so much of the part per unit of the whole."""
    return Value(whole.number * each.number, unit, name, PART, {"whole": whole, "each": each})


def converted(value: Value, unit: str) -> Value:
    """The value in another unit of its dimension. Raises WrongUnit."""
    if value.unit == unit:
        return value
    factor = Value(units.factor(value.unit, unit), f"{unit}/{value.unit}", "conversion")
    return product(value, factor, unit, value.name)


@lru_cache
def _signature(equation: Callable[..., Any]) -> tuple[str, Mapping[str, str], str]:
    """What an equation returns, as written; the unit of each parameter; the unit of the result."""
    hints = typing.get_type_hints(equation, include_extras=True)
    unit = {key: str(typing.get_args(hint)[1]) for key, hint in hints.items()}
    [function] = ast.parse(inspect.getsource(equation)).body
    [returned] = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value]
    if isinstance(returned, ast.Call) and len(returned.args) == 1:  # the name of a kind of energy
        returned = returned.args[0]
    return ast.unparse(returned), unit, unit.pop("return")


def _written(value: Value) -> tuple[str, int]:
    """A value as text, and how tightly that text holds together."""
    if value.expression:
        return arithmetic.rendered(value.expression, lambda name: _written(value.inputs[name]))
    unit = units.written(value.unit)
    if unit.startswith("1/"):
        unit = f"{unit.removeprefix('1/')}^-1"
    shown = "" if unit == "1" else f" {unit}"
    return f"{value.name} {value.number:.6g}{shown}".strip(), arithmetic.ATOM
