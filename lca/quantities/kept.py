"""What can be made again, kept in a file under the hash of its content: a file that is damaged is as good as none."""

from __future__ import annotations

import contextlib
import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

from lca.errors import UsageError
from lca.quantities.outputs import write_text


def kept(path: Path) -> Any:
    """The content of a file that `keep` wrote, or None; warns of one that was changed since."""
    try:
        if not path.is_file():  # reading a pipe would wait for ever
            return None
        text = path.read_text(encoding="utf-8")
    except OSError:
        return None
    except UnicodeDecodeError:
        text = ""
    digest, _, content = text.partition("\n")
    if digest != _digest(content):
        warnings.warn(f"{path}: it was damaged, and what it keeps is made again", stacklevel=2)
        return None
    return json.loads(content)


def keep(path: Path, content: Any) -> None:
    """Write JSON for `kept`; without a writable folder, or for what JSON cannot hold, nothing is kept."""
    with contextlib.suppress(OSError, ValueError, TypeError, UsageError):
        text = json.dumps(content, ensure_ascii=False, allow_nan=False)
        write_text(path, f"{_digest(text)}\n{text}", own=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
