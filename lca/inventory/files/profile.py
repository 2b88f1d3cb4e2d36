"""Profiles of electricity as a table: what a kilowatt hour of each hour and month emits over the mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import Field

from lca.errors import Contradiction, DuplicateId, Fault, InvalidData, MissingKey, OutOfRange, Problem
from lca.inventory.files.table import TEXT, TableRow, read_table
from lca.languages import gettext
from lca.quantities.documents import Document, problem
from lca.quantities.records import Record
from lca.quantities.sources import Source

KEY = "profiles"
_HOURS = tuple(map(str, range(24)))
_TOLERANCE = 0.005  # of 1: cells have three decimals
_DAYS = (31, 28.25, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class ProfileTableFile(Record):
    """inventories/electricity/<profiles>.toml"""

    profiles: str
    """Name of the CSV file beside this one: a row per electricity and month, a column per hour (UTC)."""
    comment: str | None = None
    source: str
    sources: dict[str, Source] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HourlyProfile:
    """Climate change of a kilowatt hour by month and hour, over its mean of the year."""

    electricity: str
    """Id of the mix whose mean it is."""
    year: int
    """Of which it is the shape."""
    shape: tuple[tuple[float, ...], ...]
    """12 months × 24 hours (UTC)."""
    file: str

    def at(self, time: datetime) -> float:
        """Over the mean, in an hour of UTC."""
        return self.shape[time.month - 1][time.hour]


def read_profiles(document: Document) -> tuple[dict[str, HourlyProfile], list[Problem]]:
    """The profiles of a table by their electricity, and everything that is wrong in it."""
    header, problems = document.validate(ProfileTableFile)
    if header is None:
        return {}, problems
    if header.source not in document.with_shared(header.sources, (header.source,)):
        unknown = document.unknown_source(header.source, header.sources, "[sources]")
        problems.append(document.problem(("source",), unknown))
    try:
        rows = read_table(
            document, KEY, header.profiles, dict.fromkeys(("electricity", "year", "month", *_HOURS), TEXT)
        )
    except InvalidData as error:
        return {}, [*problems, *error.problems]
    months: dict[str, dict[int, tuple[float, ...]]] = {}
    first, years = dict[str, TableRow](), dict[str, int]()
    for row in rows:
        id, month = row.cells["electricity"], _whole(row, "month", 1, 12)
        years[id] = _whole(row, "year", 1900, 2200)
        first.setdefault(id, row)
        if month in months.setdefault(id, {}):
            row.refuse("month", DuplicateId(gettext("{id!r} has month {month} already", id=id, month=month)))
        months[id][month] = tuple(_part(row, hour) for hour in _HOURS)
        problems += row.problems
    profiles = {}
    for id, row in first.items():
        absent = sorted(set(range(1, 13)) - set(months[id]))
        fault: Fault | None = (
            MissingKey(gettext("{id!r} has no month {months}", id=id, months=", ".join(map(str, absent))))
            if absent
            else None
        )
        if not absent:
            shape = tuple(months[id][month] for month in range(1, 13))
            mean = sum(days * sum(hours) for days, hours in zip(_DAYS, shape, strict=True)) / sum(_DAYS) / 24
            if abs(mean - 1) > _TOLERANCE:
                fault = Contradiction(gettext("the mean of the hours of {id!r} is {mean:.3f}, not 1", id=id, mean=mean))
            profiles[id] = HourlyProfile(id, years[id], shape, row.file)
        if fault and not problems:
            problems.append(problem(row.shown, row.line, ("month",), fault))
    return profiles, problems


def _whole(row: TableRow, column: str, least: int, most: int) -> int:
    text = row.cells[column]
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else least - 1
    if not least <= number <= most:
        row.refuse(
            column,
            OutOfRange(
                gettext("{text!r} is no whole number from {least} to {most}", text=text[:20], least=least, most=most)
            ),
        )
    return number


def _part(row: TableRow, hour: str) -> float:
    try:
        number = float(row.cells[hour])
    except ValueError:
        number = -1.0
    if not 0 <= number < 100:
        row.refuse(hour, OutOfRange(gettext("{text!r} is no number from 0 to 100", text=row.cells[hour][:20])))
    return number
