"""tegrastats of NVIDIA's Jetson boards: one line per sample, with the rails that the module's sensors measure.

`10-01-2025 20:05:55 RAM 2274/6834MB ... VDD_IN 5542mW/5542mW VDD_CPU_GPU_CV 1594mW/1594mW`: the power now and its mean
since the tool began. VDD_IN (POM_5V_IN on a Nano) is all that enters the module; the carrier board is outside of it.
Layout from logs that people published and from NVIDIA's answers on its forum; times are local ones, without zone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from lca.errors import Fault
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Options, listed, one_file
from lca.measure.formats.faults import Damaged, NoWhole, StartUnknown, Timeless
from lca.measure.formats.foreign import Foreign, moment, number
from lca.measure.formats.sampled import Sampled, zoned
from lca.vocabulary import Component

TOOL = "tegrastats"
USES = frozenset({"started"})

_WHOLE = ("VDD_IN", "POM_5V_IN")
_LINE = re.compile(r"(?:(\d\d)-(\d\d)-(\d{4}) (\d\d:\d\d:\d\d) )?RAM \d+/\d+MB .*")
_RAIL = re.compile(r" ([A-Z][A-Z0-9_]*) (\d+)(?:mW)?/\d+(?:mW)?(?= |$)")


def recognises(files: Sequence[Foreign]) -> bool:
    return len(files) == 1 and _LINE.fullmatch(files[0].text.partition("\n")[0].strip()) is not None


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The power of the module, integrated."""
    file = one_file(files)
    file.must_end()
    lines = [(line, text, match) for line, text, match in _lines(file)]
    month_first = _month_first(file, lines, options.started)
    sampled = Sampled(file)
    for line, text, match in lines:
        rails = dict(_RAIL.findall(text))
        whole = next((rail for rail in _WHOLE if rail in rails), "")
        if not whole:
            what = gettext(
                "no rail of the whole module, {whole}; there are {rails}",
                whole=" or ".join(_WHOLE),
                rails=listed(rails) or "none",
            )
            raise file.refusal(line, "", NoWhole(what))
        month, day = (match[1], match[2]) if month_first else (match[2], match[1])
        try:
            time = moment(f"{match[3]}-{month}-{day}T{match[4]}")
            sampled.add(line, "", time, number(rails[whole], high=1e6) / 1000)
        except Fault as fault:
            raise file.refusal(line, "", fault) from None
    first, start, end = sampled.interval()
    note = "; all that enters the module, without the carrier board"
    return Draft(
        zone_by_start=True,
        started=zoned(first, options.started) + timedelta(seconds=start),
        seconds=end - start,
        findings=list(sampled.findings(Component.OTHER, f"{TOOL}, {whole}", note)),
        facts={"comment": f"{TOOL}: from the first to the last line{note}"},
    )


def _lines(file: Foreign) -> Sequence[tuple[int, str, re.Match[str]]]:
    lines = []
    for line, text in file.lines():
        match = _LINE.fullmatch(text.strip())
        if not match:
            raise file.refusal(line, "", Damaged(gettext("no line as {tool} writes it", tool=TOOL)))
        if not match[1]:
            raise file.refusal(line, "", Timeless(gettext("the line carries no time")))
        lines.append((line, text.rstrip(), match))
    return lines


def _month_first(file: Foreign, lines: Sequence[tuple[int, str, re.Match[str]]], started: datetime | None) -> bool:
    """Whether the month comes before the day: told by a day past 12, or by `started`."""
    for _, _, match in lines:
        one, two = int(match[1]), int(match[2])
        if one != two and max(one, two) > 12:
            return two > 12
        if one != two and started and {started.month, started.day} == {one, two}:
            return started.month == one
    if all(match[1] == match[2] for _, _, match in lines):
        return True
    first = lines[0][2]
    what = gettext(
        "{first}-{first_2}-{first_3}: which of the two is the month?",
        first=first[1],
        first_2=first[2],
        first_3=first[3],
    )
    raise file.refusal(lines[0][0], "", StartUnknown(what))
