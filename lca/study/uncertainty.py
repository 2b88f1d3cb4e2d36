"""Scores of scenarios as draws of all stated ranges together, and what they say of each score and of differences."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.engine.background import Background
from lca.engine.distribute import in_order
from lca.engine.kept_draws import KeptDraws
from lca.engine.sampling import Block, SampledBackground, blocks, key
from lca.engine.unfinished import kept_in_order
from lca.errors import UsageError
from lca.estimate.gap import Estimate, bound
from lca.inventory.catalogue import Catalogue
from lca.languages import gettext
from lca.methods.categories import CATEGORIES
from lca.quantities.kept import code
from lca.quantities.values import Value, leaves
from lca.study.repeats import scatter
from lca.system.parts import ForegroundExchange, ProductSystem
from lca.system.product_system import Product, system_of
from lca.system.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

SHARES = (0.025, 0.5, 0.975)
TOGETHER = 1000
"""Draws that one process makes together: a foreground takes no longer for a thousand draws than for some hundred."""
MANY = 5_000
"""Draws from which on they are kept until all are done."""
MOST_HELD = 16 * 10**9
"""Bytes that draws may take."""


@dataclass(frozen=True, slots=True)
class Samples:
    """Draws of the known part of scores; a draw is the same one for all scenarios."""

    categories: tuple[str, ...]
    scores: Mapping[str, NDArray[np.float64]]
    """Scenario → draws × categories."""
    seed: int
    estimated: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """Scenario → draws × categories: what the gaps that have an estimate probably hold; empty: none was asked for."""
    parts: Mapping[tuple[str, str, str], tuple[NDArray[np.float64], NDArray[np.float64]]] = field(default_factory=dict)
    """(scenario, phase, stage) → draws × categories of what is known of it, and of what is estimated."""
    held: Mapping[tuple[str, str], NDArray[np.float64]] = field(default_factory=dict)
    """(scenario, gap of its foreground) → draws × categories of what it probably is."""
    draw: Callable[[Block, str, str, Estimate], NDArray[np.float64]] = field(default=Block.estimated, repr=False)
    """Draws of a block of what a gap holds in a category."""
    _gaps: dict[tuple[str, str, Estimate], NDArray[np.float64]] = field(default_factory=dict, init=False, repr=False)

    @property
    def draws(self) -> int:
        return len(next(iter(self.scores.values())))

    def whole(self, name: str) -> NDArray[np.float64]:
        """Draws × categories of a score with what its gaps probably hold."""
        return self.scores[name] + self.estimated[name] if self.estimated else self.scores[name]

    def gap(self, name: str, category: str, estimate: Estimate) -> NDArray[np.float64]:
        """The draws of what one unit of a gap holds: those that are in `estimated`. They are kept."""
        key = (name, category, estimate)
        if key not in self._gaps:
            drawn = [self.draw(block, *key) for block in blocks(self.seed, self.draws)]
            self._gaps[key] = np.concatenate(drawn)
        return self._gaps[key]

    def table(self) -> pd.DataFrame:
        """scenario, category, unit, median, mean, low, high, error_mean, error_median: a row per score.

        low and high are the ends of the 95 % interval; the errors are the standard errors of mean and median by the
        number of draws.
        """
        rows = []
        for name, drawn in self.scores.items():
            low, median, high = np.quantile(drawn, SHARES, axis=0)
            mean, error = drawn.mean(axis=0), drawn.std(axis=0, ddof=1) / np.sqrt(self.draws)
            middle = error_of_median(drawn)
            for n, id in enumerate(self.categories):
                rows.append(
                    (name, id, CATEGORIES[id].unit, *(float(x[n]) for x in (median, mean, low, high, error, middle)))
                )
        import pandas as pd

        columns = ["scenario", "category", "unit", "median", "mean", "low", "high", "error_mean", "error_median"]
        return pd.DataFrame(rows, columns=columns)

    def differences(self) -> pd.DataFrame:
        """scenario, baseline, category, unit, median, low, high, lower: of every scenario less one before it.

        `lower` is the probability that the scenario has the lower known score; ties count one half.
        """
        rows = []
        for base, name in combinations(self.scores, 2):
            less = self.scores[name] - self.scores[base]
            low, median, high = np.quantile(less, SHARES, axis=0)
            lower = (less < 0).mean(axis=0) + (less == 0).mean(axis=0) / 2
            for n, id in enumerate(self.categories):
                rows.append((name, base, id, CATEGORIES[id].unit, *(float(x[n]) for x in (median, low, high, lower))))
        import pandas as pd

        columns = ["scenario", "baseline", "category", "unit", "median", "low", "high", "lower"]
        return pd.DataFrame(rows, columns=columns)


def sample(
    scenarios: Sequence[Scenario | Product],
    catalogue: Catalogue,
    categories: Sequence[str],
    draws: int = 1000,
    seed: int = 0,
    progress: Callable[[int], None] = lambda drawn: None,
    workers: int = 1,
    cluster: str = "",
    estimates: Mapping[tuple[str, str], Estimate] | None = None,
) -> Samples:
    """Draw all ranges of scenarios, records and catalogue together; what gaps hold, only where `estimates` say it.

    `estimates`: (activity or gap of the foreground, category) → what a unit of it holds. `progress` is called with
    the number of draws done. `workers` processes, or a Dask scheduler at the address `cluster`, give the same draws.
    Raises InvalidData as `product_system` does, UsageError for more draws than MOST_HELD, and as `in_order` does.
    """
    systems = [system_of(scenario, catalogue) for scenario in scenarios]
    own = {id: activity for system in systems for id, activity in system.own.items()}
    background = Background.of(catalogue, tuple(categories), own)
    probable = [each for system in systems for gap in system.gaps for each in gap.held] if estimates is not None else []
    demanded = frozenset(each.input for each in (*(e for system in systems for e in system.exchanges), *probable))
    likely = None if estimates is None else frozenset(estimates.items())
    sampled = catalogue.kept(
        ("sampled", background.categories, demanded, likely),
        lambda: KeptDraws(background, catalogue, demanded, estimates),
    )
    numbers = [_ranged(system, scenario) for system, scenario in zip(systems, scenarios, strict=True)]
    shared = _Shared(
        tuple(scenarios), catalogue, sampled if workers == 1 and not cluster else sampled.made, numbers, estimates or {}
    )
    if workers == 1 and not cluster and draws <= TOGETHER:
        drawn = _drawn_together(shared, list(blocks(seed, draws)))
        progress(draws)
    else:
        drawn = _all_blocks(shared, seed, draws, progress, workers, cluster)
    size = len(background.categories)
    scores, estimated = {}, {}
    parts: dict[tuple[str, str, str], tuple[NDArray[np.float64], NDArray[np.float64]]] = {}
    held: dict[tuple[str, str], NDArray[np.float64]] = {}
    for system, of_stages in zip(systems, drawn.of_scenarios, strict=True):
        held |= {(system.name, gap): each for gap, each in of_stages.held.items()}
        total = np.zeros((draws, sampled.columns))
        for part in of_stages.parts.values():
            total += part
        scores[system.name] = total[:, :size]
        if estimates is not None:
            estimated[system.name] = total[:, size:]
            parts |= {(system.name, *key): (part[:, :size], part[:, size:]) for key, part in of_stages.parts.items()}
    return Samples(background.categories, scores, seed, estimated, parts, held, sampled.estimated)


@dataclass(frozen=True)
class _Shared:
    """What every block of draws needs."""

    scenarios: tuple[Scenario | Product, ...]
    catalogue: Catalogue
    background: KeptDraws | SampledBackground
    drawn: Sequence[Sequence[_Drawn]]
    """The numbers of each scenario that are drawn."""
    estimates: Mapping[tuple[str, str], Estimate]

    @cached_property
    def stated(self) -> str:
        """All of `drawn`, as text, and the code of this file, which draws them."""
        numbers = [[(*one[:2], one.deviations.tolist()) for one in of_scenario] for of_scenario in self.drawn]
        return f"{code('study/uncertainty.py')} {numbers!r}"


class _Drawn(NamedTuple):
    """A stated number with a range, with repeats, or with both."""

    value: Value
    repeats: str = ""
    """Key of the repeats; empty: there are none."""
    deviations: NDArray[np.float64] = np.empty(0)


class _StageDraws(NamedTuple):
    """Of one scenario."""

    parts: dict[tuple[str, str], NDArray[np.float64]]
    """(phase, stage) → draws × columns."""
    held: dict[str, NDArray[np.float64]]
    """Gap of the foreground → draws × categories."""


class _BlockDraws(NamedTuple):
    """Of every scenario."""

    of_scenarios: list[_StageDraws]

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        """By name, in their order."""
        arrays: dict[str, NDArray[np.float64]] = {}
        for n, each in enumerate(self.of_scenarios):
            arrays |= {json.dumps([n, *key]): part for key, part in each.parts.items()}
            arrays |= {json.dumps([n, gap]): part for gap, part in each.held.items()}
        return arrays

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[np.float64]]) -> _BlockDraws:
        """What these arrays were made of."""
        drawn: dict[int, _StageDraws] = {}
        for name, part in arrays.items():
            n, *key = json.loads(name)
            of = drawn.setdefault(n, _StageDraws({}, {}))
            if len(key) == 1:
                of.held[key[0]] = part
            else:
                of.parts[key[0], key[1]] = part
        return cls(list(drawn.values()))


def _all_blocks(
    shared: _Shared, seed: int, draws: int, progress: Callable[[int], None], workers: int, cluster: str
) -> _BlockDraws:
    """The draws of every block; many are kept until all are done, for who is interrupted and goes on from them."""
    _check_memory(len(shared.scenarios) * shared.background.columns * np.float64().nbytes, draws)  # at least
    whole: dict[str, NDArray[np.float64]] = {}
    done, some = 0, list(blocks(seed, draws))
    made = (in_order if draws < MANY else kept_in_order)(_drawn_scores, shared, some, workers, cluster)
    for block, drawn in zip(some, made, strict=True):
        arrays = drawn.arrays()
        whole = whole or _room(arrays, block, draws)
        for name, array in arrays.items():
            whole[name][done : done + block.size] = array
        done += block.size
        progress(done)
    return _BlockDraws.of_arrays(whole)


def _room(first: Mapping[str, NDArray[np.float64]], block: Block, draws: int) -> dict[str, NDArray[np.float64]]:
    """Arrays for so many draws as those of a block."""
    _check_memory(sum(array.nbytes for array in first.values()) / block.size, draws)
    return {name: np.empty((draws, *array.shape[1:])) for name, array in first.items()}


def _check_memory(each: float, draws: int) -> None:
    """Raise UsageError for more draws of so many bytes than MOST_HELD."""
    if each * draws > MOST_HELD:
        raise UsageError(
            gettext(
                "{draws:,} draws are about {gigabytes:,.0f} GB of memory: take fewer; a median is twice as precise "
                "with four times as many",
                draws=draws,
                gigabytes=each * draws / 1e9,
            )
        )


def _drawn_scores(shared: _Shared, block: Block) -> _BlockDraws:
    return _drawn_together(shared, [block])


def _drawn_together(shared: _Shared, some: Sequence[Block]) -> _BlockDraws:
    """Blocks one after the other."""
    totals = _joined([shared.background.totals(block) for block in some])
    numbers = zip(*(_all_numbers(shared, block) for block in some), strict=True)
    return _BlockDraws(
        [
            _scores(system_of(scenario, shared.catalogue, _joined(drawn)), totals, shared, some)
            for scenario, drawn in zip(shared.scenarios, numbers, strict=True)
        ]
    )


def _joined(of_blocks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """By name, the draws of blocks one after the other."""
    if len(of_blocks) == 1:
        return of_blocks[0]
    return {key: np.concatenate([block[key] for block in of_blocks]) for key in of_blocks[0]}


def _all_numbers(shared: _Shared, block: Block) -> list[dict[str, Any]]:
    """Of every scenario: field → its draws."""

    def made() -> dict[str, NDArray[np.float64]]:
        all_numbers = enumerate(_numbers(drawn, block) for drawn in shared.drawn)
        return {json.dumps([n, field]): draws for n, numbers in all_numbers for field, draws in numbers.items()}

    kept = shared.background if isinstance(shared.background, KeptDraws) else None
    drawn = kept.once(block, shared.stated, made) if kept else made()
    by_scenario: list[dict[str, Any]] = [{} for _ in shared.scenarios]
    for name, draws in drawn.items():
        n, field = json.loads(name)
        by_scenario[n][field] = draws
    return by_scenario


def _ranged(system: ProductSystem, scenario: Scenario | Product) -> list[_Drawn]:
    """The stated numbers of a foreground that are drawn, each once."""
    exchanges = (*system.exchanges, *(each for gap in system.gaps for each in gap.held))
    stated = {key(leaf): leaf for leaf in leaves(e.value for e in exchanges) if leaf.field}
    scattered = {
        f"{table}.measurement.{name}": (f"{record.key}|repeats", deviations)
        for table, record in scenario.measurements.items()
        for name, deviations in scatter(record).items()
    }
    numbers = [_Drawn(leaf, *scattered.get(leaf.field.partition("[")[0], ())) for leaf in stated.values()]
    return [drawn for drawn in numbers if drawn.value.range or drawn.repeats]


def _numbers(numbers: Sequence[_Drawn], block: Block) -> dict[str, Any]:
    """Field → its draws; those of a share that is at most one stay at most one."""
    draws: dict[str, Any] = {}
    for value, repeats, deviations in numbers:
        drawn: Any = block.drawn(key(value), value.range, value.number) if value.range else value.number
        if value.range and value.unit == "1" and value.range.high <= 1:
            drawn = np.minimum(drawn, 1.0)
        draws[value.field] = drawn * block.scattered(repeats, deviations) if repeats else drawn
    return draws


def _scores(
    system: ProductSystem, totals: Mapping[str, NDArray[np.float64]], shared: _Shared, some: Sequence[Block]
) -> _StageDraws:
    categories = shared.background.categories
    size = len(categories)
    empty = np.zeros((sum(block.size for block in some), shared.background.columns))
    parts: dict[tuple[str, str], NDArray[np.float64]] = {}
    held: dict[str, NDArray[np.float64]] = {}
    bounded = [e for e in system.exchanges if e.negligible] if shared.estimates else []
    for (phase, stage), taken in _by_stage(e for e in system.exchanges if not (e.negligible and shared.estimates)):
        parts[phase, stage] = _summed(taken, totals, empty)
    for exchange in bounded:
        added = np.reshape(exchange.amount, (-1, 1)) * totals[exchange.input]
        for category, most in exchange.negligible.items():
            if category in categories:  # the gaps behind it do not count: its bound does
                name = f"{exchange.input}, {exchange.stage}"
                beyond = [block.estimated(name, category, bound(most)) for block in some]
                added[:, size + categories.index(category)] = np.concatenate(beyond)
        key = (exchange.phase, exchange.stage)
        parts[key] = parts.get(key, empty) + added
    for gap in system.gaps if shared.background.columns > size else ():
        for (phase, stage), taken in _by_stage(gap.held):  # known and estimated alike are an estimate here
            drawn = _summed(taken, totals, empty)
            both = drawn[:, :size] + drawn[:, size:]
            held[gap.name] = held.get(gap.name, 0.0) + both
            parts.setdefault((phase, stage), empty.copy())[:, size:] += both
    return _StageDraws(parts or {("", ""): empty}, held)


def _by_stage(exchanges: Iterable[ForegroundExchange]) -> Iterable[tuple[tuple[str, str], dict[str, Any]]]:
    """(phase, stage) → input → the amounts of it together: an assembly has one part in many places."""
    taken: dict[tuple[str, str], dict[str, Any]] = {}
    for exchange in exchanges:
        of_stage = taken.setdefault((exchange.phase, exchange.stage), {})
        of_stage[exchange.input] = of_stage.get(exchange.input, 0.0) + exchange.amount
    return taken.items()


def _summed(
    taken: Mapping[str, Any], totals: Mapping[str, NDArray[np.float64]], empty: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Draws × columns of what is taken."""
    scores = empty.copy()
    for input, amount in taken.items():
        scores += np.reshape(amount, (-1, 1)) * totals[input]
    return scores


def error_of_median(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard error of the median, by the order statistics that lie one binomial deviation around it."""
    ordered, half = np.sort(drawn, axis=0), len(drawn) / 2
    reach = np.sqrt(len(drawn)) / 2
    low, high = max(int(half - reach), 0), min(int(np.ceil(half + reach)), len(drawn) - 1)
    return np.asarray((ordered[high] - ordered[low]) / 2)
