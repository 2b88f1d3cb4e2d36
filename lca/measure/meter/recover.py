"""A run that was killed becomes a record by its journal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from lca.errors import InvalidData, Problem, WrongType
from lca.languages import gettext
from lca.measure.meter.journal import replayed
from lca.measure.meter.record import measurement

if TYPE_CHECKING:
    from lca.inventory.catalogue import Catalogue
    from lca.measurement.record import Measurement

_UNLIKE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What comes of a journal whose lines are JSON and whose content no run wrote: sources describe themselves freely."""


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

    try:
        record = measurement(ran, known)
    except _UNLIKE as error:
        what = WrongType(
            gettext("what it says of the run is not what a run writes: {error}", error=str(_reason(error)))
        )
        raise InvalidData([Problem(str(journal), 0, "", str(what), what.remedy)]) from None
    if output is not None:
        record.save(output)
    return record


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        from lca.quantities.documents import first_fault  # here, as a run would be charged for it

        return first_fault(error)
    return f"{type(error).__name__}: {error}"[:200]
