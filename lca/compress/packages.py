"""The packages of the extra `compress`, imported when they are first needed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lca.optional import package

_TALKATIVE = ("torchao", "torch.utils._pytree")
"""Loggers that report, while torchao is imported, kernels for other machines that do not load here."""


def needed(module: str) -> Any:
    """The module. Raises MissingDependency, which names the extra."""
    with _quiet():
        return package(module, "compression needs", "compress")


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
