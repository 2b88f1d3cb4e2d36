"""The room in which a scenario is written in a form that is made of the model of its file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lca.app import shown
from lca.app.assessing import Assessor
from lca.app.nodes import Node, button, filled, node, place, select
from lca.app.window import Entry, added, entries, recorded, shipped, window
from lca.builtin import folder
from lca.errors import InvalidData, LcaError, Problem
from lca.exchange.excel.book import manual_of
from lca.exchange.excel.layout import KNOWN
from lca.exchange.excel.writing import EXAMPLE, choices
from lca.exchange.keys import Key, at, flat, keys, nested, parsed
from lca.exchange.toml import toml
from lca.languages import gettext, gettext_noop
from lca.quantities.documents import Document, dotted
from lca.quantities.positions import Loc
from lca.system.product_system import product_system
from lca.system.scenario import PHASES, Scenario

NAME, TITLE = "write", gettext_noop("Write a scenario")
KEY = "my-scenario"
_ALWAYS = ("functional_unit",)
"""Tables that every form has; the others are added when they are wanted."""
_NAMED = tuple(str(key.loc[0]) for key in KNOWN.values() if key.kind == "named")


def layout(assessor: Assessor) -> Any:
    from dash import dcc, html

    known = [{"label": s.name, "value": s.key} for s in shipped().values()]
    return [
        html.H2(gettext(TITLE)),
        html.P(
            gettext(
                "Fields are those of the file, and so are the messages. A number alone is in the unit beside its name, "
                "and names a source that is described at the end. Begin with the small example, or take over a shipped "
                "one."
            )
        ),
        html.Div(
            [
                html.Label(gettext("Take over a scenario"), htmlFor="like"),
                dcc.Dropdown(known, id="like", placeholder=gettext("one that is shipped"), maxHeight=300),
            ],
            className="field wide",
        ),
        dcc.Store(id="content", storage_type="session", data=dict(EXAMPLE)),
        *place("form"),
        *place("ids", hidden=True),
        *place("form-problems", role="alert"),
        *place("done-with-form", className="buttons"),
        dcc.Store(id="write-did"),
        dcc.Download(id="saved-form"),
    ]


def _records() -> list[str]:
    """The records that are shipped, by the path that a scenario writes."""
    root = folder("scenarios")
    runs = {path.relative_to(root).as_posix() for path in (root / "runs").rglob("*.json")}
    return sorted(runs.union(*(recorded(scenario.content) for scenario in shipped().values())))


def _ids(assessor: Assessor) -> list[Node]:
    """What fields that hold an id offer."""
    known = {**choices(assessor.catalogue), "measurement": _records()}
    return [node("datalist", [node("option", value=id) for id in ids], id=f"ids-{name}") for name, ids in known.items()]


def callbacks(made: Any, assessor: Assessor) -> None:
    from dash import Input, Output, State, ctx, dcc, no_update

    filled(made, "form", "ids", "form-problems", "done-with-form")

    def structured(like: Any, did: Any, content: Any) -> Any:
        """What the form holds after a table was added or taken away, with what is written in it."""
        if ctx.triggered_id == "like":
            return dict(shipped()[like].entry().content) if like in shipped() else no_update
        written = _content(did["fields"] or {}) if did and did.get("fields") else dict(content or EXAMPLE)
        match did:
            case {"do": "more", "value": str(table)}:
                _open(written, table)
            case {"do": "name", "value": str(table), "named": str(name)} if name.strip():
                written.setdefault(table, {}).setdefault(name.strip(), {})
            case {"do": "drop", "value": str(place_)}:
                _drop(written, place_)
            case _:
                return no_update
        return written

    made.callback(
        Output("content", "data"),
        Input("like", "value"),
        Input("write-did", "data"),
        State("content", "data"),
        prevent_initial_call=True,
    )(structured)

    def drawn(content: Any) -> Any:
        buttons = ((gettext("Check it"), "check"), (gettext("Compare it"), "take"), (gettext("Save as TOML"), "save"))
        done = [button(text, does, "", "write", class_="first" if does == "take" else None) for text, does in buttons]
        return form(content or EXAMPLE, []), _ids(assessor), done

    made.callback(
        Output("form-nodes", "data"),
        Output("ids-nodes", "data"),
        Output("done-with-form-nodes", "data"),
        Input("content", "data"),
    )(drawn)

    def checked(did: Any, held: Any) -> Any:
        """What is wrong, at its field and in a list; or the scenario, compared or saved."""
        if not did or did.get("do") not in ("check", "take", "save"):
            return (no_update,) * 5
        content = _content(did["fields"] or {})
        faults = problems(content, assessor)
        beside = form(content, faults)
        if faults:
            return shown.problems(InvalidData(faults)), beside, no_update, no_update, no_update
        if did["do"] == "save":
            return [], beside, no_update, no_update, dcc.send_string(toml(content), f"{KEY}.toml")
        if did["do"] == "check":
            return [node("p", gettext("In order."))], beside, no_update, no_update, no_update
        try:
            present = added(entries(held), Entry(KEY, content))
            assessor.study(present)
        except LcaError as error:
            return shown.problems(error), beside, no_update, no_update, no_update
        return [], beside, window(present), "compare", no_update

    made.callback(
        Output("form-problems-nodes", "data"),
        Output("form-nodes", "data", allow_duplicate=True),
        Output("window", "data", allow_duplicate=True),
        Output("room", "data", allow_duplicate=True),
        Output("saved-form", "data"),
        Input("write-did", "data"),
        State("window", "data"),
        prevent_initial_call=True,
    )(checked)


def problems(content: Mapping[str, Any], assessor: Assessor) -> list[Problem]:
    """What the file would be refused for; the same messages."""
    text = toml(content)
    try:
        scenario = Scenario.of(Document.parse(text, folder("scenarios") / f"{KEY}.toml", f"{KEY}.toml"))
        product_system(scenario, assessor.catalogue)
    except InvalidData as error:
        return list(error.problems)
    return []


def _content(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The content of the file that a form describes; a field of a table by name is `table|name|key`."""
    by_place: dict[Loc, Any] = {}
    tables: dict[str, dict[str, dict[Loc, Any]]] = {}
    for field, value in fields.items():
        table, _, rest = field.partition("|")
        name, _, inner = rest.rpartition("|")
        loc = parsed(inner if rest else table)
        if rest and loc:
            values = tables.setdefault(table, {}).setdefault(name, {})
            if value not in (None, ""):
                values[loc] = value
        elif loc and (key := at(loc, KNOWN)) and value not in (None, ""):
            by_place[loc] = _typed(value, key)
    content = nested(by_place, KNOWN)
    for table, named in tables.items():
        known = _inner(table)
        content[table] = {
            name: nested({loc: _typed(v, key) for loc, v in values.items() if (key := at(loc, known))}, known)
            for name, values in named.items()
        }
    return content


def _inner(table: str) -> dict[Loc, Key]:
    """The keys of one of the tables by name."""
    record = next((key.record for key in KNOWN.values() if key.loc == (table,)), None)
    return {key.loc: key for key in keys(record)} if record else {}


def _typed(value: Any, key: Key) -> Any:
    """What a file would have for a text: a share and a year are numbers, several ids a list."""
    text = str(value).strip()
    if key.kind == "truth":
        return text == "yes"
    if key.kind == "number" or (key.kind in ("quantity", "amount") and key.unit == "1"):
        try:
            number = float(text)
        except ValueError:
            return text
        return int(number) if key.kind == "number" and number.is_integer() else number
    if key.kind in ("quantity", "amount") and key.unit and _is_number(text):
        return f"{text} {key.unit}"
    if key.kind == "ids" and "," in text:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _open(content: dict[str, Any], table: str) -> None:
    """Add an empty table; beside a run of a phase, another one."""
    present = content.get(table)
    if isinstance(present, list):
        present.append({})
    elif present is None:
        content[table] = {}
    elif table in PHASES:
        content[table] = [present, {}]


def _drop(content: dict[str, Any], place: str) -> None:
    """Take a table away: `training`, `training[1]`, or `sources|a`."""
    table, _, name = place.partition("|")
    if name:
        content.get(table, {}).pop(name, None)
        return
    match parsed(place):
        case (str(head),):
            content.pop(head, None)
        case (str(head), int(number)) if number < len(content.get(head, [])):
            del content[head][number]


def form(content: Mapping[str, Any], faults: Sequence[Problem]) -> list[Node]:
    """The fields of what the content has, with what is wrong with each, and what may be added to it."""
    values = flat(content, KNOWN)
    heads = list(dict.fromkeys(str(key.loc[0]) for key in KNOWN.values() if key.kind != "named"))
    tables = [head for head in heads if (head,) not in KNOWN]
    made: list[Node] = []
    for key in (key for key in KNOWN.values() if len(key.loc) == 1 and key.kind != "named"):
        made.append(_fields([(key.loc, key)], values, faults))
        more = [k for k in KNOWN.values() if k.loc[0] == key.loc[0] and len(k.loc) > 1]
        if more:
            summary = node("summary", gettext("{table} by its own numbers", table=key.loc[0]))
            used = any(loc[0] == key.loc[0] and len(loc) > 1 for loc in values)
            made.append(node("details", [summary, _fields(_rows(more, ()), values, faults)], open=used))
    for head in tables:
        present = content.get(head)
        if present is None and head not in _ALWAYS:
            continue
        places: list[Loc] = [(head, n) for n in range(len(present))] if isinstance(present, list) else [(head,)]
        for where in places:
            own = [k for k in KNOWN.values() if k.loc[0] == head]
            drop = [] if head in _ALWAYS else [button(gettext("remove"), "drop", dotted(where), "write")]
            legend = node("legend", [_title(dotted(where)), " ", *drop])
            made.append(node("fieldset", [legend, _fields(_rows(own, where), values, faults, len(where))]))
    further = [head for head in tables if content.get(head) is None or head in PHASES]
    options = [("", gettext("training, network, report …")), *((h, _title(h)) for h in further if h not in _ALWAYS)]
    label = node("label", gettext("Add a phase or a table"), for_="more")
    made.append(node("div", [label, select(options, "", id="more")], class_="field wide"))
    return [*made, *(_named(table, content.get(table) or {}, faults) for table in _NAMED)]


def _rows(known: Sequence[Key], place: Loc) -> list[tuple[Loc, Key]]:
    """The keys of a table at a place of it, where it stands in a list."""
    single = sum(isinstance(part, str) for part in place)
    return [((*place, *key.loc[single:]), key) for key in known]


def _fields(
    rows: Sequence[tuple[Loc, Key]], values: Mapping[Loc, Any], faults: Sequence[Problem], base: int = 1
) -> Node:
    """A field for every key, with its source beside it; what says more of it, or takes its place, is folded below it,
    and so are tables within. `base`: how many parts of a place are those of the table.
    """
    first: list[tuple[Loc, Node]] = []
    beside: dict[Loc, Node] = {}
    folded: dict[Loc, list[Node]] = {}
    within: dict[Loc, list[Key]] = {}
    used: set[Loc] = set()
    for loc, key in rows:
        if len(loc) > base + 1 and not at(loc[: base + 1], KNOWN):
            within.setdefault(loc[: base + 1], []).append(key)
            continue
        owner = loc[: base + 1] if len(loc) > base + 1 else None
        field = _field(dotted(loc), dotted(loc), loc, key, values.get(loc), faults)
        if owner is None:
            first.append((loc, field))
        elif key.cites and len(loc) == len(owner) + 1:
            beside[owner] = field
        else:
            folded.setdefault(owner, []).append(field)
            used |= {owner} if values.get(loc) is not None else set()
    made: list[Node] = []
    for loc, field in first:
        parts = [field, *([beside[loc]] if loc in beside else [])]
        if loc in folded:
            inner = node("div", folded[loc], class_="fields")
            parts.append(
                node(
                    "details",
                    [node("summary", gettext("more of {key}", key=_title(str(loc[-1])))), inner],
                    open=loc in used,
                )
            )
        made.append(node("div", parts, class_="together") if len(parts) > 1 else field)
    for table, keys_ in within.items():
        listed = {loc[: base + 2] for loc in values if loc[: base + 1] == table and isinstance(loc[base + 1], int)}
        for place_ in sorted(listed) or [table]:
            inner = _fields(_rows(keys_, place_), values, faults, len(place_))
            is_used = any(loc[: len(place_)] == place_ for loc in values)
            summary = node("summary", _title(dotted(place_[base:])))
            made.append(node("details", [summary, inner], open=is_used, class_="within"))
    return node("div", made, class_="fields")


def _field(name: str, said: str, loc: Loc, key: Key, value: Any, faults: Sequence[Problem]) -> Node:
    """`name`: of the field; `said`: the place that problems name."""
    label: list[Node] = [_title(str(loc[-1]))]
    if key.unit not in ("", "1"):
        label.append(node("small", f" {key.unit}"))
    if key.required:
        label.append(node("small", " " + gettext("required")))
    parts = [node("label", label, for_=f"field-{name}"), _input(name, loc, key, value)]
    if wrong := [f"{f.what}; {f.remedy}" for f in faults if f.field in (said, f"{said}.value")]:
        parts.append(node("div", shown.clean("; ".join(wrong)), class_="fault"))
    if manual := manual_of(key):
        parts.append(node("small", manual, class_="help"))
    return node("div", parts, class_="field")


def _input(name: str, loc: Loc, key: Key, value: Any) -> Node:
    text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else "" if value is None else str(value)
    named = {"id": f"field-{name}", "data_field": name}
    if key.kind == "choice":
        return select([("", "–"), *((choice, choice) for choice in key.choices)], text, **named)
    if key.kind == "truth":
        return select([("", gettext("no")), ("yes", gettext("yes"))], "yes" if value else "", **named)
    known = f"ids-{loc[-1]}" if loc[-1] in ("electricity", "facility", "building", "server", "measurement") else None
    return node("input", type="text", value=text, list=known, autocomplete="off", **named)


def _named(table: str, named: Mapping[str, Any], faults: Sequence[Problem]) -> Node:
    """Tables by name, such as sources, and a field to add one."""
    known = _inner(table)
    made: list[Node] = [node("legend", _title(table))]
    for name, content in named.items():
        values = flat(content, known)
        fields = [
            _field(f"{table}|{name}|{dotted(loc)}", f"{table}.{name}.{dotted(loc)}", loc, key, values.get(loc), faults)
            for loc, key in known.items()
            if key.kind != "named"
        ]
        legend = node("legend", [name, " ", button(gettext("remove"), "drop", f"{table}|{name}", "write")])
        made.append(node("fieldset", [legend, node("div", fields, class_="fields")]))
    id = f"name-of-{table}"
    add = [
        node("label", gettext("Id of another one of {table}", table=table), for_=id),
        node("input", id=id, type="text", autocomplete="off"),
        button(gettext("Add it"), "name", table, "write", data_named=id),
    ]
    return node("fieldset", [*made, node("div", add, class_="field wide")], class_="named")


def _title(name: str) -> str:
    return name.replace("_", " ")
