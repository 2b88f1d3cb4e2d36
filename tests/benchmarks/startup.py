"""How long a user waits: python tests/benchmarks/startup.py. Medians and spread of five runs after one warm-up."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
LCA = str(Path(sys.executable).with_name("lca"))
SCENARIOS = [str(ROOT / "scenarios" / f"digits-{place}.toml") for place in ("france", "poland")]
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import lca": [sys.executable, "-c", "import lca"],
    "lca --help": [LCA, "--help"],
    "lca check": [LCA, "check"],
    "lca score gpu-a100-sxm4-40gb": [LCA, "score", "gpu-a100-sxm4-40gb"],
    "lca assess, the demo's scenarios": [LCA, "assess", *SCENARIOS],
}


def seconds(command: list[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    for name, command in COMMANDS.items():
        seconds(command)
        runs = [seconds(command) for _ in range(5)]
        print(f"{name:36} median {statistics.median(runs):.3f} s, {min(runs):.3f} to {max(runs):.3f} s")
