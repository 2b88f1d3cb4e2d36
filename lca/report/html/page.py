"""The page: one HTML file that opens from disk and asks nobody for anything.

Plotly's bundle, the charts and the tree travel compressed inside it, which makes a page of some 2 MB of one of 6 MB;
the browser inflates them itself. Its content-security policy allows no request, no evaluation of text, and of scripts
only these two, by their hashes. Inline styles are allowed: Plotly sets them, and no text of a file reaches them.
Scores, relative scores, completeness, gaps and sources are tables of the file and need no script.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lca import languages
from lca.errors import MissingDependency
from lca.languages import gettext
from lca.measurement.record import Measurement
from lca.methods.categories import CATEGORIES
from lca.quantities.outputs import written_aside
from lca.report import words
from lca.report.excel.sheets.readme import title
from lca.report.html import charts, tables
from lca.report.html.answer import LAYOUTS, picture
from lca.report.html.breakeven import break_even_charts, compressed
from lca.report.html.rendering import markup, render
from lca.report.html.text import functional_units, share
from lca.report.html.tree import tree
from lca.report.html.variants import described, variant_charts
from lca.report.palette import CIVIDIS, colour_of_stage, hatch_number, ink
from lca.report.view import View, apart, documented
from lca.report.words import review
from lca.study.study import Study
from lca.study.upstream import parts_of_life
from lca.vocabulary import Stage

MOST_SCENARIOS = 8
"""Scenarios with a tree and a Sankey diagram, and records with a chart; the tables and bars have all of them."""
MOST_NAMED = 3
"""Things to find out next that are named."""


def page(study: Study, path: str | Path, language: str = "") -> Path:
    """Write the study as one self-contained HTML file; an interrupted call leaves what was there before.

    `language`: of its words and numbers, such as `fr`; empty: as the caller has it, which is English unless it was set.
    Raises MissingDependency where plotly or jinja2 is absent, UnknownLanguage where there are no such translations.
    """
    path, bundle = Path(path), _plotly()
    with languages.language(language):
        content = _page(View.of(study), bundle).encode()
    with written_aside(path) as aside:
        aside.write_bytes(content)
    return path


def _plotly() -> str:
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise MissingDependency(gettext("the page needs plotly: pip install 'ai-lca[report]'")) from None
    return str(get_plotlyjs())


def _page(view: View, bundle: str) -> str:
    script, style = _asset("page.js"), _asset("page.css")
    study, present = view.study, charts.phases(view.study)
    categories = [CATEGORIES[id] for id in study.categories]
    background, shares = documented(study)
    spoken = languages.spoken()
    said = {"words": _words(), "separators": spoken.decimal + spoken.group}
    data = json.dumps({**charts_and_trees(view), **said}, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return render(
        "page.html",
        view=view,
        answers=list(words.answers(view)),
        labels=apart(study.names),
        pictures=[drawn for layout in LAYOUTS if (drawn := picture(view, layout))],
        estimated_label=gettext(charts.ESTIMATED),
        hotspots=words.hotspots(study.layers, apart(study.names)) if study.layers else [],
        next=words.to_find_out(study, study.layers, compared=len(study.names) > 1)[:MOST_NAMED] if study.layers else [],
        explained=gettext(words.LAYERS_EXCEL),
        unlike_scope=list(words.unlike_scope(study)),
        scenarios=study.names,
        categories=categories,
        title=title(view),
        language=spoken.name,
        policy=f"default-src 'none'; script-src {_hash(script)} {_hash(bundle)}; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'",
        style=markup("\n".join((style, *_colours()))),
        review=review(study),
        functional_units=functional_units(view),
        first_category=_first_category(view),
        several_methods=len({category.method for category in categories}) > 1,
        drawn_labels=list(view.labels.values())[:MOST_SCENARIOS],
        parts=[(part, hatch_number(part.phase, present)) for part in parts_of_life(study.systems)],
        services=described(view),
        has_break_even=compressed(view),
        runs=_runs(view),
        gaps=tables.gaps(view),
        background=background,
        documented={key: share(part, 1.0) for key, part in shares.items()},
        documented_title=words.DOCUMENTED,
        set_aside=words.set_aside_named(view.study),
        set_aside_columns=[gettext(column) for column in words.SET_ASIDE],
        coverage_of=words.coverage_of,
        cited=tables.cited(view),
        bundle=markup(_packed(bundle)),
        data=markup(_packed(data)),
        script=markup(script),
    )


def _words() -> dict[str, str]:
    """What the script says."""
    return {
        "source": gettext("source {number}"),
        "gap": gettext("1 gap: see Completeness"),
        "gaps": gettext("{count} gaps: see Completeness"),
        "cites": gettext("cites"),
        "open": gettext("not in the score"),
    }


def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def _colours() -> Iterator[str]:
    for stage in tuple(Stage):
        yield f".{stage} {{ background-color: {colour_of_stage(stage)}; }}"
    for n, colour in enumerate(CIVIDIS):
        yield f".heat-{n} {{ background-color: {colour}; color: {ink(colour)}; }}"


def _first_category(view: View) -> str:
    """The category that the page opens with: climate change where it is known, else the first that is."""
    known = [id for id in view.study.categories if not all(view.scores[n, id].missing for n in view.study.names)]
    return "climate-change" if "climate-change" in known else (known or view.study.categories)[0]


def _runs(view: View) -> list[Measurement]:
    """The records with a power series, each once."""
    records: list[Measurement] = []
    for scenario in view.study.scenarios:
        records += [r for r in scenario.measurements.values() if r.power and r not in records]
    return records[:MOST_SCENARIOS]


def charts_and_trees(view: View) -> dict[str, Any]:
    """Every chart by its id and what it depends on, and the trees."""
    study = view.study
    known = charts.by_part(study)
    numbers = {source: n for n, source in enumerate(tables.cited(view), 1)}
    grouped = {key: rows for key, rows in study.table.groupby(["scenario", "category"], sort=False)}
    none = study.table.iloc[:0]
    each = [
        (f"{n} {id}", name, id, grouped.get((name, id), none))
        for n, name in enumerate(study.names[:MOST_SCENARIOS])
        for id in study.categories
    ]
    drawn: dict[str, dict[str, charts.Chart]] = {
        "stages": {id: charts.stages(view, id, known) for id in study.categories},
        "flows": {key: charts.flows(view, name, id, rows) for key, name, id, rows in each},
    }
    if compressed(view):
        drawn["break-even"] = break_even_charts(view)
    drawn |= variant_charts(view)
    drawn |= {f"power-{n}": {"": charts.power(record)} for n, record in enumerate(_runs(view))}
    return {"charts": drawn, "trees": {key: tree(view, name, id, numbers, rows) for key, name, id, rows in each}}
