"""The sheet Hardware_BOM: the parts of all equipment that a scenario occupies, opened down to what is modelled."""

from __future__ import annotations

from collections.abc import Iterator

from lca.languages import gettext, gettexts, named
from lca.report.excel.cells import ABSENT, NONE, Cell
from lca.report.excel.sheet import Book
from lca.report.view import View
from lca.report.words import file_or_scenario, phase_word
from lca.study.part_kinds import equipment_of, opened
from lca.study.study import Study
from lca.vocabulary import Role, Stage

Key = tuple[str, Stage]
"""Part and stage."""


def hardware_bom(book: Book, view: View) -> None:
    """Hardware_BOM: one row for each part and stage of a server or facility."""
    sheet = book.sheet(
        "Hardware_BOM",
        gettext("Parts of the equipment"),
        gettext(
            "Assemblies opened into the activities that are modelled. Per functional unit: the share of the equipment "
            "that one functional unit occupies, with the parts replaced over its life."
        ),
    )
    columns = gettexts(
        "scenario",
        "phase",
        "role",
        "equipment",
        "within",
        "part",
        "name",
        "stage",
        "in one unit of the equipment",
        "per functional unit, with replacements",
        "unit",
        "inventory file",
    )
    sheet.table(columns, _rows(view))
    sheet.finish({4: 36})


def has_equipment(study: Study) -> bool:
    """Whether any exchange is of equipment or of a facility."""
    return any(e.role in (Role.EQUIPMENT, Role.FACILITY) for system in study.systems for e in system.exchanges)


def _rows(view: View) -> Iterator[list[Cell | str | float]]:
    study = view.study
    for system in study.systems:
        amounts: dict[tuple[str, str, str, Key], float] = {}
        for e in system.exchanges:
            if e.role in (Role.EQUIPMENT, Role.FACILITY):
                key = (e.phase, e.role, equipment_of(study, system.name, e.run, e.role), (e.input, e.stage))
                amounts[key] = amounts.get(key, 0.0) + e.amount
        for (phase, role, top, part), amount in amounts.items():
            within, count = parts(study, top).get(part, ("", None)) if top else ("", None)
            activity = study.activities[part[0]]
            yield [
                view.labels[system.name],
                phase_word(phase),
                named(Role(role)),
                top or ABSENT,
                within or ABSENT,
                activity.id,
                activity.name,
                named(part[1]),
                ABSENT if count is None else Cell(count),
                amount,
                activity.unit,
                file_or_scenario(activity.file),
            ]


def parts(study: Study, top: str) -> dict[Key, tuple[str, float]]:
    """Part and stage → the assemblies it lies in, and how much of it one unit of the equipment holds."""
    places: dict[Key, tuple[list[str], float]] = {}
    for id, amount, stage, path in opened(study, top):
        paths, before = places.get((id, stage), ([], 0.0))
        text = " › ".join(path[1:])
        places[id, stage] = (paths if text in paths else [*paths, text], before + amount)
    return {key: (_within(paths), count) for key, (paths, count) in places.items()}


def _within(paths: list[str]) -> str:
    """Empty for a part that stands in the equipment itself and nowhere else."""
    return "; ".join(sorted(path or NONE for path in paths)) if any(paths) else ""
