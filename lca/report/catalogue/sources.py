"""Whom an inventory owes its figures to: the text of inventories/SOURCES.md, made from its files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lca.builtin import folder
from lca.errors import InvalidData
from lca.inventory.files.sources import cited, read_shared
from lca.quantities.documents import SHARED, Document
from lca.quantities.sources import Source

_HEAD = """# Sources of the figures

Made from the files by `lca check --write`; do not edit. The selection and arrangement of the files is licensed
under CC BY 4.0 (LICENSE). The figures come from the works below; each number cites its source, in the same file under
[sources] or in sources/. Files below `share-alike/` are derived from share-alike works: see the notice there.
"""


def credits(root: Path) -> str:
    """Every cited work of the TOML files below `root`, with its licence and the files that cite it.

    Raises InvalidData for a file that cannot be read.
    """
    citing: dict[tuple[str, ...], set[str]] = {}
    shared, problems = read_shared(root, Document.read)
    if problems:
        raise InvalidData(problems)
    shared = {**read_shared(folder("inventories"), Document.read)[0], **shared}
    for path in sorted(root.rglob("*.toml")):
        name = path.relative_to(root).as_posix()
        if name.startswith(f"{SHARED}/"):
            continue
        document = replace(Document.read(path), shared=shared)
        own = {id: Source.model_validate(entry) for id, entry in document.content.get("sources", {}).items()}
        for source in document.with_shared(own, cited(document)).values():
            if source.confidence != "assumption":
                citing.setdefault(_work(source), set()).add(name)
    lines = [_HEAD]
    for (title, authors, year, url, licence), files in sorted(citing.items(), key=lambda item: item[0][0].lower()):
        credit = ". ".join(part.rstrip(".") for part in (authors, year, url) if part)
        lines.append(f"- **{title}**. {credit + '. ' if credit else ''}Licence: {licence or 'not stated'}.")
        lines.append(f"  Cited by {_files(sorted(files))}.")
    return "\n".join(lines) + "\n"


def _work(source: Source) -> tuple[str, ...]:
    year = str(source.year) if source.year else ""
    return source.title, source.authors or "", year, source.url or "", source.licence or ""


def _files(files: list[str]) -> str:
    shown = ", ".join(f"`{file}`" for file in files[:6])
    return shown if len(files) <= 6 else f"{shown} and {len(files) - 6} more"
