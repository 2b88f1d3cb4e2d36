"""Words about the command line: every option that a message or the README names exists, every help has an example."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from workplace import Done

import lca
from lca.cli import app
from lca.cli.help import asked_for, translated_help
from lca.errors import UsageError
from lca.languages import language
from lca.measure.formats import EXPORTERS, IMPORTERS, import_record

PACKAGE = Path(lca.__file__).parent
README = PACKAGE.parent / "README.md"
SPEAKS_OF = {"measure/formats": "record import", "campaign": "campaign"}
"""Folder → the verb whose options its messages name; elsewhere any verb's."""
_OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
_VERB = re.compile(r"\blca ((?:[a-z-]+ ?)+)")


def verbs(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every verb that does something, by its words."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from verbs(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


VERBS = dict(verbs(typer.main.get_command(app)))
OPTIONS = {
    verb: {"--help"} | {option for parameter in command.params for option in parameter.opts + parameter.secondary_opts}
    for verb, command in VERBS.items()
}


def texts(path: Path) -> Iterator[str]:
    """Every string of a module, an f-string as one."""
    inside = set[int]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            inside |= {id(part) for part in node.values}
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def commands_of_readme() -> Iterator[str]:
    """Prose by paragraph, blocks of commands by line."""
    for block in README.read_text(encoding="utf-8").split("\n\n"):
        shown = [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]
        yield from shown or [block]


def unknown(text: str, speaks_of: str = "") -> Iterator[str]:
    """Options in a text that the verb which it names, or else the one it speaks of, does not have."""
    for quoted in re.findall(r"`([^`]*)`", text):
        if not quoted.startswith(("lca ", "-")):
            text = text.replace(f"`{quoted}`", "")  # another program's
    for span in re.split(r"[`\n]", text):
        named = _VERB.search(span)
        words = named[1].split() if named else []
        verb = next((v for v in (" ".join(words[:2]), " ".join(words[:1])) if v in OPTIONS), speaks_of)
        known = OPTIONS[verb] if verb else set().union(*OPTIONS.values())
        own, _, of_the_program = span.partition(" -- ")  # after it come the words of a measured program
        assert not of_the_program or verb in ("", "measure")
        yield from (f"{option} of {verb or 'any verb'}" for option in _OPTION.findall(own) if option not in known)


def test_messages_name_options_that_exist() -> None:
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        file = path.relative_to(PACKAGE).as_posix()
        speaks_of = next((verb for folder, verb in SPEAKS_OF.items() if file.startswith(folder)), "")
        wrong += [f"{file}: {option}" for text in texts(path) for option in unknown(text, speaks_of)]
    assert wrong == []


def test_the_readme_names_options_that_exist() -> None:
    assert [
        option for text in commands_of_readme() if not text.startswith(("pip ", "make ")) for option in unknown(text)
    ] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("name the columns: --columns TIME,POWER", ["--columns of record import"]),
        ("give --column twice", []),
        ("see `lca assess --floor 1`", ["--floor of assess"]),
        ("see `lca compare --floor 1`", []),
        ("text of `sacct --parsable2`", []),
        ("`lca measure -o x -- python --nonsense`", []),
    ],
)
def test_an_option_that_does_not_exist_is_found(text: str, found: list[str]) -> None:
    assert list(unknown(text, "record import")) == found


@pytest.mark.parametrize("verb", VERBS)
def test_every_help_ends_in_an_example_that_parses(verb: str) -> None:
    last = " ".join(VERBS[verb].help.split("\n\n")[-1].split())
    assert last.startswith(f"Example: lca {verb}")
    words = shlex.split(last.removeprefix(f"Example: lca {verb}"))
    context = VERBS[verb].make_context(verb, words)
    assert context.params.keys() >= {parameter.name for parameter in VERBS[verb].params if parameter.name != "help"}


def helps(command: Any) -> Iterator[str]:
    """What the help of a command and of those of its group says, by paragraph and option."""
    yield from (" ".join(text.split()) for text in (command.help or "").split("\n\n"))
    yield from (parameter.help for parameter in command.params if getattr(parameter, "help", None))
    for inner in getattr(command, "commands", {}).values():
        yield from helps(inner)


def test_every_help_is_translated() -> None:
    with language("fr"):
        french = list(helps(translated_help(typer.main.get_command(app))))
    english = list(helps(typer.main.get_command(app)))
    assert len(french) == len(english)
    assert [text for text, other in zip(english, french, strict=True) if text == other] == []


def test_help_is_in_the_language_asked_for(command: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    french = command("assess", "--help", "--language", "fr").out
    assert "Évalue des scénarios sur les catégories d’impact." in french and "[par défaut\xa0: " in french
    assert "Exemple\xa0: lca assess scenarios/" in french and "Affiche cette aide." in french
    assert command("assess", "--language=fr", "--help").out == french
    english = command("--help").out
    assert "Assess scenarios on the impact categories." in english and "Commands:" in english
    monkeypatch.setenv("LCA_LANGUAGE", "fr")
    assert "Évalue des scénarios" in command("--help").out
    assert "Formats\xa0: " in command("record", "import", "--help").out
    assert asked_for(["list", "--language", "en"]) == "en"  # the option goes before the variable
    monkeypatch.setenv("LCA_LANGUAGE", "xx")
    assert command("--help").out == english
    assert asked_for(["measure", "--", "program", "--language", "fr"]) == ""


@pytest.mark.parametrize(("verb", "formats"), [("record import", IMPORTERS), ("record export", EXPORTERS)])
def test_the_help_lists_every_format(verb: str, formats: dict[str, object]) -> None:
    command = VERBS[verb]
    with command.make_context(verb, [], resilient_parsing=True) as context:
        listed = command.get_help(context).partition("Formats: ")[2]
    assert listed and [name for name in formats if not re.search(rf"\b{name}\b", listed)] == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": ["a", "b"], "devices": ["0"]}, "has no use for --column, --device"),
        ({"covers": "chassis"}, "--covers 'chassis' is none of node, cpu, gpu, memory, components"),
    ],
)
def test_an_option_that_a_format_does_not_take_is_named_as_it_is_written(
    options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    format = "csv" if "covers" in options else "codecarbon"
    with pytest.raises(UsageError, match=message):
        import_record(format, [tmp_path / "file"], **options)
