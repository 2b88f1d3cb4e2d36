from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from types import ModuleType

import psutil
import pytest

from lca.measure.machine import Machine, software

CPUINFO = """processor\t: {}
model name\t: Intel(R) Xeon(R) Platinum 8480+
physical id\t: {}
flags\t\t: fpu vme
"""


def test_the_processor_is_what_cpuinfo_says(tmp_path: Path) -> None:
    path = tmp_path / "cpuinfo"
    path.write_text("\n".join(CPUINFO.format(i, i % 2) for i in range(4)))
    machine = Machine.here(path)
    assert (machine.processor, machine.packages) == ("Intel(R) Xeon(R) Platinum 8480+", 2)
    assert (machine.logical_processors, machine.memory) == (os.cpu_count(), psutil.virtual_memory().total)


def test_without_cpuinfo_the_platform_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "freebsd")
    monkeypatch.setattr(platform, "processor", lambda: "Some Processor")
    machine = Machine.here(tmp_path / "absent")
    assert (machine.processor, machine.packages) == ("Some Processor", 1)


def test_torch_is_named_only_if_it_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert "torch" not in software()
    torch = ModuleType("torch")
    torch.__version__ = "2.13.0+cpu"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert software()["torch"] == "2.13.0+cpu"
    assert software()["python"] == platform.python_version()
