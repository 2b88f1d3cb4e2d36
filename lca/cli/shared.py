"""What the verbs share: options, loading, printing."""

from __future__ import annotations

import codecs
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from lca.inventory.catalogue import Catalogue
    from lca.inventory.files.recycling import Formula
    from lca.study.study import Study
    from lca.system.scenario import Scenario

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Inventory = Annotated[
    list[Path], typer.Option("--inventory", "-i", help="A further inventory folder; a later one overrides by id.")
]
Categories = Annotated[
    str,
    typer.Option("--categories", help="Ids joined by commas; default: the 16 of EF v3.1. See `lca list categories`."),
]
EndOfLife = Annotated[
    str, typer.Option("--end-of-life", help="cut-off, circular-footprint or avoided-burden, for the whole study.")
]
Files = Annotated[list[Path], typer.Argument(help="Scenario files.", metavar="SCENARIO.toml...")]


@contextmanager
def status(text: str) -> Iterator[None]:
    """A spinner on stderr while something takes its time; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield


def load(inventory: list[Path]) -> Catalogue:
    from lca.inventory.catalogue import Catalogue

    with status("reading the inventories"):
        return Catalogue.load(*inventory)


def assessed(files: list[Path], inventory: list[Path], categories: str, end_of_life: str) -> Study:
    from lca.api import assess
    from lca.methods.categories import EF

    catalogue = load(inventory)
    with status("assessing"):
        return assess(files, catalogue, categories or EF, end_of_life)


def read(files: list[Path], inventory: list[Path], end_of_life: str) -> tuple[list[Scenario], Catalogue, Formula]:
    """The scenarios of files, and the catalogue; all problems of all files at once."""
    from lca.api import formula, loaded

    chosen = formula(end_of_life)
    catalogue = load(inventory)
    return loaded(files), catalogue, chosen


def ids(categories: str) -> tuple[str, ...]:
    from lca.api import category_ids
    from lca.methods.categories import EF

    return category_ids(categories or EF)


def print_json(content: Any) -> None:
    """One JSON object, of which no character may be spelled otherwise: escaped where stdout is not UTF-8."""
    escaped = codecs.lookup(sys.stdout.encoding or "ascii").name != "utf-8"
    print(json.dumps(content, ensure_ascii=escaped, allow_nan=False))


def show(study: Study) -> None:
    from lca.report.terminal.tables import contributions, scores

    scores(study)
    contributions(study)
