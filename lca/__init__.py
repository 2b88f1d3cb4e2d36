"""Life-cycle assessment of AI workloads: from a measured PyTorch run to scores that name what they do not cover.

Look. What hardware, electricity and materials there are, as a table:

    >>> import lca
    >>> lca.Catalogue.load().table("climate-change")

Load and vary. A scenario is a file; everything in it can be varied, and the original stays as it was:

    >>> france = lca.Scenario.load("scenarios/digits-france.toml")
    >>> poland = france.vary(name="in Poland", electricity="electricity-pl")

Assess and compare. Scores are per functional unit, in the unit of their impact category; tables are pandas DataFrames:

    >>> study = lca.assess([france, poland])
    >>> study.scores()
    >>> study.compare()
    >>> lca.score("server-1x-a100", "2 item", categories="climate-change").contributions()

Sweep. A table with a column a field and a row a variant comes back with its scores:

    >>> study.variants()
    >>> lca.sweep(france, {"facility.PUE": [1.1, 1.3, 1.58]}).to_parquet("sweep.parquet")

Report. A workbook, a self-contained page, figures, and disclosures such as the GHG Protocol's:

    >>> lca.report.workbook(study, "digits.xlsx")

Measure a run of your own; `lca.measure.hooks` has callbacks for Lightning and Transformers:

    >>> with lca.EnergyMeter("my training", phase="training") as meter:
    ...     ...
    >>> meter.save("my-training.json")

`lca.Catalogue.load("my-inventory")` adds hardware of your own. `lca.errors` holds what is raised: `LcaError` is the
base of what the package refuses, and `Fault`, a ValueError, of what is wrong with one value. Names load at first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lca import errors, report
    from lca.api import assess, score, sweep
    from lca.inventory.catalogue import Catalogue
    from lca.measure.meter.meter import EnergyMeter
    from lca.measurement.record import Measurement
    from lca.study.study import Study
    from lca.system.scenario import Scenario

__version__ = "0.1.0"
__all__ = [
    "Catalogue",
    "EnergyMeter",
    "Measurement",
    "Scenario",
    "Study",
    "assess",
    "errors",
    "report",
    "score",
    "sweep",
]

_PLACES = {
    "Catalogue": "lca.inventory.catalogue",
    "EnergyMeter": "lca.measure.meter.meter",
    "Measurement": "lca.measurement.record",
    "Scenario": "lca.system.scenario",
    "Study": "lca.study.study",
    "assess": "lca.api",
    "score": "lca.api",
    "sweep": "lca.api",
}


def __getattr__(name: str) -> Any:
    if name in ("errors", "report"):
        return importlib.import_module(f"lca.{name}")
    if name in _PLACES:
        return getattr(importlib.import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'lca' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
