"""A copy of tests/tiny to spoil, and what a command ended with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from lca.inventory.catalogue import Catalogue

TINY = Path(__file__).parent / "tiny"
"""An inventory with figures for mental arithmetic, and a scenario on it."""


@dataclass(frozen=True)
class Workplace:
    """A copy of tests/tiny in a folder of its own: `inventory`, `scenario.toml`, `runs/run.json`."""

    folder: Path

    def read(self, file: str) -> str:
        return (self.folder / file).read_text(encoding="utf-8")

    def write(self, file: str, content: str | bytes) -> Path:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace the first `old`, which must be there."""
        text = self.read(file)
        assert old in text, f"{old!r} is not in {file}"
        self.write(file, text.replace(old, new, 1))

    def catalogue(self) -> Catalogue:
        return Catalogue.load("inventory")


class Done(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str
