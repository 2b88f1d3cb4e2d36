"""A data folder of the test's own, and no Brightway folder but a temporary one."""

from __future__ import annotations

from pathlib import Path

import platformdirs
import pytest


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    monkeypatch.setattr(platformdirs, "user_data_path", lambda name: folder)
    return folder


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of shipped mapping files, empty."""
    folder = tmp_path / "inventories" / "backgrounds"
    folder.mkdir(parents=True)
    monkeypatch.setattr("lca.backgrounds.mapping.folder", lambda name: tmp_path / name)
    return folder
