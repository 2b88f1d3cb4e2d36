"""The sheets Contrib_Process, Contrib_Flow and Contrib_FirstTier: what every score is made of, in three partitions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lca.languages import gettext, gettexts, ngettext
from lca.methods.categories import CATEGORIES
from lca.report.excel.cells import ABSENT, UNDEFINED, UNKNOWN, Cell, place, prefix
from lca.report.excel.sheet import Book, Sheet
from lca.report.excel.sheets.readme import state_style
from lca.report.view import View, rows
from lca.report.words import phase_word, role_word, stage_word
from lca.study.upstream import UpstreamGaps

MOST = 10
"""Contributions named for each score; the others are summed."""


class ContributionGroup(NamedTuple):
    """One contribution: the cells that name it, its number, its mark, and where it stands in Data_Long."""

    words: Sequence[Cell | str | float]
    score: float
    mark: str
    rows: Cell


Parts = Callable[[str, str, Sequence[Any]], Iterator[ContributionGroup]]
"""Scenario, category and the largest entries of a view → their parts."""


def contrib_process(book: Book, view: View) -> None:
    """Contrib_Process: the activities that emit."""
    sheet = book.sheet(
        "Contrib_Process",
        gettext("Contributions of activities"),
        gettext(
            "An activity's own direct flows, by the phase and stage of the exchange that demands it; {rule} An "
            "activity of which nothing is known has no row: see Completeness.",
            rule=_rule(),
        ),
    )

    def parts(name: str, category: str, entries: Sequence[Any]) -> Iterator[ContributionGroup]:
        cover = view.study.coverage[name, category]
        partial = {item.name for item in cover.items}
        for entry in entries:
            activity = view.study.activities[entry.activity]
            words = [
                phase_word(entry.phase),
                stage_word(entry.stage),
                activity.id,
                activity.name,
                activity.location or gettext("not stated"),
            ]
            where = book.rows((name, category, entry.phase, entry.stage), activity=activity.id)
            yield ContributionGroup(
                words, float(entry.score), prefix(cover.mark) if activity.id in partial else "", where
            )

    _write(
        sheet,
        view,
        gettexts("phase", "stage", "activity", "name", "location"),
        _grouped(view.study.contributions()),
        parts,
    )


def contrib_first_tier(book: Book, view: View) -> None:
    """Contrib_FirstTier: foreground exchanges, everything upstream folded in."""
    sheet = book.sheet(
        "Contrib_FirstTier",
        gettext("Contributions of the foreground's exchanges"),
        gettext("What an exchange of the foreground and everything upstream of it emit; {rule}", rule=_rule()),
    )
    keys = ("phase", "stage", "role", "input")
    upstream = UpstreamGaps(view.study)

    def parts(name: str, category: str, entries: Sequence[Any]) -> Iterator[ContributionGroup]:
        for entry in entries:
            words = [phase_word(entry.phase), stage_word(entry.stage), role_word(entry.role)]
            words += [entry.input, view.study.activities[entry.input].name]
            key = (name, category, entry.phase, entry.stage)
            where = book.rows(key, role=entry.role, input=entry.input)
            mark = prefix(upstream.mark(name, category, entry.input))
            yield ContributionGroup(words, float(entry.score), mark, where)

    _write(
        sheet,
        view,
        gettexts("phase", "stage", "role", "input", "name"),
        _grouped(view.study.contributions(None, *keys)),
        parts,
    )


def contrib_flow(book: Book, view: View) -> None:
    """Contrib_Flow: elementary flows of the whole product system."""
    sheet = book.sheet(
        "Contrib_Flow",
        gettext("Contributions of elementary flows"),
        gettext(
            "A flow of the whole product system × its factor; {rule} Results that others published have no flows: they "
            "are one row. Data_Long does not tell flows apart: it names no rows here.",
            rule=_rule(),
        ),
    )
    groups = _grouped(view.study.flows())
    for entries in groups.values():
        entries.sort(key=lambda entry: -abs(entry.score))

    def parts(name: str, category: str, entries: Sequence[Any]) -> Iterator[ContributionGroup]:
        mark = prefix(view.study.coverage[name, category].mark)
        for entry in entries:
            words = [entry.name, entry.compartment, entry.amount, entry.unit]
            if not entry.flow:
                words = [gettext("published results, no flows"), ABSENT, ABSENT, ABSENT]
            yield ContributionGroup(words, float(entry.score), mark, ABSENT)

    _write(sheet, view, gettexts("elementary flow", "compartment", "amount", "unit of the flow"), groups, parts)


def _rule() -> str:
    return gettext(
        "the {count} largest of each score, and all others as one row. They sum to the score. With credits, shares go "
        "beyond 100 %. ≥ or ? before a contribution: it is incomplete itself.",
        count=MOST,
    )


def _grouped(table: Any) -> dict[tuple[str, str], list[Any]]:
    groups: dict[tuple[str, str], list[Any]] = {}
    for entry in rows(table):
        groups.setdefault((entry.scenario, entry.category), []).append(entry)
    return groups


def _write(
    sheet: Sheet, view: View, names: Sequence[str], groups: Mapping[tuple[str, str], list[Any]], parts: Parts
) -> None:
    end = gettexts("contribution", "unit", "share of the score", "score", "completeness", "rows of Data_Long")
    columns = (*gettexts("impact category", "scenario", "rank"), *names, *end)
    table: list[list[Cell | str | float]] = []
    for category in view.study.categories:
        for name in view.study.names:
            entries = groups.get((name, category), [])
            table += _rows(sheet, view, (name, category), len(names), entries, parts, len(table))
    sheet.table(columns, table)
    sheet.finish()


def _rows(
    sheet: Sheet, view: View, key: tuple[str, str], width: int, entries: list[Any], parts: Parts, before: int
) -> Iterator[list[Cell | str | float]]:
    score, category = view.scores[key], CATEGORIES[key[1]]
    fixed: list[Cell | str | float] = [category.title, view.labels[key[0]]]
    end: list[Cell | str | float] = [
        Cell(score.value, mark=prefix(score.mark)),
        Cell(score.word, style=state_style(score.completeness)),
    ]
    if score.missing or not entries:
        what = UNKNOWN if score.missing else Cell(gettext("none"))
        yield [*fixed, *(ABSENT,) * (width + 1), what, category.unit, ABSENT, *end, ABSENT]
        return
    shown = list(parts(*key, entries[:MOST]))
    others = entries[MOST:]
    if others:
        words: list[Cell | str | float] = [ABSENT] * width
        at = 2 if width > 4 else 0  # after phase and stage, where the columns begin with them
        words[at : at + 2] = [
            gettext("all others"),
            ngettext("{count} smaller contribution", "{count} smaller contributions", len(others)),
        ]
        rest = sum(float(entry.score) for entry in others)
        shown.append(ContributionGroup(words, rest, prefix(score.mark), ABSENT))
    first = sheet.row + 1 + before
    for number, part in enumerate(shown):
        rank = ABSENT if others and number == len(shown) - 1 else Cell(float(number + 1), shape="count")
        here = place(first + number, 3 + width), place(first + number, 6 + width)
        share = UNDEFINED
        if score.value:
            share = Cell(part.score / score.value, f"={here[0]}/{here[1]}", shape="share")
        amount = Cell(part.score, mark=part.mark)
        yield [*fixed, rank, *part.words, amount, category.unit, share, *end, part.rows]
