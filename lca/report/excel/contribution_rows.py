"""The rows of Data_Long: the study's table, sorted so that whatever other sheets sum lies together.

A cell of another sheet is a sum over rows of that one, or names them: `L12–L40`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from lca.languages import gettext, ngettext
from lca.report.excel.cells import ABSENT, Cell, place
from lca.study.study import Study
from lca.vocabulary import PHASE_ORDER, Stage

KEYS = ("scenario", "category", "phase", "stage", "role", "input", "activity")
COLUMNS = ("row", *KEYS, "score", "unit", "published")
SCORE = COLUMNS.index("score")
HEADER = 4
"""Row of the header of Data_Long, counted from 0."""
_MOST_RANGES = 6

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ContributionRows:
    """The study's table in the order of the sheet Data_Long, and where everything stands in it."""

    table: pd.DataFrame
    spans: Mapping[tuple[str, ...], Span]
    """First and last row, from 0, of (scenario, category), (…, phase) and (…, phase, stage)."""

    @classmethod
    def of(cls, study: Study) -> ContributionRows:
        orders = {"scenario": study.names, "category": study.categories, "phase": PHASE_ORDER, "stage": tuple(Stage)}
        ranks = [pd.Categorical(study.table[k], orders[k]).codes for k in orders]
        rest = [pd.factorize(study.table[key], sort=True)[0] for key in ("role", "input", "activity")]
        order = np.lexsort([*reversed(rest), *reversed(ranks)])
        spans: dict[tuple[str, ...], Span] = {}
        table = study.table.iloc[order]
        names = [table[key].to_numpy(dtype=object) for key in orders]
        changes = np.flatnonzero(np.any(np.diff([rank[order] for rank in ranks], axis=1), axis=0)) + 1
        starts = [0, *changes.tolist(), len(table)] if len(table) else []
        for start, end in pairwise(starts):
            for length in (2, 3, 4):
                key = tuple(column[start] for column in names[:length])
                spans[key] = (spans.get(key, (start, 0))[0], end - 1)
        return cls(table, spans)

    def total(self, value: float, *key: str) -> Cell:
        """A score with the formula of its sum over the rows of a key; without rows it is a plain number."""
        span = self.spans.get(key)
        if span is None or value != value:
            return Cell(value)
        first, last = (place(HEADER + 1 + row, SCORE, fixed=True) for row in span)
        return Cell(value, f"=SUM(Data_Long!{first}:{last})")

    def rows(self, key: Sequence[str], **where: str) -> Cell:
        """`L12–L40`: the rows of a key that have these values in further columns."""
        span = self.spans.get(tuple(key))
        if span is None:
            return ABSENT
        part = self.table.iloc[span[0] : span[1] + 1]
        matching = np.ones(len(part), dtype=bool)
        for column, value in where.items():
            matching &= (part[column] == value).to_numpy()
        return _ranges(np.flatnonzero(matching) + span[0] + 1)


def _ranges(numbers: Any) -> Cell:
    """Consecutive rows as one range; many ranges are cut."""
    parts = np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1) if len(numbers) else []
    texts = [f"L{part[0]}" if len(part) == 1 else f"L{part[0]}–L{part[-1]}" for part in parts]
    shown, more = texts[:_MOST_RANGES], len(texts) - _MOST_RANGES
    if more > 0:
        shown.append(ngettext("{count} more", "{count} more", more))
    return Cell(gettext("; ").join(shown)) if texts else ABSENT
