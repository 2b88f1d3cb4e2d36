"""Records of other tools, in and out: one file per format, all of one shape.

`import_record("codecarbon", ["emissions.csv"])`, `export_record("boamps", record)`. `auto` recognises a format by what
the files hold. What a tool did not measure is `unmeasured` in the record, never 0.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import ValidationError

from lca.errors import LcaError, OutOfRange, UsageError
from lca.inventory.catalogue import Catalogue
from lca.languages import gettext, gettext_noop
from lca.measure.formats import (
    alumet,
    amd_smi,
    azure_ml,
    boamps,
    carbontracker,
    codecarbon,
    dcgm,
    kepler,
    mlflow,
    model_card,
    nvidia_smi,
    optimum,
    perf,
    powermetrics,
    prometheus,
    ptdaemon,
    rocm_smi,
    scaphandre,
    slurm,
    tegrastats,
    turbostat,
    wandb,
    watts,
    xpu,
    zeus,
)
from lca.measure.formats.draft import Covers, Draft, Importer, Options, hours, option
from lca.measure.formats.faults import NotUnderstood
from lca.measure.formats.foreign import Foreign
from lca.measure.formats.writing import Exporter, WriteOptions
from lca.measure.identified import OUTSIDE, identified
from lca.measure.meter.machine import software
from lca.measure.plausible import doubted
from lca.measurement.record import SCHEMA, Device, EnergyEntry, Imported, Measurement, Unmeasured
from lca.measurement.service import delivered
from lca.quantities import units
from lca.quantities.documents import first_fault
from lca.quantities.records import Quantity
from lca.quantities.text import plain
from lca.quantities.units import Amount
from lca.vocabulary import Phase

T = TypeVar("T")

__all__ = ["EXPORTERS", "IMPORTERS", "export_record", "guess", "import_record"]

IMPORTERS: Mapping[str, Importer] = {
    "codecarbon": codecarbon,
    "zeus": zeus,
    "carbontracker": carbontracker,
    "boamps": boamps,
    "slurm": slurm,
    "dcgm": dcgm,
    "azure-ml": azure_ml,
    "mlflow": mlflow,
    "nvidia-smi": nvidia_smi,
    "ptdaemon": ptdaemon,
    "tegrastats": tegrastats,
    "powermetrics": powermetrics,
    "kepler": kepler,
    "wandb": wandb,
    "optimum": optimum,
    "amd-smi": amd_smi,
    "rocm-smi": rocm_smi,
    "xpu": xpu,
    "turbostat": turbostat,
    "perf": perf,
    "scaphandre": scaphandre,
    "alumet": alumet,
    "csv": watts,
}
EXPORTERS: Mapping[str, Exporter] = {
    "boamps": boamps,
    "model-card": model_card,
    "codecarbon": codecarbon,
    "prometheus": prometheus,
}


def import_record(
    format: str,
    files: Sequence[str | Path],
    *,
    name: str | None = None,
    phase: Phase | None = None,
    amount: str | None = None,
    pue: float | None = None,
    run: str | None = None,
    covers: Covers | None = None,
    started: datetime | None = None,
    ended: datetime | None = None,
    devices: Sequence[str] = (),
    columns: Sequence[str] = (),
    catalogue: Catalogue | None = None,
) -> Measurement:
    """The record of another tool's files; `format` is one of IMPORTERS, or `auto`.

    `phase` is `training` where neither the files nor the caller say; `catalogue` maps devices to ids, by default the
    built-in one. Raises InvalidData by file, line and reason, and UsageError for an option that the format has no use
    for.
    """
    options = Options(
        pue=pue, run=run, covers=covers, started=started, ended=ended, devices=tuple(devices), columns=tuple(columns)
    )
    read = _read(files)
    chosen = _guess(read) if format == "auto" else format
    importer = _known(chosen, IMPORTERS)
    if unused := options.given() - importer.USES:
        raise UsageError(
            gettext(
                "the format {chosen} has no use for {unused}",
                chosen=chosen,
                unused=", ".join(sorted(map(option, unused))),
            )
        )
    if covers is not None and covers not in get_args(Covers):
        raise UsageError(
            gettext("--covers {covers!r} is none of {known}", covers=covers, known=", ".join(get_args(Covers)))
        )
    if pue is not None and not 1 <= pue < float("inf"):
        raise UsageError(gettext("a PUE of {pue:g} is not possible: it is at least 1", pue=pue))
    service = delivered(units.parse(amount)) if amount else None
    try:
        draft = importer.read(read, options)
        return _record(importer.TOOL, read, draft, name, phase, service, catalogue)
    except (OverflowError, ValidationError) as error:
        what = first_fault(error) if isinstance(error, ValidationError) else str(error)
        raise read[0].refusal(
            0, "", OutOfRange(gettext("its times or amounts are no record's: {what}", what=what))
        ) from None


def guess(files: Sequence[str | Path]) -> str:
    """The one format that these files look like. Raises InvalidData where none does, or two."""
    return _guess(_read(files))


def export_record(
    format: str,
    record: Measurement,
    *,
    intensity: str | None = None,
    emissions: str | None = None,
    source: str | None = None,
    training_type: str | None = None,
) -> str:
    """The record in a format of EXPORTERS, as text. The options are the model card's: see WriteOptions.

    Raises UsageError for a record that the format cannot hold.
    """
    options = WriteOptions(intensity=intensity, emissions=emissions, source=source, training_type=training_type)
    if format != "model-card" and options != WriteOptions():
        raise UsageError(
            gettext(
                "the format {format} has no use for an intensity, emissions, their source or a training type",
                format=format,
            )
        )
    return _known(format, EXPORTERS).write(record, options)


def _known(format: str, formats: Mapping[str, T]) -> T:
    if format not in formats:
        raise UsageError(
            gettext("no format {format!r}: one of {formats}", format=format[:80], formats=", ".join(formats))
        )
    return formats[format]


def _read(files: Sequence[str | Path]) -> list[Foreign]:
    if not files:
        raise UsageError(gettext("no file to import"))
    if len({os.path.realpath(file) for file in files}) < len(files):
        raise UsageError(gettext("a file is named twice"))
    return [Foreign.read(Path(file)) for file in files]


def _guess(files: Sequence[Foreign]) -> str:
    fitting = [name for name, importer in IMPORTERS.items() if importer.recognises(files)]
    if len(fitting) != 1:
        if fitting:
            what = gettext("the content fits {formats}", formats=gettext(" and ").join(fitting))
        else:
            what = gettext("the content fits none of the formats {formats}", formats=", ".join(IMPORTERS))
        raise files[0].refusal(0, "", NotUnderstood(what))
    return fitting[0]


def _record(
    tool: str,
    files: Sequence[Foreign],
    draft: Draft,
    name: str | None,
    phase: Phase | None,
    amount: Amount | None,
    catalogue: Catalogue | None,
) -> Measurement:
    facts: dict[str, Any] = {key: value for key, value in draft.facts.items() if value is not None}
    service = amount or facts.get("amount")
    if draft.started.tzinfo is None:
        local = gettext_noop(
            "the file's times have no zone: they are taken as local ones of the place where the run was"
        )
        remedy = gettext("; give the first of them with its zone: --started 2026-01-31T13:00:00+01:00")
        warnings.warn(gettext(local) + (remedy if draft.zone_by_start else ""), stacklevel=OUTSIDE)
        if "local ones" not in (facts.get("comment") or ""):
            facts["comment"] = "; ".join(filter(None, [facts.get("comment"), local]))
    devices = [finding for finding in draft.findings if isinstance(finding, Device)]
    known = _known_devices(devices, catalogue)
    record = Measurement.model_validate(
        {
            **facts,
            "schema": SCHEMA,
            "name": name or plain(draft.name) or plain(files[0].path.stem) or tool,
            "phase": phase or facts.get("phase") or "training",
            "amount": service,
            "throughput": _throughput(service, draft.seconds),
            "started": draft.started,
            "ended": draft.end(),
            "duration": hours(draft.seconds),
            "energy": tuple(finding for finding in draft.findings if isinstance(finding, EnergyEntry)),
            "it_energy": draft.it_energy,
            "unmeasured": tuple(finding for finding in draft.findings if isinstance(finding, Unmeasured)),
            "devices": tuple(identified(device, known) for device in devices) if known else tuple(devices),
            "imported": Imported(
                tool=tool,
                version=plain(draft.version or "") or None,
                PUE=draft.PUE,
                file=", ".join(file.path.name for file in files),
                sha256=", ".join(file.sha256 for file in files),
            ),
            "software": {"ai-lca": software().get("ai-lca", "unknown")},
        }
    )
    return doubted(record, known)


def _throughput(service: Amount | None, seconds: float) -> Quantity | None:
    return Quantity(value=Amount(service.number / seconds, f"{service.unit}/s")) if service else None


def _known_devices(devices: Sequence[Device], catalogue: Catalogue | None) -> Catalogue | None:
    """The catalogue, if there is a device to look up and it can be read."""
    if catalogue or all(device.kind == "memory" for device in devices):
        return catalogue
    try:
        return Catalogue.load()
    except LcaError as error:
        warnings.warn(
            gettext("the catalogue cannot be read, so that no device has an id: {error}", error=str(error)),
            stacklevel=OUTSIDE,
        )
        return None
