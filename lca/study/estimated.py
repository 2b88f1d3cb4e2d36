"""What the gaps of scores probably hold: an estimate for every gap that has one, and what no estimate closes."""

from __future__ import annotations

from collections.abc import Mapping

from lca.engine.background import Background
from lca.estimate.gap import CLIMATE, Basis, Estimate, bound, estimate
from lca.inventory.catalogue import Catalogue
from lca.study.coverage import States

Estimates = Mapping[tuple[str, str], Estimate]
"""(activity, category) → what a unit of its product holds beyond what is known."""


def estimates(background: Background, catalogue: Catalogue) -> Estimates:
    """An estimate for every gap of a background that has one, and the bounds of what counts as negligible.

    The climate score of a product is the known one, whatever categories the background has.
    """
    activities, states = background.activities, States.kept(background, catalogue)
    whole = Background(activities, (CLIMATE,), catalogue.library.factors)
    climate = (background if CLIMATE in background.categories else whole).every_total(CLIMATE)
    held: dict[tuple[str, str], Estimate] = {}
    for row, category in enumerate(background.categories):
        of_category = states.category(category)
        for place, id in enumerate(background.order):
            if of_category.open[place]:
                known = float(background.own[row, place])
                likely = estimate(activities[id], category, catalogue.ratios, float(climate[place]), known)
                if likely:
                    held[id, category] = likely
            elif of_category.bound[place]:
                held[id, category] = bound(float(of_category.bound[place]))
    return held


def drawable(likely: Estimates) -> Estimates:
    """Those that say what a gap probably holds, and not only the most that it can."""
    return {key: each for key, each in likely.items() if each.basis != Basis.CLASS_BOUND}
