"""Sentences for people, made from codes: one function each."""

from __future__ import annotations

import math

from lca.report.excel.cells import MISSING, prefix
from lca.study.comparison.breakeven import Case, Row
from lca.study.public_comparison import Demand, reviewers, unmet
from lca.study.study import Study
from lca.vocabulary import BreakEvenCase, Verdict

NOT_REVIEWED = "Not reviewed; no ISO conformity claimed."
_DEMANDS = {
    Demand.EQUAL_FUNCTIONAL_UNIT: "an equal functional unit of all scenarios",
    Demand.SENSITIVITY_AND_UNCERTAINTY: "an analysis of sensitivity and of uncertainty",
    Demand.REVIEW: "a named review",
}
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def number(value: float, mark: str = "", short: bool = False) -> str:
    """Three significant digits after the mark: `≥ 2.20 × 10⁻⁴`, `? 0.0120`; NaN is `missing`.

    `short`: as a sentence has it, also one that a program reads: `2.2e-4`, `0.012`.
    """
    if math.isnan(value):
        return MISSING
    before = f"{prefix(mark)} " if mark else ""
    if value == 0 or math.isinf(value):
        return f"{before}{value:g}"
    digits, _, exponent = f"{value:.2e}".partition("e")
    rounded, power = float(f"{value:.2e}"), int(exponent)
    if short:
        return f"{before}{rounded:,.10g}" if -5 < power < 6 else f"{before}{float(digits):g}e{power}"
    if -3 <= power < 6:
        return f"{before}{rounded:,.{max(2 - power, 0)}f}"
    return f"{before}{digits} × 10{str(power).translate(_SUPERSCRIPT)}"


def review(study: Study) -> str:
    """Who reviewed a study, and what it lacks of a public comparison: the sentence that every report carries."""
    names, lacks = reviewers(study), [_DEMANDS[demand] for demand in unmet(study)]
    said = f"Reviewed by: {'; '.join(names)}. No ISO conformity claimed." if names else NOT_REVIEWED
    if not lacks:
        return said
    return f"{said} It is marked as a public comparison, which demands {', '.join(lacks)}: do not publish it as it is."


CASES = {
    BreakEvenCase.FROM: "lower from N* on",
    BreakEvenCase.NOT_REACHED: "not reached",
    BreakEvenCase.UNTIL: "lower up to N*",
    BreakEvenCase.ALWAYS: "always lower",
    BreakEvenCase.NEVER: "never lower",
    BreakEvenCase.EQUAL: "equal",
}
"""A break-even's case where N* stands beside it."""
_NO_SAVING = "no saving that the repeats can tell"


def break_even(row: Row) -> str:
    """A row of `break_evens`: a loss and a null result as plainly as a gain."""
    if row.verdict == Verdict.NOT_COMPARABLE:
        return str(Verdict.NOT_COMPARABLE)
    if not row.case:
        return "indeterminate: a score is missing"
    if row.gaps:
        left = f"indeterminate: {counted(len(row.gaps), 'gap')} left"
        return "; ".join([left, *_whatever_the_gaps_hold(row)])
    if row.negligible:
        return "indeterminate: within what is negligible"
    crossing = _crossing(row, row.case, row.amount, row.amount)
    if row.told is False:
        return "; ".join([_NO_SAVING, f"on average {crossing}", *_by_the_repeats(row)])
    return "; ".join([crossing, *_by_the_repeats(row)])


def _whatever_the_gaps_hold(row: Row) -> list[str]:
    if row.told is False:
        return [f"{_NO_SAVING} in what is known"]
    if not row.gap_case:
        return []
    crossing = _crossing(row, row.gap_case, row.gap_low, row.gap_high)
    return [f"whatever they hold, {crossing}", *(f"{text} for what is known" for text in _by_the_repeats(row))]


def _by_the_repeats(row: Row) -> list[str]:
    """The interval of N*, where there is one."""
    if math.isnan(row.low):
        return []
    low, high = number(row.low, short=True), number(row.high, short=True)
    if math.isinf(row.high):
        high = "no end" if row.extra < 0 else "no point at all"
    elif row.case == BreakEvenCase.FROM and row.high > row.reach:
        high = f"{high}, {number(row.reach, short=True)} are served"
    return [f"by the repeats between {low} and {high}"]


def _crossing(row: Row, case: Case, low: float, high: float) -> str:
    """A case with its N*, or with the ends that N* lies between."""
    point, end = number(low, short=True), number(high, short=True)
    if point != end:
        point = f"between {point} and {end}"
    served = f"{number(row.reach, short=True)} are served"
    match case:
        case BreakEvenCase.UNTIL if low > row.reach:
            return f"lower all its life: up to {point} {row.service}, {served}"
        case BreakEvenCase.UNTIL:
            return f"lower only up to {point} {row.service}"
        case BreakEvenCase.FROM if not low > row.reach:
            return f"lower from {point} {row.service} on"
        case BreakEvenCase.FROM | BreakEvenCase.NOT_REACHED:
            return f"not reached: {point} {row.service} are needed, {served}"
        case BreakEvenCase.ALWAYS:
            return "lower from the first on"
        case BreakEvenCase.NEVER:
            return "never lower: higher from the first on"
    return "equal"


def counted(count: int, noun: str) -> str:
    """`1 gap`, `2 gaps`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
