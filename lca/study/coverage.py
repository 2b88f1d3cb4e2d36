"""What a score does not cover: the states of all activities that a scenario reaches, added up per category.

A gap is an activity whose own flows are partial or missing, with the amount of it that the scenario needs, or
something that the foreground itself leaves open. An exchange that is negligible in a category hides the gaps behind
it there, and adds its bound instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.engine.background import Background, Cut
from lca.inventory.activity import Activity, State
from lca.inventory.catalogue import Catalogue
from lca.inventory.completeness import own_state
from lca.system.parts import ProductSystem
from lca.vocabulary import Completeness, FlowState, Mark, Verdict

_MOST_SUPPLIED = 16
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
        self._categories: dict[str, _CategoryStates] = {}
        self._supplied: dict[object, tuple[NDArray[np.float64], NDArray[np.bool_]]] = {}

    @classmethod
    def kept(cls, background: Background, catalogue: Catalogue) -> States:
        """The states of a background that a catalogue keeps, kept beside it."""
        return catalogue.kept(("states", id(background)), lambda: cls(background, catalogue))

    def of(self, id: str, category: str) -> State:
        """The state of one activity, which may be one that a scenario defines."""
        if id in self._known:
            return self._state(id, category)
        return own_state(self.background.activities[id], category, self._required, self.library)

    def supplied(self, demand: Mapping[str, float], cut: Cut) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """What a demand takes, and what it reaches; the last ones are kept, for categories differ little in it."""
        key = (cut, tuple(demand.items()))
        if key not in self._supplied:
            while len(self._supplied) >= _MOST_SUPPLIED:
                del self._supplied[next(iter(self._supplied))]
            self._supplied[key] = self.background.supply(demand, cut), self.background.reached(demand, cut)
        return self._supplied[key]

    @cached_property
    def _by_name(self) -> NDArray[np.intp]:
        names = [(activity.copy_of or activity.id, activity.id) for activity in self.background.activities.values()]
        return np.array(sorted(range(len(names)), key=names.__getitem__), dtype=np.intp)

    @cached_property
    def _manages_land(self) -> NDArray[np.bool_]:
        return np.array([activity.manages_land for activity in self.background.activities.values()])

    @cached_property
    def _negligible(self) -> Mapping[int, Sequence[Mapping[str, float]]]:
        """Place of an activity → the bounds of its inputs, where it has any."""
        activities = enumerate(self.background.activities.values())
        bounds = ((place, [input.negligible for input in a.inputs if input.negligible]) for place, a in activities)
        return {place: of_inputs for place, of_inputs in bounds if of_inputs}

    def category(self, category: str) -> _CategoryStates:
        """All states in a category; made once."""
        if category not in self._categories:
            states = [self.of(id, category) for id in self.background.order]
            bounds = [state.bound for state in states]
            for place, negligible in self._negligible.items():
                bounds[place] += sum(of_input.get(category, 0.0) for of_input in negligible)
            factors = self.library.factors[category].items()
            self._categories[category] = _CategoryStates(
                states,
                np.array([state.open for state in states]),
                np.array([state.known for state in states]),
                np.array(bounds),
                self._manages_land,
                self._by_name,
                frozenset(self.library.flows[code].compartment for code, factor in factors if factor < 0),
            )
        return self._categories[category]


class _CategoryStates(NamedTuple):
    """In the order of the background; `negative`: compartments in which a flow lowers the score."""

    states: Sequence[State]
    open: NDArray[np.bool_]
    known: NDArray[np.bool_]
    bound: NDArray[np.float64]
    manages_land: NDArray[np.bool_]
    by_name: NDArray[np.intp]
    """Places by the name that a gap goes by, and by id."""
    negative: frozenset[str]


def coverages(system: ProductSystem, categories: Sequence[str], states: States) -> dict[str, Coverage]:
    """The coverage of one scenario's score in every category."""
    taken: dict[str, float] = {}
    for exchange in system.exchanges:
        taken[exchange.input] = taken.get(exchange.input, 0.0) + exchange.amount
    some = [exchange for exchange in system.exchanges if exchange.negligible]
    covered = {}
    for category in categories:
        left_out = {exchange.input for exchange in some if category in exchange.negligible}
        demand = taken
        if left_out:
            demand = {input: amount for input, amount in taken.items() if input not in left_out}
            for exchange in system.exchanges:
                if exchange.input in left_out and category not in exchange.negligible:
                    demand[exchange.input] = demand.get(exchange.input, 0.0) + exchange.amount
        bound = sum(exchange.negligible.get(category, 0.0) for exchange in some)
        covered[category] = _coverage(system, category, states, demand, bound)
    return covered


def _coverage(
    system: ProductSystem, category: str, states: States, demand: Mapping[str, float], bound: float
) -> Coverage:
    """`bound`: of what is negligible in the foreground; the demand is without it."""
    background, all_states = states.background, states.category(category)
    supply, reached = states.supplied(demand, background.cut(category))
    bound += float(np.abs(supply[reached]) @ all_states.bound[reached])
    gaps = [gap for gap in system.gaps if not gap.of or states.of(gap.of, category).kind != FlowState.NONE]
    unknown = all_states.by_name[(reached & all_states.open)[all_states.by_name]]
    amounts = supply[unknown]

    def items() -> tuple[OpenItem, ...]:
        own = (OpenItem(gap.name, FlowState.MISSING, gap.amount, gap.unit, (gap.why or gap.name,)) for gap in gaps)
        return (*own, *_items(unknown.tolist(), amounts.tolist(), all_states.states, background))

    completeness = Completeness.COMPLETE
    if gaps or len(unknown):
        completeness = Completeness.PARTIAL if (all_states.known & reached).any() else Completeness.MISSING
    sign_known = all(gap.amount >= 0 for gap in gaps)
    if (amounts < 0).any():  # of copies the sum counts
        sign_known = all(item.amount >= 0 for item in items())
    stores = bool(all_states.manages_land[unknown].any())
    negative = any(stores or not compartment.startswith("soil") for compartment in all_states.negative)
    return Coverage(completeness, items, bound, sign_known and not negative)


def _items(
    unknown: Sequence[int], needed: Sequence[float], states: Sequence[State], background: Background
) -> Iterator[OpenItem]:
    """The gaps of activities in the order of `by_name`; those of a copy are the gaps of what it is a copy of."""
    amounts: dict[str, float] = {}
    shown: dict[str, tuple[Activity, State]] = {}
    for place, amount in zip(unknown, needed, strict=True):
        activity = background.at(place)
        name = activity.copy_of or activity.id
        amounts[name] = amounts.get(name, 0.0) + amount
        shown.setdefault(name, (activity, states[place]))
    for name, (activity, state) in shown.items():
        yield OpenItem(name, state.kind, amounts[name], activity.unit, state.gaps)


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
