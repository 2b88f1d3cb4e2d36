"""Make the tables of ratios from data of makers and of sectors, and measure how often their intervals hold.

`python -m lca.estimate.fit` prints the coverage on data that are left out of a fit; with `--write` it writes ratios.csv
and direct.csv, which are never edited by hand. What it reads stands beside them in inventories/estimates:

makers.csv: per class, set of data and maker, the median over products of log10 of impact per kg CO2-Eq, in EF v3.1.
sectors.csv: impact per kg CO2-Eq of a sector's product, total and of its own flows alone.
classes.csv: the family of each class. widening.csv: by how much more an interval is widened, and why.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import log10
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

from lca.builtin import folder
from lca.estimate.intervals import Both, Maker, MedianInterval, Process, Z, quantiles

RATIOS: tuple[str, ...] = (
    "class",
    "category",
    "median",
    "low",
    "high",
    "clusters",
    "products",
    "database_effect",
    "coverage",
)
RATIOS += ("basis", "usable", "source")
DIRECT = ("sector", "category", "median", "low", "high", "usable", "source")
SETS = {"declarations": "oekobaudat-2023", "generic": "oekobaudat-2023", "blocks": "tide-blocks"}
"""Set of data → source. No other set may be in makers.csv."""
SECTORS = "useeio-1-2"
OWN_UP, OWN_DOWN = 1.7, 2.2
"""Half widths of the own flows of a sector, in powers of ten: see widening.csv for how they were measured."""
OWN_PARTICLES = 0.17
"""Own flows of particulate matter that were inventoried over those of sectors, which name no stack height."""
CLIMATE_UP, CLIMATE_DOWN = 0.6, 2.2
"""The same of climate change itself, as a part of the product's: of 85 activities of this catalogue whose own flows are
complete the part is at most 3.9 times that of the sector, and down to a hundred-thousandth of it where a process only
takes from others."""
NOT_OWN = ("ozone-depletion", "material-resources", "ionising-radiation")
"""Categories in which own flows of sectors are not used: too far from inventoried flows, or none are stated."""
ONLY_BOUND = ("eutrophication-freshwater",)
"""Categories in which own flows of sectors are a thousand times inventoried ones, or like them, and bound both."""
NO_EXHAUST = ("481000",)
"""Sectors whose flows lack the exhaust of their engines: of aircraft."""
EXHAUST = ("acidification", "eutrophication-marine", "eutrophication-terrestrial", "photochemical-oxidant-formation")
MOST_DISAGREEMENT, NO_BOUND = 1.0, 2.0
"""Standard deviation between sources, in powers of ten, from which on an interval only bounds, and from which on it
does not even do that."""
FEWEST = 40
"""Makers that intervals of 95 % are read from, at least."""
ONE_FAMILY = {"electronics": ("land-use",)}
"""Family → categories in which published results, of one family of sources, are three powers of ten off all others."""

NO_FAMILY = {"ionising-radiation": ("electricity", "metal ores", "nuclear chain")}
"""Category → classes of which the others say nothing: what these hold decides what all others have."""


class Widening(NamedTuple):
    """How many times wider above and below, in powers of ten, than the fit has it."""

    up: float
    down: float


@dataclass(frozen=True)
class Tables:
    """What a fit reads."""

    makers: Sequence[Maker]
    family: Mapping[str, str]
    totals: Mapping[str, Mapping[str, float]]
    """Category → sector → log10 of the total ratio."""
    own: Mapping[tuple[str, str], float]
    """(sector, category) → log10 of the ratio of own flows."""
    classes: Mapping[str, Sequence[str]]
    """Sector → the classes that it is like."""
    widening: Mapping[tuple[str, str], Widening]
    categories: tuple[str, ...]

    @classmethod
    def read(cls, root: Path | None = None) -> Tables:
        """The tables of a folder; of the built-in one where none is named."""
        root = root or folder("inventories") / "estimates"
        makers, sectors, classes, widening = (
            _rows(root / f"{name}.csv") for name in ("makers", "sectors", "classes", "widening")
        )
        categories = tuple(key for key in makers[0] if key not in ("class", "set", "maker", "products"))
        return cls(
            [
                Maker(
                    row["class"],
                    row["set"],
                    row["maker"],
                    int(row["products"]),
                    {key: float(row[key]) for key in categories if row[key]},
                )
                for row in makers
            ],
            {row["class"]: row["family"] for row in classes},
            {
                category: {
                    row["sector"]: log10(float(row["total"]))
                    for row in sectors
                    if row["category"] == category and row["total"] and _stated(row["sector"], category)
                }
                for category in categories
            },
            {
                (row["sector"], row["category"]): log10(float(row["own"]))
                for row in sectors
                if row["own"] and row["category"] not in NOT_OWN and _stated(row["sector"], row["category"])
            },
            {row["sector"]: row["class"].split("; ") for row in sectors if row["class"]},
            {(row["class"], row["category"]): Widening(float(row["up"]), float(row["down"])) for row in widening},
            categories,
        )

    @cached_property
    def fits(self) -> Mapping[str, Both]:
        """Category → what is known of all classes."""
        return {category: self.fit(category) for category in self.categories}

    def fit(self, category: str) -> Both:
        """What is known of all classes in a category."""
        by_class: dict[str, list[float]] = {}
        for sector, ratio in self.totals[category].items():
            for group in self.classes.get(sector, ()):
                by_class.setdefault(group, []).append(ratio)
        medians = {group: median(ratios) for group, ratios in by_class.items()}
        return Both(Process(self.makers, category, self.family), medians)

    def interval(self, group: str, category: str) -> tuple[MedianInterval, str]:
        """The interval of a class as its table has it, and what says so."""
        interval, basis = self.fits[category].interval(group)
        more = self.widening.get((group, category))
        if more is None:
            return interval, basis
        widened = interval._replace(up=interval.up + more.up, down=interval.down + more.down)
        return widened, f"{basis}; widened"

    def without(self, source: str) -> Tables:
        """The tables without one set of data."""
        return Tables(
            [maker for maker in self.makers if maker.source != source],
            self.family,
            self.totals,
            self.own,
            self.classes,
            {},
            self.categories,
        )


def _stated(sector: str, category: str) -> bool:
    """Whether the flows that decide a category are among those of a sector."""
    return not (sector in NO_EXHAUST and category in EXHAUST)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ratios(tables: Tables) -> Iterator[list[str]]:
    """The rows of ratios.csv."""
    of_others = {category: unseen(tables, category) for category in tables.categories}
    known_of_others = {category: coverage.share if coverage else None for category, coverage in of_others.items()}
    for group, family in tables.family.items():
        makers = [maker for maker in tables.makers if maker.group == group]
        for category in tables.categories:
            interval, basis = tables.interval(group, category)
            fit = tables.fits[category]
            measured = [maker for maker in makers if category in maker.ratios]
            left_out = fit.process.left_out(group)
            of_sectors = group in fit.sectors
            of_makers = bool(measured) or not of_sectors
            sources = [SETS[maker.source] for maker in measured or (tables.makers if of_makers else ())]
            usable = _usable(fit.disagreement, category in ONE_FAMILY.get(family, ()))
            if not measured and not of_sectors:
                left_out = known_of_others[category]
                if group in NO_FAMILY.get(category, ()):
                    usable = "no"
            yield [
                group,
                category,
                *_ends(interval),
                str(len({maker.id for maker in measured})),
                str(sum(maker.products for maker in measured)),
                f"{10 ** (Z * fit.disagreement):.3g}",
                "" if left_out is None else f"{left_out:.2f}",
                basis,
                usable,
                " ".join(dict.fromkeys([*sorted(sources), *([SECTORS] if of_sectors else [])])),
            ]


def _usable(disagreement: float, one_family: bool) -> str:
    if disagreement >= NO_BOUND:
        return "no"
    return "bound" if one_family or disagreement >= MOST_DISAGREEMENT else "yes"


def direct(tables: Tables) -> Iterator[list[str]]:
    """The rows of direct.csv."""
    for (sector, category), ratio in tables.own.items():
        particles = log10(OWN_PARTICLES) if category == "particulate-matter" else 0.0
        more = tables.widening.get(("own flows", category), Widening(0.0, 0.0))
        up, down = (CLIMATE_UP, CLIMATE_DOWN) if category == "climate-change" else (OWN_UP, OWN_DOWN)
        interval = MedianInterval(ratio + particles, up + more.up, down + more.down)
        yield [sector, category, *_ends(interval), "bound" if category in ONLY_BOUND else "yes", SECTORS]


def _ends(interval: MedianInterval) -> list[str]:
    median, up, down = interval
    return [f"{10**value:.4g}" for value in (median, median - down, median + up)]


def write(tables: Tables, root: Path) -> None:
    """Write ratios.csv and direct.csv."""
    made = [("ratios.csv", RATIOS, list(ratios(tables))), ("direct.csv", DIRECT, list(direct(tables)))]
    for name, columns, rows in made:
        with (root / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)


@dataclass(frozen=True, slots=True)
class IntervalCoverage:
    """How often an interval held data that it was not made from."""

    category: str
    number: int
    share: float
    """Part of the data inside."""
    factor: float
    """Median factor of error."""


def covered(category: str, errors: Iterable[tuple[float, bool]]) -> IntervalCoverage | None:
    """Coverage from each error, as log10, with whether it was inside; None where there is none."""
    given = list(errors)
    if not given:
        return None
    usual = median(abs(error) for error, _ in given)
    return IntervalCoverage(category, len(given), sum(inside for _, inside in given) / len(given), 10**usual)


def split_half(tables: Tables, category: str, repeats: int = 200) -> IntervalCoverage | None:
    """Ends from the left-out residuals of half of the makers, held against those of the other half."""
    process = tables.fits[category].process
    random = Random(1)
    ids = sorted({maker.id for maker, _ in process.residuals})
    scales = [process.predicted(maker.group)[1] for maker, _ in process.residuals]
    errors: list[tuple[float, bool]] = []
    for _ in range(repeats):
        chosen = set(random.sample(ids, len(ids) // 2))
        up, down = quantiles([residual for maker, residual in process.residuals if maker.id in chosen])
        for (maker, residual), scale in zip(process.residuals, scales, strict=True):
            if maker.id not in chosen:
                errors.append((residual * scale, -down <= residual <= up))
    return covered(category, errors)


def one_set_out(tables: Tables, source: str, category: str) -> IntervalCoverage | None:
    """A set of data against the intervals that all others give, those of sectors too."""
    fit = tables.without(source).fit(category)
    if len(fit.process.cells) < FEWEST:
        return None
    left = [maker for maker in tables.makers if maker.source == source and category in maker.ratios]
    return covered(category, _errors(fit, ((maker.group, maker.ratios[category]) for maker in left)))


def unseen(tables: Tables, category: str) -> IntervalCoverage | None:
    """Each class, as if nothing were known of it, against what those of its family give, or all."""
    fit = tables.fits[category]

    def errors() -> Iterator[tuple[float, bool]]:
        for group in fit.process.classes:
            others = [maker for maker in fit.process.cells if maker.group != group]
            if len(others) < FEWEST:
                continue
            alone = Process(others, category, tables.family).interval(group)
            interval = Both.widened(alone, Z * fit.disagreement)
            for maker in fit.process.cells:
                if maker.group == group:
                    ratio = maker.ratios[category]
                    yield ratio - interval.median, interval.holds(ratio)

    return covered(category, errors())


def held_out_sectors(tables: Tables, category: str) -> IntervalCoverage | None:
    """Totals of sectors against the intervals that process data alone give, with the disagreement of sources."""
    fit = tables.fits[category]

    def errors() -> Iterator[tuple[float, bool]]:
        for sector, total in tables.totals[category].items():
            for group in set(tables.classes.get(sector, ())) & set(fit.process.classes):
                interval = Both.widened(fit.process.interval(group), Z * fit.disagreement)
                yield total - fit.bias - interval.median, interval.holds(total - fit.bias)

    return covered(category, errors())


def _errors(fit: Both, data: Iterable[tuple[str, float]]) -> Iterator[tuple[float, bool]]:
    for group, ratio in data:
        interval, _ = fit.interval(group)
        yield ratio - interval.median, interval.holds(ratio)


def report(tables: Tables) -> str:
    """Coverage of nominal 95 % intervals on data that were left out, by category."""
    tests: list[tuple[str, Callable[[str], IntervalCoverage | None]]] = [
        ("split half", lambda category: split_half(tables, category)),
        *((f"without {source}", _of_set(tables, source)) for source in SETS),
        ("a class unknown", lambda category: unseen(tables, category)),
        ("sectors", lambda category: held_out_sectors(tables, category)),
    ]
    lines = [f"{'category':34}" + "".join(f"{name:>24}" for name, _ in tests)]
    for category in tables.categories:
        cells = [test(category) for _, test in tests]
        lines.append(f"{category:34}" + "".join(f"{_cell(cell):>24}" for cell in cells))
    return "\n".join([*lines, "each: share inside the 95 % interval, median factor of error, number"])


def _of_set(tables: Tables, source: str) -> Callable[[str], IntervalCoverage | None]:
    return lambda category: one_set_out(tables, source, category)


def _cell(coverage: IntervalCoverage | None) -> str:
    return f"{coverage.share:.2f}  x{coverage.factor:.3g}  {coverage.number}" if coverage else "-"


def main(arguments: Sequence[str]) -> None:
    """Print the coverage, or write the tables."""
    tables = Tables.read()
    if "--write" in arguments:
        write(tables, folder("inventories") / "estimates")
    else:
        print(report(tables))


if __name__ == "__main__":
    main(sys.argv[1:])
