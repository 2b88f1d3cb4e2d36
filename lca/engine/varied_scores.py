"""Scores of a scenario as a function of some of its numbers: one equation after another, then one product of matrices.

What a slider moves, a chunk of a sweep, or a sample of a space. The background is solved once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lca.engine.background import Background
from lca.errors import UsageError
from lca.inventory.catalogue import Catalogue
from lca.languages import gettext
from lca.quantities.records import near
from lca.quantities.values import leaves
from lca.system.parts import ProductSystem
from lca.system.product_system import product_system
from lca.system.scenario import Scenario, StatedFacility
from lca.system.varied import VariedSystem

FACTOR = "factor"
"""Last part of the field that multiplies the scores of a product: `electricity-fr.factor`."""


class VariedScores:
    """The scores of a scenario for any numbers of some fields.

    `columns`: names of what `scores` gives, the categories first, then those of each part (`climate-change|use`).
    `fields`: name → the field of a stated number that it means.
    """

    def __init__(
        self,
        scenario: Scenario,
        catalogue: Catalogue,
        names: Sequence[str],
        categories: tuple[str, ...],
        by: Sequence[str] = (),
    ) -> None:
        """`by`: `phase`, `stage`, or both. Raises as `product_system` and `resolved` do."""
        system = product_system(scenario, catalogue)
        self.fields = resolved(names, scenario, system)
        if len(set(self.fields.values())) < len(self.fields):
            raise UsageError(
                gettext("one number is varied twice: {fields} name it more than once", fields=", ".join(self.fields))
            )
        background = Background.of(catalogue, categories, system.own)
        factors = {f"{exchange.input}.{FACTOR}" for exchange in system.exchanges} & set(self.fields.values())
        self._varied = VariedSystem(scenario, catalogue, set(self.fields.values()) - factors)
        known = factors | self._varied.fields
        if idle := [name for name, field in self.fields.items() if field not in known]:
            raise _no_number(idle, _known(system))  # a PUE of one run, of which no PUE is known
        places: dict[tuple[int, str], int] = {}
        weights: dict[tuple[str, ...], dict[int, NDArray[np.float64]]] = {(): {}}
        for exchange, amount, times in self._varied.terms:
            factor = f"{exchange.input}.{FACTOR}"
            place = places.setdefault((amount, factor if factor in factors else ""), len(places))
            for part in dict.fromkeys(((), tuple(str(getattr(exchange, name)) for name in by))):
                of_part = weights.setdefault(part, {})
                of_part[place] = of_part.get(place, 0.0) + background.totals(exchange.input) * times
        self._amounts = tuple(places)
        """Place of an amount, and the field that multiplies it, of each column of the matrix."""
        parts = sorted(weights)  # the whole first
        self.columns = ["|".join((category, *part)) for part in parts for category in categories]
        matrix = np.zeros((len(parts), len(categories), len(places)))
        for number, part in enumerate(parts):
            for place, weight in weights[part].items():
                matrix[number, :, place] = weight
        self._matrix = matrix.reshape(len(self.columns), len(places))

    def scores(self, numbers: Mapping[str, Any], count: int = 1) -> NDArray[np.float64]:
        """Variants × columns; `numbers`: name → a float, or an array over `count` variants, of all names.

        In the unit of the field; NaN where numbers contradict each other.
        """
        given = {field: numbers[name] for name, field in self.fields.items()}
        known = self._varied.amounts(given)
        amounts = np.empty((len(self._amounts), count))
        for row, (place, factor) in enumerate(self._amounts):
            amounts[row] = known[place] * given[factor] if factor else known[place]
        return (self._matrix @ amounts).T


def resolved(names: Iterable[str], scenario: Scenario, system: ProductSystem) -> dict[str, str]:
    """Name → the field of a stated number that it means: `facility.PUE` is that of the scenario's own facility.

    Raises UsageError with near names.
    """
    known = _known(system)
    products = {exchange.input for exchange in system.exchanges}
    stated = {name: _field(name, scenario, known, products) for name in names}
    if unknown := [name for name, field in stated.items() if field is None]:
        raise _no_number(unknown, known)
    return {name: field for name, field in stated.items() if field}


def _field(name: str, scenario: Scenario, known: set[str], products: set[str]) -> str | None:
    head, _, last = name.rpartition(".")
    if last == FACTOR and head in products:
        return name
    file = scenario.file
    meant = [name]
    if head == "facility":
        meant.append(f"{file.building}.{last}")
    id = head.removesuffix(".facility")
    run = file.run(id) if id != head else None
    if run and last in StatedFacility.model_fields and file.facility_of(id, run):
        return name  # of this run alone, wherever the number is stated
    effort = file.run(head.removesuffix(".server"))
    if effort and effort.server:
        meant.append(f"{effort.server}.{last}")
    return next((field for field in meant if field in known), None)


def _known(system: ProductSystem) -> set[str]:
    return {leaf.field for leaf in leaves(e.value for e in system.exchanges) if leaf.field}


def _no_number(names: Iterable[str], known: set[str]) -> UsageError:
    return UsageError(
        "\n".join(
            gettext(
                "no number {name!r} in this scenario{hint}; see `lca sweep SCENARIO --fields`",
                name=name,
                hint=near(name, known),
            )
            for name in names
        )
    )
