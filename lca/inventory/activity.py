"""Activities as the rest of the engine sees them: linked, in the units of what they link to, with their states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from lca.inventory.files.activity import Pedigree, Properties
from lca.methods.library import Flow
from lca.quantities.locations import StatedLocation
from lca.quantities.sources import Source
from lca.quantities.values import Range
from lca.vocabulary import ASSEMBLY, MIX, FlowState, Stage


@dataclass(frozen=True, slots=True)
class State:
    """What is known of an activity's own direct flows in one category; `gaps` says what is not."""

    kind: FlowState
    gaps: tuple[str, ...] = ()
    bound: float = 0.0
    """Largest absolute contribution of what is negligible, per unit of product."""

    @property
    def open(self) -> bool:
        return self.kind in (FlowState.PARTIAL, FlowState.MISSING)

    @property
    def known(self) -> bool:
        """Whether something of the score is known."""
        return self.kind not in (FlowState.NONE, FlowState.MISSING)


@dataclass(frozen=True, slots=True)
class Input:
    """An amount of another activity's product, in that product's unit."""

    activity: str
    amount: float
    stage: Stage
    range: Range | None = None
    sources: tuple[str, ...] = ()
    note: str = ""
    negligible: Mapping[str, float] = field(default_factory=dict)
    """Category → largest absolute contribution of this input per unit of product; its gaps do not count there."""


@dataclass(frozen=True, slots=True)
class Emission:
    """An amount of an elementary flow, in the flow's unit."""

    flow: Flow
    amount: float
    stage: Stage
    range: Range | None = None
    sources: tuple[str, ...] = ()
    note: str = ""
    calibrated: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """A published value in one category, or why it is not admitted."""

    category: str
    value: float
    low: float
    high: float
    method: str
    sources: tuple[str, ...]
    refused: str = ""
    explained: bool = False
    """Whether the file says why the value is out of proportion to its other categories."""
    whole: float | None = None
    """Published total that the value is the rest of; None where it is no remainder."""

    @property
    def range(self) -> Range | None:
        return Range(self.low, self.high, "triangular") if self.low < self.high else None


@dataclass(frozen=True, slots=True)
class Recovered:
    """Mass of a material that one unit of a product gives back at its end of life."""

    material: str
    mass: float
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Anchor:
    """Climate change of one unit of a product of which no score is known, in kg CO2-Eq."""

    amount: float
    """Median."""
    low: float
    """2.5 % quantile of a lognormal with a width of its own on each side of the median."""
    high: float
    """97.5 % quantile."""
    sources: tuple[str, ...] = ()
    assumption: bool = False
    """Whether nothing that was read says so."""
    reason: str = ""
    """What it was reckoned from."""


@dataclass(frozen=True, slots=True)
class Documented:
    """That an activity's flows are those of a product of another database, upstream included."""

    background: str
    """Name and version of the database, as studies name it."""
    product: str
    """What it is there, in words."""
    code: str
    factor: float
    """Amount of it per unit of ours."""
    refused: tuple[Flow, ...] = ()
    """Flows of it that are out of all proportion, and left out."""


@dataclass(frozen=True, slots=True)
class Modelling:
    """How electricity is modelled; one combination per study."""

    approach: Literal["average", "marginal"]
    accounting: Literal["location", "market"]
    perimeter: Literal["production", "consumption"]

    def __str__(self) -> str:
        return f"{self.approach}, {self.accounting}, {self.perimeter}"


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity of the catalogue."""

    id: str
    kind: str
    """Folder it was found in: hardware, electricity, facilities, ..."""
    name: str
    product: str
    unit: str
    location: StatedLocation
    file: str
    technology: str | None = None
    comment: str = ""
    manages_land: bool = False
    models: tuple[str, ...] = ()
    inputs: tuple[Input, ...] = ()
    emissions: tuple[Emission, ...] = ()
    results: tuple[Result, ...] = ()
    negligible: Mapping[str, float] = field(default_factory=dict)
    properties: Properties = field(default_factory=Properties)
    pedigree: Pedigree | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)
    modelling: Modelling | None = None
    recovers: tuple[Recovered, ...] = ()
    stands_in: bool = False
    """Whether it is an unlike activity's copy for one product, with no file of its own."""
    copy_of: str = ""
    """Of a copy with the same gaps: id of the activity that has a file."""
    gaps: tuple[str, ...] = ()
    """What is known to be absent from it in every category."""
    network: str = ""
    """Of a grid's mix: id of the input that stands for lines and transformers and generates nothing."""
    estimate_class: str = ""
    """Class of products whose ratios say what its gaps probably hold."""
    sector: str = ""
    """Sector whose ratios say what its own flows probably are, where its inputs are modelled."""
    anchor: Anchor | None = None
    loss: float | None = None
    """Of a grid's mix: part of what is generated that is lost on the way to the user; None: not known."""
    year: int | None = None
    """Of a grid's mix: of the generation that it is."""
    documented: Documented | None = None

    @property
    def is_assembly(self) -> bool:
        return self.technology == ASSEMBLY

    @property
    def is_mix(self) -> bool:
        return self.technology == MIX

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Stages of its exchanges, in their order."""
        tagged: tuple[Input | Emission, ...] = (*self.inputs, *self.emissions)
        return tuple(dict.fromkeys(exchange.stage for exchange in tagged))
