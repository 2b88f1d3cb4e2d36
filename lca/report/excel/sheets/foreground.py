"""The sheets LCI_Foreground and Sources: what a service takes, and where every number was read."""

from __future__ import annotations

from lca.languages import gettext, gettexts
from lca.report.excel.cells import ABSENT, Cell
from lca.report.excel.sheet import Book
from lca.report.view import View, rows
from lca.report.words import component_word, file_or_scenario, origin_word, phase_word, role_word, stage_word

_PRINTED = 7
"""Columns of Sources that are printed."""


def lci_foreground(book: Book, view: View) -> None:
    """LCI_Foreground: every exchange of the foreground per functional unit."""
    sheet = book.sheet(
        "LCI_Foreground",
        gettext("Foreground inventory"),
        gettext(
            "What one functional unit takes from the catalogue, how each amount came about, and the origin of the "
            "energy behind it."
        ),
    )
    columns = gettexts(
        "scenario",
        "phase",
        "stage",
        "role",
        "activity",
        "name",
        "amount",
        "unit",
        "how the amount came about",
        "origin",
        "inventory file",
        "sources",
    )
    exchanges = [
        [
            view.labels[r.scenario],
            phase_word(r.phase),
            stage_word(r.stage),
            role_word(r.role),
            r.input,
            r.name,
            float(r.amount),
            r.unit,
            r.formula,
            origin_word(r.origin) or ABSENT,
            file_or_scenario(r.file),
            r.sources or ABSENT,
        ]
        for r in rows(view.study.foreground())
    ]
    sheet.table(columns, exchanges)
    sheet.row += 1
    energy = view.study.energy()
    if len(energy):
        sheet.section(gettext("Electricity per functional unit: the parts of it at the building"))
        sheet.head(gettexts("scenario", "phase", "part", "amount", "unit", "origin"))
        for r in rows(energy):
            part = component_word(r.component)
            words = [view.labels[r.scenario], phase_word(r.phase), part, float(r.amount), r.unit, origin_word(r.origin)]
            sheet.rows([words])
    sheet.finish({8: 60})  # formulas


def sources(book: Book, view: View) -> None:
    """Sources: every source that a file of the study cites."""
    sheet = book.sheet(
        "Sources",
        gettext("Sources"),
        gettext(
            "Confidence: read (in the work itself), secondary (quoted by another), computed (arithmetic in the note), "
            "calibrated (back-solved from a total), assumption (the author's own). On paper up to the confidence; "
            "notes, files and ids stand to the right."
        ),
    )
    cited = view.study.sources()
    works = [key for key in cited.columns if key not in ("file", "source")]
    merged = cited.groupby(works, dropna=False, sort=False).agg({"file": list, "source": list}).reset_index()
    merged = merged.sort_values("title", key=lambda titles: titles.str.casefold(), kind="stable")
    columns = gettexts("title", "authors", "year", "url", "locator", "licence", "confidence", "note", "files", "ids")
    cells: list[list[Cell | str | float]] = []
    for work in rows(merged):
        texts = [ABSENT if value is None or value != value else _text(value) for value in work[: len(works)]]
        cells.append([*texts, "\n".join(dict.fromkeys(work.file)), "\n".join(dict.fromkeys(work.source))])
    sheet.table(columns, cells)
    sheet.finish({0: 70, 1: 40, 2: 8, 3: 50, 4: 44, 5: 36, 6: 14, 7: 60, 8: 40, 9: 30}, printed=_PRINTED)


def _text(value: object) -> str:
    """A year comes out of pandas as a float."""
    return f"{value:.0f}" if isinstance(value, float) else str(value)
