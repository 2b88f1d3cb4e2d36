"""Which stated ranges a score hangs on: one at a time over their ends, and by variance.

A number of the foreground is varied through the equations. One of the background moves a score by its derivative: an
input by the amount of its consumer times the unit score of what it takes, an emission by that amount times its factor;
that is exact but for the loops that the number is part of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lca.engine.background import Background
from lca.engine.sweep import Sweep, Table
from lca.errors import MissingDependency, UsageError
from lca.inventory.catalogue import Catalogue
from lca.inventory.pedigree import spread
from lca.quantities.values import Range, Value
from lca.system.parts import ProductSystem
from lca.system.product_system import product_system
from lca.system.scenario import Scenario

COLUMNS = ["number", "field", "file", "unit", "value", "low", "high", "score_low", "score_high", "swing", "variance"]


class _Effect(NamedTuple):
    """What the ends of one range do to a score."""

    name: str
    field: str
    file: str
    unit: str
    value: float
    spread: Range
    low: float
    """Score at the low end, less that of the stated value."""
    high: float


def one_at_a_time(scenario: Scenario, catalogue: Catalogue, category: str) -> pd.DataFrame:
    """COLUMNS, the widest swing first: the known score with each ranged number at either end, all others as stated.

    `variance` is the share of the score's variance, to first order: the squared swing over the sum of all. Raises
    InvalidData as `product_system` does.
    """
    system = product_system(scenario, catalogue)
    background = Background.of(catalogue, (category,), system.own)
    score = sum(float(background.totals(e.input)[0]) * e.amount for e in system.exchanges)
    effects = [*_foreground(scenario, catalogue, system, category, score), *_background(system, background)]
    rows = [
        (
            e.name,
            e.field,
            e.file,
            e.unit,
            e.value,
            e.spread.low,
            e.spread.high,
            score + e.low,
            score + e.high,
            abs(e.high - e.low),
        )
        for e in effects
    ]
    table = pd.DataFrame(rows, columns=COLUMNS[:-1]).sort_values("swing", ascending=False, kind="stable")
    squares = table["swing"] ** 2
    table["variance"] = squares / squares.sum() if squares.sum() else 0.0
    return table.reset_index(drop=True)


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
        raise MissingDependency("Sobol indices need SALib: pip install 'ai-lca[sensitivity]'") from None
    if samples < 2 or samples & (samples - 1):
        raise UsageError(f"{samples} samples: Sobol sequences are balanced in powers of two, such as 1024")
    problem = {"num_vars": len(ends), "names": list(ends), "bounds": [list(pair) for pair in ends.values()]}
    rows = design.sample(problem, samples, calc_second_order=False, seed=seed)
    found = analyse.analyze(problem, evaluate(rows), calc_second_order=False, seed=seed)
    columns = {"first": "S1", "first_error": "S1_conf", "total": "ST", "total_error": "ST_conf"}
    return pd.DataFrame({"number": list(ends), **{name: np.asarray(found[key]) for name, key in columns.items()}})


def sobol_of(
    scenario: Scenario, catalogue: Catalogue, category: str, samples: int = 1024, seed: int = 0, most: int = 20
) -> pd.DataFrame:
    """Sobol indices of the known score in the ranged numbers of the foreground that swing it most.

    The numbers of the background stay as stated. Raises as `sobol` and `one_at_a_time` do, and UsageError where no
    number of the foreground has a range.
    """
    leaves = {leaf.field: leaf for leaf in ranged(product_system(scenario, catalogue))}
    order = [field for field in one_at_a_time(scenario, catalogue, category)["field"] if field in leaves][:most]
    if not order:
        raise UsageError("no number of this scenario states a range")
    ends = {field: (s.low, s.high) for field in order if (s := leaves[field].range)}

    def evaluate(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        columns = {field: rows[:, n] for n, field in enumerate(ends)}
        tables = Sweep(scenario, catalogue, Table(columns), categories=(category,)).run()
        return np.concatenate([table[category].to_numpy() for table in tables])

    return sobol(evaluate, ends, samples, seed)


def ranged(system: ProductSystem) -> list[Value]:
    """The stated numbers of a foreground that have a range, each once."""
    leaves = {(leaf.file, leaf.field): leaf for e in system.exchanges for leaf in e.value.leaves() if leaf.range}
    return list(leaves.values())


def _foreground(
    scenario: Scenario, catalogue: Catalogue, system: ProductSystem, category: str, score: float
) -> Iterator[_Effect]:
    """Two rows of a sweep for each number: at its low end and at its high end."""
    leaves = [(leaf, leaf.range) for leaf in ranged(system) if leaf.range]
    if not leaves:
        return
    columns: dict[str, Any] = {}
    for number, (leaf, ends) in enumerate(leaves):
        column = np.full(2 * len(leaves), float(leaf.number))
        column[2 * number : 2 * number + 2] = ends.low, ends.high
        columns[leaf.field] = column
    tables = Sweep(scenario, catalogue, Table(columns), categories=(category,)).run()
    scores = np.concatenate([table[category].to_numpy() for table in tables]).reshape(-1, 2) - score
    for (leaf, ends), (low, high) in zip(leaves, scores.tolist(), strict=True):
        yield _Effect(leaf.name, leaf.field, leaf.file, leaf.unit, float(leaf.number), ends, low, high)


def _background(system: ProductSystem, background: Background) -> Iterator[_Effect]:
    demand: dict[str, float] = {}
    for exchange in system.exchanges:
        demand[exchange.input] = demand.get(exchange.input, 0.0) + exchange.amount
    supply = background.supply(demand)
    [category] = background.categories
    for place in np.flatnonzero(supply):
        activity, amount = background.activities[background.order[place]], float(supply[place])
        taken = [(input, spread(activity, input)) for input in activity.inputs]
        ranges = [(i, ends, float(background.totals(i.activity)[0]) * amount) for i, ends in taken if ends]
        if activity.is_mix and ranges:
            yield _loss(activity.id, activity.file, ranges)
        for input, ends, each in ranges if not activity.is_mix else ():
            yield _ends(f"{input.activity} for {activity.id}", activity, input.amount, ends, each)
        for emission in activity.emissions:
            factor, emitted = background.factors[category].get(emission.flow.code, 0.0), spread(activity, emission)
            if factor and emitted:
                name = f"{emission.flow.name} of {activity.id}"
                yield _ends(name, activity, emission.amount, emitted, factor * amount)
        for result in activity.results:
            if result.category == category and not result.refused and result.range:
                yield _ends(f"published value of {activity.id}", activity, result.value, result.range, amount)


def _ends(name: str, activity: Any, value: float, ends: Range, each: float) -> _Effect:
    low, high = (ends.low - value) * each, (ends.high - value) * each
    return _Effect(name, activity.id, activity.file, "", value, ends, low, high)


def _loss(id: str, file: str, ranges: Sequence[tuple[Any, Range, float]]) -> _Effect:
    """The loss of a mix moves all its inputs together."""
    first, ends, _ = ranges[0]
    low = sum((ends.low - input.amount) * each for input, ends, each in ranges)
    high = sum((ends.high - input.amount) * each for input, ends, each in ranges)
    scale = 1 / sum(input.amount for input, _, _ in ranges)
    generated = Range(ends.low / first.amount / scale, ends.high / first.amount / scale, ends.distribution)
    return _Effect(f"losses of {id}", id, file, "kWh/kWh", 1 / scale, generated, low, high)
