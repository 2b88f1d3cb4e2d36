"""Verbs on records: lca record import, export, merge, recover, costs, schema."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from lca.cli.shared import Json, print_json
from lca.vocabulary import Phase

Output = Annotated[Path, typer.Option("--output", "-o", help="Record to write.")]
Records = Annotated[list[Path], typer.Argument(help="Measurement records.", metavar="RECORD.json...")]


def add(app: typer.Typer) -> None:
    """Add the verbs of this room."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Import, export, merge and recover records.")
    group.command("import")(import_record)
    group.command("export")(export_record)
    for verb in (merge, recover, costs, schema):
        group.command()(verb)
    app.add_typer(group, name="record")


def import_record(
    format: Annotated[str, typer.Argument(help="auto, or the name of the format.")],
    files: Annotated[list[Path], typer.Argument(help="Files of the tool.", metavar="FILE...")],
    output: Output,
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    phase: Annotated[Phase | None, typer.Option(help="What the run was for.")] = None,
    amount: Annotated[str | None, typer.Option(help='Service of the run, such as "320000 inference".')] = None,
    pue: Annotated[
        float | None, typer.Option(help="PUE that the tool multiplied by, where its file is silent.")
    ] = None,
    run: Annotated[str | None, typer.Option(help="Which run, where a file holds several.")] = None,
    covers: Annotated[str | None, typer.Option(help="What a power series covers: cpu, gpu, memory or node.")] = None,
    started: Annotated[datetime | None, typer.Option(help="Start of the run, in UTC.")] = None,
    ended: Annotated[datetime | None, typer.Option(help="End of the run, in UTC.")] = None,
    device: Annotated[list[str], typer.Option(help="GPU that the run used, by index or UUID; repeatable.")] = [],  # noqa: B006
    column: Annotated[list[str], typer.Option(help="Column of time, then of power; repeatable.")] = [],  # noqa: B006
) -> None:
    """Make a record of another tool's files.

    Formats: codecarbon, zeus, carbontracker, boamps, slurm, dcgm, azure-ml, mlflow, csv; auto guesses and says which.
    """
    from lca.measure.formats import guess, import_record

    chosen = guess(files) if format == "auto" else format
    record = import_record(
        chosen,
        files,
        name=name,
        phase=phase,
        amount=amount,
        pue=pue,
        run=run,
        covers=covers,  # type: ignore[arg-type]
        started=started,
        ended=ended,
        devices=device,
        columns=column,
    )
    record.save(output)
    print(f"{output}: {record.name}, read as {chosen}")


def export_record(
    format: Annotated[str, typer.Argument(help="boamps, model-card, codecarbon or prometheus.")],
    record: Annotated[Path, typer.Argument(help="Measurement record.", metavar="RECORD.json")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; default: stdout.")] = None,
    intensity: Annotated[
        str | None, typer.Option(help='For a model card: "56 g/kWh"; without it, no emissions.')
    ] = None,
    source: Annotated[str | None, typer.Option(help="Where the intensity comes from.")] = None,
) -> None:
    """Write a record in another tool's format."""
    from lca.measure.formats import export_record
    from lca.measurement.record import Measurement
    from lca.quantities.documents import written_aside

    text = export_record(format, Measurement.load(record), intensity=intensity, source=source)
    if output is None:
        print(text, end="" if text.endswith("\n") else "\n")
    else:
        with written_aside(output) as aside:
            aside.write_text(text, encoding="utf-8")


def merge(
    records: Records,
    output: Output,
    allow_missing: Annotated[bool, typer.Option(help="Merge although a rank is absent; marked interrupted.")] = False,
) -> None:
    """Join the parts that the ranks of a distributed run wrote."""
    from lca.measure.ranks.merge import merge
    from lca.measurement.record import Measurement

    merge([Measurement.load(path) for path in records], allow_missing).save(output)


def recover(journal: Annotated[Path, typer.Argument(help="Journal that a killed run left.")], output: Output) -> None:
    """Make a record of the journal of a run that was killed."""
    from lca.measure.meter.recover import recover

    recover(journal, output)


def costs(records: Records, as_json: Json = False) -> None:
    """Print the ML cost table: money, runtime, energy and utilisation, training and inference apart."""
    from lca.measure.costs import CostRow, cost_table
    from lca.measurement.record import Measurement

    rows = cost_table([Measurement.load(path) for path in records])
    if as_json:
        print_json({"rows": [row._asdict() for row in rows]})
        return
    from lca.report.terminal.tables import number, table

    shown = [[number(cell) if isinstance(cell, float) else cell for cell in row] for row in rows]
    table(CostRow._fields, shown)


def schema() -> None:
    """Print the JSON Schema of the record."""
    from lca.measure.schema import schema

    print_json(schema())
