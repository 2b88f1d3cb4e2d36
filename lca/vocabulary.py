"""The words that facts are stated in: each a closed list. How a reader is told of them is `lca.report`'s."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """What a run or an exchange of the foreground is for."""

    DATA = "data"
    DEVELOPMENT = "development"
    TRAINING = "training"
    COMPRESSION = "compression"
    INFERENCE = "inference"
    END_USER_DEVICE = "end-user device"
    NETWORK = "network"
    STORAGE = "storage"


PHASE_ORDER: tuple[str, ...] = ("", *Phase)
"""Phases as tables have them: those of a service, after the empty one of a product scored alone."""


class Stage(StrEnum):
    """Stage of the life cycle."""

    PRODUCTION = "production"
    DISTRIBUTION = "distribution"
    USE = "use"
    END_OF_LIFE = "end-of-life"


ASSEMBLY = "assembly"
"""Technology of an activity that is opened into its inputs, so that each keeps its stage."""
MIX = "mix"
"""Technology of an activity whose inputs are shares of one product."""
WITHOUT_DIRECT_FLOWS = (ASSEMBLY, MIX)
"""Technologies that only put other products together."""


class Role(StrEnum):
    """What an exchange of the foreground is in the service."""

    COMPUTING = "computing"
    IDLE = "idle time"
    REST_OF_NODE = "rest of node"
    BUILDING = "building"
    """Electricity of the building beyond that of its IT equipment; in estimates of a PUE that is not stated."""
    COOLING_WATER = "cooling water"
    EQUIPMENT = "equipment"
    FACILITY = "facility"
    USE = "use"
    """Of an activity that the run names itself."""
    PRODUCT = "product"
    """Of a product scored alone."""


class Costed(StrEnum):
    """What money is paid for."""

    DEVICE_TIME = "device time"
    ELECTRICITY = "electricity"
    PRODUCTS = "products"


class Component(StrEnum):
    """Part of a node whose energy is told apart."""

    CPU = "cpu"
    GPU = "gpu"
    MEMORY = "memory"
    OTHER = "other"


class PartKind(StrEnum):
    """What a part of equipment is to a reader, whatever it is modelled of."""

    ACCELERATOR = "GPU or accelerator"
    CPU = "CPU"
    MEMORY = "memory"
    STORAGE = "storage device"
    BOARD = "board and network card"
    CHASSIS = "chassis"
    POWER_SUPPLY = "power supply"
    COOLING = "cooling"
    OTHER = "other parts and assembly"
    DELIVERY = "delivery"
    END_OF_LIFE = "end of life"


class Origin(StrEnum):
    """How an energy was obtained."""

    COUNTER = "counter"
    """Read from an energy counter of the hardware."""
    INTEGRATED = "integrated"
    """Sampled power over time."""
    MODELLED = "modelled"
    """Utilisation × a sourced power."""
    IMPORTED = "imported"
    """Another tool's figure."""
    STATED = "stated"
    """Written by hand."""


class EnergyPart(StrEnum):
    """Part of a phase's energy beside that of its components."""

    REST_OF_NODE = "rest of node"
    IDLE = "idle time"
    NODE = "node"
    """At the plug, in place of components and rest."""
    BUILDING_COMPUTING = "building, computing"
    """What the building takes beyond its IT equipment while that computes."""
    BUILDING_IDLE = "building, idle time"


class Mark(StrEnum):
    """What an incomplete number lacks."""

    NONE = ""
    AT_LEAST = "≥"
    """Only positive amounts."""
    SIGN_UNKNOWN = "incomplete, sign unknown"


class Completeness(StrEnum):
    """How much of a score is known."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    MISSING = "missing"


class FlowState(StrEnum):
    """What is known of an activity's own flows in a category."""

    INVENTORY = "inventory"
    PUBLISHED = "published"
    DOCUMENTED = "documented"
    """As a database of the user's own documents it."""
    NEGLIGIBLE = "negligible"
    NONE = "none"
    PARTIAL = "partial"
    MISSING = "missing"


class Verdict(StrEnum):
    """How one score compares with another."""

    LOWER = "lower"
    HIGHER = "higher"
    EQUAL = "equal"
    NOT_TOLD_APART = "not told apart"
    INDETERMINATE = "indeterminate"
    NOT_COMPARABLE = "not comparable"


class RepeatVerdict(StrEnum):
    """What the repeats of a measured variant tell of its energy beside its baseline's."""

    BASELINE = "baseline"
    REFUSED = "refused"
    """The technique was not applied."""
    MISSING = "missing"
    LOWER = "lower"
    HIGHER = "higher"
    NOT_TOLD_APART = "no difference that the repeats can tell"


class FloorOrigin(StrEnum):
    """Who demands a least quality."""

    ASKED_FOR = "asked for"
    FUNCTIONAL_UNIT = "functional unit"


class BreakEvenCase(StrEnum):
    """From how much service on a variant costs less than its baseline."""

    FROM = "from"
    UNTIL = "until"
    ALWAYS = "always"
    NEVER = "never"
    EQUAL = "equal"
    NOT_REACHED = "not reached"


class Agreement(StrEnum):
    """What a comparison of `lca validate` shows."""

    WITHIN = "within"
    """Its tolerance."""
    EXPLAINED = "explained"
    MISSING = "missing"
    """One of the two is not whole."""
    FAILED = "failed"


class ComparisonKind(StrEnum):
    """What a comparison of `lca validate` can show."""

    MODEL = "model"
    """Our model against what others found by other means: a test of it."""
    RECOMPUTATION = "recomputation"
    """A publisher's formula with the publisher's inputs: a test of arithmetic."""
    EDITIONS = "editions"
    """Two editions of one study: a test of neither."""
