"""Life-cycle assessment of AI workloads. The public names, loaded when they are first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lca import report
    from lca.inventory.catalogue import Catalogue
    from lca.measure.meter.meter import EnergyMeter
    from lca.measurement.record import Measurement
    from lca.study.assess import assess, score
    from lca.study.study import Study
    from lca.system.scenario import Scenario

_PLACES = {
    "Catalogue": "lca.inventory.catalogue",
    "EnergyMeter": "lca.measure.meter.meter",
    "Measurement": "lca.measurement.record",
    "Scenario": "lca.system.scenario",
    "Study": "lca.study.study",
    "assess": "lca.study.assess",
    "score": "lca.study.assess",
}

__all__ = ["Catalogue", "EnergyMeter", "Measurement", "Scenario", "Study", "assess", "report", "score"]


def __getattr__(name: str) -> Any:
    if name == "report":
        return importlib.import_module("lca.report")
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'lca' has no attribute {name!r}")
