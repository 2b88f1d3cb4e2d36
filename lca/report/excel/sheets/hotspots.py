"""The sheet Hotspots: what makes the scores, by part as a reader names it, and by phase and stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lca.languages import gettext, named
from lca.methods.categories import CATEGORIES
from lca.report import words
from lca.report.excel.cells import ABSENT, UNDEFINED, UNKNOWN, Cell, prefix
from lca.report.excel.charts import PATTERNS, Chart, ChartSeries, height, insert
from lca.report.excel.sheet import Book, Sheet
from lca.report.excel.sheets.summary import of_each
from lca.report.palette import OKABE_ITO
from lca.report.view import View, apart
from lca.study.part_kinds import ScoresByPart
from lca.study.upstream import PartOfLife, UpstreamGaps, marks_of_parts, worst
from lca.vocabulary import Mark, PartKind, Role

MOST_BARS = 20
"""Scenarios that the chart shows."""
_FIRST = 4
"""Column of the first part: after category, scenario, unit and score."""
_ORDER = tuple(map(str, PartKind))


def hotspots(book: Book, view: View) -> None:
    """Hotspots: the known scores of the first category by part with a chart, shares in every category, then parts of
    the life cycle with their intervals.
    """
    study = view.study
    id = study.categories[0]
    known = ScoresByPart.of(study)
    parts = sorted({part for _, part in known.inputs}, key=_place)
    gaps = UpstreamGaps(study)
    labels = apart(tuple(view.labels.values()))
    sheet = book.sheet(
        "Hotspots",
        gettext("What makes the scores"),
        gettext(
            "Known scores by part. A part of equipment is what a reader would name, with everything upstream of it: "
            "wafers within a GPU count to the GPU. Delivery and end of life are those of all equipment. Before a "
            "score, ≥ means that it is incomplete and can only grow, ? that the sign of what is missing is unknown."
        ),
    )
    if study.layers:
        sheet.note(*of_each(words.hotspots(study.layers, apart(study.names)), len(study.names)))
        sheet.row += 1
    names = [name for name in study.names if not view.scores[name, id].missing]
    sheet.section(gettext("{category} by part, per functional unit", category=CATEGORIES[id].title.capitalize()))
    header = _head(sheet, parts)
    sheet.rows(list(_row(view, known, gaps, labels, parts, id, name, False)) for name in study.names)
    sheet.row += 1
    if parts and names:
        _chart(sheet, view, parts, id, header)
    sheet.section(gettext("Share of the known score by part, in every category"))
    _head(sheet, parts)
    each = ((id, name) for id in study.categories for name in study.names)
    sheet.rows(list(_row(view, known, gaps, labels, parts, *pair, True)) for pair in each)
    sheet.row += 1
    if study.layers:
        sheet.section(gettext("Phases and stages, with estimates of gaps and their 95 % interval"))
        columns = (
            gettext("impact category"),
            gettext("scenario"),
            gettext("unit"),
            gettext("phase"),
            gettext("stage"),
            gettext("known"),
            gettext("estimated"),
            gettext("low"),
            gettext("high"),
        )
        sheet.table(columns, _parts_of_life(view))
    sheet.finish({0: 30, 1: 30, 2: 16})


def _place(part: str) -> tuple[int, str]:
    """Parts of equipment in their order, then the others by name."""
    return (_ORDER.index(part), "") if part in _ORDER else (len(_ORDER), part)


def said(part: str) -> str:
    """The word for a part, or for a role of the foreground."""
    if part in _ORDER:
        return named(PartKind(part))
    return named(Role(part)) if part in tuple(Role) else part


def _head(sheet: Sheet, parts: Sequence[str]) -> int:
    fixed = (gettext("impact category"), gettext("scenario"), gettext("unit"), gettext("known score"))
    return sheet.head((*fixed, *map(said, parts)))


def _row(
    view: View,
    known: ScoresByPart,
    gaps: UpstreamGaps,
    labels: Mapping[str, str],
    parts: Sequence[str],
    id: str,
    name: str,
    shares: bool,
) -> Iterator[Cell | str | float]:
    score, category = view.scores[name, id], CATEGORIES[id]
    yield from (category.title, labels[view.labels[name]], category.unit)
    yield UNKNOWN if score.missing else Cell(score.value, mark=prefix(score.mark), style="total")
    for part in parts:
        if (name, part) not in known.inputs:
            yield ABSENT
            continue
        value = known.scores.get((name, id, part))
        mark = worst(gaps.mark(name, id, input) for input in known.inputs[name, part])
        if score.missing or (value is None and mark):
            yield UNKNOWN
        elif not shares:
            yield Cell(value or 0.0, mark=prefix(mark))
        else:
            yield Cell((value or 0.0) / score.value, shape="share") if score.value else UNDEFINED


def _parts_of_life(view: View) -> Iterator[list[Cell | str | float]]:
    layers = view.study.layers
    if layers is None:
        return
    study = view.study
    marks = {
        (system.name, id): marks_of_parts(study, system, id) for system in study.systems for id in study.categories
    }
    for row in layers.parts.to_dict("records"):
        category, of_parts = CATEGORIES[row["category"]], marks[row["scenario"], row["category"]]
        yield [
            category.title,
            view.labels[row["scenario"]],
            category.unit,
            row["phase"] or ABSENT,
            row["stage"] or gettext("left open by the scenario"),
            *_ends(view, row, of_parts.get(PartOfLife(row["phase"], row["stage"]))),
        ]


def _ends(view: View, row: Mapping[Any, Any], mark: Mark | None) -> Iterator[Cell]:
    """Known, estimated, and the ends of both together; `mark`: of what is known, None where nothing can be."""
    digits = words.significant(row["known"] + row["estimated"], row["low"], row["high"])
    estimated, of_gaps = words.held(row["estimated"], view.probable[row["scenario"], row["category"]])
    if mark is None:
        yield ABSENT
    else:
        yield UNKNOWN if mark and not row["known"] else Cell(row["known"], digits=digits, mark=prefix(mark))
    yield UNKNOWN if estimated != estimated else Cell(estimated, digits=digits, mark=prefix(of_gaps))
    yield from (Cell(row[key], digits=digits) for key in ("low", "high"))


def _chart(sheet: Sheet, view: View, parts: Sequence[str], id: str, header: int) -> None:
    """Stacked bars, a scenario a bar: a colour and a pattern for each part."""
    names = view.study.names[:MOST_BARS]
    title = gettext("{category} by part, what is known", category=CATEGORIES[id].title.capitalize())
    series = [
        ChartSeries(
            (header, _FIRST + n),
            _FIRST + n,
            OKABE_ITO[n % len(OKABE_ITO)],
            PATTERNS[n // len(OKABE_ITO) % len(PATTERNS)],
        )
        for n in range(len(parts))
    ]
    chart = Chart(
        kind="stacked",
        title=title,
        values=gettext("{unit} per functional unit", unit=CATEGORIES[id].unit),
        categories=gettext("scenario"),
        alt=gettext("Stacked bars: {title}. The table above has the numbers.", title=title),
        labels=1,
        rows=(header + 1, header + len(names)),
        series=series,
        number_format="General",
    )
    if len(names) < len(view.study.names):
        sheet.note(gettext("The chart shows the first {count} scenarios.", count=len(names)))
    insert(sheet.book.file, sheet, chart, height(len(names), 3, len(series)))
