"""Sentences for people, made from codes: one function each."""

from __future__ import annotations

import math

from lca.report.excel.cells import MISSING, prefix
from lca.study.public_comparison import Demand, reviewers, unmet
from lca.study.study import Study

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
