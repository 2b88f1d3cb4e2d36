"""An exported project as files that travel: one archive that Brightway restores, or workbooks that bw2io imports."""

from __future__ import annotations

import csv
import importlib
import tempfile
from pathlib import Path

from lca.quantities.outputs import written_aside
from lca.quantities.text import csv_cell
from lca.report.brightway.nodes import Names
from lca.report.brightway.project import Exported, brightway, quiet

FACTORS = "factors.csv"
_COLUMNS = ("method", "unit", "database", "code", "name", "categories", "factor")


def bundle(written: Exported, path: Path) -> Path:
    """The project as an archive, for `bw2io.restore_project_directory`. Raises UsageError for what is in the way."""
    with quiet(), tempfile.TemporaryDirectory() as folder, written_aside(path) as aside:
        brightway(written.folder.parent)
        importlib.import_module("bw2io.backup").backup_project_directory(
            written.project, timestamp=False, dir_backup=folder
        )
        [made] = Path(folder).iterdir()
        aside.write_bytes(made.read_bytes())
    return path


def workbooks(written: Exported, names: Names, folder: Path) -> list[Path]:
    """A bw2io workbook per database, and the factors of all methods as CSV, those of published values among them.

    Import the databases in their order: published values, background, foreground.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with quiet():
        bd = brightway(written.folder.parent)
        before = bd.projects.current
        bd.projects.set_current(written.project, update=False)
        try:
            excel = importlib.import_module("bw2io.export.excel")
            paths = [Path(excel.write_lci_excel(name, dirpath=str(folder))) for name in names.databases]
            with written_aside(folder / FACTORS) as aside, aside.open("w", encoding="utf-8", newline="") as file:
                rows = csv.writer(file)
                rows.writerow(_COLUMNS)
                for method in written.methods:
                    for id, factor in bd.Method(method).load():
                        flow = bd.get_node(id=id)
                        place = "::".join(flow.get("categories") or ())
                        unit = bd.methods[method]["unit"]
                        name = csv_cell(flow["name"])
                        rows.writerow(
                            ("|".join(method), unit, flow["database"], flow["code"], name, place, repr(factor))
                        )
        finally:
            bd.projects.set_current(before, update=False)
    return [*paths, folder / FACTORS]
