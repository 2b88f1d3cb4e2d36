"""Power logged in rows, of one device or several: each device is a series of its own, their sum is the energy."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from lca.errors import InvalidData, UsageError
from lca.languages import gettext, gettext_noop
from lca.measure.counters.integral import WIDEST_GAP
from lca.measure.formats.draft import Draft, Finding, SampledEnergy, integrated, listed, others
from lca.measure.formats.faults import Damaged, OutOfOrder, SamplesMissing, SeveralDevices
from lca.measure.formats.foreign import Foreign, moment
from lca.measurement.record import Unmeasured
from lca.vocabulary import Component

Point = tuple[float, float]
_MOST = 20
"""Devices of which a log without their names can be told from one with gaps."""


class Sampled:
    """Samples (seconds since the first row, watts) by device, in the order of the file."""

    def __init__(self, file: Foreign) -> None:
        self.file = file
        self.points: dict[str, list[Point]] = {}
        self._first: datetime | None = None
        self._times: dict[str, list[float]] = {}

    def add(self, line: int, device: str, time: datetime, watts: float | None) -> None:
        """One row; `watts` is None where the tool had no reading. Raises InvalidData for a time out of order."""
        self._first = self._first or time
        if (time.tzinfo is None) != (self._first.tzinfo is None):
            raise self.file.refusal(line, "", OutOfOrder(gettext("one time has a zone and another has none")))
        seconds = (time - self._first).total_seconds()
        times = self._times.setdefault(device, [])
        if times and seconds <= times[-1]:
            of = gettext(" of {device}", device=device) if device else ""
            raise self.file.refusal(
                line, "", OutOfOrder(gettext("{time} is not after the time of the row before{of}", time=time, of=of))
            )
        times.append(seconds)
        if watts is not None:
            self.points.setdefault(device, []).append((seconds, watts))

    @property
    def devices(self) -> Sequence[str]:
        """All that rows are of, also those without a reading."""
        return tuple(self._times)

    def interval(self) -> tuple[datetime, float, float]:
        """Time of the first row, and the seconds after it at which the readings begin and end.

        Raises InvalidData where there are no two times.
        """
        edges = [time for times in self._times.values() for time in (times[0], times[-1])]
        if self._first is None or max(edges) == min(edges) or max(map(len, self._times.values())) < 2:
            raise self.file.refusal(0, "", Damaged(gettext("one sample only: an energy needs two")))
        return self._first, min(edges), max(edges)

    def one_device(self, fault: type[SeveralDevices]) -> None:
        """Raise InvalidData where rows that name no device come in bursts, as those of several devices do."""
        times = self._times.get("", ())
        steps = [after - before for before, after in pairwise(times)]
        long = sum(step > max(steps) / WIDEST_GAP for step in steps)
        if long > 1 and long >= len(steps) / _MOST and len(steps) - long >= len(steps) / 3:
            what = gettext(
                "of {count} rows, {many} come at once with the one before: are they of several devices?",
                count=len(times),
                many=len(steps) - long,
            )
            raise self.file.refusal(0, "", fault(what))

    def energy(self) -> SampledEnergy:
        """Of all devices that have a reading, one at least. Raises InvalidData where samples are missing."""
        _, start, end = self.interval()
        energies = []
        for device, points in self.points.items():
            try:
                energies.append(_energy(points, start, end))
            except SamplesMissing as fault:
                of = f"{device}: " if device else ""
                raise self.file.refusal(0, "", SamplesMissing(f"{of}{fault}")) from None
        return SampledEnergy.total(energies)

    def findings(self, component: Component, method: str, note: str = "") -> Iterator[Finding]:
        """The energy of all devices, and those that have no reading. Raises InvalidData where samples are missing."""
        if self.points:
            of = f" of {listed(self.points)}" if any(self.points) else ""
            yield integrated(component, self.energy(), f"{method}{of}{note}")
        if silent := [device for device in self._times if device not in self.points]:
            reason = f"the tool had no reading of the power of {listed(filter(None, silent)) or 'the device'}"
            yield Unmeasured(component=component, reason=reason)


def whole_cards(sampled: Sampled, tool: str, method: str, started: datetime | None = None) -> Draft:
    """The energy of GPUs of which a log has the power of each whole card, whichever process used it.

    `started`: the time of the first row, where that of the rows is not it. Raises InvalidData as `findings` does.
    """
    first, start, end = sampled.interval()
    findings = sampled.findings(Component.GPU, method, "; whole cards, whichever process used them")
    return Draft(
        started=(started or first) + timedelta(seconds=start),
        seconds=end - start,
        findings=[*findings, *others([Component.GPU], f"{tool} measures GPUs only")],
        facts={"comment": f"{tool}: {len(sampled.devices)} GPUs, from the first to the last row"},
    )


def no_sample(file: Foreign, devices: Sequence[str]) -> InvalidData:
    """The problem of a log without a row, or without one of the devices that were asked for."""
    wanted = f"no GPU of {listed(devices)}" if devices else "no sample below the columns"
    return file.refusal(1, "", Damaged(wanted))


def _energy(points: Sequence[Point], start: float, end: float) -> SampledEnergy:
    """Raises Gap, also for a series that begins after or ends before the others."""
    if len(points) < 2:
        raise SamplesMissing(gettext("one reading only"))
    usual = statistics.median(after - before for (before, _), (after, _) in pairwise(points))
    for edge, before, after in (
        (gettext_noop("first"), start, points[0][0]),
        (gettext_noop("last"), points[-1][0], end),
    ):
        if after - before > WIDEST_GAP * usual:
            what = gettext(
                "its {edge} reading is {away:.4g} s away from that of the log, where one comes every {usual:.4g} s",
                edge=gettext(edge),
                away=after - before,
                usual=usual,
            )
            raise SamplesMissing(what)
    return SampledEnergy.of(points)


class Clock:
    """Times of day without a date, which `started` gives; after midnight the next day begins."""

    def __init__(self, started: datetime) -> None:
        self._started, self._midnights = started, timedelta()
        self._last: datetime | None = None

    def moment(self, text: str) -> datetime:
        """The time of a row, after that of the row before. Raises NoTime."""
        time = moment(f"2000-01-01T{text}")
        if self._last and (self._last - time).total_seconds() > 43_200:
            self._midnights += timedelta(days=1)
        self._last = time
        return datetime.combine(self._started.date(), time.time(), self._started.tzinfo) + self._midnights


def zoned(first: datetime, started: datetime | None) -> datetime:
    """The time of a log without zone, with that of `started`, which must be the same time of day to a minute.

    Raises UsageError where the two contradict each other.
    """
    if started is None:
        return first
    if first.tzinfo is not None:
        raise UsageError(gettext("the file states its times; --started is for files of local times without a zone"))
    known = first.replace(tzinfo=started.tzinfo)
    if abs((known - started).total_seconds()) > 60:
        raise UsageError(
            gettext("the file begins at {first}; --started {started} contradicts it", first=first, started=started)
        )
    return known
