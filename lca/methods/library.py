"""Reads bw2io's elementary flows and characterisation factors, and matches flows exactly.

The tables are not copied into this package: their licence is non-commercial. What is needed of them is cached in the
user's cache folder under the hash of bw2io's files.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path

from lca.builtin import cache_folder
from lca.errors import LcaError, MissingDependency, UncharacterisedCompartment, UnknownCategory, UnknownFlow
from lca.languages import gettext
from lca.methods.categories import CATEGORIES, EF, Category
from lca.quantities.kept import keep, kept
from lca.quantities.records import near

_FLOWS = "data/lci/ecoinvent elementary flows 3.9.xml"
_FACTORS = "data/lcia/lcia_39_ecoinvent.zip"
_CACHE_FORMAT = "2"
_SPACE = "{http://www.EcoInvent.org/EcoSpold02}"


@dataclass(frozen=True, slots=True)
class Flow:
    """An elementary flow of bw2io's list; `compartment` is `air` or `air/urban air close to ground`."""

    code: str
    name: str
    compartment: str
    unit: str
    location: str = ""
    """Country in which it is emitted, where it counts by a factor of that country; empty: anywhere."""

    def of(self, location: str) -> Flow:
        """The flow as it is emitted in a country."""
        return replace(self, code=f"{self.code}@{location}", location=location)


@dataclass(frozen=True)
class Library:
    """Elementary flows by code, and per category id the characterisation factor per flow code."""

    flows: dict[str, Flow]
    factors: dict[str, dict[str, float]]
    digest: str = field(default="", compare=False, repr=False)
    """Of the files it was read from; empty: of none."""

    @classmethod
    def load(cls) -> Library:
        """The flows and factors of the installed bw2io. Raises MissingDependency."""
        return _load()

    def with_places(self, category: str, flow: Flow, factors: Mapping[str, float]) -> Library:
        """The library with the factors of a flow by country in one category; in others it counts the same anywhere."""
        added = {}
        for id, known in self.factors.items():
            everywhere = known.get(flow.code)
            here = factors if id == category else dict.fromkeys(factors, everywhere) if everywhere is not None else {}
            placed = {flow.of(place).code: factor for place, factor in here.items()}
            added[id] = {**known, **placed} if id == category else {**placed, **known}
        return replace(self, factors=added)

    def with_category(self, id: str, factors: Mapping[str, float]) -> Library:
        """The library with one category more, by factors of flows, which may be in a country.

        A flow that has no factor in a country counts there as anywhere.
        """
        placed = {code for known in self.factors.values() for code in known if "@" in code}
        anywhere = {code: factors[base] for code in placed if (base := code.partition("@")[0]) in factors}
        return replace(self, factors={**self.factors, id: {**anywhere, **factors}})

    @cached_property
    def _codes(self) -> dict[tuple[str, str], str]:
        return {(flow.name, flow.compartment): flow.code for flow in self.flows.values()}

    @cached_property
    def _compartments(self) -> dict[str, list[Flow]]:
        by_name: dict[str, list[Flow]] = {}
        for flow in self.flows.values():
            by_name.setdefault(flow.name, []).append(flow)
        return by_name

    def flow(self, name: str, compartment: str) -> Flow:
        """The flow of exactly this name and compartment.

        Raises UnknownFlow with the candidates, or UncharacterisedCompartment where a category of EF v3.1 has a factor
        for the same flow in other subcompartments only.
        """
        flow = self.located(name, compartment)
        if flow.code in self._sound:
            return flow
        for category in EF:
            elsewhere = self._characterised_elsewhere(flow, category)
            if elsewhere:
                raise UncharacterisedCompartment(
                    gettext(
                        "{name!r} has no factor for {category} in {compartment!r}, but in {elsewhere}",
                        name=name,
                        category=category,
                        compartment=compartment,
                        elsewhere=", ".join(elsewhere),
                    )
                )
        self._sound.add(flow.code)
        return flow

    def located(self, name: str, compartment: str) -> Flow:
        """The flow of exactly this name and compartment, characterised or not. Raises UnknownFlow with candidates."""
        code = self._codes.get((name, compartment))
        if code is None:
            raise UnknownFlow(
                gettext(
                    "no flow {name!r} in {compartment!r}{hint}",
                    name=name,
                    compartment=compartment,
                    hint=self._candidates(name),
                )
            )
        return self.flows[code]

    def within(self, name: str, top: str) -> list[Flow]:
        """The flows of this name in a compartment and all its subcompartments. Raises UnknownFlow with candidates."""
        flows = [flow for flow in self._compartments.get(name, ()) if flow.compartment.split("/")[0] == top]
        if not flows:
            raise UnknownFlow(
                gettext("no flow {name!r} in {top!r}{hint}", name=name, top=top, hint=self._candidates(name))
            )
        return flows

    @cached_property
    def _sound(self) -> set[str]:
        """Codes of the flows that have been asked for and are characterised where they are."""
        return set()

    def _characterised_elsewhere(self, flow: Flow, category: str) -> list[str]:
        factors = self.factors[category]
        if flow.code in factors:
            return []
        top = flow.compartment.split("/")[0]
        siblings = (other for other in self._compartments[flow.name] if other.compartment.split("/")[0] == top)
        return sorted(repr(other.compartment) for other in siblings if other.code in factors)

    def _candidates(self, name: str) -> str:
        if name in self._compartments:
            there = sorted(repr(flow.compartment) for flow in self._compartments[name])
            return gettext("; it exists in {compartments}", compartments=", ".join(there))
        return near(name, self._compartments)


@dataclass(frozen=True, slots=True)
class Identifiers:
    """By what else an elementary flow is known."""

    CAS: str
    """Without leading zeros; empty: none."""
    synonyms: tuple[str, ...]


@lru_cache(maxsize=1)
def identifiers() -> dict[str, Identifiers]:
    """Code of an elementary flow → its other names, for reading databases that name flows in another way."""
    from xml.etree import ElementTree

    identifiers = {}
    for node in ElementTree.parse(_bw2io_folder() / _FLOWS).getroot().iter(f"{_SPACE}elementaryExchange"):
        names = tuple(child.text or "" for child in node.iter(f"{_SPACE}synonym"))
        identifiers[node.attrib["id"]] = Identifiers(node.get("casNumber", "").lstrip("0"), names)
    return identifiers


def category(id: str) -> Category:
    """The category of this id. Raises UnknownCategory with near ids."""
    if not CATEGORIES.known(id):
        raise UnknownCategory(gettext("no impact category {id!r}", id=id) + near(id, CATEGORIES))
    return CATEGORIES[id]


def category_ids(given: str | Iterable[str]) -> tuple[str, ...]:
    """Each id once, in order; ids may be joined by commas. Raises UnknownCategory with near ids."""
    ids = given.split(",") if isinstance(given, str) else given
    return tuple(dict.fromkeys(category(id.strip()).id for id in ids if id.strip()))


@lru_cache(maxsize=1)
def _load() -> Library:
    folder = _bw2io_folder()
    digest = hashlib.sha256(_CACHE_FORMAT.encode() + repr(CATEGORIES).encode())
    for name in (_FLOWS, _FACTORS):
        digest.update((folder / name).read_bytes())
    cache = cache_folder() / f"methods-{digest.hexdigest()[:32]}.json"
    content = kept(cache)
    if content is None:
        content = {"flows": list(_read_flows(folder / _FLOWS)), "factors": _read_factors(folder / _FACTORS)}
        keep(cache, content)
    return Library({row[0]: Flow(*row) for row in content["flows"]}, content["factors"], digest.hexdigest())


def _bw2io_folder() -> Path:
    spec = importlib.util.find_spec("bw2io")
    for location in (spec.submodule_search_locations or []) if spec else []:
        if (Path(location) / _FLOWS).is_file() and (Path(location) / _FACTORS).is_file():
            return Path(location)
    raise MissingDependency(gettext("bw2io 0.9.17 or later 0.9 is needed for elementary flows and impact categories"))


def _read_flows(path: Path) -> Iterator[tuple[str, str, str, str]]:
    from xml.etree import ElementTree

    for node in ElementTree.parse(path).getroot().iter(f"{_SPACE}elementaryExchange"):
        top = node.findtext(f"{_SPACE}compartment/{_SPACE}compartment") or ""
        sub = node.findtext(f"{_SPACE}compartment/{_SPACE}subcompartment") or "unspecified"
        compartment = top if sub == "unspecified" else f"{top}/{sub}"
        name, unit = node.findtext(f"{_SPACE}name") or "", node.findtext(f"{_SPACE}unitName") or ""
        yield node.attrib["id"], name, compartment, unit


def _read_factors(path: Path) -> dict[str, dict[str, float]]:
    wanted = {category.name: category for category in CATEGORIES.values()}
    factors: dict[str, dict[str, float]] = {}
    with zipfile.ZipFile(path) as archive:
        methods = json.loads(archive.read("data.json"))
    for method in methods:
        category = wanted.get(tuple(method["name"]))
        if category is None:
            continue
        if method["unit"] != category.unit:
            raise LcaError(
                gettext(
                    "bw2io gives {category} in {unit}, this package expects {wanted}",
                    category=category.id,
                    unit=method["unit"],
                    wanted=category.unit,
                )
            )
        factors[category.id] = {exchange["input"][1]: float(exchange["amount"]) for exchange in method["exchanges"]}
    absent = sorted(CATEGORIES.keys() - factors.keys())
    if absent:
        raise LcaError(gettext("the installed bw2io has no factors for {categories}", categories=", ".join(absent)))
    return {id: factors[id] for id in CATEGORIES}
