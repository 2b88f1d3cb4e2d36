"""Azure Machine Learning: the platform metric GpuEnergyJoules, as Azure Monitor's JSON or as CSV of its log tables.

The metric is the energy of each interval in J, though its unit is given as "Count".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from pydantic import Field

from lca.errors import Fault, OutOfRange
from lca.languages import gettext, pgettext
from lca.measure.formats.draft import Draft, Options, imported, kwh, listed, one_file, others
from lca.measure.formats.faults import Damaged, NoTime, OtherLayout, SeveralRuns
from lca.measure.formats.foreign import Answer, Foreign, at, moment
from lca.quantities.documents import Document
from lca.quantities.positions import Loc
from lca.quantities.text import plain
from lca.vocabulary import Component

TOOL = "Azure Machine Learning"
USES = frozenset({"run"})

_METRIC = "gpuenergyjoules"
_GRAIN = re.compile(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,7})S)?)?")
_CLOCK = re.compile(r"(?:(\d{1,3}) days?, )?(\d{1,4}):(\d\d):(\d\d)")
_Point = tuple[datetime, float]


class _Name(Answer):
    value: str


class _Dimension(Answer):
    name: _Name
    value: str


class _AzureValue(Answer):
    timeStamp: str
    total: float | None = Field(None, ge=0, le=1e15)
    average: float | None = Field(None, ge=0, le=1e15)


class _AzureSeries(Answer):
    metadatavalues: tuple[_Dimension, ...] = ()
    data: tuple[_AzureValue, ...] = ()

    def dimension(self, name: str) -> str | None:
        return next((d.value for d in self.metadatavalues if d.name.value.lower() == name), None)


class _AzureMetric(Answer):
    name: _Name
    timeseries: tuple[_AzureSeries, ...] = ()


class _AzureAnswer(Answer):
    interval: str
    value: tuple[_AzureMetric, ...]


def recognises(files: Sequence[Foreign]) -> bool:
    return len(files) == 1 and _METRIC in files[0].text.lower()


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The sum over the intervals of a run, from the first to the last one with energy."""
    file = one_file(files)
    by_json = file.text.lstrip().startswith("{")
    grain, points, how = _answer(file, options.run) if by_json else _table(file)
    used = [time for time, joules in points if joules]
    if not used:
        raise file.refusal(0, "GpuEnergyJoules", Damaged(gettext("no interval has energy")))
    begin, end = min(used), max(used)
    joules = sum(amount for _, amount in points)
    method = f"{TOOL}, GpuEnergyJoules, {how}; whole GPUs of the nodes; intervals of {grain:g} s"
    return Draft(
        started=begin,
        seconds=(end - begin).total_seconds() + grain,
        name=options.run or "",
        findings=[
            imported(Component.GPU, kwh(joules, "J"), method, ""),
            *others([Component.GPU], f"{TOOL} has no metric of it"),
        ],
        facts={"comment": f"from the first to the last interval with energy, each of {grain:g} s"},
    )


def _answer(file: Foreign, run: str | None) -> tuple[float, list[_Point], str]:
    document = file.document()
    answer = document.load(_AzureAnswer, cited=False)
    grain = _grain(document, answer.interval)
    matching = [i for i, metric in enumerate(answer.value) if metric.name.value.lower() == _METRIC]
    if len(matching) != 1:
        raise at(
            document,
            ("value",),
            OtherLayout(gettext("{count} metric GpuEnergyJoules", count=len(matching) or pgettext("count", "no"))),
        )
    loc: Loc = ("value", matching[0], "timeseries")
    every = answer.value[matching[0]].timeseries
    runs = list(dict.fromkeys(series.dimension("runid") or "" for series in every))
    if (run is None and len(runs) > 1) or (run is not None and run not in runs):
        raise at(document, loc, SeveralRuns(gettext("{count} runs: {runs}", count=len(runs), runs=listed(runs))))
    points, averaged = list[_Point](), False
    for index, series in enumerate(every):
        if run is None or series.dimension("runid") == run:
            mean = all(value.total is None for value in series.data)
            averaged |= mean and any(value.average is not None for value in series.data)
            points += _points(document, (*loc, index), series, mean, grain)
    return grain, points, "the mean of one reading a minute" if averaged else "its totals"


def _points(document: Document, loc: Loc, series: _AzureSeries, mean: bool, grain: float) -> Iterator[_Point]:
    """An interval without a value had no GPU at work. Endpoints have means only, one reading a minute and instance."""
    last: datetime | None = None
    for index, value in enumerate(series.data):
        where = (*loc, "data", index)
        joules = value.average if mean else value.total
        if mean and joules is not None and (grain != 60 or series.dimension("instanceid") is None):
            what = gettext("a mean is the energy of an interval only by minute (PT1M) and instance: ask for the total")
            raise at(document, where, OtherLayout(what))
        try:
            time = moment(value.timeStamp)
            if last is not None and time <= last:
                raise NoTime(gettext("{timestamp} is not after the interval before", timestamp=value.timeStamp[:40]))
            last = time
        except Fault as fault:
            raise at(document, (*where, "timeStamp"), fault) from None
        yield time, joules or 0.0


def _grain(document: Document, text: str) -> float:
    try:
        return _interval(text)
    except Fault as fault:
        raise at(document, ("interval",), fault) from None


def _interval(text: str) -> float:
    """Seconds of `PT1M`, as the REST API writes it, or `0:01:00`, as the command line does. Raises a Fault."""
    match = _GRAIN.fullmatch(text) or _CLOCK.fullmatch(text)
    parts = [int(part or 0) for part in match.groups()] if match else [0]
    seconds = sum(part * size for part, size in zip(parts, (86400, 3600, 60, 1), strict=False))
    if not match or not seconds:
        raise OutOfRange(gettext("{text!r} is no interval", text=text[:40]))
    return float(seconds)


def _table(file: Foreign) -> tuple[float, list[_Point], str]:
    """Rows of the log tables AzureMetrics and AzureMetricsV2."""
    table = file.table()
    time = next((name for name in table.columns if name.split(" ")[0] == "TimeGenerated"), "TimeGenerated")
    table.require(time, "MetricName", "Total", "TimeGrain")
    points, grains, seen = list[_Point](), set[float](), set[tuple[str, ...]]()
    for row in table:
        if row.text("MetricName").lower() != _METRIC:
            continue
        try:
            grains.add(_interval(row.text("TimeGrain")))
        except Fault as fault:
            raise row.refusal("TimeGrain", fault) from None
        if tuple(row.cells) in seen:
            raise row.refusal(time, Damaged(gettext("the row occurs twice")))
        seen.add(tuple(row.cells))
        points.append((row.time(time), row.number("Total", high=1e15) or 0.0))
    if len(grains) != 1:
        raise file.refusal(
            0,
            "TimeGrain",
            OtherLayout(
                gettext("{count} lengths of interval of GpuEnergyJoules", count=len(grains) or pgettext("count", "no"))
            ),
        )
    zones = {moment.tzinfo is None for moment, _ in points}
    if len(zones) != 1:
        raise file.refusal(0, plain(time), NoTime(gettext("some times have a zone and others have none")))
    return grains.pop(), points, "its totals"
