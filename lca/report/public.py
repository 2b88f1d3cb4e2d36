"""What a comparison that is meant for the public demands, and what may be said of review."""

from __future__ import annotations

from lca.study.study import Study

NOT_REVIEWED = "Not reviewed; no ISO conformity claimed."


def reviewed(study: Study) -> str:
    """Who reviewed the study, where every scenario says so; else empty."""
    named = [scenario.file.report.review for scenario in study.scenarios]
    return "; ".join(dict.fromkeys(name for name in named if name)) if named and all(named) else ""


def unmet(study: Study) -> tuple[str, ...]:
    """What a study that is marked as a public comparison lacks; empty where it is not marked as one.

    Nothing in this package weights scores, so the demand that none be weighted is always met.
    """
    if not any(scenario.file.report.public_comparison for scenario in study.scenarios):
        return ()
    lacks = []
    if len({study.functional_unit(name) for name in study.names}) > 1:
        lacks.append("an equal functional unit of all scenarios")
    lacks.append("an analysis of sensitivity and of uncertainty")
    if not reviewed(study):
        lacks.append("a named review")
    return tuple(lacks)


def review(study: Study) -> str:
    """The sentence that every report carries."""
    who = reviewed(study)
    said = f"Reviewed by: {who}. No ISO conformity claimed." if who else NOT_REVIEWED
    lacks = unmet(study)
    if not lacks:
        return said
    return f"{said} It is marked as a public comparison, which demands {', '.join(lacks)}: do not publish it as it is."
