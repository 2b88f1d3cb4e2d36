"""The workbook of a study of 50,000 rows against pandas writing the same cells by the same engine: time and memory.

Run as `python tests/benchmarks/workbook.py`. pandas writes the values of every sheet, without formats, formulas, charts
and links, and the table of contributions alone, which the workbook by default answers in place of. Time is that of the
processor, in a process of its own for each run, since a shared machine would say more about its other users; memory
(Linux only) is what the peak of the process grows by once study or cells are loaded.
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

import openpyxl
import pandas as pd

from lca.study.study import Study

ROWS = 50_000
RUNS = 3


def study() -> Study:
    """The demo's two scenarios, every row of their table in parts until there are ROWS rows."""
    from dataclasses import replace

    from lca.builtin import folder
    from lca.inventory.catalogue import Catalogue
    from lca.study.assess import assess
    from lca.study.layers import layers
    from lca.study.rows import Columns
    from lca.system.scenario import Scenario

    files = ("digits-france.toml", "digits-poland.toml")
    catalogue = Catalogue.load()
    made = assess([Scenario.load(folder("scenarios") / name) for name in files], catalogue)
    times = -(-ROWS // len(made.table))
    cut = pd.concat([made.table.assign(score=made.table["score"] / times)] * times, ignore_index=True)
    return replace(made, rows=Columns.of(cut), layers=layers(made, catalogue))


def one(writer: str, folder: Path) -> None:
    """Write once; print seconds of the processor and the growth of the peak in MB."""
    from lca import report
    from lca.study.stored import load

    full = writer.endswith("full")
    pandas = writer.startswith("pandas")
    held = pd.read_pickle(folder / f"cells-{full}.pickle") if pandas else load(folder / "study.json")
    if writer == "pandas-table":
        held = {"Data_Long": load(folder / "study.json").table}
    report.workbook  # noqa: B018  (imported before the clock starts)
    pd.DataFrame([[1]]).to_excel(folder / "warm.xlsx", engine="xlsxwriter")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before, started = _peak(), time.process_time()
    if pandas:
        with pd.ExcelWriter(folder / "pandas.xlsx", engine="xlsxwriter") as file:
            for name, cells in held.items():
                cells.to_excel(file, sheet_name=name, index=False, header=False)
    else:
        report.workbook(held, folder / "study.xlsx", full)
    print(json.dumps([time.process_time() - started, _peak() - before]))


def cells(path: Path) -> dict[str, pd.DataFrame]:
    """Sheet → its values."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    return {sheet.title: pd.DataFrame(list(sheet.values)) for sheet in book}


def _peak() -> float:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def main() -> None:
    from lca import report
    from lca.study.stored import save

    with tempfile.TemporaryDirectory() as name:
        made = study()
        save(made, Path(name) / "study.json")
        print(f"{platform.machine()}, Python {platform.python_version()}, {len(made.table)} rows")
        for full in (False, True):
            held = cells(report.workbook(made, Path(name) / "study.xlsx", full))
            pd.to_pickle(held, Path(name) / f"cells-{full}.pickle")
            count = sum(int(frame.notna().sum().sum()) for frame in held.values())
            print(f"{'full' if full else 'by default'}: {len(held)} sheets, {count:,} cells")
        medians = {}
        for writer in ("pandas-table", "pandas", "workbook", "pandas-full", "workbook-full"):
            command = [sys.executable, __file__, writer, name]
            runs = [json.loads(subprocess.check_output(command)) for _ in range(RUNS)]
            times, sizes = zip(*runs, strict=True)
            medians[writer] = statistics.median(times)
            spread = f"{min(times):.2f} to {max(times):.2f}"
            print(f"{writer}: {medians[writer]:.2f} s ({spread}), {max(sizes):.0f} MB at most above what is loaded")
        for one, other in (("workbook", "pandas-table"), ("workbook", "pandas"), ("workbook-full", "pandas-full")):
            print(f"{one} / {other}: {medians[one] / medians[other]:.2f}")


if __name__ == "__main__":
    one(sys.argv[1], Path(sys.argv[2])) if len(sys.argv) > 1 else main()
