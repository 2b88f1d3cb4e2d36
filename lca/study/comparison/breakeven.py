"""From how much service on a variant scores lower than the scenario it is compared with, or up to how much.

Over a service N the variant scores `extra − saving × N` more than its base: what it takes once more, less what it saves
per unit of service. The two are equal at N* = extra / saving.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import pandas as pd

from lca.errors import UsageError
from lca.methods.categories import CATEGORIES
from lca.study.comparison.breakeven_row import Row
from lca.study.comparison.cost_lines import Difference, Lines, service_life
from lca.study.comparison.open_items import Bounded, Needs
from lca.study.repeats import LEVEL_OF_CONFIDENCE, Interval
from lca.study.study import Study
from lca.system.scenario import Scenario

Case = Literal["from", "not reached", "until", "always", "never", "equal"]
"""The variant scores lower from N* on; or would, but beyond the service life; only up to N*; for any service; for none;
or the two are equal for any service."""


@dataclass(frozen=True, slots=True)
class BreakEven:
    """When a variant scores lower than its base."""

    case: Case
    amount: float | None = None
    """N*; None: the two are equal at no service but 0, or at any."""


def break_even(extra: float, saving: float, life: float = math.inf) -> BreakEven:
    """When `extra − saving × N < 0` for N > 0; `life`: the service, in the unit of N, that the variant is made for."""
    if extra == 0 and saving == 0:
        return BreakEven("equal")
    if extra <= 0 <= saving:
        return BreakEven("always")
    if saving <= 0 <= extra:
        return BreakEven("never")
    amount = extra / saving
    if extra < 0:
        return BreakEven("until", amount)
    return BreakEven("not reached" if amount > life else "from", amount)


def crossings(extra: Interval, saving: Interval) -> Interval | None:
    """The least and the largest N* > 0 that an extra and a saving in these ranges have; None: they have none.

    The largest is infinite where the saving comes as near to 0 as one likes.
    """
    found = []
    for e, s in ((extra, saving), (Interval(-extra.high, -extra.low), Interval(-saving.high, -saving.low))):
        if e.high > 0 and s.high > 0:
            found.append(Interval(max(e.low, 0.0) / s.high, e.high / s.low if s.low > 0 else math.inf))
    return Interval(min(r.low for r in found), max(r.high for r in found)) if found else None


class Certain(NamedTuple):
    """What holds of a break-even whatever the gaps hold."""

    case: Case
    range: Interval | None = None
    """Where N* lies."""


_SIGNS: tuple[tuple[int, Case, Case], ...] = ((1, "never", "from"), (-1, "always", "until"))
"""Sign of the extra → the case where the saving has the other sign or is 0, the case where it has the same."""


def certain(known: Sequence[Difference], gaps: Iterable[Difference]) -> Certain | None:
    """What holds for the known difference plus each gap times any factor that is not negative; None: nothing.

    The true extra is Σ f e and the true saving Σ f s, with f = 1 for the known and f ≥ 0 for a gap. Where every s > 0
    and every e ≥ 0, N* = Σ f e / Σ f s is the mean of the ratios e / s weighted by f s, so that it lies between the
    least and the largest of them; likewise where every s < 0 and every e ≤ 0. Where no e is positive and no s negative,
    the variant scores lower at every N, and the other way round. `known`: one difference, or the corners of what it is
    known to lie in.
    """
    terms = [*known, *gaps]
    for sign, none, _ in _SIGNS:
        if all(sign * e >= 0 and sign * s <= 0 for e, s in terms) and all(map(any, known)):
            return Certain(none)
    for sign, _, crossing in _SIGNS:
        if all(sign * e >= 0 and sign * s > 0 for e, s in terms):
            ratios = [e / s for e, s in terms]
            return Certain(crossing, Interval(min(ratios), max(ratios)))
    return None


def break_evens(study: Study, baseline: str | None = None, categories: Iterable[str] | None = None) -> pd.DataFrame:
    """Every other scenario against the baseline, per category: the fields of `Row` as columns.

    The baseline is by default the first scenario without a compression. Intervals are at 95 % and NaN where there are
    no repeats. Scenarios of another functional unit are `not comparable`; where a gap does not cancel, the verdict is
    `indeterminate`, with what holds whatever it holds. Raises UsageError for a name that is not the study's.
    """
    chosen = study.categories if categories is None else tuple(categories)
    if unknown := [id for id in chosen if id not in study.categories]:
        raise UsageError(f"not a category of the study: {', '.join(unknown)}")
    rows: list[Row] = []
    if study.scenarios:
        base, lines, needs = baseline_of(study, baseline), Lines(study), Needs(study)
        others = [scenario for scenario in study.scenarios if scenario is not base]
        rows = [_row(study, lines, needs, (variant, base), id) for variant in others for id in chosen]
    return pd.DataFrame(rows, columns=list(Row._fields))


def baseline_of(study: Study, name: str | None = None) -> Scenario:
    """The scenario of this name; by default the first without a compression, or the first. Raises UsageError."""
    if name is None:
        return next((s for s in study.scenarios if not s.file.compression), study.scenarios[0])
    for scenario in study.scenarios:
        if scenario.name == name:
            return scenario
    raise UsageError(f"no scenario is named {name!r}; there are: {', '.join(map(repr, study.names))}")


def _row(study: Study, lines: Lines, needs: Needs, pair: tuple[Scenario, Scenario], category: str) -> Row:
    variant, base = pair
    names, service = (variant.name, base.name), variant.file.functional_unit.amount.unit
    row = Row(*names, category, CATEGORIES[category].unit, reach=service_life(variant, base))
    if study.functional_unit(variant.name) != study.functional_unit(base.name):
        return row._replace(reach=math.nan, verdict="not comparable")
    left = needs.gaps(*names, category)
    row = row._replace(gaps=tuple(name for name, _ in left))
    covers = [study.coverage[name, category] for name in names]
    if any(cover.completeness == "missing" for cover in covers):
        return row._replace(verdict="indeterminate: a score is missing")
    known, negligible = lines.difference(*names, category), needs.negligible(*names, category)
    found = break_even(*known, row.reach)
    amount = math.nan if found.amount is None else found.amount
    row = row._replace(extra=known.extra, saving=known.saving, case=found.case, amount=amount)
    row = _with_intervals(row, lines, known)
    if left and all(cover.sign_known for cover in covers):
        row = _with_certainty(row, _certain(known, negligible, list(left.values())))
    hidden = any(0 < bound >= abs(value) for value, bound in zip(known, _total(negligible), strict=True))
    return row._replace(verdict=row.words(service, hidden))


def _with_intervals(row: Row, lines: Lines, known: Difference) -> Row:
    """With what the repeats imply; the interval of N* holds at 95 % also where both of its terms have one."""
    extra, saving = lines.ranges(row.scenario, row.baseline, row.category)
    if extra:
        row = row._replace(extra_low=extra.low, extra_high=extra.high)
    if not saving:
        return row
    told = not saving.low <= 0 <= saving.high
    row = row._replace(saving_low=saving.low, saving_high=saving.high, told=told)
    if extra:
        extra, saving = lines.ranges(row.scenario, row.baseline, row.category, (1 + LEVEL_OF_CONFIDENCE) / 2)
    crossing = crossings(extra or Interval(known.extra, known.extra), saving) if saving else None
    return row._replace(low=crossing.low, high=crossing.high) if crossing else row


def _with_certainty(row: Row, sure: Certain | None) -> Row:
    if sure and sure.range:
        row = row._replace(gap_low=sure.range.low, gap_high=sure.range.high)
    return row._replace(gap_case=sure.case) if sure else row


def _certain(known: Difference, negligible: Sequence[Bounded], gaps: Sequence[Difference]) -> Certain | None:
    """`certain`, with what counts as negligible anywhere within its bounds.

    A factor from −b to b is one from 0 to 2 b on top of −b, so that a negligible amount is a gap beside a known part
    that is less by b of it. Where that says nothing, the known part is anywhere in the box that all bounds span.
    """
    extra, saving = known
    forward = []
    for amount, bound in negligible:
        sign = 1 if amount.saving > 0 or (amount.saving == 0 and amount.extra > 0) else -1
        forward.append(Difference(sign * amount.extra, sign * amount.saving))
        extra, saving = extra - bound * forward[-1].extra, saving - bound * forward[-1].saving
    sure = certain([Difference(extra, saving)], [*forward, *gaps])
    if sure and sure.range:
        return sure
    around = _total(negligible)
    extras = {known.extra - around.extra, known.extra + around.extra}
    savings = {known.saving - around.saving, known.saving + around.saving}
    return certain([Difference(extra, saving) for extra in extras for saving in savings], gaps)


def _total(negligible: Sequence[Bounded]) -> Difference:
    """The most that it can add to the extra and to the saving, or take away."""
    extras, savings = ([abs(amount[n]) * bound for amount, bound in negligible] for n in range(2))
    return Difference(sum(extras), sum(savings))
