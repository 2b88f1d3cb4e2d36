"""Verbs that measure: measure, campaign."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from lca.languages import gettext


def add(app: typer.Typer) -> None:
    """Add the verbs of this room."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(measure)
    app.command()(campaign)


def measure(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="Record to write.")] = Path("measurement.json"),
    name: Annotated[str, typer.Option(help="Name of the run; default: its program.")] = "",
    phase: Annotated[str, typer.Option(help="training, inference, compression, data or development.")] = "training",
    amount: Annotated[str, typer.Option(help='Service that the run delivers, such as "320000 inference".')] = "",
    wattmeter: Annotated[
        Path | None, typer.Option(help="CSV of times, with their zone, and watts at the node's plug.")
    ] = None,
    node: Annotated[
        str, typer.Option(help="The node's own meter in place of its parts: hwmon, ipmi, or an https Redfish address.")
    ] = "",
    list_meters: Annotated[
        bool, typer.Option("--list", help="Print what can be read here, and measure nothing.")
    ] = False,
    baseline: Annotated[float, typer.Option(help="Seconds of idle power to measure before the run.", min=0)] = 0.0,
    exclusive: Annotated[bool, typer.Option(help="The machine is reserved: count whole devices, not a share.")] = False,
    price: Annotated[str | None, typer.Option(help='Of the machine per hour: "3.20 USD".')] = None,
    country: Annotated[str, typer.Option(help="ISO code of where it runs.")] = "",
) -> None:
    """Measure the energy of a command and of its children.

    Example: lca measure -o run.json --phase training -- python train.py
    """
    if list_meters:
        from lca.measure.counters.available import Meter, meters
        from lca.report.terminal.table import table

        table(Meter._fields, meters())
        return
    from lca.measure.meter.command import measure_command
    from lca.measure.meter.meter import EnergyMeter

    meter = EnergyMeter(
        name or _program(context.args),
        phase,  # type: ignore[arg-type]
        output=output,
        wattmeter=wattmeter,
        node=node or None,
        baseline=baseline,
        exclusive=exclusive,
        price=price,
        location={"country": country} if country else None,
    )
    code = measure_command(context.args, meter, amount)
    from lca.report.terminal.measured import sentence

    print(f"{output}: {sentence(meter.measurement)}", file=sys.stderr)
    raise typer.Exit(code)


def _program(words: list[str]) -> str:
    """The program without its arguments, which may hold a key or a path; of an interpreter its script too."""
    program = [Path(word).name for word in words[:1]]
    script = [Path(word).name for word in words[1:2] if Path(word).suffix in (".py", ".sh", ".R", ".jl")]
    return " ".join(program + script)[:80]


def campaign(
    file: Annotated[Path, typer.Argument(help="Plan of the campaign.", metavar="CAMPAIGN.toml")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of its records; default: runs/ and the plan's name.")
    ] = None,
    table: Annotated[bool, typer.Option("--table", help="Measure nothing; make the table again.")] = False,
    module: Annotated[
        list[Path], typer.Option(help="Python file of your own that is run, for workloads my_module:make; repeatable.")
    ] = [],  # noqa: B006
) -> None:
    """Measure compressed models against the ones they were made from, cell by cell; goes on where it was stopped.

    Example: lca campaign scenarios/campaigns/compression.toml -o runs/compression
    """
    from lca.campaign.plan import CampaignPlan
    from lca.campaign.table import rows, write_table

    for path in module:
        from lca.workloads.workload import register

        register(path)
    plan = CampaignPlan.load(file)
    folder = output or Path("runs") / file.stem
    if table:
        from lca.campaign.run import check_settings

        check_settings(plan, folder)
        measured = rows(plan, folder)
        write_table(measured, folder / "table.csv")
    else:
        from lca.campaign.run import campaign
        from lca.inventory.catalogue import Catalogue
        from lca.progress import progress

        try:
            with progress("cells") as show:
                measured = campaign(plan, folder, Catalogue.load(), show)
        except KeyboardInterrupt:
            print(gettext("stopped; the same command goes on from what is in {folder}", folder=folder), file=sys.stderr)
            raise
    from lca.campaign.show import show as show_rows

    show_rows(measured)
    print(gettext("\nThe records and table.csv are in {folder}", folder=folder), file=sys.stderr)
