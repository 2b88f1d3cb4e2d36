"""Verbs that carry scenarios and inventories in and out of other programs: excel, inventory, openlca, differences."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lca.cli.shared import EndOfLife, Files, Inventory, UnderBackground, assessed, load, status
from lca.languages import gettext, ngettext

Workbook = Annotated[Path, typer.Option("--output", "-o", help="Workbook to write.")]


def add(app: typer.Typer) -> None:
    """Add the verbs of this room."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Scenarios and inventories in and out.")
    excel = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Scenarios as columns of an Excel workbook.")
    excel.command()(template)
    excel.command("import")(import_scenarios)
    excel.command()(export)
    sheets = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Activities as rows of an Excel workbook.")
    sheets.command("template")(inventory_template)
    sheets.command("import")(import_inventory)
    sheets.command("export")(export_inventory)
    group.add_typer(excel, name="excel")
    differences = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="Scenarios as differences of one Brightway project."
    )
    differences.command("export")(export_differences)
    differences.command("import")(import_differences)
    group.add_typer(differences, name="differences")
    group.add_typer(sheets, name="inventory")
    openlca = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Activities in the format of openLCA.")
    openlca.callback()(lambda: None)
    openlca.command("export")(export_openlca)
    group.add_typer(openlca, name="openlca")
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
    _must_be_new([scenario.document.path for scenario in scenarios if scenario.document], overwrite)
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


def export_differences(
    files: Files,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .xlsx, or .csv with semicolons.")
    ] = Path("differences.xlsx"),
    prefix: Annotated[str, typer.Option(help="First word of the databases of the project that it is for.")] = "ai-lca",
    inventory: Inventory = [],  # noqa: B006
    end_of_life: EndOfLife = "cut-off",
    background: UnderBackground = "",
) -> None:
    """Write scenarios as flows of one Brightway project that differ, which Activity Browser reads.

    The project is what `lca brightway export` writes of the same scenarios in the same order; its reference flow is the
    functional unit of the first.

    Example: lca exchange differences export scenarios/digits-france.toml scenarios/digits-poland.toml -o digits.xlsx
    """
    from lca.exchange.differences import export
    from lca.quantities.outputs import must_be_free
    from lca.report.brightway.nodes import Names

    must_be_free(output)
    study = assessed(files, inventory, [], "climate-change", end_of_life, background)
    counted = ngettext("{count} scenario", "{count} scenarios", len(study.names))
    print(f"{export(study, output, Names(prefix))}: {counted}")


def import_differences(
    file: Annotated[Path, typer.Argument(help="File of differences.", metavar="DIFFERENCES.xlsx")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the scenario files; default: the file's.")
    ] = None,
    like: Annotated[
        Path | None, typer.Option(help="Scenario that the columns differ from, where the file holds none.")
    ] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace scenario files that are there.")] = False,
    inventory: Inventory = [],  # noqa: B006
) -> None:
    """Write a scenario file for every column of a file of differences, or say by cell what is wrong.

    A column that nobody edited comes back as the file that it was; else a run is added that takes the difference.

    Example: lca exchange differences import digits.xlsx -o scenarios
    """
    from lca.exchange.differences import import_scenarios
    from lca.quantities.outputs import write_text
    from lca.system.scenario import Scenario

    folder = output or file.parent
    base = Scenario.load(like) if like else None
    written = import_scenarios(file, load(inventory), folder, base)
    _must_be_new(list(written), overwrite)
    for path, text in written.items():
        write_text(path, text)
        print(path)


def _must_be_new(paths: list[Path], overwrite: bool) -> None:
    from lca.errors import UsageError

    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        raise UsageError(
            gettext("{there} is there already: add --overwrite, or name another folder by --output", there=there[0])
        )


def inventory_template(
    kind: Annotated[
        str, typer.Argument(help="hardware, materials, electricity, facilities, network, transport or end-of-life.")
    ] = "hardware",
    template: Annotated[
        str, typer.Option(help="Parametric activity, such as accelerator: its parameters are columns.")
    ] = "",
    output: Workbook = Path("inventory.xlsx"),
    inventory: Inventory = [],  # noqa: B006
) -> None:
    """Write a workbook to fill in: a row a device or process, the manual as comments, lists of what there is.

    Example: lca exchange inventory template hardware --template accelerator -o cards.xlsx
    """
    from lca.exchange.inventories.writing import template as write

    print(gettext("{path}: overwrite the examples, and add rows", path=write(output, kind, template, inventory)))


def import_inventory(
    workbook: Annotated[Path, typer.Argument(help="Workbook of activities.", metavar="INVENTORY.xlsx")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Inventory folder to write into.")],
    overwrite: Annotated[bool, typer.Option(help="Replace files that are there.")] = False,
    inventory: Inventory = [],  # noqa: B006
) -> None:
    """Write an inventory file for every row of a workbook, or say by sheet and cell what is wrong.

    Example: lca exchange inventory import cards.xlsx -o my-inventory
    """
    from lca.exchange.inventories.reading import import_inventory

    with status(gettext("reading the workbook")):
        paths = import_inventory(workbook, output, *inventory, overwrite=overwrite)
    for path in paths:
        print(path)


def export_inventory(
    names: Annotated[
        list[str],
        typer.Argument(help="Ids of activities, or kinds; none: all of the last --inventory.", metavar="[NAME...]"),
    ] = [],  # noqa: B006
    output: Workbook = Path("inventory.xlsx"),
    inventory: Inventory = [],  # noqa: B006
) -> None:
    """Write activities as rows of a workbook, to change there and to read back.

    Example: lca exchange inventory export gpu-h100-sxm5-80gb server-1x-a100 -o devices.xlsx
    """
    from lca.exchange.inventories.writing import export

    path, count = export(names, output, inventory)
    print(f"{path}: " + ngettext("{count} activity", "{count} activities", count))


def export_openlca(
    names: Annotated[
        list[str], typer.Argument(help="Ids of activities, or kinds; none: the whole catalogue.", metavar="[NAME...]")
    ] = [],  # noqa: B006
    output: Annotated[Path, typer.Option("--output", "-o", help="Zip to write.")] = Path("openlca.zip"),
    factors: Annotated[
        bool, typer.Option("--factors", help="With EF v3.1 by the factors of bw2io, whose licence they have.")
    ] = False,
    inventory: Inventory = [],  # noqa: B006
) -> None:
    """Write activities and all that they need as JSON-LD that openLCA imports.

    Example: lca exchange openlca export server-1x-a100 --factors -o server.zip
    """
    from lca.exchange.openlca import export

    path, count = export(load(inventory), output, names, factors)
    print(f"{path}: " + ngettext("{count} activity", "{count} activities", count))
