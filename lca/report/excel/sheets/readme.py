"""The sheet README: what the workbook is, what is in it, how to read it, what made it."""

from __future__ import annotations

from collections.abc import Sequence

from lca.languages import gettext
from lca.report.excel.cells import ABSENT, UNKNOWN, Cell, Style
from lca.report.excel.sheet import A4, Book
from lca.report.view import View
from lca.report.words import answers, review
from lca.vocabulary import Completeness, Mark

NOT_STATED = "not stated by the analyst"

_LEGEND: tuple[tuple[Cell | str, str], ...] = (
    ("complete", "Nothing in the product system is known to be left out of the score."),
    (Mark.AT_LEAST, "Incomplete: the number is the known part, and what is missing can only add to it."),
    (Mark.SIGN_UNKNOWN, "Incomplete: what is missing may add to the score or lower it."),
    ("?", "Before a number: incomplete, sign unknown. Before a difference: the verdict is indeterminate."),
    (UNKNOWN, "Nothing is known. It is not zero."),
    (ABSENT, "There is no such exchange or value in this scenario."),
    (
        "indeterminate",
        "No verdict: a gap differs between the two scenarios, the difference is within what counts "
        "as negligible, or the repeats cannot tell it.",
    ),
    (
        "▼ ▲ ≈ =",
        "Against the first scenario: lower, higher, not told apart, equal; in brackets: probably. "
        "Summary and Uncertainty say how sure.",
    ),
    (Cell("blue", style="input"), "An input, as a file states it."),
    (Cell("blue on pale blue", style="change"), "An input that may be changed here: the scores on Live follow."),
    (Cell("black", style="text"), "A result of the engine, or a formula of this workbook on such results."),
    (Cell("green", style="link"), "A link to another sheet."),
    (
        "origin of energy",
        "counter: an energy counter of the hardware; integrated: sampled power; modelled: utilisation "
        "× a sourced power, not a measurement; imported: another tool's figure; stated: written by hand.",
    ),
)


def title(view: View) -> str:
    """The analyst's title, or the names of the scenarios."""
    stated = next((s.file.report.title for s in view.study.scenarios if s.file.report.title), None)
    return stated or gettext("Life-cycle assessment: {names}", names=", ".join(view.labels.values()))


def readme(book: Book, view: View, sheets: Sequence[tuple[str, str]]) -> None:
    """README, with the sheets that follow: name and description."""
    sheet = book.sheet("README", title(view))
    sheet.note(
        "A life-cycle assessment of an AI workload, made by ai-lca with Brightway from inventory files, scenario files "
        "and measured runs. Scores are those of the functional unit."
    )
    sheet.put(sheet.row, 0, Cell(review(view.study), style="section"))
    sheet.row += 2
    if view.study.layers and view.study.layers.judgements:
        sheet.section("The answer")
        for sentence in answers(view):
            sheet.put(sheet.row, 1, Cell(sentence))
            sheet.row += 1
        sheet.row += 1
    sheet.section("Contents")
    for name, description in sheets:
        sheet.link(sheet.row, 0, name, name)
        sheet.put(sheet.row, 1, Cell(description))
        sheet.row += 1
    sheet.row += 1
    sheet.section("Scenarios")
    for name, label in view.labels.items():
        sheet.put(sheet.row, 0, label)
        sheet.put(sheet.row, 1, _state(view, name))
        sheet.row += 1
    sheet.row += 1
    sheet.section("Legend")
    sheet.rows(_LEGEND)
    sheet.row += 1
    sheet.section("Tool and versions")
    sheet.rows(view.study.provenance.items())
    sheet.row += 1
    sheet.note(
        "The same study gives the same workbook: the file carries no time of writing. Totals, shares and differences "
        "are formulas; scores and contributions are solved by the engine."
    )
    sheet.finish({0: 30, 1: 100})
    sheet.one_page()
    sheet.page.set_portrait()
    sheet.page.set_paper(A4)


def _state(view: View, name: str) -> str:
    states = [view.scores[name, category].completeness for category in view.study.categories]
    counts = [(state, states.count(state)) for state in Completeness if state in states]
    return f"scores of {len(states)} impact categories: " + ", ".join(f"{number} {state}" for state, number in counts)


def state_style(completeness: str) -> Style:
    """The shade of a completeness word."""
    styles: dict[str, Style] = {"complete": "complete", "partial": "partial", "missing": "missing"}
    return styles[completeness]
