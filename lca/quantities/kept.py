"""What can be made again, kept in a file under the hash of its content: a file that is damaged is as good as none."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lca.errors import UsageError
from lca.languages import gettext
from lca.quantities.outputs import write_text, written_aside

if TYPE_CHECKING:
    from numpy.typing import NDArray


def kept(path: Path) -> Any:
    """The content of a file that `keep` wrote, or None; warns of one that was changed since."""
    try:
        if not path.is_file():  # reading a pipe would wait for ever
            return None
        written = path.read_bytes()
    except OSError:
        return None
    digest, _, content = written.partition(b"\n")
    if digest.decode("ascii", "replace").strip() != hashlib.sha256(content).hexdigest():
        warnings.warn(gettext("{path}: it was damaged, and what it keeps is made again", path=str(path)), stacklevel=2)
        return None
    return json.loads(content)


def keep(path: Path, content: Any) -> None:
    """Write JSON for `kept`; without a writable folder, or for what JSON cannot hold, nothing is kept."""
    with contextlib.suppress(OSError, ValueError, TypeError, UsageError):
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        write_text(path, f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}", own=True)


def kept_arrays(path: Path) -> dict[str, NDArray[Any]] | None:
    """The arrays of a file that `keep_arrays` wrote, or None; warns of one that was changed since."""
    import numpy as np

    try:
        if not path.is_file():
            return None
        content = path.read_bytes()
    except OSError:
        return None
    digest, _, packed = content.partition(b"\n")
    if digest.decode("ascii", "replace") != hashlib.sha256(packed).hexdigest():
        warnings.warn(gettext("{path}: it was damaged, and what it keeps is made again", path=str(path)), stacklevel=2)
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # the last ones used are kept
    with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
        return dict(arrays)


def keep_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], most: int) -> None:
    """Write arrays for `kept_arrays`, beside `most` - 1 others of the same beginning up to the first hyphen."""
    import numpy as np

    packed = io.BytesIO()
    np.savez(packed, **arrays)  # type: ignore[arg-type]
    with contextlib.suppress(OSError, UsageError):
        with written_aside(path, own=True) as aside:
            content = packed.getvalue()
            aside.write_bytes(hashlib.sha256(content).hexdigest().encode() + b"\n" + content)
        only_last(path, most)


def only_last(path: Path, most: int) -> None:
    """Remove all but the last files that are named as this one up to the first hyphen."""
    with contextlib.suppress(OSError):
        named = path.parent.glob(f"{path.name.partition('-')[0]}-*{path.suffix}")
        for old in sorted(named, key=lambda other: other.stat().st_mtime, reverse=True)[most:]:
            old.unlink()
