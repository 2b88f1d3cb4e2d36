"""The command line: a verb parses its words, makes one library call with the same words, and prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from lca.inventory.catalogue import Catalogue
    from lca.study.study import Study

app = typer.Typer(
    name="lca",
    help="Life-cycle assessment of AI workloads, from a measured PyTorch run to an Excel report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Inventory = Annotated[
    list[Path], typer.Option("--inventory", "-i", help="A further inventory folder; a later one overrides by id.")
]
Categories = Annotated[
    str,
    typer.Option("--categories", help="Ids joined by commas; default: the 16 of EF v3.1. See `lca list categories`."),
]
EndOfLife = Annotated[
    str, typer.Option("--end-of-life", help="cut-off, circular-footprint or avoided-burden, for the whole study.")
]
Files = Annotated[list[Path], typer.Argument(help="Scenario files.", metavar="SCENARIO.toml...")]


def main() -> NoReturn:
    """Run the command line; exits 0 ok, 1 failed, 2 usage, 3 invalid data, 4 missing dependency, 130 interrupted."""
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except KeyboardInterrupt:
        _stop("interrupted", 130)
    except Exception as error:
        _explain(error)


def _explain(error: Exception) -> NoReturn:
    from lca.errors import Fault, LcaError

    if isinstance(error, typer.Abort):
        _stop("interrupted", 130)
    show = getattr(error, "show", None)  # typer carries its own copy of click, whose classes it does not export
    if callable(show):
        show()
        sys.exit(getattr(error, "exit_code", 2))
    if isinstance(error, LcaError):
        _stop(str(error), error.exit_code)
    if isinstance(error, Fault):
        _stop(f"{error}; {error.remedy}", 3)
    if isinstance(error, BrokenPipeError):
        sys.exit(1)
    if isinstance(error, OSError):
        _stop(f"{error.filename or 'file'}: {error.strerror or error}", 1)
    raise error


def _stop(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(code)


@contextmanager
def _status(text: str) -> Iterator[None]:
    """A spinner on stderr while something takes its time; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield


def _catalogue(inventory: list[Path]) -> Catalogue:
    from lca.inventory.catalogue import Catalogue

    with _status("reading the inventories"):
        return Catalogue.load(*inventory)


def _assess(files: list[Path], inventory: list[Path], categories: str, end_of_life: str) -> Study:
    from lca.errors import InvalidData, Problem, UsageError
    from lca.inventory.recycling import FORMULAS
    from lca.study.assess import assess
    from lca.system.scenario import Scenario

    formula = next((known for known in FORMULAS if known == end_of_life), None)
    if formula is None:
        raise UsageError(f"no end-of-life formula {end_of_life!r}; there are: {', '.join(FORMULAS)}")
    catalogue = _catalogue(inventory)
    scenarios, problems = [], list[Problem]()
    for file in files:
        try:
            scenarios.append(Scenario.load(file))
        except InvalidData as error:
            problems += error.problems
    if problems:
        raise InvalidData(problems)
    with _status("assessing"):
        return assess(scenarios, catalogue, _ids(categories), formula)


def _ids(categories: str) -> tuple[str, ...]:
    from lca.methods.categories import EF

    return tuple(id.strip() for id in categories.split(",") if id.strip()) or EF


def _print(content: Any) -> None:
    print(json.dumps(content, ensure_ascii=False, allow_nan=False))


@app.command()
def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write into.")] = Path("reports"),
    seconds: Annotated[float, typer.Option(help="Length of each measured run.", min=1)] = 12.0,
) -> None:
    """Train and run a small network here, measure both, and assess the service in France and in Poland."""
    from lca.demo import demo

    study = demo(output, seconds)
    _show(study)
    print(f"\nThe workbook, the scenarios and the measurement records are in {output}", file=sys.stderr)


@app.command("list")
def list_items(
    kind: Annotated[str, typer.Argument(help="A kind of activity, or `categories`; see `lca list kinds`.")],
    inventory: Inventory = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """List the activities of one kind, the kinds, or the impact categories."""
    from lca.errors import UsageError
    from lca.methods.categories import CATEGORIES

    if kind == "categories":
        rows = [(c.id, f"{c.method}: {c.title}", c.unit, "") for c in CATEGORIES.values()]
    else:
        catalogue = _catalogue(inventory)
        if kind == "kinds":
            rows = [(k, f"{len(catalogue.of_kind(k))} activities", "", "") for k in catalogue.kinds()]
        elif kind in catalogue.kinds():
            rows = [(a.id, a.name, a.unit, a.location) for a in catalogue.of_kind(kind)]
        else:
            raise UsageError(f"no kind {kind!r}; there are: categories, kinds, {', '.join(catalogue.kinds())}")
    if as_json:
        _print({"items": [dict(zip(("id", "name", "unit", "location"), row, strict=True)) for row in rows]})
    else:
        from lca.report.terminal import table

        table(["id", "name", "unit", "location"], rows)


@app.command()
def check(
    paths: Annotated[
        list[Path], typer.Argument(help="Inventory folders and scenario files; none: the built-in ones.")
    ] = [],  # noqa: B006
    write_sources: Annotated[
        bool, typer.Option("--write-sources", help="Write SOURCES.md, the credits, into each inventory folder.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check inventories and scenarios, and list every problem at once."""
    from dataclasses import asdict

    from lca.builtin import folder
    from lca.errors import InvalidData
    from lca.inventory.credits import credits
    from lca.records import written_aside
    from lca.study.check import check

    try:
        found = check(paths)
    except InvalidData as error:
        if as_json:
            _print({"problems": [asdict(problem) for problem in error.problems]})
        raise
    for root in [path for path in paths if path.is_dir()] or [folder("inventories")] if write_sources else ():
        with written_aside(root / "SOURCES.md") as aside:
            aside.write_text(credits(root), encoding="utf-8")
    if as_json:
        _print({"activities": found.activities, "scenarios": found.scenarios, "problems": []})
    else:
        print(f"{found.activities} activities and {found.scenarios} scenarios are in order")


@app.command()
def score(
    activity: Annotated[str, typer.Argument(help="Id of an activity.")],
    amount: Annotated[str, typer.Option("--amount", "-a", help='Such as "2 item"; default: one unit.')] = "",
    inventory: Inventory = [],  # noqa: B006
    categories: Categories = "",
    as_json: Json = False,
) -> None:
    """Score an amount of one activity's product."""
    from lca import units
    from lca.study.assess import score

    catalogue = _catalogue(inventory)
    unit = catalogue.activity(activity).unit
    number = units.convert(units.parse(amount or f"1 {unit}"), unit).number
    study = score(activity, number, catalogue, _ids(categories))
    _print(study.to_json()) if as_json else _show(study)


@app.command()
def assess(
    files: Files,
    excel: Annotated[Path | None, typer.Option("--excel", help="Write the workbook here.")] = None,
    inventory: Inventory = [],  # noqa: B006
    categories: Categories = "",
    end_of_life: EndOfLife = "cut-off",
    as_json: Json = False,
) -> None:
    """Assess scenarios on the impact categories."""
    study = _assess(files, inventory, categories, end_of_life)
    if excel:
        from lca import report

        with _status("writing the workbook"):
            report.workbook(study, excel)
    _print(study.to_json()) if as_json else _show(study)


@app.command()
def compare(
    files: Files,
    baseline: Annotated[str, typer.Option(help="Name of the scenario to compare with; default: the first.")] = "",
    inventory: Inventory = [],  # noqa: B006
    categories: Categories = "",
    end_of_life: EndOfLife = "cut-off",
    as_json: Json = False,
) -> None:
    """Compare scenarios with the first, on the system of their difference."""
    from lca.errors import DifferentUnits, InvalidData, UsageError
    from lca.records import problem

    study = _assess(files, inventory, categories, end_of_life)
    if baseline and baseline not in study.names:
        raise UsageError(f"no scenario is named {baseline!r}; there are: {', '.join(map(repr, study.names))}")
    first = baseline or study.names[0]
    other = [name for name in study.names if study.functional_unit(name) != study.functional_unit(first)]
    if other:
        raise InvalidData(
            [problem(name, 0, ("functional_unit",), DifferentUnits(f"not that of {first!r}")) for name in other]
        )
    found = study.compare(baseline or None)
    if as_json:
        rows = found.astype(object).where(found.notna(), None).to_dict("records")
        _print({"schema": 1, "comparisons": [{**row, "gaps": list(row["gaps"])} for row in rows]})
    else:
        from lca.report.terminal import comparison

        comparison(found)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
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


def _show(study: Study) -> None:
    from lca.report.terminal import contributions, scores

    scores(study)
    contributions(study)
