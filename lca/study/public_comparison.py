"""What a comparison that is meant for the public demands, and who reviewed it."""

from __future__ import annotations

from enum import StrEnum

from lca.study.layers import GapState
from lca.study.study import Study


class Demand(StrEnum):
    """What a public comparison must have."""

    EQUAL_FUNCTIONAL_UNIT = "equal functional unit"
    SENSITIVITY_AND_UNCERTAINTY = "sensitivity and uncertainty"
    NO_ESTIMATES = "no estimates"
    NO_WEIGHTING = "no weighting"
    REVIEW = "review"


def reviewers(study: Study) -> tuple[str, ...]:
    """Who reviewed the study, where every scenario names somebody; else nobody."""
    named = [scenario.file.report.review for scenario in study.scenarios]
    return tuple(dict.fromkeys(name for name in named if name)) if all(named) else ()


def unmet(study: Study) -> tuple[Demand, ...]:
    """What a study that is marked as a public comparison lacks; empty where it is not marked as one.

    Nothing in this package weights scores but categories of the user's own that count scores of others.
    """
    if not any(scenario.file.report.public_comparison for scenario in study.scenarios):
        return ()
    lacks = []
    if len({study.functional_unit(name) for name in study.names}) > 1:
        lacks.append(Demand.EQUAL_FUNCTIONAL_UNIT)
    if study.layers is None:
        lacks.append(Demand.SENSITIVITY_AND_UNCERTAINTY)
    elif GapState.ESTIMATED in study.layers.rows.gaps.column("state"):
        lacks.append(Demand.NO_ESTIMATES)
    if any(method.weights for method in study.methods):
        lacks.append(Demand.NO_WEIGHTING)
    if not reviewers(study):
        lacks.append(Demand.REVIEW)
    return tuple(lacks)
