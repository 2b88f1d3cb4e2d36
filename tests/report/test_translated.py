"""No English is left where a report is translated: in a language that marks what it translates, the rest is data."""

from __future__ import annotations

import html
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import StrEnum
from gettext import NullTranslations
from pathlib import Path
from typing import Any, get_args

import openpyxl
import pytest
from pydantic import BaseModel
from test_page import Read

from lca.inventory.catalogue import Catalogue
from lca.languages import Language, language
from lca.methods.categories import CATEGORIES
from lca.quantities.sources import Source
from lca.report.disclosures import DISCLOSURES, disclosure
from lca.report.excel.workbook import workbook
from lca.report.html.page import page
from lca.report.pictures.figures import figures
from lca.report.terminal.comparison import comparison as comparison_tables
from lca.report.terminal.judgement import judgements
from lca.report.terminal.tables import contributions, layers, scores
from lca.study.comparison.comparison import comparison
from lca.study.explanation import explain
from lca.study.layers import layers as drawn
from lca.study.sensitivity import swings
from lca.study.study import Study

_PLACEHOLDER = re.compile(r"(\{\w+(?:![rsa])?(?::[^{}]*)?\})")
_WORD = re.compile(r"[A-Za-z]{2,}")


class Marking(NullTranslations):
    """Translations that put what they translate, but not the values in it, between markers."""

    def gettext(self, message: str) -> str:
        return "⟦" + _PLACEHOLDER.sub(r"⟧\1⟦", message) + "⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)


MARKED = Language("marked", Marking())
_KEY = re.compile(r"[a-z_]+(\.[\w-]+)*|[0-9a-f]{64}")
"""A key of a scenario file, or a hash."""
FORMATS = {"csv", "ai", "lca", "json", "br", "nbsp", "FLOP", "MWh", "day", "parameter"}
"""What is neither English nor data: markup of charts, names of programs and of formats, units of disclosures."""


def data_of(study: Study, catalogue: Catalogue) -> set[str]:
    """Every word of the inventory, the sources, the scenarios and the gaps."""
    given: list[Any] = [
        catalogue.activities,
        list(catalogue.activities),
        [scenario.file.model_dump() for scenario in study.scenarios],
        [record.model_dump() for s in study.scenarios for record in s.measurements.values()],
        [s.document.shown if s.document else "" for s in study.scenarios],
        study.table.astype(str).to_dict("records"),
        study.gaps().astype(str).to_dict("records"),
        study.set_aside().astype(str).to_dict("records"),
        [explain(study, name, id) for name in study.names for id in study.categories],
        [system.notes for system in study.systems],
        [(c.id, c.method, c.unit) for c in CATEGORIES.values()],
        study.provenance,
        list(study.provenance),
        study.names,
    ]
    return set(_WORD.findall("\n".join(strings(given)))) | FORMATS


def strings(given: Any) -> Iterator[str]:
    """The texts in it, but no name of a field or key."""
    if isinstance(given, StrEnum):  # a code is to be translated
        return
    if isinstance(given, str):
        yield given
    elif isinstance(given, Mapping):
        for value in given.values():
            yield from strings(value)
    elif isinstance(given, (list, tuple, set, frozenset)):
        for value in given:
            yield from strings(value)
    elif isinstance(given, BaseModel):
        yield from strings(given.model_dump())
    elif is_dataclass(given):
        for field in fields(given):
            yield from strings(getattr(given, field.name))


def english(texts: Iterable[str], data: set[str]) -> dict[str, str]:
    """Words that are neither translated nor data, each with what stands around it."""
    rest = re.sub("⟦[^⟦⟧]*⟧", "⟦⟧", re.sub(r"<[^<>]*>|&\w+;", " ", "\n".join(texts)))
    words = ((match[0], rest[max(match.start() - 40, 0) : match.end() + 20]) for match in _WORD.finditer(rest))
    return {word: around for word, around in words if word not in data}


def of_charts(data: Any) -> Iterator[str]:
    """What is read of charts and trees."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key in ("alt", "note", "empty", "t", "v", "name", "title") and isinstance(value, str):
                yield value
            elif key in ("table", "f", "customdata", "text"):
                yield json.dumps(value, ensure_ascii=False)
            else:
                yield from of_charts(value)
    elif isinstance(data, list):
        for value in data:
            yield from of_charts(value)


@pytest.fixture
def judged(study: Study, small_catalogue: Catalogue) -> Study:
    return replace(study, layers=drawn(study, small_catalogue, 50))


def test_no_english_is_left_in_the_page(judged: Study, small_catalogue: Catalogue, tmp_path: Path) -> None:
    with language(MARKED):
        read = Read(page(judged, tmp_path / "page.html").read_text(encoding="utf-8"))
    data = data_of(judged, small_catalogue)
    assert english((text for text in read.texts if "color-scheme:" not in text), data) == {}
    assert english(of_charts(read.data), data) == {}


def test_no_english_is_left_on_the_terminal(
    judged: Study, small_catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    with language(MARKED):
        assert judged.layers
        judgements(judged, judged.layers)
        layers(judged, judged.layers)
        scores(judged)
        contributions(judged)
        comparison_tables(comparison(judged))
    printed = capsys.readouterr().out
    assert "⟦" in printed
    assert english([" ".join(printed.split())], data_of(judged, small_catalogue)) == {}


def test_no_english_is_left_in_the_pictures(judged: Study, small_catalogue: Catalogue, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    with language(MARKED):
        written = [path for path in figures(judged, tmp_path) if path.suffix in (".svg", ".md")]
    data = data_of(judged, small_catalogue) | set(_WORD.findall(" ".join(path.stem for path in written)))
    drawn = (re.findall("<text[^>]*>([^<]*)", path.read_text("utf-8")) for path in written if path.suffix == ".svg")
    assert english((html.unescape(text) for texts in drawn for text in texts), data) == {}
    assert english([(tmp_path / "captions.md").read_text("utf-8").replace("\\", "")], data) == {}


def of_workbook(path: Path) -> Iterator[str]:
    """What is read of a workbook: cells, titles of charts, and texts for who cannot see these."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    for sheet in book:
        for row in sheet.iter_rows(values_only=True):
            texts = [text for text in row if isinstance(text, str)]
            keys = sheet.title in ("Scenarios", "Provenance")
            yield from (text for text in texts if not (keys and _KEY.fullmatch(text)))
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            if name.startswith(("xl/charts/", "xl/drawings/")):
                yield from re.findall(r'(?:<a:t>|descr=")([^<"]*)', parts.read(name).decode("utf-8"))


def test_no_english_is_left_in_the_workbook(judged: Study, small_catalogue: Catalogue, tmp_path: Path) -> None:
    leaves = [leaf for s in judged.systems for e in s.exchanges for leaf in e.value.leaves()]
    named = ["id", *(text for leaf in leaves for text in (leaf.name, leaf.field))]
    for id in judged.categories:
        named += map(str, swings(judged, "Poland", id, "France")["number"])
    named += [text for category in CATEGORIES.values() for text in category.name]
    named += get_args(Source.model_fields["confidence"].annotation)
    for full in (False, True):
        path = workbook(judged, tmp_path / "study.xlsx", full, MARKED)
        named += openpyxl.load_workbook(path, read_only=True).sheetnames
        data = data_of(judged, small_catalogue) | set(_WORD.findall("\n".join(named)))
        assert english(of_workbook(path), data) == {}


@pytest.mark.parametrize("name", DISCLOSURES)
def test_no_english_is_left_in_a_disclosure(name: str, judged: Study, small_catalogue: Catalogue) -> None:
    with language(MARKED):
        made = disclosure(judged, name)
        printed = replace(made, sections=tuple(replace(one, document="") for one in made.sections)).text()
    assert english([" ".join(printed.split())], data_of(judged, small_catalogue)) == {}


def test_a_page_in_french_says_so_and_an_english_one_too(study: Study, tmp_path: Path) -> None:
    french = page(study, tmp_path / "page.html", language="fr").read_text(encoding="utf-8")
    assert '<html lang="fr">' in french and "changement climatique" in french and "climate change" not in french
    assert '<html lang="en">' in page(study, tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_workbook_in_french_is_asked_for_by_a_word(study: Study, tmp_path: Path) -> None:
    texts = set(of_workbook(workbook(study, tmp_path / "study.xlsx", language="fr")))
    assert {"catégorie d’impact", "changement climatique", "Scores connus"} <= texts
    assert not {"impact category", "climate change", "Known scores"} & texts
