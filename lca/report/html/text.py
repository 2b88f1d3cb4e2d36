"""How the page, the figures and the explanations write numbers, scores, sources and what is not known."""

from __future__ import annotations

from lca.languages import gettext, named
from lca.quantities.sources import Source
from lca.report import words
from lca.report.excel.cells import inert
from lca.report.view import Score, View
from lca.study.study import Study
from lca.vocabulary import Completeness, Mark


def share(part: float, whole: float) -> str:
    """A percentage, or a dash where there is nothing to take it of."""
    if not whole or part != part:
        return "–"
    percent = 100 * part / whole
    return gettext("< 0.1 %") if 0 < abs(percent) < 0.05 else gettext("{percent:.1f} %", percent=percent)


def functional_unit(study: Study, name: str) -> str:
    """What a scenario delivers; of a study of single activities, that there is no service."""
    scenario = study.scenario_by_name.get(name)
    return inert(words.functional_unit(scenario)) if scenario else gettext("the stated amount of one product")


def functional_units(view: View) -> list[tuple[str, str]]:
    """Label and functional unit; one entry, without a label, where all scenarios deliver the same."""
    units = {label: functional_unit(view.study, name) for name, label in view.labels.items()}
    return [("", next(iter(units.values())))] if len(set(units.values())) == 1 else list(units.items())


def state(score: Score) -> str:
    """`complete`, `partial, 41 gaps`, `incomplete, sign unknown, 2 gaps`, `missing, 7 gaps`."""
    known = named(Mark(score.mark) if score.mark == Mark.SIGN_UNKNOWN else Completeness(score.completeness))
    return f"{known}, {words.gaps(score.gaps)}" if score.gaps else known


def completeness(view: View, category: str) -> str:
    """`France: partial, 41 gaps; Poland: complete`."""
    return words.joined(
        gettext("{name}: {text}", name=label, text=state(view.scores[name, category]))
        for name, label in view.labels.items()
    )


def isolated(text: str) -> str:
    """A name that leaves the direction of the text around it alone."""
    return f"\u2068{text}\u2069"


def citation(source: Source, address: bool = True) -> str:
    """Authors, title, year, place in it, address, confidence, in one line."""
    work = ". ".join(part.rstrip(".") for part in (source.authors, source.title) if part)
    parts = (f"{work} ({source.year})" if source.year else work, source.locator, source.url if address else None)
    return inert(" ".join(f"{', '.join(part for part in parts if part)} [{source.confidence}]".split()))
