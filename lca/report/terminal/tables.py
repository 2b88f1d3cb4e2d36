"""A study as tables on the terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping

from lca.languages import gettext, named
from lca.methods.categories import CATEGORIES
from lca.report import words
from lca.report.terminal.table import table
from lca.report.view import apart
from lca.report.words import number
from lca.study import tables
from lca.study.layers import Layers
from lca.study.study import Study
from lca.vocabulary import Completeness, Mark


def layers(study: Study, layers: Layers) -> None:
    """Category × scenario: the score with what its gaps probably hold, its 95 % interval, and what is known of it."""
    marks = {key: cover.mark for key, cover in study.coverage.items()}
    labels = apart(study.names)
    rows = [
        [
            row["category"],
            CATEGORIES[row["category"]].unit,
            labels[row["scenario"]],
            words.estimate(row),
            words.interval(row),
            words.known(row, marks[row["scenario"], row["category"]]),
            words.standing(row),
        ]
        for row in sorted(layers.rows.scores, key=lambda row: study.categories.index(row["category"]))
    ]
    columns = [
        gettext("category"),
        gettext("unit"),
        gettext("scenario"),
        gettext("score"),
        gettext("95 % interval"),
        gettext("known"),
        "",
    ]
    table(columns, rows, gettext("Scores"), right=(gettext("score"), gettext("95 % interval"), gettext("known")))
    print("\n" + gettext(words.LAYERS))


def scores(study: Study) -> None:
    """Category × scenario, with unit, mark of an incomplete score, and number of gaps."""
    columns = [gettext("category"), gettext("unit")]
    for name in study.names:
        columns += [name, gettext("gaps")]
    rows = []
    for category in study.categories:
        row: list[object] = [category, CATEGORIES[category].unit]
        for entry in (entry for entry in study.score_rows if entry["category"] == category):
            row += [
                f"{named(Mark(entry['mark']))} {number(float(entry['score']))}".strip(),
                len(entry["gaps"]) or named(Completeness.COMPLETE),
            ]
        rows.append(row)
    table(columns, rows, gettext("Scores"), right=(*study.names, gettext("gaps")))
    print(
        "\n"
        + gettext("≥: what is missing can only add to the score. `lca assess --json` and the workbook name every gap.")
    )


def set_aside(study: Study, most: int = 8) -> None:
    """Published values that are not counted, beside the scores in which they are not; nothing where there is none."""
    rows = words.set_aside(study)
    if not rows:
        return
    print()
    table([gettext(column) for column in words.SET_ASIDE], rows[:most], gettext("Published, not counted"))
    if len(rows) > most:
        print(gettext("and {count} smaller ones; `--json` has all", count=len(rows) - most))


def contributions(study: Study, category: str = "climate-change", most: int = 8) -> None:
    """The largest contributions to one category, and the rest."""
    chosen = category if category in study.categories else study.categories[0]
    scores = list(tables.contributions(study, chosen))
    for name in study.names:
        part = [row for row in scores if row["scenario"] == name]
        total = math.fsum(row["score"] for row in part)
        if not total:
            continue
        rows: list[list[object]] = []
        for row in part[:most]:
            rows.append([*_part(row), row["activity"], number(row["score"]), _share(row["score"], total)])
        rest = math.fsum(row["score"] for row in part[most:])
        if len(part) > most:
            rows.append(["", "", gettext("{count} others", count=len(part) - most), number(rest), _share(rest, total)])
        print()
        columns = [gettext("phase"), gettext("stage"), gettext("activity"), gettext("score"), gettext("share")]
        table(columns, rows, f"{chosen}: {name}", right=(gettext("score"), gettext("share")))


def _part(row: Mapping[str, str]) -> tuple[str, str]:
    return words.phase_word(row["phase"]), words.stage_word(row["stage"])


def _share(part: float, total: float) -> str:
    return gettext("{percent:.1f} %", percent=100 * part / total)


def by_part(study: Study) -> None:
    """What each part of a product adds to every category, largest first."""
    for category in study.categories:
        scores = tables.contributions(study, category, "input", "stage")
        total = math.fsum(scores.column("score"))
        if not total:
            continue
        rows = [
            [row["input"], words.stage_word(row["stage"]), number(row["score"]), _share(row["score"], total)]
            for row in scores
        ]
        print()
        print(_by_part(category))
        table(
            [gettext("part"), gettext("stage"), gettext("score"), gettext("share")],
            rows,
            right=(gettext("score"), gettext("share")),
        )


def parts_compared(study: Study) -> None:
    """What each part adds to the scores of products side by side, the largest first; what a product lacks is a dash."""
    labels = apart(study.names)
    for category in study.categories:
        rows = list(tables.contributions(study, category, "input", "stage"))
        scores = {(row["scenario"], row["input"], row["stage"]): row["score"] for row in rows}
        parts = dict.fromkeys((row["input"], row["stage"]) for row in rows)
        if not parts:
            continue
        largest = sorted(parts, key=lambda part: -max(abs(scores.get((name, *part), 0.0)) for name in study.names))
        shown = [
            [
                part[0],
                words.stage_word(part[1]),
                *(number(scores[name, *part]) if (name, *part) in scores else "–" for name in study.names),
            ]
            for part in largest
        ]
        print()
        print(_by_part(category))
        columns = [labels[name] for name in study.names]
        table([gettext("part"), gettext("stage"), *columns], shown, right=columns)


def _by_part(category: str) -> str:
    unit = CATEGORIES[category].unit
    return gettext("{category} by part, what is known of it, in {unit}", category=category, unit=unit)
