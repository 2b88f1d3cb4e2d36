"""The sheets Data_Quality and Provenance: how good the data are, and what repeats the study."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import get_args

from lca.inventory.activity import Activity, Emission, Input
from lca.languages import gettext, gettexts
from lca.methods.categories import CATEGORIES
from lca.quantities.sources import Source
from lca.report.excel.cells import ABSENT, UNDEFINED, Cell, place
from lca.report.excel.sheet import Book
from lca.report.view import View
from lca.report.words import file_or_scenario

_PEDIGREE = ("reliability", "completeness", "temporal", "geographical", "technological")
_CONFIDENCES = get_args(Source.model_fields["confidence"].annotation)


def data_quality(book: Book, view: View) -> None:
    """Data_Quality: pedigree, ranges and confidence of every activity, the ones that matter most first."""
    id = "climate-change" if "climate-change" in view.study.categories else view.study.categories[0]
    sheet = book.sheet(
        "Data_Quality",
        gettext("Quality of the data"),
        gettext(
            "Pedigree from 1 (best) to 5, as its file states it. With a range: amounts that state 2.5 % and 97.5 % "
            "quantiles. Calibrated: back-solved from a total. Sources by confidence; the share is that of an "
            "activity's own flows in {category}, over all scenarios.",
            category=CATEGORIES[id].title,
        ),
    )
    columns = (
        *gettexts("activity", "name", "location"),
        gettext("share of {category}", category=CATEGORIES[id].title),
        *gettexts("reliability", "completeness", "temporal", "geographical", "technological"),
        *gettexts("amounts", "with a range", "range share", "calibrated", "published values"),
        *(gettext("sources: {confidence}", confidence=c) for c in _CONFIDENCES),
        *gettexts("newest source", "inventory file"),
    )
    shares = _shares(view, id)
    first = sheet.row + 1
    activities = sorted(view.study.activities.values(), key=lambda a: (-shares.get(a.id, 0.0), a.id))
    sheet.table(columns, (list(_row(a, shares, first + n)) for n, a in enumerate(activities)))
    sheet.finish()


def _shares(view: View, category: str) -> dict[str, float]:
    table = view.study.table
    sizes = table[table["category"] == category].assign(size=lambda t: t["score"].abs()).groupby("activity")["size"]
    summed = sizes.sum()
    whole = float(summed.sum())
    return {str(id): float(size) / whole for id, size in summed.items()} if whole else {}


def _row(activity: Activity, shares: dict[str, float], row: int) -> Iterator[Cell | str]:
    yield from (activity.id, activity.name, activity.location or gettext("not stated"))
    yield Cell(shares.get(activity.id, 0.0), shape="share")
    for name in _PEDIGREE:
        yield _count(getattr(activity.pedigree, name)) if activity.pedigree else ABSENT
    exchanges: tuple[Input | Emission, ...] = (*activity.inputs, *activity.emissions)
    ranged = sum(exchange.range is not None for exchange in exchanges)
    yield _count(len(exchanges))
    yield _count(ranged)
    if exchanges:
        formula = f"={place(row, 10)}/{place(row, 9)}"
        yield Cell(ranged / len(exchanges), formula, shape="share")
    else:
        yield UNDEFINED
    yield _count(sum(emission.calibrated for emission in activity.emissions))
    yield _count(len(activity.results))
    for confidence in _CONFIDENCES:
        yield _count(sum(source.confidence == confidence for source in activity.sources.values()))
    years = [source.year for source in activity.sources.values() if source.year]
    yield Cell(str(max(years))) if years else ABSENT
    yield file_or_scenario(activity.file)


def _count(number: int) -> Cell:
    return Cell(float(number), shape="count")


def provenance(book: Book, view: View) -> None:
    """Provenance: command, versions and hashes, and a hash of what was read from every inventory file."""
    sheet = book.sheet(
        "Provenance",
        gettext("Provenance"),
        gettext(
            "What repeats the study. A hash of an inventory file covers the activities as they were read from it, in "
            "the units of the engine."
        ),
    )
    sheet.section(gettext("Study"))
    sheet.rows([[Cell(key, style="total"), value] for key, value in view.study.provenance.items()])
    sheet.row += 1
    sheet.section(gettext("Inventory files"))
    files: dict[str, list[Activity]] = {}
    for activity in view.study.activities.values():
        files.setdefault(file_or_scenario(activity.file.partition(":")[0]), []).append(activity)
    rows = ((name, _count(len(hashes)), _digest(hashes)) for name, hashes in sorted(files.items()))
    sheet.table((*gettexts("inventory file", "activities"), "sha256"), rows)
    sheet.finish({0: 52, 1: 68, 2: 68})


def _digest(activities: list[Activity]) -> str:
    text = repr(sorted((activity.id, repr(activity)) for activity in activities))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
