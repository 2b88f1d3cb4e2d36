"""Optimum-Benchmark: the energies of one part of a benchmark report, measured through CodeCarbon in process mode.

`{"decode": {"energy": {"unit": "kWh", "cpu": ..., "ram": ..., "gpu": ..., "total": ...}}}`; shape and tool from its
source, trackers/energy.py. The report says neither when the part began nor how long it took: `started` and `ended` do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from lca.errors import UsageError, WrongUnit
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Options, imported, listed, one_file
from lca.measure.formats.faults import Damaged, OtherLayout, SeveralRuns, StartUnknown
from lca.measure.formats.foreign import Answer, Foreign, at
from lca.quantities.documents import Document
from lca.vocabulary import Component, Phase

TOOL = "Optimum-Benchmark"
USES = frozenset({"run", "started", "ended"})

_ROUNDING = 0.01  # of a total, beyond which it is not the sum of its parts
_TRAINING = ("train", "overall", "warmup")


class _StageEnergy(Answer):
    unit: str
    cpu: float = Field(ge=0, le=1e9)
    ram: float = Field(ge=0, le=1e9)
    gpu: float = Field(ge=0, le=1e9)
    total: float = Field(ge=0, le=1e9)


class _StageReport(Answer):
    energy: _StageEnergy


def recognises(files: Sequence[Foreign]) -> bool:
    text = files[0].text
    keys = ('"energy"', '"kWh"', '"ram"', '"total"')
    return len(files) == 1 and text.lstrip().startswith("{") and all(key in text for key in keys)


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The energies of one part."""
    file = one_file(files)
    document = file.document()
    name, loc = _chosen(document, options.run)
    content = document.content
    for key in loc:
        content = content[key]
    part = Document(document.path, document.shown, document.text, content, "json").load(_StageReport, cited=False)
    energy = part.energy
    if energy.unit != "kWh":
        raise at(
            document,
            (*loc, "energy", "unit"),
            WrongUnit(gettext("{unit!r} where kWh is written", unit=energy.unit[:40])),
        )
    if abs(energy.cpu + energy.ram + energy.gpu - energy.total) > _ROUNDING * energy.total:
        raise at(document, (*loc, "energy", "total"), Damaged(gettext("the total is not the sum of its parts")))
    if options.started is None or options.ended is None:
        what = gettext("the report says neither when the part began nor when it ended (--ended)")
        raise at(document, loc, StartUnknown(what))
    seconds = (options.ended - options.started).total_seconds()
    if seconds <= 0:
        raise UsageError(gettext("--ended is not after --started"))
    method = f"{TOOL}, {name}, through CodeCarbon; CPU and memory as it allots them to the process"
    zero = f"{TOOL} states 0 kWh for it"
    pairs = ((Component.CPU, energy.cpu), (Component.GPU, energy.gpu), (Component.MEMORY, energy.ram))
    return Draft(
        started=options.started,
        seconds=seconds,
        name=name,
        findings=[imported(component, kwh, method, zero) for component, kwh in pairs],
        facts={"phase": Phase.TRAINING if name in _TRAINING else Phase.INFERENCE, "comment": method},
    )


def _chosen(document: Document, run: str | None) -> tuple[str, tuple[str, ...]]:
    """Name and place of the part: at the top of the file, or below `report`."""
    below: tuple[str, ...] = ("report",) if isinstance(document.content.get("report"), Mapping) else ()
    content = document.content["report"] if below else document.content
    parts = [key for key, value in content.items() if isinstance(value, Mapping) and value.get("energy")]
    if not parts:
        raise at(document, below, OtherLayout(gettext("no part of the report holds an energy")))
    if run is None and len(parts) > 1:
        raise at(
            document,
            below,
            SeveralRuns(gettext("energies of {count} parts: {parts}", count=len(parts), parts=listed(parts))),
        )
    if run is not None and run not in parts:
        raise at(
            document,
            below,
            SeveralRuns(gettext("no energy of {run!r}; there are {parts}", run=run[:80], parts=listed(parts))),
        )
    name = run or parts[0]
    return name, (*below, name)
