"""The sheets By_Phase and By_Stage: every score by phase, and by phase and stage of the life cycle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from lca.languages import gettext, gettext_noop, gettexts
from lca.methods.categories import CATEGORIES
from lca.report.excel.cells import ABSENT, UNDEFINED, UNKNOWN, Cell, place, prefix
from lca.report.excel.charts import PATTERNS, Chart, ChartSeries, height, insert
from lca.report.excel.sheet import Book, Sheet
from lca.report.excel.sheets.readme import state_style
from lca.report.palette import colour_of_phase, colour_of_stage
from lca.report.view import View, rows
from lca.report.words import joined, part_of_life, phase_word
from lca.study.study import Study
from lca.study.upstream import marks_of_parts, parts_of_life, worst
from lca.system.parts import ProductSystem
from lca.vocabulary import Completeness, Mark, Phase

_SHARED = 5
"""Columns before the parts."""
_MOST_BARS = 20
_NOTE = gettext_noop(
    "The score is the sum of its row, and every part that of its rows of Data_Long. Before a number, ≥ means that the "
    "part is incomplete and can only grow, ? that the sign of what is missing is unknown; a gap that belongs to a "
    "phase and to no stage of it marks all its stages. –: the scenario has no such part."
)


class _Words(NamedTuple):
    """What is said of one way to cut a score."""

    heading: str
    title: str
    of_known: str
    alt: str


def by_stage(book: Book, view: View) -> None:
    """By_Stage: a row per category and scenario; phases and stages side by side, their sum, their shares."""
    sheet = book.sheet("By_Stage", gettext("Scores by phase and stage"), gettext(_NOTE))
    said = _Words(
        gettext("score by phase and stage"),
        gettext("{category} by phase and stage"),
        gettext("{category} by phase and stage (known parts only)"),
        gettext(
            "Stacked bars: the score of {category} of {scenarios}, by phase and stage. The table above has the "
            "numbers. {incomplete}"
        ),
    )
    _write(sheet, view, said, parts_of_life(view.study.systems))


def by_phase(book: Book, view: View) -> None:
    """By_Phase: the same by phase alone."""
    present = {e.phase for system in view.study.systems for e in system.exchanges}
    sheet = book.sheet("By_Phase", gettext("Scores by phase"), gettext(_NOTE))
    said = _Words(
        gettext("score by phase"),
        gettext("{category} by phase"),
        gettext("{category} by phase (known parts only)"),
        gettext(
            "Stacked bars: the score of {category} of {scenarios}, by phase. The table above has the numbers. "
            "{incomplete}"
        ),
    )
    _write(sheet, view, said, [(phase,) for phase in Phase if phase in present])


def _write(sheet: Sheet, view: View, said: _Words, parts: Sequence[tuple[str, ...]]) -> None:
    known = _known(view.study, len(parts[0]))
    last = _SHARED + len(parts)
    sheet.span(sheet.row, _SHARED, last - 1, said.heading)
    sheet.span(sheet.row, last, last + len(parts) - 1, gettext("share of what is known"))
    sheet.row += 1
    headings = [part_of_life(*part) if len(part) > 1 else phase_word(*part) for part in parts]
    header = sheet.row
    first = header + 1
    pairs = [(category, system) for category in view.study.categories for system in view.study.systems]
    sheet.table(
        [*gettexts("impact category", "scenario", "unit", "score", "completeness"), *headings, *headings],
        (list(_row(sheet, view, parts, known, *pair, first + number)) for number, pair in enumerate(pairs)),
    )
    sheet.row += 1
    _insert_chart(sheet, view, said, parts, header)
    sheet.finish({0: 30, 1: 30, 2: 16, 4: 15})


def _known(study: Study, width: int) -> Mapping[tuple[str, ...], float]:
    """(scenario, category, phase) or (scenario, category, phase, stage) → its score."""
    columns = ["scenario", "category", "phase", "stage"][: 2 + width]
    summed = study.table.groupby(columns)["score"].sum().reset_index()
    return {tuple(row[:-1]): float(row.score) for row in rows(summed)}


def _row(
    sheet: Sheet,
    view: View,
    parts: Sequence[tuple[str, ...]],
    known: Mapping[tuple[str, ...], float],
    id: str,
    system: ProductSystem,
    row: int,
) -> Iterator[Cell | str]:
    score, category = view.scores[system.name, id], CATEGORIES[id]
    sum_cell, end = place(row, _SHARED - 2), _SHARED + len(parts) - 1
    yield from (category.title, view.labels[system.name], category.unit)
    formula = f"=SUM({place(row, _SHARED)}:{place(row, end)})"
    yield UNKNOWN if score.missing else Cell(score.value, formula, "total")
    yield Cell(score.word, style=state_style(score.completeness))
    cells = []
    marks = _marks(view.study, system, id, len(parts[0]))
    for part in parts:
        value = known.get((system.name, id, *part))
        if part not in marks:
            cells.append(ABSENT)
        elif score.missing or (value is None and marks[part]):
            cells.append(UNKNOWN)
        else:
            summed = sheet.book.total(value or 0.0, system.name, id, *part)
            cells.append(Cell(summed.value, summed.formula, mark=prefix(marks[part])))
    yield from cells
    for column, cell in enumerate(cells, _SHARED):
        if isinstance(cell.value, str):
            yield cell
        elif not score.value:
            yield UNDEFINED
        else:
            yield Cell(cell.value / score.value, f"={place(row, column)}/{sum_cell}", shape="share")


def _marks(study: Study, system: ProductSystem, category: str, width: int) -> dict[tuple[str, ...], Mark]:
    """The mark of every phase and stage, or of every phase: then that of the worst of its stages."""
    marks: dict[tuple[str, ...], Mark] = {}
    for part, mark in marks_of_parts(study, system, category).items():
        marks[part[:width]] = worst((marks.get(part[:width], Mark.NONE), mark))
    return marks


def _insert_chart(sheet: Sheet, view: View, said: _Words, parts: Sequence[tuple[str, ...]], header: int) -> None:
    """Stacked bars for climate change, or the first category: colour is the stage, pattern the phase."""
    categories, names = view.study.categories, view.study.names[:_MOST_BARS]
    id = "climate-change" if "climate-change" in categories else categories[0]
    scores = [view.scores[name, id] for name in names]
    if all(score.missing for score in scores):
        sheet.note(gettext("No chart: the scores of {category} are missing.", category=CATEGORIES[id].title))
        return
    incomplete = [
        gettext("{name}: {text}", name=view.labels[n], text=s.word)
        for n, s in zip(names, scores, strict=True)
        if s.completeness != Completeness.COMPLETE
    ]
    first = header + 1 + categories.index(id) * len(view.study.names)
    shown = ", ".join(view.labels[name] for name in names)
    series = _series(parts, header)
    title = (said.of_known if incomplete else said.title).format(category=CATEGORIES[id].title.capitalize())
    chart = Chart(
        kind="stacked",
        title=title,
        values=gettext("{unit} per functional unit", unit=CATEGORIES[id].unit),
        categories=gettext("scenario"),
        alt=said.alt.format(category=CATEGORIES[id].title, scenarios=shown, incomplete=joined(incomplete)),
        labels=1,
        rows=(first, first + len(names) - 1),
        series=series,
        number_format="General",
    )
    if incomplete:
        note = gettext(
            "Incomplete in the chart: {incomplete}. What is missing has no bar.", incomplete=joined(incomplete)
        )
        sheet.note(note)
    if len(names) < len(view.study.names):
        sheet.note(gettext("The chart shows the first {count} scenarios.", count=len(names)))
    insert(sheet.book.file, sheet, chart, height(len(names), 3, len(series)))


def _series(parts: Sequence[tuple[str, ...]], header: int) -> list[ChartSeries]:
    """With stages, colour is the stage and pattern the phase; without, colour is the phase."""
    phases = list(dict.fromkeys(part[0] for part in parts))
    series = []
    for column, part in enumerate(parts, _SHARED):
        colour = colour_of_stage(part[1]) if len(part) > 1 else colour_of_phase(part[0])
        pattern = PATTERNS[phases.index(part[0]) % len(PATTERNS)] if len(part) > 1 else ""
        series.append(ChartSeries((header, column), column, colour, pattern))
    return series
