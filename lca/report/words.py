"""Sentences for people, made from codes: one function each."""

from __future__ import annotations

from lca.study.public_comparison import Demand, reviewers, unmet
from lca.study.study import Study

NOT_REVIEWED = "Not reviewed; no ISO conformity claimed."
_DEMANDS = {
    Demand.EQUAL_FUNCTIONAL_UNIT: "an equal functional unit of all scenarios",
    Demand.SENSITIVITY_AND_UNCERTAINTY: "an analysis of sensitivity and of uncertainty",
    Demand.REVIEW: "a named review",
}


def review(study: Study) -> str:
    """Who reviewed a study, and what it lacks of a public comparison: the sentence that every report carries."""
    names, lacks = reviewers(study), [_DEMANDS[demand] for demand in unmet(study)]
    said = f"Reviewed by: {'; '.join(names)}. No ISO conformity claimed." if names else NOT_REVIEWED
    if not lacks:
        return said
    return f"{said} It is marked as a public comparison, which demands {', '.join(lacks)}: do not publish it as it is."
