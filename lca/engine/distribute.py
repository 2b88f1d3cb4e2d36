"""Pieces of work on several processes or on a Dask cluster: the same results, in the same order, for any number."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, TypeVar

from lca.errors import LcaError, MissingDependency, UsageError
from lca.languages import gettext

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Result = TypeVar("Result")
TRIES = 3
"""How often workers may be lost before the work is given up."""
_AHEAD = 4
"""Pieces in hand for each worker: enough to keep it busy, few enough to hold."""
_given: list[Any] = []
"""In a worker: the function and what all pieces share."""


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
            yield work(shared, piece)
    else:
        yield from _on_processes(work, shared, list(pieces), workers)


def _on_processes(
    work: Callable[[Shared, Piece], Result], shared: Shared, pieces: list[Piece], workers: int
) -> Iterator[Result]:
    done = 0
    for _ in range(TRIES):
        context = multiprocessing.get_context("spawn")  # a fork would copy the threads of a numerical library
        pool = ProcessPoolExecutor(workers, context, _begin, (work, shared))
        try:
            waiting = iter(pieces[done:])
            running: list[Future[Result]] = [pool.submit(_do, piece) for piece in islice(waiting, _AHEAD * workers)]
            while running:
                result = running.pop(0).result()
                running += [pool.submit(_do, piece) for piece in islice(waiting, 1)]
                done += 1
                yield result
            return
        except BrokenProcessPool:
            continue  # what has been given out is done; the rest begins anew
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    raise LcaError(
        gettext("{tries} times a worker was lost: is there memory enough for {workers}?", tries=TRIES, workers=workers)
    )


def _begin(work: Callable[[Any, Any], Any], shared: Any) -> None:
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)  # each worker has a core; more threads only wait for each other
    _given[:] = [work, shared]


def _do(piece: Any) -> Any:
    work, shared = _given
    return work(shared, piece)


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
