"""Where things stand in a workbook of activities: what is written and what is read agree here.

A row of `Activities` is what one file holds once; each list of a file has a sheet of its own, with a row an entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from lca.exchange.keys import Key, keys, of_quantity
from lca.inventory.files.activity import ActivityFile
from lca.inventory.files.skeleton import limits_in_words
from lca.inventory.files.template import Template
from lca.quantities.documents import dotted
from lca.quantities.positions import Loc
from lca.quantities.sources import Source

ACTIVITIES, SOURCES, MANUAL = "Activities", "Sources", "Manual"
ID, KIND = "id", "kind"
"""Heads of the first columns of `Activities`."""
ACTIVITY, NUMBER, UNIT = "activity", "number", "unit"
"""Heads of the columns that say whose an entry is, which of them it is, and the unit of its numbers."""
CITED_BY = "activities"
"""Head of the column that says in whose files a source stands."""
MOST_COLUMNS = 1_000
_HEAD = re.compile(r"(.*?)(?:\s*\[(.*)\])?", re.DOTALL)
_NUMBERS = ("amount", "value", "bound", "low", "high")
"""Last parts of keys whose unit is another in each entry."""


@dataclass(frozen=True, slots=True)
class InventorySheet:
    """One sheet, and the keys that its columns may hold."""

    name: str
    table: Loc
    """What its rows are entries of, each place in a list as 0; of `Activities` ()."""
    keys: Mapping[Loc, Key]
    """By place within a row."""
    numbered: bool = False
    """Whether entries of another sheet name its rows."""

    @property
    def parent(self) -> Loc:
        """The list in one of whose entries its own are; () of a list of the file itself."""
        return table_of(self.table[:-1])

    @property
    def of(self) -> str:
        """Head of the column that names the row that its entries belong to; empty: there is none."""
        return str(self.parent[-2]).removesuffix("s") if self.parent else ""

    @property
    def fixed(self) -> tuple[str, ...]:
        """Heads of the columns that say what a row is of."""
        if self.name in (ACTIVITIES, SOURCES):
            return (ID, KIND if self.name == ACTIVITIES else CITED_BY)
        return (ACTIVITY, *([self.of] if self.of else []), *([NUMBER] if self.numbered else []))

    @property
    def by_row(self) -> tuple[Loc, ...]:
        """The keys whose numbers are in the unit of their row."""
        return tuple(loc for loc, key in self.keys.items() if _of_row(key)) if self.name != ACTIVITIES else ()


def _of_row(key: Key) -> bool:
    return not key.detail and key.kind in ("amount", "text") and len(key.loc) == 1 and key.loc[0] in _NUMBERS


@dataclass(frozen=True, slots=True)
class InventoryLayout:
    """The sheets of a workbook, and every key by its place in a file."""

    sheets: tuple[InventorySheet, ...]
    known: Mapping[Loc, Key]

    @classmethod
    def of(cls, templates: Mapping[str, Template]) -> InventoryLayout:
        """The layout in which a column may hold a parameter or a choice of any of these templates."""
        known = {key.loc: key for key in _keys(templates)}
        rows: dict[Loc, dict[Loc, Key]] = {(): {}}
        for loc, key in known.items():
            table = table_of(loc)
            rows.setdefault(table, {})[loc[len(table) :]] = replace(key, loc=loc[len(table) :])
        parents = {table_of(table[:-1]) for table in rows if table}
        sheets = [
            InventorySheet(_name(table), table, dict(_in_order(held)), numbered=table in parents - {()})
            for table, held in rows.items()
        ]
        cited = InventorySheet(SOURCES, ("sources",), {key.loc: key for key in keys(Source)})
        return cls((*sheets, cited), known)


def table_of(loc: Loc) -> Loc:
    """The list that a place stands in, with its place there: `("exchanges", 3)`."""
    return next((loc[:n] for n in range(len(loc), 0, -1) if isinstance(loc[n - 1], int)), ())


def _name(table: Loc) -> str:
    """`Negligible of exchanges`."""
    words = [part.replace("_", " ") for part in reversed(table) if isinstance(part, str)]
    return " of ".join(words).capitalize() or ACTIVITIES


def _in_order(held: Mapping[Loc, Key]) -> Iterator[tuple[Loc, Key]]:
    """The keys of a row; where a number has a range, that follows it, then what says more."""
    number = next((loc for loc in held if loc in (("amount",), ("value",), ("bound",))), None)
    late = [loc for loc in (("low",), ("high",), ("distribution",)) if loc in held] if number else []
    last = [loc for loc in (("source",), ("note",)) if loc in held] if number else []
    for loc, key in held.items():
        if loc not in (*late, *last):
            yield loc, key
        if loc == number:
            yield from ((each, held[each]) for each in (*late, *last))


def _keys(templates: Mapping[str, Template]) -> Iterator[Key]:
    """The keys of an activity: of the tables by name, those that templates know; sources have a sheet of their own."""
    for key in keys(ActivityFile):
        if key.kind != "named":
            yield key
        elif key.loc[-1] == "parameters":
            for name in dict.fromkeys(name for template in templates.values() for name in template.parameters):
                yield from of_quantity(_parameter(key, name, templates))
        elif key.loc[-1] == "choices":
            for name in dict.fromkeys(name for template in templates.values() for name in template.choices):
                yield _choice(key, name, templates)


def _parameter(key: Key, name: str, templates: Mapping[str, Template]) -> Key:
    having = {id: template.parameters[name] for id, template in templates.items() if name in template.parameters}
    units = {parameter.unit for parameter in having.values()}
    manual = " ".join(f"{id}: {parameter.about}{limits_in_words(parameter)}" for id, parameter in having.items())
    unit = next(iter(units)) if len(units) == 1 else ""
    return Key((*key.loc, name), "quantity", manual, unit)


def _choice(key: Key, name: str, templates: Mapping[str, Template]) -> Key:
    having = {id: template.choices[name] for id, template in templates.items() if name in template.choices}
    options = dict.fromkeys(option for choice in having.values() for option in choice.options)
    manual = " ".join(f"{id}: {choice.about}" for id, choice in having.items())
    return Key((*key.loc, name), "choice", manual, choices=tuple(options))


def head_of(loc: Loc, unit: str) -> str:
    """`properties.power [W]`."""
    return f"{dotted(loc)} [{unit}]" if unit and unit != "1" else dotted(loc)


def parts_of(head: str) -> tuple[str, str]:
    """The key and the unit that a head names; the unit is empty where it names none."""
    match = _HEAD.fullmatch(head.strip())
    assert match
    return match[1], match[2] or ""
