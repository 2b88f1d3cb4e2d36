"""powermetrics of macOS, as text: one block per sample, with the mean power of its CPU, GPU and neural engine.

`*** Sampled system activity (Fri Sep  4 17:15:14 2015 +1000) (5009.63ms elapsed) ***`, then `CPU Power: 1996 mW`. The
header is Mozilla's documentation of the tool, the lines of power are those that published parsers of it read. A sample
holds the mean of the time elapsed, which ends at its stamp; a second mention of a power in a sample is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone

from lca.errors import Fault
from lca.languages import gettext
from lca.measure.counters.powermetrics import POWER, SAMPLE
from lca.measure.formats.draft import Draft, Finding, Options, imported, kwh, one_file, others
from lca.measure.formats.faults import Damaged, OutOfOrder, SamplesMissing
from lca.measure.formats.foreign import Foreign, number
from lca.vocabulary import Component

TOOL = "powermetrics"
USES: frozenset[str] = frozenset()

_PARTS = {"CPU": Component.CPU, "GPU": Component.GPU, "ANE": Component.OTHER}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_STAMPED = 1.0  # s: stamps are in whole seconds


def recognises(files: Sequence[Foreign]) -> bool:
    return len(files) == 1 and "*** Sampled system activity (" in files[0].text and " Power: " in files[0].text


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The energy of each part: its mean powers over the time that each is of."""
    file = one_file(files)
    file.must_end()
    stamps: list[tuple[datetime, float]] = []
    joules: list[dict[str, float]] = []
    for line, text in file.lines():
        try:
            if match := SAMPLE.fullmatch(text.strip()):
                stamps.append(_stamp(match, stamps))
                joules.append({})
            elif (match := POWER.fullmatch(text)) and joules:
                watts = number(match[2], high=1e6) * (1e-3 if match[3] == "mW" else 1.0)
                joules[-1].setdefault(match[1], watts * stamps[-1][1])
        except Fault as fault:
            raise file.refusal(line, "", fault) from None
    if not stamps:
        raise file.refusal(0, "", Damaged(gettext("no sample")))
    lacking = [part for part in _PARTS if any(part in sample for sample in joules)]
    for part in lacking:
        if without := sum(part not in sample for sample in joules):
            raise file.refusal(
                0,
                "",
                Damaged(
                    gettext(
                        "{without} of {count} samples have no {part} Power",
                        without=without,
                        count=len(joules),
                        part=part,
                    )
                ),
            )
    return Draft(
        started=stamps[0][0] - timedelta(seconds=stamps[0][1]),
        seconds=sum(elapsed for _, elapsed in stamps),
        findings=list(_findings(joules)),
        facts={"comment": f"{TOOL}: {len(joules)} samples; the whole machine, of which it sees the chip alone"},
    )


def _stamp(match: re.Match[str], before: Sequence[tuple[datetime, float]]) -> tuple[datetime, float]:
    """End of a sample and its length. Raises Gap, OutOfOrder or Damaged."""
    elapsed = float(match[10]) / 1000
    if match[1] not in _MONTHS or not 0 < elapsed < 1e7:
        raise Damaged(gettext("no header of a sample as the tool writes it"))
    offset = timedelta(hours=int(match[8]), minutes=int(match[9])) * (-1 if match[7] == "-" else 1)
    try:
        zone = timezone(offset)
        day = (int(match[6]), _MONTHS.index(match[1]) + 1, int(match[2]))
        time = datetime(*day, int(match[3]), int(match[4]), int(match[5]), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Damaged(gettext("the time of the sample is none")) from None
    if before:
        passed = (time - before[-1][0]).total_seconds()
        if passed < 0:
            raise OutOfOrder(gettext("{time} comes after {before}", time=time, before=before[-1][0]))
        if passed > 2 * elapsed + _STAMPED:
            raise SamplesMissing(
                gettext(
                    "{passed:g} s since the sample before, of which {elapsed:.4g} s were measured",
                    passed=passed,
                    elapsed=elapsed,
                )
            )
    return time, elapsed


def _findings(joules: Sequence[dict[str, float]]) -> Iterator[Finding]:
    known = [part for part in _PARTS if part in joules[0]]
    for part in known:
        total, what = sum(sample[part] for sample in joules), f"{TOOL}, {part} Power of {len(joules)} samples"
        named = "; the neural engine" if part == "ANE" else ""
        if total or part != "ANE":
            yield imported(_PARTS[part], kwh(total, "J"), what + named, f"its power is 0 throughout: {what}")
    yield from others([_PARTS[part] for part in known], f"{TOOL} states no power of it")
