"""What the gaps of scores probably hold: an estimate for every gap that has one, and what no estimate closes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lca.engine.background import Background
from lca.estimate.gap import CLIMATE, Basis, Estimate, bound, estimate
from lca.inventory.catalogue import Catalogue
from lca.study.coverage import States

Estimates = Mapping[tuple[str, str], Estimate]
"""(activity, category) → what a unit of its product holds beyond what is known."""


def estimates(background: Background, catalogue: Catalogue) -> Estimates:
    """An estimate for every gap of a background that has one, and the bounds of what counts as negligible.

    The climate score of a product is the known one, whatever categories the background has. In a category of the
    user's own that is a multiple of another, an estimate is that multiple.
    """
    activities, states = background.activities, States.kept(background, catalogue).every
    whole = Background(activities, (CLIMATE,), catalogue.library.factors)
    climate = (background if CLIMATE in background.categories else whole).every_total(CLIMATE)
    held: dict[tuple[str, str], Estimate] = {}
    multiples = {method.id: method.multiple for method in catalogue.methods if method.multiple}
    for row, category in enumerate(background.categories):
        is_open, bounds = states.open[row], states.bound[row]
        base, times = multiples.get(category, (category, 1.0))
        for place, id in enumerate(background.order):
            if is_open[place]:
                known = float(background.own[row, place])
                likely = estimate(activities[id], base, catalogue.ratios, float(climate[place]), known / times)
                if likely:
                    held[id, category] = likely if times == 1.0 else _times(likely, times)
            elif bounds[place]:
                held[id, category] = bound(float(bounds[place]))
    return held


def _times(likely: Estimate, times: float) -> Estimate:
    median, low, high, known = (number * times for number in (likely.median, likely.low, likely.high, likely.known))
    return replace(likely, median=median, low=min(low, high), high=max(low, high), known=known)


def drawable(likely: Estimates) -> Estimates:
    """Those that say what a gap probably holds, and not only the most that it can."""
    return {key: each for key, each in likely.items() if each.basis != Basis.CLASS_BOUND}
