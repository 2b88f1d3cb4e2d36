"""The built-in data is found from a wheel, an sdist and an editable install, from any working directory."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import lca

ROOT = Path(__file__).parents[1]
PAGE_PARTS = ["page.css", "page.js", "templates/page.html", "templates/macros.html"]
PROBE = """
import lca, lca.builtin
catalogue = lca.Catalogue.load()
print(lca.__file__)
print(lca.builtin.folder("inventories"))
print(lca.builtin.folder("scenarios") / "digits-france.toml")
print(len(catalogue.activities))
"""


def probe(place: Path | None, cwd: Path) -> tuple[Path, Path, Path, int]:
    """Where the package and its data lie for a Python that has `place` first on its path."""
    environment = {**os.environ, "PYTHONPATH": str(place) if place else ""}
    done = subprocess.run([sys.executable, "-c", PROBE], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    package, inventories, scenario, count = done.stdout.split()
    return Path(package), Path(inventories), Path(scenario), int(count)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an sdist and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_from_an_editable_install(tmp_path: Path) -> None:
    package, inventories, scenario, count = probe(None, tmp_path)
    assert package == ROOT / "lca" / "__init__.py"
    assert inventories == ROOT / "inventories"
    assert scenario.is_file()
    assert count > 100


@pytest.mark.slow
def test_from_a_wheel(built: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = wheel.namelist()
        wheel.extractall(tmp_path / "site")
    assert {name.split("/")[0] for name in names} == {"lca", f"ai_lca-{lca.__version__}.dist-info"}
    package, inventories, scenario, count = probe(tmp_path / "site", tmp_path)
    assert package == tmp_path / "site" / "lca" / "__init__.py"
    assert inventories == tmp_path / "site" / "lca" / "data" / "inventories"
    assert (inventories / "share-alike" / "NOTICE.md").is_file()
    assert "lca/py.typed" in names
    assert {f"lca/report/html/{name}" for name in PAGE_PARTS} <= set(names)
    assert scenario.is_file() and scenario.is_relative_to(tmp_path)
    assert count == probe(None, tmp_path)[3]


@pytest.mark.slow
def test_from_an_sdist(built: Path, tmp_path: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    root = next(tmp_path.glob("ai_lca-*"))
    package, inventories, _, count = probe(root, tmp_path)
    assert package == root / "lca" / "__init__.py"
    assert inventories == root / "inventories"
    assert count == probe(None, tmp_path)[3]


def test_the_credits_are_those_of_the_files() -> None:
    from lca.report.catalogue.sources import credits

    written = (ROOT / "inventories" / "SOURCES.md").read_text(encoding="utf-8")
    assert written == credits(ROOT / "inventories"), "run: lca check --write"
