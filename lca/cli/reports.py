"""Verbs on saved studies: report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lca.cli.shared import Json, print_json, status
from lca.languages import gettext

if TYPE_CHECKING:
    from lca.study.study import Study

Excel = Annotated[Path | None, typer.Option("--excel", help="Write the workbook here.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write the page, one self-contained file, here.")]
Figures = Annotated[Path | None, typer.Option("--figures", help="Write figures as PNG and SVG into this folder.")]


Full = Annotated[
    bool, typer.Option("--full", help="With every table in the workbook, in place of the sheets that answer.")
]
Data = Annotated[Path | None, typer.Option("--data", help="Write every contribution into this .csv or .parquet file.")]


def add(app: typer.Typer) -> None:
    """Add the verbs of this room."""
    app.command()(report)


def free(*outputs: Path | None, excel: Path | None = None, full: bool = False, data: Path | None = None) -> None:
    """Raise UsageError for an output that cannot be written, before the work that it is for."""
    from lca.errors import UsageError
    from lca.quantities.outputs import must_be_free

    if full and excel is None:
        raise UsageError(gettext("--full is of the workbook: name that with --excel"))
    if data is not None:
        from lca.report.excel.data_file import must_be_written

        must_be_written(data)
    for path in (*outputs, excel, data):
        if path is not None:
            must_be_free(path)


def write(
    study: Study,
    excel: Path | None,
    html: Path | None,
    figures: Path | None,
    output: Path | None = None,
    full: bool = False,
    data: Path | None = None,
) -> None:
    """Write what was asked for: all of it, or nothing."""
    if all(path is None for path in (excel, html, figures, output, data)):
        return
    from lca import report
    from lca.quantities.outputs import all_or_none
    from lca.study.stored import save

    with status(gettext("writing the report")), all_or_none():
        if output is not None:
            save(study, output)
        if excel is not None:
            report.workbook(study, excel, full)
        if data is not None:
            report.data(study, data)
        if html is not None:
            report.page(study, html)
        if figures is not None:
            report.figures(study, figures)


def report(
    study: Annotated[Path, typer.Argument(help="Study saved by `lca assess -o`.", metavar="STUDY.json")],
    excel: Excel = None,
    full: Full = False,
    data: Data = None,
    html: Html = None,
    figures: Figures = None,
    disclosure: Annotated[
        str, typer.Option(help="ghg-protocol, sci, sci-ai, eu-ai-act, ademe, model-card, boamps or ml-costs.")
    ] = "",
    option: Annotated[list[str], typer.Option(help="Option of a disclosure, as name=value; repeatable.")] = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Write the reports of a saved study, or print a disclosure.

    Example: lca report digits.json --disclosure sci
    """
    from lca.errors import UsageError
    from lca.report import disclosure as make
    from lca.study.stored import load

    given = [text.partition("=") for text in option]
    if wrong := [name for name, equals, _ in given if not equals]:
        raise UsageError(gettext("write an option as name=value, not {wrong!r}", wrong=wrong[0]))
    if not disclosure and all(path is None for path in (excel, html, figures, data)):
        raise UsageError(gettext("ask for --excel, --data, --html, --figures or --disclosure"))
    free(html, excel=excel, full=full, data=data)
    loaded = load(study)
    write(loaded, excel, html, figures, full=full, data=data)
    if disclosure:
        made = make(loaded, disclosure, **{name: value for name, _, value in given})
        print_json(made.to_json()) if as_json else print(made.text())
