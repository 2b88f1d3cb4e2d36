"""Pieces of work on processes and on a Dask cluster of this machine: the same results in the same order."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from lca import Scenario
from lca.builtin import folder
from lca.engine.distribute import in_order
from lca.errors import LcaError, UsageError
from lca.inventory.catalogue import Catalogue
from lca.study.uncertainty import sample

CATEGORIES = ("climate-change", "acidification")


def squared(shared: float, piece: float) -> float:
    return shared + piece**2


def lost_once(shared: str, piece: int) -> int:
    """Ends its process at the first piece that it sees; the one that starts it takes its time until then."""
    mark = Path(shared)
    if not mark.exists():
        if multiprocessing.parent_process():
            mark.write_text("lost", encoding="utf-8")
            os._exit(1)
        time.sleep(0.05)
    return piece


def lost(shared: str, piece: int) -> int:
    """Ends every process that was started, and takes its time in the one that starts them."""
    if multiprocessing.parent_process():
        os._exit(1)
    time.sleep(0.3)
    return piece


def failing(shared: str, piece: int) -> int:
    raise UsageError(f"piece {piece}")


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_results_come_in_the_order_of_the_pieces(workers: int) -> None:
    assert list(in_order(squared, 0.5, range(20), workers)) == [0.5 + n**2 for n in range(20)]


def test_a_scheduler_that_does_not_answer_is_named() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(LcaError, match="no Dask scheduler answers at 'nowhere'"):
        list(in_order(squared, 0.5, [1.0], cluster="nowhere"))


def test_there_is_one_worker_at_least() -> None:
    with pytest.raises(UsageError, match="one at least"):
        list(in_order(squared, 0.5, [1], 0))


@pytest.mark.slow
def test_a_piece_whose_worker_is_lost_is_done_again(tmp_path: Path) -> None:
    assert list(in_order(lost_once, str(tmp_path / "mark"), range(2000), 2)) == list(range(2000))
    assert (tmp_path / "mark").exists()


@pytest.mark.slow
def test_workers_lost_again_and_again_end_the_work() -> None:
    with pytest.raises(LcaError, match="3 times a worker was lost"):
        list(in_order(lost, "", range(1000), 2))


@pytest.mark.slow
def test_what_a_worker_raises_is_raised_here() -> None:
    with pytest.raises(UsageError, match="piece 0"):
        list(in_order(failing, "", range(3), 2))


def pair() -> list[Scenario]:
    return [Scenario.load(folder("scenarios") / f"digits-{place}.toml") for place in ("france", "poland")]


@pytest.mark.slow
def test_two_workers_draw_what_one_draws_to_the_last_bit(built_in: Catalogue) -> None:
    alone = sample(pair(), built_in, CATEGORIES, 600, seed=2)
    together = sample(pair(), built_in, CATEGORIES, 600, seed=2, workers=2)
    for name, drawn in alone.scores.items():
        assert np.array_equal(drawn, together.scores[name])


@pytest.fixture
def cluster() -> Iterator[str]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=50
    ) as started:
        yield started.scheduler_address


@pytest.mark.slow
def test_a_dask_cluster_draws_what_one_process_draws(cluster: str, built_in: Catalogue) -> None:
    alone = sample(pair(), built_in, CATEGORIES, 600, seed=2)
    there = sample(pair(), built_in, CATEGORIES, 600, seed=2, cluster=cluster)
    for name, drawn in alone.scores.items():
        assert np.array_equal(drawn, there.scores[name])
