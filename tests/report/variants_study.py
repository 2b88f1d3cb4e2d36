"""Variants of one service on the catalogue of nine activities: figures for mental arithmetic, per 1e5 inferences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from small_study import CATEGORIES, record, scenario

from lca.inventory.catalogue import Catalogue
from lca.measurement.record import Measurement
from lca.study.assess import assess
from lca.study.study import Study
from lca.system.scenario import Scenario

BASE = (0.09, 0.10, 0.11)  # kWh of 1e5 inferences each: 3.6 J per inference in the middle


def served(repeats: Sequence[float] = BASE, accuracy: float | None = 0.98, **changes: Any) -> Measurement:
    """An inference run of repeats of 1e5 inferences that take these kWh each; a single one is no repeat."""
    windows = [
        {"name": f"repeat {n}", "start": f"{n} h", "duration": "1 h", "amount": "1e5 inference", "energy": _cpu(each)}
        for n, each in enumerate(repeats)
    ]
    content: dict[str, Any] = {
        "amount": f"{len(repeats)}e5 inference",
        "duration": f"{len(repeats)} h",
        "energy": _cpu(sum(repeats)),
        "windows": windows if len(repeats) > 1 else [],
        "unmeasured": [],
        "model_parameters": 40_000,
        "quality": {} if accuracy is None else {"accuracy": accuracy},
        "dtype": "float32",
        "batch": 32,
        "profile": {"nonzero": 40_000, "stored": "160 kB", "computation": "2e6 FLOP/inference", "steps": []},
        "throughput": {"value": "250 inference/s"},
        "latency": {"p50": "4 ms", "p99": "9 ms"},
        "peak_memory": {"memory": "2 GB"},
        **changes,
    }
    return record(**content)


def _cpu(energy: float) -> list[dict[str, Any]]:
    return [{"component": "cpu", "origin": "modelled", "method": "CPU time × power", "energy": f"{energy!r} kWh"}]


def compressing(energy: float = 0.01) -> Measurement:
    """A compression run of one hour."""
    return record("compression", amount=None, quality={}, energy=_cpu(energy), unmeasured=[])


def variant(name: str, run: Measurement, made: Measurement | None = None, **changes: Any) -> Scenario:
    """A scenario served by this run, for 1e8 inferences where its model was compressed."""
    records = {"inference": run} | ({"compression": made} if made else {})
    effort = {"server": "server", "utilisation": {"value": "50 %", "source": "a"}, "serves": "1e8 inference"}
    compressed = {"compression": {**effort, "measurement": "runs/c.json"}} if made else {}
    return scenario(records, name=name, **{**compressed, **changes})


PROFILE = {"nonzero": 4_000, "stored": "40 kB", "computation": "5e5 FLOP/inference", "steps": ["half the channels"]}


def variants_study(catalogue: Catalogue) -> Study:
    """As trained; pruned, which takes half the energy; zeroed, which takes the same; distilled, not good enough."""
    zeros = {"nonzero": 4_000, "stored": "160 kB", "steps": ["90 % of the weights zero"]}
    small = {**PROFILE, "steps": ["a student of half the width"]}
    pruned = served((0.05, 0.055, 0.045), 0.975, model_parameters=10_000, profile=PROFILE)
    scenarios = [
        variant("As trained", served()),
        variant("Pruned", pruned, compressing()),
        variant("Zeroed", served((0.1005, 0.089, 0.1115), 0.972, profile=zeros), compressing()),
        variant("Distilled", served((0.02, 0.021, 0.022), 0.9, profile=small), compressing()),
    ]
    return assess(scenarios, catalogue, CATEGORIES)
