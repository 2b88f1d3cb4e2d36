"""Alumet: the CSV of its output plugin, one measurement per row, of its RAPL source and of its NVML source.

Columns `metric`, `timestamp`, `value`, `resource_kind`, `resource_id`, and attributes such as `domain`, in a column of
their own or as `name=value` in `__late_attributes`; from the manuals of its plugins csv and rapl. An energy is what was
consumed since the measurement before, so that the first of each series is before the file's interval and left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from lca.languages import gettext
from lca.measure.counters.integral import gap
from lca.measure.formats.draft import Draft, Finding, Options, imported, kwh, one_file, others
from lca.measure.formats.faults import Damaged, NoZone, OutOfOrder, SamplesMissing
from lca.measure.formats.foreign import Foreign, Row
from lca.vocabulary import Component

TOOL = "Alumet"
USES: frozenset[str] = frozenset()

_RAPL = {"rapl_consumed_energy": 1.0, "rapl_consumed_energy_J": 1.0, "rapl_consumed_energy_joule": 1.0}
_NVML = {"nvml_energy_consumption": 1e-3, "nvml_energy_consumption_mJ": 1e-3}
_JOULES = {**_RAPL, **_NVML}
_DOMAINS = {"package": Component.CPU, "dram": Component.MEMORY}


def recognises(files: Sequence[Foreign]) -> bool:
    head = files[0].text.partition("\n")[0]
    names = {name.strip() for name in head.replace(";", ",").split(",")}
    return len(files) == 1 and names >= {"metric", "timestamp", "value", "resource_kind", "resource_id"}


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """The energy of packages, memory and GPUs, between the first and the last measurement."""
    file = one_file(files)
    file.must_end()
    head = file.text.partition("\n")[0]
    table = file.table(";" if head.count(";") > head.count(",") else ",")
    table.require("metric", "timestamp", "value", "resource_kind", "resource_id")
    series: dict[tuple[Component, str], list[tuple[datetime, float]]] = defaultdict(list)
    for row in table:
        metric = row.text("metric")
        component = Component.GPU if metric in _NVML else _DOMAINS.get(_attribute(row, "domain"))
        if metric not in _JOULES or component is None or row.text("consumer_kind") not in ("", "local_machine"):
            continue
        time = row.time("timestamp")
        if time.tzinfo is None:
            raise row.refusal("timestamp", NoZone(gettext("{time} has no zone", time=time)))
        points = series[component, f"{row.text('resource_kind')} {row.text('resource_id')}".strip()]
        if points and time <= points[-1][0]:
            raise row.refusal("timestamp", OutOfOrder(gettext("{time} is not after the measurement before", time=time)))
        points.append((time, row.needed("value") * _JOULES[metric]))
    if not series or max(map(len, series.values())) < 2:
        raise file.refusal(0, "", Damaged(gettext("fewer than two measurements of an energy that is read here")))
    for (component, name), points in series.items():
        if missing := gap([(time - points[0][0]).total_seconds() for time, _ in points]):
            raise file.refusal(0, "", SamplesMissing(f"{component}, {name}: {missing}"))
    first = max(points[0][0] for points in series.values())
    last = min(points[-1][0] for points in series.values())
    if last <= first:
        raise file.refusal(0, "", Damaged(gettext("the series have no time in common")))
    joules: dict[Component, float] = defaultdict(float)
    for (component, _), points in series.items():
        joules[component] += sum(value for time, value in points[1:] if time > first and time <= last)
    method = f"{TOOL}, energies of the whole machine between the first and the last measurement"
    zero = f"{TOOL} states 0 J for it"
    findings: list[Finding] = [imported(part, kwh(energy, "J"), method, zero) for part, energy in joules.items()]
    return Draft(
        started=first,
        seconds=(last - first).total_seconds(),
        findings=[*findings, *others(joules, f"{TOOL} logged no energy of it")],
        facts={"comment": method},
    )


def _attribute(row: Row, name: str) -> str:
    """An attribute in its own column, or among the late ones."""
    if own := row.text(name):
        return own
    late = dict(pair.partition("=")[::2] for pair in row.text("__late_attributes").split(","))
    return late.get(name, "")
