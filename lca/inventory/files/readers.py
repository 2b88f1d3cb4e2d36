"""Which reader reads which kind of inventory file: a row of READERS per kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from lca.builtin import METHODS
from lca.errors import Problem
from lca.inventory.activity import Activity
from lca.inventory.checks.plausibility import PlausibleBand, PropertyLimit, read_limits, read_plausible
from lca.inventory.checks.quarantine import read_normalisation
from lca.inventory.completeness import RequiredFlows
from lca.inventory.files.activity import ActivityFile
from lca.inventory.files.activity_table import KEY as ACTIVITIES
from lca.inventory.files.activity_table import read_activities
from lca.inventory.files.factors_by_place import KEY as PLACES
from lca.inventory.files.factors_by_place import FactorsByPlace, read_factors_by_place
from lca.inventory.files.mix import read_mixes
from lca.inventory.files.profile import KEY as PROFILES
from lca.inventory.files.profile import HourlyProfile, read_profiles
from lca.inventory.files.ratios import Classified, read_ratios, read_technologies
from lca.inventory.files.recycling import Routes, market, read_recycling
from lca.inventory.files.region import Region, read_regions
from lca.inventory.files.template import Template
from lca.inventory.files.typical import Typical, read_typical
from lca.inventory.ratios import Ratios
from lca.methods.library import Library
from lca.quantities.documents import SHARED, Document

REQUIRED_FLOWS = "required-flows.toml"
NORMALISATION = "normalisation.toml"
PLAUSIBLE = "plausible.toml"
LIMITS = "limits.toml"
RECYCLING = "recycling.toml"
TECHNOLOGIES = "technologies.toml"
TYPICAL = "typical.toml"
TEMPLATES = "templates"
BACKGROUNDS = "backgrounds"


class Place(NamedTuple):
    """Where a file lies below its inventory folder."""

    parts: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def kind(self) -> str:
        """The folder that it lies in: the kind of its activities."""
        return self.parts[-2] if len(self.parts) > 1 else "other"


class Written(NamedTuple):
    """An activity as a file or a row states it, to be linked; without a record it is in error."""

    id: str
    document: Document
    record: ActivityFile | None
    kind: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What one file defines, and everything that is wrong in it."""

    problems: list[Problem]
    written: tuple[Written, ...] = ()
    mixes: tuple[Activity, ...] = ()
    """Activities that are linked by their reader."""
    recycling: Mapping[str, Routes] = field(default_factory=dict)
    templates: Mapping[str, Template | None] = field(default_factory=dict)
    regions: Mapping[str, Region] = field(default_factory=dict)
    profiles: Mapping[str, HourlyProfile] = field(default_factory=dict)
    required: RequiredFlows = field(default_factory=RequiredFlows)
    normalisation: Mapping[str, float] | None = None
    limits: tuple[PlausibleBand, ...] = ()
    property_limits: tuple[PropertyLimit, ...] = ()
    by_place: FactorsByPlace | None = None
    ratios: Ratios | None = None
    classless: bool = False
    """Whether nobody knows which classes and sectors it defines."""
    technologies: Mapping[str, Classified] = field(default_factory=dict)
    typical: Typical | None = None
    unknown: bool = False
    """Whether nobody knows which activities it defines."""


def _required_flows(document: Document, place: Place, library: Library) -> Contents:
    required, problems = RequiredFlows.of(document, library)
    return Contents(problems, required=required)


def _normalisation(document: Document, place: Place, library: Library) -> Contents:
    normalisation, problems = read_normalisation(document)
    return Contents(problems, normalisation=normalisation)


def _plausible(document: Document, place: Place, library: Library) -> Contents:
    limits, problems = read_plausible(document)
    return Contents(problems, limits=tuple(limits))


def _limits(document: Document, place: Place, library: Library) -> Contents:
    limits, problems = read_limits(document)
    return Contents(problems, property_limits=tuple(limits))


def _recycling(document: Document, place: Place, library: Library) -> Contents:
    routes, problems = read_recycling(document, place.kind)
    markets = tuple(market(id, route, "cut-off") for id, route in routes.items())
    return Contents(problems, mixes=markets, recycling=routes)


def _template(document: Document, place: Place, library: Library) -> Contents:
    template, problems = document.validate(Template)
    return Contents(problems, templates={document.path.stem: template})


def _mixes(document: Document, place: Place, library: Library) -> Contents:
    mixes, problems = read_mixes(document, place.kind)
    return Contents(problems, mixes=tuple(mixes), unknown=not mixes)


def _activities(document: Document, place: Place, library: Library) -> Contents:
    rows, problems = read_activities(document)
    written = tuple(Written(row.id, row.document, row.record, place.kind) for row in rows)
    return Contents(problems, written=written, unknown=not rows)


def _regions(document: Document, place: Place, library: Library) -> Contents:
    regions, problems = read_regions(document)
    return Contents(problems, regions=regions)


def _profiles(document: Document, place: Place, library: Library) -> Contents:
    profiles, problems = read_profiles(document)
    return Contents(problems, profiles=profiles)


def _by_place(document: Document, place: Place, library: Library) -> Contents:
    by_place, problems = read_factors_by_place(document, library)
    return Contents(problems, by_place=by_place)


def _ratios(document: Document, place: Place, library: Library) -> Contents:
    ratios, problems = read_ratios(document)
    return Contents(problems, ratios=ratios, classless=ratios is None)


def _typical(document: Document, place: Place, library: Library) -> Contents:
    typical, problems = read_typical(document)
    return Contents(problems, typical=typical)


def _technologies(document: Document, place: Place, library: Library) -> Contents:
    technologies, problems = read_technologies(document)
    return Contents(problems, technologies=technologies)


def _activity(document: Document, place: Place, library: Library) -> Contents:
    record, problems = document.validate(ActivityFile)
    return Contents(problems, written=(Written(document.path.stem, document, record, place.kind),))


def _elsewhere(document: Document, place: Place, library: Library) -> Contents:
    """What is read only where it is used: mappings to databases of the user's own, and impact methods."""
    return Contents([])


Matches = Callable[[Document, Place], bool]
Reader = Callable[[Document, Place, Library], Contents]

READERS: tuple[tuple[Matches, Reader], ...] = (
    (lambda document, place: place.name == REQUIRED_FLOWS, _required_flows),
    (lambda document, place: place.parts == (NORMALISATION,), _normalisation),
    (lambda document, place: place.name == PLAUSIBLE, _plausible),
    (lambda document, place: place.name == LIMITS, _limits),
    (lambda document, place: place.name == RECYCLING, _recycling),
    (lambda document, place: place.parts[0] in (BACKGROUNDS, METHODS), _elsewhere),
    (lambda document, place: place.kind == TEMPLATES, _template),
    (lambda document, place: "table" in document.content, _mixes),
    (lambda document, place: ACTIVITIES in document.content, _activities),
    (lambda document, place: "regions" in document.content, _regions),
    (lambda document, place: PROFILES in document.content, _profiles),
    (lambda document, place: PLACES in document.content, _by_place),
    (lambda document, place: "ratios" in document.content, _ratios),
    (lambda document, place: place.name == TECHNOLOGIES, _technologies),
    (lambda document, place: place.name == TYPICAL, _typical),
    (lambda document, place: True, _activity),
)
"""The first row whose condition holds reads a file."""


def states_activity(document: Document, place: Place) -> bool:
    """Whether a file there is read as one activity: some names and folders are those of other kinds of file."""
    return place.parts[0] != SHARED and next(read for matches, read in READERS if matches(document, place)) is _activity


def contents(document: Document, place: Place, library: Library) -> Contents:
    """What a file defines, by the reader of its kind. Raises InvalidData where nothing of it can be read."""
    return next(read for matches, read in READERS if matches(document, place))(document, place, library)
