"""A measured run moved in time and place: what it would have emitted, had it begun at another hour in another region.

The run keeps its power over time. What it is held against are carbon intensities of a file of the user's, and those of
the catalogue: the climate change of a mix times what its hours emit over their mean.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import MAXYEAR, UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lca.engine.background import Background
from lca.errors import Contradiction, Fault, InvalidData, MissingKey, NotANumber, OutOfRange, Problem, UsageError
from lca.inventory.catalogue import Catalogue
from lca.languages import gettext
from lca.measurement.record import LARGEST_RECORD, Measurement
from lca.measurement.totals import total
from lca.quantities import units
from lca.quantities.documents import problem, read_text
from lca.quantities.tables import read_cells

CLIMATE = "climate-change"
TIME = "time"
_TOGETHER = 512
"""Starts whose energies are held at once: of a year of hours some 36 MB."""
_LONGEST = units.factor("year", "h") * 50
_SECONDS = units.factor("h", "s")
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Intensities:
    """Carbon intensity of the electricity of regions, from each time to the next."""

    start: datetime
    hours: Vector
    """Since the start; one more than there are intensities: the end of the last."""
    regions: dict[str, Vector]
    """kg CO2-Eq per kWh."""

    @classmethod
    def read(cls, path: str | Path) -> Intensities:
        """Of a CSV file: `time` in ISO 8601, ascending, and a column of g CO2-Eq per kWh for each region.

        The last one holds as long as the one before it. Raises InvalidData with every problem.
        """
        shown, problems = str(path), list[Problem]()
        rows = read_cells(shown, read_text(Path(path), shown, LARGEST_RECORD))
        _, head = next(rows)
        if head[:1] != [TIME] or len(head) < 2:
            fault: Fault = MissingKey(
                gettext(
                    "the columns are {time!r} and one for each region, not {head!r}",
                    time=TIME,
                    head=", ".join(head)[:80],
                )
            )
            raise InvalidData([problem(shown, 1, (), fault)])
        times: list[datetime] = []
        numbers: list[list[float]] = []
        for line, cells in rows:
            try:
                if len(cells) != len(head):
                    raise MissingKey(
                        gettext("{count} cells under {columns} columns", count=len(cells), columns=len(head))
                    )
                times.append(_time(cells[0], times))
                numbers.append([_intensity(cell) for cell in cells[1:]])
            except Fault as wrong:
                problems.append(problem(shown, line, (), wrong))
        if not problems and len(times) < 2:
            problems.append(problem(shown, 0, (), MissingKey(gettext("fewer than two times"))))
        if problems:
            raise InvalidData(problems)
        hours = [(time - times[0]).total_seconds() / _SECONDS for time in times]
        ends = np.array([*hours, 2 * hours[-1] - hours[-2]])
        table = np.array(numbers) * units.factor("g", "kg")
        return cls(times[0], ends, {name: table[:, number] for number, name in enumerate(head[1:])})

    @classmethod
    def hourly(cls, start: datetime, hours: float) -> Intensities:
        """No region yet, for every hour from the one that `start` lies in until `hours` have passed."""
        whole = start.replace(minute=0, second=0, microsecond=0)
        return cls(whole, np.arange(max(1, int(np.ceil(hours))) + 1, dtype=float), {})

    def with_profiles(self, catalogue: Catalogue, chosen: Iterable[str]) -> Intensities:
        """With regions of the catalogue: ids of mixes, or regions of cloud providers (`aws:eu-west-3`).

        The intensity of an hour is the climate change of the mix per kWh times what the hour emits over the mean; times
        without a zone are taken as UTC. Raises UsageError for what has no profile, or is in the file already, and for
        more than 50 years.
        """
        added = {name: self._of_hours(catalogue, name) for name in chosen}
        if double := sorted(added.keys() & self.regions.keys()):
            raise UsageError(
                gettext("{double!r} is a column of the file and a region of the catalogue", double=double[0])
            )
        return replace(self, regions={**self.regions, **added})

    def _of_hours(self, catalogue: Catalogue, name: str) -> Vector:
        region = catalogue.regions.get(name)
        id = region.electricity if region else name
        if id not in catalogue.profiles:
            known = ", ".join(catalogue.profiles)
            raise UsageError(
                gettext(
                    "{name!r} has no profile of hours; there are: {known}, and regions that these supply",
                    name=name,
                    known=known,
                )
            )
        profile, mean = catalogue.profiles[id], float(Background.of(catalogue, (CLIMATE,)).totals(id)[0])
        start = self.start.astimezone(UTC) if self.start.tzinfo else self.start
        whole = start.replace(minute=0, second=0, microsecond=0)
        since = self.hours + (start - whole).total_seconds() / _SECONDS
        if since[-1] > _LONGEST or whole.year >= MAXYEAR - 100:
            raise UsageError(
                gettext(
                    "from {start} on {since:.4g} h: at most 50 years, and before 9900",
                    start=self.start.isoformat(),
                    since=since[-1],
                )
            )
        edges = np.arange(np.ceil(since[-1]) + 1)
        shape = [profile.at(whole + timedelta(hours=hour)) for hour in range(len(edges) - 1)]
        summed = np.interp(since, edges, np.concatenate([[0.0], np.cumsum(shape)]))
        return np.asarray(mean * np.diff(summed) / np.diff(self.hours))


def _time(written: str, before: list[datetime]) -> datetime:
    try:
        time = datetime.fromisoformat(written.strip())
    except ValueError:
        raise NotANumber(gettext("{written!r} is no time as in 2026-01-31T13:00+00:00", written=written[:40])) from None
    if before and (time.tzinfo is None) != (before[0].tzinfo is None):
        raise Contradiction(gettext("one time has a zone, the other has none"))
    if before and time <= before[-1]:
        raise OutOfRange(gettext("{written} is not after {before}", written=written, before=before[-1].isoformat()))
    return time


def _intensity(written: str) -> float:
    try:
        number = float(written)
    except ValueError:
        raise NotANumber(gettext("{written!r} is no intensity in g CO2-Eq per kWh", written=written[:40])) from None
    if not np.isfinite(number) or number < 0:
        raise OutOfRange(gettext("{written} is no intensity of 0 or more", written=written))
    return number


def shifted(
    record: Measurement, intensities: Intensities, PUE: float = 1.0, deadline: float | None = None
) -> pd.DataFrame:
    """region, start, hour, score: kg CO2-Eq of the run, had it begun at each time of the file at which it still ends.

    `deadline`: hours after the first time by which it has ended. `hour` is that of the start, 0 to 23. Only the energy
    that the record knows is moved. Raises UsageError for a record without energy, or a file shorter than the run.
    """
    times, spent = _course(record)
    end = _end(intensities, deadline)
    starts = intensities.hours[:-1][intensities.hours[:-1] + times[-1] <= end + 1e-9]
    if not len(starts):
        raise UsageError(
            gettext("the run lasts {times:.4g} h, and {end:.4g} h are left for it", times=times[-1], end=end)
        )
    by_region, blocks = np.stack(list(intensities.regions.values()), axis=1), []
    for first in range(0, len(starts), _TOGETHER):  # starts × intervals: the energy that falls between two times
        since = intensities.hours[None, :] - starts[first : first + _TOGETHER, None]
        blocks.append(np.diff(np.interp(since, times, spent), axis=1) @ by_region * PUE)
    scores = np.concatenate(blocks)
    began = [intensities.start + pd.Timedelta(hours=float(hour)).to_pytimedelta() for hour in starts]
    tables = [
        pd.DataFrame(
            {"region": region, "start": began, "hour": [time.hour for time in began], "score": scores[:, number]}
        )
        for number, region in enumerate(intensities.regions)
    ]
    return pd.concat(tables, ignore_index=True)


def paused(
    record: Measurement, intensities: Intensities, PUE: float = 1.0, deadline: float | None = None
) -> dict[str, float]:
    """Region → the least that the run could have emitted by the deadline, had it been interrupted in the worst hours.

    Stopping and going on is taken to cost nothing, and the power to be even. Raises UsageError as `shifted` does.
    """
    times, spent = _course(record)
    length, end = times[-1], _end(intensities, deadline)
    widths = np.diff(np.minimum(intensities.hours, end))
    if widths.sum() < length - 1e-9:
        raise UsageError(
            gettext("the run lasts {length:.4g} h, and {end:.4g} h are left for it", length=length, end=end)
        )
    least = {}
    for region, values in intensities.regions.items():
        order = np.argsort(values, kind="stable")
        used = np.diff(np.minimum(np.concatenate([[0.0], np.cumsum(widths[order])]), length))
        least[region] = float(used @ values[order]) * spent[-1] / length * PUE
    return least


def _end(intensities: Intensities, deadline: float | None) -> float:
    return float(min(intensities.hours[-1], deadline if deadline is not None else np.inf))


def _course(record: Measurement) -> tuple[Vector, Vector]:
    """Hours since the start, and the kWh that were spent by then: the run's energy, spread by its power over time."""
    energy = record.it_energy.amount if record.it_energy else total(record.energy)[0]
    if energy <= 0:
        raise UsageError(gettext("the record {name!r} knows no energy to move", name=record.name))
    length = record.duration.amount
    series = [s for s in record.power if (s.component == "node") == bool(record.it_energy)]
    steps = sorted({0.0, length, *(min(t / _SECONDS, length) for s in series for t in s.times)})
    times, spent = np.array(steps), np.zeros(len(steps))
    for each in series:
        ends = np.array([0.0, *each.times]) / _SECONDS
        spent += np.interp(times, ends, np.concatenate([[0.0], np.cumsum(np.diff(ends) * np.array(each.powers))]))
    if spent[-1] <= 0:
        return np.array([0.0, length]), np.array([0.0, energy])
    return times, spent * energy / spent[-1]
