"""perf: what `perf stat -a -e power/energy-pkg/,power/energy-ram/ COMMAND` prints, as text.

`12.74 Joules power/energy-pkg/` and `5.001965465 seconds time elapsed`, as its users publish them. Cores and the
graphics part lie inside the package, and psys around it: none of them is added. `started` gives the time.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from lca.errors import Fault
from lca.measure.formats.draft import Draft, Options, imported, kwh, one_file, others
from lca.measure.formats.faults import Damaged, NoHeader, StartUnknown
from lca.measure.formats.foreign import Foreign, number
from lca.vocabulary import Component

TOOL = "perf"
USES = frozenset({"started"})

_ENERGY = re.compile(r"\s*(?:S\d+\S*\s+\d+\s+)?(\S.*?)\s+Joules\s+power/energy-([a-z]+)/.*")
_ELAPSED = re.compile(r"\s*(\S+)(?: \+- \S+)? seconds time elapsed.*")
_RUNS = re.compile(r".*Performance counter stats for .*\((\d+) runs\).*")
_PARTS = {"pkg": Component.CPU, "ram": Component.MEMORY}


def recognises(files: Sequence[Foreign]) -> bool:
    return len(files) == 1 and "Joules power/energy-" in re.sub(r"\s+", " ", files[0].text[:100_000])


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The energy of packages and memory over the time elapsed."""
    file = one_file(files)
    file.must_end()
    joules: dict[str, float] = defaultdict(float)
    seconds, note = 0.0, ""
    for line, text in file.lines():
        try:
            if (match := _ENERGY.fullmatch(text)) and match[2] in _PARTS:
                if match[1] not in ("<not counted>", "<not supported>"):
                    joules[match[2]] += number(match[1], high=1e12)
            elif match := _ELAPSED.fullmatch(text):
                if seconds:
                    raise Damaged("a second run in the file: give each a file of its own")
                seconds = number(match[1], high=1e9)
            elif match := _RUNS.fullmatch(text):
                note = f"; the mean of {match[1]} runs"
        except Fault as fault:
            raise file.refusal(line, "", fault) from None
    if not joules:
        raise file.refusal(0, "", NoHeader("no energy of power/energy-pkg/ or power/energy-ram/ was counted"))
    if not seconds:
        raise file.refusal(0, "", Damaged("no line of the time elapsed"))
    if options.started is None:
        raise file.refusal(0, "", StartUnknown("the output does not say when the command began"))
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
