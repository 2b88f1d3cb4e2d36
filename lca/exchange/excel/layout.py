"""Where things stand in a workbook of scenarios: what is written and what is read agree here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lca.exchange.keys import Key, keys
from lca.quantities.positions import Loc
from lca.system.scenario import ScenarioFile

SHEET = "Scenarios"
KEY, SCENARIO = "key", "scenarios"
"""Heads of the columns that name a key, and the scenarios that a named table belongs to."""
FIRST = 2
"""Column of the first scenario, from 0: after the key and its unit."""
MOST_SCENARIOS, MOST_ROWS = 200, 20_000
KNOWN: Mapping[Loc, Key] = {key.loc: key for key in keys(ScenarioFile)}


def sheet_of(name: str) -> str:
    """The sheet that holds the tables by name of a key: `Sources` of `sources`."""
    return name.capitalize()


def named() -> tuple[Key, ...]:
    """The keys that hold tables by name, which have a sheet each."""
    return tuple(key for key in KNOWN.values() if key.kind == "named")


def rows(written: Iterable[Loc]) -> list[tuple[Loc, Key]]:
    """The rows of the sheet: every key, and those of further places of a list that are written, each after the others
    of its table."""
    keys: list[tuple[Loc, Key]] = [(loc, key) for loc, key in KNOWN.items() if key.kind != "named"]
    for loc in written:
        for table in (loc[: n + 1] for n, part in enumerate(loc) if isinstance(part, int)):
            if not any(here[: len(table)] == table for here, _ in keys):
                _insert(keys, table)
    return keys


def _insert(rows: list[tuple[Loc, Key]], table: Loc) -> None:
    """Add the keys of one more place of a list, `("training", 1)`, after those of the places before."""
    single = tuple(part for part in table if not isinstance(part, int))
    listed = (*single, 0) if any(loc[: len(single) + 1] == (*single, 0) for loc in KNOWN) else single
    here = [((*table, *loc[len(listed) :]), key) for loc, key in KNOWN.items() if loc[: len(listed)] == listed]
    near = [n for n, (loc, _) in enumerate(rows) if loc[: len(table) - 1] == table[:-1]]
    last = max(near or [n for n, (loc, _) in enumerate(rows) if loc[:1] == table[:1]])
    rows[last + 1 : last + 1] = [(loc, key) for loc, key in here if len(loc) > len(table) and key.kind != "named"]
