"""Peak memory of one model that answers requests, in a process of its own: `python -m lca.campaign.peak FOLDER`.

The process that runs a campaign holds all models of a group, so that its peak is that of none of them. Here a process
loads the model alone, answers every request once, and writes its peak resident memory, from the operating system.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lca.errors import LcaError
from lca.workloads.workload import Workload, files, register

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

_PATIENCE = 300.0  # seconds for a process to load torch and to answer


class NotMeasured(LcaError):
    """The peak memory of a model is not known; the message says why."""


def peak_memory(task: Workload, name: str, model: Module, requests: Sequence[Tensor], threads: int) -> float:
    """Bytes of resident memory of a process that holds this model alone, at its peak.

    `name`: of the workload, as the plan names it. Raises NotMeasured where the model cannot be handed to another
    process, as compiled ones cannot, where that process fails, or where the operating system does not say (Windows).
    """
    import torch

    with TemporaryDirectory() as folder:
        try:
            torch.save((model, list(requests)), Path(folder) / "model.pt")
        except Exception as error:
            raise NotMeasured(f"the model cannot be handed to another process: {type(error).__name__}") from error
        asked = {"name": name, "size": task.size, "threads": threads, "modules": [str(file) for file in files()]}
        (Path(folder) / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
        command = [sys.executable, "-m", "lca.campaign.peak", folder]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            raise NotMeasured(f"the process did not answer within {_PATIENCE:g} s") from None
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
            raise NotMeasured(f"the process of its own failed: {lines[-1][:200]}")
        return float(done.stdout.split()[-1])


def _answered(folder: Path) -> float:
    """Bytes at the peak of this process once it has answered."""
    asked: dict[str, Any] = json.loads((folder / "asked.json").read_text(encoding="utf-8"))
    for module in asked["modules"]:
        register(module)
    import torch

    from lca.workloads.workload import workload

    torch.set_num_threads(asked["threads"])
    task = workload(asked["name"], asked["size"])
    # written by the process that started this one, a moment ago and for it alone
    model, requests = torch.load(folder / "model.pt", weights_only=False)
    with torch.inference_mode():
        for request in requests:
            task.answer(model, request) if task.answer else model(request)
    return _most_resident()


def _most_resident() -> float:
    """Of this process since it was started: on Linux, getrusage begins with the peak of the process that started it."""
    status = Path("/proc/self/status")
    if status.is_file():
        [line] = [line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:")]
        return 1024.0 * int(line.split()[1])
    import resource

    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)  # bytes on macOS


if __name__ == "__main__":
    print(_answered(Path(sys.argv[1])))
