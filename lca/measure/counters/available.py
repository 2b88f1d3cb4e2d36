"""What can be read on this machine: sensors beside NVML and RAPL, and a list of every meter, also of missing ones."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lca.measure.counters.amdsmi import amdsmi
from lca.measure.counters.container import Container
from lca.measure.counters.hwmon import hwmon, node_meter
from lca.measure.counters.nvml import Nvml
from lca.measure.counters.powermetrics import powermetrics
from lca.measure.counters.processes import Processes
from lca.measure.counters.rapl import POWERCAP, Rapl
from lca.measure.counters.sensors import Found, Sensors, joined


class Meter(NamedTuple):
    """One way to an energy on this machine."""

    part: str
    """What it is of."""
    hardware: str
    meter: str
    state: str
    """What it gives, or why it gives nothing."""


def other_hardware(root: Path = Path("/")) -> Found:
    """Sensors of cards that are not NVIDIA's, of Jetson boards and of Apple's chips."""
    return joined((amdsmi(root=root), hwmon(root), powermetrics()))


def meters(root: Path = Path("/")) -> list[Meter]:
    """Every meter that is here, and those that are not although their hardware is."""
    processes = Processes()
    rapl, nvml = Rapl(processes, root / POWERCAP.relative_to("/")), Nvml(processes.ids, root=root)
    sensors = Sensors(processes, lambda: other_hardware(root), root)
    for source in (rapl, nvml, sensors):
        source.start(0.0)
    try:
        return [*_nvidia(nvml), *_others(sensors), *_processor(rapl, processes), *_node(root), *_container(processes)]
    finally:
        nvml.stop()
        sensors.stop()


def _nvidia(nvml: Nvml) -> Iterator[Meter]:
    told = nvml.described()
    for card in told["cards"]:
        state = "counts energy" if card["counts"] else "power, sampled"
        part = "gpu (a slice, MIG: by its part of the memory)" if card["share"] < 1 else "gpu"
        yield Meter(part, card["name"], "NVML", card["fault"] or state)
    if told["fault"] and told["present"]:
        yield Meter("gpu", "NVIDIA", "NVML", told["fault"])


def _others(sensors: Sensors) -> Iterator[Meter]:
    told = sensors.described()
    for sensor in told["sensors"]:
        state = "counts energy" if sensor["counts"] else "power, sampled"
        part = "cpu, gpu and memory together" if sensor["whole"] else sensor["component"]
        yield Meter(part, sensor["name"], sensor["what"], sensor["fault"] or state)
    for component, reason in told["absent"]:
        yield Meter(component, "", "none", reason)


def _processor(rapl: Rapl, processes: Processes) -> Iterator[Meter]:
    told, name = rapl.described(), processes.described()["processor"]
    for zone in told["zones"]:
        yield Meter(zone["component"], name, f"RAPL {zone['name']}", told["fault"] or "counts energy")
    if told["fault"] and not told["zones"]:
        yield Meter("cpu", name, "RAPL", told["fault"])
    yield Meter("cpu and memory", name, "none", "modelled by CPU time and memory held, where no counter is read")


def _node(root: Path) -> Iterator[Meter]:
    if node_meter(root):
        yield Meter("node", "", "ACPI power meter", "power, held: asked for by --node hwmon")
    if any((root / name).exists() for name in ("dev/ipmi0", "dev/ipmi/0", "dev/ipmidev/0")):
        there = "power, held: asked for by --node ipmi" if shutil.which("ipmitool") else "install ipmitool"
        readable = os.access(root / "dev/ipmi0", os.R_OK | os.W_OK)
        yield Meter("node", "", "IPMI", there if readable else f"{there}; only root may ask")


def _container(processes: Processes) -> Iterator[Meter]:
    told = processes.described()["container"]
    if words := Container(**told).words() if told else "":
        yield Meter("limits", "", "control group", words)
