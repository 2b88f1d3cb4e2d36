"""The one way in which this package imports bw2calc: without bw2data.

bw2calc imports bw2data where it finds it, and bw2data writes a project database below HOME when it is imported, which
fails where HOME cannot be written and races between processes. A `None` in sys.modules makes that one import fail,
which bw2calc allows for.
"""

from __future__ import annotations

import importlib
import sys
import threading
import warnings
from types import ModuleType

_lock = threading.Lock()


def bw2calc() -> ModuleType:
    """The module bw2calc, imported without bw2data unless that is loaded already."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it advises faster solvers, which lose on systems of this size
        if "bw2calc" in sys.modules or "bw2data" in sys.modules:
            return importlib.import_module("bw2calc")
        sys.modules["bw2data"] = None  # type: ignore[assignment]
        try:
            return importlib.import_module("bw2calc")
        finally:
            del sys.modules["bw2data"]
