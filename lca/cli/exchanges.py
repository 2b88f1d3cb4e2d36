"""Verbs that carry scenarios in and out of other programs: exchange excel template, import, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lca.cli.shared import Files, Inventory, load
from lca.languages import gettext, ngettext

Workbook = Annotated[Path, typer.Option("--output", "-o", help="Workbook to write.")]


def add(app: typer.Typer) -> None:
    """Add the verbs of this room."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Scenarios in and out of other programs.")
    excel = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Scenarios as columns of an Excel workbook.")
    excel.command()(template)
    excel.command("import")(import_scenarios)
    excel.command()(export)
    group.add_typer(excel, name="excel")
    app.add_typer(group, name="exchange")


def template(output: Workbook = Path("scenarios.xlsx"), inventory: Inventory = []) -> None:  # noqa: B006
    """Write a workbook to fill in: a column a scenario, the manual as comments, lists of servers and places.

    Example: lca exchange excel template -o scenarios.xlsx
    """
    from lca.exchange.excel.writing import template

    print(gettext("{path}: overwrite the example in column C, and add columns", path=template(output, load(inventory))))


def import_scenarios(
    workbook: Annotated[Path, typer.Argument(help="Workbook of scenarios.", metavar="SCENARIOS.xlsx")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the scenario files; default: the workbook's.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace scenario files that are there.")] = False,
) -> None:
    """Write a scenario file for every column of a workbook, or say by sheet and cell what is wrong.

    Example: lca exchange excel import scenarios.xlsx -o my-scenarios
    """
    from lca.errors import UsageError
    from lca.exchange.excel.reading import read_workbook
    from lca.quantities.outputs import write_text

    folder = output or workbook.parent
    scenarios = [scenario for scenario in read_workbook(workbook, folder) if scenario.document]
    if not scenarios:
        raise UsageError(
            gettext("{workbook}: no column of the sheet Scenarios has a name and values", workbook=workbook)
        )
    paths = [scenario.document.path for scenario in scenarios if scenario.document]
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        raise UsageError(
            gettext("{there} is there already: add --overwrite, or name another folder by --output", there=there[0])
        )
    for scenario in scenarios:
        if scenario.document:
            write_text(scenario.document.path, scenario.document.text)
            print(f"{scenario.document.path}: {scenario.name}")


def export(files: Files, output: Workbook = Path("scenarios.xlsx"), inventory: Inventory = []) -> None:  # noqa: B006
    """Write scenarios as columns of a workbook, to change there and to read back.

    Example: lca exchange excel export scenarios/digits-france.toml scenarios/digits-poland.toml -o digits.xlsx
    """
    from lca.api import loaded
    from lca.exchange.excel.writing import export

    scenarios = loaded(files)
    counted = ngettext("{count} scenario", "{count} scenarios", len(scenarios))
    print(f"{export(scenarios, output, load(inventory))}: {counted}")
