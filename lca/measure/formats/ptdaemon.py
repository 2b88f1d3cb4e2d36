"""PTDaemon: the wattmeter's log of MLPerf and SPEC (`spl.txt`), one line per reading.

`Time,01-22-2021 15:05:14.313,Watts,22.970000,Volts,...,Amps,...,PF,...,Mark,NAME`, with the meter's channels after
it, of which Watts is the sum. Lines of notices and errors are no readings. The mark names the part of a test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from lca.errors import Fault
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Finding, Options, SampledEnergy, it_quantity, kwh, listed, one_file, others
from lca.measure.formats.faults import Damaged, SamplesMissing, SeveralRuns, StartUnknown
from lca.measure.formats.foreign import Foreign, moment, number
from lca.measure.formats.sampled import Sampled, zoned
from lca.quantities.records import Quantity

TOOL = "PTDaemon"
USES = frozenset({"run", "started"})

_READING = re.compile(
    r"Time,(\d\d)-(\d\d)-(\d{4}) (\d\d:\d\d:\d\d\.\d{3}),Watts,([^,]*)"
    r",Volts,[^,]*,Amps,[^,]*,PF,[^,]*,Mark,([^,]*)(,Ch1,.*)?"
)
_LINE = re.compile(r"Time,\d\d-\d\d-\d{4} \d\d:\d\d:\d\d\.\d{3},(Watts|NOTICE|ERROR|WARNING|INFO)[,:]")
_DATED = re.compile(r"(\d{4})-(\d\d)-(\d\d)_")
_Line = tuple[int, re.Match[str]]


def recognises(files: Sequence[Foreign]) -> bool:
    return len(files) == 1 and _LINE.match(files[0].text) is not None


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The power at the meter's outlet, integrated over the readings of one mark."""
    file = one_file(files)
    file.must_end()
    readings = _chosen(file, list(_readings(file)), options.run)
    month_first = _month_first(file, readings, options.started)
    sampled = Sampled(file)
    for line, match in readings:
        try:
            time, watts = _time(match, month_first), number(match[5], high=1e7)
        except Fault as fault:
            raise file.refusal(line, "", fault) from None
        sampled.add(line, "", time, watts)
    first, start, end = sampled.interval()
    try:
        energy = SampledEnergy.of(sampled.points[""])
    except SamplesMissing as fault:
        raise file.refusal(0, "", fault) from None
    method = f"{TOOL}, power at the outlet of its meter; {energy}"
    findings: list[Finding] = []
    it_energy: Quantity | None = None
    if energy.joules:
        it_energy = it_quantity(kwh(energy.joules, "J"), kwh(energy.error, "J"), method)
    else:
        findings = others((), f"the power is 0 W throughout: {method}")
    mark = readings[0][1][6]
    return Draft(
        started=zoned(first, options.started),
        zone_by_start=True,
        seconds=end - start,
        name="" if mark == "notset" else mark,
        findings=findings,
        it_energy=it_energy,
        facts={"comment": f"{method}; readings marked {mark}"},
    )


def _readings(file: Foreign) -> Iterator[_Line]:
    for line, text in file.lines():
        if not text.startswith("Time,") or ",Watts," not in text[:40]:
            continue  # a notice, an error, or what follows one
        match = _READING.fullmatch(text)
        if not match:
            raise file.refusal(line, "", Damaged(gettext("no reading as PTDaemon writes it")))
        yield line, match


def _chosen(file: Foreign, readings: Sequence[_Line], run: str | None) -> Sequence[_Line]:
    """The readings of one mark: what lies outside the parts of a test is marked `notset`."""
    marks = list(dict.fromkeys(match[6] for _, match in readings))
    if not marks:
        raise file.refusal(0, "", Damaged(gettext("no reading of power")))
    if run is None and len(marks) > 1:
        raise file.refusal(
            0, "Mark", SeveralRuns(gettext("readings of {count} parts: {marks}", count=len(marks), marks=listed(marks)))
        )
    chosen = [(line, match) for line, match in readings if run in (None, match[6])]
    if not chosen:
        raise file.refusal(
            0,
            "Mark",
            SeveralRuns(
                gettext("no reading marked {run!r}; there are {marks}", run=(run or "")[:80], marks=listed(marks))
            ),
        )
    return chosen


def _month_first(file: Foreign, readings: Sequence[_Line], started: datetime | None) -> bool:
    """Whether dates are written month first, as Windows has it set: told by a day past 12, the mark, or `started`."""
    for line, match in readings:
        one, two = int(match[1]), int(match[2])
        if one == two:
            continue
        if one > 12 or two > 12:
            return two > 12
        dated = _DATED.match(match[6])
        if dated and dated[1] == match[3] and {dated[2], dated[3]} == {match[1], match[2]}:
            return dated[2] == match[1]
        if started and {started.month, started.day} == {one, two}:
            return started.month == one
        what = gettext(
            "{match}-{match_2}-{match_3}: which of the two is the month?",
            match=match[1],
            match_2=match[2],
            match_3=match[3],
        )
        raise file.refusal(line, "Time", StartUnknown(what))
    return True


def _time(match: re.Match[str], month_first: bool) -> datetime:
    day_and_month = (match[1], match[2]) if month_first else (match[2], match[1])
    return moment("-".join((match[3], *day_and_month)) + "T" + match[4])
