"""Published values out of proportion to the other categories of their activity are set aside until explained.

Sources of this field hold a heatsink with two person-years of cancer. Each value is divided by the impact of one
person in one year; more than ten times the median of the activity's categories counts as missing.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import replace

from pydantic import Field

from lca.errors import Fault, Problem
from lca.inventory.activity import Activity, Result
from lca.inventory.published import value_of
from lca.languages import Deferred
from lca.methods.library import category
from lca.quantities.documents import Document
from lca.quantities.records import Record
from lca.quantities.sources import Source

FACTOR = 10.0
FEWEST = 3
_QUARANTINED = Deferred("quarantined: normalised, {times} times the activity's median category")


class NormalisationFile(Record):
    """inventories/normalisation.toml"""

    factors: dict[str, str]
    """Category → impact of one person in one year, in the category's unit."""
    source: str
    sources: dict[str, Source] = Field(default_factory=dict)


def read_normalisation(document: Document) -> tuple[dict[str, float], list[Problem]]:
    """Impact per person and year by category, and everything that is wrong in the file."""
    record, problems = document.validate(NormalisationFile)
    factors: dict[str, float] = {}
    for id, text in record.factors.items() if record else ():
        try:
            factors[id] = value_of(text, category(id).unit).number
        except Fault as fault:
            problems.append(document.problem(("factors", id), fault))
    return factors, problems


def quarantined(activity: Activity, normalisation: Mapping[str, float]) -> Activity:
    """The activity with the values refused that are over ten times its median category, unless explained."""
    shares = {r.category: r.value / normalisation[r.category] for r in activity.results if r.category in normalisation}
    if len(shares) < FEWEST:
        return activity
    median = statistics.median(shares.values())

    def judged(result: Result) -> Result:
        times = shares.get(result.category, 0.0) / median if median > 0 else 0.0
        if times <= FACTOR or result.explained or result.refused:
            return result
        return replace(result, refused=_QUARANTINED(times=f"{times:.3g}"))

    return replace(activity, results=tuple(judged(result) for result in activity.results))
