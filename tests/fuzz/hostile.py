"""How a file is damaged or made hostile: the same number, the same damage."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

TEXTS = (
    "",
    " ",
    "\x1b]0;owned\x07",
    "a\nscenario.toml:3: name: forged; do evil",
    "\ud800",
    "\u202e",
    "=HYPERLINK(1)",
    "<script>",
    "../../etc/passwd",
    "/proc/nothing/x",
    "con",
    "a" * 300,
    "__import__('os').system('false')",
    "('RER', 'x')",
    "Europe (without Switzerland)",
    "ö̈🤖",
    "NaN",
    "inf kWh",
    "1e999 kWh",
    "-1 kWh",
    "0 kWh",
    "5e-324 kWh",
    "1e308 kWh",
    "1,5 kWh",
    "1 kg",
    "1",
    "0",
    "1e-300 inference",
    "2026-02-30T00:00:00Z",
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59.999999-14:00",
)
NUMBERS = (0, -1, 1, 7.5, 1e-324, 5e-324, 1e308, -1e308, 2**64, 10**400, True, False)
OTHERS: tuple[Any, ...] = (None, [], {}, [[]], {"a": {}}, [None], "x", 3)
PIECES = (
    b"",
    b"\x00",
    b"\xff",
    b"9" * 30,
    b"-",
    b"=",
    b"\n",
    b'"',
    b",",
    b"e9",
    b"\xef\xbb\xbf",
    b"\r",
    b"{",
    b"[",
    b"'",
)
SPECIAL = ("empty", "byte order mark", "folder", "pipe", "loop of links", "link to nothing", "deep", "zeros", "absent")


def damaged(content: bytes, random: Random) -> bytes:
    """Bits turned, bytes replaced, cut off, lines doubled, lost or exchanged."""
    data = bytearray(content)
    at = random.randrange(len(data)) if data else 0
    match random.randrange(7):
        case 0 if data:
            data[at] ^= 1 << random.randrange(8)
        case 1:
            del data[at:]
        case 2:
            for _ in range(random.randint(1, 4)):
                at = random.randrange(len(data) or 1)
                data[at : at + 1] = random.choice(PIECES)
        case 3:
            del data[at : at + random.randint(1, 200)]
        case _:
            lines = content.splitlines(keepends=True) or [b""]
            here, there = random.randrange(len(lines)), random.randrange(len(lines))
            match random.randrange(3):
                case 0:
                    lines.insert(there, lines[here])
                case 1:
                    del lines[here]
                case _:
                    lines[here], lines[there] = lines[there], lines[here]
            data = bytearray(b"".join(lines))
    return bytes(data)


def another(value: Any, random: Random) -> Any:
    """Something else in the place of a value."""
    kinds: tuple[tuple[Any, ...], ...] = (TEXTS, NUMBERS, OTHERS)
    if isinstance(value, str) and random.random() < 0.5:
        return re.sub(r"[\d.]+", lambda _: str(random.choice(NUMBERS)), value, count=1)
    return random.choice(random.choice(kinds))


def respelled(text: str, language: str, random: Random) -> str:
    """The text of a TOML, JSON or CSV file with one value or key changed; of any other, damaged at random."""
    if language == "journal":
        lines = text.splitlines()
        at = random.randrange(len(lines))
        content = json.loads(lines[at])
        _change(random.choice(list(_holders(content))), random)
        lines[at] = json.dumps(content)
        return "\n".join(lines) + "\n"
    if language == "json":
        content = json.loads(text)
        holders = list(_holders(content))
        holder = random.choice(holders)
        _change(holder, random)
        return json.dumps(content, indent=1)
    if language == "toml":
        values = [match for match in re.finditer(r'(?m)(?<=[=\[ ])("[^"\n]*"|-?\d[\d.e-]*|true|false)', text)]
        chosen = random.choice(values)
        new = another(tomllib.loads(f"x = {chosen[0]}")["x"], random)
        return text[: chosen.start()] + _toml(new) + text[chosen.end() :]
    cells = list(re.finditer(r"[^,;|\n]+", text))
    chosen = random.choice(cells)
    new = another(chosen[0], random)
    return text[: chosen.start()] + str(new) + text[chosen.end() :]


def _holders(content: Any) -> Iterator[dict[str, Any] | list[Any]]:
    if isinstance(content, dict | list) and content:
        yield content
        for child in content.values() if isinstance(content, dict) else content:
            yield from _holders(child)


def _change(holder: dict[str, Any] | list[Any], random: Random) -> None:
    if isinstance(holder, list):
        at = random.randrange(len(holder))
        if random.random() < 0.2:
            holder.append(holder[at])
        else:
            holder[at] = another(holder[at], random)
        return
    key = random.choice(list(holder))
    match random.randrange(8):
        case 0:
            del holder[key]
        case 1:
            holder[random.choice(TEXTS)] = holder.pop(key)
        case _:
            holder[key] = another(holder[key], random)


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case None:
            return "[]"
        case dict():
            return "{ a = 1 }"
        case str():
            return json.dumps(value)
    return json.dumps(value) if not isinstance(value, list) else '[""]'


def special(path: Path, kind: str) -> None:
    """What is no ordinary file in the place of one."""
    import os

    path.unlink(missing_ok=True)
    match kind:
        case "empty":
            path.touch()
        case "byte order mark":
            path.write_bytes(b"\xef\xbb\xbf")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "loop of links":
            path.symlink_to(path.name)
        case "link to nothing":
            path.symlink_to("nothing-of-this-name")
        case "deep":
            path.write_text('{"a":' * 1500 + "1" + "}" * 1500 if path.suffix == ".json" else "a." * 1500 + "a = 1\n")
        case "zeros":
            path.write_bytes(bytes(1000))


def spoil(path: Path, random: Random) -> str:
    """Harm a file in one way; what was done."""
    if random.random() < 0.1:
        kind = random.choice(SPECIAL)
        special(path, kind)
        return kind
    content = path.read_bytes()
    language = {".toml": "toml", ".journal": "journal"}.get(path.suffix, "json" if content[:1] == b"{" else "csv")
    ways: dict[str, Callable[[], bytes]] = {
        "damaged": lambda: damaged(content, random),
        "respelled": lambda: respelled(content.decode(), language, random).encode("utf-8", "surrogatepass"),
    }
    if language == "json" and path.name == "report.json":
        ways.pop("respelled")  # several documents, one after the other
    way = random.choice(list(ways))
    path.write_bytes(ways[way]())
    return way
