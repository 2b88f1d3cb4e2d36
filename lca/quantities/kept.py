"""What can be made again, kept in a file under the hash of its content: a file that is damaged is as good as none."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import warnings
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lca.errors import UsageError
from lca.languages import gettext
from lca.quantities.outputs import write_text, written_aside

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ALIGNED = 16
"""Bytes, of which every array begins at a multiple."""


def kept(path: Path) -> Any:
    """The content of a file that `keep` wrote, or None; warns of one that was changed since."""
    content = _content(path)
    return None if content is None else json.loads(content)


def _content(path: Path) -> bytes | None:
    """What follows the hash in a file; None: there is no file, or it is damaged."""
    try:
        if not path.is_file():  # reading a pipe would wait for ever
            return None
        with path.open("rb") as file:
            digest, content = file.readline(), file.read()
    except OSError:
        return None
    if digest.decode("ascii", "replace").strip() != hashlib.sha256(content).hexdigest():
        warnings.warn(gettext("{path}: it was damaged, and what it keeps is made again", path=str(path)), stacklevel=3)
        return None
    return content


def keep(path: Path, content: Any) -> None:
    """Write JSON for `kept`; without a writable folder, or for what JSON cannot hold, nothing is kept."""
    with contextlib.suppress(OSError, ValueError, TypeError, UsageError):
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        write_text(path, f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}", own=True)


def kept_arrays(path: Path) -> dict[str, NDArray[Any]] | None:
    """The arrays of a file that `keep_arrays` wrote, or None; warns of one that was changed since. None can be written
    to."""
    content = _content(path)
    if content is None:
        return None
    import numpy as np

    with contextlib.suppress(OSError):
        os.utime(path)  # the last ones used are kept
    start = content.index(b"\n") + 1
    arrays = {}
    for name, kind, shape in json.loads(content[:start]):
        arrays[name] = np.frombuffer(content, kind, math.prod(shape), start).reshape(shape)
        start += _padded(arrays[name].nbytes)
    return arrays


def keep_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], most: int = 0) -> None:
    """Write arrays of numbers for `kept_arrays`, beside `most` - 1 others of the same beginning up to the first
    hyphen; 0: beside all."""
    header = json.dumps([[name, array.dtype.str, array.shape] for name, array in arrays.items()])
    parts: list[bytes | memoryview] = [header.encode().ljust(_padded(len(header) + 1) - 1) + b"\n"]
    for array in arrays.values():
        parts += [bytes_of(array), bytes(_padded(array.nbytes) - array.nbytes)]
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part)
    with contextlib.suppress(OSError, UsageError):
        with written_aside(path, own=True) as aside, aside.open("wb") as file:
            file.write(hashed.hexdigest().encode() + b"\n")
            file.writelines(parts)
        if most:
            only_last(path, most)


def bytes_of(array: NDArray[Any]) -> memoryview:
    """The numbers of an array in the order of its rows; not copied, where they lie so."""
    return array.reshape(-1).view("u1").data


def _padded(size: int) -> int:
    """Bytes after which a number of any kind may begin."""
    return -(-size // _ALIGNED) * _ALIGNED


def only_last(path: Path, most: int) -> None:
    """Remove all but the last files that are named as this one up to the first hyphen."""
    with contextlib.suppress(OSError):
        named = path.parent.glob(f"{path.name.partition('-')[0]}-*{path.suffix}")
        for old in sorted(named, key=lambda other: other.stat().st_mtime, reverse=True)[most:]:
            old.unlink()


def files(root: Path) -> Iterator[str]:
    """Paths of all files of a folder and the folders in it, and of links to folders, in one order everywhere."""
    for folder, folders, names in os.walk(root):
        folders.sort()
        yield from (os.path.join(folder, name) for name in sorted(names))
        yield from (path for name in folders if os.path.islink(path := os.path.join(folder, name)))


@lru_cache(maxsize=8)
def code(*places: str) -> str:
    """Hash of what lies in these files and folders of the package: what is made by other code is made again."""
    package, hashed = Path(__file__).parents[1], hashlib.sha256()
    for name in places:
        place = package / name
        for path in files(place) if place.is_dir() else [str(place)]:
            if not path.endswith(".pyc"):
                hashed.update(Path(path).read_bytes())
    return hashed.hexdigest()
