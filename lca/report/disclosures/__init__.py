"""Disclosures of a study: one file for each, all of one shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from inspect import signature

from lca.errors import UsageError
from lca.report.disclosures import ademe, ai_act, exported, ghg, ml_costs, sci, sci_ai
from lca.report.disclosures.shape import Disclosure, Field, Section
from lca.report.words import layered, review
from lca.study.study import Study

__all__ = ["DISCLOSURES", "Disclosure", "Field", "Section", "disclosure"]

DISCLOSURES: Mapping[str, Callable[..., Disclosure]] = {
    "ghg-protocol": ghg.disclose,
    "sci": sci.disclose,
    "sci-ai": sci_ai.disclose,
    "eu-ai-act": ai_act.disclose,
    "ademe": ademe.disclose,
    "model-card": exported.model_card,
    "boamps": exported.boamps,
    "ml-costs": ml_costs.disclose,
}
"""Name → what makes it; its keywords are its options."""


def disclosure(study: Study, name: str, **options: str) -> Disclosure:
    """A disclosure of a study of scenarios. Raises UsageError for an unknown name or option."""
    if name not in DISCLOSURES:
        raise UsageError(f"no disclosure {name[:80]!r}; there are: {', '.join(DISCLOSURES)}")
    if not study.scenarios:
        raise UsageError("a disclosure needs scenarios: this study is of a single activity")
    known = list(signature(DISCLOSURES[name]).parameters)[1:]
    if unused := sorted(options.keys() - known):
        has = ", ".join(known) or "none"
        raise UsageError(f"the disclosure {name} has no option {', '.join(unused)}; it has: {has}")
    made = DISCLOSURES[name](study, **options)
    return replace(made, notes=(*made.notes, *layered(study), review(study)))
