"""The packages of the extra `compress`, imported when they are first needed."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from lca.errors import MissingDependency
from lca.languages import gettext, gettext_noop
from lca.optional import package

_TALKATIVE = ("torchao", "torch.utils._pytree")
"""Loggers that report, while torchao is imported, kernels for other machines that do not load here."""


LEAST = (2, 13)
"""Release of torch that compression needs: older ones lack operators that it replaces, and torchao's kernels."""
TESTED = "2.13.0"


def needed(module: str) -> Any:
    """The module. Raises MissingDependency, which names the extra; also for a torch that is too old."""
    with _quiet():
        made = package(module, gettext_noop("compression needs"), "compress")
    if module == "torch":
        check_version(str(made.__version__))
    return made


@cache
def check_version(installed: str) -> None:
    """Warn once of a torch that was not tested. Raises MissingDependency for one that is too old."""
    release = tuple(int(part) for part in re.findall(r"\d+", installed)[:2])
    if release < LEAST:
        raise MissingDependency(
            gettext(
                "compression needs torch {least} or later, and {installed} is installed: pip install"
                " 'ai-lca[compress]'; measuring works with torch from 2.2",
                least=".".join(map(str, LEAST)),
                installed=installed,
            )
        )
    if release > LEAST:
        warnings.warn(
            gettext(
                "compression is tested with torch {tested}, and {installed} is installed",
                tested=TESTED,
                installed=installed,
            ),
            stacklevel=2,
        )


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
