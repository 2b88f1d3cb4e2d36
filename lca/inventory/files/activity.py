"""The inventory file: one activity, its exchanges or its published results, and what is known of it in use."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from lca.errors import Contradiction, ExchangesAndImpacts, InconsistentRange, MissingKey, Uncited, WrongType
from lca.languages import gettext
from lca.quantities import units
from lca.quantities.locations import Location
from lca.quantities.records import In, Quantity, Ranged, Record, Written
from lca.quantities.sources import Source
from lca.quantities.units import Amount
from lca.vocabulary import WITHOUT_DIRECT_FLOWS, Stage

PublishedMethod = Literal[
    "EF v3.1",
    "EF v3.0",
    "EF, version unstated",
    "GWP100, version unstated",
    "ADP elements, CML",
    "CED, version unstated",
]


class Negligible(Record):
    """Why a gap does not count in one category, and how large it can be at most."""

    category: str
    """Id of the impact category."""
    bound: str
    """Largest absolute contribution per unit of this activity's product, in the category's unit."""
    source: str | tuple[str, ...]
    """Id of one or more entries under [sources]."""
    note: str | None = None
    """The arithmetic behind the bound."""


class Exchange(Ranged):
    """What one unit of the product takes from another activity, or takes from or gives to nature."""

    input: str | None = None
    """Id of another activity."""
    flow: str | None = None
    """Exact name of an elementary flow; goes with `compartment`."""
    compartment: str | None = None
    """Compartment, with its subcompartment after a slash: `air/urban air close to ground`."""
    amount: Written
    """Median per unit of the product; negative for a substituted product."""
    source: str | tuple[str, ...]
    """Id of one or more entries under [sources]."""
    stage: Stage | None = None
    """Life-cycle stage, where it is not that of the activity."""
    calibrated: bool = False
    """Back-solved from a published total: counted, but never makes a category complete."""
    negligible: tuple[Negligible, ...] = ()
    """Categories in which the gaps of this exchange's input do not count."""

    @model_validator(mode="after")
    def _one_end_and_range(self) -> Exchange:
        if (self.input is None) == (self.flow is None) or (self.flow is None) != (self.compartment is None):
            raise WrongType(gettext("an exchange names either an input, or a flow with its compartment"))
        self.check_range(self.amount, self.low, self.high)
        return self


class Impact(Ranged):
    """A published result per unit of the product, in one category."""

    category: str
    """Id of the impact category."""
    method: PublishedMethod
    """Method and version as published."""
    value: str
    """Number and the category's unit: `0.00024 mol H+-Eq`."""
    low: str | None = None  # type: ignore[assignment]
    high: str | None = None  # type: ignore[assignment]
    source: str | tuple[str, ...]
    """Id of one or more entries under [sources]."""
    whole: str | None = None
    """Published total that the value is the rest of, for what takes this product: that must score as much."""
    explained: str | None = None
    """Why a value is right although it is over ten times its activity's median category."""


class Pedigree(Record):
    """Data quality in five scores of 1 (best) to 5, after Weidema & Wesnæs 1996 (doi:10.1016/S0959-6526(96)00043-1)."""

    reliability: Annotated[int, Field(ge=1, le=5)]
    completeness: Annotated[int, Field(ge=1, le=5)]
    temporal: Annotated[int, Field(ge=1, le=5)]
    geographical: Annotated[int, Field(ge=1, le=5)]
    technological: Annotated[int, Field(ge=1, le=5)]


class Properties(Record):
    """What a workload needs to know of the product in use. What is unknown is left out."""

    power: Annotated[Quantity, In("kW_component", above=0)] | None = None
    """Power of a device at full load, as its own counter sees it."""
    idle_power: Annotated[Quantity, In("kW_component", low=0)] | None = None
    """Power of an idle device, as its own counter sees it."""
    plug_power: Annotated[Quantity, In("kW_it", above=0)] | None = None
    """Rated power of a server at its plug: what a facility provisions."""
    plug_idle_power: Annotated[Quantity, In("kW_it", low=0)] | None = None
    """Power of a server at its plug while powered and not allocated."""
    rest_of_node: Annotated[Quantity, In("kWh_it/kWh_component", low=1)] | None = None
    """IT energy over component energy: power supply, fans, board, network card."""
    accelerators: Annotated[Quantity, In("item", above=0)] | None = None
    """Accelerators of a server: its shared parts are allocated by the fraction of them reserved."""
    lifetime: Annotated[Quantity, In("h", above=0)] | None = None
    """Service life, powered or not."""
    annual_replacement_rate: Annotated[Quantity, In("1/h", low=0)] | None = None
    """Share of units replaced per year of service (`"9 %/year"`)."""
    mass: Annotated[Quantity, In("kg", above=0)] | None = None
    """Mass without packaging."""
    packed_mass: Annotated[Quantity, In("kg", above=0)] | None = None
    """Mass with packaging."""
    memory: Annotated[Quantity, In("byte", above=0)] | None = None
    """Memory capacity."""
    cores: Annotated[Quantity, In("item", above=0)] | None = None
    """Physical cores of a CPU."""
    threads: Annotated[Quantity, In("item", above=0)] | None = None
    """Logical processors of a CPU."""
    energy_per_byte: Annotated[Quantity, In("kWh_it/byte", low=0)] | None = None
    """Electricity of a network for the data that passes through it, in the year of its source."""
    power_per_byte: Annotated[Quantity, In("kW_it/byte", low=0)] | None = None
    """Power of a storage medium for what it can hold."""
    PUE: Annotated[Quantity, In("kWh/kWh_it", low=1)] | None = None
    """Electricity of the building over IT energy."""
    WUE: Annotated[Quantity, In("L/kWh_it", low=0)] | None = None
    """Water of the site over IT energy; its `basis` is `consumption` or `withdrawal`."""
    occupancy: Annotated[Quantity, In("1", above=0, high=1)] | None = None
    """Share of the provisioned power that is let, over the facility's life."""

    @model_validator(mode="after")
    def _in_order(self) -> Properties:
        for less, more in (("idle_power", "power"), ("plug_idle_power", "plug_power"), ("mass", "packed_mass")):
            small, large = getattr(self, less), getattr(self, more)
            if small and large and small.amount > large.amount:
                unit = units.written(small.unit)
                raise Contradiction(
                    gettext(
                        "{less} is {small:g} {unit}, more than {more}, {large:g} {unit}",
                        less=less,
                        small=small.amount,
                        unit=unit,
                        more=more,
                        large=large.amount,
                    )
                )
        return self

    @model_validator(mode="after")
    def _water_basis(self) -> Properties:
        if self.WUE and self.WUE.basis not in ("consumption", "withdrawal"):
            raise WrongType(gettext("WUE states its basis: consumption or withdrawal"))
        return self


class Delivery(Record):
    """One leg of the way to the user: packed mass × distance."""

    input: str
    """Id of the transport activity, per t*km."""
    distance: Annotated[Quantity, In("km", above=0)]


class Recovery(Record):
    """A material recovered from the product; it counts under the end-of-life formulas that give credit."""

    material: str
    """Id of a material of a recycling.toml."""
    mass: Annotated[Quantity, In("kg", above=0)]
    """Mass of the material in one unit of the product."""
    recovery: Annotated[Quantity, In("1", low=0, high=1)]
    """Share of what is collected that is recovered as this material."""


class EndOfLife(Record):
    """What becomes of the product: cut-off, without credit for what is recovered."""

    treatment: str
    """Id of the treatment, per kg."""
    collected: Annotated[Quantity, In("1", low=0, high=1)]
    """Share of the mass that reaches the treatment."""
    otherwise: str
    """Id of the activity that stands for the mass not collected, per kg."""
    recovers: tuple[Recovery, ...] = ()
    """Materials recovered. Without any, a formula that gives credit gives none here."""


class DevicePart(Record):
    """A part of a device that a template of its own models: a die, a stack of memory, a battery, a cooling loop."""

    name: str
    """What the part is, in words."""
    template: str
    """Id of the parametric activity whose exchanges are those of the part."""
    count: Annotated[Quantity, In("item", above=0)] | None = None
    """How many of them one unit of the product has; absent: one."""
    choices: dict[str, str] = Field(default_factory=dict)
    """Choice of the template → its option."""
    parameters: dict[str, Quantity] = Field(default_factory=dict)
    """Parameters of the template. What is unknown is left out: a named gap takes its place."""

    @model_validator(mode="after")
    def _whole(self) -> DevicePart:
        if self.count and self.count.distribution:
            raise WrongType(gettext("a number of parts has no range: make two devices of it"))
        return self


class AnchorOfGap(Record):
    """What the climate change of a product probably is of which no score is known: its other gaps are reckoned from it.

    It is no part of any score that is known.
    """

    amount: Written
    """Median per unit of the product, in mass of CO2-Eq."""
    low: Written
    """2.5 % quantile."""
    high: Written
    """97.5 % quantile."""
    source: str | tuple[str, ...] | None = None
    """Id of one or more entries under [sources]; or `confidence`."""
    confidence: Literal["assumption"] | None = None
    """Where no source says so: `assumption`, with its reason."""
    reason: str | None = None
    """What it was reckoned from."""

    @field_validator("amount", "low", "high")
    @classmethod
    def _mass(cls, amount: Amount) -> Amount:
        return units.convert(amount, "kg")

    @model_validator(mode="after")
    def _ranged_and_founded(self) -> AnchorOfGap:
        if not 0 < self.low.number <= self.amount.number <= self.high.number or self.low.number == self.high.number:
            raise InconsistentRange(
                gettext(
                    "low {low}, amount {amount}, high {high} are not positive and in order",
                    low=self.low,
                    amount=self.amount,
                    high=self.high,
                )
            )
        if not self.source and not (self.confidence and self.reason):
            raise Uncited(gettext('an anchor names a source; or confidence = "assumption", and its reason'))
        return self


class ActivityFile(Record):
    """inventories/<kind>/<id>.toml"""

    name: str
    """What is produced, in words, with its boundary."""
    product: str
    """Name of the product."""
    unit: str
    """Unit of the product."""
    location: Location
    """ISO 3166 code, or a region of several countries (`GLO`, `RER`)."""
    stage: Stage = Stage.PRODUCTION
    """Life-cycle stage of the exchanges that state none."""
    technology: str | None = None
    """Group of inventories/required-flows.toml that says which flows make a category complete; `assembly` for an
    activity that has no direct flows by construction."""
    estimate_class: str | None = None
    """Class of inventories/estimates/ratios.toml whose ratios say what its gaps probably hold; that of its technology
    where it names none."""
    sector: str | None = None
    """Sector of inventories/estimates/ratios.toml whose own flows are like its own, where its inputs are modelled; that
    of its technology where it names none."""
    manages_land: bool = False
    """Whether it grows something: only then can it store carbon in soil or biomass, and be less than zero."""
    unlike: bool = False
    """Whether it stands for another thing in every product that needs it, as the unknown dies of a device do: what is
    not known of it then never cancels between two products."""
    models: tuple[str, ...] = ()
    """Names under which hardware reports itself (`NVIDIA A100-SXM4-40GB`)."""
    template: str | None = None
    """Id of a parametric activity whose exchanges are added to those below."""
    comment: str | None = None
    """What a reader must know: choices, limits, known defects of the sources."""
    choices: dict[str, str] = Field(default_factory=dict)
    """Choice of the template → its option."""
    parameters: dict[str, Quantity] = Field(default_factory=dict)
    """Parameters of the template. What is unknown is left out: a named gap takes its place."""
    properties: Properties = Field(default_factory=Properties)
    parts: tuple[DevicePart, ...] = ()
    """Parts with a template of their own, added to the exchanges below: several unlike dies, for one."""
    exchanges: tuple[Exchange, ...] = ()
    delivery: tuple[Delivery, ...] = ()
    """Legs from the factory to the user, for the packed mass under [properties]."""
    end_of_life: EndOfLife | None = None
    impacts: tuple[Impact, ...] = ()
    negligible: tuple[Negligible, ...] = ()
    """Categories in which the activity's own direct flows are known to be negligible."""
    anchor: AnchorOfGap | None = None
    """Climate change of a product of which no score is known."""
    pedigree: Pedigree | None = None
    """Data quality of the exchanges that state no range."""
    sources: dict[str, Source] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _exchanges_or_impacts(self) -> ActivityFile:
        linked = self.exchanges or self.template or self.parts or self.delivery or self.end_of_life
        if self.technology in WITHOUT_DIRECT_FLOWS and not linked:  # it would be a complete zero
            raise MissingKey(gettext("an activity of technology {technology!r} has inputs", technology=self.technology))
        if (self.parameters or self.choices) and not self.template:
            raise MissingKey(gettext("parameters and choices are those of a template: name it"))
        if self.impacts and linked:
            raise ExchangesAndImpacts(gettext("the activity has exchanges and published impacts"))
        if self.delivery and not self.properties.packed_mass:
            raise MissingKey(gettext("a delivery needs properties.packed_mass"))
        if self.end_of_life and not self.properties.mass:
            raise MissingKey(gettext("an end of life needs properties.mass"))
        return self
