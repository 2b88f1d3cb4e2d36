"""Sobol indices of a score in its stated numbers, those of the scenario and those of the background alike.

The amounts of a foreground go through its equations. A few changed inputs of the background are a change of low rank.
With δ_k more of i_k taken by the consumer j_k, x the supply of the consumers for the stated numbers, and G that of j_k
for one unit of i_l, the new supply is y = (1 − G diag δ)⁻¹ x, and the score rises by Σ δ y u with the unit scores u
(Woodbury 1950). So a row costs a small system of equations, and is exact in loops too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lca.engine.background import Background
from lca.engine.distribute import in_order
from lca.errors import MissingDependency, UsageError
from lca.inventory.catalogue import Catalogue
from lca.inventory.pedigree import spread
from lca.languages import gettext
from lca.quantities.values import Range
from lca.study.sensitivity import effects_of, leaves, moved_by
from lca.system.product_system import product_system
from lca.system.scenario import Scenario
from lca.system.varied import VariedSystem

MOST_ROWS = 20_000_000
"""Scores of one analysis: SALib holds them, and resamples them for its errors, in memory."""
_ROWS = 4_096
"""Rows that are solved together."""


class SobolIndices(NamedTuple):
    """Of the numbers that swing a score most, and what is left out."""

    table: pd.DataFrame
    """number, field, file, first, first_error, total, total_error."""
    left_out: int
    """Numbers with a range that stayed as stated."""
    variance: float
    """Their share of the score's variance, to first order: squared swings over the sum of all."""


def sobol(
    evaluate: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    ends: Mapping[str, tuple[float, float]],
    samples: int = 1024,
    seed: int = 0,
) -> pd.DataFrame:
    """number, first, first_error, total, total_error: Sobol indices of a function of several numbers.

    `evaluate` takes rows × numbers and returns a value per row; numbers are uniform between their ends. Saltelli's
    scheme as SALib has it, with samples × (numbers + 2) rows. Raises MissingDependency without SALib, UsageError
    where `samples` is no power of two.
    """
    try:
        from SALib.analyze import sobol as analyse
        from SALib.sample import sobol as design
    except ImportError:
        raise MissingDependency(gettext("Sobol indices need SALib: pip install 'ai-lca[sensitivity]'")) from None
    if samples * (len(ends) + 2) > MOST_ROWS:
        raise UsageError(
            gettext(
                "{samples:,} samples of {numbers} numbers are {rows:,} scores: {most:,} at most; take fewer",
                samples=samples,
                numbers=len(ends),
                rows=samples * (len(ends) + 2),
                most=MOST_ROWS,
            )
        )
    if samples < 2 or samples & (samples - 1):
        raise UsageError(
            gettext("{samples} samples: Sobol sequences are balanced in powers of two, such as 1024", samples=samples)
        )
    problem = {"num_vars": len(ends), "names": list(ends), "bounds": [list(pair) for pair in ends.values()]}
    rows = design.sample(problem, samples, calc_second_order=False, seed=seed)
    seeded = np.random.default_rng(seed)  # SALib takes a seed of 0 for none
    indices = analyse.analyze(problem, evaluate(rows), calc_second_order=False, seed=seeded)
    columns = {"first": "S1", "first_error": "S1_conf", "total": "ST", "total_error": "ST_conf"}
    return pd.DataFrame({"number": list(ends), **{name: np.asarray(indices[key]) for name, key in columns.items()}})


def sobol_of(
    scenario: Scenario, catalogue: Catalogue, category: str, samples: int = 1024, seed: int = 0, most: int = 20
) -> SobolIndices:
    """Sobol indices of the known score in the ranged numbers that swing it most; the rest stays as stated.

    Amounts that one stated number moves are moved together. Raises as `sobol` and `one_at_a_time` do, and UsageError
    where no number has a range.
    """
    system = product_system(scenario, catalogue)
    background = Background.of(catalogue, (category,), system.own)
    _, effects = effects_of(system, background, category)
    ranged = {key: effect for key, effect in effects.items() if effect.spread and effect.low != effect.high}
    order = sorted(ranged, key=lambda key: abs(ranged[key].high - ranged[key].low), reverse=True)
    if not order:
        raise UsageError(gettext("no number of this scenario states a range"))
    model = _VariedScore.of(scenario, catalogue, background, category, order[:most])
    table = sobol(model.scores, dict.fromkeys(order[:most], (0.0, 1.0)), samples, seed)
    named = [ranged[key].named() for key in order[:most]]
    table.insert(1, "field", [effect.field for effect in named])
    table.insert(2, "file", [effect.file for effect in named])
    table["number"] = [effect.name for effect in named]
    squares = np.array([(ranged[key].high - ranged[key].low) ** 2 for key in order])
    share = float(squares[most:].sum() / squares.sum()) if squares.any() else 0.0
    return SobolIndices(table, len(order[most:]), share)


class _VariedAmount(NamedTuple):
    """What a varied number moves in the background."""

    number: int
    """Its place among the varied numbers."""
    activity: int
    """The consumer or emitter."""
    input: int
    """What is taken; -1: the activity itself emits, or has a published score."""
    each: float
    """Score of one unit of an emission."""
    stated: float
    ends: Range

    def beyond(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Its values less the stated one."""
        return _between(self.ends, shares[:, self.number]) - self.stated


def _between(ends: Range, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """From one end of a range to the other."""
    return np.asarray(ends.low + (ends.high - ends.low) * (1 - share if ends.falls else share))


class _VariedScore(NamedTuple):
    """The score as a function of some numbers, each given by its share of the way from its low to its high end."""

    foreground: VariedSystem
    fields: Sequence[tuple[int, str, Range]]
    """Place among the varied numbers, field and range of the numbers of the foreground."""
    demanded: NDArray[np.float64]
    """Amounts of the foreground × demanded products: how much of each goes with each amount."""
    units: NDArray[np.float64]
    """Demanded products: their unit scores."""
    taken: Sequence[_VariedAmount]
    emitted: Sequence[_VariedAmount]
    unit_taken: NDArray[np.float64]
    """Of what is taken."""
    at_consumers: NDArray[np.float64]
    """Demanded products × taken: supply of the consumer."""
    at_emitters: NDArray[np.float64]
    between: NDArray[np.float64]
    """Taken × taken: supply of the consumer of the second for one unit of what the first takes."""
    to_emitters: NDArray[np.float64]
    """Taken × emitted."""

    @classmethod
    def of(
        cls, scenario: Scenario, catalogue: Catalogue, background: Background, category: str, order: Sequence[str]
    ) -> _VariedScore:
        system, places = product_system(scenario, catalogue), {key: number for number, key in enumerate(order)}
        fields = [
            (places[moved_by(leaf)], leaf.field, leaf.range)
            for leaf in leaves(system)
            if leaf.range and moved_by(leaf) in places
        ]
        demanded = list(dict.fromkeys(e.input for e in system.exchanges))
        supplies = np.array([background.supply({id: 1.0}) for id in demanded])
        amounts = [each for each in _amounts(background, category, places) if supplies[:, each.activity].any()]
        taken, emitted = ([a for a in amounts if (a.input >= 0) is is_input] for is_input in (True, False))
        totals = background.every_total(category)
        consumers, emitters = ([a.activity for a in some] for some in (taken, emitted))
        further = np.array([background.supply({background.order[a.input]: 1.0}) for a in taken])
        further = further.reshape(len(taken), len(background.order))
        foreground = VariedSystem(scenario, catalogue, {field for _, field, _ in fields})
        each = np.zeros((1 + max(term.amount for term in foreground.terms), len(demanded)))
        for exchange, amount, times in foreground.terms:
            each[amount, demanded.index(exchange.input)] += times
        return cls(
            foreground,
            fields,
            each,
            totals[[background.place[id] for id in demanded]],
            taken,
            emitted,
            totals[[a.input for a in taken]],
            supplies[:, consumers],
            supplies[:, emitters],
            further[:, consumers],
            further[:, emitters],
        )

    def scores(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Of rows of shares."""
        pieces = np.split(shares, range(_ROWS, len(shares), _ROWS))
        return np.concatenate(list(in_order(_VariedScore._some, self, pieces)))

    def _some(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        amounts = self.foreground.amounts({of: _between(ends, shares[:, n]) for n, of, ends in self.fields})
        demand = np.stack(np.broadcast_arrays(*amounts, np.empty(len(shares)))[:-1], axis=1) @ self.demanded
        scores = demand @ self.units
        more = np.array([a.beyond(shares) for a in self.taken]).reshape(len(self.taken), len(shares)).T
        loops = np.eye(len(self.taken)) - self.between.T * more[:, None, :]
        added = more * np.linalg.solve(loops, (demand @ self.at_consumers)[:, :, None])[:, :, 0]
        scores += added @ self.unit_taken
        emitters = demand @ self.at_emitters + added @ self.to_emitters
        for column, a in enumerate(self.emitted):
            scores += a.each * a.beyond(shares) * emitters[:, column]
        return np.asarray(scores)


def _amounts(background: Background, category: str, places: Mapping[str, int]) -> Iterator[_VariedAmount]:
    """The amounts of the background that these numbers move, known by the keys that `effects_of` gives them."""
    factors = background.factors[category]
    for place, id in enumerate(background.order):
        activity = background.activities[id]
        head = f"{activity.file}|{activity.id}"
        for number, input in enumerate(activity.inputs):
            mixed = activity.is_mix and input.range
            ends = input.range if mixed else spread(activity, input)
            leaf = f"{head}.loss" if mixed else (ends.of if ends else "") or f"{head}.inputs[{number}]"
            if ends and leaf in places:
                yield _VariedAmount(places[leaf], place, background.place[input.activity], 0.0, input.amount, ends)
        given = [
            *(
                (f"emissions[{number}]", factors.get(e.flow.code, 0.0), e.amount, spread(activity, e))
                for number, e in enumerate(activity.emissions)
            ),
            *((category, 1.0, r.value, r.range) for r in activity.results if r.category == category and not r.refused),
        ]
        for name, each, stated, ends in given:
            leaf = (ends.of if ends else "") or f"{head}.{name}"
            if ends and each and leaf in places:
                yield _VariedAmount(places[leaf], place, -1, each, stated, ends)
