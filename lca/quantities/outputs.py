"""What is written: aside first and renamed, onto nothing that others wrote, together or not at all.

A file aside is locked while its process lives, so that what a killed one left behind is known, and removed by the next.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import stat
import sys
import zipfile
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from lca.errors import UsageError
from lca.languages import gettext

if sys.platform != "win32":
    import fcntl

ASIDE = ".lca-*.part"
RECORD = ("JSON", "schema", "name")
"""How a record begins, as `begins` tells it."""
_FIRST_COLUMN = re.compile(rb'"columns": \[\{"name": "([^"]*)"')
_HEAD = 4096  # bytes
_KEY = re.compile(rb'"((?:[^"\\]|\\.)*)"\s*:')


@contextlib.contextmanager
def written_aside(path: Path, own: bool = False) -> Iterator[Path]:
    """A path in the folder of `path` to write to, renamed onto it once the block has ended well; else removed.

    `own`: in a folder that holds nothing but what this package writes, what is there is replaced whatever it is.
    Raises UsageError as `must_be_free` does, and for what exists and does not begin as the new file does.
    """
    if not own:
        must_be_free(path)
    batch = _batch.get()
    real = os.path.realpath(path)
    if batch and real in batch.taken:
        raise UsageError(gettext("{path} is named for two outputs: give each a path of its own", path=path))
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path.parent)
    aside = path.with_name(f".lca-{os.getpid()}-{secrets.token_hex(4)}.part")
    with contextlib.ExitStack() as held:
        held.enter_context(locked(aside))
        held.callback(aside.unlink, missing_ok=True)
        with _named(path):
            yield aside
        if not own and path.exists() and path.stat().st_size and begins(path) != begins(aside):
            raise _Strange(path)
        if batch:
            batch.renames.append((aside, path))
            batch.taken.add(real)
            batch.held.push(held.pop_all())
        else:
            os.replace(aside, path)


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """An error of writing names what was to be written: a full disk names no file at all."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno == errno.ENOSPC:
            error.filename = str(path)
        raise


@dataclass(frozen=True)
class _Batch:
    """Files aside that are renamed together, with their locks."""

    held: contextlib.ExitStack
    renames: list[tuple[Path, Path]]
    taken: set[str] = field(default_factory=set)
    """The paths that something is to be renamed onto, links resolved."""


_batch: ContextVar[_Batch | None] = ContextVar("batch", default=None)


@contextlib.contextmanager
def all_or_none() -> Iterator[None]:
    """What is written in this block is there once it has ended well, all of it; else nothing is."""
    with contextlib.ExitStack() as held:
        batch = _Batch(held, [])
        token = _batch.set(batch)
        try:
            yield
        finally:
            _batch.reset(token)
        for aside, path in batch.renames:
            os.replace(aside, path)


def must_be_free(path: Path, kind: tuple[str, ...] = ()) -> None:
    """Raise UsageError where a file cannot be written: a folder, a device, a pipe, a link, no name, or one too long.

    `kind`: what is to be written, as `begins` tells it; what exists must be of it.
    """
    if not path.name:
        raise UsageError(gettext("{path!r} names no file to write: give its path", path=str(path)))
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:  # too long, or below a file
        raise UsageError(
            gettext("{path}: {strerror}: give another path", path=str(path)[:80], strerror=error.strerror or error)
        ) from None
    except ValueError:
        raise UsageError(gettext("{path!r} is no path: it holds a zero", path=str(path)[:80])) from None
    if not stat.S_ISREG(mode):
        kinds = {stat.S_IFDIR: gettext("a folder"), stat.S_IFLNK: gettext("a link")}
        what = kinds.get(stat.S_IFMT(mode), gettext("a pipe or a device"))
        raise UsageError(
            gettext("{path} is {what}, which is not written over: give the path of a file", path=path, what=what)
        )
    if kind and path.stat().st_size and begins(path) != kind:
        raise _Strange(path)


class _Strange(UsageError):
    def __init__(self, path: Path) -> None:
        super().__init__(
            gettext(
                "{path} exists, and this command did not write it: delete it first, or give another path",
                path=str(path),
            )
        )


def begins(path: Path) -> tuple[str, ...]:
    """What tells files of one kind from others: the first keys of JSON, the first column of a table, and such."""
    with path.open("rb") as file:
        head = file.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"PK\x03\x04"):
        return ("archive", *_properties(path))
    if head.startswith(b"{"):
        return ("JSON", *(key.decode(errors="replace") for key in _KEY.findall(head)[:2]))
    if head[:2].lower() == b"<!":
        return ("page", str(b"ai-lca" in head))
    if head[:4] == b"PAR1":
        return ("parquet", *_columns(path))
    if head[:4] == b"\x89PNG":
        return (repr(head[:4]),)
    return (re.split(r"[,;=\t\n\r]", head.decode(errors="replace"), maxsplit=1)[0].strip(),)


def _properties(path: Path) -> list[str]:
    """Names of the properties that the author of a workbook gave it."""
    try:
        with zipfile.ZipFile(path) as archive:
            return re.findall('name="([^"]*)"', archive.read("docProps/custom.xml")[:_HEAD].decode(errors="replace"))
    except (zipfile.BadZipFile, KeyError, OSError):
        return []


def _columns(path: Path) -> list[str]:
    """The first column of a table that pandas wrote as parquet."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 16 * _HEAD, 0))
        return [name.decode() for name in _FIRST_COLUMN.findall(file.read())[:1]]


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """A new file of this name, locked: `abandoned` tells whether the process that did so is gone. Not on Windows."""
    if sys.platform == "win32":
        yield
        return
    file = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(file)


def abandoned(path: Path) -> bool:
    """Whether the process that locked this file is gone; False where that cannot be told."""
    if sys.platform == "win32":
        return False
    try:
        file = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(file)
    return True


def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left aside in this folder."""
    for left in folder.glob(ASIDE):
        if abandoned(left):
            left.unlink(missing_ok=True)


def write_text(path: Path, text: str, own: bool = False) -> None:
    """Write a text file, aside first."""
    with written_aside(path, own) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(path: Path, content: object, own: bool = False) -> None:
    """Write JSON, aside first. Raises ValueError for a number that is not finite."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n", own)
