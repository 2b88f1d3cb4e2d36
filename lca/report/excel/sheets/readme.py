"""The sheet README: what the workbook is, what is in it, how to read it, what made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import StrEnum

from lca.languages import gettext, gettext_noop, named
from lca.report.excel.cells import ABSENT, UNKNOWN, Cell, Style
from lca.report.excel.sheet import A4, Book
from lca.report.view import View, apart
from lca.report.words import answers, review
from lca.vocabulary import Completeness, Mark, Verdict

NOT_STATED = gettext_noop("not stated by the analyst")
MOST_IN_TITLE = 4
"""Scenarios that a title names, where the analyst gave none."""

_LEGEND: tuple[tuple[Cell | StrEnum | str, str], ...] = (
    (Completeness.COMPLETE, gettext_noop("Nothing in the product system is known to be left out of the score.")),
    (Mark.AT_LEAST, gettext_noop("Incomplete: the number is the known part, and what is missing can only add to it.")),
    (Mark.SIGN_UNKNOWN, gettext_noop("Incomplete: what is missing may add to the score or lower it.")),
    (
        "?",
        gettext_noop(
            "Before a score or a difference: what is not known may add to it or lower it, so that its sign or size is "
            "open."
        ),
    ),
    (UNKNOWN, gettext_noop("Nothing is known. It is not zero.")),
    (ABSENT, gettext_noop("There is no such exchange or value in this scenario.")),
    (
        Verdict.INDETERMINATE,
        gettext_noop(
            "No verdict: a gap differs between the two scenarios, the difference is within what counts "
            "as negligible, or the repeats cannot tell it."
        ),
    ),
    (
        "▼ ▲ ≈ = ○",
        gettext_noop(
            "Against the first scenario: lower, higher, not told apart, equal, open; in brackets: probably. "
            "Summary and Uncertainty say how sure."
        ),
    ),
    (Cell(gettext_noop("blue"), style="input"), gettext_noop("An input, as a file states it.")),
    (
        Cell(gettext_noop("blue on pale blue"), style="change"),
        gettext_noop("An input that may be changed here: the scores on Live follow."),
    ),
    (
        Cell(gettext_noop("black"), style="text"),
        gettext_noop("A result of the engine, or a formula of this workbook on such results."),
    ),
    (Cell(gettext_noop("green"), style="link"), gettext_noop("A link to another sheet.")),
    (
        Cell(gettext_noop("origin of energy")),
        gettext_noop(
            "counter: an energy counter of the hardware; integrated: sampled power; modelled: utilisation "
            "× a sourced power, not a measurement; imported: another tool's figure; stated: written by hand."
        ),
    ),
)


def title(view: View) -> str:
    """The analyst's title, or the names of the scenarios."""
    stated = next((s.file.report.title for s in view.study.scenarios if s.file.report.title), None)
    names = view.study.names
    if stated or len(names) > MOST_IN_TITLE:
        return stated or gettext(
            "Life-cycle assessment: {name} and {count} others", name=view.labels[names[0]], count=len(names) - 1
        )
    rest = list(apart(names).values())
    named_apart = f"{names[0].removesuffix(rest[0])}{'; '.join(rest)}"
    return gettext("Life-cycle assessment: {names}", names=named_apart)


def readme(book: Book, view: View, sheets: Sequence[tuple[str, str]]) -> None:
    """README, with the sheets that follow: name and description."""
    sheet = book.sheet("README", title(view))
    sheet.note(
        gettext(
            "A life-cycle assessment of an AI workload, made by ai-lca with Brightway from inventory files, scenario "
            "files and measured runs. Scores are those of the functional unit."
        )
    )
    sheet.put(sheet.row, 0, Cell(review(view.study), style="section"))
    sheet.row += 2
    if view.study.layers and view.study.layers.judgements:
        sheet.section(gettext("The answer"))
        for sentence in answers(view):
            sheet.put(sheet.row, 1, Cell(sentence))
            sheet.row += 1
        sheet.row += 1
    sheet.section(gettext("Contents"))
    for name, description in sheets:
        sheet.link(sheet.row, 0, name, name)
        sheet.put(sheet.row, 1, Cell(description))
        sheet.row += 1
    sheet.row += 1
    sheet.section(gettext("Scenarios"))
    for name, label in view.labels.items():
        sheet.put(sheet.row, 0, label)
        sheet.put(sheet.row, 1, _state(view, name))
        sheet.row += 1
    sheet.row += 1
    sheet.section(gettext("Legend"))
    sheet.rows(_legend())
    sheet.row += 1
    sheet.section(gettext("Tool and versions"))
    sheet.rows(view.study.provenance.items())
    sheet.row += 1
    sheet.note(
        gettext(
            "The same study gives the same workbook: the file carries no time of writing. Totals, shares and "
            "differences are formulas; scores and contributions are solved by the engine."
        )
    )
    sheet.finish({0: 30, 1: 100})
    sheet.one_page()
    sheet.page.set_portrait()
    sheet.page.set_paper(A4)


def _legend() -> Iterator[tuple[Cell | str, str]]:
    for key, meaning in _LEGEND:
        word = named(key) if isinstance(key, StrEnum) else key
        if isinstance(key, Cell):
            word = replace(key, value=gettext(str(key.value)))
        yield word, gettext(meaning)


def _state(view: View, name: str) -> str:
    states = [view.scores[name, category].completeness for category in view.study.categories]
    counts = [(state, states.count(state)) for state in Completeness if state in states]
    return gettext(
        "scores of {count} impact categories: {states}",
        count=len(states),
        states=", ".join(f"{number} {named(state)}" for state, number in counts),
    )


def state_style(completeness: str) -> Style:
    """The shade of a completeness word."""
    styles: dict[str, Style] = {"complete": "complete", "partial": "partial", "missing": "missing"}
    return styles[completeness]
