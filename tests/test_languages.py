"""Languages: every message of the code has a translation that fits it; numbers as a language writes them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from workplace import Done

import lca
from lca import errors
from lca.errors import NotANumber
from lca.exchange.excel.book import manual_of
from lca.exchange.keys import Key, keys
from lca.inventory.checks.quarantine import _QUARANTINED as QUARANTINED
from lca.inventory.files.activity import ActivityFile
from lca.languages import (
    MANUAL,
    UnknownLanguage,
    available,
    gettext,
    language,
    localised,
    named,
    ngettext,
    pgettext,
    spoken,
    translated,
)
from lca.languages.catalogue import messages, translations
from lca.measure.formats import faults
from lca.methods.categories import CATEGORIES
from lca.quantities.records import Record
from lca.system.energy import _WATER as WATER
from lca.system.run import _ALLOCATED as ALLOCATED
from lca.system.run import _NO_FACILITY as NO_FACILITY
from lca.system.run import _NO_WUE as NO_WUE
from lca.system.scenario import ScenarioFile
from lca.vocabulary import Stage, Verdict

PACKAGE = Path(lca.__file__).parent
OTHERS = available()[1:]
CURRENT = messages()
HELP = "python -m lca.languages writes new messages into the files of translations"
_PLACEHOLDER = re.compile(r"(?<!\{)\{(\w*(?:![rsa])?(?::[^{}]*)?)\}(?!\})|%\((\w+)\)s")
REFUSALS = {
    name
    for name, kind in (vars(errors) | vars(faults)).items()
    if isinstance(kind, type) and issubclass(kind, Exception)
}
KEPT = {"NotMeasured"}
"""Refusals whose words stand in a record."""
_TOLD = {"gettext", "gettexts", "ngettext", "pgettext", "gettext_noop", "Deferred"}


def texts(message: Any) -> list[str]:
    return list(message) if isinstance(message, (tuple, list)) else [message]


def placeholders(text: str) -> Counter[str]:
    return Counter(match[1] or match[2] for match in _PLACEHOLDER.finditer(text))


def test_there_is_french() -> None:
    assert "fr" in OTHERS


@pytest.mark.parametrize("name", OTHERS)
def test_every_message_is_translated_and_nothing_else_is(name: str) -> None:
    translated = {(m.context, m.id if isinstance(m.id, str) else tuple(m.id)): m for m in translations(name) if m.id}
    current = {(m.context, m.id if isinstance(m.id, str) else tuple(m.id)) for m in CURRENT if m.id}
    assert sorted(map(str, current - translated.keys())) == [], HELP
    assert sorted(map(str, translated.keys() - current)) == [], HELP
    assert [m.id for m in translated.values() if m.fuzzy or not all(texts(m.string))] == []


@pytest.mark.parametrize("name", OTHERS)
def test_a_translation_has_the_values_of_its_message(name: str) -> None:
    wrong = []
    for message in translations(name):
        if message.id:
            wanted = placeholders(texts(message.id)[-1]).keys()
            least = placeholders(texts(message.id)[0]).keys()  # `the gap` in place of `1 gap`
            wrong += [t for t in texts(message.string) if not least <= placeholders(t).keys() <= wanted]
    assert wrong == []


def manuals(*models: type[Record]) -> Iterator[str]:
    """What the keys of files hold, in words: of tables by name too."""
    for model in models:
        for key in keys(model):
            yield pgettext(MANUAL, key.manual) if key.manual else ""
            if key.record and key.record is not model:
                yield from manuals(key.record)


def test_the_manual_of_every_key_is_translated() -> None:
    """The extractor finds what the keys of a model say, in whichever file the record is."""
    english = list(manuals(ScenarioFile, ActivityFile))
    with language("fr"):
        french = list(manuals(ScenarioFile, ActivityFile))
        assert manual_of(Key(("report", "public"), "choice", choices=("a", "b"), required=True)) == (
            "Au choix\xa0: a, b. Obligatoire dans son tableau."
        )
    assert "Service life, powered or not." in english
    assert [text for text, other in zip(english, french, strict=True) if text and text == other] == []


def test_french_has_its_spaces() -> None:
    marks, code = re.compile(r" [:;!?%»](?!\w)|« "), re.compile("`[^`]*`")
    assert [t for m in translations("fr") if m.id for t in texts(m.string) if marks.search(code.sub("", t))] == []


def test_only_literals_are_marked() -> None:
    """A template that is put together cannot be found, nor one with a value in it already."""
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):  # Babel does not look into it
                inside = (n for n in ast.walk(node) if isinstance(n, ast.Call) and getattr(n.func, "id", "") in _TOLD)
                wrong += [f"{path.relative_to(PACKAGE)}:{n.lineno}" for n in inside]
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in _TOLD:
                wrong += [
                    f"{path.relative_to(PACKAGE)}:{node.lineno}"
                    for argument in node.args
                    if isinstance(argument, (ast.JoinedStr, ast.BinOp))
                ]
    assert wrong == []


def test_what_is_refused_is_said_in_the_readers_language() -> None:
    """No refusal has an English sentence that nothing translates."""
    plain = []
    for path in sorted({*PACKAGE.rglob("*.py")} - {*PACKAGE.glob("report/disclosures/*.py")}):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        own = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and _refuses(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (REFUSALS | own) - KEPT:
                plain += [f"{path.relative_to(PACKAGE)}:{a.lineno}" for a in node.args if _sentence(a)]
    assert plain == [], "write gettext(...) around it"


def _refuses(made: ast.ClassDef) -> bool:
    return any(getattr(base, "id", "") in REFUSALS for base in made.bases)


def _sentence(argument: ast.expr) -> bool:
    """Whether it is a literal with words in it."""
    parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    return any(isinstance(part, ast.Constant) and re.search("[a-z]{2}", str(part.value)) for part in parts)


def test_words_and_numbers_are_those_of_the_language() -> None:
    assert (named(Stage.END_OF_LIFE), CATEGORIES["climate-change"].title) == ("end-of-life", "climate change")
    with language("fr"):
        assert named(Stage.END_OF_LIFE) == "fin de vie"
        assert CATEGORIES["climate-change"].title == "changement climatique"
        assert localised("1,234,567.5 kg, 33%") == "1\u202f234\u202f567,5 kg, 33\xa0%"
        assert gettext("{share:.1%} of {amount:,.1f}", share=0.5, amount=1234.5) == "50,0\xa0% of 1\u202f234,5"
        assert pgettext("nowhere", "{name}: {size:g}", name="a.b", size=0.5) == "a.b: 0,5"
        assert ngettext("{count} gap", "{count} gaps", 2) != ""
        assert NotANumber("x").remedy.startswith("écrivez")
    assert spoken().name == "en"


def test_english_needs_no_file_and_changes_nothing() -> None:
    assert gettext("{share:.1%} of {amount:,.1f}", share=0.5, amount=1234.5) == "50.0% of 1,234.5"
    assert gettext("braces {} stay where there are no values") == "braces {} stay where there are no values"
    assert ngettext("{count} thing", "{count} things", 1) == "1 thing"
    assert named(Verdict.LOWER) == "lower"


def test_what_data_keep_in_english_is_shown_in_the_language_of_each_reader() -> None:
    water = WATER(facility=NO_FACILITY(), reason=NO_WUE())
    kept = f"{QUARANTINED(times='12.5')}; methane: out of all proportion; Oil | air"
    noted = ALLOCATED(phase="training", part="0.25")
    assert water == translated(water) == "water evaporated at a facility that is not in the catalogue: WUE not stated"
    assert noted == "Phase training: 0.25 of the effort is allocated to this scenario, which shares it."
    with language("fr"):
        assert translated(water) == (
            "eau évaporée dans une installation qui n’est pas dans le catalogue\u00a0: WUE non indiqué"
        )
        assert translated(kept) == (
            "mis en quarantaine\u00a0: normalisé, 12,5 fois la catégorie médiane de l’activité\u00a0; "
            "methane\u00a0: hors de toute proportion\u00a0; Oil | air"
        )
        assert translated(noted) == (
            "Phase entraînement\u00a0: une part de 0,25 de l’effort est allouée à ce scénario, qui la partage."
        )
        assert translated("what a user wrote: 0.5") == "what a user wrote: 0.5"


def test_a_language_without_a_file_is_refused_and_those_there_are_named() -> None:
    with pytest.raises(UnknownLanguage, match=r"no language 'xx': there are en, .*fr"), language("xx"):
        pass
    assert spoken().name == "en"


def test_every_verb_has_a_language(command: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    refused = command("list", "categories", "--language", "xx")
    assert (refused.code, refused.out, refused.err[:18]) == (2, "", "no language 'xx': ")
    assert "changement climatique" in command("list", "categories", "--language", "fr").out
    monkeypatch.setenv("LCA_LANGUAGE", "fr")
    assert "changement climatique" in command("list", "categories").out
    assert "climate change" in command("list", "categories", "--json").out
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    monkeypatch.delenv("LCA_LANGUAGE")
    assert "climate change" in command("list", "categories").out
