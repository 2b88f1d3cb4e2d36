"""perf: what `perf stat -a -e power/energy-pkg/,power/energy-ram/ COMMAND` prints, as text or with -x.

`12.74 Joules power/energy-pkg/` and `5.001965465 seconds time elapsed`, as its users publish them. Cores and the
graphics part lie inside the package, and psys around it: none of them is added. `started` gives the time. With `-x ,` a
line is `475.42,Joules,power/energy-pkg/,20005659301,100.00,,`, as its users publish it, and there is no time elapsed:
`-I 1000` puts it before each line, and otherwise `ended` tells it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from lca.errors import Fault, UsageError
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Options, imported, kwh, one_file, others
from lca.measure.formats.faults import Damaged, NoHeader, OutOfOrder, StartUnknown, Timeless
from lca.measure.formats.foreign import Foreign, number
from lca.vocabulary import Component

TOOL = "perf"
USES = frozenset({"started", "ended"})

_ENERGY = re.compile(r"\s*(?:S\d+\S*\s+\d+\s+)?(\S.*?)\s+Joules\s+power/energy-([a-z]+)/.*")
_ELAPSED = re.compile(r"\s*(\S+)(?: \+- \S+)? seconds time elapsed.*")
_RUNS = re.compile(r".*Performance counter stats for .*\((\d+) runs\).*")
_SEPARATED = re.compile(
    r"\s*(?:(\d+\.\d+)([,;\t|]))?(S\d+(?:-D\d+)?[,;\t|]\d+[,;\t|])?([^,;\t|]*)([,;\t|])Joules\5power/energy-([a-z]+)/.*"
)
"""Seconds since the start with `-I`, the socket where it is told per socket, the energy and its event."""
_NOTHING = ("<not counted>", "<not supported>")
_PARTS = {"pkg": Component.CPU, "ram": Component.MEMORY}


def recognises(files: Sequence[Foreign]) -> bool:
    return len(files) == 1 and re.search(r"Joules(?:\s+|[,;|])power/energy-", files[0].text[:100_000]) is not None


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The energy of packages and memory over the time elapsed."""
    file = one_file(files)
    file.must_end()
    joules: dict[str, float] = defaultdict(float)
    seconds, note = 0.0, ""
    for line, text in file.lines():
        try:
            if (match := _SEPARATED.fullmatch(text)) and (match[6] in _PARTS or match[1]):
                seconds, note = _elapsed(match[1], seconds), f"; {TOOL} stat -x" + (" -I" if match[1] else "")
                if match[6] in joules and not (match[1] or match[3]):
                    raise Damaged(gettext("a second run in the file: give each a file of its own"))
                if match[6] in _PARTS and match[4] not in _NOTHING:
                    joules[match[6]] += number(match[4], high=1e12)
            elif (match := _ENERGY.fullmatch(text)) and match[2] in _PARTS:
                if match[1] not in _NOTHING:
                    joules[match[2]] += number(match[1], high=1e12)
            elif match := _ELAPSED.fullmatch(text):
                if seconds:
                    raise Damaged(gettext("a second run in the file: give each a file of its own"))
                seconds = number(match[1], high=1e9)
            elif match := _RUNS.fullmatch(text):
                note = f"; the mean of {match[1]} runs"
        except Fault as fault:
            raise file.refusal(line, "", fault) from None
    if not joules:
        raise file.refusal(0, "", NoHeader(gettext("no energy of power/energy-pkg/ or power/energy-ram/ was counted")))
    if not seconds and options.started and options.ended:
        seconds = (options.ended - options.started).total_seconds()
        if seconds <= 0:
            raise UsageError(gettext("--started and --ended are not in order"))
    elif options.ended:
        raise UsageError(gettext("the output says how long it took; --ended is for that of -x without -I"))
    if not seconds:
        raise file.refusal(0, "", Timeless(gettext("no line of the time elapsed")))
    if options.started is None:
        raise file.refusal(0, "", StartUnknown(gettext("the output does not say when the command began")))
    method = f"{TOOL} stat, counters of all packages; the whole machine{note}"
    zero = f"its counter in {TOOL} did not move"
    return Draft(
        started=options.started,
        seconds=seconds,
        findings=[
            *(imported(_PARTS[part], kwh(energy, "J"), method, zero) for part, energy in joules.items()),
            *others([_PARTS[part] for part in joules], f"{TOOL} counted no energy of it"),
        ],
        facts={"comment": method},
    )


def _elapsed(text: str | None, before: float) -> float:
    """Seconds at the end of an interval. Raises OutOfOrder."""
    now = number(text, high=1e9) if text else 0.0
    if now < before:
        raise OutOfOrder(gettext("{now:g} s come after {before:g} s: a second run in the file", now=now, before=before))
    return now
