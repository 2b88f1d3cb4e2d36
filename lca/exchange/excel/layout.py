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
MOST_SCENARIOS, MOST_ROWS = 200, 5_000
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
    found: list[tuple[Loc, Key]] = [(loc, key) for loc, key in KNOWN.items() if key.kind != "named"]
    further = sorted({_list_place(loc) for loc in written if any(isinstance(part, int) and part for part in loc)})
    for table, number in further:
        here = [(loc, key) for loc, key in KNOWN.items() if loc[: len(table) + 1] == (*table, 0)]
        last = max(n for n, (loc, _) in enumerate(found) if loc[: len(table)] == table)
        found[last + 1 : last + 1] = [((*table, number, *loc[len(table) + 1 :]), key) for loc, key in here]
    return found


def _list_place(loc: Loc) -> tuple[Loc, int]:
    at = next(n for n, part in enumerate(loc) if isinstance(part, int) and part)
    return loc[:at], int(loc[at])
