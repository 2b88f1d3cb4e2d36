"""The verbs of `lca background`: databases of the user's own."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lca.cli.shared import Categories, Inventory, Json, ids, load, print_json, status
from lca.languages import gettext

if TYPE_CHECKING:
    from lca.backgrounds.store import About

_MOST_SILENT = 20
Name = Annotated[str, typer.Argument(help="Name of the background: lower-case letters, digits, hyphens.")]


def add(app: typer.Typer) -> None:
    """Add the group of verbs."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Databases of your own as backgrounds.")
    group.command("add")(add_background)
    group.command("list")(list_backgrounds)
    group.command("show")(show_background)
    group.command("remove")(remove_background)
    group.command("map")(map_background)
    group.command("compare")(compare_background)
    app.add_typer(group, name="background")


def add_background(
    name: Name,
    source: Annotated[
        Path,
        typer.Argument(
            help="ecospold1 file, ecospold2 folder, a zip of either, openLCA JSON-LD, Brightway workbook, "
            "bw_processing datapackage, or the folder of a Brightway project."
        ),
    ],
    database: Annotated[str, typer.Option(help="Database of the Brightway project.")] = "",
    version: Annotated[str, typer.Option(help="Version of the database, as studies name it.")] = "",
    provider: Annotated[
        list[str], typer.Option(help="NAME=CODE: which of several activities provides an input; repeatable.")
    ] = [],  # noqa: B006
    accept_licence: Annotated[bool, typer.Option("--accept-licence", help="You have read its licence.")] = False,
) -> None:
    """Read a database once, and keep what is compiled of it in your data folder.

    Example: lca background add uslci uslci_fy21_q3_ecospold01.zip --version "FY21 Q3"
    """
    from lca.backgrounds.store import add
    from lca.errors import UsageError

    providers = dict(item.rpartition("=")[::2] for item in provider)
    if any(not part for pair in providers.items() for part in pair):
        raise UsageError(gettext("write --provider NAME=CODE"))
    with status(gettext("reading the database")):
        about = add(name, source, database, version, providers, accept_licence, _licence)
    _summary(about.label, about.counts)
    _prepare(about)


def _prepare(about: About) -> None:
    """Solve once what its mapping files name, so that the first score finds it; say what is wrong in them."""
    from lca.backgrounds.mapping import Mapped, mapping_files
    from lca.errors import InvalidData

    if not any(path.is_file() for path in mapping_files(about.name)):
        print(gettext("nothing says yet what stands for what in it: lca background map {name}", name=about.name))
        return
    catalogue = load([])
    try:
        with status(gettext("solving what is mapped")):
            mapped = Mapped.of(about, catalogue)
            mapped.joined(catalogue)
        print(gettext("{count} activities are mapped", count=len(mapped.matches)))
    except InvalidData as error:
        print(gettext("it is added, but its mapping does not fit:\n{error}", error=error), file=sys.stderr)


def _licence(text: str) -> None:
    print(text, file=sys.stderr)


def _summary(label: str, counts: Mapping[str, Any]) -> None:
    flows, inputs = counts["flows"], counts["inputs"]
    print(
        gettext(
            "{label}: {activities:,} activities, {exchanges:,} exchanges",
            label=label,
            activities=counts["activities"],
            exchanges=counts["exchanges"],
        )
    )
    print(
        gettext(
            "elementary flows: {linked_flows:,} linked, {count:,} of {names:,} names not",
            linked_flows=counts["linked_flows"],
            count=flows["count"],
            names=flows["names"],
        )
    )
    print(
        gettext(
            "inputs without a provider: {count:,} of {names:,} names", count=inputs["count"], names=inputs["names"]
        ),
        end="",
    )
    ambiguous = counts["ambiguous"]
    print(
        gettext(
            "; with several: {count:,} of {names:,} names (choose by --provider)",
            count=ambiguous["count"],
            names=ambiguous["names"],
        )
    )
    if counts["coproducts"]["count"]:
        print(
            gettext(
                "co-products without an allocation: {count:,}, all goes to the main product",
                count=counts["coproducts"]["count"],
            )
        )


def list_backgrounds(as_json: Json = False) -> None:
    """List the backgrounds that were added.

    Example: lca background list
    """
    from lca.backgrounds.store import backgrounds

    rows = [(b.name, b.version, b.counts["activities"], b.added, b.source) for b in backgrounds()]
    columns = ("name", "version", "activities", "added", "source")
    if as_json:
        print_json({"backgrounds": [dict(zip(columns, row, strict=True)) for row in rows]})
    else:
        from lca.report.terminal.table import table

        table(columns, rows)


def show_background(name: Name, as_json: Json = False) -> None:
    """Show what a background holds, what of it is not linked or has no factor, and of which categories it speaks.

    Example: lca background show uslci
    """
    from lca.backgrounds.store import background, load
    from lca.methods.categories import EF
    from lca.methods.library import Library

    about, library = background(name), Library.load()
    compiled, factors = load(about), [library.factors[id] for id in EF]
    spoken = compiled.speaks(factors).sum(axis=0)
    quiet = [library.flows[code] for code in compiled.flows if not any(code in known for known in factors)]
    silent = sorted(f"{flow.name} | {flow.compartment}" for flow in quiet)
    speaks = {id: int(number) for id, number in zip(EF, spoken, strict=True)}
    if as_json:
        print_json(
            {
                "name": about.name,
                "version": about.version,
                "source": about.source,
                "content": about.content,
                "licence": about.licence,
                "counts": dict(about.counts),
                "categories": speaks,
                "without_factor": silent,
            }
        )
        return
    from lca.report.terminal.table import table

    _summary(about.label, about.counts)
    print(
        gettext(
            "from {source}, {added}, content {content}", source=about.source, added=about.added, content=about.content
        )
    )
    if about.licence:
        print(f"\n{about.licence}")
    print()
    table(("category", gettext("products that reach a flow of it")), list(speaks.items()))
    if silent:
        print()
        print(gettext("linked, but without a factor in any of these categories: {count:,} flows", count=len(silent)))
        print("  " + "; ".join(silent[:_MOST_SILENT]) + ("; …" if len(silent) > _MOST_SILENT else ""))
    for what in ("flows", "inputs", "ambiguous"):
        if most := list(about.counts[what]["most"].items())[:20]:
            print()
            table((gettext("not linked: {what}", what=what), "times"), most)


def remove_background(name: Name) -> None:
    """Remove a background from your data folder; what it was read from stays.

    Example: lca background remove uslci
    """
    from lca.backgrounds.store import remove

    print(gettext("removed {name}", name=remove(name)))


def map_background(
    name: Name,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; default: the one in your data folder.")
    ] = None,
    inventory: Inventory = [],  # noqa: B006
) -> None:
    """Propose which product stands for which activity, in a file in which you confirm what is right.

    Example: lca background map uslci
    """
    from lca.backgrounds.mapping import proposal_text
    from lca.errors import UsageError
    from lca.quantities.outputs import write_text

    target, text, number = proposal_text(name, load(inventory))
    target = output or target
    if target.exists():
        raise UsageError(gettext("{target} exists: edit it, or write elsewhere with --output", target=target))
    write_text(target, text)
    print(
        gettext(
            "{target}: {number} proposals, of which none is used until you write confirmed = true",
            target=target,
            number=number,
        )
    )


def compare_background(
    name: Name,
    inventory: Inventory = [],  # noqa: B006
    categories: Categories = "",
    as_json: Json = False,
) -> None:
    """Compare our activities with those that stand for them, by category, the farthest apart first.

    Example: lca background compare uslci --categories climate-change
    """
    from lca.study.documented import against

    table = against(load(inventory), name, ids(categories))
    if as_json:
        print_json({"rows": table.astype(object).where(table.notna(), None).to_dict("records")})
        return
    from lca.report.terminal.table import table as show
    from lca.report.words import number

    rows = [
        (
            row["activity"],
            row["partner"],
            row["category"],
            row["unit"],
            *(number(row[name]) for name in ("ours", "theirs", "ratio")),
        )
        for row in table.to_dict("records")
    ]
    show(("activity", "partner", "category", "unit", "ours", "theirs", gettext("theirs / ours")), rows)
