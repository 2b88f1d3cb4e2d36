"""What compressing is worth, as tables of the sheet Model_Compression: break-even, winners, scores per right result."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from lca.methods.categories import CATEGORIES
from lca.report.compressed.ranks import Ranking
from lca.report.compressed.variants import Service
from lca.report.excel.cells import MISSING, Cell, place, prefix
from lca.report.excel.sheet import Sheet
from lca.report.view import View, rows
from lca.study.comparison.breakeven import break_evens
from lca.study.comparison.breakeven_row import Row

ABSENT = Cell("–", style="absent")
_MOST = 2
"""Gaps named in a cell; the sheet Completeness has all."""
_CASES = {
    "from": "lower from N* on",
    "not reached": "not reached",
    "until": "lower up to N*",
    "always": "always lower",
    "never": "never lower",
    "equal": "equal",
    "": MISSING,
}


def break_even(sheet: Sheet, view: View, service: Service, title: str) -> None:
    """Every other scenario of the service against its baseline: a block of all categories for each."""
    base, unit = view.labels[service.baseline], service.unit
    sheet.section(f"Break-even against {base}{title}")
    sheet.note(
        f"Over a service of N {unit} a variant scores extra − saving × N more than {base}: what it takes once more, "
        f"less what it saves per {unit}; N* = extra / saving. Low and high: 95 % intervals by the repeats of the "
        "records, missing where there are none. ?: of what is known, as gaps are left that do not cancel; the case is "
        "then what holds whatever they hold, or open. Served: what the one-off effort is for."
    )
    sheet.row += 1
    found = list(rows(break_evens(view.study, service.baseline)))
    for model in service.models:
        variant = model.variant
        if variant.scenario != service.baseline:
            sheet.section(view.labels[variant.scenario] + " (excluded from winners and fronts)" * variant.excluded)
            _block(sheet, unit, [row for row in found if row.scenario == variant.scenario])


def _block(sheet: Sheet, unit: str, found: Sequence[Row]) -> None:
    for text, start, end in (("extra, taken once", 4, 6), (f"saving per {unit}", 7, 9), (f"N* [{unit}]", 10, 12)):
        sheet.span(sheet.row, start, end, text)
    sheet.row += 1
    sheet.head(
        (
            "impact category",
            "verdict",
            "gaps left",
            "unit",
            "extra",
            "low, 95 %",
            "high, 95 %",
            "saving",
            "low, 95 %",
            "high, 95 %",
            "N*",
            "low, 95 %",
            "high, 95 %",
            f"served [{unit}]",
            "case",
        )
    )
    sheet.rows([list(_break_even(row, sheet.row + n)) for n, row in enumerate(found)])
    sheet.row += 1


def _break_even(row: Row, line: int) -> Iterator[Cell | str]:
    mark = "?" * bool(row.gaps)
    more = f"; {len(row.gaps) - _MOST} more" * (len(row.gaps) > _MOST)
    yield CATEGORIES[row.category].title
    yield row.verdict
    yield f"{len(row.gaps)}: {'; '.join(row.gaps[:_MOST])}{more}" if row.gaps else "none" if row.case else MISSING
    yield row.unit
    yield from (Cell(row.extra, mark=mark), Cell(row.extra_low, mark=mark), Cell(row.extra_high, mark=mark))
    yield from (Cell(row.saving, mark=mark), Cell(row.saving_low, mark=mark), Cell(row.saving_high, mark=mark))
    yield from _crossing(row, mark, f"={place(line, 4)}/{place(line, 7)}")
    yield ABSENT if math.isnan(row.reach) else Cell(row.reach, style="input", shape="as written")
    yield _CASES[row.gap_case] if row.gap_case else "open" if row.gaps and row.case else _CASES[row.case]


def _crossing(row: Row, mark: str, formula: str) -> Iterator[Cell | str]:
    """N* and its interval; a dash where there is none."""
    if not row.case:
        yield from (Cell(MISSING),) * 3
        return
    none = math.isnan(row.amount)
    yield ABSENT if none else Cell(row.amount, formula, mark=mark)
    if math.isnan(row.low):
        unknown = not none and math.isnan(row.saving_low)
        yield from (Cell(MISSING) if unknown else ABSENT,) * 2
        return
    yield Cell(row.low, mark=mark)
    yield "no end" if math.isinf(row.high) else Cell(row.high, mark=mark)


def winners(sheet: Sheet, view: View, service: Service, ranking: Ranking, title: str) -> None:
    """The lowest score and the front of every category, and of every variant its place and score per right result."""
    sheet.section(f"Winners, fronts, and scores per right result{title}")
    sheet.note(
        f"Score per right result: the score per {service.unit} over the share of results that are right"
        f"{f' ({ranking.metric})' if ranking.metric else ''}, so that the right ones carry the wrong ones.",
        *ranking.reasons(),
        "Lowest is what the differences of two scores prove to be lowest; where gaps leave it open, there is no "
        "verdict. On the front is whom no other beats in quality and score at once; ?: gaps leave open whether "
        f"another does; behind: another is proven to. {ranking.tally}",
    )
    metric = service.metric or "quality"
    columns = ["impact category", "lowest score", f"front of {metric} against score", "unit"]
    for name in service.names:
        sheet.span(sheet.row, len(columns), len(columns) + 1, view.labels[name])
        columns += ["per right result", "place"]
    sheet.row += 1
    sheet.head(columns)
    for id in view.study.categories:
        cells: list[Cell | str] = [CATEGORIES[id].title, ranking.winner(id), ranking.front(id), CATEGORIES[id].unit]
        for name in service.names:
            row = ranking.right[name, id]
            cells += [Cell(row["per_correct"], mark=prefix(row["mark"])), ranking.place(name, id)]
        sheet.rows([cells])
    sheet.row += 1
