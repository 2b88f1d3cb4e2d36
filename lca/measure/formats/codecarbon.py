"""CodeCarbon: emissions.csv and its per-task file, in and out. Columns as its version 3.3.2 writes them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from lca.errors import OutOfRange, UsageError
from lca.measure.formats.draft import Draft, Finding, Options, hours, imported, listed, one_file
from lca.measure.formats.faults import Damaged, LastTaskOnly, OutOfOrder, PUEUnknown, SeveralRuns
from lca.measure.formats.foreign import Foreign, Row
from lca.measure.formats.text import inert, plain
from lca.measure.formats.writing import WriteOptions, hardware, whole
from lca.measurement.record import Device, EnergyEntry, Location, Measurement, Window
from lca.measurement.totals import by_component
from lca.quantities.records import Quantity
from lca.quantities.units import Amount, factor
from lca.vocabulary import Component

TOOL = "CodeCarbon"
USES = frozenset({"pue", "run"})
COLUMNS = (
    "timestamp",
    "project_name",
    "run_id",
    "experiment_id",
    "duration",
    "emissions",
    "emissions_rate",
    "cpu_power",
    "gpu_power",
    "ram_power",
    "cpu_energy",
    "gpu_energy",
    "ram_energy",
    "energy_consumed",
    "water_consumed",
    "country_name",
    "country_iso_code",
    "region",
    "cloud_provider",
    "cloud_region",
    "os",
    "python_version",
    "codecarbon_version",
    "cpu_count",
    "cpu_model",
    "gpu_count",
    "gpu_model",
    "longitude",
    "latitude",
    "ram_total_size",
    "tracking_mode",
    "cpu_utilization_percent",
    "gpu_utilization_percent",
    "ram_utilization_percent",
    "ram_used_gb",
    "on_cloud",
    "pue",
    "wue",
)

_NEEDED = ("timestamp", "run_id", "duration", "cpu_energy", "gpu_energy", "ram_energy", "energy_consumed")
_ENERGIES: dict[Component, str] = {
    Component.CPU: "cpu_energy",
    Component.GPU: "gpu_energy",
    Component.MEMORY: "ram_energy",
}
_GIB = 1024**3  # what CodeCarbon calls a GB


def recognises(files: Sequence[Foreign]) -> bool:
    head = set(files[0].text.partition("\n")[0].rstrip("\r").split(","))
    return len(files) == 1 and {"emissions", "energy_consumed", "cpu_energy", "ram_energy"} <= head


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The last row of a run, which holds its totals; or the sum of its tasks."""
    file = one_file(files)
    table = file.table()
    table.require(*_NEEDED)
    rows = _chosen(file, list(table), options.run)
    by_task = "task_name" in table.columns
    if not by_task:
        _ascending(rows)
        rows = rows[-1:]
    last = rows[-1]
    PUE = _pue(last, options.pue)
    seconds = sum(row.needed("duration", high=1e9) for row in rows)
    if not seconds:
        raise last.refusal("duration", OutOfRange("the run lasted 0 s"))
    if not by_task:
        _fits(last, seconds)
    started = min(row.time("timestamp") - timedelta(seconds=row.needed("duration", high=1e9)) for row in rows)
    return Draft(
        started=started,
        seconds=seconds,
        name=last.text("project_name"),
        PUE=PUE,
        ended=last.time("timestamp") if by_task else None,
        version=last.text("codecarbon_version") or None,
        found=[*_energies(rows, PUE), *_devices(last)],
        facts={
            "utilisation": dict(_utilisation(last)),
            "location": _location(last),
            "windows": tuple(_window(row, started, PUE) for row in rows) if by_task else (),
            "comment": "times are the tool's local ones; "
            + ("duration: the sum of the tasks" if by_task else "the tool's totals at the end of the run"),
        },
    )


def _chosen(file: Foreign, rows: list[Row], run: str | None) -> list[Row]:
    runs = list(dict.fromkeys(row.text("run_id") for row in rows))
    if not rows:
        raise file.refusal(1, "", Damaged("no run below the columns"))
    if run is None and len(runs) > 1:
        raise file.refusal(0, "run_id", SeveralRuns(f"{len(runs)} runs: {listed(runs)}"))
    if run is not None and run not in runs:
        raise file.refusal(0, "run_id", SeveralRuns(f"no run {run[:80]!r}; there are {listed(runs)}"))
    return [row for row in rows if run is None or row.text("run_id") == run]


def _ascending(rows: list[Row]) -> None:
    """Each row of a run holds its totals so far."""
    for before, row in pairwise(rows):
        if row.needed("duration") < before.needed("duration"):
            raise row.refusal("duration", OutOfOrder("less than in the row before it of the same run"))


def _fits(row: Row, seconds: float) -> None:
    """Memory has a constant power in CodeCarbon, so that its energy tells the time that the energies cover."""
    watts, energy = row.number("ram_power"), row.number("ram_energy")
    if watts and energy:
        covered = energy * factor("kWh", "J") / watts
        if not 2 / 3 < covered / seconds < 3 / 2 and abs(covered - seconds) > 1:
            what = (
                f"{seconds:.3g} s, but its memory used {watts:g} W for {covered:.3g} s: the duration of its last task"
            )
            raise row.refusal("duration", LastTaskOnly(what))


def _pue(row: Row, given: float | None) -> float:
    stated = row.number("pue")
    if stated is None:
        if given is None:
            raise row.refusal("pue", PUEUnknown("the file does not state the PUE that its energies contain"))
        return given
    if stated < 1:
        raise row.refusal("pue", OutOfRange(f"a PUE of {stated:g} is less than 1"))
    if given not in (None, stated):
        raise UsageError(f"the file states a PUE of {stated:g}; --pue {given:g} contradicts it")
    return stated


def _energies(rows: list[Row], PUE: float) -> Iterator[Finding]:
    last = rows[-1]
    tool = f"{TOOL} {last.text('codecarbon_version') or '(version unknown)'}"
    scope = {"machine": "; the whole machine", "process": "; its share by the tool's process mode"}
    after = scope.get(last.text("tracking_mode"), "") + (f"; divided by its PUE of {PUE:g}" if PUE != 1 else "")
    methods: dict[Component, str] = {
        Component.CPU: f"{tool}; its file does not say whether it read a counter or modelled the CPU from its TDP",
        Component.GPU: f"{tool}, from NVML or its AMD counterpart",
        Component.MEMORY: f"modelled by {tool} from the amount of memory, not measured",
    }
    parts = {component: _sum(rows, column) for component, column in _ENERGIES.items()}
    for component, energy in parts.items():
        if component == "gpu" and not energy and not last.number("gpu_count"):
            continue  # there was none
        zero = f"{TOOL} states {'nothing' if energy is None else '0 kWh'} for it, which is not what it used"
        yield imported(component, (energy or 0.0) / PUE, methods[component] + after, zero)
    whole, known = _sum(rows, "energy_consumed"), sum(energy or 0.0 for energy in parts.values())
    if whole is not None and whole < known * (1 - 1e-6):
        what = f"{whole:g} kWh is less than the {known:g} kWh of its parts"
        raise last.refusal("energy_consumed", Damaged(what))
    if whole is not None and whole > known * (1 + 1e-6):
        method = f"{tool}: what its total has beyond CPU, GPU and memory{after}"
        yield imported(Component.OTHER, (whole - known) / PUE, method, "")


def _sum(rows: list[Row], column: str) -> float | None:
    """None where a cell is empty."""
    values = [row.number(column) for row in rows]
    return sum(value for value in values if value is not None) if None not in values else None


def _window(row: Row, started: datetime, PUE: float) -> Window:
    seconds = row.needed("duration", high=1e9)
    begun = row.time("timestamp") - timedelta(seconds=seconds) - started
    return Window(
        name=plain(row.text("task_name")) or "task",
        start=hours(begun.total_seconds()),
        duration=hours(seconds),
        energy=tuple(found for found in _energies([row], PUE) if isinstance(found, EnergyEntry)),
    )


def _devices(row: Row) -> Iterator[Device]:
    if model := plain(row.text("cpu_model")):
        yield Device(kind="cpu", name=model, count=1)
    model, count = plain(row.text("gpu_model")), int(row.number("gpu_count", high=1e6) or 0)
    each = [re.fullmatch(r"(\d{1,6}) x (.+)", part.strip()) for part in model.split(",")]
    if model and all(each):
        for found in each:
            if found and int(found[1]):
                yield Device(kind="gpu", name=found[2], count=int(found[1]))
    elif model and count:
        yield Device(kind="gpu", name=model, count=count)
    if size := row.number("ram_total_size", high=1e9):
        yield Device(kind="memory", name="memory", count=1, memory=Quantity(value=Amount(size * _GIB, "byte")))


def _utilisation(row: Row) -> Iterator[tuple[str, float]]:
    for device in ("cpu", "gpu"):
        if percent := row.number(f"{device}_utilization_percent", high=100):  # 0: it was not looked at
            yield device, percent / 100


def _location(row: Row) -> Location | None:
    country, region, provider = (
        plain(row.text(column)) or None for column in ("country_iso_code", "region", "cloud_provider")
    )
    return Location(country=country, region=region, provider=provider) if country or region or provider else None


def write(record: Measurement, options: WriteOptions) -> str:
    """One row of emissions.csv at a PUE of 1; what the record does not know is an empty cell.

    Raises UsageError for a record of the node's energy: these columns hold that of components.
    """
    if record.it_energy:
        raise UsageError("the record holds the node's energy at its plug; CodeCarbon's columns hold that of components")
    seconds = record.duration.amount * factor("h", "s")
    cells: dict[str, object] = {
        "timestamp": record.ended.strftime("%Y-%m-%dT%H:%M:%S"),
        "project_name": record.name,
        "duration": seconds,
        "energy_consumed": None if record.unmeasured else whole(record),
        "pue": 1.0,
        "python_version": record.software.get("python"),
        "os": record.software.get("system"),
    }
    gaps = {gap.component for gap in record.unmeasured}
    for component, energy, *_ in by_component(record.energy):
        if component in _ENERGIES and component not in gaps:
            column = _ENERGIES[component]
            cells[column] = energy
            cells[column.replace("energy", "power")] = energy * factor("kWh", "J") / seconds
    cells |= _hardware(record)
    if record.location:
        cells |= {
            "country_iso_code": record.location.country,
            "region": record.location.region,
            "cloud_provider": record.location.provider,
        }
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    row = (cells.get(column) for column in COLUMNS)
    writer.writerow([inert(cell) if isinstance(cell, str) else "" if cell is None else repr(cell) for cell in row])
    return text.getvalue()


def _hardware(record: Measurement) -> dict[str, object]:
    gpus = [device for device in record.devices if device.kind == "gpu"]
    cells: dict[str, object] = {
        "cpu_model": ", ".join(device.name for device in record.devices if device.kind == "cpu") or None,
        "gpu_model": hardware(gpus) or None,
        "gpu_count": sum(device.count for device in gpus) or None,
        "ram_total_size": sum(d.memory.amount for d in record.devices if d.kind == "memory" and d.memory) / _GIB
        or None,
    }
    for device in ("cpu", "gpu"):
        if device in record.utilisation:
            cells[f"{device}_utilization_percent"] = 100 * record.utilisation[device]
    return cells
