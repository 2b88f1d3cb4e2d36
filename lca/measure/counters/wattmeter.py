"""The energy of the whole node from an external wattmeter's series: a CSV of time and watts, aligned to the run."""

from __future__ import annotations

import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from lca.errors import OutOfRange, UsageError
from lca.languages import gettext
from lca.measure.counters.integral import Integral, gap
from lca.measure.formats.faults import NoZone, SamplesMissing
from lca.measure.formats.foreign import Foreign
from lca.measure.formats.watts import samples
from lca.measure.meter.timeline import MOST_POINTS
from lca.measurement.record import Imported, Measurement, PowerSeries, Window
from lca.quantities import units
from lca.quantities.records import Quantity
from lca.quantities.units import Amount


def with_wattmeter(record: Measurement, path: str | Path, columns: Sequence[str] = ()) -> Measurement:
    """The record with the energy at the node's plug, by a wattmeter's CSV, in place of the components'.

    Its times are seconds since the start of the run, seconds since 1970, or ISO 8601 with an offset;
    `columns`: the names of those of time and power, where they do not tell. Raises InvalidData for a file that is
    wrong, does not cover the run, or has a gap in it.
    """
    series = PowerLog(record, Foreign.read(Path(path)), columns)
    duration = record.duration.amount * units.factor("h", "s")
    series.must_cover(duration)
    changes = {
        "it_energy": _quantity(*series.energy(0.0, duration)),
        "energy": (),
        "unmeasured": (),
        "windows": tuple(_window(window, series) for window in record.windows),
        "power": (series.power(duration),),
        "imported": Imported(tool="wattmeter", file=Path(path).name, sha256=series.file.sha256),
    }
    return record.model_copy(update=changes)


class PowerLog:
    """Power over time, in watts and seconds since the start of the run."""

    def __init__(self, record: Measurement, file: Foreign, columns: Sequence[str]) -> None:
        self.file = file
        try:
            began, points = samples(file, columns, record.started)
        except UsageError:  # the times say themselves when they are
            began, points = samples(file, columns, None)
        if began.tzinfo is None:
            raise file.refusal(
                0, "", NoZone(gettext("the times, from {began} on, have no zone", began=began.isoformat()))
            )
        offset = (began - record.started).total_seconds()
        self._times = [offset + time for time, _ in points]
        self._watts = [power for _, power in points]

    def must_cover(self, duration: float) -> None:
        """Raise InvalidData unless samples reach from the start to `duration` seconds without a gap."""
        usual = statistics.median(b - a for a, b in pairwise(self._times))
        first, last = max(self._times[0], 0.0), min(self._times[-1], duration)
        if first > 2 * usual or duration - last > 2 * usual:
            what = gettext(
                "the samples reach from {first:.4g} s to {last:.4g} s after the start of a run of {duration:.4g} s",
                first=first,
                last=last,
                duration=duration,
            )
            raise self.file.refusal(0, "", OutOfRange(what))
        if missing := gap(self._times, 0.0, duration):
            raise self.file.refusal(0, "", SamplesMissing(missing))

    def energy(self, start: float, end: float) -> tuple[float, float]:
        """Joules between two times, by trapezoids, and how wrong they can be if power is monotone between samples."""
        integral = Integral()
        integral.add(start, self._at(start))
        for index in range(bisect_right(self._times, start), bisect_left(self._times, end)):
            integral.add(self._times[index], self._watts[index])
        integral.add(end, self._at(end))
        return integral.total, integral.error

    def power(self, duration: float) -> PowerSeries:
        """The mean power between samples within the run."""
        inside = [time for time in self._times if 0 < time < duration]
        times = [*inside[:: len(inside) // MOST_POINTS + 1], duration]
        powers = [self.energy(a, b)[0] / (b - a) for a, b in pairwise([0.0, *times])]
        rounded = tuple(float(f"{power:.5g}") for power in powers)
        return PowerSeries(component="node", times=tuple(round(time, 3) for time in times), powers=rounded)

    def _at(self, time: float) -> float:
        """Power at a time: on the line between its neighbours, beyond the ends that of the end."""
        after = bisect_left(self._times, time)
        if after == 0 or after == len(self._times):
            return self._watts[min(after, len(self._times) - 1)]
        (t0, t1), (w0, w1) = self._times[after - 1 : after + 1], self._watts[after - 1 : after + 1]
        return w0 + (w1 - w0) * (time - t0) / (t1 - t0)


def _window(window: Window, series: PowerLog) -> Window:
    start, duration = (units.factor("h", "s") * quantity.amount for quantity in (window.start, window.duration))
    energy = _quantity(*series.energy(start, start + duration)) if duration > 0 else None
    return window.model_copy(update={"energy": (), "it_energy": energy})


def _quantity(joules: float, error: float) -> Quantity:
    kwh, half = (units.factor("J", "kWh") * number for number in (joules, min(error, joules)))
    energy = Amount(kwh, "kWh_it")
    if kwh - half >= kwh + half:  # also where the error is lost in the digits of the energy
        return Quantity(value=energy)
    low, high = Amount(kwh - half, "kWh_it"), Amount(kwh + half, "kWh_it")
    return Quantity(value=energy, low=low, high=high, distribution="normal")
