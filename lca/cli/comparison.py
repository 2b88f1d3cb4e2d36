"""The verb compare."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    drawn,
    ids,
    load,
    print_json,
    read,
    status,
)
from lca.languages import gettext

if TYPE_CHECKING:
    from lca.inventory.catalogue import Catalogue
    from lca.inventory.files.recycling import Formula
    from lca.study.comparison.limits import Limits
    from lca.study.comparison.minimum_quality import Floor
    from lca.system.scenario import Scenario

OWN = "own"


def compare(
    files: Files,
    baseline: Annotated[str, typer.Option(help="Name of the scenario to compare with; default: the first.")] = "",
    floor: Annotated[
        list[str],
        typer.Option(help="NAME=NUMBER, such as accuracy=0.94: a scenario below it is shown and excluded; repeatable."),
    ] = [],  # noqa: B006
    min_throughput: Annotated[
        str | None, typer.Option(help='Select the lowest score of those as fast as, say, "100 inference/s".')
    ] = None,
    max_latency: Annotated[
        str | None, typer.Option(help='Select the lowest score of those whose p99 latency is at most, say, "20 ms".')
    ] = None,
    max_memory: Annotated[
        str | None, typer.Option(help='Select the lowest score of those whose peak memory is at most, say, "1 GB".')
    ] = None,
    inventory: Inventory = [],  # noqa: B006
    method: Methods = [],  # noqa: B006
    categories: Categories = "",
    end_of_life: EndOfLife = "cut-off",
    samples: Samples = DRAWS,
    known_only: KnownOnly = False,
    seed: Annotated[int, typer.Option(help="Of the draws.", min=0)] = 0,
    background: Annotated[
        list[str],
        typer.Option(help="Database of your own; several: the same scenarios under each, `own` the built-in one."),
    ] = [],  # noqa: B006
    as_json: Json = False,
) -> None:
    """Compare scenarios with the first, on the system of their difference, and with each other: quality, break-even,
    scores per correct result, fronts, winners.

    A scenario in another unit of service is compared for the baseline's amount, by the rate that
    `functional_unit.conversions` of either file states.

    Two or more ids of products, such as devices, are compared as they are, per unit, and part by part.

    Example: lca compare original.toml int8.toml --floor accuracy=0.94
    """
    if all(map(_is_id, files)):
        if floor or min_throughput or max_latency or max_memory or background or end_of_life != "cut-off":
            from lca.errors import UsageError

            raise UsageError(
                gettext("products have no quality, speed or service: give scenarios, or leave the option out")
            )
        draws = 0 if known_only else samples
        _products([str(file) for file in files], load(inventory, method), categories, baseline, draws, seed, as_json)
        return
    from lca.study.assess import assess
    from lca.study.comparison.comparison import comparison
    from lca.study.comparison.services import same_service

    floors, limits = _asked(floor, min_throughput, max_latency, max_memory)
    once = list(dict.fromkeys(files))  # the baseline first, then a pattern that matches it too
    if len(background) > 1:
        scenarios, catalogue, formula = read(once, inventory, end_of_life, OWN, method)
        _disagreement(scenarios, catalogue, background, ids(categories, catalogue), formula, as_json)
        return
    scenarios, catalogue, formula = read(once, inventory, end_of_life, "".join(background), method)
    scenarios, converted = same_service(scenarios, baseline)
    with status("assessing"):
        study = assess(scenarios, catalogue, ids(categories, catalogue), formula)
    compared = comparison(study, baseline, floors, limits, converted)
    layers = None
    if samples and not known_only:
        layers = drawn(study, catalogue.under(formula), samples, seed, baseline=baseline or None, floors=floors).layers
    if as_json:
        from lca.report.compared import to_json

        print_json({**to_json(compared), **(layers.to_json() if layers else {})})
        return
    from lca.report import words
    from lca.report.terminal.comparison import comparison as show
    from lca.report.terminal.judgement import judgements

    judged = layers if len(study.names) > 1 else None
    if judged:
        judgements(study, judged)
    show(compared, words.unlike_scope(study, study.baseline(baseline)), bool(judged))


def _is_id(file: Path) -> bool:
    """Whether it is the id of an activity, and no file."""
    from lca.quantities.records import ID

    return re.fullmatch(ID, str(file)) is not None and not file.exists()


def _products(
    names: list[str], catalogue: Catalogue, categories: str, baseline: str, samples: int, seed: int, as_json: bool
) -> None:
    from lca.errors import UsageError
    from lca.report import words
    from lca.report.terminal.judgement import judgements
    from lca.report.terminal.tables import layers as show_layers
    from lca.report.terminal.tables import parts_compared, scores
    from lca.study.assess import products
    from lca.study.layers import layers, with_layers
    from lca.study.tables import contributions
    from lca.system.product_system import Product

    once = list(dict.fromkeys(names))
    if len(once) < 2:
        raise UsageError(gettext("name two products to compare; `lca score` scores one"))
    chosen = [Product(id, 1.0) for id in once]
    study = products(chosen, catalogue, ids(categories, catalogue))
    base = study.baseline(baseline)
    if samples:
        study = with_layers(study, layers(study, catalogue, samples, seed, baseline=base, products=chosen))
    if as_json:
        split = contributions(study, None, "input", "stage").to_json()
        print_json({**study.to_json(), "parts": split})
        return
    if study.layers:
        judgements(study, study.layers)
        show_layers(study, study.layers)
    else:
        scores(study)
    for sentence in words.unlike_scope(study, base):
        print(sentence)
    parts_compared(study)


def _disagreement(
    scenarios: Sequence[Scenario],
    catalogue: Catalogue,
    backgrounds: Sequence[str],
    categories: Sequence[str],
    formula: Formula,
    as_json: bool,
) -> None:
    from lca.study.documented import disagreement

    with status(gettext("assessing under each background")):
        table = disagreement(scenarios, catalogue, backgrounds, categories, formula)
    if as_json:
        print_json({"rows": table.astype(object).where(table.notna(), None).to_dict("records")})
        return
    from lca.report.terminal.table import table as show
    from lca.report.words import disagreements, number

    columns = [gettext("scenario"), gettext("category"), gettext("unit")]
    for name in backgrounds:
        columns += [name, gettext("gaps")]
    rows = []
    for row in table.to_dict("records"):
        scores = [part for name in backgrounds for part in (number(row[name]), str(row[f"gaps of {name}"]))]
        rows.append([row["scenario"], row["category"], row["unit"], *scores, number(row["ratio"])])
    right = (*backgrounds, gettext("gaps"))
    show(
        [*columns, gettext("largest / smallest")],
        rows,
        gettext("The same scenarios under each background"),
        right=right,
    )
    for sentence in disagreements(table):
        print(sentence)


def _asked(
    floor: list[str], throughput: str | None, latency: str | None, memory: str | None
) -> tuple[tuple[Floor, ...], Limits]:
    """Floors and limits, read before anything is assessed. Raises UsageError with all that is wrong with both."""
    from lca.errors import UsageError
    from lca.study.comparison.limits import Limits
    from lca.study.comparison.minimum_quality import read_floors

    floors: tuple[Floor, ...]
    floors, limits, problems = (), Limits(), list[str]()
    try:
        floors = read_floors(floor)
    except UsageError as error:
        problems.append(str(error))
    try:
        limits = Limits.read(throughput, latency, memory)
    except UsageError as error:
        problems.append(str(error))
    if problems:
        raise UsageError("\n".join(problems))
    return floors, limits
