"""How sure a comparison is, on the terminal: the answer in a sentence a scenario, then category by category."""

from __future__ import annotations

from lca.report import words
from lca.report.terminal.tables import table
from lca.study.layers import Layers

MOST = 3
"""Things to find out next that are named for each comparison."""


def judgements(layers: Layers) -> None:
    """A sentence for every scenario, a row for every category, and what would settle most."""
    judged = layers.judgements
    labels = words.apart([*dict.fromkeys([judged[0].baseline, *(j.scenario for j in judged)])])
    for name in dict.fromkeys(judgement.scenario for judgement in judged):
        print(words.answer([judgement for judgement in judged if judgement.scenario == name], labels))
    rows = [[labels[j.scenario], j.category, words.judgement(j), words.probability(j), words.ground(j)] for j in judged]
    print()
    title = f"How sure, by {layers.draws:,} draws of all stated ranges and estimates"
    table(["scenario", "category", "verdict", "P", "ground"], rows, title, right=("P",))
    print()
    to_find_out(layers, compared=True)


def to_find_out(layers: Layers, compared: bool = False) -> None:
    """The gaps and ranges that would settle most, each counted over the categories; nothing where there is none."""
    found = words.to_find_out(layers, compared)[:MOST]
    if found:
        print("To find out next:")
        for number, sentence in enumerate(found, 1):
            print(f"  {number}. {sentence}")
        print()
