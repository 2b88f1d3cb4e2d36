"""Check files and whole folders, each as what it is: what `lca check` runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lca.builtin import folder, shown
from lca.campaign.plan import CampaignFile, CampaignPlan
from lca.errors import InvalidData, Problem
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.measurement.record import LARGEST_RECORD, Measurement
from lca.methods.categories import EF
from lca.quantities.documents import Document
from lca.study.gate import gate
from lca.system.plausible import implausible
from lca.system.product_system import product_system
from lca.system.scenario import Scenario

CLIMATE = "climate-change"


class FileKind(StrEnum):
    """What a file is, by its keys."""

    SCENARIO = "scenario"
    CAMPAIGN = "campaign"
    RECORD = "record"
    INVENTORY = "inventory"


@dataclass(frozen=True, slots=True)
class Checked:
    """How much was found in order."""

    activities: int
    scenarios: int
    unclassified: tuple[str, ...] = ()
    """Activities with gaps that name no class, or with inputs no sector, so that nothing says what they hold."""
    unanchored: tuple[str, ...] = ()
    """Activities without climate score, inputs and anchor: their gaps have nothing to be reckoned from."""
    campaigns: int = 0
    records: int = 0
    warnings: tuple[Problem, ...] = ()
    """What can be, and is hardly meant."""


def check(paths: Iterable[str | Path] = ()) -> Checked:
    """Load the built-in inventories and the folders, and every file as what it is; default: the built-in scenarios.

    A folder without inventory files is one of scenarios, campaigns and records. Raises InvalidData with every problem
    of all of them.
    """
    chosen = [Path(path) for path in paths]
    files = [file for path in chosen for file in _files(path)] if chosen else _built_in()
    problems: list[Problem] = []
    scenarios, counted = [], dict.fromkeys(FileKind, 0)
    for path in files:
        try:
            kind = _kind(path)
            match kind:
                case FileKind.CAMPAIGN:
                    CampaignPlan.load(path)
                case FileKind.RECORD:
                    Measurement.load(path, shown(path))
                case _:
                    scenarios.append(Scenario.load(path))
            counted[kind] += 1
        except InvalidData as error:
            problems += error.problems
    try:
        catalogue = Catalogue.load(*(path for path in chosen if path.is_dir() and not _files(path)))
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
    doubtful = tuple(each for scenario in scenarios for each in implausible(scenario, catalogue))
    written = [activity for activity in catalogue.activities.values() if not activity.stands_in]
    unclassified, unanchored = _beyond_estimate(written, catalogue)
    campaigns, records = counted[FileKind.CAMPAIGN], counted[FileKind.RECORD]
    return Checked(len(written), len(scenarios), unclassified, unanchored, campaigns, records, doubtful)


def _files(path: Path) -> list[Path]:
    """The scenarios, campaigns and records that a path names: a file, or those of a folder that is no inventory."""
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*") if file.suffix in (".toml", ".json") and file.is_file())
    return files if files and all(_kind(file) != FileKind.INVENTORY for file in files) else []


def _kind(path: Path) -> FileKind:
    """What a file is by its keys; what cannot be read, or is neither, is taken for a scenario, and refused as one."""
    try:
        content = Document.read(path, limit=LARGEST_RECORD).content
    except InvalidData:
        return FileKind.RECORD if path.suffix == ".json" else FileKind.SCENARIO
    if path.suffix == ".json":
        return FileKind.RECORD
    if "functional_unit" in content:
        return FileKind.SCENARIO
    if {"grids", "cells"} & content.keys() & CampaignFile.model_fields.keys():
        return FileKind.CAMPAIGN
    return (
        FileKind.INVENTORY
        if {"unit", "product", "table", "formulas", "exchanges"} & content.keys()
        else FileKind.SCENARIO
    )


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
