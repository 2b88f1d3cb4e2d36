"""What the machine is: its processor, memory and operating system, and the software that ran."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

FRAMEWORKS = ("torch", "transformers", "lightning", "pytorch_lightning", "accelerate", "tensorflow", "jax")
"""Packages whose versions a record names."""


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
    host: str
    """Tells machines apart, and does not say its name in the network."""

    @classmethod
    def here(cls, root: Path = Path("/")) -> Machine:
        """This machine, as far as the files below `root` tell."""
        name = _model_name(root / "proc/cpuinfo") or _processor()
        memory = float(psutil.virtual_memory().total)
        return cls(name, max(_packages(root), 1), os.cpu_count() or 1, memory, pseudonym(platform.node()))


def pseudonym(name: str) -> str:
    """Stands for a name of a machine or a run wherever records tell them apart: no record gives the name away."""
    return hashlib.sha256(name.encode(errors="replace")).hexdigest()[:12]


def loaded() -> tuple[str, ...]:
    """Which of the FRAMEWORKS the program has loaded."""
    return tuple(name for name in FRAMEWORKS if name in sys.modules)


def running() -> dict[str, str]:
    """Versions of what runs; of the FRAMEWORKS only those that the program has loaded."""
    versions = {"python": platform.python_version(), "system": f"{platform.system()} {platform.machine()}"}
    return versions | {name: str(getattr(sys.modules[name], "__version__", "unknown")) for name in loaded()}


def software() -> dict[str, str]:
    """Versions of what runs, and of this package."""
    from importlib import metadata  # takes twenty milliseconds

    versions = running()
    with suppress(metadata.PackageNotFoundError):  # run from a checkout that is not installed
        versions["ai-lca"] = metadata.version("ai-lca")
    return versions


def _model_name(cpuinfo: Path) -> str:
    """The first one; the file has a block for each of perhaps hundreds of processors, and takes its time."""
    with suppress(OSError), cpuinfo.open(encoding="utf-8", errors="replace") as lines:
        for key, _, value in (line.partition(":") for line in lines):
            if key.strip() == "model name":
                return value.strip()
    return ""


def _packages(root: Path) -> int:
    packages = set()
    for path in root.glob("sys/devices/system/cpu/cpu[0-9]*/topology/physical_package_id"):
        with suppress(OSError):
            packages.add(path.read_text().strip())
    return len(packages)


def _processor() -> str:
    if sys.platform == "darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        with suppress(OSError, subprocess.CalledProcessError):
            return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return platform.processor() or platform.machine() or "unknown"
