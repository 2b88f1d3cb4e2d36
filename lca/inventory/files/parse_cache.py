"""The parsed TOML of an inventory root, kept in the user's cache folder by the hash of each file.

Parsing is most of the time that loading takes. What a file says is looked up by its content, so that an edited file is
parsed again; a file that does not parse, or holds what JSON cannot, is never kept.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from lca.builtin import cache_folder, shown
from lca.quantities.documents import LARGEST_TOML, Document, read_text
from lca.quantities.kept import keep, kept


class Parsed:
    """Reads the TOML files of one root; `save` keeps what was new."""

    def __init__(self, root: Path) -> None:
        name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]
        self._path = cache_folder() / f"inventory-2-{name}.json"
        self._kept: dict[str, dict[str, Any]] = kept(self._path) or {}
        self._used: dict[str, dict[str, Any]] = {}

    def read(self, path: Path) -> Document:
        """The document of a file. Raises InvalidData."""
        name = shown(path)
        text = read_text(path, name, LARGEST_TOML)
        key = hashlib.sha256(text.encode()).hexdigest()
        content = self._kept.get(key)
        document = Document(path, name, text, content, "toml") if content else Document.read(path, name)
        self._used[key] = document.content
        return document

    def save(self) -> bool:
        """Keep what this reading used, if any of it was new. Without a writable cache folder nothing is kept.

        Returns whether any of it was new.
        """
        new = self._used.keys() != self._kept.keys()
        if new:
            keep(self._path, self._used)
        return new
