"""NVIDIA's DCGM exporter: scrapes of its metrics page, or Prometheus' answer to a range query.

`DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION` counts mJ since the driver was loaded; `DCGM_FI_DEV_POWER_USAGE` is in W.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from lca.errors import Fault, OutOfRange, TooLarge, UsageError, WrongType
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Finding, Options, SampledEnergy, imported, integrated, kwh, listed, others
from lca.measure.formats.faults import Damaged, OtherLayout, OutOfOrder, SamplesMissing, TimesUnknown
from lca.measure.formats.foreign import Answer, Foreign, number, since_1970
from lca.measurement.record import Device, Unmeasured
from lca.quantities.text import plain
from lca.vocabulary import Component

TOOL = "DCGM exporter"
USES = frozenset({"started", "ended", "devices"})

_ENERGY, _POWER = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", "DCGM_FI_DEV_POWER_USAGE"
_BLANKS = {_ENERGY: 9e18, _POWER: 1.4e14}
"""DCGM writes "no value" as an integer just below 2**63, or as 2**47 in decimals."""
_LARGEST = {_ENERGY: 1e18, _POWER: 1e6}
_Point = tuple[float, float]
_LONGEST = 10_000  # characters of a sample; with every label of Kubernetes a tenth of it
_WHOLE = "whole cards, whichever process used them"


class _QueriedSeries(Answer):
    metric: dict[str, str]
    values: tuple[tuple[float, str], ...]


class _QueryResult(Answer):
    resultType: str
    result: tuple[_QueriedSeries, ...]


class _Matrix(Answer):
    status: str
    data: _QueryResult


@dataclass(frozen=True, slots=True)
class _CardPoints:
    """One GPU; its points are (seconds, value) by metric."""

    labels: Mapping[str, str]
    points: dict[str, list[_Point]]


@dataclass(slots=True)
class _ScrapedPoints:
    """Points by series, in the order of the files."""

    points: dict[tuple[str, frozenset[tuple[str, str]]], list[_Point]] = field(default_factory=dict)

    def add(self, labels: Mapping[str, str], metric: str, time: float, text: str) -> None:
        """Raises a Fault for what is no number, or for a time before the last one of the series."""
        value = number(text, high=1e19)
        if value >= _BLANKS[metric]:
            return
        if value > _LARGEST[metric]:
            raise OutOfRange(gettext("{text} is more than a GPU can have", text=text[:40]))
        points = self.points.setdefault((metric, frozenset(labels.items())), [])
        if points and time <= points[-1][0]:
            raise OutOfOrder(
                gettext("{time:.3f} s is not after {points:.3f} s of the same series", time=time, points=points[-1][0])
            )
        points.append((time, value))

    def cards(self) -> dict[str, _CardPoints]:
        """By UUID. A card has a series for each pod that had it, or for each of its slices (MIG), which repeat it."""
        cards: dict[str, _CardPoints] = {}
        for (metric, named), points in self.points.items():
            labels = dict(named)
            key = labels.get("UUID") or f"{labels.get('Hostname', '')} GPU {labels.get('gpu', '?')}".strip()
            cards.setdefault(key, _CardPoints(labels, {})).points.setdefault(metric, []).extend(points)
        for card in cards.values():
            for metric, points in card.points.items():
                card.points[metric] = sorted(dict(points).items())
        return cards


def recognises(files: Sequence[Foreign]) -> bool:
    return all(
        re.search(rf"^({_ENERGY}|{_POWER})[ {{]", file.text, re.MULTILINE)
        or ('"resultType"' in file.text and (f'"{_ENERGY}"' in file.text or f'"{_POWER}"' in file.text))
        for file in files
    )


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """Counters where the cards have them, else their power, integrated."""
    samples = _ScrapedPoints()
    scrapes = [file for file in files if not file.text.lstrip().startswith("{")]
    times = _times(scrapes, options)
    for file in files:
        if file in scrapes:
            _scrape(file, times.get(file.shown), samples)
        else:
            _answer(file, samples)
    cards = _wanted(files[0], samples.cards(), options.devices)
    every = [time for card in cards.values() for points in card.points.values() for time, _ in points]
    if not every or max(every) == min(every):
        raise files[0].refusal(0, "", Damaged(gettext("one time only: an energy needs two scrapes, or a range")))
    return Draft(
        started=since_1970(min(every)),
        seconds=max(every) - min(every),
        findings=[*_energies(files[0], cards), *_devices(cards)],
        facts={"comment": f"{TOOL}: {len(cards)} GPUs, from the first to the last sample"},
    )


def _times(scrapes: Sequence[Foreign], options: Options) -> dict[str, float]:
    """Seconds since 1970 of scrapes without time stamps of their own."""
    if options.started is None and options.ended is None:
        return {}
    if options.started is None or options.ended is None or len(scrapes) != 2:
        raise UsageError(gettext("--started and --ended are the times of two scrapes: give both times and two files"))
    if options.started.tzinfo is None or options.ended.tzinfo is None or options.ended <= options.started:
        raise UsageError(gettext("--started and --ended need a zone, such as 2026-01-31T12:00:00Z, and to be in order"))
    return dict(
        zip(
            (scrape.shown for scrape in scrapes), (t.timestamp() for t in (options.started, options.ended)), strict=True
        )
    )


def _scrape(file: Foreign, time: float | None, samples: _ScrapedPoints) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    file.must_end()
    for line, text in file.lines():
        if not text.startswith((_ENERGY, _POWER)):
            continue
        if len(text) > _LONGEST:  # the parser takes time by the square of the length
            raise file.refusal(
                line,
                "",
                TooLarge(
                    gettext(
                        "the sample has {count:,} characters; at most {longest:,}", count=len(text), longest=_LONGEST
                    )
                ),
            )
        try:
            ((sample,),) = [family.samples for family in text_string_to_metric_families(text)]
        except (ValueError, IndexError):
            raise file.refusal(line, "", Damaged(gettext("no sample in Prometheus' text format"))) from None
        at = time if sample.timestamp is None else float(sample.timestamp)
        if at is None:
            raise file.refusal(line, "", TimesUnknown(gettext("the scrapes carry no time stamps")))
        if sample.name not in (_ENERGY, _POWER):
            continue  # another metric, whose name goes on
        try:
            since_1970(at)
            samples.add(sample.labels, sample.name, at, repr(sample.value))
        except Fault as fault:
            raise file.refusal(line, sample.name, fault) from None


def _answer(file: Foreign, samples: _ScrapedPoints) -> None:
    document = file.document()
    matrix = document.load(_Matrix, cited=False)
    if matrix.status != "success" or matrix.data.resultType != "matrix":
        fault = WrongType(
            gettext(
                "status {status!r}, {resulttype!r}: a range query answers with a matrix",
                status=matrix.status,
                resulttype=matrix.data.resultType,
            )
        )
        raise file.refusal(document.line(("data", "resultType")), "data.resultType", fault)
    for index, series in enumerate(matrix.data.result):
        metric, loc = series.metric.get("__name__", ""), ("data", "result", index)
        if metric not in (_ENERGY, _POWER):
            what = gettext(
                "the metric {metric!r} is none of {energy} and {power}: query these, without a function",
                metric=metric[:80],
                energy=_ENERGY,
                power=_POWER,
            )
            raise file.refusal(document.line(loc), f"data.result[{index}].metric", OtherLayout(what))
        for point, (time, text) in enumerate(series.values):
            try:
                samples.add(series.metric, metric, time, text)
            except Fault as fault:
                where = (*loc, "values", point)
                raise file.refusal(document.line(where), f"data.result[{index}].values[{point}]", fault) from None


def _wanted(file: Foreign, cards: dict[str, _CardPoints], devices: Sequence[str]) -> dict[str, _CardPoints]:
    chosen = {k: c for k, c in cards.items() if not devices or k in devices or c.labels.get("gpu") in devices}
    if not chosen:
        raise file.refusal(
            0,
            "",
            Damaged(gettext("no GPU of {devices}; there are {cards}", devices=listed(devices), cards=listed(cards))),
        )
    return chosen


def _energies(file: Foreign, cards: Mapping[str, _CardPoints]) -> Iterator[Finding]:
    counted = {key: card for key, card in cards.items() if len(card.points.get(_ENERGY, ())) > 1}
    sampled = {k: c for k, c in cards.items() if k not in counted and len(c.points.get(_POWER, ())) > 1}
    joules, resets = 0.0, 0
    for key, card in counted.items():
        mJ, fell = _counted(file, key, card.points[_ENERGY])
        joules, resets = joules + mJ / 1000, resets + fell
        if not mJ:
            yield Unmeasured(component="gpu", reason=f"the energy counter of {key} did not move")
    if joules:
        again = f"; resets: {resets}; what a counter had run up since the sample before one is lost" if resets else ""
        yield imported(Component.GPU, kwh(joules, "J"), f"{TOOL}, {_ENERGY} of {listed(counted)}; {_WHOLE}{again}", "")
    if sampled:
        try:
            power = SampledEnergy.total(SampledEnergy.of(card.points[_POWER]) for card in sampled.values())
        except SamplesMissing as fault:
            raise file.refusal(0, _POWER, fault) from None
        yield integrated(Component.GPU, power, f"{TOOL}, {_POWER} of {listed(sampled)}; {_WHOLE}")
    if blank := [key for key in cards if key not in counted and key not in sampled]:
        yield Unmeasured(component="gpu", reason=f"fewer than two samples of {listed(blank)}")
    yield from others([Component.GPU], f"the {TOOL} measures GPUs only")


def _counted(file: Foreign, key: str, points: Sequence[tuple[float, float]]) -> tuple[float, int]:
    """Increase of a counter (mJ), and how often it began again from 0, as Prometheus' rate() has it."""
    total, resets = 0.0, 0
    for (_, before), (_, after) in pairwise(points):
        resets += after < before
        total += after - before if after >= before else after
    if resets and len(points) == 2:
        what = gettext(
            "the counter of {key} fell from {before:.0f} to {after:.0f} mJ: it was reset, or the files are in the wrong"
            " order",
            key=key,
            before=points[0][1],
            after=points[1][1],
        )
        raise file.refusal(0, _ENERGY, OutOfOrder(what))
    return total, resets


def _devices(cards: Mapping[str, _CardPoints]) -> Iterator[Device]:
    names = Counter(plain(card.labels.get("modelName", "")) for card in cards.values())
    for name, count in names.items():
        uuids = tuple(plain(c.labels.get("UUID", "")) for c in cards.values() if c.labels.get("modelName") == name)
        if name:
            yield Device(kind="gpu", name=name, count=count, identifiers=tuple(filter(None, uuids)))
