"""What the machine is: its processor, memory and operating system, and the software that ran."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine as its operating system reports it."""

    processor: str
    """Name of the CPU."""
    packages: int
    """CPU packages."""
    logical_processors: int
    memory: float
    """Bytes of memory."""

    @classmethod
    def here(cls, cpuinfo: Path = Path("/proc/cpuinfo")) -> Machine:
        """This machine."""
        fields = _cpuinfo(cpuinfo)
        name = next((value for key, value in fields if key == "model name"), "") or _processor()
        packages = len({value for key, value in fields if key == "physical id"})
        return cls(name, max(packages, 1), os.cpu_count() or 1, float(psutil.virtual_memory().total))


def software() -> dict[str, str]:
    """Versions of what measured and what ran; torch only if the program has loaded it."""
    versions = {"python": platform.python_version(), "system": platform.platform()}
    with suppress(metadata.PackageNotFoundError):  # run from a checkout that is not installed
        versions["ai-lca"] = metadata.version("ai-lca")
    if torch := sys.modules.get("torch"):
        versions["torch"] = str(getattr(torch, "__version__", "unknown"))
    return versions


def _cpuinfo(path: Path) -> list[tuple[str, str]]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [(key.strip(), value.strip()) for key, colon, value in (line.partition(":") for line in lines) if colon]


def _processor() -> str:
    if sys.platform == "darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        with suppress(OSError, subprocess.CalledProcessError):
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return platform.processor() or platform.machine() or "unknown"
