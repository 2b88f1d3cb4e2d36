"""The packages of the extra `compress`, imported when they are first needed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from lca.errors import MissingDependency

_TALKATIVE = ("torchao", "torch.utils._pytree")
"""Loggers that report, while torchao is imported, kernels for other machines that do not load here."""


def needed(module: str) -> Any:
    """The module. Raises MissingDependency, which names the extra."""
    try:
        with _quiet():
            return import_module(module)
    except ImportError as error:
        absent = error.name or module
        raise MissingDependency(f"compression needs {absent}: pip install 'ai-lca[compress]'") from None


@contextmanager
def _quiet() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    for logger in loggers:
        logger.addFilter(_nothing)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_nothing)


def _nothing(_: logging.LogRecord) -> bool:
    return False
