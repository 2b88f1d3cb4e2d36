"""Backgrounds in the user's data folder: added whole or not at all, listed, shown, removed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lca.backgrounds.compiled import Compiled
from lca.builtin import data_folder
from lca.errors import InvalidData, LcaError, Problem, UsageError
from lca.languages import gettext, spoken
from lca.quantities.outputs import write_json
from lca.quantities.records import ID, near

SCHEMA = 1
_ABOUT = "about.json"
_LICENCES = ("license", "licence", "copying", "terms")
_LARGEST_LICENCE = 200_000


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a background that was added."""

    name: str
    version: str
    source: str
    content: str
    """Hash of the compiled matrices: what is derived of it is kept by it."""
    licence: str
    added: str
    folder: Path
    counts: Mapping[str, Any]
    """Of activities, exchanges and flows, and what is not linked."""

    @property
    def label(self) -> str:
        """As studies name it."""
        return f"{self.name} {self.version}".strip()


def folder() -> Path:
    """Where backgrounds are kept."""
    return data_folder() / "backgrounds"


def backgrounds() -> tuple[About, ...]:
    """Those that were added, by name."""
    root = folder()
    names = sorted(path.name for path in root.iterdir() if (path / _ABOUT).is_file()) if root.is_dir() else []
    return tuple(background(name) for name in names)


def background(name: str) -> About:
    """The background of this name. Raises UsageError with near names."""
    path = folder() / name
    if not re.fullmatch(ID, name) or not (path / _ABOUT).is_file():
        root = folder()
        known = sorted(p.name for p in root.iterdir() if (p / _ABOUT).is_file()) if root.is_dir() else []
        raise UsageError(
            gettext(
                "no background {name!r}{hint}; `lca background list` shows those there are",
                name=name,
                hint=near(name, known),
            )
        )
    try:
        read = json.loads((path / _ABOUT).read_text(encoding="utf-8"))
        if read.pop("schema") != SCHEMA:
            raise LcaError(
                gettext("the background {name!r} was added by another version of ai-lca: add it again", name=name)
            )
        return About(folder=path, **read)
    except (ValueError, KeyError, TypeError) as error:
        raise LcaError(
            gettext(
                "the background {name!r} is not whole ({error}): remove it and add it again",
                name=name,
                error=str(error),
            )
        ) from None


def load(about: About) -> Compiled:
    """Its matrices."""
    return Compiled.load(about.folder)


def remove(name: str) -> Path:
    """Delete a background; the folder that is gone."""
    path = background(name).folder
    gone = path.with_name(f".{path.name}.{os.getpid()}.removed")
    path.rename(gone)  # whole until now, gone from here
    shutil.rmtree(gone, ignore_errors=True)
    return path


def add(
    name: str,
    path: Path,
    database: str = "",
    version: str = "",
    providers: Mapping[str, str] | None = None,
    accepted: bool = False,
    shown: Callable[[str], None] = lambda licence: None,
) -> About:
    """Read a database in a process of its own, and keep what is compiled of it under a name.

    `database`: of the Brightway project whose folder `path` is. `providers`: name of an input that several activities
    provide → code of the one that is meant. A licence that lies beside the data is given to `shown`, and must have
    been `accepted`. Raises UsageError for a name that is taken or no name, and for a licence that is not accepted;
    InvalidData with what is wrong in the database; LcaError where it cannot be written. Nothing half added remains.
    """
    if not re.fullmatch(ID, name):
        raise UsageError(gettext("{name!r} is no name: lower-case letters and digits, joined by hyphens", name=name))
    root = folder()
    if (root / name).exists():
        raise UsageError(gettext("a background {name!r} exists: remove it first, or choose another name", name=name))
    licence = _licence(path)
    if licence:
        shown(licence)
        if not accepted:
            raise UsageError(
                gettext("its licence, shown above, is not accepted: say --accept-licence once you have read it")
            )
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LcaError(
            gettext("{root} cannot be written: {error}", root=str(root), error=error.strerror or error)
        ) from None
    with _aside(root, name) as aside:
        outcome = _read(path, database, providers or {}, aside)
        content = hashlib.sha256()
        for file in sorted(aside.iterdir()):
            content.update(file.read_bytes())
        about = {
            "schema": SCHEMA,
            "name": name,
            "version": version,
            "source": str(path) + (f", database {database}" if database else ""),
            "content": content.hexdigest()[:32],
            "licence": licence,
            "added": time.strftime("%Y-%m-%d"),
            "counts": outcome,
        }
        write_json(aside / _ABOUT, about)
        aside.rename(root / name)
    return background(name)


@contextlib.contextmanager
def _aside(root: Path, name: str) -> Iterator[Path]:
    """A folder that is renamed by the block; removed where it is not."""
    aside = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=root))
    try:
        yield aside
    except OSError as error:
        raise LcaError(
            gettext("{root} cannot be written: {error}", root=str(root), error=error.strerror or error)
        ) from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _read(path: Path, database: str, providers: Mapping[str, str], target: Path) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ai-lca-", ignore_cleanup_errors=True) as temporary:
        brightway = Path(temporary) / "brightway"
        brightway.mkdir()
        request = {
            "path": str(path.resolve()),
            "database": database,
            "providers": dict(providers),
            "workspace": temporary,
            "folder": str(target),
            "language": spoken().name,
        }
        environment = {**os.environ, "BRIGHTWAY2_DIR": str(brightway), "BRIGHTWAY_NO_STRUCTLOG": "1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "lca.backgrounds.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            text=True,
            encoding="utf-8",
        )
        try:
            answer, _ = process.communicate(json.dumps(request))
        finally:  # an interrupt leaves no reader behind
            process.kill()
            process.wait()
    try:
        outcome: dict[str, Any] = json.loads(answer.splitlines()[-1])
    except (ValueError, IndexError):
        outcome = {
            "fault": gettext("its reader stopped with {code}", code=process.returncode),
            "remedy": gettext("check memory and disk space"),
        }
    if "fault" in outcome:
        raise InvalidData([Problem(str(path), 0, "", outcome["fault"], outcome["remedy"])])
    return outcome


def _licence(path: Path) -> str:
    """The text of a licence that lies beside or in the data."""
    places = [path, path.parent] if path.is_dir() else [path.parent]
    for place in places if path.exists() else ():
        for file in sorted(place.iterdir()):
            if file.is_file() and file.stem.lower().startswith(_LICENCES) and file.stat().st_size < _LARGEST_LICENCE:
                return file.read_text(encoding="utf-8", errors="replace")
    return ""
