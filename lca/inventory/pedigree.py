"""The range of an exchange that states none, from the data quality of its activity."""

from __future__ import annotations

from functools import cache, lru_cache
from math import exp, hypot, log
from pathlib import Path

from lca.inventory.activity import Activity, Emission, Input
from lca.inventory.files.activity import Pedigree
from lca.quantities.documents import Document
from lca.quantities.records import Record
from lca.quantities.sources import Source
from lca.quantities.values import Range


class PedigreeFactors(Record):
    """pedigree.toml: squared geometric standard deviation by score, 1 to 5."""

    factors: dict[str, tuple[float, float, float, float, float]]
    source: Source


@cache
def factors() -> PedigreeFactors:
    """The published factors, with their source."""
    document = Document.read(Path(__file__).with_name("pedigree.toml"), "lca/inventory/pedigree.toml")
    return document.load(PedigreeFactors, cited=False)


def spread(activity: Activity, exchange: Input | Emission) -> Range | None:
    """The stated range of an exchange, else that of its activity's pedigree; None: there is neither.

    Lognormal, with the amount as median. Its squared geometric standard deviation is that of independent factors:
    exp √Σ ln² U over the five scores, and about the ratio of the 97.5 % quantile to the median.
    """
    if exchange.range or not activity.pedigree or not exchange.amount:
        return exchange.range
    ratio = deviation(activity.pedigree)
    low, high = sorted((exchange.amount / ratio, exchange.amount * ratio))
    return Range(low, high, "lognormal") if ratio > 1 else None


@lru_cache(maxsize=4096)
def deviation(pedigree: Pedigree) -> float:
    """Squared geometric standard deviation of the five scores."""
    published = factors().factors
    return exp(hypot(*(log(published[name][score - 1]) for name, score in pedigree.model_dump().items())))
