"""Measured runs on the terminal: energy and mean power by component, and the energy of one item, token or inference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from lca.measurement.record import Measurement
from lca.measurement.totals import by_component, total
from lca.quantities.records import Quantity
from lca.report.terminal.tables import table
from lca.report.words import energy, power

_COLUMNS = ("run", "part", "energy", "95 % range", "mean power", "per", "origin")


def measured(runs: Iterable[Measurement]) -> None:
    """Print a table of the runs."""
    rows = [row for run in runs for row in _rows(run)]
    table(_COLUMNS, rows, "Measured runs", right=("energy", "95 % range", "mean power", "per"))


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
        return f"no energy is known: {'; '.join(gap.reason for gap in run.unmeasured) or 'none was measured'}"
    missing = ", ".join(dict.fromkeys(gap.component for gap in run.unmeasured))
    how = "node" if run.it_energy else str(total(run.energy)[1])
    least = "at least " if missing else ""
    each = f", {least}{energy(known / run.amount.number)} per {run.amount.unit}" if run.amount else ""
    return f"{least}{energy(known)} ({how}{f'; {missing} missing' if missing else ''}){each}"


def _known(run: Measurement) -> float | None:
    """kWh of the node, or of all parts that are known."""
    if run.it_energy:
        return run.it_energy.amount
    return total(run.energy)[0] if run.energy else None


def _rows(run: Measurement) -> Iterator[tuple[str, ...]]:
    if run.it_energy:
        note = run.it_energy.note or "at its plug"
        yield _row(run, "node", run.it_energy.amount, _interval(run.it_energy), note)
    for component, kwh, origins, entries in by_component(run.energy):
        interval = _interval(entries[0].energy) if len(entries) == 1 else ""
        yield _row(run, component, kwh, interval, str(origins))
    for gap in run.unmeasured:
        yield run.name, gap.component, "missing", "", "", "", gap.reason
    if len(run.energy) > 1:
        kwh, origins = total(run.energy)
        yield _row(run, "known" if run.unmeasured else "all", kwh, "", str(origins))


def _row(run: Measurement, part: str, kwh: float, interval: str, origin: str) -> tuple[str, ...]:
    per = f"{energy(kwh / run.amount.number)} / {run.amount.unit}" if run.amount else ""
    return run.name, part, energy(kwh), interval, power(kwh / run.duration.amount), per, origin


def _interval(of: Quantity) -> str:
    return f"{energy(of.low.number)} to {energy(of.high.number)}" if of.low and of.high else ""
