"""The tables of a study, each made of what the study holds: the method of `Study` of the same name says what of.

Made without pandas, which takes long to load.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lca.errors import UsageError
from lca.languages import gettext
from lca.methods.categories import CATEGORIES
from lca.methods.library import Flow
from lca.quantities import units
from lca.quantities.records import near
from lca.quantities.values import Citation
from lca.study import cost
from lca.study.results import Results
from lca.study.rows import Columns, TableRows, summed
from lca.system.scenario import Effort, Scenario, ScenarioFile
from lca.vocabulary import Completeness

if TYPE_CHECKING:
    import pandas as pd

SCORES = ("scenario", "category", "method", "unit", "score", "mark", "completeness", "gaps", "bound", "published_share")
PRINTED_SCHEMA = 1
"""Of the object that `--json` prints; a saved study has a number of its own."""


def scores(results: Results) -> TableRows:
    """`Study.scores`."""
    rows: list[tuple[object, ...]] = []
    for name in results.names:
        for id, (score, size, published) in zip(results.categories, results.whole(name).T.tolist(), strict=True):
            cover, category = results.coverage[name, id], CATEGORIES[id]
            rows.append(
                (
                    name,
                    id,
                    category.method,
                    category.unit,
                    float("nan") if cover.completeness == Completeness.MISSING else score,
                    cover.mark,
                    cover.completeness,
                    tuple(item.name for item in cover.items),
                    cover.bound,
                    published / size if size else 0.0,
                )
            )
    return TableRows(SCORES, rows)


def contributions(results: Results, category: str | None = None, *by: str) -> TableRows:
    """`Study.contributions`."""
    if category is not None:
        _known("category", [category], results.categories)
    table = results.columns if category is None else results.columns_of(category)
    _known("column", by, [*table.columns])
    keys = ("scenario", "category", *(by or ("phase", "stage", "activity")))
    first, second = ({name: n for n, name in enumerate(names)} for names in (results.names, results.categories))
    parts = [
        (*key, score)
        for key, score in _summed(table, keys).items()
        if results.coverage[key[0], key[1]].completeness != Completeness.MISSING
    ]
    parts.sort(key=lambda part: (first[part[0]], second[part[1]], -abs(part[-1])))
    return TableRows((*keys, "score"), parts)


def _summed(table: Columns, keys: Sequence[str]) -> dict[tuple[Any, ...], float]:
    return summed(zip(*map(table.cells, keys), strict=True), table.cells("score"))


def _known(what: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise UsageError(
                gettext(
                    "the study has no {what} {name!r}{hint}; there are: {known}",
                    what=what,
                    name=name,
                    hint=near(name, known),
                    known=", ".join(known),
                )
            )


def elementary(results: Results) -> TableRows:
    """`Study.elementary`."""
    rows = []
    for scenario, supply in results.supply.items():
        amounts: dict[str, float] = {}
        flows: dict[str, Flow] = {}
        for id, amount in supply.items():
            for emission in results.activities[id].emissions:
                flows[emission.flow.code] = emission.flow
                amounts[emission.flow.code] = amounts.get(emission.flow.code, 0.0) + amount * emission.amount
        rows += [(scenario, f.code, f.name, f.compartment, f.unit, amounts[f.code]) for f in flows.values()]
    return TableRows(("scenario", "flow", "name", "compartment", "unit", "amount"), rows)


def flows(results: Results) -> TableRows:
    """`Study.flows`."""
    inventory = elementary(results).cells
    columns = ("scenario", "category", "flow", "name", "compartment", "unit", "amount", "score")
    table = results.columns
    published: dict[tuple[str, str], list[float]] = {}
    for name, id, score, counted in zip(*map(table.cells, ("scenario", "category", "score", "published")), strict=True):
        if counted:
            published.setdefault((name, id), []).append(score)
    rows: list[tuple[Any, ...]] = []
    for (scenario, id), cover in results.coverage.items():
        factors = results.factors.get(id, {}) if cover.completeness != Completeness.MISSING else {}
        characterised = [row for row in inventory if row[0] == scenario and factors.get(row[1])]
        rows += [(scenario, id, *row[1:], row[5] * factors[row[1]]) for row in characterised]
        if (scenario, id) in published and cover.completeness != Completeness.MISSING:
            rows.append((scenario, id, "", "", "", "", float("nan"), float(np.sum(published[scenario, id]))))
    return TableRows(columns, rows)


def documented(results: Results) -> TableRows:
    """`Study.documented`."""
    origin = {id: a.documented.background for id, a in results.activities.items() if a.documented}
    columns = ("scenario", "category", "background", "activities", "share")
    if not origin:
        return TableRows(columns)
    table, keys = results.columns, ("scenario", "category")
    sizes = [abs(score) for score in table.cells("score")]
    cells = [*zip(*map(table.cells, (*keys, "activity")), strict=True)]
    whole = summed((key[:2] for key in cells), sizes)
    taken = [((*key, origin[id]), id, size) for (*key, id), size in zip(cells, sizes, strict=True) if id in origin]
    activities: dict[tuple[Any, ...], set[str]] = {}
    for key, id, _ in taken:
        activities.setdefault(key, set()).add(id)
    parts = summed((key for key, _, _ in taken), (size for _, _, size in taken))
    rows = [(*key, len(activities[key]), part / whole[key[:2]]) for key, part in parts.items() if whole[key[:2]]]
    return TableRows(columns, rows)


def set_aside(results: Results) -> TableRows:
    """`Study.set_aside`."""
    rows = []
    for scenario, supply in results.supply.items():
        scored = dict(zip(results.categories, results.whole(scenario)[0].tolist(), strict=True))
        for id, amount in supply.items():
            for result in results.activities[id].results:
                value = result.value * amount
                if result.refused and value and result.category in results.categories:
                    score = scored[result.category]
                    times = value / abs(score) if score else float("inf")
                    rows.append((scenario, result.category, id, value, times, result.refused))
    rows.sort(key=lambda row: -row[4])
    return TableRows(("scenario", "category", "activity", "value", "times", "reason"), rows)


def energy(results: Results) -> TableRows:
    """`Study.energy`."""
    rows = [(s.name, e.phase, e.component, e.amount, e.unit, e.origin) for s in results.systems for e in s.energy]
    return TableRows(("scenario", "phase", "component", "amount", "unit", "origin"), rows)


def foreground(results: Results) -> TableRows:
    """`Study.foreground`."""
    rows = [
        (
            s.name,
            e.phase,
            e.stage,
            e.role,
            e.input,
            results.activities[e.input].name,
            e.amount,
            e.unit,
            e.formula,
            e.origin,
            results.activities[e.input].file,
            ", ".join(dict.fromkeys(cited.id for cited in e.citations)),
        )
        for s in results.systems
        for e in s.exchanges
    ]
    columns = (
        "scenario",
        "phase",
        "stage",
        "role",
        "input",
        "name",
        "amount",
        "unit",
        "formula",
        "origin",
        "file",
        "sources",
    )
    return TableRows(columns, rows)


def gaps(results: Results) -> TableRows:
    """`Study.gaps`."""
    rows = [
        (scenario, category, item.name, item.kind, item.amount, item.unit, "; ".join(item.reasons))
        for (scenario, category), cover in results.coverage.items()
        for item in cover.items
    ]
    return TableRows(("scenario", "category", "gap", "state", "amount", "unit", "reasons"), rows)


def sources(results: Results) -> TableRows:
    """`Study.sources`."""
    cited = [Citation(a.file, id, s) for a in results.activities.values() for id, s in a.sources.items()]
    cited += [citation for system in results.systems for e in system.exchanges for citation in e.citations]
    cited += [Citation(sc.shown, id, s) for sc in results.scenarios for id, s in sc.file.sources.items()]
    cited += [Citation(method.file, id, s) for method in results.methods for id, s in method.sources.items()]
    fields = ("title", "authors", "year", "url", "locator", "licence", "confidence", "note")
    once = {(file, id): source for file, id, source in reversed(cited)}
    rows = [(*key, *(getattr(once[key], field) for field in fields)) for key in dict.fromkeys(c[:2] for c in cited)]
    return TableRows(("file", "source", *fields), rows)


def to_json(results: Results) -> dict[str, Any]:
    """`Study.to_json`."""
    left_out = ("mark", "bound")
    rows = [{name: cell for name, cell in row.items() if name not in left_out} for row in scores(results).to_json()]
    return {
        "schema": PRINTED_SCHEMA,
        "scores": rows,
        "contributions": contributions(results).to_json(),
        "energy": energy(results).to_json(),
        **({"costs": paid} if (paid := cost.to_json(results))["items"] else {}),
        **({"published_not_counted": aside} if (aside := set_aside(results).to_json()) else {}),
        **({"methods": used} if (used := [method.to_json() for method in results.methods]) else {}),
        **({"documented": known_elsewhere} if (known_elsewhere := documented(results).to_json()) else {}),
    }


def variants(results: Results) -> pd.DataFrame:
    """`Study.variants`."""
    import pandas as pd

    from lca.engine.sweep import fields

    stated = {system.name: fields(system) for system in results.systems}
    rows = [
        {
            "scenario": name,
            **(_chosen(results.scenario_by_name[name]) if name in results.scenario_by_name else {}),
            **{number.field: number.number for number in numbers},
        }
        for name, numbers in stated.items()
    ]
    table = pd.DataFrame(rows)
    alike = [name for name in table if len(rows) > 1 and table[name].nunique(dropna=False) == 1]
    differing = table.drop(columns=alike)
    differing.attrs["units"] = {
        number.field: units.written(number.unit)
        for numbers in stated.values()
        for number in numbers
        if number.field in differing
    }
    return differing


def _chosen(scenario: Scenario) -> dict[str, str]:
    """Field → id of the electricity, facility or server that a scenario names."""
    file = scenario.file
    places: dict[str, ScenarioFile | Effort] = {"": file, **{f"{id}.": run for id, run in file.runs().items()}}
    keys = ("electricity", "facility", "server")
    named = {f"{head}{key}": getattr(place, key, None) for head, place in places.items() for key in keys}
    return {key: id for key, id in named.items() if isinstance(id, str)}
