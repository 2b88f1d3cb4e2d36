"""What stands in the tables of the page: differences, relative scores, gaps, sources, the analyst's statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lca.languages import gettext, named, translated
from lca.methods.categories import CATEGORIES
from lca.quantities.sources import Source
from lca.report.excel.cells import prefix
from lca.report.html.text import share, state
from lca.report.palette import step
from lca.report.view import ComparedScore, Score, View, rows
from lca.report.words import gap_name, joined, missing, number
from lca.study.study import Study
from lca.system.scenario import Scenario
from lca.vocabulary import FlowState


def gaps_of(score: Score) -> str:
    """How complete a score is, below its number, which says itself that it is missing."""
    return state(score).removeprefix(f"{missing()}, ")


def difference(comparison: ComparedScore, reference: float) -> str:
    """`+0.0125 (+3.1 %)`, after `? ` where there is no verdict; empty where there is no difference."""
    if not comparison.same_unit or comparison.difference != comparison.difference:
        return ""
    mark = "" if comparison.determinate else "? "
    plus = "+" if comparison.difference > 0 else ""
    text = f"{mark}{plus}{number(comparison.difference)}"
    if reference:
        text += f" ({plus}{share(comparison.difference, abs(reference))})"
    return text


class Heat(NamedTuple):
    """A cell of the relative scores."""

    text: str
    shade: str
    """Its classes."""


def heat(view: View, scenario: str, category: str) -> Heat:
    """A score as a share of the largest known one of its category."""
    score, largest = view.scores[scenario, category], largest_alike(view, category)
    if score.missing:
        return Heat(missing(), "heat hatched")
    if not alike(view, scenario, category):
        return Heat(gettext("another functional unit"), "heat hatched")
    if not largest:
        return Heat(number(score.value, score.mark), "heat")
    percent = gettext("{share:.0f} %", share=100 * score.value / largest)
    percent = f"{prefix(score.mark)} {percent}".strip()
    return Heat(percent, f"heat heat-{step(score.value / largest)}")


def largest_alike(view: View, category: str) -> float:
    """The largest known size of a score among the scenarios that deliver what the first delivers; 0: none is known."""
    sizes = [abs(view.scores[n, category].value) for n in view.study.names if alike(view, n, category)]
    return max((size for size in sizes if size == size), default=0.0)


def alike(view: View, scenario: str, category: str) -> bool:
    """Whether a scenario delivers the functional unit of the first."""
    other = view.comparisons.get((scenario, category))
    return other is None or other.same_unit


class GapRow(NamedTuple):
    """A gap, for all scenarios and categories that it is one of for the same reason."""

    name: str
    state: str
    amount: str
    reason: str
    categories: str
    scenarios: str


def gaps(view: View) -> list[GapRow]:
    """Every gap by name."""
    places: dict[tuple[str, ...], list[tuple[str, str, float]]] = {}
    for gap in rows(view.study.gaps()):
        reason = gettext("left open by the scenario") if gap.reasons == gap.gap else translated(gap.reasons)
        key = (gap.gap, gap.state, reason, gap.unit)
        places.setdefault(key, []).append((gap.scenario, gap.category, gap.amount))
    listed = []
    for (name, kind, reason, unit), where in places.items():
        scenarios, categories, amounts = (dict.fromkeys(column) for column in zip(*where, strict=True))
        ends = dict.fromkeys(number(end(amounts)) for end in (min, max))
        titles = _all([CATEGORIES[id].title for id in categories], len(view.study.categories))
        labels = _all([view.labels[scenario] for scenario in scenarios], len(view.labels))
        listed.append(
            GapRow(gap_name(view.study, name), _state(kind), _amounts(list(ends), unit), reason, titles, labels)
        )
    return listed


def _amounts(ends: list[str], unit: str) -> str:
    if len(ends) == 1:
        return f"{ends[0]} {unit}"
    return gettext("{low} to {high} {unit}", low=ends[0], high=ends[1], unit=unit)


def _state(gap: str) -> str:
    return named(FlowState(gap)) if gap else ""


def _all(texts: list[str], number: int) -> str:
    return gettext("all") if len(texts) == number else joined(texts)


def cited(view: View) -> dict[Source, list[str]]:
    """Every source of the study once, with the files that cite it, in the order of their numbers."""
    sources_to_files: dict[Source, list[str]] = {}
    study = view.study
    files: list[tuple[str, Iterable[Source]]] = [(a.file, a.sources.values()) for a in study.activities.values()]
    files += [(c.file, [c.source]) for system in study.systems for e in system.exchanges for c in e.citations]
    files += [(s.shown if s.document else view.labels[s.name], s.file.sources.values()) for s in study.scenarios]
    for file, works in files:
        for source in works:
            citing = sources_to_files.setdefault(source, [])
            if file not in citing:
                citing.append(file)
    return sources_to_files


def statements(study: Study, scenario: Scenario) -> Iterator[tuple[str, str]]:
    """The analyst's text on a scenario and what the engine notes, each with its heading."""
    if scenario.file.comment:
        yield gettext("Comment"), scenario.file.comment
    report = scenario.file.report
    stated = (
        (gettext("Commissioner"), report.commissioner),
        (gettext("Practitioner"), report.practitioner),
        (gettext("Goal"), report.goal),
        (gettext("Audience"), report.audience),
        (gettext("Assumptions"), report.assumptions),
        (gettext("Limitations"), report.limitations),
    )
    yield from ((label, text) for label, text in stated if text)
    system = study.system_by_name[scenario.name]
    for note in system.notes:
        yield gettext("Note"), translated(note)
