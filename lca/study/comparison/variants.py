"""Scenarios as variants of one service: the quality each reaches, what its model is and how fast it answers.

Everything is read from the scenario's measurement records. What no record says is not known: None, never 0.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from lca.measurement.record import Measurement
from lca.quantities.records import Quantity
from lca.quantities.units import Amount
from lca.study.comparison.minimum_quality import CORRECT, Floor, counts_correct, floors_of, normal
from lca.study.comparison.reasons import (
    BelowFloor,
    NoneRight,
    NoShares,
    NotAShare,
    QualityUnknown,
    Reason,
    ServiceNotJudged,
    Without,
)
from lca.study.rows import TableRows
from lca.study.study import Study
from lca.system.scenario import Scenario
from lca.vocabulary import Component

Table = Literal["inference", "compression", "training"]
T = TypeVar("T")

PER_CORRECT = (
    "scenario",
    "category",
    "unit",
    "service",
    "per_result",
    "metric",
    "share",
    "per_correct",
    "mark",
    "reason",
)
"""Columns of `per_correct`."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One scenario of a comparison."""

    scenario: str
    floors: tuple[Floor, ...]
    """Every floor that it must reach."""
    quality: Mapping[str, float]
    """Name → quality that the model which serves reached; empty: not known."""
    quality_of: Table | Literal["stated"] | None
    """Phase whose record says so, or `stated`: the scenario's file says so itself, and nobody measured it here."""
    parameters: int | None
    nonzero: int | None
    """Parameters that are not zero."""
    stored: float | None
    """Weights and buffers, in bytes."""
    computation: float | None
    """In FLOP per inference."""
    steps: tuple[str, ...] | None
    """What was done to the model after its training; None: not known."""
    throughput: Amount | None
    """Of the measured inference, in the unit of its record."""
    p50: float | None
    """Latency, in hours."""
    p99: float | None
    memory: float | None
    """Peak of the measured inference, in bytes: of the GPUs where given, else of the machine."""
    memory_of: Literal["gpu", "memory"] | None
    missed: tuple[Reason, ...] = ()
    """Limits of a selection that it does not keep, or is not known to keep."""

    @property
    def failed(self) -> tuple[Floor, ...]:
        """Floors that it does not reach, or is not known to reach."""
        reached = ((floor, self.reached(floor.name)) for floor in self.floors)
        return tuple(floor for floor, quality in reached if quality is None or quality < floor.least)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why it takes no part in fronts, winners and selections; none: it does."""
        return tuple(dict.fromkeys([*(self._below(floor) for floor in self.failed), *self.missed]))

    @property
    def excluded(self) -> bool:
        return bool(self.reasons)

    def reached(self, name: str) -> float | None:
        """The quality of this name; None: not known, or a share of right results that is not from 0 to 1."""
        quality = self.quality.get(name)
        return None if quality is None or (counts_correct(name) and not 0 <= quality <= 1) else quality

    def unknown(self, name: str) -> Reason:
        """Why the quality of this name is not known."""
        if name in self.quality:
            return NotAShare(name, self.quality[name])
        return QualityUnknown(name, tuple(self.quality))

    def _below(self, floor: Floor) -> Reason:
        reached = self.reached(floor.name)
        return self.unknown(floor.name) if reached is None else BelowFloor(floor, reached)


def variants(study: Study, floors: Iterable[Floor] = ()) -> tuple[Variant, ...]:
    """The scenarios of a study; one below a floor, or not known to reach it, is excluded with the reason.

    To the floors asked for come those of each functional unit. Raises InvalidData where one of these is impossible.
    """
    applied = floors_of(study, floors)
    return tuple(_variant(scenario, applied[scenario.name]) for scenario in study.scenarios)


def per_correct(study: Study, variants: Sequence[Variant]) -> TableRows:
    """Scores per result and per right result: the columns of PER_CORRECT, excluded variants included.

    Per right result only where the quality is a share of right results, the same one for all variants, and the service
    is counted in inferences: a token or a trained model is not what is right or wrong. Else NaN, with the `Reason`.
    """
    metric = share_metric(variants)
    rows: list[tuple[object, ...]] = []
    for variant in variants:
        amount, service = study.scenario_by_name[variant.scenario].file.functional_unit.amount
        share, reason = _share(variant, metric, service)
        for row in (row for row in study.score_rows if row["scenario"] == variant.scenario):
            score = row["score"]
            right = score_per_correct(score, amount, share) if share else float("nan")
            why = reason or (Without.SCORE if math.isnan(score) else None)
            rows.append(
                (
                    variant.scenario,
                    row["category"],
                    row["unit"],
                    service,
                    score / amount,
                    metric or "",
                    float("nan") if share is None else share,
                    right,
                    row["mark"],
                    why,
                )
            )
    return TableRows(PER_CORRECT, rows)


def score_per_correct(score: float, delivered: float, share: float) -> float:
    """Score per right result = score / (results delivered × share of them that are right).

    The right results carry the impact of the wrong ones; where all are right it is the score per result.
    """
    return score / (delivered * share)


def share_metric(variants: Sequence[Variant]) -> str | None:
    """The share of right results for all variants: one with a floor, else the one that most of them record."""
    recorded = Counter(name for variant in variants for name in variant.quality if counts_correct(name))
    order = list(CORRECT)
    common = sorted(recorded, key=lambda name: (-recorded[name], order.index(normal(name)), name))
    return next((name for name in [*_named_by_floors(variants), *common] if counts_correct(name)), None)


def front_metric(variants: Sequence[Variant]) -> str | None:
    """The quality of which more is better: that of the first floor, else the share of right results; None: neither."""
    return next(_named_by_floors(variants), None) or share_metric(variants)


def _named_by_floors(variants: Sequence[Variant]) -> Iterator[str]:
    return (floor.name for variant in variants for floor in variant.floors)


def _share(variant: Variant, metric: str | None, service: str) -> tuple[float | None, Reason | None]:
    """The share of right results, and why no score per right result follows; None: one does."""
    if service != "inference":
        return None, ServiceNotJudged(service)
    if not variant.quality:
        return None, Without.QUALITY
    if metric is None:
        return None, NoShares(tuple(variant.quality))
    share = variant.reached(metric)
    if share is None:
        return None, variant.unknown(metric)
    return share, None if share else NoneRight(metric)


def _variant(scenario: Scenario, floors: tuple[Floor, ...]) -> Variant:
    quality, quality_of = _quality(scenario)
    parameters, _ = _first(scenario, lambda record: record.model_parameters)
    profile, _ = _first(scenario, lambda record: record.profile)
    inference = scenario.measurements.get("inference")
    throughput = inference.throughput if inference else None
    latency = inference.latency if inference else None
    peaks = inference.peak_memory if inference else {}
    memory_of: Literal["gpu", "memory"] | None = "gpu" if "gpu" in peaks else "memory" if "memory" in peaks else None
    return Variant(
        scenario.name,
        floors,
        quality,
        quality_of,
        parameters=parameters,
        nonzero=profile.nonzero if profile else None,
        stored=profile.stored.amount if profile else None,
        computation=_number(profile.computation) if profile else None,
        steps=profile.steps if profile else None,
        throughput=throughput.value if throughput else None,
        p50=_number(latency.p50) if latency else None,
        p99=_number(latency.p99) if latency else None,
        memory=_number(peaks[Component(memory_of)]) if memory_of else None,
        memory_of=memory_of,
    )


def _quality(scenario: Scenario) -> tuple[Mapping[str, float], Table | Literal["stated"] | None]:
    """Of the nearest record; what the file states where no record holds any."""
    quality, table = _first(scenario, lambda record: record.quality or None)
    if quality:
        return quality, table
    reached = {name: stated.value.amount for name, stated in scenario.file.reached.items()}
    return reached, "stated" if reached else None


def _first(scenario: Scenario, read: Callable[[Measurement], T | None]) -> tuple[T | None, Table | None]:
    """What the nearest record says of the model that serves, and the phase of the record.

    A training's record speaks of it only where nothing was done to the model afterwards.
    """
    records = scenario.measurements
    inference = records.get("inference")
    changed = scenario.file.compression or (inference and inference.profile and inference.profile.steps)
    tables: tuple[Table, ...] = ("inference", "compression") if changed else ("inference", "training")
    for table in tables:
        if table in records and (reported := read(records[table])) is not None:
            return reported, table
    return None, None


def _number(quantity: Quantity | None) -> float | None:
    return None if quantity is None else quantity.amount
