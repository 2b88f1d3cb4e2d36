"""What a window of the browser holds: scenarios as their files would have them, and records dropped into it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from lca.builtin import folder
from lca.errors import InvalidData, UsageError
from lca.exchange.toml import toml
from lca.languages import gettext
from lca.measurement.record import Measurement
from lca.quantities.documents import Document
from lca.system.scenario import PHASES, Scenario

SCHEMA = 1
MOST = 10
"""Scenarios that are compared."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A scenario of a window."""

    key: str
    """Name of its file, without the ending."""
    content: Mapping[str, Any]
    records: Mapping[str, Any] = field(default_factory=dict)
    """Path that the content writes → record, as JSON has it; other paths are those of shipped records."""

    @property
    def name(self) -> str:
        return str(self.content.get("name", self.key))

    def scenario(self) -> Scenario:
        """Raises InvalidData with every problem, by the lines of the file that would be saved."""
        return _scenario(self.key, json.dumps([self.content, self.records]))

    def text(self) -> str:
        """The scenario's file."""
        return toml(self.content)


@lru_cache(64)
def _scenario(key: str, written: str) -> Scenario:
    content, records = json.loads(written)
    path = folder("scenarios") / f"{key}.toml"
    document = Document.parse(toml(content), path, f"{key}.toml")
    return Scenario.of(document, {name: Measurement.model_validate(record) for name, record in records.items()})


def entries(window: Any) -> list[Entry]:
    """The scenarios of a window, of which nothing is believed: what is not as it should be is left out."""
    if not isinstance(window, dict) or window.get("schema") != SCHEMA:
        return []
    return [
        Entry(str(item["key"]), item["content"], item.get("records") or {})
        for item in window.get("entries", [])[:MOST]
        if isinstance(item, dict) and isinstance(item.get("content"), dict)
    ]


def by_key(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Key → scenario."""
    return {entry.key: entry for entry in entries}


def window(entries: Sequence[Entry]) -> dict[str, Any]:
    """What the browser keeps."""
    kept = [{"key": e.key, "content": dict(e.content), "records": dict(e.records)} for e in entries]
    return {"schema": SCHEMA, "entries": kept}


def added(present: Sequence[Entry], new: Entry) -> list[Entry]:
    """One more scenario, under a name and a key of its own. Raises UsageError where there are MOST."""
    if len(present) >= MOST:
        raise UsageError(gettext("{most} scenarios are compared at most: remove one first", most=MOST))
    names, keys = {entry.name for entry in present}, {entry.key for entry in present}
    content = {**new.content, "name": _free(new.name, names, " ({})")}
    return [*present, Entry(_free(new.key, keys, "-{}"), content, new.records)]


def _free(text: str, taken: set[str], form: str) -> str:
    if text not in taken:
        return text
    return next(name for n in range(2, len(taken) + 3) if (name := text + form.format(n)) not in taken)


def replaced(present: Sequence[Entry], key: str, content: Mapping[str, Any]) -> list[Entry]:
    """The same with the content of one changed; a name that another has is made its own again."""
    names = {entry.name for entry in present if entry.key != key}
    own = {**content, "name": _free(str(content.get("name", key)), names, " ({})")}
    return [replace(entry, content=own) if entry.key == key else entry for entry in present]


@dataclass(frozen=True, slots=True)
class Shipped:
    """A scenario that comes with the package."""

    key: str
    content: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.content["name"])

    @property
    def service(self) -> tuple[str, str]:
        """What it delivers, and in which unit: those of one service are variants of each other."""
        unit = self.content["functional_unit"]
        return str(unit.get("service")), str(unit.get("amount")).split(" ")[-1]

    def entry(self) -> Entry:
        return Entry(self.key, deepcopy(dict(self.content)))


def runs_of(content: Mapping[str, Any], *tables: str) -> list[dict[str, Any]]:
    """The runs of a scenario, of these phases or of all."""
    runs: list[dict[str, Any]] = []
    for table in tables or PHASES:
        phase = content.get(table)
        runs += [run for run in phase if isinstance(run, dict)] if isinstance(phase, list) else []
        runs += [phase] if isinstance(phase, dict) else []
    return runs


def recorded(content: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths of the records that a scenario cites."""
    return tuple(dict.fromkeys(str(run["measurement"]) for run in runs_of(content) if run.get("measurement")))


@lru_cache(1)
def shipped() -> Mapping[str, Shipped]:
    """The scenarios of the package, by key, as if all lay in the one folder that holds those of the window."""
    return {key: Shipped(key, content) for key, content in _files()}


def _files() -> Iterator[tuple[str, dict[str, Any]]]:
    root = folder("scenarios")
    for path in sorted(root.glob("*.toml")) + sorted(root.glob("*/*.toml")):
        above = path.parent.relative_to(root)
        if above.name == "validation":  # cases of a publication, with inventories of their own
            continue
        try:
            content = Document.read(path, path.name).content
        except InvalidData:
            continue
        if "functional_unit" in content:
            for run in runs_of(content):
                if "measurement" in run:
                    run["measurement"] = (above / run["measurement"]).as_posix()
            yield path.relative_to(root).with_suffix("").as_posix().replace("/", "-"), content
