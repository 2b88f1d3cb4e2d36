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
