"""The format of scenarios/validation/<id>.toml and of explanations.toml beside them."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field, model_validator

from lca.errors import MissingKey, WrongType
from lca.languages import gettext
from lca.quantities import units
from lca.quantities.records import Record, Written
from lca.quantities.sources import Source
from lca.vocabulary import ComparisonKind, Role


class Term(Record):
    """A value of this package: of a scenario, or of an amount of an activity; or of some of their parts."""

    scenario: str | None = None
    """Path of a scenario, relative to the case."""
    vary: dict[str, Any] = Field(default_factory=dict)
    """Other values for the scenario's tables."""
    activity: str | None = None
    """Id of an activity."""
    amount: Written | None = None
    """Amount of the activity's product; by default one unit."""
    roles: tuple[Role, ...] = ()
    """Of a scenario only exchanges of these roles (`computing`, `equipment`)."""
    inputs: tuple[str, ...] = ()
    """Of an activity only its own inputs of these activities."""

    @model_validator(mode="after")
    def _one(self) -> Term:
        if (self.scenario is None) == (self.activity is None):
            raise WrongType(gettext("give a scenario or an activity"))
        return self


class Tolerance(Record):
    """What counts as agreement: the widest of those given."""

    relative: Written | None = None
    """Of the published value."""
    absolute: Written | None = None
    """In a unit of the published value's dimension."""
    factor: float | None = Field(None, gt=1)
    """Up to so many times, or as a fraction."""
    why: str | None = None
    """The reason, written before comparing."""

    @model_validator(mode="after")
    def _of_one(self) -> Tolerance:
        if self.relative:
            units.convert(self.relative, "1")
        return self

    def __str__(self) -> str:
        parts = (
            self.relative and f"{self.relative.number:g} {self.relative.unit}",
            self.absolute and f"{self.absolute.number:g} {self.absolute.unit}",
            self.factor and f"a factor of {self.factor:g}",
        )
        return " or ".join(part for part in parts if part)


class Compared(Record):
    """One published value."""

    name: str
    of: str | tuple[str, ...]
    """`electricity`, `water`, or categories: a comparison each."""
    ours: tuple[Term, ...]
    """Values that are summed."""
    published: Written | tuple[Term, ...]
    """As published; or activities that carry it, summed."""
    tolerance: Tolerance = Tolerance()
    """In place of the case's."""
    kind: ComparisonKind | None = None
    """In place of the case's."""
    in_others: bool = False
    """What it compares is in other comparisons of the case, as a total is in its parts: left out where deviations are
    added up."""
    source: str | tuple[str, ...]
    """Id of one or more entries under [sources]."""


class CaseFile(Record):
    """scenarios/validation/<id>.toml"""

    name: str
    about: str
    """What the case tests, and what it leaves out."""
    kind: ComparisonKind = ComparisonKind.MODEL
    """What its comparisons can show: `model`, `recomputation` or `editions`."""
    tolerance: Tolerance
    comparisons: tuple[Compared, ...]
    sources: dict[str, Source]

    @model_validator(mode="after")
    def _reasoned(self) -> CaseFile:
        if not self.tolerance.why:
            raise MissingKey(gettext("the tolerance states no reason"))
        for compared in self.comparisons:
            if not str(compared.tolerance) and not str(self.tolerance):
                raise MissingKey(gettext("{name!r} has no tolerance", name=compared.name))
        return self


class CaseExplanation(Record):
    """Why some comparisons deviate, for deviations between two bounds."""

    comparisons: tuple[str, ...]
    """Names of comparisons; with several categories, `name, category`."""
    low: Written
    """Smallest deviation explained (`-40 %`)."""
    high: Written
    why: str


class ExplanationsFile(Record):
    """scenarios/validation/explanations.toml: under the id of a case its explanations."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, tuple[CaseExplanation, ...]]
