"""Ratios of what a gap probably holds, as tables, and the class and sector that a technology has.

A TOML file names two tables: of whole products by class, and of own flows by sector. Numbers are in the unit of the
row's category per kg CO2-Eq.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pydantic import ConfigDict, Field

from lca.errors import (
    DuplicateId,
    Fault,
    InconsistentRange,
    InvalidData,
    OutOfRange,
    Problem,
    Uncited,
    UnknownName,
    WrongType,
)
from lca.inventory.files.table import TEXT, TableRow, read_table
from lca.inventory.ratios import Ratio, Ratios
from lca.languages import gettext
from lca.methods.library import category
from lca.quantities import units
from lca.quantities.documents import THE_TABLES_FILE, Document
from lca.quantities.records import Record, near
from lca.quantities.sources import Source

_OF_CLASS = ["class", "category", "median", "low", "high", "clusters", "products", "database_effect", "coverage"]
_OF_CLASS += ["basis", "usable", "source"]
_OF_SECTOR = ["sector", "category", "median", "low", "high", "usable", "source"]
_USABLE = ("yes", "bound", "no")


class RatiosFile(Record):
    """inventories/estimates/ratios.toml"""

    ratios: str
    """Name of the CSV file beside this one with the ratios of whole products, by class."""
    direct: str
    """Name of the CSV file beside this one with the ratios of own flows, by sector."""
    comment: str | None = None
    classes: dict[str, str]
    """Class → what belongs to it."""
    sectors: dict[str, str]
    """Sector → its name."""
    sources: dict[str, Source] = Field(default_factory=dict)


class Classified(Record):
    """Class and sector of the activities of a technology that name none."""

    estimate_class: str = ""
    """A class of inventories/estimates/ratios.toml."""
    sector: str = ""
    """A sector of inventories/estimates/ratios.toml."""


class TechnologiesFile(Record):
    """inventories/estimates/technologies.toml: a table per technology."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, Classified]


def read_ratios(document: Document) -> tuple[Ratios | None, list[Problem]]:
    """The ratios of both tables, and everything that is wrong in them; None: nobody knows which classes there are."""
    header, problems = document.validate(RatiosFile)
    if header is None:
        return None, problems
    read = _RatioTables(document, header)
    try:
        total = read.table(header.ratios, "ratios", _OF_CLASS, header.classes, _of_class)
        direct = read.table(header.direct, "direct", _OF_SECTOR, header.sectors, _of_sector)
    except InvalidData as error:
        return None, [*problems, *error.problems]
    return Ratios(total, direct, header.classes, header.sectors, read.sources), [*problems, *read.problems]


def read_technologies(document: Document) -> tuple[Mapping[str, Classified], list[Problem]]:
    """Technology → class and sector, and everything that is wrong in the file."""
    record, problems = document.validate(TechnologiesFile)
    return (record.__pydantic_extra__ or {}) if record else {}, problems


class _Ends(NamedTuple):
    median: float
    low: float
    high: float


class _RatioTables:
    """The tables of one TOML file."""

    def __init__(self, document: Document, header: RatiosFile) -> None:
        self.document, self.header = document, header
        self.problems: list[Problem] = []
        self.sources: dict[str, Source] = {}

    def table(
        self,
        name: str,
        key: str,
        columns: list[str],
        known: Mapping[str, str],
        ratio: Callable[[TableRow, _Ends], Ratio],
    ) -> dict[tuple[str, str], Ratio]:
        """The ratios of one table; rows in error are left out and reported."""
        ratios: dict[tuple[str, str], Ratio] = {}
        for row in read_table(self.document, key, name, dict.fromkeys(columns, TEXT)):
            group, category_id = row.cells[columns[0]], row.cells["category"]
            if group not in known:
                row.refuse(
                    columns[0],
                    UnknownName(gettext("the TOML file does not describe {group!r}", group=group) + near(group, known)),
                )
            if (group, category_id) in ratios:
                row.refuse(
                    "category",
                    DuplicateId(
                        gettext("{group!r} has two rows of {category_id!r}", group=group, category_id=category_id)
                    ),
                )
            try:
                category(category_id)
            except Fault as fault:
                row.refuse("category", fault)
            self._cite(row)
            ends = _Ends(*(_number(row, column, 1.0) for column in ("median", "low", "high")))
            if not 0 < ends.low <= ends.median <= ends.high:
                row.refuse("median", InconsistentRange(gettext("low, median and high are positive, and in this order")))
            made = ratio(row, ends)
            if not row.problems:
                ratios[group, category_id] = made
            self.problems += row.problems
        return ratios

    def _cite(self, row: TableRow) -> None:
        cited = row.cells["source"].split()
        if not cited:
            row.refuse("source", Uncited(gettext("the ratio cites no source")))
        sources = self.document.with_shared(self.header.sources, cited)
        for id in cited:
            if id in sources:
                self.sources[id] = sources[id]
            else:
                row.refuse("source", self.document.unknown_source(id, self.header.sources, THE_TABLES_FILE))


def _of_class(row: TableRow, ends: _Ends) -> Ratio:
    usable = _use(row)
    coverage = _number(row, "coverage", 0.0) if row.cells["coverage"] else None
    if coverage is not None and not 0 <= coverage <= 1:
        row.refuse("coverage", OutOfRange(gettext("{coverage:g} is outside 0 to 1", coverage=coverage)))
    return Ratio(
        *ends,
        clusters=_count(row, "clusters"),
        products=_count(row, "products"),
        database_effect=_number(row, "database_effect", 1.0),
        coverage=coverage,
        basis=row.cells["basis"],
        usable=usable == "yes",
        source=row.cells["source"],
        bounds=usable != "no",
    )


def _of_sector(row: TableRow, ends: _Ends) -> Ratio:
    usable = _use(row)
    return Ratio(
        *ends,
        clusters=1,
        products=1,
        database_effect=1.0,
        coverage=None,
        basis="own flows of the sector",
        usable=usable == "yes",
        source=row.cells["source"],
        bounds=usable != "no",
    )


def _use(row: TableRow) -> str:
    """What the ratio may be used for."""
    if row.cells["usable"] not in _USABLE:
        row.refuse(
            "usable",
            WrongType(gettext("{cell!r} is none of {known}", cell=row.cells["usable"], known=", ".join(_USABLE))),
        )
    return row.cells["usable"]


def _number(row: TableRow, column: str, otherwise: float) -> float:
    """The cell as a plain number; `otherwise`, and the problem reported, where it is none."""
    try:
        return units.parse(f"{row.cells[column]} item").number
    except Fault as fault:
        row.refuse(column, fault)
        return otherwise


def _count(row: TableRow, column: str) -> int:
    if not row.cells[column].isdecimal():
        row.refuse(column, WrongType(gettext("{cell!r} is no count", cell=row.cells[column])))
        return 0
    return int(row.cells[column])
