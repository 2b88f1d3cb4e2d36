"""One comparison of `break_evens`, and how it is said: a loss and a null result as plainly as a gain."""

from __future__ import annotations

import math
from typing import NamedTuple

_MISSING = math.nan


class Row(NamedTuple):
    """A variant against its baseline in one category; NaN: not known, or there is none."""

    scenario: str
    baseline: str
    category: str
    unit: str
    """Of `extra`; that of the saving is per unit of service."""
    extra: float = _MISSING
    """Taken once, by the variant more than by the baseline."""
    extra_low: float = _MISSING
    """95 % interval of the mean over the repeats; likewise of the saving."""
    extra_high: float = _MISSING
    saving: float = _MISSING
    """Per unit of service, by the variant less than by the baseline."""
    saving_low: float = _MISSING
    saving_high: float = _MISSING
    told: bool | None = None
    """Whether the repeats tell the saving from none: where not, `case` and `amount` are those of the mean alone.
    None: there are no repeats."""
    case: str = ""
    """As in `BreakEven`; empty: not known."""
    amount: float = _MISSING
    """N*, in units of service; also where gaps remain: then of what is known."""
    low: float = _MISSING
    """Interval of N* by the repeats."""
    high: float = _MISSING
    """Infinite where the repeats leave open whether there is an N* at all."""
    reach: float = _MISSING
    """Service that the one-off effort is for."""
    gaps: tuple[str, ...] = ()
    """Those that do not cancel both in the extra and in the saving."""
    gap_case: str = ""
    """Case that holds whatever the gaps hold; empty: there is none, or no gap."""
    gap_low: float = _MISSING
    """Between what N* lies whatever the gaps hold; of the means, without the scatter of the repeats."""
    gap_high: float = _MISSING
    verdict: str = ""

    def words(self, service: str, negligible: bool) -> str:
        """The verdict; `service` is the unit of N*, `negligible` whether a sign hides in what counts as negligible."""
        null = self.saving_low <= 0 <= self.saving_high
        if self.gaps:
            return "; ".join(
                [f"indeterminate: {len(self.gaps)} gap{'s' * (len(self.gaps) > 1)} left", *self._sure(service, null)]
            )
        if negligible:
            return "indeterminate: within what is negligible"
        said = _said(self.case, self.amount, self.amount, self.reach, service)
        if null:
            return "; ".join(["no saving that the repeats can tell", f"on average {said}", *self._range()])
        return "; ".join([said, *self._range()])

    def _sure(self, service: str, null: bool) -> list[str]:
        if null:
            return ["no saving that the repeats can tell in what is known"]
        if not self.gap_case:
            return []
        said = _said(self.gap_case, self.gap_low, self.gap_high, self.reach, service)
        return [f"whatever they hold, {said}", *(f"{text} for what is known" for text in self._range())]

    def _range(self) -> list[str]:
        if math.isnan(self.low):
            return []
        if math.isinf(self.high):
            end = "no end" if self.extra < 0 else "no point at all"
            return [f"by the repeats between {number(self.low)} and {end}"]
        served = f", {number(self.reach)} are served" * (self.case == "from" and self.high > self.reach)
        return [f"by the repeats between {number(self.low)} and {number(self.high)}{served}"]


def _said(case: str, low: float, high: float, reach: float, service: str) -> str:
    point = number(low) if number(low) == number(high) else f"between {number(low)} and {number(high)}"
    if case == "until" and low > reach:
        return f"lower all its life: up to {point} {service}, {number(reach)} are served"
    if case in ("from", "not reached") and low > reach:
        return f"not reached: {point} {service} are needed, {number(reach)} are served"
    return {
        "from": f"lower from {point} {service} on",
        "until": f"lower only up to {point} {service}",
        "always": "lower from the first on",
        "never": "never lower: higher from the first on",
        "equal": "equal",
    }[case]


def number(value: float) -> str:
    """Three significant digits: `0.0125`, `12,300`, `3.1e6`."""
    digits, _, exponent = f"{value:.2e}".partition("e")
    if not exponent or -5 < int(exponent) < 6:
        return f"{float(f'{value:.2e}'):,.10g}"
    return f"{float(digits):g}e{int(exponent)}"
