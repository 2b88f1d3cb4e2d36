"""Verbs on records: lca record import, export, show, merge, recover, costs, shift."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from lca.cli.shared import Inventory, Json, load, print_json
from lca.languages import gettext
from lca.vocabulary import Phase

Output = Annotated[Path, typer.Option("--output", "-o", help="Record to write.")]
Records = Annotated[list[Path], typer.Argument(help="Measurement records.", metavar="RECORD.json...")]


def add(app: typer.Typer) -> None:
    """Add the verbs of this room."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Import, export, merge and recover records.")
    group.command("import", cls=_Import)(import_record)
    group.command("export", cls=_Export)(export_record)
    for verb in (show, merge, recover, costs, shift):
        group.command()(verb)
    app.add_typer(group, name="record")


class _Import(TyperCommand):
    """Its help lists the formats, which are loaded only where the help is asked for."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from lca.measure.formats import IMPORTERS

        formats = "; ".join(f"{name}: {importer.TOOL}" for name, importer in IMPORTERS.items())
        formatter.write_paragraph()
        formatter.write_text(
            gettext("Formats: {formats}. auto guesses from the content and says which.", formats=formats)
        )


class _Export(TyperCommand):
    """As _Import."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        from lca.measure.formats import EXPORTERS

        formatter.write_paragraph()
        formatter.write_text(gettext("Formats: {formats}.", formats=", ".join(EXPORTERS)))


def import_record(
    format: Annotated[str, typer.Argument(help="auto, or one of the formats below.")],
    files: Annotated[list[Path], typer.Argument(help="Files of the tool.", metavar="FILE...")],
    output: Output,
    name: Annotated[str | None, typer.Option(help="Name of the run.")] = None,
    phase: Annotated[Phase | None, typer.Option(help="What the run was for.")] = None,
    amount: Annotated[str | None, typer.Option(help='Service of the run, such as "320000 inference".')] = None,
    pue: Annotated[
        float | None, typer.Option(help="PUE that the tool multiplied by, where its file is silent.")
    ] = None,
    run: Annotated[str | None, typer.Option(help="Which run, where a file holds several.")] = None,
    covers: Annotated[
        str | None, typer.Option(help="What an energy or power covers: node, cpu, gpu, memory or components.")
    ] = None,
    started: Annotated[datetime | None, typer.Option(help="Start of the run, in UTC.")] = None,
    ended: Annotated[datetime | None, typer.Option(help="End of the run, in UTC.")] = None,
    device: Annotated[list[str], typer.Option(help="GPU that the run used, by index or UUID; repeatable.")] = [],  # noqa: B006
    column: Annotated[list[str], typer.Option(help="Column of time, then those of power, which are added.")] = [],  # noqa: B006
) -> None:
    """Make a record of another tool's files.

    Example: lca record import codecarbon emissions.csv -o run.json --phase training
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
        started=_in_utc(started),
        ended=_in_utc(ended),
        devices=device,
        columns=column,
    )
    record.save(output)
    print(gettext("{output}: {name}, read as {chosen}", output=output, name=record.name, chosen=chosen))


def _in_utc(time: datetime | None) -> datetime | None:
    """UTC, as the option's help says, unless the time has a zone of its own."""
    return time.replace(tzinfo=UTC) if time and time.tzinfo is None else time


def export_record(
    format: Annotated[str, typer.Argument(help="One of the formats below.")],
    record: Annotated[Path, typer.Argument(help="Measurement record.", metavar="RECORD.json")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; default: stdout.")] = None,
    intensity: Annotated[
        str | None, typer.Option(help='For a model card: "56 g/kWh"; without it, no emissions.')
    ] = None,
    source: Annotated[str | None, typer.Option(help="Where the intensity comes from.")] = None,
) -> None:
    """Write a record in another tool's format.

    Example: lca record export model-card run.json --intensity "56 g/kWh"
    """
    from lca.measure.formats import export_record
    from lca.measurement.record import Measurement
    from lca.quantities.outputs import written_aside

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
    """Join the parts that the ranks of a distributed run wrote.

    Example: lca record merge run.rank-0.json run.rank-1.json -o run.json
    """
    from lca.errors import UsageError
    from lca.measure.ranks.merge import merge
    from lca.measurement.record import Measurement

    if any(path.exists() and output.exists() and path.samefile(output) for path in records):
        raise UsageError(
            gettext("{output} is one of the records to merge: give the record of all a path of its own", output=output)
        )
    merge([Measurement.load(path) for path in records], allow_missing).save(output)


def recover(journal: Annotated[Path, typer.Argument(help="Journal that a killed run left.")], output: Output) -> None:
    """Make a record of the journal of a run that was killed.

    Example: lca record recover run.json.journal -o run.json
    """
    from lca.measure.meter.recover import recover

    recover(journal, output)


def show(records: Records, as_json: Json = False) -> None:
    """Print runs: energy and mean power by component, how each was obtained, and the energy per item or token.

    Example: lca record show run.json
    """
    from lca.measurement.record import Measurement
    from lca.report.terminal.measured import figures, measured

    runs = [Measurement.load(path) for path in records]
    if as_json:
        print_json({"runs": [figures(run) for run in runs]})
        return
    measured(runs)
    for comment in dict.fromkeys(run.comment for run in runs if run.comment):
        print(f"\n{comment}")


def costs(records: Records, as_json: Json = False) -> None:
    """Print the ML cost table: money, runtime, energy and utilisation, training and inference apart.

    Example: lca record costs training.json inference.json
    """
    from lca.measure.costs import CostRow, cost_table
    from lca.measurement.record import Measurement

    rows = cost_table([Measurement.load(path) for path in records])
    if as_json:
        print_json({"rows": [row._asdict() for row in rows]})
        return
    from lca.report.terminal.table import table
    from lca.report.words import number

    shown = [[number(cell) if isinstance(cell, float) else cell for cell in row] for row in rows]
    table(CostRow._fields, shown)


def shift(
    record: Annotated[Path, typer.Argument(help="Measurement record.", metavar="RECORD.json")],
    intensities: Annotated[
        Path | None, typer.Argument(help="Times, and g CO2-Eq per kWh of each region.", metavar="INTENSITIES.csv")
    ] = None,
    region: Annotated[
        list[str],
        typer.Option(help="Of the catalogue: a mix with a profile of hours, or a cloud region that one supplies."),
    ] = [],  # noqa: B006
    begin: Annotated[str, typer.Option(help='First time, without a file: "2026-03-01"; else that of the record.')] = "",
    PUE: Annotated[float, typer.Option("--PUE", help="Of the data centre.", min=1)] = 1.0,
    deadline: Annotated[str, typer.Option(help='By which the run ends, after the first time: "48 h".')] = "",
    inventory: Inventory = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Where and when would this run have emitted least: by the hour of its start and by region.

    Regions are columns of a file of yours, and those of --region. With neither, all mixes of the catalogue whose hours
    are known. Without a file and a deadline, a run may begin in any hour of a year.

    Example: lca record shift training.json --region electricity-fr --region gcp:europe-west3 --deadline "48 h"
    """
    from lca.errors import UsageError
    from lca.measurement.record import Measurement
    from lca.quantities import units
    from lca.study.shifting import Intensities, paused, shifted

    hours = units.convert(units.parse(deadline), "h").number if deadline else None
    if intensities and begin:
        raise UsageError(
            gettext("--begin is for regions of the catalogue alone: with a file, the first time is the file's")
        )
    run = Measurement.load(record)
    if intensities:
        known = Intensities.read(intensities)
    else:
        try:
            start = datetime.fromisoformat(begin) if begin else run.started
        except ValueError:
            raise UsageError(gettext("{begin!r} is no time as in 2026-03-01T13:00+00:00", begin=begin[:40])) from None
        known = Intensities.hourly(start, hours or units.factor("year", "h") + run.duration.amount)
    ours = bool(region) or not intensities
    if ours:
        catalogue = load(inventory)
        known = known.with_profiles(catalogue, region or catalogue.profiles)
    moved, interrupted = shifted(run, known, PUE, hours), paused(run, known, PUE, hours)
    if as_json:
        rows = moved.assign(start=moved["start"].map(lambda time: time.isoformat())).to_dict("records")
        print_json({"unit": "kg CO2-Eq", "runs": rows, "interrupted": interrupted})
        return
    from lca.report.terminal.table import table
    from lca.report.words import number

    by_hour = moved.pivot_table("score", "hour", "region", sort=False).sort_index()
    table(
        [gettext("start (hour)"), *by_hour.columns],
        [[hour, *map(number, scores)] for hour, scores in zip(by_hour.index, by_hour.to_numpy(), strict=True)],
        gettext("kg CO2-Eq of the energy that the record knows, mean of all days"),
    )
    by_region = moved.groupby("region", sort=False)["score"]
    least, mean = moved.loc[by_region.idxmin()].sort_values("score"), by_region.mean()
    for name, begun, score in zip(least["region"], least["start"], least["score"], strict=True):
        print(
            gettext(
                "{name}: least if begun at {start}, {score} kg CO2-Eq; mean of all starts {mean}; "
                "interrupted in the worst hours {interrupted}",
                name=name,
                start=begun.isoformat(),
                score=number(score),
                mean=number(mean[name]),
                interrupted=number(interrupted[name]),
            )
        )
    if ours:
        print(
            gettext(
                "Of the catalogue: climate change of the mix, times what an hour of the month (UTC) emits over "
                "its mean."
            )
        )
