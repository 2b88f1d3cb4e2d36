"""The command line in this process, and a tiny inventory with figures for mental arithmetic."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import settings

from lca.cli import main
from lca.inventory.catalogue import Catalogue

TINY = Path(__file__).parent / "tiny"

settings.register_profile("usual", deadline=None)
settings.register_profile("small", deadline=None, max_examples=25)
settings.load_profile("small" if os.environ.get("CI") else "usual")


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


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """The tiny inventory in the working directory, with no built-in one below it."""
    shutil.copytree(TINY, tmp_path / "work")
    (tmp_path / "nothing").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr("lca.inventory.catalogue.folder", lambda name: tmp_path / "nothing")
    return Workplace(tmp_path / "work")


@pytest.fixture(scope="session")
def built_in() -> Catalogue:
    return Catalogue.load()


class Done(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """`lca` with these arguments: exit code, stdout, stderr."""

    def run(*arguments: str) -> Done:
        monkeypatch.setattr("sys.argv", ["lca", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        code = stop.value.code
        assert isinstance(code, int)
        return Done(code, captured.out, captured.err)

    return run
