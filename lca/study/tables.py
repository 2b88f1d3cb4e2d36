"""The tables of a study, each made of what the study holds: the method of `Study` of the same name says what of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from lca.engine.sweep import fields
from lca.errors import UsageError
from lca.languages import gettext
from lca.methods.categories import CATEGORIES
from lca.methods.library import Flow
from lca.quantities import units
from lca.quantities.records import near
from lca.quantities.values import Citation
from lca.study import cost
from lca.study.results import Results
from lca.system.scenario import Effort, Scenario, ScenarioFile
from lca.vocabulary import Completeness

PRINTED_SCHEMA = 1
"""Of the object that `--json` prints; a saved study has a number of its own."""


def scores(results: Results) -> pd.DataFrame:
    """`Study.scores`."""
    rows = []
    for name in results.names:
        for id, (score, size, published) in zip(results.categories, results.whole(name).T.tolist(), strict=True):
            cover, category = results.coverage[name, id], CATEGORIES[id]
            rows.append(
                {
                    "scenario": name,
                    "category": id,
                    "method": category.method,
                    "unit": category.unit,
                    "score": float("nan") if cover.completeness == Completeness.MISSING else score,
                    "mark": cover.mark,
                    "completeness": cover.completeness,
                    "gaps": tuple(item.name for item in cover.items),
                    "bound": cover.bound,
                    "published_share": published / size if size else 0.0,
                }
            )
    return pd.DataFrame(rows)


def contributions(results: Results, category: str | None = None, *by: str) -> pd.DataFrame:
    """`Study.contributions`."""
    if category is not None:
        _known("category", [category], results.categories)
    table = results.table if category is None else results.rows_of(category)
    _known("column", by, [str(name) for name in table])
    keys = ["scenario", "category", *(by or ("phase", "stage", "activity"))]
    scored = [(s, c) for (s, c), cover in results.coverage.items() if cover.completeness != Completeness.MISSING]
    rows = table[pd.MultiIndex.from_frame(table[["scenario", "category"]]).isin(scored)]
    summed = rows.groupby(keys, sort=False, as_index=False, observed=True)["score"].sum()
    order = summed.assign(
        size=summed["score"].abs(),
        first=summed["scenario"].map({n: i for i, n in enumerate(results.names)}),
        second=summed["category"].map({c: i for i, c in enumerate(results.categories)}),
    ).sort_values(["first", "second", "size"], ascending=[True, True, False], kind="stable")
    return pd.DataFrame(order[[*keys, "score"]].reset_index(drop=True))


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


def elementary(results: Results) -> pd.DataFrame:
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
    return pd.DataFrame(rows, columns=["scenario", "flow", "name", "compartment", "unit", "amount"])


def flows(results: Results) -> pd.DataFrame:
    """`Study.flows`."""
    inventory = list(elementary(results).itertuples(index=False, name=None))
    columns = ["scenario", "category", "flow", "name", "compartment", "unit", "amount", "score"]
    rows = []
    for (scenario, id), cover in results.coverage.items():
        factors = results.factors.get(id, {}) if cover.completeness != Completeness.MISSING else {}
        characterised = [row for row in inventory if row[0] == scenario and factors.get(row[1])]
        rows += [(scenario, id, *row[1:], row[5] * factors[row[1]]) for row in characterised]
        published = results.table[results.table["published"] & (results.table["scenario"] == scenario)]
        known = published[published["category"] == id]["score"]
        if len(known) and cover.completeness != Completeness.MISSING:
            rows.append((scenario, id, "", "", "", "", float("nan"), float(known.sum())))
    return pd.DataFrame(rows, columns=columns)


def documented(results: Results) -> pd.DataFrame:
    """`Study.documented`."""
    origin = {id: a.documented.background for id, a in results.activities.items() if a.documented}
    columns = ["scenario", "category", "background", "activities", "share"]
    if not origin:
        return pd.DataFrame(columns=columns)
    table = results.table.assign(background=results.table["activity"].map(origin), size=results.table["score"].abs())
    keys = ["scenario", "category"]
    whole = table.groupby(keys, sort=False)["size"].sum().to_dict()
    parts = table.dropna(subset="background").groupby([*keys, "background"], sort=False)
    grouped = parts.agg(activities=("activity", "nunique"), size=("size", "sum")).reset_index().to_dict("records")
    rows = [
        (row["scenario"], row["category"], row["background"], row["activities"], row["size"] / size)
        for row in grouped
        if (size := whole[row["scenario"], row["category"]])
    ]
    return pd.DataFrame(rows, columns=columns)


def set_aside(results: Results) -> pd.DataFrame:
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
    columns = ["scenario", "category", "activity", "value", "times", "reason"]
    return pd.DataFrame(rows, columns=columns).sort_values("times", ascending=False, ignore_index=True, kind="stable")


def energy(results: Results) -> pd.DataFrame:
    """`Study.energy`."""
    rows = [(s.name, e.phase, e.component, e.amount, e.unit, e.origin) for s in results.systems for e in s.energy]
    return pd.DataFrame(rows, columns=["scenario", "phase", "component", "amount", "unit", "origin"])


def foreground(results: Results) -> pd.DataFrame:
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
    columns = [
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
    ]
    return pd.DataFrame(rows, columns=columns)


def gaps(results: Results) -> pd.DataFrame:
    """`Study.gaps`."""
    rows = [
        (scenario, category, item.name, item.kind, item.amount, item.unit, "; ".join(item.reasons))
        for (scenario, category), cover in results.coverage.items()
        for item in cover.items
    ]
    return pd.DataFrame(rows, columns=["scenario", "category", "gap", "state", "amount", "unit", "reasons"])


def sources(results: Results) -> pd.DataFrame:
    """`Study.sources`."""
    cited = [Citation(a.file, id, s) for a in results.activities.values() for id, s in a.sources.items()]
    cited += [citation for system in results.systems for e in system.exchanges for citation in e.citations]
    cited += [Citation(sc.shown, id, s) for sc in results.scenarios for id, s in sc.file.sources.items()]
    cited += [Citation(method.file, id, s) for method in results.methods for id, s in method.sources.items()]
    fields = ("title", "authors", "year", "url", "locator", "licence", "confidence", "note")
    rows = [(file, id, *(getattr(source, field) for field in fields)) for file, id, source in cited]
    table = pd.DataFrame(rows, columns=["file", "source", *fields])
    return table.drop_duplicates(["file", "source"]).reset_index(drop=True)


def to_json(results: Results) -> dict[str, Any]:
    """`Study.to_json`."""
    columns = ["scenario", "category", "method", "unit", "score", "completeness", "gaps", "published_share"]
    known = scores(results)[columns]
    rows = known.astype(object).where(known.notna(), None).to_dict("records")
    for row in rows:
        row["gaps"] = list(row["gaps"])
    return {
        "schema": PRINTED_SCHEMA,
        "scores": rows,
        "contributions": contributions(results).to_dict("records"),
        "energy": energy(results).to_dict("records"),
        **({"costs": paid} if (paid := cost.to_json(results))["items"] else {}),
        **({"published_not_counted": aside} if (aside := _plain_rows(set_aside(results))) else {}),
        **({"methods": used} if (used := [method.to_json() for method in results.methods]) else {}),
        **({"documented": known_elsewhere} if (known_elsewhere := documented(results).to_dict("records")) else {}),
    }


def variants(results: Results) -> pd.DataFrame:
    """`Study.variants`."""
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


def _plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON has them: what is not finite is null."""
    return [
        {str(key): None if value in (float("inf"), float("-inf")) else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]
