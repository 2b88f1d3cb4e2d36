"""A program under the meter."""

from __future__ import annotations

import ctypes
import os
import shlex
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import psutil

from lca.errors import LcaError, UsageError
from lca.languages import gettext
from lca.measure.meter.meter import EnergyMeter
from lca.measurement.service import delivered
from lca.quantities import units

_CHILD_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
_PASSED = ("SIGINT", "SIGTERM", "SIGHUP")


class _CutShort(Exception):
    """Ends the meter's block as an interrupted one."""


def measure_command(argv: Sequence[str], meter: EnergyMeter, amount: str = "") -> int:
    """Run a program, measure it and its children, and return its exit code (128 + number, where a signal ended it).

    `amount`: the service that it delivers, if it ends well. Its input and output are this process's own; signals are
    passed on, and mark the record interrupted. Raises UsageError for a program that cannot be started, or a Fault for
    the amount.
    """
    if not argv:
        raise UsageError(gettext("no program to measure: give its name and arguments"))
    if amount:
        delivered(units.parse(amount))
    meter.own_process = False
    code = 0
    try:
        _adopt_orphans()
        with _signals() as signals, meter:
            child = _started(argv)
            signals.pass_to(child)
            code = child.wait()
            if code:
                meter.remark(f"{Path(argv[0]).name} ended with exit code {_exit_code(code)}")
            elif amount:
                meter.delivers(amount)
            if signals.received or _by_signal(code):
                _end_those_left()
                raise _CutShort
    except _CutShort:
        pass
    except LcaError as error:
        if not code:
            raise
        warnings.warn(str(error), stacklevel=2)  # the program's exit code says more
    return _exit_code(code)


def _started(argv: Sequence[str]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(argv)
    except FileNotFoundError:
        raise UsageError(gettext("no program {argv!r}: check its name and PATH", argv=argv[0])) from None
    except OSError as error:
        raise UsageError(
            gettext("{argv} cannot be run: {strerror}", argv=shlex.quote(argv[0]), strerror=error.strerror or error)
        ) from None


def _adopt_orphans() -> None:
    """Let what a killed program leaves running become a child of this process, on Linux, so that it can be ended."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_those_left() -> None:
    """End the processes that a program which was cut short has left: asked first, then killed."""
    left = psutil.Process().children(recursive=True)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(left, timeout=3)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=3)


class _Signals:
    """Signals received while the child runs."""

    def __init__(self) -> None:
        self.received: list[int] = []
        self._child: subprocess.Popen[bytes] | None = None

    def pass_to(self, child: subprocess.Popen[bytes]) -> None:
        """Pass signals to this child from now on, those that came while it started included."""
        self._child = child
        for number in self.received:
            self._send(number)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.received.append(number)
        self._send(number)

    def _send(self, number: int) -> None:
        if self._child and not (number == signal.SIGINT and _in_foreground()):
            self._child.send_signal(number)


@contextmanager
def _signals() -> Iterator[_Signals]:
    """Signals go to the child; those that are ignored stay so, and other threads than the first cannot handle any."""
    signals = _Signals()
    former: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name) for name in _PASSED if hasattr(signal, name)):
            if signal.getsignal(number) != signal.SIG_IGN:
                former[number] = signal.signal(number, signals)
    try:
        yield signals
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _in_foreground() -> bool:
    """Whether a terminal's Ctrl-C has reached the child already, which is in this process's group."""
    if not hasattr(os, "tcgetpgrp"):
        return True
    try:
        with open("/dev/tty", "rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _by_signal(code: int) -> bool:
    """Whether a signal ended the program, or one that a shell waited for and tells of."""
    return code < 0 or 128 < code < 128 + signal.NSIG


def _exit_code(code: int) -> int:
    return code if code >= 0 else 128 - code
