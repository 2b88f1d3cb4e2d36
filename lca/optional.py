"""Packages of an extra, imported by name when they are first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lca.errors import MissingDependency
from lca.languages import gettext


def package(name: str, needs: str, extra: str) -> Any:
    """The module of this name; `needs`: who needs it, such as `the workloads need`. Raises MissingDependency."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingDependency(
            gettext(
                "{needs} {name}: pip install 'ai-lca[{extra}]'",
                needs=gettext(needs),
                name=error.name or name,
                extra=extra,
            )
        ) from None
