"""Verbs on scenarios: demo, assess, compare, score, explain, brightway export."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lca.cli.comparison import compare
from lca.cli.reports import Data, Excel, Figures, Full, Html, free, write
from lca.cli.shared import (
    DRAWS,
    Categories,
    EndOfLife,
    Files,
    Inventory,
    Json,
    KnownOnly,
    Methods,
    Samples,
    Seed,
    UnderBackground,
    assessed,
    drawn,
    ids,
    load,
    print_json,
    read,
    show,
    status,
)
from lca.languages import gettext

PART = ("input", "stage")
"""Columns of a study by which a product is split into the parts that its assemblies open into."""


class By(StrEnum):
    """What a score of a product is split by."""

    PART = "part"


def add(app: typer.Typer) -> None:
    """Add the verbs of this room."""
    app.command()(demo)
    app.command()(assess)
    app.command()(compare)
    app.command()(score)
    app.command()(explain)
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Write models as Brightway projects.")
    group.command("export")(export_project)
    group.callback()(_brightway)
    app.add_typer(group, name="brightway")


def demo(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write into.")] = Path("reports"),
    seconds: Annotated[float, typer.Option(help="Length of each measured run.", min=1)] = 12.0,
) -> None:
    """Train and run a small network here, measure both, and assess the service in France and in Poland.

    Example: lca demo -o reports
    """
    from lca.demo import demo
    from lca.report.terminal.ending import ending

    study = demo(output, seconds)
    ending(study)
    print(
        gettext(
            "\nOpen {workbook} in a spreadsheet and {page} in a browser; the scenarios and the "
            "measurement records are beside them.\nTry next: lca explain {scenario}, lca sensitivity "
            "{scenario}, lca app",
            workbook=output / "demo.xlsx",
            page=output / "demo.html",
            scenario=output / "digits-france.toml",
        ),
        file=sys.stderr,
    )


def assess(
    files: Files,
    excel: Excel = None,
    full: Full = False,
    data: Data = None,
    html: Html = None,
    figures: Figures = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Save the study here, for `lca report`.")
    ] = None,
    inventory: Inventory = [],  # noqa: B006
    method: Methods = [],  # noqa: B006
    categories: Categories = "",
    end_of_life: EndOfLife = "cut-off",
    samples: Samples = DRAWS,
    known_only: KnownOnly = False,
    seed: Seed = 0,
    workers: Annotated[int, typer.Option(help="Processes that draw; the draws are the same.", min=1)] = 1,
    dask: Annotated[str, typer.Option(help="Address of a Dask scheduler that draws: tcp://HOST:PORT.")] = "",
    background: UnderBackground = "",
    as_json: Json = False,
) -> None:
    """Assess scenarios on the impact categories.

    Example: lca assess scenarios/digits-france.toml --excel digits.xlsx
    """
    from lca.study.assess import assess

    free(output, html, excel=excel, full=full, data=data)
    scenarios, catalogue, formula = read(files, inventory, end_of_life, background, method)
    with status("assessing"):
        study = assess(scenarios, catalogue, ids(categories, catalogue), formula)
    if samples and not known_only:
        study = drawn(study, catalogue.under(formula), samples, seed, workers, dask)
    write(study, excel, html, figures, output, full, data)
    print_json(study.to_json()) if as_json else show(study)


def score(
    activity: Annotated[str, typer.Argument(help="Id of an activity.")],
    amount: Annotated[str, typer.Option("--amount", "-a", help='Such as "2 item"; default: one unit.')] = "",
    inventory: Inventory = [],  # noqa: B006
    method: Methods = [],  # noqa: B006
    categories: Categories = "",
    by: Annotated[By | None, typer.Option(help="Split the score by the parts of the product.")] = None,
    samples: Samples = DRAWS,
    known_only: KnownOnly = False,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Score an amount of one activity's product.

    Example: lca score server-1x-a100 --amount "2 item" --by part
    """
    from lca.api import score
    from lca.study.tables import contributions

    draws, catalogue = 0 if known_only else samples, load(inventory, method)
    study = score(activity, amount or 1.0, catalogue, ids(categories, catalogue), draws, seed)
    if as_json:
        split = {"parts": contributions(study, None, *PART).to_json()} if by else {}
        print_json({**study.to_json(), **split})
        return
    show(study)
    if by:
        from lca.report.terminal.tables import by_part

        by_part(study)


def explain(
    file: Annotated[Path, typer.Argument(help="Scenario file.", metavar="SCENARIO.toml")],
    category: Annotated[str, typer.Argument(help="Id of the impact category.")] = "climate-change",
    inventory: Inventory = [],  # noqa: B006
    method: Methods = [],  # noqa: B006
    end_of_life: EndOfLife = "cut-off",
    background: UnderBackground = "",
    as_json: Json = False,
) -> None:
    """Lead from a score to the activities, amounts, formulas, files and sources behind it, largest first.

    Example: lca explain scenarios/digits-france.toml climate-change
    """
    from lca.study.explanation import explain

    study = assessed([file], inventory, method, category, end_of_life, background)
    explanation = explain(study, study.names[0], study.categories[0])
    from lca.report.terminal.explanation import text, to_json

    if as_json:
        print_json(to_json(explanation))
    else:
        print(text(explanation))


def export_project(
    files: Files,
    project: Annotated[str, typer.Option("--project", help="Name of the Brightway project to write.")],
    folder: Annotated[Path | None, typer.Option(help="Data folder of Brightway; default: its own.")] = None,
    into: Annotated[
        bool, typer.Option("--into", help="Write into a project that exists, beside what it holds.")
    ] = False,
    prefix: Annotated[str, typer.Option(help="With --into: first word of its databases and methods.")] = "ai-lca",
    biosphere: Annotated[str, typer.Option(help="With --into: its database of elementary flows.")] = "biosphere3",
    overwrite: Annotated[
        bool, typer.Option(help="Replace what an earlier export wrote under this name, and nothing else.")
    ] = False,
    bundle: Annotated[
        Path | None, typer.Option(help="Write the project as an archive too, which Brightway restores: FILE.tar.gz.")
    ] = None,
    workbooks: Annotated[
        Path | None, typer.Option(help="Write its databases as bw2io workbooks too, into this folder.")
    ] = None,
    estimates: Annotated[
        bool, typer.Option("--estimates", help="Write what gaps probably hold too, apart, with methods of its own.")
    ] = False,
    parameters: Annotated[
        bool,
        typer.Option("--parameters", help="Make stated numbers of the scenarios parameters, and amounts formulas."),
    ] = False,
    inventory: Inventory = [],  # noqa: B006
    method: Methods = [],  # noqa: B006
    categories: Categories = "",
    end_of_life: EndOfLife = "cut-off",
    background: UnderBackground = "",
) -> None:
    """Write the model of scenarios as a Brightway project that bw2data and bw2calc solve alone.

    Example: lca brightway export scenarios/digits-france.toml --project digits
    """
    from lca.errors import UsageError
    from lca.report.brightway import bundle as travelling
    from lca.report.brightway.nodes import Names
    from lca.report.brightway.project import export_into, export_project

    if bundle and into:
        raise UsageError(
            gettext("a bundle of a project that holds databases of others would give these away: leave out --into")
        )
    study = assessed(files, inventory, method, categories, end_of_life, background, DRAWS if estimates else 0)
    with status(gettext("writing the project")):
        if into:
            written = export_into(
                study, project, Names(prefix, biosphere, estimates, parameters), folder, overwrite, _removing
            )
        else:
            written = export_project(study, project, folder, overwrite, _removing, estimates, parameters)
    print(
        gettext(
            "{project}: {activities} activities, {count} methods, in {folder}",
            project=written.project,
            activities=written.activities,
            count=len(written.methods),
            folder=written.folder,
        )
    )
    if bundle:
        print(travelling.bundle(written, bundle))
    if workbooks:
        print("\n".join(map(str, travelling.workbooks(written, Names(prefix) if into else Names(), workbooks))))
    if written.absent:
        print(
            gettext(
                "{count} elementary flows are not in {biosphere!r}, and are written beside it: ",
                count=len(written.absent),
                biosphere=biosphere,
            )
            + ", ".join(written.absent),
            file=sys.stderr,
        )


def _removing(what: Sequence[str]) -> None:
    for item in what:
        print(gettext("replacing {item}", item=item), file=sys.stderr)


def _brightway() -> None:
    """Write models as Brightway projects."""
