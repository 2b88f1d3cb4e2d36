"""Many variants and draws against bw2calc: `python tests/benchmarks/many.py`, on an otherwise idle machine.

Sweep: the demo's scenario with four numbers varied, in 16 categories, against a loop over one LCA of bw2calc that is
kept and factorised. Draws: the demo's pair, all ranges of the catalogue, against bw2calc's MultiLCA with distributions
on the exported project, in a process of its own. A generated background of 20,000 activities: set-up, a sweep on it,
and draws of all its numbers against bw2calc's iterative classes. Ratios come from one run, of processor seconds where
one process works; numbers are the best of five.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from large import generated

from lca import Catalogue, Scenario, assess
from lca.builtin import folder
from lca.engine.background import Background
from lca.engine.bw2calc import bw2calc
from lca.engine.large import LargeBackground
from lca.engine.matrices import Matrices
from lca.engine.sampling import Block, SampledBackground
from lca.engine.sweep import CHUNK, Grid, Sweep, axis
from lca.engine.varied_scores import VariedScores
from lca.methods.categories import EF
from lca.methods.library import Library
from lca.report.brightway.project import export_project
from lca.study.comparison.comparison import comparison
from lca.study.layers import layers
from lca.study.uncertainty import sample
from lca.system.product_system import product_system

RUNS = 5
SIZE = 20_000
"""Activities of the generated background."""
HUNDRED = 100
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
start = time.process_time()
for _ in range(int(sys.argv[2])):
    next(lca)
    lca.scores
print((time.process_time() - start) / int(sys.argv[2]), len(methods["impact_categories"]))
"""


ITERATIVE = """
import sys, time, warnings
warnings.simplefilter("ignore")
import bw_processing, numpy as np
from lca.engine.bw2calc import bw2calc
from lca.methods.library import Library
from large import SIGMA, generated
library = Library.load()
activities = generated(library, int(sys.argv[1]))
order = {id: n for n, id in enumerate(activities)}
known = sorted({e.flow.code for a in activities.values() for e in a.emissions})
codes = {c: n for n, c in enumerate(known, len(order))}
package = bw_processing.create_datapackage()
def add(matrix, entries, flip=None):
    rows, columns, amounts, scales = (np.array(column) for column in zip(*entries))
    indices = np.empty(len(rows), dtype=bw_processing.INDICES_DTYPE)
    indices["row"], indices["col"] = rows, columns
    spread = np.zeros(len(rows), dtype=bw_processing.UNCERTAINTY_DTYPE)
    spread["uncertainty_type"], spread["scale"] = np.where(scales > 0, 2, 0), scales
    spread["loc"] = np.where(scales > 0, np.log(np.abs(np.where(amounts, amounts, 1))), amounts)
    for name in ("shape", "minimum", "maximum"):
        spread[name] = np.nan
    arrays = {"indices_array": indices, "data_array": amounts, "distributions_array": spread, "flip_array": flip}
    package.add_persistent_vector(matrix=matrix, name=matrix, **arrays)
inputs = [(order[i.activity], order[a.id], i.amount, SIGMA) for a in activities.values() for i in a.inputs]
own = [(n, n, 1.0, 0.0) for n in order.values()]
add("technosphere_matrix", [*own, *inputs], np.array([False] * len(own) + [True] * len(inputs)))
emitted = [(codes[e.flow.code], order[a.id], e.amount, SIGMA) for a in activities.values() for e in a.emissions]
add("biosphere_matrix", emitted)
factors = library.factors["climate-change"]
add("characterization_matrix", [(n, 0, factors.get(code, 0.0), 0.0) for code, n in codes.items()])
for name in ("IterativeLCA", "JacobiGMRESLCA"):
    lca = getattr(bw2calc(), name)({int(sys.argv[2]): 1}, data_objs=[package], use_distributions=True)
    lca.lci(); lca.lcia()
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        for _ in range(4):
            next(lca)
        best = min(best, (time.process_time() - start) / 4)
    print(name, best)
"""


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds, each the best of five runs."""
    wall, cpu = [], []
    for _ in range(RUNS):
        start, used = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
    return min(wall), min(cpu)


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
    start = time.process_time()
    for number in range(LOOPED):
        varied = product_system(scenario, catalogue, {"inference.utilisation": 0.1 + 0.01 * number})
        demand: dict[int, float] = {}
        for exchange in varied.exchanges:
            id = matrices.activities[exchange.input]
            demand[id] = demand.get(id, 0.0) + exchange.amount
        lca.lci(demand)
        _ = own @ lca.supply_array[columns]
    return (time.process_time() - start) / LOOPED


def big() -> None:
    """A generated background: set-up, a sweep on it, draws."""
    library = Library.load()
    activities = generated(library, SIZE)
    bw2calc()
    start = time.process_time()
    background = Background(activities, EF, library.factors)
    background.totals(f"g-{SIZE - 1}")
    print(f"a background of {SIZE:,} activities: {time.process_time() - start:.2f} s cpu of set-up")
    own = np.random.default_rng(0).random((CHUNK, 40))
    totals = np.stack([background.totals(f"g-{n}") for n in range(SIZE - 40, SIZE)])
    _, cpu = timed(lambda: own @ totals)
    print(f"  its part in a chunk of a sweep, 40 links: {CHUNK / cpu:,.0f} variants a second")
    words = [sys.executable, "-c", ITERATIVE, str(SIZE), str(SIZE - 1)]
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    done = subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": path})
    theirs = {name: float(seconds) for name, seconds in (line.split() for line in done.stdout.splitlines())}
    name = min(theirs, key=lambda name: theirs[name])
    print(f"  bw2calc's {name}: {1e3 * theirs[name]:.1f} ms cpu a draw, 1 category")
    for what, demanded in (("one product", 1), ("40 products", 40)):
        sampled = SampledBackground(background, [f"g-{n}" for n in range(SIZE - demanded, SIZE)])
        _, cpu = timed(lambda sampled=sampled: sampled._totals(Block(1, 0, 20)))  # type: ignore[misc]
        ratio = theirs[name] / cpu * 20
        print(f"  draws of {what}: {1e3 * cpu / 20:.1f} ms cpu a draw, 16 categories: {ratio:.1f} times as fast")
    every = LargeBackground(background, set(activities), [f"g-{SIZE - 1}"])
    _, cpu = timed(lambda: every.totals(Block(1, 0, 10)))
    print(f"  nothing pruned: {1e3 * cpu / 10:.1f} ms cpu a draw: {theirs[name] / cpu * 10:.1f} times as fast")
    error = max(_error(every, draw) for draw in range(5))
    print(f"  largest error against a direct solve of the same draw: {error:.1e}")


def _error(every: LargeBackground, draw: int) -> float:
    block = Block(1, 0, 5)
    found = every.totals(block)[0, draw]
    every._taken.data[:] = every._inputs.drawn(block, draw, "inputs")
    every._flows.data[:] = every._emissions.drawn(block, draw, "emissions")
    direct = every._factors @ (every._flows @ every._direct(every._right()))
    return float(np.max(np.abs(found / direct[:, 0] - 1)))


def hundred() -> None:
    """Prints seconds and MB more of the first study of a hundred scenarios in this process, and of the best repeat."""
    catalogue = Catalogue.load()
    scenario = Scenario.load(folder("scenarios") / "digits-france.toml")
    modelling = catalogue.activity(str(scenario.file.electricity)).modelling
    electricity = (a for a in catalogue.activities.values() if a.is_mix and a.kind == "electricity")
    mixes = [activity.id for activity in electricity if activity.modelling == modelling]
    many = [scenario.vary(name=f"in {id}", electricity=id) for id in mixes[:HUNDRED]]
    assess(many[:2], catalogue)
    before, used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, []
    for _ in range(RUNS):
        start = time.process_time()
        assess(many, catalogue)
        used.append((time.process_time() - start) / len(many))
        if len(used) == 1:
            more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(used[0], min(used[1:]), more)


def hundreds(each: float) -> None:
    """`hundred` in processes of their own, with what the first keeps for the others; `each`: seconds of a variant by
    bw2calc's kept matrices."""
    words = [sys.executable, "-W", "ignore", __file__, "hundred"]
    done = [subprocess.run(words, capture_output=True, text=True, check=True).stdout.split() for _ in range(RUNS + 1)]
    first, again, more = np.array(done[1:], dtype=float).T
    print(
        f"{HUNDRED} scenarios in one study: {1e3 * min(first):.1f} ms cpu each at first, up to {1e3 * max(first):.1f}, "
        f"{min(first) / each:.0f} times a variant by bw2calc's kept matrices, {1e3 * min(again):.1f} ms when repeated, "
        f"{max(more):.0f} MB more at the most"
    )


def compared(catalogue: Catalogue, each: float) -> None:
    """The variants of compression compared with each other, with 1,000 draws: what `lca compare` prints from."""
    variants = [Scenario.load(file) for file in sorted(folder("scenarios").glob("compression-*.toml"))]

    def whole() -> None:
        study = assess(variants, catalogue)
        comparison(study)
        layers(study, catalogue)

    wall, cpu = timed(whole)
    print(
        f"{len(variants)} scenarios compared, with draws: {wall:.2f} s wall, {cpu:.2f} s cpu, "
        f"{cpu / each / len(variants):.0f} times a variant by bw2calc's kept matrices for each"
    )


def main() -> None:
    catalogue = Catalogue.load()
    pair = [Scenario.load(folder("scenarios") / f"digits-{place}.toml") for place in ("france", "poland")]
    sweep = Sweep(pair[0], catalogue, Grid(tuple(map(axis, AXES))), categories=EF)
    wall, cpu = timed(lambda: [len(table) for table in sweep.run()])
    each = loop(pair[0], catalogue)
    rate = sweep.size / cpu
    print(
        f"sweep: {sweep.size:,} variants, {wall:.3f} s wall, {cpu:.3f} s cpu: {rate:,.0f} per second of a processor, "
        f"{rate * each:,.0f} times a loop over bw2calc ({1e3 * each:.2f} ms a variant)"
    )
    hundreds(each)
    compared(catalogue, each)
    slider = VariedScores(pair[0], catalogue, ["inference.utilisation"], EF)
    one = timed(lambda: [slider.scores({"inference.utilisation": 0.3}) for _ in range(100)])[1] / 100
    made = (
        timed(lambda: [product_system(pair[0], catalogue, {"inference.utilisation": 0.3}) for _ in range(20)])[1] / 20
    )
    print(f"one number changed: {1e3 * one:.3f} ms cpu with its scores; a foreground made anew: {1e3 * made:.2f} ms")
    seeds = count(7)  # draws of a seed are kept for who asks again
    wall, cpu = timed(lambda: sample(pair, catalogue, EF, 1000, next(seeds)))
    print(f"draws: 1,000 of {len(pair)} scenarios, {wall:.3f} s wall, {cpu:.3f} s cpu")
    with TemporaryDirectory() as place:
        export_project(assess(pair, catalogue), "demo", Path(place))
        environment = {**os.environ, "BRIGHTWAY2_DIR": place}
        words = [sys.executable, "-c", MULTI, "demo", str(DRAWN)]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        seconds, categories = done.stdout.split()[-2:]
    print(
        f"MultiLCA with distributions: {float(seconds) * 1e3:.1f} ms a draw, {categories} categories: "
        f"{float(seconds) * 1000 / cpu:,.0f} times as long, in seconds of a processor"
    )
    big()
    print(f"numpy {np.__version__}, {os.cpu_count()} processors")


if __name__ == "__main__":
    hundred() if sys.argv[1:] == ["hundred"] else main()
