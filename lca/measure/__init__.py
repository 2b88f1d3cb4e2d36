"""A run becomes a record. `from lca.measure import EnergyMeter` is `lca.EnergyMeter`, loaded when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lca.measure.meter.meter import EnergyMeter

__all__ = ["EnergyMeter"]


def __getattr__(name: str) -> Any:
    if name == "EnergyMeter":
        from lca.measure.meter.meter import EnergyMeter

        return EnergyMeter
    raise AttributeError(f"module 'lca.measure' has no attribute {name!r}")
