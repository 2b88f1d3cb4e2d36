"""Weights & Biases: the system metrics of a run as CSV, `run.history(stream="system").to_csv("system.csv")`.

One column `system.gpu.N.powerWatts` per card, in W, and `_timestamp`, in seconds since 1970; names as published scripts
that read them have them. A chart's own export has a relative time whose unit it does not state: it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

from lca.errors import Fault
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Options, listed, one_file, others
from lca.measure.formats.faults import Damaged, UnitlessTime
from lca.measure.formats.foreign import Foreign, since_1970
from lca.measure.formats.sampled import Sampled
from lca.vocabulary import Component

TOOL = "Weights & Biases"
USES = frozenset({"devices"})

_POWER = re.compile(r"(?:.* - )?system\.gpu\.(\d{1,4})\.powerWatts")
_HIGHEST = 1e5  # W of one card


def recognises(files: Sequence[Foreign]) -> bool:
    return len(files) == 1 and "system.gpu." in (head := files[0].text.partition("\n")[0]) and ".powerWatts" in head


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The power of every card of the host, or of `devices`, integrated."""
    file = one_file(files)
    file.must_end()
    table = file.table()
    powers = {name: match[1] for name in table.columns if (match := _POWER.fullmatch(name))}
    if "_timestamp" not in table.columns:
        raise file.refusal(1, "", UnitlessTime(gettext("no column _timestamp; a relative time says no unit")))
    chosen = {name: index for name, index in powers.items() if not options.devices or index in options.devices}
    if not chosen or len(set(chosen.values())) < len(chosen):
        what = gettext("the columns of power, {powers}, are not one for each card", powers=listed(powers))
        raise file.refusal(1, "", Damaged(what))
    sampled = Sampled(file)
    for row in table:
        if not any(row.text(name) for name in chosen):
            continue  # another process' row, or of other metrics
        try:
            time = since_1970(row.needed("_timestamp"))
        except Fault as fault:
            raise row.refusal("_timestamp", fault) from None
        for name, index in chosen.items():
            sampled.add(row.line, f"GPU {index}", time, row.number(name, high=_HIGHEST))
    first, start, end = sampled.interval()
    silent = others([Component.GPU], f"{TOOL} logs no power of it")
    note = "; it logs every GPU of the host, whether the run used it or not"
    return Draft(
        started=first + timedelta(seconds=start),
        seconds=end - start,
        findings=[*sampled.findings(Component.GPU, TOOL, note), *silent],
        facts={"comment": f"{TOOL}: from the first to the last sample{note}"},
    )
