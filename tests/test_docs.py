"""The site: its notebooks run, its links lead somewhere, every public name has its place, and it fetches nothing."""

from __future__ import annotations

import importlib.util
import re
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from test_api import methods

import lca

DOCS = Path(__file__).parents[1] / "docs"
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))
FETCHING = {"src", "srcset", "data", "poster"}
"""Attributes whose address a browser fetches of itself; of a link only where it is no link to follow."""


@pytest.fixture(scope="module")
def pages() -> Any:
    """The module of the site that makes its pages."""
    spec = importlib.util.spec_from_file_location("pages", DOCS / "site" / "pages.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, strict: a link that leads nowhere is an error. Its notebooks are shown as they are kept."""
    folder = tmp_path_factory.mktemp("site")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LCA_DOCS_RUN", "false")
        patch.setenv("NO_MKDOCS_2_WARNING", "1")
        build(load_config(str(DOCS / "site" / "mkdocs.yml"), site_dir=str(folder), strict=True))
    return folder


class Fetched(HTMLParser):
    """What a page lets the browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = FETCHING | ({"href"} if tag == "link" else set())
        self.addresses += [value for name, value in attrs if name in names and value]


def fetched(site: Path) -> Iterator[tuple[Path, str]]:
    """Page or style sheet, and an address that it fetches."""
    for path in site.rglob("*.html"):
        parser = Fetched()
        parser.feed(path.read_text(encoding="utf-8"))
        yield from ((path, address) for address in parser.addresses)
    for path in site.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        yield from ((path, address) for address in re.findall(r"""(?:url\(|@import )["']?([^"')]+)""", text))


def test_there_are_five_notebooks_kept_without_what_they_print(pages: Any) -> None:
    assert len(NOTEBOOKS) == 5
    for path in NOTEBOOKS:
        notebook = pages.as_kept(path)
        assert notebook.cells[0].source.startswith("# ") and len(notebook.cells[0].source.splitlines()) > 2, path.name
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        assert not any(cell.outputs or cell.execution_count for cell in code), path.name


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_top_to_bottom(path: Path, pages: Any) -> None:
    ran = pages.executed(path)
    code = [cell for cell in ran.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert sum(1 for cell in code if cell.outputs) > len(code) / 2


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    addresses = list(fetched(site))
    assert {path.name for path, _ in addresses} >= {"index.html", "manual.html", "sweep-and-sample.html"}
    assert [(path.name, address) for path, address in addresses if re.match(r"(?:[a-z]+:)?//", address)] == []
    assert {address for _, address in addresses if address.endswith(".css")}


def test_every_public_name_and_every_verb_has_its_place(site: Path) -> None:
    header, _, rest = (site / "objects.inv").read_bytes().partition(b"zlib.\n")
    assert b"ai-lca" in header
    known = {line.split()[0] for line in zlib.decompress(rest).decode().splitlines()}
    classes = [getattr(lca, name) for name in lca.__all__ if isinstance(getattr(lca, name), type)]
    names = {f"lca.{name}" for name in lca.__all__ if name not in ("errors", "report")}
    names |= {f"lca.report.{name}" for name in lca.report.__all__}
    names |= {f"lca.{name}" for owner in classes for name, _ in methods(owner)}
    assert sorted(names - known) == []
    commands = (site / "commands.html").read_text(encoding="utf-8")
    assert all(f">lca {verb}" in commands for verb in ("assess", "sweep", "background add", "record import"))


def test_a_link_to_a_notebook_leads_to_its_page(site: Path) -> None:
    home = (site / "index.html").read_text(encoding="utf-8")
    for path in NOTEBOOKS:
        assert f'href="notebooks/{path.stem}.html"' in home
        page = (site / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
        assert f'href="{path.name}"' in page and (site / "notebooks" / path.name).is_file()
