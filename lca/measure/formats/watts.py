"""A plain CSV of time and watts, such as a wattmeter at the node's plug writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, pairwise

from lca.errors import Fault, OutOfRange, UsageError
from lca.measure.formats.draft import (
    Covers,
    Draft,
    Energy,
    Finding,
    Options,
    integrated,
    it_quantity,
    kwh,
    one_file,
    others,
)
from lca.measure.formats.faults import ColumnsUnknown, Damaged, Gap, OutOfOrder, StartUnknown
from lca.measure.formats.foreign import Foreign, Row, moment, number, since_1970
from lca.measurement.record import PowerSeries
from lca.quantities.records import Quantity
from lca.vocabulary import Component

TOOL = "CSV of time and power"
USES = frozenset({"covers", "started", "columns"})

_TIMES = {"time", "timestamp", "datetime", "date", "seconds", "elapsed", "elapsed time", "unix time", "t"}
_POWERS = {"power", "power usage", "power draw", "node power", "total power", "active power", "watts", "watt", "p"}
_UNIT = re.compile(r"(.*?)[ _]*[(\[ _](s|sec|utc|w|kw|watts)[)\]]?")
_SERIES = 100_000  # samples that a record keeps
_Point = tuple[float, float]
_EPOCH = 1e8  # seconds: three years since the start of a run, or since 1970


def recognises(files: Sequence[Foreign]) -> bool:
    head = files[0].text.partition("\n")[0].rstrip("\r")
    names = [name.strip().strip('"') for name in head.split(_delimiter(head))]
    return len(files) == 1 and (_headless(names) or _columns(names) is not None)


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The power, integrated: the node's at its plug, unless it is stated to be that of a component."""
    file = one_file(files)
    began, points = samples(file, options.columns, options.started)
    covers = options.covers or "node"
    try:
        found, it_energy = _energy(covers, Energy.of(points))
    except Gap as fault:
        raise file.refusal(0, "", fault) from None
    return Draft(
        started=began,
        seconds=points[-1][0],
        found=found,
        it_energy=it_energy,
        facts={"power": _series(covers, points), "comment": it_energy.note if it_energy else None},
    )


def samples(file: Foreign, columns: Sequence[str], started: datetime | None) -> tuple[datetime, list[_Point]]:
    """When the first sample was taken, and (seconds since then, watts), of two or more. Raises InvalidData."""
    rows, time, power = _rows(file, columns)
    first = next(rows, None)
    if first is None:
        raise file.refusal(1, "", Damaged("no sample below the columns"))
    began, clock = _clock(first, time, started)
    scale = 1000.0 if _bare(power)[1] == "kw" else 1.0
    points: list[_Point] = []
    for row in chain([first], rows):
        seconds = clock(row)
        if points and seconds <= points[-1][0]:
            raise row.refusal(time, OutOfOrder(f"{row.text(time)[:40]} is not after the time of the sample before"))
        points.append((seconds, row.needed(power) * scale))
    if len(points) < 2:
        raise file.refusal(0, time, Damaged("one sample only: an energy needs two"))
    return began, points


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
    """A column's name in lower case and the unit at its end."""
    name = name.strip().lower()
    if name in ("w", "kw"):
        return "power", name
    match = _UNIT.fullmatch(name)
    return (match[1].replace("_", " "), match[2]) if match else (name.replace("_", " "), "")


def _columns(names: Sequence[str]) -> tuple[str, str] | None:
    """The one column of times and the one of power, by their names."""
    times = [name for name in names if _bare(name)[0] in _TIMES]
    powers = [name for name in names if _bare(name)[0] in _POWERS]
    return (times[0], powers[0]) if len(times) == len(powers) == 1 else None


def _rows(file: Foreign, wanted: Sequence[str]) -> tuple[Iterator[Row], str, str]:
    head = file.text.partition("\n")[0].rstrip("\r")
    delimiter = _delimiter(head)
    if not wanted and _headless(head.split(delimiter)):
        return iter(file.table(delimiter, names=("time", "power"))), "time", "power"
    table = file.table(delimiter)
    if wanted:
        if len(wanted) != 2:
            raise UsageError("give --column twice: the column of times, then that of power")
        table.require(*wanted)
        return iter(table), wanted[0], wanted[1]
    names = list(table.columns)
    found = _columns(names)
    if found is None:
        what = f"which of the columns {', '.join(map(repr, names[:10]))} are time and power?"
        raise file.refusal(1, "", ColumnsUnknown(what))
    return iter(table), *found


def _clock(first: Row, time: str, started: datetime | None) -> tuple[datetime, Callable[[Row], float]]:
    """When the samples began, and what tells a row's seconds since then."""
    if not _holds(number, first.text(time)):
        if started is not None:
            raise UsageError("the file states its times; --started is for files of seconds since their start")
        began = first.time(time)
        return began, lambda row: _since(row, time, began)
    seconds = first.needed(time)
    if _EPOCH <= seconds < 1e10:
        began = since_1970(seconds)
    elif seconds >= 1e10:
        raise first.refusal(time, OutOfRange(f"{seconds:g} are seconds neither of a run nor since 1970"))
    elif started is None:
        raise first.refusal(time, StartUnknown("the file counts seconds, and does not say since when"))
    else:
        began = started + timedelta(seconds=seconds)
    return began, lambda row: row.needed(time) - seconds


def _since(row: Row, time: str, began: datetime) -> float:
    now = row.time(time)
    if (now.tzinfo is None) != (began.tzinfo is None):
        raise row.refusal(time, OutOfOrder("one time has a zone and another has none"))
    return (now - began).total_seconds()


def _energy(covers: Covers, sampled: Energy) -> tuple[list[Finding], Quantity | None]:
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
