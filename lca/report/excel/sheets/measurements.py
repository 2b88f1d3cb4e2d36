"""The sheet Measurements: every record of a run, and how each of its energies was obtained."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lca.languages import gettext, gettexts, localised, named
from lca.measurement.record import Measurement
from lca.quantities.records import Quantity
from lca.quantities.units import written
from lca.report.excel.cells import ABSENT, NOT_STATED, UNKNOWN, Cell
from lca.report.excel.sheet import Book, Sheet
from lca.report.view import View
from lca.report.words import joined
from lca.vocabulary import Component, Origin


def measurements(book: Book, view: View) -> None:
    """Measurements: a block for each record."""
    sheet = book.sheet(
        "Measurements",
        gettext("Measured runs"),
        gettext(
            "Energy of the whole run, before it is shared among functional units. Origin `modelled`, `imported` and "
            "`stated` are not measurements. Low and high: the range that the origin implies."
        ),
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
    sheet.section(gettext("Run: {name}", name=record.name))
    sheet.rows(_facts(record, users))
    sheet.head(gettexts("component", "energy", "unit", "low", "high", "origin", "how it was obtained"))
    for entry in record.energy:
        sheet.rows([[named(entry.component), *_amounts(entry.energy), named(entry.origin), entry.method]])
    if record.it_energy:
        sheet.rows(
            [
                [
                    gettext("node, at its plug"),
                    *_amounts(record.it_energy),
                    named(Origin.INTEGRATED),
                    gettext("wattmeter"),
                ]
            ]
        )
    for gap in record.unmeasured:
        sheet.rows([[named(gap.component), UNKNOWN, "kWh", ABSENT, ABSENT, gettext("not measured"), gap.reason]])
    if not record.energy and not record.it_energy and not record.unmeasured:
        sheet.rows([[gettext("none"), UNKNOWN, "kWh"]])


def _amounts(energy: Quantity) -> Iterator[Cell | str]:
    yield _number(energy.amount)
    yield written(energy.unit)
    for bound in (energy.low, energy.high):
        yield NOT_STATED if bound is None else _number(bound.number)


def _facts(record: Measurement, users: list[str]) -> Iterator[tuple[Cell | str, ...]]:
    yield gettext("used by"), joined(users)
    yield gettext("phase"), named(record.phase)
    yield gettext("task"), _stated(record.task)
    yield gettext("model"), _stated(record.model)
    if record.model_parameters is not None:
        yield gettext("parameters of the model"), _number(float(record.model_parameters)), "item"
    if record.amount:
        yield gettext("delivered"), _number(record.amount.number), written(record.amount.unit)
    else:
        yield gettext("delivered"), _stated(None)
    for name, value in record.quality.items():
        yield gettext("quality: {name}", name=name), _number(value), "1"
    for device in record.devices:
        memory = f", {device.memory.amount / 1e9:.4g} GB" if device.memory else ""
        words = f"{device.count} × {device.name}{localised(memory)}"
        if device.id:
            known = gettext("{device}, in the catalogue as {id}", device=words, id=device.id)
        else:
            known = gettext("{device}, not in the catalogue", device=words)
        yield gettext("device: {kind}", kind=named(Component(device.kind))), Cell(known, style="input")
    yield gettext("started"), _when(record.started)
    yield gettext("ended"), _when(record.ended)
    yield gettext("duration"), _number(record.duration.amount), written(record.duration.unit)
    for name, value in record.utilisation.items():
        yield gettext("mean utilisation: {name}", name=name), _number(value), "1"
    yield gettext("interrupted"), gettext("yes: the record covers what ran") if record.interrupted else gettext("no")
    for name, version in record.software.items():
        yield gettext("software: {name}", name=name), Cell(version, style="input")
    if record.comment:
        yield gettext("comment"), Cell(record.comment, style="input")


def _number(value: float) -> Cell:
    return Cell(value, style="input", shape="as written")


def _stated(text: str | None) -> Cell:
    return NOT_STATED if text is None else Cell(text, style="input")


def _when(time: datetime) -> Cell:
    return Cell(time.isoformat(sep=" ", timespec="seconds"), style="input")
