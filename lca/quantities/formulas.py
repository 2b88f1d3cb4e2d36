"""Values as functions of a few of the stated numbers behind them: what does not depend on those is calculated once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from lca.quantities.values import PART, Value


class _Placed(NamedTuple):
    """A value by its place among the numbers."""

    value: Value
    place: int
    depends: bool
    """On what is given."""


class _Calculation(NamedTuple):
    """A calculation, from numbers that stand before it."""

    place: int
    value: Value
    inputs: tuple[tuple[str, int], ...]


class Formulas:
    """Values for which the numbers of some `fields` are given anew again and again, as floats or as arrays."""

    def __init__(self, fields: Collection[str]) -> None:
        self._fields = frozenset(fields)
        self._numbers: list[Any] = []
        self._given: list[tuple[int, str]] = []
        self._steps: list[_Calculation] = []
        self._placed: dict[int, _Placed] = {}
        """By identity of the value, which is held here."""

    @property
    def fields(self) -> frozenset[str]:
        """On which any value that has a place depends."""
        return frozenset(field for _, field in self._given)

    def place(self, value: Value) -> int:
        """Where among `numbers` that of a value will stand."""
        return self._of(value).place

    def parted(self, value: Value) -> tuple[Value, float]:
        """What an amount is a fixed number of times of: a device has hundreds of parts, so many of each."""
        times = 1.0
        while value.expression == PART and not self._of(value.inputs["each"]).depends:
            times *= value.inputs["each"].number
            value = value.inputs["whole"]
        return value, times

    def numbers(self, given: Mapping[str, Any]) -> list[Any]:
        """Of all values that have a place; `given`: field → number, of all `fields`."""
        numbers = self._numbers.copy()
        for place, field in self._given:
            numbers[place] = given[field]
        for place, value, inputs in self._steps:
            numbers[place] = value.made_of({name: numbers[of] for name, of in inputs})
        return numbers

    def _of(self, value: Value) -> _Placed:
        if placed := self._placed.get(id(value)):
            return placed
        inputs = {name: self._of(of) for name, of in value.inputs.items()}
        given = not value.expression and value.field in self._fields
        depends = given or any(of.depends for of in inputs.values())
        placed = self._placed[id(value)] = _Placed(value, len(self._numbers), depends)
        self._numbers.append(value.number)
        if given:
            self._given.append((placed.place, value.field))
        elif depends:
            self._steps.append(
                _Calculation(placed.place, value, tuple((name, of.place) for name, of in inputs.items()))
            )
        return placed
