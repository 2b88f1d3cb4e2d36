"""What a gap probably holds: impact per kg CO2-Eq, of a class of products or of a sector's own flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lca.quantities.sources import Source


@dataclass(frozen=True, slots=True)
class Ratio:
    """Impact in one category per kg CO2-Eq of climate change, in the category's unit."""

    median: float
    low: float
    """2.5 % quantile of a lognormal with a width of its own on each side of the median."""
    high: float
    """97.5 % quantile."""
    clusters: int
    """Independent makers, or groups of products, behind it."""
    products: int
    database_effect: float
    """Factor, at 95 %, by which two sources of data differ on one class; it is in the interval."""
    coverage: float | None
    """Share of data left out of the fit that is inside the interval; None: not measured."""
    basis: str
    """What it was computed from."""
    usable: bool
    """Whether a gap may be drawn from it."""
    source: str
    """Ids of one or more sources, apart by spaces."""
    bounds: bool = True
    """Whether `high` may serve as the most that a gap holds, where nothing may be drawn."""


@dataclass(frozen=True, slots=True)
class Ratios:
    """(class, category) → ratio of a whole product; (sector, category) → ratio of a sector's own flows."""

    total: Mapping[tuple[str, str], Ratio] = field(default_factory=dict)
    direct: Mapping[tuple[str, str], Ratio] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    """Class → what belongs to it."""
    sectors: Mapping[str, str] = field(default_factory=dict)
    """Sector → its name."""
    sources: Mapping[str, Source] = field(default_factory=dict)

    def merged(self, other: Ratios) -> Ratios:
        """The ratios of both; one of `other` replaces one of the same class and category."""
        return Ratios(
            {**self.total, **other.total},
            {**self.direct, **other.direct},
            {**self.classes, **other.classes},
            {**self.sectors, **other.sectors},
            {**self.sources, **other.sources},
        )
