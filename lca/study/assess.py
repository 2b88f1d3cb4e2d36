"""Assess scenarios: their product systems, one solve for all of them, and the coverage of every score."""

from __future__ import annotations

import hashlib
import platform
import shlex
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata

import numpy as np
import pandas as pd

from lca.engine.matrices import Matrices
from lca.engine.solve import UnitScores, reached_from, unit_scores
from lca.errors import InvalidData, MixedModelling, Problem, UsageError
from lca.inventory.activity import Activity, State
from lca.inventory.catalogue import Catalogue
from lca.inventory.completeness import own_state
from lca.inventory.files.recycling import Formula
from lca.methods.categories import EF
from lca.methods.library import category
from lca.quantities.values import Value
from lca.study.coverage import coverage
from lca.study.repeats import Repeat, repeated, scored
from lca.study.study import Study
from lca.system.equipment import ASSEMBLY
from lca.system.parts import ProductSystem
from lca.system.product_system import product_alone, product_system
from lca.system.scenario import PHASES, Scenario

_COLUMNS = ["scenario", "category", "phase", "stage", "role", "input", "activity", "score", "published"]


def assess(
    scenarios: Iterable[Scenario],
    catalogue: Catalogue | None = None,
    categories: Sequence[str] = EF,
    end_of_life: Formula = "cut-off",
) -> Study:
    """Score scenarios on impact categories (default the 16 of EF v3.1), by one end-of-life formula.

    Raises InvalidData with every problem of every scenario, also where their electricity is not modelled alike.
    """
    chosen, catalogue = tuple(scenarios), catalogue or Catalogue.load()
    if end_of_life != "cut-off":
        catalogue = catalogue.under(end_of_life)
    problems: list[Problem] = []
    systems: list[ProductSystem] = []
    repeats: list[Repeat] = []
    for scenario in chosen:
        try:
            systems.append(product_system(scenario, catalogue))
            repeats += repeated(scenario, catalogue)
        except InvalidData as error:
            problems += error.problems
    tags = sorted(set().union(*(system.modelling for system in systems)))
    if len(tags) > 1:
        fault = MixedModelling(f"electricity is modelled as {' and as '.join(tags)}")
        problems += [s.problem(("electricity",), fault) for s in chosen]
    if problems:
        raise InvalidData(problems)
    if len({s.name for s in chosen}) < len(chosen):
        raise UsageError("two scenarios of a study have the same name")
    return _study(chosen, systems, catalogue, categories, end_of_life, repeats)


def score(id: str, amount: float, catalogue: Catalogue | None = None, categories: Sequence[str] = EF) -> Study:
    """Score an amount of one activity's product, in the product's unit. Raises UnknownActivity."""
    catalogue = catalogue or Catalogue.load()
    activity = catalogue.activity(id)
    system = product_alone(activity, Value(amount, activity.unit, activity.product), catalogue)
    return _study((), [system], catalogue, categories)


def _study(
    scenarios: tuple[Scenario, ...],
    systems: list[ProductSystem],
    catalogue: Catalogue,
    categories: Sequence[str],
    end_of_life: Formula = "cut-off",
    repeats: Sequence[Repeat] = (),
) -> Study:
    ids = tuple(category(id).id for id in categories)
    everything: dict[str, Activity] = dict(catalogue.activities)
    for system in systems:
        everything.update(system.own)
    measured = (repeat.system for repeat in repeats if repeat.system)
    demanded = {exchange.input for system in (*systems, *measured) for exchange in system.exchanges}
    activities = {id: everything[id] for id in sorted(reached_from(everything, demanded))}
    empty = UnitScores((), {}, {})
    solved = unit_scores(Matrices.build(activities, ids, catalogue.library), demanded) if demanded else empty

    def state(id: str, category: str) -> State:
        if id in catalogue.activities:
            return catalogue.state(id, category)
        return own_state(activities[id], category, catalogue.required, catalogue.library)

    covered = {
        (system.name, id): coverage(system, activities, id, state, catalogue.library)
        for system in systems
        for id in ids
    }
    opened = _opened(scenarios, systems, everything)
    studied = {id: everything[id] for id in sorted({*activities, *opened})}
    return Study(
        scenarios,
        tuple(systems),
        ids,
        _table(systems, solved, ids, activities),
        covered,
        studied,
        _provenance(scenarios, studied, ids, end_of_life),
        {system.name: _supply(system, solved) for system in systems},
        {id: catalogue.library.factors[id] for id in ids},
        scored(repeats, solved, ids, covered),
    )


def _opened(
    scenarios: Sequence[Scenario], systems: Sequence[ProductSystem], everything: Mapping[str, Activity]
) -> set[str]:
    """The equipment and facilities that the systems opened into parts: no exchange names them."""
    files = [scenario.file for scenario in scenarios]
    efforts = [effort for file in files for table in PHASES if (effort := getattr(file, table))]
    named = [*(e.server for e in efforts), *(f.facility for f in files), *(system.name for system in systems)]
    waiting = [id for id in named if isinstance(id, str) and id in everything]
    found: set[str] = set()
    while waiting:
        activity = everything[waiting.pop()]
        if activity.id not in found:
            found.add(activity.id)
            inputs = activity.inputs if activity.technology == ASSEMBLY else ()
            waiting += [i.activity for i in inputs if everything[i.activity].technology == ASSEMBLY]
    return found


def _supply(system: ProductSystem, solved: UnitScores) -> dict[str, float]:
    """Amount of every activity that a functional unit takes, upstream included."""
    total = np.zeros(len(solved.order))
    for exchange in system.exchanges:
        total += exchange.amount * solved.supply[exchange.input]
    return {id: float(amount) for id, amount in zip(solved.order, total, strict=True) if amount}


def _table(
    systems: Sequence[ProductSystem], solved: UnitScores, categories: Sequence[str], activities: Mapping[str, Activity]
) -> pd.DataFrame:
    order = np.array(solved.order)
    published = np.array([bool(activities[id].results) for id in solved.order])
    parts = []
    for system in systems:
        for exchange in system.exchanges:
            scores = exchange.amount * solved.scores[exchange.input]
            which, emitting = np.nonzero(scores)
            tags = {
                "scenario": system.name,
                "phase": exchange.phase,
                "stage": exchange.stage,
                "role": exchange.role,
                "input": exchange.input,
            }
            values = {
                "category": np.array(categories)[which],
                "activity": order[emitting],
                "score": scores[which, emitting],
                "published": published[emitting],
            }
            parts.append(pd.DataFrame(values).assign(**tags))
    if not parts:
        return pd.DataFrame(columns=_COLUMNS)
    return pd.concat(parts, ignore_index=True)[_COLUMNS]


def _provenance(
    scenarios: Sequence[Scenario], activities: Mapping[str, Activity], categories: Sequence[str], end_of_life: Formula
) -> dict[str, str]:
    versions = {name: metadata.version(name) for name in ("ai-lca", "bw2calc", "bw2io", "numpy", "pandas")}
    files = {s.document.shown: s.document.text for s in scenarios if s.document}
    hashes = {f"sha256 of {name}": _sha256(text) for name, text in files.items()}
    records = {record.name: record for s in scenarios for record in s.measurements.values()}
    for name, record in records.items():
        hashes[f"sha256 of the record {name!r}"] = _sha256(record.model_dump_json(by_alias=True))
    command = " ".join(["lca assess", *map(shlex.quote, files)])
    chosen = "" if tuple(categories) == EF else f" --categories {','.join(categories)}"
    repeat = f"{command}{chosen} --end-of-life {end_of_life}" if files else "none: made in Python, without files"
    return {
        "Command": repeat,
        "End-of-life formula": end_of_life,
        "Python": platform.python_version(),
        **versions,
        "sha256 of the inventory used": _sha256(repr(sorted((id, repr(a)) for id, a in activities.items()))),
        **hashes,
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
