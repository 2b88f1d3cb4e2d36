"""What a product system is made of, and the collector that its parts write to while a scenario is walked through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lca.equations import ComponentEnergy, ITEnergy
from lca.errors import Fault, Problem, UnknownActivity
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.quantities.sources import Source
from lca.system.scenario import Effort, Scenario
from lca.vocabulary import Phase, Stage


@dataclass(frozen=True, slots=True)
class ForegroundExchange:
    """An amount of one activity's product per functional unit."""

    phase: Phase
    stage: Stage
    role: str
    """What it is in the service: `computing`, `idle time`, `equipment`, `facility`, `cooling water`."""
    input: str
    """Id of the activity."""
    amount: float
    """In the unit of the activity's product."""
    unit: str
    formula: str
    """How the amount came about, with its numbers."""
    origin: str = ""
    """Origin of the energy behind it."""
    sources: tuple[str, ...] = ()
    """Ids of the sources of the amount, as `file` defines them."""
    works: Mapping[str, Source] = field(default_factory=dict)
    """Id → source."""
    file: str = ""
    """Inventory file that states the amount; empty: the scenario."""
    negligible: Mapping[str, float] = field(default_factory=dict)
    """Category → largest absolute contribution of the whole exchange."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Something of the service whose exchange is not known, with the amount of what it would belong to."""

    phase: Phase
    name: str
    amount: float
    unit: str
    of: str = ""
    """Activity that it would belong to: a category that this activity's flows do not reach has no such gap."""


@dataclass(frozen=True, slots=True)
class EnergyRow:
    """A part of the electricity of one phase per functional unit, in kWh; the parts of a phase sum to it."""

    phase: Phase
    component: str
    amount: float
    unit: str
    origin: str


@dataclass(frozen=True, slots=True)
class ProductSystem:
    """The foreground of one scenario."""

    name: str
    exchanges: tuple[ForegroundExchange, ...]
    gaps: tuple[Gap, ...]
    energy: tuple[EnergyRow, ...]
    own: Mapping[str, Activity]
    """Activities that the scenario itself defines."""
    modelling: frozenset[str]
    """Modelling tags of all its electricity."""
    notes: tuple[str, ...]
    """Assumptions and limits that a reader must know."""


class Foreground:
    """Collects the foreground of one scenario while its phases are walked through."""

    def __init__(self, scenario: Scenario, catalogue: Catalogue) -> None:
        self.scenario, self.catalogue = scenario, catalogue
        self.exchanges: list[ForegroundExchange] = []
        self.gaps: list[Gap] = []
        self.energy: list[EnergyRow] = []
        self.own: dict[str, Activity] = {}
        self.modelling: set[str] = set()
        self.notes: list[str] = []
        self.problems: list[Problem] = []

    def known(self, id: str, *loc: str) -> Activity | None:
        """The activity of this id; an unknown one is a problem at `loc` of the scenario's file."""
        try:
            return self.own.get(id) or self.catalogue.activity(id)
        except UnknownActivity as fault:
            self.problems.append(self.scenario.problem(loc, fault))
            return None

    def refuse(self, fault: Fault, *loc: str) -> None:
        """Keep a problem at `loc` of the scenario's file."""
        self.problems.append(self.scenario.problem(loc, fault))

    def note(self, text: str) -> None:
        """Keep a note, once."""
        if text not in self.notes:
            self.notes.append(text)


@dataclass(frozen=True, slots=True)
class Run:
    """The energy and time of one phase, for what the run itself served."""

    table: str
    phase: Phase
    effort: Effort
    share: float
    """Part of the run that the functional unit carries."""
    served: str
    allocated: float | None
    """Hours."""
    components: Mapping[str, tuple[ComponentEnergy, str]]
    """Component → energy and origin."""
    it_energy: ITEnergy | None
    origin: str
