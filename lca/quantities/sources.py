"""Where numbers were read."""

from __future__ import annotations

from typing import Literal

from lca.quantities.records import Record


class Source(Record):
    """Where a number was read."""

    title: str
    """Title of the work."""
    year: int | None = None
    """Year of publication, or of the version read."""
    authors: str | None = None
    """Who wrote or published it."""
    url: str | None = None
    """Address or DOI."""
    locator: str | None = None
    """Table, page or file inside the work."""
    licence: str | None = None
    """Licence of the work, or `figures cited`."""
    confidence: Literal["read", "secondary", "computed", "calibrated", "assumption"] = "read"
    """`read`: in the work itself; `secondary`: quoted by another; `computed`: arithmetic shown in `note`;
    `calibrated`: back-solved from a total; `assumption`: the author's own."""
    note: str | None = None
    """The arithmetic, or what to beware of."""

    @property
    def located(self) -> bool:
        """Whether it tells its licence, and an address, a place in it, or author and year; assumptions have none."""
        if self.confidence == "assumption":
            return True
        place = self.url or self.locator or (self.authors and self.year)
        return bool(place and (self.licence or self.confidence == "computed"))


def ids(source: str | tuple[str, ...]) -> tuple[str, ...]:
    """One source id or several, as several."""
    return (source,) if isinstance(source, str) else source
