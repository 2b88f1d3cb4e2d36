"""A foreground as a function of some of its numbers: it is made once, and only what depends on them anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import nan
from typing import Any, NamedTuple

from lca.inventory.catalogue import Catalogue
from lca.quantities.formulas import Formulas
from lca.system.parts import ForegroundExchange
from lca.system.product_system import product_system
from lca.system.scenario import Scenario


class Multiple(NamedTuple):
    """An exchange, as a fixed number of times of an amount that others share."""

    exchange: ForegroundExchange
    amount: int
    """Place of it among `VariedSystem.amounts`."""
    times: float


class VariedSystem:
    """The foreground of a scenario for any numbers of some fields (`inference.utilisation`)."""

    def __init__(self, scenario: Scenario, catalogue: Catalogue, fields: Collection[str]) -> None:
        """Raises as `product_system` does."""
        # no number is zero or too much where it is not known yet: nothing is left out for it
        system = product_system(scenario, catalogue, dict.fromkeys(fields, nan))
        self._formulas = Formulas(fields)
        terms = []
        places: dict[int, int] = {}
        for exchange in system.exchanges:
            whole, times = self._formulas.parted(exchange.value)
            place = places.setdefault(self._formulas.place(whole), len(places))
            terms.append(Multiple(exchange, place, times))
        self.terms = tuple(terms)
        self.fields = self._formulas.fields
        """Those of the given ones on which an exchange depends."""
        self._places = tuple(places)

    def amounts(self, numbers: Mapping[str, Any]) -> list[Any]:
        """The amounts of which the terms are multiples; `numbers`: field → a float, or an array over variants.

        In the unit of the field; of all fields. NaN where numbers contradict each other.
        """
        known = self._formulas.numbers(numbers)
        return [known[place] for place in self._places]
