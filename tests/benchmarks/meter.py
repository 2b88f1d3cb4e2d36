"""What metering costs beside CodeCarbon: python tests/benchmarks/meter.py [PYTHON_WITH_CODECARBON].

Both meters watch the same loop, turn by turn, each time in a fresh process: ours with its journal, CodeCarbon's offline
tracker with its CSV, both with a sample per second. CPU seconds are those of all threads but the loop's, and of child
processes, so that neighbours on the machine do not count. Without the argument only ours is measured. CodeCarbon is no
dependency: make it a virtual environment of its own (`python -m venv cc && cc/bin/pip install codecarbon`).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile

RUNS, SECONDS = 5, 20
START, CPU = 20, 2
"""How many times less than CodeCarbon's our start and our CPU time must be, at least."""

OURS = """
from lca.measure.meter.meter import EnergyMeter
mark("import")
meter = EnergyMeter("benchmark", output=folder + "/run.json", interval=1.0)
"""
THEIRS = """
from codecarbon import OfflineEmissionsTracker
mark("import")
meter = OfflineEmissionsTracker(
    country_iso_code="FRA", measure_power_secs=1, output_dir=folder, log_level="error", allow_multiple_runs=True
)
"""
PROGRAM = """
import json, resource, sys, time, warnings
warnings.simplefilter("ignore")
folder, seconds, found, last = sys.argv[1], float(sys.argv[2]), {{}}, time.perf_counter()

def mark(what):
    global last
    found[what], last = time.perf_counter() - last, time.perf_counter()

def others():
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() - time.thread_time() + children.ru_utime + children.ru_stime
{meter}
mark("constructor")
meter.start()
mark("start")
before, end, number = others(), time.perf_counter() + seconds, 0
while time.perf_counter() < end:
    number = sum(range(1000))
found["cpu"] = others() - before
mark("loop")
meter.stop()
mark("stop")
print(json.dumps(found))
"""


def measured(python: str, meter: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        command = [python, "-c", PROGRAM.format(meter=meter), folder, str(SECONDS)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found


def main(codecarbon: str | None) -> int:
    meters = {"ours": (sys.executable, OURS)} | ({"CodeCarbon": (codecarbon, THEIRS)} if codecarbon else {})
    for python, meter in meters.values():
        measured(python, meter.replace("interval=1.0", "interval=0.5"))  # fills the file cache
    runs = [{name: measured(*meter) for name, meter in meters.items()} for _ in range(RUNS)]
    medians = {}
    for name in meters:
        for what in ("import", "constructor", "start", "stop", "cpu"):
            values = [run[name][what] for run in runs]
            medians[name, what] = statistics.median(values)
            share = f", {100 * medians[name, what] / SECONDS:.3f} % of the loop" if what == "cpu" else ""
            print(
                f"{name:10} {what:11} median {medians[name, what]:.4f} s, {min(values):.4f} to {max(values):.4f}{share}"
            )
    if not codecarbon:
        print("CodeCarbon was not measured: name a python that has it")
        return 0
    met = True
    for what, times in (("start", START), ("cpu", CPU)):
        ratio = medians["CodeCarbon", what] / medians["ours", what]
        met = met and ratio >= times
        print(f"{what}: {ratio:.1f} times less than CodeCarbon's, at least {times} wanted")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else None))
