"""What a score does not cover: the states of all activities that a scenario reaches, added up per category.

A gap is an activity whose own flows are partial or missing, with the amount of it that the scenario needs, or
something that the foreground itself leaves open. An exchange that is negligible in a category hides the gaps behind
it there, and adds its bound instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.engine.background import Background, Cut
from lca.inventory.activity import Activity, State
from lca.inventory.catalogue import Catalogue
from lca.inventory.completeness import own_state
from lca.system.parts import ForegroundExchange, Gap, ProductSystem
from lca.vocabulary import Completeness, FlowState, Mark, Verdict

_NOTHING_TAKEN: Mapping[str, float] = MappingProxyType({})
NOISE = 1e-9
"""A difference below this part of its terms is rounding."""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One gap of one score."""

    name: str
    """Activity id, or what the foreground leaves open."""
    kind: FlowState
    """Partial or missing."""
    amount: float
    unit: str
    reasons: tuple[str, ...]


class Listed(NamedTuple):
    """The gaps of a score, each once."""

    keys: tuple[tuple[str, str], ...]
    """(gap, unit)."""
    amounts: NDArray[np.float64]
    sizes: NDArray[np.float64]
    """Absolute amount, the largest of those that go by one name."""


@dataclass(frozen=True)
class Coverage:
    """How complete one score is."""

    completeness: Completeness
    gaps: tuple[OpenItem, ...] | Callable[[], tuple[OpenItem, ...]] = field(repr=False)
    """`items`, or what makes them."""
    bound: float
    """Largest absolute contribution of all that counts as negligible, in the category's unit."""
    sign_known: bool
    """Whether what is not known can only add to the score."""

    @cached_property
    def items(self) -> tuple[OpenItem, ...]:
        """The gaps of the score."""
        return self.gaps() if callable(self.gaps) else self.gaps

    @property
    def mark(self) -> Mark:
        """What an incomplete score lacks."""
        if self.completeness != Completeness.PARTIAL:
            return Mark.NONE
        return Mark.AT_LEAST if self.sign_known else Mark.SIGN_UNKNOWN

    @cached_property
    def listed(self) -> Listed:
        amounts: dict[tuple[str, str], float] = {}
        sizes: dict[tuple[str, str], float] = {}
        for item in self.items:
            key = (item.name, item.unit)
            amounts[key] = amounts.get(key, 0.0) + item.amount
            sizes[key] = max(sizes.get(key, 0.0), abs(item.amount))
        return Listed(tuple(amounts), np.array(list(amounts.values())), np.array(list(sizes.values())))


class States:
    """The states of all activities of a background, by category, as arrays in its order."""

    def __init__(self, background: Background, catalogue: Catalogue) -> None:
        self.background, self.library = background, catalogue.library
        self._state = catalogue.state
        self._required = catalogue.required
        self._known = catalogue.activities
        self._together: dict[tuple[str, ...], _CategoryStates] = {}

    @classmethod
    def kept(cls, background: Background, catalogue: Catalogue) -> States:
        """The states of a background that a catalogue keeps, kept beside it."""
        return catalogue.kept(("states", id(background)), lambda: cls(background, catalogue))

    def of(self, id: str, category: str) -> State:
        """The state of one activity, which may be one that a scenario defines."""
        if id in self._known:
            return self._state(id, category)
        return own_state(self.background.activities[id], category, self._required, self.library)

    @cached_property
    def names(self) -> Sequence[tuple[str, str]]:
        """Of every activity: the name that its gap goes by, and its id."""
        return [(activity.copy_of or activity.id, activity.id) for activity in self.background.activities.values()]

    @cached_property
    def manages_land(self) -> NDArray[np.bool_]:
        """Whether an activity may store carbon in its land."""
        return np.array([activity.manages_land for activity in self.background.activities.values()])

    @cached_property
    def _negligible(self) -> Mapping[int, Sequence[Mapping[str, float]]]:
        """Place of an activity → the bounds of its inputs, where it has any."""
        activities = enumerate(self.background.activities.values())
        bounds = ((place, [input.negligible for input in a.inputs if input.negligible]) for place, a in activities)
        return {place: of_inputs for place, of_inputs in bounds if of_inputs}

    @cached_property
    def every(self) -> _CategoryStates:
        """All states in all categories of the background."""
        categories = self.background.categories
        states = [[self.of(id, category) for id in self.background.order] for category in categories]
        bounds = np.array([[state.bound for state in of_category] for of_category in states])
        for place, negligible in self._negligible.items():
            for row, category in enumerate(categories):
                bounds[row, place] += sum(of_input.get(category, 0.0) for of_input in negligible)
        return _CategoryStates(
            states,
            np.array([[state.open for state in of_category] for of_category in states]),
            np.array([[state.known for state in of_category] for of_category in states]),
            bounds,
            [self._negative(category) for category in categories],
        )

    def together(self, categories: tuple[str, ...]) -> _CategoryStates:
        """All states in some categories; made once."""
        if categories not in self._together:
            rows, every = [self.background.categories.index(category) for category in categories], self.every
            self._together[categories] = _CategoryStates(
                [every.states[row] for row in rows],
                every.open[rows],
                every.known[rows],
                every.bound[rows],
                [every.negative[row] for row in rows],
            )
        return self._together[categories]

    def _negative(self, category: str) -> frozenset[str]:
        factors = self.library.factors[category].items()
        return frozenset(self.library.flows[code].compartment for code, factor in factors if factor < 0)


class _CategoryStates(NamedTuple):
    """Of some categories: category × activity, in the order of the background."""

    states: Sequence[Sequence[State]]
    open: NDArray[np.bool_]
    known: NDArray[np.bool_]
    bound: NDArray[np.float64]
    negative: Sequence[frozenset[str]]
    """Compartments in which a flow lowers the score."""


def coverages(system: ProductSystem, categories: Sequence[str], states: States) -> dict[str, Coverage]:
    """The coverage of one scenario's score in every category."""
    some = [exchange for exchange in system.exchanges if exchange.negligible]
    always = demanded(exchange for exchange in system.exchanges if not exchange.negligible)
    alike: dict[tuple[Cut, tuple[bool, ...]], list[str]] = {}
    for category in categories:  # most take the same, all of it, and are added up together
        left_out = tuple(category in exchange.negligible for exchange in some)
        alike.setdefault((states.background.cut(category), left_out), []).append(category)
    covered: dict[str, Coverage] = {}
    for (cut, left_out), together in alike.items():
        demand = demanded((each for each, out in zip(some, left_out, strict=True) if not out), always)
        covered |= zip(together, _coverages(system, tuple(together), states, demand, cut), strict=True)
    for category in categories if some else ():
        bound = covered[category].bound + sum(exchange.negligible.get(category, 0.0) for exchange in some)
        covered[category] = replace(covered[category], bound=bound)
    return {category: covered[category] for category in categories}


def demanded(exchanges: Iterable[ForegroundExchange], before: Mapping[str, float] = _NOTHING_TAKEN) -> dict[str, float]:
    """What exchanges take of every product together, after what was taken before."""
    demand = dict(before)
    for exchange in exchanges:
        demand[exchange.input] = demand.get(exchange.input, 0.0) + exchange.amount
    return demand


def _coverages(
    system: ProductSystem, categories: tuple[str, ...], states: States, demand: Mapping[str, float], cut: Cut
) -> Iterator[Coverage]:
    """Of categories that leave out the same; the demand is without it, and bounds are those of the background."""
    background, of_all = states.background, states.together(categories)
    supply, reached = background.supplied(demand, cut)
    bounds = (of_all.bound @ (np.abs(supply) * reached)).tolist()
    known = np.any(of_all.known & reached, axis=1)
    rows, unknown = np.nonzero(of_all.open & reached)
    amounts = supply[unknown]
    falls, stores = ({*rows[which].tolist()} for which in (amounts < 0, states.manages_land[unknown]))
    ends = np.searchsorted(rows, np.arange(len(categories) + 1)).tolist()
    for row, category in enumerate(categories):
        gaps = [gap for gap in system.gaps if not gap.of or states.of(gap.of, category).kind != FlowState.NONE]
        its = slice(ends[row], ends[row + 1])
        items = partial(_items, gaps, unknown[its], amounts[its], of_all.states[row], states)
        completeness = Completeness.COMPLETE
        if gaps or its.start < its.stop:
            completeness = Completeness.PARTIAL if known[row] else Completeness.MISSING
        sign_known = all(gap.amount >= 0 for gap in gaps)
        if row in falls:  # of copies the sum counts
            sign_known = all(item.amount >= 0 for item in items())
        negative = any(row in stores or not compartment.startswith("soil") for compartment in of_all.negative[row])
        yield Coverage(completeness, items, bounds[row], sign_known and not negative)


def _items(
    gaps: Sequence[Gap],
    unknown: NDArray[np.intp],
    needed: NDArray[np.float64],
    of_category: Sequence[State],
    states: States,
) -> tuple[OpenItem, ...]:
    """The gaps of the foreground, then those of activities by name; those of a copy are those of what it is a copy
    of."""
    amounts: dict[str, float] = {}
    shown: dict[str, tuple[Activity, State]] = {}
    by_name = sorted(zip(unknown.tolist(), needed.tolist(), strict=True), key=lambda each: states.names[each[0]])
    for place, amount in by_name:
        name, id = states.names[place]
        amounts[name] = amounts.get(name, 0.0) + amount
        shown.setdefault(name, (states.background.activities[id], of_category[place]))
    own = (OpenItem(gap.name, FlowState.MISSING, gap.amount, gap.unit, (gap.why or gap.name,)) for gap in gaps)
    of_activities = (
        OpenItem(name, state.kind, amounts[name], activity.unit, state.gaps)
        for name, (activity, state) in shown.items()
    )
    return (*own, *of_activities)


def differences(first: Coverage, second: Coverage) -> dict[tuple[str, str], float]:
    """(gap, unit) → amount of it on the first side less that on the second, where the two are not equal."""
    one, other = first.listed, second.listed
    if one.keys == other.keys:  # as nearly always: the same gaps in other amounts
        less = one.amounts - other.amounts
        left = np.flatnonzero(np.abs(less) > NOISE * np.maximum(one.sizes, other.sizes))
        return dict(zip([one.keys[place] for place in left.tolist()], less[left].tolist(), strict=True))
    amounts = dict(zip(one.keys, one.amounts.tolist(), strict=True))
    sizes = dict(zip(one.keys, one.sizes.tolist(), strict=True))
    for key, amount, size in zip(other.keys, other.amounts.tolist(), other.sizes.tolist(), strict=True):
        amounts[key] = amounts.get(key, 0.0) - amount
        sizes[key] = max(sizes.get(key, 0.0), size)
    return {key: amount for key, amount in amounts.items() if abs(amount) > NOISE * sizes[key]}


def direction(
    difference: float, size: float, first: Coverage, second: Coverage, left: Collection[float]
) -> Verdict | None:
    """Whether the true score of the first is lower or higher whatever the gaps hold; None: it is not known.

    The true difference is the known one plus, for every gap, its difference times what a unit of it would score. That
    is the same unknown factor on both sides, so it takes the sign of the known difference where the differences of all
    gaps have it and no factor can be negative. `size`: that of the scores, against which rounding is told; `left`:
    the differences of all gaps.
    """
    least = max(first.bound + second.bound, NOISE * size)
    if not abs(difference) > least or (left and not (first.sign_known and second.sign_known)):
        return None
    if any((amount < 0) != (difference < 0) for amount in left):
        return None
    return Verdict.LOWER if difference < 0 else Verdict.HIGHER
