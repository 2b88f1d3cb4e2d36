"""On which line each key of a TOML or JSON text is written, by tree-sitter."""

from __future__ import annotations

import importlib
import json
import tomllib
from typing import Any

Loc = tuple[str | int, ...]
"""Keys and indices from the top of a document."""

MOST_PLACED = 100_000  # values of an array; beyond it the line of the array stands for all

_cached_lines: dict[int, tuple[str, dict[Loc, int]]] = {}


def lines_of(text: str, language: str) -> dict[Loc, int]:
    """Line of every key of a TOML or JSON text, by its location."""
    cached = _cached_lines.get(hash(text))
    if cached and cached[0] is text:
        return cached[1]
    lines: dict[Loc, int] = {}
    _place(_root(text, language), (), lines, {})
    _cached_lines.clear()
    _cached_lines[hash(text)] = (text, lines)
    return lines


def repeated_key(text: str) -> tuple[Loc, int]:
    """Where a JSON text has a key for the second time in one object; the top, where there is none."""
    waiting: list[tuple[Any, Loc]] = [(_root(text, "json"), ())]
    while waiting:
        node, loc = waiting.pop()
        seen: set[Loc] = set()
        for index, child in enumerate(node.named_children):
            here = loc
            if node.type == "array":
                here = (*loc, index)
            elif child.type == "pair":
                key, child = child.named_children
                here = loc + _key(key)
                if here in seen:
                    return here, key.start_point[0] + 1
                seen.add(here)
            waiting.append((child, here))
    return (), 1


def _root(text: str, language: str) -> Any:
    import tree_sitter

    grammar = importlib.import_module(f"tree_sitter_{language}")
    return tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(text.encode()).root_node


def _place(node: Any, loc: Loc, lines: dict[Loc, int], arrays: dict[Loc, int]) -> None:
    if node.type == "array" and node.named_child_count > MOST_PLACED:
        return
    here, children = loc, node.named_children
    match node.type:
        case "table" | "table_array_element" | "pair":
            key, *children = children
            here = loc + _key(key)
            if node.type == "table_array_element":
                here = (*_inside_arrays(here[:-1], arrays), here[-1])
                arrays[here] = arrays.get(here, -1) + 1
                here = (*here, arrays[here])
            elif node.type == "table":
                here = _inside_arrays(here, arrays)
            for end in range(len(loc) + 1, len(here) + 1):
                lines.setdefault(here[:end], node.start_point[0] + 1)
        case "array":
            for index, child in enumerate(c for c in children if c.type != "comment"):
                lines.setdefault((*loc, index), child.start_point[0] + 1)
                _place(child, (*loc, index), lines, arrays)
            return
    for child in children:
        _place(child, here, lines, arrays)


def _inside_arrays(loc: Loc, arrays: dict[Loc, int]) -> Loc:
    result: Loc = ()
    for part in loc:
        result = (*result, part)
        if result in arrays:
            result = (*result, arrays[result])
    return result


def _key(node: Any) -> Loc:
    if node.type == "dotted_key":
        return tuple(part for child in node.named_children for part in _key(child))
    text = node.text.decode()
    if node.type == "bare_key":
        return (text,)
    return (json.loads(text),) if node.type == "string" else tuple(tomllib.loads(f"{text} = 0"))
