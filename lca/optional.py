"""Packages of an extra, imported by name when they are first needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from lca.errors import MissingDependency


def package(name: str, needs: str, extra: str) -> Any:
    """The module of this name; `needs`: who needs it, such as `the workloads need`. Raises MissingDependency."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingDependency(f"{needs} {error.name or name}: pip install 'ai-lca[{extra}]'") from None
