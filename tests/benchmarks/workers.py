"""More workers than one: `python tests/benchmarks/workers.py [WORKERS]`, on a machine with as many idle processors.

A long sweep (its text included) and many draws, on one worker and on several: wall time, and processor seconds, which
say more where others use the machine: of all processes, of their start until the first piece, and of the pieces. The
ratio by processor seconds is what idle processors could reach: those of one worker over those of the busiest process.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from lca import Catalogue, Scenario
from lca.builtin import folder
from lca.engine import sweep as sweeps
from lca.engine.distribute import in_order
from lca.engine.sweep import Grid, Sweep, axis
from lca.methods.categories import EF
from lca.report.csv_lines import part
from lca.study import uncertainty

AXES = (
    "facility.PUE=1.05:1.6:30",
    "inference.utilisation=0.1:0.9:30",
    "inference.server.lifetime=2 year:8 year:30",
    "training.serves=1e6:1e8:60",
)
DRAWS = 50_000


class Done(NamedTuple):
    """A piece: of which process, its processor seconds before and after it."""

    process: int
    before: float
    after: float


pieces: list[Done] = []


def _timed(shared: tuple[Callable[[Any, Any], Any], Any], piece: Any) -> tuple[Done, Any]:
    work, given = shared
    before = time.process_time()
    made = work(given, piece)
    return Done(os.getpid(), before, time.process_time()), made


def _noted(
    work: Callable[[Any, Any], Any], shared: Any, given: Iterable[Any], workers: int = 1, cluster: str = ""
) -> Iterator[Any]:
    for done, made in in_order(_timed, (work, shared), given, workers, cluster):
        pieces.append(done)
        yield made


def measured(name: str, work: Callable[[int], object], workers: int) -> None:
    walls, busiest = [], []
    for number in (1, workers):
        pieces.clear()
        start, before = time.perf_counter(), os.times()
        work(number)
        walls.append(time.perf_counter() - start)
        for child in multiprocessing.active_children():
            child.join()  # what a process used is known once it has ended
        after = os.times()
        here = after.user + after.system - before.user - before.system
        there = after.children_user + after.children_system - before.children_user - before.children_system
        print(f"{name}, {number} at work: {walls[-1]:.2f} s wall; cpu {here:.2f} s here, {there:.2f} s in all others")
        used = {done.process: 0.0 for done in pieces}
        for done in pieces:
            used[done.process] += done.after - done.before
        for process, seconds in used.items():
            own = [done for done in pieces if done.process == process]
            begun = "" if process == os.getpid() else f"{own[0].before:.2f} s until the first, "
            print(f"  {begun}{seconds:.2f} s for {len(own)} pieces, {1e3 * seconds / len(own):.1f} ms each")
        busiest.append(max(here, there / max(number - 1, 1)))
    ratios = walls[0] / walls[1], busiest[0] / busiest[1]
    print(f"  {ratios[0]:.2f} times as fast by the clock, {ratios[1]:.2f} by processor seconds")


def main() -> None:
    workers = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    catalogue = Catalogue.load()
    pair = [Scenario.load(folder("scenarios") / f"digits-{place}.toml") for place in ("france", "poland")]
    sweeps.in_order = uncertainty.in_order = _noted  # type: ignore[assignment]
    planned = Sweep(pair[0], catalogue, Grid(tuple(map(axis, AXES))), categories=EF)
    planned.fingerprint()  # what is solved once is solved
    measured(f"{planned.size:,} variants as CSV", lambda n: [len(p) for p in planned.formed(part, workers=n)], workers)
    longer = replace(planned, plan=Grid(tuple(map(axis, (*AXES[:3], "training.serves=1e6:1e8:600")))))
    measured(f"{longer.size:,} variants", lambda n: [len(table) for table in longer.run(workers=n)], workers)
    uncertainty.sample(pair, catalogue, EF, 250, 1)
    measured(
        f"{DRAWS:,} draws of a pair", lambda n: uncertainty.sample(pair, catalogue, EF, DRAWS, 7, workers=n), workers
    )


if __name__ == "__main__":
    main()
