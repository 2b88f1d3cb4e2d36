"""Intel XPU Manager: the CSV of `xpu-smi dump -d 0 -m 1` or `xpumcli dump`, one row per card and sample.

`Timestamp, DeviceId, GPU Power (W)` and `06:14:46.000,    0, 32.94`: a time of day without date or zone, as Intel's
guide of the command line and published parsers have it; `started` gives the date.
"""

from __future__ import annotations

from collections.abc import Sequence

from lca.errors import Fault
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Options, one_file
from lca.measure.formats.faults import NoReading, OtherLayout, StartUnknown
from lca.measure.formats.foreign import Foreign, Row, number
from lca.measure.formats.sampled import Clock, Sampled, no_sample, whole_cards

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
        what = gettext("rows of tiles: log whole cards, without -t")
        raise file.refusal(1, "TileId", OtherLayout(what))
    if options.started is None:
        raise file.refusal(2, "Timestamp", StartUnknown(gettext("the rows carry a time of day, and no date")))
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
        raise no_sample(file, options.devices)
    return whole_cards(sampled, TOOL, f"{TOOL}, {_POWER}")


def _watts(row: Row) -> float | None:
    try:
        return number(row.text(_POWER), high=_HIGHEST)
    except NoReading:
        return None
    except Fault as fault:
        raise row.refusal(_POWER, fault) from None
