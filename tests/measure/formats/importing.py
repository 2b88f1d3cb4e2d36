"""Types of the fixtures with which importers are tested."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lca.errors import Problem
from lca.measurement.record import Measurement

Take = Callable[..., Measurement]
Refused = Callable[..., Problem]
Written = Callable[[str, str | bytes], Path]
Changed = Callable[..., Path]
