"""Check whole folders: what `lca check` runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lca.builtin import folder
from lca.errors import InvalidData, Problem
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.methods.categories import EF
from lca.study.gate import gate
from lca.system.product_system import product_system
from lca.system.scenario import Scenario

CLIMATE = "climate-change"


@dataclass(frozen=True, slots=True)
class Checked:
    """How much was found in order."""

    activities: int
    scenarios: int
    unclassified: tuple[str, ...] = ()
    """Activities with gaps that name no class, or with inputs no sector, so that nothing says what they hold."""
    unanchored: tuple[str, ...] = ()
    """Activities without climate score, inputs and anchor: their gaps have nothing to be reckoned from."""


def check(paths: Iterable[str | Path] = ()) -> Checked:
    """Load the built-in inventories, the folders and the scenario files; default: the built-in scenarios.

    Raises InvalidData with every problem of all of them.
    """
    chosen = [Path(path) for path in paths]
    files = [path for path in chosen if path.suffix == ".toml"] or ([] if chosen else _built_in())
    problems: list[Problem] = []
    scenarios = []
    for path in files:
        try:
            scenarios.append(Scenario.load(path))
        except InvalidData as error:
            problems += error.problems
    try:
        catalogue = Catalogue.load(*(path for path in chosen if path.suffix != ".toml"))
    except InvalidData as error:
        raise InvalidData([*problems, *error.problems]) from None
    problems += gate(catalogue)
    for scenario in scenarios:
        try:
            product_system(scenario, catalogue)
        except InvalidData as error:
            problems += error.problems
    if problems:
        raise InvalidData(problems)
    written = [activity for activity in catalogue.activities.values() if not activity.stands_in]
    return Checked(len(written), len(scenarios), *_beyond_estimate(written, catalogue))


def _beyond_estimate(written: list[Activity], catalogue: Catalogue) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Activities with gaps without class or sector, and without anchor; a catalogue without ratios needs neither."""
    if not catalogue.ratios.total:
        return (), ()
    open_in = {a.id: [category for category in EF if catalogue.state(a.id, category).open] for a in written}
    return (
        tuple(a.id for a in written if open_in[a.id] and not (a.sector if a.inputs else a.estimate_class)),
        tuple(a.id for a in written if CLIMATE in open_in[a.id] and not a.inputs and a.anchor is None),
    )


def _built_in() -> list[Path]:
    """The built-in scenarios; cases of `lca validate` and plans of `lca campaign` are other formats."""
    root = folder("scenarios")
    others = ("validation", "campaigns")
    return sorted(path for path in root.rglob("*.toml") if path.relative_to(root).parts[0] not in others)
