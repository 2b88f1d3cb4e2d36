"""Kepler: two scrapes of its metrics page, of the node's counters of joules.

From 0.10 on `kepler_node_cpu_joules_total{zone="package", node_name=...}`; before, `kepler_node_package_joules_total`
and `..._dram_...`, in two modes, dynamic and idle, that are added. Names and labels from Kepler's documentation of its
metrics. What lies inside a package (core, uncore) or around it (psys) is not added to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from lca.languages import gettext
from lca.measure.formats.draft import Draft, Finding, Options, imported, kwh, listed, others
from lca.measure.formats.faults import Damaged, SeveralNodes
from lca.measure.formats.foreign import Foreign
from lca.measure.formats.scrapes import counted, interval
from lca.vocabulary import Component

TOOL = "Kepler"
USES = frozenset({"started", "ended", "run"})

_NEW = "kepler_node_cpu_joules_total"
_OLD = {
    "kepler_node_package_joules_total": Component.CPU,
    "kepler_node_dram_joules_total": Component.MEMORY,
    "kepler_node_gpu_joules_total": Component.GPU,
}
_ZONES = {"package": Component.CPU, "dram": Component.MEMORY}
_NODES = ("node_name", "instance", "exported_instance")


def recognises(files: Sequence[Foreign]) -> bool:
    return all(any(f"\n{name}{{" in f"\n{file.text}" for name in (_NEW, *_OLD)) for file in files)


def read(files: Sequence[Foreign], options: Options) -> Draft:
    """What the counters of one node ran up between two scrapes."""
    seconds = interval(files, options)
    joules: dict[tuple[str, Component], float] = defaultdict(float)
    for (name, labelled), grown in counted(files, (_NEW, *_OLD)).items():
        labels = dict(labelled)
        zone = labels.get("zone", "").partition("-")[0]
        component = _OLD.get(name) or _ZONES.get(zone)
        if component:
            joules[next((labels[key] for key in _NODES if key in labels), ""), component] += grown
    nodes = sorted({node for node, _ in joules})
    if not nodes:
        raise files[1].refusal(0, "", Damaged(gettext("no counter of a node's package or memory is in both scrapes")))
    if options.run is None and len(nodes) > 1:
        raise files[1].refusal(
            0, "", SeveralNodes(gettext("counters of {count} nodes: {nodes}", count=len(nodes), nodes=listed(nodes)))
        )
    node = nodes[0] if options.run is None else options.run
    if node not in nodes:
        raise files[1].refusal(
            0,
            "",
            SeveralNodes(gettext("no counter of {node!r}; there are {nodes}", node=node[:80], nodes=listed(nodes))),
        )
    method = f"{TOOL}, counters of the node; the whole node, whichever pod used it"
    findings: list[Finding] = []
    for component in (Component.CPU, Component.GPU, Component.MEMORY):
        if (node, component) in joules:
            zero = f"its counter in {TOOL} did not move"
            findings.append(imported(component, kwh(joules[node, component], "J"), method, zero))
    known = [component for of, component in joules if of == node]
    return Draft(
        started=options.started,  # type: ignore[arg-type]
        seconds=seconds,
        findings=[*findings, *others(known, f"{TOOL} has no counter of it in both scrapes")],
        facts={"comment": method},
    )
