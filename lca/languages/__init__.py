"""Sentences and numbers in the reader's language. English stands in the code; another language is one file, NAME.po.

    gettext("Functional unit: {unit}.", unit=text)         a sentence: the template is a literal, its values have names
    ngettext("{count} gap", "{count} gaps", count)         one or several; both templates have `count`
    pgettext("of a score", "open")                         one English word of two meanings: its context first
    TITLE = gettext_noop("Scores")                         a constant is marked where it stands, ...
    gettext(TITLE)                                         ... and translated where it is printed
    gettexts("scenario", "unit", "score")                  several in a row: the columns of a table
    named(Stage.USE)                                       the word for a code; its context is the name of its class
    localised(f"{value:,.1f}")                             a number that was formatted as English has it
    IDLE = Deferred("energy of {server} while idle")       what data keep in English, of any reader: IDLE(server=id) ...
    translated(text)                                       ... and where it is shown, as the reader's language has it
    with language("fr"): ...                               what is made inside is French; "" leaves the language alone

Numbers among the values of a template are localised by it. Data (names of inventories, units, ids, sources) are
values, never messages; JSON, CSV and records print codes, never `named`. A translator needs whole sentences: do not
join halves. `python -m lca.languages` brings every NAME.po up to date with the code; `... NAME` begins another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

FOLDER = Path(__file__).parent
HELP = "help"
"""Context of the help of the command line: docstrings of verbs by paragraph, and the help of options."""
MANUAL = "manual"
"""Context of what the keys of a file hold: docstrings of the fields of its model."""
_SEPARATOR = re.compile(r"(?<=\d)[.,](?=\d)|(?<=\d)%")


class UnknownLanguage(LookupError):
    """There is no file of this language."""


@dataclass(frozen=True, slots=True)
class Language:
    """What differs between languages: the words, and how a number is written."""

    name: str
    messages: NullTranslations
    decimal: str = "."
    group: str = ","
    percent: str = "%"


ENGLISH = Language("en", NullTranslations())
_chosen: ContextVar[Language] = ContextVar("language", default=ENGLISH)


class _Localised(Formatter):
    """`str.format`, of which numbers are written as the language has them."""

    def format_field(self, value: Any, format_spec: str) -> str:
        text = str(super().format_field(value, format_spec))
        return text if isinstance(value, str) else localised(text)


_LOCALISED = _Localised()


def available() -> tuple[str, ...]:
    """Names of the languages there are."""
    return (ENGLISH.name, *sorted(path.stem for path in FOLDER.glob("*.po")))


def called(name: str) -> str:
    """The name of a language as those who speak it write it: `français`."""
    from babel import Locale

    return str(Locale.parse(name).get_display_name())


_deferred: list[Deferred] = []
_CODES = {"phase": "Phase", "component": "Component"}
"""Values of deferred messages that are codes, and the classes of these."""
_AMOUNT = re.compile(r"-?\d[\d.,]*(e[+-]?\d+)?( [A-Za-z]+)?")


class Deferred:
    """A message whose English stands in data that readers of several languages share: caches, stored studies.

    Its values are texts; a value `phase` or `component` is a code.
    """

    def __init__(self, message: str) -> None:
        self.message, pattern, names = message, "", set[str]()
        for literal, name, _, _ in Formatter().parse(message):
            pattern += re.escape(literal)
            if name:
                pattern += f"(?P={name})" if name in names else f"(?P<{name}>.+?)"
                names.add(name)
        self.pattern = re.compile(pattern, re.DOTALL)
        _deferred.append(self)

    def __call__(self, **values: str) -> str:
        return self.message.format_map(values)


def translated(text: str) -> str:
    """Text of data in the language of this context, where deferred messages made it, or a row of such joined by "; ".

    Any other text is as it is.
    """
    if _chosen.get() is ENGLISH:
        return text
    for each in _deferred:
        if match := each.pattern.fullmatch(text):
            values = {name: _translated_value(name, value) for name, value in match.groupdict().items()}
            return gettext(each.message, **values)
    parts = text.split("; ")
    return gettext("; ").join(map(translated, parts)) if len(parts) > 1 else text


def _translated_value(name: str, value: str) -> str:
    if name in _CODES:
        return _chosen.get().messages.pgettext(_CODES[name], value)
    return localised(value) if _AMOUNT.fullmatch(value) else translated(value)


def spoken() -> Language:
    """The language of this context: of the thread or of the callback, English until one is set."""
    return _chosen.get()


def speak(name: str | Language) -> None:
    """Set the language of this context. Raises UnknownLanguage."""
    _chosen.set(name if isinstance(name, Language) else _named(name))


@contextmanager
def language(name: str | Language = "") -> Iterator[None]:
    """The language while this lasts; empty: as it is. Raises UnknownLanguage."""
    before = _chosen.get()
    if name:
        speak(name)
    try:
        yield
    finally:
        _chosen.set(before)


@cache
def _named(name: str) -> Language:
    if name == ENGLISH.name:
        return ENGLISH
    if name not in available():
        raise UnknownLanguage(f"no language {name!r}: there are {', '.join(available())}")
    from babel import Locale
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with (FOLDER / f"{name}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=name))
    compiled.seek(0)
    locale = Locale.parse(name)
    symbols = locale.number_symbols["latn"]
    percent = locale.percent_formats[None].suffix[1]
    return Language(name, GNUTranslations(compiled), symbols["decimal"], symbols["group"], percent)


def gettext(message: str, /, **values: Any) -> str:
    """The message in the language of this context, with its values."""
    return _filled(_chosen.get().messages.gettext(message) if message else "", values)


def pgettext(context: str, message: str, /, **values: Any) -> str:
    """A message that English uses in another meaning elsewhere."""
    return _filled(_chosen.get().messages.pgettext(context, message), values)


def ngettext(singular: str, plural: str, count: int, /, **values: Any) -> str:
    """The message for one, or that for several; `count` is among its values."""
    return _filled(_chosen.get().messages.ngettext(singular, plural, count), {"count": count, **values})


def gettexts(*messages: str) -> tuple[str, ...]:
    """Several messages, each in the language of this context."""
    return tuple(gettext(message) for message in messages)


def gettext_noop(message: str) -> str:
    """Marks a constant as a message."""
    return message


def named(code: StrEnum) -> str:
    """The word for a code."""
    return _chosen.get().messages.pgettext(type(code).__name__, str(code)) if code else ""


def localised(text: str) -> str:
    """Text whose numbers are written as in English, with those of the language: `1,234.5` is `1 234,5` in French."""
    chosen = _chosen.get()
    if chosen.decimal == ".":
        return text
    signs = {".": chosen.decimal, ",": chosen.group, "%": chosen.percent}
    return _SEPARATOR.sub(lambda match: signs[match[0]], text)


def _filled(template: str, values: dict[str, Any]) -> str:
    if not values:
        return template
    if _chosen.get() is ENGLISH:
        return template.format_map(values)
    return _LOCALISED.vformat(template, (), values)
