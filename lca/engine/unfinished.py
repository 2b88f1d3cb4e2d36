"""Pieces of long work, kept until all are done: who is interrupted goes on from them with the same command."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import count, islice
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from lca.builtin import cache_folder
from lca.engine.distribute import in_order
from lca.engine.handed_over import OfArrays
from lca.quantities.kept import keep_arrays, kept_arrays

Shared = TypeVar("Shared")
Piece = TypeVar("Piece")
Kept = TypeVar("Kept", bound=OfArrays)
_MOST = 2
"""Interrupted works whose pieces are kept in the cache folder: the last ones."""
_LARGEST = 4 * 2**30
"""Bytes of the pieces of one work beyond which no more are kept there."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A folder of pieces, each a file named by its number."""

    folder: Path
    suffix: str

    @classmethod
    def in_cache(cls, first: Mapping[str, NDArray[Any]]) -> Unfinished:
        """Of work whose first piece is this one: other numbers, or other code, make another first piece."""
        digest = sha256()
        for name, array in first.items():
            digest.update(f"{name} {array.shape}".encode())
            digest.update(array.tobytes())
        return cls(cache_folder() / f"unfinished-{digest.hexdigest()[:32]}", ".arrays")

    def piece(self, number: int) -> Path:
        return self.folder / f"{number:06}{self.suffix}"

    @property
    def done(self) -> int:
        """How many pieces there are before the first that is missing."""
        return next(number for number in count() if not self.piece(number).is_file())

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def read(self, names: Iterable[str]) -> Iterator[dict[str, NDArray[Any]]]:
        """The arrays of the pieces that are done, as far as they are sound and have these names."""
        with contextlib.suppress(OSError):
            os.utime(self.folder)
        expected = list(names)
        for number in range(self.done):
            arrays = kept_arrays(self.piece(number))
            if arrays is None or list(arrays) != expected:
                return
            yield arrays

    def keep(self, number: int, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Keep the arrays of a piece, where there is room; of other works, the last ones stay."""
        if (number + 1) * sum(array.nbytes for array in arrays.values()) > _LARGEST:
            return
        if not self.folder.is_dir():
            with contextlib.suppress(OSError):
                others = sorted(self.folder.parent.glob("unfinished-*"), key=lambda other: other.stat().st_mtime)
                for old in others[: max(len(others) + 1 - _MOST, 0)]:
                    shutil.rmtree(old, ignore_errors=True)
        keep_arrays(self.piece(number), arrays)


def kept_in_order(
    work: Callable[[Shared, Piece], Kept], shared: Shared, pieces: Sequence[Piece], workers: int = 1, cluster: str = ""
) -> Iterator[Kept]:
    """As `in_order`; what an interrupted run of the same work has kept is not done again.

    The first piece is: it tells whether the work is the same. So is the last, which may be shorter than others: longer
    work goes on from the same pieces.
    """
    for first in in_order(work, shared, pieces[:1]):
        beginning = first.arrays()
        unfinished = Unfinished.in_cache(beginning)
        yield first
        done = 1
        for arrays in islice(unfinished.read(beginning), 1, len(pieces) - 1):
            yield first.of_arrays(arrays)
            done += 1
        if done == 1 < len(pieces):
            unfinished.keep(0, beginning)
        left = pieces[done:]
        for number, result in enumerate(in_order(work, shared, left, workers, cluster), done):
            if number < len(pieces) - 1:
                unfinished.keep(number, result.arrays())
            yield result
        unfinished.remove()
