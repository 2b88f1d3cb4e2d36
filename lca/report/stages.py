"""The sheet By_Stage: every score by phase and stage of the life cycle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, get_args

from lca.engine.solve import reached_from
from lca.measurement import Phase
from lca.methods.categories import CATEGORIES
from lca.records import Stage
from lca.report.cells import MISSING, SIGN_UNKNOWN, Cell, prefix
from lca.report.charts import OKABE_ITO, PATTERNS, Chart, Series, height, insert
from lca.report.readme import state_style
from lca.report.sheet import Book, Sheet, place
from lca.report.view import View, rows
from lca.study.study import Study
from lca.system.foreground import ProductSystem

_FIXED = ("impact category", "scenario", "unit", "score", "completeness")
_SHARED = len(_FIXED)
_MOST_BARS = 20


class Part(NamedTuple):
    """A phase and a stage of the life cycle."""

    phase: str
    stage: str


def by_stage(book: Book, view: View) -> None:
    """By_Stage: a row per category and scenario; phases and stages side by side, their sum, their shares."""
    sheet = book.sheet(
        "By_Stage", "Scores by phase and stage", "The score is the sum of its row. Before a number, ≥ means that the "
        "part is incomplete and can only grow, ? that the sign of what is missing is unknown; a gap that belongs to a "
        "phase and to no stage of it marks all its stages. –: the scenario has no such part.",
    )  # fmt: skip
    parts = _parts(view.study)
    known = _known(view.study)
    last = _SHARED + len(parts)
    sheet.span(sheet.row, _SHARED, last - 1, "score by phase and stage")
    sheet.span(sheet.row, last, last + len(parts) - 1, "share of what is known")
    sheet.row += 1
    headings = [f"{part.phase}, {part.stage}" for part in parts]
    header = sheet.row
    first = header + 1
    pairs = [(category, system) for category in view.study.categories for system in view.study.systems]
    sheet.table(
        [*_FIXED, *headings, *headings],
        (list(_row(view, parts, known, *pair, first + number)) for number, pair in enumerate(pairs)),
    )
    sheet.row += 1
    _insert_chart(book, sheet, view, parts, header)
    sheet.finish({0: 30, 1: 30, 2: 16, 4: 15})


def _parts(study: Study) -> list[Part]:
    """The parts that any scenario has, in the order of a life."""
    present = {Part(e.phase, e.stage) for system in study.systems for e in system.exchanges}
    return [p for phase in get_args(Phase) for stage in get_args(Stage) if (p := Part(phase, stage)) in present]


def _known(study: Study) -> Mapping[tuple[str, ...], float]:
    columns = ["scenario", "category", "phase", "stage"]
    summed = study.table.groupby(columns)["score"].sum().reset_index()
    return {(row.scenario, row.category, row.phase, row.stage): float(row.score) for row in rows(summed)}


def _row(
    view: View, parts: Sequence[Part], known: Mapping[tuple[str, ...], float], id: str, system: ProductSystem, row: int
) -> Iterator[Cell | str]:
    score, category = view.scores[system.name, id], CATEGORIES[id]
    total, end = place(row, _SHARED - 2), _SHARED + len(parts) - 1
    yield from (category.title, view.labels[system.name], category.unit)
    formula = f"=SUM({place(row, _SHARED)}:{place(row, end)})"
    yield Cell(MISSING, style="total") if score.missing or not parts else Cell(score.value, formula, "total")
    yield Cell(score.word, style=state_style(score.completeness))
    cells = []
    marks = marks_of_parts(view.study, system, id)
    for part in parts:
        value = known.get((system.name, id, *part))
        if part not in marks:
            cells.append(Cell("–", style="absent"))
        elif score.missing or (value is None and marks[part]):
            cells.append(Cell(MISSING))
        else:
            cells.append(Cell(value or 0.0, mark=prefix(marks[part])))
    yield from cells
    for column, cell in enumerate(cells, _SHARED):
        if isinstance(cell.value, str):
            yield cell
        elif not score.value:
            yield Cell("not defined", style="absent")
        else:
            yield Cell(cell.value / score.value, f"={place(row, column)}/{total}", shape="share")


def marks_of_parts(study: Study, system: ProductSystem, category: str) -> dict[Part, str]:
    """Every part of a system, with the mark of its share of the score; empty: nothing of it is missing.

    A gap of the score counts to a part whose exchanges reach it, as in `lca.study.gaps`; one of the foreground itself
    to every stage of its phase.
    """
    cover, activities = study.coverage[system.name, category], study.activities
    gaps = {item.name for item in cover.items}
    cut = {(id, i.activity) for id, a in activities.items() for i in a.inputs if category in i.negligible}
    marks: dict[Part, str] = {}
    for part in dict.fromkeys(Part(e.phase, e.stage) for e in system.exchanges):
        own = [e for e in system.exchanges if Part(e.phase, e.stage) == part and category not in e.negligible]
        reached = reached_from(activities, [e.input for e in own], cut)
        amounts = [*(e.amount for e in own), *(i.amount for id in reached for i in activities[id].inputs)]
        sign_known = cover.sign_known and all(amount >= 0 for amount in amounts)
        incomplete = not gaps.isdisjoint(reached) or any(gap.phase == part.phase for gap in system.gaps)
        marks[part] = ("≥" if sign_known else SIGN_UNKNOWN) if incomplete else ""
    return marks


def _insert_chart(book: Book, sheet: Sheet, view: View, parts: Sequence[Part], header: int) -> None:
    """Stacked bars for climate change, or the first category: colour is the stage, pattern the phase."""
    categories, names = view.study.categories, view.study.names[:_MOST_BARS]
    id = "climate-change" if "climate-change" in categories else categories[0]
    scores = [view.scores[name, id] for name in names]
    if not parts or all(score.missing for score in scores):
        sheet.note(f"No chart: the scores of {CATEGORIES[id].title} are missing.")
        return
    incomplete = [f"{view.labels[n]}: {s.word}" for n, s in zip(names, scores, strict=True) if s.word != "complete"]
    phases = list(dict.fromkeys(part.phase for part in parts))
    stages = get_args(Stage)
    first = header + 1 + categories.index(id) * len(view.study.names)
    series = [
        Series((header, _SHARED + n), _SHARED + n, OKABE_ITO[stages.index(p.stage)],
               PATTERNS[phases.index(p.phase) % len(PATTERNS)])
        for n, p in enumerate(parts)
    ]  # fmt: skip
    shown = ", ".join(view.labels[name] for name in names)
    chart = Chart(
        kind="stacked",
        title=CATEGORIES[id].title.capitalize() + " by phase and stage" + (" (known parts only)" if incomplete else ""),
        values=f"{CATEGORIES[id].unit} per functional unit",
        categories="scenario",
        alt=f"Stacked bars: the score of {CATEGORIES[id].title} of {shown}, by phase and stage. The table above has "
        f"the numbers. {'; '.join(incomplete)}",
        labels=1,
        rows=(first, first + len(names) - 1),
        series=series,
        number_format="General",
    )
    if incomplete:
        sheet.note(f"Incomplete in the chart: {'; '.join(incomplete)}. What is missing has no bar.")
    if len(names) < len(view.study.names):
        sheet.note(f"The chart shows the first {len(names)} scenarios.")
    insert(book.file, sheet, chart, height(len(names), 3, len(series)))
