"""The command line in this process, and a tiny inventory with figures for mental arithmetic."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextvars import copy_context
from pathlib import Path

import pytest
from hypothesis import settings
from workplace import TINY, Done, Workplace

from lca.cli import main
from lca.inventory.catalogue import Catalogue

os.environ.pop("LCA_LANGUAGE", None)
# one profile, whatever the environment: of itself hypothesis takes another where `CI` is set
settings.register_profile("everywhere", settings.get_profile("default"), deadline=None, max_examples=50)
settings.load_profile("everywhere")


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


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """`lca` with these arguments: exit code, stdout, stderr."""

    def run(*arguments: str) -> Done:
        monkeypatch.setenv("COLUMNS", "120")  # of the terminal, to which help is folded
        monkeypatch.setattr("sys.argv", ["lca", *arguments])
        with pytest.raises(SystemExit) as stop:
            copy_context().run(main)
        captured = capsys.readouterr()
        code = stop.value.code
        assert isinstance(code, int)
        return Done(code, captured.out, captured.err)

    return run
