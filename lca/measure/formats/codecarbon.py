"""CodeCarbon: emissions.csv and its per-task file, in and out. Columns as its version 3.3.2 writes them."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from lca.errors import OutOfRange, UsageError
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Finding, Options, hours, imported, listed, one_file
from lca.measure.formats.faults import (
    CounterWrapped,
    Damaged,
    LastTaskOnly,
    OutOfOrder,
    PUEUnknown,
    SeveralRuns,
    ShiftedRow,
)
from lca.measure.formats.foreign import LARGEST_NUMBER, Foreign, LogTable, Row
from lca.measure.formats.writing import WriteOptions, hardware, whole
from lca.measure.identified import OUTSIDE
from lca.measurement.record import Device, EnergyEntry, Location, Measurement, Window
from lca.measurement.totals import by_component
from lca.quantities.records import Quantity
from lca.quantities.text import csv_cell, plain
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
_OLD = ("timestamp", "project_name", "duration", "emissions", "energy_consumed")
_UNLIKE = 1.5
"""Factor between the duration and the time that energies cover, past which they are not of the same time."""
_IMPLAUSIBLE = 3
"""Factor between the mean power and the one stated, past which the energy is doubted; loads vary by less."""
_MOST_MODELS = 8
_GIB = 1024**3  # what CodeCarbon calls a GB


def recognises(files: Sequence[Foreign]) -> bool:
    head = {name.strip() for name in files[0].text.partition("\n")[0].split(",")}
    return len(files) == 1 and (
        {"emissions", "energy_consumed", "cpu_energy", "ram_energy"} <= head or set(_OLD) <= head
    )


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The last row of a run, which holds its totals; or the sum of its tasks."""
    file = one_file(files)
    file.must_end()
    table = file.table()
    if "cpu_energy" not in table.columns and set(_OLD) <= set(table.columns):
        return _version_1(file, table, options)
    table.require(*_NEEDED)
    rows = _chosen(file, list(table.rows()), options.run)
    by_task = "task_name" in table.columns
    if not by_task:
        _ascending(rows)
        rows = rows[-1:]
    last = rows[-1]
    PUE = _pue(last, options.pue)
    seconds = sum(row.needed("duration", high=1e9) for row in rows)
    if not seconds:
        raise last.refusal("duration", OutOfRange(gettext("the run lasted 0 s")))
    notes = ["times are the tool's local ones"]
    notes.append("duration: the sum of the tasks" if by_task else "the tool's totals at the end of the run")
    if not by_task:
        notes += _doubts(last, seconds, PUE)
    started = min(row.time("timestamp") - timedelta(seconds=row.needed("duration", high=1e9)) for row in rows)
    return Draft(
        started=started,
        seconds=seconds,
        name=last.text("project_name"),
        PUE=PUE,
        ended=last.time("timestamp") if by_task else None,
        version=last.text("codecarbon_version") or None,
        findings=[*_energies(rows, PUE), *_devices(last)],
        facts={
            "utilisation": dict(_utilisation(last)),
            "location": _location(last),
            "windows": tuple(_window(row, started, PUE) for row in rows) if by_task else (),
            "comment": "; ".join(notes),
        },
    )


def _version_1(file: Foreign, table: LogTable, options: Options) -> Draft:
    """A row of CodeCarbon 1, which knew no id of a run, no PUE and no components."""
    rows = list(table)
    if not rows:
        raise file.refusal(1, "", Damaged(gettext("no run below the columns")))
    if options.pue not in (None, 1):
        raise UsageError(gettext("CodeCarbon 1 multiplied by no PUE; --pue {pue:g} contradicts it", pue=options.pue))
    numbers = [str(number) for number in range(1, len(rows) + 1)]
    if len(rows) > 1 and options.run not in numbers:
        what = gettext("{count} runs without an id: name one by its number, from 1 to {count}", count=len(rows))
        raise file.refusal(0, "", SeveralRuns(what))
    row = rows[int(options.run or 1) - 1]
    seconds = row.needed("duration", high=1e9)
    if not seconds:
        raise row.refusal("duration", OutOfRange(gettext("the run lasted 0 s")))
    tool = f"{TOOL} 1, which did not tell the components apart"
    energy = _energy(row, "energy_consumed") or 0.0
    return Draft(
        started=row.time("timestamp") - timedelta(seconds=seconds),
        seconds=seconds,
        name=row.text("project_name"),
        version="1",
        PUE=1.0,
        findings=[imported(Component.OTHER, energy, tool, f"{TOOL} states 0 kWh")],
        facts={"location": _location(row), "comment": "times are the tool's local ones"},
    )


def _chosen(file: Foreign, every: list[Row], run: str | None) -> list[Row]:
    """The rows of a run; one that the tool shifted prevents only the run that it may belong to."""
    rows = [row for row in every if row.whole]
    for row in every:
        if not row.whole and (run is None or run in [cell.strip() for cell in row.cells]):
            what = gettext(
                "{count:,} cells under {columns} columns: some versions of {tool} leave out those without"
                " a value where they append to a file",
                count=len(row.cells),
                columns=len(row.table.columns),
                tool=TOOL,
            )
            raise row.refusal("", ShiftedRow(what))
    runs = list(dict.fromkeys(row.text("run_id") for row in rows))
    if not rows:
        raise file.refusal(1, "", Damaged(gettext("no run below the columns")))
    if run is None and len(runs) > 1:
        raise file.refusal(
            0, "run_id", SeveralRuns(gettext("{count} runs: {runs}", count=len(runs), runs=listed(runs)))
        )
    if run is not None and run not in runs:
        raise file.refusal(
            0, "run_id", SeveralRuns(gettext("no run {run!r}; there are {runs}", run=run[:80], runs=listed(runs)))
        )
    return [row for row in rows if run is None or row.text("run_id") == run]


def _ascending(rows: list[Row]) -> None:
    """Each row of a run holds its totals so far."""
    for before, row in pairwise(rows):
        if row.needed("duration") < before.needed("duration"):
            raise row.refusal("duration", OutOfOrder(gettext("less than in the row before it of the same run")))


def _doubts(row: Row, seconds: float, PUE: float) -> Iterator[str]:
    """What does not fit together, as a warning and for the comment. Raises InvalidData for energies of several tasks.

    Memory has a constant power in CodeCarbon, so that its energy tells the time that the energies cover. Versions
    before 3.3.2 multiplied energies by the PUE and not powers, later ones both.
    """
    joules = factor("kWh", "J") / PUE
    each = PUE if _version(row) >= (3, 3, 2) else 1.0
    watts, energy = row.number("ram_power"), _energy(row, "ram_energy")
    if watts and energy:
        covered = energy * joules / (watts / each)
        if covered > _UNLIKE * seconds and covered - seconds > 1:
            what = gettext(
                "{seconds:.3g} s, but its memory used {watts:.4g} W for {covered:.3g} s",
                seconds=seconds,
                watts=watts / each,
                covered=covered,
            )
            raise row.refusal(
                "duration", LastTaskOnly(gettext("{what}, as where the duration is that of the last task", what=what))
            )
        if covered * _UNLIKE < seconds and seconds - covered > 1:
            yield _doubt(f"the energies cover {covered:.3g} of {seconds:.3g} s, by the constant power of the memory")
    for name in ("cpu", "gpu"):
        watts, energy = row.number(f"{name}_power"), _energy(row, f"{name}_energy")
        if watts and energy and energy * joules > _IMPLAUSIBLE * watts / each * seconds:
            yield _doubt(
                f"the energy of the {name.upper()}, {energy / PUE:.4g} kWh, is {energy * joules / seconds:.4g} W over"
                f" {seconds:.6g} s, where the tool states a power of {watts / each:.4g} W: a counter may have turned"
                " inside the tool"
            )


def _version(row: Row) -> tuple[int, ...]:
    """Of the tool; (0,) where it is not stated."""
    return tuple(int(part) for part in re.findall(r"\d{1,6}", row.text("codecarbon_version"))) or (0,)


def _doubt(text: str) -> str:
    warnings.warn(text, stacklevel=OUTSIDE)
    return text


def _energy(row: Row, column: str) -> float | None:
    """kWh in a cell. Raises InvalidData, also for a negative one, which is a counter that turned."""
    energy = row.number(column, low=-LARGEST_NUMBER)
    if energy is not None and energy < 0:
        raise row.refusal(column, CounterWrapped(gettext("{energy:g} kWh is less than none", energy=energy)))
    return energy


def _pue(row: Row, given: float | None) -> float:
    stated = row.number("pue")
    if stated is None:
        if given is None:
            raise row.refusal("pue", PUEUnknown(gettext("the file does not state the PUE that its energies contain")))
        return given
    if stated < 1:
        raise row.refusal("pue", OutOfRange(gettext("a PUE of {stated:g} is less than 1", stated=stated)))
    if given not in (None, stated):
        raise UsageError(
            gettext("the file states a PUE of {stated:g}; --pue {given:g} contradicts it", stated=stated, given=given)
        )
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
        what = gettext("{whole:g} kWh is less than the {known:g} kWh of its parts", whole=whole, known=known)
        raise last.refusal("energy_consumed", Damaged(what))
    if whole is not None and whole > known * (1 + 1e-6):
        method = f"{tool}: what its total has beyond CPU, GPU and memory{after}"
        yield imported(Component.OTHER, (whole - known) / PUE, method, "")


def _sum(rows: list[Row], column: str) -> float | None:
    """None where a cell is empty."""
    values = [_energy(row, column) for row in rows]
    return sum(value for value in values if value is not None) if None not in values else None


def _window(row: Row, started: datetime, PUE: float) -> Window:
    seconds = row.needed("duration", high=1e9)
    begun = row.time("timestamp") - timedelta(seconds=seconds) - started
    return Window(
        name=plain(row.text("task_name")) or "task",
        start=hours(begun.total_seconds()),
        duration=hours(seconds),
        energy=tuple(finding for finding in _energies([row], PUE) if isinstance(finding, EnergyEntry)),
    )


def _devices(row: Row) -> Iterator[Device]:
    if model := plain(row.text("cpu_model")):
        yield Device(kind="cpu", name=model, count=1)
    model, count = plain(row.text("gpu_model")), int(row.number("gpu_count", high=1e6) or 0)
    for name, number in _models(model, count):
        yield Device(kind="gpu", name=name, count=number)
    if size := row.number("ram_total_size", high=1e9):
        yield Device(kind="memory", name="memory", count=1, memory=Quantity(value=Amount(size * _GIB, "byte")))


def _models(text: str, count: int) -> Sequence[tuple[str, int]]:
    """Models of GPUs and their numbers: `2 x A, 1 x B`, `A`, or as CodeCarbon joins them, `1 x A 40601 x B`.

    Where a model ends and the number of the next begins is what adds up to `count`; where nothing does, or several
    ways do, it is one device of this name.
    """
    if not text:
        return ()
    few = text.count(" x ") <= _MOST_MODELS
    ways = [way for way in (_splits(text) if few else []) if not count or sum(number for _, number in way) == count]
    if len(ways) == 1:
        return [(name, number) for name, number in ways[0] if number]
    if not count:
        return ()
    if "x " in text:
        warnings.warn(
            gettext("{count} GPUs, whose names cannot be told apart: {text!r}", count=count, text=text),
            stacklevel=OUTSIDE,
        )
    return [(re.sub(r"^\d{1,6} x ", "", text), count)]


def _splits(text: str) -> list[list[tuple[str, int]]]:
    """Every way in which the text is numbers and models, one after the other."""
    head = re.match(r"(\d{1,6}) x ", text)
    if not head:
        return []
    number, rest = int(head[1]), text[head.end() :]
    ways = [[(rest.strip(" ,"), number)]] if not re.search(r"\d x ", rest) else []
    for following in list(re.finditer(r"(\d{1,6}) x ", rest))[:1]:
        for at in range(max(following.start(1), following.end(1) - 2), following.end(1)):  # fewer than a hundred
            if rest[at] != "0":
                ways += [[(rest[:at].strip(" ,"), number), *way] for way in _splits(rest[at:]) if rest[:at].strip(" ,")]
    return ways


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
        raise UsageError(
            gettext("the record holds the node's energy at its plug; CodeCarbon's columns hold that of components")
        )
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
    writer.writerow([csv_cell(cell) if isinstance(cell, str) else "" if cell is None else repr(cell) for cell in row])
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
