"""The catalogue: every inventory file of the built-in folder and of the user's folders, linked and checked."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from math import nan
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from lca.builtin import METHODS, folder
from lca.errors import UnknownActivity
from lca.inventory import compiled
from lca.inventory.activity import Activity, State
from lca.inventory.checks.plausibility import PlausibleBand
from lca.inventory.completeness import RequiredFlows, own_state
from lca.inventory.files.profile import HourlyProfile
from lca.inventory.files.recycling import Formula, Routes, by_formula, formula_named
from lca.inventory.files.region import Region
from lca.inventory.files.typical import Typical
from lca.inventory.ratios import Ratios
from lca.languages import gettext
from lca.methods.categories import EF
from lca.methods.library import Library, category_ids
from lca.quantities import units
from lca.quantities.records import near

if TYPE_CHECKING:
    import pandas as pd

    from lca.methods.own import OwnMethod

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
    def drawn_of(self, ids: Iterable[str]) -> str: ...


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
        given = [*(path for path in beside if path.is_dir()), *files]
        if not given:
            return catalogue
        from lca.methods.own import read_methods

        own = read_methods(given, catalogue.library)
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
            from lca.inventory.definitions import read

            (*parts, by_place), new = read(library, roots)
        for table in by_place:
            library = library.with_places(table.category, table.flow, table.factors)
        defined = dict(zip(DEFINED, parts, strict=True))
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
        from lca.inventory.own_methods import characterised, counted, multiplied, placed, required

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


DEFINED = (
    *("activities", "required", "recycling", "normalisation", "limits"),
    *("regions", "profiles", "ratios", "typical"),
)
"""Fields of a catalogue that its files define."""


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("(r)", " ").replace("(tm)", " ").split())
