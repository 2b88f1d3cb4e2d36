"""From how much service on a variant scores lower than the scenario it is compared with, or up to how much.

Over a service N the variant scores `extra − saving × N` more than its base: what it takes once more, less what it saves
per unit of service. The two are equal at N* = extra / saving.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from lca.errors import UsageError
from lca.languages import gettext
from lca.methods.categories import CATEGORIES
from lca.study.comparison.cost_lines import Difference, Lines, service_life
from lca.study.comparison.open_items import Bounded, Needs
from lca.study.repeats import LEVEL_OF_CONFIDENCE, Interval
from lca.study.study import Study
from lca.system.scenario import Scenario
from lca.vocabulary import BreakEvenCase, Completeness, Verdict

if TYPE_CHECKING:
    import pandas as pd

Case = BreakEvenCase | Literal[""]
"""Empty: none is known."""


@dataclass(frozen=True, slots=True)
class BreakEven:
    """When a variant scores lower than its base."""

    case: BreakEvenCase
    amount: float | None = None
    """N*; None: the two are equal at no service but 0, or at any."""


def break_even(extra: float, saving: float, life: float = math.inf) -> BreakEven:
    """When `extra − saving × N < 0` for N > 0; `life`: the service, in the unit of N, that the variant is made for."""
    if extra == 0 and saving == 0:
        return BreakEven(BreakEvenCase.EQUAL)
    if extra <= 0 <= saving:
        return BreakEven(BreakEvenCase.ALWAYS)
    if saving <= 0 <= extra:
        return BreakEven(BreakEvenCase.NEVER)
    amount = extra / saving
    if extra < 0:
        return BreakEven(BreakEvenCase.UNTIL, amount)
    return BreakEven(BreakEvenCase.NOT_REACHED if amount > life else BreakEvenCase.FROM, amount)


def undoing_rebound(extra: float, saving: float, each: float, service: float) -> float:
    """The rebound r at which nothing is saved: `extra − saving × N + each × r × N = 0`; NaN: nothing is, or all is.

    Over a service N that the base would deliver, the variant delivers N (1 + r), at `each` per unit of service.
    """
    saved = saving * service - extra
    return saved / (each * service) if saved > 0 and each > 0 and service > 0 else math.nan


def crossings(extra: Interval, saving: Interval) -> Interval | None:
    """The least and the largest N* > 0 that an extra and a saving in these ranges have; None: they have none.

    The largest is infinite where the saving comes as near to 0 as one likes.
    """
    ranges = []
    for e, s in ((extra, saving), (Interval(-extra.high, -extra.low), Interval(-saving.high, -saving.low))):
        if e.high > 0 and s.high > 0:
            ranges.append(Interval(max(e.low, 0.0) / s.high, e.high / s.low if s.low > 0 else math.inf))
    return Interval(min(r.low for r in ranges), max(r.high for r in ranges)) if ranges else None


class Certain(NamedTuple):
    """What holds of a break-even whatever the gaps hold."""

    case: BreakEvenCase
    range: Interval | None = None
    """Where N* lies."""


_SIGNS = ((1, BreakEvenCase.NEVER, BreakEvenCase.FROM), (-1, BreakEvenCase.ALWAYS, BreakEvenCase.UNTIL))
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


class BreakEvenRow(NamedTuple):
    """A variant against its baseline in one category; NaN: not known, or there is none."""

    scenario: str
    baseline: str
    category: str
    unit: str
    """Of `extra`; that of the saving is per unit of service."""
    service: str
    """Unit of N*."""
    extra: float = math.nan
    """Taken once, by the variant more than by the baseline."""
    extra_low: float = math.nan
    """95 % interval of the mean over the repeats; likewise of the saving."""
    extra_high: float = math.nan
    saving: float = math.nan
    """Per unit of service, by the variant less than by the baseline."""
    saving_low: float = math.nan
    saving_high: float = math.nan
    told: bool | None = None
    """Whether the repeats tell the saving from none: where not, `case` and `amount` are those of the mean alone.
    None: there are no repeats."""
    case: Case = ""
    """Of what is known; empty: nothing is."""
    amount: float = math.nan
    """N*, in units of service; also where gaps remain: then of what is known."""
    low: float = math.nan
    """Interval of N* by the repeats."""
    high: float = math.nan
    """Infinite where the repeats leave open whether there is an N* at all."""
    reach: float = math.nan
    """Service that the one-off effort is for."""
    each: float = math.nan
    """Taken by the variant per unit of service."""
    undone: float = math.nan
    """Rebound at which nothing of what is known is saved over `reach`, or where nothing is done once over the
    functional unit: service asked for beyond the base's, over the base's. NaN: nothing is saved without one."""
    rebound: float = math.nan
    """That which the variant's file states."""
    gaps: tuple[str, ...] = ()
    """Those that do not cancel both in the extra and in the saving."""
    gap_case: Case = ""
    """Case that holds whatever the gaps hold; empty: there is none, or no gap."""
    gap_low: float = math.nan
    """Between what N* lies whatever the gaps hold; of the means, without the scatter of the repeats."""
    gap_high: float = math.nan
    negligible: bool = False
    """Whether the sign of the extra or of the saving hides in what counts as negligible."""
    verdict: Verdict | Case = ""
    """The case, where it is known; else that it is not, or that there is none. `lca.report.words` says it."""


def break_evens(study: Study, baseline: str | None = None, categories: Iterable[str] | None = None) -> pd.DataFrame:
    """`break_even_rows`, their fields as columns."""
    import pandas as pd

    return pd.DataFrame(break_even_rows(study, baseline, categories), columns=list(BreakEvenRow._fields))


def break_even_rows(
    study: Study, baseline: str | None = None, categories: Iterable[str] | None = None
) -> list[BreakEvenRow]:
    """Every other scenario against the baseline, per category.

    The baseline is by default the first scenario without a compression. Intervals are at 95 % and NaN where there are
    no repeats. Scenarios of another functional unit are `not comparable`; where a gap does not cancel, the verdict is
    `indeterminate`, with what holds whatever it holds; where the repeats cannot tell the saving from none, `not told
    apart`. Raises UsageError for a name that is not the study's.
    """
    chosen = study.categories if categories is None else tuple(categories)
    if unknown := [id for id in chosen if id not in study.categories]:
        raise UsageError(gettext("not a category of the study: {unknown}", unknown=", ".join(unknown)))
    if not study.scenarios:
        return []
    base, lines, needs = baseline_of(study, baseline), study.cost_lines, Needs(study)
    others = [scenario for scenario in study.scenarios if scenario is not base]
    return [_row(study, lines, needs, (variant, base), id) for variant in others for id in chosen]


def baseline_of(study: Study, name: str | None = None) -> Scenario:
    """The scenario of this name; by default the first without a compression, or the first. Raises UsageError."""
    if name is None:
        return next((s for s in study.scenarios if not s.file.compression), study.scenarios[0])
    return study.scenario_by_name[study.baseline(name)]


def _row(study: Study, lines: Lines, needs: Needs, pair: tuple[Scenario, Scenario], category: str) -> BreakEvenRow:
    variant, base = pair
    names, service = (variant.name, base.name), variant.file.functional_unit.amount.unit
    row = BreakEvenRow(*names, category, CATEGORIES[category].unit, service, reach=service_life(variant, base))
    if study.functional_unit(variant.name) != study.functional_unit(base.name):
        return row._replace(reach=math.nan, verdict=Verdict.NOT_COMPARABLE)
    left = needs.gaps(*names, category)
    row = row._replace(gaps=tuple(name for name, _ in left))
    covers = [study.coverage[name, category] for name in names]
    if any(cover.completeness == Completeness.MISSING for cover in covers):
        return row._replace(verdict=Verdict.INDETERMINATE)
    known, negligible = lines.difference(*names, category), needs.negligible(*names, category)
    crossing = break_even(*known, row.reach)
    amount = math.nan if crossing.amount is None else crossing.amount
    row = row._replace(extra=known.extra, saving=known.saving, case=crossing.case, amount=amount)
    row = _with_rebound(row, variant, lines.of(variant.name, category).each)
    row = _with_intervals(row, lines, known)
    if left and all(cover.sign_known for cover in covers):
        row = _with_certainty(row, _certain(known, negligible, list(left.values())))
    hidden = any(0 < bound >= abs(value) for value, bound in zip(known, _total(negligible), strict=True))
    row = row._replace(negligible=hidden)
    return row._replace(verdict=_verdict(row))


def _with_rebound(row: BreakEvenRow, variant: Scenario, each: float) -> BreakEvenRow:
    delivered, stated = variant.file.functional_unit.amount.number, variant.file.rebound
    service = delivered if math.isnan(row.reach) else row.reach
    row = row._replace(each=each, undone=undoing_rebound(row.extra, row.saving, each, service))
    return row._replace(rebound=stated.amount) if stated else row


def _verdict(row: BreakEvenRow) -> Verdict | Case:
    if row.gaps or row.negligible:
        return Verdict.INDETERMINATE
    return Verdict.NOT_TOLD_APART if row.told is False else row.case


def _with_intervals(row: BreakEvenRow, lines: Lines, known: Difference) -> BreakEvenRow:
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


def _with_certainty(row: BreakEvenRow, sure: Certain | None) -> BreakEvenRow:
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
