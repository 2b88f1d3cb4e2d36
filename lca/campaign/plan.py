"""The plan of a campaign: grids of workload × technique × level × precision × batch × device, in one TOML file."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, field_validator, model_validator

from lca.errors import InvalidData, MissingKey, OutOfRange, Problem, UsageError
from lca.languages import gettext, gettext_noop
from lca.quantities.documents import Document
from lca.quantities.records import In, Quantity, Record
from lca.workloads.workload import file_name

Technique = Literal[
    "none",
    "magnitude-pruning",
    "channel-pruning",
    "lottery-ticket",
    "low-rank",
    "distillation",
    "transfer",
    "weight-sharing",
    "binarised",
]
Precision = Literal["float32", "float16", "bfloat16", "int8-weights", "int8-dynamic", "int8-static"]
SOURCES = {"shapes-few": "shapes-source"}
"""Workload → the one from which networks are transferred to it."""
UNSUPPORTED = {
    "spiking": gettext_noop(
        "its neurons keep a state over time steps, and only a chip that skips what does not spike saves energy;"
        " a processor or a graphics card, which is what can be measured here, calculates every step"
    ),
    "mixture-of-experts": gettext_noop(
        "it is another network, trained as such, and not made of a trained one; give it as workload"
    ),
}
"""Technique → why it is not offered."""
PRUNING = ("magnitude-pruning", "channel-pruning", "lottery-ticket")
SIZING = ("low-rank", "distillation", "weight-sharing")
TUNED = (*PRUNING, "low-rank")
"""Those that are fine-tuned where a grid asks for it."""
MOST_CELLS = 2_000


class CampaignGrid(Record):
    """Every combination of what the lists hold; the uncompressed network of each is added."""

    workload: tuple[str, ...] = Field(min_length=1)
    """Names of reference workloads: see lca.workloads; or one of your own, "my_module:make", whose file is named by
    `lca campaign --module my_module.py`: make(size) returns a Workload."""
    size: Literal["small", "medium", "large"] = "small"
    technique: tuple[Technique, ...] = Field(("none",), min_length=1)
    level: tuple[float, ...] = ()
    """How much: of pruning the part removed, of low-rank the share of the squared singular values kept, of
    distillation the width of the student, of weight-sharing the bits of a shared weight over 8; of transfer 1 where all
    layers but the last are frozen, 0 where none is; of binarised 1."""
    precision: tuple[Precision, ...] = Field(("float32",), min_length=1)
    compiled: tuple[bool, ...] = Field((False,), min_length=1)
    """Whether the model is compiled by torch.compile once it is compressed; what that takes is the compression's."""
    batch: tuple[Annotated[int, Field(ge=1, le=4096)], ...] = Field((1,), min_length=1)
    device: tuple[Literal["cpu", "cuda"], ...] = Field(("cpu",), min_length=1)
    tune_epochs: int = Field(0, ge=0, le=1000)
    """Epochs of fine-tuning after pruning and factorising; its energy is the compression's."""

    @field_validator("technique", mode="before")
    @classmethod
    def _offered(cls, written: object) -> object:
        for name in written if isinstance(written, list | tuple) else ():
            if name in UNSUPPORTED:
                raise OutOfRange(
                    gettext("{name} is not supported: {unsupported}", name=name, unsupported=gettext(UNSUPPORTED[name]))
                )
        return written

    @model_validator(mode="after")
    def _levels(self) -> CampaignGrid:
        levelled = [technique for technique in self.technique if technique != "none"]
        if levelled and not self.level:
            raise MissingKey(gettext("{levelled} need a level", levelled=", ".join(levelled)))
        if wrong := [level for level in self.level if not 0 <= level <= 1]:
            raise OutOfRange(gettext("a level of {wrong:g}: every level is a share from 0 to 1", wrong=wrong[0]))
        if pruned := [technique for technique in self.technique if technique in PRUNING and 1 in self.level]:
            raise OutOfRange(gettext("a level of 1: {pruned} would leave nothing", pruned=pruned[0]))
        if sized := [technique for technique in self.technique if technique in SIZING and 0 in self.level]:
            raise OutOfRange(gettext("a level of 0: {sized} would leave nothing", sized=sized[0]))
        if "transfer" in self.technique and not set(self.level) <= {0, 1}:
            raise OutOfRange(gettext("the level of transfer is 1, all layers but the last are frozen, or 0, none is"))
        if "weight-sharing" in self.technique and any((8 * level) % 1 for level in self.level):
            raise OutOfRange(
                gettext("the level of weight-sharing is a whole number of bits from 1 to 8, over 8: 0.5 for 4")
            )
        if "binarised" in self.technique and set(self.level) != {1}:
            raise OutOfRange(gettext("the level of binarised is 1: all layers but the first and the last"))
        return self


class CampaignFile(Record):
    """CAMPAIGN.toml"""

    name: str
    comment: str | None = None
    repeats: int = Field(5, ge=1, le=1000)
    """Measured runs of each cell, interleaved with those of its baseline."""
    duration: Annotated[Quantity, In("s", above=0, cited=False)]
    """Of each measured run."""
    warm_up: Annotated[Quantity, In("s", low=0, cited=False)]
    """Before each measured run, unmeasured."""
    threads: int = Field(1, ge=1, le=1024)
    """Threads of torch; on Linux the process is kept on as many processors."""
    seed: int = 0
    peak_memory: bool = False
    """Whether each model is also run in a process of its own, whose peak memory is that of torch and this model: some
    seconds for each cell, once. Not on Windows, and not of compiled models."""
    grids: tuple[CampaignGrid, ...]

    @model_validator(mode="after")
    def _some(self) -> CampaignFile:
        if not self.grids:  # not a length of the field: a grid that is wrong in itself would count as none
            raise MissingKey(gettext("the plan has no [[grids]]"))
        return self


class Treatment(NamedTuple):
    """A network and what is done to it."""

    workload: str
    size: str
    technique: Technique
    level: float | None
    precision: Precision
    compiled: bool
    device: str
    tune_epochs: int

    @property
    def id(self) -> str:
        level = "" if self.level is None else f"-{self.level:.12g}"
        compiled = "-compiled" if self.compiled else ""
        return f"{file_name(self.workload)}-{self.technique}{level}-{self.precision}{compiled}-{self.device}"

    @property
    def baseline(self) -> Treatment:
        return self._replace(technique="none", level=None, precision="float32", compiled=False, tune_epochs=0)

    @property
    def trained(self) -> str:
        """Name of the record of its network's training."""
        return f"{file_name(self.workload)}-training"


class CampaignCell(NamedTuple):
    """A variant that answers requests of one batch size."""

    variant: Treatment
    batch: int

    @property
    def id(self) -> str:
        return f"{self.variant.id}-batch-{self.batch}"

    @property
    def baseline(self) -> CampaignCell:
        return CampaignCell(self.variant.baseline, self.batch)

    @property
    def group(self) -> tuple[str, int, str]:
        """Cells that are measured in turn, so that a drift of the machine falls on all of them."""
        return self.variant.workload, self.batch, self.variant.device


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """A campaign file and the cells that its grids span."""

    file: CampaignFile
    cells: tuple[CampaignCell, ...]

    @classmethod
    def load(cls, path: str | Path) -> CampaignPlan:
        """Read a campaign file. Raises InvalidData with every problem."""
        document = Document.read(Path(path))
        file = document.load(CampaignFile, cited=False)
        if problems := list(_problems(document, file)):
            raise InvalidData(problems)
        cells = dict.fromkeys(cell for grid in file.grids for cell in _cells(grid))
        return cls(file, tuple(dict.fromkeys(each for cell in cells for each in (cell.baseline, cell))))

    @property
    def groups(self) -> dict[tuple[str, int, str], list[CampaignCell]]:
        """Cells by workload, batch and device, the baseline first."""
        groups: dict[tuple[str, int, str], list[CampaignCell]] = {}
        for cell in self.cells:
            groups.setdefault(cell.group, []).append(cell)
        return groups


def _cells(grid: CampaignGrid) -> Iterator[CampaignCell]:
    axes = itertools.product(grid.workload, grid.technique, grid.precision, grid.compiled, grid.device, grid.batch)
    for workload, technique, precision, compiled, device, batch in axes:
        tune = (
            grid.tune_epochs
            if technique not in ("none", "transfer", "distillation", "weight-sharing", "binarised")
            else 0
        )
        for level in grid.level if technique != "none" else (None,):
            yield CampaignCell(
                Treatment(workload, grid.size, technique, level, precision, compiled, device, tune), batch
            )


def _problems(document: Document, file: CampaignFile) -> Iterator[Problem]:
    from lca.workloads.workload import REFERENCE, own

    sizes: dict[str, str] = {}
    tunes: dict[str, int] = {}
    number = 0
    for index, grid in enumerate(file.grids):
        for workload in grid.workload:
            try:
                known = workload in REFERENCE or own(workload, grid.size) is not None
                fault = OutOfRange(
                    gettext(
                        "no workload {workload!r}; there are: {reference}",
                        workload=workload[:80],
                        reference=", ".join(REFERENCE),
                    )
                )
            except UsageError as error:
                known, fault = False, OutOfRange(str(error))
            if not known:
                yield document.problem(("grids", index, "workload"), fault)
            if "transfer" in grid.technique and workload not in SOURCES:
                fault = OutOfRange(
                    gettext(
                        "nothing to transfer to {workload!r} from; only to {sources}",
                        workload=workload[:80],
                        sources=", ".join(SOURCES),
                    )
                )
                yield document.problem(("grids", index, "technique"), fault)
            if sizes.setdefault(workload, grid.size) != grid.size:
                fault = OutOfRange(
                    gettext(
                        "{workload} is {sizes} in another grid: one size per campaign",
                        workload=workload,
                        sizes=sizes[workload],
                    )
                )
                yield document.problem(("grids", index, "size"), fault)
        for cell in _cells(grid):
            number += 1
            if tunes.setdefault(cell.id, grid.tune_epochs) != grid.tune_epochs:
                fault = OutOfRange(gettext("{id} has other tune_epochs in another grid", id=cell.variant.id))
                yield document.problem(("grids", index, "tune_epochs"), fault)
                break
    if number > MOST_CELLS:
        fault = OutOfRange(
            gettext("{number:,} cells; a campaign has at most {most_cells:,}", number=number, most_cells=MOST_CELLS)
        )
        yield document.problem(("grids",), fault)
