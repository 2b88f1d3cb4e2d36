"""The tables of the page: scores, relative scores, completeness, gaps, sources, provenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lca.methods.categories import CATEGORIES
from lca.quantities.sources import Source
from lca.report.excel.cells import MISSING, prefix
from lca.report.html.markup import Html, address, element, joined
from lca.report.html.text import citation, number, share, state
from lca.report.palette import step
from lca.report.view import Comparison, Score, View, rows

Row = Sequence[str]


def table(caption: str, head: Row, body: Iterable[Row], wide: bool = True) -> Html:
    """A table that scrolls by itself where it is wider than the page; the first column heads its rows."""
    columns = joined(*(element("th", text, scope="col") for text in head))
    lines = [element("tr", element("th", row[0], scope="row"), *map(_cell, row[1:])) for row in body]
    content = (element("thead", element("tr", columns)), element("tbody", *lines))
    drawn = element("table", element("caption", caption), *content)
    return element("div", drawn, class_="scroll", tabindex="0", role="region", aria_label=caption) if wide else drawn


def _cell(content: str) -> Html:
    return content if isinstance(content, Html) and content.startswith("<td") else element("td", content)


def name(label: str) -> Html:
    """A name out of a file, whose direction of writing does not reach what stands beside it."""
    return element("bdi", label)


def summary(view: View) -> Html:
    """Scores side by side, and the difference of every other scenario from the first."""
    first, *others = view.study.names
    head: list[str] = ["impact category", *(name(view.labels[n]) for n in view.study.names)]
    head += [joined(name(view.labels[n]), " against ", name(view.labels[first])) for n in others]
    body = []
    for id in view.study.categories:
        category = CATEGORIES[id]
        title = joined(category.title, element("small", f"{category.unit}; {category.method}"))
        cells = [_score(view.scores[n, id]) for n in view.study.names]
        cells += [_difference(view.comparisons[n, id], view.scores[first, id].value) for n in others]
        body.append([title, *cells])
    return table("Scores per functional unit", head, body)


def _score(score: Score) -> Html:
    words = state(score).removeprefix(f"{MISSING}, ")
    return element(
        "td", number(score.value, score.mark), element("small", words), class_=f"number {score.completeness}"
    )


def _difference(comparison: Comparison, reference: float) -> Html:
    parts: list[str] = []
    if comparison.same_unit and comparison.difference == comparison.difference:
        mark = "" if comparison.determinate else "? "
        plus = "+" if comparison.difference > 0 else ""
        relative = f" ({plus}{share(comparison.difference, abs(reference))})" if reference else ""
        parts.append(f"{mark}{plus}{number(comparison.difference)}{relative}")
    return element("td", *parts, element("small", comparison.words), class_="number")


def heat_map(view: View) -> Html:
    """Category × scenario: every score as a share of the largest known one of its category."""
    body = []
    for id in view.study.categories:
        largest = largest_alike(view, id)
        body.append([CATEGORIES[id].title, *(_heat(view, n, id, largest) for n in view.study.names)])
    head = ["impact category", *(name(label) for label in view.labels.values())]
    return table("Scores relative to the largest of their category", head, body)


def largest_alike(view: View, category: str) -> float:
    """The largest known size of a score among the scenarios that deliver what the first delivers; 0: none is known."""
    sizes = [abs(view.scores[n, category].value) for n in view.study.names if alike(view, n, category)]
    return max((size for size in sizes if size == size), default=0.0)


def alike(view: View, scenario: str, category: str) -> bool:
    """Whether a scenario delivers the functional unit of the first."""
    other = view.comparisons.get((scenario, category))
    return other is None or other.same_unit


def _heat(view: View, scenario: str, category: str, largest: float) -> Html:
    score = view.scores[scenario, category]
    if score.missing:
        return element("td", MISSING, class_="heat hatched")
    if not alike(view, scenario, category):
        return element("td", "another functional unit", class_="heat hatched")
    if not largest:
        return element("td", number(score.value, score.mark), class_="heat")
    percent = f"{prefix(score.mark)} {100 * score.value / largest:.0f} %".strip()
    return element("td", percent, class_=f"heat heat-{step(score.value / largest)}")


def completeness(view: View) -> Html:
    """Category × scenario: the state of every score and its number of gaps."""
    head = ["impact category", *(name(label) for label in view.labels.values())]
    body = [
        [CATEGORIES[id].title, *(_state(view.scores[n, id]) for n in view.study.names)] for id in view.study.categories
    ]
    return table("State of every score", head, body)


def _state(score: Score) -> Html:
    return element("td", state(score) + " (≥)" * (score.mark == "≥"), class_=score.completeness)


def gaps(view: View) -> Html:
    """Every gap by name; one row for all scenarios and categories that it is a gap of for the same reason."""
    found: dict[tuple[str, ...], list[tuple[str, str, float]]] = {}
    for gap in rows(view.study.gaps()):
        why = "left open by the scenario" if gap.reasons == gap.gap else gap.reasons
        found.setdefault((gap.gap, gap.state, why, gap.unit), []).append((gap.scenario, gap.category, gap.amount))
    if not found:
        return element("p", "None.")
    body = []
    for (what, kind, why, unit), places in found.items():
        scenarios, categories, amounts = (dict.fromkeys(column) for column in zip(*places, strict=True))
        ends = dict.fromkeys(number(end(amounts)) for end in (min, max))
        titles = [CATEGORIES[id].title for id in categories]
        body.append(
            [
                name(what),
                kind,
                f"{' to '.join(ends)} {unit}",
                why,
                _all(titles, len(view.study.categories)),
                name(_all([view.labels[scenario] for scenario in scenarios], len(view.labels))),
            ]
        )
    head = ("gap", "state", "amount", "what is not known", "impact categories", "scenarios")
    return table("Gaps: what the scores do not cover", head, body)


def _all(texts: list[str], number: int) -> str:
    return "all" if len(texts) == number else "; ".join(texts)


def cited(view: View) -> dict[Source, list[str]]:
    """Every source of the study once, with the files that cite it, in the order of their numbers."""
    found: dict[Source, list[str]] = {}
    study = view.study
    files: list[tuple[str, Iterable[Source]]] = [(a.file, a.sources.values()) for a in study.activities.values()]
    files += [(c.file, [c.source]) for system in study.systems for e in system.exchanges for c in e.citations]
    files += [
        (s.document.shown if s.document else view.labels[s.name], s.file.sources.values()) for s in study.scenarios
    ]
    for file, sources in files:
        for source in sources:
            citing = found.setdefault(source, [])
            if file not in citing:
                citing.append(file)
    return found


def sources(found: dict[Source, list[str]]) -> Html:
    """The sources by number, with the files that cite them."""
    return element("ol", *(_source(n, source, files) for n, (source, files) in enumerate(found.items(), 1)))


def _source(number: int, source: Source, files: list[str]) -> Html:
    work = citation(source, address=False)
    link = joined(" ", address(source.url)) if source.url else ""
    note = f"{source.note} " if source.note else ""
    citing = "; ".join([*files[:3], *([f"{len(files) - 3} more"] if len(files) > 3 else [])])
    said = f"{note}Licence: {source.licence or 'not stated'}. Cited by {citing}."
    return element("li", name(work), link, element("small", said), id=f"source-{number}")


def provenance(view: View) -> Html:
    """Versions and hashes that repeat the study."""
    return table("Versions and hashes", ("what", "value"), view.study.provenance.items())


def scenarios(view: View) -> Iterator[Html]:
    """The analyst's text and what the engine notes, per scenario."""
    for scenario in view.study.scenarios:
        text = scenario.file.report
        stated = [
            (field, getattr(text, field))
            for field in ("commissioner", "practitioner", "goal", "audience", "assumptions", "limitations")
        ]
        notes = next(system.notes for system in view.study.systems if system.name == scenario.name)
        lines = [
            *((field.capitalize(), value) for field, value in stated if value),
            *(("Note", note) for note in notes),
        ]
        facts = [joined(element("dt", label), element("dd", value)) for label, value in lines]
        if scenario.file.comment:
            facts.insert(0, joined(element("dt", "Comment"), element("dd", scenario.file.comment)))
        full = element("dt", "Name"), element("dd", name(scenario.name))
        yield element("details", element("summary", name(view.labels[scenario.name])), element("dl", *full, *facts))
