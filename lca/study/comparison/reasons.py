"""Why a variant takes no part, or has no score per right result: facts, of which `lca.report.words` makes sentences."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TypeAlias

from lca.quantities.units import Amount
from lca.study.comparison.minimum_quality import Floor


class Figure(StrEnum):
    """What a limit is set on."""

    THROUGHPUT = "throughput"
    P99_LATENCY = "p99 latency"
    PEAK_MEMORY = "peak memory"
    """Of the machine."""
    PEAK_MEMORY_OF_GPUS = "peak memory of the GPUs"


class Without(Enum):
    """What is lacking as a whole; no text, which a table would make plain strings of."""

    QUALITY = "quality"
    """No record has any."""
    METRIC = "metric"
    """No quality of which more is known to be better."""
    SCORE = "score"
    QUALIFICATION = "qualification"
    """The variant is excluded; its reasons say why."""


@dataclass(frozen=True, slots=True)
class BelowFloor:
    """A quality is known, and less than a floor."""

    floor: Floor
    reached: float


@dataclass(frozen=True, slots=True)
class QualityUnknown:
    """No record says the quality of this name."""

    name: str
    recorded: tuple[str, ...]
    """Qualities that a record has."""


@dataclass(frozen=True, slots=True)
class NotAShare:
    """A record has a share of right results that is not from 0 to 1."""

    name: str
    recorded: float


@dataclass(frozen=True, slots=True)
class LimitNotKept:
    """A figure is known, and on the wrong side of a limit."""

    figure: Figure
    reached: float
    """In the unit of the limit."""
    limit: Amount


@dataclass(frozen=True, slots=True)
class FigureUnknown:
    """Of a figure that has a limit no record says anything, or not in its unit."""

    figure: Figure
    unit: str = ""
    """Of the limit, where the record has another kind of unit."""
    recorded: str = ""
    """Unit of the record."""


@dataclass(frozen=True, slots=True)
class ServiceNotJudged:
    """The service is counted in what is not right or wrong."""

    unit: str


@dataclass(frozen=True, slots=True)
class NoShares:
    """None of the recorded qualities is a share of right results."""

    recorded: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoneRight:
    """No result is right, by this share."""

    name: str


Reason: TypeAlias = (
    BelowFloor
    | QualityUnknown
    | NotAShare
    | LimitNotKept
    | FigureUnknown
    | ServiceNotJudged
    | NoShares
    | NoneRight
    | Without
)
