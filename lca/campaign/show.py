"""The table of a campaign on the terminal."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from lca.campaign.table import CampaignRow
from lca.languages import gettext, named
from lca.report.terminal.table import table
from lca.report.words import number

_COLUMNS = ("workload", "batch", "technique", "level", "precision", "quality", "stored", "J/inference", "to baseline")


def show(measured: Sequence[CampaignRow]) -> None:
    """Quality, size and energy of every cell, and whether the repeats tell it from its baseline."""
    table((*_COLUMNS, "verdict"), [_line(row) for row in measured], right=("batch", "stored", "J/inference"))
    for id, why in {row.cell.variant.id: row.refused for row in measured if row.refused}.items():
        print(gettext("refused, {id}: {why}", id=id, why=why))


def _line(row: CampaignRow) -> list[str]:
    variant, record = row.cell.variant, row.record
    quality = ", ".join(f"{name} {number(value)}" for name, value in record.quality.items()) if record else ""
    profile = record.profile if record else None
    ratio = f"{row.ratio.mean:.3f}" if row.ratio else ""
    if row.ratio and row.ratio.low == row.ratio.low:
        ratio += f" ({row.ratio.low:.3f} to {row.ratio.high:.3f})"
    return [
        variant.workload,
        str(row.cell.batch),
        variant.technique,
        "" if variant.level is None else f"{variant.level:g}",
        variant.precision + (", compiled" if variant.compiled else ""),
        quality,
        f"{profile.stored.amount:,.0f} byte" if profile else "missing",
        number(statistics.median(row.energies)) if row.energies else "missing",
        ratio,
        named(row.verdict),
    ]
