"""Pieces of work on processes and on a Dask cluster of this machine: the same results in the same order."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from lca import Scenario
from lca.builtin import folder
from lca.engine.distribute import in_order
from lca.engine.handed_over import handed_over
from lca.errors import LcaError, UsageError
from lca.inventory.catalogue import Catalogue
from lca.study.uncertainty import sample

CATEGORIES = ("climate-change", "acidification")


def squared(shared: float, piece: float) -> float:
    return shared + piece**2


class Filled(NamedTuple):
    """More than a pipe holds."""

    numbers: NDArray[np.float64]
    text: bytes
    process: NDArray[np.int64]

    def arrays(self) -> dict[str, NDArray[Any]]:
        text, none = np.frombuffer(self.text, np.uint8), np.empty((0, 3))
        return {"numbers": self.numbers, "text": text, "none": none, "process": self.process}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Filled:
        assert arrays["none"].shape == (0, 3)
        return cls(arrays["numbers"], arrays["text"].tobytes(), arrays["process"])


def filled(shared: float, piece: int) -> Filled:
    numbers = np.asfortranarray(np.full((100, 1000), shared) + np.arange(1000) * piece)
    return Filled(numbers, b"%d " % piece * 50_000, np.array(os.getpid()))


def small(shared: float, piece: int) -> Filled:
    return Filled(np.array([shared]), b"%d" % piece, np.array(os.getpid()))


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


@pytest.fixture
def aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.mark.slow
def test_large_results_of_a_worker_arrive_whole_and_leave_no_file(aside: Path) -> None:
    """Also for who stops before all are done."""
    handed = 0
    results = in_order(filled, 0.5, range(100_000), 2)
    for piece, result in enumerate(results):
        expected = filled(0.5, piece)
        assert np.array_equal(result.numbers, expected.numbers) and result.text == expected.text
        result.numbers[0] += 1  # an array of one's own
        handed += int(result.process) != os.getpid()
        if handed == 20:
            break
    results.close()
    assert handed == 20
    assert not list(aside.iterdir())


def test_what_is_large_lies_in_a_file_and_what_is_small_does_not(tmp_path: Path) -> None:
    made = filled(1.0, 2)
    kept = handed_over(made, str(tmp_path))
    assert [file.stat().st_size for file in tmp_path.iterdir()] == [sum(part.nbytes for part in made.arrays().values())]
    taken = kept.taken()
    assert np.array_equal(taken.numbers, made.numbers) and taken.text == made.text
    assert not list(tmp_path.iterdir())
    for result in (small(1.0, 2), "text" * 100_000):
        assert handed_over(result, str(tmp_path)) is result
    assert not list(tmp_path.iterdir())


def test_what_finds_no_room_goes_by_the_pipe(tmp_path: Path) -> None:
    made = filled(1.0, 2)
    assert handed_over(made, str(tmp_path / "no such folder")) is made


def slow(shared: str, piece: int) -> int:
    """Says when another process has begun with a piece, and takes its time."""
    if multiprocessing.parent_process():
        Path(shared).touch()
    time.sleep(0.05)
    return piece


@contextlib.contextmanager
def asking(folder: Path, script: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A process of its own terminal, as it were, whose files are in a folder; no process of it is left behind."""
    path = folder / "script.py"
    path.write_text(f"{HEARD}{script}", encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(path), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]), "TMPDIR": str(folder)},
    ) as started:
        try:
            yield started
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(started.pid, signal.SIGKILL)


HEARD = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may have it ignored
"""
INTERRUPTED = """
import sys
from test_distribute import slow
from lca.engine.distribute import in_order
if __name__ == "__main__":
    for _ in in_order(slow, sys.argv[1], range(100_000), 2):
        pass
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of a terminal")
def test_ctrl_c_ends_all_processes_and_only_one_speaks(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with asking(tmp_path, INTERRUPTED, str(mark)) as started:
        until = time.monotonic() + 60
        while not mark.exists() and time.monotonic() < until:
            time.sleep(0.05)
        os.killpg(started.pid, signal.SIGINT)  # as a terminal does
        _, said = started.communicate(timeout=60)
    assert mark.exists() and started.returncode == -signal.SIGINT
    assert said.count("Traceback") == said.count("KeyboardInterrupt") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mark", "script.py"]


def unhurried(shared: bytes, piece: int) -> int:
    time.sleep(0.02)
    return piece


STARTING = """
from test_distribute import unhurried
from lca.engine.distribute import in_order
if __name__ == "__main__":
    print(sum(in_order(unhurried, bytes(10**6), range(100), 2)))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of a terminal")
@pytest.mark.parametrize("lost", [True, False], ids=["killed", "ctrl-c"])
def test_a_process_that_ends_while_it_starts_is_not_waited_for(tmp_path: Path, lost: bool) -> None:
    """What all share is more than a pipe holds."""
    with asking(tmp_path, STARTING) as started:
        begun, until = 0, time.monotonic() + 60
        while not begun and time.monotonic() < until:
            children = psutil.Process(started.pid).children()
            begun = next((each.pid for each in children if "spawn_main" in str(each.cmdline())), 0)
        assert begun
        time.sleep(0.1)  # it loads the package for longer
        os.kill(begun, signal.SIGKILL) if lost else os.killpg(started.pid, signal.SIGINT)
        done, said = started.communicate(timeout=30)
    assert (done, started.returncode) == (("4950\n", 0) if lost else ("", -signal.SIGINT))
    assert said.count("Traceback") == said.count("KeyboardInterrupt") == (0 if lost else 1)
    assert [path.name for path in tmp_path.iterdir()] == ["script.py"]


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
