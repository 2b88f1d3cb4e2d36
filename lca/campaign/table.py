"""The table of a campaign, made of its records and of nothing else."""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from lca.campaign.plan import CampaignCell, CampaignPlan
from lca.measurement.record import EnergyEntry, Measurement
from lca.measurement.totals import total
from lca.quantities import units
from lca.quantities.documents import Document
from lca.quantities.outputs import write_text
from lca.quantities.text import csv_cell
from lca.study.repeats import Interval, interval
from lca.vocabulary import RepeatVerdict

REFUSED = "refused.json"
MISSING = "missing"


class EnergyRatio(NamedTuple):
    """Energy per inference over that of the baseline: geometric mean of the paired repeats and its 95 % interval."""

    mean: float
    low: float
    high: float


class CampaignRow(NamedTuple):
    """One cell; what its record does not know is None."""

    cell: CampaignCell
    refused: str
    """Why the technique refused; empty: measured."""
    record: Measurement | None
    baseline: Measurement | None
    compression: float | None
    """Energy of compressing, in J; None also for a network that is not compressed."""

    @property
    def energies(self) -> tuple[float, ...]:
        """J per inference of each repeat; empty where a component is unmeasured."""
        return _energies(self.record) if self.record else ()

    @property
    def ratio(self) -> EnergyRatio | None:
        """To the baseline, repeat by repeat, as both were measured in the same round."""
        if self.cell == self.cell.baseline or self.baseline is None:
            return None
        return paired_ratio(self.energies, _energies(self.baseline))

    @property
    def verdict(self) -> RepeatVerdict:
        """Whether the repeats tell the energy from the baseline's."""
        if self.cell == self.cell.baseline:
            return RepeatVerdict.BASELINE
        if self.refused:
            return RepeatVerdict.REFUSED
        ratio = self.ratio
        if ratio is None or math.isnan(ratio.low):
            return RepeatVerdict.MISSING
        if ratio.high < 1:
            return RepeatVerdict.LOWER
        return RepeatVerdict.HIGHER if ratio.low > 1 else RepeatVerdict.NOT_TOLD_APART


def paired_ratio(energies: Sequence[float], references: Sequence[float]) -> EnergyRatio | None:
    """Geometric mean of the ratios of paired repeats with its Student-t interval; NaN bounds where there is none."""
    if not energies or len(energies) != len(references):
        return None
    logs = [math.log(energy / reference) for energy, reference in zip(energies, references, strict=True)]
    bounds = interval([logs]) or Interval(math.nan, math.nan)
    return EnergyRatio(*(math.exp(bound) for bound in (statistics.fmean(logs), *bounds)))


def rows(plan: CampaignPlan, folder: str | Path) -> tuple[CampaignRow, ...]:
    """A row per cell of the plan. Raises InvalidData where a record is absent or spoilt."""
    folder = Path(folder)
    refused = refusals(folder)
    records = {
        cell: Measurement.load(folder / f"{cell.id}.json") for cell in plan.cells if cell.variant.id not in refused
    }
    return tuple(
        CampaignRow(
            cell, refused.get(cell.variant.id, ""), records.get(cell), records.get(cell.baseline), _cost(folder, cell)
        )
        for cell in plan.cells
    )


def refusals(folder: Path) -> dict[str, str]:
    """Variant → why its technique refused, as the folder keeps it."""
    path = folder / REFUSED
    return {id: str(why) for id, why in Document.read(path).content.items()} if path.is_file() else {}


def write_table(measured: Sequence[CampaignRow], path: str | Path) -> None:
    """Write the rows as CSV: units in the header, four significant digits."""
    write_text(Path(path), table(measured))


def table(measured: Sequence[CampaignRow]) -> str:
    """The rows as CSV."""
    text = io.StringIO()
    lines = [_line(row) for row in measured]
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _line(row: CampaignRow) -> dict[str, str]:
    variant, record = row.cell.variant, row.record
    profile = record.profile if record else None
    size = record.model_parameters if record else None
    energies, ratio = row.energies, row.ratio
    name, quality = next(iter(record.quality.items()), (MISSING, None)) if record else (MISSING, None)
    before = row.baseline.quality.get(name) if row.baseline else None
    return {
        "workload": variant.workload,
        "size": variant.size,
        "technique": variant.technique,
        "level": "" if variant.level is None else f"{variant.level:.12g}",
        "precision": variant.precision,
        "compiled": "yes" if variant.compiled else "no",
        "batch": str(row.cell.batch),
        "device": variant.device,
        "parameters": _text(size),
        "nonzero": _text(profile.nonzero if profile else None),
        "sparsity": _digits(1 - profile.nonzero / size if profile and size else None),
        "stored [byte]": _digits(profile.stored.amount if profile else None, 9),
        "computation [FLOP/inference]": _digits(
            profile.computation.amount if profile and profile.computation else None, 9
        ),
        "quality": csv_cell(name),
        "reached": _digits(quality),
        "baseline reached": _digits(before),
        **_speed(record),
        "energy, median [J/inference]": _digits(statistics.median(energies) if energies else None),
        "energy, least [J/inference]": _digits(min(energies, default=None)),
        "energy, most [J/inference]": _digits(max(energies, default=None)),
        "origin": str(total(record.energy)[1]) if record else MISSING,
        "ratio to baseline": _digits(ratio.mean if ratio else None),
        "ratio, low": _digits(ratio.low if ratio else None),
        "ratio, high": _digits(ratio.high if ratio else None),
        "verdict": row.verdict,
        "compression [J]": _digits(row.compression),
        "energy repaid after [inference]": _repaid(row),
        "done": csv_cell("; ".join(profile.steps) if profile else row.refused),
    }


def _speed(record: Measurement | None) -> dict[str, str]:
    latency = record.latency if record else None
    milliseconds = units.factor("h", "ms")
    p50 = latency.p50.amount * milliseconds if latency and latency.p50 else None
    p99 = latency.p99.amount * milliseconds if latency and latency.p99 else None
    throughput = units.convert(record.throughput.value, "inference/s").number if record and record.throughput else None
    return {
        "throughput [inference/s]": _digits(throughput),
        "latency, p50 [ms]": _digits(p50),
        "latency, p99 [ms]": _digits(p99),
    }


def _repaid(row: CampaignRow) -> str:
    """Inferences after which the energy of compressing is repaid, with the interval that the repeats imply."""
    ratio = row.ratio
    if row.verdict == RepeatVerdict.BASELINE:
        return ""
    if row.refused or ratio is None or row.compression is None or row.baseline is None:
        return MISSING
    if row.verdict != RepeatVerdict.LOWER:
        return {RepeatVerdict.HIGHER: "never", RepeatVerdict.MISSING: MISSING}.get(row.verdict, "not told")
    each = statistics.median(_energies(row.baseline))
    middle, late, early = (row.compression / (each * (1 - part)) for part in (ratio.mean, ratio.high, ratio.low))
    return f"{_digits(middle)} ({_digits(early)} to {_digits(late)})"


def _energies(record: Measurement) -> tuple[float, ...]:
    if record.unmeasured:
        return ()
    return tuple(_joules(w.energy) / w.amount.number for w in record.windows if w.amount and w.energy)


def _joules(entries: Sequence[EnergyEntry]) -> float:
    return total(entries)[0] * units.factor("kWh", "J")


def _cost(folder: Path, cell: CampaignCell) -> float | None:
    path = folder / f"{cell.variant.id}-compression.json"
    if not path.is_file():
        return None
    record = Measurement.load(path)
    return None if record.unmeasured or not record.energy else _joules(record.energy)


def _digits(number: float | None, count: int = 4) -> str:
    return MISSING if number is None or math.isnan(number) else f"{number:.{count}g}"


def _text(number: int | None) -> str:
    return MISSING if number is None else str(number)
