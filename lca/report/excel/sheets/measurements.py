"""The sheet Measurements: every record of a run, and how each of its energies was obtained."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lca.measurement.record import Measurement
from lca.quantities.records import Quantity
from lca.quantities.units import written
from lca.report.excel.cells import ABSENT, NOT_STATED, UNKNOWN, Cell
from lca.report.excel.sheet import Book, Sheet
from lca.report.view import View

_ENERGY = ("component", "energy", "unit", "low", "high", "origin", "how it was obtained")


def measurements(book: Book, view: View) -> None:
    """Measurements: a block for each record."""
    sheet = book.sheet(
        "Measurements",
        "Measured runs",
        "Energy of the whole run, before it is shared among functional units. Origin "
        "`modelled`, `imported` and `stated` are not measurements. Low and high: the range that the origin implies.",
    )
    for record, users in _records(view):
        _block(sheet, record, users)
        sheet.row += 1
    sheet.page.freeze_panes(1, 1)
    sheet.finish({0: 24, 1: 30, 6: 70})


def _records(view: View) -> list[tuple[Measurement, list[str]]]:
    """Every record once, with the scenarios and phases that it stands for."""
    records: list[tuple[Measurement, list[str]]] = []
    for scenario in view.study.scenarios:
        for table, record in scenario.measurements.items():
            user = f"{view.labels[scenario.name]} ({table})"
            known = next((users for other, users in records if other == record), None)
            if known is None:
                records.append((record, [user]))
            else:
                known.append(user)
    return records


def _block(sheet: Sheet, record: Measurement, users: list[str]) -> None:
    sheet.section(f"Run: {record.name}")
    sheet.rows(_facts(record, users))
    sheet.head(_ENERGY)
    for entry in record.energy:
        sheet.rows([[entry.component, *_amounts(entry.energy), entry.origin, entry.method]])
    if record.it_energy:
        sheet.rows([["node, at its plug", *_amounts(record.it_energy), "integrated", "wattmeter"]])
    for gap in record.unmeasured:
        sheet.rows([[gap.component, UNKNOWN, "kWh", ABSENT, ABSENT, "not measured", gap.reason]])
    if not record.energy and not record.it_energy and not record.unmeasured:
        sheet.rows([["none", UNKNOWN, "kWh"]])


def _amounts(energy: Quantity) -> Iterator[Cell | str]:
    yield _number(energy.amount)
    yield written(energy.unit)
    for bound in (energy.low, energy.high):
        yield NOT_STATED if bound is None else _number(bound.number)


def _facts(record: Measurement, users: list[str]) -> Iterator[tuple[Cell | str, ...]]:
    yield "used by", "; ".join(users)
    yield "phase", record.phase
    yield "task", _stated(record.task)
    yield "model", _stated(record.model)
    if record.model_parameters is not None:
        yield "parameters of the model", _number(float(record.model_parameters)), "item"
    if record.amount:
        yield "delivered", _number(record.amount.number), written(record.amount.unit)
    else:
        yield "delivered", _stated(None)
    for name, value in record.quality.items():
        yield f"quality: {name}", _number(value), "1"
    for device in record.devices:
        memory = f", {device.memory.amount / 1e9:.4g} GB" if device.memory else ""
        known = f", in the catalogue as {device.id}" if device.id else ", not in the catalogue"
        yield f"device: {device.kind}", Cell(f"{device.count} × {device.name}{memory}{known}", style="input")
    yield "started", _when(record.started)
    yield "ended", _when(record.ended)
    yield "duration", _number(record.duration.amount), written(record.duration.unit)
    for name, value in record.utilisation.items():
        yield f"mean utilisation: {name}", _number(value), "1"
    yield "interrupted", "yes: the record covers what ran" if record.interrupted else "no"
    for name, version in record.software.items():
        yield f"software: {name}", Cell(version, style="input")
    if record.comment:
        yield "comment", Cell(record.comment, style="input")


def _number(value: float) -> Cell:
    return Cell(value, style="input", shape="as written")


def _stated(text: str | None) -> Cell:
    return NOT_STATED if text is None else Cell(text, style="input")


def _when(time: datetime) -> Cell:
    return Cell(time.isoformat(sep=" ", timespec="seconds"), style="input")
