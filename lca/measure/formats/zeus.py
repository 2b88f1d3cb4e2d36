"""Zeus: the CSV that ZeusMonitor writes with `log_file`, one row per window. Columns as its version 0.16.0 has them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from lca.errors import OutOfRange, UsageError
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Finding, Options, hours, imported, kwh, listed, one_file, others
from lca.measure.formats.faults import Damaged, OtherLayout, SeveralRuns, StartUnknown
from lca.measure.formats.foreign import Foreign, Row, since_1970
from lca.measurement.record import EnergyEntry, Unmeasured, Window
from lca.quantities.text import plain
from lca.vocabulary import Component

TOOL = "Zeus"
USES = frozenset({"run", "started"})

_HEAD = ("start_time", "window_name", "elapsed_time")
_DEVICE = re.compile(r"(gpu|cpu|dram)(\d{1,4})_energy")
_COMPONENTS: dict[str, Component] = {
    Component.GPU: Component.GPU,
    Component.CPU: Component.CPU,
    "dram": Component.MEMORY,
}
_MOST = 10_000  # windows that a record keeps
_EPOCH = 1e8  # seconds: three years since a machine started, or since 1970
_JITTER = 1e-3  # s; Zeus reads the clock once per edge, a little apart for windows that begin together


@dataclass(frozen=True, slots=True)
class _ZeusWindow:
    name: str
    start: float
    seconds: float
    joules: dict[str, float]
    row: Row

    @property
    def end(self) -> float:
        return self.start + self.seconds


def recognises(files: Sequence[Foreign]) -> bool:
    return len(files) == 1 and files[0].text.startswith(",".join(_HEAD))


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The windows that lie in no other one, or those of the name `run`."""
    file = one_file(files)
    file.must_end()
    table = file.table()
    table.require(*_HEAD)
    devices = [column for column in table.columns if column and column not in _HEAD]
    if strange := [device for device in devices if not _DEVICE.fullmatch(device)]:
        raise file.refusal(1, strange[0][:80], OtherLayout(gettext("no column of Zeus")))
    windows = [_window(row, devices) for row in table]
    if not windows:
        raise file.refusal(1, "", Damaged(gettext("no window below the columns")))
    outer = _outer(file, windows, options.run)
    start = outer[0].start
    if start < _EPOCH and options.started is None:
        what = gettext(
            "{start:g} s are of a clock that counts since the machine started, as older versions wrote it", start=start
        )
        raise outer[0].row.refusal("start_time", StartUnknown(what))
    if start >= _EPOCH and options.started is not None:
        raise UsageError(gettext("the file states when it began; --started is for files of a clock of the machine"))
    began = options.started or since_1970(start)
    findings = list(_findings(outer, devices))
    return Draft(
        started=began,
        seconds=sum(window.seconds for window in outer),
        findings=findings,
        ended=began + timedelta(seconds=max(window.end for window in outer) - start),
        name=options.run or "",
        facts={
            "windows": tuple(_recorded(window, start) for window in windows[:_MOST] if window.start >= start - _JITTER),
            "comment": f"the energy of the windows that lie in no other one: {listed(w.name for w in outer)}",
        },
    )


def _window(row: Row, devices: Sequence[str]) -> _ZeusWindow:
    seconds = row.needed("elapsed_time", high=1e9)
    if not seconds:
        raise row.refusal("elapsed_time", OutOfRange(gettext("the window lasted 0 s")))
    start = row.needed("start_time", high=1e11 - 1)
    joules = {device: row.needed(device) for device in devices}
    return _ZeusWindow(plain(row.text("window_name")) or "window", start, seconds, joules, row)


def _outer(file: Foreign, windows: list[_ZeusWindow], name: str | None) -> list[_ZeusWindow]:
    if name is not None:
        windows = [window for window in windows if window.name == name] or windows
        if windows[0].name != name:
            names = listed(dict.fromkeys(window.name for window in windows))
            raise file.refusal(
                0,
                "window_name",
                SeveralRuns(gettext("no window {name!r}; there are {names}", name=name[:80], names=names)),
            )
    outer: list[_ZeusWindow] = []
    for window in sorted(windows, key=lambda w: (w.start, -w.seconds)):
        if not outer or window.start >= outer[-1].end - _JITTER:
            outer.append(window)
        elif window.start <= outer[-1].start + _JITTER and window.end > outer[-1].end:
            outer[-1] = window
        elif window.end > outer[-1].end + _JITTER:
            what = gettext(
                "the windows {name!r} and {name_2!r} overlap in part: their energies cannot be added",
                name=outer[-1].name,
                name_2=window.name,
            )
            raise window.row.refusal("start_time", SeveralRuns(what))
    return outer


def _findings(windows: list[_ZeusWindow], devices: Sequence[str]) -> Iterator[Finding]:
    sums: dict[Component, float] = defaultdict(float)
    for device in devices:
        component = _COMPONENTS[_kind(device)]
        sums[component] += sum(window.joules[device] for window in windows)
        if zeros := [window.name for window in windows if window.joules[device] == 0]:
            of = f"{device.removesuffix('_energy')} in {len(zeros)} of {len(windows)} windows, {zeros[0]!r} the first"
            reason = f"Zeus states 0 J for {of}: shorter than the refresh of its counter"
            yield Unmeasured(component=component, reason=reason)
    for component, joules in sums.items():
        parts = ", ".join(d.removesuffix("_energy") for d in devices if _COMPONENTS[_kind(d)] == component)
        method = f"Zeus, counters of {parts} at the edges of its windows; whole devices, whichever process used them"
        if joules:
            yield imported(component, kwh(joules, "J"), method, "")
    yield from others(sums, "Zeus's log file has no column of it")


def _kind(device: str) -> str:
    named = _DEVICE.fullmatch(device)
    return named[1] if named else ""


def _recorded(window: _ZeusWindow, start: float) -> Window:
    joules: dict[Component, float] = defaultdict(float)
    for device, amount in window.joules.items():
        joules[_COMPONENTS[_kind(device)]] += amount
    findings = [imported(component, kwh(amount, "J"), "Zeus", "0 J") for component, amount in joules.items()]
    return Window(
        name=window.name,
        start=hours(max(window.start - start, 0.0)),
        duration=hours(window.seconds),
        energy=tuple(entry for entry in findings if isinstance(entry, EnergyEntry)),
    )
