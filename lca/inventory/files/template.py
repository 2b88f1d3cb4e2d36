"""Templates: documented parametric activities. A device gives parameters, the formulas give its exchanges."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from pydantic import Field

from lca.errors import Fault, MissingKey, OutOfRange, Uncited, UnknownKey
from lca.inventory.activity import Input
from lca.languages import gettext, localised
from lca.quantities import units
from lca.quantities.records import Distribution, Quantity, Record, near
from lca.quantities.sources import Source, ids
from lca.quantities.units import Amount
from lca.quantities.values import Moved, moved_by
from lca.vocabulary import Stage

_NAMED = re.compile(r"\{(\w+)\}")


class Limited(Record):
    """A number within limits."""

    unit: str
    """Unit of its dimension."""
    about: str
    """What it is and where to find it."""
    low: str | None = None
    """Smallest plausible value."""
    high: str | None = None
    """Largest plausible value."""
    limit_source: str | tuple[str, ...] | None = None
    """Id of one or more sources of low and high."""

    def check(self, amount: Amount, written: object) -> None:
        """Raise OutOfRange for an amount, in the unit, beyond the limits."""
        for bound, beyond in ((self.low, -1), (self.high, 1)):
            limit = units.convert(units.parse(bound), self.unit).number if bound else None
            if limit is not None and (amount.number - limit) * beyond > 0:
                raise OutOfRange(gettext("{written} is beyond the plausible {bound}", written=written, bound=bound))


class Parameter(Limited):
    """One number that a device file gives."""

    default: Quantity | None = None
    """Value where a device file gives none; absent: required, unless there is `unknown`."""
    unknown: str | None = None
    """Id of a named gap that stands for the exchanges of this parameter in a device file that gives none."""
    unknown_kind: str | None = None
    """Id of the activity that stands for `{parameter}` in an input where a device file does not give the `kind`."""


class Alternative(Record):
    """One of several ways to model a part."""

    about: str
    options: tuple[str, ...] = Field(min_length=2)
    """What a device file may write; the first is taken where it writes none."""


class Definition(Limited):
    """A named intermediate result."""

    formula: str
    source: str | tuple[str, ...]


class TemplateExchange(Record):
    """An exchange whose amount is a formula of the parameters."""

    input: str
    """Id of an activity; `{node}` is replaced by that parameter's kind, or else its value (`7-nm`)."""
    when: dict[str, str] = Field(default_factory=dict)
    """Alternative → option; the exchange counts only where all of them are chosen."""
    amount: str
    """Formula: arithmetic, exp, min, max."""
    otherwise: str | None = None
    """Formula in its place where a parameter that it needs is not known; absent: a named gap is."""
    unit: str
    """Unit of the result."""
    about: str
    source: str | tuple[str, ...]

    def number(self, values: Mapping[str, Amount], unit: str) -> float:
        """The amount in another unit of its dimension. Raises UnsafeFormula and WrongUnit."""
        amount = Amount(units.evaluate(self.amount, values, self.unit), self.unit)
        return units.convert(amount, unit).number

    @property
    def words(self) -> set[str]:
        """The parameters and intermediate results that it needs."""
        return _words(self.amount) | set(_NAMED.findall(self.input))


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
    choices: dict[str, Alternative] = Field(default_factory=dict)
    let: dict[str, Definition] = Field(default_factory=dict)
    """Intermediate results, in order; a later one may use an earlier one."""
    exchanges: tuple[TemplateExchange, ...]
    sources: dict[str, Source] = Field(default_factory=dict)

    def expand(
        self,
        given: Mapping[str, Quantity],
        unit_of: Callable[[str], str],
        refuse: Callable[[Sequence[str], Fault], None],
        device: str = "",
        chosen: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[Input, ...]:
        """The exchanges of a device with these parameters; what is wrong goes to `refuse(place in the file, fault)`.

        `unit_of` gives the unit of an activity's product and raises UnknownActivity. Ranges of parameters become those
        of the amounts that they move; `device` is the key of the given ones. Exchanges that need a parameter that is
        not given are left out, and one item of each named gap that stands for such takes their place.
        """
        refused: list[Fault] = []

        def note(place: Sequence[str], fault: Fault) -> None:
            refused.append(fault)
            refuse(place, fault)

        options = self._options(chosen, note)
        values = self._values(given, note)
        if refused:
            return ()
        absent = self._absent(values)
        try:
            values = self._defined(values, [name for name in self.let if name not in absent])
            moving = list(self._moving(given, values, device, absent))
        except Fault as fault:
            refuse(("template",), fault)
            return ()
        self._check_defined(given, values, note)
        inputs, gaps = [], list[str]()
        for exchange in self.exchanges:
            if any(options[name] != option for name, option in exchange.when.items()):
                continue
            if exchange.otherwise and exchange.words & absent.keys():
                exchange = exchange.model_copy(update={"amount": exchange.otherwise})
            if unknown := exchange.words & absent.keys():
                gaps += [gap for name, gap in absent.items() if name in unknown]
                continue
            try:
                id = self._input(exchange.input, given)
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
                note(("template",), fault)
        return (*inputs, *self._gaps(dict.fromkeys(gaps), unit_of, note))

    def _gaps(
        self, gaps: Iterable[str], unit_of: Callable[[str], str], refuse: Callable[[Sequence[str], Fault], None]
    ) -> Iterator[Input]:
        for id in gaps:
            try:
                yield Input(id, units.factor("item", unit_of(id)), Stage.PRODUCTION, note="not known: a named gap")
            except Fault as fault:
                refuse(("template",), fault)

    def _options(self, chosen: Mapping[str, str], refuse: Callable[[Sequence[str], Fault], None]) -> dict[str, str]:
        """Alternative → the option that counts."""
        for name, option in chosen.items():
            known = self.choices[name].options if name in self.choices else ()
            if not known:
                refuse(
                    ("choices", name), UnknownKey(gettext("the template has no such choice") + near(name, self.choices))
                )
            elif option not in known:
                refuse(
                    ("choices", name),
                    OutOfRange(
                        gettext("no option {option!r}; there are: {known}", option=option, known=", ".join(known))
                    ),
                )
        return {name: chosen.get(name, choice.options[0]) for name, choice in self.choices.items()}

    def _absent(self, values: Mapping[str, Amount]) -> dict[str, str]:
        """Parameters that are not known, and the intermediate results that need them → the named gap."""
        absent = {name: p.unknown for name, p in self.parameters.items() if name not in values and p.unknown}
        for name, definition in self.let.items():
            lacking = [gap for word, gap in absent.items() if word in _words(definition.formula)]
            if lacking:
                absent[name] = lacking[0]
        return absent

    def _input(self, written: str, given: Mapping[str, Quantity]) -> str:
        """The id of an input; of a parameter without the kind that it needs, that of what is unknown."""
        for name in _NAMED.findall(written):
            parameter = self.parameters.get(name)
            if parameter and parameter.unknown_kind and name in given and not given[name].kind:
                return parameter.unknown_kind
        kinds = {name: _slug(given.get(name) or self.parameters[name].default) for name in self.parameters}
        return _NAMED.sub(lambda match: kinds.get(match[1], match[0]), written)

    def _defined(self, values: Mapping[str, Amount], names: Iterable[str]) -> dict[str, Amount]:
        """The values, with these intermediate results calculated anew."""
        defined = dict(values)
        for name in names:
            definition = self.let[name]
            defined[name] = Amount(units.evaluate(definition.formula, defined, definition.unit), definition.unit)
        return defined

    def _check_defined(
        self,
        given: Mapping[str, Quantity],
        values: Mapping[str, Amount],
        refuse: Callable[[Sequence[str], Fault], None],
    ) -> None:
        """Intermediate results are within their limits; one that is not is the fault of the first parameter in it."""
        for name, definition in self.let.items():
            try:
                if name in values:
                    made = Amount(float(f"{values[name].number:.6g}"), definition.unit)
                    definition.check(values[name], f"{name} {localised(str(made))}")
            except Fault as fault:
                blamed = [word for word in given if word in _words(definition.formula)]
                refuse(("parameters", blamed[0]) if blamed else ("template",), fault)

    def _moving(
        self, given: Mapping[str, Quantity], values: Mapping[str, Amount], device: str, absent: Collection[str]
    ) -> Iterator[_Moving]:
        for name, parameter in self.parameters.items():
            quantity = given.get(name) or parameter.default
            if quantity is None or not (quantity.low and quantity.high and quantity.distribution):
                continue
            changed = [name]
            for id, each in self.let.items():
                if id not in absent and not _words(each.formula).isdisjoint(changed):
                    changed.append(id)
            low, high = (
                self._defined({**values, name: units.convert(end, parameter.unit)}, changed[1:])
                for end in (quantity.low, quantity.high)
            )
            key = f"{device}.parameters.{name}" if name in given else f"template {self.name}|{name}"
            yield _Moving(frozenset(changed), low, high, quantity.distribution, key)

    def _values(
        self, given: Mapping[str, Quantity], refuse: Callable[[Sequence[str], Fault], None]
    ) -> dict[str, Amount]:
        """The parameters that are known, in their units."""
        for name in given.keys() - self.parameters.keys():
            refuse(("parameters", name), UnknownKey(gettext("the template has no such parameter")))
        values = {}
        for name, parameter in self.parameters.items():
            quantity = given.get(name) or parameter.default
            if quantity is None:
                if not parameter.unknown:
                    missing = MissingKey(gettext("the template needs it: {about}", about=parameter.about))
                    refuse(("parameters", name), missing)
                continue
            try:
                if not quantity.source:
                    raise Uncited(gettext("the number cites no source"))
                values[name] = units.convert(quantity.value, parameter.unit)
                parameter.check(values[name], quantity.value)
            except Fault as fault:
                refuse(("parameters", name), fault)
        return values


def _words(formula: str) -> set[str]:
    return set(re.findall(r"\w+", formula))


def _slug(quantity: Quantity | None) -> str:
    if quantity is None:
        return ""
    return (quantity.kind or f"{quantity.amount:g}-{units.written(quantity.unit)}").lower().replace(" ", "-")
