"""A run that was killed becomes a record by its journal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lca.measure.meter.journal import replayed
from lca.measure.meter.record import measurement

if TYPE_CHECKING:
    from lca.inventory.catalogue import Catalogue
    from lca.measurement.record import Measurement


def recover(journal: str | Path, output: str | Path | None = None, catalogue: Catalogue | None = None) -> Measurement:
    """The record of a run that was cut off, up to the last reading of its journal, marked interrupted.

    Saved as `output`, where that is given; the journal stays. Raises InvalidData.
    """
    ran = replayed(Path(journal))

    def known() -> Catalogue:
        if catalogue:
            return catalogue
        from lca.inventory.catalogue import Catalogue

        return Catalogue.load()

    record = measurement(ran, known)
    if output is not None:
        record.save(output)
    return record
