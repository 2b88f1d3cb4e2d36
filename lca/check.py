"""Check files and whole folders, each as what it is: what `lca check` runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from lca.builtin import EXPLANATIONS, folder, shown
from lca.campaign.plan import CampaignFile, CampaignPlan
from lca.errors import InvalidData, Misplaced, Problem
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.languages import gettext
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
    CASE = "case"
    """Of `lca validate`, or the explanations beside such."""
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

    A folder may hold scenarios, campaigns and records, inventories in folders of their own, or be an inventory. Raises
    InvalidData with every problem of all of them.
    """
    chosen = [_contents_of(Path(path)) for path in paths]
    files = [file for each in chosen for file in each.files] if chosen else _built_in()
    problems: list[Problem] = []
    scenarios, counted = [], dict.fromkeys(FileKind, 0)
    for path in files:
        try:
            kind = _kind(path) or FileKind.SCENARIO
            match kind:
                case FileKind.CAMPAIGN:
                    CampaignPlan.load(path)
                case FileKind.RECORD:
                    Measurement.load(path, shown(path))
                case FileKind.CASE:
                    from lca.validate.case import CaseFile, ExplanationsFile

                    Document.read(path, shown(path)).load(ExplanationsFile if path.name == EXPLANATIONS else CaseFile)
                case FileKind.INVENTORY:
                    fault = Misplaced(gettext("an inventory file beside scenarios"))
                    problems.append(Document.read(path, shown(path)).problem((), fault))
                case _:
                    scenarios.append(Scenario.load(path))
            counted[kind] += 1
        except InvalidData as error:
            problems += error.problems
    try:
        catalogue = Catalogue.load(*(folder for each in chosen for folder in each.inventories))
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


@dataclass(frozen=True, slots=True)
class _PathContents:
    """What a path names, or the folder that it is."""

    files: tuple[Path, ...] = ()
    inventories: tuple[Path, ...] = ()


def _contents_of(path: Path) -> _PathContents:
    """A folder with inventory files beside others is asked for each of its own folders and files.

    TOML that cannot be told by its keys is a scenario, unless it lies in an inventory; other JSON is not asked for.
    """
    if not path.is_dir():
        return _PathContents((path,))
    toml = sorted(file for file in path.rglob("*.toml") if file.is_file())
    files = [*toml, *(file for file in sorted(path.rglob("*.json")) if _is_record(file))]
    kinds = {_kind(file) for file in files}
    if files and FileKind.INVENTORY not in kinds:
        return _PathContents(tuple(files))
    if not kinds & {FileKind.SCENARIO, FileKind.CAMPAIGN, FileKind.CASE}:
        return _PathContents(inventories=(path,))
    inside = [_contents_of(each) for each in sorted(path.iterdir()) if each.is_dir() or each in files]
    return _PathContents(
        tuple(file for each in inside for file in each.files),
        tuple(folder for each in inside for folder in each.inventories),
    )


def _is_record(path: Path) -> bool:
    """Whether it has the least that a record has, or cannot be read."""
    if not path.is_file():
        return False
    try:
        return {"started", "ended", "phase"} & Document.read(path, limit=LARGEST_RECORD).content.keys() != set()
    except InvalidData:
        return True


def _kind(path: Path) -> FileKind | None:
    """What a file is by its keys; None for what cannot be read, or has none of them."""
    if path.suffix == ".json":
        return FileKind.RECORD
    try:
        content = Document.read(path, limit=LARGEST_RECORD).content
    except InvalidData:
        return None
    if "functional_unit" in content:
        return FileKind.SCENARIO
    if path.name == EXPLANATIONS or "comparisons" in content:
        return FileKind.CASE
    if {"grids", "cells"} & content.keys() & CampaignFile.model_fields.keys():
        return FileKind.CAMPAIGN
    return FileKind.INVENTORY if {"unit", "product", "table", "formulas", "exchanges"} & content.keys() else None


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
