"""The room in which scenarios are chosen, changed and compared."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lca.app import shown
from lca.app.assessing import Assessor, Scores, probable
from lca.app.figures import relative
from lca.app.levers import delivering, lists, moved, sliders
from lca.app.nodes import Node, button, filled, node, place
from lca.app.window import MOST, Entry, added, by_key, entries, recorded, replaced, shipped, window
from lca.builtin import folder
from lca.errors import LcaError, UsageError
from lca.languages import gettext, gettext_noop
from lca.methods.categories import CATEGORIES, EF
from lca.study.explanation import explain

NAME, TITLE = "compare", gettext_noop("Compare")
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    gettext_noop("One service in France and in Poland"): ("digits-france", "digits-poland"),
    gettext_noop("The cloud or a box beside the camera"): (
        "resnet50-cloud-dgx-h100",
        "resnet50-edge-agx-orin",
        "resnet50-edge-agx-orin-busy",
    ),
    gettext_noop("Does compressing the model help?"): (
        "compression-original",
        "compression-int8-static-compiled",
        "compression-channel-pruning-50",
    ),
}
_PLACES = ("chosen", "examples", "refused", "answer", "chart-note", "levers", "numbers", "because", "next", "keep")
"""Parts of the page that are filled."""
_STEPS = 6
"""Steps of a kind that an explanation shows."""


def layout(assessor: Assessor) -> Any:
    from dash import dcc, html

    known = [{"label": s.name, "value": s.key, "search": f"{s.name} {s.key}"} for s in shipped().values()]
    return [
        html.H2(gettext("What is compared")),
        html.Div(
            [
                html.Label(gettext("Add a scenario"), htmlFor="add"),
                dcc.Dropdown(
                    known,
                    id="add",
                    placeholder=gettext("one of {count}, or write your own", count=len(known)),
                    maxHeight=360,
                ),
            ],
            className="field wide",
        ),
        *place("chosen", "Ul", className="chosen"),
        *place("examples", className="buttons"),
        *place("refused", role="alert"),
        html.Div(
            [
                *place("answer", className="answer", **{"aria-live": "polite"}),
                html.Div([_chart(), _aside()], className="side-by-side"),
                html.H2(gettext("The numbers")),
                *place(
                    "numbers", className="scroll", tabIndex=0, role="region", **{"aria-label": gettext("The numbers")}
                ),
                html.H2(gettext("Why?"), id="why-head"),
                html.Div(
                    [
                        html.Div([html.Label(gettext("Category"), htmlFor="why"), _categories()], className="field"),
                        html.Div(
                            [html.Label(gettext("Scenario"), htmlFor="whose"), _one_of("whose")], className="field"
                        ),
                    ],
                    className="fields",
                ),
                *place("because", className="tree"),
                html.H2(gettext("What to find out next")),
                *place("next"),
                html.H2(gettext("Keep it")),
                *place("keep", className="buttons"),
                html.P(id="saving", className="note", role="status"),
            ],
            id="compared",
            hidden=True,
        ),
        *(dcc.Store(id=id) for id in ("compare-did", "moving", "rested", "levers-of")),
        dcc.Download(id="saved"),
    ]


def _chart() -> Any:
    from dash import dcc, html

    config = {"displayModeBar": False, "responsive": True, "scrollZoom": False}
    graph = dcc.Graph(id="chart", figure={"data": [], "layout": {}}, config=config, style={"height": "300px"})
    return html.Div(
        [html.H2(gettext("All categories")), *place("chart-note", "P", className="note"), graph], className="charted"
    )


def _aside() -> Any:
    from dash import html

    label = html.Label(gettext("Change"), htmlFor="moved")
    return html.Aside(
        [html.H2(gettext("Move it")), html.Div([label, _one_of("moved")], className="field"), *place("levers")],
        className="levers",
    )


def _one_of(id: str) -> Any:
    from dash import dcc

    return dcc.Dropdown(id=id, clearable=False, searchable=False)


def _categories() -> Any:
    from dash import dcc

    options = [{"label": CATEGORIES[category].title, "value": category} for category in EF]
    return dcc.Dropdown(options, "climate-change", id="why", clearable=False)


def callbacks(made: Any, assessor: Assessor) -> None:
    from dash import Input, Output, State, ctx, dcc, no_update

    filled(
        made, "next", "chart-note", "chosen", "examples", "refused", "answer", "numbers", "because", "keep", "levers"
    )

    def changed(add: Any, did: Any, rested: Any, held: Any) -> Any:
        """The window after something was added, removed, copied or moved."""
        try:
            present = _changed(assessor, entries(held), str(ctx.triggered_id), add, did or {}, rested)
        except LcaError as error:
            return no_update, None, shown.problems(error)
        return (no_update if present is None else window(present)), None, []

    made.callback(
        Output("window", "data", allow_duplicate=True),
        Output("add", "value"),
        Output("refused-nodes", "data", allow_duplicate=True),
        Input("add", "value"),
        Input("compare-did", "data"),
        Input("rested", "data"),
        State("window", "data"),
        prevent_initial_call=True,
    )(changed)

    def listed(held: Any, subject: Any, whose: Any) -> Any:
        """The scenarios as chips, and the lists of them."""
        present = entries(held)
        options = [{"label": entry.name, "value": entry.key} for entry in present]
        keys = [entry.key for entry in present]
        subject = subject if subject in keys else (keys[-1] if keys else None)
        whose = whose if whose in keys else (keys[0] if keys else None)
        return shown.chips(present, MOST), _beginnings(present), not present, options, subject, options, whose

    made.callback(
        Output("chosen-nodes", "data"),
        Output("examples-nodes", "data"),
        Output("compared", "hidden"),
        Output("moved", "options"),
        Output("moved", "value"),
        Output("whose", "options"),
        Output("whose", "value"),
        Input("window", "data"),
        State("moved", "value"),
        State("whose", "value"),
    )(listed)

    def pulled(subject: Any, held: Any, before: Any) -> Any:
        """The sliders and lists of one scenario; they stay as they are while it is they that change it."""
        entry = by_key(entries(held)).get(str(subject))
        if entry is None:
            return [], None
        try:
            scenario = entry.scenario()
            movable = list(sliders(scenario, assessor.catalogue))
            chosen = list(lists(scenario, assessor.catalogue, _variants(entry), _variant(entry)))
        except LcaError as error:
            return shown.problems(error), None
        signature = [entry.key, entry.name, [s.name for s in movable], [c.name for c in chosen]]
        if signature == before:
            return no_update, no_update
        return shown.levers(entry.key, movable, chosen), signature

    made.callback(
        Output("levers-nodes", "data"),
        Output("levers-of", "data"),
        Input("moved", "value"),
        Input("window", "data"),
        State("levers-of", "data"),
    )(pulled)

    def while_moving(asked: Any, held: Any) -> Any:
        """The chart alone, of fewer draws, before anything rests."""
        try:
            return *_drawn(assessor.scores(_moved(assessor, entries(held), asked))), []
        except LcaError as error:
            return no_update, no_update, shown.problems(error)

    made.callback(
        Output("chart", "figure", allow_duplicate=True),
        Output("chart", "style", allow_duplicate=True),
        Output("refused-nodes", "data", allow_duplicate=True),
        Input("moving", "data"),
        State("window", "data"),
        prevent_initial_call=True,
    )(while_moving)

    def answered(held: Any) -> Any:
        present = entries(held)
        if not present:
            return [], [], no_update, no_update, [], [], [], []
        try:
            study = assessor.study(present)
        except LcaError as error:
            return [], [], no_update, no_update, [], shown.problems(error), [], []
        said = shown.answer(study), shown.chart_note(study)
        return *said, *_drawn(probable(study)), shown.numbers(study), [], shown.to_find_out(study), _ways_to_keep()

    made.callback(
        Output("answer-nodes", "data"),
        Output("chart-note-nodes", "data"),
        Output("chart", "figure"),
        Output("chart", "style"),
        Output("numbers-nodes", "data"),
        Output("refused-nodes", "data"),
        Output("next-nodes", "data"),
        Output("keep-nodes", "data"),
        Input("window", "data"),
    )(answered)

    def because(category: str, key: str, held: Any) -> Any:
        present = entries(held)
        entry = by_key(present).get(str(key))
        if entry is None:
            return []
        try:
            return shown.explanation(explain(assessor.study(present), entry.name, category, _STEPS))
        except LcaError:
            return []

    made.callback(
        Output("because-nodes", "data"), Input("why", "value"), Input("whose", "value"), Input("window", "data")
    )(because)

    def asked(did: Any) -> Any:
        """The category that somebody asks why of, in the table."""
        return did["value"] if did and did.get("do") == "why" and did.get("value") in EF else no_update

    made.callback(Output("why", "value"), Input("compare-did", "data"), prevent_initial_call=True)(asked)

    def saved(did: Any, held: Any) -> Any:
        if not did or did.get("do") != "save":
            return no_update, no_update
        try:
            content, name = _saved(did["value"], entries(held), assessor)
        except LcaError as error:
            return no_update, shown.clean(str(error))
        return dcc.send_bytes(content, name), gettext("{file} is in your browser's folder for downloads.", file=name)

    made.callback(
        Output("saved", "data"),
        Output("saving", "children"),
        Input("compare-did", "data"),
        State("window", "data"),
        prevent_initial_call=True,
    )(saved)


def _beginnings(present: Sequence[Entry]) -> list[Node]:
    if present:
        return []
    return [
        node("p", gettext("Or begin with a question:")),
        *(button(gettext(text), "begin", text) for text in EXAMPLES),
    ]


def _ways_to_keep() -> list[Node]:
    return [
        button(gettext("Scenarios (TOML, with their records)"), "save", "toml"),
        button(gettext("Workbook (Excel)"), "save", "workbook"),
        button(gettext("Page (HTML)"), "save", "page"),
    ]


def _changed(
    assessor: Assessor, present: list[Entry], trigger: str, add: Any, did: Mapping[str, Any], rested: Any
) -> list[Entry] | None:
    """The scenarios after what was done; None: nothing of them was changed. Raises UsageError."""
    if trigger == "add":
        return added(present, shipped()[add].entry()) if add in shipped() else None
    if trigger == "rested":
        return _moved(assessor, present, rested) if rested else None
    value = str(did.get("value", ""))
    one = by_key(present).get(value)
    match did.get("do"):
        case "begin" if value in EXAMPLES:
            for key in EXAMPLES[value]:
                present = added(present, shipped()[key].entry())
            return present
        case "remove" if one:
            return [entry for entry in present if entry is not one]
        case "copy" if one:
            return added(
                present, replace(one, content={**one.content, "name": gettext("{name}, changed", name=one.name)})
            )
    return None


def _drawn(scores: Scores) -> tuple[dict[str, Any], dict[str, str]]:
    """The chart, and the room it takes."""
    figure = relative(scores)
    return figure, {"height": f"{figure['layout']['height']}px"}


def _variants(entry: Entry) -> dict[str, str]:
    """The shipped scenarios of the same service."""
    own = shipped().get(entry.key)
    service = own.service if own else None
    return {s.key: s.name for s in shipped().values() if s.service == service}


def _variant(entry: Entry) -> str:
    """The shipped scenario whose runs an entry has."""
    return next((s.key for s in shipped().values() if s.content.get("inference") == entry.content.get("inference")), "")


def _moved(assessor: Assessor, present: Sequence[Entry], asked: Any) -> list[Entry]:
    """The scenarios after levers were moved: those of one, and what all deliver. Raises UsageError."""
    if not isinstance(asked, dict) or not isinstance(asked.get("values"), dict):
        raise UsageError(gettext("nothing was moved"))
    values, key = asked["values"], asked.get("key")
    entry = by_key(present).get(str(key))
    if entry is None:
        return list(present)
    variant = values.get("variant")
    if variant and variant in shipped() and variant != _variant(entry):
        return replaced(present, entry.key, shipped()[variant].entry().content)
    content = moved(entry.content, entry.scenario(), assessor.catalogue, values)
    after = replaced(present, entry.key, content)
    amount = str(content["functional_unit"]["amount"])
    if amount != entry.content["functional_unit"]["amount"]:
        after = [replace(other, content=delivering(other.content, amount)) for other in after]
    return after


def _saved(button: str, present: Sequence[Entry], assessor: Assessor) -> tuple[bytes, str]:
    """The bytes of a file to keep, and its name."""
    study = assessor.study(present)
    if button == "toml":
        return _archive(present), "scenarios.zip"
    from lca import report

    with TemporaryDirectory() as folder:
        if button == "page":
            return report.page(study, Path(folder) / "study.html").read_bytes(), "study.html"
        return report.workbook(study, Path(folder) / "study.xlsx").read_bytes(), "study.xlsx"


def _archive(present: Sequence[Entry]) -> bytes:
    """The files of scenarios, with the records that they cite where they cite them."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        written: set[str] = set()
        for entry in present:
            archive.writestr(f"{entry.key}.toml", entry.text())
            entry.scenario()  # its records lie where they may
            for path in recorded(entry.content):
                if path not in written:
                    written.add(path)
                    own = entry.records.get(path)
                    archive.writestr(path, json.dumps(own) if own else (folder("scenarios") / path).read_bytes())
    return made.getvalue()
