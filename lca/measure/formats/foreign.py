"""A file of another tool: read once, within limits, and refused by line or byte."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ConfigDict

from lca.errors import Fault, InvalidData, NotFinite, NotText, OutOfRange, RepeatedKey, Syntax, TooLarge, Unreadable
from lca.languages import gettext
from lca.measure.formats.faults import Damaged, DecimalComma, FormulaCell, NoNumber, NoReading, NoTime, OtherLayout
from lca.quantities.documents import DEEPEST, Document, must_be_file, parsed_json, problem, too_deep
from lca.quantities.positions import Loc, repeated_key
from lca.quantities.records import Record
from lca.quantities.tables import read_cells, repeated

LARGEST = 50_000_000  # bytes; a day of one-second samples of a node's GPUs is a tenth of it
LONGEST = 100_000  # characters of a line of a log
LARGEST_INDEXED = 2_000_000  # characters of JSON in which the line of a field is looked up; beyond it, 1 stands for all
WIDEST = 1_000  # columns; the widest of the formats has 40
LARGEST_NUMBER = 1e18  # a node's counter of microjoules gets there in a century

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d{1,20},\d{1,20}|[+-]?\d{1,3}(?:[,.' ]\d{3}){1,6}[.,]\d{1,20}", re.ASCII)
_PART_OF_NUMBER = re.compile(r"\s*[+-]?\d{1,20}\s*", re.ASCII)
_NO_READING = frozenset({"n/a", "[n/a]", "na", "[not supported]", "not supported", "[unknown error]", "-", "--"})
_FORMULA = re.compile(r"\s*[=@]")
R = TypeVar("R", bound=Record)


class Answer(Record):
    """What is read of another tool's JSON; keys that are not named here are passed over."""

    model_config = ConfigDict(extra="ignore")


@dataclass(frozen=True, slots=True)
class Foreign:
    """The text of one file, and how problems in it are named."""

    path: Path
    shown: str
    sha256: str
    text: str

    @classmethod
    def read(cls, path: Path) -> Foreign:
        """Raises InvalidData: unreadable, larger than LARGEST, empty, not UTF-8 text."""
        shown = str(path)
        try:
            data = _bytes(path)
            text = _decoded(data)
            if not text.strip():
                raise Damaged(gettext("the file is empty"))
            return cls(path, shown, hashlib.sha256(data).hexdigest(), text)
        except OSError as error:
            raise InvalidData([problem(shown, 0, (), Unreadable(error.strerror or str(error)))]) from None
        except _AtByte as fault:
            raise InvalidData([problem(shown, fault.line, (f"byte {fault.byte}",), NotText(str(fault)))]) from None
        except Fault as fault:
            raise InvalidData([problem(shown, 0, (), fault)]) from None

    def refusal(self, line: int, field: str, fault: Fault) -> InvalidData:
        """To be raised; line 0 stands for the file."""
        return InvalidData([problem(self.shown, line, (field,) if field else (), fault)])

    def lines(self) -> Iterator[tuple[int, str]]:
        """Numbered lines. Raises InvalidData for one longer than LONGEST."""
        for number, line in enumerate(io.StringIO(self.text), 1):
            if len(line) > LONGEST:
                raise self.refusal(
                    number,
                    "",
                    TooLarge(
                        gettext(
                            "the line has {count:,} characters; at most {longest:,}", count=len(line), longest=LONGEST
                        )
                    ),
                )
            yield number, line.rstrip("\r\n")

    def must_end(self) -> None:
        """Raise InvalidData where the tool's last newline is missing: a number in the last line may be cut off."""
        if not self.text.endswith("\n"):
            last = self.text.count("\n") + 1
            raise self.refusal(last, "", Damaged(gettext("the last line does not end: the file is cut off")))

    def table(self, delimiter: str = ",", quotes: bool = True, names: Sequence[str] = ()) -> LogTable:
        """The file as columns and rows. Raises InvalidData.

        `quotes`: cells may stand in double quotes; `names`: of the columns, where the first line does not name them.
        """
        head = self.text.partition("\n")[0]
        if (width := head.count(delimiter) + 1) > WIDEST:
            raise self.refusal(
                1, "", TooLarge(gettext("{width:,} columns; at most {widest:,} are read", width=width, widest=WIDEST))
            )
        rows = self._rows(delimiter, quotes)
        columns = [name.strip() for name in names or next(rows)[1]]
        if twice := repeated(columns):
            raise self.refusal(1, twice[0][:80], OtherLayout(gettext("the column occurs twice")))
        return LogTable(self, {name: index for index, name in enumerate(columns)}, rows)

    def _rows(self, delimiter: str, quotes: bool) -> Iterator[tuple[int, list[str]]]:
        for line, cells in read_cells(self.shown, self.text, delimiter=delimiter, quotes=quotes, fault=Damaged):
            if formula := next((cell for cell in cells if _FORMULA.match(cell)), None):
                raise self.refusal(
                    line, "", FormulaCell(gettext("the cell {formula!r} is a formula", formula=formula[:40]))
                )
            yield line, cells

    def document(self) -> Document:
        """The file as JSON. Raises InvalidData."""
        try:
            content = parsed_json(self.text)
            if not isinstance(content, dict) or too_deep(content):
                raise OtherLayout(gettext("not a JSON object nested at most {deepest} deep", deepest=DEEPEST))
        except RecursionError:
            raise self.refusal(1, "", Syntax(gettext("nested more than {deepest} deep", deepest=DEEPEST))) from None
        except RepeatedKey as fault:
            loc, line = repeated_key(self.text) if len(self.text) < LARGEST_INDEXED else ((), 1)
            raise InvalidData([problem(self.shown, line, loc, fault)]) from None
        except Fault as fault:
            raise self.refusal(1, "", fault) from None
        except ValueError as error:
            at = re.search(r"line (\d+) column (\d+)", str(error))
            what = Damaged(gettext("no JSON: {value}", value=str(error).split(": ")[0]))
            raise self.refusal(int(at[1]) if at else 1, "", what) from None
        text = self.text if len(self.text) < LARGEST_INDEXED else ""
        return Document(self.path, self.shown, text, content, "json")

    def values(self) -> Iterator[tuple[int, Any]]:
        """The JSON objects of a file that holds several, those of arrays one by one, each with its line.

        Raises InvalidData.
        """
        decoder, text, place = json.JSONDecoder(), self.text, 0
        while (place := _next(text, place)) < len(text):
            line = text.count("\n", 0, place) + 1 if len(text) < LARGEST_INDEXED else 1
            try:
                content, place = decoder.raw_decode(text, place)
            except (ValueError, RecursionError):
                raise self.refusal(line, "", Damaged(gettext("no JSON, or cut off"))) from None
            for each in content if isinstance(content, list) else [content]:
                if not isinstance(each, dict) or too_deep(each):
                    raise self.refusal(line, "", Damaged(gettext("no object as the tool writes it")))
                yield line, each

    def answer(self, model: type[R]) -> R:
        """The file as JSON of this shape. Raises InvalidData."""
        return self.document().load(model, cited=False)


class LogTable:
    """Columns by name, and rows as they are read."""

    def __init__(self, file: Foreign, columns: dict[str, int], rows: Iterator[tuple[int, list[str]]]) -> None:
        self.file, self.columns, self._rows = file, columns, rows

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows():
            if not row.whole:
                what = gettext(
                    "{count:,} cells under {columns} columns", count=len(row.cells), columns=len(self.columns)
                )
                split = len(self.columns) < len(row.cells) <= 2 * len(self.columns)
                if split and all(map(_PART_OF_NUMBER.fullmatch, row.cells[-2:])):
                    raise row.refusal(
                        "", DecimalComma(gettext("{what}, as where numbers have a decimal comma", what=what))
                    )
                raise row.refusal("", Damaged(what))
            yield row

    def rows(self) -> Iterator[Row]:
        """Every row, also one that has not as many cells as there are columns."""
        for line, cells in self._rows:
            yield Row(self, line, cells)

    def require(self, *columns: str) -> None:
        """Raise InvalidData unless all of these columns are there."""
        if missing := [column for column in columns if column not in self.columns]:
            raise self.file.refusal(
                1, "", OtherLayout(gettext("no column {missing}", missing=", ".join(map(repr, missing))))
            )


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    table: LogTable
    line: int
    cells: list[str]

    @property
    def whole(self) -> bool:
        """Whether it has a cell for every column."""
        return len(self.cells) == len(self.table.columns)

    def text(self, column: str) -> str:
        """What the cell holds, without blanks around it; "" where there is no such column."""
        index = self.table.columns.get(column)
        return "" if index is None else self.cells[index].strip()

    def number(self, column: str, low: float = 0.0, high: float = LARGEST_NUMBER) -> float | None:
        """The number in the cell; None where it is empty. Raises InvalidData."""
        text = self.text(column)
        try:
            return number(text, low, high) if text else None
        except Fault as fault:
            raise self.refusal(column, fault) from None

    def needed(self, column: str, low: float = 0.0, high: float = LARGEST_NUMBER) -> float:
        """The number in the cell. Raises InvalidData, also where it is empty."""
        value = self.number(column, low, high)
        if value is None:
            raise self.refusal(column, NoNumber(gettext("the cell is empty")))
        return value

    def time(self, column: str) -> datetime:
        """The time in the cell. Raises InvalidData."""
        try:
            return moment(self.text(column))
        except Fault as fault:
            raise self.refusal(column, fault) from None

    def refusal(self, column: str, fault: Fault) -> InvalidData:
        """To be raised."""
        return self.table.file.refusal(self.line, column, fault)


def number(text: str, low: float = 0.0, high: float = LARGEST_NUMBER) -> float:
    """A finite decimal number in [low, high]. Raises NotFinite, NoReading, DecimalComma, NoNumber or OutOfRange."""
    if text.strip("+-").lower() in ("nan", "inf", "infinity"):
        raise NotFinite(gettext("{text} is not finite", text=text))
    if text.lower() in _NO_READING:
        raise NoReading(gettext("{text!r} stands where a number should: the tool had no reading", text=text))
    if _COMMA.fullmatch(text):
        raise DecimalComma(gettext("{text!r} has a decimal comma or thousands separators", text=text))
    if not _NUMBER.fullmatch(text):
        raise NoNumber(gettext("{text!r} is not a decimal number", text=text[:80]))
    value = float(text)
    if not math.isfinite(value):
        raise NotFinite(gettext("{text} is not finite", text=text[:80]))
    if not low <= value <= high:
        raise OutOfRange(gettext("{value:g} is outside {low:g} to {high:g}", value=value, low=low, high=high))
    return value


def moment(text: str) -> datetime:
    """A time in ISO 8601, with its zone where it states one. Raises NoTime."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise NoTime(gettext("{text!r} is not a time", text=text[:80])) from None


def since_1970(seconds: float) -> datetime:
    """Seconds of the Unix clock as a time. Raises NoTime."""
    if not 0 <= seconds < 1e11:
        raise NoTime(gettext("{seconds:g} are no seconds since 1970", seconds=seconds))
    return datetime.fromtimestamp(seconds, UTC)


def at(document: Document, loc: Loc, fault: Fault) -> InvalidData:
    """To be raised for one place of a JSON file."""
    return InvalidData([document.problem(loc, fault)])


def _next(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n,":
        place += 1
    return place


class _AtByte(Exception):
    def __init__(self, what: str, data: bytes, byte: int) -> None:
        super().__init__(what)
        self.byte, self.line = byte, data.count(b"\n", 0, byte) + 1


def _bytes(path: Path) -> bytes:
    must_be_file(path)
    if (size := path.stat().st_size) > LARGEST:
        raise TooLarge(gettext("{size:,} bytes; at most {largest:,} are read", size=size, largest=LARGEST))
    with path.open("rb") as stream:
        data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise TooLarge(gettext("more than {largest:,} bytes", largest=LARGEST))
    return data


def _decoded(data: bytes) -> str:
    if (zero := data.find(0)) >= 0:
        raise _AtByte(gettext("not text: it holds a zero"), data, zero)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _AtByte(gettext("not UTF-8 text"), data, error.start) from None
