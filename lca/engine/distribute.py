"""Pieces of work on several processes or on a Dask cluster: the same results, in the same order, for any number."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Lock
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, NamedTuple, TypeVar

from lca.engine.handed_over import HandedOver, handed_over
from lca.errors import LcaError, MissingDependency, UsageError
from lca.languages import gettext

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Result = TypeVar("Result")
TRIES = 3
"""How often workers may be lost before the work is given up."""
_AHEAD = 4
"""Pieces for each worker that are in hand or done before their turn: few enough to hold."""
_IN_HAND = 2
"""Pieces in hand for each process that was started: the one that it is at, and the next."""
_given: list[Any] = []
"""In a worker: the function, what all pieces share, and the folder for large results."""


def in_order(
    work: Callable[[Shared, Piece], Result],
    shared: Shared,
    pieces: Iterable[Piece],
    workers: int = 1,
    cluster: str = "",
) -> Iterator[Result]:
    """`work(shared, piece)` of every piece, in their order.

    `workers` processes of this machine, or those of a Dask scheduler at the address `cluster`. A piece whose worker is
    lost is done again. Raises UsageError for less than one worker, MissingDependency without Dask, LcaError where
    no scheduler answers or workers are lost again and again, and what `work` raises.
    """
    if workers < 1:
        raise UsageError(gettext("{workers} workers: one at least", workers=workers))
    if cluster:
        yield from _on_cluster(work, shared, pieces, cluster)
    elif workers == 1:
        for piece in pieces:
            yield _alone(work, shared, piece)
    else:
        yield from _on_processes(work, shared, list(pieces), workers)


def _on_processes(
    work: Callable[[Shared, Piece], Result], shared: Shared, pieces: list[Piece], workers: int
) -> Iterator[Result]:
    """This process is one of the workers: it computes from the first moment on, while the others start."""
    done = 0
    _thread_pools(len(sys.modules))  # what it imports is there before others start: Ctrl-C may be lost in an import
    for _ in range(TRIES):
        context = multiprocessing.get_context("spawn")  # a fork would copy the threads of a numerical library
        with TemporaryDirectory(prefix="lca-", ignore_cleanup_errors=True) as aside:
            ends = _PipeEnds(*context.Pipe(duplex=False))
            pool = ProcessPoolExecutor(workers - 1, context, _begin, (aside, ends.reading, context.Lock()))
            ready: list[Future[None]] = []
            starting = Thread(target=_start, args=(pool, ready, workers - 1, (work, shared), ends))
            starting.start()
            try:
                waiting = deque(pieces[done:])
                running: deque[Future[Result]] = deque()
                while waiting or running:
                    in_hand = _IN_HAND if len(waiting) > _IN_HAND * workers else 1
                    wanted = in_hand * sum(begun.done() for begun in ready) - sum(not one.done() for one in running)
                    running += [pool.submit(_do, waiting.popleft()) for _ in range(min(wanted, len(waiting)))]
                    if waiting and len(running) < _AHEAD * workers and not (running and running[0].done()):
                        running.append(_done_here(work, shared, waiting.popleft()))
                    if running[0].done() or len(running) >= _AHEAD * workers or not waiting:
                        result = running.popleft().result()
                        done += 1
                        yield result.taken() if isinstance(result, HandedOver) else result
                return
            except BrokenProcessPool:
                continue  # what has been given out is done; the rest begins anew
            finally:
                starting.join()
                pool.shutdown(cancel_futures=True)  # who goes on would write into a folder that is removed
    raise LcaError(
        gettext("{tries} times a worker was lost: is there memory enough for {workers}?", tries=TRIES, workers=workers)
    )


def _start(
    pool: ProcessPoolExecutor, ready: list[Future[None]], number: int, given: tuple[Any, Any], ends: _PipeEnds
) -> None:
    """Start processes beside the work: to be given what all share, they must first have loaded the package.

    It goes by a pipe whose reading end is theirs alone: who writes to one that it could read itself waits for ever for
    a process that was killed while it started. Without any process this one does all; that a pool is broken is said by
    what is submitted next.
    """
    if sys.platform != "win32":  # a process begins with the mask of the thread that starts it
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    with ends.reading, ends.writing, contextlib.suppress(BrokenProcessPool, OSError):
        for _ in range(number):
            ready.append(pool.submit(_ready))
        ends.reading.close()
        for _ in range(number):
            ends.writing.send(given)


class _PipeEnds(NamedTuple):
    """Of a pipe."""

    reading: Connection
    writing: Connection


def _done_here(work: Callable[[Shared, Piece], Result], shared: Shared, piece: Piece) -> Future[Result]:
    """What a worker would hand back: what is wrong with a piece is raised in its turn."""
    future: Future[Result] = Future()
    try:
        future.set_result(_alone(work, shared, piece))
    except LcaError as error:
        future.set_exception(error)
    return future


def _alone(work: Callable[[Shared, Piece], Result], shared: Shared, piece: Piece) -> Result:
    """On one core: more threads of a numerical library would only wait for each other."""
    with _thread_pools(len(sys.modules)).limit(limits=1):
        return work(shared, piece)


@lru_cache(maxsize=1)
def _thread_pools(modules: int) -> Any:
    """The numerical libraries that are loaded with so many modules: looking for them takes a millisecond."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _begin(aside: str, reading: Connection, one_at_a_time: Lock) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks, which ends this one
    with one_at_a_time, reading:
        work, shared = reading.recv()
    _given[:] = [work, shared, aside]
    gc.freeze()  # a catalogue is a hundred thousand objects, none of them rubbish


def _ready() -> None:
    """A worker has started."""


def _do(piece: Any) -> Any:
    work, shared, aside = _given
    return handed_over(_alone(work, shared, piece), aside)


def _on_cluster(
    work: Callable[[Shared, Piece], Result], shared: Shared, pieces: Iterable[Piece], address: str
) -> Iterator[Result]:
    try:
        from distributed import Client
    except ImportError:
        raise MissingDependency(gettext("a cluster needs Dask: pip install 'ai-lca[cluster]'")) from None
    connect: Any = Client
    try:
        connected = connect(address, timeout="20s")
    except (OSError, ValueError) as error:
        raise LcaError(
            gettext("no Dask scheduler answers at {address!r}: {error}", address=address, error=str(error))
        ) from None
    with connected as client:
        spread = client.scatter(shared, broadcast=True)
        waiting = iter(pieces)
        workers = max(len(client.scheduler_info()["workers"]), 1)

        def begun(number: int) -> list[Any]:
            return [client.submit(work, spread, piece, pure=False, retries=TRIES) for piece in islice(waiting, number)]

        running = begun(_AHEAD * workers)
        while running:
            yield running.pop(0).result()
            running += begun(1)
