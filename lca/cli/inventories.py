"""Verbs on files of the catalogue: list, new, check, validate, schema."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lca.cli.shared import Inventory, Json, Methods, load, print_json
from lca.languages import gettext, ngettext

if TYPE_CHECKING:
    from lca.methods.own import MethodUsed


def add(app: typer.Typer) -> None:
    """Add the verbs of this room."""
    app.command("list")(list_items)
    app.command()(new)
    app.command()(check)
    app.command()(validate)
    app.command()(schema)


def list_items(
    kind: Annotated[str, typer.Argument(help="A kind of activity, or `categories`; see `lca list kinds`.")],
    inventory: Inventory = [],  # noqa: B006
    method: Methods = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """List the activities of one kind, the kinds, or the impact categories, also those of files of your own.

    Example: lca list kinds
    """
    from lca.errors import UsageError
    from lca.methods.categories import CATEGORIES

    own: tuple[MethodUsed, ...] = ()
    if kind == "categories":
        if inventory or method:
            own = tuple(each.used for each in load(inventory, method).methods)
        known = [*CATEGORIES.values(), *(each.category for each in own)]
        rows = [(c.id, f"{c.method}: {c.title}", c.unit, "") for c in known]
    else:
        catalogue = load(inventory)
        if kind == "kinds":
            rows = [
                (k, gettext("{count} activities", count=len(catalogue.of_kind(k))), "", "") for k in catalogue.kinds()
            ]
        elif kind == "regions":
            rows = [
                (id, f"{r.place}: {r.electricity}", "kWh", r.country) for id, r in sorted(catalogue.regions.items())
            ]
        elif kind in catalogue.kinds():
            rows = [(a.id, a.name, a.unit, a.location) for a in catalogue.of_kind(kind)]
        else:
            raise UsageError(
                gettext(
                    "no kind {kind!r}; there are: categories, kinds, regions, {kinds}",
                    kind=kind,
                    kinds=", ".join(catalogue.kinds()),
                )
            )
    if as_json:
        items = [dict(zip(("id", "name", "unit", "location"), row, strict=True)) for row in rows]
        print_json({"items": items, **({"methods": [each.to_json() for each in own]} if own else {})})
    else:
        from lca.report.terminal.table import table

        table(["id", "name", "unit", "location"], rows)
        if own:
            from lca.report.words import coverage_of

            print("\n".join(map(coverage_of, own)))


def check(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Inventory folders; scenarios, campaigns and records, or folders of them; none: built-in."),
    ] = [],  # noqa: B006
    write: Annotated[
        bool,
        typer.Option("--write", help="Write SOURCES.md into each inventory folder, COMPLETENESS.md into the built-in."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Check inventories, scenarios, campaigns and records: every problem at once, and warnings of what is hardly meant.

    Example: lca check my-inventory scenario.toml
    """
    from dataclasses import asdict

    from lca.check import check
    from lca.errors import InvalidData

    try:
        checked = check(paths)
    except InvalidData as error:
        if as_json:
            print_json({"problems": [asdict(problem) for problem in error.problems]})
        raise
    if write:
        _write([path for path in paths if path.is_dir()])
    if as_json:
        print_json({**asdict(checked), "problems": []})
        return
    for warning in checked.warnings:
        warnings.warn(str(warning), stacklevel=1)
    counts = [gettext("{count} activities", count=checked.activities)]
    if checked.campaigns:
        counts.append(ngettext("{count} campaigns", "{count} campaigns", checked.campaigns))
    if checked.records:
        counts.append(ngettext("{count} records", "{count} records", checked.records))
    print(
        gettext(
            "{counts} and {scenarios} scenarios are in order", counts=", ".join(counts), scenarios=checked.scenarios
        )
    )
    for ids, lack in (
        (checked.unclassified, gettext("class or sector")),
        (checked.unanchored, gettext("climate score or anchor")),
    ):
        if ids:
            print(
                gettext("with gaps, and without a {what} to estimate them from: {ids}", what=lack, ids=", ".join(ids))
            )


def _write(roots: list[Path]) -> None:
    from lca.builtin import folder
    from lca.quantities.outputs import write_text
    from lca.report.catalogue.completeness import completeness_matrix
    from lca.report.catalogue.sources import credits

    for root in roots or [folder("inventories")]:
        write_text(root / "SOURCES.md", credits(root))
    if not roots:
        write_text(folder("inventories") / "COMPLETENESS.md", completeness_matrix(load([])))


def new(
    kind: Annotated[
        str, typer.Argument(help="scenario; or hardware, electricity, facilities, materials, transport or end-of-life.")
    ],
    id: Annotated[str, typer.Argument(help="Name of the file, which is the id of an activity.")],
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="Inventory folder to write into.")] = Path("."),
    template: Annotated[str | None, typer.Option(help="Parametric activity, such as accelerator.")] = None,
    of: Annotated[str, typer.Option("--of", help="Of a scenario: training, serving, fleet, federated or record.")] = "",
    answers: Annotated[
        list[str], typer.Option("--set", help="Answer of a scenario, KEY=VALUE; repeatable. Without any it asks.")
    ] = [],  # noqa: B006
) -> None:
    """Write a new scenario or inventory file with every field explained.

    Example: lca new scenario my-service --of serving --set "amount=1e6 inference"
    """
    if kind == "scenario":
        print(_scenario(of or "serving", id, inventory, answers))
        return
    from lca.inventory.files.skeleton import new_activity

    print(new_activity(kind, id, inventory, template))


def _scenario(of: str, id: str, folder: Path, written: list[str]) -> Path:
    from lca.errors import UsageError
    from lca.exchange.first import first_scenario, questions

    parts = [text.partition("=") for text in written]
    if wrong := [key for key, sign, _ in parts if not sign]:
        raise UsageError(gettext("{wrong!r} is no answer: write KEY=VALUE", wrong=wrong[0]))
    answers = {key.strip(): value.strip() for key, _, value in parts}
    if not answers and sys.stdin.isatty():
        answers = {question.key: typer.prompt(question.asks, question.usual) for question in questions(of)}
    return first_scenario(of, id, folder, answers)


def validate(
    cases: Annotated[
        list[Path], typer.Argument(metavar="CASE.toml...", help="Cases of your own; default: the built-in ones.")
    ] = [],  # noqa: B006
    inventory: Inventory = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Reproduce published results, and show every deviation with its reason.

    Tests of our model, recomputations of a publisher's formula and editions compared with each other are told apart.

    Example: lca validate scenarios/validation/h100.toml
    """
    from lca.validate import show, validate

    run = validate(*inventory, cases=cases)
    if as_json:
        print_json({"cases": [case.to_json() for case in run]})
    else:
        show(run)
    if any(case.failed for case in run):
        raise typer.Exit(1)


def schema(
    kind: Annotated[str, typer.Argument(help="A kind of file; none: list the kinds.")] = "",
    as_manual: Annotated[bool, typer.Option("--manual", help="Of a scenario: the page for people.")] = False,
) -> None:
    """Print the JSON Schema of a kind of file, by which editors complete and check it.

    Example: lca schema activity
    """
    from lca import schemas

    if as_manual:
        from lca.errors import UsageError
        from lca.exchange.manual import manual

        if kind != "scenario":
            raise UsageError(gettext("only `lca schema scenario --manual` has a page"))
        print(manual(), end="")
        return
    if kind:
        print_json(schemas.schema(kind))
    else:
        from lca.report.terminal.table import table

        table(["kind", "file"], [(name, what) for name, (_, what) in schemas.KINDS.items()])
