"""Elementary flows of another database as those of the installed bw2io: by code, name, those of other versions,
table or CAS number."""

from __future__ import annotations

import gzip
import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from lca.builtin import folder, shown
from lca.errors import Fault
from lca.methods.library import Flow, Library, identifiers
from lca.quantities import units
from lca.quantities.documents import Document
from lca.quantities.records import Record
from lca.quantities.sources import Source

UNITS: Mapping[str, str] = {
    "kilogram": "kg",
    "gram": "g",
    "milligram": "mg",
    "ton": "t",
    "cubic meter": "m3",
    "litre": "L",
    "liter": "L",
    "l": "L",
    "square meter": "m2",
    "meter": "m",
    "kilometer": "km",
    "hour": "h",
    "kilowatt hour": "kWh",
    "megajoule": "MJ",
    "ton kilometer": "t*km",
    "unit": "item",
    "item(s)": "item",
    "kilobecquerel": "kBq",
    "kilo becquerel": "kBq",
    "square meter-year": "m2*year",
    "m2*a": "m2*year",
    "cubic meter-year": "m3*year",
    "standard cubic meter": "Sm3",
}
"""Spellings of bw2io and of openLCA → ours."""
TABLE = "elementary-flows.toml"
_ENERGY = "energy-resources-non-renewable"


def unit(written: str) -> str:
    """The unit in our spelling."""
    return UNITS.get(written.lower(), written)


def factor(source: str, target: str) -> float | None:
    """How much of the target unit one of the source unit is; None: they measure different things."""
    here, there = unit(source), unit(target)
    if here == there:
        return 1.0
    try:
        return units.factor(here, there)
    except Fault:
        return None


class Spelling(Record):
    """What a flow of another database is called in ours."""

    name: str
    resource: str | None = None
    """Compartment of ours that an energy resource is in: it is stated in units of energy there, by mass or volume here,
    and is as much of ours as has this energy by the factor of `energy-resources-non-renewable`."""


class ElementaryFlowsFile(Record):
    """inventories/backgrounds/elementary-flows.toml"""

    compartments: dict[str, str]
    """Compartment of another database, its parts joined by slashes → ours."""
    flows: dict[str, Spelling]
    source: str
    """Id of the entry under [sources] that says so."""
    sources: dict[str, Source]


@dataclass(frozen=True, slots=True)
class Linked:
    """The flow that another one is."""

    flow: Flow
    factor: float
    """Amount of it per amount of the other one."""


VERSIONS = (
    "ecoinvent-3.8-biosphere-ecoinvent-3.9-biosphere.gz",
    "ecoinvent-3.9.1-biosphere-ecoinvent-3.10-biosphere.gz",
    "ecoinvent-3.10.1-biosphere-ecoinvent-3.11-biosphere.json",
)
"""Which flows were renamed or given another code between versions, as bw2io's own data package has it."""


class OtherVersions(NamedTuple):
    """What the flows of the installed list are in its versions 3.8 to 3.11."""

    codes: Mapping[str, str]
    """Code that is not in the installed list → code that is."""
    names: Mapping[tuple[str, str], str]
    """(name in lower case, compartment) that is not in the installed list → code of the one flow that it is."""


def other_versions(library: Library) -> OtherVersions:
    """Read from the data package of bw2io; nothing where that is not installed."""
    package = importlib.util.find_spec("randonneur_data")
    if package is None or package.origin is None:
        return OtherVersions({}, {})
    codes: dict[str, str] = {}
    names: dict[tuple[str, str], set[str]] = {}
    ours = {(flow.name.lower(), flow.compartment) for flow in library.flows.values()}
    for file in VERSIONS:
        read = (Path(package.origin).parent / "data" / file).read_bytes()
        for row in json.loads(gzip.decompress(read) if file.endswith(".gz") else read)["replace"]:
            sides = (row["source"], row["target"])
            known = next((side["uuid"] for side in sides if side.get("uuid") in library.flows), "")
            for side in sides if known else ():
                if side.get("uuid", known) not in library.flows:
                    codes[side["uuid"]] = known
                name = (side.get("name", "").lower(), library.flows[known].compartment)
                if name not in ours:
                    names.setdefault(name, set()).add(known)
    return OtherVersions(codes, {name: flows.pop() for name, flows in names.items() if len(flows) == 1})


class FlowLinker:
    """Finds flows, each spelling once."""

    def __init__(self, library: Library) -> None:
        self.library = library
        path = folder("inventories") / "backgrounds" / TABLE
        self._table = Document.read(path, shown(path)).load(ElementaryFlowsFile)
        self._known: dict[tuple[Any, ...], Linked | None] = {}

    def link(self, exchange: Mapping[str, Any]) -> Linked | None:
        """The flow of an exchange as bw2io's importers give it; None: there is none of its name in its unit."""
        code = (exchange.get("input") or ("", ""))[1] or exchange.get("flow", "")
        categories = tuple(exchange.get("categories") or ())
        key = (code, exchange.get("name", ""), categories, exchange.get("unit", ""), exchange.get("CAS number") or "")
        if key not in self._known:
            self._known[key] = self._link(*key)
        return self._known[key]

    def _link(self, code: str, name: str, categories: Sequence[str], written: str, CAS: str) -> Linked | None:
        spelling = self._table.flows.get(name)
        if spelling and spelling.resource:
            if linked := self._by_energy(spelling, written):
                return linked
            spelling = None
        for compartment in self._written(categories):
            for flow in self._candidates(code, spelling.name if spelling else name, compartment, CAS):
                ratio = factor(written, flow.unit) if written else 1.0
                if ratio is not None:
                    return Linked(flow, ratio)
        return None

    def _by_energy(self, spelling: Spelling, written: str) -> Linked | None:
        flow = self._by_name.get((spelling.name.lower(), spelling.resource or ""))
        energy = factor(written, "MJ")
        if flow is None or energy is None:
            return None
        return Linked(flow, energy / self.library.factors[_ENERGY][flow.code])

    def _written(self, categories: Sequence[str]) -> list[str]:
        """The compartment in our words, then the whole that it is a part of."""
        parts = (str(part) for part in categories)
        text = "/".join(part for part in parts if part and part not in ("unspecified", "Elementary flows"))
        here = self._table.compartments.get(text, text)
        return list(dict.fromkeys((here, here.partition("/")[0])))

    def _candidates(self, code: str, name: str, compartment: str, CAS: str) -> list[Flow]:
        code = self._renamed.codes.get(code, code)
        if code in self.library.flows:
            return [self.library.flows[code]]
        named = self._by_name.get((name.lower(), compartment))
        if named is None and (renamed := self._renamed.names.get((name.lower(), compartment))):
            named = self.library.flows[renamed]
        if named:
            return [named]
        same = self._by_CAS.get((CAS.lstrip("0"), compartment), []) if CAS else []
        return same if len(same) == 1 else []  # fossil or biogenic: a number does not say

    @cached_property
    def _renamed(self) -> OtherVersions:
        return other_versions(self.library)

    @cached_property
    def _by_name(self) -> dict[tuple[str, str], Flow]:
        """By name, else by a synonym that only one flow of the compartment has."""
        synonyms: dict[tuple[str, str], list[Flow]] = {}
        for code, known in identifiers().items():
            flow = self.library.flows[code]
            for name in known.synonyms:
                synonyms.setdefault((name.lower(), flow.compartment), []).append(flow)
        unique = {key: flows[0] for key, flows in synonyms.items() if len(flows) == 1}
        return unique | {(flow.name.lower(), flow.compartment): flow for flow in self.library.flows.values()}

    @cached_property
    def _by_CAS(self) -> dict[tuple[str, str], list[Flow]]:
        by_number: dict[tuple[str, str], list[Flow]] = {}
        for code, known in identifiers().items():
            flow = self.library.flows[code]
            if known.CAS:
                by_number.setdefault((known.CAS, flow.compartment), []).append(flow)
        return by_number
