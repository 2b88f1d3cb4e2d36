"""Repeated measurements of a phase: each scored as if it were the run, and the interval that their scatter implies."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lca.engine.background import Background
from lca.errors import Fault, InvalidData
from lca.inventory.catalogue import Catalogue
from lca.measurement.record import Measurement, Window
from lca.measurement.totals import by_component
from lca.quantities import units
from lca.study.coverage import NOISE, Coverage
from lca.study.rows import TableRows
from lca.system.parts import ProductSystem
from lca.system.product_system import product_system
from lca.system.scenario import PHASES, Effort, Scenario
from lca.vocabulary import Completeness, Phase

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("scenario", "phase", "repeat", "category", "score")
LEVEL_OF_CONFIDENCE = 0.95


class Interval(NamedTuple):
    """From the least to the largest."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Repeat:
    """One repeat of one phase of a scenario."""

    scenario: str
    phases: tuple[Phase, ...]
    """The phase, and with a training the development that is a factor on it."""
    number: int
    """From 0, in the order of the record."""
    system: ProductSystem | None
    """Of these phases, with the repeat as their run; None: it does not know a component that the run knows."""


def windows(record: Measurement) -> tuple[Window, ...]:
    """The windows that are repeats: those that state what they delivered."""
    return tuple(window for window in record.windows if window.amount)


def repeat(scenario: Scenario, table: str, number: int) -> Scenario:
    """The scenario as if one repeat (from 0) were the whole of every run of a phase table that has repeats.

    Energy, duration and amount are those of the window. What the file states of the whole run, `serves` and
    `device_time`, falls to the repeat by its part of the service that the run delivered; where the record does not say
    that, of what all repeats delivered. Raises InvalidData.
    """
    efforts, records = list(getattr(scenario.file, table)), dict(scenario.measurements)
    for place, id in enumerate(scenario.file.runs(table)):
        record = records.get(id)
        if record and windows(record):
            efforts[place], records[id] = _repeated(scenario, id, efforts[place], record, number)
    file = scenario.file.model_copy(update={table: tuple(efforts)})
    return replace(scenario, file=file, measurements=records)


def _repeated(
    scenario: Scenario, id: str, effort: Effort, record: Measurement, number: int
) -> tuple[Effort, Measurement]:
    """A run and its record, as one of its repeats. Raises InvalidData."""
    window = windows(record)[number]
    try:
        part = _part(record, number)
    except Fault as fault:
        raise InvalidData([scenario.problem((id, "measurement"), fault)]) from None
    components = {entry.component for entry in record.energy}
    run = record.model_copy(
        update={
            "amount": window.amount,
            "duration": window.duration,
            "energy": tuple(entry for entry in window.energy if entry.component in components),
            "it_energy": window.it_energy if record.it_energy else None,
            "windows": (),
        }
    )
    changes: dict[str, object] = {
        key: stated._replace(number=stated.number * part)
        for key in ("serves", "processed")
        if (stated := getattr(effort, key))
    }
    if time := effort.device_time:
        value = time.value._replace(number=time.amount * part)
        changes["device_time"] = time.model_copy(
            update={"value": value, "low": None, "high": None, "distribution": None}
        )
    return effort.model_copy(update=changes), run


def _part(record: Measurement, number: int) -> float:
    """Part of the run that a repeat is, by the service delivered. Raises WrongUnit."""
    delivered = [window.amount for window in windows(record) if window.amount]
    whole = [record.amount] if record.amount else delivered
    unit = whole[0].unit
    return units.convert(delivered[number], unit).number / sum(units.convert(each, unit).number for each in whole)


def scatter(record: Measurement) -> dict[str, NDArray[np.float64]]:
    """What the repeats of a record measured → their relative deviations from its mean, per service delivered.

    `it_energy`, `duration`, and `energy.cpu` of each component; empty where fewer than two know what the run knows.
    """
    repeats = [(window, window.amount) for window in windows(record) if window.amount and _alike(record, window)]
    if len(repeats) < 2:
        return {}
    measured: dict[str, list[float]] = {}
    for window, delivered in repeats:
        numbers = {"duration": window.duration.amount}
        if record.it_energy and window.it_energy:
            numbers["it_energy"] = window.it_energy.amount
        for total in by_component(window.energy):
            numbers[f"energy.{total.component}"] = total.energy
        for name, number in numbers.items():
            measured.setdefault(name, []).append(number / units.convert(delivered, repeats[0][1].unit).number)
    means = {name: np.array(numbers) / np.mean(numbers) - 1 for name, numbers in measured.items() if np.mean(numbers)}
    return {name: scores for name, scores in means.items() if len(scores) == len(repeats) and scores.any()}


def repeated(scenario: Scenario, catalogue: Catalogue) -> Iterator[Repeat]:
    """Every repeat of every phase of a scenario. Raises InvalidData."""
    for table, phase in PHASES.items():
        ids = scenario.file.runs(table)
        records = [r for id in ids if (r := scenario.measurements.get(id)) and windows(r)]
        developed = table == "training" and scenario.file.development
        phases: tuple[Phase, ...] = (phase, Phase.DEVELOPMENT) if developed else (phase,)
        for number in range(min((len(windows(record)) for record in records), default=0)):
            alike = all(_alike(record, windows(record)[number]) for record in records)
            system = product_system(repeat(scenario, table, number), catalogue, phases=phases) if alike else None
            yield Repeat(scenario.name, phases, number, system)


def _alike(record: Measurement, window: Window) -> bool:
    """Whether the window knows all energy that the record of its run knows."""
    if record.it_energy:
        return window.it_energy is not None
    return {entry.component for entry in record.energy} <= {entry.component for entry in window.energy}


def scored(
    repeats: Iterable[Repeat], background: Background, coverage: Mapping[tuple[str, str], Coverage]
) -> TableRows:
    """COLUMNS: the score of the phase per functional unit, of every repeat; NaN: missing."""
    categories = background.categories
    rows: list[tuple[object, ...]] = []
    for measured in repeats:
        known = [coverage[measured.scenario, id].completeness != Completeness.MISSING for id in categories]
        for phase in measured.phases:
            total = np.full(len(categories), np.nan)
            if measured.system:
                amounts = [background.totals(e.input) * e.amount for e in measured.system.exchanges if e.phase == phase]
                total = np.where(known, np.sum(amounts, axis=0) if amounts else 0.0, np.nan)
            rows += [
                (measured.scenario, phase, measured.number, id, float(score))
                for id, score in zip(categories, total, strict=True)
            ]
    return TableRows(COLUMNS, rows)


def tabulated(rows: TableRows) -> pd.DataFrame:
    """Rows of COLUMNS as a table; without rows an empty one of the same types."""
    types = ("str", "str", "int64", "str", "float64")
    return rows.frame().astype(dict(zip(COLUMNS, types, strict=True)))


def interval(samples: Sequence[Sequence[float]], level: float = LEVEL_OF_CONFIDENCE) -> Interval | None:
    """Student-t interval of the sum of the means of independent samples, by Welch and Satterthwaite.

    The variance is the sum of s²/n, its degrees of freedom (Σv)² / Σ(v²/(n − 1)); of a single sample n − 1. None: no
    sample, one of a single value, or no scatter at all, which says nothing of the error.
    """
    if not samples or min(len(sample) for sample in samples) < 2:
        return None
    means = [sum(sample) / len(sample) for sample in samples]
    variances = [
        sum((value - mean) ** 2 for value in sample) / (len(sample) - 1) / len(sample)
        for sample, mean in zip(samples, means, strict=True)
    ]
    mean, variance = sum(means), sum(variances)
    error = math.sqrt(variance)
    if error <= NOISE * max(abs(value) for sample in samples for value in sample):
        return None
    squares = ((part / variance) ** 2 / (len(sample) - 1) for part, sample in zip(variances, samples, strict=True))
    freedom = 1 / sum(squares)
    from scipy.special import stdtrit

    half = float(stdtrit(freedom, (1 + level) / 2)) * error
    return Interval(mean - half, mean + half)
