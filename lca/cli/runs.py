"""Verbs on runs and their records: measure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    """Add the verbs of this room."""
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(measure)


def measure(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="Record to write.")] = Path("measurement.json"),
    name: Annotated[str, typer.Option(help="Name of the run; default: its command.")] = "",
    phase: Annotated[str, typer.Option(help="training, inference, compression, data or development.")] = "training",
    amount: Annotated[str, typer.Option(help='Service that the run delivers, such as "320000 inference".')] = "",
    wattmeter: Annotated[Path | None, typer.Option(help="CSV of time and watts at the node's plug.")] = None,
    baseline: Annotated[float, typer.Option(help="Seconds of idle power to measure before the run.", min=0)] = 0.0,
    exclusive: Annotated[bool, typer.Option(help="The machine is reserved: count whole devices, not a share.")] = False,
    price: Annotated[str | None, typer.Option(help='Of the machine per hour: "3.20 USD".')] = None,
    country: Annotated[str, typer.Option(help="ISO code of where it runs.")] = "",
) -> None:
    """Measure the energy of a command: lca measure -o RECORD.json -- python train.py"""
    from lca.measure.command import measure_command
    from lca.measure.meter import EnergyMeter

    meter = EnergyMeter(
        name or " ".join(" ".join(context.args).split())[:80], phase,  # type: ignore[arg-type]
        output=output, wattmeter=wattmeter, baseline=baseline, exclusive=exclusive, price=price,
        location={"country": country} if country else None,
    )  # fmt: skip
    raise typer.Exit(measure_command(context.args, meter, amount))
