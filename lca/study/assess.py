"""Assess scenarios: their product systems, one solve for all of them, and the coverage of every score."""

from __future__ import annotations

import hashlib
import math
import platform
import shlex
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lca.builtin import named
from lca.engine.background import Background
from lca.errors import InvalidData, MixedModelling, NotFinite, Problem, UsageError, WrongUnit
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.inventory.files.recycling import Formula
from lca.languages import gettext
from lca.methods.categories import EF
from lca.methods.library import category
from lca.quantities import units
from lca.study.comparison.services import same_service
from lca.study.coverage import Coverage, States, coverages, demanded
from lca.study.repeats import Repeat, repeated, scored
from lca.study.results import KNOWN_ONLY, PhaseSums
from lca.study.rows import Coded, Columns
from lca.study.study import Study
from lca.system.parts import ProductSystem
from lca.system.plausible import implausible
from lca.system.product_system import Product, product_alone, product_system
from lca.system.scenario import Scenario

MOST_YEARS_APART = 2
"""Between the mixes of a study, without a word."""
_TAGS = ("scenario", "phase", "stage", "role", "input")


def assess(
    scenarios: Iterable[Scenario],
    catalogue: Catalogue | None = None,
    categories: Sequence[str] = EF,
    end_of_life: Formula = "cut-off",
) -> Study:
    """Score scenarios on impact categories (default the 16 of EF v3.1), by one end-of-life formula.

    One in another unit of service than the first is scored for the first's amount, where either file states the rate.
    Raises InvalidData with every problem of every scenario, also where their electricity is not modelled alike.
    """
    brought, conversions = same_service(tuple(scenarios), asked=False)
    chosen, catalogue = tuple(brought), catalogue or Catalogue.load()
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
        fault = MixedModelling(gettext("electricity is modelled as {tags}", tags=gettext(" and as ").join(tags)))
        problems += [s.problem(("electricity",), fault) for s in chosen]
    if problems:
        raise InvalidData(problems)
    said = {each.scenario: (each.note,) for each in conversions}
    systems = [replace(system, notes=system.notes + said.get(system.name, ())) for system in systems]
    if len({s.name for s in chosen}) < len(chosen):
        raise UsageError(gettext("two scenarios of a study have the same name"))
    apart = _years_apart(systems, catalogue)
    if apart:
        warnings.warn(apart, stacklevel=2)
        systems = [replace(system, notes=(*system.notes, apart)) for system in systems]
    for doubtful in (each for scenario in chosen for each in implausible(scenario, catalogue)):
        warnings.warn(str(doubtful), stacklevel=2)
    return _study(chosen, systems, catalogue, categories, end_of_life, repeats)


def _years_apart(systems: Iterable[ProductSystem], catalogue: Catalogue) -> str:
    """What is to be said of mixes whose generation lies more than two years apart; nothing where none do."""
    inputs = {exchange.input for system in systems for exchange in system.exchanges}
    mixes = [activity for id in sorted(inputs) if (activity := catalogue.activities.get(id)) and activity.year]
    if not mixes:
        return ""
    old, new = min(mixes, key=_year), max(mixes, key=_year)
    if _year(new) - _year(old) <= MOST_YEARS_APART:
        return ""
    country = catalogue.activities.get(f"electricity-{old.location.lower()}")
    other = f"; {country.id} is of {country.year}" if country and _year(country) > _year(old) else ""
    apart = f"{_year(new) - _year(old)} years apart, in which mixes change"
    return f"{old.id} is generation of {old.year} and {new.id} of {new.year}: {apart}{other}"


def _year(mix: Activity) -> int:
    return mix.year or 0


def score(id: str, amount: float, catalogue: Catalogue | None = None, categories: Sequence[str] = EF) -> Study:
    """Score an amount of one activity's product, in the product's unit. Raises UnknownActivity and NotFinite."""
    catalogue = catalogue or Catalogue.load()
    written = f"{amount!r} {units.written(catalogue.activity(id).unit)}"
    return products([Product(id, amount)], catalogue, categories, ("score", id, "--amount", written))


def products(
    chosen: Sequence[Product], catalogue: Catalogue, categories: Sequence[str] = EF, asked: Sequence[str] = ()
) -> Study:
    """Score products without a service around them; `asked`: the words after `lca` that ask for it.

    Raises UnknownActivity, NotFinite, UsageError for one product twice, and WrongUnit where their units differ.
    """
    if wrong := [product.amount for product in chosen if not math.isfinite(product.amount)]:
        raise NotFinite(gettext("{wrong} is not finite", wrong=wrong[0]))
    if len({product.name for product in chosen}) < len(chosen):
        raise UsageError(gettext("a product is compared with itself: name two"))
    stated = {product.name: catalogue.activity(product.name).unit for product in chosen}
    if len(set(stated.values())) > 1:
        units = (gettext("{id} in {unit}", id=id, unit=unit) for id, unit in stated.items())
        raise WrongUnit(gettext("products of different units: {units}", units=", ".join(units)))
    systems = [product_alone(product, catalogue) for product in chosen]
    return _study((), systems, catalogue, categories, asked=asked or ("compare", *stated))


def _study(
    scenarios: tuple[Scenario, ...],
    systems: list[ProductSystem],
    catalogue: Catalogue,
    categories: Sequence[str],
    end_of_life: Formula = "cut-off",
    repeats: Sequence[Repeat] = (),
    asked: Sequence[str] = (),
) -> Study:
    """`asked`: of products alone, the verb, their ids and how their amount is asked for."""
    ids = tuple(category(id).id for id in categories)
    own = {id: activity for system in systems for id, activity in system.own.items()}
    background = Background.of(catalogue, ids, own)
    states = States.kept(background, catalogue)
    measured = (repeat.system for repeat in repeats if repeat.system)
    taken = {exchange.input for system in (*systems, *measured) for exchange in system.exchanges}
    covered: dict[tuple[str, str], Coverage] = {}
    supplies: dict[str, dict[str, float]] = {}
    for system in systems:
        covered |= {(system.name, id): cover for id, cover in coverages(system, ids, states).items()}
        supplies[system.name] = _supply(system, background)
    background.keep()
    opened = _opened(scenarios, systems, background.activities)
    studied = {id: background.activities[id] for id in sorted(background.upstream(taken) | opened)}
    return Study(
        scenarios,
        tuple(systems),
        ids,
        cache(partial(_table, systems, background)),
        covered,
        studied,
        {
            **_provenance(scenarios, asked, studied, catalogue, ids, end_of_life),
            **(catalogue.foreign.provenance if catalogue.foreign else {}),
        },
        supplies,
        {id: catalogue.library.factors[id] for id in ids},
        scored(repeats, background, covered),
        methods=tuple(method.used for method in catalogue.methods if method.id in ids),
        solved=partial(_sums, systems, background),
    )


def _opened(
    scenarios: Sequence[Scenario], systems: Sequence[ProductSystem], everything: Mapping[str, Activity]
) -> set[str]:
    """The equipment and facilities that the systems opened into parts: no exchange names them."""
    files = [scenario.file for scenario in scenarios]
    efforts = [effort for file in files for effort in file.runs().values()]
    named = [*(e.server for e in efforts), *(use.activity for e in efforts for use in e.uses)]
    named += [building for file in files for building in file.buildings]
    named += [system.name for system in systems]
    waiting = [id for id in named if isinstance(id, str) and id in everything]
    opened: set[str] = set()
    while waiting:
        activity = everything[waiting.pop()]
        if activity.id not in opened:
            opened.add(activity.id)
            inputs = activity.inputs if activity.is_assembly else ()
            waiting += [i.activity for i in inputs if everything[i.activity].is_assembly]
    return opened


def _supply(system: ProductSystem, background: Background) -> dict[str, float]:
    """Amount of every activity that a functional unit takes, upstream included."""
    supply = background.supply(demanded(system.exchanges))
    taken = np.flatnonzero(supply)
    return {background.order[place]: n for place, n in zip(taken.tolist(), supply[taken].tolist(), strict=True)}


def _sums(systems: Sequence[ProductSystem], background: Background) -> PhaseSums:
    """As the rows of `_table` sum, without them."""
    return {system.name: _of_phases(system, background) for system in systems}


def _of_phases(system: ProductSystem, background: Background) -> dict[str, NDArray[np.float64]]:
    sums: dict[str, NDArray[np.float64]] = {}
    for exchange in system.exchanges:
        unit, amount = background.sizes(exchange.input), exchange.amount
        summed = sums.setdefault(exchange.phase, np.zeros_like(unit))
        summed += unit * np.array([[amount], *([abs(amount)] for _ in unit[1:])])
    return sums


def _table(systems: Sequence[ProductSystem], background: Background, categories: tuple[str, ...]) -> Columns:
    """A row for every exchange and every activity that emits for it."""
    chosen = [background.categories.index(category) for category in categories]
    tags: dict[str, list[str]] = {name: [] for name in _TAGS}
    blocks: list[NDArray[np.float64]] = []
    for system in systems:
        for exchange in system.exchanges:
            row = (system.name, exchange.phase, exchange.stage, exchange.role, exchange.input)
            for name, text in zip(_TAGS, row, strict=True):
                tags[name].append(str(text))
            blocks.append(exchange.amount * background.scores(exchange.input)[chosen])
    placed = [np.nonzero(block) for block in blocks]
    number = np.repeat(np.arange(len(blocks)), [len(which) for which, _ in placed])
    which, emitting = (_joined([place[axis] for place in placed], np.intp) for axis in (0, 1))
    published = np.array([bool(activity.results) for activity in background.activities.values()], dtype=bool)
    texts = {name: Coded(column, number) for name, column in tags.items()}
    return Columns(
        {
            "scenario": texts["scenario"],
            "category": Coded(categories, which),
            **{name: texts[name] for name in _TAGS[1:]},
            "activity": Coded(background.order, emitting),
            "score": _joined([block[place] for block, place in zip(blocks, placed, strict=True)], np.float64),
            "published": published[emitting],
        }
    )


def _joined(parts: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.empty(0, kind), *parts])


def _provenance(
    scenarios: Sequence[Scenario],
    asked: Sequence[str],
    activities: Mapping[str, Activity],
    catalogue: Catalogue,
    categories: Sequence[str],
    end_of_life: Formula,
) -> dict[str, str]:
    versions = {name: metadata.version(name) for name in ("ai-lca", "bw2calc", "bw2io", "numpy", "pandas")}
    files = {s.shown: s.document.text for s in scenarios if s.document}
    hashes = {f"sha256 of {name}": _sha256(text) for name, text in files.items()}
    records = {record.name: record for s in scenarios for record in s.measurements.values()}
    for name, record in records.items():
        hashes[f"sha256 of the record {name!r}"] = _sha256(record.model_dump_json(by_alias=True))
    for own in (method.used for method in catalogue.methods if method.id in categories):
        hashes[f"sha256 of {own.file}"] = own.sha256
    command = ["lca", "assess", *files]
    if asked:
        command = ["lca", *asked]
    for root in catalogue.folders:
        command += ["--inventory", named(root)]
    for file in catalogue.method_files:
        command += ["--method", named(file)]
    if tuple(categories) != EF:
        command += ["--categories", ",".join(categories)]
    if scenarios:
        command += ["--end-of-life", end_of_life]
    if catalogue.foreign:
        command += ["--background", catalogue.foreign.name]
    command.append(KNOWN_ONLY)
    known = asked or len(files) == len(scenarios) > 0
    repeat = shlex.join(command) if known else "none: made in Python, without files"
    return {
        "Command": repeat,
        "End-of-life formula": end_of_life,
        "Python": platform.python_version(),
        **versions,
        "sha256 of the inventory used": _sha256(repr(sorted(catalogue.texts(activities).items()))),
        **hashes,
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
