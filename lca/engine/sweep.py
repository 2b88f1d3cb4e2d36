"""Sweeps: one scenario with some of its numbers varied, a million times over, through the same equations.

Numbers are arrays and go through the equations of one scenario, a chunk at a time; what is not a number, a country or a
server, makes groups, each a scenario of its own. The background is solved once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import islice
from itertools import product as combinations
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lca.engine.distribute import in_order
from lca.engine.varied_scores import VariedScores
from lca.errors import Fault, InvalidData, Problem, UsageError
from lca.inventory.catalogue import Catalogue
from lca.inventory.files.activity import Properties
from lca.languages import gettext
from lca.quantities import units
from lca.quantities.records import In, Record
from lca.quantities.values import Value, leaves
from lca.system.parts import ProductSystem
from lca.system.product_system import product_system
from lca.system.scenario import (
    Battery,
    Computation,
    Development,
    Effort,
    Fleet,
    Kept,
    PublishedElectricity,
    Scenario,
    StatedFacility,
    Transfer,
)

CHUNK = 16_384
"""Variants that go through the equations together: some tens of megabytes."""
_CHOSEN = ("electricity", "facility", "server", "end_of_life")
"""Last parts of fields that hold an id and not a number."""

Vector = NDArray[np.float64]
Formed = TypeVar("Formed")


@dataclass(frozen=True, slots=True)
class EvenSteps:
    """Numbers at equal distances: made where they are asked for, since there may be a billion."""

    low: float
    high: float
    number: int

    def __len__(self) -> int:
        return self.number

    def __iter__(self) -> Iterator[float]:
        return (float(self.at(np.array([n]))[0]) for n in range(self.number))

    def at(self, places: NDArray[np.intp]) -> Vector:
        """As numpy's linspace."""
        step = (self.high - self.low) / max(self.number - 1, 1)
        return np.where((places == self.number - 1) & (places > 0), self.high, self.low + places * step)


@dataclass(frozen=True, slots=True)
class Axis:
    """A field with the values that it takes."""

    field: str
    values: tuple[float, ...] | tuple[str, ...] | EvenSteps

    def at(self, places: NDArray[np.intp]) -> Vector:
        """The numbers at these places."""
        return self.values.at(places) if isinstance(self.values, EvenSteps) else np.array(self.values, float)[places]

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest number."""
        steps = isinstance(self.values, EvenSteps)
        numbers = self.at(np.array([0, len(self.values) - 1])) if steps else np.array(self.values, float)
        return float(numbers.min()), float(numbers.max())

    @property
    def chosen(self) -> bool:
        """Whether its values are ids and not numbers."""
        return self.field.rpartition(".")[2] in _CHOSEN


class Plan(Protocol):
    """The numbers of a sweep, variant by variant."""

    @property
    def size(self) -> int: ...
    @property
    def fields(self) -> tuple[str, ...]: ...
    def rows(self, start: int, stop: int) -> dict[str, Vector]:
        """Field → its values in these variants."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Every combination of the values of its axes; the last one varies fastest."""

    axes: tuple[Axis, ...]

    @property
    def size(self) -> int:
        return math.prod(len(axis.values) for axis in self.axes)

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(axis.field for axis in self.axes)

    def rows(self, start: int, stop: int) -> dict[str, Vector]:
        if not self.axes:
            return {}
        places = np.unravel_index(np.arange(start, stop), [len(axis.values) for axis in self.axes])
        return {axis.field: axis.at(n) for axis, n in zip(self.axes, places, strict=True)}


@dataclass(frozen=True, slots=True)
class Table:
    """Stated rows: of a file, or of a sample of a space."""

    columns: Mapping[str, Vector] = field(repr=False)

    @property
    def size(self) -> int:
        return len(next(iter(self.columns.values())))

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(self.columns)

    def rows(self, start: int, stop: int) -> dict[str, Vector]:
        return {field: column[start:stop] for field, column in self.columns.items()}


def spread_over(axes: Sequence[Axis], number: int, seed: int, latin: bool = False) -> Table:
    """A sample of the space between the least and greatest value of every axis: Sobol, or a Latin hypercube."""
    from scipy.stats import qmc

    method = qmc.LatinHypercube if latin else qmc.Sobol
    drawn = method(len(axes), rng=np.random.default_rng(seed)).random(number)
    low, high = np.array([axis.ends for axis in axes]).T
    return Table({axis.field: column for axis, column in zip(axes, (low + (high - low) * drawn).T, strict=True)})


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep that is ready to run: its fields are known, its choices are scenarios."""

    scenario: Scenario
    catalogue: Catalogue
    plan: Plan
    choices: tuple[Axis, ...] = ()
    categories: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    """`phase`, `stage`, or both: scores by them beside the whole."""
    _groups: dict[int, _Combination] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The last one that was asked for."""

    @property
    def size(self) -> int:
        """Number of variants."""
        return self.plan.size * math.prod(len(axis.values) for axis in self.choices)

    def check(self) -> None:
        """Whether each choice can be, with the others as the scenario has them. Raises InvalidData with every problem.

        Of long work nothing is done before.
        """
        problems: list[Problem] = []
        for axis in self.choices:
            for value in axis.values:
                try:
                    product_system(_varied(self.scenario, {axis.field: str(value)}), self.catalogue)
                except InvalidData as error:
                    problems += error.problems
        if problems:
            raise InvalidData(list(dict.fromkeys(problems)))

    def run(self, chunk: int = CHUNK, workers: int = 1, cluster: str = "", after: int = 0) -> Iterator[pd.DataFrame]:
        """The variants in order, in tables of at most `chunk` rows: fields, what is refused, scores by category.

        A row with a number outside the bounds of its field has no scores, and says which. `workers` processes, or a
        Dask scheduler at the address `cluster`, give the same rows, hardly sooner: a table is made as fast as it is
        handed over. `after`: tables that are left out at the beginning.
        Raises InvalidData for a choice that is not in the catalogue, UsageError for a field that the scenario does not
        have, and as `in_order` does.
        """
        return self.formed(_as_it_is, chunk, workers, cluster, after)

    def formed(
        self,
        form: Callable[[pd.DataFrame], Formed],
        chunk: int = CHUNK,
        workers: int = 1,
        cluster: str = "",
        after: int = 0,
    ) -> Iterator[Formed]:
        """What `form` makes of each table of `run`, made where the table was: text takes longer than its numbers."""
        starts = range(0, self.plan.size, chunk)
        groups = range(math.prod(len(axis.values) for axis in self.choices))
        pieces = islice(((group, start, chunk) for group in groups for start in starts), after, None)
        shared = (replace(self), form)  # what is made of a sweep stays where it is
        return in_order(_formed, shared, pieces, workers, cluster)

    def fingerprint(self) -> str:
        """What tells the sweep from others: what it varies, and the numbers of its first variant."""
        first = next(replace(self, plan=_Beginning(self.plan)).run()) if self.size else pd.DataFrame()
        varied = (self.plan, self.size, self.choices, self.categories, self.by)
        return sha256(f"{varied!r}{first.to_csv()}{self.scenario.file.model_dump_json()}".encode()).hexdigest()

    def group(self, number: int) -> _Combination:
        """The scenario of one combination of the choices, ready to be varied; made once for the rows that follow."""
        if number not in self._groups:
            self._groups.clear()
            chosen = next(islice(combinations(*(axis.values for axis in self.choices)), number, None))
            named = {axis.field: str(value) for axis, value in zip(self.choices, chosen, strict=True)}
            scenario = _varied(self.scenario, named)
            varied = VariedScores(scenario, self.catalogue, self.plan.fields, self.categories, self.by)
            self._groups[number] = _Combination(named, varied)
        return self._groups[number]


class _Combination(NamedTuple):
    """One combination of choices."""

    named: Mapping[str, str]
    varied: VariedScores


@dataclass(frozen=True, slots=True)
class _Beginning:
    """The first variant of a plan."""

    plan: Plan

    @property
    def size(self) -> int:
        return min(self.plan.size, 1)

    @property
    def fields(self) -> tuple[str, ...]:
        return self.plan.fields

    def rows(self, start: int, stop: int) -> dict[str, Vector]:
        return self.plan.rows(start, stop)


def _as_it_is(table: pd.DataFrame) -> pd.DataFrame:
    return table


def _formed(shared: tuple[Sweep, Callable[[pd.DataFrame], Formed]], piece: tuple[int, int, int]) -> Formed:
    sweep, form = shared
    return form(_rows(sweep, piece))


def _rows(sweep: Sweep, piece: tuple[int, int, int]) -> pd.DataFrame:
    """The variants of one piece: group, first row of the plan, most rows."""
    number, start, chunk = piece
    group = sweep.group(number)
    count = min(chunk, sweep.plan.size - start)
    rows = sweep.plan.rows(start, start + count)
    refused, numbers = _within(rows, group.varied.fields)
    scores = group.varied.scores(numbers, count)
    for row in np.flatnonzero(~np.isfinite(scores).all(axis=1)).tolist():
        refused.setdefault(row, "its numbers contradict each other: they give no finite score")
    scores[list(refused)] = np.nan
    texts = {name: pd.Series([value], dtype="str").repeat(count).to_numpy() for name, value in group.named.items()}
    said = np.full(count, "", dtype=object)
    said[list(refused)] = list(refused.values())
    known = pd.DataFrame({**texts, **rows, "refused": said}, copy=False)
    return pd.concat([known, pd.DataFrame(scores, columns=group.varied.columns, copy=False)], axis=1)


def fields(system: ProductSystem) -> list[Value]:
    """The numbers of a scenario that a sweep can vary, each once, by name."""
    stated = {leaf.field: leaf for leaf in leaves(e.value for e in system.exchanges) if leaf.field}
    return [stated[name] for name in sorted(stated)]


def _varied(scenario: Scenario, named: Mapping[str, str]) -> Scenario:
    changes: dict[str, Any] = {}
    for name, value in named.items():
        table, _, key = name.rpartition(".")
        changes[table or key] = {**changes.get(table, {}), key: value} if table else value
    return scenario.vary(**changes) if changes else scenario


def _within(rows: Mapping[str, Vector], fields: Mapping[str, str]) -> tuple[dict[int, str], dict[str, Vector]]:
    """Row → what is wrong with it; and the numbers by name, a harmless one where one is wrong."""
    refused: dict[int, str] = {}
    numbers = {}
    for name, column in rows.items():
        wrong = ~np.isfinite(column) | ~_allowed(fields[name], column)
        for n in np.flatnonzero(wrong).tolist():
            refused.setdefault(n, f"{name} {column[n]:g} is outside {_limits(fields[name])}")
        sound = column[~wrong]
        numbers[name] = np.where(wrong, sound[0] if len(sound) else 1.0, column) if wrong.any() else column
    return refused, numbers


def _bounds(name: str) -> In | None:
    """The bounds of a field, from the models of the files that state it."""
    last = name.rpartition(".")[2].partition("[")[0]
    models: tuple[type[Record], ...] = (
        *(Properties, Effort, StatedFacility, Development, PublishedElectricity),
        *(Computation, Fleet, Battery, Transfer, Kept),
    )
    for model in models:
        for key, info in model.model_fields.items():
            if key == last:
                bounds = [item for item in (*info.metadata, *_arguments(info.annotation)) if isinstance(item, In)]
                return bounds[0] if bounds else None
    return None


def _arguments(annotation: Any) -> Iterator[Any]:
    for part in getattr(annotation, "__args__", ()):
        yield from getattr(part, "__metadata__", ())
        yield from _arguments(part)


def _allowed(name: str, column: Vector) -> NDArray[np.bool_]:
    bounds = _bounds(name)
    if bounds is None:  # parts of an assembly may be none; amounts of service, durations and factors not
        return column >= 0 if ".inputs[" in name else column > 0
    inside = (bounds.low <= column) & (column <= bounds.high) & (bounds.above < column) & (column < bounds.below)
    return np.asarray(inside)


def _limits(name: str) -> str:
    bounds = _bounds(name)
    return bounds.interval() if bounds else ">= 0" if ".inputs[" in name else "> 0"


def axis(text: str) -> Axis:
    """`facility.PUE=1.05:1.6:12` (from, to, steps), `inference.utilisation=0.2,0.4`, `electricity=electricity-fr`.

    Ends may have a unit (`training.device_time=1 h:3 day:5`). Raises UsageError.
    """
    name, sign, written = text.partition("=")
    name, written = name.strip(), written.strip()
    given = [part.strip() for part in written.split(",")]
    if not (name and sign and all(given)):
        raise UsageError(gettext("{text!r} is no range: write FIELD=FROM:TO:STEPS, or FIELD=VALUE,VALUE", text=text))
    if Axis(name, ()).chosen:
        return Axis(name, tuple(given))
    unit = getattr(_bounds(name), "unit", "")
    if ":" not in written:
        return Axis(name, tuple(_number(part, unit, text) for part in given))
    parts = written.split(":")
    if len(parts) != 3 or not parts[2].strip().isdigit() or int(parts[2]) < 1:
        raise UsageError(gettext("{text!r} is no range: write FIELD=FROM:TO:STEPS with one step or more", text=text))
    low, high = (_number(part, unit, text) for part in parts[:2])
    return Axis(name, EvenSteps(low, high, int(parts[2])))


def _number(written: str, unit: str, text: str) -> float:
    try:
        number = float(written)
    except ValueError:
        try:
            amount = units.parse(written)
            number = units.convert(amount, unit).number if unit else amount.number
        except Fault as error:
            raise UsageError(f"{text!r}: {error}") from None
    if not math.isfinite(number):
        raise UsageError(gettext("{text!r}: {written} is no finite number", text=text, written=written.strip()))
    return number
