"""Which part of a distributed run this process is."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lca.measure.meter.machine import pseudonym


def part(rank: int | None = None, ranks: int | None = None) -> dict[str, Any] | None:
    """The rank, as given or as torchrun and its kin leave it in the environment; None: not distributed.

    The run's id is torchrun's and the address of its store, which two runs with the same id do not share, and the
    number of restarts, as a restart measures anew.
    """
    try:
        rank = int(os.environ["RANK"]) if rank is None else rank
        ranks = int(os.environ["WORLD_SIZE"]) if ranks is None else ranks
    except (KeyError, ValueError):
        return None
    if ranks <= 1 or not 0 <= rank < ranks:
        return None
    known = (os.environ.get(name, "") for name in ("TORCHELASTIC_RUN_ID", "MASTER_ADDR", "MASTER_PORT"))
    run = ":".join(filter(None, known)) or os.environ.get("SLURM_JOB_ID", "")
    restarts = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
    run = run if restarts == "0" else f"{run}:{restarts}"
    run = pseudonym(run) if run else "unnamed"
    return {"run": run, "rank": rank, "ranks": ranks, "node": pseudonym(platform.node())}


def file_of_rank(output: Path, rank: Mapping[str, Any] | None) -> Path:
    """`run.json` of rank 3 is `run.rank-3.json`."""
    return output.with_name(f"{output.stem}.rank-{rank['rank']}{output.suffix}") if rank else output
