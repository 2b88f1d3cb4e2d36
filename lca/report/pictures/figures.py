"""Static figures for a document: PNG and SVG, each with its caption in the picture and in captions.md."""

from __future__ import annotations

import os
import re
import textwrap
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lca.errors import MissingDependency
from lca.languages import gettext, named, ngettext
from lca.methods.categories import CATEGORIES
from lca.quantities.outputs import written_aside
from lca.report.excel.cells import inert
from lca.report.html.text import completeness, functional_units
from lca.report.pictures import plots
from lca.report.view import View
from lca.report.words import joined, review
from lca.study.study import Study
from lca.vocabulary import Completeness

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE: Any = {
    "font.family": "DejaVu Sans",  # it comes with Matplotlib
    "font.size": 9,
    "hatch.linewidth": 0.7,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "ai-lca",  # the same study gives the same file
    "text.parse_math": False,  # a dollar sign in a name is one
}
RESOLUTION = 160  # pixels per inch
_LETTERS = 18  # of the caption in an inch


def figures(study: Study, folder: str | Path) -> list[Path]:
    """Write every figure that the study has content for, as PNG and SVG, and captions.md; the paths written.

    Raises MissingDependency where matplotlib is absent.
    """
    os.environ["MPLBACKEND"] = "agg"  # of the user's there may be none of this name, and files need no window
    try:
        from matplotlib import rc_context
    except ImportError:
        raise MissingDependency(gettext("the figures need matplotlib: pip install 'ai-lca[figures]'")) from None
    folder, view = Path(folder), View.of(study)
    written, captions = list[Path](), ["# " + gettext("Captions"), ""]
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the SVG keeps the letter for the reader's fonts
        for name, draw, caption in _figures(view):
            written += _save(draw(), folder / name, caption)
            captions += [f"**{name}.** {_markdown(caption)}", ""]
    with written_aside(folder / "captions.md") as aside:
        aside.write_text("\n".join(captions), encoding="utf-8")
    return [*written, folder / "captions.md"]


def _figures(view: View) -> Iterator[tuple[str, Callable[[], Figure], str]]:
    """Name, how it is drawn, caption."""
    tags = f"{plots.tags(view)}."
    colour = gettext(
        "The colour is the share of the largest known score of the category, from dark (0) to light (100 %); none "
        "where the functional unit is not that of the first; hatched: missing."
    )
    yield "summary", lambda: plots.summary(view), _caption(view, colour)
    if not any(system.exchanges for system in view.study.systems):
        return
    bars = gettext("Parts over the sum of their sizes, known parts only; beside each bar the score.")
    yield "by-stage", lambda: plots.by_stage(view), _caption(view, tags, bars)
    yield "by-phase", lambda: plots.by_phase(view), _caption(view, tags, bars)
    known = [c for c in view.study.categories if any(not view.scores[n, c].missing for n in plots.names(view))]
    if known:
        id = "climate-change" if "climate-change" in known else known[0]
        what = gettext(
            "An activity's own flows, known parts only. Completeness: {states}. Unit: {unit}.",
            states=completeness(view, id),
            unit=CATEGORIES[id].unit,
        )
        yield "contributions", lambda: plots.contributions(view, id), _caption(view, what)


def _caption(view: View, *what: str) -> str:
    shown = [view.labels[name] for name in plots.names(view)]
    units = []
    for label, text in functional_units(view):
        if not label:
            units.append(gettext("Functional unit: {unit}.", unit=text))
        elif label in shown:
            units.append(gettext("Functional unit of {name}: {unit}.", name=label, unit=text))
    states = []
    for name in plots.names(view):
        reached = [view.scores[name, category].completeness for category in view.study.categories]
        counts = [f"{reached.count(state)} {named(state)}" for state in Completeness if state in reached]
        states.append(f"{view.labels[name]}: {', '.join(counts)}")
    left_out = len(view.study.names) - len(plots.names(view))
    more = []
    if left_out:
        more = [ngettext("{count} more scenario not shown.", "{count} more scenarios not shown.", left_out)]
    marks = gettext(
        "≥: what is missing can only add; ?: incomplete, sign unknown; missing: nothing is known, it is not zero."
    )
    scores = gettext("Scores: {states}.", states=joined(states))
    return inert(" ".join([*what, *more, *units, scores, marks, review(view.study)]))


def _save(figure: Figure, stem: Path, caption: str) -> Iterator[Path]:
    """Write the figure with its caption below it."""
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    text = "\n".join(textwrap.wrap(caption, int(_LETTERS * box.width)))
    figure.text(box.x0 / width, (box.y0 - 0.15) / height, text, va="top", fontsize=7, color="#404040")
    frame = figure.get_tightbbox().padded(0.15)
    about = {"Title": stem.name, "Description": caption}
    for kind, metadata in (("png", {**about, "Software": None}), ("svg", {**about, "Date": None, "Creator": None})):
        path = stem.with_suffix(f".{kind}")
        with written_aside(path) as aside:
            figure.savefig(aside, format=kind, dpi=RESOLUTION, bbox_inches=frame, metadata=metadata)
        yield path


def _markdown(text: str) -> str:
    """Text that Markdown prints as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#|!&~])", r"\\\1", " ".join(text.split()))
