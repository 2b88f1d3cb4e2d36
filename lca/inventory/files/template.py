"""Templates: documented parametric activities. A device gives parameters, the formulas give its exchanges."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from pydantic import Field

from lca.errors import Fault, MissingKey, OutOfRange, Uncited, UnknownKey
from lca.inventory.activity import Input
from lca.quantities import units
from lca.quantities.records import Distribution, Quantity, Record
from lca.quantities.sources import Source, ids
from lca.quantities.units import Amount
from lca.quantities.values import Moved, moved_by
from lca.vocabulary import Stage


class Parameter(Record):
    """One number that a device file gives."""

    unit: str
    """Unit of its dimension."""
    about: str
    """What it is and where to find it."""
    low: str | None = None
    """Smallest plausible value."""
    high: str | None = None
    """Largest plausible value."""
    default: Quantity | None = None
    """Value where a device file gives none; absent: required."""


class Definition(Record):
    """A named intermediate result."""

    formula: str
    unit: str
    about: str
    source: str | tuple[str, ...]


class TemplateExchange(Record):
    """An exchange whose amount is a formula of the parameters."""

    input: str
    """Id of an activity; `{node}` is replaced by that parameter's kind, or else its value (`7-nm`)."""
    amount: str
    """Formula: arithmetic, exp, min, max."""
    unit: str
    """Unit of the result."""
    about: str
    source: str | tuple[str, ...]

    def number(self, values: Mapping[str, Amount], unit: str) -> float:
        """The amount in another unit of its dimension. Raises UnsafeFormula and WrongUnit."""
        amount = Amount(units.evaluate(self.amount, values, self.unit), self.unit)
        return units.convert(amount, unit).number


class _Moving(NamedTuple):
    """A parameter that has a range."""

    names: frozenset[str]
    """It and the intermediate results that it moves."""
    low: Mapping[str, Amount]
    """All values with it at its low end."""
    high: Mapping[str, Amount]
    distribution: Distribution
    key: str


class Template(Record):
    """inventories/templates/<id>.toml"""

    name: str
    comment: str | None = None
    parameters: dict[str, Parameter]
    let: dict[str, Definition] = Field(default_factory=dict)
    """Intermediate results, in order; a later one may use an earlier one."""
    exchanges: tuple[TemplateExchange, ...]
    sources: dict[str, Source] = Field(default_factory=dict)

    def expand(
        self,
        given: Mapping[str, Quantity],
        unit_of: Callable[[str], str],
        refuse: Callable[[str, Fault], None],
        device: str = "",
    ) -> tuple[Input, ...]:
        """The exchanges of a device with these parameters; what is wrong with one goes to `refuse(parameter, fault)`.

        `unit_of` gives the unit of an activity's product and raises UnknownActivity. Ranges of parameters become those
        of the amounts that they move; `device` is the key of the given ones.
        """
        refused: list[Fault] = []

        def note(name: str, fault: Fault) -> None:
            refused.append(fault)
            refuse(name, fault)

        values = self._values(given, note)
        if refused:
            return ()
        try:
            values = self._defined(values, self.let)
            moving = list(self._moving(given, values, device))
        except Fault as fault:
            refuse("", fault)
            return ()
        kinds = {name: _slug(given.get(name) or self.parameters[name].default) for name in self.parameters}
        inputs = []
        for exchange in self.exchanges:
            try:
                id = re.sub(r"\{(\w+)\}", lambda match: kinds.get(match[1], match[0]), exchange.input)
                unit = unit_of(id)
                number = exchange.number(values, unit)
                moved = [
                    Moved(
                        exchange.number(each.low, unit), exchange.number(each.high, unit), each.distribution, each.key
                    )
                    for each in moving
                    if each.names & _words(exchange.amount)
                ]
                spread = moved_by(number, moved)
                inputs.append(Input(id, number, Stage.PRODUCTION, spread, ids(exchange.source), exchange.amount))
            except Fault as fault:
                note("", fault)
        return tuple(inputs)

    def _defined(self, values: Mapping[str, Amount], names: Iterable[str]) -> dict[str, Amount]:
        """The values, with these intermediate results calculated anew."""
        defined = dict(values)
        for name in names:
            definition = self.let[name]
            defined[name] = Amount(units.evaluate(definition.formula, defined, definition.unit), definition.unit)
        return defined

    def _moving(self, given: Mapping[str, Quantity], values: Mapping[str, Amount], device: str) -> Iterator[_Moving]:
        for name, parameter in self.parameters.items():
            quantity = given.get(name) or parameter.default
            if quantity is None or not (quantity.low and quantity.high and quantity.distribution):
                continue
            changed = [name]
            changed += [id for id, each in self.let.items() if not _words(each.formula).isdisjoint(changed)]
            low, high = (
                self._defined({**values, name: units.convert(end, parameter.unit)}, changed[1:])
                for end in (quantity.low, quantity.high)
            )
            key = f"{device}.parameters.{name}" if name in given else f"template {self.name}|{name}"
            yield _Moving(frozenset(changed), low, high, quantity.distribution, key)

    def _values(self, given: Mapping[str, Quantity], refuse: Callable[[str, Fault], None]) -> dict[str, Amount]:
        for name in given.keys() - self.parameters.keys():
            refuse(name, UnknownKey("the template has no such parameter"))
        values = {}
        for name, parameter in self.parameters.items():
            quantity = given.get(name) or parameter.default
            if quantity is None:
                refuse(name, MissingKey(f"the template needs it: {parameter.about}"))
                continue
            try:
                if not quantity.source:
                    raise Uncited("the number cites no source")
                values[name] = units.convert(quantity.value, parameter.unit)
                for bound, beyond in ((parameter.low, -1), (parameter.high, 1)):
                    limit = units.convert(units.parse(bound), parameter.unit).number if bound else None
                    if limit is not None and (values[name].number - limit) * beyond > 0:
                        raise OutOfRange(f"{quantity.value} is beyond the plausible {bound}")
            except Fault as fault:
                refuse(name, fault)
        return values


def _words(formula: str) -> set[str]:
    return set(re.findall(r"\w+", formula))


def _slug(quantity: Quantity | None) -> str:
    if quantity is None:
        return ""
    return (quantity.kind or f"{quantity.amount:g}-{units.written(quantity.unit)}").lower().replace(" ", "-")
