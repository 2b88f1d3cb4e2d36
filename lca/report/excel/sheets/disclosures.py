"""Disclosures as sheets: a field a row, formulas live."""

from __future__ import annotations

import re

from lca.languages import gettext, gettext_noop, gettexts
from lca.report.disclosures import Field, Section, disclosure
from lca.report.disclosures.shape import STATUS
from lca.report.excel.cells import ABSENT, Cell, place, prefix
from lca.report.excel.sheet import Book
from lca.report.excel.sheets.costs import has_prices
from lca.report.view import View
from lca.study.study import Study

ON_SHEETS = {
    "sci": gettext_noop("Software Carbon Intensity (ISO/IEC 21031)"),
    "sci-ai": gettext_noop("SCI for AI: scores of the consumer and of the provider"),
    "ghg-protocol": gettext_noop("Scopes of the GHG Protocol, from three perspectives"),
    "ademe": gettext_noop("The five indicators of ADEME's rules for digital services"),
    "eu-ai-act": gettext_noop("Computation, training time and energy under the EU AI Act"),
    "ml-costs": gettext_noop("Runtime, device time, energy, utilisation and money of the runs"),
}
"""Disclosure → description of its sheet, in the order of the sheets."""
_NAMES = {
    "sci": "Disclosure_SCI",
    "sci-ai": "Disclosure_SCI_AI",
    "ghg-protocol": "Disclosure_GHG",
    "ademe": "Disclosure_ADEME",
    "eu-ai-act": "AI_Act_GPAI",
    "ml-costs": "Disclosure_ML_Costs",
}
_VALUE = 3
"""Column of the value."""


def sheet_name(name: str) -> str:
    """The name of a disclosure's sheet."""
    return _NAMES[name]


def applies(study: Study, name: str) -> bool:
    """Whether a study has anything to disclose there."""
    if name == "eu-ai-act":
        return any(scenario.file.training for scenario in study.scenarios)
    if name == "ml-costs":
        return has_prices(study) or any(scenario.measurements for scenario in study.scenarios)
    if name == "ademe":
        return bool(study.scenarios)
    return bool(study.scenarios) and any(id.endswith("climate-change") for id in study.categories)


def disclosure_sheet(book: Book, view: View, name: str) -> None:
    """One disclosure, its sections below each other."""
    made = disclosure(view.study, name)
    sheet = book.sheet(sheet_name(name), made.title, *made.notes)
    first = sheet.row + 1
    rows: list[list[Cell | str]] = []
    for section in made.sections:
        places = {field.id: place(first + len(rows) + n, _VALUE) for n, field in enumerate(section.fields)}
        label = view.labels[section.scenario]
        rows += [_row(label, section, field, places) for field in section.fields]
    sheet.table(gettexts("scenario", "view", "field", "value", "unit", "status", "why", "source"), rows)
    sheet.finish({1: 24, 2: 38, 3: 44, 6: 60, 7: 30})


def _row(label: str, section: Section, field: Field, places: dict[str, str]) -> list[Cell | str]:
    return [
        label,
        section.view or ABSENT,
        Cell(field.label, style="total" if field.formula else "text"),
        _value(field, places),
        field.unit or ABSENT,
        gettext(STATUS[field.status]),
        field.why or ABSENT,
        field.source or ABSENT,
    ]


def _value(field: Field, places: dict[str, str]) -> Cell:
    if field.value is None:
        return Cell(STATUS["unknown"], style="absent")
    if isinstance(field.value, str):
        return Cell(field.value)
    formula = re.sub(r"[A-Za-z_]\w*", lambda name: places[name[0]], field.formula.replace(" ", ""))
    return Cell(field.value, f"={formula}" if formula else "", mark=prefix(field.mark))
