"""BoAmps, Boavizta's report of the energy of an AI task: its JSON, in and out, and its flat CSV, in.

Its model of 2025, `formatVersion` 0.1. In the CSV a row is a report and a column a path, `measures_0_powerConsumption`,
as the example of its repository has them.

`powerConsumption` is an energy in kWh, in spite of its name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from pydantic import Field

from lca.errors import OutOfRange
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Finding, Options, imported, it_quantity, listed, one_file, others
from lca.measure.formats.faults import Damaged, NoTime, PUEUnknown, ScopeUnknown, SeveralRuns, StartUnknown
from lca.measure.formats.foreign import Answer, Foreign, at, moment
from lca.measure.formats.writing import WriteOptions, made_of, whole
from lca.measurement.record import Device, Location, Measurement
from lca.quantities.documents import Document
from lca.quantities.positions import Loc
from lca.quantities.records import Quantity
from lca.quantities.text import plain
from lca.quantities.units import Amount, factor
from lca.vocabulary import Component, Phase

TOOL = "BoAmps report"
USES = frozenset({"pue", "run", "covers", "started"})

_MODEL = "https://github.com/Boavizta/BoAmps/tree/main/model"
_STAGES: dict[str, Phase] = {
    "datacreation": Phase.DATA,
    "preprocessing": Phase.DATA,
    Phase.TRAINING: Phase.TRAINING,
    "finetuning": Phase.TRAINING,
    "retraining": Phase.TRAINING,
    Phase.INFERENCE: Phase.INFERENCE,
    Phase.DEVELOPMENT: Phase.DEVELOPMENT,
    Phase.COMPRESSION: Phase.COMPRESSION,
}
_NUMBERS = {
    *("powerConsumption", "measurementDuration", "averageUtilizationCpu", "averageUtilizationGpu"),
    *("nbRequest", "measuredAccuracy", "nbComponent", "memorySize"),
}
"""Fields that are numbers in the JSON."""
_TIME = "%Y-%m-%d %H:%M:%S"
_QUALITY = ((0.10, "high"), (0.25, "medium"), (0.50, "low"))


class _Measure(Answer):
    measurementMethod: str
    version: str | None = None
    powerConsumption: float = Field(ge=0, le=1e15)
    measurementDuration: float | None = Field(None, ge=0, le=1e9)
    measurementDateTime: str | None = None
    cpuTrackingMode: str | None = None
    gpuTrackingMode: str | None = None
    averageUtilizationCpu: float | None = Field(None, ge=0, le=1)
    averageUtilizationGpu: float | None = Field(None, ge=0, le=1)


class _Algorithm(Answer):
    algorithmName: str | None = None
    foundationModelName: str | None = None


class _Task(Answer):
    taskStage: str = ""
    taskFamily: str | None = None
    taskDescription: str | None = None
    nbRequest: float | None = Field(None, ge=0, le=1e18)
    measuredAccuracy: float | None = None
    algorithms: tuple[_Algorithm, ...] = ()


class _BoampsComponent(Answer):
    componentType: str
    componentName: str | None = None
    nbComponent: int = Field(1, ge=0, le=10**6)
    memorySize: float | None = Field(None, ge=0, le=1e9)


class _Infrastructure(Answer):
    cloudProvider: str | None = None
    components: tuple[_BoampsComponent, ...] = ()


class _BoampsPlace(Answer):
    country: str | None = None
    location: str | None = None


class _Header(Answer):
    reportDatetime: str | None = None


class _BoampsReport(Answer):
    header: _Header = _Header()
    task: _Task
    measures: tuple[_Measure, ...]
    infrastructure: _Infrastructure = _Infrastructure()
    environment: _BoampsPlace = _BoampsPlace()


def recognises(files: Sequence[Foreign]) -> bool:
    keys = ("measures", "powerConsumption", "task")
    text = files[0].text
    as_json = text.lstrip().startswith("{") and all(f'"{key}"' in text for key in keys)
    return len(files) == 1 and (as_json or _is_flat(files[0]))


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The energy of one measure, which the report does not divide among components."""
    file = one_file(files)
    document = _flat(file, options.run) if _is_flat(file) else file.document()
    report = document.load(_BoampsReport, cited=False)
    index = _chosen(document, report.measures, None if _is_flat(file) else options.run)
    measure, loc = report.measures[index], ("measures", index)
    method = measure.measurementMethod.lower()
    by_codecarbon = "codecarbon" in method.replace(" ", "")
    if not measure.measurementDuration:
        silent = OutOfRange(gettext("the report does not say how long the task ran"))
        raise at(document, (*loc, "measurementDuration"), silent)
    if by_codecarbon and options.pue is None:
        unknown = PUEUnknown(gettext("CodeCarbon's energies contain a PUE, which this report does not state"))
        raise at(document, (*loc, "powerConsumption"), unknown)
    if "watt" in method and options.covers is None:
        where = ScopeUnknown(gettext("the report does not say where the wattmeter was"))
        raise at(document, (*loc, "measurementMethod"), where)
    began = options.started or _began(document, loc, measure, by_codecarbon, report.header.reportDatetime)
    findings, it_energy = _energies(measure, options)
    return Draft(
        started=began,
        seconds=measure.measurementDuration,
        version=measure.version,
        PUE=options.pue,
        findings=[*findings, *_devices(report.infrastructure)],
        it_energy=it_energy,
        facts=_facts(report, measure),
    )


def _is_flat(file: Foreign) -> bool:
    names = file.text.partition("\n")[0]
    return all(f"{name}," in names for name in ("header_reportId", "task_taskStage", "measures_0_powerConsumption"))


def _flat(file: Foreign, run: str | None) -> Document:
    """The row of the CSV as the JSON that it was made of. Raises InvalidData."""
    file.must_end()
    rows = list(file.table())
    if not rows:
        raise file.refusal(1, "", Damaged(gettext("no report below the columns")))
    if len(rows) > 1 and run not in [str(number) for number in range(1, len(rows) + 1)]:
        raise file.refusal(0, "", SeveralRuns(gettext("{count} reports, by their number from 1 on", count=len(rows))))
    row = rows[int(run or 1) - 1] if len(rows) > 1 else rows[0]
    content: Any = {}
    for column in row.table.columns:
        if not row.text(column):
            continue
        *path, name = column.split("_")
        place = content
        for key, following in pairwise([*path, name]):
            place = _inside(place, key, [] if following.isdigit() else {})
        value = row.number(column, low=-1e18) if name in _NUMBERS else row.text(column)
        _inside(place, name, int(value) if name == "nbComponent" and isinstance(value, float) else value)
    text = "\n" * (row.line - 1) + json.dumps(content)  # so that problems are found in the line of the row
    return Document(file.path, file.shown, text, content, "json")


def _inside(place: Any, key: str, new: Any) -> Any:
    """What stands under a key of an object or an index of a list, made where it is not there yet."""
    if isinstance(place, list):
        if not key.isdigit() or int(key) > len(place):
            return new  # no column of the model has such a path: it is passed over
        if int(key) == len(place):
            place.append(new)
        return place[int(key)]
    return place.setdefault(key, new) if isinstance(place, dict) else new


def _chosen(document: Document, measures: Sequence[_Measure], run: str | None) -> int:
    """Measures may be of several tools or of several parts of the task: they are not added up."""
    if len(measures) == 1 and run is None:
        return 0
    if run is None or run not in map(str, range(1, len(measures) + 1)):
        methods = listed(f"{number}: {plain(m.measurementMethod)}" for number, m in enumerate(measures, 1))
        raise at(
            document,
            ("measures",),
            SeveralRuns(gettext("{count} measures, by their number: {methods}", count=len(measures), methods=methods)),
        )
    return int(run) - 1


def _began(document: Document, loc: Loc, measure: _Measure, by_codecarbon: bool, reported: str | None) -> datetime:
    """When the measurement began, as BoAmps' schema has it; CodeCarbon's own report writes the end, as its own date."""
    if not measure.measurementDateTime:
        raise at(document, loc, StartUnknown(gettext("the report does not say when the task began")))
    try:
        stated = moment(measure.measurementDateTime)
    except NoTime as fault:
        raise at(document, (*loc, "measurementDateTime"), fault) from None
    at_the_end = by_codecarbon and measure.measurementDateTime == reported
    return stated - timedelta(seconds=measure.measurementDuration or 0) if at_the_end else stated


def _energies(measure: _Measure, options: Options) -> tuple[list[Finding], Quantity | None]:
    PUE = options.pue or 1.0
    energy = measure.powerConsumption / PUE
    modes = [
        f"{kind} by {plain(mode)}"
        for kind, mode in (("CPU", measure.cpuTrackingMode), ("GPU", measure.gpuTrackingMode))
        if mode
    ]
    how = f"{plain(measure.measurementMethod)} {plain(measure.version or '')}".strip()
    how += (f" ({', '.join(modes)})" if modes else "") + (f"; divided by its PUE of {PUE:g}" if PUE != 1 else "")
    zero = f"{how} states 0 kWh"
    if options.covers == "node":
        return ([], it_quantity(energy, 0.0, how)) if energy else (others((), zero), None)
    if not energy:
        return others((), zero), None
    if options.covers in (None, "components"):
        how += "; the report does not divide it among components, nor say which it counts"
        return [imported(Component.OTHER, energy, how, zero)], None
    component: Component = options.covers  # type: ignore[assignment]
    return [
        imported(component, energy, how, zero),
        *others([component], f"the report was stated to be of {component}"),
    ], None


def _devices(infrastructure: _Infrastructure) -> Iterator[Device]:
    """A CPU's `nbComponent` counts cores in some reports and packages in others: it is not taken over."""
    for part in infrastructure.components:
        kind, name = part.componentType.lower(), plain(part.componentName or "")
        size = Quantity(value=Amount(part.memorySize * 1e9, "byte")) if part.memorySize else None
        if kind == "gpu" and name and part.nbComponent:
            yield Device(kind="gpu", name=re.sub(r"^\d+ x ", "", name), count=part.nbComponent, memory=size)
        elif kind == "cpu" and name:
            yield Device(kind="cpu", name=name, count=1)
        elif kind in ("ram", "memory") and size:
            yield Device(kind="memory", name="memory", count=1, memory=size)


def _facts(report: _BoampsReport, measure: _Measure) -> dict[str, Any]:
    task = report.task
    named = [name for a in task.algorithms for name in (a.foundationModelName, a.algorithmName) if name]
    facts: dict[str, Any] = {
        "phase": _STAGES.get(task.taskStage.lower()),
        "task": plain(task.taskDescription or task.taskFamily or "") or None,
        "model": plain(named[0]) if named else None,
        "quality": {"accuracy": task.measuredAccuracy} if task.measuredAccuracy is not None else {},
        "utilisation": {
            device: value
            for device, value in (("cpu", measure.averageUtilizationCpu), ("gpu", measure.averageUtilizationGpu))
            if value is not None
        },
        "location": _location(report),
    }
    if task.nbRequest and facts["phase"] == "inference":
        facts["amount"] = Amount(task.nbRequest, "inference")
    return facts


def _location(report: _BoampsReport) -> Location | None:
    """A country that is no code of ISO 3166 is a region."""
    place = [plain(text or "") for text in (report.environment.location, report.environment.country)]
    code = place.pop() if re.fullmatch("[A-Z]{2,3}", place[1]) else None
    region = ", ".join(filter(None, place)) or None
    provider = plain(report.infrastructure.cloudProvider or "") or None
    return Location(country=code, region=region, provider=provider) if code or region or provider else None


def write(record: Measurement, options: WriteOptions) -> str:
    """A report with the required fields. What the record does not say is left out, or where the schema demands a word
    `not stated` or `other`. Raises UsageError for a record without energy."""
    measure: dict[str, Any] = {
        "measurementMethod": f"ai-lca{', wattmeter' if record.it_energy else ''} ({made_of(record)})",
        "powerConsumption": whole(record),
        "measurementDuration": record.duration.amount * factor("h", "s"),
        "measurementDateTime": record.started.strftime(_TIME),
    }
    if version := record.software.get("ai-lca"):
        measure["version"] = version
    for device, key in (("cpu", "averageUtilizationCpu"), ("gpu", "averageUtilizationGpu")):
        if device in record.utilisation:
            measure[key] = record.utilisation[device]
    report: dict[str, Any] = {
        "header": {
            "formatVersion": "0.1",
            "formatVersionSpecificationUri": _MODEL,
            "reportDatetime": record.ended.strftime(_TIME),
        },
        "task": _task(record),
        "measures": [measure],
        "infrastructure": _infrastructure(record),
    }
    if python := record.software.get("python"):
        report["software"] = {"language": "python", "version": plain(python)}
    if system := record.software.get("system"):
        report["system"] = {"os": plain(system)}
    if record.location and record.location.country:
        report["environment"] = {"country": plain(record.location.country)}
    if quality := _quality(record):
        report["quality"] = quality
    return json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _task(record: Measurement) -> dict[str, Any]:
    algorithm: dict[str, Any] = {"algorithmName": plain(record.model or "") or "not stated"}
    if record.model_parameters:
        algorithm["parametersNumber"] = record.model_parameters / 1e9
    data: dict[str, Any] = {"dataUsage": "input", "dataType": "other"}
    task: dict[str, Any] = {
        "taskStage": "preprocessing" if record.phase == "data" else record.phase,
        "taskFamily": plain(record.task or "") or "not stated",
        "taskDescription": plain(record.name),
        "algorithms": [algorithm],
        "dataset": [data],
    }
    if record.amount and record.phase == "inference" and record.amount.unit == "inference":
        task["nbRequest"] = data["dataQuantity"] = record.amount.number
    if "accuracy" in record.quality and 0 <= record.quality["accuracy"] <= 1:
        task["measuredAccuracy"] = record.quality["accuracy"]
    return task


def _infrastructure(record: Measurement) -> dict[str, Any]:
    types = {"cpu": "cpu", "gpu": "gpu", "memory": "ram"}
    components = []
    for device in record.devices:
        part: dict[str, Any] = {
            "componentType": types[device.kind],
            "componentName": plain(device.name),
            "nbComponent": device.count,
        }
        if device.memory:
            part["memorySize"] = round(device.memory.amount / 1e9)
        components.append(part)
    if not components:
        components = [{"componentType": "not stated", "nbComponent": 1}]
    provider = plain(record.location.provider or "") if record.location else ""
    cloud = {"infraType": "publicCloud", "cloudProvider": provider} if provider else {"infraType": "other"}
    return {**cloud, "components": components}


def _quality(record: Measurement) -> str | None:
    """BoAmps' word for the widest range; none where a part is not measured, has no range, or one beyond 50 %."""
    parts = [record.it_energy] if record.it_energy else [entry.energy for entry in record.energy]
    if (record.unmeasured and not record.it_energy) or any(part.low is None or part.high is None for part in parts):
        return None
    width = max(
        max(part.high.number / part.amount - 1, 1 - part.low.number / part.amount)
        for part in parts
        if part.high and part.low and part.amount
    )
    return next((word for most, word in _QUALITY if width <= most + 1e-9), None)
