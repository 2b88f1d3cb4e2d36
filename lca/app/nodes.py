"""Parts of the page as plain data, which the page's script builds: texts become text nodes, never markup.

Tables, trees and forms have thousands of parts; as Dash's own components each of them would watch every change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Node = str | list[Any]
"""A text, or [name of an element, attributes, nodes within]."""


def node(tag: str, within: Node | Sequence[Node] | None = None, **attributes: Any) -> Node:
    """An element; `class_` and `for_` are `class` and `for`, `data_do` is `data-do`; None is left out."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items() if value is not None}
    if within is None:
        children: list[Node] = []
    elif isinstance(within, str) or (isinstance(within, list) and _is_node(within)):
        children = [within]
    else:
        children = list(within)
    return [tag, named, children]


def button(text: str, does: str, value: str = "", room: str = "compare", **attributes: Any) -> Node:
    """A button: the room's script is told what it does, and with what."""
    return node("button", text, type="button", data_to=room, data_do=does, data_value=value, **attributes)


def select(options: Sequence[tuple[str, str]], chosen: str, **attributes: Any) -> Node:
    """A list of (value, label) of which one is chosen."""
    made = [node("option", label, value=value, selected=True if value == chosen else None) for value, label in options]
    return node("select", made, **attributes)


def _is_node(within: list[Any]) -> bool:
    return len(within) == 3 and isinstance(within[0], str) and isinstance(within[1], dict)


def place(id: str, element: str = "Div", **attributes: Any) -> list[Any]:
    """A part of the page, of Dash, that nodes are built into: those in the store `id-nodes`."""
    from dash import dcc, html

    return [getattr(html, element)(id=id, **attributes), dcc.Store(id=f"{id}-nodes")]


def filled(made: Any, *ids: str) -> None:
    """Let the page's script build the nodes of these places."""
    from dash import Input, Output, State

    for id in ids:
        made.clientside_callback(
            "window.dash_clientside.lca.fill",
            Output(id, "title"),
            Input(f"{id}-nodes", "data"),
            State(f"{id}-nodes", "id"),
            prevent_initial_call=True,
        )
