"""amd-smi: the CSV of `amd-smi monitor --power-usage --csv --watch 1`, one row per card and sample.

Columns `timestamp` (seconds since 1970), `gpu` and `power_usage` (W), as the header of ROCm 7 that published scripts
test against has them. rocm-smi's own CSV has no time and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lca.errors import Fault
from lca.measure.formats.draft import Draft, Options, one_file
from lca.measure.formats.faults import NoReading, Timeless
from lca.measure.formats.foreign import Foreign, Row, number, since_1970
from lca.measure.formats.sampled import Sampled, no_sample, whole_cards

TOOL = "amd-smi"
USES = frozenset({"devices"})

_ROCM = re.compile(r"device,.*(Average|Current Socket) Graphics Package Power \(W\).*")
_HIGHEST = 1e5  # W of one card


def recognises(files: Sequence[Foreign]) -> bool:
    head = files[0].text.partition("\n")[0].strip()
    names = head.split(",")
    return len(files) == 1 and ({"gpu", "power_usage"} <= set(names) or _ROCM.fullmatch(head) is not None)


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The power of the cards, each integrated."""
    file = one_file(files)
    file.must_end()
    table = file.table()
    if "timestamp" not in table.columns:
        raise file.refusal(1, "", Timeless("the rows carry no time: `amd-smi monitor --power-usage --csv --watch 1`"))
    table.require("gpu", "power_usage")
    sampled = Sampled(file)
    for row in table:
        if options.devices and row.text("gpu") not in options.devices:
            continue
        if "xcp" in table.columns and row.text("xcp") not in ("", "0"):
            continue  # a further partition of a card, whose power the first row has
        try:
            time = since_1970(row.needed("timestamp"))
        except Fault as fault:
            raise row.refusal("timestamp", fault) from None
        sampled.add(row.line, f"GPU {row.text('gpu')}", time, _watts(row))
    if not sampled.devices:
        raise no_sample(file, options.devices)
    return whole_cards(sampled, TOOL, f"{TOOL}, power_usage")


def _watts(row: Row) -> float | None:
    try:
        return number(row.text("power_usage").removesuffix("W").strip(), high=_HIGHEST)
    except NoReading:
        return None
    except Fault as fault:
        raise row.refusal("power_usage", fault) from None
