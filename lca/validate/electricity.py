"""Country mixes held against a public series of life-cycle carbon intensity that is no input of theirs.

`python -m lca.validate.electricity` prints it: the median deviation, the bias, large countries and what is far off. The
series is Ember's (scenarios/validation/share-alike, with its notice), per kWh of gross generation over the full life
cycle; so ours is taken before losses and network. Shares come from the same statistics: what is tested is what a
kilowatt hour of each technology emits, and the arithmetic. Where a mix is of another year, its change deviates too.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from statistics import median
from typing import NamedTuple

from lca.builtin import folder
from lca.engine.background import Background
from lca.inventory.activity import Activity
from lca.inventory.catalogue import Catalogue
from lca.methods.categories import EF
from lca.quantities import units

CLIMATE = EF[0]
LARGE = tuple(
    f"electricity-{country}"
    for country in ("de fr us cn in gb pl se no au jp ca br za kr es it dk mx tr").split()  # noqa: SIM905
)
"""Countries whose reasons for deviating were looked for."""


class CountryComparison(NamedTuple):
    """A mix beside the series."""

    electricity: str
    year: int
    """Of the series."""
    ours: float
    """kg CO2-Eq per kWh generated."""
    published: float

    @property
    def deviation(self) -> float:
        """Ours over published, less one."""
        return self.ours / self.published - 1


def by_country(catalogue: Catalogue) -> Iterator[CountryComparison]:
    """Every country of the series that has a mix, and of which it states more than zero."""
    background = Background.of(catalogue, (CLIMATE,))
    path = folder("scenarios") / "validation" / "share-alike" / "electricity-ember.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for id, year, grams in list(csv.reader(file))[1:]:
            published = float(grams) * units.factor("g", "kg")
            if published and id in catalogue.activities:
                yield CountryComparison(id, int(year), generated(catalogue.activities[id], background), published)


def generated(mix: Activity, background: Background) -> float:
    """Climate change of a kWh that leaves the plants of a mix."""
    plants = [input for input in mix.inputs if input.activity != mix.network]
    delivered = sum(input.amount * float(background.totals(input.activity)[0]) for input in plants)
    return delivered / sum(input.amount for input in plants)


def medians(compared: Iterable[CountryComparison]) -> tuple[float, float]:
    """Of the deviations either way, and of the signed ones: the bias."""
    deviations = [row.deviation for row in compared]
    return median(map(abs, deviations)), median(deviations)


def main() -> None:
    """Print what stands above."""
    from lca.report.terminal.table import table

    rows = list(by_country(Catalogue.load()))
    for title, chosen in ((f"{len(LARGE)} large countries", LARGE), ("all countries", [r.electricity for r in rows])):
        size, bias = medians(row for row in rows if row.electricity in chosen)
        print(f"{title}: median deviation, either way, {size:.0%}; bias {bias:+.0%}")
    far = sorted((row for row in rows if row.electricity not in LARGE), key=lambda row: -abs(row.deviation))[:20]
    for title, shown in (
        ("large countries", [row for row in rows if row.electricity in LARGE]),
        ("farthest off of the others", far),
    ):
        cells = [(r.electricity, r.year, f"{r.ours:.3f}", f"{r.published:.3f}", f"{r.deviation:+.0%}") for r in shown]
        table(("", "year", "ours, kg CO2-Eq/kWh", "published", "deviation"), cells, title)


if __name__ == "__main__":
    main()
