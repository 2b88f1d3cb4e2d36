"""The one way in which this package first imports scipy: without numpy's tools for tests and for Fortran.

scipy makes a copy of the names of numpy when it is imported, and thereby loads all that numpy loads when it is asked
for. Two of these cost as much as the rest of scipy.sparse, and are in that copy for nobody.
"""

from __future__ import annotations

import importlib
import sys
import threading

_NOT_COPIED = ("f2py", "testing")
_lock = threading.Lock()


def load_scipy() -> None:
    """Import scipy.sparse, if it is not loaded already."""
    import numpy

    with _lock:
        if "scipy.sparse" in sys.modules:
            return
        namespace, listed = vars(numpy), dir(numpy)
        before = {name: namespace[name] for name in ("__all__", "__dir__")}
        try:
            namespace["__all__"] = [name for name in before["__all__"] if name not in _NOT_COPIED]
            namespace["__dir__"] = lambda: [name for name in listed if name not in _NOT_COPIED]
            importlib.import_module("scipy.sparse")
        finally:
            namespace.update(before)
