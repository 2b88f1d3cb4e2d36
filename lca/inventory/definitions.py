"""What the files of inventory folders define: read, linked, and every problem of every file at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

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
from lca.inventory.activity import Activity
from lca.inventory.catalogue import DEFINED
from lca.inventory.checks.consistency import problems_of
from lca.inventory.checks.plausibility import PlausibleBand, PropertyLimit, beyond_limits
from lca.inventory.checks.quarantine import quarantined
from lca.inventory.completeness import RequiredFlows
from lca.inventory.files.activity import ActivityFile
from lca.inventory.files.factors_by_place import FactorsByPlace
from lca.inventory.files.parse_cache import Parsed
from lca.inventory.files.profile import HourlyProfile
from lca.inventory.files.ratios import Classified
from lca.inventory.files.readers import RECYCLING, Contents, Place, Written, contents
from lca.inventory.files.recycling import Routes
from lca.inventory.files.region import Region
from lca.inventory.files.sources import read_shared
from lca.inventory.files.template import Template
from lca.inventory.files.typical import Typical
from lca.inventory.link import BrokenLink, Linker
from lca.inventory.places import in_their_places
from lca.inventory.ratios import Ratios
from lca.inventory.stand_ins import told_apart
from lca.languages import gettext
from lca.methods.library import Library
from lca.quantities.documents import SHARED, Document, problem
from lca.quantities.positions import Loc
from lca.quantities.records import ID, near
from lca.quantities.sources import Source

_NOT_READ = (".yaml", ".yml", ".tml", ".toml~")
MOST_FILES = 20_000


def read(library: Library, roots: Sequence[Path]) -> tuple[tuple[Any, ...], bool]:
    """The fields of a catalogue in the order of DEFINED, and its factors by place.

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
    return (*(linked[name] if name in linked else getattr(read, name) for name in DEFINED), by_place), read.new


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
