"""How the demo ends: what ran, what makes the scores, the answer in three sentences, and the table."""

from __future__ import annotations

from collections.abc import Iterator

from lca.report import words
from lca.report.terminal.measured import measured
from lca.report.terminal.tables import contributions, layers
from lca.report.view import View, apart
from lca.study.study import Study


def ending(study: Study) -> None:
    """Print the study so that the answer stands last, where a terminal shows it."""
    measured({run.key: run for scenario in study.scenarios for run in scenario.measurements.values()}.values())
    contributions(study)
    if study.layers is None:
        return
    print()
    print("\n".join(three_sentences(study)))
    layers(study, study.layers)


def three_sentences(study: Study) -> Iterator[str]:
    """Who is lower and where; what makes the last scenario; what would settle most."""
    if study.layers is None:
        return
    yield from list(words.answers(View.of(study)))[:1]
    own = words.hotspots(study.layers, apart(study.names))
    yield from own[-3:][:1]
    compared = len(study.names) > 1
    told = words.to_find_out(study, study.layers, compared) or words.to_find_out(study, study.layers, False)
    yield from told[:1]
