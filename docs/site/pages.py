"""Pages of the site that no Markdown file below docs/ holds: notebooks as they run, commands, what lies above."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "docs" / "notebooks"
ABOVE = {"README.md": "manual.md", "ARCHITECTURE.md": "architecture.md", "scenarios/README.md": "shipped-scenarios.md"}
"""Files outside docs/ → the pages that they are."""
WIDTH = 100
"""Of the text of a help, in characters."""
_STYLE = re.compile(r"<style.*?</style>\s*", re.S)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, and the style sheet that lies beside this file."""
    pages = {page: _above(path) for path, page in ABOVE.items()}
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        read = pool.map(executed if config.extra["run_notebooks"] else as_kept, paths)
        for path, notebook in zip(paths, read, strict=True):
            pages[f"notebooks/{path.stem}.md"] = _page(notebook, path)
    pages["commands.md"] = "\n\n".join(_commands())
    pages["site.css"] = (Path(__file__).parent / "site.css").read_text(encoding="utf-8")
    for name, content in pages.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """A link to a notebook leads to its page here, and to its file where the repository is read."""
    return re.sub(r"\]\((\S*?)\.ipynb\)", r"](\1.md)", markdown)


def executed(path: Path) -> Any:
    """The notebook with what its cells print and show, run from top to bottom in a folder and data folder of its own.

    Raises nbclient's CellExecutionError where a cell does.
    """
    notebook = as_kept(path)
    with tempfile.TemporaryDirectory(prefix="ai-lca-", ignore_cleanup_errors=True) as folder:
        own = {"XDG_DATA_HOME": folder, "IPYTHONDIR": folder}
        client = NotebookClient(
            notebook,
            timeout=300,
            kernel_name="python3",
            resources={"metadata": {"path": folder}},
            extra_arguments=["--log-level=ERROR"],
        )
        client.execute(env={**os.environ, **own})
    return notebook


def as_kept(path: Path) -> Any:
    """The notebook without outputs."""
    return nbformat.read(path, as_version=4)


def _above(path: str) -> str:
    """A file of the repository, its links as they are on the site."""
    text = (ROOT / path).read_text(encoding="utf-8")
    for other, page in ABOVE.items():
        text = text.replace(f"]({other})", f"]({page})")
    return text.replace("](docs/", "](")


def _page(notebook: Any, path: Path) -> str:
    parts = [part for cell in notebook.cells for part in _parts(cell)]
    return "\n\n".join([*parts, f'<a href="{path.name}" download>This notebook</a>, to run and to change.'])


def _parts(cell: Any) -> Iterator[str]:
    if cell.cell_type == "markdown":
        yield cell.source
        return
    yield _fenced(cell.source, "python")
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        if output.get("name") == "stdout":
            yield _fenced(output.text, "text")
        elif "text/html" in data:
            yield f'<div class="output">\n{_STYLE.sub("", data["text/html"])}\n</div>'
        elif "text/plain" in data:
            yield _fenced(data["text/plain"], "text")


def _fenced(text: str, language: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def _commands() -> Iterator[str]:
    """Every verb with what its help says, as the terminal shows it."""
    import typer

    from lca.cli import app

    yield "# Commands\n\nEvery verb, as `lca VERB --help` says it."
    yield from _helps(typer.main.get_command(app), "lca", None)


def _helps(command: Any, name: str, above: Any) -> Iterator[str]:
    context = command.context_class(command, info_name=name, parent=above, terminal_width=WIDTH)
    if not hasattr(command, "commands"):
        yield f"## {context.command_path}\n\n{_fenced(command.get_help(context), 'text')}"
    for verb, one in getattr(command, "commands", {}).items():
        yield from _helps(one, verb, context)
