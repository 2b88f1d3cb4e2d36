"""Studies that the page is tested with: hostile text everywhere, and compressed variants."""

from __future__ import annotations

from dataclasses import replace

from small_study import CATEGORIES, HOSTILE, record, scenario

from lca.inventory.catalogue import Catalogue
from lca.quantities.sources import Source
from lca.study.assess import assess
from lca.study.study import Study


def hostile(catalogue: Catalogue) -> Study:
    """Hostile text as names of scenarios, runs, activities, sources, and as what the analyst wrote."""
    texts = list(HOSTILE.values())
    rotten = {
        id: replace(
            a,
            name=texts[n],
            location=texts[-n - 1],
            sources={"s": Source(title=texts[n], url=texts[n + 1], authors=texts[n + 2], note=texts[n])},
        )
        for n, (id, a) in enumerate(catalogue.activities.items())
    }
    scenarios = [
        scenario(
            {
                "inference": record(
                    name=text,
                    task=text,
                    comment=text,
                    unmeasured=[{"component": "gpu", "reason": text}],
                    power=[{"component": "cpu", "times": [0, 1], "powers": [5, 6]}],
                )
            },
            name=text,
            comment=text,
            report={"goal": text, "limitations": text, "title": text},
            functional_unit={"amount": "1e6 inference", "service": text, "quality": text, "period": text},
        )
        for text in texts
    ]
    return assess(scenarios, Catalogue(rotten, catalogue.required, catalogue.library), CATEGORIES)


def compressed(catalogue: Catalogue, energy: str, extra: str = "1 kWh") -> Study:
    """A scenario, and one whose model was compressed with `extra` and then takes `energy` for 1e5 inferences."""
    base = scenario()
    effort = {
        "server": "server",
        "utilisation": {"value": "50 %", "source": "a"},
        "serves": "1e9 inference",
        "component_energy": {"value": extra, "source": "a"},
        "device_time": {"value": "1 h", "source": "a"},
    }
    inference = {"component_energy": {"value": energy, "source": "a"}}
    return assess([base, base.vary(name="Pruned", compression=effort, inference=inference)], catalogue, CATEGORIES)


def repeated(catalogue: Catalogue) -> Study:
    """The same, with inference measured three times each."""
    records = []
    for energies in ((0.1, 0.11, 0.09), (0.06, 0.064, 0.056)):
        windows = [
            {
                "name": f"repeat {n}",
                "start": f"{n} h",
                "duration": "1 h",
                "amount": "1e5 inference",
                "energy": [{"component": "cpu", "energy": f"{energy} kWh", "origin": "modelled", "method": "m"}],
            }
            for n, energy in enumerate(energies)
        ]
        whole = {"component": "cpu", "energy": f"{sum(energies)} kWh", "origin": "modelled", "method": "m"}
        changes = {
            "windows": windows,
            "energy": [whole],
            "unmeasured": [],
            "duration": "3 h",
            "amount": "3e5 inference",
        }
        records.append(record(**changes))
    effort = {
        "server": "server",
        "utilisation": {"value": "50 %", "source": "a"},
        "serves": "1e9 inference",
        "component_energy": {"value": "1 kWh", "source": "a"},
        "device_time": {"value": "1 h", "source": "a"},
    }
    base = scenario({"inference": records[0]})
    variant = replace(base.vary(name="Pruned", compression=effort), measurements={"inference": records[1]})
    return assess([base, variant], catalogue, CATEGORIES)
