"""Many variants and draws against bw2calc: `python tests/benchmarks/many.py`, on an otherwise idle machine.

Sweep: the demo's scenario with four numbers varied, in 16 categories, against a loop over one LCA of bw2calc that is
kept and factorised. Draws: the demo's pair, all ranges of the catalogue, against bw2calc's MultiLCA with distributions
on the exported project, in a process of its own. Ratios come from one run; seconds are the medians of five.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lca import Catalogue, Scenario, assess
from lca.builtin import folder
from lca.engine.background import Background
from lca.engine.bw2calc import bw2calc
from lca.engine.matrices import Matrices
from lca.engine.sweep import Grid, Sweep, axis
from lca.methods.categories import EF
from lca.report.brightway.project import export_project
from lca.study.uncertainty import sample
from lca.system.product_system import product_system

RUNS = 5
LOOPED = 50
"""Variants of the loop: nothing amortises further."""
DRAWN = 20
AXES = (
    "facility.PUE=1.05:1.6:18",
    "inference.utilisation=0.1:0.9:18",
    "inference.server.lifetime=2 year:8 year:18",
    "training.serves=1e6:1e8:18",
)

MULTI = """
import sys, time, warnings
warnings.simplefilter("ignore")
import bw2calc, bw2data
bw2data.projects.set_current(sys.argv[1])
demands = {node["name"]: {node.id: 1} for node in bw2data.Database("ai-lca foreground")}
methods = {"impact_categories": [m for m in bw2data.methods if len(m) > 1 and "EF v3.1" in m[1]]}
packages = bw2data.get_multilca_data_objs(demands, methods)
lca = bw2calc.MultiLCA(demands=demands, method_config=methods, data_objs=packages, use_distributions=True)
lca.lci(); lca.lcia()
start = time.perf_counter()
for _ in range(int(sys.argv[2])):
    next(lca)
    lca.scores
print((time.perf_counter() - start) / int(sys.argv[2]), len(methods["impact_categories"]))
"""


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds, the medians of five runs."""
    wall, cpu = [], []
    for _ in range(RUNS):
        start, used = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    return statistics.median(wall), statistics.median(cpu)


def loop(scenario: Scenario, catalogue: Catalogue) -> float:
    """Seconds per variant of one kept LCA, its foreground's amounts rewritten for each."""
    system = product_system(scenario, catalogue)
    background = Background.of(catalogue, EF)
    used = {id: background.activities[id] for id in sorted(background.upstream({e.input for e in system.exchanges}))}
    matrices = Matrices.build(used, EF, catalogue.library.factors)
    first = next(iter(matrices.activities.values()))
    lca = bw2calc().LCA({first: 1.0}, data_objs=[matrices.package])
    lca.lci(factorize=True)
    columns = [lca.dicts.activity[matrices.activities[id]] for id in used]
    own = background.own[:, [background.place[id] for id in used]]
    start = time.perf_counter()
    for number in range(LOOPED):
        varied = product_system(scenario, catalogue, {"inference.utilisation": 0.1 + 0.01 * number})
        demand: dict[int, float] = {}
        for exchange in varied.exchanges:
            id = matrices.activities[exchange.input]
            demand[id] = demand.get(id, 0.0) + exchange.amount
        lca.lci(demand)
        _ = own @ lca.supply_array[columns]
    return (time.perf_counter() - start) / LOOPED


def main() -> None:
    catalogue = Catalogue.load()
    pair = [Scenario.load(folder("scenarios") / f"digits-{place}.toml") for place in ("france", "poland")]
    sweep = Sweep(pair[0], catalogue, Grid(tuple(map(axis, AXES))), categories=EF)
    wall, cpu = timed(lambda: [len(table) for table in sweep.run()])
    each = loop(pair[0], catalogue)
    rate = sweep.size / wall
    print(
        f"sweep: {sweep.size:,} variants, {wall:.3f} s wall, {cpu:.3f} s cpu: {rate:,.0f} per second, "
        f"{rate * each:,.0f} times a loop over bw2calc ({1e3 * each:.2f} ms a variant)"
    )
    one = timed(lambda: product_system(pair[0], catalogue, {"inference.utilisation": 0.3}))[0]
    print(f"one number changed: {1e3 * one:.2f} ms")
    wall, cpu = timed(lambda: sample(pair, catalogue, EF, 1000, 7))
    print(f"draws: 1,000 of {len(pair)} scenarios, {wall:.3f} s wall, {cpu:.3f} s cpu")
    with TemporaryDirectory() as place:
        export_project(assess(pair, catalogue), "demo", Path(place))
        environment = {**os.environ, "BRIGHTWAY2_DIR": place}
        words = [sys.executable, "-c", MULTI, "demo", str(DRAWN)]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        seconds, categories = done.stdout.split()[-2:]
    print(
        f"MultiLCA with distributions: {float(seconds) * 1e3:.1f} ms a draw, {categories} categories: "
        f"{float(seconds) * 1000 / wall:,.0f} times as long"
    )
    print(f"numpy {np.__version__}, {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
