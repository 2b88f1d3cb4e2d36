"""turbostat: its columns PkgWatt and RAMWatt, of the summary row of each interval.

`turbostat --quiet --Summary --show Time_Of_Day_Seconds,PkgWatt,RAMWatt --interval 1 --out FILE`; rows and columns as
its manual page describes them. Watts are means of the interval that ends at the time of the row; the interval of the
first row begins before the file's first time, and counts by its edge alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from lca.errors import Fault
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Finding, Options, one_file, others
from lca.measure.formats.faults import Damaged, NoHeader, Timeless
from lca.measure.formats.foreign import Foreign, number, since_1970
from lca.measure.formats.sampled import Sampled
from lca.vocabulary import Component

TOOL = "turbostat"
USES: frozenset[str] = frozenset()

_TIME, _PACKAGE, _MEMORY = "Time_Of_Day_Seconds", "PkgWatt", "RAMWatt"
_COLUMNS = {_PACKAGE: Component.CPU, _MEMORY: Component.MEMORY}
_PLACES = ("Package", "Node", "Die", "Core", "CPU")
_HIGHEST = 1e5  # W of a node's packages


def recognises(files: Sequence[Foreign]) -> bool:
    heads = (set(text.split()) for text in files[0].text.split("\n", 2000)[:2000])
    return len(files) == 1 and any(_PACKAGE in head and (_TIME in head or "Busy%" in head) for head in heads)


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The power of all packages and of the memory, integrated."""
    file = one_file(files)
    file.must_end()
    columns: list[str] = []
    sampled = {name: Sampled(file) for name in _COLUMNS}
    for line, text in file.lines():
        cells = text.split()
        if _PACKAGE in cells:
            columns = cells
            if _TIME not in columns:
                raise file.refusal(line, "", Timeless(gettext("no column {time}", time=_TIME)))
            continue
        if not columns or not cells or not _summary(columns, cells):
            continue
        if len(cells) != len(columns):
            raise file.refusal(
                line,
                "",
                Damaged(gettext("{count} cells under {columns} columns", count=len(cells), columns=len(columns))),
            )
        row = dict(zip(columns, cells, strict=True))
        try:
            time = since_1970(number(row[_TIME]))
            for name in _COLUMNS:
                if name in row:
                    sampled[name].add(line, "", time, number(row[name], high=_HIGHEST))
        except Fault as fault:
            raise file.refusal(line, "", fault) from None
    if not sampled[_PACKAGE].devices:
        raise file.refusal(0, "", NoHeader(gettext("no summary row with a column {package}", package=_PACKAGE)))
    first, start, end = sampled[_PACKAGE].interval()
    findings = list(_findings(sampled))
    return Draft(
        started=first + timedelta(seconds=start),
        seconds=end - start,
        findings=findings,
        facts={"comment": f"{TOOL}: from the end of the first interval to the end of the last"},
    )


def _summary(columns: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a row is of the whole machine: a dash in every column of a place, or no such column."""
    places = [index for index, name in enumerate(columns) if name in _PLACES]
    return all(index < len(cells) and cells[index] == "-" for index in places)


def _findings(sampled: dict[str, Sampled]) -> Iterator[Finding]:
    known = [name for name in _COLUMNS if sampled[name].devices]
    for name in known:
        yield from sampled[name].findings(_COLUMNS[name], f"{TOOL}, {name} of all packages", "; the whole machine")
    yield from others([_COLUMNS[name] for name in known], f"{TOOL} has no column of it")
