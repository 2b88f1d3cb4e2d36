"""Impact methods of the user's own: a CSV of factors is a category, a folder of such files a method.

Columns flow, compartment, factor, unit, and location where a factor is one of a country. `air/*` stands for a
compartment with all its subcompartments. A flow in the compartment `impact category` is the id of a category, whose
score counts by the factor. A TOML file of the same name beside it may say more.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field

from lca.builtin import folder, named, shown
from lca.errors import (
    Contradiction,
    DuplicateId,
    EmptyFile,
    Fault,
    InvalidData,
    MissingKey,
    NoUnit,
    OutOfRange,
    Problem,
    UnknownCategory,
    UnknownFlow,
    UnknownKey,
    UsageError,
    WrongType,
    WrongUnit,
)
from lca.languages import gettext
from lca.methods.categories import CATEGORIES, Category, learn
from lca.methods.library import Flow, Library
from lca.quantities import units
from lca.quantities.documents import Document, problem, read_text
from lca.quantities.locations import location
from lca.quantities.records import ID, Record, near
from lca.quantities.sources import Source
from lca.quantities.tables import read_cells, repeated

COLUMNS = ("flow", "compartment", "factor", "unit")
LOCATION = "location"
OF_CATEGORY = "impact category"
"""In place of a compartment: the factor is of the score of a category."""
_ALL = "/*"
_GROUP = "own methods"
T = TypeVar("T")


class MethodFile(Record):
    """What is said of a CSV file of factors, in a TOML file of the same name beside it."""

    title: str
    """Name of the category, as reports print it."""
    comment: str | None = None
    """What the category counts, and what of it is left out."""
    unknown_flows: Literal["refuse", "skip"] = "refuse"
    """What becomes of flows that the elementary flows do not have: an error each; or `skip`: they are counted, and
    named by `lca list categories --json`."""
    source: str | tuple[str, ...]
    """Of the factors."""
    sources: dict[str, Source] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MethodUsed:
    """A category of the user's own, and how its file and the inventories cover each other."""

    category: Category
    file: str
    sha256: str
    comment: str
    sources: Mapping[str, Source]
    flows: int
    """Of the file, with those of a compartment and all its subcompartments as one."""
    unknown: tuple[str, ...]
    """Of these, those that the elementary flows do not have: `name | compartment`."""
    emitted: int = 0
    """Of these, those that some activity of the inventories has."""
    lists: tuple[str, ...] = ()
    """Categories whose lists of required flows say what must be present for this one too; none: nobody says."""
    weights: tuple[str, ...] = ()
    """Categories whose scores it counts."""

    @property
    def multiple_of(self) -> str:
        """Id of the category of whose scores it is a multiple; empty: of none."""
        return self.weights[0] if len(self.weights) == 1 and not self.flows else ""

    @property
    def matched(self) -> int:
        """Flows of the file that are known."""
        return self.flows - len(self.unknown)

    def to_json(self) -> dict[str, Any]:
        """How the two cover each other, for programs."""
        return {
            "category": self.category.id,
            "file": self.file,
            "flows": self.flows,
            "matched": self.matched,
            "emitted": self.emitted,
            "unknown": list(self.unknown),
            "lists": list(self.lists),
            "weights": list(self.weights),
        }


@dataclass(frozen=True, slots=True)
class OwnMethod:
    """One category of the user's own, with its factors."""

    used: MethodUsed
    factors: Mapping[str, float] = field(default_factory=dict, repr=False)
    """By code of an elementary flow."""
    places: Mapping[str, Mapping[str, float]] = field(default_factory=dict, repr=False)
    """Code of an elementary flow → place → factor there."""
    of_categories: Mapping[str, float] = field(default_factory=dict, repr=False)
    """Category → factor of its score."""
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    """Flow, as the file has it → codes of elementary flows."""

    @property
    def id(self) -> str:
        return self.used.category.id

    @property
    def multiple(self) -> tuple[str, float] | None:
        """The category of which this one is a multiple, and how often; None: it has factors of flows, or of several."""
        of = self.used.multiple_of
        return (of, self.of_categories[of]) if of else None


def read_methods(paths: Iterable[str | Path], library: Library) -> tuple[OwnMethod, ...]:
    """The categories of CSV files, of folders of them, and of shipped examples by their names.

    Raises InvalidData with every problem of every file, and UsageError for a folder without any.
    """
    methods: dict[str, OwnMethod] = {}
    problems: list[Problem] = []
    for path, group in _files(paths):
        id = f"{group}/{path.stem}" if group else path.stem
        try:
            if fault := _wrong_id(id, path, methods):
                raise InvalidData([problem(shown(path), 0, (), fault)])
            methods[id] = _read(path, id, group, library)
        except InvalidData as error:
            problems += error.problems
    if problems:
        raise InvalidData(problems)
    for method in methods.values():
        learn(method.used.category)
    return tuple(methods.values())


def _files(paths: Iterable[str | Path]) -> Iterator[tuple[Path, str]]:
    for path in dict.fromkeys(map(Path, paths)):
        if not path.is_dir():
            yield (path if path.exists() else _shipped(path)), ""
            continue
        files = sorted(path.glob("*.csv"))
        if not files:
            raise UsageError(gettext("{path}: no CSV file of factors is in this folder", path=path))
        group = path.resolve().name
        yield from ((file, group) for file in files)


def _shipped(path: Path) -> Path:
    """The shipped example of this name, such as `carbon-price`; else the path as it is."""
    example = folder("inventories") / "methods" / f"{path}.csv"
    return example if re.fullmatch(ID, str(path)) and example.is_file() else path


def _wrong_id(id: str, path: Path, methods: Mapping[str, OwnMethod]) -> Fault | None:
    if wrong := next((part for part in id.split("/") if not re.fullmatch(ID, part)), None):
        return WrongType(gettext("{wrong!r} is no id: lower-case letters and digits, joined by hyphens", wrong=wrong))
    if id in CATEGORIES:
        return DuplicateId(gettext("the id {id!r} is that of a category of bw2io", id=id))
    if id in methods:
        return DuplicateId(gettext("the id {id!r} is already that of {file}", id=id, file=methods[id].used.file))
    return None


def _read(path: Path, id: str, group: str, library: Library) -> OwnMethod:
    text = read_text(path, shown(path))
    beside = path.with_suffix(".toml")
    about, problems = None, list[Problem]()
    if beside.is_file():
        about, problems = Document.read(beside, shown(beside)).validate(MethodFile)
    rows = _Rows(shown(path), library, skip=about is not None and about.unknown_flows == "skip")
    rows.read(text)
    if problems or rows.problems:
        raise InvalidData([*problems, *rows.problems])
    return OwnMethod(
        MethodUsed(
            Category(
                id, (group or _GROUP, about.title if about else path.stem.replace("-", " "), path.name), rows.unit
            ),
            named(shown(path)),
            hashlib.sha256(text.encode()).hexdigest(),
            (about.comment or "").strip() if about else "",
            dict(about.sources) if about else {},
            len(rows.lines),
            tuple(rows.unknown),
            weights=tuple(rows.of_categories),
        ),
        {code: number for (code, place), number in rows.factors.items() if not place},
        _by_flow((code, place, number) for (code, place), number in rows.factors.items() if place),
        rows.of_categories,
        rows.codes,
    )


def _by_flow(rows: Iterable[tuple[str, str, float]]) -> dict[str, dict[str, float]]:
    factors: dict[str, dict[str, float]] = {}
    for code, place, number in rows:
        factors.setdefault(code, {})[place] = number
    return factors


class _Rows:
    """The rows of one file, and everything that is wrong with them."""

    def __init__(self, shown: str, library: Library, skip: bool) -> None:
        self.shown, self.library, self.skip = shown, library, skip
        self.unit = ""
        self.lines: dict[tuple[str, str], int] = {}
        """Flow and compartment, as they are written → first line."""
        self.unknown: list[str] = []
        self.codes: dict[str, tuple[str, ...]] = {}
        self.factors: dict[tuple[str, str], float] = {}
        """(code, place) → factor."""
        self.of_categories: dict[str, float] = {}
        self.problems: list[Problem] = []
        self._line_of: dict[tuple[str, str], tuple[int, bool]] = {}
        """(code or category, place) → line, and whether it was named by `*`."""

    def read(self, text: str) -> None:
        cells = read_cells(self.shown, text)
        _, written = next(cells)
        columns = [name.strip() for name in written]
        self.problems += _unlike(self.shown, columns)
        if self.problems:
            return
        for line, row in cells:
            if len(row) != len(columns):
                fault = WrongType(gettext("{count} cells, not {wanted}", count=len(row), wanted=len(columns)))
                self.problems.append(problem(self.shown, line, (), fault))
                continue
            self._row(line, dict(zip(columns, (cell.strip() for cell in row), strict=True)))
        if not self.problems and not self.factors and not self.of_categories:
            none = EmptyFile(gettext("no row has a factor of a known flow"))
            self.problems.append(problem(self.shown, 1, (), none))

    def _row(self, line: int, cells: Mapping[str, str]) -> None:
        name, compartment = cells["flow"], cells["compartment"]
        place = self._checked(line, LOCATION, lambda: location(cells[LOCATION])) if cells.get(LOCATION) else ""
        number = self._checked(line, "factor", lambda: _number(cells["factor"]))
        if compartment == OF_CATEGORY:
            self._of_category(line, name, number, cells["unit"], place)
            return
        first = (name, compartment) not in self.lines
        self.lines.setdefault((name, compartment), line)
        try:
            flows = self._flows(name, compartment)
        except UnknownFlow as fault:
            if not self.skip:
                self.problems.append(problem(self.shown, line, ("flow",), fault))
            elif first:
                self.unknown.append(f"{name} | {compartment}")
            return
        self.codes[f"{name} | {compartment}"] = tuple(flow.code for flow in flows)
        scale = self._checked(line, "unit", lambda: self._scale(cells["unit"], flows[0].unit))
        if number is None or scale is None or place is None:
            return
        for flow in flows:
            self._take(line, flow.code, place, compartment.endswith(_ALL), number * scale)

    def _flows(self, name: str, compartment: str) -> Sequence[Flow]:
        if compartment.endswith(_ALL):
            return self.library.within(name, compartment.removesuffix(_ALL))
        return [self.library.located(name, compartment)]

    def _take(self, line: int, code: str, place: str, general: bool, number: float) -> None:
        """What names one subcompartment goes before what names all."""
        before, was_general = self._line_of.get((code, place), (0, True))
        if before and was_general == general:
            twice = DuplicateId(gettext("this flow has a factor here already, in line {line}", line=before))
            self.problems.append(problem(self.shown, line, ("flow",), twice))
        elif was_general:
            self._line_of[code, place] = line, general
            self.factors[code, place] = number

    def _of_category(self, line: int, id: str, number: float | None, unit: str, place: str | None) -> None:
        if id not in CATEGORIES:
            fault: Fault = UnknownCategory(gettext("no impact category {id!r}", id=id) + near(id, CATEGORIES))
            self.problems.append(problem(self.shown, line, ("flow",), fault))
        elif id in self.of_categories:
            fault = DuplicateId(gettext("the category {id!r} has a factor already", id=id))
            self.problems.append(problem(self.shown, line, ("flow",), fault))
        elif place:
            fault = Contradiction(gettext("the score of a category is of no one place"))
            self.problems.append(problem(self.shown, line, (LOCATION,), fault))
        elif number is not None and number <= 0:
            self.problems.append(problem(self.shown, line, ("factor",), OutOfRange(gettext("it must be positive"))))
        elif self._checked(line, "unit", lambda: self._scale(unit, CATEGORIES[id].unit, exactly=True)) and number:
            self.of_categories[id] = number

    def _scale(self, written: str, per: str, exactly: bool = False) -> float:
        """What to multiply a factor by to have it per `per`; the unit before the stroke is that of the category."""
        if not written.endswith(f"/{per}") and exactly:
            raise WrongUnit(gettext("{written!r} does not end in /{per}", written=written, per=per))
        counted, stroke, flow = (written.removesuffix(f"/{per}"), "/", per) if exactly else written.rpartition("/")
        if not stroke or not counted or not flow:
            raise NoUnit(gettext("{written!r} is no unit of a category per unit of a flow", written=written))
        scale = 1 / units.factor(flow, per)
        if self.unit and counted != self.unit:
            raise WrongUnit(gettext("{counted!r}, and {unit!r} in the rows before", counted=counted, unit=self.unit))
        self.unit = counted
        return scale

    def _checked(self, line: int, column: str, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except Fault as fault:
            self.problems.append(problem(self.shown, line, (column,), fault))
            return None


def _unlike(shown: str, columns: Sequence[str]) -> Iterator[Problem]:
    for name in repeated(columns):
        yield problem(shown, 1, (name,), UnknownKey(gettext("the column occurs twice")))
    for name in columns:
        if name not in (*COLUMNS, LOCATION):
            yield problem(shown, 1, (name,), UnknownKey(gettext("unknown column")))
    for name in COLUMNS:
        if name not in columns:
            yield problem(shown, 1, (name,), MissingKey(gettext("required column is absent")))


def _number(text: str) -> float:
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", text):
        raise WrongType(gettext("{text!r} is not one number", text=text[:80]))
    return units.parse(float(text)).number
