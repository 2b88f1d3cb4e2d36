"""Verbs on many variants of a scenario: sweep, sensitivity."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lca.cli.shared import Categories, EndOfLife, Inventory, Json, Methods, ids, print_json, read, status
from lca.languages import gettext

if TYPE_CHECKING:
    import pandas as pd

    from lca.engine.sweep import Axis, Plan, Sweep
    from lca.inventory.catalogue import Catalogue
    from lca.report.csv_lines import CsvPart
    from lca.system.scenario import Scenario

MOST_UNASKED = 2_000_000
"""Variants above which a sweep asks for --yes."""
PART = 16
"""Tables of a long sweep that are written together, which an interruption leaves behind."""
_BYTES = 18  # of a number in CSV, with its comma
_SECONDS, _WRITTEN = 1.5e-6, 0.7e-6  # of a variant; of each of its numbers as text


def add(app: typer.Typer) -> None:
    """Add the verbs of this room."""
    app.command()(sweep)
    app.command()(sensitivity)


def sweep(
    file: Annotated[Path, typer.Argument(help="Scenario file.", metavar="SCENARIO.toml")],
    over: Annotated[
        list[str],
        typer.Option(
            help="FIELD=FROM:TO:STEPS, FIELD=VALUE,VALUE or, for places and servers, FIELD=ID,ID; repeatable: every "
            "combination."
        ),
    ] = [],  # noqa: B006
    table: Annotated[
        Path | None,
        typer.Option(help="CSV or Excel file whose columns are fields, of numbers or ids: one variant a row."),
    ] = None,
    sobol: Annotated[
        int, typer.Option(help="In place of every combination, so many points of a Sobol sequence.", min=0)
    ] = 0,
    latin: Annotated[int, typer.Option(help="The same, of a Latin hypercube.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Of these points.", min=0)] = 0,
    heat_map: Annotated[
        Path | None, typer.Option(help="PNG, SVG or PDF of the first category, over two varied fields.")
    ] = None,
    by: Annotated[str, typer.Option(help="phase, stage or phase,stage: scores by them too.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="CSV or parquet file; default: stdout.")] = None,
    show_fields: Annotated[bool, typer.Option("--fields", help="List the numbers that can be varied.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Run a sweep however large it is.")] = False,
    workers: Annotated[int, typer.Option(help="Processes that compute; the rows are the same.", min=1)] = 1,
    dask: Annotated[str, typer.Option(help="Address of a Dask scheduler that computes: tcp://HOST:PORT.")] = "",
    inventory: Inventory = [],  # noqa: B006
    method: Methods = [],  # noqa: B006
    categories: Categories = "",
    end_of_life: EndOfLife = "cut-off",
) -> None:
    """Score every variant of a scenario whose numbers, places or servers are varied.

    Example: lca sweep scenarios/digits-france.toml --over facility.PUE=1.05:1.6:12 --over inference.utilisation=0.2,0.4
    """
    from lca.engine.sweep import Axis, Grid, Sweep, Table, axis, spread_over
    from lca.errors import UsageError

    axes, wrong = [], []
    for text in over:
        try:
            axes.append(axis(text))
        except UsageError as error:
            wrong.append(str(error))
    if wrong:
        raise UsageError("\n".join(wrong))
    numbers, choices = (tuple(a for a in axes if a.chosen is chosen) for chosen in (False, True))
    tags = tuple(part.strip() for part in by.split(",") if part.strip())
    if not show_fields:
        _refuse(axes, numbers, table, sobol, latin)
        if not set(tags) <= {"phase", "stage"}:
            raise UsageError(gettext("--by {by!r}: phase, stage, or phase,stage", by=by))
        if output:
            _check_output(output, file, table)
    [scenario], catalogue, formula = read([file], inventory, end_of_life, method=method)
    catalogue = catalogue.under(formula)
    if show_fields:
        _list_fields(scenario, catalogue)
        return
    rows = _read_rows(table) if table else None
    if rows is not None and any(Axis(str(name), ()).chosen for name in rows):
        if choices or heat_map:
            raise UsageError(gettext("{path} names places or servers: give no --over and no --heat-map", path=table))
        _write_rows(scenario, rows, catalogue, ids(categories, catalogue), end_of_life, tags, output, workers)
        return
    plan: Plan = Grid(numbers) if rows is None else Table(_numbers(rows, str(table)))
    planned = Sweep(scenario, catalogue, plan, choices, ids(categories, catalogue), tags)
    size = (sobol or latin) * math.prod(len(each.values) for each in choices) if sobol or latin else planned.size
    if size > MOST_UNASKED and not yes:
        columns = len(planned.categories) + len(planned.plan.fields)
        each = _SECONDS + (columns * _WRITTEN if output is None or output.suffix == ".csv" else 0.0)
        raise UsageError(
            gettext(
                "{size:,} variants are about {gigabytes:,.1f} GB of CSV and {minutes:,.1f} minutes: add --yes, "
                "or take fewer steps",
                size=size,
                gigabytes=size * columns * _BYTES / 1e9,
                minutes=size * each / workers / 60,
            )
        )
    planned.check()
    if sobol or latin:
        planned = replace(planned, plan=spread_over(numbers, sobol or latin, seed, bool(latin)))
    if heat_map:
        _draw(planned, heat_map, workers, dask)
        if output is None:
            return
    _write(planned, output, workers, dask)


def _draw(planned: Sweep, path: Path, workers: int, dask: str) -> None:
    import pandas as pd

    from lca.engine.sweep import CHUNK
    from lca.errors import UsageError
    from lca.report.pictures.sweeps import MOST_CELLS, check_picture, heat_map

    check_picture(path)
    if planned.size > MOST_CELLS:
        raise UsageError(
            gettext(
                "{size:,} variants: a heat map has {most_cells:,} at most; take fewer steps",
                size=planned.size,
                most_cells=MOST_CELLS,
            )
        )
    table = pd.concat(list(planned.run(CHUNK, workers, dask)), ignore_index=True)
    if (table["refused"] != "").all():
        raise UsageError(gettext("no variant has a score: {refused}", refused=table["refused"].iloc[0]))
    print(heat_map(table, planned.categories[0], path))


def _refuse(axes: list[Axis], numbers: tuple[Axis, ...], table: Path | None, sobol: int, latin: int) -> None:
    """Raise UsageError for options that say nothing together, or contradict each other."""
    from lca.errors import UsageError

    if not axes and table is None:
        raise UsageError(gettext("nothing to vary: give --over or --table; --fields lists the numbers"))
    twice = next((a.field for n, a in enumerate(axes) if a.field in {b.field for b in axes[:n]}), None)
    if twice:
        raise UsageError(gettext("--over {twice} is given twice: write its values in one", twice=twice))
    if table is not None and numbers:
        raise UsageError(
            gettext("--table and numbers of --over: give one of them; places and servers may go with a table")
        )
    if sobol and latin:
        raise UsageError(gettext("--sobol and --latin: give one of them"))
    if (sobol or latin) and not numbers:
        raise UsageError(gettext("--sobol and --latin take points between the ends of numbers: give them by --over"))


def _check_output(output: Path, file: Path, table: Path | None) -> None:
    """Raise UsageError for an output that is no table, or would replace what is read."""
    from lca.errors import UsageError

    if output.suffix not in (".csv", ".parquet"):
        raise UsageError(gettext("--output {output}: name a file that ends in .csv or .parquet", output=output))
    if output.is_dir():
        raise UsageError(gettext("--output {output} is a folder", output=output))
    if any(output.resolve() == read.resolve() for read in (file, table) if read):
        raise UsageError(gettext("--output {output} would replace the file that is read", output=output))


def sensitivity(
    file: Annotated[Path, typer.Argument(help="Scenario file.", metavar="SCENARIO.toml")],
    category: Annotated[str, typer.Option(help="Id of the impact category.")] = "climate-change",
    most: Annotated[int, typer.Option(help="Numbers to show.", min=1)] = 15,
    sobol: Annotated[
        int,
        typer.Option(help="Sobol indices too, of the 20 widest swings, by so many samples (a power of two).", min=0),
    ] = 0,
    seed: Annotated[int, typer.Option(help="Of the samples.", min=0)] = 0,
    against: Annotated[
        Path | None, typer.Option(help="Scenario file: what decides the difference from it.", metavar="SCENARIO.toml")
    ] = None,
    figure: Annotated[Path | None, typer.Option(help="PNG, SVG or PDF of the swings.")] = None,
    inventory: Inventory = [],  # noqa: B006
    method: Methods = [],  # noqa: B006
    end_of_life: EndOfLife = "cut-off",
    as_json: Json = False,
) -> None:
    """Show which stated ranges a known score hangs on, the widest swing first.

    Example: lca sensitivity scenarios/digits-france.toml --category climate-change
    """
    from lca.methods.library import category as known
    from lca.report.terminal.uncertainty import indices, tornado
    from lca.study.sensitivity import elasticities, one_at_a_time
    from lca.study.sobol import sobol_of

    files = [file, *([against] if against else [])]
    [scenario, *others], catalogue, formula = read(files, inventory, end_of_life, method=method)
    baseline = others[0] if others else None
    catalogue, id = catalogue.under(formula), known(category).id
    with status(gettext("varying every number that has a range")):
        effects = one_at_a_time(scenario, catalogue, id, baseline)
        shares = sobol_of(scenario, catalogue, id, sobol, seed) if sobol else None
    difference = (
        gettext("{scenario} less {baseline}", scenario=scenario.name, baseline=baseline.name) if baseline else ""
    )
    if figure:
        from lca.report.pictures.sweeps import tornado as draw

        draw(effects.head(most), id, figure, difference)
    if as_json:
        printed: dict[str, Any] = {
            "category": id,
            "scenario": scenario.name,
            "baseline": baseline.name if baseline else None,
            "one_at_a_time": effects.to_dict("records"),
            "elasticities": elasticities(scenario, catalogue, id).to_dict("records"),
        }
        if shares:
            printed["sobol"] = shares.table.to_dict("records")
            printed["sobol_left_out"] = {"numbers": shares.left_out, "variance": shares.variance}
        print_json(printed)
        return
    tornado(effects.head(most), id, len(effects), difference)
    if shares:
        indices(shares)


def _list_fields(scenario: Scenario, catalogue: Catalogue) -> None:
    from lca.engine.sweep import fields
    from lca.report.terminal.table import table
    from lca.system.product_system import product_system

    system = product_system(scenario, catalogue)
    rows = []
    for leaf in fields(system):
        spread = gettext("{low:g} to {high:g}", low=leaf.range.low, high=leaf.range.high) if leaf.range else "–"
        rows.append([leaf.field, f"{leaf.number:g}", leaf.unit, spread, leaf.file])
    table(["field", "value", "unit", gettext("95 % range"), "file"], rows)


def _read_rows(path: Path) -> pd.DataFrame:
    from zipfile import BadZipFile

    import pandas as pd

    from lca.errors import UsageError

    try:
        frame = pd.read_excel(path) if path.suffix.lower() == ".xlsx" else pd.read_csv(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, ValueError, BadZipFile) as error:
        raise UsageError(gettext("{path}: no table of numbers: {error}", path=path, error=error)) from None
    if not len(frame):
        raise UsageError(gettext("{path}: the table has no rows", path=path))
    return frame.rename(columns=str)


def _numbers(frame: pd.DataFrame, path: str) -> dict[str, Any]:
    """The columns of a table. Raises UsageError for every one that holds what is no number."""
    import pandas as pd

    from lca.errors import UsageError

    wrong = []
    for name in frame.columns:
        column = frame[name]
        if column.dtype.kind not in "iuf":
            is_text = (pd.to_numeric(column, errors="coerce").isna() & column.notna()).to_numpy()
            row = int(is_text.argmax())  # where none is, all are true or false
            wrong.append(
                gettext(
                    "{path}: the column {name!r} holds what is no number: {value!r} in row {row} below the header",
                    path=path,
                    name=name,
                    value=str(column.iloc[row]),
                    row=row + 1,
                )
            )
    if wrong:
        raise UsageError("\n".join(wrong))
    return {name: frame[name].to_numpy(float) for name in frame.columns}


def _write_rows(
    scenario: Scenario,
    rows: pd.DataFrame,
    catalogue: Catalogue,
    categories: tuple[str, ...],
    end_of_life: str,
    by: tuple[str, ...],
    output: Path | None,
    workers: int,
) -> None:
    """Rows that name places or servers: each group of them is a scenario of its own, and the rows keep their order."""
    from lca.api import sweep
    from lca.quantities.outputs import written_aside
    from lca.report.csv_lines import csv_text, part

    with status(gettext("sweeping")):
        table = sweep(scenario, rows, catalogue, categories, end_of_life, by, workers)
    if output is None:
        print(csv_text(table), end="")
        return
    with written_aside(output) as aside:
        _parquet(iter([table]), aside) if output.suffix == ".parquet" else _csv(iter([part(table)]), aside)
    print(gettext("{output}: {size:,} variants", output=output, size=len(table)))


def _write(planned: Sweep, output: Path | None, workers: int, dask: str) -> None:
    from lca.engine.sweep import CHUNK
    from lca.progress import progress
    from lca.quantities.outputs import written_aside
    from lca.report.csv_lines import part as as_csv

    table = output is not None and output.suffix == ".parquet"
    with progress("variants") as report:

        def counted(after: int = 0) -> Iterator[Any]:
            done = min(after * CHUNK, planned.size)
            given = CHUNK, workers, dask, after
            for part in planned.run(*given) if table else planned.formed(as_csv, *given):
                done += len(part)
                report(done, planned.size, gettext("sweeping"))
                yield part

        if output is None:
            for number, part in enumerate(counted()):
                print((part.text if number else part.header + part.text).decode(), end="")
            return
        if planned.size <= PART * CHUNK:
            with written_aside(output) as aside:
                (_parquet if table else _csv)(counted(), aside)
        else:
            _in_parts(planned, output, counted)
    print(gettext("{output}: {size:,} variants", output=output, size=planned.size))


def _in_parts(planned: Sweep, output: Path, counted: Callable[[int], Iterator[Any]]) -> None:
    """Write a long sweep part by part into a folder beside the output, which another try goes on from."""
    from lca.engine.unfinished import Unfinished
    from lca.errors import UsageError
    from lca.quantities.outputs import must_be_free, written_aside

    must_be_free(output)
    folder = output.with_name(f"{output.name}.part")
    mark, print_ = folder / "sweep.txt", planned.fingerprint()
    if mark.is_file() and mark.read_text(encoding="utf-8") != print_:
        raise UsageError(
            gettext("{folder} holds the beginning of another sweep: remove it, or name another output", folder=folder)
        )
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(print_, encoding="utf-8")

    parts = Unfinished(folder, output.suffix)
    number = parts.done
    if number:
        print(gettext("going on from {folder}", folder=folder), file=sys.stderr)
    tables = counted(number * PART)
    write, join = (_parquet, _joined_parquet) if output.suffix == ".parquet" else (_csv, _joined_csv)
    try:
        while some := list(islice(tables, PART)):
            with written_aside(parts.piece(number), own=True) as aside:
                write(iter(some), aside)
            number += 1
    except KeyboardInterrupt:
        print(
            gettext(
                "{number} parts are kept in {folder}: the same command goes on from there", number=number, folder=folder
            ),
            file=sys.stderr,
        )
        raise
    with written_aside(output) as aside:
        join([parts.piece(n) for n in range(number)], aside)
    parts.remove()


def _repeating(columns: list[str]) -> list[str]:
    """Columns of a sweep whose values come again and again; a dictionary of scores is as long as they are."""
    return columns[: columns.index("refused") + 1]


def _joined_csv(parts: list[Path], path: Path) -> None:
    import shutil

    with path.open("wb") as whole:
        for number, part in enumerate(parts):
            with part.open("rb") as file:
                if number:
                    file.readline()  # the header
                shutil.copyfileobj(file, whole)


def _joined_parquet(parts: list[Path], path: Path) -> None:
    import pyarrow.parquet as parquet

    schema = parquet.read_schema(parts[0])
    with parquet.ParquetWriter(path, schema, use_dictionary=_repeating(schema.names)) as whole:
        for part in parts:
            file = parquet.ParquetFile(part)
            for group in range(file.num_row_groups):
                whole.write_table(file.read_row_group(group))


def _csv(parts: Iterator[CsvPart], path: Path) -> None:
    with path.open("wb") as file:
        for number, part in enumerate(parts):
            file.write(part.text if number else part.header + part.text)


def _parquet(tables: Iterator[pd.DataFrame], path: Path) -> None:
    from lca.errors import MissingDependency

    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingDependency(gettext("parquet needs pyarrow: pip install 'ai-lca[parquet]'")) from None
    writer = None
    for table in tables:
        part = pyarrow.Table.from_pandas(table, preserve_index=False)
        repeating = _repeating(part.column_names)
        writer = writer or pyarrow.parquet.ParquetWriter(path, part.schema, use_dictionary=repeating)
        writer.write_table(part)
    if writer:
        writer.close()
