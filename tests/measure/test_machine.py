from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from lca.measure.meter.machine import FRAMEWORKS, Machine, pseudonym, running, software

CPUINFO = """processor\t: {}
model name\t: Intel(R) Xeon(R) Platinum 8480+
flags\t\t: fpu vme
"""


def test_the_processor_is_what_the_kernel_says(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text("\n".join(CPUINFO.format(i) for i in range(4)))
    for index in range(4):
        topology = tmp_path / f"sys/devices/system/cpu/cpu{index}/topology"
        topology.mkdir(parents=True)
        (topology / "physical_package_id").write_text(f"{index % 2}\n")
    machine = Machine.here(tmp_path)
    assert (machine.processor, machine.packages) == ("Intel(R) Xeon(R) Platinum 8480+", 2)
    assert (machine.logical_processors, machine.memory) == (os.cpu_count(), psutil.virtual_memory().total)
    assert machine.host == pseudonym(platform.node()) and platform.node() not in machine.host
    assert platform.release() not in running()["system"]


def test_without_a_proc_file_system_the_platform_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "freebsd")
    monkeypatch.setattr(platform, "processor", lambda: "Some Processor")
    machine = Machine.here(tmp_path)
    assert (machine.processor, machine.packages) == ("Some Processor", 1)


def test_frameworks_are_named_only_if_they_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in FRAMEWORKS:
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert set(running()) == {"python", "system"}
    for name in ("torch", "transformers", "lightning", "accelerate"):
        module = ModuleType(name)
        module.__version__ = f"1.0 of {name}"  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, module)
        assert running()[name] == f"1.0 of {name}"
    assert {**running(), "ai-lca": software()["ai-lca"]} == software()
