"""Files: TOML and JSON read into records with the place of every key.

A reader returns a validated record or a list of problems, each with its file, line and field. A line is looked
up (tree-sitter) only once something is wrong.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from lca.errors import (
    EmptyFile,
    Fault,
    InvalidData,
    MissingKey,
    NotFinite,
    NotText,
    Placeholder,
    Problem,
    RepeatedKey,
    Syntax,
    TooLarge,
    TooManyProblems,
    Uncited,
    UnknownKey,
    UnknownSource,
    Unreadable,
    WrongType,
)
from lca.languages import gettext, gettext_noop
from lca.quantities.positions import Loc, lines_of, repeated_key
from lca.quantities.records import Record, near
from lca.quantities.sources import Source

LARGEST_FILE = 5_000_000  # bytes; the largest built-in table is a tenth of it
LARGEST_TOML = 1_000_000  # bytes; tomllib takes seconds for it, and no file of ours is a tenth of it
MOST_PROBLEMS = 200  # of one file; more say no more
SHARED = "sources"
"""Folder of an inventory that holds the sources which several of its files cite, each in a file named by its id."""
THIS_FILE, THE_TABLES_FILE = gettext_noop("this file"), gettext_noop("the table's TOML file")
DEEPEST = 30  # tables inside each other; no format of this package goes past six

_PLACEHOLDER = re.compile("<[a-z1][a-z0-9_ ]*>( <[a-z]+>)?")
_CITING = frozenset({"source", "limit_source"})
"""Keys under which ids of sources stand."""
_REMEDIES: dict[str, type[Fault]] = {"missing": MissingKey, "extra_forbidden": UnknownKey, "finite_number": NotFinite}
_MESSAGES = {
    "missing": gettext_noop("required key is absent"),
    "extra_forbidden": gettext_noop("unknown key"),
    "string_type": gettext_noop("Input should be a valid string"),
    "bool_type": gettext_noop("Input should be a valid boolean"),
    "bool_parsing": gettext_noop("Input should be a valid boolean, unable to interpret input"),
    "int_type": gettext_noop("Input should be a valid integer"),
    "int_parsing": gettext_noop("Input should be a valid integer, unable to parse string as an integer"),
    "int_from_float": gettext_noop("Input should be a valid integer, got a number with a fractional part"),
    "float_type": gettext_noop("Input should be a valid number"),
    "float_parsing": gettext_noop("Input should be a valid number, unable to parse string as a number"),
    "finite_number": gettext_noop("Input should be a finite number"),
    "dict_type": gettext_noop("Input should be a valid dictionary"),
    "model_type": gettext_noop("Input should be a valid dictionary or instance of {class_name}"),
    "list_type": gettext_noop("Input should be a valid list"),
    "tuple_type": gettext_noop("Input should be a valid tuple"),
    "literal_error": gettext_noop("Input should be {expected}"),
    "enum": gettext_noop("Input should be {expected}"),
    "greater_than": gettext_noop("Input should be greater than {gt:g}"),
    "greater_than_equal": gettext_noop("Input should be greater than or equal to {ge:g}"),
    "less_than": gettext_noop("Input should be less than {lt:g}"),
    "less_than_equal": gettext_noop("Input should be less than or equal to {le:g}"),
    "string_pattern_mismatch": gettext_noop("String should match pattern '{pattern}'"),
    "none_required": gettext_noop("Input should be None"),
}
"""Kind of what pydantic finds → what is said of it: its own words, but for the first two."""
R = TypeVar("R", bound=Record)
T = TypeVar("T")


def read_text(path: Path, shown: str, limit: int = LARGEST_FILE) -> str:
    """The text of a file. Raises InvalidData: unreadable, larger than `limit` bytes, empty, not UTF-8."""
    try:
        must_be_file(path)
        if path.stat().st_size > limit:
            raise TooLarge(gettext("{size:,} bytes; at most {limit:,} are read", size=path.stat().st_size, limit=limit))
        text = path.read_bytes().decode("utf-8-sig")
        if not text.strip():
            raise EmptyFile(gettext("the file is empty"))
        return text
    except UnicodeDecodeError:
        raise InvalidData([problem(shown, 0, (), NotText(gettext("not UTF-8 text")))]) from None
    except OSError as error:
        raise InvalidData([problem(shown, 0, (), Unreadable(error.strerror or str(error)))]) from None
    except Fault as fault:
        raise InvalidData([problem(shown, 1 if isinstance(fault, EmptyFile) else 0, (), fault)]) from None


def must_be_file(path: Path) -> None:
    """Raise Unreadable for what is no file: reading a pipe would wait for ever."""
    if path.is_symlink() and not path.exists():
        raise Unreadable(gettext("a link that leads to no file"))
    if path.exists() and not path.is_file() and not path.is_dir():
        raise Unreadable(gettext("a pipe or a device, not a file"))
    if not path.is_file():
        raise Unreadable(gettext("no such file"))


def problem(shown: str, line: int, loc: Loc, fault: Fault) -> Problem:
    return Problem(shown, line, dotted(loc), str(fault), fault.remedy)


def dotted(loc: Loc) -> str:
    """("exchanges", 0, "amount") → "exchanges[0].amount"."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed file that still knows where each key was written."""

    path: Path
    shown: str
    """The path as problems name it."""
    text: str
    content: dict[str, Any]
    language: Literal["toml", "json"]
    shared: Mapping[str, Source] = field(default_factory=dict, repr=False)
    """Sources that files of its folder may cite without defining them, by id."""

    @classmethod
    def read(cls, path: Path, shown: str | None = None, limit: int = LARGEST_FILE, deepest: int = DEEPEST) -> Document:
        """Parse a TOML or JSON file by its ending; `limit`: bytes of JSON. Raises InvalidData."""
        shown = shown or str(path)
        language: Literal["toml", "json"] = "json" if path.suffix == ".json" else "toml"
        text = read_text(path, shown, limit if language == "json" else LARGEST_TOML)
        return cls.parse(text, path, shown, language, deepest)

    @classmethod
    def parse(
        cls, text: str, path: Path, shown: str, language: Literal["toml", "json"] = "toml", deepest: int = DEEPEST
    ) -> Document:
        """The document that a text is; `path`: where it lies, or would. Raises InvalidData."""
        try:
            content = parsed_json(text) if language == "json" else _parsed_toml(text)
            if too_deep(content, deepest):
                raise RecursionError
        except RecursionError:
            raise InvalidData(
                [problem(shown, 1, (), Syntax(gettext("nested more than {deepest} deep", deepest=deepest)))]
            ) from None
        except RepeatedKey as repeated:
            loc, line = repeated_key(text)
            raise InvalidData([problem(shown, line, loc, repeated)]) from None
        except ValueError as error:
            fault = error if isinstance(error, Fault) else Syntax(str(error).split(" (at ")[0])
            at = re.search(r"line (\d+)", str(error))
            raise InvalidData([problem(shown, int(at[1]) if at else 1, (), fault)]) from None
        if not isinstance(content, dict):
            raise InvalidData([problem(shown, 1, (), WrongType(gettext("not a table of keys and values")))])
        return cls(path, shown, text, content, language)

    def line(self, loc: Loc) -> int:
        """The line of a key, or of its nearest parent that is written; 1 for the file."""
        lines = lines_of(self.text, self.language)
        while loc and loc not in lines:
            loc = loc[:-1]
        return lines.get(loc, 1)

    def problem(self, loc: Loc, fault: Fault) -> Problem:
        return problem(self.shown, self.line(loc), loc, fault)

    def validate(self, model: type[R], cited: bool = True) -> tuple[R | None, list[Problem]]:
        """The record, or None, and all problems; `cited`: every `source` must be defined in the file, or shared.

        Among the `sources` of the record are then the shared ones that the file cites.
        """
        problems = list(self._unknown_sources()) if cited else []
        problems += self._placeholders()
        content = self.content
        if cited and self.shared and isinstance(own := content.get("sources", {}), dict):
            sources = self.with_shared(own, self.cited())
            content = {**content, "sources": sources} if sources else content
        try:
            return model.model_validate(content), problems
        except ValidationError as error:
            for item in error.errors(include_url=False)[:MOST_PROBLEMS]:
                loc = _written(item["loc"], self.content)
                if item["loc"][-1:] == ("str",) and isinstance(_at(self.content, loc), dict):
                    continue  # a table was written: the other branch of the union says what is wrong with it
                problems.append(self.problem(loc, _fault(item, model)))
            if (more := error.error_count() - MOST_PROBLEMS) > 0:
                problems.append(self.problem((), TooManyProblems(gettext("and {more:,} more", more=more))))
            return None, problems

    def load(self, model: type[R], cited: bool = True) -> R:
        """The record. Raises InvalidData with all problems of the file."""
        record, problems = self.validate(model, cited)
        if problems or record is None:
            raise InvalidData(problems)
        return record

    def cited(self) -> tuple[str, ...]:
        """The ids under every key of _CITING."""
        return tuple(id for _, value in _cited(self.content) for id in _ids(value))

    def with_shared(self, own: Mapping[str, T], cited: Iterable[str]) -> dict[str, T | Source]:
        """The file's own sources, and of the shared ones those that are cited and not its own."""
        return {**own, **{id: self.shared[id] for id in cited if id in self.shared and id not in own}}

    def unknown_source(self, id: str, own: Iterable[str], place: str = THIS_FILE) -> UnknownSource:
        """What to say of a cited id that is neither among the file's own sources nor shared."""
        hint = near(id, {*own, *self.shared})
        if not self.shared:
            return UnknownSource(
                gettext("no source {id!r} in {place}{hint}", id=id[:80], place=gettext(place), hint=hint)
            )
        return UnknownSource(
            gettext(
                "no source {id!r} in {place} or below {folder}/{hint}",
                id=id[:80],
                place=gettext(place),
                folder=SHARED,
                hint=hint,
            )
        )

    def _placeholders(self) -> Iterator[Problem]:
        """What a skeleton left to be filled in."""
        if self.language == "json" or '"<' not in self.text:
            return
        waiting: list[tuple[Loc, Any]] = [((), self.content)]
        while waiting:
            loc, value = waiting.pop()
            if isinstance(value, str) and _PLACEHOLDER.fullmatch(value):
                yield self.problem(loc, Placeholder(gettext("{value} is a placeholder", value=value)))
            elif isinstance(value, dict):
                waiting += [((*loc, key), child) for key, child in value.items()]
            elif isinstance(value, list):
                waiting += [((*loc, index), child) for index, child in enumerate(value)]

    def _unknown_sources(self) -> Iterator[Problem]:
        sources = self.content.get("sources", {})
        own = sources if isinstance(sources, dict) else {}
        for loc, value in _cited(self.content):
            if value == []:
                yield self.problem(loc, Uncited(gettext("the list of sources is empty")))
            for id in _ids(value):
                if id not in own and id not in self.shared:
                    yield self.problem(loc, self.unknown_source(id, own))


def parsed_json(text: str) -> Any:
    """The content of JSON. Raises ValueError, RecursionError, or a Fault for what json.loads would let pass.

    NotFinite: NaN and infinities; RepeatedKey: the last of two would win; NotText: half of a surrogate pair.
    """
    content = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_repeated)
    if _SURROGATE.search(text):
        try:
            json.dumps(content, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise NotText(
                gettext("the character \\u{code:04x} is half of a pair", code=ord(error.object[error.start]))
            ) from None
    return content


def _refuse_constant(name: str) -> None:
    raise NotFinite(gettext("{name} is not finite", name=name))


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise RepeatedKey(gettext("the key occurs twice"))
    return content


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_KEY = r"""(?:[A-Za-z0-9_-]++|"(?:\\.|[^"\\\n])*+"|'[^'\n]*+')"""
_DEEP_KEY = rf"{_KEY}(?:[ \t]*+\.[ \t]*+{_KEY}){{{DEEPEST}}}"
_TEXT = r"""\#[^\n]*+|\"{3}(?:\\.|[^\\])*?\"{3}|'{3}.*?'{3}"""
_DEEP = re.compile(rf"(?:{_TEXT}|(?P<deep>{_DEEP_KEY})|{_KEY})", re.DOTALL)


def _parsed_toml(text: str) -> dict[str, Any]:
    """The content of TOML. Raises ValueError; RecursionError for a key too deep: tomllib is quadratic in its depth."""
    dotted_line = any(line.count(".") >= DEEPEST for line in text.split("\n"))
    if dotted_line and any(match["deep"] for match in _DEEP.finditer(text)):
        raise RecursionError
    return tomllib.loads(text)


def too_deep(content: Any, deepest: int = DEEPEST) -> bool:
    """Whether something lies more than `deepest` deep."""
    level = [content]
    for _ in range(deepest + 1):
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]
    return bool(level)


def _cited(content: dict[str, Any]) -> Iterator[tuple[Loc, Any]]:
    """What is written under every key of _CITING outside [sources], and where."""
    waiting: list[tuple[Loc, Any]] = [((key,), child) for key, child in content.items() if key != "sources"]
    while waiting:
        loc, value = waiting.pop()
        if loc[-1] in _CITING:
            yield loc, value
        if isinstance(value, dict):
            waiting += [
                ((*loc, key), child) for key, child in value.items() if key in _CITING or type(child) is not str
            ]
        elif isinstance(value, list):
            waiting += [((*loc, index), child) for index, child in enumerate(value) if type(child) is not str]


def _ids(value: Any) -> list[str]:
    """The ids in what is written under a `source` key; what is no text is a problem of its type."""
    return [id for id in (value if isinstance(value, list) else [value]) if isinstance(id, str)]


def _at(content: Any, loc: Loc) -> Any:
    for part in loc:
        content = content[part]
    return content


def _written(loc: Loc, content: Any) -> Loc:
    """Pydantic's location without the names of union branches, which nobody wrote."""
    result: list[str | int] = []
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
        named = (
            isinstance(part, str) and last and not _branch(part)
        )  # a number in a table: it is written as a list of one
        if isinstance(content, dict) and (part in content or named):
            result.append(part)
            content = content.get(part)
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            result.append(part)
            content = content[part]
    return tuple(result)


def _branch(part: str | int) -> bool:
    return isinstance(part, str) and (part in ("str", "float", "int") or "[" in part or "(" in part)


def first_fault(error: ValidationError) -> str:
    """Field and reason of the first thing that makes content no record, for what was read of no document."""
    item = error.errors(include_url=False)[0]
    return f"{dotted(item['loc'])}: {_fault(item)}".removeprefix(": ")


@cache
def _keys(model: type[Record]) -> frozenset[str]:
    """Every key that a file of the model may have, in any of its tables."""
    schema = model.model_json_schema()
    tables = [schema, *schema.get("$defs", {}).values()]
    return frozenset(key for table in tables for key in table.get("properties", {}))


def _fault(item: Any, model: type[Record] | None = None) -> Fault:
    """What pydantic found; of an unknown key, which of the model are near it."""
    error = item.get("ctx", {}).get("error")
    if isinstance(error, Fault):
        return error
    cause = _REMEDIES.get(item["type"], WrongType)
    template = _MESSAGES.get(item["type"])
    if template is None:
        return cause(item["msg"].removeprefix("Value error, "))
    values = item.get("ctx", {})
    if "expected" in values:
        values = {"expected": values["expected"].replace(" or ", gettext(" or "))}
    hint = near(str(item["loc"][-1]), _keys(model)) if model and cause is UnknownKey else ""
    return cause(gettext(template, **values) + hint)
