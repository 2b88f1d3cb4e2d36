"""What every file is made of: strict records, quantities with ranges, sources; TOML and JSON with positions.

A reader returns a validated record or a list of problems, each with its file, line and field. A line is looked
up (tree-sitter) only once something is wrong.
"""

from __future__ import annotations

import difflib
import importlib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import core_schema

from lca import units
from lca.errors import (
    EmptyFile,
    Fault,
    InconsistentRange,
    InvalidData,
    MissingKey,
    NotFinite,
    NotText,
    OutOfRange,
    Problem,
    Syntax,
    TooLarge,
    Uncited,
    UnknownKey,
    UnknownSource,
    Unreadable,
    WrongType,
)
from lca.units import Amount

LARGEST_FILE = 5_000_000  # bytes; the largest built-in table is a tenth of it
DEEPEST = 30  # tables inside each other; no format of this package goes past six
ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"

Loc = tuple[str | int, ...]
Written = Annotated[Amount, BeforeValidator(units.parse), PlainSerializer(str), WithJsonSchema({"type": "string"})]
Distribution = Literal["lognormal", "triangular", "uniform", "normal"]
Stage = Literal["production", "distribution", "use", "end-of-life"]
Identifier = Annotated[str, WithJsonSchema({"type": "string", "pattern": ID})]


class Record(BaseModel):
    """Frozen; unknown keys are refused; the docstring under a field is its manual."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        arbitrary_types_allowed=True,
        strict=False,
        allow_inf_nan=False,
    )


class Source(Record):
    """Where a number was read."""

    title: str
    """Title of the work."""
    year: int | None = None
    """Year of publication, or of the version read."""
    authors: str | None = None
    """Who wrote or published it."""
    url: str | None = None
    """Address or DOI."""
    locator: str | None = None
    """Table, page or file inside the work."""
    licence: str | None = None
    """Licence of the work, or `figures cited`."""
    confidence: Literal["read", "secondary", "computed", "calibrated", "assumption"] = "read"
    """`read`: in the work itself; `secondary`: quoted by another; `computed`: arithmetic shown in `note`;
    `calibrated`: back-solved from a total; `assumption`: the author's own."""
    note: str | None = None
    """The arithmetic, or what to beware of."""


class Ranged(Record):
    """Numbers with a 95 % range."""

    low: Written | None = None
    """2.5 % quantile."""
    high: Written | None = None
    """97.5 % quantile."""
    distribution: Distribution | None = None
    """Shape between them; required with a range."""
    source: str | tuple[str, ...] | None = None
    """Id of one or more entries under [sources]."""
    note: str | None = None
    """How the number came out of the source."""

    def check_range(self, median: Amount, low: Amount | None, high: Amount | None) -> None:
        """Raise InconsistentRange unless low < median < high fits the stated distribution."""
        if low is None and high is None and self.distribution is None:
            return
        if low is None or high is None or self.distribution is None:
            raise InconsistentRange("low, high and distribution go together")
        lo, mid, hi = low.number, units.convert(median, low.unit).number, units.convert(high, low.unit).number
        if not lo <= mid <= hi or lo == hi:
            raise InconsistentRange(f"low {low}, value {median}, high {high} are not in order")
        centre = {"uniform": (lo + hi) / 2, "normal": (lo + hi) / 2}.get(self.distribution, mid)
        if self.distribution == "lognormal":
            if lo <= 0:
                raise InconsistentRange("a lognormal range is positive")
            centre = (lo * hi) ** 0.5
        if abs(centre - mid) > 0.02 * abs(hi - lo) + 0.01 * abs(mid):
            raise InconsistentRange(
                f"the median of this {self.distribution} range is {centre:g} {low.unit}, not {mid:g}"
            )


class Quantity(Ranged):
    """A number with its unit, and where known its range, kind and source."""

    value: Written
    """Median, as text with a unit."""
    kind: str | None = None
    """What the number is of (`HBM3`)."""
    basis: str | None = None
    """What the number counts, where more than one convention exists (WUE: `consumption` or `withdrawal`)."""

    @model_validator(mode="after")
    def _range_fits(self) -> Quantity:
        self.check_range(self.value, self.low, self.high)
        return self

    @property
    def amount(self) -> float:
        return self.value.number

    @property
    def unit(self) -> str:
        return self.value.unit


@dataclass(frozen=True)
class In:
    """Annotation of a Quantity field: the unit it is converted to, and its bounds in that unit.

    Written as `"700 W"`, or as a table with value, range and source; with `cited` the table must name a source.
    """

    unit: str
    low: float = float("-inf")
    high: float = float("inf")
    above: float = float("-inf")
    below: float = float("inf")
    cited: bool = True

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(
            self._converted, core_schema.no_info_before_validator_function(self._table, handler(source))
        )

    def _table(self, written: object) -> object:
        if isinstance(written, Mapping | Quantity):
            return written
        return {"value": written}

    def _converted(self, quantity: Quantity) -> Quantity:
        if self.cited and not quantity.source:
            raise Uncited("the number cites no source")
        changes = {
            name: units.convert(amount, self.unit)
            for name in ("value", "low", "high")
            if (amount := getattr(quantity, name)) is not None
        }
        for number in (amount.number for amount in changes.values()):
            if not (self.low <= number <= self.high and self.above < number < self.below):
                raise OutOfRange(f"{number:g} is outside {self._interval()}")
        return quantity.model_copy(update=changes)

    def _interval(self) -> str:
        left = f"> {self.above:g}" if self.above > float("-inf") else f">= {self.low:g}"
        right = f"< {self.below:g}" if self.below < float("inf") else f"<= {self.high:g}"
        bounds = " and ".join(bound for bound in (left, right) if "inf" not in bound)
        return bounds if self.unit == "1" else f"{bounds} {units.written(self.unit)}"


_REMEDIES: dict[str, type[Fault]] = {
    "missing": MissingKey,
    "extra_forbidden": UnknownKey,
    "finite_number": NotFinite,
}
R = TypeVar("R", bound=Record)


def read_text(path: Path, shown: str, limit: int = LARGEST_FILE) -> str:
    """The text of a file. Raises InvalidData: unreadable, larger than `limit` bytes, empty, not UTF-8."""
    try:
        if not path.is_file():
            raise Unreadable("no such file")
        if path.stat().st_size > limit:
            raise TooLarge(f"{path.stat().st_size:,} bytes; at most {limit:,} are read")
        data = path.read_bytes()
        if not data.strip():
            raise EmptyFile("the file is empty")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidData([problem(shown, 0, (), NotText("not UTF-8 text"))]) from None
    except OSError as error:
        raise InvalidData([problem(shown, 0, (), Unreadable(error.strerror or str(error)))]) from None
    except Fault as fault:
        raise InvalidData([problem(shown, 1 if isinstance(fault, EmptyFile) else 0, (), fault)]) from None


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

    @classmethod
    def read(cls, path: Path, shown: str | None = None, limit: int = LARGEST_FILE) -> Document:
        """Parse a TOML or JSON file by its ending. Raises InvalidData."""
        shown = shown or str(path)
        text = read_text(path, shown, limit)
        language: Literal["toml", "json"] = "json" if path.suffix == ".json" else "toml"
        try:
            content = json.loads(text, parse_constant=_refuse_constant) if language == "json" else tomllib.loads(text)
            if _nested(content):
                raise RecursionError
        except RecursionError:
            raise InvalidData([problem(shown, 1, (), Syntax(f"nested more than {DEEPEST} deep"))]) from None
        except ValueError as error:
            fault = error if isinstance(error, Fault) else Syntax(str(error).split(" (at ")[0])
            line = re.search(r"line (\d+)", str(error))
            raise InvalidData([problem(shown, int(line[1]) if line else 1, (), fault)]) from None
        if not isinstance(content, dict):
            raise InvalidData([problem(shown, 1, (), WrongType("not a table of keys and values"))])
        return cls(path, shown, text, content, language)

    def line(self, loc: Loc) -> int:
        """The line of a key, or of its nearest parent that is written; 1 for the file."""
        lines = _lines(self.text, self.language)
        while loc and loc not in lines:
            loc = loc[:-1]
        return lines.get(loc, 1)

    def problem(self, loc: Loc, fault: Fault) -> Problem:
        return problem(self.shown, self.line(loc), loc, fault)

    def validate(self, model: type[R], cited: bool = True) -> tuple[R | None, list[Problem]]:
        """The record, or None, and all problems; `cited`: every `source` must be defined in the same file."""
        problems = list(self._unknown_sources()) if cited else []
        try:
            return model.model_validate(self.content), problems
        except ValidationError as error:
            for item in error.errors():
                loc = _written(item["loc"], self.content)
                if item["loc"][-1:] == ("str",) and isinstance(_at(self.content, loc), dict):
                    continue  # a table was written: the other branch of the union says what is wrong with it
                problems.append(self.problem(loc, _fault(item)))
            return None, problems

    def load(self, model: type[R], cited: bool = True) -> R:
        """The record. Raises InvalidData with all problems of the file."""
        record, problems = self.validate(model, cited)
        if problems or record is None:
            raise InvalidData(problems)
        return record

    def _unknown_sources(self) -> Iterator[Problem]:
        sources = self.content.get("sources", {})
        known = set(sources) if isinstance(sources, dict) else set()
        for loc, value in _cited(self.content):
            if value == []:
                yield self.problem(loc, Uncited("the list of sources is empty"))
            for name in value if isinstance(value, list) else [value]:
                if isinstance(name, str) and name not in known:
                    yield self.problem(loc, UnknownSource(f"no source {name[:80]!r} in this file"))


def _refuse_constant(name: str) -> None:
    raise NotFinite(f"{name} is not finite")


def _nested(content: Any) -> bool:
    """Whether something lies more than DEEPEST deep."""
    level = [content]
    for _ in range(DEEPEST + 1):
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]
    return bool(level)


def _cited(content: dict[str, Any]) -> Iterator[tuple[Loc, Any]]:
    """What is written under every `source` key outside [sources], and where."""
    waiting: list[tuple[Loc, Any]] = [((key,), child) for key, child in content.items() if key != "sources"]
    while waiting:
        loc, value = waiting.pop()
        if loc[-1] == "source":
            yield loc, value
        if isinstance(value, dict):
            waiting += [
                ((*loc, key), child) for key, child in value.items() if key == "source" or type(child) is not str
            ]
        elif isinstance(value, list):
            waiting += [((*loc, index), child) for index, child in enumerate(value) if type(child) is not str]


def _at(content: Any, loc: Loc) -> Any:
    for part in loc:
        content = content[part]
    return content


def _written(loc: Loc, content: Any) -> Loc:
    """Pydantic's location without the names of union branches, which nobody wrote."""
    result: list[str | int] = []
    for index, part in enumerate(loc):
        last = index == len(loc) - 1
        if isinstance(content, dict) and (part in content or (last and not _branch(part))):
            result.append(part)
            content = content.get(part)
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            result.append(part)
            content = content[part]
    return tuple(result)


def _branch(part: str | int) -> bool:
    return isinstance(part, str) and (part in ("str", "float", "int") or "[" in part or "(" in part)


def _fault(item: Any) -> Fault:
    error = item.get("ctx", {}).get("error")
    if isinstance(error, Fault):
        return error
    cause = _REMEDIES.get(item["type"], WrongType)
    what = {
        "missing": "required key is absent",
        "extra_forbidden": "unknown key",
    }.get(item["type"], item["msg"].removeprefix("Value error, "))
    return cause(what)


_cached_lines: dict[int, tuple[str, dict[Loc, int]]] = {}


def _lines(text: str, language: str) -> dict[Loc, int]:
    """Line of every key of a TOML or JSON text, by its location."""
    cached = _cached_lines.get(hash(text))
    if cached and cached[0] is text:
        return cached[1]
    import tree_sitter

    grammar = importlib.import_module(f"tree_sitter_{language}")
    root = tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(text.encode()).root_node
    lines: dict[Loc, int] = {}
    _place(root, (), lines, {})
    _cached_lines.clear()
    _cached_lines[hash(text)] = (text, lines)
    return lines


def _place(node: Any, loc: Loc, lines: dict[Loc, int], arrays: dict[Loc, int]) -> None:
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


def ids(source: str | tuple[str, ...]) -> tuple[str, ...]:
    """One source id or several, as several."""
    return (source,) if isinstance(source, str) else source


def near(name: str, known: Iterable[str]) -> str:
    """`; did you mean ...`, or nothing."""
    close = difflib.get_close_matches(name, known, n=3)
    return f"; did you mean {', '.join(map(repr, close))}?" if close else ""


@contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, renamed onto it once the block has ended well; else removed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield aside
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file, aside first."""
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path, content: object) -> None:
    """Write JSON, aside first. Raises ValueError for a number that is not finite."""
    with written_aside(path) as aside:
        aside.write_text(json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
