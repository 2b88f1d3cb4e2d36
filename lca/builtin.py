"""Where files of the package lie: inventories and scenarios beside it in a checkout or inside it in a wheel, caches."""

from __future__ import annotations

import contextlib
import os
from functools import cache
from pathlib import Path

from lca.errors import LcaError
from lca.languages import gettext

METHODS = "methods"
"""Folder of an inventory, of characterisation factors of its own."""
EXPLANATIONS = "explanations.toml"
"""File beside cases of `lca validate`, which explains their deviations."""


def folder(name: str) -> Path:
    """`inventories` or `scenarios`, from a wheel, an sdist, an editable install and any working directory."""
    package = Path(__file__).resolve().parent
    for root in (package / "data", package.parent):
        if (root / name).is_dir():
            return root / name
    raise LcaError(gettext("the built-in {name} are not installed: install ai-lca again", name=name))


def cache_folder() -> Path:
    """The user's folder for what can be made again; one in which nothing can be, where there is no home."""
    import platformdirs

    try:
        return platformdirs.user_cache_path("ai-lca")
    except RuntimeError:  # HOME is unset, and the user has no entry that names a home
        return Path(os.devnull) / "ai-lca"


def data_folder() -> Path:
    """The user's folder for what cannot be made again from this package: databases of the user's own.

    Raises LcaError where there is no home.
    """
    import platformdirs

    try:
        return platformdirs.user_data_path("ai-lca")
    except RuntimeError:
        raise LcaError(gettext("there is no home folder to keep a background in: set HOME")) from None


@cache
def named(shown: str) -> str:
    """A file as outputs name it, which are handed on: without the folders of the machine that they were made on.

    What lies in this package's folders is named from there, what lies outside of the working directory by its folder
    and name alone; a line behind the name stays.
    """
    path = Path(shown)
    if not path.is_absolute() and ".." not in path.parts:
        return shown
    for place in ("inventories", "scenarios"):
        with contextlib.suppress(ValueError):
            return (place / path.relative_to(folder(place))).as_posix()
    return "/".join(path.parts[-2:]) if len(path.parts) > 2 else path.name


def shown(path: Path) -> str:
    """The path as messages name it: relative to the working directory where it lies below it."""
    try:
        whole, here = os.path.abspath(path), os.getcwd()  # a link is named, not where it leads
    except OSError:
        return str(path)
    below = whole.startswith(os.path.join(here, ""))
    return whole[len(os.path.join(here, "")) :] if below else "." if whole == here else str(path)
