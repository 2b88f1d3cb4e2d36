"""Help in the language asked for: its English stands in the docstrings and options of the verbs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import pairwise, takewhile
from typing import Any

import typer

from lca.languages import HELP, available, gettext, gettexts, pgettext

VARIABLE = "LCA_LANGUAGE"
_EXAMPLE = "Example: "


def asked_for(words: Sequence[str]) -> str:
    """The language that --language names, or else the variable; empty: there is no such language, or neither does.

    Before the words are parsed: `--help` is obeyed first wherever it stands, and an app or a group has no --language.
    """
    own = takewhile(lambda word: word != "--", words)  # after it come the words of a measured program
    name = os.environ.get(VARIABLE, "")
    for word, following in pairwise([*own, ""]):
        if word == "--language":
            name = following
        elif word.startswith("--language="):
            name = word.partition("=")[2]
    return name if name and name in available() else ""


def translated_help(command: Any) -> Any:
    """The command and those of its group, with their help in the language of this context."""
    command.help = "\n\n".join(map(_paragraph, (command.help or "").split("\n\n")))
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = pgettext(HELP, parameter.help)
    option = command.get_help_option(typer.Context(command))
    option.help = gettext("Show this message and exit.")
    for inner in getattr(command, "commands", {}).values():
        translated_help(inner)
    return command


def _paragraph(text: str) -> str:
    if text.startswith(_EXAMPLE):
        return gettext("Example: {command}", command=text.removeprefix(_EXAMPLE))
    line = " ".join(text.split())
    return pgettext(HELP, line)


def speak_typer() -> None:
    """Have typer's own words translated too: its gettext is the standard library's, which knows no context."""
    gettexts("Arguments", "Options", "Commands", "required", "(dynamic)", "default: {default}", "env var: {var}")
    vars(typer.core)["_"] = gettext
