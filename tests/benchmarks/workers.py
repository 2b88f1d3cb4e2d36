"""More workers than one: `python tests/benchmarks/workers.py [WORKERS [REPEATS]]`, on as many idle processors.

A long sweep (its text included) and many draws, on one worker and on several by turns, the median ratio of a turn:
wall time with the start of the workers, and processor seconds, which say more where others use the machine. The ratio
by processor seconds is what idle processors could reach: those of one worker over those of the busiest process. Before
and after, what the machine itself allows at that time: the same numpy work in one process and in as many that have
nothing to do with each other.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from statistics import median

import numpy as np
from threadpoolctl import threadpool_limits

from lca import Catalogue, Scenario
from lca.builtin import folder
from lca.engine.sweep import Grid, Sweep, axis
from lca.methods.categories import EF
from lca.report.csv_lines import part
from lca.study import uncertainty

AXES = (
    "facility.PUE=1.05:1.6:30",
    "inference.utilisation=0.1:0.9:30",
    "inference.server.lifetime=2 year:8 year:30",
    "training.serves=1e6:1e8:120",
)
DRAWS = 100_000
CEILING = 3.0
"""Seconds of numpy work that show what the machine allows."""


def measured(name: str, work: Callable[[int], object], workers: int, repeats: int) -> None:
    walls: dict[int, list[float]] = {1: [], workers: []}
    busiest: dict[int, list[float]] = {1: [], workers: []}
    for number in (1, workers) * repeats:
        start, before = time.perf_counter(), os.times()
        work(number)
        walls[number].append(time.perf_counter() - start)
        for child in multiprocessing.active_children():
            child.join()  # what a process used is known once it has ended
        after = os.times()
        here = after.user + after.system - before.user - before.system
        there = after.children_user + after.children_system - before.children_user - before.children_system
        print(
            f"{name}, {number} at work: {walls[number][-1]:.2f} s wall; cpu {here:.2f} s here, {there:.2f} s elsewhere"
        )
        busiest[number].append(max(here, there / max(number - 1, 1)))
    by_clock, by_processor = (sorted(np.divide(of[1], of[workers])) for of in (walls, busiest))
    print(
        f"  {median(by_clock):.2f} times as fast by the clock ({by_clock[0]:.2f} to {by_clock[-1]:.2f}), "
        f"{median(by_processor):.2f} by processor seconds ({by_processor[0]:.2f} to {by_processor[-1]:.2f})",
        flush=True,
    )


def _rate(together: Barrier, rates: Queue[float]) -> None:
    """Products of matrices a second, while as many others do the same."""
    matrix = np.random.default_rng(0).random((300, 300))
    with threadpool_limits(1):
        together.wait()
        start, done = time.perf_counter(), 0
        while time.perf_counter() - start < CEILING:
            matrix @ matrix
            done += 1
        rates.put(done / (time.perf_counter() - start))


def ceiling(workers: int) -> None:
    context, reached = multiprocessing.get_context("spawn"), []
    for number in (1, workers):
        together, rates = context.Barrier(number), context.Queue()
        processes = [context.Process(target=_rate, args=(together, rates)) for _ in range(number)]
        for process in processes:
            process.start()
        reached.append(sum(rates.get() for _ in processes))
        for process in processes:
            process.join()
    print(f"the machine's own ceiling: {workers} processes do {reached[1] / reached[0]:.2f} times what one does")


def main() -> None:
    given = [int(text) for text in sys.argv[1:]]
    workers, repeats = [*given, *(2, 1)[len(given) :]]
    catalogue = Catalogue.load()
    pair = [Scenario.load(folder("scenarios") / f"digits-{place}.toml") for place in ("france", "poland")]
    planned = Sweep(pair[0], catalogue, Grid(tuple(map(axis, AXES))), categories=EF)
    planned.fingerprint()  # what is solved once is solved
    longer = replace(planned, plan=Grid(tuple(map(axis, (*AXES[:3], "training.serves=1e6:1e8:3000")))))
    uncertainty.sample(pair, catalogue, EF, 250, 1)
    works: dict[str, Callable[[int], object]] = {
        f"{planned.size:,} variants as CSV": lambda n: [len(made) for made in planned.formed(part, workers=n)],
        f"{DRAWS:,} draws of a pair": lambda n: uncertainty.sample(pair, catalogue, EF, DRAWS, 7, workers=n),
        f"{longer.size:,} variants as tables": lambda n: sum(len(table) for table in longer.run(workers=n)),
    }
    ceiling(workers)
    for name, work in works.items():
        measured(name, work, workers, repeats)
    ceiling(workers)


if __name__ == "__main__":
    main()
