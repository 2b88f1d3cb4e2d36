"""The catalogue: every inventory file of the built-in folder and of the user's folders, linked and checked."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from lca.builtin import folder, shown
from lca.errors import (
    DuplicateId,
    Fault,
    InvalidData,
    NotTOML,
    PathEscapes,
    Problem,
    UnknownActivity,
    UnknownName,
    Unreadable,
    WrongType,
    WrongUnit,
)
from lca.inventory import compiled
from lca.inventory.activity import Activity, State
from lca.inventory.checks.consistency import problems_of
from lca.inventory.checks.plausibility import PlausibleBand, PropertyLimit, beyond_limits
from lca.inventory.checks.quarantine import quarantined
from lca.inventory.completeness import RequiredFlows, own_state
from lca.inventory.files.activity import ActivityFile
from lca.inventory.files.factors_by_place import FactorsByPlace
from lca.inventory.files.parse_cache import Parsed
from lca.inventory.files.profile import HourlyProfile
from lca.inventory.files.ratios import Classified
from lca.inventory.files.readers import METHODS, RECYCLING, Contents, Place, Written, contents
from lca.inventory.files.recycling import Formula, Routes, by_formula, formula_named
from lca.inventory.files.region import Region
from lca.inventory.files.sources import read_shared
from lca.inventory.files.template import Template
from lca.inventory.files.typical import Typical
from lca.inventory.link import BrokenLink, Linker
from lca.inventory.own_methods import characterised, counted, multiplied, placed, required
from lca.inventory.places import in_their_places
from lca.inventory.ratios import Ratios
from lca.inventory.stand_ins import told_apart
from lca.languages import gettext
from lca.methods.categories import EF
from lca.methods.library import Library, category_ids
from lca.methods.own import OwnMethod, read_methods
from lca.quantities import units
from lca.quantities.documents import SHARED, Document, problem
from lca.quantities.positions import Loc
from lca.quantities.records import ID, near
from lca.quantities.sources import Source

if TYPE_CHECKING:
    import pandas as pd

_NOT_READ = (".yaml", ".yml", ".tml", ".toml~")
MOST_FILES = 20_000
MOST_KEPT = 8  # backgrounds of some megabytes each
T = TypeVar("T")


class OwnDatabase(Protocol):
    """The database of the user's own whose flows some activities have."""

    @property
    def name(self) -> str: ...
    @property
    def provenance(self) -> Mapping[str, str]: ...
    def drawn(
        self, ids: Sequence[str], factors: Sequence[Mapping[str, float]], seed: int, number: int, size: int
    ) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Catalogue:
    """Activities by id, and which flows make them complete.

    `catalogue.table()` shows all of them, `catalogue.activity(id)` one with its exchanges, amounts per unit of its
    product, and sources. A catalogue is a value: `load` gives another one where a folder of yours is added.
    """

    activities: Mapping[str, Activity]
    """By id, stand-ins with them; their files and rows alone are in `table()`."""
    required: RequiredFlows
    library: Library = field(repr=False)
    recycling: Mapping[str, Routes] = field(default_factory=dict, repr=False)
    """Materials with a virgin and a recycled route."""
    normalisation: Mapping[str, float] = field(default_factory=dict, repr=False)
    """Category → impact of one person in one year."""
    limits: tuple[PlausibleBand, ...] = field(default=(), repr=False)
    """Bands in which scores of products are expected."""
    regions: Mapping[str, Region] = field(default_factory=dict, repr=False)
    """`provider:region` → the region of a cloud provider, with its electricity."""
    profiles: Mapping[str, HourlyProfile] = field(default_factory=dict, repr=False)
    """Id of a mix → what its hours emit over its mean."""
    ratios: Ratios = field(default_factory=Ratios, repr=False)
    """What gaps probably hold, per kg CO2-Eq."""
    typical: Typical | None = field(default=None, repr=False)
    """What equipment and sites that do not state a number probably have."""
    folders: tuple[str, ...] = ()
    """Of the user's own inventories, in their order."""
    foreign: OwnDatabase | None = field(default=None, repr=False)
    """None: all flows are of the inventories."""
    methods: tuple[OwnMethod, ...] = field(default=(), repr=False)
    """Impact categories of the user's own."""
    method_files: tuple[str, ...] = ()
    """Files and folders that these were read from, beside those in `folders`."""

    @classmethod
    def load(cls, *extra_folders: str | Path, methods: Iterable[str | Path] = ()) -> Catalogue:
        """The built-in inventories and those of `extra_folders`; a later folder overrides by id.

        `methods`: CSV files of characterisation factors, each a category of the user's own, and folders of them; those
        in a folder `methods` of `extra_folders` are read too. Numbers are converted to the units of `table()`. Raises
        InvalidData with every problem of every file.

        Example: `lca.Catalogue.load("my-inventory").activity("gpu-example")`
        """
        files, beside = tuple(methods), [Path(root) / METHODS for root in extra_folders]
        catalogue = cls._of_folders(extra_folders)
        own = read_methods([*(path for path in beside if path.is_dir()), *files], catalogue.library)
        return replace(catalogue.with_methods(own), method_files=tuple(map(str, files))) if own else catalogue

    @classmethod
    def _of_folders(cls, extra_folders: Sequence[str | Path]) -> Catalogue:
        library = Library.load()
        roots = [folder("inventories"), *map(Path, extra_folders)]
        digest = compiled.digest(roots, library.digest)
        kept = compiled.kept_parts(roots, digest)
        if kept:
            *parts, by_place, states = kept
        else:
            (*parts, by_place), new = _read(library, roots)
        for table in by_place:
            library = library.with_places(table.category, table.flow, table.factors)
        defined = dict(zip(_DEFINED, parts, strict=True))
        catalogue = cls(**defined, library=library, folders=tuple(map(str, extra_folders)))
        if kept:
            for category, of_category in states.items():
                keys = ((id, category) for id in catalogue.activities)
                catalogue._states.update(zip(keys, of_category, strict=True))
        elif not new:  # a folder that is being written is another one the next time
            states = {each: tuple(catalogue.state(id, each) for id in catalogue.activities) for each in EF}
            compiled.keep_parts(roots, digest, (*parts, by_place, states))
        return catalogue

    def with_methods(self, methods: Sequence[OwnMethod]) -> Catalogue:
        """The catalogue with categories of the user's own."""
        activities, library, lists = placed(self.activities, methods, self.library), self.library, self.required
        all_counted = []
        for method in methods:
            library = characterised(method, library)
            activities = {id: multiplied(activity, method) for id, activity in activities.items()}
            lists, of = required(method, lists, library)
            all_counted.append(counted(method, activities, of))
        for method in methods:  # what counts by country in one category counts as anywhere in the others
            for code, factors in method.places.items():
                library = library.with_places("", library.flows[code], factors)
        with_methods = replace(
            self, activities=activities, library=library, required=lists, methods=(*self.methods, *all_counted)
        )
        same = {id for id, activity in activities.items() if activity is self.activities.get(id)}
        with_methods._states.update({key: state for key, state in self._states.items() if key[0] in same})
        return with_methods

    def __getstate__(self) -> dict[str, Any]:
        """What is made of it is left behind: another process makes its own."""
        return {part.name: getattr(self, part.name) for part in fields(self)}

    def kept(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is made of this catalogue once, and kept with it: the last of them."""
        made: T = self._kept.pop(key) if key in self._kept else make()
        self._kept[key] = made
        while len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return made

    def under(self, formula: Formula) -> Catalogue:
        """The catalogue under an end-of-life formula: `cut-off`, as it is read, `circular-footprint`, `avoided-burden`.

        Raises UsageError for another.
        """
        activities = by_formula(self.activities, self.recycling, formula_named(formula))
        return self if activities == self.activities else replace(self, activities=activities)

    def activity(self, id: str) -> Activity:
        """The activity of this id, its exchanges per unit of its product. Raises UnknownActivity with near ids."""
        if id not in self.activities:
            raise UnknownActivity(gettext("no activity {id!r}", id=id) + near(id, self.activities))
        return self.activities[id]

    def texts(self, activities: Mapping[str, Activity]) -> dict[str, str]:
        """All that every activity states, as text; those of the catalogue are written once."""
        written, known = self.kept("texts", dict[str, str]), self.activities
        written |= {id: repr(known[id]) for id in activities.keys() - written.keys() if id in known}
        return {id: written[id] if activity is known.get(id) else repr(activity) for id, activity in activities.items()}

    def kinds(self) -> tuple[str, ...]:
        """The folders that activities come from."""
        return tuple(sorted({activity.kind for activity in self.activities.values()}))

    def of_kind(self, kind: str) -> tuple[Activity, ...]:
        """The activities of one folder that have a file or a row of their own, by id."""
        return tuple(a for id, a in sorted(self.activities.items()) if a.kind == kind and not a.stands_in)

    def table(self, categories: str | Iterable[str] = ()) -> pd.DataFrame:
        """A row per activity that has a file or a row of its own, by id: what it is, and what is known of its product.

        Columns: id, kind, name, product, unit, location, technology, modelling (of electricity: approach, accounting,
        perimeter), sources (number of them), file; then every property that an inventory file may state, NaN where it
        is not known, in the unit that `table.attrs["units"]` has for it (power in kW, lifetime in h, mass in kg); then
        for each of `categories` the state of its own direct flows: `inventory`, `partial`, `published`, `negligible`,
        `none` or `missing`. Raises UnknownCategory with near ids.

        Example: `lca.Catalogue.load().table("climate-change").to_parquet("catalogue.parquet")`
        """
        import pandas as pd

        ids = category_ids(categories)
        listed = [a for _, a in sorted(self.activities.items()) if not a.stands_in]
        rows = [
            {
                "id": a.id,
                "kind": a.kind,
                "name": a.name,
                "product": a.product,
                "unit": a.unit,
                "location": a.location,
                "technology": a.technology or "",
                "modelling": str(a.modelling or ""),
                "sources": len(a.sources),
                "file": a.file,
                **{name: number.amount if number else nan for name, number in a.properties},
                **{id: str(self.state(a.id, id).kind) for id in ids},
            }
            for a in listed
        ]
        table = pd.DataFrame(rows)
        table.attrs["units"] = {name: units.written(n.unit) for a in listed for name, n in a.properties if n}
        return table

    def recognise(self, name: str) -> Activity | None:
        """The activity under whose `models` hardware reports itself by this name; None: unknown."""
        return self._models.get(_plain(name))

    def state(self, id: str, category: str) -> State:
        """The state of an activity's own direct flows in a category: its `kind`, its gaps, and the bound of what is
        negligible, per unit of product in the unit of the category."""
        key = (id, category)
        if key not in self._states:
            self._states[key] = own_state(self.activities[id], category, self.required, self.library)
        return self._states[key]

    @cached_property
    def _models(self) -> dict[str, Activity]:
        return {_plain(model): a for a in self.activities.values() for model in a.models}

    @cached_property
    def _kept(self) -> dict[Hashable, Any]:
        return {}

    @cached_property
    def _states(self) -> dict[tuple[str, str], State]:
        return {}


_DEFINED = (
    *("activities", "required", "recycling", "normalisation", "limits"),
    *("regions", "profiles", "ratios", "typical"),
)
"""Fields of a catalogue that its files define."""


def _read(library: Library, roots: Sequence[Path]) -> tuple[tuple[Any, ...], bool]:
    """The fields of a catalogue in the order of _DEFINED, and its factors by place.

    Also whether any file is read for the first time as it is. Raises InvalidData with every problem of every file.
    """
    read = Definitions(library)
    for root in roots:
        read.root(root)
    activities, problems = read.checked()
    by_place = tuple(read.by_place.values())
    if problems:
        raise InvalidData(problems)
    linked = {"activities": activities, "limits": tuple(read.limits)}
    return (*(linked[name] if name in linked else getattr(read, name) for name in _DEFINED), by_place), read.new


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("(r)", " ").replace("(tm)", " ").split())


class Definitions:
    """What all files of all roots state, before it is linked."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.required = RequiredFlows()
        self.normalisation: dict[str, float] = {}
        self.problems: list[Problem] = []
        self.shared: dict[str, Source] | None = None
        """The shared sources of the first root, the built-in one: files of every root may cite them."""
        self.citable: dict[str, Source] = {}
        """The shared sources that files of the last root may cite."""
        self.files: dict[str, tuple[Document, ActivityFile, str]] = {}
        self.mixes: dict[str, Activity] = {}
        self.templates: dict[str, Template] = {}
        self.recycling: dict[str, Routes] = {}
        self.limits: list[PlausibleBand] = []
        self.property_limits: dict[tuple[str, str], PropertyLimit] = {}
        """By kind and property: a later folder may raise what the built-in one states."""
        self.regions: dict[str, Region] = {}
        self.profiles: dict[str, HourlyProfile] = {}
        self.by_place: dict[tuple[str, str], FactorsByPlace] = {}
        self.ratios = Ratios()
        self.typical: Typical | None = None
        self.classless = False
        """Whether a file could not be read, so that nobody knows which classes and sectors there are."""
        self.technologies: dict[str, tuple[Document, Classified]] = {}
        self.documents: dict[str, Document] = {}
        self.taken: dict[str, str] = {}
        self.new = False
        """Whether a file is read for the first time as it is."""
        self.broken: set[str] | None = set()
        """Ids whose file is in error; None: a file could not be read, so that nobody knows what it defines."""

    @classmethod
    def of(cls, *extra_folders: str | Path) -> Definitions:
        """Those of the built-in inventories and of `extra_folders`."""
        read = cls(Library.load())
        for root in (folder("inventories"), *map(Path, extra_folders)):
            read.root(root)
        return read

    def root(self, root: Path) -> None:
        """Read every file of a root; problems are kept for `linked`."""
        self.taken = {}
        if not root.is_dir():
            self.problems.append(problem(shown(root), 0, (), Unreadable(gettext("no such folder"))))
            return
        parsed = Parsed(root)

        def read(path: Path) -> Document:
            if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root)):
                raise InvalidData(
                    [problem(shown(path), 0, (), PathEscapes(gettext("the link leaves the inventory folder")))]
                )
            return parsed.read(path)

        self.problems += _of_another_format(root)
        own, problems = read_shared(root, read)
        self.problems += problems
        if self.shared is None:
            self.shared = own
        shared = self.citable = {**self.shared, **own}
        for path in _toml_files(root):
            parts = path.relative_to(root).parts
            if parts[0] == SHARED:
                continue
            try:
                document = replace(read(path), shared=shared)
                self._add(document, contents(document, Place(parts), self.library))
            except InvalidData as error:
                self.problems += error.problems
                self.broken = None
        self.new |= parsed.save()

    def _add(self, document: Document, defined: Contents) -> None:
        """Add what a file defines; an activity overrides one of the same id in an earlier folder."""
        self.problems += defined.problems
        self.required = self.required.merged(defined.required)
        if defined.normalisation is not None:
            self.normalisation = dict(defined.normalisation)
        self.limits += defined.limits
        self.property_limits |= {(limit.kind, limit.name): limit for limit in defined.property_limits}
        self.regions |= defined.regions
        self.profiles |= defined.profiles
        self.classless |= defined.classless
        if defined.by_place:
            self.by_place[defined.by_place.category, defined.by_place.flow.code] = defined.by_place
        self.typical = defined.typical or self.typical
        if defined.ratios:
            self.ratios = self.ratios.merged(defined.ratios)
        self.technologies |= {name: (document, classified) for name, classified in defined.technologies.items()}
        self.recycling |= defined.recycling
        for id, template in defined.templates.items():
            if template:
                self.templates[id] = template
            else:
                self._break(id)
        for mix in defined.mixes:
            self._take(mix.id, mix.file, document)
            self.mixes[mix.id] = mix
            self.files.pop(mix.id, None)
        for written in defined.written:
            self._take(written.id, written.document.shown, written.document)
            if written.record:
                self.files[written.id] = (written.document, written.record, written.kind)
                self.mixes.pop(written.id, None)
            else:
                self._break(written.id)
        if defined.unknown:
            self.broken = None

    def _break(self, id: str) -> None:
        if self.broken is not None:
            self.broken.add(id)

    def _take(self, id: str, file: str, document: Document) -> None:
        fault: Fault | None = None
        if not re.fullmatch(ID, id):
            fault = WrongType(gettext("{id!r} is no id: lower-case letters and digits, joined by hyphens", id=id))
        elif id in self.taken:
            fault = DuplicateId(gettext("the id {id!r} is already that of {file}", id=id, file=self.taken[id]))
        if fault:
            row = re.fullmatch(r"(.*):(\d+)", file)
            self.problems.append(problem(row[1] if row else file, int(row[2]) if row else 1, (), fault))
        self.taken.setdefault(id, file)
        self.documents[id] = document

    def add(self, written: Sequence[Written]) -> None:
        """Add activities that no file states yet, as those of one more root."""
        self.taken = {}
        for each in written:
            self._add(each.document, Contents([], written=(each,)))

    def checked(self) -> tuple[dict[str, Activity], list[Problem]]:
        """All activities as `linked` gives them, and all problems, those among activities too."""
        activities, problems = self.linked()
        library = self.library
        for table in self.by_place.values():
            library = library.with_places(table.category, table.flow, table.factors)
        problems += problems_of(activities, self.documents, library)
        problems += beyond_limits(activities.values(), self.documents, self.property_limits.values())
        return activities, problems

    def linked(self) -> tuple[dict[str, Activity], list[Problem]]:
        """All activities linked to each other and to elementary flows, and all problems found so far."""
        unit_of = {id: record.unit for id, (_, record, _) in self.files.items()} | {
            id: mix.unit for id, mix in self.mixes.items()
        }
        linker = Linker(self.library, unit_of, self.templates, self.broken)
        activities = {
            id: quarantined(linker.activity(id, document, record, kind), self.normalisation)
            for id, (document, record, kind) in self.files.items()
        }
        for id, mix in self.mixes.items():
            for input in mix.inputs:
                try:
                    if linker.unit(input.activity) != mix.unit:
                        raise WrongUnit(
                            gettext(
                                "{activity!r} is in {unit}, a mix in {wanted}",
                                activity=input.activity,
                                unit=linker.unit(input.activity),
                                wanted=mix.unit,
                            )
                        )
                except Fault as fault:
                    linker.refuse(self.documents[id], ("inputs",), fault)
            activities[id] = mix
        for id, (document, _, _) in self.files.items():
            for index, item in enumerate(activities[id].recovers):
                if item.material not in self.recycling:
                    absent = UnknownActivity(
                        gettext(
                            "no material {material!r} has routes in a {file}", material=item.material, file=RECYCLING
                        )
                    )
                    linker.refuse(document, ("end_of_life", "recovers", index, "material"), absent)
        activities = {id: self._classified(activity) for id, activity in activities.items()}
        unsupplied = self._unsupplied(linker)
        unlike = {id for id, (_, record, _) in self.files.items() if record.unlike}
        activities = in_their_places(told_apart(activities, unlike), tuple(self.by_place.values()))
        return dict(sorted(activities.items())), [
            *self.problems,
            *linker.problems,
            *unsupplied,
            *self._unknown_classes(),
        ]

    def _classified(self, activity: Activity) -> Activity:
        """The activity with the class and the sector of its technology, where it names none."""
        if activity.technology not in self.technologies:
            return activity
        _, usual = self.technologies[activity.technology]
        estimate_class = activity.estimate_class or usual.estimate_class
        return replace(activity, estimate_class=estimate_class, sector=activity.sector or usual.sector)

    def _unknown_classes(self) -> Iterator[Problem]:
        """Names of classes and sectors that no ratios are stated for."""
        if self.classless:
            return
        named: list[tuple[Document, Loc, ActivityFile | Classified]] = [
            *((document, (), record) for document, record, _ in self.files.values()),
            *((document, (name,), classified) for name, (document, classified) in self.technologies.items()),
        ]
        for document, loc, names in named:
            for key, name, known in (
                ("estimate_class", names.estimate_class, self.ratios.classes),
                ("sector", names.sector, self.ratios.sectors),
            ):
                if name and name not in known:
                    yield document.problem(
                        (*loc, key), UnknownName(gettext("no {key} {name!r}", key=key, name=name) + near(name, known))
                    )

    def _unsupplied(self, linker: Linker) -> Iterator[Problem]:
        """Regions and profiles whose electricity is not in the catalogue, or is none."""
        rows: list[Region | HourlyProfile] = [*self.regions.values(), *self.profiles.values()]
        for row in rows:
            file, _, line = row.file.rpartition(":")
            try:
                if linker.unit(row.electricity) != "kWh":
                    raise WrongUnit(
                        gettext(
                            "{activity!r} is in {unit}, not in kWh",
                            activity=row.electricity,
                            unit=linker.unit(row.electricity),
                        )
                    )
            except BrokenLink:  # a problem of the file that it leads to
                continue
            except Fault as fault:
                yield problem(file, int(line), ("electricity",), fault)


def _of_another_format(root: Path) -> Iterator[Problem]:
    """Files that look like activities and are not read: none is passed over in silence."""
    for path in sorted(path for path in root.rglob("*") if path.suffix.lower() in _NOT_READ):
        if not any(part.startswith(".") for part in path.relative_to(root).parts):
            yield problem(shown(path), 0, (), NotTOML(gettext("a file in {suffix} is not read", suffix=path.suffix)))


def _toml_files(root: Path) -> Iterator[Path]:
    paths = sorted(
        path for path in root.rglob("*.toml") if not any(p.startswith(".") for p in path.parts[len(root.parts) :])
    )
    if len(paths) > MOST_FILES:
        raise InvalidData(
            [
                problem(
                    shown(root),
                    0,
                    (),
                    Unreadable(gettext("{count:,} files; at most {most:,}", count=len(paths), most=MOST_FILES)),
                )
            ]
        )
    yield from paths
