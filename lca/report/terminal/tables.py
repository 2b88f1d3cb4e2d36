"""A study as tables on the terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lca.methods.categories import CATEGORIES
from lca.report import words
from lca.report.words import number
from lca.study.layers import Layers
from lca.study.study import Study


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "", right: Iterable[str] = ()) -> None:
    """Print rows under columns on stdout; text is printed as it is, markup in it is not obeyed."""
    shown = Table(title=Text(title) if title else None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        shown.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(Text(str(cell)) for cell in row))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 200
    Console(file=sys.stdout, width=width, highlight=False, color_system=None).print(shown)


def layers(study: Study, layers: Layers) -> None:
    """Category × scenario: the score with what its gaps probably hold, its 95 % interval, and what is known of it."""
    scores, marks = layers.scores, {key: cover.mark for key, cover in study.coverage.items()}
    labels = words.apart(study.names)
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
        for _, part in scores.groupby("category", sort=False)
        for row in part.to_dict("records")
    ]
    columns = ["category", "unit", "scenario", "score", "95 % interval", "known", ""]
    table(columns, rows, "Scores", right=("score", "95 % interval", "known"))
    print(f"\n{words.LAYERS}")


def scores(study: Study) -> None:
    """Category × scenario, with unit, mark of an incomplete score, and number of gaps."""
    scores = study.scores()
    columns = ["category", "unit"]
    for name in study.names:
        columns += [name, "gaps"]
    rows = []
    for category in study.categories:
        part = scores[scores["category"] == category]
        row: list[object] = [category, part["unit"].iloc[0]]
        for entry in part.to_dict("records"):
            row += [f"{entry['mark']} {number(float(entry['score']))}".strip(), len(entry["gaps"]) or "complete"]
        rows.append(row)
    table(columns, rows, "Scores", right=(*study.names, "gaps"))
    print("\n≥: what is missing can only add to the score. `lca assess --json` and the workbook name every gap.")


def set_aside(study: Study, most: int = 8) -> None:
    """Published values that are not counted, beside the scores in which they are not; nothing where there is none."""
    aside = study.set_aside()
    if not len(aside):
        return
    labels = words.apart(study.names)
    rows = [
        [
            row["category"],
            labels[row["scenario"]],
            row["activity"],
            f"{number(row['value'])} {CATEGORIES[row['category']].unit}",
            words.beside(row["times"]),
            row["reason"],
        ]
        for row in aside.head(most).to_dict("records")
    ]
    print()
    table(["category", "scenario", "activity", "value", "", "not counted, because"], rows, "Published, not counted")
    if len(aside) > most:
        print(f"and {len(aside) - most} smaller ones; `--json` has all")


def contributions(study: Study, category: str = "climate-change", most: int = 8) -> None:
    """The largest contributions to one category, and the rest."""
    chosen = category if category in study.categories else study.categories[0]
    scores = study.contributions(chosen)
    for name in study.names:
        part = scores[scores["scenario"] == name]
        total = float(part["score"].sum())
        if not len(part) or not total:
            continue
        rows: list[list[object]] = []
        for row in part.head(most).to_dict("records"):
            score = float(row["score"])
            rows.append([row["phase"], row["stage"], row["activity"], number(score), f"{100 * score / total:.1f} %"])
        rest = float(part["score"].iloc[most:].sum())
        if len(part) > most:
            rows.append(["", "", f"{len(part) - most} others", number(rest), f"{100 * rest / total:.1f} %"])
        print()
        columns = ["phase", "stage", "activity", "score", "share"]
        table(columns, rows, f"{chosen}: {name}", right=("score", "share"))


def by_part(study: Study) -> None:
    """What each part of a product adds to every category, largest first."""
    for category in study.categories:
        scores = study.contributions(category, "input", "stage")
        total = float(scores["score"].sum())
        if not len(scores) or not total:
            continue
        rows = [
            [row["input"], row["stage"], number(float(row["score"])), f"{100 * float(row['score']) / total:.1f} %"]
            for row in scores.to_dict("records")
        ]
        print()
        print(f"{category} by part, what is known of it, in {CATEGORIES[category].unit}")
        table(["part", "stage", "score", "share"], rows, right=("score", "share"))


def parts_compared(study: Study) -> None:
    """What each part adds to the scores of products side by side, the largest first; what a product lacks is a dash."""
    labels = words.apart(study.names)
    for category in study.categories:
        rows = study.contributions(category, "input", "stage").to_dict("records")
        scores = {(row["scenario"], row["input"], row["stage"]): float(row["score"]) for row in rows}
        parts = dict.fromkeys((row["input"], row["stage"]) for row in rows)
        if not parts:
            continue
        largest = sorted(parts, key=lambda part: -max(abs(scores.get((name, *part), 0.0)) for name in study.names))
        shown = [
            [*part, *(number(scores[name, *part]) if (name, *part) in scores else "–" for name in study.names)]
            for part in largest
        ]
        print()
        print(f"{category} by part, what is known of it, in {CATEGORIES[category].unit}")
        columns = [labels[name] for name in study.names]
        table(["part", "stage", *columns], shown, right=columns)
