"""All that is said of variants of one service side by side: quality, differences, break-even, fronts, winners."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lca.errors import DifferentUnits, InvalidData
from lca.languages import gettext
from lca.quantities.documents import problem
from lca.study.comparison.breakeven import BreakEvenRow, break_even_rows
from lca.study.comparison.limits import Limits, limited
from lca.study.comparison.minimum_quality import Floor, stated_floors
from lca.study.comparison.selection import Front, pairs, pareto, winners
from lca.study.comparison.services import ConvertedService
from lca.study.comparison.variants import Variant, per_correct, variants
from lca.study.rows import TableRows
from lca.study.study import Study


@dataclass(frozen=True, slots=True)
class Comparison:
    """Scenarios of one functional unit, compared."""

    baseline: str
    floors: tuple[Floor, ...]
    """Asked for, and stated by the functional unit."""
    not_enforced: str
    """The functional unit's quality, where it is no floor that could be read; else empty."""
    variants: tuple[Variant, ...]
    verdicts: TableRows
    """`Study.compare`."""
    break_even: Sequence[BreakEvenRow]
    per_correct: TableRows
    fronts: tuple[Front, ...]
    """One per category."""
    winners: TableRows
    limits: Limits
    candidates: tuple[Variant, ...]
    """The variants, those that do not keep the limits excluded too."""
    selection: TableRows | None
    """`winners` among the candidates; None: there are no limits."""
    converted: tuple[ConvertedService, ...] = ()
    """Scenarios written in another unit of service."""


def comparison(
    study: Study,
    baseline: str = "",
    floors: Iterable[Floor] = (),
    limits: Limits | None = None,
    converted: tuple[ConvertedService, ...] = (),
) -> Comparison:
    """Compare the scenarios of a study with the baseline (default the first) and with each other.

    `converted`: what `same_service` made of scenarios that are written in another unit of service.

    Raises UsageError where there is no such baseline, InvalidData where the functional units differ.
    """
    first = study.baseline(baseline)
    other = [name for name in study.names if study.functional_unit(name) != study.functional_unit(first)]
    if other:
        raise InvalidData(
            [
                problem(name, 0, ("functional_unit",), DifferentUnits(gettext("not that of {first!r}", first=first)))
                for name in other
            ]
        )
    asked, wanted = tuple(floors), limits or Limits()
    compared, proven = variants(study, asked), pairs(study)
    candidates = limited(compared, wanted)
    stated, text = next((stated_floors(s) for s in study.scenarios), ((), ""))
    return Comparison(
        first,
        (*asked, *stated),
        text,
        compared,
        study.differences(first),
        break_even_rows(study, first),
        per_correct(study, compared),
        tuple(pareto(study, compared, category, proven=proven) for category in study.categories),
        winners(study, compared, proven),
        wanted,
        candidates,
        winners(study, candidates, proven) if wanted else None,
        converted,
    )
