"""Numbers as publishers write them, in the unit of a category."""

from __future__ import annotations

import re

from lca.errors import WrongType
from lca.languages import gettext
from lca.quantities import units
from lca.quantities.units import Amount

_VALUE = re.compile(r"^\s*(\S+)\s+(.+?)\s*$")


def value_of(text: str, unit: str) -> Amount:
    """A published number: the unit is the category's opaque label, not one of ours."""
    match = _VALUE.match(text)
    number = units.parse(f"{match[1]} item" if match else text).number
    if not match or match[2] != unit:
        raise WrongType(gettext("{text!r} is not in {unit!r}", text=text, unit=unit))
    return Amount(number, unit)
