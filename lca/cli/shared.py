"""What the verbs share: options, loading, printing."""

from __future__ import annotations

import codecs
import inspect
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lca.cli.help import VARIABLE
from lca.languages import ENGLISH, UnknownLanguage, gettext, gettext_noop, speak
from lca.languages import language as speaking

if TYPE_CHECKING:
    from lca.inventory.catalogue import Catalogue
    from lca.inventory.files.recycling import Formula
    from lca.study.comparison.minimum_quality import Floor
    from lca.study.study import Study
    from lca.system.scenario import Scenario


def _speak(context: typer.Context, name: str) -> str:
    from lca.errors import UsageError

    try:
        if not context.resilient_parsing:
            speak(name)
    except UnknownLanguage as error:
        raise UsageError(str(error)) from None
    return name


SpokenLanguage = Annotated[
    str,
    typer.Option(
        "--language",
        help="Of what is printed and written for people; JSON, CSV and records stay as they are.",
        envvar=VARIABLE,
        is_eager=True,
        callback=_speak,
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Inventory = Annotated[
    list[Path], typer.Option("--inventory", "-i", help="A further inventory folder; a later one overrides by id.")
]
Methods = Annotated[
    list[Path],
    typer.Option(
        "--method",
        "-m",
        help="CSV of factors, a category of your own, or a folder of them; or a shipped one, such as carbon-price.",
    ),
]
Categories = Annotated[
    str,
    typer.Option(
        "--categories",
        help="Ids joined by commas; default: the 16 of EF v3.1, and your own. See `lca list categories`.",
    ),
]
EndOfLife = Annotated[
    str, typer.Option("--end-of-life", help="cut-off, circular-footprint or avoided-burden, for the whole study.")
]
Samples = Annotated[
    int,
    typer.Option(
        help="Draws of all ranges and estimates together; 0: none. Where 5,000 or more are interrupted, the same "
        "command goes on from those that are done.",
        min=0,
    ),
]
Seed = Annotated[int, typer.Option(help="Of the draws: the same seed gives the same draws.", min=0)]
KnownOnly = Annotated[bool, typer.Option("--known-only", help="What is known alone: no draws, no estimate of a gap.")]
DRAWS = 1000
SOON = 50_000
"""Draws of scenarios that take some seconds."""
DRAWING = gettext_noop("drawing all ranges and estimates")
UnderBackground = Annotated[
    str, typer.Option("--background", help="Database of your own that mapped activities take their flows from.")
]
Files = Annotated[list[Path], typer.Argument(help="Scenario files.", metavar="SCENARIO.toml...")]


def translated(app: typer.Typer) -> None:
    """Give every verb of an app, and of its groups, the option --language."""
    for verb in app.registered_commands:
        if verb.callback:
            verb.callback = _translated(verb.callback)
    for group in app.registered_groups:
        if group.typer_instance:
            translated(group.typer_instance)


def _translated(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The verb with one option more, which is read first: what is wrong with others is said in its language."""

    @wraps(verb)
    def called(*, language: str, **options: Any) -> Any:
        with speaking(ENGLISH if options.get("as_json") else ""):  # codes and keys are for programs
            return verb(**options)

    words = dict(inspect.signature(verb, eval_str=True).parameters)
    words["language"] = inspect.Parameter(
        "language", inspect.Parameter.KEYWORD_ONLY, default=ENGLISH.name, annotation=SpokenLanguage
    )
    described: Any = called
    described.__signature__ = inspect.Signature(list(words.values()))
    described.__annotations__ = {name: word.annotation for name, word in words.items()}
    return called


@contextmanager
def status(text: str) -> Iterator[None]:
    """A spinner on stderr while something takes its time; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield


def load(inventory: list[Path], method: Sequence[Path] = ()) -> Catalogue:
    from lca.inventory.catalogue import Catalogue

    with status(gettext("reading the inventories")):
        return Catalogue.load(*inventory, methods=method)


def assessed(
    files: list[Path],
    inventory: list[Path],
    method: list[Path],
    categories: str,
    end_of_life: str,
    background: str = "",
    samples: int = 0,
) -> Study:
    from lca.api import assess

    catalogue = load(inventory, method)
    with status("assessing"):
        return assess(files, catalogue, ids(categories, catalogue), end_of_life, background, samples)


def drawn(
    study: Study,
    catalogue: Catalogue,
    samples: int,
    seed: int = 0,
    workers: int = 1,
    dask: str = "",
    baseline: str | None = None,
    floors: Iterable[Floor] = (),
) -> Study:
    """The study with what its scores probably are; `catalogue` under its end-of-life formula."""
    from lca.progress import progress
    from lca.study.layers import layers, with_layers
    from lca.study.uncertainty import MANY

    if workers == 1 and not dask and samples * len(study.names) <= SOON and samples < MANY:
        with status(gettext(DRAWING)):
            return with_layers(study, layers(study, catalogue, samples, seed, baseline=baseline, floors=floors))
    drawn: list[int] = []
    try:
        with progress("draws") as report:

            def done(number: int) -> None:
                report(number, samples, gettext(DRAWING))
                drawn.append(number)

            made = layers(study, catalogue, samples, seed, done, workers, dask, baseline, floors)
    except KeyboardInterrupt:
        if samples >= MANY and drawn:
            kept = gettext("{number:,} draws are kept: the same command goes on from them", number=drawn[-1])
            print(kept, file=sys.stderr)
        raise
    return with_layers(study, made)


def read(
    files: list[Path], inventory: list[Path], end_of_life: str, background: str = "", method: Sequence[Path] = ()
) -> tuple[list[Scenario], Catalogue, Formula]:
    """The scenarios of files, and the catalogue; all problems of all files at once."""
    from lca.api import loaded
    from lca.inventory.files.recycling import formula_named
    from lca.study.documented import under_background

    chosen = formula_named(end_of_life)
    catalogue, scenarios = load(inventory, method), loaded(files)
    return scenarios, under_background(scenarios, catalogue, background), chosen


def ids(categories: str, catalogue: Catalogue | None = None) -> tuple[str, ...]:
    from lca.api import category_ids
    from lca.methods.categories import EF

    own = tuple(method.id for method in catalogue.methods) if catalogue else ()
    return category_ids(categories or (*EF, *own))


def print_json(content: Any) -> None:
    """One JSON object, of which no character may be spelled otherwise: escaped where stdout is not UTF-8."""
    escaped = codecs.lookup(sys.stdout.encoding or "ascii").name != "utf-8"
    print(json.dumps(content, ensure_ascii=escaped, allow_nan=False))


def show(study: Study) -> None:
    from lca.report.terminal.background import origins
    from lca.report.terminal.costs import costs
    from lca.report.terminal.judgement import judgements, to_find_out
    from lca.report.terminal.measured import measured
    from lca.report.terminal.methods import own_methods
    from lca.report.terminal.tables import contributions, layers, scores, set_aside

    if study.layers is None:
        scores(study)
    else:
        if study.layers.judgements:
            judgements(study, study.layers)
        layers(study, study.layers)
        if not study.layers.judgements:
            print()
            to_find_out(study, study.layers)
    set_aside(study)
    if runs := {run.key: run for scenario in study.scenarios for run in scenario.measurements.values() if run.amount}:
        measured(runs.values())
    contributions(study)
    costs(study)
    origins(study)
    own_methods(study)
