"""Intel XPU Manager: the CSV of `xpu-smi dump -d 0 -m 1` or `xpumcli dump`, one row per card and sample.

`Timestamp, DeviceId, GPU Power (W)` and `06:14:46.000,    0, 32.94`: a time of day without date or zone, as Intel's
guide of the command line and published parsers have it; `started` gives the date.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from lca.errors import Fault
from lca.measure.formats.draft import Draft, Options, listed, one_file, others
from lca.measure.formats.faults import Damaged, NoReading, OtherLayout, StartUnknown
from lca.measure.formats.foreign import Foreign, Row, number
from lca.measure.formats.sampled import Clock, Sampled
from lca.vocabulary import Component

TOOL = "Intel XPU Manager"
USES = frozenset({"started", "devices"})

_POWER = "GPU Power (W)"
_HIGHEST = 1e5  # W of one card


def recognises(files: Sequence[Foreign]) -> bool:
    names = {name.strip() for name in files[0].text.partition("\n")[0].split(",")}
    return len(files) == 1 and names >= {"Timestamp", "DeviceId", _POWER}


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The power of the cards, each integrated."""
    file = one_file(files)
    file.must_end()
    table = file.table()
    table.require("Timestamp", "DeviceId", _POWER)
    if "TileId" in table.columns:
        what = "rows of tiles: log whole cards, without -t"
        raise file.refusal(1, "TileId", OtherLayout(what))
    if options.started is None:
        raise file.refusal(2, "Timestamp", StartUnknown("the rows carry a time of day, and no date"))
    clock, sampled = Clock(options.started), Sampled(file)
    for row in table:
        if options.devices and row.text("DeviceId") not in options.devices:
            continue
        try:
            time = clock.moment(row.text("Timestamp"))
        except Fault as fault:
            raise row.refusal("Timestamp", fault) from None
        sampled.add(row.line, f"GPU {row.text('DeviceId')}", time, _watts(row))
    if not sampled.devices:
        wanted = f"no GPU of {listed(options.devices)}" if options.devices else "no sample below the columns"
        raise file.refusal(1, "", Damaged(wanted))
    first, start, end = sampled.interval()
    findings = sampled.findings(Component.GPU, f"{TOOL}, {_POWER}", "; whole cards, whichever process used them")
    return Draft(
        started=first + timedelta(seconds=start),
        seconds=end - start,
        findings=[*findings, *others([Component.GPU], f"{TOOL} measures GPUs only")],
        facts={"comment": f"{TOOL}: {len(sampled.devices)} GPUs, from the first to the last row"},
    )


def _watts(row: Row) -> float | None:
    try:
        return number(row.text(_POWER), high=_HIGHEST)
    except NoReading:
        return None
    except Fault as fault:
        raise row.refusal(_POWER, fault) from None
