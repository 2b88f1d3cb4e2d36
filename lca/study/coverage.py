"""What a score does not cover: the states of all activities that a scenario reaches, added up per category.

A gap is an activity whose own flows are partial or missing, with the amount of it that the scenario needs, or
something that the foreground itself leaves open. An exchange that is negligible in a category hides the gaps behind
it there, and adds its bound instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from lca.engine.solve import supply_without
from lca.inventory.activity import Activity, State
from lca.methods.library import Library
from lca.system.parts import ProductSystem
from lca.vocabulary import Completeness, Verdict

NOISE = 1e-9
"""A difference below this part of its terms is rounding."""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One gap of one score."""

    name: str
    """Activity id, or what the foreground leaves open."""
    kind: Literal["partial", "missing"]
    amount: float
    unit: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How complete one score is."""

    completeness: Completeness
    items: tuple[OpenItem, ...]
    bound: float
    """Largest absolute contribution of all that counts as negligible, in the category's unit."""
    sign_known: bool
    """Whether what is not known can only add to the score."""

    @property
    def mark(self) -> str:
        """What is printed before or after an incomplete score."""
        if self.completeness != "partial":
            return ""
        return "≥" if self.sign_known else "incomplete, sign unknown"


def coverage(
    system: ProductSystem,
    activities: Mapping[str, Activity],
    category: str,
    state: Callable[[str, str], State],
    library: Library,
) -> Coverage:
    """The coverage of one scenario's score in one category."""
    cut = {(id, i.activity) for id, a in activities.items() for i in a.inputs if category in i.negligible}
    demand: dict[str, float] = {}
    bound = 0.0
    for exchange in system.exchanges:
        if category in exchange.negligible:
            bound += exchange.negligible[category]
        else:
            demand[exchange.input] = demand.get(exchange.input, 0.0) + exchange.amount
    supply = supply_without(activities, cut, demand)
    gaps = [gap for gap in system.gaps if not gap.of or state(gap.of, category).kind != "none"]
    items = [OpenItem(gap.name, "missing", gap.amount, gap.unit, (gap.name,)) for gap in gaps]
    known = False
    for id, amount in sorted(supply.items()):
        found = state(id, category)
        bound += abs(amount) * (found.bound + sum(i.negligible.get(category, 0.0) for i in activities[id].inputs))
        known = known or found.kind in ("inventory", "published", "negligible", "partial")
        if found.kind == "partial" or found.kind == "missing":
            items.append(OpenItem(id, found.kind, amount, activities[id].unit, found.gaps))
    completeness: Completeness = (
        Completeness.COMPLETE if not items else Completeness.PARTIAL if known else Completeness.MISSING
    )
    land = any(activities[item.name].manages_land for item in items if item.name in activities)
    sign_known = all(item.amount >= 0 for item in items) and not _can_be_negative(category, library, land)
    return Coverage(completeness, tuple(items), bound, sign_known)


def _can_be_negative(category: str, library: Library, land: bool) -> bool:
    """Whether an unknown flow can lower the score; carbon goes into soil only where an activity manages land."""
    negative = {library.flows[code].compartment for code, factor in library.factors[category].items() if factor < 0}
    return any(land or not compartment.startswith("soil") for compartment in negative)


def differences(first: Coverage, second: Coverage) -> dict[tuple[str, str], float]:
    """(gap, unit) → amount of it on the first side less that on the second, where the two are not equal."""
    amounts: dict[tuple[str, str], float] = {}
    sizes: dict[tuple[str, str], float] = {}
    for sign, side in ((1.0, first), (-1.0, second)):
        for item in side.items:
            key = (item.name, item.unit)
            amounts[key] = amounts.get(key, 0.0) + sign * item.amount
            sizes[key] = max(sizes.get(key, 0.0), abs(item.amount))
    return {key: amount for key, amount in amounts.items() if abs(amount) > NOISE * sizes[key]}


def remaining(first: Coverage, second: Coverage) -> tuple[str, ...]:
    """Gaps of the difference of two scores: those whose amounts are not equal on both sides."""
    return tuple(sorted(name for name, _ in differences(first, second)))


def direction(difference: float, size: float, first: Coverage, second: Coverage) -> Verdict | None:
    """Whether the true score of the first is lower or higher whatever the gaps hold; None: it is not known.

    The true difference is the known one plus, for every gap, its difference times what a unit of it would score. That
    is the same unknown factor on both sides, so it takes the sign of the known difference where the differences of all
    gaps have it and no factor can be negative. `size`: that of the scores, against which rounding is told.
    """
    least = max(first.bound + second.bound, NOISE * size)
    left = differences(first, second).values()
    if not abs(difference) > least or (left and not (first.sign_known and second.sign_known)):
        return None
    if any((amount < 0) != (difference < 0) for amount in left):
        return None
    return Verdict.LOWER if difference < 0 else Verdict.HIGHER
