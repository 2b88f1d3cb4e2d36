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
from string import Template

from lca.errors import MissingDependency
from lca.quantities.documents import written_aside
from lca.report.excel.sheets.readme import title
from lca.report.html import sections, tables
from lca.report.html.markup import Html, element, joined
from lca.report.html.text import functional_units
from lca.report.palette import CIVIDIS, colour_of_stage, ink
from lca.report.public import review
from lca.report.view import View
from lca.study.study import Study
from lca.vocabulary import Stage


def page(study: Study, path: str | Path) -> Path:
    """Write the study as one self-contained HTML file; an interrupted call leaves what was there before.

    Raises MissingDependency where plotly is absent.
    """
    path, bundle = Path(path), _plotly()
    content = _page(View.of(study), bundle).encode()
    with written_aside(path) as aside:
        aside.write_bytes(content)
    return path


def _plotly() -> str:
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise MissingDependency("the page needs plotly: pip install 'ai-lca[report]'") from None
    return str(get_plotlyjs())


def _page(view: View, bundle: str) -> str:
    script, style = _asset("page.js"), _asset("page.css")
    return Template(_asset("page.html")).substitute(
        title=joined(title(view)),
        policy=f"default-src 'none'; script-src {_hash(script)} {_hash(bundle)}; style-src 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'",
        style="\n".join((style, *_colours())),
        review=joined(review(view.study)),
        unit=_unit(view),
        contents=joined(*sections.contents(view)),
        summary=tables.summary(view),
        relative=tables.heat_map(view),
        controls=sections.controls(view),
        legend=sections.legend(view),
        stages=sections.chart("stages", "category", "Score by phase and stage of the life cycle"),
        flows=sections.chart("flows", "both", "From emitting activities to the score", wide=True),
        variants=sections.variants(view),
        break_even=sections.break_even(view),
        power=sections.power(view),
        states=tables.completeness(view),
        gaps=tables.gaps(view),
        sources=tables.sources(tables.cited(view)),
        scenarios=joined(*tables.scenarios(view)),
        provenance=tables.provenance(view),
        bundle=_packed(bundle),
        data=_packed(json.dumps(sections.data(view), ensure_ascii=False, allow_nan=False, separators=(",", ":"))),
        script=script,
    )


def _asset(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def _unit(view: View) -> Html:
    """The functional unit, or that there is more than one."""
    found = functional_units(view)
    if len(found) == 1:
        return element("p", "Functional unit: ", tables.name(found[0][1]))
    lines = (element("li", tables.name(label), ": ", tables.name(text)) for label, text in found)
    warning = "The functional units differ: a scenario is compared where it delivers what the first delivers."
    return element("details", element("summary", warning), element("ul", *lines))


def _colours() -> Iterator[str]:
    for stage in tuple(Stage):
        yield f".{stage} {{ background-color: {colour_of_stage(stage)}; }}"
    for n, colour in enumerate(CIVIDIS):
        yield f".heat-{n} {{ background-color: {colour}; color: {ink(colour)}; }}"
