"""Text with a unit in, float out. The only importer of pint.

A regular expression takes the number from the text before pint sees the unit, and the unit is built
from a whitelist: pint itself would evaluate `9**9**9 kg`. Its registry takes longer to load than most commands take for
all else, so that the factors it has given are kept in the user's cache folder, and it is loaded for others alone.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from lca.builtin import cache_folder
from lca.errors import NotANumber, NotFinite, NoUnit, UnknownUnit, UnsafeFormula, WrongUnit
from lca.languages import gettext
from lca.quantities import arithmetic
from lca.quantities.kept import keep, kept

WHITELIST = {
    "µW": "microwatt",
    "mW": "milliwatt",
    "W": "watt",
    "kW": "kilowatt",
    "MW": "megawatt",
    "mWh": "milliwatt_hour",
    "Wh": "watt_hour",
    "kWh": "kilowatt_hour",
    "MWh": "megawatt_hour",
    "GWh": "gigawatt_hour",
    "J": "joule",
    "µJ": "microjoule",
    "mJ": "millijoule",
    "kJ": "kilojoule",
    "MJ": "megajoule",
    "GJ": "gigajoule",
    "µs": "microsecond",
    "ms": "millisecond",
    "s": "second",
    "min": "minute",
    "h": "hour",
    "day": "day",
    "year": "year",
    "mg": "milligram",
    "g": "gram",
    "kg": "kilogram",
    "t": "metric_ton",
    "lb": "pound",
    "nm": "nanometer",
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "km": "kilometer",
    "m2": "meter**2",
    "m3": "meter**3",
    "L": "liter",
    "mL": "milliliter",
    "Bq": "decay_rate",
    "kBq": "kilodecay_rate",
    "Sm3": "standard_cubic_meter",
    "byte": "octad",
    "kB": "kilooctad",
    "MB": "megaoctad",
    "GB": "gigaoctad",
    "TB": "teraoctad",
    "item": "item",
    "inference": "inference",
    "token": "token",
    "request": "request",
    "image": "image",
    "frame": "frame",
    "user": "user",
    "FLOP": "FLOP",
    "%": "percent",
    "1": "dimensionless",
}
"""Written unit → pint's name. A unit outside this table cannot be written in a file."""

KINDS = {"kWh_component": "kWh", "kWh_it": "kWh", "kW_component": "kW", "kW_it": "kW"}
"""Annotated unit → the unit that a file writes: the three energies look alike on paper."""

_DEFINITIONS = (
    "item = [item]",
    "inference = [inference]",
    "token = [token]",
    "request = [request]",
    "image = [image]",
    "frame = [frame]",
    "user = [user]",
    "service = [service]",  # of the equations: an amount of whatever the functional unit counts
    "FLOP = [computation]",
    "octad = [information]",  # pint's byte is eight times nothing: it would pass for a share
    "decay_rate = [radioactivity]",
    "standard_cubic_meter = [standard_volume]",
    "kWh_component = [component_energy]",
    "kWh_it = [it_energy]",
    "kW_component = kWh_component / hour",
    "kW_it = kWh_it / hour",
)

_WRITTEN = re.compile(r"^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,6})?)\s*(.*?)\s*$")
_FACTOR = re.compile(r"([*/]?)([A-Za-z\u00b5%]+[0-9]?|1)(?:\^(-?[1-9]))?")
_LONGEST = 80


class Amount(NamedTuple):
    """A number and its unit."""

    number: float
    unit: str

    def __str__(self) -> str:
        return f"{self.number!r} {written(self.unit)}"


def written(unit: str) -> str:
    """The unit as a file writes it: `kWh_it` becomes `kWh`."""
    return "".join(KINDS.get(part, part) for part in re.split(r"([*/])", unit))


@lru_cache(maxsize=1)
def registry() -> Any:
    """Pint's registry with this package's units and its three kinds of energy."""
    import pint

    units: Any = pint.UnitRegistry()
    for definition in _DEFINITIONS:
        units.define(definition)
    return units


@lru_cache(maxsize=4096)
def unit(text: str) -> Any:
    """The pint unit of `text`: whitelisted names joined by `*`, `/` and `^`. Raises UnknownUnit."""
    result = registry().dimensionless
    for divided, name, power, exponent in _parts(text):
        factor = (registry().Unit(WHITELIST[name]) ** power) ** exponent
        result = result / factor if divided else result * factor
    return result


@lru_cache(maxsize=4096)
def must_be_known(text: str) -> None:
    """Raise UnknownUnit for what is no unit that a file may write."""
    _parts(text)


def _parts(text: str) -> list[tuple[bool, str, int, int]]:
    """Whether a name divides, the name, the power in it, as of `cm2`, and its exponent."""
    if not text:
        raise UnknownUnit(gettext("the unit is empty"))
    text = text.replace("\u03bc", "\u00b5")  # the Greek letter, which some keyboards have, is the sign of micro
    parts, position = [], 0
    while position < len(text):
        match = _FACTOR.match(text, position)
        if not match or bool(match[1]) != (position > 0):
            raise UnknownUnit(gettext("unknown unit {text!r}", text=text[:_LONGEST]))
        name, power = match[2], 1
        if name not in WHITELIST and name[-1] in "23" and name[:-1] in ("mm", "cm", "km"):
            name, power = name[:-1], int(name[-1])
        if name not in WHITELIST:
            raise UnknownUnit(gettext("unknown unit {unit!r}", unit=match[2]))
        parts.append((match[1] == "/", name, power, int(match[3] or 1)))
        position = match.end()
    return parts


def parse(text: object) -> Amount:
    """`"700 W"` → Amount(700.0, "W"); a bare number is an amount of unit `1`.

    Raises NotANumber, NotFinite, NoUnit or UnknownUnit.
    """
    if isinstance(text, Amount):
        return text
    if isinstance(text, bool) or not isinstance(text, int | float | str):
        raise NotANumber(gettext("{text!r} is not a number with a unit", text=str(text)[:_LONGEST]))
    if isinstance(text, int | float):
        try:
            return Amount(_finite(float(text), str(text)), "1")
        except OverflowError:
            raise NotFinite(gettext("the whole number is too large")) from None
    match = _WRITTEN.match(text) if len(text) <= _LONGEST else None
    if not match:
        raise NotANumber(gettext("{text!r} is not a number with a unit", text=text[:_LONGEST]))
    number = _finite(float(match[1]), text)
    if not match[2]:
        raise NoUnit(gettext("{text!r} has no unit", text=text))
    if match[2].startswith("*"):
        raise NotANumber(gettext("{text!r} is not one number with a unit", text=text))
    must_be_known(match[2])
    return Amount(number, match[2])


def _finite(number: float, text: str) -> float:
    if not math.isfinite(number):
        raise NotFinite(gettext("{text} is not finite", text=text))
    return number


@lru_cache(maxsize=4096)
def factor(source: str, target: str) -> float:
    """What to multiply a number in `source` by to have it in `target`.

    The kinds of energy of `KINDS` count as what a file writes for them. Raises WrongUnit.
    """
    if source == target:
        return 1.0
    wanted = written(target)
    must_be_known(source)
    must_be_known(wanted)
    number = _factors().get(f"{source} {wanted}", 0.0)
    if number == 0.0:
        number = _of_pint(source, wanted)
        _factors()[f"{source} {wanted}"] = number
        keep(_factors_file(), _factors())
    if number is None:
        raise WrongUnit(gettext("{source!r} where {wanted!r} belongs", source=source, wanted=wanted))
    return number


def _of_pint(source: str, target: str) -> float | None:
    """The factor; None: they are of two dimensions."""
    import pint

    try:
        return float(registry().Quantity(1.0, unit(source)).to(unit(target)).magnitude)
    except pint.DimensionalityError:
        return None


@lru_cache(maxsize=1)
def _factors() -> dict[str, float | None]:
    """`source target` → the factor that pint gave."""
    return {**(kept(_factors_file()) or {})}


@lru_cache(maxsize=1)
def _factors_file() -> Path:
    """Named by the version of pint, by this table of units, and by what pint is told of them."""
    known = f"{metadata.version('pint')} {WHITELIST} {_DEFINITIONS}"
    return cache_folder() / f"units-{hashlib.sha256(known.encode()).hexdigest()[:16]}.json"


def per(unit: str, other: str) -> str:
    """The unit of a rate: `byte` per `user*year` is `byte/user/year`."""
    return f"{unit}/{other.translate(str.maketrans('*/', '/*'))}"


def alike(first: str, second: str) -> bool:
    """Whether two units are of one dimension."""
    try:
        factor(first, second)
    except WrongUnit:
        return False
    return True


def convert(amount: Amount, target: str) -> Amount:
    """The same amount in `target`. Raises WrongUnit or NotFinite."""
    number = amount.number * factor(amount.unit, target)
    if not math.isfinite(number):
        raise NotFinite(gettext("{amount} in {written!r} is not finite", amount=amount, written=written(target)))
    return Amount(number, target)


@lru_cache(maxsize=4096)
def _in_base_units(text: str) -> float:
    return float(registry().Quantity(1.0, unit(text)).to_base_units().magnitude)


_checked: set[tuple[str, ...]] = set()
"""Formulas with the units of their parameters and result whose dimensions pint has checked."""


def evaluate(formula: str, values: Mapping[str, Amount], target: str) -> float:
    """A template's formula, dimension-checked, in the unit `target`.

    Arithmetic, exp, min and max only. Pint checks the dimensions of the first device; the result is of plain numbers
    for every one, so that it does not hang on which was the first. Raises UnsafeFormula or WrongUnit.
    """
    import pint

    known = (formula, target, *(f"{name} {amount.unit}" for name, amount in sorted(values.items())))
    try:
        if len(formula) > 500:
            raise UnsafeFormula(gettext("the formula is longer than 500 characters"))
        if known not in _checked:
            quantities = {
                name: registry().Quantity(amount.number, unit(amount.unit)) for name, amount in values.items()
            }
            functions: Mapping[str, Any] = {"exp": _exponential, "min": min, "max": max}
            arithmetic.evaluate(formula, quantities, _dimensionless, functions).m_as(unit(target))
            _checked.add(known)
        plain = {name: amount.number * _in_base_units(amount.unit) for name, amount in values.items()}
        return _finite(float(arithmetic.evaluate(formula, plain)) / _in_base_units(target), formula)
    except pint.DimensionalityError as error:
        raise WrongUnit(f"{formula!r}: {error}") from None
    except (SyntaxError, ZeroDivisionError, OverflowError, RecursionError) as error:
        raise UnsafeFormula(f"{formula[:_LONGEST]!r}: {error}") from None


def _dimensionless(number: float) -> Any:
    return registry().Quantity(float(number), "dimensionless")


def _exponential(quantity: Any) -> Any:
    return _dimensionless(math.exp(quantity.m_as("dimensionless")))
