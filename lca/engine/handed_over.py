"""Large results of a worker process, handed over as plain arrays in files.

A pipe holds some kilobytes: a worker that writes more waits, each time it is full, for a process that computes itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from tempfile import NamedTemporaryFile
from typing import Any, NamedTuple, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from lca.quantities.kept import bytes_of

_LARGE = 2**15
"""Bytes from which on a result lies in a file."""


@runtime_checkable
class OfArrays(Protocol):
    """What can be taken apart into arrays of numbers and put together from them."""

    def arrays(self) -> Mapping[str, NDArray[Any]]: ...
    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self: ...


class _ArrayPlace(NamedTuple):
    """Where an array lies in a file, one after the other."""

    name: str
    kind: str
    shape: tuple[int, ...]


class HandedOver(NamedTuple):
    """A result that lies in a file."""

    path: str
    of: type[OfArrays]
    layout: tuple[_ArrayPlace, ...]

    def taken(self) -> Any:
        """The result, once: the file is removed. Its arrays can be written to."""
        with open(self.path, "rb") as file:
            arrays = {each.name: _read(file, each) for each in self.layout}
        os.remove(self.path)
        return self.of.of_arrays(arrays)


def _read(file: Any, layout: _ArrayPlace) -> NDArray[Any]:
    array = np.empty(layout.shape, layout.kind)
    file.readinto(bytes_of(array))
    return array


def handed_over(result: Any, folder: str) -> Any:
    """A file of the folder that holds the result; what is small, no arrays, or finds no room stays what it is."""
    if not isinstance(result, OfArrays):
        return result
    arrays = result.arrays()
    if sum(array.nbytes for array in arrays.values()) < _LARGE:
        return result
    try:
        with NamedTemporaryFile(dir=folder, delete=False) as file:
            file.writelines(map(bytes_of, arrays.values()))
    except OSError:
        return result
    layout = tuple(_ArrayPlace(name, array.dtype.str, array.shape) for name, array in arrays.items())
    return HandedOver(file.name, type(result), layout)
