"""A plain CSV of time and watts, such as a wattmeter at the node's plug writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, pairwise

from lca.errors import Fault, OutOfRange, UsageError, WrongUnit
from lca.languages import gettext
from lca.measure.formats.draft import (
    Covers,
    Draft,
    Finding,
    Options,
    SampledEnergy,
    integrated,
    it_quantity,
    kwh,
    one_file,
    others,
)
from lca.measure.formats.faults import ColumnsUnknown, Damaged, OutOfOrder, SamplesMissing, SeveralDevices, StartUnknown
from lca.measure.formats.foreign import Foreign, Row, moment, number, since_1970
from lca.measurement.record import PowerSeries
from lca.quantities.records import Quantity
from lca.vocabulary import Component

TOOL = "CSV of time and power"
USES = frozenset({"covers", "started", "columns"})

_TIMES = {"time", "timestamp", "datetime", "date", "seconds", "elapsed", "elapsed time", "unix time", "t"}
_POWERS = {"power", "power usage", "power draw", "node power", "total power", "active power", "watts", "watt", "p"}
_SPELT = {
    **{"s": "s", "sec": "s", "seconds": "s", "utc": "s", "ms": "ms", "us": "us", "µs": "us", "ns": "ns"},
    **{"w": "W", "watt": "W", "watts": "W", "kw": "kW", "mw": "mW", "milliwatts": "mW", "uw": "uW", "µw": "uW"},
}
_UNIT = re.compile(rf"(.*?)[ _]*[(\[ _]({'|'.join(_SPELT)})[)\]]?", re.IGNORECASE)
_WATTS = {"": 1.0, "W": 1.0, "kW": 1e3, "mW": 1e-3, "uW": 1e-6}
_SECONDS = {"": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_DEVICES = {"index", "gpu index", "gpu", "gpu id", "device", "device id", "uuid", "gpu uuid", "minor number"}
_SERIES = 100_000  # samples that a record keeps
_Point = tuple[float, float]
_EPOCH = 1e8  # seconds: three years since the start of a run, or since 1970


def recognises(files: Sequence[Foreign]) -> bool:
    head = files[0].text.partition("\n")[0].rstrip("\r")
    names = [name.strip().strip('"') for name in head.split(_delimiter(head))]
    if {"gpu", "power_usage"} <= set(names):
        return False  # amd-smi's rows, one for each card
    data = any(_holds(number, name) or _holds(moment, name) for name in names)
    return len(files) == 1 and (_headless(names) or (not data and _columns(names) is not None))


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The power, integrated: the node's at its plug, unless it is stated to be that of a component."""
    file = one_file(files)
    file.must_end()
    began, points = samples(file, options.columns, options.started)
    covers = options.covers or "node"
    try:
        findings, it_energy = _energy(covers, SampledEnergy.of(points))
    except SamplesMissing as fault:
        raise file.refusal(0, "", fault) from None
    return Draft(
        started=began,
        seconds=points[-1][0],
        findings=findings,
        it_energy=it_energy,
        facts={"power": _series(covers, points), "comment": it_energy.note if it_energy else None},
    )


def samples(file: Foreign, columns: Sequence[str], started: datetime | None) -> tuple[datetime, list[_Point]]:
    """When the first sample was taken, and (seconds since then, watts), of two or more. Raises InvalidData."""
    rows, time, powers = _rows(file, columns)
    scales = {power: _scale(file, power, _WATTS) for power in powers}
    first = next(rows, None)
    if first is None:
        raise file.refusal(1, "", Damaged(gettext("no sample below the columns")))
    began, clock = _clock(first, time, started)
    devices = _devices(first)
    points: list[_Point] = []
    for row in chain([first], rows):
        seconds = clock(row)
        if devices and row.text(devices) != first.text(devices):
            what = gettext(
                "the column {devices!r} tells devices apart, whose rows are not one series of power", devices=devices
            )
            raise row.refusal(devices, SeveralDevices(what))
        if points and seconds <= points[-1][0]:
            raise row.refusal(
                time, OutOfOrder(gettext("{time} is not after the time of the sample before", time=row.text(time)[:40]))
            )
        points.append((seconds, sum(row.needed(power) * scale for power, scale in scales.items())))
    if len(points) < 2:
        raise file.refusal(0, time, Damaged(gettext("one sample only: an energy needs two")))
    return began, points


def _devices(row: Row) -> str:
    """The column that says of which device a row is; "" where there is none."""
    return next((name for name in row.table.columns if _bare(name)[0] in _DEVICES), "")


def _scale(file: Foreign, column: str, units: Mapping[str, float]) -> float:
    """What a number in this column is multiplied by, for W or s. Raises InvalidData for a unit that is another."""
    stated = re.search(r"[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*$", column)
    unit = _bare(column)[1] or (stated[1] if stated else "")
    if unit and unit not in units:
        known = ", ".join(name for name in units if name)
        raise file.refusal(
            1,
            column[:80],
            WrongUnit(gettext("the unit {unit!r} of the column is none of {known}", unit=unit[:20], known=known)),
        )
    return units[unit]


def _delimiter(head: str) -> str:
    return max(",;\t", key=head.count)


def _holds(kind: Callable[[str], object], text: str) -> bool:
    try:
        kind(text)
    except Fault:
        return False
    return True


def _headless(names: Sequence[str]) -> bool:
    """Whether the first line is a sample already."""
    return len(names) == 2 and _holds(number, names[1]) and (_holds(number, names[0]) or _holds(moment, names[0]))


def _bare(name: str) -> tuple[str, str]:
    """A column's name in lower case, and the unit at its end as _WATTS and _SECONDS have it."""
    name = name.strip()
    if name.lower() in ("w", "kw"):
        return "power", _SPELT[name.lower()]
    match = _UNIT.fullmatch(name)
    if not match:
        return name.lower().replace("_", " "), ""
    unit = match[2] if match[2] == "MW" else _SPELT[match[2].lower()]  # megawatts, or milliwatts in capitals
    return match[1].lower().replace("_", " "), unit


def _columns(names: Sequence[str]) -> tuple[str, str] | None:
    """The one column of times and the one of power, by their names."""
    times = [name for name in names if _bare(name)[0] in _TIMES]
    powers = [name for name in names if _bare(name)[0] in _POWERS]
    return (times[0], powers[0]) if len(times) == len(powers) == 1 else None


def _rows(file: Foreign, wanted: Sequence[str]) -> tuple[Iterator[Row], str, tuple[str, ...]]:
    """The rows, the column of times and those whose powers are added."""
    head = file.text.partition("\n")[0].rstrip("\r")
    delimiter = _delimiter(head)
    if not wanted and _headless(head.split(delimiter)):
        return iter(file.table(delimiter, names=("time", "power"))), "time", ("power",)
    table = file.table(delimiter)
    if wanted:
        if len(wanted) < 2 or len(set(wanted)) < len(wanted):
            raise UsageError(
                gettext("give --column twice or more: the column of times, then those of power, which are added")
            )
        table.require(*wanted)
        return iter(table), wanted[0], tuple(wanted[1:])
    names = list(table.columns)
    chosen = _columns(names)
    if chosen is None:
        what = gettext("which of the columns {names} are time and power?", names=", ".join(map(repr, names[:10])))
        raise file.refusal(1, "", ColumnsUnknown(what))
    return iter(table), chosen[0], (chosen[1],)


def _clock(first: Row, time: str, started: datetime | None) -> tuple[datetime, Callable[[Row], float]]:
    """When the samples began, and what tells a row's seconds since then."""
    if not _holds(number, first.text(time)):
        if started is not None:
            raise UsageError(gettext("the file states its times; --started is for files of seconds since their start"))
        began = first.time(time)
        return began, lambda row: _since(row, time, began)
    scale = _scale(first.table.file, time, _SECONDS)
    seconds = first.needed(time) * scale
    if _EPOCH <= seconds < 1e10:
        began = since_1970(seconds)
    elif seconds >= 1e10:
        raise first.refusal(
            time, OutOfRange(gettext("{seconds:g} are seconds neither of a run nor since 1970", seconds=seconds))
        )
    elif started is None:
        raise first.refusal(time, StartUnknown(gettext("the file counts seconds, and does not say since when")))
    else:
        began = started + timedelta(seconds=seconds)
    return began, lambda row: row.needed(time) * scale - seconds


def _since(row: Row, time: str, began: datetime) -> float:
    now = row.time(time)
    if (now.tzinfo is None) != (began.tzinfo is None):
        raise row.refusal(time, OutOfOrder(gettext("one time has a zone and another has none")))
    return (now - began).total_seconds()


def _energy(covers: Covers, sampled: SampledEnergy) -> tuple[list[Finding], Quantity | None]:
    if covers == "node":
        method = f"power at the node's plug; {sampled}"
        if not sampled.joules:
            return others((), f"the power is 0 W throughout: {method}"), None
        return [], it_quantity(kwh(sampled.joules, "J"), kwh(sampled.error, "J"), method)
    component: Component = Component.OTHER if covers == "components" else Component(covers)
    energy = integrated(component, sampled, f"power of {covers}, as stated by the user")
    return [energy, *(others([component], f"the file is of {component} only") if component != "other" else ())], None


def _series(covers: Covers, points: Sequence[_Point]) -> tuple[PowerSeries, ...]:
    """The mean power of each step, at its end."""
    if len(points) > _SERIES:
        return ()
    return (
        PowerSeries(
            component="other" if covers == "components" else covers,
            times=tuple(time for time, _ in points[1:]),
            powers=tuple((before + after) / 2 for (_, before), (_, after) in pairwise(points)),
        ),
    )
