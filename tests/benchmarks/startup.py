"""How long a user waits: python tests/benchmarks/startup.py, on a warm cache.

Seconds of a processor, of children and all, as multiples of `python -c pass` in the same run; median and spread of five
runs after two that fill the cache. The cache is that of the package and that of Python, which holds what it compiled.
"""

from __future__ import annotations

import compileall
import resource
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LCA = str(Path(sys.executable).with_name("lca"))
SCENARIOS = [str(ROOT / "scenarios" / f"digits-{place}.toml") for place in ("france", "poland")]
COMPRESSION = sorted(str(path) for path in (ROOT / "scenarios").glob("compression-*.toml"))
COMMANDS = {
    "import lca": [sys.executable, "-c", "import lca"],
    "lca --help": [LCA, "--help"],
    "lca list electricity": [LCA, "list", "electricity"],
    "lca check": [LCA, "check"],
    "lca score gpu-a100-sxm4-40gb": [LCA, "score", "gpu-a100-sxm4-40gb"],
    "lca assess, the demo's pair, known alone": [LCA, "assess", "--known-only", *SCENARIOS],
    "lca assess, the demo's pair": [LCA, "assess", *SCENARIOS],
    "lca compare, 20 of compression": [LCA, "compare", *COMPRESSION],
}


def seconds(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    compileall.compile_dir(ROOT / "lca", quiet=1)  # also where the environment keeps Python from it
    nothing = statistics.median(seconds([sys.executable, "-c", "pass"]) for _ in range(30))
    print(f"python -c pass: {1e3 * nothing:.1f} ms of a processor, median of 30")
    for name, command in COMMANDS.items():
        for _ in range(2):
            seconds(command)
        runs = [seconds(command) for _ in range(5)]
        times = statistics.median(runs) / nothing
        print(
            f"{name:42} {times:5.0f} times, {min(runs):.2f} to {max(runs):.2f} s, median {statistics.median(runs):.2f}"
        )
