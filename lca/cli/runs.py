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
) -> None:
    """Measure the energy of a command: lca measure -o RECORD.json -- python train.py"""
    from lca import units
    from lca.measure.command import measure_command
    from lca.measure.meter import EnergyMeter

    delivered = units.parse(amount) if amount else None
    meter = EnergyMeter(name or " ".join(" ".join(context.args).split())[:80], phase)  # type: ignore[arg-type]
    code = measure_command(context.args, meter)
    meter.measurement.model_copy(update={"amount": delivered}).save(output)
    raise typer.Exit(code)
