"""A file's content as TOML that people read: short tables in a line, the tables of a file under headings."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml(content: Mapping[str, Any]) -> str:
    """The text; what is None is left out. Raises ValueError for a number that is not finite."""
    return "\n".join(_lines(content)) + "\n"


def _lines(content: Mapping[str, Any]) -> Iterator[str]:
    under = {key: value for key, value in content.items() if _has_heading(key, value)}
    yield from (
        f"{_key(key)} = {_value(value)}" for key, value in content.items() if key not in under and value is not None
    )
    for key, value in under.items():
        if isinstance(value, list):
            for table in value:
                yield from ("", f"[[{_key(key)}]]", *_pairs(table))
        elif value and all(isinstance(inner, Mapping) and "value" not in inner for inner in value.values()):
            for name, table in value.items():
                yield from ("", f"[{_key(key)}.{_key(name)}]", *_pairs(table))
        else:
            yield from ("", f"[{_key(key)}]", *_pairs(value))


def _has_heading(key: str, value: Any) -> bool:
    if isinstance(value, list):
        return any(isinstance(inner, Mapping) for inner in value)
    return isinstance(value, Mapping) and key not in ("functional_unit", "electricity", "facility")


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    return (f"{_key(key)} = {_value(value)}" for key, value in table.items() if value is not None)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _line(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is not finite")
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(_pairs(value))} }}"
    return f"[{', '.join(map(_value, value))}]"


def _text(text: str) -> str:
    if "\n" not in text:
        return _line(text)
    lines = "\n".join(_line(line)[1:-1] for line in text.split("\n"))
    return f'"""\n{lines}"""'


def _line(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
