"""Files of Linux' sysfs and proc, each of which holds one value."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def text(path: Path) -> str:
    """What a file of sysfs holds; "" where there is none."""
    with suppress(OSError):
        return path.read_text(errors="replace").strip()
    return ""


def number(path: Path, scale: float = 1.0) -> float:
    """The number in a file of sysfs × `scale`; 0 where there is none."""
    with suppress(ValueError):
        return float(text(path)) * scale
    return 0.0


def reading(path: Path, scale: float) -> Callable[[], float]:
    """Reads a file of sysfs anew."""
    return lambda: float(path.read_text()) * scale
