"""Break-even, fronts and winners of the draws: each draw is a comparison of its own, their shares say how sure it is.

A draw has the known scores with what their gaps probably hold. Where a gap is open, all of it is of what is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lca.study.comparison.cost_lines import service_life, weights
from lca.study.comparison.variants import Variant, front_metric
from lca.study.coverage import NOISE
from lca.study.results import Results
from lca.study.rows import TableRows
from lca.study.uncertainty import SHARES, Samples
from lca.vocabulary import BreakEvenCase

CROSSINGS = ("scenario", "baseline", "category", "service", "case", "share", "median", "low", "high", "lower_by_life")
STANDINGS = ("scenario", "category", "lowest", "front")
_CASES = (
    BreakEvenCase.ALWAYS,
    BreakEvenCase.FROM,
    BreakEvenCase.NOT_REACHED,
    BreakEvenCase.UNTIL,
    BreakEvenCase.NEVER,
    BreakEvenCase.EQUAL,
)

Draws = NDArray[np.float64]


def crossings(results: Results, samples: Samples, baseline: str) -> TableRows:
    """CROSSINGS: from how much service on every other scenario of the baseline's functional unit scores lower.

    `case` is the one of most draws, and `share` its share of them. median, low and high are those of N* with 95 %
    between them, in units of service: 0 in a draw in which the scenario is always lower, infinite in one in which it
    never is; NaN where it is lower up to an amount only. `lower_by_life`: share of the draws in which it is lower over
    the service that its one-off effort is for; NaN where there is none.
    """
    lines = {name: _lines(results, samples, name) for name in results.names}
    base = results.scenario_by_name[baseline]
    rows: list[tuple[Any, ...]] = []
    for variant in results.scenarios:
        if variant is base or results.functional_unit(variant.name) != results.functional_unit(baseline):
            continue
        service, life = variant.file.functional_unit.amount.unit, service_life(variant, base)
        once, each = (one - other for one, other in zip(lines[variant.name], lines[baseline], strict=True))
        sizes = [np.abs(lines[variant.name][n]) + np.abs(lines[baseline][n]) for n in (0, 1)]
        once, each = (np.where(np.abs(x) > NOISE * s, x, 0.0) for x, s in zip((once, each), sizes, strict=True))
        for n, category in enumerate(samples.categories):
            row = _crossing(once[:, n], -each[:, n], life)
            rows.append((variant.name, baseline, category, service, *row))
    return TableRows(CROSSINGS, rows)


def _crossing(extra: Draws, saving: Draws, life: float) -> tuple[Any, ...]:
    """case, share, median, low, high, lower_by_life of `extra − saving × N < 0`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        amount = np.where(saving != 0, extra / saving, np.nan)
    crosses, reached = (extra > 0) & (saving > 0), ~(amount > life)
    cases = {
        BreakEvenCase.EQUAL: (extra == 0) & (saving == 0),
        BreakEvenCase.ALWAYS: (extra <= 0) & (saving >= 0) & ((extra != 0) | (saving != 0)),
        BreakEvenCase.NEVER: (extra >= 0) & (saving <= 0) & ((extra != 0) | (saving != 0)),
        BreakEvenCase.FROM: crosses & reached,
        BreakEvenCase.NOT_REACHED: crosses & ~reached,
        BreakEvenCase.UNTIL: (extra < 0) & (saving < 0),
    }
    shares = {case: float(cases[case].mean()) for case in _CASES}
    case = max(_CASES, key=lambda case: shares[case])
    from_on = np.where(crosses, amount, np.where(cases[BreakEvenCase.ALWAYS], 0.0, np.inf))
    low, median, high = np.quantile(from_on, SHARES, method="inverted_cdf")
    if case in (BreakEvenCase.UNTIL, BreakEvenCase.EQUAL):
        low = median = high = np.nan
    by_life = float((extra < saving * life).mean()) if np.isfinite(life) else np.nan
    return case, shares[case], float(median), float(low), float(high), by_life


def _lines(results: Results, samples: Samples, name: str) -> tuple[Draws, Draws]:
    """Of every draw and category: what is taken once, and per unit of service."""
    once, each = (np.zeros_like(samples.scores[name]) for _ in range(2))
    weight = weights(results.scenario_by_name[name])
    for (scenario, phase, _), (known, estimated) in samples.parts.items():
        if scenario == name and phase in weight:
            whole = (known + estimated) * weight[phase].factor
            if weight[phase].once:
                once += whole
            else:
                each += whole
    return once, each


def standings(results: Results, samples: Samples, variants: Sequence[Variant], baseline: str) -> TableRows:
    """STANDINGS of the variants that take part: the shares of the draws in which one has the lowest score, alone or
    with others, and in which it is on the front of quality against impact; NaN where no quality is known.
    """
    unit = results.functional_unit(baseline)
    taking = [v for v in variants if not v.excluded and results.functional_unit(v.scenario) == unit]
    metric = front_metric(taking)
    reached = {v.scenario: value for v in taking if metric and (value := v.reached(metric)) is not None}
    scores = {v.scenario: samples.whole(v.scenario) for v in taking}
    return TableRows(STANDINGS, list(_standings(scores, reached, samples.categories)))


def _standings(
    scores: Mapping[str, Draws], quality: Mapping[str, float], categories: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    if not scores:
        return
    least = np.min(list(scores.values()), axis=0)
    for name, drawn in scores.items():
        lowest = (drawn <= least + NOISE * np.abs(least)).mean(axis=0)
        front = np.full(len(categories), np.nan)
        if name in quality:
            beaten = np.zeros(drawn.shape, dtype=bool)
            for other, better in quality.items():
                if other != name and better >= quality[name]:
                    margin = NOISE * np.abs(drawn)
                    lower = scores[other] < drawn - margin
                    beaten |= lower | ((scores[other] <= drawn + margin) & (better > quality[name]))
            front = 1 - beaten.mean(axis=0)
        for n, category in enumerate(categories):
            yield name, category, float(lowest[n]), float(front[n])
