"""Slurm: the text of `sacct --parsable2`, one row per job and one per step. Fields as in the manual page of sacct."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lca.errors import OutOfRange
from lca.languages import gettext, pgettext
from lca.measure.formats.draft import (
    COMPONENTS,
    Draft,
    Finding,
    Options,
    imported,
    it_quantity,
    kwh,
    listed,
    one_file,
    others,
)
from lca.measure.formats.faults import (
    Damaged,
    FixedWidth,
    NoNumber,
    NoTime,
    NoValue,
    ScopeUnknown,
    SeveralRuns,
    StartUnknown,
)
from lca.measure.formats.foreign import Foreign, LogTable, Row, number
from lca.measurement.record import Unmeasured
from lca.quantities.records import Quantity
from lca.quantities.text import plain
from lca.vocabulary import Component

TOOL = "Slurm sacct"
USES = frozenset({"run", "covers", "started"})

_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
"""Prefix → power of a thousand."""
_PREFIXED = re.compile(r"(\d{1,30}(?:\.(\d{1,30}))?)([KMGTPE]?)")
_NO_VALUE = (2.0**32 - 2, 2.0**32 - 1, 2.0**64)
"""What Slurm writes for no value and for infinite, in 32 and in 64 bits; of the latter a float keeps one number."""
_ELAPSED = re.compile(r"(?:(\d{1,5})-)?(\d{1,6}):(\d\d):(\d\d(?:\.\d+)?)")
_EXCLUSIVE = "sacct's energy is that of whole nodes, and the job's own only where it had them to itself"
_PLUGINS = {
    "node": "stated to cover the node (plugins ipmi, xcc, pm_counters)",
    "cpu": "stated to cover the CPUs (plugin rapl: packages and, where they have such counters, memory)",
    "gpu": "stated to cover the GPUs (plugin gpu)",
    "memory": "stated to cover the memory",
    "components": "stated to cover all components together",
}


def recognises(files: Sequence[Foreign]) -> bool:
    first = files[0].text.partition("\n")[0]
    head = set(first.split() if _fixed_width(files[0]) else first.rstrip("\r").split("|"))
    return (
        len(files) == 1 and bool(head & {"JobID", "JobIDRaw"}) and bool(head & {"ConsumedEnergyRaw", "ConsumedEnergy"})
    )


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The row of a job as a whole. Its steps are parts of it, and some of them cover the same nodes twice."""
    file = one_file(files)
    file.must_end()
    if _fixed_width(file):
        raise file.refusal(
            1, "", FixedWidth(gettext("the columns are told apart by their width, and long cells are cut off"))
        )
    table = file.table("|", quotes=False)
    if not {"JobID", "JobIDRaw"} & set(table.columns):
        table.require("JobID")
    if not {"ConsumedEnergyRaw", "ConsumedEnergy"} & set(table.columns):
        table.require("ConsumedEnergyRaw")
    job = _chosen(table, "JobID" if "JobID" in table.columns else "JobIDRaw", options.run)
    state = job.text("State").split(" ")[0]
    if state in ("RUNNING", "PENDING", "SUSPENDED", "REQUEUED"):
        raise job.refusal("State", Damaged(gettext("the job is {state}: its energy is not complete", state=state)))
    if options.covers is None:
        what = gettext(
            "sacct does not say whether its energy is that of the nodes, the CPUs or the GPUs (AcctGatherEnergyType)"
        )
        raise job.refusal("ConsumedEnergy", ScopeUnknown(what))
    seconds = _seconds(job)
    findings, it_energy = _energies(job, options.covers)
    begun = job.text("Start")
    if begun in ("", "Unknown", "None") and options.started is None:
        raise job.refusal("Start", StartUnknown(gettext("the time at which the job began is not in the file")))
    return Draft(
        started=options.started or job.time("Start"),
        seconds=seconds,
        findings=findings,
        it_energy=it_energy,
        name=plain(job.text("JobName")),
        facts={
            "interrupted": state not in ("", "COMPLETED"),
            "comment": f"{_EXCLUSIVE}; state: {plain(state) or 'not stated'}; times are the cluster's local ones",
        },
    )


def _fixed_width(file: Foreign) -> bool:
    """Whether sacct wrote it for people, with a line of dashes under the names of the columns."""
    first, second, *_ = [*file.text.split("\n", 2), ""]
    return "|" not in first and bool(re.fullmatch(r"-+( -+)*\s*", second))


def _chosen(table: LogTable, column: str, run: str | None) -> Row:
    jobs = [row for row in table if "." not in row.text(column)]
    names = [row.text(column) for row in jobs]
    chosen = [row for row in jobs if run is None or row.text(column) == run]
    if len(chosen) != 1:
        what = (
            gettext("no job as a whole, only steps")
            if not jobs
            else gettext("{count} jobs: {names}", count=len(jobs), names=listed(names))
        )
        if run is not None:
            what = gettext(
                "{count} job {run!r}; there are {names}",
                count=len(chosen) or pgettext("count", "no"),
                run=run[:80],
                names=listed(names),
            )
        raise table.file.refusal(chosen[1].line if len(chosen) > 1 else 0, column, SeveralRuns(what))
    return chosen[0]


def _seconds(job: Row) -> float:
    seconds = job.number("ElapsedRaw", high=1e9)
    if seconds is None:
        clock = _ELAPSED.fullmatch(job.text("Elapsed"))
        if not clock:
            raise job.refusal("ElapsedRaw", NoTime(gettext("neither ElapsedRaw nor Elapsed says how long the job ran")))
        seconds = int(clock[1] or 0) * 86400 + int(clock[2]) * 3600 + int(clock[3]) * 60 + float(clock[4])
    if not seconds:
        raise job.refusal("ElapsedRaw", OutOfRange(gettext("the job ran for 0 s")))
    return seconds


def _joules(job: Row) -> tuple[float | None, float]:
    """Energy, and half a unit of its last digit where it is written with a prefix; (None, 0) for an empty cell."""
    raw = job.number("ConsumedEnergyRaw", high=2**64)
    if raw is not None:
        if raw in _NO_VALUE:
            raise job.refusal("ConsumedEnergyRaw", NoValue(gettext("{raw:.0f} is Slurm's mark for no value", raw=raw)))
        return raw, 0.0
    text = job.text("ConsumedEnergy")
    if not text:
        return None, 0.0
    match = _PREFIXED.fullmatch(text)
    if not match:
        raise job.refusal("ConsumedEnergy", NoNumber(gettext("{text!r} is no energy in joules", text=text[:40])))
    scale = 1000.0 ** _POWERS[match[3]]
    error = 0.5 * scale / 10 ** len(match[2] or "") if match[3] else 0.0
    for prefix in (1000, 1024):
        stated = float(match[1]) * prefix ** _POWERS[match[3]]
        if any(abs(stated - mark) <= 2 * error + 2 for mark in _NO_VALUE):
            what = gettext("{text} is, to the digits given, Slurm's mark for no value", text=text)
            raise job.refusal("ConsumedEnergy", NoValue(what))
    try:
        return number(match[1]) * scale, error
    except OutOfRange as fault:
        raise job.refusal("ConsumedEnergy", fault) from None


def _energies(job: Row, covers: str) -> tuple[list[Finding], Quantity | None]:
    joules, error = _joules(job)
    method = f"sacct, {_PLUGINS[covers]}; {_EXCLUSIVE}"
    zero = "sacct states no energy: the cluster gathers none, or the job ended before its first reading"
    if covers == "node":
        return (
            ([], it_quantity(kwh(joules, "J"), kwh(error, "J"), method, "uniform"))
            if joules
            else (others((), zero), None)
        )
    component: Component = "other" if covers == "components" else covers  # type: ignore[assignment]
    findings: list[Finding] = [imported(component, kwh(joules or 0.0, "J"), method, zero, kwh(error, "J"))]
    if not joules and component == "other":
        return [Unmeasured(component=part, reason=zero) for part in COMPONENTS], None
    return findings + ([] if component == "other" else others([component], f"sacct was {_PLUGINS[covers]}")), None
