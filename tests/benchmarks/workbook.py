"""The workbook of a study of 50,000 rows against pandas writing the same table: time and memory.

Run as `python tests/benchmarks/workbook.py`. Time is that of the processor, in a process of its own for each run, since
a shared machine would say more about its other users; memory (Linux only) is what the peak of the process grows by
once the study is loaded.
"""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from lca.study.study import Study

ROWS = 50_000
RUNS = 5


def study() -> Study:
    """The demo's two scenarios, their table repeated over parts of their equipment until it has ROWS rows."""
    from dataclasses import replace

    from lca.builtin import folder
    from lca.study.assess import assess
    from lca.system.scenario import Scenario

    files = ("digits-france.toml", "digits-poland.toml")
    made = assess([Scenario.load(folder("scenarios") / name) for name in files])
    times = -(-ROWS // len(made.table))
    roles = made.table["role"]
    parts = [made.table.assign(role=roles + f", part {n}", score=made.table["score"] / times) for n in range(times)]
    cut = pd.concat(parts, ignore_index=True)
    return replace(made, table=cut)


def one(writer: str, folder: Path) -> None:
    """Write once; print seconds of the processor and the growth of the peak in MB."""
    from lca import report
    from lca.study.stored import load

    loaded = load(folder / "study.json")
    report.workbook  # noqa: B018  (imported before the clock starts)
    loaded.table.head(1).to_excel(folder / "warm.xlsx")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, started = _peak(), time.process_time()
    if writer == "pandas":
        loaded.table.to_excel(folder / "pandas.xlsx", index=False)
    else:
        report.workbook(loaded, folder / "study.xlsx")
    print(json.dumps([time.process_time() - started, _peak() - before]))


def _peak() -> float:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def main() -> None:
    from lca.study.stored import save

    with tempfile.TemporaryDirectory() as name:
        made = study()
        save(made, Path(name) / "study.json")
        print(f"{platform.machine()}, Python {platform.python_version()}, {len(made.table)} rows")
        medians = {}
        for writer in ("pandas", "workbook"):
            command = [sys.executable, __file__, writer, name]
            runs = [json.loads(subprocess.check_output(command)) for _ in range(RUNS)]
            times, sizes = zip(*runs, strict=True)
            medians[writer] = statistics.median(times)
            spread = f"{min(times):.2f} to {max(times):.2f}"
            print(f"{writer}: {medians[writer]:.2f} s ({spread}), {max(sizes):.0f} MB at most above the loaded study")
        print(f"workbook / pandas: {medians['workbook'] / medians['pandas']:.2f}")


if __name__ == "__main__":
    one(sys.argv[1], Path(sys.argv[2])) if len(sys.argv) > 1 else main()
