"""Every contribution in one table beside the workbook: CSV or parquet, as the sheet Data_Long has it."""

from __future__ import annotations

from pathlib import Path

from lca.errors import MissingDependency, UsageError
from lca.languages import gettext
from lca.methods.categories import CATEGORIES
from lca.quantities.outputs import written_aside
from lca.report.csv_lines import csv_text
from lca.report.excel.contribution_rows import COLUMNS, ContributionRows
from lca.study.study import Study

SUFFIXES = (".csv", ".parquet")


def must_be_written(path: Path) -> None:
    """Raise UsageError for a file that is neither CSV nor parquet."""
    if path.suffix not in SUFFIXES:
        raise UsageError(gettext("--data {path}: name a file that ends in .csv or .parquet", path=str(path)))


def data(study: Study, path: str | Path) -> Path:
    """Write every tagged foreground exchange × emitting activity, in every category; scores in `unit`.

    Raises UsageError for another ending than .csv or .parquet, and as `written_aside` does; MissingDependency where
    parquet is asked for without pyarrow.
    """
    path = Path(path)
    must_be_written(path)
    table = ContributionRows.of(study).table.reset_index(drop=True)
    units = table["category"].map({id: CATEGORIES[id].unit for id in study.categories})
    rows = [f"L{number}" for number in range(1, len(table) + 1)]
    written = table.assign(row=rows, unit=units.astype("str"))[list(COLUMNS)]
    with written_aside(path) as aside:
        if path.suffix == ".csv":
            aside.write_text(csv_text(written), encoding="utf-8", newline="\n")
            return path
        try:
            written.to_parquet(aside, index=False, engine="pyarrow")
        except ImportError:
            raise MissingDependency(gettext("parquet needs pyarrow: pip install 'ai-lca[parquet]'")) from None
    return path
