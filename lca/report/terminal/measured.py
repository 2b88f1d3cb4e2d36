"""Measured runs on the terminal: energy and mean power by component, and the energy of one item, token or inference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lca.languages import gettext, named
from lca.measurement.record import Measurement
from lca.measurement.totals import by_component, total
from lca.quantities.records import Quantity
from lca.report import words
from lca.report.terminal.table import table
from lca.report.words import energy, origin_word, power
from lca.vocabulary import EnergyPart


def measured(runs: Iterable[Measurement]) -> None:
    """Print a table of the runs."""
    rows = [row for run in runs for row in _rows(run)]
    columns = [
        gettext("run"),
        gettext("part"),
        gettext("energy"),
        gettext("95 % range"),
        gettext("mean power"),
        gettext("per"),
        gettext("origin"),
    ]
    table(columns, rows, gettext("Measured runs"), right=columns[2:6])


def figures(run: Measurement) -> Mapping[str, object]:
    """What the table says of one run, in kWh, kW and h, for a program to read."""
    parts: list[dict[str, object]] = []
    if run.it_energy:
        parts.append({"part": "node", "energy": run.it_energy.amount, "origin": None})
    for component, kwh, origins, _ in by_component(run.energy):
        parts.append({"part": component, "energy": kwh, "origin": str(origins)})
    known = _known(run)
    return {
        "name": run.name,
        "phase": run.phase,
        "duration": run.duration.amount,
        "energy": known,
        "complete": not run.unmeasured,
        "parts": parts,
        "missing": {gap.component: gap.reason for gap in run.unmeasured},
        "service": str(run.amount) if run.amount else None,
        "energy per service": known / run.amount.number if run.amount and known is not None else None,
        "comment": run.comment,
    }


def sentence(run: Measurement) -> str:
    """One line of a run: its energy, how it was obtained, and what one item of its service took."""
    known = _known(run)
    if known is None:
        return gettext(
            "no energy is known: {unmeasured}",
            unmeasured="; ".join(gap.reason for gap in run.unmeasured) or gettext("none was measured"),
        )
    missing = ", ".join(dict.fromkeys(named(gap.component) for gap in run.unmeasured))
    how = named(EnergyPart.NODE) if run.it_energy else origin_word(str(total(run.energy)[1]))
    said = f"{energy(known)} ({how})"
    if missing:
        said = gettext("at least {energy} ({how}; {missing} missing)", energy=energy(known), how=how, missing=missing)
    if not run.amount:
        return said
    each = {"said": said, "energy": energy(known / run.amount.number), "unit": run.amount.unit}
    return (
        gettext("{said}, at least {energy} per {unit}", **each)
        if missing
        else gettext("{said}, {energy} per {unit}", **each)
    )


def _known(run: Measurement) -> float | None:
    """kWh of the node, or of all parts that are known."""
    if run.it_energy:
        return run.it_energy.amount
    return total(run.energy)[0] if run.energy else None


def _rows(run: Measurement) -> Iterator[tuple[str, ...]]:
    if run.it_energy:
        note = run.it_energy.note or gettext("at its plug")
        yield _row(run, named(EnergyPart.NODE), run.it_energy.amount, _interval(run.it_energy), note)
    for component, kwh, origins, entries in by_component(run.energy):
        interval = _interval(entries[0].energy) if len(entries) == 1 else ""
        yield _row(run, named(component), kwh, interval, origin_word(str(origins)))
    for gap in run.unmeasured:
        yield run.name, named(gap.component), words.missing(), "", "", "", gap.reason
    if len(run.energy) > 1:
        kwh, origins = total(run.energy)
        yield _row(run, gettext("known") if run.unmeasured else gettext("all"), kwh, "", origin_word(str(origins)))


def _row(run: Measurement, part: str, kwh: float, interval: str, origin: str) -> tuple[str, ...]:
    per = f"{energy(kwh / run.amount.number)} / {run.amount.unit}" if run.amount else ""
    return run.name, part, energy(kwh), interval, power(kwh / run.duration.amount), per, origin


def _interval(of: Quantity) -> str:
    return (
        gettext("{low} to {high}", low=energy(of.low.number), high=energy(of.high.number)) if of.low and of.high else ""
    )
