"""The room in which the catalogue is read: what there is, how complete it is, and who says so."""

from __future__ import annotations

from collections import Counter
from typing import Any

from lca.app import shown
from lca.app.assessing import Assessor
from lca.app.nodes import Node, button, filled, node, place
from lca.errors import Fault, LcaError
from lca.inventory.activity import Activity
from lca.languages import gettext, gettext_noop, named, ngettext
from lca.methods.categories import CATEGORIES, EF
from lca.quantities.records import Quantity
from lca.quantities.units import written
from lca.report.html.text import state
from lca.report.view import View
from lca.report.words import number
from lca.vocabulary import Completeness

NAME, TITLE = "browse", gettext_noop("Catalogue")
FIRST = ("hardware", "electricity", "facilities")
_SHOWN = 40
"""Activities in a list at once."""


def layout(assessor: Assessor) -> Any:
    from dash import dcc, html

    kinds = [*FIRST, *(kind for kind in assessor.catalogue.kinds() if kind not in FIRST)]
    options = [{"label": f"{kind} ({len(assessor.catalogue.of_kind(kind))})", "value": kind} for kind in kinds]
    return [
        html.H2(gettext(TITLE)),
        html.Div(
            [
                html.Div(
                    [
                        html.Label(gettext("Kind"), htmlFor="kind"),
                        dcc.Dropdown(options, FIRST[0], id="kind", clearable=False, searchable=False),
                    ],
                    className="field",
                ),
                html.Div(
                    [
                        html.Label(gettext("Search"), htmlFor="search"),
                        dcc.Input(id="search", type="search", placeholder=gettext("h100, france …")),
                    ],
                    className="field",
                ),
            ],
            className="fields",
        ),
        html.Div([html.Div(place("activities")), html.Div(place("activity"))], className="side-by-side browse"),
        dcc.Store(id="browse-did"),
    ]


def callbacks(made: Any, assessor: Assessor) -> None:
    from dash import Input, Output, no_update

    made.callback(Output("activities-nodes", "data"), Input("kind", "value"), Input("search", "value"))(
        lambda kind, search: _list(assessor, kind, search or "")
    )

    def opened(did: Any) -> Any:
        if not did or did.get("do") != "open":
            return no_update
        try:
            return _activity(assessor, str(did["value"]))
        except (LcaError, Fault) as error:
            return [node("p", shown.clean(str(error)))]

    made.callback(Output("activity-nodes", "data"), Input("browse-did", "data"), prevent_initial_call=True)(opened)
    filled(made, "activities", "activity")


def matching(assessor: Assessor, kind: str, search: str) -> list[Activity]:
    """The activities of a kind that hold all words of a search."""
    wanted = search.lower().split()
    return [
        activity
        for activity in assessor.catalogue.of_kind(kind)
        if all(
            word in f"{activity.id} {activity.name} {activity.location} {' '.join(activity.models)}".lower()
            for word in wanted
        )
    ]


def _list(assessor: Assessor, kind: str, search: str) -> list[Node]:

    activities = matching(assessor, kind, search)
    items = [
        node(
            "li",
            [
                button(shown.clean(activity.name), "open", activity.id, "browse", class_="because"),
                node(
                    "small",
                    gettext(
                        "{id}; per {unit}; {place}",
                        id=activity.id,
                        unit=activity.unit,
                        place=activity.location or gettext("no place"),
                    ),
                ),
            ],
        )
        for activity in activities[:_SHOWN]
    ]
    more = len(activities) - _SHOWN
    note = (
        [node("p", ngettext("and {count} more: search for it", "and {count} more: search for them", more))]
        if more > 0
        else []
    )
    return [
        node("p", ngettext("{count} found", "{count} found", len(activities))),
        node("ul", items, class_="found"),
        *note,
    ]


def _activity(assessor: Assessor, id: str) -> list[Node]:
    """One activity: its scores with what they lack, its properties, what it is made of, and its sources."""

    catalogue, study = assessor.catalogue, assessor.product(id)
    activity, view = catalogue.activity(id), View.of(study)
    name = study.names[0]
    states = Counter(view.scores[name, category].completeness for category in EF)
    rows = []
    for category in EF:
        score = view.scores[name, category]
        gaps = state(score)
        own = catalogue.state(id, category).kind
        cells = [
            node("th", [CATEGORIES[category].title, node("small", score.unit)], scope="row"),
            node("td", number(score.value, score.mark), class_="number"),
            node("td", gaps, class_=score.completeness),
            node("td", named(own)),
        ]
        rows.append(node("tr", cells))
    heads = (
        gettext("impact category"),
        gettext("per {unit}", unit=activity.unit),
        gettext("score"),
        gettext("own flows"),
    )
    head = node("tr", [node("th", text, scope="col") for text in heads])
    summary = ", ".join(
        gettext("{state} in {count}", state=named(Completeness(state)), count=count) for state, count in states.items()
    )
    made: list[Node] = [
        node("h3", shown.clean(activity.name)),
        node(
            "p",
            gettext(
                "{id}, {file}. With all that it needs: {summary} of {total} categories.",
                id=activity.id,
                file=shown.clean(activity.file),
                summary=summary,
                total=len(EF),
            ),
        ),
    ]
    if activity.comment:
        made.append(node("p", shown.clean(activity.comment)))
    made += _properties(activity)
    made.append(node("div", node("table", [node("thead", head), node("tbody", rows)]), class_="scroll", tabindex=0))
    if activity.inputs:
        parts = [
            node(
                "li",
                [
                    button(
                        shown.clean(catalogue.activity(i.activity).name), "open", i.activity, "browse", class_="because"
                    ),
                    f" {number(i.amount)} {catalogue.activity(i.activity).unit}, {named(i.stage)}",
                ],
            )
            for i in activity.inputs
        ]
        made.append(
            node(
                "details",
                [
                    node("summary", ngettext("Made of {count} input", "Made of {count} inputs", len(parts))),
                    node("ul", parts),
                ],
            )
        )
    if activity.sources:
        cited = [node("li", shown.source(source)) for source in activity.sources.values()]
        made.append(
            node(
                "details",
                [
                    node("summary", ngettext("Cites {count} source", "Cites {count} sources", len(cited))),
                    node("ul", cited),
                ],
                open=True,
            )
        )
    return made


def _range(value: Quantity) -> str:
    if not value.low or not value.high:
        return ""
    low, high = number(value.low.number), number(value.high.number)
    return gettext(" ({low} to {high}, {distribution})", low=low, high=high, distribution=value.distribution)


def _properties(activity: Activity) -> list[Node]:

    lines: list[Node] = []
    for name in type(activity.properties).model_fields:
        value = getattr(activity.properties, name)
        if isinstance(value, Quantity):
            spread = _range(value)
            lines += [
                node("dt", name.replace("_", " ")),
                node("dd", shown.clean(f"{number(value.amount)} {written(value.unit)}{spread}")),
            ]
    return [node("details", [node("summary", gettext("Properties")), node("dl", lines)], open=True)] if lines else []
