"""A run under the meter: read, kept in a journal, and made into its record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lca.measure.meter.meter import EnergyMeter

__all__ = ["EnergyMeter"]


def __getattr__(name: str) -> Any:
    """`EnergyMeter`, which programs import from here."""
    if name == "EnergyMeter":
        from lca.measure.meter.meter import EnergyMeter

        return EnergyMeter
    raise AttributeError(f"module 'lca.measure.meter' has no attribute {name!r}")
