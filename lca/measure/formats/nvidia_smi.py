"""nvidia-smi: the CSV of `nvidia-smi --query-gpu=timestamp,index,power.draw`, and `nvidia-smi dmon -o DT`.

Both write the local time without its zone, and the power of whole cards. Fields and units as `nvidia-smi
--help-query-gpu` and its manual page have them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from lca.errors import Fault, WrongUnit
from lca.languages import gettext
from lca.measure.formats.draft import Draft, Options, listed, one_file
from lca.measure.formats.faults import Damaged, NoHeader, NoReading, NotEveryDevice, SeveralSMI, SMITimeless
from lca.measure.formats.foreign import Foreign, LogTable, Row, moment, number
from lca.measure.formats.sampled import Clock, Sampled, whole_cards, zoned
from lca.measurement.record import Device
from lca.quantities.text import plain

TOOL = "nvidia-smi"
USES = frozenset({"started", "devices"})

_POWERS = ("power.draw", "power.draw.average", "power.draw.instant")
_NAMED = ("uuid", "gpu_uuid", "pci.bus_id", "gpu_bus_id", "serial", "gpu_serial", "index")
"""Fields that tell cards apart, the surest first."""
_MODELS = ("name", "gpu_name")
_WATTS = {"W": 1.0, "mW": 1e-3, "kW": 1e3}
_LINE = re.compile(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{3}(, .*)?")
_ID = re.compile(r"GPU-[0-9a-f-]{36}|[0-9A-F]{8}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-9A-F]", re.IGNORECASE)
_DMON = re.compile(r"#\s*(?:Date[ ,]+)?(?:Time[ ,]+)?gpu\b.*", re.IGNORECASE)
_HIGHEST = 1e5  # W of one card
_NO_READING = re.compile(
    r"\[?(N/A|Not Supported|Unknown Error|GPU is lost|GPU requires reset|Insufficient Permissions)\]?", re.IGNORECASE
)


def recognises(files: Sequence[Foreign]) -> bool:
    head = files[0].text.partition("\n")[0].strip()
    names = {_field(name) for name in head.split(",")}
    return len(files) == 1 and bool(names & set(_POWERS) or _LINE.fullmatch(head) or _DMON.fullmatch(head))


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The power of the cards, each integrated."""
    file = one_file(files)
    file.must_end()
    head = file.text.partition("\n")[0].strip()
    sampled = Sampled(file)
    if _DMON.fullmatch(head):
        names: Mapping[str, str] = {}
        method = f"{TOOL} dmon, pwr in whole watts"
        dated = _dmon(file, sampled, options)
    else:
        dated = True
        names, method = _query(file, sampled, options.devices)
    first, _, _ = sampled.interval()
    began = zoned(first, options.started) if dated else first
    draft = whole_cards(sampled, TOOL, method, began)
    return replace(draft, zone_by_start=dated, findings=[*draft.findings, *_devices(names)])


def _field(name: str) -> str:
    """A column's name without its unit."""
    return name.partition("[")[0].strip().strip('"')


def _query(file: Foreign, sampled: Sampled, devices: Sequence[str]) -> tuple[Mapping[str, str], str]:
    """The rows of `nvidia-smi --query-gpu`; names of the cards by what tells these apart, and which power it is."""
    head = file.text.partition("\n")[0]
    table = _without_header(file) if _LINE.fullmatch(head.strip()) else file.table()
    fields = {_field(column): column for column in reversed(table.columns)}
    if "timestamp" not in fields:
        raise file.refusal(1, "", SMITimeless(gettext("the rows carry no time")))
    power = next((fields[name] for name in _POWERS if name in fields), "")
    if not power:
        raise file.refusal(1, "", NoHeader(gettext("no column {powers}", powers=" or ".join(_POWERS))))
    key = next((fields[name] for name in _NAMED if name in fields), "")
    names: dict[str, str] = {}
    hosts: set[str] = set()
    for row in table:
        hosts.add(row.text(fields.get("count", "")))
        if devices and not {row.text(fields.get(name, "")) for name in _NAMED} & set(devices):
            continue
        device = row.text(key)
        names[device] = next((row.text(fields[name]) for name in _MODELS if name in fields), "")
        sampled.add(row.line, device, _time(row, fields["timestamp"]), _watts(row, power))
    if not sampled.devices:
        wanted = f"no GPU of {listed(devices)}" if devices else "no sample below the columns"
        raise file.refusal(1, "", Damaged(wanted))
    if not key:
        if hosts - {"", "1"}:
            raise file.refusal(
                0,
                "count",
                SeveralSMI(gettext("a host of {hosts} GPUs, and no column tells them apart", hosts=max(hosts))),
            )
        sampled.one_device(SeveralSMI)
    elif not devices and len(hosts) == 1 and (count := hosts.pop()).isdigit() and int(count) > len(sampled.devices):
        what = gettext(
            "the host has {count} GPUs, and the rows are of {columns}", count=count, columns=len(sampled.devices)
        )
        raise file.refusal(0, "count", NotEveryDevice(what))
    return names, f"{TOOL}, {_field(power)}"


def _without_header(file: Foreign) -> LogTable:
    """Rows whose columns are known by what they hold: the first a time, one alone with a unit of power."""
    cells = [cell.strip() for cell in file.text.partition("\n")[0].split(",")]
    powers = [index for index, cell in enumerate(cells) if re.fullmatch(r".* [mk]?W", cell)]
    if len(powers) != 1:
        what = (
            gettext("no header, and {count} columns hold a power with its unit", count=len(powers))
            if powers
            else gettext("no header, and no unit")
        )
        raise file.refusal(1, "", NoHeader(what))
    names = [f"column {index + 1}" for index in range(len(cells))]
    names[0], names[powers[0]] = "timestamp", "power.draw"
    if known := [index for index, cell in enumerate(cells) if _ID.fullmatch(cell)]:
        names[known[0]] = "uuid"
    return file.table(names=names)


def _time(row: Row, column: str) -> datetime:
    text = row.text(column)
    try:
        return moment(text.replace("/", "-") if re.match(r"\d{4}/\d\d/\d\d ", text) else text)
    except Fault as fault:
        raise row.refusal(column, fault) from None


def _watts(row: Row, column: str) -> float | None:
    """Raises InvalidData for a unit that is none of power, or that the column's name contradicts."""
    try:
        return _power(row.text(column), column.partition("[")[2].rstrip("] "))
    except Fault as fault:
        raise row.refusal(column, fault) from None


def _power(cell: str, stated: str) -> float | None:
    """Watts; `stated` is the unit of the column, or "". Raises Fault."""
    if _NO_READING.fullmatch(cell):
        return None
    unit = next((unit for unit in ("mW", "kW", "W") if cell.endswith(unit)), "")
    text = cell.removesuffix(unit).rstrip()
    if unit and stated and unit != stated:
        raise WrongUnit(gettext("{cell!r} in a column in {stated!r}", cell=cell[:40], stated=stated[:20]))
    unit = unit or stated or "W"  # the manual page: power readings are in watts
    if unit not in _WATTS:
        raise WrongUnit(
            gettext("the unit {unit!r} of the column is none of {watts}", unit=unit[:20], watts=", ".join(_WATTS))
        )
    try:
        return number(text, high=_HIGHEST / _WATTS[unit]) * _WATTS[unit]
    except NoReading:
        return None


def _dmon(file: Foreign, sampled: Sampled, options: Options) -> bool:
    """The rows of dmon; whether they have a date. Without one, `started` gives it."""
    columns: list[str] = []
    units: list[str] = []
    clock = Clock(options.started) if options.started else None
    for line, text in file.lines():
        cells = text.lstrip("#").replace(",", " ").split()
        if text.startswith("#"):
            if "gpu" in cells:
                columns, units = [cell.lower() for cell in cells], []
                if "pwr" not in columns:
                    raise file.refusal(line, "", NoHeader(gettext("no column pwr: run dmon with -s p")))
                if "time" not in columns:
                    raise file.refusal(line, "", SMITimeless(gettext("the rows carry no time")))
            else:
                units = cells
            continue
        if not text.strip():
            continue
        if len(cells) != len(columns) or len(units) != len(columns):
            raise file.refusal(
                line,
                "",
                Damaged(gettext("{count} cells under {columns} columns", count=len(cells), columns=len(columns))),
            )
        row = dict(zip(columns, cells, strict=True))
        if options.devices and row["gpu"] not in options.devices:
            continue
        try:
            watts = _power(row["pwr"], units[columns.index("pwr")])
            if "date" in row:
                time = moment(f"{row['date']}T{row['time']}")
            elif clock:
                time = clock.moment(row["time"])
            else:
                raise SMITimeless(gettext("the rows carry a time of day, and no date"))
        except Fault as fault:
            raise file.refusal(line, "", fault) from None
        sampled.add(line, f"GPU {row['gpu']}", time, watts)
    if not sampled.devices:
        what = (
            gettext("no GPU of {devices}", devices=listed(options.devices))
            if options.devices
            else gettext("no sample below the columns")
        )
        raise file.refusal(0, "", Damaged(what))
    return "date" in columns


def _devices(names: Mapping[str, str]) -> Iterator[Device]:
    for name, count in Counter(plain(name) for name in names.values()).items():
        if name:
            keys = (plain(key) for key, model in names.items() if plain(model) == name and _ID.fullmatch(key))
            yield Device(kind="gpu", name=name, count=count, identifiers=tuple(keys))
