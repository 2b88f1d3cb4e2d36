"""How sure a comparison is, on the terminal: the answer in a sentence a scenario, then category by category."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, isnan
from typing import Any

from lca.languages import gettext, localised, named
from lca.report import words
from lca.report.terminal.table import grouped, table
from lca.report.view import apart
from lca.study.layers import Layers
from lca.study.rows import Row
from lca.study.study import Study
from lca.vocabulary import BreakEvenCase

MOST = 3
"""Things to find out next that are named for each comparison."""


def judgements(study: Study, layers: Layers) -> None:
    """A sentence for every scenario, a row for every category, and what would settle most."""
    judged = layers.judgements
    labels = apart([*dict.fromkeys([judged[0].baseline, *(j.scenario for j in judged)])])
    for name in dict.fromkeys(judgement.scenario for judgement in judged):
        print(words.answer([judgement for judgement in judged if judgement.scenario == name], labels))
    names = study.gap_names
    rows = [
        [labels[j.scenario], j.category, words.judgement(j), words.probability(j), words.ground(j, names)]
        for j in judged
    ]
    print()
    title = gettext("How sure, by {draws:,} draws of all stated ranges and estimates", draws=layers.draws)
    table(
        [gettext("scenario"), gettext("category"), gettext("verdict"), gettext("P"), gettext("ground")],
        grouped(rows),
        title,
        right=(gettext("P"),),
    )
    print(words.convergence(layers))
    print()
    _break_evens(layers, labels)
    _standings(layers, labels)
    to_find_out(study, layers, compared=True)


def _break_evens(layers: Layers, labels: Mapping[str, str]) -> None:
    """From how much service on a scenario is lower, where that is a question."""
    rows = [
        [
            labels[row["scenario"]],
            row["category"],
            f"{named(BreakEvenCase(row['case']))} ({words.percent(row['share'])})",
            *_ends(row),
            row["service"],
            "–" if isnan(row["lower_by_life"]) else localised(f"{row['lower_by_life']:.2f}"),
        ]
        for row in layers.rows.crossings
        if row["case"] in (BreakEvenCase.FROM, BreakEvenCase.NOT_REACHED, BreakEvenCase.UNTIL)
    ]
    if rows:
        columns = [
            gettext("scenario"),
            gettext("category"),
            gettext("break-even"),
            gettext("median"),
            gettext("low"),
            gettext("high"),
            gettext("of"),
            gettext("P(lower by its life)"),
        ]
        title = gettext(
            "Break-even against {baseline}, 95 % of the draws; –: there is none",
            baseline=labels[layers.judgements[0].baseline],
        )
        table(columns, rows, title, right=columns[3:6] + columns[7:])
        print()


def _ends(row: Mapping[Any, Any]) -> list[str]:
    """Median and ends of an interval, where they are finite."""
    ends = [float(row[key]) for key in ("median", "low", "high")]
    digits = words.significant(*ends)
    return [words.number(end, digits=digits) if isfinite(end) else "–" for end in ends]


def _standings(layers: Layers, labels: Mapping[str, str]) -> None:
    """How often each is the lowest, of more than two."""
    standings: dict[str, list[Row]] = {}
    for row in layers.rows.standings:
        standings.setdefault(row["category"], []).append(row)
    if len(set(layers.rows.standings.column("scenario"))) < 3:
        return
    rows = []
    for category, here in standings.items():
        best = sorted(here, key=lambda row: -float(row["lowest"]))[:MOST]
        rows.append([category, ", ".join(localised(f"{labels[row['scenario']]} {row['lowest']:.2f}") for row in best)])
    table([gettext("category"), gettext("lowest, by the share of the draws")], rows, gettext("Winners by the draws"))
    print()


def to_find_out(study: Study, layers: Layers, compared: bool = False) -> None:
    """The gaps and ranges that would settle most, each counted over the categories; nothing where there is none."""
    sentences = words.to_find_out(study, layers, compared)[:MOST]
    if sentences:
        print(gettext("To find out next:"))
        for number, sentence in enumerate(sentences, 1):
            print(f"  {number}. {sentence}")
        print(gettext("`lca sensitivity` lists the numbers whose ranges move a score or a difference most."))
        print()
