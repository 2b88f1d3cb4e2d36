"""The messages of the code, by Babel's extractors, and the files of their translations."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_python
from babel.messages.pofile import read_po, write_po

from lca.languages import FOLDER, HELP, MANUAL, available

PACKAGE = FOLDER.parent
REMEDY = "remedy"
"""Context of the remedies: docstrings of the classes of `errors.py`."""
_MODELS = ("system/scenario.py", "inventory/files/activity.py", "inventory/files/mix.py", "quantities/sources.py")
"""Models of the files that a person writes in a form or a workbook; `Quantity` is that of their numbers."""
_METHODS = [("**.py", "lca.languages.catalogue:extract"), ("**.html", "jinja2")]
_OPTIONS = {"**.html": {"trimmed": "true", "silent": "false"}}
_KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_noop": None, "Deferred": None}


def extract(file: IO[bytes], keywords: Any, comments: Any, options: Any) -> Iterator[tuple[Any, ...]]:
    """Babel's extractor of Python, the messages of `gettexts`, and words of codes: members of a StrEnum, remedies of
    faults, impact categories, help of the command line, keys of files.
    """
    yield from extract_python(file, keywords, comments, options)
    file.seek(0)
    categories, verbs = file.name.endswith("methods/categories.py"), Path(file.name).parent.name == "cli"
    for node in ast.walk(ast.parse(file.read())):
        match node:
            case ast.Tuple(elts=[_, _, ast.Constant(value=str(title)), _, _]) if categories:
                yield node.lineno, "pgettext", ("impact category", title), []
            case ast.Call(func=ast.Name(id="gettexts"), args=each):
                literals = (one for one in each if isinstance(one, ast.Constant))
                yield from ((one.lineno, "gettext", one.value, []) for one in literals)
            case ast.keyword(arg="help", value=ast.Constant(value=str(text))) if verbs:
                yield node.value.lineno, "pgettext", (HELP, text), []
            case ast.FunctionDef() if verbs:
                about, example, _ = (ast.get_docstring(node) or "").partition("\n\nExample: ")
                paragraphs = about.split("\n\n") if example else []
                yield from ((node.lineno, "pgettext", (HELP, " ".join(one.split())), []) for one in paragraphs)
        if not isinstance(node, ast.ClassDef):
            continue
        if file.name.endswith(_MODELS) or node.name in ("Ranged", "Quantity"):
            for line, docstring in pairwise(node.body):
                match line, docstring:
                    case ast.AnnAssign(), ast.Expr(value=ast.Constant(value=str(text))):
                        yield docstring.lineno, "pgettext", (MANUAL, " ".join(text.split())), []
        bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
        if "StrEnum" in bases:
            for line in node.body:
                match line:
                    case ast.Assign(value=ast.Constant(value=str(word))) if word:
                        yield line.lineno, "pgettext", (node.name, word), []
        elif "Fault" in bases:
            remedy = " ".join((ast.get_docstring(node) or "").split())
            yield node.lineno, "pgettext", (REMEDY, remedy), []


def messages() -> Catalog:
    """Every message of the code."""
    catalogue = Catalog()
    extracted = extract_from_dir(PACKAGE, _METHODS, _OPTIONS, keywords=_KEYWORDS, comment_tags=())
    for file, _, message, comments, context in extracted:
        catalogue.add(message, None, [(Path(file).as_posix(), 0)], auto_comments=comments, context=context)
    return catalogue


def translations(name: str) -> Catalog:
    """What NAME.po holds."""
    with (FOLDER / f"{name}.po").open("rb") as file:
        return read_po(file, locale=name)


def update(*names: str) -> None:
    """Write every NAME.po, those of further names too: messages of the code only, new ones without a translation."""
    current = messages()
    for name in sorted({*available()[1:], *names}):
        path, written = FOLDER / f"{name}.po", BytesIO()
        catalogue = translations(name) if path.is_file() else Catalog(locale=name)
        header = path.read_text("utf-8").partition("\n\n")[0] if path.is_file() else _header(catalogue)
        catalogue.update(current, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        write_po(written, catalogue, width=118, omit_header=True, sort_output=True, include_lineno=False)
        path.write_bytes(f"{header}\n\n".encode() + written.getvalue())


def _header(catalogue: Catalog) -> str:
    lines = [
        f"Language: {catalogue.locale}",
        "Content-Type: text/plain; charset=utf-8",
        f"Plural-Forms: {catalogue.plural_forms}",
    ]
    return "\n".join(['msgid ""', 'msgstr ""', *(f'"{line}\\n"' for line in lines)])
