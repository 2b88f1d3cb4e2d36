"""How sure a comparison is, on the terminal: the answer in a sentence a scenario, then category by category."""

from __future__ import annotations

from collections.abc import Sequence

from lca.report import words
from lca.report.terminal.tables import table
from lca.study.comparison.judgement import Judgement


def judgements(judged: Sequence[Judgement], draws: int) -> None:
    """A sentence for every scenario, and a row for every category."""
    for name in dict.fromkeys(judgement.scenario for judgement in judged):
        print(words.answer([judgement for judgement in judged if judgement.scenario == name]))
    rows = [[j.scenario, j.category, words.judgement(j), f"{j.probability:.3f}", words.ground(j)] for j in judged]
    print()
    title = f"How sure, by {draws:,} draws of all stated ranges"
    table(["scenario", "category", "verdict", "P(lower)", "ground"], rows, title, right=("P(lower)",))
    print()
