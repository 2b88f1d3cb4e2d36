"""Draws of the products of a catalogue, kept in the user's cache folder by the hash of all that they are made of.

A study whose own numbers alone have changed draws the same products again, and so does the next command. Draws are the
same to the last bit, kept or made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, cached_property
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lca.builtin import cache_folder
from lca.engine.background import Background
from lca.engine.sampling import Block, SampledBackground
from lca.estimate.gap import Estimate
from lca.inventory.catalogue import Catalogue
from lca.quantities.kept import code, keep_arrays, kept_arrays

_FIRST = 4
"""Blocks of a study that are kept: as many draws as a command makes, where nobody asks for more."""
_MOST_KEPT = 12
_LARGEST = 12 * 2**20
"""Bytes of one block that is kept."""
_CODE = (
    "backgrounds",
    "engine",
    "estimate",
    "inventory/pedigree.py",
    "inventory/pedigree.toml",
    "quantities/values.py",
)

Gap = tuple[str, str]
"""Activity and category."""


class KeptDraws:
    """Unit scores of demanded products as `SampledBackground` draws them, which is made where some are not kept."""

    def __init__(
        self,
        background: Background,
        catalogue: Catalogue,
        demanded: Iterable[str],
        estimates: Mapping[tuple[str, str], Estimate] | None,
    ) -> None:
        self.categories = background.categories
        self.columns = len(background.categories) * (1 if estimates is None else 2)
        self._background, self._catalogue = background, catalogue
        self._demanded, self._estimates = sorted(demanded), estimates
        self._totals: dict[Block, Mapping[str, NDArray[np.float64]]] = {}
        self._gaps: dict[Block, Mapping[Gap, NDArray[np.float64]]] = {}

    @cached_property
    def made(self) -> SampledBackground:
        """What draws, for another process too."""
        return SampledBackground(self._background, self._demanded, self._estimates, self._catalogue.foreign)

    def totals(self, block: Block) -> Mapping[str, NDArray[np.float64]]:
        """Demanded product → draws × columns; of the first blocks, also for who asks again."""
        if block.number >= _FIRST:
            return self.made.totals(block)
        if block not in self._totals:
            self._totals[block] = self._first(block)
        return self._totals[block]

    def estimated(self, block: Block, gap: str, category: str, estimate: Estimate) -> NDArray[np.float64]:
        """As `Block.estimated`: what was drawn for the totals is not drawn again."""
        if self._estimates and self._estimates.get((gap, category)) == estimate:
            drawn = self._gaps.get(block, {}).get((gap, category))
            if drawn is not None:
                return drawn
        return block.estimated(gap, category, estimate)

    def once(
        self, block: Block, stated: str, make: Callable[[], Mapping[str, NDArray[np.float64]]]
    ) -> Mapping[str, NDArray[np.float64]]:
        """Draws of a block, by name, of the numbers that a text states: of the first blocks they are kept."""
        if block.number >= _FIRST:
            return make()
        path = _path("numbers", f"{_made_by()} {block} {stated}")
        kept = kept_arrays(path)
        if kept is None:
            kept = dict(make())
            keep_arrays(path, kept, _MOST_KEPT)
        return kept

    def _first(self, block: Block) -> Mapping[str, NDArray[np.float64]]:
        shape, gaps = (len(self._demanded), block.size, self.columns), self._missing
        if 8 * block.size * (shape[0] * shape[2] + len(gaps)) > _LARGEST:
            return self.made.totals(block)
        path = _path("draws", f"{self._digest} {block}")
        kept = kept_arrays(path)
        if kept is None:
            totals = self.made.totals(block)
            drawn = [block.estimated(*gap, estimate) for gap, estimate in gaps.items()]
            kept = {
                "totals": np.array([totals[id] for id in self._demanded]).reshape(shape),
                "gaps": np.array(drawn).reshape(len(gaps), block.size),
            }
            keep_arrays(path, kept, _MOST_KEPT)
        self._gaps[block] = dict(zip(gaps, kept["gaps"], strict=True))
        return dict(zip(self._demanded, kept["totals"], strict=True))

    @cached_property
    def _missing(self) -> Mapping[Gap, Estimate]:
        """The estimates of what the demanded products need, and of what is a copy of it."""
        reached = self._background.upstream(self._demanded)
        named = reached | {self._background.activities[id].copy_of for id in reached}
        return {gap: estimate for gap, estimate in (self._estimates or {}).items() if gap[0] in named}

    @cached_property
    def _digest(self) -> str:
        """Of the code, and of all that it draws."""
        hashed = sha256(_made_by().encode())
        for text in self._stated():
            hashed.update(f"{text}\n".encode("utf-8", "surrogateescape"))
        return hashed.hexdigest()

    def _stated(self) -> Iterator[str]:
        background = self._background
        yield repr((self._demanded, self.categories, self._estimates is None))
        reached = background.upstream(self._demanded)
        activities = {id: background.activities[id] for id in background.order if id in reached}
        yield from self._catalogue.texts(activities).values()
        yield from map(repr, self._missing.items())
        if self._catalogue.foreign:
            yield self._catalogue.foreign.drawn_of(reached)
        codes = dict.fromkeys(emission.flow.code for a in activities.values() for emission in a.emissions)
        for category in self.categories:
            factors = background.factors[category]
            yield repr([factors.get(code) for code in codes])


@cache
def _made_by() -> str:
    """The code that draws."""
    return " ".join((code(*_CODE), *map(metadata.version, ("numpy", "scipy", "stats_arrays"))))


def _path(what: str, made_of: str) -> Path:
    return cache_folder() / f"{what}-{sha256(made_of.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}.arrays"
